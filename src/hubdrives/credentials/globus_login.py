"""The tokens of a user's own login at Globus, one for each server, as the hub keeps them fresh.

What a login did not ask for, the hub's page for consents asks for (`hubdrives.hub.consents`).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode, urlsplit

from hubdrives.credentials.auth_state import HubLoginSettings
from hubdrives.credentials.globus_scopes import TRANSFER, is_askable, is_session, usual
from hubdrives.credentials.hub import HubLogin
from hubdrives.errors import LoginNeeded

CONSENT = "/hubdrives/consent"
"""The page below the hub's prefix at which a login begins that asks for more."""


class GlobusLogin:
    """Reads the tokens of `user` from the hub, each again before it ends or when it was refused.

    Args:
        credential: its kind, and no other fields.
        user: whose; "" is whose server this is ($JUPYTERHUB_USER).
        environment: JUPYTERHUB_API_URL, JUPYTERHUB_API_TOKEN: the gateway's own, or those of the user's server.
        clock: seconds of `time.time`.

    Raises:
        BadConfig: unknown fields, or this does not run in a hub.
    """

    scheme = "Bearer"

    def __init__(
        self,
        credential: Mapping[str, Any],
        *,
        user: str,
        environment: Mapping[str, str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        HubLoginSettings.of(credential)
        self._user = user
        self._environment = environment
        self._clock = clock
        self._logins: dict[str, HubLogin] = {}
        # Whatever it lacks is to be told now.
        self._login(TRANSFER)

    def __repr__(self) -> str:
        return f"GlobusLogin({self._user!r})"

    async def token(self, *, stale: str | None = None) -> str:
        """A live token for Transfer, as that of `for_audience`."""
        return await self.for_audience(TRANSFER).token(stale=stale)

    def for_audience(self, audience: str, *, scopes: Sequence[str] = ()) -> "_ForServer":
        """The tokens for Transfer ("transfer.api.globus.org") or for a collection's HTTPS server (its UUID).

        Args:
            audience: the resource server.
            scopes: what a login is to ask for where there is no such token; what the server mostly wants unless given.
        """
        return _ForServer(self, self._login(audience), audience, tuple(scopes) or (usual(audience),))

    def login_url(self, *, scopes: Sequence[str] = (), session: Mapping[str, str] = MappingProxyType({})) -> str | None:
        """The path at the hub where a login begins that asks for more; None if the hub has no page for that.

        Args:
            scopes: to consent to, letter by letter as Globus asked for them.
            session: how to log in, as Globus' `authorization_parameters` say; what is none of them is left out.
        """
        how = [(name, value) for name, value in session.items() if is_session(name, value)]
        plain = any(login.is_plain for login in self._logins.values())
        if plain or not all(map(is_askable, scopes)) or not (scopes or how):
            return None
        query = urlencode([*(("scope", one) for one in scopes), *how])
        # Below the hub's prefix; from where we ask, its host is another one than a browser's.
        hub = urlsplit(self._environment["JUPYTERHUB_API_URL"].rstrip("/")).path.removesuffix("/api")
        return f"{hub}{CONSENT}?{query}"

    def _login(self, server: str) -> HubLogin:
        if server not in self._logins:
            self._logins[server] = HubLogin(
                {"kind": "hub_login", "resource_server": server},
                user=self._user,
                environment=self._environment,
                clock=self._clock,
            )
        return self._logins[server]


class _ForServer:
    """The tokens for one server."""

    scheme = "Bearer"

    def __init__(self, owner: GlobusLogin, login: HubLogin, server: str, scopes: Sequence[str]) -> None:
        self._owner = owner
        self._login = login
        self._server = server
        self._scopes = scopes

    async def token(self, *, stale: str | None = None) -> str:
        """A live access token; however many want one at the same time, the hub is asked once.

        Args:
            stale: one that was refused: the hub renews it unless it has done so already.

        Raises:
            LoginNeeded: the login brought none, or it has ended; `login_url` asks for exactly what is missing.
            HubdrivesError: as `HubLogin.token`.
        """
        try:
            return await self._login.token(stale=stale)
        except LoginNeeded:
            what = "Globus Transfer" if self._server == TRANSFER else f"the Globus collection {self._server}"
            url = self._owner.login_url(scopes=self._scopes)
            raise LoginNeeded(
                f"Your login has no live token for {what}: it needs your consent to {' '.join(self._scopes)}.",
                hint="Log in with Globus once more, allow it, and repeat.",
                login_url=url,
                agree_at="Globus" if url else None,
            ) from None


def token_source(credential: Mapping[str, Any], *, user: str, environment: Mapping[str, str]) -> GlobusLogin:
    """See `hubdrives.credentials.token_source`."""
    return GlobusLogin(credential, user=user, environment=environment)
