"""`hubdrives pull`."""

import asyncio
import json
from pathlib import Path, PurePosixPath

import click

from hubdrives import pull as pulling
from hubdrives.cli import progress, report
from hubdrives.cli.choosing import choosing, chosen
from hubdrives.cli.group import INCOMPLETE
from hubdrives.cli.sources import opened
from hubdrives.model import Report
from hubdrives.paths import working_folder_name


@click.command(
    "pull",
    epilog="Example: hubdrives pull course:/week1 my-week1",
    short_help="Bring a folder here, merged with your own work.",
)
@click.argument("source")
@click.argument("target", required=False, type=click.Path(path_type=Path))
@choosing
@click.option("--json", "as_json", is_flag=True, help="Print the report as one line of JSON.")
@click.pass_context
def command(context: click.Context, source: str, target: Path | None, *, as_json: bool) -> None:
    """Bring a folder here, merged with your own work.

    SOURCE is pulled into the folder TARGET, which is made if need be; without TARGET, into a folder here that is
    called as the source. Pull again for what is new: what you changed stays yours.

    A hub's pull link may choose what of the folder is brought; options given here win.

    Exits with 3 when some files could not be brought, or none of them can be.
    """
    folder, outcome = asyncio.run(_pull(context, source, target))
    if as_json:
        click.echo(json.dumps(pulling.report_to_json(outcome)))
    else:
        click.echo(report.told(outcome, folder=folder), nl=False)
    context.exit(INCOMPLETE if outcome.failed or outcome.all_left_out else 0)


async def _pull(context: click.Context, text: str, target: Path | None) -> tuple[Path, Report]:
    async with opened(text) as source:
        choice = chosen(context, over=source.choice)
        if target is None:
            name = PurePosixPath(choice.subfolder).name
            # Never a hidden folder: nobody would find it, and settings live in those.
            target = Path(working_folder_name(name or (await source.provider.describe(source.location)).name))
        with progress.shown() as on_progress:
            outcome = await pulling.pull(
                source.provider, source.location, target, choice=choice, on_progress=on_progress
            )
        return target, outcome
