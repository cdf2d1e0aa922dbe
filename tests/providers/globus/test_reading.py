import pytest
from tests.providers.asking import read

from hubdrives.errors import (
    BadCredential,
    Corrupt,
    Forbidden,
    LoginNeeded,
    NotFound,
    Unavailable,
    UnexpectedAnswer,
    Unreadable,
    VersionGone,
)
from hubdrives.model import Entry, Kind
from hubdrives.testing.emulators.globus.collections import EVERYBODY, PERSONAL

DATA = bytes(range(256)) * 400


@pytest.fixture
async def entry(bench, provider) -> Entry:
    bench.file("a.bin", DATA)
    return await provider.stat(bench.at("a.bin"))


async def test_a_file_is_one_request(bench, provider, entry):
    bench.asked()
    assert await read(provider, entry) == DATA
    assert bench.asked() == {"https.get": 1}


async def test_an_empty_file_is_none(bench, provider):
    bench.file("empty", b"")
    entry = await provider.stat(bench.at("empty"))
    bench.asked()
    assert await read(provider, entry) == b""
    assert bench.asked() == {}


@pytest.mark.parametrize("effect", ["ignore_range", "total"])
async def test_a_part_is_had_whatever_the_server_makes_of_ranges(bench, provider, entry, effect):
    bench.fault("https.get", effect, times=None)
    assert await read(provider, entry, start=1000, stop=2000) == DATA[1000:2000]
    assert await read(provider, entry, start=100_000) == DATA[100_000:]


@pytest.mark.parametrize("effect", ["cut", "truncate"])
async def test_what_is_cut_is_gone_on_with(bench, provider, entry, effect):
    bench.fault("https.get", effect, bytes=30_000, times=1)
    if effect == "truncate":
        # The server says that this is all: then it is another file, or none of our business.
        with pytest.raises((VersionGone, Corrupt)):
            await read(provider, entry)
        return
    bench.asked()
    assert await read(provider, entry) == DATA
    assert bench.asked() == {"https.get": 2}


async def test_an_outage_that_sticks_to_a_connection_is_left_behind_with_it(bench, entry):
    provider = await bench.connect(concurrency=1)
    assert await read(provider, entry, stop=10) == DATA[:10]
    bench.fault("https.get", "sick_connection", times=1)
    bench.asked()
    assert await read(provider, entry) == DATA
    assert bench.asked() == {"https.get": 2}


@pytest.mark.parametrize("reason", ["endpoint_error", "internal_error"])
async def test_an_outage_that_is_called_404_is_waited_for(bench, provider, entry, reason):
    bench.fault("https.get", "error", reason=reason, times=2)
    assert await read(provider, entry) == DATA
    bench.fault("https.get", "error", reason=reason, times=None)
    with pytest.raises(Unavailable):
        await read(provider, entry)


async def test_a_login_page_is_never_taken_for_a_file(bench, provider, entry):
    bench.fault("https.get", "login_page", times=None)
    bench.asked()
    with pytest.raises(LoginNeeded) as needed:
        await read(provider, entry)
    assert bench.asked() == {"https.get": 1}
    assert "/https[*" in needed.value.login_url.replace("%20", " ")


async def test_a_page_of_other_length_is_not_either(bench, provider, entry):
    bench.fault("https.get", "html", status=200, times=1)
    with pytest.raises(UnexpectedAnswer, match="page"):
        await read(provider, entry)


async def test_a_page_in_place_of_an_answer_is_maintenance(bench, provider, entry):
    bench.fault("https.get", "html", status=503, times=1)
    assert await read(provider, entry) == DATA


async def test_an_expired_token_is_renewed_once(bench, provider, entry):
    assert await read(provider, entry, stop=1) == DATA[:1]
    bench.fault("https.get", "expire_tokens", times=1)
    bench.asked()
    assert await read(provider, entry) == DATA
    assert bench.asked() == {"https.get": 2}


async def test_a_token_that_can_not_be_renewed_is_told(bench):
    bench.file("a.bin", DATA)
    provider = await bench.connect(renewable=False)
    entry = await provider.stat(bench.at("a.bin"))
    bench.fault("https.get", "expire_tokens", times=1)
    with pytest.raises(BadCredential) as refused:
        await read(provider, entry)
    assert "log in" in refused.value.hint


async def test_what_may_not_be_read_is_told(bench, provider, entry):
    bench.fault("*", "no_access")
    with pytest.raises(Forbidden) as refused:
        await read(provider, entry)
    assert "permission" in refused.value.hint


@pytest.mark.parametrize("text", ["much longer than it was, or not", ""])
async def test_a_file_of_another_size_is_another_file(bench, provider, text):
    bench.file("a.txt", "as it was listed")
    entry = await provider.stat(bench.at("a.txt"))
    bench.fault("https.get", "replace_content", text=text, times=1)
    with pytest.raises(VersionGone):
        await read(provider, entry)
    bench.file("a.txt", text)
    for part in ({"start": 1}, {"start": 3, "stop": 40}):
        with pytest.raises(VersionGone):
            await read(provider, entry, **part)


async def test_a_collection_without_an_https_server_can_not_be_read_and_says_what_can_be_done(bench):
    laptop = bench.globus.add_collection("Laptop", entity_type=PERSONAL)
    bench.file("a.txt", "on a laptop", collection=laptop)
    provider = await bench.connect()
    entry = await provider.stat(bench.at("a.txt", collection=laptop))
    assert (entry.kind, entry.size) == (Kind.FILE, 11)
    with pytest.raises(Unreadable, match="'Laptop' has no https server") as refused:
        await read(provider, entry)
    assert "`hubdrives transfer " in refused.value.hint


async def test_each_server_gets_a_token_of_its_own_with_just_the_scopes_that_it_wants(bench):
    site = bench.globus
    guest = site.add_guest_collection("Guests", "/shared")
    strict = site.add_collection("Strict")
    strict.high_assurance = True
    await site.refresh()
    provider = await bench.connect()
    for collection in (site.collection, guest, strict):
        bench.file("a.txt", "text", collection=collection)
        assert await read(provider, await provider.stat(bench.at("a.txt", collection=collection))) == b"text"
    own = site.collection.id
    every = "urn:globus:auth:scope:transfer.api.globus.org:all"
    access = f"[*https://auth.globus.org/scopes/{own}/data_access]"
    assert {wanted for wanted, token in bench.logins[0].tokens.items() if token.shown} == {
        ("transfer.api.globus.org", (every,)),
        ("transfer.api.globus.org", (every + access,)),
        (own, (f"https://auth.globus.org/scopes/{own}/https{access}",)),
        (guest.id, (f"https://auth.globus.org/scopes/{guest.id}/https",)),
        (strict.id, (f"https://auth.globus.org/scopes/{strict.id}/https",)),
    }


async def test_a_collection_that_has_moved_is_found_again(bench, provider, entry):
    before = bench.globus.collection.https_server
    bench.fault("https.get", "drop", times=None)
    with pytest.raises(Unavailable):
        await read(provider, entry)
    bench.globus.faults.set([])
    assert bench.globus.collection.https_server == before
    bench.asked()
    assert await read(provider, entry) == DATA
    assert bench.asked() == {"transfer.endpoint": 1, "https.get": 1}


async def test_an_address_of_a_server_is_that_of_its_collection(bench, provider, entry):
    server = bench.globus.collection.https_server
    location = type(bench.at())(provider="globus", id=server, path="a.bin")
    bench.asked()
    assert (await provider.stat(location)).id == entry.id
    assert bench.asked() == {"https.get": 1, "transfer.stat": 1}
    assert await provider.contains(bench.at(), location)
    assert await read(provider, await provider.stat(location)) == DATA


async def test_an_address_of_a_server_that_is_open_to_all_is_looked_for_among_known_collections(bench):
    site = bench.globus
    site.share(site.collection, EVERYBODY)
    bench.file("a.txt", "for all")
    provider = await bench.connect()
    location = type(bench.at())(provider="globus", id=site.collection.https_server, path="a.txt")
    assert (await provider.stat(location)).size == 7


async def test_an_address_of_somebody_elses_server_is_not_believed(bench, provider):
    site = bench.globus
    other = site.add_collection("Other")
    await site.refresh()
    location = type(bench.at())(provider="globus", id=f"{other.https_server}/x", path="a.txt")
    other.https_server = "https://elsewhere.example"
    with pytest.raises(NotFound, match="which Globus collection"):
        await provider.stat(location)
