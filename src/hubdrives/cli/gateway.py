"""`hubdrives gateway`."""

import logging
from collections.abc import Iterator

import click

from hubdrives import config, providers
from hubdrives.config import Grant, Settings
from hubdrives.connections import Connections
from hubdrives.credentials import token_source
from hubdrives.errors import BadConfig
from hubdrives.gateway.run import run
from hubdrives.gateway.signing import Signer


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
        kind = providers.provider_class(one.provider)
        token_source(one.credential, connection=name)
        if one.root is not None:
            connections.root(name)
        for grant in settings.grants:
            if (
                grant.connection == name
                and grant.root is not None
                and not kind.parse(grant.root, base_url=one.base_url)
            ):
                raise BadConfig(f"A grant's root, '{grant.root}', is no address of connection '{name}'.")
    Signer.from_settings(settings.gateway)


def _granted(settings: Settings) -> Iterator[str]:
    if not settings.grants:
        yield "Nobody may do anything: there are no grants."
    for grant in settings.grants:
        root = grant.root or settings.connections[grant.connection].root
        yield f"{grant.connection}, {root} and all below it: {_whom(grant)} may {' and '.join(grant.can)}."


def _whom(grant: Grant) -> str:
    if grant.everyone:
        return "every user of the hub"
    return ", ".join([*(f"group {name}" for name in grant.groups), *(f"user {name}" for name in grant.users)])
