"""Where tokens come from. Which kind a connection uses, its configuration says; each kind is imported when needed."""

import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

from hubdrives.errors import BadConfig
from hubdrives.exchange import TokenSource


class _Kind(NamedTuple):
    module: str
    """It has `def token_source(credential, *, …) -> TokenSource`."""
    needs: tuple[str, ...] = ()
    """Those of our own arguments that it takes."""


_USER = ("user", "environment")

_KINDS = {
    "token": _Kind("hubdrives.credentials.static"),
    "google_service_account": _Kind("hubdrives.credentials.google"),
    "box_ccg": _Kind("hubdrives.credentials.box", ("base_url",)),
    "box_jwt": _Kind("hubdrives.credentials.box", ("base_url",)),
    "box_oauth": _Kind("hubdrives.credentials.box", ("base_url",)),
    "seafile_oidc": _Kind("hubdrives.credentials.seafile", ("base_url",)),
    "globus_client": _Kind("hubdrives.credentials.globus", ("base_url",)),
    "globus_data": _Kind("hubdrives.credentials.globus_data", ("environment",)),
    "globus_login": _Kind("hubdrives.credentials.globus_login", _USER),
    "hub_login": _Kind("hubdrives.credentials.hub", _USER),
    "seafile_login": _Kind("hubdrives.credentials.seafile_login", ("base_url", *_USER)),
}


def is_personal(credential: Mapping[str, Any]) -> bool:
    """Whether each user shows a token of their own, so that one user's answers are not another's.

    The fields of such a credential are those of `hubdrives.credentials.auth_state.HubLoginSettings`.
    """
    kind = _KINDS.get(str(credential.get("kind", "")))
    return kind is not None and "user" in kind.needs


def issuer(credential: Mapping[str, Any]) -> str | None:
    """The address of who makes the tokens, where that is configured and not the provider itself."""
    named = credential.get("issuer")
    return named if isinstance(named, str) else None


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
    name = str(credential.get("kind", ""))
    kind = _KINDS.get(name)
    if kind is None:
        known = ", ".join(_KINDS)
        raise BadConfig(f"Connection '{connection}' has a credential of kind '{name}'; known: {known}.")
    told = {"base_url": base_url, "user": user, "environment": environment}
    needed = {argument: told[argument] for argument in kind.needs}
    source: TokenSource = import_module(kind.module).token_source(credential, **needed)
    return source
