"""Volumes through the gateway: who is told of which, and that nobody learns of one outside of what is granted."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.gateway.ferries import Ferries, ferried
from tests.gateway.questions import Question, table

from hubdrives.config import Grant
from hubdrives.errors import BadInput, Forbidden, NotGranted
from hubdrives.model import Location
from hubdrives.providers.gateway import Gateway

ALL = "https://app.globus.org/file-manager"
"""What is above all collections."""
EVERYONE = Grant(connection="globus", everyone=True)


@pytest.fixture
async def ferries(tmp_path: Path) -> AsyncIterator[Ferries]:
    async with ferried(tmp_path) as made:
        made.world.plant("runs/rain.csv", "town,mm\n")
        made.world.globus.add_collection("Open data")
        private = made.world.globus.add_collection("Diary", owner=made.world.globus.add_identity("bob@example.org"))
        private.public = False
        yield made


def seen_by(ferries: Ferries, user: str, *groups: str) -> Gateway:
    return ferries.bench.connect(ferries.bench.people.token(user, *groups))


def at(ferries: Ferries, text: str) -> Location:
    found = Gateway.parse(text, base_url=ferries.bench.url)
    assert found is not None
    return found


async def names(provider: Gateway, text: str = "", *, own: bool = False, limit: int = 100) -> list[str]:
    return sorted(one.name for one in await provider.volumes(text, own=own, limit=limit))


async def test_with_a_login_of_their_own_everybody_is_told_what_that_login_is_told(ferries: Ferries) -> None:
    await ferries.open(EVERYONE, personal=True, root=None)
    alice, bob = (seen_by(ferries, name) for name in ("alice", "bob"))
    assert await names(alice) == ["Home", "Lab"]
    assert await names(bob) == ["Diary", "Home", "Lab"]
    assert await names(alice, "open") == ["Open data"]
    assert await names(alice, "open", own=True) == []
    assert await names(bob, "diary") == ["Diary"]
    # Nor is another's answer handed out.
    assert await names(alice, "diary") == []
    told = await alice.volume(at(ferries, ferries.world.globus.web_address(ferries.world.lab, "/runs/")))
    assert (told.name, told.owner) == ("Lab", "researcher@example.edu")
    assert dict(told.facts)["Kind"] == "guest collection"
    (line,) = [one for one in ferries.bench.audit() if one["operation"] == "volume"]
    assert (line["user"], line["connection"], line["outcome"]) == ("alice", "globus", "ok")
    (first, *_) = [one for one in ferries.bench.audit() if one["operation"] == "volumes"]
    assert (first["user"], first["connection"], first["outcome"], first["files"]) == ("alice", "globus", "ok", 2)


async def test_of_a_service_s_account_only_what_it_has_is_told_whatever_is_looked_for(ferries: Ferries) -> None:
    await ferries.open(Grant(connection="globus", root=ALL, everyone=True))
    alice = seen_by(ferries, "alice")
    assert await names(alice) == ["Home", "Lab", "Lab data"]
    assert await names(alice, "open") == []
    assert await names(alice, "lab") == ["Lab", "Lab data"]
    lab, other = (
        ferries.world.lab,
        next(one for one in ferries.world.globus.collections.values() if one.display_name == "Open data"),
    )
    assert (await alice.volume(at(ferries, ferries.world.globus.web_address(lab, "/runs/")))).name == "Lab"
    with pytest.raises(NotGranted):
        await alice.volume(at(ferries, ferries.world.globus.web_address(other)))


async def test_a_grant_for_a_folder_tells_nothing_of_the_collection_around_it(ferries: Ferries) -> None:
    lab = ferries.world.globus.web_address(ferries.world.lab)
    runs = ferries.world.globus.web_address(ferries.world.lab, "/runs/")
    await ferries.open(
        Grant(connection="globus", root=runs, users=("alice", "bob")),
        Grant(connection="globus", root=lab, users=("bob", "tess"), can=("read", "link")),
        Grant(connection="globus", root=ALL, users=("wanda",), can=("write", "transfer")),
    )
    for user in ("alice", "bob", "wanda"):
        with pytest.raises(NotGranted):
            await seen_by(ferries, user).volumes("lab")
        with pytest.raises(NotGranted):
            await seen_by(ferries, user).volumes()
    alice, bob, tess = (seen_by(ferries, name) for name in ("alice", "bob", "tess"))
    await alice.stat(at(ferries, runs))
    with pytest.raises(NotGranted):
        await alice.volume(at(ferries, runs))
    for reader in (bob, tess):
        assert (await reader.volume(at(ferries, runs))).name == "Lab"
    link = f"link:{(await tess.sign_link(at(ferries, lab))).token}"
    await alice.stat(at(ferries, link))
    # What a link gives is to read what it leads to.
    with pytest.raises(NotGranted):
        await alice.volume(at(ferries, link))


async def test_an_account_that_may_look_at_nothing_gets_one_sentence(ferries: Ferries) -> None:
    await ferries.open(Grant(connection="drive", everyone=True), Grant(connection="globus", root=ALL, users=("ada",)))
    told = []
    for text in ("", "lab", "no such words"):
        with pytest.raises(NotGranted) as caught:
            await seen_by(ferries, "alice").volumes(text)
        told.append((str(caught.value), caught.value.hint))
    assert len(set(told)) == 1
    with pytest.raises(BadInput, match="Google Drive has no volumes"):
        await seen_by(ferries, "alice").volume(at(ferries, "drive:/"))


async def test_what_is_above_all_is_in_none(ferries: Ferries) -> None:
    await ferries.open(Grant(connection="globus", root=ALL, everyone=True))
    with pytest.raises(Forbidden):
        await seen_by(ferries, "alice").volume(at(ferries, ALL))


async def test_no_more_comes_than_was_asked_for(ferries: Ferries) -> None:
    await ferries.open(EVERYONE, personal=True, root=None)
    for number in range(12):
        ferries.world.globus.add_collection(f"Many {number:02}", https=False)
    alice = seen_by(ferries, "alice")
    assert len(await alice.volumes("many")) == 12
    assert len(await alice.volumes("many", limit=5)) == 5
    assert len(await alice.volumes("many", limit=10_000)) == 12
    assert len(await alice.volumes(limit=1)) == 1


@pytest.mark.parametrize("bad", [{"limit": "0"}, {"limit": "1001"}, {"limit": "x"}, {"own": "maybe"}])
async def test_what_can_not_be_meant_is_refused(ferries: Ferries, bad: dict[str, str]) -> None:
    await ferries.open(EVERYONE, personal=True, root=None)
    token = ferries.bench.people.token("alice")
    status, body, _ = await ferries.bench.ask("GET", "api/v1/volumes", token=token, params=bad)
    assert (status, body["code"]) == (400, "bad-input")


async def test_signs_in_words_stay_words_on_the_whole_way(ferries: Ferries) -> None:
    await ferries.open(EVERYONE, personal=True, root=None)
    for name in ("Rain", "Rain&own=true", "Rain#snow"):
        ferries.world.globus.add_collection(name)
    alice = seen_by(ferries, "alice")
    assert await names(alice, "Rain&own=true") == ["Rain&own=true"]
    assert await names(alice, "Rain#snow") == ["Rain#snow"]


async def test_a_search_takes_its_time_and_the_gateway_says_so(ferries: Ferries) -> None:
    await ferries.open(EVERYONE, personal=True, root=None, patience=0.02)
    ferries.world.globus.faults.set([{"operation": "transfer.search", "effect": "delay", "seconds": 0.1}])
    assert await names(seen_by(ferries, "alice"), "open") == ["Open data"]
    assert [one["outcome"] for one in ferries.bench.audit()][-2:] == ["not-yet", "ok"]


def about_volumes(source: str) -> dict[str, Question]:
    """Both endpoints, asked about the collection of a place."""
    return {
        "volumes": Question("GET", "api/v1/volumes", {"text": "lab"}),
        "volume": Question("GET", "api/v1/volume", {"source": source}),
    }


@pytest.mark.parametrize("personal", [False, True])
async def test_no_wrong_identity_learns_of_a_volume(
    ferries: Ferries, show: Callable[[str, str], None], *, personal: bool
) -> None:
    people, lab = ferries.bench.people, ferries.world.globus.web_address(ferries.world.lab)
    runs = ferries.world.globus.web_address(ferries.world.lab, "/runs/")
    await ferries.open(
        Grant(connection="globus", root=None if personal else ALL, users=("alice",)),
        Grant(connection="globus", root=runs, users=("fritz",)),
        Grant(connection="globus", users=("wanda",), can=("write", "transfer")),
        Grant(connection="drive", users=("dora",), services=("robot",)),
        personal=personal,
        root=None if personal else ALL,
    )
    alice = people.token("alice")
    wrong: dict[str, str | None] = {
        "a folder only": people.token("fritz"),
        "writes, transfers": people.token("wanda"),
        "another connection": people.token("dora"),
        "no grant": people.token("mallory"),
        "a service": people.service_token("robot"),
        "no hub token": None,
        "unknown token": "made-up-0123456789abcdef",
    }
    rows: dict[str, dict[str, str]] = {}
    for name, question in about_volumes(lab).items():
        row = rows[name] = {"alice": ""}
        for asked in ("before", "after"):
            for who, token in wrong.items():
                status, text = await question.ask(ferries.bench, token)
                assert status == 403, (name, who, asked, status, text)
                assert not any(secret in text for secret in ("Lab", "researcher", ferries.world.lab.id)), text
                row[who] = str(status)
            status, text = await question.ask(ferries.bench, alice)
            assert (status, "researcher@example.edu" in text) == (200, True), text
            row["alice"] = str(status)
    show(f"Who is told of volumes{', each by their own login' if personal else ''} (HTTP status)", table(rows))
