"""Collections as volumes: how they are found, what is told of them, and what that costs."""

import pytest

from hubdrives.errors import Forbidden, NotFound, Unreadable
from hubdrives.model import Location
from hubdrives.providers.globus import Globus

ALL = Location(provider="globus")


async def names(provider, *text: str, **options) -> list[str]:
    return [one.name for one in await provider.volumes(*text, **options)]


async def test_collections_are_found_anywhere_by_words_of_names_descriptions_and_owners(bench):
    bench.globus.add_identity("colleague@example.org")
    wanted = bench.globus.add_collection("Ocean temperatures", owner="colleague@example.org")
    wanted.description = "Buoys,\nsince 1990"
    provider = await bench.connect()
    for text in ("ocean", "buoys", "colleague", " TEMPERATURES ocean "):
        assert await names(provider, text) == ["Ocean temperatures"]
    assert await names(provider, "no such words") == []
    (found,) = await provider.volumes("ocean")
    assert (found.owner, found.description) == ("colleague@example.org", "Buoys,\nsince 1990")
    assert Globus.parse(found.address, base_url=bench.globus.url) == bench.at(collection=wanted)


@pytest.mark.parametrize(
    "text", ["Rain&Snow", "ocean#floor", "Rain&filter_scope=my-endpoints", "ocean%20floor%", "50%26more"]
)
async def test_signs_in_words_stay_words(bench, text):
    for decoy in ("Rain", "Ocean", "50"):
        bench.globus.add_collection(decoy)
    bench.globus.add_collection(f"The {text}, all of it")
    assert await names(await bench.connect(), text) == [f"The {text}, all of it"]


async def test_the_account_s_own_are_those_that_it_used_owns_and_was_given_each_once(bench):
    site = bench.globus
    site.add_identity("colleague@example.org")
    shared, _public = (site.add_collection(name, owner="colleague@example.org") for name in ("Theirs", "Public"))
    site.share(shared, site.owner)
    site.add_collection("Server", entity_type="GCSv5_endpoint")
    provider = await bench.connect()
    bench.asked()
    assert sorted(await names(provider)) == ["Lab data", "Theirs"]
    assert bench.asked() == {"transfer.search": 3}
    # As the listing of the sections, these are believed for some minutes.
    assert sorted(await names(provider, own=True)) == ["Lab data", "Theirs"]
    assert bench.asked() == {}
    assert await names(provider, "public", own=True) == []
    assert await names(provider, "public") == ["Public"]
    assert await names(provider, "theirs", own=True) == ["Theirs"]
    assert await names(provider, "server") == []


async def test_many_collections_are_found_page_by_page_but_never_more_than_globus_tells(bench):
    for number in range(130):
        bench.globus.add_collection(f"Many {number:03}", https=False)
    provider = await bench.connect()
    await provider.stat(ALL)
    bench.asked()
    assert len(await provider.volumes("many", limit=1000)) == 130
    assert bench.asked() == {"transfer.search": 2}
    assert len(await provider.volumes("many", limit=20)) == 20
    assert len(await provider.volumes(limit=20)) == 20
    bench.globus.settings.search_limit = 100
    assert len(await provider.volumes("many", limit=1000)) == 100


async def test_what_people_want_to_know_is_told_in_words(bench):
    lab = bench.globus.collection
    lab.default_directory, lab.subscription_id, lab.high_assurance = "/data/", "a-subscription", True
    provider = await bench.connect()
    bench.asked()
    told = dict((await provider.volume(bench.at("no/such/folder"))).facts)
    assert bench.asked() == {"transfer.endpoint": 1}
    assert told["Kind"] == "mapped collection"
    assert told["HTTPS"] == lab.https_server
    assert (told["Opens at"], told["Subscription"], told["High assurance"]) == ("/data/", "yes", "yes")
    assert "Online" not in told


async def test_a_computer_is_one_without_https_that_may_be_asleep(bench):
    computer = bench.globus.add_collection("Laptop", entity_type="GCP_mapped_collection")
    computer.gcp_connected = False
    provider = await bench.connect()
    told = dict((await provider.volume(bench.at(collection=computer))).facts)
    assert told["Kind"] == "mapped collection on a personal computer"
    assert told["HTTPS"] == "no: transfers only"
    assert (told["Online"], told["Paused"], told["Subscription"]) == ("no", "no", "no")


async def test_a_collection_is_told_about_by_every_address_of_it(bench, provider):
    lab = bench.globus.collection
    by_server = Location(provider="globus", id=lab.https_server, path="a.txt")
    for location in (bench.at(), bench.at("~/data"), by_server, ALL.below("My collections/Lab data/deep")):
        assert (await provider.volume(location)).name == "Lab data"
    # It is not asked for the home.
    assert "transfer.ls" not in bench.asked()


async def test_what_is_no_collection_is_told_in_a_sentence(bench, provider):
    server = bench.globus.add_collection("Server", entity_type="GCSv5_endpoint")
    for location, error in (
        (ALL, Forbidden),
        (ALL.below("My collections"), Forbidden),
        (Location(provider="globus", id="0" * 8 + "-0000-0000-0000-" + "0" * 12), NotFound),
        (bench.at(collection=server), Unreadable),
    ):
        with pytest.raises(error):
            await provider.volume(location)
