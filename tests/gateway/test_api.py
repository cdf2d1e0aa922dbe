"""How the gateway answers: statuses, headers, parts of files, answers that take their time."""

import asyncio
import gzip
import io
import json
from typing import Any

import aiohttp
import pytest
from tests.gateway.bench import Bench, address

from hubdrives.config import Grant
from hubdrives.errors import all_errors
from hubdrives.gateway import answers
from hubdrives.wire import Frame, Reader

EVERYONE = Grant(connection="drive", everyone=True)
DATA = bytes(range(256)) * 1000


async def snapshot(bench: Bench, token: str, **headers: str) -> tuple[int, Any, Any]:
    return await bench.ask("GET", "api/v1/snapshot", token=token, params={"source": "drive:/"}, headers=headers)


async def wanted(bench: Bench, token: str, path: str) -> dict[str, str]:
    """What to ask for to get the file at `path`."""
    _, found, _ = await snapshot(bench, token)
    (version,) = [entry["version"] for entry in found["entries"] if entry["path"] == path]
    return {"source": "drive:/", "path": path, "version": version}


async def stream(bench: Bench, token: str, files: list[dict[str, Any]], source: str = "drive:/") -> list[tuple[Frame, bytes]]:
    status, body, _ = await bench.ask("POST", "api/v1/files", token=token, json={"source": source, "files": files})
    assert status == 200, body
    return list(Reader().feed(body))


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


@pytest.mark.parametrize(("method", "path"), [("GET", "nowhere"), ("POST", "api/v1/snapshot"), ("GET", "../../hub"), ("DELETE", "api/v1/file")])
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
    assert (status, headers["ETag"]) == (200, f'"{answer["digest"]}"')
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


# One file


@pytest.mark.parametrize(
    ("range_", "expected", "said"),
    [
        ("bytes=0-9", (0, 10), "bytes 0-9/256000"),
        ("bytes=255990-", (255990, 256000), "bytes 255990-255999/256000"),
        ("bytes=255990-999999", (255990, 256000), "bytes 255990-255999/256000"),
        ("bytes=-10", (255990, 256000), "bytes 255990-255999/256000"),
        ("bytes=-999999", (0, 256000), "bytes 0-255999/256000"),
    ],
)
async def test_a_part_of_a_file_can_be_asked_for(bench: Bench, range_: str, expected: tuple[int, int], said: str) -> None:
    bench.file("a.bin", DATA)
    await bench.start(EVERYONE)
    token = bench.people.token("alice")
    params = await wanted(bench, token, "a.bin")
    status, body, headers = await bench.ask("GET", "api/v1/file", token=token, params=params, headers={"Range": range_})
    assert (status, headers["Content-Range"]) == (206, said)
    assert body == DATA[slice(*expected)]


@pytest.mark.parametrize("range_", ["bytes=256000-", "bytes=999999-1000000"])
async def test_a_part_that_the_file_does_not_have_is_told_so(bench: Bench, range_: str) -> None:
    bench.file("a.bin", DATA)
    await bench.start(EVERYONE)
    token = bench.people.token("alice")
    params = await wanted(bench, token, "a.bin")
    status, body, headers = await bench.ask("GET", "api/v1/file", token=token, params=params, headers={"Range": range_})
    assert (status, body, headers["Content-Range"]) == (416, b"", "bytes */256000")


@pytest.mark.parametrize("range_", ["bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", ""])
async def test_a_part_that_can_not_be_understood_means_all(bench: Bench, range_: str) -> None:
    bench.file("a.bin", DATA)
    await bench.start(EVERYONE)
    token = bench.people.token("alice")
    params = await wanted(bench, token, "a.bin")
    status, body, _ = await bench.ask("GET", "api/v1/file", token=token, params=params, headers={"Range": range_})
    assert (status, body) == (200, DATA)


async def test_a_file_has_the_headers_that_a_browser_must_see(bench: Bench) -> None:
    bench.file("a.html", "<script>alert(1)</script>")
    await bench.start(EVERYONE)
    token = bench.people.token("alice")
    params = await wanted(bench, token, "a.html")
    status, body, headers = await bench.ask("GET", "api/v1/file", token=token, params=params)
    assert (status, body) == (200, b"<script>alert(1)</script>")
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox")
    head = await bench.ask("HEAD", "api/v1/file", token=token, params=params)
    assert (head[0], head[1], head[2]["Content-Length"], head[2]["ETag"]) == (200, b"", "25", headers["ETag"])
    again = await bench.ask("GET", "api/v1/file", token=token, params=params, headers={"If-None-Match": headers["ETag"]})
    assert again[0] == 304
    for condition, status in ((headers["ETag"], 206), ('"other"', 200)):
        part = {"Range": "bytes=0-3", "If-Range": condition}
        assert (await bench.ask("GET", "api/v1/file", token=token, params=params, headers=part))[0] == status


async def test_a_document_of_unknown_size_comes_whole(bench: Bench) -> None:
    from hubdrives.testing.emulators.content import Content

    bench.drive.tree.add("Plan", parent=bench.drive.root, kind="document", content=Content.of("the plan"))
    await bench.start(EVERYONE)
    token = bench.people.token("alice")
    _, found, _ = await snapshot(bench, token)
    (entry,) = found["entries"]
    assert "size" not in entry
    params = {"source": "drive:/", "path": entry["path"], "version": entry["version"]}
    status, body, headers = await bench.ask("GET", "api/v1/file", token=token, params=params)
    assert (status, int(headers["Content-Length"])) == (200, len(body))
    part = await bench.ask("GET", "api/v1/file", token=token, params=params, headers={"Range": "bytes=2-5"})
    assert (part[0], part[1]) == (206, body[2:6])
    assert bench.asked()["files.export"] == 1


async def test_an_old_version_can_be_read_while_a_pull_may_need_it(bench: Bench) -> None:
    item = bench.file("a.txt", "old")
    from hubdrives.testing.emulators.content import Content

    await bench.start(EVERYONE)
    token = bench.people.token("alice")
    old = await wanted(bench, token, "a.txt")
    assert (await bench.ask("GET", "api/v1/file", token=token, params=old))[1] == b"old"
    bench.drive.tree.replace(item, Content.of("new"))
    new = await wanted(bench, token, "a.txt")
    assert (await bench.ask("GET", "api/v1/file", token=token, params=new))[1] == b"new"
    assert (await bench.ask("GET", "api/v1/file", token=token, params=old))[1] == b"old"


@pytest.mark.parametrize("change", [{"version": "never"}, {"path": "never.txt"}, {"path": "../a.txt"}, {"path": ""}, {"version": ""}])
async def test_a_file_that_no_listing_names_is_gone(bench: Bench, change: dict[str, str]) -> None:
    bench.file("a.txt", "text")
    await bench.start(EVERYONE)
    token = bench.people.token("alice")
    params = {**await wanted(bench, token, "a.txt"), **change}
    status, answer, _ = await bench.ask("GET", "api/v1/file", token=token, params=params)
    assert (status, answer["code"]) == (410, "version-gone")
    ((frame, _), (end, _)) = await stream(bench, token, [{"path": params["path"], "version": params["version"]}])
    assert (frame.file, frame.error["code"], end.done) == (0, "version-gone", True)


async def test_after_a_restart_files_are_still_found(bench: Bench) -> None:
    bench.file("a.txt", "text")
    await bench.start(EVERYONE)
    token = bench.people.token("alice")
    params = await wanted(bench, token, "a.txt")
    await bench.start(EVERYONE)
    assert (await bench.ask("GET", "api/v1/file", token=token, params=params))[1] == b"text"


# Many files


async def test_many_files_come_in_one_stream_each_with_its_digest(bench: Bench) -> None:
    import hashlib

    files = {f"f{number}.bin": bytes([number]) * (number * 7000) for number in range(30)}
    for name, data in files.items():
        bench.file(name, data)
    await bench.start(EVERYONE)
    token = bench.people.token("alice")
    _, found, _ = await snapshot(bench, token)
    asked = [{"path": entry["path"], "version": entry["version"]} for entry in found["entries"]]
    frames = await stream(bench, token, asked)
    got: dict[str, bytes] = {}
    for frame, data in frames[:-1]:
        name = asked[frame.file]["path"]
        got[name] = got.get(name, b"") + data
        assert frame.end in {None, f"sha256:{hashlib.sha256(files[name]).hexdigest()}"}
    assert got == files
    assert frames[-1][0] == Frame(done=True)


async def test_one_bad_file_does_not_spoil_the_others(bench: Bench) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        bench.file(name, name)
    await bench.start(EVERYONE)
    token = bench.people.token("alice")
    asked = [{"path": name, "version": (await wanted(bench, token, name))["version"]} for name in ("a.txt", "b.txt", "c.txt")]
    bench.drive.faults.set([{"operation": "files.media", "name": "b.txt", "effect": "abusive", "times": None}])
    frames = await stream(bench, token, asked)
    assert {(frame.file, data) for frame, data in frames if frame.end} == {(0, b"a.txt"), (2, b"c.txt")}
    assert [frame.error["code"] for frame, _ in frames if frame.error] == ["unreadable"]


async def test_a_stream_can_begin_in_the_middle_of_a_file(bench: Bench) -> None:
    bench.file("a.bin", DATA)
    await bench.start(EVERYONE)
    token = bench.people.token("alice")
    file = await wanted(bench, token, "a.bin")
    frames = await stream(bench, token, [{"path": "a.bin", "version": file["version"], "start": 200_000}])
    assert b"".join(data for _, data in frames) == DATA[200_000:]


async def test_a_silent_stream_says_whom_it_waits_for(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from hubdrives.gateway import stream as module

    monkeypatch.setattr(module, "PULSE", 0.05)
    bench.file("a.txt", "text")
    bench.file("large.bin", bytes(3 << 20))
    await bench.start(EVERYONE)
    token = bench.people.token("alice")
    files = [{"path": name, "version": (await wanted(bench, token, name))["version"]} for name in ("a.txt", "large.bin")]
    bench.drive.faults.set(
        [
            {"operation": "files.media", "name": "a.txt", "effect": "error", "reason": "userRateLimitExceeded", "retry_after": 1},
            {"operation": "files.media", "name": "large.bin", "effect": "slow", "rate": 6 << 20},
        ]
    )
    frames = await stream(bench, token, files)
    told = [frame.waiting for frame, _ in frames if frame.waiting]
    assert "Google Drive" in {waiting.on for waiting in told}
    assert {frame.file for frame, _ in frames if frame.end} == {0, 1}


async def test_what_is_too_large_to_keep_passes_through(bench: Bench) -> None:
    bench.file("a.bin", DATA)
    await bench.start(EVERYONE, cache_bytes=len(DATA))
    token = bench.people.token("alice")
    params = await wanted(bench, token, "a.bin")
    bench.asked()
    for _ in range(2):
        assert (await bench.ask("GET", "api/v1/file", token=token, params=params))[1] == DATA
    frames = await stream(bench, token, [{"path": "a.bin", "version": params["version"]}])
    assert b"".join(data for _, data in frames) == DATA
    assert bench.asked()["files.media"] == 3
    assert not list((bench.folder / "cache" / "blobs").iterdir())
