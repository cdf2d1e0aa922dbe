"""`hubdrives ls`."""

import asyncio
import json
from collections.abc import Sequence

import click
import msgspec
from rich.filesize import decimal
from rich.text import Text

from hubdrives.cli.sources import opened
from hubdrives.cli.tables import new_table, show
from hubdrives.model import Entry, Kind, Skipped
from hubdrives.wire import EntryDocument


@click.command("ls", epilog="Example: hubdrives ls course:/", short_help="List what is in a folder.")
@click.argument("source")
@click.option("-R", "--recursive", is_flag=True, help="Everything below, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def command(source: str, *, recursive: bool, as_json: bool) -> None:
    """List what is in a folder.

    SOURCE is a folder (or a file): its address, or a path of a connection, such as course:/week1.
    """
    entries, skipped = asyncio.run(_ls(source, recursive=recursive))
    if as_json:
        listed = [msgspec.to_builtins(EntryDocument.of(entry)) for entry in entries]
        left_out = [{"path": item.path, "reason": item.reason, "code": item.code} for item in skipped]
        click.echo(json.dumps({"entries": listed, "skipped": left_out}))
        return
    print_entries(entries)
    for item in skipped:
        click.echo(f"{item.path}: {item.reason}", err=True)


async def _ls(text: str, *, recursive: bool) -> tuple[Sequence[Entry], Sequence[Skipped]]:
    async with opened(text) as source:
        entry = await source.provider.stat(source.location)
        if entry.kind is Kind.FILE:
            return [entry], []
        if recursive:
            snapshot = await source.provider.snapshot(source.location)
            return snapshot.entries, snapshot.skipped
        entries = [found async for found in source.provider.list(source.location)]
        return sorted(entries, key=lambda found: (found.kind is Kind.FILE, found.path)), []


def print_entries(entries: Sequence[Entry]) -> None:
    """Print them as a table."""
    table = new_table()
    table.add_column("Name", overflow="fold")
    table.add_column("Size", justify="right", no_wrap=True)
    table.add_column("Modified", no_wrap=True)
    for entry in entries:
        folder = entry.kind is Kind.FOLDER
        table.add_row(
            Text(f"{entry.path}/" if folder else entry.path, style="blue" if folder else ""),
            "" if entry.size is None else decimal(entry.size),
            f"{entry.modified.astimezone():%Y-%m-%d %H:%M}" if entry.modified else "",
        )
    show(table)
