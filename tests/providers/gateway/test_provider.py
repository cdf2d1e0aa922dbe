"""What a notebook's side sees of the gateway."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from aiohttp import web
from tests.conftest import Serve
from tests.gateway.bench import PREFIX, QUICK, Bench, HubToken, address, benched
from tests.gateway.cutter import Cutter, cutting

from hubdrives.config import Grant
from hubdrives.connections import Connections
from hubdrives.errors import (
    BadConfig,
    Corrupt,
    GatewayUnavailable,
    HubdrivesError,
    LoginNeeded,
    NotGranted,
    UnexpectedAnswer,
    VersionGone,
)
from hubdrives.http import Client
from hubdrives.model import Entry, Kind, Location, Waiting
from hubdrives.providers.base import ReadsMany
from hubdrives.providers.gateway import Gateway
from hubdrives.testing.emulators.content import Content
from hubdrives.wire import Frame

EVERYONE = Grant(connection="drive", everyone=True)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with benched(tmp_path) as made:
        yield made


@pytest.fixture
async def cutter(bench: Bench) -> AsyncIterator[Cutter]:
    """A gateway behind a connection that breaks."""
    await bench.start(EVERYONE, fresh_seconds=60)
    assert bench.server is not None
    assert bench.server.port is not None
    async with cutting(bench.server.port, PREFIX) as made:
        yield made


def locate(source: str) -> Location:
    location = Gateway.parse(source, base_url="http://gateway")
    assert location is not None
    return location


async def pull(provider: Gateway, entries: Sequence[Entry]) -> tuple[dict[str, bytes], dict[str, str]]:
    """The content of all files, and the codes of those that could not be had; the promises about pieces are checked."""
    content: dict[str, bytes] = {}
    failed: dict[str, str] = {}
    ended: set[str] = set()
    current: str | None = None
    async for piece in provider.read_many(entries):
        path = piece.entry.path
        assert path not in ended
        assert current in {None, path}
        current = None if piece.last else path
        content[path] = content.get(path, b"") + piece.data
        if piece.last:
            ended.add(path)
        if piece.error is not None:
            failed[path] = piece.error.code
            del content[path]
    assert ended == {entry.path for entry in entries}
    return content, failed


def plant(bench: Bench, sizes: Sequence[int]) -> dict[str, bytes]:
    files = {f"f{number}.bin": os.urandom(size) for number, size in enumerate(sizes)}
    for name, data in files.items():
        bench.file(name, data)
    return files


async def test_a_folder_comes_with_all_its_files_in_two_requests(bench: Bench) -> None:
    week = bench.folder_in("week 1")
    files = {f"f{number}.txt": f"content {number}".encode() for number in range(40)}
    for name, data in files.items():
        bench.file(name, data, week)
    await bench.start(EVERYONE)
    provider = bench.connect(bench.people.token("alice"))
    assert isinstance(provider, ReadsMany)
    snapshot = await provider.snapshot(locate(bench.drive.location))
    assert (snapshot.location.provider, snapshot.location.id) == ("googledrive", bench.drive.root)
    content, failed = await pull(provider, snapshot.files)
    assert (content, failed) == ({f"week 1/{name}": data for name, data in files.items()}, {})
    assert [line["operation"] for line in bench.audit()] == ["snapshot", "files"]


async def test_nothing_new_costs_one_request(bench: Bench) -> None:
    files = plant(bench, [10, 20])
    await bench.start(EVERYONE)
    provider = bench.connect(bench.people.token("alice"))
    first = await provider.snapshot(locate("drive:/"))
    again = await provider.snapshot(locate("drive:/"), known=first)
    assert again == first
    assert [line["status"] for line in bench.audit()] == [200, 304]
    # What is known may have been read from a file, without what only a live entry has.
    bare = type(first)(
        location=first.location,
        name=first.name,
        entries=tuple(
            Entry(path=entry.path, kind=entry.kind, size=entry.size, version=entry.version) for entry in first.entries
        ),
        digest=first.digest,
    )
    again = await provider.snapshot(locate("drive:/"), known=bare)
    assert (await pull(provider, again.files))[0] == files


async def test_single_files_and_parts_of_them_can_be_read(bench: Bench) -> None:
    files = plant(bench, [500_000])
    await bench.start(EVERYONE)
    provider = bench.connect(bench.people.token("alice"))
    (entry,) = (await provider.snapshot(locate("drive:/"))).files
    assert b"".join([piece async for piece in provider.read(entry)]) == files["f0.bin"]
    assert (
        b"".join([piece async for piece in provider.read(entry, start=7, stop=300_000)]) == files["f0.bin"][7:300_000]
    )


async def test_a_file_alone_can_be_pulled(bench: Bench) -> None:
    item = bench.file("a.txt", "hello")
    await bench.start(EVERYONE)
    provider = bench.connect(bench.people.token("alice"))
    snapshot = await provider.snapshot(locate(f"https://drive.google.com/file/d/{item}/view"))
    assert (await pull(provider, snapshot.files))[0] == {"a.txt": b"hello"}


async def test_a_boundary_may_be_narrower_than_the_grant_and_never_wider(bench: Bench) -> None:
    week, other = bench.folder_in("week 1"), bench.folder_in("week 2")
    bench.file("a.txt", "a", week)
    bench.file("b.txt", "b", other)
    bench.drive.tree.add("more", parent=week, kind="shortcut", target=other)
    await bench.start(
        Grant(connection="drive", users=("teacher",)), Grant(connection="drive", root=address(week), users=("alice",))
    )
    teacher, alice = (bench.connect(bench.people.token(name)) for name in ("teacher", "alice"))
    at = locate(address(week))
    assert [entry.path for entry in (await teacher.snapshot(at)).files] == ["a.txt", "more/b.txt"]
    assert [entry.path for entry in (await teacher.snapshot(at, boundary=at)).files] == ["a.txt"]
    assert [entry.path for entry in (await alice.snapshot(at)).files] == ["a.txt"]
    with pytest.raises(NotGranted):
        await alice.snapshot(at, boundary=locate("drive:/"))


async def test_more_files_than_fit_in_one_stream_come_in_several(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from hubdrives.providers.gateway import provider as module

    monkeypatch.setattr(module, "MAX_FILES", 7)
    files = plant(bench, [100] * 20)
    await bench.start(EVERYONE)
    provider = bench.connect(bench.people.token("alice"))
    snapshot = await provider.snapshot(locate("drive:/"))
    assert (await pull(provider, snapshot.files))[0] == files
    assert [line["files"] for line in bench.audit()][1:] == [7, 7, 6]


async def test_files_of_several_sources_can_be_read_together(bench: Bench) -> None:
    one, two = bench.folder_in("one"), bench.folder_in("two")
    bench.file("a.txt", "a", one)
    bench.file("b.txt", "b", two)
    await bench.start(EVERYONE)
    provider = bench.connect(bench.people.token("alice"))
    entries = [
        entry for source in ("drive:/one", address(two)) for entry in (await provider.snapshot(locate(source))).files
    ]
    assert (await pull(provider, entries))[0] == {"a.txt": b"a", "b.txt": b"b"}


# What breaks on the way


@pytest.mark.parametrize(
    "cuts", [[0], [100], [2_000], [150_000], [300_000, 300_000], [1_000_000, 5_000, 400_000], [150] * 3]
)
async def test_a_stream_that_was_cut_goes_on_where_it_stopped(bench: Bench, cutter: Cutter, cuts: list[int]) -> None:
    files = plant(bench, [10, 0, 1000, 70_000, 2_000_000, 30, 600_000, 5])
    token = bench.people.token("alice")
    snapshot = await bench.connect(token).snapshot(locate("drive:/"))
    cutter.cuts = list(cuts)
    assert await pull(bench.connect(token, url=cutter.url), snapshot.files) == (files, {})
    assert cutter.cuts == []
    assert bench.asked()["files.media"] == sum(bool(data) for data in files.values())


async def test_what_has_arrived_is_not_sent_again(bench: Bench, cutter: Cutter) -> None:
    plant(bench, [400_000] * 10)
    token = bench.people.token("alice")
    snapshot = await bench.connect(token).snapshot(locate("drive:/"))
    cutter.cuts = [1_500_000, 1_500_000]
    await pull(bench.connect(token, url=cutter.url), snapshot.files)
    last = bench.audit()[-1]
    assert last["bytes"] < 2_000_000


async def test_a_single_file_goes_on_where_it_was_cut(bench: Bench, cutter: Cutter) -> None:
    files = plant(bench, [3_000_000])
    token = bench.people.token("alice")
    (entry,) = (await bench.connect(token).snapshot(locate("drive:/"))).files
    cutter.cuts = [1_000_000, 1_000_000]
    provider = bench.connect(token, url=cutter.url)
    assert b"".join([piece async for piece in provider.read(entry)]) == files["f0.bin"]


async def test_a_gateway_that_restarts_in_the_middle_is_no_harm(bench: Bench) -> None:
    files = plant(bench, [1_000_000] * 8)
    await bench.start(EVERYONE)
    assert bench.server is not None
    port = bench.server.port
    token = bench.people.token("alice")
    provider = bench.connect(token, policy=type(QUICK)(attempts=30, first=0.05, longest=0.1))
    snapshot = await provider.snapshot(locate("drive:/"))
    content: dict[str, bytes] = {}
    restarted = False
    async for piece in provider.read_many(snapshot.files):
        assert piece.error is None
        content[piece.entry.path] = content.get(piece.entry.path, b"") + piece.data
        if not restarted:
            restarted = True
            old = bench.server
            # Its runner ends at once, as when the process is killed.
            old.runner._shutdown_timeout = 0.01
            await old.close()
            await bench.start(EVERYONE, port=port)
    assert content == files


async def test_a_gateway_that_is_not_there_is_told_so(bench: Bench) -> None:
    await bench.start(EVERYONE)
    plant(bench, [10])
    token = bench.people.token("alice")
    provider = bench.connect(token)
    (entry,) = (await provider.snapshot(locate("drive:/"))).files
    assert bench.server is not None
    await bench.server.close()

    async def read() -> None:
        async for _ in provider.read(entry):
            pass

    for asking in (
        provider.describe(locate("drive:/")),
        provider.snapshot(locate("drive:/")),
        read(),
        pull(provider, [entry]),
        provider.connections(),
        provider.sign_link(locate("drive:/")),
    ):
        with pytest.raises(GatewayUnavailable, match="The hub's gateway does not answer"):
            await asking


async def test_a_gateway_that_always_breaks_off_is_given_up(serve: Serve) -> None:
    asked = 0

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(Frame(file=0, size=10).line()[:5])
        assert request.transport is not None
        request.transport.close()
        return response

    client = Client(title=Gateway.title, errors=Gateway.errors, tokens=HubToken("t"), policy=QUICK)
    entry = Entry(path="a", kind=Kind.FILE, size=5, version="1", params=(("source", "drive:/"), ("under", "")))
    async with Gateway.open(client, base_url=await serve(handler)) as provider:
        with pytest.raises(GatewayUnavailable, match="again and again"):
            await pull(provider, [entry])
    assert asked == 5


async def test_a_file_that_changed_meanwhile_is_gone_and_the_others_come(bench: Bench) -> None:
    plant(bench, [10])
    item = bench.file("changing.txt", "before")
    await bench.start(EVERYONE)
    provider = bench.connect(bench.people.token("alice"))
    snapshot = await provider.snapshot(locate("drive:/"))
    bench.drive.tree.replace(item, Content.of("after"))
    content, failed = await pull(provider, snapshot.files)
    assert (content.keys(), failed) == ({"f0.bin"}, {"changing.txt": "version-gone"})
    (entry,) = (entry for entry in snapshot.files if entry.path == "changing.txt")
    with pytest.raises(VersionGone):
        async for _ in provider.read(entry):
            pass


async def test_damage_on_the_way_is_noticed(serve: Serve) -> None:
    """A gateway whose answers are damaged on the way, as no digest of the way itself would tell."""
    frames: list[bytes] = []

    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=b"".join(frames))

    url = await serve(handler)
    client = Client(title=Gateway.title, errors=Gateway.errors, tokens=HubToken("t"), policy=QUICK)
    params = (("source", "drive:/"), ("under", ""))
    entry = Entry(
        path="a", kind=Kind.FILE, size=5, version="1", digest="md5:5d41402abc4b2a76b9719d911017c592", params=params
    )
    good = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    async with Gateway.open(client, base_url=url) as provider:
        for data, end, expected in (
            (b"hello", good, None),
            (b"hello", "", None),
            (b"jello", good, "corrupt"),
            (b"jello", "", "corrupt"),
            (b"hell", "", "corrupt"),
            (b"hello", "sha256:" + "0" * 64, "corrupt"),
        ):
            frames[:] = [Frame(file=0, size=len(data), end=end).line(), data, Frame(done=True).line()]
            pieces = [piece async for piece in provider.read_many([entry])]
            assert [piece.error and piece.error.code for piece in pieces] == [expected], (data, end)
        for frame in (Frame(file=1, end=""), Frame(file=-1, end="")):
            frames[:] = [frame.line()]
            with pytest.raises(UnexpectedAnswer, match="not asked for"):
                [piece async for piece in provider.read_many([entry])]
        frames[:] = [Frame(error=NotGranted("No more.").to_wire()).line()]
        with pytest.raises(NotGranted, match="No more"):
            [piece async for piece in provider.read_many([entry])]
    assert not issubclass(Corrupt, UnexpectedAnswer)


# What is told


async def test_whom_the_gateway_waits_for_is_told(bench: Bench) -> None:
    plant(bench, [10])
    await bench.start(EVERYONE, patience=0.05)
    bench.drive.faults.set(
        [{"operation": "files.get", "effect": "error", "reason": "userRateLimitExceeded", "retry_after": 1, "times": 1}]
    )
    provider = bench.connect(bench.people.token("alice"))
    asking = asyncio.create_task(provider.snapshot(locate("drive:/")))
    seen: set[str] = set()
    while not asking.done():
        if isinstance(waiting := provider.waiting, Waiting):
            seen.add(waiting.on)
        await asyncio.sleep(0.01)
    assert (await asking).files
    assert seen == {"Google Drive"}
    assert provider.waiting is None


async def test_a_refusal_comes_as_the_gateway_told_it(bench: Bench) -> None:
    await bench.start(Grant(connection="drive", users=("bob",)))
    with pytest.raises(NotGranted, match="no access to this through the hub's gateway"):
        await bench.connect(bench.people.token("alice")).snapshot(locate("drive:/"))
    with pytest.raises(LoginNeeded, match="does not know this token"):
        await bench.connect("stale").snapshot(locate("drive:/"))


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (403, b'{"status": 403, "message": null}', LoginNeeded),
        (401, b"", LoginNeeded),
        (404, b"<html>", BadConfig),
        (503, b"<html>", GatewayUnavailable),
        (200, b"<html>Log in", UnexpectedAnswer),
        (200, b'{"some": "other service"}', UnexpectedAnswer),
        (304, b"", UnexpectedAnswer),
    ],
)
async def test_what_stands_before_the_gateway_may_answer_too(
    serve: Serve, status: int, body: bytes, expected: type[HubdrivesError]
) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=status, body=body)

    client = Client(title=Gateway.title, errors=Gateway.errors, tokens=HubToken("t"), policy=QUICK)
    async with Gateway.open(client, base_url=await serve(handler)) as provider:
        with pytest.raises(expected):
            await provider.describe(locate("drive:/"))


async def test_a_server_on_the_hub_needs_nothing_but_its_environment(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = plant(bench, [10])
    await bench.start(EVERYONE)
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", bench.people.token("alice"))
    environment = {"HUBDRIVES_GATEWAY_URL": bench.url}
    async with Connections(environment=environment) as connections:
        found = connections.find(bench.drive.location)
        assert found.connection == "gateway"
        provider = await connections.provider(found.connection)
        assert isinstance(provider, Gateway)
        snapshot = await provider.snapshot(found.location)
        assert (await pull(provider, snapshot.files))[0] == files
        assert connections.find("drive:/x").connection == "gateway"
        assert connections.find("link:abc").connection == "gateway"
        assert connections.find("/srv/x").connection == "local"


async def test_options_are_refused() -> None:
    client = Client(title=Gateway.title, errors=Gateway.errors)
    with pytest.raises(BadConfig):
        Gateway.open(client)
    with pytest.raises(BadConfig):
        Gateway.open(client, base_url="http://x", options={"a": 1})
