"""`hubdrives push`."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from hubdrives import folder as folders
from hubdrives import push as pushing
from hubdrives.cli import progress
from hubdrives.cli.group import INCOMPLETE
from hubdrives.cli.report import group
from hubdrives.cli.upstream import reached
from hubdrives.cli.working import HERE, Working, find, folder_argument, json_option
from hubdrives.errors import BadInput
from hubdrives.model import Location, Skipped
from hubdrives.push import PushReport, Wanted


@click.command(
    "push",
    epilog="Example: hubdrives push my-week1 --dry-run",
    short_help="Bring your changes up as new versions.",
)
@folder_argument
@click.option("--include", metavar="GLOB", multiple=True, help="Only what matches, as in .gitignore; may be repeated.")
@click.option("--exclude", metavar="GLOB", multiple=True, help="Nothing that matches; may be repeated.")
@click.option("--no-new", is_flag=True, help="No files that you made: only changes of what is at the source.")
@click.option("--delete", is_flag=True, help="Remove at the source what you deleted here.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be done.")
@json_option
@click.pass_context
def command(
    context: click.Context,
    folder: Path,
    *,
    include: Sequence[str],
    exclude: Sequence[str],
    no_new: bool,
    delete: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Bring your changes up as new versions.

    The files of FOLDER that you changed, and those that you made, go to where it was pulled from. Hidden files stay
    here, unless a pull brought them. What was changed there meanwhile is never overwritten: pull first, and push again.
    Without FOLDER, it is the one that you are in.

    Exits with 3 when some files wait for a pull, or could not be brought up.
    """
    working = find(folder)
    if working.path and folder != HERE:
        raise BadInput(
            "Only the whole of a pulled folder can be pushed.",
            hint=f"--include '{working.path}/' chooses a part of it.",
        )
    wanted = Wanted(include=tuple(include), exclude=tuple(exclude), new=not no_new, delete=delete)
    report = asyncio.run(_push(working.folder, wanted, dry_run=dry_run))
    if as_json:
        click.echo(json.dumps(pushing.report_to_json(report)))
    else:
        for line in _lines(report, working, dry_run=dry_run):
            click.echo(line)
    context.exit(INCOMPLETE if report.waiting or report.failed else 0)


async def _push(folder: Path, wanted: Wanted, *, dry_run: bool) -> PushReport:
    source: Location = await asyncio.to_thread(folders.source, folder)
    async with reached(source) as (provider, location):
        with progress.shown() as on_progress:
            return await pushing.push(
                provider, location, folder, wanted=wanted, dry_run=dry_run, on_progress=on_progress
            )


def _lines(report: PushReport, working: Working, *, dry_run: bool) -> Iterator[str]:
    counts = (
        (report.uploaded, "uploaded"),
        (report.removed, "removed"),
        (report.waiting, "waiting for a pull"),
        (report.failed, "failed"),
    )
    said = [f"{len(some)} {word}" for some, word in counts if some]
    would = "a push would do this: " if dry_run and said else ""
    yield f"{working.name}: {would}{', '.join(said) or 'nothing to bring up'}."
    yield from group("Uploaded:", report.uploaded)
    yield from group("Removed at the source:", report.removed)
    yield from group("Pull first, then push again:", _with_reasons(report.waiting))
    yield from group("Left here:", _with_reasons(report.skipped))
    yield from group("Could not be brought up; push again to try once more:", _with_reasons(report.failed))


def _with_reasons(items: Sequence[Skipped]) -> list[str]:
    return [f"{item.path}: {item.reason}" for item in items]
