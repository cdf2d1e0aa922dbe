"""Where tokens come from. Which kind a connection uses, its configuration says; each kind is imported when needed."""

import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from hubdrives.errors import BadConfig
from hubdrives.exchange import TokenSource

# kind -> module with `def token_source(credential) -> TokenSource`
_KINDS = {
    "token": "hubdrives.credentials.static",
    "google_service_account": "hubdrives.credentials.google",
}

# kind -> module with `def token_source(credential, *, base_url) -> TokenSource`: the provider itself mints them
_AT_PROVIDER = {
    "box_ccg": "hubdrives.credentials.box",
    "box_jwt": "hubdrives.credentials.box",
    "box_oauth": "hubdrives.credentials.box",
}

# kind -> module with `def token_source(credential, *, user, environment) -> TokenSource`
_PERSONAL = {
    "hub_login": "hubdrives.credentials.hub",
}


def is_personal(credential: Mapping[str, Any]) -> bool:
    """Whether each user shows a token of their own, so that one user's answers are not another's."""
    return credential.get("kind") in _PERSONAL


def token_source(
    credential: Mapping[str, Any],
    *,
    connection: str,
    base_url: str | None = None,
    user: str = "",
    environment: Mapping[str, str] = os.environ,
) -> TokenSource | None:
    """What mints or reads the tokens that `credential` describes; None if the connection has no credential.

    Args:
        credential: `kind` and what that kind needs.
        connection: its name, for errors.
        base_url: the provider's server, where it is not the vendor's only one.
        user: whose tokens, where each user has their own.
        environment: where the hub is, where it knows the tokens.

    Raises:
        BadConfig: unknown kind, or something that kind needs is missing.
    """
    if not credential:
        return None
    kind = str(credential.get("kind", ""))
    source: TokenSource
    if kind in _PERSONAL:
        source = import_module(_PERSONAL[kind]).token_source(credential, user=user, environment=environment)
    elif kind in _AT_PROVIDER:
        source = import_module(_AT_PROVIDER[kind]).token_source(credential, base_url=base_url)
    elif kind in _KINDS:
        source = import_module(_KINDS[kind]).token_source(credential)
    else:
        known = ", ".join((*_KINDS, *_AT_PROVIDER, *_PERSONAL))
        raise BadConfig(f"Connection '{connection}' has a credential of kind '{kind}'; known: {known}.")
    return source
