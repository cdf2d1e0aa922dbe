"""What becomes of a pull when the way to the gateway breaks, or the gateway ends, or what comes is damaged."""

import pytest
from aiohttp import web
from tests.conftest import Serve
from tests.gateway.bench import QUICK, Bench, HubToken
from tests.gateway.cutter import Cutter
from tests.providers.gateway.pulling import EVERYONE, locate, plant, pull

from hubdrives.errors import Corrupt, GatewayUnavailable, NotGranted, UnexpectedAnswer, VersionGone
from hubdrives.frames import Frame
from hubdrives.http import Client
from hubdrives.model import Entry, Kind
from hubdrives.providers.gateway import Gateway
from hubdrives.testing.emulators.content import Content


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
