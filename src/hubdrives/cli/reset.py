"""`hubdrives reset`."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import click

from hubdrives import folder as folders
from hubdrives.cli.group import INCOMPLETE
from hubdrives.cli.upstream import fetching
from hubdrives.cli.working import Working, find, json_option, now, set_back, sure, yes_option
from hubdrives.errors import BadInput
from hubdrives.model import Report
from hubdrives.pull import report_to_json


@click.command(
    "reset",
    epilog="Example: hubdrives reset my-week1/intro.ipynb",
    short_help="Set files back to upstream's; yours are kept.",
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@yes_option
@json_option
@click.pass_context
def command(context: click.Context, paths: Sequence[Path], *, yes: bool, as_json: bool) -> None:
    """Set files back to upstream's; yours are kept.

    Each PATH is a file, or a folder for all of upstream's files in it; `.` is all of the folder that you are in. Files
    that you made yourself stay. Upstream's version is that of the last pull.

    Exits with 3 when upstream's version of some files could not be had.
    """
    found = [find(path) for path in paths]
    working = found[0]
    if any(other.folder != working.folder for other in found):
        raise BadInput("These paths are not all in one folder.", hint="Reset each folder's files by themselves.")
    whole = [one for one in found if _is_folder(one)]
    if whole:
        named = " and ".join(one.typed(one.path) for one in whole)
        sure(f"Set all of upstream's files in {named} back? Yours are kept.", yes=yes)
    report = asyncio.run(_reset(working.folder, [one.path for one in found]))
    if as_json:
        click.echo(json.dumps(report_to_json(report)))
    else:
        click.echo(set_back(report, working), nl=False)
    context.exit(INCOMPLETE if report.failed else 0)


def _is_folder(working: Working) -> bool:
    here = working.folder / working.path
    return here.is_dir() and not here.is_symlink()


async def _reset(folder: Path, paths: Sequence[str]) -> Report:
    source = (await asyncio.to_thread(folders.status, folder)).source
    async with fetching(source) as fetch:
        return await folders.reset(folder, paths, now=now, fetch=fetch)
