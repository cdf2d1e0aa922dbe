"""Writing: how many requests, and that whoever else writes, and whatever breaks, nothing is lost or doubled."""

import asyncio
from datetime import UTC, datetime

import pytest

from hubdrives.content import Bytes, File
from hubdrives.errors import BadInput, Changed, Corrupt, Forbidden, LocalFailure, NameTaken, QuotaExceeded, Unavailable
from hubdrives.providers.abilities import NEW

SMALL, MIDDLE = b"x" * 20_000, b"y" * (2 << 20)


@pytest.fixture
def old(bench):
    return bench.file("a.txt", "old")


async def write(box, bench, data=b"new", name="a.txt", **options):
    return await box.write(bench.root, name, Bytes(data), **options)


async def test_a_small_new_file_costs_one_request(bench, box):
    entry = await write(box, bench, SMALL)
    assert bench.asked() == {"files.upload": 1}
    assert entry == await box.stat(bench.at(entry.id.partition("/")[2]))


async def test_a_small_new_version_costs_two(bench, box, old):
    await write(box, bench)
    assert bench.asked() == {"files.upload": 1, "files.upload_version": 1}
    assert bench.history(old) == [b"new", b"old"]


async def test_a_version_that_is_asked_for_costs_two_and_sends_its_bytes_once(bench, box, old):
    version = (await box.stat(bench.at(old))).version
    bench.asked()
    await write(box, bench, if_version=version)
    assert bench.asked() == {"files.preflight": 1, "files.upload_version": 1}


async def test_a_larger_file_is_not_sent_before_it_is_known_that_it_may_be(bench, box, old):
    await write(box, bench, MIDDLE)
    assert bench.asked() == {"files.preflight": 1, "files.upload_version": 1}
    with pytest.raises(Changed):
        await write(box, bench, MIDDLE, if_version=NEW)
    assert bench.asked() == {"files.preflight": 1}


async def test_where_a_folder_is_is_asked_once_for_many_files(bench, box):
    bench.folder("in", bench.folder("far"))
    bench.asked()
    place = bench.root.below("far/in")
    await asyncio.gather(*(box.write(place, f"{number}.txt", Bytes(b"x")) for number in range(1)))
    await asyncio.gather(*(box.write(place, f"{number}.txt", Bytes(b"x")) for number in range(1, 9)))
    assert bench.asked() == {"folders.items": 2, "files.upload": 9}


async def test_files_go_into_a_folder_that_was_just_made_without_looking_for_it(bench, box):
    await box.make_folder(bench.root, "made")
    await box.write(bench.root.below("made"), "a.txt", Bytes(b"x"))
    assert bench.asked() == {"folders.create": 1, "files.upload": 1}


async def test_a_folder_that_was_replaced_by_another_is_found_again(bench, box):
    first = bench.folder("in")
    await box.write(bench.root.below("in"), "a.txt", Bytes(b"1"))
    bench.box.tree.trash(first)
    second = bench.folder("in")
    await box.write(bench.root.below("in"), "a.txt", Bytes(b"2"))
    assert [node.name for node in bench.box.tree.children(second)] == ["a.txt"]


@pytest.mark.parametrize("size", [0, 1, 20_000, 2 << 20, (4 << 20) + 7])
async def test_files_of_any_size_arrive_from_disk(bench, box, tmp_path, size):
    path = tmp_path / "data.bin"
    path.write_bytes((bytes(range(256)) * (size // 256 + 1))[:size])
    entry = await box.write(bench.root, "data.bin", File.at(path))
    got = b"".join([piece async for piece in box.read(entry)])
    assert (entry.size, got) == (size, path.read_bytes())


@pytest.mark.parametrize("data", [b"new", MIDDLE], ids=["small", "middle"])
async def test_a_write_that_had_its_effect_though_its_answer_did_not_come_is_not_made_twice(bench, box, data):
    bench.fault("files.upload", "refuse_after_effect", times=1)
    entry = await write(box, bench, data)
    assert bench.history(entry.id.partition("/")[2]) == [data]
    bench.fault("files.upload_version", "refuse_after_effect", times=1)
    await write(box, bench, data + b"!")
    assert bench.history(entry.id.partition("/")[2]) == [data + b"!", data]
    bench.fault("files.upload", "refuse_after_effect", times=1)
    await write(box, bench, data, "b.txt", if_version=NEW)


async def test_a_write_that_was_refused_before_it_had_an_effect_is_made_once_in_the_end(bench, box, old):
    bench.fault("files.*", "error", reason="unavailable", times=2)
    await write(box, bench)
    assert bench.history(old) == [b"new", b"old"]


async def test_who_is_overtaken_between_looking_and_writing_writes_after_that(bench, box, old):
    bench.fault("files.upload_version", "replace_content", text="a colleague's", times=1)
    await write(box, bench)
    assert bench.history(old) == [b"new", b"a colleague's", b"old"]


async def test_who_meant_another_version_is_told_if_overtaken(bench, box, old):
    version = (await box.stat(bench.at(old))).version
    bench.fault("files.upload_version", "replace_content", text="a colleague's", times=1)
    with pytest.raises(Changed):
        await write(box, bench, if_version=version)
    assert bench.history(old) == [b"a colleague's", b"old"]


async def test_a_change_of_anything_but_the_bytes_is_no_other_version(bench, box, old):
    version = (await box.stat(bench.at(old))).version
    bench.box.shared_link(old)
    bench.box.tree.touch(old)
    await write(box, bench, if_version=version)
    assert bench.history(old) == [b"new", b"old"]


async def test_bytes_that_are_damaged_on_the_way_are_not_kept(bench, box):
    bench.fault("files.upload", "error", reason="bad_digest", times=None)
    with pytest.raises(Corrupt):
        await write(box, bench)
    assert bench.box.tree.children(bench.box.root) == []


async def test_a_name_that_another_upload_holds_is_waited_for(bench, box):
    bench.fault("files.upload", "error", reason="name_temporarily_reserved", times=1)
    await write(box, bench)
    assert [node.name for node in bench.box.tree.children(bench.box.root)] == ["a.txt"]


async def test_names_that_differ_in_capitals_only_are_not_taken_for_the_same_file(bench, box, old):
    with pytest.raises(NameTaken, match=r"a\.txt"):
        await write(box, bench, name="A.txt")
    bench.folder("data")
    with pytest.raises(NameTaken, match="data"):
        await box.make_folder(bench.root, "Data")
    assert bench.history(old) == [b"old"]


async def test_a_file_whose_local_name_is_another_gets_its_new_version(bench, box):
    file = bench.file("Cafe\u0301.txt", "old")
    (entry,) = (await box.snapshot(bench.root)).files
    assert entry.path == "Caf\u00e9.txt"
    await write(box, bench, name=entry.path, if_version=entry.version)
    assert bench.history(file) == [b"new", b"old"]
    assert bench.box.tree[file].name == "Cafe\u0301.txt"


async def test_a_bookmark_has_its_name(bench, box):
    bench.box.tree.add("Docs", parent=bench.box.root, kind="web_link")
    with pytest.raises(NameTaken):
        await write(box, bench, name="Docs")


@pytest.mark.parametrize(
    ("reason", "kind"), [("storage_limit_exceeded", QuotaExceeded), ("file_size_limit_exceeded", BadInput)]
)
async def test_what_does_not_fit_is_said(bench, box, reason, kind):
    for data in (b"new", MIDDLE):
        bench.fault("files.*", "error", reason=reason, times=None)
        with pytest.raises(kind):
            await write(box, bench, data)


async def test_who_may_only_look_may_not_write(bench):
    person = bench.box.add_user("viewer@example.edu")
    bench.box.collaborate(bench.box.root, person.login, "viewer")
    box = await bench.connect(person)
    with pytest.raises(Forbidden):
        await write(box, bench)
    with pytest.raises(Forbidden):
        await box.make_folder(bench.root, "x")


async def test_a_locked_file_is_not_written(bench, box, old):
    bench.fault("files.*", "locked", id=old, times=None)
    with pytest.raises(Forbidden, match="locked"):
        await write(box, bench)


async def test_a_file_that_changes_while_it_is_sent_is_not_written(bench, box, tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(MIDDLE)
    content = File.at(path)
    path.write_bytes(MIDDLE + b"!")
    with pytest.raises(LocalFailure):
        await box.write(bench.root, "a.txt", content)
    assert bench.box.tree.children(bench.box.root) == []


async def test_when_the_content_was_changed_is_told_in_whole_seconds(bench, box):
    moment = datetime(2030, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    assert (await write(box, bench, modified=moment)).modified == moment.replace(microsecond=0)


@pytest.mark.parametrize("operation", ["folders.create", "folders.update", "folders.delete"])
async def test_changes_of_folders_may_be_asked_for_twice(bench, box, operation):
    folder = bench.at(bench.folder("folder"))
    bench.fault(operation, "refuse_after_effect", times=1)
    if operation == "folders.create":
        await box.make_folder(bench.root, "new")
    elif operation == "folders.update":
        assert (await box.move(folder, name="renamed")).path == "renamed"
    else:
        await box.remove(folder)
        assert [node for node in bench.box.tree.children(bench.box.root) if not node.trashed] == []


async def test_a_file_that_is_only_renamed_is_removed_in_its_version(bench, box, old):
    version = (await box.stat(bench.at(old))).version
    bench.box.tree.rename(old, "b.txt")
    await box.remove(bench.at(old), if_version=version)
    assert bench.box.tree[old].trashed


async def test_a_box_that_stays_away_is_said_to_be_away(bench, box):
    bench.fault("files.upload", "error", reason="unavailable", times=None)
    with pytest.raises(Unavailable):
        await write(box, bench)


class Fickle:
    """Content that is other bytes each time it is read."""

    size = 2 << 20

    def __init__(self):
        self.reads = 0

    async def read(self, start=0, stop=None):
        self.reads += 1
        yield bytes([self.reads]) * self.size


async def test_box_is_told_the_digest_and_keeps_no_other_bytes(bench, box):
    with pytest.raises(Corrupt):
        await box.write(bench.root, "a.txt", Fickle())
    assert bench.box.tree.children(bench.box.root) == []


async def test_a_version_that_came_between_looking_and_removing_is_not_removed(bench, box, old):
    version = (await box.stat(bench.at(old))).version
    bench.fault("files.delete", "replace_content", text="a colleague's", times=1)
    with pytest.raises(Changed):
        await box.remove(bench.at(old), if_version=version)
    assert not bench.box.tree[old].trashed
