"""A token of the server for one of an OpenID Connect issuer, as EBRAINS' Drive has it; plain Seafile has no such thing.

https://www.rfc-editor.org/rfc/rfc7662
"""

from collections.abc import Mapping
from typing import Any

import aiohttp

from hubdrives.testing.emulators.seafile.errors import PLAIN, SeafileError, html_page
from hubdrives.testing.emulators.seafile.settings import LoginIssuer
from hubdrives.testing.emulators.seafile.view import View
from hubdrives.testing.emulators.server import Answer, Call

_SECONDS = 10.0


async def exchange(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """The token, as text, of the account with the e-mail address of whoever's the issuer's token is.

    No account is made: people get theirs when they first open the server's pages.

    Raises:
        SeafileError: 401 for what is no live token with the scope, 403 for none and for somebody without an account,
            500 when the issuer does not answer.
    """
    issuer = view.site.settings.login_issuer
    if issuer is None:
        return html_page(404, "Page not found")
    scheme, _, token = call.request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise SeafileError("not_authenticated")
    try:
        claims = await _introspected(issuer, token)
    except (aiohttp.ClientError, TimeoutError, KeyError, ValueError):
        raise SeafileError("internal") from None
    if not claims.get("active") or issuer.scope not in str(claims.get("scope", "")).split():
        raise SeafileError("invalid_token")
    user = view.site.people.users.get(str(claims.get("email", "")))
    if user is None:
        raise SeafileError("permission_denied")
    if not user.active:
        raise SeafileError("inactive")
    return Answer(200, view.site.people.token(user).encode(), PLAIN)


async def _introspected(issuer: LoginIssuer, token: str) -> Mapping[str, Any]:
    """What the issuer says of a token."""
    asked = {"token": token, "client_id": issuer.client_id, "client_secret": issuer.client_secret}
    async with aiohttp.ClientSession(raise_for_status=True, timeout=aiohttp.ClientTimeout(total=_SECONDS)) as session:
        async with session.get(f"{issuer.url}/.well-known/openid-configuration") as answer:
            endpoint = (await answer.json())["introspection_endpoint"]
        async with session.post(endpoint, data=asked) as answer:
            told: Mapping[str, Any] = await answer.json()
            return told
