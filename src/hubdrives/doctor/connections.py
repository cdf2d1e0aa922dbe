"""Connections: whether what each leads to can be read, with its own credential or that of a user."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

import aiohttp

from hubdrives import providers
from hubdrives.connections import Connections
from hubdrives.credentials import issuer, token_source
from hubdrives.credentials.auth_state import HubLoginSettings
from hubdrives.doctor import checks, hub, network, openings
from hubdrives.doctor.checks import Work
from hubdrives.doctor.findings import Code, Finding
from hubdrives.doctor.network import Target
from hubdrives.doctor.seat import Seat
from hubdrives.errors import GatewayUnavailable, HubdrivesError, NotShared, RateLimited, UnexpectedAnswer
from hubdrives.model import Description, Location
from hubdrives.providers.base import Provider

_AT_ONCE = 8
_NAMED = 3


async def for_user(
    connections: Connections, roots: Mapping[str, Sequence[Location]], *, user: str, seat: Seat
) -> list[Finding]:
    """What the gateway finds for one of its users. It asks; it changes nothing.

    Args:
        connections: those of the gateway.
        roots: where the user may read, by connection; nothing is said of any other.
        user: their name at the hub. Where a connection is personal, it is their own token that is tried.
        seat: where the gateway is.
    """
    if not roots:
        return [Finding.ok("grants", "Nothing is granted to you beyond what links open that you are given.")]
    works: dict[str, Work] = {}
    if seat.hub and any(connections.is_personal(name) for name in roots):
        works["hub"] = partial(hub.examine, seat, personal=True)
    for name, places in roots.items():
        works[label(name)] = partial(examine, connections, name, places, user=user, seat=seat)
    return await checks.run(works, seconds=seat.patience.check)


async def examine(
    connections: Connections, name: str, places: Sequence[Location], *, user: str, seat: Seat
) -> list[Finding]:
    """Whether connection `name` can be used, and each of `places` on it be read.

    Raises:
        HubdrivesError: it can't be opened.
    """
    provider = await connections.provider(name, user=user)
    login = await _login(connections, name, user or seat.user, seat)
    if any(one.level == "wrong" for one in login):
        return login
    if not places:
        return login + await _credential(connections, name, provider, user=user, seat=seat)
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(place: Location) -> Description | Finding:
        async with turns:
            return await look(label(name), connections, name, place, user=user, seat=seat)

    looked = await asyncio.gather(*(one(place) for place in dict.fromkeys(places)))
    wrong = [found for found in looked if isinstance(found, Finding)]
    names = [f"'{found.name}'" for found in looked if isinstance(found, Description)]
    if not names:
        return login + wrong
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return [Finding.ok(label(name), f"{provider.title} shows {', '.join(names[:_NAMED])}{more}."), *login, *wrong]


async def look(
    check: str, connections: Connections, name: str, place: Location, *, user: str, seat: Seat
) -> Description | Finding:
    """What is at `place`, or what is wrong."""
    provider = await connections.provider(name, user=user)
    try:
        async with asyncio.timeout(seat.patience.provider):
            return await provider.describe(place)
    except TimeoutError:
        return await _silent(check, provider, _targets(connections, name, provider, seat), seat)
    except HubdrivesError as error:
        return _refusal(check, provider, error, _targets(connections, name, provider, seat))


def label(name: str) -> str:
    """What the check of connection `name` is called."""
    return f"connection {name}"


async def _login(connections: Connections, name: str, user: str, seat: Seat) -> list[Finding]:
    """What the hub has of the user's login, where that is what opens the connection."""
    if not (connections.is_personal(name) and seat.hub and user):
        return []
    return await hub.login(label(name), seat, user, HubLoginSettings.of(connections.settings[name].credential))


async def _credential(
    connections: Connections, name: str, provider: Provider, *, user: str, seat: Seat
) -> list[Finding]:
    """Whether there is a token, where no folder is known that could be looked at; nothing if none is needed."""
    settings = connections.settings[name]
    tokens = token_source(
        settings.credential, connection=name, user=user, environment=seat.environment, base_url=settings.base_url
    )
    if tokens is None:
        return []
    targets = _targets(connections, name, provider, seat)
    try:
        async with asyncio.timeout(seat.patience.provider):
            await tokens.token()
    except TimeoutError:
        return [await _silent(label(name), provider, targets, seat)]
    except HubdrivesError as error:
        return [_refusal(label(name), provider, error, targets)]
    if (found := await reach(label(name), targets[0], seat)) is not None:
        return [found]
    return [Finding.ok(label(name), f"There is a token for {provider.title}; no folder is configured to try it with.")]


async def for_nobody(connections: Connections, name: str, seat: Seat) -> list[Finding]:
    """What can be told of a connection that opens only with users' own tokens, where there is no user."""
    targets = _targets(connections, name, providers.provider_class(connections.settings[name].provider), seat)
    if (found := await reach(label(name), targets[0], seat)) is not None:
        return [found]
    sentence = "Each user reaches it with their own login; run this as a user, in their server."
    return [Finding.ok(label(name), sentence)]


async def reach(check: str, target: Target, seat: Seat) -> Finding | None:
    """What is in the way to `target`, None if it answers, whatever it says, or has no address of its own."""
    try:
        if target.url:
            await network.ask(target.url, patience=seat.patience)
    except (OSError, ValueError, aiohttp.ClientError) as error:
        found = network.trouble(check, error, target)
        if found is None:
            raise
        return found
    return None


def _targets(connections: Connections, name: str, provider: Provider | type[Provider], seat: Seat) -> list[Target]:
    """Whom connection `name` asks: the provider, and who makes the tokens for it if that is somebody else."""
    settings = connections.settings[name]
    asked = [(settings.base_url or "", provider.title, f"`base_url` of connection '{name}'")]
    if (login := issuer(settings.credential)) is not None:
        asked.append((login, "the login's issuer", f"`issuer` in the credential of connection '{name}'"))
    return [
        Target(url=url, title=title, setting=setting, opening=openings.to_provider(seat, title, url))
        for url, title, setting in asked
    ]


async def _silent(check: str, provider: Provider, targets: Sequence[Target], seat: Seat) -> Finding:
    """Why the provider has not answered in time."""
    if (waiting := provider.waiting) is not None:
        return _throttled(check, f"{waiting.on} wants {waiting.seconds:.0f} s of rest: it was asked too often.")
    for target in targets:
        if (found := await reach(check, target, seat)) is not None:
            return found
    seconds = seat.patience.provider
    return Finding.wrong(
        check, Code.SLOW, f"{targets[0].title} has not answered within {seconds:g} seconds.", targets[0].opening
    )


def _refusal(check: str, provider: Provider, error: HubdrivesError, targets: Sequence[Target]) -> Finding:
    """What the provider's failure means."""
    match error:
        case GatewayUnavailable():
            # Its own check says what is in the way.
            return Finding.of_error(check, error)
        case _ if (found := _in_the_way(check, error, targets)) is not None:
            return found
        case RateLimited():
            return _throttled(check, str(error))
        case NotShared() if error.hint == error.default_hint and (whom := provider.explain_access()) is not None:
            return Finding.wrong(check, error.code, str(error), whom)
        case UnexpectedAnswer() if targets[0].url:
            advice = f"Correct {targets[0].setting} ({targets[0].url}), if another server answers there. {error.hint}"
            return Finding.wrong(check, error.code, str(error), advice)
        case _:
            return Finding.of_error(check, error)


def _in_the_way(check: str, error: HubdrivesError, targets: Sequence[Target]) -> Finding | None:
    # The last first: the vendor's own address may be any.
    target = next((one for one in reversed(targets) if network.on_the_way(error, one)), None)
    return None if target is None else network.trouble(check, error, target)


def _throttled(check: str, sentence: str) -> Finding:
    return Finding.warning(
        check,
        RateLimited.code,
        sentence,
        "Wait a few minutes; if it is often so, lower `limits.rate` of the connection.",
    )
