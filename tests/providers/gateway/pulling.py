"""Files that come through the gateway, all together."""

import os
from collections.abc import Sequence

from tests.gateway.bench import Bench

from hubdrives.config import Grant
from hubdrives.model import Entry, Location
from hubdrives.providers.gateway import Gateway

EVERYONE = Grant(connection="drive", everyone=True)


def locate(source: str) -> Location:
    location = Gateway.parse(source, base_url="http://gateway")
    assert location is not None
    return location


async def pull(provider: Gateway, entries: Sequence[Entry]) -> tuple[dict[str, bytes], dict[str, str]]:
    """The content of all files, and the codes of those that could not be had; the promises about pieces are checked."""
    content: dict[str, bytes] = {}
    failed: dict[str, str] = {}
    ended: set[str] = set()
    current: str | None = None
    async for piece in provider.read_many(entries):
        path = piece.entry.path
        assert path not in ended
        assert current in {None, path}
        current = None if piece.last else path
        content[path] = content.get(path, b"") + piece.data
        if piece.last:
            ended.add(path)
        if piece.error is not None:
            failed[path] = piece.error.code
            del content[path]
    assert ended == {entry.path for entry in entries}
    return content, failed


def plant(bench: Bench, sizes: Sequence[int]) -> dict[str, bytes]:
    files = {f"f{number}.bin": os.urandom(size) for number, size in enumerate(sizes)}
    for name, data in files.items():
        bench.file(name, data)
    return files
