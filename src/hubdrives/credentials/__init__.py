"""Where tokens come from. Which kind a connection uses, its configuration says; each kind is imported when needed."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from hubdrives.errors import BadConfig
from hubdrives.http import TokenSource

# kind -> module with `def token_source(credential) -> TokenSource`
_KINDS = {
    "token": "hubdrives.credentials.static",
    "google_service_account": "hubdrives.credentials.google",
}


def token_source(credential: Mapping[str, Any], *, connection: str) -> TokenSource | None:
    """What mints or reads the tokens that `credential` describes; None if the connection has no credential.

    Raises:
        BadConfig: unknown kind, or something that kind needs is missing.
    """
    if not credential:
        return None
    kind = str(credential.get("kind", ""))
    if kind not in _KINDS:
        raise BadConfig(f"Connection '{connection}' has a credential of kind '{kind}'; known: {', '.join(_KINDS)}.")
    source: TokenSource = import_module(_KINDS[kind]).token_source(credential)
    return source
