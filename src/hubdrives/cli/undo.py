"""`hubdrives undo`."""

import asyncio
import json
from pathlib import Path

import click

from hubdrives import folder as folders
from hubdrives.cli.group import INCOMPLETE
from hubdrives.cli.report import printable
from hubdrives.cli.working import HERE, find, folder_argument, json_option, local, now, set_back, sure, yes_option
from hubdrives.errors import BadInput
from hubdrives.pull import report_to_json


@click.command(
    "undo",
    epilog="Example: hubdrives undo my-week1",
    short_help="Bring back the files as they were before the last pull.",
)
@folder_argument
@yes_option
@json_option
@click.pass_context
def command(context: click.Context, folder: Path, *, yes: bool, as_json: bool) -> None:
    """Bring back the files as they were before the last pull.

    Whatever was done last to FOLDER is taken back: a pull, a reset, or an undo. What you wrote since then is kept.
    Without FOLDER, it is the one that you are in.
    """
    working = find(folder)
    if working.path and folder != HERE:
        raise BadInput(
            f"'{printable(str(folder))}' is a part of '{working.name}', and only the whole can be as it was before.",
            hint=f"`hubdrives undo {working.typed()}` is for all of it, `hubdrives reset` for parts.",
        )
    for last in folders.history(working.folder)[:1]:
        sure(f"Take back the {last.what} of {local(last.when)} in {working.name}?", yes=yes)
    report = asyncio.run(folders.undo(working.folder, now=now))
    if as_json:
        click.echo(json.dumps(report_to_json(report)))
    else:
        click.echo(set_back(report, working), nl=False)
    context.exit(INCOMPLETE if report.failed else 0)
