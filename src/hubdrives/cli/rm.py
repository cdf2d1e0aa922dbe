"""`hubdrives rm`."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import AsyncExitStack

import click

from hubdrives.cli.ability import able, confirm, json_option, refuse_root, yes_option
from hubdrives.cli.report import printable
from hubdrives.cli.sources import Source, opened
from hubdrives.errors import BadInput, HubdrivesError
from hubdrives.model import Entry, Kind
from hubdrives.providers.abilities import Writable


@click.command("rm", epilog="Example: hubdrives rm team:/data/old.csv", short_help="Remove files or folders.")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("-r", "--recursive", is_flag=True, help="Folders, too, with all that is in them.")
@yes_option
@json_option
@click.pass_context
def command(context: click.Context, sources: Sequence[str], *, recursive: bool, yes: bool, as_json: bool) -> None:
    """Remove files or folders at a provider.

    Each SOURCE is one: team:/data/old.csv, or its address. Where the provider has a bin, they go there. On a terminal
    it asks first; a script says --yes.

    Exits with 3 when some could not be removed.
    """
    removed, failed = asyncio.run(_rm(sources, recursive=recursive, yes=yes))
    if as_json:
        click.echo(json.dumps({"removed": removed, "failed": failed}))
    else:
        for one in removed:
            click.echo(f"Removed {printable(one)}")
    for item in failed:
        click.echo(f"{printable(item['path'])}: {item['reason']}", err=True)
    context.exit(3 if failed else 0)


async def _rm(texts: Sequence[str], *, recursive: bool, yes: bool) -> tuple[list[str], list[dict[str, str]]]:
    async with AsyncExitStack() as stack:
        found: list[tuple[str, Source, Entry]] = []
        for text in texts:
            source = await stack.enter_async_context(opened(text))
            able(source.provider, Writable)
            refuse_root(source, "removed")
            found.append((text, source, await source.provider.stat(source.location)))
        folders = [text for text, _, entry in found if entry.kind is Kind.FOLDER]
        if folders and not recursive:
            raise BadInput(f"'{folders[0]}' is a folder.", hint="--recursive removes it with all that is in it.")
        names = ", ".join(printable(entry.name) for _, _, entry in found[:5]) + (" and more" if found[5:] else "")
        what = " with all that is in them" if folders else ""
        # Asking blocks, and nothing else is to happen meanwhile.
        confirm(f"Remove {names}{what}?", yes=yes)
        removed: list[str] = []
        failed: list[dict[str, str]] = []
        for text, source, entry in found:
            try:
                version = entry.version or None
                await able(source.provider, Writable).remove(source.location, if_version=version)
            except HubdrivesError as error:
                if len(found) == 1:
                    raise
                failed.append({"path": text, "reason": str(error), "code": error.code})
            else:
                removed.append(text)
        return removed, failed
