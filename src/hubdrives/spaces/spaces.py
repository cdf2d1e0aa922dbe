"""All users' folders of one space: made, shared and removed, one by one or five hundred in one go."""

import abc
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from hubdrives.errors import (
    BadConfig,
    BadInput,
    Conflict,
    Forbidden,
    HubdrivesError,
    LoginNeeded,
    NotFound,
    UnexpectedAnswer,
)
from hubdrives.model import Progress
from hubdrives.providers.abilities import Share
from hubdrives.providers.base import Provider
from hubdrives.spaces.mounted import find_folder
from hubdrives.spaces.space import Space
from hubdrives.sync.meter import Meter
from hubdrives.sync.tasks import group, running

PHASE: Final = "ensuring"
"""What `Progress` is in while folders are made; its files are users."""


class NoRoot(NotFound):
    """The folder that has everybody's in it is not there, or not for this account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensured:
    """What became of somebody's folder."""

    user: str
    """The name in the hub."""
    created: bool
    """It was not there before."""
    shared: bool
    """It was not shared with them, or in another role, before."""
    role: str
    """What they may do with it at the provider, in its words."""
    space: Space
    others: tuple[str, ...] = ()
    """If it was there and is shared with the user anew: the other people who have it, and keep it. One of them may be
    the user, under the address that they had before; nobody but a person can tell that from a share given by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Who has no folder, and why."""

    user: str
    reason: str
    """For a person: what happened, and what to do next."""
    code: str
    """An error's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What few requests tell of all users' folders."""

    keys: frozenset[str]
    """The names of the folders that have them in them."""
    shares: Mapping[str, Sequence[Share]]
    """The people with whom they are shared, by their paths below the root, as far as that is told."""


@dataclass(slots=True, kw_only=True)
class SpacesReport:
    """What became of many users' folders: their names in the hub, sorted."""

    ensured: list[str] = field(default_factory=list)
    """All who have one now, shared with them."""
    created: list[str] = field(default_factory=list)
    """Of these, who had none before."""
    shared: list[str] = field(default_factory=list)
    """Of these, with whom it was not shared, or in another role."""
    others: dict[str, list[str]] = field(default_factory=dict)
    """As `Ensured.others`, of those of whom there are any."""
    failed: list[Failed] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    def add(self, ensured: Ensured) -> None:
        """One more has a folder."""
        self.ensured.append(ensured.user)
        if ensured.created:
            self.created.append(ensured.user)
        if ensured.shared:
            self.shared.append(ensured.user)
        if ensured.others:
            self.others[ensured.user] = list(ensured.others)

    def fail(self, user: str, error: HubdrivesError) -> None:
        """One more has none."""
        self.failed.append(Failed(user=user, reason=f"{error} {error.hint}", code=error.code))

    def sort(self) -> None:
        """By user."""
        for users in (self.ensured, self.created, self.shared):
            users.sort()
        self.others = dict(sorted(self.others.items()))
        self.failed.sort(key=lambda one: one.user)


class Spaces(abc.ABC):
    """The folders of one space, whoever keeps them. Made by `open_spaces`.

    Args:
        name: the space's.
        folder: what every user's folder is called.
        mounted: where users find it in their home, if their storage is mounted there.
        roles: what people can be given, in the provider's words, the first to read; none where that is not told.
        provider: whom all is asked.
        concurrency: how many users are seen to at the same time.
    """

    def __init__(
        self,
        *,
        name: str,
        folder: str,
        mounted: str,
        roles: Sequence[str],
        provider: Provider,
        concurrency: int,
    ) -> None:
        self.name = name
        self.folder = folder
        self.roles = tuple(roles)
        self.provider = provider
        self._mounted = mounted
        self._concurrency = concurrency

    @abc.abstractmethod
    async def space(self, user: str = "") -> Space:
        """The folder of `user`, whether it is there or not; "" is one's own, behind a gateway.

        Raises:
            NotFound: the hub has no such user.
            LoginNeeded: nobody knows yet who the user is: they must log in to the hub first.
            BadInput: nobody's folder is one's own here.
        """

    @abc.abstractmethod
    async def ensure(self, user: str, *, role: str = "") -> Ensured:
        """The folder of `user`, made and shared with them unless it is already. May be asked for as often as needed.

        Args:
            user: the name in the hub.
            role: what they may do with it, in the provider's words; who has another role gets this one. "" is the
                space's own.

        Raises:
            NotFound, LoginNeeded: as `space`.
            BadInput: the provider does not know them, or has no such role.
            NotGranted: the gateway lets nobody who asks do that.
        """

    @abc.abstractmethod
    async def unshare(self, user: str) -> None:
        """Take the folder from `user`; it stays, with all that is in it.

        Raises:
            NotFound: there is none, or it is not shared with them; or as `space`.
        """

    @abc.abstractmethod
    async def remove(self, user: str) -> None:
        """Remove the folder of `user` with all that is in it; into the provider's bin where it has one.

        Raises:
            NotFound: there is none; or as `space`.
        """

    @abc.abstractmethod
    async def users(self) -> Sequence[str]:
        """Who has, or had, a folder, sorted: names in the hub, or the subjects of logins where those name folders.

        Raises:
            BadInput: that is not told here.
        """

    async def share(self, user: str, role: str = "") -> Ensured:
        """As `ensure`: the folder is the user's in this role now, and stays so until it is ensured in another."""
        return await self.ensure(user, role=role)

    async def ensure_all(
        self,
        users: Iterable[str],
        *,
        role: str = "",
        on_progress: Callable[[Progress], None] | None = None,
    ) -> SpacesReport:
        """The folders of all `users`, many at the same time. What fails for one of them is in the report.

        What was cut short is gone on with by asking again: nothing is made or shared twice.

        Args:
            users: names in the hub.
            role: as in `ensure`.
            on_progress: told of how far it is; its "files" are users.

        Raises:
            HubdrivesError: what speaks of all users, not of one.
        """
        self._check_role(role)
        wanted = list(dict.fromkeys(users))
        report = SpacesReport()
        meter = Meter(on_progress, waiting=lambda: self.provider.waiting)
        async with group() as background, running(background, meter.run()):
            known = await self._known() if len(wanted) > 1 else None
            meter.phase(PHASE, files_total=len(wanted))
            ahead = iter(wanted)

            async def work() -> None:
                for user in ahead:
                    try:
                        report.add(await self._ensure(user, role, known))
                    except HubdrivesError as error:
                        if not _is_of_one_user(error):
                            raise
                        report.fail(user, error)
                    meter.add(files=1)

            async with group() as tasks:
                for _ in range(min(self._concurrency, len(wanted))):
                    tasks.create_task(work())
        meter.finish()
        report.sort()
        return report

    def mounted(self, home: Path | None = None) -> Path | None:
        """Where this user finds their folder in `home`, if it is mounted there; looked for in any case of letters."""
        return find_folder(home or Path.home(), f"{self._mounted}/{self.folder}") if self._mounted else None

    @staticmethod
    def _check_user(user: str) -> None:
        """Raise BadInput if nobody is named."""
        if not user:
            raise BadInput("Say whose folder is meant, by the name in the hub.")

    def _check_role(self, role: str) -> None:
        """Raise BadInput if that is none; before anything is made."""
        if role and self.roles and role not in self.roles:
            raise BadInput(f"Space '{self.name}' has no role '{role[:40]}'.", hint=f"One of: {', '.join(self.roles)}.")

    @abc.abstractmethod
    async def _ensure(self, user: str, role: str, known: Known | None) -> Ensured:
        """As `ensure`; `known` is what `_known` found."""

    async def _known(self) -> Known | None:
        """What is there before many users' folders are ensured, if few requests tell it of all."""
        return None


def _is_of_one_user(error: HubdrivesError) -> bool:
    """Whether the others may still get a folder, though one failed with `error`.

    Who is unknown, never logged in, or stands in the way is one user. A refused credential, a full account or a
    provider that stays away after all patience speak of all.
    """
    if isinstance(error, BadConfig | NoRoot):
        return False
    of_one = BadInput | NotFound | Conflict | UnexpectedAnswer | LoginNeeded
    return isinstance(error, of_one) or type(error) is Forbidden
