"""The hub: whether its API is reached, whose token this is, what it may do, and how the hub keeps logins.

https://jupyterhub.readthedocs.io/en/stable/reference/rest-api.html,
https://jupyterhub.readthedocs.io/en/stable/rbac/scopes.html
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from hubdrives.credentials.auth_state import HubLoginSettings
from hubdrives.credentials.hub import TOKENS
from hubdrives.doctor import network, openings
from hubdrives.doctor.findings import Code, Finding
from hubdrives.doctor.network import Answer, Target
from hubdrives.doctor.seat import Seat
from hubdrives.errors import HubdrivesError

CHECK = "hub"

AUTH_STATE = "admin:auth_state"
_ALWAYS = ("read:users:name", "read:users:groups")
# With any of these, whoever steals the gateway's token owns the hub.
_TOO_MUCH = ("admin:users", "admin:groups", "admin:servers", "servers", "shutdown", "tokens", "proxy")
_CONFIGURE = "Call hubdrives.hub.configure(c) in jupyterhub_config.py"


async def examine(seat: Seat, *, personal: bool) -> list[Finding]:
    """What is wrong with the hub as it is seen from here.

    Args:
        seat: where we are.
        personal: whether users reach a connection that is configured here with tokens of their own.
    """
    needed = {"JUPYTERHUB_API_URL": seat.hub, "JUPYTERHUB_API_TOKEN": seat.token}
    missing = [name for name, value in needed.items() if not value]
    if missing:
        return [
            Finding.wrong(
                CHECK,
                Code.HUB_ENVIRONMENT,
                f"This belongs to a hub, but {' and '.join(missing)} is not set.",
                "Let the hub start the service, or set what the hub would have set.",
            )
        ]
    answer = await _asked(CHECK, seat, "user")
    if isinstance(answer, Finding):
        return [answer]
    if (refused := _refusal(answer, seat)) is not None:
        return [refused]
    model = answer.document()
    service, name = model["kind"] == "service", str(model.get("name", ""))
    owner = f"of the service '{name}'" if service else f"of the user '{name}'"
    found = [Finding.ok(CHECK, f"The hub's API answers at {seat.hub}/; the token here is that {owner}.")]
    facts = await _asked(CHECK, seat, "hubdrives/check") if personal else None
    if isinstance(facts, Finding):
        return [*found, facts]
    found += _scopes(model.get("scopes") or (), service=service, facts=facts)
    return found + (_facts(facts) if facts is not None else [])


async def login(check: str, seat: Seat, user: str, settings: HubLoginSettings) -> list[Finding]:
    """What the hub has of a login; nothing where it does not tell.

    Args:
        check: what to call this.
        seat: where we are.
        user: whose login.
        settings: which of its tokens.
    """
    query = {} if settings.resource_server is None else {"resource_server": settings.resource_server}
    if settings.path is not None:
        query["path"] = msgspec.json.encode(settings.path).decode()
    path = URL(f"hubdrives/users/{quote(user, safe='')}/login", encoded=True).with_query(query)
    answer = await _asked(check, seat, str(path))
    if isinstance(answer, Finding):
        return [answer]
    told = answer.document()
    if answer.status != HTTPStatus.OK:
        # A hub without hubdrives.hub has no such page; whoever needs the token says what is wrong with it.
        return [Finding.of_error(check, HubdrivesError.from_wire(dict(told)))] if "code" in told else []
    return [_login(check, told)]


async def _asked(check: str, seat: Seat, path: str) -> Answer | Finding:
    """What the hub's API answers, or what is in the way to it."""
    target = Target(url=seat.hub, title="the hub's API", setting="JUPYTERHUB_API_URL", opening=openings.to_hub(seat))
    try:
        return await network.ask(f"{seat.hub}/{path}", patience=seat.patience, token=seat.token)
    except (OSError, ValueError, aiohttp.ClientError) as error:
        found = network.trouble(check, error, target)
        if found is None:
            raise
        return found


def _refusal(answer: Answer, seat: Seat) -> Finding | None:
    """What is wrong, if the hub does not say whose token this is."""
    told = answer.document()
    if answer.status == HTTPStatus.OK and told.get("kind") in {"user", "service"}:
        return None
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} and "status" in told:
        return Finding.wrong(
            CHECK,
            Code.TOKEN_REFUSED,
            "The hub refuses the token in JUPYTERHUB_API_TOKEN.",
            "The gateway's must equal `api_token` of its service in the hub's configuration; a user's server gets a "
            "new one when it is stopped and started, after a new login if need be.",
        )
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Finding.wrong(
            CHECK,
            Code.HUB_DOWN,
            f"The hub answers at {seat.hub}/, but with an error (status {answer.status}).",
            "Look into the hub's log; it may be starting.",
        )
    return Finding.wrong(
        CHECK,
        Code.HUB_ELSEWHERE,
        f"What answers at {seat.hub}/ is not a hub's API (status {answer.status}).",
        "Correct JUPYTERHUB_API_URL: it ends with /hub/api, after the hub's base URL, and its port is the hub's own "
        "(8081), not the proxy's.",
    )


def _scopes(scopes: Collection[str], *, service: bool, facts: Answer | None) -> list[Finding]:
    """What the token may not do, or should not."""
    kept_fresh = facts is None or facts.status != HTTPStatus.NOT_FOUND or "code" in facts.document()
    needed = [*(_ALWAYS if service else ()), *(() if facts is None else (TOKENS,) if kept_fresh else (AUTH_STATE,))]
    found = []
    if missing := [scope for scope in needed if not _has(scopes, scope)]:
        whom = (
            f"Give the role of the gateway's service {_words(missing)}"
            if service
            else f"Give the roles 'user' and 'server' both {_words([f'{scope}!user' for scope in missing])}"
        )
        found.append(
            Finding.wrong(
                CHECK,
                Code.SCOPE_MISSING,
                f"The token here lacks {'the scope' if len(missing) == 1 else 'the scopes'} {_words(missing)}.",
                f"{whom} in load_roles of the hub's configuration, and restart the hub. {_CONFIGURE} and it is so.",
            )
        )
    elif needed:
        found.append(Finding.ok(CHECK, f"The token here may do what it must: {_words(needed)}."))
    if service and (much := [scope for scope in (*_TOO_MUCH, AUTH_STATE) if scope in scopes and scope not in needed]):
        found.append(
            Finding.warning(
                CHECK,
                Code.SCOPE_TOO_MUCH,
                f"The gateway's service may do far more at the hub than it needs: {_words(much)}.",
                "Leave out `admin: True` of the service, and give its role only what it must have.",
            )
        )
    return found


def _facts(answer: Answer) -> list[Finding]:
    """How the hub keeps logins, where users' own tokens come from there."""
    told = answer.document()
    if answer.status == HTTPStatus.NOT_FOUND and "code" not in told:
        return [
            Finding.warning(
                CHECK,
                Code.HUB_PLAIN,
                "The hub does not run hubdrives.hub, so users' tokens may be dead for minutes, and parallel reads may "
                "end a login.",
                f"Install hubdrives[hub] where the hub runs. {_CONFIGURE}, and restart the hub.",
            )
        ]
    if answer.status != HTTPStatus.OK:
        # What it lacks was told with the scopes.
        return []
    found = []
    if not told.get("auth_state"):
        found.append(
            Finding.wrong(
                CHECK,
                Code.AUTH_STATE_OFF,
                "The hub keeps no logins: auth_state is off.",
                "Set c.Authenticator.enable_auth_state = True in jupyterhub_config.py and JUPYTERHUB_CRYPT_KEY in the "
                "hub's environment; then users log in once more.",
            )
        )
    elif not told.get("crypt_keys"):
        found.append(
            Finding.wrong(
                CHECK,
                Code.CRYPT_KEY_MISSING,
                "The hub has no key to encrypt logins with, so it can't keep them.",
                "Set JUPYTERHUB_CRYPT_KEY where the hub runs, to the output of `openssl rand -hex 32`; keep it.",
            )
        )
    if told.get("refresh_age") == 0:
        found.append(
            Finding.warning(
                CHECK,
                Code.REFRESH_OFF,
                "auth_refresh_age is 0: the hub never renews logins by itself, not even before a server starts.",
                "Leave c.Authenticator.auth_refresh_age at 300 seconds, or set it to a minute or more.",
            )
        )
    if not told.get("renews"):
        found.append(
            Finding.warning(
                CHECK,
                Code.RENEWS_NOT,
                f"The hub's authenticator ({told.get('authenticator')}) can't renew logins: tokens end, and users must "
                "log in again.",
                "Use an authenticator of the package oauthenticator, or one built on it.",
            )
        )
    return found or [Finding.ok(CHECK, "The hub keeps users' logins and renews them.")]


def _login(check: str, told: Mapping[str, Any]) -> Finding:
    again = "Log out of the hub, and log in again."
    if isinstance(path := told.get("login_url"), str):
        again = f"Log in again: open {path} at the hub."
    if not told.get("stored"):
        return Finding.wrong(check, Code.LOGIN_NONE, "The hub keeps no login of this user.", again)
    if not told.get("readable"):
        sentence = "The hub can't read this user's login: it was encrypted with another key."
        advice = (
            "Put the old key behind the new one in JUPYTERHUB_CRYPT_KEY (NEW;OLD) where the hub runs. Or log in again."
        )
        return Finding.wrong(check, Code.LOGIN_UNREADABLE, sentence, advice)
    if not told.get("found"):
        return Finding.wrong(
            check,
            Code.LOGIN_WITHOUT_TOKEN,
            "This user's login brought no token for this connection.",
            "If it concerns everybody, set `path` or `resource_server` of the connection's credential, or let the "
            f"login ask for another scope. {again}",
        )
    if told.get("renewable"):
        return Finding.ok(check, "The hub has this user's login, and can renew it.")
    return _not_renewable(check, told.get("ends_at"), again)


def _not_renewable(check: str, ends_at: object, again: str) -> Finding:
    ends = datetime.fromtimestamp(ends_at, UTC) if isinstance(ends_at, int | float) else None
    admin = "So that it is renewed, the hub's login must ask for a refresh token (the scope offline_access, as a rule)."
    if ends is not None and ends <= datetime.now(UTC):
        sentence = f"This user's login has ended on {ends:%d %B %Y at %H:%M} UTC, and can't be renewed."
        return Finding.wrong(check, Code.LOGIN_ENDED, sentence, f"{again} {admin}")
    until = f"ends on {ends:%d %B %Y at %H:%M} UTC" if ends else "ends some time"
    sentence = f"This user's login {until}, and can't be renewed: it came without a refresh token."
    return Finding.warning(check, Code.LOGIN_NOT_RENEWABLE, sentence, f"{admin} Until then, after that: {again}")


def _has(scopes: Collection[str], wanted: str) -> bool:
    """Whether `wanted` is among `scopes`, maybe for some users only."""
    return any(scope.partition("!")[0] == wanted for scope in scopes)


def _words(scopes: Sequence[str]) -> str:
    return ", ".join(scopes)
