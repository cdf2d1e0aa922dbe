"""Versions, search and sharing, where Box has ways of its own."""

import re
from pathlib import Path

import msgspec
import pytest

from hubdrives.errors import BadConfig, BadInput, NotFound, NotShared
from hubdrives.http import Client
from hubdrives.model import Kind
from hubdrives.providers.abilities import Invitee, Query
from hubdrives.providers.box import Box
from hubdrives.providers.box.options import Options
from hubdrives.providers.box.sharing import ROLES

PAGE = Path(__file__).parents[3] / "docs" / "providers" / "box.md"


@pytest.fixture
def file(bench):
    """A file of three versions."""
    made = bench.file("a.csv", "first")
    bench.replace(made, "second")
    bench.replace(made, "third")
    return made


# Versions


async def test_versions_say_who_when_and_what(bench, box, file):
    versions = await box.versions(bench.at(file))
    assert [each.digest for each in versions] == [
        f"sha1:{each.sha1}" for each in reversed(bench.box.tree.versions(file))
    ]
    assert {each.author for each in versions} == {"owner@example.edu"}
    assert all(each.modified and each.modified.tzinfo for each in versions)
    assert bench.asked() == {"files.get": 1, "versions.list": 1}


@pytest.mark.parametrize("effect", ["refuse_after_effect", "error", "drop"])
async def test_a_version_is_restored_once_whatever_becomes_of_the_answer(bench, box, file, effect):
    reason = {"reason": "unavailable"} if effect == "error" else {}
    bench.fault("versions.promote", effect, times=1, **reason)
    versions = await box.versions(bench.at(file))
    await box.restore(bench.at(file), versions[-1].id)
    assert bench.history(file) == [b"first", b"third", b"second", b"first"]


async def test_restoring_the_current_version_does_nothing(bench, box, file):
    versions = await box.versions(bench.at(file))
    bench.asked()
    entry = await box.restore(bench.at(file), versions[0].id)
    assert entry == await box.stat(bench.at(file))
    assert len(bench.history(file)) == 3


# Search


async def test_search_by_extension_alone_and_by_kind_alone(bench, box, file):
    bench.file("b.txt")
    found = [entry.path async for entry in box.search(Query(extensions=(".CSV",)), under=bench.root)]
    assert found == ["a.csv"]
    with pytest.raises(BadInput):
        [entry async for entry in box.search(Query(kind=Kind.FOLDER), under=bench.root)]
    query = Query(kind=Kind.FOLDER, text="a", extensions=("csv",))
    assert [entry async for entry in box.search(query, under=bench.root)] == []


async def test_search_goes_on_for_as_many_pages_as_there_are(bench, box):
    folder = bench.folder("many")
    for number in range(205):
        bench.file(f"rain {number}.csv", "", folder)
    bench.asked()
    found = {entry.path async for entry in box.search(Query(text="rain"), under=bench.root)}
    assert len(found) == 205
    assert all(path.startswith("many/rain ") for path in found)
    assert bench.asked()["search"] == 2
    assert len([entry async for entry in box.search(Query(text="rain"), under=bench.root, limit=3)]) == 3


async def test_what_may_not_be_downloaded_is_not_found(bench):
    person = bench.box.add_user("looker@example.edu")
    folder = bench.folder("to look at")
    bench.file("rain.csv", "x", folder)
    bench.box.collaborate(folder, person.login, "previewer")
    box = await bench.connect(person)
    assert [entry.path async for entry in box.search(Query(text="rain"), under=bench.at(folder))] == []


# Sharing


async def test_a_person_is_invited_by_number_too(bench, box):
    person = bench.box.add_user("ada@example.edu")
    folder = bench.at(bench.folder("room"))
    share = await box.share(folder, Invitee(who=person.id), "editor")
    again = await box.share(folder, Invitee(who="ADA@example.edu"), "viewer")
    assert (share.who, again.id, again.role) == ("ada@example.edu", share.id, "viewer")


async def test_whoever_is_no_address_and_no_number_is_refused_before_box_is_asked(bench, box):
    folder = bench.at(bench.folder("room"))
    with pytest.raises(BadInput, match="no person 'Ada'") as told:
        await box.share(folder, Invitee(who="Ada"), "viewer")
    assert "e-mail address" in (told.value.hint or "")
    assert "collaborations.create" not in bench.asked()


async def test_who_has_no_account_yet_is_invited(bench, box):
    folder = bench.at(bench.folder("room"))
    share = await box.share(folder, Invitee(who="nobody@example.org"), "viewer")
    assert (share.accepted, share.who) == (False, "nobody@example.org")
    assert (await box.share(folder, Invitee(who="nobody@example.org"), "editor")).id == share.id


@pytest.mark.parametrize("by", ["name", "number"])
async def test_a_group_is_told_by_number_or_by_its_name(bench, box, by):
    bench.box.add_group("Team of others")
    team = bench.box.add_group("Team", ["owner@example.edu"])
    folder = bench.at(bench.folder("room"))
    who = Invitee(who=team.name if by == "name" else team.id, group=True)
    share = await box.share(folder, who, "viewer")
    assert (share.who, share.group, share.role) == ("Team", True, "viewer")
    again = await box.share(folder, who, "editor")
    assert (again.id, again.role) == (share.id, "editor")
    assert bench.asked().get("groups.list", 0) == (2 if by == "name" else 0)


async def test_a_group_that_box_does_not_tell_of_is_shared_with_by_number_only(bench, box):
    for name in ("Teams", "A Team", "team"):
        bench.box.add_group(name)
    with pytest.raises(BadInput, match="no group 'Team'") as told:
        await box.share(bench.root, Invitee(who="Team", group=True), "viewer")
    assert "number" in told.value.hint
    with pytest.raises(BadInput, match="no group"):
        await box.share(bench.root, Invitee(who="424242", group=True), "viewer")


async def test_a_name_that_two_groups_have_is_refused(bench, box):
    for _ in range(2):
        bench.box.add_group("Team")
    folder = bench.folder("room")
    with pytest.raises(BadInput, match="2 groups") as told:
        await box.share(bench.at(folder), Invitee(who="Team", group=True), "viewer")
    assert "number" in told.value.hint
    assert bench.box.collaborations(folder) == []


@pytest.mark.parametrize("trouble", ["scope", "account"])
async def test_who_may_not_look_groups_up_is_told_to_use_the_number(bench, box, trouble):
    team = bench.box.add_group("Team")
    folder = bench.at(bench.folder("room"))
    if trouble == "scope":
        bench.box.app.scopes -= {"manage_groups"}
    else:
        bench.fault("groups.list", "error", reason="access_denied_insufficient_permissions")
    with pytest.raises(BadInput, match="may not look groups up") as told:
        await box.share(folder, Invitee(who="Team", group=True), "viewer")
    assert "number" in told.value.hint
    assert (await box.share(folder, Invitee(who=team.id, group=True), "viewer")).who == "Team"
    assert bench.tokens[-1].renewals == 0


async def test_what_was_given_on_a_folder_above_is_not_this_ones_to_change(bench, box):
    room = bench.folder("room")
    inner = bench.at(bench.folder("inner", room))
    share = await box.share(bench.at(room), Invitee(who=bench.box.add_user("ada@example.edu").login), "viewer")
    assert await box.shares(inner) == []
    with pytest.raises(NotFound):
        await box.unshare(inner, share.id)


@pytest.mark.parametrize("operation", ["collaborations.create", "collaborations.update", "collaborations.delete"])
async def test_sharing_may_be_asked_for_twice(bench, box, operation):
    folder = bench.folder("room")
    place, ada = bench.at(folder), Invitee(who=bench.box.add_user("ada@example.edu").login)
    if operation != "collaborations.create":
        share = await box.share(place, ada, "viewer")
    bench.fault(operation, "refuse_after_effect", times=1)
    if operation == "collaborations.create":
        share = await box.share(place, ada, "viewer")
    elif operation == "collaborations.update":
        await box.change_share(place, share.id, "editor")
    else:
        await box.unshare(place, share.id)
    expected = {"create": ["viewer"], "update": ["editor"], "delete": []}[operation.partition(".")[2]]
    assert [each.role for each in bench.box.collaborations(folder)] == expected


# What the provider is


def test_every_option_and_role_is_in_the_docs():
    page = PAGE.read_text()
    for name in (*(field.name for field in msgspec.structs.fields(Options)), *ROLES):
        assert re.search(rf"`{name}`", page), name


async def test_a_base_url_that_is_none_is_refused():
    async with Client(title="Box", errors=Box.errors) as client:
        with pytest.raises(BadConfig):
            Box.open(client, base_url="example.org")


async def test_how_to_give_access_names_the_account(bench, box):
    assert bench.box.service_account.login in box.explain_access()


async def test_what_is_not_shared_is_told_with_whom_to_invite(bench):
    private = bench.box.tree.add("private", parent=bench.box.owner.root).id
    box = await bench.connect()
    token = bench.tokens[-1]
    login, token.account = token.account, None
    for _ in range(2):
        with pytest.raises(NotShared) as caught:
            await box.stat(bench.at(private))
        assert f"Invite {login} to the folder" in caught.value.hint
    # Asked once, and only when something was not shared.
    assert bench.asked()["users.me"] == 1
    assert login in (box.explain_access() or "")
