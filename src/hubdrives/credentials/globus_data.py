"""The tokens that OAuthenticator put into a server's variable GLOBUS_DATA when it started, on hubs without hubdrives.

It is a pickle, and loading one runs whatever whoever wrote it wants. What is in it is plain, though: so here only those
parts of a pickle are read that make plain values, and anything else is refused before anything of it is made.

https://oauthenticator.readthedocs.io/en/stable/tutorials/provider-specific-setup/providers/globus.html,
https://docs.python.org/3/library/pickle.html#restricting-globals
"""

import base64
import binascii
import io
import pickle
import pickletools
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NoReturn

import msgspec

from hubdrives.credentials.globus_scopes import TRANSFER, usual
from hubdrives.errors import BadConfig, LoginNeeded

VARIABLE = "GLOBUS_DATA"

_LONGEST = 1 << 20
"""Characters. Linux has no variables a quarter as long."""

_MEMO = frozenset({"PUT", "BINPUT", "LONG_BINPUT", "GET", "BINGET", "LONG_BINGET"})
"""They name what was made before by a number, for which an Unpickler makes room."""

_PLAIN = _MEMO | {
    *("PROTO", "FRAME", "STOP", "MARK", "POP", "POP_MARK", "DUP", "MEMOIZE"),
    *("NONE", "NEWTRUE", "NEWFALSE", "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4"),
    *("FLOAT", "BINFLOAT", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "EMPTY_LIST", "LIST", "APPEND", "APPENDS"),
    *("EMPTY_DICT", "DICT", "SETITEM", "SETITEMS"),
}
"""What makes None, bool, int, float, str, bytes, list and dict, in all protocols.

Tuples are left out: the hub keeps what a login brings as JSON, which has none; and one that holds a hundred thousand
others inside each other ends the process when it is the key of a dict.
"""

_AGAIN = "Log out of the hub, log in again, stop your server and start it; then repeat."


class GlobusData:
    """The tokens in GLOBUS_DATA, one for each server. Nothing tells how old they are, and nobody renews them.

    Args:
        credential: its kind, and no other fields.
        environment: of the user's server.

    Raises:
        BadConfig: unknown fields; or the variable is not there, or is not what OAuthenticator writes.
    """

    scheme = "Bearer"

    def __init__(self, credential: Mapping[str, Any], *, environment: Mapping[str, str]) -> None:
        try:
            msgspec.convert(dict(credential), _Settings)
        except msgspec.ValidationError as error:
            raise BadConfig(f"A credential of kind 'globus_data' can't be used: {error}.") from None
        self._tokens = tokens(environment.get(VARIABLE, ""))

    def __repr__(self) -> str:
        return "GlobusData()"

    async def token(self, *, stale: str | None = None) -> str:
        """The token for Transfer, as that of `for_audience`."""
        return await self.for_audience(TRANSFER).token(stale=stale)

    def for_audience(self, audience: str, *, scopes: Sequence[str] = ()) -> "_ForServer":
        """The token for Transfer ("transfer.api.globus.org") or for a collection's HTTPS server (its UUID).

        Args:
            audience: the resource server.
            scopes: what a login must ask for where there is none; what the server mostly wants unless given.
        """
        return _ForServer(self._tokens.get(audience), tuple(scopes) or (usual(audience),))

    def login_url(
        self,
        *,
        scopes: Sequence[str] = (),  # noqa: ARG002 - a new login changes nothing in a server that runs
        session: Mapping[str, str] = MappingProxyType({}),  # noqa: ARG002
    ) -> None:
        """No page of such a hub asks for more."""
        return


class _ForServer:
    """The token for one server."""

    scheme = "Bearer"

    def __init__(self, token: str | None, scopes: Sequence[str]) -> None:
        self._token = token
        self._scopes = scopes

    async def token(self, *, stale: str | None = None) -> str:
        """The token. Raises LoginNeeded: there is none, or it was refused, so it has ended."""
        if self._token is None:
            raise LoginNeeded(
                f"Your server was started without the consent to {' '.join(self._scopes)}.",
                hint="Tell your hub's administrators to add this to `scope` of the authenticator. Then log out, log "
                "in, stop your server and start it.",
            )
        if self._token == stale:
            raise LoginNeeded("The Globus token that your server was started with has ended.", hint=_AGAIN)
        return self._token


def tokens(text: str) -> dict[str, str]:
    """The access tokens in a value of GLOBUS_DATA, by resource server.

    Raises:
        BadConfig: it is empty, or not what OAuthenticator writes.
    """
    if not text:
        raise BadConfig(
            f"{VARIABLE} is not set: this is no server of a hub where users log in with Globus.",
            hint='There, the hub must keep logins (enable_auth_state); elsewhere, use kind = "globus_client".',
        )
    try:
        state = msgspec.convert(_plain(text), _State)
    except msgspec.ValidationError:
        # Its message might hold a part of a token.
        raise _refused() from None
    found = {server: one.access_token for server, one in state.tokens.items() if one.access_token}
    if not all(token.isascii() and token.isprintable() for token in found.values()):
        raise _refused()
    return found


class _Settings(msgspec.Struct, forbid_unknown_fields=True):
    kind: str


class _Token(msgspec.Struct):
    access_token: str | None = None


class _State(msgspec.Struct):
    tokens: dict[str, _Token]


class _Unpickler(pickle.Unpickler):
    """Knows no classes, no functions and nobody's objects."""

    def find_class(self, module: str, name: str) -> NoReturn:  # noqa: ARG002 - whichever it is
        raise pickle.UnpicklingError

    def persistent_load(self, pid: Any) -> NoReturn:  # noqa: ARG002 - the same
        raise pickle.UnpicklingError


def _plain(text: str) -> Any:
    """The plain values of a pickle in base64. Raises BadConfig: it is none, or has anything else in it."""
    if len(text) > _LONGEST:
        raise _refused()
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise _refused() from None
    try:
        found = _Unpickler(io.BytesIO(raw)).load() if _makes_plain_values(raw) else None
    # What is not well made fails in any of a dozen ways.
    except Exception:  # noqa: BLE001
        raise _refused() from None
    return found


def _makes_plain_values(raw: bytes) -> bool:
    """Whether a pickle has nothing else in it; it is only read here, and nothing is made."""
    # An Unpickler's own hooks are not enough: of a class that is registered by a number (EXT) it asks only once.
    end = 0
    for opcode, value, position in pickletools.genops(raw):
        if opcode.name not in _PLAIN or (opcode.name in _MEMO and int(value or 0) > len(raw)):
            return False
        end = (position or 0) + 1
    # STOP is one byte.
    return end == len(raw)


def _refused() -> BadConfig:
    return BadConfig(
        f"{VARIABLE} holds something else than what a login with Globus leaves there, so nothing of it was used.",
        hint="Stop your server and start it again; if that does not help, tell your hub's administrators.",
    )


def token_source(credential: Mapping[str, Any], *, environment: Mapping[str, str]) -> GlobusData:
    """See `hubdrives.credentials.token_source`."""
    return GlobusData(credential, environment=environment)
