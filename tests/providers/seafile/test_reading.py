import pytest
from tests.providers.asking import read

from hubdrives.errors import Corrupt, NotFound, Unavailable, Unreadable, VersionGone

DATA = bytes(range(256)) * 6000


@pytest.fixture
async def entry(bench, seafile):
    bench.file("data.bin", DATA)
    found = await seafile.stat(bench.at("data.bin"))
    bench.asked()
    return found


async def test_a_file_costs_two_requests(bench, seafile, entry):
    assert await read(seafile, entry) == DATA
    assert bench.asked() == {"file.link": 1, "files.get": 1}


async def test_a_link_that_has_lapsed_is_made_anew(bench, seafile, entry):
    bench.fault("files.get", "expired_link")
    assert await read(seafile, entry) == DATA
    assert bench.asked() == {"file.link": 2, "files.get": 2}


async def test_reading_goes_on_where_a_link_lapsed(bench, seafile, entry):
    bench.seafile.faults.set(
        [
            {"operation": "files.get", "effect": "cut", "bytes": 700_000},
            {"operation": "files.get", "effect": "expired_link", "after": 1},
        ]
    )
    assert await read(seafile, entry) == DATA
    assert bench.asked() == {"file.link": 2, "files.get": 3}


async def test_a_link_may_lapse_again_once_something_came(bench, seafile, entry):
    bench.seafile.faults.set(
        [
            {"operation": "files.get", "effect": "expired_link"},
            {"operation": "files.get", "effect": "cut", "bytes": 700_000, "after": 1},
            {"operation": "files.get", "effect": "expired_link", "after": 2},
        ]
    )
    assert await read(seafile, entry) == DATA
    assert bench.asked() == {"file.link": 3, "files.get": 4}


async def test_links_that_serve_once_are_enough_also_when_they_are_cut(bench, seafile, entry):
    bench.seafile.faults.set(
        [
            {"operation": "file.link", "effect": "link_once", "times": None},
            {"operation": "files.get", "effect": "cut", "bytes": 700_000, "times": 2},
        ]
    )
    assert await read(seafile, entry) == DATA


async def test_links_that_are_never_good_come_to_an_end(bench, seafile, entry):
    bench.fault("files.get", "expired_link", times=None)
    with pytest.raises(Unavailable):
        await read(seafile, entry)
    assert bench.asked() == {"file.link": 2, "files.get": 2}


@pytest.mark.parametrize("size", [100, 700_000])
async def test_a_cut_connection_is_taken_up_where_it_stopped(bench, seafile, entry, size):
    bench.fault("files.get", "cut", bytes=size, times=2)
    assert await read(seafile, entry) == DATA
    assert bench.asked()["file.link"] == 1


async def test_a_body_that_is_too_short_is_not_taken_for_the_file(bench, seafile, entry):
    bench.fault("files.get", "truncate", bytes=1000, times=None)
    with pytest.raises(Corrupt):
        await read(seafile, entry)


@pytest.mark.parametrize("effect", ["ignore_range", "short_range"])
async def test_parts_are_right_whatever_the_server_makes_of_ranges(bench, seafile, entry, effect):
    bench.fault("files.get", effect, size=10)
    assert await read(seafile, entry, start=1000, stop=300_000) == DATA[1000:300_000]


@pytest.mark.parametrize("data", [b"other", DATA[::-1]])
async def test_a_file_that_was_changed_is_not_taken_for_the_listed_one(bench, seafile, entry, data):
    bench.file("data.bin", data)
    with pytest.raises(VersionGone):
        await read(seafile, entry)
    assert bench.asked() == {"file.link": 1}


async def test_an_edit_after_the_link_was_made_does_not_mix_in(bench, seafile, entry):
    bench.seafile.faults.set(
        [
            {"operation": "files.get", "effect": "cut", "bytes": 700_000},
            {"operation": "files.get", "effect": "replace_content", "text": "new", "after": 1},
        ]
    )
    assert await read(seafile, entry) == DATA


async def test_an_edit_before_a_new_link_is_noticed(bench, seafile, entry):
    bench.seafile.faults.set(
        [
            {"operation": "files.get", "effect": "cut", "bytes": 700_000},
            {"operation": "files.get", "effect": "expired_link", "after": 1},
            {"operation": "file.link", "effect": "replace_content", "text": "new", "after": 1},
        ]
    )
    with pytest.raises(VersionGone):
        await read(seafile, entry)


async def test_a_file_that_was_removed_is_gone(bench, seafile, entry):
    bench.remove("data.bin")
    with pytest.raises(VersionGone):
        await read(seafile, entry)


async def test_a_file_that_may_not_be_downloaded_is_said_to_be_that(bench, seafile, entry):
    bench.fault("file.link", "error", reason="file_denied")
    with pytest.raises(Unreadable):
        await read(seafile, entry)


async def test_a_library_that_was_deleted_takes_its_files_along(bench, seafile, entry):
    location = bench.root
    bench.seafile.libraries.remove(bench.seafile.library)
    with pytest.raises(VersionGone):
        await read(seafile, entry)
    with pytest.raises(NotFound):
        await seafile.stat(location)


async def test_a_proxy_in_trouble_is_waited_for(bench, seafile, entry):
    bench.fault("files.get", "html", status=502, times=2)
    assert await read(seafile, entry) == DATA


async def test_an_expired_token_is_renewed(bench, seafile, entry):
    bench.fault("file.link", "expire_tokens")
    assert await read(seafile, entry) == DATA
    assert bench.tokens[0].renewals == 1
