"""Sharing folders: never more than was asked for, and with whoever it was asked for."""

import asyncio

import pytest

from hubdrives.content import Bytes
from hubdrives.errors import BadInput, Forbidden, NotFound, Unavailable, UnexpectedAnswer
from hubdrives.providers.abilities import Invitee
from hubdrives.providers.seafile.sharing import Sharing

ADA = Invitee(who="ada@example.org")


@pytest.fixture
def ada(bench):
    return bench.seafile.add_user(ADA.who, "Ada")


@pytest.fixture
def room(bench, ada):
    bench.file("users/42/results/a.txt", "a")
    bench.asked()
    return bench.root.below("users/42/results")


def shared(bench):
    """Every share of every library: the path of what is shared, with whom, and how."""
    site = bench.seafile
    return {
        (site.vault.path(each.root, under=site.library.root) if each.virtual else "/", who): role
        for each in site.libraries.all()
        for who, role in {**each.shares, **each.group_shares}.items()
    }


async def test_sharing_costs_one_request(bench, seafile, room):
    await seafile.share(room, ADA, "r")
    assert bench.asked() == {"shares.create": 1}
    assert shared(bench) == {("/users/42/results", ADA.who): "r"}


async def test_every_request_about_shares_names_its_folder_in_the_query(bench, seafile, room):
    seen = []
    understand = bench.seafile.understand

    async def watch(request):
        if "shared_items" in request.path:
            seen.append((request.method, request.query.get("p")))
        return await understand(request)

    bench.seafile.understand = watch
    share = await seafile.share(room, ADA, "r")
    await seafile.share(room, ADA, "rw")
    await seafile.change_share(room, share.id, "r")
    await seafile.unshare(room, share.id)
    assert {method for method, _path in seen} == {"PUT", "GET", "POST", "DELETE"}
    assert {path for _method, path in seen} == {"/users/42/results"}


@pytest.mark.parametrize("path", ["", "users/42", "a"])
async def test_a_path_that_is_none_is_not_taken_for_the_whole_library(bench, seafile, ada, path):
    sharing = Sharing(seafile._api)
    for attempt in (
        sharing.share(bench.seafile.library.id, path, ADA, "r"),
        sharing.shares(bench.seafile.library.id, path),
        sharing.end(bench.seafile.library.id, path, f"user:{ADA.who}"),
    ):
        with pytest.raises(BadInput):
            await attempt
    assert (shared(bench), bench.asked()) == ({}, {})


async def test_a_library_is_shared_only_if_it_is_meant_itself(bench, seafile, room):
    await seafile.share(bench.account.below("My Libraries/My Library"), ADA, "r")
    assert shared(bench) == {("/", ADA.who): "r"}
    for place in (bench.account, bench.account.below("My Libraries")):
        with pytest.raises(Forbidden):
            await seafile.share(place, ADA, "r")


async def test_who_was_never_there_is_told_what_to_do(bench, seafile, room):
    with pytest.raises(BadInput) as caught:
        await seafile.share(room, Invitee(who="nobody@example.org"), "r")
    assert "opened the Drive" in caught.value.hint
    with pytest.raises(BadInput):
        await seafile.share(room, Invitee(who="no address"), "r")
    assert shared(bench) == {}


async def test_who_owns_a_folder_has_it_already(bench, seafile, room):
    with pytest.raises(BadInput, match="whose it is"):
        await seafile.share(room, Invitee(who=bench.seafile.account.email), "r")
    assert await seafile.shares(room) == []


async def test_a_success_that_is_a_failure_is_one(bench, seafile, room):
    bench.fault("shares.create", "share_failed", times=1)
    with pytest.raises(UnexpectedAnswer):
        await seafile.share(room, ADA, "r")
    assert shared(bench) == {}


async def test_who_has_it_already_gets_the_new_role(bench, seafile, room):
    first = await seafile.share(room, ADA, "r")
    bench.asked()
    again = await seafile.share(room, ADA, "rw")
    assert (again.id, again.role, again.who) == (first.id, "rw", ADA.who)
    assert shared(bench) == {("/users/42/results", ADA.who): "rw"}
    await seafile.share(room, ADA, "rw")
    assert bench.asked() == {"shares.create": 2, "shares.list": 3, "shares.change": 1}


@pytest.mark.parametrize("operation", ["shares.create", "shares.change", "shares.delete"])
@pytest.mark.parametrize("effect", ["reset_after_effect", "refuse_after_effect"])
async def test_sharing_may_be_asked_for_twice(bench, seafile, room, operation, effect):
    share = await seafile.share(room, ADA, "r") if operation != "shares.create" else None
    bench.fault(operation, effect, times=1)
    if share is None:
        await seafile.share(room, ADA, "r")
    elif operation == "shares.change":
        await seafile.change_share(room, share.id, "rw")
    else:
        await seafile.unshare(room, share.id)
    expected = {"shares.create": "r", "shares.change": "rw"}.get(operation)
    assert shared(bench) == ({("/users/42/results", ADA.who): expected} if expected else {})


async def test_one_folder_is_one_library_for_all_whom_it_is_shared_with(bench, seafile, room, ada):
    bob = bench.seafile.add_user("bob@example.org")
    await asyncio.gather(*(seafile.share(room, Invitee(who=each.email), "r") for each in (ada, bob)))
    assert len([each for each in bench.seafile.libraries.all() if each.virtual]) == 1
    assert [each.who for each in await seafile.shares(room)] == ["ada@example.org", "bob@example.org"]


async def test_who_it_is_shared_with_finds_it_under_its_name_and_reads_and_writes_as_allowed(bench, seafile, room, ada):
    hers = await bench.connect(ada)
    share = await seafile.share(room, ADA, "r")
    place = bench.account.below("Shared with me/results")
    assert [each.path for each in (await hers.snapshot(place)).files] == ["a.txt"]
    with pytest.raises(Forbidden):
        await hers.write(place, "b.txt", Bytes(b"b"))
    await seafile.change_share(room, share.id, "rw")
    await hers.write(place, "b.txt", Bytes(b"b"))
    assert bench.history("/users/42/results/b.txt") == [b"b"]


@pytest.mark.parametrize("where", ["", "Shared with me/results"])
async def test_who_it_is_shared_with_finds_what_is_new_and_pays_little_where_nothing_is(
    bench, seafile, room, ada, where
):
    await seafile.share(room, ADA, "r")
    hers, place = await bench.connect(ada), bench.account.below(where)
    first = await hers.snapshot(place)
    bench.clock.now += 60
    bench.asked()
    assert await hers.snapshot(place, known=first) == first
    assert sum(bench.asked().values()) <= 2
    await seafile.write(room, "b.txt", Bytes(b"b"))
    bench.clock.now += 60
    found = await hers.snapshot(place, known=first)
    assert [each.path.rpartition("/")[2] for each in found.files] == ["a.txt", "b.txt"]


async def test_who_it_is_shared_with_can_not_share_it_on(bench, seafile, room, ada):
    await seafile.share(room, ADA, "rw")
    hers = await bench.connect(ada)
    bench.seafile.add_user("bob@example.org")
    with pytest.raises(Forbidden):
        await hers.share(bench.account.below("Shared with me/results"), Invitee(who="bob@example.org"), "r")


async def test_a_group_is_told_by_number_or_name(bench, seafile, room):
    group = bench.seafile.add_group("Team", ["ada@example.org"])
    by_name = await seafile.share(room, Invitee(who="Team", group=True), "r")
    by_number = await seafile.share(room, Invitee(who=str(group.id), group=True), "rw")
    assert (by_name.id, by_name.who, by_number.id, by_number.role) == (by_number.id, "Team", f"group:{group.id}", "rw")
    await seafile.change_share(room, by_name.id, "r")
    assert shared(bench) == {("/users/42/results", group.id): "r"}
    await seafile.unshare(room, by_name.id)
    assert shared(bench) == {}


async def test_a_group_that_is_none_or_several_is_told(bench, seafile, room):
    bench.seafile.add_group("Twins")
    bench.seafile.add_group("Twins")
    for who in ("Nobody", "99", "Twins"):
        with pytest.raises(BadInput, match=r"group|Groups"):
            await seafile.share(room, Invitee(who=who, group=True), "r")


async def test_a_file_or_nothing_can_not_be_shared(bench, seafile, room):
    with pytest.raises(BadInput):
        await seafile.share(room.below("a.txt"), ADA, "r")
    with pytest.raises(NotFound):
        await seafile.share(room.below("b"), ADA, "r")
    assert shared(bench) == {}


async def test_a_folder_whose_local_name_is_another_is_shared(bench, seafile, ada):
    bench.folder("Cafe\u0301")
    await seafile.share(bench.root.below("Caf\u00e9"), ADA, "r")
    assert shared(bench) == {("/Cafe\u0301", ADA.who): "r"}


async def test_one_request_tells_of_all_folders_below_one(bench, seafile, room, eve):
    for path in ("users/43/results", "users/44", "usersx/45", "elsewhere"):
        bench.folder(path)
    other = bench.seafile.add_library("Other")
    bench.folder("users/46", library=other)
    bench.seafile.add_group("team")
    for path, invitee in (
        ("users/42/results", ADA),
        ("users/42/results", Invitee(who=eve.email)),
        ("users/43/results", ADA),
        ("users/44", Invitee(who="team", group=True)),
        ("usersx/45", ADA),
    ):
        await seafile.share(bench.root.below(path), invitee, "rw" if "43" in path else "r")
    await seafile.share(bench.at("/users/46", library=other), ADA, "r")
    bench.asked()
    told = await seafile.shares_below(bench.root.below("users"))
    assert bench.asked() == {"shares.folders": 1}
    assert sorted(told) == ["42/results", "43/results"]
    for path, shares in told.items():
        assert shares == await seafile.shares(bench.root.below(f"users/{path}"))
    assert sorted(await seafile.shares_below(bench.root)) == ["users/42/results", "users/43/results", "usersx/45"]
    bench.remove("users/43")
    assert sorted(await seafile.shares_below(bench.root.below("users"))) == ["42/results"]


async def test_what_is_shared_above_the_libraries_is_told_by_nobody(bench, seafile, room):
    with pytest.raises(Forbidden):
        await seafile.shares_below(bench.account)


@pytest.fixture
def eve(bench):
    """Has an account whose name the server made up."""
    made = bench.seafile.add_user(f"{'e' * 32}@auth.local", "Eve")
    made.address = "Eve@example.org"
    return made


async def test_who_has_a_made_up_name_is_found_by_their_address(bench, seafile, room, eve):
    share = await seafile.share(room, Invitee(who="eve@example.org"), "r")
    assert (share.who, share.role) == ("Eve@example.org", "r")
    assert shared(bench) == {("/users/42/results", eve.email): "r"}
    assert bench.asked() == {"shares.create": 2, "shares.list": 1, "users.search": 1}
    assert await seafile.shares(room) == [share]
    again = await seafile.share(room, Invitee(who="eve@example.org"), "rw")
    assert (again.id, shared(bench)) == (share.id, {("/users/42/results", eve.email): "rw"})
    await seafile.unshare(room, share.id)
    assert shared(bench) == {}


async def test_an_address_that_several_have_or_part_of_one_is_nobody(bench, seafile, room, eve):
    twin = bench.seafile.add_user(f"{'f' * 32}@auth.local", "Frank")
    # Whoever can choose their address must not get what is another's by it.
    other = bench.seafile.add_user("mallory@example.org")
    other.address = "victim@example.org"
    twin.address = eve.address
    for who in ("eve@example.org", "ve@example.org", "victim@example.org"):
        with pytest.raises(BadInput, match="not known"):
            await seafile.share(room, Invitee(who=who), "r")
    assert shared(bench) == {}


async def test_trouble_while_somebody_is_searched_is_not_told_as_if_they_were_unknown(bench, seafile, room, eve):
    bench.fault("users.search", "html", status=502, times=None)
    with pytest.raises(Unavailable):
        await seafile.share(room, Invitee(who=eve.address), "r")
    assert shared(bench) == {}


async def test_a_server_on_which_nobody_can_be_searched_tells_that_they_are_unknown(bench, seafile, room, eve):
    for reason in ("permission_denied", "not_found"):
        bench.fault("users.search", "error", reason=reason, times=None)
        with pytest.raises(BadInput, match="not known"):
            await seafile.share(room, Invitee(who=eve.address), "r")
    assert shared(bench) == {}
