"""What a user's login left in JupyterHub's `auth_state`: the token that a connection needs, wherever it stands there.

Known are the layouts of OAuthenticator and those built on it (Generic, Google, Canvas: `access_token`, and the
issuer's whole answer in `token_response`) and of Globus (`tokens`, one for each service). When a token ends stands
beside it as `expires_at`: issuers tell only for how long one lives, so whoever gets an answer must write it there
(`stamped`).

https://jupyterhub.readthedocs.io/en/stable/reference/authenticators.html#authentication-state,
https://oauthenticator.readthedocs.io/en/stable/, https://www.rfc-editor.org/rfc/rfc6749#section-5.1
"""

import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from hubdrives.credentials import globus_scopes
from hubdrives.errors import BadConfig

_ACCESS, _REFRESH, _ID = "access_token", "refresh_token", "id_token"
_LIFETIME = "expires_in"
_ENDS = ("expires_at", "expires_at_seconds")
_EXCHANGED = (_ACCESS, _REFRESH, _ID)
# Keys of what must stay with the hub.
_UNMENTIONABLE = re.compile(r"(?i)refresh([_-]?token)?$|(^|[_-])id[_-]?token$|(secret|password)$")

_FIRST = {"globus_login": globus_scopes.TRANSFER}
"""Of kinds that use several of a login's tokens by themselves: whose is there in any case."""

_Key = Annotated[str, Meta(min_length=1, max_length=200)]


class HubLoginSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fields of a personal credential, "hub_login" for one: which of the tokens in the user's `auth_state` it is.

    Without `resource_server` and `path` it is the one access token that the login brought.
    """

    kind: str
    resource_server: _Key | None = None
    """For logins that bring one token for each service, such as Globus': whose."""
    path: Annotated[tuple[_Key, ...], Meta(min_length=1, max_length=20)] | None = None
    """Where the access token stands, key by key, where it is none of the known places."""

    @classmethod
    def of(cls, credential: Mapping[str, Any]) -> "HubLoginSettings":
        """Raises BadConfig: unknown or wrong fields, or a path to something that is no access token."""
        try:
            settings = msgspec.convert(dict(credential), cls)
        except msgspec.ValidationError as error:
            raise BadConfig(f"A credential of kind '{credential.get('kind', '')}' can't be used: {error}.") from None
        if (first := _FIRST.get(settings.kind)) is not None:
            if settings.path is not None or settings.resource_server is not None:
                raise BadConfig(f"A credential of kind '{settings.kind}' has no other fields.")
            return msgspec.structs.replace(settings, resource_server=first)
        if settings.path is not None and settings.resource_server is not None:
            raise BadConfig("A credential has either `resource_server` or `path`, not both.")
        for key in (*(settings.path or ()), settings.resource_server or ""):
            if _UNMENTIONABLE.search(key):
                raise _not_an_access_token()
        return settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A token that a login brought."""

    token: str = field(repr=False)
    ends_at: float | None = None
    """Seconds of `time.time`; None if nothing tells."""
    lifetime: float | None = None
    """Seconds from its birth to its end; None if nothing tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What renews a token: a refresh token, and the access token that it came with."""

    token: str = field(repr=False)
    refresh_token: str = field(repr=False)


def login(auth_state: Mapping[str, Any], settings: HubLoginSettings) -> Login | None:
    """The token that `settings` mean, None if the login brought none.

    Raises:
        BadConfig: `settings` mean something that is no access token.
    """
    token = _meant(auth_state, settings)
    if not isinstance(token, str) or not token:
        return None
    secrets = (part.get(name) for part in _parts(auth_state) for name in (_REFRESH, _ID))
    if token in secrets or not (token.isascii() and token.isprintable()):
        raise _not_an_access_token()
    return _login(auth_state, token)


def own_login(auth_state: Mapping[str, Any]) -> Login | None:
    """The token that the login itself stands on: with it the hub asks the issuer who the user is."""
    for part in (auth_state.get("token_response"), auth_state):
        if isinstance(part, Mapping) and isinstance(token := part.get(_ACCESS), str):
            return _login(auth_state, token)
    return None


def login_at(auth_state: Mapping[str, Any], server: str) -> Login | None:
    """The token for `server`, of a login that brought one for each, wherever it stands; None if there is none."""
    parts = (part for part in _parts(auth_state) if part.get("resource_server") == server)
    tokens = (part.get(_ACCESS) for part in parts)
    return next((_login(auth_state, token) for token in tokens if isinstance(token, str)), None)


def grant(auth_state: Mapping[str, Any], token: str) -> Grant | None:
    """What renews `token`: the refresh token beside it, else that of the login itself; None if there is none."""
    beside = (part for part in _parts(auth_state) if part.get(_ACCESS) == token)
    for part in (*beside, auth_state, auth_state.get("token_response")):
        if isinstance(part, Mapping):
            access, refresh = part.get(_ACCESS), part.get(_REFRESH)
            if isinstance(access, str) and isinstance(refresh, str) and refresh:
                return Grant(token=access, refresh_token=refresh)
    return None


def renewed(auth_state: Mapping[str, Any], old: Grant, answer: Mapping[str, Any]) -> dict[str, Any]:
    """`auth_state` with the issuer's stamped `answer` wherever the tokens of `old` stood. Twice does no harm."""
    return dict(_exchanged(auth_state, old.token, answer))


def stamped(answer: Mapping[str, Any], now: float) -> dict[str, Any]:
    """An issuer's answer that arrived at `now` (seconds of `time.time`), with the end of each token in it."""
    return {key: _stamped(value, now) for key, value in answer.items()} | _end(answer, now)


def digest(token: str) -> str:
    """The SHA-256 of a token, in hexadecimal: it names the token and does not tell it."""
    return hashlib.sha256(token.encode()).hexdigest()


def _stamped(value: Any, now: float) -> Any:
    if isinstance(value, list):
        return [_stamped(one, now) for one in value]
    return stamped(value, now) if isinstance(value, Mapping) else value


def _end(answer: Mapping[str, Any], now: float) -> dict[str, float]:
    lifetime = _number(answer.get(_LIFETIME))
    return {} if lifetime is None or _ACCESS not in answer else {_ENDS[0]: now + lifetime}


def _meant(auth_state: Mapping[str, Any], settings: HubLoginSettings) -> Any:
    if settings.path is not None:
        return _at(auth_state, *settings.path)
    if settings.resource_server is not None:
        return _at(auth_state, "tokens", settings.resource_server, _ACCESS)
    if token := auth_state.get(_ACCESS):
        return token
    by_server = auth_state.get("tokens")
    # Of several tokens none is the one that is meant.
    only = list(by_server) if isinstance(by_server, Mapping) and len(by_server) == 1 else []
    return _at(auth_state, "tokens", *only, _ACCESS)


def _at(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _login(auth_state: Mapping[str, Any], token: str) -> Login:
    beside = [part for part in _parts(auth_state) if part.get(_ACCESS) == token]
    ends = (_number(part.get(name)) for part in beside for name in _ENDS)
    lives = (_number(part.get(_LIFETIME)) for part in beside)
    return Login(
        token=token,
        ends_at=next((one for one in ends if one is not None), None),
        lifetime=next((one for one in lives if one is not None), None),
    )


def _parts(auth_state: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """`auth_state` and each JSON object in it."""
    todo: list[Any] = [auth_state]
    while todo:
        one = todo.pop(0)
        if isinstance(one, Mapping):
            yield one
            todo.extend(one.values())
        elif isinstance(one, list):
            todo.extend(one)


def _exchanged(value: Any, old: str, answer: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_exchanged(one, old, answer) for one in value]
    if not isinstance(value, Mapping):
        return value
    new = {key: _exchanged(one, old, answer) for key, one in value.items()}
    if value.get(_ACCESS) != old:
        return new
    times = (_LIFETIME, *_ENDS)
    kept = {key: one for key, one in new.items() if key not in times}
    # An answer has a refresh token only if there is another one: https://www.rfc-editor.org/rfc/rfc6749#section-6
    fresh = {key: answer[key] for key in _EXCHANGED if key in kept and answer.get(key)}
    return kept | fresh | {key: answer[key] for key in times if key in answer}


def _number(value: Any) -> float | None:
    """Some issuers write numbers as text."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and not isinstance(value, bool) else None


def _not_an_access_token() -> BadConfig:
    return BadConfig(
        "A credential must mean an access token; nothing else ever leaves the hub.",
        hint="Correct `path` or `resource_server` of the credential.",
    )
