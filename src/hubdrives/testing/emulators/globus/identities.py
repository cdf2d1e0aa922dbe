"""Who there is, by id or username, and what they have allowed.

https://docs.globus.org/api/auth/reference/#get_identities
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from hubdrives.testing.emulators.globus.asking import client_of, split_names, uses_basic
from hubdrives.testing.emulators.globus.consents import Consent
from hubdrives.testing.emulators.globus.errors import AuthError
from hubdrives.testing.emulators.globus.named import AUTH, MANAGE_CONSENTS, VIEW_CONSENTS, VIEW_IDENTITIES
from hubdrives.testing.emulators.globus.people import Identity, IdentityProvider
from hubdrives.testing.emulators.globus.tokens import InvalidTokenError
from hubdrives.testing.emulators.globus.view import View
from hubdrives.testing.emulators.server import Answer, Call


async def list_identities(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """Those with the ids or usernames in the query; what is not there is left out, or made if that is asked for."""
    _let_in(view, call)
    people = view.site.people
    ids, usernames = split_names(call, "ids"), split_names(call, "usernames")
    if bool(ids) == bool(usernames):
        raise AuthError("INVALID_QUERY_PARAMETER", "Either ids or usernames must be given")
    if call.params.get("provision") == "true":
        for each in usernames:
            if people.by_username(each) is None:
                people.add_identity(each, status="unused")
    found = [people.identities.get(each) for each in ids] + [people.by_username(each) for each in usernames]
    identities = [each for each in found if each is not None]
    body: dict[str, Any] = {"identities": [_identity(each) for each in identities]}
    if call.params.get("include") == "identity_provider":
        providers = dict.fromkeys(each.provider for each in identities)
        body["included"] = {"identity_providers": [_provider(people.providers[each]) for each in providers]}
    return Answer.json(body)


async def get_identity(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """One, by id."""
    _let_in(view, call)
    found = view.site.people.identities.get(args["id"])
    if found is None:
        raise AuthError("NOT_FOUND")
    return Answer.json({"identity": _identity(found)})


async def list_providers(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """Identity providers with the ids or domains in the query."""
    _let_in(view, call)
    ids, domains = split_names(call, "ids"), split_names(call, "domains")
    if bool(ids) == bool(domains):
        raise AuthError("INVALID_QUERY_PARAMETER", "Either ids or domains must be given")
    found = [
        _provider(each)
        for each in view.site.people.providers.values()
        if each.id in ids or set(each.domains) & set(domains)
    ]
    return Answer.json({"identity_providers": found})


async def list_consents(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """What somebody has allowed the client of the token, or any with `all`."""
    if not view.grant.scopes & {VIEW_CONSENTS, MANAGE_CONSENTS} or args["id"] not in view.grant.identities:
        raise AuthError("FORBIDDEN")
    everything = call.params.get("all", "").lower() == "true"
    found = [
        _consent(view, each)
        for each in view.site.consents.of(args["id"])
        if everything or each.client == view.grant.client.id
    ]
    return Answer.json({"consents": found})


def _let_in(view: View, call: Call) -> None:
    """Raise AuthError for who is neither a client with its secret nor somebody with the scope for it."""
    if uses_basic(call):
        client_of(call, {}, view.site.people, AuthError("UNAUTHORIZED"))
        return
    scheme, _, bearer = call.request.headers.get("Authorization", "").partition(" ")
    try:
        grant = view.site.tokens.check(bearer if scheme.lower() == "bearer" else "", AUTH)
    except InvalidTokenError:
        raise AuthError("UNAUTHORIZED") from None
    if VIEW_IDENTITIES not in grant.scopes:
        raise AuthError("FORBIDDEN")


def _identity(identity: Identity) -> dict[str, Any]:
    return {
        "email": identity.email,
        "id": identity.id,
        "identity_provider": identity.provider,
        "identity_type": identity.kind,
        "name": identity.name,
        "organization": identity.organization,
        "status": identity.status,
        "username": identity.username,
    }


def _provider(provider: IdentityProvider) -> dict[str, Any]:
    return {
        "short_name": provider.short_name,
        "id": provider.id,
        "alternative_names": [],
        "domains": list(provider.domains),
        "name": provider.name,
    }


def _consent(view: View, consent: Consent) -> dict[str, Any]:
    *above, name = consent.names
    # Below the top it is the service above that asks.
    client = view.site.resource_server_of(above[-1]) if above else consent.client
    return {
        "created": _time(consent.created),
        "id": consent.id,
        "status": "approved",
        "updated": _time(consent.updated),
        "allows_refresh": consent.refresh,
        "dependency_path": list(consent.path),
        "scope_name": name,
        "atomically_revocable": consent.optional,
        "effective_identity": consent.identity,
        "auto_approved": consent.auto,
        "last_used": _time(consent.updated),
        "scope": _named(name),
        "client": client
        if client in view.site.people.clients or client in view.site.collections
        else _named(str(client)),
    }


def _named(name: str) -> str:
    """The UUID that a scope or one of Globus's own services goes by."""
    return str(uuid5(NAMESPACE_URL, name))


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")
