"""What the tests of all emulated providers do alike: rules for faults, counts of requests, bytes."""

from typing import Any

from hubdrives.model import Entry
from hubdrives.providers.base import Provider
from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.server import Emulator


class Asked:
    """A bench over an emulated provider."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def fault(self, operation: str, effect: str, **rule: Any) -> None:
        self._emulator.faults.set([{"operation": operation, "effect": effect, **rule}])

    def asked(self) -> dict[str, int]:
        """What was asked since the last call."""
        counted = dict(self._emulator.requests.by_operation)
        self._emulator.requests.reset()
        return counted


def content_of(content: Content) -> bytes:
    return content.data if content.path is None else content.path.read_bytes()


async def read(provider: Provider, entry: Entry, **part: int) -> bytes:
    """The bytes of a file, or a part of them."""
    return b"".join([piece async for piece in provider.read(entry, **part)])
