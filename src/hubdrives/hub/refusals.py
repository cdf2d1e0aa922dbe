"""What keeps a hub from being configured for hubdrives: each rule in a function, with what to do about it."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyterhub.app import JupyterHub
from jupyterhub.crypto import CryptKeeper, EncryptionUnavailable
from traitlets import TraitError
from traitlets.config import Config
from yarl import URL

from hubdrives.config import GATEWAY_VARIABLE
from hubdrives.errors import BadConfig
from hubdrives.hub import scopes, traits
from hubdrives.hub.logins import fresh
from hubdrives.hub.plan import Gateway, Plan, service

_NEW_KEY = (
    "Make one with `openssl rand -hex 32`, keep it, and set it as JUPYTERHUB_CRYPT_KEY for the hub "
    "(c.CryptKeeper.keys, or hub.config.CryptKeeper.keys on Kubernetes)."
)
_CRYPT_KEY = "JUPYTERHUB_CRYPT_KEY"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_ELSEWHERE = frozenset({"DockerSpawner", "BatchSpawnerBase"})
"""Spawners whose servers are, as a rule, not where the hub's loopback is."""
_LOGIN_VARIABLE = re.compile(r"(ACCESS|REFRESH|ID|BEARER|OAUTH2?|CANVAS_API|CANVAS)_TOKEN$|AUTH_STATE|^GLOBUS_DATA$")


def check(c: Config, plan: Plan) -> list[str]:
    """Refuse what can't work or is not safe.

    Returns:
        What is only unwise, a sentence or two each.

    Raises:
        BadConfig: one sentence, and what to do.
    """
    if plan.keeps_logins:
        _kept(c, plan)
    warnings = _renewed(c) if plan.user_tokens else []
    if plan.keeps_logins or _auth_state(c):
        _crypt_key(c)
    if plan.gateway is None:
        _no_gateway(c)
        return [*warnings, *_rights_of_users(c, plan)]
    _service(c, plan.gateway)
    _rights_of_the_gateway(c)
    return [
        *warnings,
        *_rights_of_users(c, plan),
        *_secrets(c, plan.gateway),
        *_network(c, plan.gateway),
        *_services(c, plan.gateway),
        *(_environment(c) if plan.user_tokens else ()),
    ]


def _kept(c: Config, plan: Plan) -> None:
    used = (
        "Connections use the tokens of users' logins" if plan.user_tokens else "Spaces are for whom users' logins name"
    )
    if not traits.given(c, JupyterHub, "authenticator_class"):
        raise BadConfig(
            f"{used}, but c.JupyterHub.authenticator_class is not set.",
            hint="Set it before hubdrives.hub.configure(c, …), to one that logs in by OAuth, such as generic-oauth.",
        )
    kind = traits.class_of(c, "authenticator_class")
    if traits.given(c, kind, "enable_auth_state") and not _auth_state(c):
        raise BadConfig(
            f"{used}, but enable_auth_state is False, so that the hub keeps none.",
            hint="Remove it, or set c.Authenticator.enable_auth_state = True.",
        )


def _renewed(c: Config) -> list[str]:
    kind = traits.class_of(c, "authenticator_class")
    if traits.effective(c, kind, "auth_refresh_age") == 0:
        raise BadConfig(
            "auth_refresh_age = 0 lets logins end without being renewed, also before a server starts.",
            hint="Remove it: the default is 300 seconds.",
        )
    if fresh(kind).renews:
        return []
    return [f"{kind.__name__} renews no tokens: where they end, users will have to log in to the hub again."]


def _auth_state(c: Config) -> bool:
    return bool(traits.effective(c, traits.class_of(c, "authenticator_class"), "enable_auth_state"))


def _crypt_key(c: Config) -> None:
    try:
        CryptKeeper(config=c).check_available()
    except EncryptionUnavailable as error:
        raise BadConfig(f"The hub can't keep logins without a key: {error}.", hint=_NEW_KEY) from None
    # Never with the value in it.
    except (ValueError, TypeError, TraitError):
        raise BadConfig("The key that logins are to be encrypted with is no key of 32 bytes.", hint=_NEW_KEY) from None
    spawner = traits.class_of(c, "spawner_class")
    for trait in ("environment", "env_keep"):
        if _CRYPT_KEY in traits.effective(c, spawner, trait):
            raise BadConfig(
                f"Spawner.{trait} gives {_CRYPT_KEY}, which opens everybody's login, to users' servers.",
                hint="Remove it there: only the hub needs it. Then make a new key.",
            )


def _no_gateway(c: Config) -> None:
    spawner = traits.class_of(c, "spawner_class")
    if service(c) or GATEWAY_VARIABLE in traits.effective(c, spawner, "environment"):
        raise BadConfig(
            "simple=True is for hubs without a gateway, but this configuration has one.",
            hint=f"Remove the service '{scopes.SERVICE}' and {GATEWAY_VARIABLE}, or simple=True.",
        )


def _service(c: Config, gateway: Gateway) -> None:
    known = service(c)
    if known.get("admin"):
        raise BadConfig(
            f"The service '{scopes.SERVICE}' has admin: True, with which a leaked token of the gateway rules the hub.",
            hint="Remove it: the gateway's role has all that it needs.",
        )
    token = known.get("api_token")
    if gateway.api_token and token and gateway.api_token != token:
        raise BadConfig(
            f"The service '{scopes.SERVICE}' has another api_token than hubdrives.hub.configure was given.",
            hint="Leave one of them out.",
        )
    if gateway.config is None and not known.get("command") and not (gateway.api_token or token):
        raise BadConfig(
            "The gateway is started by something else, but the hub does not know its token.",
            hint="Give api_token=…, the same that the gateway has as JUPYTERHUB_API_TOKEN; "
            "make it with `openssl rand -hex 32`.",
        )


def _secrets(c: Config, gateway: Gateway) -> Iterator[str]:
    """What a gateway that the hub starts can't read, and what too many others can."""
    if gateway.settings is None:
        return
    has = service(c).get("environment", {})
    files = [gateway.settings.gateway.link_key_file]
    for name, one in gateway.settings.connections.items():
        for field, value in one.credential.items():
            if field.endswith("_env") and value not in has:
                raise BadConfig(
                    f"Connection '{name}' reads a secret from ${value}, which a service that the hub starts has not.",
                    hint=f"Put the secret into a file and write {field.removesuffix('_env')}_file.",
                )
            if field.endswith("_file"):
                files.append(str(value))
    for path in (Path(file).expanduser() for file in files if file):
        try:
            mode = path.stat().st_mode
        except OSError:
            # Perhaps for another user's eyes: the gateway itself says what it can't read.
            continue
        if mode & stat.S_IRWXO:
            yield f"every user of this machine may open {path}; `chmod o-rwx` it."


def _network(c: Config, gateway: Gateway) -> Iterator[str]:
    spawner = traits.class_of(c, "spawner_class")
    kinds = {kind.__name__ for kind in spawner.__mro__}
    reach = traits.effective(c, spawner, "environment").get(GATEWAY_VARIABLE, gateway.reach)
    local = isinstance(reach, str) and _host(reach) in _LOOPBACK
    if local and "KubeSpawner" in kinds:
        raise BadConfig(
            f"Users' servers are in pods of their own and can't reach the gateway at {reach}.",
            hint="Give gateway_url the name of the gateway's Kubernetes Service, such as http://hubdrives:8000.",
        )
    if local and kinds & _ELSEWHERE:
        yield f"servers of {spawner.__name__} may not reach the gateway at {reach}; see `host` and gateway_url."
    if "SimpleLocalProcessSpawner" in kinds:
        yield "SimpleLocalProcessSpawner runs users' servers as the hub's own user, who can read every secret here."


def _services(c: Config, gateway: Gateway) -> Iterator[str]:
    """Whom grants name that the hub does not know."""
    known = {one.get("name") for one in traits.effective(c, JupyterHub, "services")}
    for name in gateway.services:
        if name not in known:
            yield f"a grant names the service '{name}', which is not in c.JupyterHub.services."


def _rights_of_the_gateway(c: Config) -> None:
    for role in scopes.roles_of_the_gateway(c):
        for scope in role.get("scopes", ()):
            if scopes.AUTH_STATE in scopes.names([scope]):
                raise BadConfig(
                    f"The role '{role.get('name')}' lets the gateway read all of users' logins by '{scope}'.",
                    hint=f"Remove that scope: {scopes.TOKENS} is enough, and never gives a refresh or id token away.",
                )


def _rights_of_users(c: Config, plan: Plan) -> list[str]:
    warnings = []
    for where, held, everyone in scopes.in_users_hands(c):
        for scope in held:
            allowed, others = scopes.names([scope]), scope.partition("!")[2] != "user"
            whose = "one user could read another's" if others else "users' servers could read their"
            if scopes.TOKENS in allowed and (plan.gateway or others):
                raise BadConfig(
                    f"{where} has '{scope}', with which {whose} access tokens.",
                    hint="Remove it there: hubdrives.hub.configure gives this scope to whom needs it.",
                )
            if scopes.AUTH_STATE in allowed:
                if (plan.keeps_logins and (plan.gateway or others)) or (everyone and others):
                    raise BadConfig(
                        f"{where} has '{scope}', with which {whose} whole login, refresh token included.",
                        hint="Remove it there: hubdrives needs no such scope.",
                    )
                if plan.keeps_logins or _auth_state(c):
                    warnings.append(f"{where} has '{scope}', with which {whose} whole login, refresh token included.")
            if scopes.IDENTITIES in allowed and others:
                raise BadConfig(
                    f"{where} has '{scope}', with which one user could read who others are, and their addresses.",
                    hint="Remove it there: hubdrives.hub.configure gives this scope to whom needs it.",
                )
            if scope == "inherit" and plan.keeps_logins:
                raise BadConfig(
                    f"{where} has 'inherit', with which an administrator's server could read everybody's login.",
                    hint="Write the scopes that servers need in its place; hubdrives adds its own.",
                )
    return warnings


def _environment(c: Config) -> Iterator[str]:
    spawner = traits.class_of(c, "spawner_class")
    for name, value in traits.effective(c, spawner, "environment").items():
        if not _LOGIN_VARIABLE.search(name):
            continue
        # Only a function can give each user something of their own.
        if callable(value):
            raise BadConfig(
                f"Spawner.environment gives {name} to users' servers, which looks like a token of their login.",
                hint="Remove it: with a gateway, users' servers need no token.",
            )
        yield f"Spawner.environment gives every user's server the same {name}; with a gateway it needs no token."
    if traits.effective(c, spawner, "auth_state_hook") is not None:
        yield (
            "Spawner.auth_state_hook is given every user's tokens when a server starts; nobody can see from here "
            "whether it puts them where the user reads them."
        )


def _host(url: Any) -> str | None:
    try:
        return URL(url).host
    except ValueError:
        return None
