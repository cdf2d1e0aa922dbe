from random import Random

import pytest
from tests.providers.seafile.conftest import read_many

from hubdrives.errors import BadCredential, NotFound, Unreadable, VersionGone

MANY = 60


@pytest.fixture
def course(bench):
    """Small files in ten folders, and what each holds."""
    files = {f"week {number % 10}/data {number}.txt": f"number {number}" * 20 for number in range(MANY)}
    for path, data in files.items():
        bench.file(path, data)
    bench.asked()
    return {path: data.encode() for path, data in files.items()}


async def listed(bench, seafile, path=""):
    entries = list((await seafile.snapshot(bench.root.below(path))).files)
    bench.asked()
    return entries


def cut_otherwise(bench, path):
    """Have a file in other blocks than the web API would make, as a desktop client does it."""
    vault = bench.seafile.vault
    node = vault.at(bench.seafile.library.root, path)
    vault.objects.files["ab" * 20] = node.content
    vault._file_ids[node.id] = (node.content, "ab" * 20)


async def test_many_files_in_many_folders_cost_four_requests(bench, seafile, course):
    entries = await listed(bench, seafile)
    assert await read_many(seafile, entries) == (course, {})
    assert bench.asked() == {"dir.list": 1, "zip.task": 1, "zip.progress": 1, "zip.get": 1}


async def test_the_files_of_one_folder_cost_three(bench, seafile):
    files = {f"{number}.txt": b"text %d" % number for number in range(40)}
    for path, data in files.items():
        bench.file(path, data)
    assert await read_many(seafile, await listed(bench, seafile)) == (files, {})
    assert bench.asked() == {"zip.task": 1, "zip.progress": 1, "zip.get": 1}


async def test_a_handful_comes_one_by_one(bench, seafile, course):
    entries = (await listed(bench, seafile))[:5]
    found, _wrong = await read_many(seafile, entries)
    assert found == {entry.path: course[entry.path] for entry in entries}
    assert bench.asked() == {"file.link": 5, "files.get": 5}


async def test_nothing_is_read_of_nothing(bench, seafile):
    assert await read_many(seafile, []) == ({}, {})
    assert bench.asked() == {}


async def test_what_is_not_wanted_is_not_packed(bench, seafile, course):
    bench.file("week 0/video.mp4", bytes(9 << 20))
    bench.file("week 1/data.bin", bytes(3 << 20))
    entries = [entry for entry in await listed(bench, seafile) if entry.path in course]
    assert await read_many(seafile, entries) == (course, {})
    # Of two folders, each file is named.
    assert bench.asked() == {"dir.list": 1, "zip.task": 3, "zip.progress": 3, "zip.get": 3}


async def test_files_that_are_not_small_come_piece_by_piece(bench, seafile, course):
    large = bytes(range(256)) * (9 << 12)
    bench.file("large.bin", large)
    found, wrong = await read_many(seafile, await listed(bench, seafile))
    assert found == {**course, "large.bin": large}
    assert wrong == {}
    assert bench.asked()["files.get"] == 1


async def test_empty_files_come_along(bench, seafile, course):
    for number in range(3):
        bench.file(f"week 3/empty {number}", b"")
    found, _wrong = await read_many(seafile, await listed(bench, seafile))
    assert found == {**course, **{f"week 3/empty {number}": b"" for number in range(3)}}


async def test_the_newer_file_server_which_does_not_tell_how_far_it_is_is_waited_for_once(bench, seafile, course):
    bench.seafile.settings.fileserver = "go"
    entries = await listed(bench, seafile)
    assert await read_many(seafile, entries) == (course, {})
    assert bench.asked() == {"dir.list": 1, "zip.task": 1, "zip.progress": 3, "zip.get": 1}
    assert await read_many(seafile, entries) == (course, {})
    assert bench.asked() == {"dir.list": 1, "zip.task": 1, "zip.get": 1}


async def test_a_zip_that_takes_its_time_is_waited_for(bench, seafile, course):
    bench.seafile.settings.zip_polls = 6
    assert await read_many(seafile, await listed(bench, seafile)) == (course, {})
    assert bench.asked() == {"dir.list": 1, "zip.task": 1, "zip.progress": 7, "zip.get": 1}


async def test_what_is_too_much_for_one_zip_comes_in_several(bench, seafile, course):
    bench.seafile.settings.zip_limit = 3000
    assert await read_many(seafile, await listed(bench, seafile)) == (course, {})
    asked = bench.asked()
    assert asked["zip.get"] > 1
    assert "files.get" not in asked


async def test_a_server_that_packs_next_to_nothing_hands_out_single_files(bench, seafile, course):
    bench.seafile.settings.zip_limit = 10
    assert await read_many(seafile, await listed(bench, seafile)) == (course, {})
    assert bench.asked()["files.get"] == MANY


@pytest.mark.parametrize(
    "fault",
    [
        {"operation": "zip.task", "effect": "error", "reason": "internal", "times": None},
        {"operation": "zip.task", "effect": "error", "reason": "permission_denied", "times": None},
        {"operation": "zip.task", "effect": "html", "status": 404, "times": None},
        {"operation": "zip.task", "effect": "drop", "times": None},
        {"operation": "zip.progress", "effect": "zip_failed", "times": None},
        {"operation": "zip.progress", "effect": "zip_stuck", "times": None},
        {"operation": "zip.get", "effect": "error", "reason": "internal", "times": None},
        {"operation": "zip.get", "effect": "expired_link", "times": None},
        {"operation": "zip.get", "effect": "html", "status": 504, "times": None},
        {"operation": "zip.get", "effect": "cut", "bytes": 2000, "times": None},
        {"operation": "zip.get", "effect": "truncate", "bytes": 2000, "times": None},
    ],
)
async def test_whatever_goes_wrong_with_a_zip_its_files_come_one_by_one(bench, seafile, course, fault):
    entries = await listed(bench, seafile)
    bench.seafile.faults.set([fault])
    assert await read_many(seafile, entries) == (course, {})
    assert bench.asked()["files.get"] >= 1


async def test_a_progress_that_is_not_told_is_no_harm(bench, seafile, course):
    entries = await listed(bench, seafile)
    bench.fault("zip.progress", "error", reason="internal")
    assert await read_many(seafile, entries) == (course, {})


async def test_a_zip_that_failed_is_not_fetched(bench, seafile, course):
    entries = await listed(bench, seafile)
    bench.fault("zip.progress", "zip_failed")
    assert await read_many(seafile, entries) == (course, {})
    assert bench.asked() == {
        "dir.list": 1,
        "zip.task": 1,
        "zip.progress": 1,
        "file.link": MANY,
        "files.get": MANY,
    }


async def test_a_zip_that_was_cut_is_ordered_once_more(bench, seafile, course):
    entries = await listed(bench, seafile)
    bench.fault("zip.get", "cut", bytes=2000)
    assert await read_many(seafile, entries) == (course, {})
    assert bench.asked() == {"dir.list": 1, "zip.task": 2, "zip.progress": 2, "zip.get": 2}


async def test_an_old_server_is_not_asked_for_zips_again(bench, seafile, course):
    entries = await listed(bench, seafile)
    bench.fault("zip.task", "html", status=404)
    assert await read_many(seafile, entries) == (course, {})
    bench.asked()
    assert await read_many(seafile, entries) == (course, {})
    assert bench.asked() == {"file.link": MANY, "files.get": MANY}


async def test_of_a_damaged_zip_what_is_whole_is_taken(bench, seafile):
    files = {f"{number:02}.bin": Random(number).randbytes(20_000) for number in range(40)}
    for path, data in files.items():
        bench.file(path, data)
    entries = await listed(bench, seafile)
    bench.fault("zip.get", "wrong", bytes=50_000, times=None)
    assert await read_many(seafile, entries) == (files, {})
    asked = bench.asked()
    assert asked["zip.get"] == asked["files.get"] == 1


async def test_a_file_that_changed_since_it_was_listed_is_not_taken(bench, seafile, course):
    entries = await listed(bench, seafile)
    bench.file("week 3/data 3.txt", b"x" * len(course["week 3/data 3.txt"]))
    bench.file("week 4/data 4.txt", b"another size")
    bench.remove("week 5/data 5.txt")
    found, wrong = await read_many(seafile, entries)
    gone = {"week 3/data 3.txt", "week 4/data 4.txt", "week 5/data 5.txt"}
    assert {path: type(error) for path, error in wrong.items()} == dict.fromkeys(gone, VersionGone)
    assert found == {path: data for path, data in course.items() if path not in gone}


async def test_a_file_whose_id_is_not_that_of_8_mib_blocks_is_believed_by_itself(bench, seafile, course):
    cut_otherwise(bench, "week 7/data 7.txt")
    entries = await listed(bench, seafile)
    assert await read_many(seafile, entries) == (course, {})
    assert bench.asked()["files.get"] == 1


async def test_names_are_matched_as_seafile_has_them(bench, seafile):
    files = {f"w\u00f6che {number}/re\u0301sume\u0301 {number % 4}.txt": b"%d" % number for number in range(30)}
    for path, data in files.items():
        bench.file(path, data)
    found, wrong = await read_many(seafile, await listed(bench, seafile))
    assert sorted(found.values()) == sorted(files.values())
    assert wrong == {}
    assert "files.get" not in bench.asked()


async def test_what_is_wrong_with_one_file_stops_no_other(bench, seafile, course):
    entries = (await listed(bench, seafile))[:8]
    bench.fault("file.link", "error", reason="file_denied", name="data 0.txt")
    found, wrong = await read_many(seafile, entries)
    assert {path: type(error) for path, error in wrong.items()} == {"week 0/data 0.txt": Unreadable}
    assert len(found) == 7


async def test_what_is_wrong_with_all_ends_it(bench, seafile, course):
    entries = await listed(bench, seafile)
    bench.seafile.faults.set([{"operation": "*", "effect": "error", "reason": "invalid_token", "times": None}])
    with pytest.raises(BadCredential):
        await read_many(seafile, entries)


async def test_reading_may_be_given_up(bench, seafile, course):
    entries = await listed(bench, seafile)
    stream = seafile.read_many(entries)
    first = await anext(stream)
    await stream.aclose()
    assert course[first.entry.path] == first.data
    assert await read_many(seafile, entries) == (course, {})


async def test_files_of_several_libraries_are_packed_by_library(bench, seafile):
    other = bench.seafile.add_library("other")
    for number in range(20):
        bench.file(f"{number}.txt", f"one {number}")
        bench.file(f"{number}.txt", f"two {number}", library=other)
    entries = list((await seafile.snapshot(bench.account.below("My Libraries"))).files)
    bench.asked()
    found, wrong = await read_many(seafile, entries)
    assert len(found) == 40
    assert wrong == {}
    assert bench.asked() == {"zip.task": 2, "zip.progress": 2, "zip.get": 2}


async def test_zips_can_be_switched_off(bench, course):
    seafile = await bench.connect(zip=False)
    assert await read_many(seafile, await listed(bench, seafile)) == (course, {})
    assert bench.asked() == {"file.link": MANY, "files.get": MANY}


async def test_a_library_that_went_away_is_told_for_each_file(bench, seafile, course):
    entries = await listed(bench, seafile)
    bench.seafile.libraries.remove(bench.seafile.library)
    found, wrong = await read_many(seafile, entries)
    assert found == {}
    assert all(isinstance(error, NotFound) for error in wrong.values())
