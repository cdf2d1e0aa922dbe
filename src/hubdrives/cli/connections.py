"""`hubdrives connections`."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import click
from rich.text import Text

from hubdrives import providers
from hubdrives.cli.tables import new_table, show
from hubdrives.connections import LOCAL, Connections
from hubdrives.errors import HubdrivesError
from hubdrives.providers.base import Gates
from hubdrives.retry import RetryPolicy

_NOW_OR_NEVER = RetryPolicy(attempts=1, patience=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A connection as it is shown."""

    name: str
    provider: str
    root: str | None
    state: str
    """"ok", or what is wrong."""
    via: str | None = None
    """The connection that leads there, if it is not configured here."""
    personal: bool = False
    """Whether each user reaches it with a login of their own."""


@click.command("connections", epilog="Example: hubdrives connections", short_help="Show what can be reached from here.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def command(*, as_json: bool) -> None:
    """Show what can be reached from here.

    These are the connections of the configuration file, and those that the hub's gateway lets you use. Each is tried.
    """
    lines = asyncio.run(_all())
    if as_json:
        click.echo(json.dumps([asdict(line) for line in lines]))
        return
    table = new_table()
    for title in ("Connection", "Provider", "Root", "State"):
        table.add_column(title, overflow="fold")
    for line in lines:
        name = f"{line.name} (by {line.via})" if line.via else line.name
        provider = f"{line.provider}, with your own login" if line.personal else line.provider
        table.add_row(Text(name), Text(provider), Text(line.root or ""), Text(line.state))
    show(table)


async def _all() -> list[_Line]:
    async with Connections(policy=_NOW_OR_NEVER) as connections:
        found = await asyncio.gather(*(_try(connections, name) for name in connections.settings))
    return [line for lines in found for line in lines]


async def _try(connections: Connections, name: str) -> Sequence[_Line]:
    settings = connections.settings[name]
    title, further, state = settings.provider, [], "ok"
    try:
        title = providers.provider_class(settings.provider).title
        provider = await connections.provider(name)
        if isinstance(provider, Gates):
            further = [
                _Line(
                    name=offer.name,
                    provider=offer.title,
                    root=_roots(offer.roots),
                    state="ok",
                    via=name,
                    personal=offer.personal,
                )
                for offer in await provider.connections()
            ]
        elif settings.root is not None:
            await provider.describe(connections.root(name))
    except HubdrivesError as error:
        state = str(error)
    anything = "any folder" if name == LOCAL else None
    line = _Line(
        name=name,
        provider=title,
        root=settings.root or anything,
        state=state,
        personal=connections.is_personal(name),
    )
    return [line, *further]


def _roots(roots: Sequence[dict[str, object]]) -> str | None:
    return ", ".join(str(root.get("url") or root.get("path") or "") for root in roots) or None
