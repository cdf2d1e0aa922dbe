"""Where paths begin: the top of a collection, the home there, and the collections that an account knows."""

import pytest
from tests.providers.asking import read

from hubdrives.content import Bytes
from hubdrives.errors import BadCredential, Forbidden, NotFound, Unreadable
from hubdrives.http import Client
from hubdrives.model import Kind, Location
from hubdrives.providers.globus import Globus

ALL = Location(provider="globus")


@pytest.fixture
def home(bench):
    bench.globus.collection.home = "/home/{user}"
    bench.file("home/researcher/data/a.txt", "mine")
    bench.file("home/other/b.txt", "not mine")
    return bench.at("~")


async def test_the_home_is_found_and_what_is_in_it_is_called_as_from_the_top(bench, provider, home):
    entry = await provider.stat(home.below("data/a.txt"))
    assert entry == await provider.stat(bench.at("home/researcher/data/a.txt"))
    assert await read(provider, entry) == b"mine"
    snapshot = await provider.snapshot(home)
    assert [each.path for each in snapshot.entries] == ["data", "data/a.txt"]
    assert snapshot.name == "researcher"
    assert [each.path async for each in provider.list(home)] == ["data"]
    assert (await provider.stat(home)).path == "researcher"


async def test_where_the_home_is_is_asked_once(bench, provider, home):
    await provider.stat(home.below("data"))
    bench.asked()
    await provider.stat(home.below("data/a.txt"))
    assert bench.asked() == {"transfer.stat": 1}


async def test_the_home_contains_what_is_in_it_however_it_is_written(bench, provider, home):
    assert await provider.contains(home, bench.at("home/researcher/data/a.txt"))
    assert await provider.contains(bench.at("home"), home.below("data"))
    assert not await provider.contains(home, bench.at("home/other/b.txt"))
    assert not await provider.contains(home.below("data"), home)


async def test_what_is_written_into_the_home_is_there(bench, provider, home):
    entry = await provider.write(home.below("data"), "b.txt", Bytes(b"new"))
    assert await read(provider, entry) == b"new"
    assert (await provider.stat(bench.at("home/researcher/data/b.txt"))).version == entry.version


async def test_a_guest_collection_has_no_home(bench):
    guest = bench.globus.add_guest_collection("Guests", "/shared")
    provider = await bench.connect()
    with pytest.raises(Forbidden):
        await provider.stat(bench.at("~/a", collection=guest))


async def test_a_server_itself_has_no_files(bench):
    server = bench.globus.add_collection("Server", entity_type="GCSv5_endpoint")
    provider = await bench.connect()
    with pytest.raises(Unreadable, match="'Server' in Globus is a server"):
        await provider.stat(bench.at(collection=server))


async def test_above_the_collections_are_those_that_the_account_knows(bench):
    site = bench.globus
    other = site.add_identity("colleague@example.org")
    shared = site.add_collection("Theirs", owner="colleague@example.org")
    site.share(shared, site.owner)
    site.add_collection("Server", entity_type="GCSv5_endpoint")
    for _ in range(2):
        site.add_collection("Twice")
    bench.file("a.txt", "hello", collection=shared)
    provider = await bench.connect()
    assert [entry.path async for entry in provider.list(ALL)] == ["Recently used", "My collections", "Shared with me"]
    mine = [entry async for entry in provider.list(ALL.below("My collections"))]
    assert {entry.kind for entry in mine} == {Kind.FOLDER}
    names = sorted(entry.path for entry in mine)
    assert names[0] == "Lab data"
    assert names[1] == "Twice"
    assert names[2].startswith("Twice__")
    assert len(names) == 3
    place = ALL.below("Shared with me/Theirs/a.txt")
    assert await read(provider, await provider.stat(place)) == b"hello"
    assert await provider.contains(ALL, place)
    assert await provider.contains(ALL.below("Shared with me"), place)
    assert not await provider.contains(ALL.below("My collections"), place)
    assert await provider.contains(ALL, ALL.below("My collections"))
    assert not await provider.contains(bench.at(), ALL)
    assert (await provider.stat(ALL)).path == "Globus"
    assert other.username == "colleague@example.org"


async def test_whether_a_collection_is_known_is_told_before_it_is_used(bench):
    stranger = bench.globus.add_collection("Public", owner=bench.globus.add_identity("colleague@example.org"))
    provider = await bench.connect()
    for path in ("a.txt", "", "~/a.txt"):
        assert not await provider.contains(ALL, bench.at(path, collection=stranger))
        assert not await provider.contains(ALL.below("My collections"), bench.at(path, collection=stranger))
    # What is looked at is among those used last: who may read those could make it one of them.
    assert {"transfer.stat", "transfer.ls"}.isdisjoint(bench.asked())


async def test_a_login_that_is_refused_is_no_answer_to_where_something_lies(bench):
    for root in (ALL, bench.at()):
        provider = await bench.connect(renewable=False)
        bench.fault("transfer.endpoint", "error", reason="AuthenticationFailed", times=None)
        with pytest.raises(BadCredential):
            await provider.contains(root, bench.at("a.txt"))


@pytest.mark.parametrize(
    "path", ["No such section", "No such section/x", "My collections/none", "My collections/none/a"]
)
async def test_what_is_not_there_above_the_collections_is_told(provider, path):
    with pytest.raises(NotFound):
        await provider.stat(ALL.below(path))


async def test_nothing_is_changed_above_the_collections(bench, provider):
    for act in (
        provider.make_folder(ALL, "x"),
        provider.write(ALL.below("My collections"), "x", Bytes(b"")),
        provider.remove(ALL.below("My collections")),
        provider.remove(bench.at()),
        provider.move(bench.at(), name="x"),
    ):
        with pytest.raises(Forbidden):
            await act


async def test_a_connection_says_how_to_be_given_access(bench, provider):
    assert provider.explain_access() == "Give researcher@example.edu a permission on the collection in Globus."


async def test_a_name_that_local_file_systems_take_stands_for_what_globus_has(bench, provider):
    bench.file("odd/back\\slash/tail./a.txt", "odd")
    names = [entry.path for entry in (await provider.snapshot(bench.at("odd"))).entries]
    assert names == ["back_slash", "back_slash/tail", "back_slash/tail/a.txt"]
    place = bench.at("odd").below("back_slash/tail")
    assert (await provider.stat(place.below("a.txt"))).size == 3
    assert [entry.path async for entry in provider.list(place)] == ["a.txt"]
    assert [entry.path for entry in (await provider.snapshot(place)).entries] == ["a.txt"]
    await provider.write(place, "b.txt", Bytes(b"b"))
    assert [entry.path async for entry in provider.list(place)] == ["a.txt", "b.txt"]


@pytest.mark.parametrize(
    "options", [{"limit": 0}, {"limit": 100_001}, {"filters": "name"}, {"show_hidden": 1}, {"x": 1}]
)
async def test_options_that_can_not_be_meant_are_refused(bench, options):
    with pytest.raises(ValueError, match="Globus connection"):
        await bench.connect(**options)


async def test_an_address_that_is_none_is_no_server(bench):
    provider = await bench.connect()
    with pytest.raises(ValueError, match="base_url"):
        Globus.open(provider._client, base_url="globus.example.org")


async def test_what_is_missing_below_a_folder_that_may_be_listed_costs_one_listing(bench, provider):
    bench.globus.add_folder("course/week 1")
    await provider.stat(bench.at("course"))
    bench.asked()
    with pytest.raises(NotFound):
        await provider.stat(bench.at("course/week 1/new.txt"))
    assert bench.asked() == {"transfer.stat": 1, "transfer.ls": 1}


@pytest.mark.parametrize("path", ["ada/new", "ada/new/deeper/still"])
async def test_what_is_missing_is_missing_also_where_the_folders_above_may_not_be_listed(bench, path):
    site = bench.globus
    ada = site.add_identity("ada@example.org")
    homes = site.add_collection("Homes")
    bench.file("ada/a.txt", collection=homes)
    site.share(homes, ada, "rw", path="/ada")
    provider = await bench.connect("ada@example.org")
    with pytest.raises(NotFound):
        await provider.stat(bench.at(path, collection=homes))
    with pytest.raises(NotFound):
        await provider.contains(bench.at("ada", collection=homes), bench.at(path, collection=homes))
    assert await provider.contains(bench.at("ada", collection=homes), bench.at("ada/a.txt", collection=homes))


async def test_a_server_that_can_be_none_of_globus_is_not_even_asked(bench):
    async with Client(title="Globus", errors=Globus.errors) as client:
        provider = Globus.open(client)
        bench.asked()
        with pytest.raises(NotFound, match="no address of a Globus collection"):
            await provider.stat(Location(provider="globus", id=bench.globus.collection.https_server, path="a.txt"))
    assert bench.asked() == {}
