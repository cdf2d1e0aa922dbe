"""Files and parts of them, one by one and many at once."""

import hashlib

import pytest
from tests.gateway.bench import Bench
from tests.gateway.questions import EVERYONE, snapshot, stream, wanted

from hubdrives.frames import Frame
from hubdrives.testing.emulators.content import Content

DATA = bytes(range(256)) * 1000


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
async def test_a_part_of_a_file_can_be_asked_for(
    bench: Bench, range_: str, expected: tuple[int, int], said: str
) -> None:
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
    again = await bench.ask(
        "GET", "api/v1/file", token=token, params=params, headers={"If-None-Match": headers["ETag"]}
    )
    assert again[0] == 304
    for condition, status in ((headers["ETag"], 206), ('"other"', 200)):
        part = {"Range": "bytes=0-3", "If-Range": condition}
        assert (await bench.ask("GET", "api/v1/file", token=token, params=params, headers=part))[0] == status


async def test_a_document_of_unknown_size_comes_whole(bench: Bench) -> None:
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
    await bench.start(EVERYONE)
    token = bench.people.token("alice")
    old = await wanted(bench, token, "a.txt")
    assert (await bench.ask("GET", "api/v1/file", token=token, params=old))[1] == b"old"
    bench.drive.tree.replace(item, Content.of("new"))
    new = await wanted(bench, token, "a.txt")
    assert (await bench.ask("GET", "api/v1/file", token=token, params=new))[1] == b"new"
    assert (await bench.ask("GET", "api/v1/file", token=token, params=old))[1] == b"old"


@pytest.mark.parametrize(
    "change", [{"version": "never"}, {"path": "never.txt"}, {"path": "../a.txt"}, {"path": ""}, {"version": ""}]
)
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
    asked = [
        {"path": name, "version": (await wanted(bench, token, name))["version"]} for name in ("a.txt", "b.txt", "c.txt")
    ]
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
    await bench.start(EVERYONE)
    token = bench.people.token("alice")
    file = await wanted(bench, token, "a.txt")
    bench.drive.faults.set(
        [{"operation": "files.media", "effect": "error", "reason": "userRateLimitExceeded", "retry_after": 1}]
    )
    frames = await stream(bench, token, [{"path": "a.txt", "version": file["version"]}])
    assert "Google Drive" in {frame.waiting.on for frame, _ in frames if frame.waiting}
    assert frames[-2][1] == b"text"


async def test_a_stream_is_not_silent_in_the_middle_of_a_slow_file(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hubdrives.gateway import stream as module

    monkeypatch.setattr(module, "PULSE", 0.005)
    data = bytes(range(256)) * (5 << 10)
    bench.file("large.bin", data)
    await bench.start(EVERYONE)
    token = bench.people.token("alice")
    file = await wanted(bench, token, "large.bin")
    bench.drive.faults.set([{"operation": "files.media", "effect": "slow", "rate": 2 << 20}])
    frames = await stream(bench, token, [{"path": "large.bin", "version": file["version"]}])
    pieces = [index for index, (frame, _) in enumerate(frames) if frame.file == 0]
    assert any(frame.waiting for frame, _ in frames[pieces[0] : pieces[-1]])
    assert b"".join(part for _, part in frames) == data


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
