"""`hubdrives log`."""

import json
from pathlib import Path

import click

from hubdrives import folder as folders
from hubdrives.cli.report import summary
from hubdrives.cli.working import find, folder_argument, json_option, local
from hubdrives.folder import Happened
from hubdrives.pull import report_to_json


@click.command("log", epilog="Example: hubdrives log my-week1 -n 3", short_help="Tell what was done to a folder.")
@folder_argument
@click.option("-n", "--number", type=click.IntRange(min=1), metavar="N", help="Only the N newest.")
@json_option
def command(folder: Path, *, number: int | None, as_json: bool) -> None:
    """Tell what was done to a folder.

    The pulls into FOLDER, and what was undone and reset, the newest first. Without FOLDER, it is the one that you are
    in. With --json, the reports are there as a whole.
    """
    working = find(folder)
    happened = folders.history(working.folder)[:number]
    if as_json:
        click.echo(json.dumps([_to_json(one) for one in happened]))
        return
    if not happened:
        click.echo(f"{working.name}: nothing was changed here yet.")
    width = max((len(one.what) for one in happened), default=0)
    for one in happened:
        click.echo(f"{local(one.when)}  {one.what:<{width}}  {summary(one.report)}")


def _to_json(one: Happened) -> dict[str, object]:
    return {"id": one.id, "when": one.when.isoformat(), "what": one.what, "report": report_to_json(one.report)}
