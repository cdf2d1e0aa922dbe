"""Spaces behind the hub's gateway, which knows who the users are and holds the service's credential."""

from collections.abc import Callable, Sequence

from hubdrives.errors import BadInput, UnexpectedAnswer
from hubdrives.model import Location
from hubdrives.providers.base import KeepsSpaces, Provider
from hubdrives.spaces.space import Space
from hubdrives.spaces.spaces import Ensured, Known, Spaces
from hubdrives.wire import SpaceDocument, SpaceState


class HostedSpaces(Spaces):
    """The folders of a space behind a gateway.

    Args:
        document: what the gateway tells of the space.
        keeper: the gateway.
        provider: the same.
        locate: the location of a source there; None if it is none.
        concurrency: requests that the connection to it allows at the same time.
    """

    def __init__(
        self,
        document: SpaceDocument,
        *,
        keeper: KeepsSpaces,
        provider: Provider,
        locate: Callable[[str], Location | None],
        concurrency: int,
    ) -> None:
        super().__init__(
            name=document.name,
            folder=document.folder,
            mounted=document.mounted,
            roles=document.roles,
            provider=provider,
            concurrency=concurrency,
        )
        self._keeper = keeper
        self._locate = locate

    async def space(self, user: str = "") -> Space:
        """As `Spaces.space`. Nobody is asked: who the user is, the gateway finds out when something is done there."""
        return self._space(user, f"{self.name}@{user}:/" if user else f"{self.name}:/")

    async def ensure(self, user: str, *, role: str = "") -> Ensured:
        return await self._ensure(user, role, None)

    async def unshare(self, user: str) -> None:
        self._check_user(user)
        await self._keeper.unshare_space(self.name, user)

    async def remove(self, user: str) -> None:
        self._check_user(user)
        await self._keeper.remove_space(self.name, user)

    async def users(self) -> Sequence[str]:
        raise BadInput("The gateway does not tell who has a folder in a space.", hint="Name the users you ask for.")

    async def _ensure(self, user: str, role: str, known: Known | None) -> Ensured:  # noqa: ARG002 - the gateway tells nobody whose folders there are
        self._check_user(user)
        self._check_role(role)
        state: SpaceState = await self._keeper.ensure_space(self.name, user, role=role)
        return Ensured(
            user=user,
            created=state.created,
            shared=state.shared,
            role=state.role,
            space=self._space(user, state.source),
            others=state.others,
        )

    def _space(self, user: str, source: str) -> Space:
        location = self._locate(source)
        if location is None:
            raise UnexpectedAnswer("The gateway named a folder in a way that is not understood here.")
        return Space(name=self.name, user=user, provider=self.provider, location=location, source=source)
