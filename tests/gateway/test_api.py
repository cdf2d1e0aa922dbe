"""How the gateway answers: statuses, headers, parts of files, answers that take their time."""

import asyncio
import gzip
import io
import json

import aiohttp
import pytest
from tests.gateway.bench import Bench, address
from tests.gateway.questions import EVERYONE, snapshot, stream, wanted

from hubdrives.errors import all_errors
from hubdrives.gateway import answers
from hubdrives.providers.gateway import Gateway

DATA = bytes(range(256)) * 1000


def test_every_error_has_a_status() -> None:
    codes = {kind.code for kind in all_errors()}
    assert set(answers.STATUS) == codes
    assert all(400 <= status < 600 for status in answers.STATUS.values())


async def test_health_needs_no_token_and_metrics_do(bench: Bench) -> None:
    await bench.start(EVERYONE)
    assert (await bench.ask("GET", "health"))[:2] == (200, {"status": "ok"})
    assert (await bench.ask("GET", "metrics"))[0] == 403
    assert (await bench.ask("GET", "metrics", token=bench.people.token("alice")))[0] == 403
    status, text, headers = await bench.ask("GET", "metrics", token="prometheus")
    assert (status, headers["Content-Type"].split(";")[0]) == (200, "text/plain")
    assert b"hubdrives_requests_in_flight 1.0" in text
    assert not (bench.folder / "audit.jsonl").read_text()
    await bench.start(EVERYONE, metrics_public=True)
    assert (await bench.ask("GET", "metrics"))[0] == 200


async def test_metrics_count_without_naming_anybody(bench: Bench) -> None:
    bench.file("a.bin", DATA)
    await bench.start(EVERYONE)
    token = bench.people.token("alice")
    file = await wanted(bench, token, "a.bin")
    for _ in range(2):
        await stream(bench, token, [{"path": file["path"], "version": file["version"]}])
    await bench.ask("GET", "api/v1/describe", token=token, params={"source": "secret-course:/"})
    text = (await bench.ask("GET", "metrics", token="prometheus"))[1].decode()
    for line in (
        'hubdrives_requests_total{operation="files",outcome="ok"} 2.0',
        'hubdrives_requests_total{operation="describe",outcome="not-granted"} 1.0',
        f"hubdrives_sent_bytes_total {float(2 * len(DATA))}",
        f"hubdrives_fetched_bytes_total {float(len(DATA))}",
        'hubdrives_cache_total{result="miss"} 1.0',
        'hubdrives_cache_total{result="hit"} 1.0',
        f"hubdrives_cache_bytes {float(len(DATA))}",
        'hubdrives_provider_waiting_seconds{connection="drive"} 0.0',
    ):
        assert line in text
    assert not [secret for secret in ("alice", "secret-course", "a.bin", bench.drive.root) if secret in text]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "nowhere"), ("POST", "api/v1/snapshot"), ("GET", "../../hub"), ("DELETE", "api/v1/file")],
)
async def test_what_is_not_there_is_told_in_json(bench: Bench, method: str, path: str) -> None:
    await bench.start(EVERYONE)
    status, answer, _ = await bench.ask(method, path, token=bench.people.token("alice"))
    assert status in {400, 404}
    assert {"code", "message", "hint", "request"} <= answer.keys()


async def test_nothing_is_served_outside_the_services_prefix(bench: Bench) -> None:
    await bench.start(EVERYONE)
    async with aiohttp.ClientSession() as session, session.get(bench.server.make_url("/health")) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    "body", [b"", b"nonsense", b"[]", b'{"source": 5, "files": []}', b'{"source": "drive:/"}', b"\xff",
             b'{"source": "drive:/", "files": [{"path": "a", "version": "1", "start": -1}]}',
             b'{"source": "", "files": []}']
)  # fmt: skip
async def test_a_request_that_can_not_be_understood_is_refused(bench: Bench, body: bytes) -> None:
    await bench.start(EVERYONE)
    status, answer, _ = await bench.ask("POST", "api/v1/files", token=bench.people.token("alice"), data=body)
    assert (status, answer["code"]) == (400, "bad-input")


async def test_too_much_at_once_is_refused(bench: Bench) -> None:
    await bench.start(EVERYONE)
    token = bench.people.token("alice")
    many = [{"path": "a", "version": "1"}] * 1001
    status, answer, _ = await bench.ask("POST", "api/v1/files", token=token, json={"source": "drive:/", "files": many})
    assert (status, answer["code"]) == (400, "bad-input")
    status, answer, _ = await bench.ask("POST", "api/v1/files", token=token, data=io.BytesIO(bytes(9 << 20)))
    assert (status, answer["code"]) == (400, "bad-input")


# Snapshots


async def test_a_snapshot_that_did_not_change_is_not_sent_again(bench: Bench) -> None:
    bench.file("a.txt")
    await bench.start(EVERYONE)
    token = bench.people.token("alice")
    status, answer, headers = await snapshot(bench, token)
    assert status == 200
    assert headers["Cache-Control"] == "private, no-cache"
    bench.asked()
    for etag in (headers["ETag"], f"W/{headers['ETag']}", f'"x", {headers["ETag"]}'):
        status, answer, unchanged = await snapshot(bench, token, **{"If-None-Match": etag})
        assert (status, answer, unchanged["ETag"]) == (304, b"", headers["ETag"])
    # That nothing changed costs the Drive one request each time: nothing is fresh for longer here.
    assert bench.asked() == {"changes.list": 3}
    bench.file("b.txt")
    status, answer, _ = await snapshot(bench, token, **{"If-None-Match": headers["ETag"]})
    assert (status, len(answer["entries"])) == (200, 2)


async def test_while_a_listing_is_fresh_the_drive_is_not_asked(bench: Bench) -> None:
    bench.file("a.txt")
    await bench.start(EVERYONE, fresh_seconds=60)
    tokens = [bench.people.token(f"user{number}") for number in range(10)]
    for token in tokens:
        assert (await snapshot(bench, token))[0] == 200
    assert bench.asked() == {"files.get": 1, "changes.startPageToken": 1, "files.list": 1}


async def test_a_snapshot_tells_nothing_that_opens_anything(bench: Bench) -> None:
    item = bench.file("a.txt")
    await bench.start(EVERYONE)
    _, answer, _ = await snapshot(bench, bench.people.token("alice"))
    assert set(answer["entries"][0]) == {"path", "kind", "size", "version", "digest", "modified"}
    assert item not in json.dumps(answer)


async def test_a_large_snapshot_travels_compressed(bench: Bench) -> None:
    for number in range(200):
        bench.file(f"a file with a rather long name {number}.txt", f"{number}")
    await bench.start(EVERYONE)
    token = bench.people.token("alice")
    headers = {"Authorization": f"token {token}", "Accept-Encoding": "gzip"}
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.get(f"{bench.url}api/v1/snapshot", params={"source": "drive:/"}, headers=headers) as answer,
    ):
        body = await answer.read()
        assert answer.headers["Content-Encoding"] == "gzip"
    plain = gzip.decompress(body)
    assert len(json.loads(plain)["entries"]) == 200
    assert len(body) < len(plain) / 2


@pytest.mark.parametrize("operation", ["snapshot", "describe"])
async def test_an_answer_that_takes_its_time_says_whom_it_waits_for(bench: Bench, operation: str) -> None:
    bench.file("a.txt")
    await bench.start(EVERYONE, patience=0.05)
    token = bench.people.token("alice")
    bench.drive.faults.set(
        [{"operation": "files.get", "effect": "error", "reason": "userRateLimitExceeded", "retry_after": 1, "times": 1}]
    )
    seen = []
    while True:
        status, answer, _ = await bench.ask("GET", f"api/v1/{operation}", token=token, params={"source": "drive:/"})
        if status != 202:
            break
        seen.append(answer["waiting"])
    assert status == 200
    assert seen[0] is None or seen[0]["on"] == "Google Drive"
    told = [waiting for waiting in seen if waiting]
    assert told
    assert all(waiting["on"] == "Google Drive" and 0 < waiting["seconds"] <= 3 for waiting in told)
    assert bench.asked()["files.get"] == 2
    assert {line["outcome"] for line in bench.audit()} == {"not-yet", "ok"}


async def test_who_hangs_up_does_not_stop_the_listing_for_others(bench: Bench) -> None:
    bench.file("a.txt")
    await bench.start(EVERYONE)
    token = bench.people.token("alice")
    bench.drive.faults.set([{"operation": "files.list", "effect": "delay", "seconds": 0.5, "times": None}])
    first, second = (asyncio.create_task(snapshot(bench, token)) for _ in range(2))
    await asyncio.sleep(0.2)
    first.cancel()
    assert (await second)[0] == 200
    assert bench.asked()["files.list"] == 1


async def test_whether_it_may_be_read_can_take_its_time_too(bench: Bench) -> None:
    week = bench.folder_in("week 1")
    bench.file("a.txt", "text", week)
    await bench.start(EVERYONE, patience=0.05)
    token = bench.people.token("alice")
    bench.drive.faults.set([{"operation": "files.get", "effect": "delay", "seconds": 0.3, "times": 1}])
    source = {"source": f"https://drive.google.com/drive/folders/{week}"}
    statuses = []
    while not statuses or statuses[-1] == 202:
        statuses.append((await bench.ask("GET", "api/v1/snapshot", token=token, params=source))[0])
    assert statuses[0] == 202
    assert statuses[-1] == 200


# What goes wrong


async def test_a_mistake_of_ours_is_told_without_its_insides(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from hubdrives.providers.googledrive import GoogleDrive

    async def broken(*_args: object, **_options: object) -> None:
        raise RuntimeError("insides")

    monkeypatch.setattr(GoogleDrive, "snapshot", broken)
    await bench.start(EVERYONE)
    status, answer, headers = await snapshot(bench, bench.people.token("alice"))
    assert (status, answer["code"]) == (500, "failed")
    assert "insides" not in str(answer)
    assert "insides" in caplog.text
    (line,) = bench.audit()
    assert (line["outcome"], line["status"], line["request"]) == ("failed", 500, answer["request"])
    assert headers["X-Request-Id"] == answer["request"]


@pytest.mark.parametrize("cache_bytes", [0, 1 << 30])
async def test_a_damaged_file_is_not_taken_for_whole(bench: Bench, cache_bytes: int) -> None:
    bench.file("a.bin", DATA * 4)
    await bench.start(EVERYONE, cache_bytes=cache_bytes)
    token = bench.people.token("alice")
    params = await wanted(bench, token, "a.bin")
    bench.drive.faults.set([{"operation": "files.media", "effect": "wrong", "bytes": 900_000, "times": None}])
    with pytest.raises(aiohttp.ClientError):
        await bench.ask("GET", "api/v1/file", token=token, params=params)
    assert bench.audit()[-1]["outcome"] == "corrupt"


async def test_who_goes_away_in_the_middle_is_noted(bench: Bench) -> None:
    bench.file("a.bin", bytes(40 << 20))
    await bench.start(EVERYONE, cache_bytes=0)
    token = bench.people.token("alice")
    params = await wanted(bench, token, "a.bin")
    headers = {"Authorization": f"token {token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{bench.url}api/v1/file", params=params) as answer,
    ):
        await answer.content.readexactly(1000)
        # Nobody reads on, so nothing more is fetched than what fits on the way.
        before = -1.0
        while before != (before := await fetched(bench)):
            await asyncio.sleep(0.1)
        assert before < 20 << 20
        answer.close()
    async with asyncio.timeout(5):
        while len(bench.audit()) < 2:
            await asyncio.sleep(0.02)
    assert bench.audit()[-1]["outcome"] == "cut"
    assert 0 < bench.audit()[-1]["bytes"] < 20 << 20


async def fetched(bench: Bench) -> float:
    text = (await bench.ask("GET", "metrics", token="prometheus"))[1].decode()
    (line,) = [line for line in text.splitlines() if line.startswith("hubdrives_fetched_bytes_total")]
    return float(line.split()[1])


async def test_what_a_folder_is_costs_the_drive_nothing_once_it_was_listed(bench: Bench) -> None:
    bench.file("a.txt")
    await bench.start(EVERYONE)
    provider = bench.connect(bench.people.token("alice"))
    location = Gateway.parse(bench.drive.location, base_url=bench.url)
    assert location is not None
    first = await provider.describe(location)
    await provider.snapshot(location)
    bench.asked()
    assert await provider.describe(location) == first
    assert bench.asked() == {}


async def test_a_folder_is_not_taken_for_another_that_has_the_same_in_it(bench: Bench) -> None:
    folders = [bench.folder_in(name) for name in ("week 1", "week 2")]
    for folder in folders:
        bench.file("same.txt", "same", folder)
    await bench.start(EVERYONE)
    provider = bench.connect(bench.people.token("alice"))
    one, other = [Gateway.parse(address(folder), base_url=bench.url) for folder in folders]
    assert one is not None
    assert other is not None
    known = await provider.snapshot(one)
    found = await provider.snapshot(other, known=known)
    assert found.digest == known.digest
    assert (known.location.id, found.location.id) == tuple(folders)
