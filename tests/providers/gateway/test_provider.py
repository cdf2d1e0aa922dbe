"""What a notebook's side sees of the gateway."""

import asyncio

import pytest
from aiohttp import web
from tests.conftest import Serve
from tests.gateway.bench import QUICK, Bench, HubToken, address
from tests.providers.gateway.pulling import EVERYONE, locate, plant, pull

from hubdrives.config import Grant
from hubdrives.connections import Connections
from hubdrives.errors import BadConfig, GatewayUnavailable, HubdrivesError, LoginNeeded, NotGranted, UnexpectedAnswer
from hubdrives.http import Client
from hubdrives.model import Entry, Waiting
from hubdrives.providers.base import ReadsMany
from hubdrives.providers.gateway import Gateway


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
