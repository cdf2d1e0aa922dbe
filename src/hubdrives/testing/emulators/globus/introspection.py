"""Tokens that are shown to Globus Auth itself: what they are good for, whose they are, and their end.

https://docs.globus.org/api/auth/reference/#token_introspect
"""

from collections.abc import Mapping
from typing import Any

from hubdrives.testing.emulators.globus.asking import client_of, read_form
from hubdrives.testing.emulators.globus.errors import AuthError
from hubdrives.testing.emulators.globus.named import ISSUER, OPENID
from hubdrives.testing.emulators.globus.people import Identity
from hubdrives.testing.emulators.globus.profiles import profile
from hubdrives.testing.emulators.globus.tokens import Token
from hubdrives.testing.emulators.globus.view import View
from hubdrives.testing.emulators.server import Answer, Call


async def revoke(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """End a token; one that is not there is as good as ended."""
    form = await read_form(call)
    client = client_of(call, form, view.site.people, AuthError("UNAUTHORIZED"))
    view.site.tokens.revoke(form.get("token", ""), client)
    return Answer.json({"active": False})


async def introspect(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """What a token is good for, told to the service that it is for and to the client that has it."""
    form = await read_form(call)
    client = client_of(call, form, view.site.people, AuthError("UNAUTHORIZED"))
    found = view.site.tokens.active(form.get("token", ""))
    if client.secret is None or found is None or client.id not in {found.resource_server, found.client.id}:
        return Answer.json({"active": False})
    include = frozenset(form.get("include", "").split(","))
    return Answer.json(_document(view, found) | _included(view, found, include))


async def userinfo(view: View, _call: Call, _args: Mapping[str, str]) -> Answer:
    """Whose a token is."""
    if OPENID not in view.grant.scopes:
        raise AuthError("FORBIDDEN")
    return Answer.json(profile(view.site, view.grant.identity, view.grant.scopes, view.grant.session))


def _document(view: View, token: Token) -> dict[str, Any]:
    identity = token.identity
    return {
        "active": True,
        "token_type": "Bearer",
        "scope": " ".join(each for each in token.scopes if each in view.site.tokens.grant(token).scopes),
        "client_id": token.client.id,
        "username": identity.username,
        "name": identity.name,
        "email": identity.email,
        "exp": int(token.ends),
        "iat": int(token.issued),
        "nbf": int(token.issued),
        "sub": identity.id,
        "aud": [token.resource_server, token.client.id],
        "iss": ISSUER,
    }


def _included(view: View, token: Token, include: frozenset[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    linked = [view.site.people.identities[each] for each in sorted(view.site.people.linked(token.identity))]
    if "identity_set" in include:
        found["identity_set"] = [each.id for each in linked]
    if "identity_set_detail" in include:
        found["identity_set_detail"] = [_detail(view, each) for each in linked]
    if "session_info" in include:
        found["session_info"] = {
            "session_id": token.session.id,
            "authentications": {
                each.identity: {
                    "idp": view.site.people.identities[each.identity].provider,
                    "auth_time": int(each.time),
                    "mfa": each.mfa,
                }
                for each in token.session.authentications.values()
            },
        }
    return found


def _detail(view: View, identity: Identity) -> dict[str, Any]:
    return {
        "sub": identity.id,
        "username": identity.username,
        "name": identity.name,
        "email": identity.email,
        "organization": identity.organization,
        "identity_provider": identity.provider,
        "identity_provider_display_name": view.site.people.providers[identity.provider].name,
    }
