"""What the links to the fileserver stand for: a token in the address, good for one thing and for a while."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from uuid import uuid4

from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.seafile.settings import Settings

What = Literal["download", "upload", "update", "zip"]


@dataclass(frozen=True, slots=True)
class Packed:
    """A line of a zip file: a name in it, and the bytes; None is a folder."""

    name: str
    content: Content | None


@dataclass(frozen=True, slots=True)
class Ticket:
    """What one link is for.

    Attributes:
        what: it may be used for.
        library: the id.
        user: for whom, by e-mail address.
        name: of the file or zip file that goes out.
        file: its id.
        content: the bytes that go out, whatever becomes of the file meanwhile.
        parent_dir: where files may be put.
        packed: what goes into a zip file.
        once: it ends when it is looked at, by whatever request.
        ends: seconds since 1970.
    """

    what: What
    library: str
    user: str
    name: str = ""
    file: str = ""
    content: Content | None = None
    parent_dir: str = "/"
    packed: tuple[Packed, ...] = ()
    once: bool = False
    ends: float = 0.0


class Tickets:
    """The links that were given out.

    Args:
        settings: say how long they last.
        clock: seconds since 1970.

    Attributes:
        waiting: how often the zip file of a token will be said not to be ready yet.
    """

    def __init__(self, settings: Settings, *, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._all: dict[str, Ticket] = {}
        self.waiting: dict[str, int] = {}

    def add(self, make: Callable[[float], Ticket]) -> str:
        """Give a link out; `make` is told when it ends. Gives the token in it."""
        token = str(uuid4())
        self._all[token] = make(self._clock() + self._settings.link_lifetime)
        return token

    def peek(self, token: str) -> Ticket | None:
        """What a token is for, without using it."""
        found = self._all.get(token)
        return found if found is not None and found.ends > self._clock() else None

    def use(self, token: str, *what: What) -> Ticket | None:
        """What a token is for, if it is good for that; one that serves once ends by this."""
        found = self.peek(token)
        if found is None or found.what not in what:
            return None
        if found.once:
            del self._all[token]
        return found

    def drop(self, token: str) -> None:
        """End a link."""
        self._all.pop(token, None)
        self.waiting.pop(token, None)
