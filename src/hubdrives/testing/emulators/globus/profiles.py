"""What is told of an identity, as far as scopes go.

https://docs.globus.org/api/auth/reference/#userinfo
"""

from typing import Any

from hubdrives.testing.emulators.globus.named import EMAIL, PROFILE, VIEW_IDENTITY_SET
from hubdrives.testing.emulators.globus.people import Identity
from hubdrives.testing.emulators.globus.sessions import Session
from hubdrives.testing.emulators.globus.site import Site


def profile(site: Site, identity: Identity, scopes: frozenset[str], session: Session) -> dict[str, Any]:
    """The claims of userinfo and of ID tokens."""
    found: dict[str, Any] = {"sub": identity.id}
    if PROFILE in scopes:
        since = session.since(identity.id)
        found |= {
            "name": identity.name,
            "preferred_username": identity.username,
            "organization": identity.organization,
            "identity_provider": identity.provider,
            "identity_provider_display_name": site.people.providers[identity.provider].name,
            "last_authentication": None if since is None else int(since),
        }
    if EMAIL in scopes:
        found["email"] = identity.email
    if VIEW_IDENTITY_SET in scopes:
        found["identity_set"] = [_member(site, each, session) for each in sorted(site.people.linked(identity))]
    return found


def _member(site: Site, identity: str, session: Session) -> dict[str, Any]:
    found, since = site.people.identities[identity], session.since(identity)
    return {
        "sub": found.id,
        "username": found.username,
        "name": found.name,
        "email": found.email,
        "organization": found.organization,
        "identity_provider": found.provider,
        "identity_provider_display_name": site.people.providers[found.provider].name,
        "last_authentication": None if since is None else int(since),
    }
