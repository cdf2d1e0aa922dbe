import pytest

from hubdrives.errors import BadInput, LoginNeeded, NotFound, NotGranted, Unavailable, Unreadable
from hubdrives.model import Kind, Location
from hubdrives.providers.globus.failures import Asleep, Paused
from hubdrives.providers.globus.item import Item
from hubdrives.providers.globus.resolve import Links
from hubdrives.testing.emulators.globus.collections import PERSONAL


async def test_a_folder_costs_one_request_and_so_does_each_below_it(bench, provider):
    for number in range(3):
        bench.file(f"course/week {number}/a.txt")
    bench.globus.add_folder("course/week 0/empty")
    bench.asked()
    first = await provider.snapshot(bench.at("course"))
    assert len(first.files) == 3
    assert bench.asked() == {"transfer.endpoint": 1, "transfer.ls": 5}
    again = await provider.snapshot(bench.at("course"), known=first)
    assert again.digest == first.digest
    assert bench.asked() == {"transfer.ls": 5}


async def test_a_file_costs_a_look_more(bench, provider):
    bench.file("course/a.txt")
    await provider.stat(bench.at("course"))
    bench.asked()
    snapshot = await provider.snapshot(bench.at("course/a.txt"))
    assert [entry.path for entry in snapshot.entries] == ["a.txt"]
    assert bench.asked() == {"transfer.ls": 1, "transfer.stat": 1}


async def test_what_is_known_of_a_collection_is_believed_for_minutes(bench, provider):
    bench.globus.add_folder("course")
    await provider.snapshot(bench.at("course"))
    bench.clock.now += 299
    bench.asked()
    await provider.snapshot(bench.at("course"))
    assert bench.asked() == {"transfer.ls": 1}
    bench.clock.now += 2
    await provider.snapshot(bench.at("course"))
    assert bench.asked() == {"transfer.endpoint": 1, "transfer.ls": 1}


async def test_what_was_changed_just_now_may_change_again_so_its_version_never_comes_back(bench, provider):
    bench.globus.add_file("course/a.txt", "one")
    place = bench.at("course")
    looks = [await provider.snapshot(place) for _ in range(2)]
    bench.globus.add_file("course/a.txt", "two")
    looks.append(await provider.snapshot(place))
    bench.clock.now += 1.9
    looks.append(await provider.snapshot(place))
    assert len({look.files[0].version for look in looks}) == 4
    assert len({look.digest for look in looks}) == 4
    bench.clock.now += 0.2
    settled = [await provider.snapshot(place) for _ in range(2)]
    assert settled[0].digest == settled[1].digest
    assert settled[0].files[0].version == "3@1900000000"


async def test_a_date_far_in_the_future_is_no_clock(bench, provider):
    bench.globus.add_file("course/a.txt", "one", modified=bench.clock.now + 40_000)
    looks = [await provider.snapshot(bench.at("course")) for _ in range(2)]
    assert looks[0].digest == looks[1].digest


@pytest.mark.parametrize("place", ["week 1", ""])
async def test_a_folder_that_is_too_large_is_told_in_a_sentence(bench, provider, place):
    bench.globus.settings.list_limit = 3
    for number in range(4):
        bench.file(f"course/week 1/{number}.txt")
    bench.file("course/a.txt")
    if place:
        with pytest.raises(Unreadable, match="more entries than Globus lists") as refused:
            await provider.snapshot(bench.at("course/week 1"))
        assert "hubdrives transfer" in refused.value.hint
        assert refused.value.transient is False
        return
    snapshot = await provider.snapshot(bench.at("course"))
    assert [entry.path for entry in snapshot.entries] == ["a.txt", "week 1"]
    assert [(each.path, each.code) for each in snapshot.skipped] == [("week 1", "unreadable")]


async def test_a_large_folder_comes_whole(bench, provider):
    for number in range(4500):
        bench.globus.add_file(f"course/{number}.txt", "x", modified=bench.clock.now - 60)
    bench.asked()
    snapshot = await provider.snapshot(bench.at("course"))
    assert {entry.path for entry in snapshot.files} == {f"{number}.txt" for number in range(4500)}
    assert bench.asked()["transfer.ls"] == 1


async def test_a_folder_that_is_larger_than_the_connection_wants_is_told_and_never_cut(bench):
    for number in range(4):
        bench.file(f"course/week 1/{number}.txt")
    bench.file("course/a.txt")
    provider = await bench.connect(limit=3)
    snapshot = await provider.snapshot(bench.at("course"))
    assert [entry.path for entry in snapshot.entries] == ["a.txt", "week 1"]
    assert [(each.path, each.code) for each in snapshot.skipped] == [("week 1", "unreadable")]
    assert "more entries than this connection lists (3)" in snapshot.skipped[0].reason
    with pytest.raises(Unreadable, match="more entries") as refused:
        await provider.snapshot(bench.at("course/week 1"))
    assert "'limit'" in refused.value.hint
    with pytest.raises(Unreadable, match="more entries"):
        assert [entry async for entry in provider.list(bench.at("course/week 1"))]


@pytest.mark.parametrize("filters", [[], ["name:~*.txt"]])
async def test_a_folder_that_is_just_as_large_as_the_connection_wants_comes_whole_in_the_usual_requests(bench, filters):
    for number in range(4):
        bench.file(f"course/{number}.txt")
    provider = await bench.connect(limit=4, filters=filters)
    await provider.stat(bench.at("course"))
    bench.asked()
    assert len((await provider.snapshot(bench.at("course"))).files) == 4
    assert len([entry async for entry in provider.list(bench.at("course"))]) == 4
    assert bench.asked() == {"transfer.ls": 4 if filters else 2}
    bench.file("course/one-more.txt")
    with pytest.raises(Unreadable):
        await provider.snapshot(bench.at("course"))


async def test_files_that_no_server_serves_are_listed_with_the_command_that_brings_them(bench):
    laptop = bench.globus.add_collection("My Laptop", entity_type=PERSONAL)
    bench.file("runs/one/a b.txt", collection=laptop)
    bench.globus.add_folder("empty", collection=laptop)
    provider = await bench.connect()
    pages = {
        "runs": ("--recursive ", "%2Fruns%2F", "./runs"),
        "runs/one/a b.txt": ("", "%2Fruns%2Fone%2Fa%20b.txt", "'./a b.txt'"),
        "": ("--recursive ", "%2F", "'./My Laptop'"),
    }
    for path, (option, page, name) in pages.items():
        snapshot = await provider.snapshot(bench.at(path, collection=laptop))
        assert len(snapshot.files) == 1
        (told,) = snapshot.skipped
        assert (told.path, told.code) == (".", "unreadable")
        address = f"{bench.globus.url.rstrip('/')}/file-manager?origin_id={laptop.id}&origin_path={page}"
        assert f"`hubdrives transfer {option}'{address}' {name}`" in told.reason
    # Where there is no file, nothing is missing.
    assert (await provider.snapshot(bench.at("empty", collection=laptop))).skipped == ()


async def test_hidden_files_are_listed_unless_the_connection_says_otherwise(bench, provider):
    for path in ("course/.hidden", "course/.folder/a.txt", "course/a.txt"):
        bench.file(path)
    assert {entry.path for entry in (await provider.snapshot(bench.at("course"))).files} == {
        ".hidden",
        ".folder/a.txt",
        "a.txt",
    }
    other = await bench.connect(show_hidden=False)
    assert [entry.path for entry in (await other.snapshot(bench.at("course"))).entries] == ["a.txt"]
    assert [entry.path async for entry in other.list(bench.at("course"))] == ["a.txt"]


async def test_a_filter_chooses_files_and_all_folders_are_gone_through(bench):
    for path in ("a.nc", "b.txt", "run.nc/c.nc", "run.nc/d.txt", "deep/er/e.csv", "deep/small.nc"):
        bench.file(f"course/{path}", path)
    provider = await bench.connect(filters=["name:~*.nc,~*.csv"])
    snapshot = await provider.snapshot(bench.at("course"))
    assert [entry.path for entry in snapshot.files] == ["a.nc", "deep/er/e.csv", "deep/small.nc", "run.nc/c.nc"]
    both = await bench.connect(filters=["name:~*.nc", "size:>5"])
    files = (await both.snapshot(bench.at("course"))).files
    assert [entry.path for entry in files] == ["deep/small.nc", "run.nc/c.nc"]


async def test_what_is_no_file_is_left_out_with_a_reason(bench, provider):
    tree = bench.globus.tree
    course = bench.globus.add_folder("course")
    for kind in ("chr", "blk", "pipe", "other"):
        tree.add(kind, parent=course.id, kind=kind)
    bench.link("course/broken", "no/such")
    bench.clock.now += 5
    snapshot = await provider.snapshot(bench.at("course"))
    assert snapshot.entries == ()
    assert {each.path for each in snapshot.skipped} == {"chr", "blk", "pipe", "other", "broken"}
    reasons = {each.path: each.reason for each in snapshot.skipped}
    assert "leads nowhere" in reasons["broken"]
    assert [entry async for entry in provider.list(bench.at("course"))] == []
    with pytest.raises(Unreadable):
        await provider.stat(bench.at("course/pipe"))


async def test_links_to_files_are_the_files_and_links_to_folders_are_followed_as_long_as_they_stay(bench, provider):
    bench.file("course/data/a.txt", "a")
    bench.file("elsewhere/b.txt", "b")
    bench.link("course/a", "course/data/a.txt")
    bench.link("course/b", "elsewhere/b.txt")
    bench.link("course/inside", "course/data")
    bench.link("course/outside", "elsewhere")
    snapshot = await provider.snapshot(bench.at("course"))
    assert {entry.path for entry in snapshot.files} == {"a", "b", "data/a.txt", "inside/a.txt"}
    assert [(each.path, each.code) for each in snapshot.skipped] == [("outside", "not-granted")]
    bounded = await provider.snapshot(bench.at("course"), boundary=bench.at("course"))
    assert {entry.path for entry in bounded.files} == {"a", "data/a.txt", "inside/a.txt"}
    assert {each.path for each in bounded.skipped} == {"b", "outside"}


async def test_a_link_behind_a_link_does_not_lead_out_either(bench, provider):
    bench.file("secret/b.txt", "b")
    bench.link("course/data/on", "secret")
    bench.link("course/x/first", "course/data")
    location = bench.at("course/x/first/on/b.txt")
    assert (await provider.stat(location)).size == 1
    assert not await provider.contains(bench.at("course"), location)
    assert await provider.contains(bench.at("course"), bench.at("course/x/first"))
    assert await provider.contains(bench.at("secret"), location)
    snapshot = await provider.snapshot(bench.at("course"), boundary=bench.at("course"))
    assert snapshot.files == ()
    assert {each.path for each in snapshot.skipped} == {"data/on", "x/first/on"}
    for path in ("course/x/first/on", "course/data/on"):
        with pytest.raises(NotGranted):
            await provider.snapshot(bench.at(path), boundary=bench.at("course"))


async def test_what_may_be_read_is_told_by_local_names_too(bench, provider):
    bench.file("odd\\course/week 1./a.txt")
    top = bench.at().below("odd_course")
    for location in (top, top.below("week 1"), top.below("week 1/a.txt"), bench.at("odd\\course/week 1.")):
        snapshot = await provider.snapshot(location, boundary=top)
        assert [entry.path.rpartition("/")[2] for entry in snapshot.files] == ["a.txt"]
        assert await provider.contains(top, location)
    assert not await provider.contains(top.below("week 1"), top)
    assert not await provider.contains(bench.at("none"), top)
    with pytest.raises(NotGranted):
        await provider.snapshot(top, boundary=top.below("week 1"))


async def test_nothing_of_another_collection_may_be_read(bench):
    other = bench.globus.add_collection("Other")
    bench.file("a.txt", collection=other)
    provider = await bench.connect()
    bench.globus.add_folder("course")
    with pytest.raises(NotGranted):
        await provider.snapshot(bench.at(collection=other), boundary=bench.at("course"))
    assert not await provider.contains(bench.at(), bench.at("a.txt", collection=other))
    whole = await provider.snapshot(bench.at(collection=other), boundary=Location(provider="globus"))
    assert [entry.path for entry in whole.files] == ["a.txt"]


async def test_a_boundary_that_is_reached_by_a_link_is_where_the_link_leads(bench, provider):
    bench.file("data/course/a.txt")
    bench.file("data/other.txt")
    bench.link("course", "data/course")
    bench.link("data/course/up", "data/other.txt")
    snapshot = await provider.snapshot(bench.at("course"), boundary=bench.at("course"))
    assert [entry.path for entry in snapshot.files] == ["a.txt"]
    assert [each.path for each in snapshot.skipped] == ["up"]
    assert await provider.contains(bench.at("course"), bench.at("data/course/a.txt"))
    assert await provider.contains(bench.at("data/course"), bench.at("course/a.txt"))


async def test_to_look_whether_a_folder_contains_something_costs_a_request_for_each_folder_between(bench, provider):
    bench.file("course/a/b/c.txt")
    await provider.stat(bench.at("course"))
    bench.asked()
    assert await provider.contains(bench.at("course"), bench.at("course/a/b/c.txt"))
    assert bench.asked() == {"transfer.stat": 4}


async def test_what_goes_away_while_it_is_listed_is_not_there(bench, provider):
    bench.file("course/a/x.txt")
    bench.file("course/b.txt")
    bench.globus.faults.set(
        [{"operation": "transfer.ls", "effect": "error", "reason": "ClientError.NotFound", "name": "a"}]
    )
    assert [entry.path for entry in (await provider.snapshot(bench.at("course"))).files] == ["b.txt"]


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("OperationPaused", Paused),
        ("ExternalError.DirListingFailed.GCDisconnected", Asleep),
        ("EndpointPermissionDenied", PermissionError),
        ("ClientError.NotFound", NotFound),
    ],
)
async def test_what_will_not_work_is_asked_once(bench, provider, reason, kind):
    bench.file("course/a.txt")
    await provider.stat(bench.at("course"))
    bench.fault("transfer.*", "error", reason=reason, times=None)
    bench.asked()
    with pytest.raises(kind):
        await provider.snapshot(bench.at("course/a.txt" if kind is NotFound else "course"))
    counted = bench.asked()
    assert counted["transfer.ls"] == (3 if kind is NotFound else 1)


@pytest.mark.parametrize("reason", ["EndpointError", "ExternalError.DirListingFailed.ConnectFailed", "InternalError"])
async def test_what_may_pass_is_tried_again(bench, provider, reason):
    bench.file("course/a.txt")
    bench.fault("transfer.ls", "error", reason=reason, times=2)
    assert len((await provider.snapshot(bench.at("course"))).files) == 1
    bench.fault("transfer.ls", "html", status=503, retry_after=0, times=1)
    assert len((await provider.snapshot(bench.at("course"))).files) == 1


async def test_a_rate_limit_is_waited_for_as_long_as_it_says(bench, provider):
    bench.file("course/a.txt")
    bench.fault("transfer.ls", "error", reason="TooManyRequests", retry_after=0, times=2)
    assert len((await provider.snapshot(bench.at("course"))).files) == 1


async def test_a_computer_that_is_asleep_is_said_to_be(bench):
    laptop = bench.globus.add_collection("Laptop", entity_type=PERSONAL)
    laptop.gcp_connected = False
    provider = await bench.connect()
    with pytest.raises(Unavailable, match="asleep or offline"):
        await provider.snapshot(bench.at(collection=laptop))


async def test_a_consent_that_is_missing_is_asked_for_together_with_the_one_for_reading(bench, provider):
    bench.file("course/a.txt")
    bench.fault("transfer.ls", "withdraw_data_access", times=1)
    with pytest.raises(LoginNeeded) as needed:
        await provider.snapshot(bench.at("course"))
    scopes = f"https://auth.globus.org/scopes/{bench.globus.collection.id}"
    looking = f"urn:globus:auth:scope:transfer.api.globus.org:all[*{scopes}/data_access]"
    reading = f"{scopes}/https[*{scopes}/data_access]"
    assert needed.value.login_url.startswith(f"/hub/consent?scope={looking}&scope={reading}")


async def test_where_nothing_can_be_read_no_consent_for_reading_is_asked_for(bench):
    locked = bench.globus.add_collection("Locked", https=False)
    bench.file("a.txt", collection=locked)
    provider = await bench.connect()
    bench.fault("transfer.ls", "withdraw_data_access", times=1)
    with pytest.raises(LoginNeeded) as needed:
        await provider.snapshot(bench.at(collection=locked))
    assert needed.value.login_url.count("scope=") == 1


async def test_a_login_that_is_too_long_ago_is_asked_for_as_the_collection_wants_it(bench, provider):
    bench.file("course/a.txt")
    bench.fault("*", "session_expired")
    with pytest.raises(LoginNeeded) as needed:
        await provider.snapshot(bench.at("course"))
    assert f"session_required_identities={bench.globus.owner.id}" in needed.value.login_url
    assert needed.value.transient is False


async def test_all_collections_at_once_are_too_much(bench, provider):
    with pytest.raises(BadInput):
        await provider.snapshot(Location(provider="globus"))


async def test_a_file_has_the_size_and_the_time_that_globus_tells(bench, provider):
    bench.file("course/a.txt", "hello")
    entry = (await provider.snapshot(bench.at("course"))).entries[0]
    assert (entry.kind, entry.size, entry.digest) == (Kind.FILE, 5, None)
    assert entry.modified.timestamp() == 1_900_000_001


@pytest.mark.parametrize(
    ("target", "end"),
    [
        ("data", "/course/data"),
        ("./data/", "/course/data"),
        ("../secret/b.txt", "/secret/b.txt"),
        ("/secret", "/secret"),
        ("data/../../secret", "/secret"),
        ("../../secret", None),
        ("/../secret", None),
        ("../..", None),
    ],
)
async def test_links_are_followed_as_file_systems_do(bench, provider, target, end):
    bench.file("course/data/a.txt")
    bench.file("secret/b.txt")
    links = Links(provider._api, await provider._collections.get(bench.globus.collection.id))
    links.note("/course", [Item(name="link", type="dir", link_target=target)])
    assert await links.real("/course/link") == end


async def test_links_in_a_circle_lead_nowhere(bench, provider):
    links = Links(provider._api, await provider._collections.get(bench.globus.collection.id))
    links.note("/", [Item(name="a", type="dir", link_target="b"), Item(name="b", type="dir", link_target="a")])
    with pytest.raises(BadInput, match="circles"):
        await links.real("/a")
