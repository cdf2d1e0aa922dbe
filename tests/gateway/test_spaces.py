"""Spaces through the gateway: one's own like any folder, everybody's for those who manage them, and what is told."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import fsspec
import pytest
from tests.cli.conftest import Done, Shell
from tests.gateway.spaced import FOLDER, Spaced, spaced
from tests.testing.shelf import EDITOR, READER

from hubdrives.config import ConnectionSettings, Grant, SpaceSettings
from hubdrives.content import Bytes
from hubdrives.errors import BadConfig, BadInput, LoginNeeded, NotFound, NotGranted
from hubdrives.model import Kind
from hubdrives.spaces import open_spaces
from hubdrives.spaces.people import folder_name
from hubdrives.wire import SpaceDocument, SpaceState

ALICE = folder_name("0a1b-of-alice")
HERS = f"{ALICE}/{FOLDER}"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Spaced]:
    async with spaced(tmp_path) as made:
        yield made


class TestOnesOwn:
    async def test_it_is_a_folder_like_any(self, world: Spaced) -> None:
        world.put(f"{HERS}/runs/1.csv", b"town,mm\n")
        await world.start()
        alice, home = world.as_(world.token("alice")), world.at("results:/")
        described = await alice.describe(home)
        assert (described.name, described.kind, described.source) == (FOLDER, Kind.FOLDER, "The shelf")
        assert [entry.path for entry in (await alice.snapshot(home)).files] == ["runs/1.csv"]
        await alice.write(world.at("results:/runs"), "2.csv", Bytes(b"b"))
        await alice.move(home.below("runs/2.csv"), name="3.csv")
        await alice.make_folder(home, "new")
        await alice.remove(home.below("runs/1.csv"))
        assert sorted(entry.path for entry in (await alice.snapshot(home)).entries) == ["new", "runs", "runs/3.csv"]

    async def test_its_location_is_what_its_user_may_know_and_ask_for_again(self, world: Spaced) -> None:
        world.put(f"{HERS}/runs/1.csv")
        await world.start()
        for token, source in ((world.token("alice"), "results:/"), (world.service("neuron"), "results@alice:/")):
            provider = world.as_(token)
            for told in (
                (await provider.describe(world.at(f"{source}runs"))).location,
                (await provider.snapshot(world.at(f"{source}runs"))).location,
            ):
                assert (told.url, told.id, told.path, told.host) == (source, source, "runs", "")

    async def test_a_name_counts_letter_by_letter_for_its_user_too(self, world: Spaced) -> None:
        world.put(f"{HERS}/a.txt")
        await world.start()
        with pytest.raises(NotGranted):
            await world.as_(world.token("alice")).snapshot(world.at("results@Alice:/"))

    async def test_the_name_of_its_user_may_be_said(self, world: Spaced) -> None:
        world.put(f"{HERS}/a.txt")
        await world.start()
        alice = world.as_(world.token("alice"))
        snapshot = await alice.snapshot(world.at("results@alice:/"))
        assert snapshot.location.url == "results:/"
        assert snapshot.location == (await alice.snapshot(world.at("results:/"))).location

    async def test_an_unchanged_one_is_told_in_no_bytes(self, world: Spaced) -> None:
        world.put(f"{HERS}/a.txt")
        await world.start()
        alice, home = world.as_(world.token("alice")), world.at("results:/")
        known = await alice.snapshot(home)
        assert await alice.snapshot(home, known=known) == known
        assert world.bench.audit()[-1]["status"] == 304

    @pytest.mark.parametrize("source", ["results:/", "results@alice:/", "results:/."])
    async def test_the_folder_itself_stays(self, world: Spaced, source: str) -> None:
        world.put(f"{HERS}/a.txt")
        await world.start()
        place = world.at(source)
        for token in (world.token("alice"), world.token("boss")):
            provider = world.as_(token)
            for change in (provider.remove(place), provider.move(place, name="mine")):
                with pytest.raises((NotGranted, NotFound)):
                    await change
        assert world.shelf.find(f"room/{HERS}/a.txt")

    async def test_to_read_is_not_to_write_nor_the_other_way(self, world: Spaced) -> None:
        world.put(f"{HERS}/a.txt")
        await world.start(
            Grant(connection="results", users=("alice",), can=("read",)),
            Grant(connection="results", users=("bob",), can=("write",)),
        )
        world.put(f"{folder_name(world.identities['bob']['sub'])}/{FOLDER}/b.txt")
        home = world.at("results:/")
        alice, bob = world.as_(world.token("alice")), world.as_(world.token("bob"))
        assert await alice.snapshot(home)
        assert await bob.write(home, "c.txt", Bytes(b"c"))
        for refused in (alice.write(home, "c.txt", Bytes(b"c")), bob.snapshot(home), bob.versions(home.below("b.txt"))):
            with pytest.raises(NotGranted):
                await refused

    async def test_nothing_is_there_before_it_was_made(self, world: Spaced) -> None:
        await world.start()
        alice = world.as_(world.token("alice"))
        for asked in (alice.describe(world.at("results:/")), alice.write(world.at("results:/"), "a", Bytes(b"a"))):
            with pytest.raises(NotFound):
                await asked
        assert world.room.children == []

    async def test_nothing_in_it_is_linked_to_shared_or_opened_with_a_token(self, world: Spaced) -> None:
        world.put(f"{HERS}/a.txt")
        await world.start()
        for token in (world.token("alice"), world.token("boss")):
            provider, home = world.as_(token), world.at("results@alice:/")
            for asked in (provider.sign_link(home), provider.shares(home), provider.narrowed(home)):
                with pytest.raises(NotGranted, match="can't be linked to, shared or opened"):
                    await asked

    async def test_who_has_not_logged_in_is_told_so(self, world: Spaced) -> None:
        await world.start()
        new = world.as_(world.token("new"))
        with pytest.raises(LoginNeeded, match="does not know yet who 'new' is") as raised:
            await new.snapshot(world.at("results:/"))
        assert raised.value.login_url is None

    async def test_a_login_that_told_no_subject_names_no_folder(self, world: Spaced) -> None:
        world.identities["alice"] = {"sub": "", "email": "ann@example.org"}
        await world.start()
        with pytest.raises(BadInput, match="did not tell their sub"):
            await world.as_(world.token("alice")).snapshot(world.at("results:/"))

    async def test_the_hub_is_asked_once_for_as_long_as_it_is_believed(self, world: Spaced) -> None:
        world.put(f"{HERS}/a.txt")
        await world.start()
        alice = world.as_(world.token("alice"))
        for _ in range(3):
            await alice.snapshot(world.at("results:/"))
        assert world.asked_hub == ["alice"]

    async def test_nobody_who_may_do_nothing_makes_the_gateway_ask_the_hub(self, world: Spaced) -> None:
        await world.start()
        for source in ("results:/", "results@alice:/"):
            with pytest.raises(NotGranted):
                await world.as_(world.token("mallory", "others")).snapshot(world.at(source))
        assert world.asked_hub == []


class TestManaging:
    async def test_a_folder_is_made_and_shared_once(self, world: Spaced) -> None:
        await world.start()
        service = world.as_(world.service("neuron"))
        first = await service.ensure_space("results", "alice")
        assert first == SpaceState("results", "alice", True, True, READER, "results@alice:/")
        assert world.shared(HERS) == {"ann@example.org": READER}
        again = await service.ensure_space("results", "alice")
        assert (again.created, again.shared) == (False, False)
        other = await service.ensure_space("results", "alice", role=EDITOR)
        assert (other.created, other.shared, other.role) == (False, True, EDITOR)
        assert world.shared(HERS) == {"ann@example.org": EDITOR}

    async def test_what_a_service_puts_there_its_user_reads(self, world: Spaced) -> None:
        await world.start(fresh_seconds=600.0)
        alice, home = world.as_(world.token("alice")), world.at("results:/")
        with pytest.raises(NotFound):
            await alice.snapshot(home)
        service = world.as_(world.service("neuron"))
        made = await service.ensure_space("results", "alice")
        await service.write(world.at(made.source), "rain.csv", Bytes(b"town,mm\n"))
        (entry,) = (await alice.snapshot(home)).files
        assert b"".join([piece async for piece in alice.read(entry)]) == b"town,mm\n"

    async def test_a_folder_is_taken_from_its_user_and_stays(self, world: Spaced) -> None:
        await world.start()
        service = world.as_(world.service("neuron"))
        await service.ensure_space("results", "alice")
        world.put(f"{HERS}/a.txt")
        state = await service.unshare_space("results", "alice")
        assert (state.created, state.shared, state.role) == (False, False, "")
        assert world.shared(HERS) == {}
        assert world.shelf.find(f"room/{HERS}/a.txt")
        with pytest.raises(NotFound):
            await service.unshare_space("results", "alice")

    async def test_a_folder_is_removed_and_nothing_of_it_is_told_any_more(self, world: Spaced) -> None:
        await world.start(fresh_seconds=600.0)
        service, alice = world.as_(world.service("neuron")), world.as_(world.token("alice"))
        await service.ensure_space("results", "alice")
        world.put(f"{HERS}/a.txt")
        assert (await alice.snapshot(world.at("results:/"))).files
        await service.remove_space("results", "alice")
        assert world.shelf.find(f"room/{HERS}") is None
        with pytest.raises(NotFound):
            await alice.snapshot(world.at("results:/"))
        with pytest.raises(NotFound):
            await service.remove_space("results", "alice")

    async def test_managers_move_from_one_s_folder_to_another_s(self, world: Spaced) -> None:
        await world.start()
        boss = world.as_(world.token("boss"))
        for user in ("alice", "bob"):
            await boss.ensure_space("results", user)
        world.put(f"{HERS}/a.txt", b"hers")
        await boss.move(world.at("results@alice:/a.txt"), parent=world.at("results@bob:/"))
        bob = world.as_(world.token("bob"))
        assert [entry.path for entry in (await bob.snapshot(world.at("results:/"))).files] == ["a.txt"]

    async def test_whom_the_hub_or_the_provider_does_not_know_gets_no_folder(self, world: Spaced) -> None:
        world.identities["carl"] = {"sub": "0d", "email": "nobody@example.org"}
        world.token("carl")
        await world.start()
        service = world.as_(world.service("neuron"))
        for user, expected in (("nobody", NotFound), ("new", LoginNeeded), ("carl", BadInput), ("boss", BadInput)):
            with pytest.raises(expected):
                await service.ensure_space("results", user)
        with pytest.raises(BadInput, match="role"):
            await service.ensure_space("results", "alice", role="owner")
        assert world.shelf.find(f"room/{HERS}") is None

    async def test_where_names_say_all_the_hub_must_still_know_the_user(self, world: Spaced) -> None:
        world.shelf.people.add("alice@uni.example")
        world.shelf.people.add("alcie@uni.example")
        await world.start(key="name", address="{name}@uni.example")
        service = world.as_(world.service("neuron"))
        assert (await service.ensure_space("results", "alice")).created
        with pytest.raises(NotFound):
            await service.ensure_space("results", "alcie")
        assert [item.name for item in world.room.children] == ["alice"]

    async def test_the_same_order_again_is_not_carried_out_again(self, world: Spaced) -> None:
        await world.start()
        key = {"Idempotency-Key": "a-key-that-nobody-else-has"}
        order = {"space": "results", "user": "alice"}
        answers = [
            await world.bench.ask("POST", "api/v1/space", token=world.service("neuron"), json=order, headers=key)
            for _ in range(2)
        ]
        assert [(status, body["created"]) for status, body, _ in answers] == [(200, True)] * 2
        assert [line.get("again", False) for line in world.bench.audit()] == [False, True]

    async def test_who_did_it_for_whom_is_written_down(self, world: Spaced) -> None:
        await world.start()
        service = world.as_(world.service("neuron"))
        await service.ensure_space("results", "alice", role=EDITOR)
        await service.write(world.at("results@alice:/"), "a.txt", Bytes(b"a"))
        with pytest.raises(NotGranted):
            await world.as_(world.token("bob")).remove_space("results", "alice")
        lines = [
            {name: line.get(name) for name in ("operation", "service", "user", "who", "role", "space", "outcome")}
            for line in world.bench.audit()
        ]
        common = {"service": "neuron", "user": None, "space": "results@alice:/", "outcome": "ok"}
        assert lines[0] == {**common, "operation": "ensure-space", "who": "alice", "role": EDITOR}
        assert lines[1] == {**common, "operation": "write", "who": None, "role": None}
        assert lines[2] == {
            "operation": "remove-space",
            "service": None,
            "user": "bob",
            "who": "alice",
            "role": None,
            "space": "results@alice:/",
            "outcome": "not-granted",
        }


class TestWhatIsTold:
    async def test_the_spaces_that_one_may_use(self, world: Spaced) -> None:
        await world.start()
        told = {
            who: list(await world.as_(token).spaces())
            for who, token in (
                ("alice", world.token("alice")),
                ("boss", world.token("boss")),
                ("neuron", world.service("neuron")),
                ("mallory", world.token("mallory", "others")),
            )
        }
        common = {"name": "results", "title": "The shelf", "folder": FOLDER, "mounted": "drive/Shared"}
        own, managed = SpaceDocument(**common, can=("read", "write"), roles=()), ("manage", "read", "write")
        assert told == {
            "alice": [own],
            "boss": [SpaceDocument(**common, can=managed, roles=(READER, EDITOR))],
            "neuron": [SpaceDocument(**common, can=("manage",), roles=(READER, EDITOR))],
            "mallory": [],
        }

    async def test_they_are_among_the_connections(self, world: Spaced) -> None:
        await world.start()
        (own,) = await world.as_(world.token("alice")).connections()
        assert (own.name, own.can, [root["url"] for root in own.roots]) == ("results", ("read", "write"), ["results:/"])
        assert set(own.able) == {"write", "versions", "search"}
        (managed,) = await world.as_(world.service("neuron")).connections()
        assert (managed.can, managed.roots) == (("manage",), ())

    async def test_a_check_says_whether_one_s_own_is_there(self, world: Spaced) -> None:
        await world.start()
        found = await world.as_(world.token("alice")).check()
        assert [(one.check, one.level, one.code) for one in found] == [("space results", "warning", "not-found")]
        assert await world.as_(world.service("neuron")).check() != found

    async def test_a_check_says_that_it_is_there(self, world: Spaced) -> None:
        world.put(f"{HERS}/a.txt")
        await world.start()
        (found,) = await world.as_(world.token("alice")).check()
        assert (found.level, found.sentence) == ("ok", f"Your own folder in it is '{FOLDER}' at The shelf.")


class TestFromANotebook:
    async def test_commands_and_fsspec_know_a_space_by_its_name(
        self, world: Spaced, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def read(address: str) -> bytes:
            with fsspec.open(address) as opened:
                return opened.read()

        await world.start()
        service = world.as_(world.service("neuron"))
        await service.ensure_space("results", "alice")
        await service.write(world.at("results@alice:/"), "rain.csv", Bytes(b"town,mm\n"))
        shell = Shell(tmp_path)
        shell.is_inside = True
        shell.env |= {"HUBDRIVES_GATEWAY_URL": world.bench.url, "JUPYTERHUB_API_TOKEN": world.token("alice")}

        async def run(*words: str) -> Done:
            return await asyncio.to_thread(shell.run, *words)

        for name in ("HUBDRIVES_GATEWAY_URL", "JUPYTERHUB_API_TOKEN"):
            monkeypatch.setenv(name, shell.env[name])
        assert await asyncio.to_thread(read, "hubdrives://results/rain.csv") == b"town,mm\n"
        listed = await run("ls", "results:/")
        assert (listed.code, "rain.csv" in listed.out) == (0, True)
        assert "results:/" in (await run("connections")).out
        assert (await run("pull", "results:/", "data")).code == 0
        assert (tmp_path / "data" / "rain.csv").read_bytes() == b"town,mm\n"
        (tmp_path / "data" / "own.csv").write_bytes(b"own\n")
        pushed = await run("push", "data")
        assert pushed.code == 0, pushed
        assert world.shelf.find(f"room/{HERS}/own.csv")
        again = await run("pull", "results:/", "data", "--json")
        assert (again.code, again.report["added"]) == (0, [])
        refused = await run("ls", "results@bob:/")
        assert (refused.code, "no access" in refused.err) == (1, True)

    async def test_a_service_needs_nothing_but_its_token(self, world: Spaced, monkeypatch: pytest.MonkeyPatch) -> None:
        await world.start()
        monkeypatch.setenv("HUBDRIVES_GATEWAY_URL", world.bench.url)
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", world.service("neuron"))
        async with open_spaces("results") as spaces:
            ensured = await spaces.ensure("alice")
            await ensured.space.put(b"town,mm\n", "runs/1/rain.csv")
            report = await spaces.ensure_all(["alice", "bob", "nobody"])
        assert (report.created, [one.user for one in report.failed]) == (["bob"], ["nobody"])
        assert world.shelf.find(f"room/{HERS}/runs/1/rain.csv")


class TestSettings:
    @pytest.mark.parametrize(
        ("more", "says"),
        [
            (
                {"spaces": {name: SpaceSettings(connection="shelf", folder="DATA"[:4]) for name in ("one", "two")}},
                "are the same folders",
            ),
            ({"spaces": {"one": SpaceSettings(connection="shelf", folder="a", root="https://x.test/")}}, "no address"),
            (
                {
                    "spaces": {"one": SpaceSettings(connection="canvas", folder="a")},
                    "connections": {"canvas": ConnectionSettings("canvas", credential={"kind": "hub_login"})},
                },
                "needs an account of its own",
            ),
        ],
        ids=["twins", "no address", "personal"],
    )
    async def test_what_could_not_be_told_apart_is_refused(self, world: Spaced, more: dict, says: str) -> None:
        with pytest.raises(BadConfig, match=says):
            await world.start(Grant(connection="one", everyone=True), **more)

    async def test_a_grant_that_opens_everybody_s_to_everyone_is_refused(self, world: Spaced) -> None:
        with pytest.raises(BadConfig, match="gives everyone what is in the folders of space 'results'"):
            await world.start(Grant(connection="shelf", everyone=True))
