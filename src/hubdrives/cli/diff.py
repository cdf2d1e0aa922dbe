"""`hubdrives diff`."""

import asyncio
import json
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from hubdrives import folder as folders
from hubdrives.cli.group import INCOMPLETE
from hubdrives.cli.report import printable
from hubdrives.cli.upstream import fetching
from hubdrives.cli.working import Working, find, json_option
from hubdrives.errors import HubdrivesError
from hubdrives.folder import Difference, Form, Status
from hubdrives.model import Skipped

_WITHOUT_LINES = {
    Form.SAME: "the same as upstream's.",
    Form.TEXT: "the same text as upstream's; only line ends or the encoding differ.",
    Form.NOTEBOOK: "no cell differs from upstream's; outputs are not compared.",
    Form.BINARY: "not the same as upstream's; neither is text that could be shown.",
    Form.DELETED: "deleted by you; the next pull brings it back.",
}
_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@click.command(
    "diff",
    epilog="Example: hubdrives diff my-week1/intro.ipynb",
    short_help="Show how your files differ from upstream's.",
)
@click.argument("path", type=click.Path(path_type=Path))
@json_option
@click.pass_context
def command(context: click.Context, path: Path, *, as_json: bool) -> None:
    """Show how your files differ from upstream's.

    PATH is a file, or a folder for all files in it that you changed. Upstream's version is that of the last pull.
    Notebooks are compared cell by cell, without outputs.

    Exits with 3 when upstream's version of some files could not be had.
    """
    working = find(path)
    status = folders.status(working.folder)
    paths = _changed(status, working)
    differences, failed = asyncio.run(_differences(status, [working.path] if paths is None else paths))
    if as_json:
        click.echo(json.dumps(_to_json(status, differences, failed)))
    else:
        for difference in differences:
            for line in _lines(difference):
                click.echo(line)
        if not (differences or failed):
            click.echo(f"{working.name}: you changed nothing here.")
        for item in failed:
            click.echo(f"{printable(item.path)}: {item.reason}", err=True)
    context.exit(INCOMPLETE if failed else 0)


def _changed(status: Status, working: Working) -> list[str] | None:
    """What the user changed at and below the path; None if it is one file, changed or not."""
    path, here = working.path, working.folder / working.path
    changed = {*status.edited, *status.deleted, *status.conflicts}
    below = sorted(one for one in changed if not path or one == path or one.startswith(f"{path}/"))
    is_folder = here.is_dir() and not here.is_symlink()
    return below if is_folder or below else None


async def _differences(status: Status, paths: Sequence[str]) -> tuple[list[Difference], list[Skipped]]:
    """Raises what is wrong with a file if it is the only one."""
    found: list[Difference] = []
    failed: list[Skipped] = []
    async with fetching(status.source) as fetch:
        for path in paths:
            try:
                found.append(await folders.difference(status.folder, path, fetch=fetch))
            except HubdrivesError as error:
                if len(paths) == 1:
                    raise
                failed.append(Skipped(path=path, reason=str(error), code=error.code))
    return found, failed


def _to_json(status: Status, differences: Sequence[Difference], failed: Sequence[Skipped]) -> dict[str, object]:
    return {
        "folder": str(status.folder),
        "files": [{"path": one.path, "form": one.form, "lines": one.lines} for one in differences],
        "failed": [{"path": item.path, "reason": item.reason, "code": item.code} for item in failed],
    }


def _lines(difference: Difference) -> Iterator[str]:
    path = printable(difference.path)
    if not difference.lines:
        yield f"{path}: {_WITHOUT_LINES[difference.form]}"
        return
    yield click.style(path, bold=True)
    for line in difference.lines:
        if line.startswith(("+++ ", "--- ")):
            yield click.style(_harmless(line), bold=True)
        else:
            yield click.style(_harmless(line), fg=_COLOURS.get(line[:1]))


def _harmless(line: str) -> str:
    """`line` without what could move the cursor: it is of a file that may come from anywhere."""
    # Unlike in a name, what merely does not show stays: in French, a blank before "!" is one that does not break.
    return "".join(char if char == "\t" or unicodedata.category(char) not in {"Cc", "Cs"} else "�" for char in line)
