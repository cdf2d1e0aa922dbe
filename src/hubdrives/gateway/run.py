"""Runs the gateway as a service of the hub, started by it or by the admin."""

import logging
import os
import sys
from collections.abc import Mapping

from aiohttp import web
from yarl import URL

from hubdrives.config import Settings
from hubdrives.errors import BadConfig
from hubdrives.gateway.app import make_app
from hubdrives.gateway.identity import HubIdentity
from hubdrives.redaction import RedactingFilter

_STOP_SECONDS = 20.0
"""How long files that are on their way may take when the gateway is told to end."""


def run(settings: Settings, environment: Mapping[str, str] = os.environ) -> None:
    """Serve until SIGTERM or SIGINT; what is on its way gets a little time to arrive.

    Args:
        settings: connections, grants and the gateway's own.
        environment: what the hub gives its services: JUPYTERHUB_API_URL, JUPYTERHUB_API_TOKEN,
            JUPYTERHUB_SERVICE_NAME, JUPYTERHUB_SERVICE_PREFIX and, unless the settings' host and port count,
            JUPYTERHUB_SERVICE_URL.

    Raises:
        BadConfig: something in the settings or the environment is missing or can't be used.
    """
    _log_to_stderr()
    host, port = _address(settings, environment)
    identity = HubIdentity(environment, fresh=settings.gateway.identity_seconds)
    app = make_app(
        settings, identity, prefix=environment.get("JUPYTERHUB_SERVICE_PREFIX", "/"), environment=environment
    )
    logging.getLogger(__name__).info("The gateway listens on %s port %d.", host, port)
    try:
        web.run_app(app, host=host, port=port, access_log=None, print=None, shutdown_timeout=_STOP_SECONDS)
    except OSError as error:
        raise BadConfig(f"The gateway can't listen on {host} port {port}: {error.strerror}.") from None


def _address(settings: Settings, environment: Mapping[str, str]) -> tuple[str, int]:
    given = environment.get("JUPYTERHUB_SERVICE_URL", "")
    if not given:
        return settings.gateway.host, settings.gateway.port
    url = URL(given)
    if url.scheme != "http" or not url.host or not url.port:
        raise BadConfig(f"The gateway can't listen on '{given}': it needs an address like http://127.0.0.1:9300.")
    return url.host, url.port


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(RedactingFilter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("hubdrives").setLevel(logging.INFO)
