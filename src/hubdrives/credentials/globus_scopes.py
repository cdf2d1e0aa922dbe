"""Globus' names: servers that each want a token of their own, and the scopes that users consent to.

https://docs.globus.org/guides/overviews/clients-scopes-and-consents/, https://docs.globus.org/api/auth/sessions/,
https://docs.globus.org/globus-connect-server/v5/https-access-collections/
"""

import re
from collections.abc import Iterable

AUTH = "auth.globus.org"
"""The server that tells who somebody is; logging in needs its token."""

GROUPS = "groups.api.globus.org"
"""The server that tells of groups."""

TRANSFER = "transfer.api.globus.org"
"""The server that lists collections and moves files between them."""

TRANSFER_ALL = f"urn:globus:auth:scope:{TRANSFER}:all"

_LONGEST = 2000
"""Characters of a scope, or of a parameter."""

_SCOPES = f"https://{AUTH}/scopes"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_OF_COLLECTION = rf"{re.escape(_SCOPES)}/{_UUID}"
_DATA = rf"\*?{_OF_COLLECTION}/data_access"
_DEPENDING = rf"(?:\[{_DATA}(?: {_DATA})*\])?"
_ASKABLE = re.compile(rf"(?:{re.escape(TRANSFER_ALL)}|{_OF_COLLECTION}/https){_DEPENDING}|{_OF_COLLECTION}/data_access")

_POLICY = rf"{_UUID}(?:,{_UUID})*"
_NAME = r"[\w.+-]+@[\w.-]+"
_IDENTITY = rf"(?:{_UUID}|{_NAME})"
_SESSION = {
    "session_required_identities": re.compile(rf"{_IDENTITY}(?:,{_IDENTITY})*", re.ASCII),
    "session_required_single_domain": re.compile(r"[\w.-]+(?:,[\w.-]+)*", re.ASCII),
    "session_required_policies": re.compile(_POLICY),
    "session_required_mfa": re.compile(r"(?i)true|false"),
    "prompt": re.compile(r"login"),
}

SESSION = frozenset(_SESSION)
"""The parameters of a login that say how somebody must log in."""


def https(collection: str) -> str:
    """The scope for reading and writing the files of a collection by HTTPS."""
    return f"{_SCOPES}/{collection}/https"


def usual(server: str) -> str:
    """The scope that most of what a server does wants: of Transfer, or of a collection."""
    return TRANSFER_ALL if server == TRANSFER else https(server)


def server_of(scope: str) -> str:
    """Which server has the token that an askable scope is for."""
    return TRANSFER if scope.startswith(TRANSFER_ALL) else scope.removeprefix(f"{_SCOPES}/").partition("/")[0]


def is_askable(scope: str) -> bool:
    """Whether a user may be sent to Globus to consent to this: Transfer or a collection, and access to its data."""
    return len(scope) <= _LONGEST and _ASKABLE.fullmatch(scope) is not None


def is_session(name: str, value: str) -> bool:
    """Whether a login may be asked for with this parameter."""
    return name in _SESSION and len(value) <= _LONGEST and _SESSION[name].fullmatch(value) is not None


def together(scopes: Iterable[str]) -> list[str]:
    """Each scope once, letter by letter; one without brackets is left out where it is there with them."""
    found = dict.fromkeys(scopes)
    bracketed = {one.partition("[")[0] for one in found if "[" in one}
    return [one for one in found if one not in bracketed]
