"""Answers that the emulator does not give, and Box might."""

import pytest
from aiohttp import web

from hubdrives.errors import NotFound, UnexpectedAnswer
from hubdrives.http import Client
from hubdrives.providers.abilities import Query
from hubdrives.providers.box import Box
from hubdrives.providers.box.api import Hosts
from hubdrives.providers.box.options import Options

FOLDER = Box.parse("https://app.box.com/folder/1")


@pytest.fixture
async def connect(serve):
    """A provider at a server that answers as a table says, by the end of the path."""
    opened = []

    async def start(table):
        async def answer(request):
            return web.json_response(table[request.path.removeprefix("/2.0/")])

        client = Client(title="Box", errors=Box.errors)
        opened.append(Box(client, hosts=Hosts.of(await serve(answer)), options=Options()))
        return opened[-1]

    yield start
    for box in opened:
        await box.close()


def item(number, *above, kind="file"):
    names = [{"type": "folder", "id": each, "name": f"folder {each}"} for each in above]
    return {"type": kind, "id": number, "name": f"item {number}", "path_collection": {"entries": names}}


async def test_what_is_found_outside_of_the_folder_is_left_out(connect):
    inside, outside, itself = item("8", "0", "1", "2"), item("7", "9"), item("1", "0", kind="folder")
    entries = [outside, inside, itself, inside, item("6", "1", kind="hub")]
    box = await connect({"folders/1": item("1", "0", kind="folder"), "search": {"entries": entries}})
    found = [entry.path async for entry in box.search(Query(text="item"), under=FOLDER)]
    assert found == ["folder 2/item 8"]


async def test_what_was_given_on_a_folder_above_is_not_told_as_this_ones(connect):
    given = [{"id": f"c{number}", "role": "viewer", "item": {"type": "folder", "id": number}} for number in ("0", "1")]
    table = {"folders/1": item("1", "0", kind="folder"), "folders/1/collaborations": {"entries": given}}
    box = await connect(table)
    assert [share.id for share in await box.shares(FOLDER)] == ["c1"]
    with pytest.raises(NotFound):
        await box.unshare(FOLDER, "c0")


async def test_a_list_whose_pages_go_in_circles_comes_to_an_end(connect):
    box = await connect({"folders/1": item("1", kind="folder"), "folders/1/items": {"entries": [], "next_marker": "m"}})
    with pytest.raises(UnexpectedAnswer, match="circles"):
        [entry async for entry in box.list(FOLDER)]


@pytest.mark.parametrize("answer", [None, [], {"entries": 3}, {"entries": [{"id": 3}]}, "text"])
async def test_something_else_than_is_documented_is_said_to_be_that(connect, answer):
    box = await connect({"folders/1": item("1", kind="folder"), "folders/1/items": answer})
    with pytest.raises(UnexpectedAnswer):
        [entry async for entry in box.list(FOLDER)]
