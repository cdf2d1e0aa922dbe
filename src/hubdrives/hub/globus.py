"""What logins with Globus need beyond others: they bring a token for each server, and more of them one by one.

They are renewed by Globus' own SDK.

https://docs.globus.org/api/auth/reference/, https://globus-sdk-python.readthedocs.io/en/stable/services/auth.html,
https://oauthenticator.readthedocs.io/en/stable/reference/api/gen/oauthenticator.globus.html
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from hubdrives.credentials import globus_auth
from hubdrives.credentials.auth_state import grant, login_at, stamped
from hubdrives.credentials.globus_login import CONSENT
from hubdrives.credentials.globus_scopes import AUTH, GROUPS
from hubdrives.errors import BadConfig, HubdrivesError, Unavailable, UnexpectedAnswer
from hubdrives.hub.consents import ConsentHandler
from hubdrives.hub.logins import FreshLogins, Turn

_OTHERS = "other_tokens"


class GlobusLogins(FreshLogins):
    """For GlobusOAuthenticator: logins keep what earlier ones brought, and there is a page for more of them.

    Raises:
        BadConfig: Globus' SDK is not installed, or `token_url` is not that of a Globus Auth.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not globus_auth.is_installed():
            raise BadConfig(
                "The hub renews logins with Globus by Globus' SDK, which is not installed where the hub runs: "
                "pip install 'hubdrives[globus]'."
            )
        if not self.token_url.endswith(globus_auth.ENDPOINT):
            raise BadConfig(f"GlobusOAuthenticator.token_url does not end in {globus_auth.ENDPOINT}, as Globus' does.")

    def get_handlers(self, app: Any) -> list[tuple[Any, ...]]:
        return [*super().get_handlers(app), (CONSENT, ConsentHandler)]

    async def get_token_info(self, handler: Any, params: Any) -> dict[str, Any]:
        """Globus' answer with the token on top that tells who somebody is: OAuthenticator asks with that one."""
        answer = await super().get_token_info(handler, params)
        others = answer.get(_OTHERS) or []
        own = next((one for one in others if one.get("resource_server") == AUTH), None)
        if own is None:
            return answer
        top = {key: value for key, value in answer.items() if key not in {_OTHERS, "id_token"}}
        id_token = {key: answer[key] for key in ("id_token",) if key in answer}
        return {**id_token, **own, _OTHERS: [top, *(one for one in others if one is not own)]}

    async def answer_to(self, refresh_token: str, handler: Any) -> dict[str, Any]:  # noqa: ARG002 - nobody waits
        asked = self.clock()
        try:
            answer = await asyncio.to_thread(
                globus_auth.by_refresh_token,
                self.token_url.removesuffix(globus_auth.ENDPOINT),
                client_id=self.client_id,
                client_secret=self.client_secret,
                refresh_token=refresh_token,
            )
        except UnexpectedAnswer as error:
            # No word of Globus' that the login were over.
            raise Unavailable(str(error), hint=error.hint) from None
        return stamped(answer, asked)

    async def run_post_auth_hook(self, handler: Any, auth_model: Any) -> Any:
        """The login's model, with those tokens of the same person's earlier logins that it did not bring itself."""
        model = await super().run_post_auth_hook(handler, auth_model)
        user = handler.find_user(model["name"]) if model and model["auth_state"] else None
        if user is not None and self.enable_auth_state:
            turn = self._turn(user)
            async with turn.lock:
                _keep(model["auth_state"], await self._read(user, turn), now=self.clock())
        return model

    async def _checked(self, user: Any, turn: Turn, handler: Any, **kwargs: Any) -> Any:
        # OAuthenticator asks for the groups with a token that it never renews.
        auth_state = await self._read(user, turn)
        known = login_at(auth_state, GROUPS)
        if known is not None and self._ends_soon(known) and grant(auth_state, known.token):
            try:
                await self._renewed(user, turn, auth_state, known.token, handler)
            except HubdrivesError as error:
                self.log.warning("The groups of %s at Globus could not be asked for: %s", user.name, error)
        return await super()._checked(user, turn, handler, **kwargs)


def _keep(new: dict[str, Any], old: Mapping[str, Any], *, now: float) -> None:
    """Put into a login's state what is of use of the one before."""
    answer = new.get("token_response")
    # A hook of the site's may have left something else.
    if not answer or "tokens" not in new or _who(new) is None or _who(new) != _who(old):
        return
    others = answer.get(_OTHERS) or []
    brought = {one.get("resource_server") for one in (answer, *others)}
    # What was revoked at a logout stands in the answer of then, but not in `tokens`.
    kept = [
        one
        for one in (old.get("token_response") or {}).get(_OTHERS) or []
        if (server := one.get("resource_server")) in (old.get("tokens") or {})
        and server not in brought
        and (one.get("refresh_token") or one.get("expires_at", now) > now)
    ]
    # OAuthenticator makes `tokens` anew of the answer at each check.
    answer[_OTHERS] = [*others, *kept]
    new["tokens"] |= {one["resource_server"]: old["tokens"][one["resource_server"]] for one in kept}


def _who(auth_state: Mapping[str, Any]) -> tuple[Any, Any] | None:
    """The person, and the application that they logged in to."""
    sub = (auth_state.get("globus_user") or {}).get("sub")
    return None if sub is None else (sub, auth_state.get("client_id"))
