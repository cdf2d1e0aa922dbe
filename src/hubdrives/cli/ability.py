"""What the commands share that change something at a provider: whether it can, where it is, and whether it is meant."""

import sys
from dataclasses import replace
from typing import NoReturn

import click

from hubdrives.cli.sources import Source
from hubdrives.errors import BadInput
from hubdrives.model import Location
from hubdrives.providers.abilities import Narrows, Searchable, Shareable, Versioned, Writable
from hubdrives.providers.base import Provider

source_argument = click.argument("source")

json_option = click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")

yes_option = click.option("-y", "--yes", is_flag=True, help="Don't ask.")


def writable(provider: Provider) -> Writable:
    """`provider`, if content can be put into it. Raises BadInput: it can't."""
    return provider if isinstance(provider, Writable) else _refuse(provider, "can only be read from here")


def versioned(provider: Provider) -> Versioned:
    """`provider`, if it keeps earlier versions. Raises BadInput: it doesn't."""
    return provider if isinstance(provider, Versioned) else _refuse(provider, "keeps no versions that can be had here")


def searchable(provider: Provider) -> Searchable:
    """`provider`, if it can be searched. Raises BadInput: it can't."""
    return provider if isinstance(provider, Searchable) else _refuse(provider, "can't be searched from here")


def shareable(provider: Provider) -> Shareable:
    """`provider`, if its folders can be shared. Raises BadInput: they can't."""
    return provider if isinstance(provider, Shareable) else _refuse(provider, "can't share folders from here")


def narrowing(provider: Provider) -> Narrows:
    """`provider`, if it makes tokens that open one place only. Raises BadInput: it doesn't."""
    return provider if isinstance(provider, Narrows) else _refuse(provider, "makes no tokens that open one folder only")


def _refuse(provider: Provider, what: str) -> NoReturn:
    raise BadInput(f"{provider.title} {what}.", hint="`hubdrives connections` shows what else can be reached.")


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
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody is here to be asked; --yes says that it is meant.")
    click.confirm(question, abort=True, err=True)
