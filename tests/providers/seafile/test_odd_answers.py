"""Answers that the emulator does not give, and a server might."""

import contextlib

import pytest
from aiohttp import web
from tests.providers.asking import read
from tests.providers.seafile.conftest import read_many

from hubdrives.errors import BadConfig, BadInput, Forbidden, NotFound, Unavailable, UnexpectedAnswer
from hubdrives.http import Client
from hubdrives.model import Entry, Kind
from hubdrives.providers.abilities import Invitee
from hubdrives.providers.seafile import Seafile
from hubdrives.providers.seafile.api import Api

LIBRARY = "0af3d9c2-8b1e-4f6a-9c3d-2f1e0a9b8c7d"
ID = "22596363b3de40b06f981fb85d82312e8c0ed511"
DIR, FILE = f"/api2/repos/{LIBRARY}/dir/", f"/api2/repos/{LIBRARY}/file/"
INFO = {f"/api2/repos/{LIBRARY}/": {"id": LIBRARY, "name": "Library"}}


class Token:
    scheme = "Token"

    async def token(self, *, stale=None):
        return "0123456789abcdef"


@pytest.fixture
async def connect(serve):
    """A provider at a server that answers as a table says, by path, or by path and `p`."""
    opened = []

    async def start(table, *, below=""):
        async def answer(request):
            seafile.shown[request.path] = request.headers.get("Authorization")
            key = request.path if request.path in table else f"{request.path}?{request.query.get('p', '')}"
            found = table.get(key)
            if isinstance(found, web.Response):
                return web.Response(status=found.status, headers=found.headers, body=found.body)
            if key not in table:
                return web.Response(status=404, text="<html>Not Found</html>")
            return web.json_response(found, headers={"oid": ID})

        client = Client(title="Seafile", errors=Seafile.errors, tokens=Token())
        seafile = Seafile.open(client, base_url=f"{await serve(answer)}{below}")
        seafile.shown = {}
        opened.append(seafile)
        return seafile

    yield start
    for seafile in opened:
        await seafile.close()


def location(seafile, path=""):
    base = seafile._api.base
    return Seafile.parse(f"{base}/library/{LIBRARY}/x/{path}", base_url=base)


def file(name, **more):
    return {"type": "file", "id": ID, "name": name, "size": 3, "mtime": 1_700_000_000, **more}


def folder(name, **more):
    return {"type": "dir", "id": ID, "name": name, "mtime": 1_700_000_000, **more}


async def paths(seafile, path=""):
    return [entry.path for entry in (await seafile.snapshot(location(seafile, path))).entries]


async def test_a_server_that_takes_no_notice_of_the_wish_to_go_down_is_asked_for_each_folder(connect):
    table = {
        **INFO,
        f"{DIR}?/": [folder("a"), file("b.txt")],
        f"{DIR}?/a": [folder("c")],
        f"{DIR}?/a/c": [file("d.txt")],
    }
    assert await paths(await connect(table)) == ["a", "a/c", "a/c/d.txt", "b.txt"]


@pytest.mark.parametrize("slash", ["", "/"])
async def test_the_folder_of_an_item_is_told_with_or_without_a_slash(connect, slash):
    top = [folder("a", parent_dir="/"), file("b.txt", parent_dir=f"/a{slash}")]
    assert await paths(await connect({**INFO, DIR: top})) == ["a", "a/b.txt"]


async def test_a_server_may_be_served_below_a_path(connect):
    table = {f"/seafile{path}": answer for path, answer in {**INFO, DIR: [file("a.txt", parent_dir="/")]}.items()}
    seafile = await connect(table, below="/seafile")
    assert await paths(seafile) == ["a.txt"]
    assert location(seafile).host.endswith("/seafile")


async def test_what_may_only_be_looked_at_is_left_out_with_all_below_it(connect):
    top = [
        folder("a", permission="preview", parent_dir="/"),
        file("in.txt", permission="preview", parent_dir="/a"),
        file("b.txt", permission="custom-7", parent_dir="/"),
        file("c.txt", permission="r", parent_dir="/"),
        file("d.txt", permission="admin", parent_dir="/"),
    ]
    seafile = await connect({**INFO, DIR: top})
    snapshot = await seafile.snapshot(location(seafile))
    assert [entry.path for entry in snapshot.entries] == ["c.txt", "d.txt"]
    assert [(each.path, each.code) for each in snapshot.skipped] == [("a", "unreadable"), ("b.txt", "unreadable")]
    with pytest.raises(Forbidden):
        await seafile.stat(location(seafile, "b.txt"))


async def test_a_library_that_may_only_be_looked_at_is_refused(connect):
    told = {"id": LIBRARY, "name": "Library", "permission": "cloud-edit"}
    seafile = await connect({f"/api2/repos/{LIBRARY}/": told, "/api2/repos/": [{**told, "type": "srepo"}], DIR: []})
    base = Seafile.parse(seafile._api.base, base_url=seafile._api.base)
    for where in (location(seafile), base.below("Shared with me/Library")):
        with pytest.raises(Forbidden, match="browser only"):
            await seafile.snapshot(where)
    assert [entry async for entry in seafile.list(base.below("Shared with me"))] == []


async def test_names_that_lead_elsewhere_and_names_that_come_twice_stay_in_their_folder(connect):
    top = [file(name, parent_dir="/") for name in ("../../etc", "a.txt", "a.txt", "..", ".")]
    found = await paths(await connect({**INFO, DIR: top}))
    assert len(found) == 4
    assert not any("/" in path or path in {".", ".."} for path in found)


@pytest.mark.parametrize(
    "answer", [{}, "text", 3, [{"name": "a"}], [{"type": "file", "name": "a", "size": "large"}], None]
)
async def test_something_else_than_is_documented_is_said_to_be_that(connect, answer):
    seafile = await connect({**INFO, DIR: answer})
    with pytest.raises(UnexpectedAnswer):
        await seafile.snapshot(location(seafile))


async def test_that_nothing_is_new_is_no_list(connect):
    seafile = await connect({**INFO, DIR: "uptodate"})
    assert [entry async for entry in seafile.list(location(seafile))] == []


async def test_a_page_in_place_of_an_answer_is_no_answer(connect):
    seafile = await connect({})
    with pytest.raises(UnexpectedAnswer):
        await seafile.stat(location(seafile))


@pytest.mark.parametrize("link", [3, "", "file:///etc/passwd", "not a link", {"url": "x"}, "https://"])
async def test_what_is_no_link_is_not_followed(connect, link):
    seafile = await connect({FILE: link})
    with pytest.raises(UnexpectedAnswer):
        await read(seafile, entry())


async def test_sentences_are_asked_for_in_english_whatever_a_server_speaks(serve):
    # seahub translates what it says of whom a folder can't be shared with.
    words = {"en": "User bob@one.org not found.", "de": "Nutzer bob@one.org nicht gefunden."}

    async def answer(request):
        if request.method == "GET":
            return web.json_response([])
        said = words["en" if request.headers.get("Accept-Language", "").startswith("en") else "de"]
        return web.json_response({"success": [], "failed": [{"email": "bob@one.org", "error_msg": said}]})

    client = Client(title="Seafile", errors=Seafile.errors, tokens=Token())
    async with Seafile.open(client, base_url=await serve(answer)) as seafile:
        with pytest.raises(BadInput, match="not known to this Seafile server"):
            await seafile.share(location(seafile, "a"), Invitee(who="bob@one.org"), "r")


async def test_the_token_is_shown_to_seahub_only(connect, serve):
    seen = {}

    async def fileserver(request):
        seen[request.path] = request.headers.get("Authorization")
        return web.Response(body=b"abc", headers={"ETag": ID})

    seafile = await connect({FILE: f"{await serve(fileserver)}/seafhttp/files/token/a.txt"})
    assert await read(seafile, entry()) == b"abc"
    assert seen == {"/seafhttp/files/token/a.txt": None}
    assert seafile.shown[FILE] == "Token 0123456789abcdef"


@pytest.mark.parametrize(
    ("base", "told", "used"),
    [
        ("https://one.org", "https://one.org/seafhttp/files/t/a", "https://one.org/seafhttp/files/t/a"),
        ("https://one.org", "https://bytes.one.org/files/t/a", "https://bytes.one.org/files/t/a"),
        ("https://one.org", "http://one.org/seafhttp/files/t/a", "https://one.org/seafhttp/files/t/a"),
        ("https://one.org:8443", "http://one.org/seafhttp/files/t/a", "https://one.org:8443/seafhttp/files/t/a"),
        ("http://one.org", "http://two.org/files/t/a", "http://two.org/files/t/a"),
        ("http://one.org", "https://two.org/files/t/a", "https://two.org/files/t/a"),
        ("https://one.org", "http://two.org/files/t/a", None),
    ],
)
def test_bytes_don_t_go_unencrypted_where_the_server_is_reached_safely(base, told, used):
    api = Api(Client(title="Seafile", errors=Seafile.errors), base=base)
    if used is None:
        with pytest.raises(UnexpectedAnswer):
            api.address(told, "files.link")
    else:
        assert api.address(told, "files.link") == used


async def test_errors_of_the_file_server_are_no_json_by_the_letter(connect, serve):
    async def fileserver(_request):
        return web.Response(status=403, text='{"error": "Access token not found\n"}')

    seafile = await connect({FILE: f"{await serve(fileserver)}/seafhttp/files/token/a.txt"})
    with pytest.raises(Unavailable, match="not good"):
        await read(seafile, entry())


async def test_a_zip_that_has_no_end_is_not_read_to_it(connect, serve):
    sent = 0

    async def endless(request):
        nonlocal sent
        if "/files/" in request.path:
            return web.Response(body=b"abc")
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while sent < 64 << 20:
                await response.write(bytes(1 << 20))
                sent += 1 << 20
        return response

    fileserver = f"{await serve(endless)}/seafhttp"
    seafile = await connect(
        {
            FILE: f"{fileserver}/files/token/a.txt",
            f"/api/v2.1/repos/{LIBRARY}/zip-task/": {"zip_token": "token"},
            "/api/v2.1/query-zip-progress/": {"zipped": 1, "total": 1},
        }
    )
    assert await read(seafile, entry()) == b"abc"
    entries = [entry(f"{number}.txt") for number in range(20)]
    assert (await read_many(seafile, entries))[0] == {each.path: b"abc" for each in entries}
    assert sent < 32 << 20


@pytest.mark.parametrize("base_url", [None, "", "drive.ebrains.eu", "ftp://drive.ebrains.eu"])
def test_a_connection_without_a_server_is_refused(base_url):
    with pytest.raises(BadConfig, match="base_url"):
        Seafile.open(Client(title="Seafile", errors=Seafile.errors), base_url=base_url)


async def test_a_share_link_of_which_nothing_is_told_is_not_found(connect):
    seafile = await connect({"/api2/f/abcdef0123/detail/": {}})
    base = seafile._api.base
    with pytest.raises(NotFound):
        await seafile.stat(Seafile.parse(f"{base}/f/abcdef0123/", base_url=base))


def entry(name="a.txt"):
    return Entry(path=name, kind=Kind.FILE, id=f"{LIBRARY}:/{name}", size=3, version=ID)
