"""The hub's gateway as a user's server sees it: whether it is reached, and what it finds for this user."""

from http import HTTPStatus

import aiohttp

from hubdrives import config
from hubdrives.doctor import network, openings
from hubdrives.doctor.findings import Code, Finding
from hubdrives.doctor.network import Target
from hubdrives.doctor.seat import Seat
from hubdrives.errors import (
    BadConfig,
    GatewayUnavailable,
    HubdrivesError,
    LoginNeeded,
    NotFound,
    NotGranted,
    Unavailable,
)
from hubdrives.providers.base import Gates

_PROXY = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})
_UPDATE = "Update hubdrives where the gateway runs."


async def examine(name: str, gateway: Gates, url: str, seat: Seat) -> list[Finding]:
    """What is wrong with the gateway at `url`, or else what it says itself for whoever asks.

    Args:
        name: the connection that leads there.
        gateway: the same, live.
        url: its address.
        seat: where we are.
    """
    from_environment = seat.environment.get(config.GATEWAY_VARIABLE) == url
    target = Target(
        url=url,
        title="the gateway",
        setting=config.GATEWAY_VARIABLE if from_environment else f"`base_url` of connection '{name}'",
        opening=openings.to_gateway(seat, url),
    )
    try:
        reached = await health(name, target, seat)
    except (OSError, ValueError, aiohttp.ClientError) as error:
        found = network.trouble(name, error, target)
        if found is None:
            raise
        return [found]
    if reached.level != "ok":
        return [reached]
    try:
        told = await gateway.check()
    except HubdrivesError as error:
        return [reached, _refusal(name, error)]
    return [reached, *(Finding.of_document(one, teller=name) for one in told)]


async def health(check: str, target: Target, seat: Seat) -> Finding:
    """Whether what answers at `target` is the gateway.

    Raises:
        OSError, aiohttp.ClientError, ValueError: nothing answers.
    """
    root = target.url.rstrip("/")
    answer = await network.ask(f"{root}/health", patience=seat.patience)
    told = answer.document()
    if answer.status == HTTPStatus.OK and told.get("status") == "ok":
        return Finding.ok(check, f"The gateway answers at {root}/.")
    if {"code", "message", "request"} <= told.keys():
        return Finding.wrong(
            check,
            Code.GATEWAY_PREFIX,
            f"The gateway answers, but its path is another than that of {root}/.",
            f"The path in {target.setting} must be the gateway's JUPYTERHUB_SERVICE_PREFIX: /services/hubdrives/, as a "
            "rule, with the hub's base URL before it.",
        )
    if answer.status in _PROXY:
        return Finding.wrong(
            check,
            Code.GATEWAY_DOWN,
            f"A proxy answers at {root}/, but the gateway behind it does not (status {answer.status}).",
            "Start the gateway; the log of the hub, or of the gateway's pod, says why it ended.",
        )
    return Finding.wrong(
        check,
        Code.GATEWAY_ELSEWHERE,
        f"What answers at {root}/ is not the gateway (status {answer.status}).",
        f"Correct {target.setting}: host, port, and the path, such as /services/hubdrives/ after the hub's "
        "base URL. If the host is the hub's proxy, the hub has no such service.",
    )


def _refusal(check: str, error: HubdrivesError) -> Finding:
    """Why a gateway that lives does not say more."""
    match error:
        case NotGranted():
            return Finding.wrong(check, Code.ACCESS_MISSING, str(error), error.hint)
        case LoginNeeded():
            return Finding.wrong(
                check,
                Code.TOKEN_REFUSED,
                str(error),
                "Stop your server at the hub and start it again: then it gets a new token. If JUPYTERHUB_API_TOKEN was "
                "set by hand, correct it.",
            )
        case NotFound():
            return Finding.warning(check, Code.GATEWAY_OLD, "The gateway is too old to examine itself.", _UPDATE)
        case BadConfig() | GatewayUnavailable():
            return Finding.of_error(check, error)
        case Unavailable():
            return Finding.wrong(
                check,
                Code.GATEWAY_WITHOUT_HUB,
                f"The gateway lives, but does not reach the hub. {error}",
                "Start the hub if it is down; else run `hubdrives doctor` where the gateway runs: it tells what is in "
                "the way to JUPYTERHUB_API_URL.",
            )
        case _:
            return Finding.of_error(check, error)
