"""The gateway's endpoints. Who asks is known, and every failure becomes an answer, before and after these functions."""

import asyncio
import hashlib
from contextlib import aclosing
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from aiohttp import web

from hubdrives.errors import BadInput
from hubdrives.gateway.able import abilities
from hubdrives.gateway.answers import content_headers, document, unchanged
from hubdrives.gateway.asking import asked, body, place_of, shown
from hubdrives.gateway.grants import LINK
from hubdrives.gateway.managing import as_connections
from hubdrives.gateway.metrics import CONTENT_TYPE
from hubdrives.gateway.parts import CALLER, PARTS, RECORD
from hubdrives.gateway.sending import ranged, sending
from hubdrives.gateway.stream import ManyFiles
from hubdrives.model import Kind
from hubdrives.providers.abilities import Shareable
from hubdrives.wire import (
    MAX_FILES,
    DescriptionDocument,
    EntryDocument,
    LinkOrder,
    LocationDocument,
    SignedLink,
    SnapshotDocument,
    WantedFiles,
    snapshot_tag,
)

_LISTING_SECONDS = 30.0
"""How long a request for bytes waits for the listing that names them."""


async def health(_request: web.Request) -> web.Response:
    """It runs."""
    return document({"status": "ok"})


async def metrics(request: web.Request) -> web.Response:
    """The numbers, for Prometheus."""
    parts = request.app[PARTS]
    waiting: dict[str, float] = {}
    for (name, _user), provider in parts.connections.live.items():
        seconds = provider.waiting.seconds if provider.waiting else 0.0
        waiting[name] = max(seconds, waiting.get(name, 0.0))
    text = parts.metrics.text(waiting)
    return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE})


async def connections(request: web.Request) -> web.Response:
    """What the caller may use: connections, roots, and what they may do there."""
    parts, caller = request.app[PARTS], request[CALLER]
    found: dict[str, dict[str, Any]] = {}
    for rule in parts.access.held(caller):
        provider = await parts.connections.provider(rule.connection, user=parts.access.owner(caller, rule.connection))
        shown = found.setdefault(
            rule.connection,
            {
                "name": rule.connection,
                "provider": provider.name,
                "title": provider.title,
                "can": [],
                "roots": [],
                "personal": parts.connections.is_personal(rule.connection),
                "able": abilities(provider),
                "roles": provider.roles if isinstance(provider, Shareable) else (),
            },
        )
        shown["can"] = sorted({*shown["can"], *rule.can})
        if rule.root is not None:
            shown["roots"].append({"url": rule.root.url, "path": rule.root.path, "can": sorted(rule.can)})
        if LINK in rule.can:
            # Authors must know with whom to share what they want to link to.
            shown["access"] = provider.explain_access()
    return document([*found.values(), *await as_connections(request)])


async def describe(request: web.Request) -> web.Response:
    """What a source is."""
    parts = request.app[PARTS]
    place = await asked(request)
    entry = await parts.listings.entry(place, patience=parts.patience)
    provider = await parts.connections.provider(place.connection, user=place.user)
    link = place.link
    description = DescriptionDocument(
        location=LocationDocument.of(place.shown),
        # The folder is called as the link's author wants it; a file must keep its name.
        name=(link.target if link and entry.kind is Kind.FOLDER else None) or entry.name,
        source=provider.title,
        entry=EntryDocument.of(entry),
        signed=link is not None,
        open_path=link.open if link else None,
    )
    return document(description)


async def contains(request: web.Request) -> web.Response:
    """Whether one source lies in another; the caller may read both."""
    parts = request.app[PARTS]
    root = await asked(request, "root")
    place = await asked(request)
    return document({"contains": await parts.access.contains(root, place)})


async def snapshot(request: web.Request) -> web.Response:
    """Everything under a source; 304 if the client has it already."""
    parts = request.app[PARTS]
    boundary = await asked(request, "boundary") if "boundary" in request.query else None
    place = await asked(request)
    if boundary is not None:
        if boundary.connection != place.connection:
            raise BadInput("The boundary lies at another connection.")
        # The caller may read all of it, so it is no wider than their grants.
        place = replace(place, boundary=boundary.location)
    listing = await parts.listings.listing(place, patience=parts.patience)
    found = replace(listing.snapshot, location=place.shown) if place.home else listing.snapshot
    tag = snapshot_tag(found)
    if any(etag.value == tag for etag in request.if_none_match or ()):
        return unchanged(tag)
    request[RECORD].line.files = len(found.files)
    return document(SnapshotDocument.of(found), etag=tag)


async def files(request: web.Request) -> web.StreamResponse:
    """Many files in one stream. What goes wrong once it has begun is told in it."""
    parts, line = request.app[PARTS], request[RECORD].line
    wanted = await body(request, WantedFiles)
    if len(wanted.files) > MAX_FILES or any(file.start < 0 for file in wanted.files):
        raise BadInput(f"At most {MAX_FILES} files can be asked for in one go, none from before its first byte.")
    place = await place_of(request, wanted.source, wanted.under)
    response = web.StreamResponse()
    content_headers(response)
    await response.prepare(request)
    listing = asyncio.ensure_future(parts.listings.listing(place))
    sender = ManyFiles(parts.files, place, waiting=lambda: parts.waiting(place.connection, place.user))
    try:
        await sender.send(response, wanted.files, listing)
        await response.write_eof()
    finally:
        listing.cancel()
        line.files, line.bytes = sender.sent.files, sender.sent.bytes
        parts.metrics.sent.inc(sender.sent.bytes)
    return response


async def file(request: web.Request) -> web.StreamResponse:
    """One file, or a part of it."""
    parts, line = request.app[PARTS], request[RECORD].line
    path, version = request.query.get("path", ""), request.query.get("version", "")
    line.path = path
    place = await asked(request)
    listing = await parts.listings.listing(place, patience=_LISTING_SECONDS)
    entry = listing.file(path, version)
    etag = hashlib.sha256(version.encode()).hexdigest()
    if any(one.value == etag for one in request.if_none_match or ()):
        return unchanged(etag)
    async with parts.files.open(place, entry) as content:
        size = entry.size
        if size is None:
            await content.ready(whole=True)
            size = content.blob.size if content.blob else None
        response, start, stop = ranged(request, size, etag)
        if request.method == "HEAD" or response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return response
        # A failure before the first byte can still be told.
        await content.ready(whole=False)
        # Without an end, reading goes on until it is known that all was right.
        pieces = content.read(start, None if stop == size else stop)
        async with aclosing(sending(request, response, pieces)) as going:
            async for sent in going:
                line.bytes += sent
                parts.metrics.sent.inc(sent)
    line.files = 1
    return response


async def links(request: web.Request) -> web.Response:
    """A new signed link."""
    parts, line = request.app[PARTS], request[RECORD].line
    order = await body(request, LinkOrder)
    line.location = shown(order.source)
    link, token, place = await parts.access.sign(
        request[CALLER],
        order.source,
        under=order.under,
        group=order.group,
        until=order.until,
        open_path=order.open,
        target=order.target,
    )
    line.connection, line.location, line.link_id = link.connection, str(link.location), link.id
    # A link to what the account can't see would be no use to anybody.
    entry = await parts.listings.entry(place, patience=parts.patience)
    if link.target and entry.kind is Kind.FILE:
        raise BadInput("A link to a single file has no folder to name.", hint="Leave out the folder's name.")
    return document(SignedLink(id=link.id, token=token))
