"""`hubdrives gateway`."""

import logging
from collections.abc import Iterator

import click

from hubdrives import config
from hubdrives.config import Settings
from hubdrives.connections import Connections
from hubdrives.credentials import is_personal, token_source
from hubdrives.credentials.auth_state import HubLoginSettings
from hubdrives.doctor.service import whom
from hubdrives.gateway.grants import rules
from hubdrives.gateway.run import run
from hubdrives.gateway.signing import Signer
from hubdrives.gateway.spaces import UsersSpaces

_IN_SPACE = {"read": "read in their own", "write": "write in their own", "manage": "manage all users'"}


@click.command(
    "gateway",
    epilog="Example: HUBDRIVES_CONFIG=/etc/hubdrives.toml hubdrives gateway --check",
    short_help="Run the hub's gateway (for administrators).",
)
@click.option("--check", is_flag=True, help="Only check the configuration, and say what it grants to whom.")
def command(*, check: bool) -> None:
    """Run the hub's gateway (for administrators).

    JupyterHub starts it as a service. It reads the file that HUBDRIVES_CONFIG names.
    """
    settings = config.load()
    if check:
        _check(settings)
        for line in _granted(settings):
            click.echo(line)
    else:
        # Who did what is what an administrator looks for in a service's log.
        logging.getLogger("hubdrives").setLevel(logging.INFO)
        run(settings)


def _check(settings: Settings) -> None:
    """Raise what is wrong, without asking any provider."""
    connections = Connections(settings, environment={}, local=False)
    for name, one in settings.connections.items():
        if is_personal(one.credential):
            HubLoginSettings.of(one.credential)
        else:
            token_source(one.credential, connection=name, base_url=one.base_url)
        if one.root is not None:
            connections.root(name)
    UsersSpaces(settings, connections, None).refuse_open_to_all(rules(settings, connections))
    Signer.from_settings(settings.gateway)


def _granted(settings: Settings) -> Iterator[str]:
    if not settings.grants:
        yield "Nobody may do anything: there are no grants."
    for grant in settings.grants:
        if grant.connection in settings.spaces:
            yield f"space {grant.connection}: {whom(grant)} may {' and '.join(map(_IN_SPACE.__getitem__, grant.can))}."
            continue
        root = grant.root or settings.connections[grant.connection].root
        where = f"{root} and all below it" if root else "whatever their own login opens"
        yield f"{grant.connection}, {where}: {whom(grant)} may {' and '.join(grant.can)}."
