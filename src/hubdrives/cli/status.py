"""`hubdrives status`."""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from hubdrives import folder as folders
from hubdrives.cli import report
from hubdrives.cli.working import Working, address, find, folder_argument, json_option, local, quoted
from hubdrives.folder import Status


@click.command(
    "status",
    epilog="Example: hubdrives status my-week1",
    short_help="Tell how a folder stands since the last pull.",
)
@folder_argument
@json_option
def command(folder: Path, *, as_json: bool) -> None:
    """Tell how a folder stands since the last pull.

    What you changed in FOLDER, what you deleted, and where upstream's version waits. Without FOLDER, it is the one that
    you are in.
    """
    working = find(folder)
    status = folders.status(working.folder)
    if as_json:
        click.echo(json.dumps(_to_json(status)))
    else:
        click.echo("\n".join(_lines(status, working)))


def _to_json(status: Status) -> dict[str, object]:
    last = status.last
    return {
        "folder": str(status.folder),
        "source": address(status.source),
        "last": last and {"id": last.id, "when": last.when.isoformat(), "what": last.what},
        "edited": status.edited,
        "ran": status.ran,
        "deleted": status.deleted,
        "conflicts": status.conflicts,
    }


def _lines(status: Status, working: Working) -> Iterator[str]:
    yield f"{working.name}, from {report.printable(address(status.source))}"
    if status.last:
        yield f"Last {status.last.what}: {local(status.last.when)}"
    edited = [path for path in status.edited if path not in status.conflicts]
    if not (edited or status.ran or status.deleted or status.conflicts):
        yield "You changed nothing since then."
    yield from report.group("Changed by you and upstream; yours stay, upstream's are kept:", status.conflicts)
    yield from report.group("Changed by you:", edited)
    yield from report.group("Notebooks that you only ran:", status.ran)
    yield from report.group("Deleted by you; the next pull brings them back:", status.deleted)
    yield from _next(status, working)


def _next(status: Status, working: Working) -> Iterator[str]:
    """The commands that are of use now."""
    if status.conflicts:
        first = working.typed(status.conflicts[0])
        yield f"See upstream's:  hubdrives diff {first}"
        yield f"Take upstream's: hubdrives reset {first}"
    elif status.edited:
        yield f"See what you changed: hubdrives diff {working.typed()}"
    source = status.source
    # What lies below an address has none of its own.
    if not (source.url and source.path):
        yield f"Bring what is new: hubdrives pull {quoted(address(source))} {working.typed()}"
