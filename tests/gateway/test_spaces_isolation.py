"""Two users with a folder each in one space: neither reaches the other's, however they write it.

The matrix asks every endpoint with every wrong identity about alice's folder, before and after those were served who
may; it is shown at the end of the test run. Then every way to write it is asked by bob, who has a folder himself.
"""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.gateway.questions import Question, table
from tests.gateway.spaced import FOLDER, GRANTS, Spaced, spaced
from tests.gateway.test_writing_once import KEY

from hubdrives.config import Grant
from hubdrives.frames import Reader
from hubdrives.spaces.people import folder_name

SECRET = b"the answer of alice is forty-two"
NAMES = ("rain-answers.txt", "old-answers")
ALICE, BOB = folder_name("0a1b-of-alice"), folder_name("0A1B-of-alice")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Spaced]:
    async with spaced(tmp_path) as made:
        yield made


def leaks(text: str) -> list[str]:
    """What of alice's folder is in an answer."""
    return [secret for secret in (SECRET.decode(), *NAMES, "0a1b-of-alice") if secret in text]


async def about_alice(world: Spaced, source: str = "results@alice:/", *, start: bool = True) -> dict[str, Question]:
    """Every endpoint that takes a place, asked about alice's folder, written as `source`."""
    for data in (b"an earlier answer", SECRET):
        world.put(f"{ALICE}/{FOLDER}/rain-answers.txt", data)
    world.put(f"{ALICE}/{FOLDER}/old-answers/a.txt", SECRET)
    world.put(f"{ALICE}/{FOLDER}/old-answers/b.txt", SECRET)
    world.put(f"{BOB}/{FOLDER}/mine.txt", b"bob's")
    if start:
        await world.start(
            *GRANTS,
            Grant(connection="results", users=("rita",), can=("read",)),
            Grant(connection="results", services=("reader",), can=("read", "write")),
        )
    item = world.shelf.find(f"room/{ALICE}/{FOLDER}/rain-answers.txt")
    assert item is not None
    version, earlier = item.history[0].id, item.history[1].id
    where, file = {"source": source}, {"path": "rain-answers.txt", "version": version}
    one = {"source": source, "under": "rain-answers.txt"}
    whose = {"space": "results", "user": "alice"}
    return {
        "describe": Question("GET", "api/v1/describe", where),
        "contains": Question("GET", "api/v1/contains", {**one, "root": source}),
        "snapshot": Question("GET", "api/v1/snapshot", where),
        "file": Question("GET", "api/v1/file", {**where, **file}),
        "file, its head": Question("HEAD", "api/v1/file", {**where, **file}),
        "file, a range": Question("GET", "api/v1/file", {**where, **file}, {"Range": "bytes=0-9"}),
        "files": Question("POST", "api/v1/files", body={**where, "files": [file]}),
        "links": Question("POST", "api/v1/links", body=where),
        "search": Question("GET", "api/v1/search", {**where, "text": "answers"}),
        "write": Question("PUT", "api/v1/file", {**where, "name": "new.txt"}, data=b"mine now"),
        "make-folder": Question("POST", "api/v1/folders", body={**where, "name": "new"}),
        "versions": Question("GET", "api/v1/versions", one),
        "version": Question("GET", "api/v1/version", {**one, "version": earlier}),
        "restore": Question("POST", "api/v1/restore", body={**one, "version": earlier}),
        "move, into one's own": Question(
            "POST", "api/v1/move", body={"source": source, "under": "old-answers/a.txt", "to": "results@bob:/"}
        ),
        "remove": Question("DELETE", "api/v1/entry", {"source": source, "under": "old-answers/b.txt"}),
        "token": Question("POST", "api/v1/token", body=where),
        "shares": Question("GET", "api/v1/shares", where),
        "share": Question("POST", "api/v1/shares", body={**where, "who": "bob@example.org"}),
        "change-share": Question("PATCH", "api/v1/shares", body={**where, "id": "x", "role": "editor"}),
        "unshare": Question("DELETE", "api/v1/shares", {**where, "id": "x"}),
        "check": Question("GET", "api/v1/check", where),
        "ensure-space": Question("POST", "api/v1/space", body={**whose, "role": "editor"}),
        "unshare-space": Question("DELETE", "api/v1/space/share", whose),
        "remove-space": Question("DELETE", "api/v1/space", whose),
    }


def image(world: Spaced) -> list[object]:
    """All that is there."""
    items = [world.shelf.top, *world.shelf.top.all_below()]
    return [(item.id, item.path, [one.id for one in item.history], repr(item.shares)) for item in items]


async def asked(world: Spaced, question: Question, token: str | None) -> tuple[int, str]:
    """The status and all of the answer; of a stream, what it says."""
    status, text = await question.ask(world.bench, token)
    if question.path.endswith("/files") and status == 200:
        _, body, _ = await world.bench.ask("POST", question.path, token=token, json=question.body)
        frames = list(Reader().feed(body))
        failed = [frame.error["code"] for frame, _ in frames if frame.error]
        return (404 if failed else 200), repr(frames)
    return status, text


NEVER = {"links", "token", "shares", "share", "change-share", "unshare"}
"""What nobody does in a space: it is shared as a whole, by those who manage it."""


async def test_nobody_does_anything_in_the_folder_of_another(world: Spaced, show: Callable[[str, str], None]) -> None:
    questions = await about_alice(world)
    wrong: dict[str, str | None] = {
        "bob": world.token("bob"),
        "reads own": world.token("rita", "others"),
        "no grant": world.token("mallory", "others"),
        "service alice": world.service("alice"),
        "service reader": world.service("reader"),
        "no token": None,
        "unknown token": "made-up-0123456789abcdef",
    }
    right = {"alice": world.token("alice"), "boss": world.token("boss"), "neuron": world.service("neuron")}
    rows: dict[str, dict[str, str]] = {}
    for name, question in questions.items():
        row = rows[name] = dict.fromkeys(right, "")
        for when in ("before", "after"):
            before = image(world)
            for who, token in wrong.items():
                status, text = await asked(world, question, token)
                assert not leaks(text), (name, who, when, text)
                own = name == "check" and status == 200
                assert own or status in {403, 404}, (name, who, when, status, text)
                row[who] = "own" if own else str(status)
            assert image(world) == before, (name, when)
            if when == "before":
                for who, token in right.items():
                    status, text = await asked(world, question, token)
                    row[who] = row[who] or str(status)
    show("Who does what in alice's folder of a space (HTTP status; the others changed and saw nothing)", table(rows))
    for name, row in rows.items():
        managers = {row["boss"], row["neuron"]}
        if name in NEVER:
            assert {row["alice"], *managers} == {"403"}, name
        elif name.endswith("-space"):
            assert row["alice"] == "403", name
            assert "200" in managers, name
        elif name == "move, into one's own":
            assert (row["alice"], "200" in managers) == ("403", True)
        elif name == "remove":
            assert row["alice"] == "200"
        else:
            assert {row["alice"], *managers} <= {"200", "206"}, name


WRITTEN = {
    "in other letters": "results@Alice:/",
    "in capitals": "results@ALICE:/",
    "percent-encoded": "results@%61lice:/",
    "with a letter that looks so": "results@\u0430lice:/",
    "in full-width letters": "results@\uff41lice:/",
    "with a mark that is not seen": "results@al\u200bice:/",
    "with a blank": "results@alice :/",
    "with another space's name": "Results@alice:/",
    "with a path before": "results@bob/../alice:/",
    "of nobody": "results@:/",
    "twice": "results@bob@alice:/",
    "with a colon": "results@bob:results@alice:/",
    "by what it is called": "results@0a1b-of-alice:/",
    "up from one's own": f"results:/../../{ALICE}/{FOLDER}",
    "up, percent-encoded": f"results:/%2e%2e/%2e%2e/{ALICE}/{FOLDER}",
    "up from the right name": f"results@bob:/../../{ALICE}/{FOLDER}",
    "by the connection": f"shelf:/{ALICE}/{FOLDER}",
    "by the connection, as a user": f"shelf@alice:/{ALICE}/{FOLDER}",
}


@pytest.mark.parametrize(
    "way", [*WRITTEN, "by its address", "by the address of all", "under one's own", "from the top"]
)
async def test_bob_does_not_reach_it_in_any_other_words(world: Spaced, way: str) -> None:
    await about_alice(world)
    addresses = {
        "by its address": world.address(world.shelf.find(f"room/{ALICE}/{FOLDER}").id),
        "by the address of all": world.address(world.room.id),
        "under one's own": "results:/",
        "from the top": world.address("top"),
    }
    questions = await about_alice(world, WRITTEN.get(way) or addresses[way], start=False)
    below = {"under one's own": f"../../{ALICE}/{FOLDER}", "by the address of all": f"{ALICE}/{FOLDER}"}
    below["from the top"] = f"room/{ALICE}/{FOLDER}"
    bob, before = world.token("bob"), None
    for name, question in questions.items():
        if name.endswith("-space") or name == "check":
            continue
        if (prefix := below.get(way)) is not None:
            for place in filter(None, (question.params, question.body)):
                place["under"] = f"{prefix}/{place.get('under', '')}".rstrip("/")
        before = image(world)
        status, text = await asked(world, question, bob)
        assert status in {400, 403, 404}, (name, status, text)
        # What bob wrote himself may be said back to him.
        said = [one for one in leaks(text) if one not in repr((question.params, question.body))]
        assert not said, (name, text)
        assert image(world) == before, name


@pytest.mark.parametrize("user", ["Alice", "alice ", "../alice", "alice/x", "al%69ce", "", "alice:/x", "\uff41lice"])
async def test_managers_reach_only_users_that_the_hub_knows_by_that_very_name(world: Spaced, user: str) -> None:
    await about_alice(world)
    before = image(world)
    for method, path in (("POST", "space"), ("DELETE", "space"), ("DELETE", "space/share")):
        whose = {"space": "results", "user": user}
        more = {"json": whose} if method == "POST" else {"params": whose}
        status, body, _ = await world.bench.ask(method, f"api/v1/{path}", token=world.token("boss"), **more)
        assert status in {403, 404}, body
    assert image(world) == before


async def test_a_key_that_another_used_is_no_answer_to_one_s_own_question(world: Spaced) -> None:
    await about_alice(world)
    path, headers = "api/v1/file", {"Idempotency-Key": KEY}
    question = {"params": {"source": "results:/", "name": "a.txt"}, "headers": headers, "data": b"hers"}
    status, hers, _ = await world.bench.ask("PUT", path, token=world.token("alice"), **question)
    assert status == 200
    for token in (world.token("bob"), world.service("neuron"), world.service("alice")):
        status, body, _ = await world.bench.ask("GET", "api/v1/outcome", token=token, params={"key": KEY})
        assert (status, body["code"]) in {(503, "unavailable"), (403, "not-granted")}
    status, his, _ = await world.bench.ask("PUT", path, token=world.token("bob"), **{**question, "data": b"his"})
    assert (status, his["size"]) == (200, 3)
    assert his["version"] != hers["version"]
    assert world.shelf.find(f"room/{BOB}/{FOLDER}/a.txt").history[0].data == b"his"
    assert world.shelf.find(f"room/{ALICE}/{FOLDER}/a.txt").history[0].data == b"hers"


async def test_a_service_of_a_user_s_name_is_not_that_user(world: Spaced) -> None:
    """Not to what either may do, and not to what either has asked for before."""
    await world.start(
        Grant(connection="results", users=("neuron",), can=("read", "write")),
        Grant(connection="results", services=("neuron",), can=("manage",)),
    )
    world.identities["neuron"] = {"sub": "user-neuron", "email": ""}
    world.put(f"user-neuron/{FOLDER}/own.txt")
    world.put(f"{ALICE}/{FOLDER}/hers.txt")
    user, service = world.token("neuron"), world.service("neuron")
    told = {}
    for who, token in (("user", user), ("service", service)):
        for source in ("results:/", "results@neuron:/", "results@alice:/"):
            status, _, _ = await world.bench.ask("GET", "api/v1/snapshot", token=token, params={"source": source})
            told[who, source] = status
    assert told == {
        ("user", "results:/"): 200,
        ("user", "results@neuron:/"): 200,
        ("user", "results@alice:/"): 403,
        ("service", "results:/"): 400,
        ("service", "results@neuron:/"): 200,
        ("service", "results@alice:/"): 200,
    }
    lines = [(line.get("user"), line.get("service")) for line in world.bench.audit()]
    assert lines == [("neuron", None)] * 3 + [(None, "neuron")] * 3


async def test_a_listing_that_one_asked_for_is_not_the_other_s(world: Spaced) -> None:
    world.put(f"{ALICE}/{FOLDER}/same.txt", b"hers")
    world.put(f"{BOB}/{FOLDER}/same.txt", b"his")
    await world.start(fresh_seconds=600.0)
    seen = {}
    for user in ("alice", "bob"):
        _, found, _ = await world.bench.ask(
            "GET", "api/v1/snapshot", token=world.token(user), params={"source": "results:/"}
        )
        (entry,) = found["entries"]
        file = {"source": "results:/", "path": entry["path"], "version": entry["version"]}
        seen[user] = file, (await world.bench.ask("GET", "api/v1/file", token=world.token(user), params=file))[1]
    assert [content for _, content in seen.values()] == [b"hers", b"his"]
    stolen = seen["alice"][0]
    status, body, _ = await world.bench.ask("GET", "api/v1/file", token=world.token("bob"), params=stolen)
    assert (status, body["code"]) == (410, "version-gone")


async def test_where_names_name_folders_a_subject_of_that_name_opens_nothing(world: Spaced) -> None:
    world.identities["bob"] = {"sub": "alice", "email": "bob@example.org"}
    world.put(f"alice/{FOLDER}/hers.txt")
    world.put(f"bob/{FOLDER}/his.txt")
    await world.start(key="name", address="{name}@example.org")
    names = {}
    for user in ("alice", "bob"):
        _, found, _ = await world.bench.ask(
            "GET", "api/v1/snapshot", token=world.token(user), params={"source": "results:/"}
        )
        names[user] = [entry["path"] for entry in found["entries"]]
    assert names == {"alice": ["hers.txt"], "bob": ["his.txt"]}
    assert world.asked_hub == []


async def test_what_lies_in_one_s_folder_leads_nowhere_else(world: Spaced) -> None:
    """What the user themselves put there at the provider, a shortcut say, does not widen what the gateway shows."""
    questions = await about_alice(world)
    inside = world.shelf.find(f"room/{BOB}/{FOLDER}")
    secret = world.shelf.find(f"room/{ALICE}/{FOLDER}")
    assert inside is not None
    assert secret is not None
    # Found by its name below bob's folder, though it lies elsewhere.
    inside.children.append(secret)
    bob = world.token("bob")
    for name in ("describe", "snapshot", "search", "write", "make-folder", "versions", "version", "restore", "remove"):
        question = questions[name]
        place = question.params or question.body
        place |= {"source": "results:/", "under": f"{FOLDER}/{place.get('under', '')}".rstrip("/")}
        status, text = await asked(world, question, bob)
        assert status == 403, (name, text)
        assert not leaks(text), (name, text)
