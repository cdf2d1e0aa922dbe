"""The side door by which the tests of a provider's abilities fill a folder, and look at what became of it."""

import abc
from collections.abc import AsyncIterator

from hubdrives.errors import LocalFailure
from hubdrives.testing.world import World


class AbleWorld(World):
    """A World in which a test can look, too: never through the provider itself.

    Attributes:
        colleague: somebody with whom a folder can be shared, as they are named there.
        team: a group with which it can be shared, "" where there are none.
        stranger: what names nobody, "" where whoever is unknown is invited.
    """

    colleague: str = ""
    team: str = ""
    stranger: str = ""

    @abc.abstractmethod
    async def names(self, path: str = "") -> list[str]:
        """What is directly in a folder, sorted; a name stands there twice if two items have it."""

    @abc.abstractmethod
    async def history(self, path: str) -> list[bytes]:
        """All contents of a file that are kept, the current one first; [] if there is no file."""

    @abc.abstractmethod
    async def item(self, path: str) -> str:
        """The identifier of the item at `path`, which it keeps wherever it is moved."""

    async def cut_next_write(self) -> None:
        """Have the connection break when half of the next content has been sent. Only for what has a server."""
        raise NotImplementedError

    async def index(self) -> None:
        """Let searches find all that is there now. At once, unless the provider takes its time."""

    async def pass_time(self) -> None:
        """Let time pass, so that a transfer gets on. Only for what makes transfers."""
        raise NotImplementedError

    async def access(self, path: str) -> dict[str, str]:
        """The role of everybody who was given access to the folder itself. Only for what can be shared."""
        raise NotImplementedError


class Pieces:
    """Content in pieces of uneven sizes. Like `content.Content`, it can be read from anywhere, as often as needed."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        position, step = start, 1
        end = self.size if stop is None else min(stop, self.size)
        while position < end:
            yield self._data[position : min(end, position + step)]
            position, step = position + step, min(step * 7, 100_003)


class Failing:
    """Content that can't be read to its end, as when somebody writes into the file meanwhile."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data) + 1

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        if data := self._data[start:stop]:
            yield data
        if stop is None or stop > len(self._data):
            raise LocalFailure("The file was changed while it was being sent.")
