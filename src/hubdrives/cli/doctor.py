"""`hubdrives doctor`."""

import asyncio
import json
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import click
import msgspec
from rich.console import Console
from rich.text import Text

from hubdrives.cli.group import FAILED
from hubdrives.cli.tables import new_table, show
from hubdrives.cli.terminal import is_terminal
from hubdrives.doctor import Finding, examine
from hubdrives.doctor.checks import Told
from hubdrives.doctor.findings import Level

_MARKS: dict[Level, tuple[str, str]] = {
    "ok": ("✓ ok", "green"),
    "warning": ("! warning", "yellow"),
    "wrong": ("✗ wrong", "red"),
}


@click.command(
    "doctor",
    epilog="Example: hubdrives doctor https://drive.google.com/drive/folders/1AbC",
    short_help="Name what is wrong, and how to mend it.",
)
@click.argument("source", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def command(source: str | None, *, as_json: bool) -> None:
    """Name what is wrong, and how to mend it.

    Run it where something does not work: in your server, where the gateway runs, or on your own machine. It looks at
    the configuration, the hub, the gateway and each connection, and changes nothing. With a SOURCE, it says why that
    address does or does not work. The exit code is 0 if nothing is wrong.
    """
    with _progress() as told:
        findings = asyncio.run(examine(source, told=told))
    if as_json:
        click.echo(json.dumps([msgspec.to_builtins(finding) for finding in findings]))
    else:
        _print(findings)
    if any(finding.level == "wrong" for finding in findings):
        raise click.exceptions.Exit(FAILED)


def _print(findings: Sequence[Finding]) -> None:
    table = new_table()
    table.show_header = False
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        mark, colour = _MARKS[finding.level]
        said = Text(finding.sentence)
        if finding.level != "ok":
            said.append(" ").append(f"[{finding.code}]", style="dim")
            said.append(f"\n{finding.advice}")
        table.add_row(Text(mark, style=colour), Text(finding.check), said)
    show(table)
    click.echo(f"\n{_summary(findings)}")


def _summary(findings: Sequence[Finding]) -> str:
    wrong = sum(finding.level == "wrong" for finding in findings)
    warnings = sum(finding.level == "warning" for finding in findings)
    said = {0: "Nothing is wrong", 1: "One thing is wrong"}.get(wrong, f"{wrong} things are wrong")
    also = {0: "", 1: ", one deserves a look"}.get(warnings, f", {warnings} deserve a look")
    return f"{said}{also}."


@contextmanager
def _progress() -> Iterator[Told]:
    """What to tell which checks are still under way; shown on a terminal only."""
    console = Console(stderr=True)
    if not is_terminal(sys.stderr):
        yield lambda _names: None
        return
    with console.status("Looking …") as status:

        def told(names: Collection[str]) -> None:
            status.update(f"Looking at: {', '.join(names)} …" if names else "")

        yield told
