"""What the commands share that change something at a provider: whether it can, where it is, and whether it is meant."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

import click

from hubdrives.cli.sources import Source
from hubdrives.cli.terminal import is_terminal
from hubdrives.errors import BadInput
from hubdrives.model import Location
from hubdrives.providers.abilities import Narrows, Searchable, Shareable, Versioned, Writable
from hubdrives.providers.base import Provider

A = TypeVar("A")

_LACKS: Mapping[type, str] = {
    Writable: "can only be read from here",
    Versioned: "keeps no versions that can be had here",
    Searchable: "can't be searched from here",
    Shareable: "can't share folders from here",
    Narrows: "makes no tokens that open one folder only",
}

source_argument = click.argument("source")

json_option = click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")

yes_option = click.option("-y", "--yes", is_flag=True, help="Don't ask.")


def able(provider: Provider, kind: type[A]) -> A:
    """`provider`, if it has this ability. Raises BadInput: it hasn't."""
    if not isinstance(provider, kind):
        raise BadInput(
            f"{provider.title} {_LACKS[kind]}.", hint="`hubdrives connections` shows what else can be reached."
        )
    return provider


def place(location: Location) -> tuple[Location, str]:
    """The folder of what `location` names by a path, and its name there.

    Raises:
        BadInput: it names no path, but an item by its address, and an address does not tell its folder.
    """
    folder, _, name = location.path.rpartition("/")
    if not name:
        raise BadInput(
            "This names no place in a folder.", hint="Write it as connection:/path, such as team:/data/rain.csv."
        )
    return replace(location, path=folder), name


def refuse_root(source: Source, what: str) -> None:
    """Raise BadInput if `source` is the whole of its connection."""
    if source.connections.settings[source.connection].root is None:
        return
    if source.connections.root(source.connection) == source.location:
        raise BadInput(f"This is the root of connection '{source.connection}', which can't be {what}.")


def confirm(question: str, *, yes: bool) -> None:
    """Ask whoever sits at the terminal.

    Raises:
        click.Abort: they said no.
        click.UsageError: nobody is there to be asked.
    """
    if yes:
        return
    if not is_terminal(sys.stdin):
        raise click.UsageError("Nobody is here to be asked; --yes says that it is meant.")
    click.confirm(question, abort=True, err=True)
