"""A class's pull of a Seafile folder costs a zip, not two requests a file; and what happens when that fails."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from tests.gateway.library import ONE_ZIP, SOURCE, Reading, reading
from tests.gateway.questions import stream

from hubdrives.gateway import bringing
from hubdrives.gateway import stream as streaming
from hubdrives.providers.gateway import Gateway

CLASS = 50


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Reading]:
    async with reading(tmp_path) as made:
        yield made


async def everybody(world: Reading, versions: dict[str, str], sets: list[list[str]]) -> list[dict[str, bytes]]:
    """What each of a class gets who click at once, each wanting a set of files."""
    tokens = [world.people.token(f"student-{number}") for number in range(len(sets))]
    pulled = await asyncio.gather(
        *(world.pull(token, versions, paths) for token, paths in zip(tokens, sets, strict=True))
    )
    assert all(wrong == {} for _, wrong in pulled)
    return [found for found, _ in pulled]


async def test_the_first_pull_costs_what_it_costs_without_a_gateway_and_the_next_one_nothing(world: Reading) -> None:
    files = world.plant(500)
    await world.open()
    alice, bob = world.people.token("alice"), world.people.token("bob")
    versions = await world.listed(alice)
    assert await world.pull(alice, versions) == (files, {})
    assert world.asked_seafile() == ONE_ZIP
    assert await world.pull(bob, versions) == (files, {})
    assert world.asked_seafile() == {}


async def test_a_class_that_clicks_at_once_costs_one_zip(world: Reading) -> None:
    files = world.plant(500)
    await world.open()
    versions = await world.listed(world.people.token("alice"))
    assert await everybody(world, versions, [list(files)] * CLASS) == [files] * CLASS
    assert world.asked_seafile() == ONE_ZIP


async def test_it_costs_one_zip_also_when_each_wants_other_files(
    world: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bringing, "TOGETHER", 0.8)
    files = world.plant(200)
    await world.open()
    versions = await world.listed(world.people.token("alice"))
    paths = list(files)
    sets = [paths[::2], paths, paths[1::2], paths[:100], paths[50:]] * 10
    assert await everybody(world, versions, sets) == [{path: files[path] for path in wanted} for wanted in sets]
    assert world.asked_seafile() == ONE_ZIP


async def test_who_comes_later_with_another_set_has_only_the_rest_brought(world: Reading) -> None:
    files = world.plant(200)
    await world.open()
    alice, bob = world.people.token("alice"), world.people.token("bob")
    versions = await world.listed(alice)
    world.fault("zip.get", "delay", seconds=0.4)
    first = asyncio.create_task(world.pull(alice, versions, sorted(files)[:100]))
    while not world.seafile.requests.by_operation["zip.get"]:
        await asyncio.sleep(0.01)
    assert await world.pull(bob, versions) == (files, {})
    assert (await first)[1] == {}
    assert world.asked_seafile() == {name: 2 * number for name, number in ONE_ZIP.items()}
    assert (await world.numbers())["hubdrives_fetched_bytes_total"] == sum(map(len, files.values()))


async def test_a_handful_comes_as_ever(world: Reading) -> None:
    files = world.plant(bringing.FEW - 1)
    await world.open()
    alice = world.people.token("alice")
    assert await world.pull(alice, await world.listed(alice)) == (files, {})
    assert world.asked_seafile() == {"file.link": len(files), "files.get": len(files)}


async def test_a_handful_that_is_missing_among_many_comes_as_ever(world: Reading) -> None:
    world.plant(40)
    await world.open()
    alice = world.people.token("alice")
    await world.pull(alice, await world.listed(alice))
    world.seafile.add_file("week 3/new.txt", "new")
    await world.server.close()
    await world.open()
    found, wrong = await world.pull(alice, await world.listed(alice))
    assert (len(found), wrong) == (41, {})
    assert world.asked_seafile() == {"file.link": 1, "files.get": 1}


async def test_large_files_and_small_ones_come_in_one_answer(world: Reading) -> None:
    files = world.plant(30)
    files["video.mp4"] = bytes(range(256)) * ((bringing.SMALL >> 8) + 1)
    world.seafile.add_file("video.mp4", files["video.mp4"])
    await world.open()
    alice = world.people.token("alice")
    assert await world.pull(alice, await world.listed(alice)) == (files, {})
    asked = world.asked_seafile()
    assert (asked["zip.task"], asked["files.get"]) == (1, 1)


async def test_what_is_there_goes_out_first_and_the_answer_is_never_silent(
    world: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "PULSE", 0.02)
    files = world.plant(60)
    await world.open()
    alice = world.people.token("alice")
    versions = await world.listed(alice)
    there = list(files)[30:]
    await world.pull(alice, versions, there)
    world.fault("zip.get", "delay", seconds=0.3)
    frames = [frame for frame, _ in await stream(
        world, alice, [{"path": path, "version": version} for path, version in sorted(
            versions.items(), key=lambda item: item[0] in there
        )], SOURCE
    )]  # fmt: skip
    sent = [frame.file for frame in frames if frame.file is not None]
    assert (set(sent[:30]), len(sent)) == (set(range(30, 60)), 60)
    last_there = max(at for at, frame in enumerate(frames) if (frame.file or 0) >= 30)
    assert any(frame.waiting for frame in frames[last_there:])


async def test_the_numbers_count_each_file_of_an_answer_once(world: Reading) -> None:
    files = world.plant(60)
    await world.open()
    alice = world.people.token("alice")
    versions = await world.listed(alice)
    size = sum(map(len, files.values()))
    await world.pull(alice, versions)
    first = {"hubdrives_cache_bytes": size, "hubdrives_fetched_bytes_total": size}
    miss, hit = 'hubdrives_cache_total{result="miss"}', 'hubdrives_cache_total{result="hit"}'
    numbers = await world.numbers()
    assert {name: number for name, number in numbers.items() if "created" not in name} == {**first, miss: 60}
    await world.pull(alice, versions)
    numbers = await world.numbers()
    assert {name: number for name, number in numbers.items() if "created" not in name} == {**first, miss: 60, hit: 60}


async def test_a_file_that_changed_meanwhile_is_told_and_stops_no_other(world: Reading) -> None:
    files = world.plant(60)
    await world.open()
    alice = world.people.token("alice")
    versions = await world.listed(alice)
    changed = "week 3/data 3.txt"
    world.seafile.add_file(changed, b"x" * len(files[changed]))
    assert await world.pull(alice, versions) == (
        {path: data for path, data in files.items() if path != changed},
        {changed: "version-gone"},
    )
    assert world.asked_seafile()["zip.get"] == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"operation": "zip.get", "effect": "cut", "bytes": 2000, "times": None},
        {"operation": "zip.task", "effect": "html", "status": 404},
    ],
)
async def test_a_zip_that_fails_is_nobody_s_trouble(world: Reading, fault: dict[str, object]) -> None:
    files = world.plant(60)
    await world.open()
    versions = await world.listed(world.people.token("alice"))
    world.seafile.faults.set([fault])
    assert await everybody(world, versions, [list(files)] * 5) == [files] * 5
    assert 1 <= world.asked_seafile()["files.get"] <= len(files)


async def test_when_reading_together_ends_half_way_the_rest_comes_file_by_file(world: Reading) -> None:
    files = world.plant(60)
    await world.open()
    versions = await world.listed(world.people.token("alice"))
    # One file stays away for as long as the gateway is patient: so the provider gives all of them up, once.
    world.seafile.faults.set(
        [
            {"operation": "zip.task", "effect": "error", "reason": "permission_denied", "times": None},
            {"operation": "file.link", "effect": "html", "name": "data 30.txt", "times": 4},
        ]
    )
    assert await everybody(world, versions, [list(files)] * 5) == [files] * 5
    assert world.seafile.requests.by_operation["zip.task"] == 1
    assert (await world.numbers())["hubdrives_fetched_bytes_total"] == sum(map(len, files.values()))


async def test_a_refused_credential_is_told_to_all_who_wait(world: Reading) -> None:
    files = world.plant(60)
    await world.open()
    alice, bob = world.people.token("alice"), world.people.token("bob")
    versions = await world.listed(alice)
    world.fault("*", "error", reason="invalid_token", times=None)
    pulled = await asyncio.gather(*(world.pull(token, versions) for token in (alice, bob)))
    assert pulled == [({}, dict.fromkeys(files, "bad-credential"))] * 2
    world.seafile.faults.set([])
    assert await world.pull(alice, versions) == (files, {})


async def test_who_goes_away_leaves_it_to_the_others(world: Reading) -> None:
    files = world.plant(60)
    await world.open()
    alice, bob = world.people.token("alice"), world.people.token("bob")
    versions = await world.listed(alice)
    world.fault("zip.get", "delay", seconds=0.4)
    wanted = [{"path": path, "version": version} for path, version in versions.items()]
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"token {alice}"}) as session,
        session.post(f"{world.url}api/v1/files", json={"source": SOURCE, "files": wanted}) as answer,
    ):
        assert answer.status == 200
        while not world.seafile.requests.by_operation["zip.get"]:
            await asyncio.sleep(0.01)
        staying = asyncio.create_task(world.pull(bob, versions))
        await asyncio.sleep(0.05)
    assert await staying == (files, {})
    assert world.asked_seafile() == ONE_ZIP


async def test_who_goes_away_leaves_no_more_behind_than_comes_at_once(
    world: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bringing, "MOST", 10_000)
    files = world.plant(200)
    await world.open()
    alice = world.people.token("alice")
    versions = await world.listed(alice)
    world.fault("zip.get", "delay", seconds=0.3)
    wanted = [{"path": path, "version": versions[path]} for path in sorted(versions)]
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"token {alice}"}) as session,
        session.post(f"{world.url}api/v1/files", json={"source": SOURCE, "files": wanted}),
    ):
        while not world.seafile.requests.by_operation["zip.get"]:
            await asyncio.sleep(0.01)
    before = -1.0
    while not before == (kept := (await world.numbers())["hubdrives_cache_bytes"]) > 0:
        before = kept
        await asyncio.sleep(0.2)
    assert kept <= 10_000
    assert await world.pull(alice, versions) == (files, {})


async def test_memory_holds_a_part_of_it_only(world: Reading) -> None:
    size, number = 2 << 20, 64
    data = bytes(size)
    for index in range(number):
        world.seafile.add_file(f"week {index % 4}/{index}.bin", data)
    await world.open()
    provider = world.connect(world.people.token("alice"))
    location = Gateway.parse(SOURCE, base_url=world.url)
    assert location is not None
    entries = (await provider.snapshot(location)).files
    world.asked_seafile()
    tracemalloc.start()
    try:
        came = sum([len(piece.data) async for piece in provider.read_many(entries)])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert came == size * number
    assert world.asked_seafile()["zip.task"] == size * number // bringing.MOST
    assert peak < bringing.MOST + 3 * bringing.SMALL


async def test_users_with_tokens_of_their_own_share_what_both_see(world: Reading) -> None:
    shared = world.seafile.add_library("course")
    files = world.plant(60, library=shared)
    for user in ("alice", "bob"):
        world.seafile.add_user(f"{user}@example.org")
        world.seafile.share(shared, f"{user}@example.org")
    await world.open_personal()
    source = world.seafile.url + world.seafile.web_address(shared)
    alice, bob = world.people.token("alice"), world.people.token("bob")
    versions = await world.listed(alice, source)
    await world.listed(bob, source)
    pulled = await asyncio.gather(*(world.pull(token, versions, source=source) for token in (alice, bob)))
    assert pulled == [(files, {})] * 2
    assert world.asked_seafile() == ONE_ZIP


async def test_what_only_one_user_s_token_opens_never_comes_with_another_s(world: Reading) -> None:
    sources, planted = {}, {}
    for user in ("alice", "bob"):
        account = world.seafile.add_user(f"{user}@example.org")
        library = world.seafile.add_library(user, account)
        planted[user] = world.plant(60, library=library, prefix=user)
        sources[user] = world.seafile.url + world.seafile.web_address(library)
    await world.open_personal()
    tokens = {user: world.people.token(user) for user in sources}
    versions = {user: await world.listed(tokens[user], sources[user]) for user in sources}
    pulled = await asyncio.gather(*(world.pull(tokens[user], versions[user], source=sources[user]) for user in sources))
    assert pulled == [(planted[user], {}) for user in sources]
    assert world.asked_seafile() == {name: 2 * number for name, number in ONE_ZIP.items()}


async def test_what_is_wrong_with_the_token_that_brings_it_is_nothing_to_others(world: Reading) -> None:
    shared = world.seafile.add_library("course")
    files = world.plant(60, library=shared)
    for user in ("alice", "bob"):
        world.seafile.add_user(f"{user}@example.org")
        world.seafile.share(shared, f"{user}@example.org")
    await world.open_personal()
    source = world.seafile.url + world.seafile.web_address(shared)
    alice, bob = world.people.token("alice"), world.people.token("bob")
    versions = await world.listed(alice, source)
    await world.listed(bob, source)
    # Alice's account is switched off while hers is the token that brings the files for both.
    world.fault("dir.list", "delay", seconds=0.3)
    first = asyncio.create_task(world.pull(alice, versions, source=source))
    while not world.seafile.requests.by_operation["dir.list"]:
        await asyncio.sleep(0.01)
    second = asyncio.create_task(world.pull(bob, versions, source=source))
    await asyncio.sleep(0.05)
    world.seafile.people.users["alice@example.org"].active = False
    world.seafile.people.end_tokens()
    _, alices = await first
    found, bobs = await second
    assert set(alices.values()) == {"login-needed"}
    assert set(bobs.values()) <= {"unavailable"}
    rest, wrong = await world.pull(bob, versions, bobs, source)
    assert (found | rest, wrong) == (files, {})
