"""Many files by one stream after the other: what was cut goes on where it stopped, and every byte is checked."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hubdrives import digests
from hubdrives.errors import Corrupt, GatewayUnavailable, HubdrivesError, UnexpectedAnswer
from hubdrives.exchange import Cut
from hubdrives.frames import Frame
from hubdrives.model import Entry, Waiting
from hubdrives.providers.base import Piece
from hubdrives.providers.gateway.api import Api, waiting
from hubdrives.wire import WantedFile

_FRUITLESS = 5
"""Streams that may break off without having brought a byte, one after the other."""


ALONE = "alone"
"""In an entry's `params`: they name the file itself, not a folder that it is in."""


def wanted_path(entry: Entry) -> str:
    """The path of `entry` in the listing that its `params` name."""
    return entry.name if ALONE in dict(entry.params) else entry.path


@dataclass(slots=True)
class _Coming:
    """A file of which something may have come."""

    entry: Entry
    had: int = 0
    _hashers: dict[str, digests.Hasher] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # The gateway's own digest, and the provider's for what the gateway has not seen all of.
        algorithms = {"sha256", digests.algorithm_of(self.entry.digest or "sha256:")}
        self._hashers = {name: digests.hasher(name) for name in algorithms}

    @property
    def wanted(self) -> WantedFile:
        return WantedFile(wanted_path(self.entry), self.entry.version, self.had)

    def take(self, data: bytes) -> None:
        self.had += len(data)
        for hasher in self._hashers.values():
            hasher.update(data)

    def verdict(self, told: str) -> HubdrivesError | None:
        """What is wrong with the file, now that it has come; `told` is the gateway's digest, if it has one."""
        found = {f"{name}:{hasher.hexdigest()}" for name, hasher in self._hashers.items()}
        expected = {digest for digest in (told, self.entry.digest) if digest}
        if self.entry.size not in {None, self.had} or not expected <= found:
            return Corrupt(f"'{self.entry.path}' did not arrive as it was sent.")
        return None


class ManyFiles:
    """The files of one source.

    Args:
        api: the gateway.
        where: the source.
        entries: the files.
        waits: told whom the gateway waits for.
    """

    def __init__(
        self, api: Api, where: Mapping[str, str], entries: Sequence[Entry], waits: Callable[[Waiting | None], None]
    ) -> None:
        self._api = api
        self._where = where
        self._waits = waits
        self._coming = {index: _Coming(entry) for index, entry in enumerate(entries)}

    async def read(self) -> AsyncIterator[Piece]:
        """All files, as `ReadsMany.read_many` promises."""
        fruitless = 0
        while self._coming:
            got = False
            # The one that was cut comes first and alone: its pieces must not mix with another's.
            asked = [index for index, file in self._coming.items() if file.had] or list(self._coming)
            try:
                async with self._api.files(self._where, [self._coming[index].wanted for index in asked]) as frames:
                    async for frame, data in frames:
                        for piece in self._received(frame, data, asked):
                            got = True
                            yield piece
            except Cut:
                pass
            finally:
                self._waits(None)
            fruitless = 0 if got else fruitless + 1
            if fruitless >= _FRUITLESS:
                raise GatewayUnavailable("The hub's gateway breaks off again and again.")

    def _received(self, frame: Frame, data: bytes, asked: list[int]) -> Iterator[Piece]:
        self._waits(waiting(frame.waiting))
        if frame.waiting is not None or frame.done:
            return
        if frame.file is None:
            raise HubdrivesError.from_wire(frame.error or {})
        index = asked[frame.file] if 0 <= frame.file < len(asked) else -1
        file = self._coming.get(index)
        if file is None:
            raise UnexpectedAnswer("The hub's gateway sent a file that was not asked for.")
        file.take(data)
        error = HubdrivesError.from_wire(frame.error) if frame.error is not None else None
        last = error is not None or frame.end is not None
        if frame.end is not None:
            error = file.verdict(frame.end)
        if last:
            del self._coming[index]
        yield Piece(entry=file.entry, data=data, last=last, error=error)
