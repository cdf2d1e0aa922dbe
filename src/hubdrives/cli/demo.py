"""`hubdrives demo`."""

import click

from hubdrives.demo import run


@click.command(
    "demo",
    epilog="Example: hubdrives demo",
    short_help="Try it all: a hub, its gateway, an emulated Google Drive.",
)
@click.option("--check", is_flag=True, help="Unattended: go through it in a real browser, and say what held.")
@click.pass_context
def command(context: click.Context, *, check: bool) -> None:
    """Try it all: a hub, its gateway, an emulated Google Drive.

    It runs on this machine only, needs no account anywhere, and leaves nothing behind. Open the address that it prints.
    """
    context.exit(run(check=check))
