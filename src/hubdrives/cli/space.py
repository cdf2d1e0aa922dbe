"""`hubdrives space` and its verbs: a folder for each user of the hub, shared with that user."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import click
import msgspec
from rich.text import Text

from hubdrives.cli import progress
from hubdrives.cli.ability import confirm, json_option, yes_option
from hubdrives.cli.get import print_fetched
from hubdrives.cli.group import INCOMPLETE
from hubdrives.cli.ls import print_entries
from hubdrives.cli.put import print_sent
from hubdrives.cli.report import group, printable
from hubdrives.cli.tables import new_table, show
from hubdrives.copying.fetching import Fetched
from hubdrives.copying.sending import Sent
from hubdrives.model import Entry
from hubdrives.spaces import Ensured, SpacesReport, list_spaces, open_spaces
from hubdrives.wire import EntryDocument, SpaceDocument

_user = click.argument("user")
_name = click.option("--space", "name", metavar="NAME", default="", help="Which space, where there are several.")
_role = click.option(
    "--role", metavar="ROLE", default="", help="What they may do, in the provider's own words; else the space's own."
)


@click.group("space", epilog="Example: hubdrives space ensure alice bob", short_help="Give each user a shared folder.")
def command() -> None:
    """Give each user of the hub a folder in a service's storage, and share it with them.

    A space is set up in the configuration file or at the hub's gateway. USER is a user's name in the hub. Users read
    their own folder as any other source: results:/runs/1/result.csv, where the space is called "results".
    """


@command.command("ensure", epilog="Example: hubdrives space ensure --from class.txt")
@click.argument("users", nargs=-1, metavar="USER...")
@click.option("--from", "file", type=click.File("r", encoding="utf-8"), help="Users, one on each line; - is the input.")
@_role
@_name
@json_option
@click.pass_context
def ensure(
    context: click.Context, users: Sequence[str], *, file: TextIO | None, role: str, name: str, as_json: bool
) -> None:
    """Make and share the folders of users, unless they have them.

    Who has another role gets this one. It may be repeated as often as you like: what was cut short is gone on with.

    Exits with 3 when some users could not get a folder.
    """
    named = [*users, *(line for line in map(str.strip, file or ()) if line)]
    if not named:
        raise click.UsageError("Name at least one user.")
    report = asyncio.run(_ensure(named, role, name))
    if as_json:
        click.echo(json.dumps(report.to_json()))
    else:
        _print_report(report)
    context.exit(INCOMPLETE if report.failed else 0)


async def _ensure(users: Sequence[str], role: str, name: str) -> SpacesReport:
    async with open_spaces(name) as spaces:
        with progress.shown("user") as on_progress:
            return await spaces.ensure_all(users, role=role, on_progress=on_progress)


def _print_report(report: SpacesReport) -> None:
    counts = ((report.ensured, "ready"), (report.created, "of them new"), (report.failed, "failed"))
    click.echo(f"{', '.join(f'{len(some)} {word}' for some, word in counts if some)}.")
    others = [f"{user}: {', '.join(some)}" for user, some in report.others.items()]
    for line in group("Shared with a new address; these keep it (take a former one away: hubdrives unshare):", others):
        click.echo(line)
    for line in group("Have no folder:", [f"{printable(one.user)}: {one.reason}" for one in report.failed]):
        click.echo(line)


@command.command("put", epilog="Example: hubdrives space put alice result.csv plots --to runs/1")
@_user
@click.argument("paths", nargs=-1, required=True, metavar="LOCAL...", type=click.Path(path_type=Path))
@click.option("--to", "folder", metavar="FOLDER", default="", help="The folder they go into, made if it is missing.")
@_name
@json_option
@click.pass_context
def put(context: click.Context, user: str, paths: Sequence[Path], *, folder: str, name: str, as_json: bool) -> None:
    """Copy files and folders of this machine into a user's folder.

    What is there already gets a new version, unless it has the same bytes. Where the provider tells checksums (Box
    does, Seafile does not), these are not even sent.

    Exits with 3 when some files could not be brought up.
    """
    sent = asyncio.run(_put(user, paths, folder, name))
    print_sent(sent, as_json=as_json)
    context.exit(INCOMPLETE if sent.failed else 0)


async def _put(user: str, paths: Sequence[Path], folder: str, name: str) -> Sent:
    async with open_spaces(name) as spaces:
        with progress.shown() as on_progress:
            return await (await spaces.space(user)).put_all(paths, folder, on_progress=on_progress)


@command.command("get", epilog="Example: hubdrives space get alice runs/1 results-of-alice")
@_user
@click.argument("path")
@click.argument("local", required=False, type=click.Path(path_type=Path))
@click.option("-f", "--force", is_flag=True, help="Overwrite what is here.")
@click.option("--version", metavar="VERSION", help="This earlier version of a file.")
@_name
@json_option
@click.pass_context
def get(
    context: click.Context,
    user: str,
    path: str,
    local: Path | None,
    *,
    force: bool,
    version: str | None,
    name: str,
    as_json: bool,
) -> None:
    """Copy a file, or a folder with all that is in it, from a user's folder.

    A file goes into the folder LOCAL, or is called so; a folder's content goes into LOCAL. Without LOCAL, it is called
    as there. What is here with other bytes stays, unless you say --force.

    Exits with 3 when some files could not be brought.
    """
    fetched = asyncio.run(_get(user, path, local, force=force, version=version, name=name))
    print_fetched(fetched, as_json=as_json)
    context.exit(INCOMPLETE if fetched.failed else 0)


async def _get(user: str, path: str, local: Path | None, *, force: bool, version: str | None, name: str) -> Fetched:
    async with open_spaces(name) as spaces:
        with progress.shown() as on_progress:
            space = await spaces.space(user)
            return await space.get(path, local, force=force, version=version, on_progress=on_progress)


@command.command("ls", epilog="Example: hubdrives space ls alice runs")
@click.argument("user", required=False, default="")
@click.argument("path", required=False, default="")
@_name
@json_option
def ls(user: str, path: str, *, name: str, as_json: bool) -> None:
    """List what is in a user's folder; without USER, who has, or had, one.

    That is told by what the folders are named for: names in the hub, or the unchanging identifiers of logins.
    """
    if user:
        entries = asyncio.run(_ls(user, path, name))
        if as_json:
            click.echo(json.dumps({"entries": [msgspec.to_builtins(EntryDocument.of(one)) for one in entries]}))
        else:
            print_entries(entries)
        return
    users = asyncio.run(_users(name))
    if as_json:
        click.echo(json.dumps({"users": users}))
    else:
        for one in users:
            click.echo(printable(one))


async def _ls(user: str, path: str, name: str) -> Sequence[Entry]:
    async with open_spaces(name) as spaces:
        return await (await spaces.space(user)).ls(path)


async def _users(name: str) -> Sequence[str]:
    async with open_spaces(name) as spaces:
        return await spaces.users()


@command.command("share", epilog="Example: hubdrives space share alice --role editor")
@_user
@_role
@_name
@json_option
def share(user: str, *, role: str, name: str, as_json: bool) -> None:
    """Share a user's folder with them in another role; it is made if they have none."""
    ensured = asyncio.run(_share(user, role, name))
    if as_json:
        click.echo(json.dumps(_ensured_to_json(ensured)))
    else:
        click.echo(f"{printable(user)} is {printable(ensured.role)} of their folder now.")


async def _share(user: str, role: str, name: str) -> Ensured:
    async with open_spaces(name) as spaces:
        return await spaces.share(user, role)


def _ensured_to_json(ensured: Ensured) -> dict[str, object]:
    return {
        "user": ensured.user,
        "created": ensured.created,
        "shared": ensured.shared,
        "role": ensured.role,
        "source": ensured.space.source,
        "others": list(ensured.others),
    }


@command.command("unshare", epilog="Example: hubdrives space unshare alice")
@_user
@yes_option
@_name
def unshare(user: str, *, yes: bool, name: str) -> None:
    """Take a user's folder away from them; it stays, with all that is in it.

    On a terminal it asks first; a script says --yes.
    """
    confirm(f"Take their folder away from {printable(user)}?", yes=yes)
    asyncio.run(_unshare(user, name))
    click.echo(f"{printable(user)} has no access to their folder any more.")


async def _unshare(user: str, name: str) -> None:
    async with open_spaces(name) as spaces:
        await spaces.unshare(user)


@command.command("remove", epilog="Example: hubdrives space remove alice")
@_user
@yes_option
@_name
def remove(user: str, *, yes: bool, name: str) -> None:
    """Remove a user's folder with all that is in it.

    Where the provider has a bin, it goes there. On a terminal it asks first; a script says --yes.
    """
    confirm(f"Remove the folder of {printable(user)} with all that is in it?", yes=yes)
    asyncio.run(_remove(user, name))
    click.echo(f"The folder of {printable(user)} is removed.")


async def _remove(user: str, name: str) -> None:
    async with open_spaces(name) as spaces:
        await spaces.remove(user)


@command.command("list", epilog="Example: hubdrives space list")
@json_option
def list_(*, as_json: bool) -> None:
    """List the spaces that there are here: those of the configuration file, and those that the hub's gateway offers."""
    documents = asyncio.run(list_spaces())
    if as_json:
        click.echo(json.dumps([msgspec.to_builtins(one) for one in documents]))
    else:
        _print_spaces(documents)


def _print_spaces(documents: Sequence[SpaceDocument]) -> None:
    table = new_table()
    for title in ("Space", "Provider", "Folder", "You may"):
        table.add_column(title, overflow="fold")
    for one in documents:
        table.add_row(*(Text(printable(text)) for text in (one.name, one.title, one.folder, ", ".join(one.can))))
    show(table)
