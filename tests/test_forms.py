"""Forms as a server that we did not write reads them."""

from aiohttp import web

from hubdrives import forms
from hubdrives.errors import BadInput
from hubdrives.http import Client
from hubdrives.testing.world_abilities import Pieces

DATA = bytes(range(256)) * 4000


async def sent(serve, make):
    """What arrived of a form: its length as told, and its fields with their file names."""
    seen = []

    async def answer(request):
        parts = {part.name: (part.filename, bytes(await part.read())) async for part in await request.multipart()}
        seen.append((request.content_length, parts))
        return web.json_response({})

    async with Client(title="Somebody", errors=lambda _failure: BadInput("no")) as client:
        await client.send("POST", await serve(answer), operation="form", payload=make)
    return seen[0]


async def test_a_file_goes_behind_the_fields_and_its_length_is_told(serve):
    length, parts = await sent(
        serve, lambda: forms.with_file({"parent_dir": "/a b", "replace": "0"}, Pieces(DATA), filename="x.bin")
    )
    assert list(parts) == ["parent_dir", "replace", "file"]
    assert parts == {"parent_dir": (None, b"/a b"), "replace": (None, b"0"), "file": ("x.bin", DATA)}
    assert length > len(DATA)


async def test_names_arrive_as_they_are(serve):
    for name in ("K\u00e4se 1.txt", "a%20b", 'say "hi"', "back\\slash", "\u6587.md"):
        _length, parts = await sent(serve, lambda name=name: forms.with_file({}, Pieces(b"x"), filename=name))
        assert parts == {"file": (name, b"x")}


async def test_small_pieces_do_not_go_out_one_by_one():
    written = []

    class Writer:
        async def write(self, piece):
            written.append(len(piece))

    class Crumbs:
        size = 1000

        async def read(self, start=0, stop=None):
            for _ in range(self.size):
                yield b"x"

    await forms.with_file({"a": "b"}, Crumbs(), filename="x").write(Writer())
    assert len(written) == 1
