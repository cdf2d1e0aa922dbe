"""Two students with different courses, one gateway: nobody sees what another's token opened, kept or not.

The matrices ask every endpoint with every wrong identity, before and after the right one has been served; they are
shown at the end of the test run. The first is about a Canvas, the second about a place where things can be changed.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.gateway.bench import PREFIX
from tests.gateway.campus import EVERYBODYS_OWN, LOGIN_URL, Campus, campus_of
from tests.gateway.questions import Question, table
from tests.gateway.shelves import ALL, ShelfBehindAGateway, shelved
from tests.gateway.spaced import Spaced, spaced
from tests.gateway.test_spaces_isolation import about_alice
from tests.gateway.test_transfers import about_transfer
from tests.gateway.test_volumes import about_volumes
from tests.testing.shelf import READER

from hubdrives.config import Grant
from hubdrives.frames import Reader
from hubdrives.providers.abilities import Share

SECRET = "the answer of the rain course is forty-two\n"
NAMES = ("Rain 101", "rain-answers.txt")
MOMENT = datetime(2030, 1, 2, tzinfo=UTC)


@pytest.fixture
async def campus(tmp_path: Path) -> AsyncIterator[Campus]:
    async with campus_of(tmp_path) as made:
        yield made


def leaks(text: str) -> list[str]:
    """What of alice's course is in an answer."""
    return [secret for secret in (SECRET.strip(), *NAMES) if secret in text]


async def alices(campus: Campus) -> tuple[dict[str, Question], str]:
    """Every endpoint, asked about alice's file in alice's course; and her hub token."""
    course = campus.course("Rain 101", "alice", "tess", files={"rain-answers.txt": SECRET})
    campus.course("Snow 102", "bob", files={"snow.txt": "snow"})
    await campus.open(
        EVERYBODYS_OWN.__class__(connection="canvas", groups=("students",)),
        Grant(connection="canvas", users=("tess",), can=("read", "link")),
    )
    alice, tess = campus.people.token("alice", "students"), campus.people.token("tess")
    _, found, headers = await campus.ask("GET", "api/v1/snapshot", token=tess, params={"source": course})
    (entry,) = [one for one in found["entries"] if one["path"] == "rain-answers.txt"]
    _, link, _ = await campus.ask("POST", "api/v1/links", token=tess, json={"source": course, "group": "students"})
    _, _, file_headers = await campus.ask(
        "GET",
        "api/v1/file",
        token=tess,
        params={"source": course, "path": entry["path"], "version": entry["version"]},
    )
    source, file = {"source": course}, {"path": entry["path"], "version": entry["version"]}
    linked = {"source": f"link:{link['token']}"}
    wanted = {"files": [file]}
    return {
        "describe": Question("GET", "api/v1/describe", source),
        "describe, by link": Question("GET", "api/v1/describe", linked),
        "contains": Question("GET", "api/v1/contains", {**source, "under": entry["path"], "root": course}),
        "snapshot": Question("GET", "api/v1/snapshot", source),
        "snapshot, by link": Question("GET", "api/v1/snapshot", linked),
        "snapshot, by its tag": Question("GET", "api/v1/snapshot", source, {"If-None-Match": headers["ETag"]}),
        "file": Question("GET", "api/v1/file", {**source, **file}),
        "file, its head": Question("HEAD", "api/v1/file", {**source, **file}),
        "file, a range": Question("GET", "api/v1/file", {**source, **file}, {"Range": "bytes=0-9"}),
        "file, by its tag": Question("GET", "api/v1/file", {**source, **file}, {"If-None-Match": file_headers["ETag"]}),
        "file, by link": Question("GET", "api/v1/file", {**linked, **file}),
        "files": Question("POST", "api/v1/files", body={**source, **wanted}),
        "files, by link": Question("POST", "api/v1/files", body={**linked, **wanted}),
        "links": Question("POST", "api/v1/links", body=source),
        "check": Question("GET", "api/v1/check", source),
    }, alice


async def test_every_endpoint_refuses_every_wrong_identity(campus: Campus, show: Callable[[str, str], None]) -> None:
    questions, alice = await alices(campus)
    campus.logins.ended.add("eve")
    wrong: dict[str, str | None] = {
        "another student": campus.people.token("bob", "students"),
        "no grant": campus.people.token("mallory"),
        "login ended": campus.people.token("eve", "students"),
        "no hub token": None,
        "unknown token": "made-up-0123456789abcdef",
        "alice's Canvas token": campus.canvas.token("alice"),
    }
    right = {name: (await question.ask(campus, alice))[0] for name, question in questions.items()}
    rows: dict[str, dict[str, str]] = {}
    for name, question in questions.items():
        row = rows.setdefault(name, {"alice": str(right[name])})
        for who, token in wrong.items():
            status, text = await question.ask(campus, token)
            if question.method == "POST" and name.startswith("files") and status == 200:
                # A stream begins before the listing is there; what it says is in it.
                status, text = await streamed(campus, question, token)
            assert not leaks(text), (name, who, text)
            if status == 200 and name == "check":
                # It is about the caller's own connections, and takes nothing else from the question.
                row[who] = "own"
            else:
                row[who] = "no" if "'contains': False" in text else str(status)
                assert row[who] in {"403", "404", "no"}, (name, who, status, text)
    show("Who gets what of alice's course (HTTP status; nobody but alice saw a byte or a name of it)", table(rows))
    # The same endpoints do answer the one who may: the refusals are not those of a gateway that is closed.
    assert {name for name, status in right.items() if status not in {200, 206, 304}} == {"links"}


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[ShelfBehindAGateway]:
    async with shelved(tmp_path) as made:
        yield made


async def alices_changes(world: ShelfBehindAGateway) -> dict[str, Question]:
    """Every endpoint that looks deeper or changes something, asked about alice's folder; each would do it."""
    for path in ("alice/rain-answers.txt", "alice/old/a.txt", "bob/snow.txt"):
        await world.write(path, SECRET.encode())
    for data in (b"zeroth", b"first"):
        await world.write("alice/v.txt", data)
    world.shelf.find("room/alice/rain-answers.txt").history[0].modified = MOMENT
    folder, bobs = [world.address(await world.item(name)) for name in ("alice", "bob")]
    version = world.shelf.find("room/alice/v.txt").history[1].id
    item = world.shelf.find("room/alice")
    shares = []
    for who in sorted(world.shelf.people):
        share = Share(id=f"share-of-{who}", who=who, role=READER)
        item.shares[share.id] = share
        shares.append(share.id)
    source, file = {"source": folder}, {"source": folder, "under": "v.txt"}
    doomed = {"source": folder, "under": "old/a.txt"}
    return {
        "search": Question("GET", "api/v1/search", {**source, "text": "rain"}),
        "write": Question("PUT", "api/v1/file", {**source, "name": "rain-answers.txt"}, data=b"mine now"),
        "write, a new file": Question(
            "PUT", "api/v1/file", {**source, "name": "n.txt"}, {"If-None-Match": "*"}, data=b"new"
        ),
        "make-folder": Question("POST", "api/v1/folders", body={**source, "name": "new"}),
        "versions": Question("GET", "api/v1/versions", file),
        "version": Question("GET", "api/v1/version", {**file, "version": version}),
        "version, its head": Question("HEAD", "api/v1/version", {**file, "version": version}),
        "version, a range": Question("GET", "api/v1/version", {**file, "version": version}, {"Range": "bytes=0-2"}),
        "restore": Question("POST", "api/v1/restore", body={**file, "version": version}),
        "move, a name": Question("POST", "api/v1/move", body={**file, "name": "w.txt"}),
        "move, to bob's": Question("POST", "api/v1/move", body={**source, "under": "w.txt", "to": bobs}),
        "remove": Question("DELETE", "api/v1/entry", doomed),
        "token": Question("POST", "api/v1/token", body=source),
        "shares": Question("GET", "api/v1/shares", source),
        "share": Question("POST", "api/v1/shares", body={**source, "who": "the team", "group": True}),
        "change-share": Question("PATCH", "api/v1/shares", body={**source, "id": shares[0], "role": "editor"}),
        "unshare": Question("DELETE", "api/v1/shares", {**source, "id": shares[1]}),
    }


async def test_no_wrong_identity_changes_anything(shelf: ShelfBehindAGateway, show: Callable[[str, str], None]) -> None:
    questions = await alices_changes(shelf)
    people = shelf.bench.people
    await shelf.personal({"alice": await shelf.item("alice"), "bob": await shelf.item("bob")})
    await shelf.open(
        Grant(connection="shelf", groups=("students",), can=ALL),
        Grant(connection="shelf", users=("rita",), can=("read", "link")),
        Grant(connection="shelf", users=("wanda",), can=("write", "share")),
        personal=True,
        fresh_seconds=600.0,
    )
    wrong: dict[str, str | None] = {
        "another student": people.token("bob", "students"),
        "reads only": people.token("rita"),
        "writes, shares": people.token("wanda"),
        "no grant": people.token("mallory"),
        "no hub token": None,
        "unknown token": "made-up-0123456789abcdef",
        "alice's own token": "shelf-token-of-alice",
    }
    alice = people.token("alice", "students")
    rows: dict[str, dict[str, str]] = {}
    for name, question in questions.items():
        before = image(shelf)
        row = rows[name] = {"alice": ""}
        for asked in ("before", "after"):
            for who, token in wrong.items():
                status, text = await question.ask(shelf.bench, token)
                assert status in {403, 404}, (name, who, asked, status, text)
                assert not leaks(text), (name, who, text)
                row[who] = str(status)
            assert image(shelf) == before, (name, asked)
            if asked == "before":
                status, text = await question.ask(shelf.bench, alice)
                row["alice"] = str(status)
                changes = question.method not in {"GET", "HEAD"} and name not in {"move, to bob's", "token"}
                assert (image(shelf) != before) == changes, (name, text)
                before = image(shelf)
    show("Who changes what of alice's folder (HTTP status; nobody but alice changed or saw anything)", table(rows))
    # She may not put it where she has nothing either.
    assert {name for name, row in rows.items() if row["alice"] not in {"200", "206"}} == {"move, to bob's"}


def image(world: ShelfBehindAGateway) -> list[object]:
    """All that is there."""
    items = [world.shelf.top, *world.shelf.top.all_below()]
    return [(item.id, item.path, [one.id for one in item.history], repr(item.shares)) for item in items]


@pytest.fixture
async def spaces(tmp_path: Path) -> AsyncIterator[Spaced]:
    async with spaced(tmp_path) as made:
        yield made


async def test_every_endpoint_is_in_a_matrix(campus: Campus, shelf: ShelfBehindAGateway, spaces: Spaced) -> None:
    first, _ = await alices(campus)
    third = await about_alice(spaces)
    fourth = about_transfer({"to": ""}, "")
    fifth = about_volumes("")
    asked = {name.partition(",")[0] for name in (*first, *await alices_changes(shelf), *third, *fourth, *fifth)}
    app = campus.server.app
    names = {route.name for route in app.router.routes() if route.name}
    # These take no place: health and metrics are everybody's and Prometheus', the others are about the caller alone.
    assert names - asked == {"health", "metrics", "connections", "spaces", "outcome"}


async def streamed(campus: Campus, question: Question, token: str | None) -> tuple[int, str]:
    """What the stream of `files` says: the error's HTTP status if it ends in one."""
    _, body, _ = await campus.ask(question.method, question.path, token=token, json=question.body)
    frames = list(Reader().feed(body))
    failed = [frame.error for frame, _ in frames if frame.error]
    assert failed, frames
    return {"not-found": 404}.get(failed[0]["code"], 403), repr(frames)


async def test_kept_bytes_go_to_those_whose_own_listing_names_them(campus: Campus) -> None:
    course = campus.course("Rain 101", "alice", "bob", files={"rain-answers.txt": SECRET})
    await campus.open()
    alice, bob = campus.people.token("alice"), campus.people.token("bob")
    contents = []
    for token in (alice, bob):
        _, found, _ = await campus.ask("GET", "api/v1/snapshot", token=token, params={"source": course})
        (entry,) = [one for one in found["entries"] if one["path"] == "rain-answers.txt"]
        file = {"source": course, "path": entry["path"], "version": entry["version"]}
        _, content, _ = await campus.ask("GET", "api/v1/file", token=token, params=file)
        contents.append(content)
    assert contents == [SECRET.encode()] * 2
    asked = campus.asked_canvas()
    # Each asked with their own token what there is; the bytes came once.
    assert asked["files.list"] == asked["folders.list"] == 2
    assert asked["files.public_url"] == asked["files.content"] == 1


async def test_a_student_who_was_removed_from_the_course_gets_no_kept_bytes(campus: Campus) -> None:
    course = campus.course("Rain 101", "alice", "bob", files={"rain-answers.txt": SECRET})
    await campus.open(fresh_seconds=0.0)
    bob = campus.people.token("bob")
    _, found, _ = await campus.ask("GET", "api/v1/snapshot", token=bob, params={"source": course})
    (entry,) = [one for one in found["entries"] if one["path"] == "rain-answers.txt"]
    file = {"source": course, "path": entry["path"], "version": entry["version"]}
    assert (await campus.ask("GET", "api/v1/file", token=bob, params=file))[0] == 200
    campus.canvas.unenrol("bob", campus.courses["Rain 101"])
    status, text, _ = await campus.ask("GET", "api/v1/file", token=bob, params=file)
    assert status == 403
    assert not leaks(repr(text))


async def test_the_version_of_another_s_file_opens_nothing_in_one_s_own_course(campus: Campus) -> None:
    rain = campus.course("Rain 101", "alice", files={"same.txt": SECRET})
    snow = campus.course("Snow 102", "bob", files={"same.txt": "snow"})
    await campus.open()
    alice, bob = campus.people.token("alice"), campus.people.token("bob")
    _, found, _ = await campus.ask("GET", "api/v1/snapshot", token=alice, params={"source": rain})
    version = next(one["version"] for one in found["entries"] if one["path"] == "same.txt")
    await campus.ask("GET", "api/v1/file", token=alice, params={"source": rain, "path": "same.txt", "version": version})
    stolen = {"source": snow, "path": "same.txt", "version": version}
    status, body, _ = await campus.ask("GET", "api/v1/file", token=bob, params=stolen)
    assert (status, body["code"]) == (410, "version-gone")
    assert not leaks(repr(body))


async def test_two_users_see_their_own_content_at_one_address(campus: Campus) -> None:
    for name in ("alice", "bob"):
        campus.canvas.tree.add_file(f"{name}.txt", name, parent=campus.canvas.personal_files(name).root)
    await campus.open()
    seen = {}
    for name in ("alice", "bob"):
        status, found, _ = await campus.ask(
            "GET", "api/v1/snapshot", token=campus.people.token(name), params={"source": f"{campus.canvas.url}/files"}
        )
        assert status == 200, found
        seen[name] = [entry["path"] for entry in found["entries"]]
    assert seen == {"alice": ["alice.txt"], "bob": ["bob.txt"]}


async def test_what_ails_one_user_s_token_is_nothing_to_another_who_follows_the_download(campus: Campus) -> None:
    course = campus.course("Rain 101", "alice", "bob", files={"big.bin": "x" * 300_000})
    await campus.open()
    alice, bob = campus.people.token("alice"), campus.people.token("bob")
    asks = {}
    for token in (alice, bob):
        _, found, _ = await campus.ask("GET", "api/v1/snapshot", token=token, params={"source": course})
        version = found["entries"][0]["version"]
        asks[token] = {"source": course, "path": "big.bin", "version": version}
    campus.canvas.faults.set(
        [
            {"operation": "files.public_url", "effect": "error", "reason": "revoked_token", "times": 1},
            {"operation": "files.public_url", "effect": "delay", "seconds": 0.3, "times": 1},
        ]
    )
    first = asyncio.create_task(campus.ask("GET", "api/v1/file", token=alice, params=asks[alice]))
    await asyncio.sleep(0.1)
    second = await campus.ask("GET", "api/v1/file", token=bob, params=asks[bob])
    assert (await first)[0] == 403
    assert second[0] == 503
    assert second[2]["Retry-After"]
    again = await campus.ask("GET", "api/v1/file", token=bob, params=asks[bob])
    assert (again[0], len(again[1])) == (200, 300_000)


async def test_an_ended_login_says_where_to_log_in_again_and_then_all_is_well(campus: Campus) -> None:
    course = campus.course("Rain 101", "alice", files={"rain-answers.txt": SECRET})
    campus.logins.ended.add("alice")
    await campus.open(fresh_seconds=0.0)
    alice = campus.people.token("alice")
    status, body, _ = await campus.ask("GET", "api/v1/snapshot", token=alice, params={"source": course})
    assert (status, body["code"], body["login_url"]) == (403, "login-needed", LOGIN_URL)
    campus.logins.ended.clear()
    status, _, _ = await campus.ask("GET", "api/v1/snapshot", token=alice, params={"source": course})
    assert status == 200


async def test_no_token_of_a_user_is_in_any_answer_audit_line_or_kept_file(campus: Campus) -> None:
    questions, alice = await alices(campus)
    answers = [text for question in questions.values() for text in [(await question.ask(campus, alice))[1]]]
    tokens = [campus.canvas.token("alice"), *campus.logins.tokens.values()]
    assert campus.logins.tokens
    kept = [path.read_bytes() for path in campus.folder.rglob("*") if path.is_file()]
    assert kept
    for token in tokens:
        assert not any(token in text for text in answers)
        assert not any(token.encode() in content for content in kept)
    assert PREFIX in campus.url
