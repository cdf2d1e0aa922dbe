"""The token endpoint: what is given for a code, a secret, a refresh token, or another service's token.

https://docs.globus.org/api/auth/reference/#token_endpoint
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from hubdrives.testing.emulators.globus.asking import client_of, read_form
from hubdrives.testing.emulators.globus.errors import AuthError, OAuthError
from hubdrives.testing.emulators.globus.known import unknown_scopes, with_dependencies
from hubdrives.testing.emulators.globus.named import ISSUER, OPENID
from hubdrives.testing.emulators.globus.people import Client
from hubdrives.testing.emulators.globus.profiles import profile
from hubdrives.testing.emulators.globus.scopes import ScopeError, parse_scopes
from hubdrives.testing.emulators.globus.tokens import Code, InvalidTokenError, Token
from hubdrives.testing.emulators.globus.view import View
from hubdrives.testing.emulators.server import Answer, Call

_DEPENDENT = "urn:globus:auth:grant_type:dependent_token"


async def give_tokens(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """Tokens, for whatever is shown.

    Raises:
        OAuthError: it is not good.
        AuthError: there is no such scope.
    """
    form = await read_form(call)
    client = client_of(call, form, view.site.people, OAuthError("invalid_client"))
    match form.get("grant_type", ""):
        case "authorization_code":
            body = _by_code(view, client, form)
        case "refresh_token":
            body = _by_refresh_token(view, client, form)
        case "client_credentials":
            body = _by_secret(view, client, form)
        case grant if grant == _DEPENDENT:
            return _answer(_dependent(view, client, form))
        case _:
            raise OAuthError("unsupported_grant_type")
    return _answer(body)


def _by_code(view: View, client: Client, form: Mapping[str, str]) -> dict[str, Any]:
    code = view.site.tokens.redeem(form.get("code", ""))
    if code is None or code.client.id != client.id or code.redirect_uri != form.get("redirect_uri"):
        raise OAuthError("invalid_grant")
    if code.challenge is not None and not _is_verified(code, form.get("code_verifier", "")):
        raise OAuthError("invalid_grant")
    tokens = view.site.tokens.issue(client, code.identity, code.scopes, session=code.session, refresh=code.refresh)
    return _document(view, tokens, nonce=code.nonce, state={} if code.state is None else {"state": code.state})


def _is_verified(code: Code, verifier: str) -> bool:
    made = verifier
    if code.method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        made = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return secrets.compare_digest(made.encode(), (code.challenge or "").rstrip("=").encode())


def _by_refresh_token(view: View, client: Client, form: Mapping[str, str]) -> dict[str, Any]:
    tokens = view.site.tokens.renew(form.get("refresh_token", ""), client)
    if tokens is None:
        raise OAuthError("invalid_grant")
    return _document(view, tokens)


def _by_secret(view: View, client: Client, form: Mapping[str, str]) -> dict[str, Any]:
    """Tokens that stand for the client itself, which allows itself what it asks for."""
    if client.secret is None:
        raise OAuthError("unauthorized_client")
    site = view.site
    try:
        scopes = with_dependencies(parse_scopes(form.get("scope", "")), site.people.clients)
    except ScopeError as error:
        raise OAuthError("invalid_scope", str(error)) from None
    if unknown := unknown_scopes(scopes, site.collections, site.people.clients):
        raise AuthError("UNKNOWN_SCOPE_ERROR", f"client_id={client.id} requested unknown scopes: {unknown}")
    session = site.sessions.begin()
    session.log_in(client.id, now=site.clock())
    site.consents.allow(client.id, client.id, scopes, auto=True)
    names = [each.name for each in scopes]
    return _document(view, site.tokens.issue(client, site.people.identity(client), names, session=session))


def _dependent(view: View, client: Client, form: Mapping[str, str]) -> list[dict[str, Any]]:
    """What a service may do further down with a token that it was shown: one document for each resource server."""
    if client.secret is None:
        raise OAuthError("unauthorized_client")
    try:
        grant = view.site.tokens.check(form.get("token", ""), client.id)
    except InvalidTokenError:
        raise OAuthError("invalid_grant") from None
    wanted = form.get("scope", "").split()
    names = sorted({way[1] for way in grant.consents if len(way) > 1 and (not wanted or way[1] in wanted)})
    holder, tops = grant.token.allowed
    allowed = (holder, tuple((*top, scope) for top in tops for scope in grant.token.scopes))
    refresh = form.get("access_type") == "offline"
    tokens = view.site.tokens.issue(
        client, grant.identity, names, session=grant.session, refresh=refresh, allowed=allowed
    )
    return _documents(view, tokens)


def _document(
    view: View, tokens: Sequence[Token], *, nonce: str | None = None, state: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """One resource server's token on top, those of the others below it."""
    order = view.site.settings.token_order
    rank = {server: position for position, server in enumerate(order)}
    found = [{**each, **(state or {})} for each in _documents(view, tokens)]
    first, *others = sorted(found, key=lambda each: rank.get(each["resource_server"], len(rank)))
    if (access := next((each for each in tokens if OPENID in each.scopes and not each.refresh), None)) is not None:
        first = {**first, "id_token": _id_token(view, access, nonce)}
    return {**first, "other_tokens": others}


def _documents(view: View, tokens: Sequence[Token]) -> list[dict[str, Any]]:
    refresh = {each.resource_server: each.value for each in tokens if each.refresh}
    return [
        {
            "access_token": each.value,
            "scope": " ".join(each.scopes),
            "resource_server": each.resource_server,
            "expires_in": int(each.ends - view.site.clock()),
            "token_type": "Bearer",
            **({"refresh_token": refresh[each.resource_server]} if each.resource_server in refresh else {}),
        }
        for each in tokens
        if not each.refresh
    ]


def _id_token(view: View, access: Token, nonce: str | None) -> str:
    claims = {
        **profile(view.site, access.identity, frozenset(access.scopes), access.session),
        "iss": ISSUER,
        "aud": access.client.id,
        "iat": int(access.issued),
        "exp": int(access.ends),
    }
    return view.site.keys.sign(claims if nonce is None else {**claims, "nonce": nonce})


def _answer(body: object) -> Answer:
    return Answer.json(body, headers={"Cache-Control": "no-store"})
