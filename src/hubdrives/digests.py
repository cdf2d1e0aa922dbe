"""Digests of bytes, written `algorithm:hex` ("md5:9e107d…"), as providers tell them and as we check them."""

import hashlib
from pathlib import Path
from typing import Protocol

_CHUNK = 1 << 20


class Hasher(Protocol):
    """The part of a `hashlib` object that is used here."""

    def update(self, data: bytes | bytearray, /) -> None: ...
    def hexdigest(self) -> str: ...


def hasher(algorithm: str) -> Hasher:
    """A fresh hash object for `algorithm`, for example "md5" or "sha256".

    Raises:
        ValueError: the algorithm is not known to Python's hashlib.
    """
    # The providers chose MD5 and SHA-1; here they detect damage, they protect nothing.
    return hashlib.new(algorithm, usedforsecurity=False)


def algorithm_of(digest: str) -> str:
    """The part of `digest` before the colon."""
    return digest.partition(":")[0]


def known(digest: str) -> bool:
    """Whether the algorithm of `digest` is one that can be computed here."""
    return algorithm_of(digest) in hashlib.algorithms_available


def of_file(path: Path | int, *algorithms: str) -> dict[str, str]:
    """The digests of a whole file by algorithm, read once in chunks of 1 MiB; `path` may be an open descriptor.

    Raises:
        OSError: the file can't be read.
    """
    hashers = {name: hasher(name) for name in algorithms}
    with open(path, "rb", closefd=not isinstance(path, int)) as file:
        while chunk := file.read(_CHUNK):
            for one in hashers.values():
                one.update(chunk)
    return {name: f"{name}:{one.hexdigest()}" for name, one in hashers.items()}
