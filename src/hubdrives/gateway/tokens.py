"""The endpoint that hands out a provider's own token, one that only reads one place. It needs a grant of its own."""

from aiohttp import web

from hubdrives.gateway.able import able
from hubdrives.gateway.answers import document
from hubdrives.gateway.asking import body, place_for
from hubdrives.gateway.grants import TOKEN
from hubdrives.gateway.parts import PARTS
from hubdrives.providers.abilities import Narrows
from hubdrives.wire import TokenDocument, TokenOrder


async def token(request: web.Request) -> web.Response:
    """A token for the provider's own tools."""
    order = await body(request, TokenOrder)
    place = await place_for(TOKEN, request, order.source, order.under)
    made = await (await able(request.app[PARTS], place, Narrows)).narrowed(place.location)
    response = document(TokenDocument(made.value, made.ends_at))
    response.headers["Cache-Control"] = "no-store"
    return response
