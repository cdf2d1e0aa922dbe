"""`hubdrives.hub.configure`: all that a hub needs for hubdrives, in the last lines of jupyterhub_config.py."""

import copy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyterhub.app import JupyterHub
from jupyterhub.services.service import Service
from traitlets.config import Config
from traitlets.log import get_logger

from hubdrives.config import CONFIG_VARIABLE, GATEWAY_VARIABLE
from hubdrives.errors import BadConfig
from hubdrives.hub import scopes, traits
from hubdrives.hub.logins import fresh
from hubdrives.hub.plan import Gateway, Plan, service
from hubdrives.hub.refusals import check
from hubdrives.hub.start import CheckedAtStart, checked_at_start

_CUSTOM_SCOPES = {
    scopes.TOKENS: {"description": "Read users' access tokens at the services that they log in with, kept fresh."},
    scopes.IDENTITIES: {"description": "Read who users are: the subject and the e-mail address of their logins."},
}


def configure(
    c: Config,
    *,
    config: str | Path | None = None,
    gateway_url: str | None = None,
    api_token: str | None = None,
    user_tokens: bool | None = None,
    identities: bool = False,
    simple: bool = False,
) -> None:
    """Set what the hub needs for hubdrives, and refuse what would be unsafe. Call it last; twice does no harm.

    One of three ways: `config` (the hub starts the gateway), `gateway_url` (something else does), `simple` (there is
    none, and users' servers read the tokens of their own logins). What is set already stays: services, roles and
    environments are completed.

    Args:
        c: the configuration, as jupyterhub_config.py has it.
        config: the gateway's TOML file.
        gateway_url: where the gateway is, such as "http://hubdrives:8000". With `config` the file's `host` and `port`
            say it; and where `host` is 0.0.0.0, this says how users' servers reach it.
        api_token: the gateway's token at the hub, where something else starts it. What `c.JupyterHub.services` says
            of the service "hubdrives" already may be left out.
        user_tokens: whether the gateway uses the tokens of users' logins. With `config` the file says it.
        identities: whether the gateway asks who users are, as their logins told, for spaces. With `config` the file
            says it.
        simple: there is no gateway.

    Raises:
        BadConfig: it can't work or would not be safe. What is only unwise is a warning in the hub's log.
    """
    with _advice():
        plan = Plan.of(
            c,
            config_file=config,
            gateway_url=gateway_url,
            api_token=api_token,
            user_tokens=user_tokens,
            identities=identities,
            simple=simple,
        )
        warnings = check(c, plan)
    _apply(c, plan)
    for warning in warnings:
        get_logger().warning("hubdrives: %s", warning)


def _apply(c: Config, plan: Plan) -> None:
    """What is there already is left as it is, so that doing it again changes nothing."""
    traits.add(c, JupyterHub, "custom_scopes", _CUSTOM_SCOPES)
    if plan.gateway is None:
        scopes.add_to_users(c, f"{scopes.TOKENS}!user")
    else:
        _add_gateway(c, plan.gateway, plan)
    if plan.keeps_logins:
        _keep_logins(c, plan)


def _add_gateway(c: Config, gateway: Gateway, plan: Plan) -> None:
    _complete_service(c, gateway)
    tokens = [scopes.TOKENS] if plan.user_tokens else []
    identities = [scopes.IDENTITIES] if plan.identities else []
    scopes.add_to_gateway(c, ["read:users:name", "read:users:groups", *tokens, *identities])
    scopes.add_to_users(c, scopes.ACCESS)
    scopes.add_to_services(c, gateway.services)
    traits.add(c, traits.class_of(c, "spawner_class"), "environment", {GATEWAY_VARIABLE: gateway.reach})


def _complete_service(c: Config, gateway: Gateway) -> None:
    old = service(c)
    new: dict[str, Any] = {"name": scopes.SERVICE, "url": gateway.url, "oauth_no_confirm": True, "display": False}
    new |= old
    if gateway.config is not None:
        new.setdefault("command", [sys.executable, "-m", "hubdrives", "gateway"])
        new["environment"] = {CONFIG_VARIABLE: str(gateway.config)} | new.get("environment", {})
    elif hasattr(Service, "timeout"):
        # JupyterHub 6 waits for it before it answers anybody, and the gateway may be waiting for the hub.
        new.setdefault("timeout", 1)
    if gateway.api_token is not None:
        new["api_token"] = gateway.api_token
    standing = traits.effective(c, JupyterHub, "services")
    c.JupyterHub.services = [new if one == old else one for one in standing] + ([] if old else [new])


def _keep_logins(c: Config, plan: Plan) -> None:
    """Let the hub keep what logins bring, keep it fresh, and tell of it."""
    kind = traits.class_of(c, "authenticator_class")
    if not traits.given(c, kind, "enable_auth_state"):
        c.Authenticator.enable_auth_state = True
    if not issubclass(kind, CheckedAtStart):
        c.JupyterHub.authenticator_class = checked_at_start(
            fresh(kind), lambda config: _check_again(config, plan), gateway=plan.gateway is not None
        )


def _check_again(c: Config, plan: Plan) -> None:
    """Refuse what later lines of jupyterhub_config.py, or the command line, made unsafe or took away again."""
    with _advice():
        check(c, plan)
        expected = copy.deepcopy(c)
        _apply(expected, plan)
        spawner = traits.class_of(c, "spawner_class")
        ours = [(JupyterHub, name) for name in ("services", "load_roles", "extra_user_scopes", "custom_scopes")]
        for kind, name in [*ours, (spawner, "environment"), (spawner, "server_token_scopes")]:
            # JupyterHub 5 has no extra_user_scopes.
            if hasattr(kind, name) and traits.effective(c, kind, name) != traits.effective(expected, kind, name):
                raise BadConfig(
                    f"{kind.__name__}.{name} was set after hubdrives.hub.configure, which lost what hubdrives needs.",
                    hint="Make hubdrives.hub.configure(c, …) the last line of jupyterhub_config.py.",
                )


@contextmanager
def _advice() -> Iterator[None]:
    """The hub shows what its configuration raised, and ends: let it show what to do, too."""
    try:
        yield
    except BadConfig as error:
        error.add_note(error.hint)
        raise
