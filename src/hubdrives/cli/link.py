"""`hubdrives link`."""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import PurePosixPath
from urllib.parse import quote

import click

from hubdrives import providers
from hubdrives.choice import Choice
from hubdrives.cli.choosing import choosing, chosen
from hubdrives.cli.sources import Source, asked, opened
from hubdrives.connections import GATEWAY, Connections
from hubdrives.errors import BadInput, NoConnection, NotGranted
from hubdrives.links import PullRequest
from hubdrives.model import Description, Kind
from hubdrives.paths import relative, safe_name, working_folder_name
from hubdrives.providers.base import Gates
from hubdrives.wire import LINK_PREFIX


class Moment(click.ParamType[str]):
    """An ISO 8601 date, which lasts through its end, or date and time; UTC unless it says otherwise."""

    name = "date"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The same as ISO 8601 date and time with time zone."""
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"'{value}' is no date; write it as 2027-01-31 or 2027-01-31T18:00+01:00.", param, ctx)
        with suppress(ValueError):
            moment = datetime.combine(date.fromisoformat(value), time(23, 59, 59))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What the link is to be."""

    source: str
    group: str | None
    until: str | None
    open_path: str | None
    target: str | None
    choice: Choice

    @property
    def must_be_signed(self) -> bool:
        return bool(self.group or self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A link."""

    description: Description
    """Of what it leads to."""
    request: PullRequest
    personal: bool
    """Whether each one reads that with a login of their own."""

    @property
    def signed(self) -> bool:
        return self.request.source.startswith(LINK_PREFIX)


@click.command(
    "link",
    epilog="Example: hubdrives link course:/week1 --for students --until 2027-01-31 --open intro.ipynb",
    short_help="Make a link with which others pull a folder.",
)
@click.argument("source")
@click.option("--for", "group", metavar="GROUP", help="Only this group of the hub may use it.")
@click.option("--until", type=Moment(), help="Not after this day (2027-01-31) or moment (2027-01-31T18:00+01:00).")
@click.option("--open", "open_path", metavar="PATH", help="What to open afterwards, a path in the folder.")
@click.option("--to", "target", metavar="FOLDER", help="What the folder is called in everybody's home.")
@choosing
@click.option("--hub", envvar="JUPYTERHUB_PUBLIC_HUB_URL", metavar="URL", help="The hub's address, as people see it.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
@click.pass_context
def command(
    context: click.Context,
    source: str,
    *,
    group: str | None,
    until: str | None,
    open_path: str | None,
    target: str | None,
    hub: str | None,
    as_json: bool,
) -> None:
    """Make a link with which others pull a folder.

    Where the hub's gateway lets you, the link is signed: whoever has it may read this folder and nothing else. A plain
    link only says where the folder is. Where everybody reads with a login of their own, the link is plain unless you
    ask for --for or --until.
    """
    if not hub:
        raise click.UsageError("Which hub is the link for? Give its address: --hub https://hub.example.org")
    request = asked(source)
    wish = _Wish(
        source=request.source,
        group=group,
        until=until,
        open_path=relative(open_path) if open_path else None,
        target=safe_name(target) if target else None,
        choice=chosen(context, over=request.choice),
    )
    made = asyncio.run(_made(wish))
    description, address = made.description, made.request.address(hub)
    kind = "signed" if made.signed else "plain"
    reading = ", which each one reads with their own login" if made.personal else ""
    click.echo(
        f"A {kind} link to the {description.kind} '{description.name}' in {description.source}{reading}:", err=True
    )
    if as_json:
        told = {"link": address, "signed": made.signed, "name": description.name, "personal": made.personal}
        click.echo(json.dumps(told))
    else:
        click.echo(address)


async def _made(wish: _Wish) -> _Made:
    # A link to what is not there, or not shared, would fail in everybody else's hands.
    async with opened(wish.source) as source:
        description = await source.provider.describe(source.location)
        if subfolder := wish.choice.subfolder:
            found = await source.provider.stat(source.location.below(subfolder))
            if found.kind is not Kind.FOLDER:
                raise BadInput(f"'{subfolder}' is a file, not a folder of the source.")
        personal = await _is_personal(source, wish.source, description)
        try:
            # It would give nobody a right: each one's own login decides.
            token = None if personal and not wish.must_be_signed else await _signed(source.connections, wish)
        except (NotGranted, NoConnection) as refusal:
            if wish.must_be_signed:
                raise
            click.echo(f"{refusal} So this link is a plain one.", err=True)
            token = None
    if token:
        request = PullRequest(source=f"{LINK_PREFIX}{token}", choice=wish.choice)
        return _Made(description=description, request=request, personal=personal)
    subfolder = wish.choice.subfolder
    target = wish.target or working_folder_name(PurePosixPath(subfolder).name or description.name)
    # What is in the subfolder comes to the top of the target.
    inside = wish.open_path and wish.open_path.removeprefix(f"{subfolder}/")
    shown = quote(f"lab/tree/{target}/{inside}") if inside else None
    named = wish.target or (shown and target)
    request = PullRequest(source=wish.source, target=named, urlpath=shown, choice=wish.choice)
    return _Made(description=description, request=request, personal=personal)


async def _is_personal(source: Source, text: str, description: Description) -> bool:
    """Whether each one reads the source, written as `text`, with a login of their own."""
    if source.connections.is_personal(source.connection):
        return True
    if not isinstance(source.provider, Gates):
        return False
    offers = await source.provider.connections()
    name = text.partition(":/")[0]
    # What is no connection's path is an address, and says of which kind of connection it is, not of which.
    meant = [offer for offer in offers if offer.name == name]
    meant = meant or [offer for offer in offers if offer.provider == description.location.provider]
    return bool(meant) and all(offer.personal for offer in meant)


async def _signed(connections: Connections, wish: _Wish) -> str | None:
    """The token of a link that the gateway signs; None where there is no gateway.

    Raises:
        NotGranted, NoConnection: this user may not make such links.
    """
    gateway = await _gateway(connections)
    settings = connections.settings.get(GATEWAY)
    if gateway is None or settings is None:
        if wish.must_be_signed:
            raise BadInput(
                "Only a hub's gateway can make a link for a group or with an end.",
                hint="Run this on the hub, or leave out --for and --until.",
            )
        return None
    location = providers.provider_class(settings.provider).parse(wish.source, base_url=settings.base_url)
    if location is None:
        raise NoConnection("The hub's gateway does not know this source.")
    link = await gateway.sign_link(
        location, group=wish.group, until=wish.until, open_path=wish.open_path, target=wish.target
    )
    return link.token


async def _gateway(connections: Connections) -> Gates | None:
    if GATEWAY not in connections.settings:
        return None
    provider = await connections.provider(GATEWAY)
    return provider if isinstance(provider, Gates) else None
