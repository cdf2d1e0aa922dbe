"""The `hubdrives` command. Each subcommand is a module that is imported when it is used."""

import click

from hubdrives._version import __version__
from hubdrives.cli.group import Commands
from hubdrives.cli.memory import looked_after

__all__ = ["cli", "main"]

_SUBCOMMANDS = {
    "pull": "Bring a folder here, merged with your own work.",
    "push": "Bring your changes up as new versions.",
    "status": "Tell how a folder stands since the last pull.",
    "log": "Tell what was done to a folder.",
    "diff": "Show how your files differ from upstream's.",
    "undo": "Bring back the files as they were before the last pull.",
    "reset": "Set files back to upstream's; yours are kept.",
    "ls": "List what is in a folder.",
    "cat": "Write one file to standard output.",
    "get": "Copy files from a provider.",
    "put": "Copy files to a provider.",
    "mkdir": "Make a folder.",
    "mv": "Move or rename.",
    "rm": "Remove files or folders.",
    "find": "Search below a folder.",
    "volumes": "Find what providers keep folders in, such as collections.",
    "versions": "List a file's versions.",
    "restore": "Make an earlier version of a file the current one.",
    "share": "Give somebody access to a folder.",
    "shares": "List who has access.",
    "unshare": "Take somebody's access to a folder away.",
    "space": "Give each user a shared folder.",
    "transfer": "Have a provider copy large data by itself.",
    "transfers": "List, watch or cancel transfers.",
    "token": "Get a provider's own token for one folder, to read.",
    "link": "Make a link with which others pull a folder.",
    "connections": "Show what can be reached from here.",
    "doctor": "Name what is wrong, and how to mend it.",
    "gateway": "Run the hub's gateway (for administrators).",
    "emulate": "Serve a folder as if it were a provider (for tests).",
    "demo": "Try it all: a hub, its gateway, an emulated Google Drive.",
}


@click.group(
    cls=Commands,
    subcommands=_SUBCOMMANDS,
    package=__name__,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: hubdrives pull https://drive.google.com/drive/folders/1AbC course",
)
@click.option("-v", "--verbose", is_flag=True, help="Tell on standard error what is done, and why something failed.")
@click.version_option(__version__, prog_name="hubdrives", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context, *, verbose: bool) -> None:
    """Private content from Google Drive and other places, brought to where you work.

    A SOURCE is the address of a folder as you copy it from your browser, a path of a configured connection
    (course:/week 1), a link that somebody gave you, or a folder of this machine.
    """
    context.obj = verbose


def main() -> None:
    """What the console script calls."""
    with looked_after():
        cli()
