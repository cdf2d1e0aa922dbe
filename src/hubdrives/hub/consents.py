"""The page at which a login with Globus begins that asks for more than the first did, for whoever is logged in.

    GET /hub/hubdrives/consent?scope=…&scope=…&session_required_…=…&next=/…
        Sends the browser to Globus, which asks for the configured scopes and those, with what the user's tokens for the
        same servers allow already; then back to `next`. Tokens for other servers stay (`hubdrives.hub.globus`), but for
        a login with `session_required_…` or `prompt`, which brings new ones for all.

`scope` is one that a service of Globus has asked for, letter by letter: Transfer, a collection's HTTPS, and the data of
collections with it. `session_required_identities`, `…_single_domain`, `…_policies`, `…_mfa` and `prompt` are the
`authorization_parameters` with which a collection asks for a recent login. Anything else is refused (400). What the
hub and OAuthenticator do for any login (state, PKCE), they do for this one.

https://docs.globus.org/guides/overviews/clients-scopes-and-consents/, https://docs.globus.org/api/auth/sessions/
"""

import re
from typing import Any

from oauthenticator.oauth2 import OAuthLoginHandler
from tornado import web

from hubdrives.credentials.globus_scopes import SESSION, is_askable, is_session, server_of, together

_PATH = re.compile(r"/(?![/\\])[!-~]*")
_MOST = 20
"""Scopes that are asked for at once."""


class ConsentHandler(OAuthLoginHandler):  # type: ignore[misc]  # OAuthenticator's classes are untyped
    """Begins a login for more."""

    @web.authenticated
    async def get(self) -> None:
        """The redirect to Globus. Raises HTTPError (400): it is not for this."""
        self._scopes = self.get_query_arguments("scope")
        told = {name: self.get_query_argument(name, None) for name in sorted(SESSION)}
        self._session = {name: value for name, value in told.items() if value is not None}
        if not (self._scopes or self._session) or len(self._scopes) > _MOST:
            raise web.HTTPError(400, "This page asks Globus for a consent or a login; the address names none.")
        if not all(is_askable(scope) for scope in self._scopes):
            raise web.HTTPError(400, "This page asks for access to Globus Transfer and to collections only.")
        if not all(is_session(name, value) for name, value in self._session.items()):
            raise web.HTTPError(400, "The address asks for a login in a way that Globus does not know.")
        following = self.get_query_argument("next", None)
        if following is not None and not self._is_here(following):
            raise web.HTTPError(400, "After the login, this page leads to the hub's own pages only.")
        self._scopes = [*await self._held(), *self._scopes]
        super().get()

    def authorize_redirect(self, *, scope: Any, extra_params: Any, **rest: Any) -> None:
        """As OAuthenticator's own, with what is asked for."""
        wanted = together([*scope, *self._scopes])
        super().authorize_redirect(scope=wanted, extra_params={**extra_params, **self._session}, **rest)

    async def _held(self) -> list[str]:
        """What the tokens allow that are to be replaced: a server's new one is to allow no less than the one before.

        After a login of another kind these are all, as each stands for the login that it came from.
        """
        tokens = (await self.current_user.get_auth_state() or {}).get("tokens") or {}
        servers = tokens if self._session else dict.fromkeys(map(server_of, self._scopes))
        held = (str((tokens.get(server) or {}).get("scope") or "").split() for server in servers)
        return [one for some in held for one in some if is_askable(one)]

    def _is_here(self, url: str) -> bool:
        return _PATH.fullmatch(url) is not None and url.startswith(str(self.settings["base_url"]))
