"""Writing files: how many requests, and that whoever else writes, and whatever breaks, nothing is lost or doubled."""

import asyncio
from datetime import UTC, datetime

import pytest
from tests.providers.asking import read
from tests.providers.seafile.conftest import PART

from hubdrives.content import Bytes, File
from hubdrives.errors import (
    BadInput,
    Changed,
    Corrupt,
    Forbidden,
    LocalFailure,
    NameTaken,
    NotFound,
    QuotaExceeded,
    Unavailable,
)
from hubdrives.providers.abilities import NEW
from hubdrives.testing.world_abilities import Pieces

MOMENT = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
LARGE = bytes(range(256)) * (PART // 256) * 3 + b"and a half"


@pytest.fixture
def old(bench):
    return bench.file("a.txt", "old")


async def write(seafile, bench, data=b"new", name="a.txt", **options):
    return await seafile.write(bench.root, name, Bytes(data), **options)


# Requests


async def test_a_file_costs_two_requests_and_the_first_in_a_folder_one_more(bench, seafile):
    await write(seafile, bench, name="1.txt")
    assert bench.asked() == {"file.detail": 1, "upload.link": 1, "upload": 1}
    await write(seafile, bench, name="2.txt")
    await write(seafile, bench, b"again", name="2.txt")
    assert bench.asked() == {"file.detail": 2, "upload": 2}


async def test_a_version_that_is_asked_for_costs_one_more(bench, seafile, old):
    version = (await seafile.stat(bench.root.below("a.txt"))).version
    bench.asked()
    await write(seafile, bench, if_version=version)
    assert bench.asked() == {"file.detail": 1, "upload.link": 1, "upload": 1, "file.history": 1}


async def test_what_can_not_be_written_is_not_sent(bench, seafile, old):
    for version in (NEW, "0" * 40):
        with pytest.raises(Changed):
            await write(seafile, bench, if_version=version)
    assert bench.asked() == {"file.detail": 2}


async def test_the_token_is_not_shown_to_the_server_that_takes_the_bytes(bench, seafile):
    seen = []
    understand = bench.seafile.understand

    async def watch(request):
        seen.append((request.path.startswith("/seafhttp"), "Authorization" in request.headers))
        return await understand(request)

    bench.seafile.understand = watch
    await write(seafile, bench)
    assert set(seen) == {(False, True), (True, False)}


# What arrives


@pytest.mark.parametrize("size", [0, 1, 20_000, 2 * PART, 3 * PART, 3 * PART + 7, (8 << 20) + 1])
async def test_files_of_any_size_arrive_from_disk(bench, seafile, tmp_path, size):
    path = tmp_path / "data.bin"
    path.write_bytes((bytes(range(256)) * (size // 256 + 1))[:size])
    entry = await seafile.write(bench.root, "data.bin", File.at(path))
    assert (entry.size, await read(seafile, entry)) == (size, path.read_bytes())
    assert entry.version == (await seafile.stat(bench.root.below("data.bin"))).version


async def test_the_names_that_people_give_arrive_as_they_are(bench, seafile):
    names = ["K\u00e4se 1.txt", "a%20b", "back\\slash", "\u6587.md", " lead", "a;b=c", "x+y&z", "#1?.txt"]
    for name in names:
        entry = await write(seafile, bench, name.encode(), name=name)
        assert bench.history(f"/{name}") == [name.encode()]
        assert await read(seafile, entry) == name.encode()


async def test_where_names_are_composed_that_is_no_other_name(bench, seafile):
    bench.seafile.settings.fileserver = "go"
    first = await write(seafile, bench, name="e\u0301.txt", if_version=NEW)
    assert (first.path, bench.history("/\u00e9.txt")) == ("\u00e9.txt", [b"new"])


async def test_a_name_of_which_the_server_makes_another_is_refused(bench, seafile):
    bench.fault("upload", "mangled", text="other.txt", times=None)
    with pytest.raises(BadInput, match=r"other\.txt"):
        await write(seafile, bench)
    assert bench.seafile.vault.entries(bench.seafile.library.root) == []


async def test_when_the_content_was_changed_is_told_where_the_server_takes_it(bench, seafile):
    assert (await write(seafile, bench, modified=MOMENT)).modified == MOMENT


async def test_the_default_library_is_made_when_something_is_first_written(bench):
    newcomer = bench.seafile.add_user("new@example.org")
    seafile = await bench.connect(newcomer)
    place = bench.location(f"{bench.seafile.url}/library/default/")
    with pytest.raises(NotFound):
        await seafile.stat(place)
    entry = await seafile.write(place, "a.txt", Bytes(b"first"))
    assert newcomer.default_library is not None
    assert await read(seafile, entry) == b"first"
    await seafile.make_folder(place, "data")
    assert sorted([each.path async for each in seafile.list(place)]) == ["a.txt", "data"]


async def test_the_default_library_is_asked_for_once_however_many_write_first(bench):
    # A server that is asked several times at once makes several, and each is told of another one.
    seafile = await bench.connect(bench.seafile.add_user("new@example.org"))
    place = bench.location(f"{bench.seafile.url}/library/default/")
    bench.fault("repos.default", "delay", seconds=0.01, times=None)
    await asyncio.gather(*(seafile.make_folder(place, str(number)) for number in range(5)))
    asked = bench.asked()
    assert (asked["repos.default"], asked["repos.make_default"]) == (1, 1)


async def test_to_move_something_into_the_default_library_makes_it_too(bench):
    newcomer = bench.seafile.add_user("new@example.org")
    library = bench.seafile.add_library("mine", newcomer)
    bench.file("a.txt", "x", library=library)
    seafile = await bench.connect(newcomer)
    default = bench.location(f"{bench.seafile.url}/library/default/")
    await seafile.move(bench.at("a.txt", library=library), parent=default)
    assert [each.path async for each in seafile.list(default)] == ["a.txt"]


async def test_a_folder_whose_local_name_is_another_is_written_into(bench, seafile):
    bench.folder("Cafe\u0301")
    await seafile.write(bench.root.below("Caf\u00e9"), "a.txt", Bytes(b"x"))
    assert bench.history("/Cafe\u0301/a.txt") == [b"x"]


async def test_a_place_in_the_account_is_written_into(bench, seafile):
    place = bench.account.below("My Libraries/My Library/data")
    bench.folder("data")
    await seafile.write(place, "a.txt", Bytes(b"x"))
    assert bench.history("/data/a.txt") == [b"x"]
    with pytest.raises(Forbidden):
        await seafile.write(bench.account.below("My Libraries"), "a.txt", Bytes(b"x"))


# Others write at the same time


async def test_two_accounts_that_write_one_new_name_are_both_in_the_history(bench, seafile):
    person = bench.seafile.add_user("other@example.org")
    bench.seafile.share(bench.seafile.library, person, "rw")
    other = await bench.connect(person)
    await asyncio.gather(
        *(write(each, bench, data) for each, data in ((seafile, b"one"), (other, b"two"), (other, b"three")))
    )
    assert sorted(bench.history("/a.txt")) == [b"one", b"three", b"two"]
    assert [node.name for node in bench.seafile.vault.entries(bench.seafile.library.root)] == ["a.txt"]


async def test_who_writes_one_file_at_the_same_time_from_here_waits_for_the_other(bench, seafile):
    await asyncio.gather(*(write(seafile, bench, f"{number}".encode()) for number in range(4)))
    assert bench.asked() == {"file.detail": 4, "upload.link": 1, "upload": 4}
    assert len(bench.history("/a.txt")) == 4


async def test_of_two_accounts_that_must_be_first_one_is(bench, seafile):
    other = await bench.connect()
    done = await asyncio.gather(
        *(write(each, bench, data, if_version=NEW) for each, data in ((seafile, b"one"), (other, b"two"))),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in done) == ["Changed", "Entry"]
    assert len(bench.history("/a.txt")) == 1
    assert [node.name for node in bench.seafile.vault.entries(bench.seafile.library.root)] == ["a.txt"]


async def test_of_many_who_follow_the_same_version_one_is_current_and_all_are_in_the_history(bench, seafile, old):
    version = (await seafile.stat(bench.root.below("a.txt"))).version
    others = [await bench.connect() for _ in range(3)]
    contents = [b"one", b"two", b"three"]
    done = await asyncio.gather(
        *(write(each, bench, data, if_version=version) for each, data in zip(others, contents, strict=True)),
        return_exceptions=True,
    )
    won = [data for data, outcome in zip(contents, done, strict=True) if not isinstance(outcome, Exception)]
    assert [type(each) for each in done if isinstance(each, Exception)] == [Changed, Changed]
    history = bench.history("/a.txt")
    assert history[0] == won[0]
    assert set(history) >= {b"old", *won}


async def test_who_comes_second_between_looking_and_writing_takes_themselves_back(bench, seafile, old):
    version = (await seafile.stat(bench.root.below("a.txt"))).version
    bench.fault("upload", "rival", text="a colleague's", times=1)
    with pytest.raises(Changed):
        await write(seafile, bench, if_version=version)
    assert bench.history("/a.txt") == [b"a colleague's", b"new", b"a colleague's", b"old"]


async def test_who_does_not_mind_writes_after_whoever_was_faster(bench, seafile):
    bench.fault("upload", "rival", times=1)
    await write(seafile, bench)
    assert [node.name for node in bench.seafile.vault.entries(bench.seafile.library.root)] == ["a.txt"]
    assert bench.history("/a.txt")[0] == b"new"


async def test_who_minds_is_told_and_leaves_nothing_behind(bench, seafile):
    bench.fault("upload", "rival", times=1)
    with pytest.raises(Changed):
        await write(seafile, bench, if_version=NEW)
    assert [node.name for node in bench.seafile.vault.entries(bench.seafile.library.root)] == ["a.txt"]


async def test_a_folder_of_the_name_keeps_it(bench, seafile):
    bench.folder("a.txt")
    with pytest.raises(NameTaken):
        await write(seafile, bench)
    assert [node.name for node in bench.seafile.vault.entries(bench.seafile.library.root)] == ["a.txt"]


# What breaks


@pytest.mark.parametrize("data", [b"new", LARGE], ids=["whole", "in parts"])
@pytest.mark.parametrize("effect", ["reset_after_effect", "refuse_after_effect"])
async def test_a_write_that_had_its_effect_though_its_answer_did_not_come_is_not_made_twice(
    bench, seafile, data, effect
):
    last = 1 if len(data) < PART else 4
    bench.fault("upload", effect, after=last - 1, times=1)
    await write(seafile, bench, data, if_version=NEW)
    assert bench.asked()["upload"] == last
    bench.fault("upload", effect, after=last - 1, times=1)
    await write(seafile, bench, data + b"!")
    assert bench.asked()["upload"] == last
    assert bench.history("/a.txt") == [data + b"!", data]
    assert [node.name for node in bench.seafile.vault.entries(bench.seafile.library.root)] == ["a.txt"]


async def test_a_write_that_was_refused_before_it_had_an_effect_is_made_once_in_the_end(bench, seafile, old):
    bench.fault("upload", "error", reason="upload_failed", times=2)
    await write(seafile, bench)
    assert bench.history("/a.txt") == [b"new", b"old"]


async def test_an_address_that_is_too_old_is_asked_for_again(bench, seafile):
    await write(seafile, bench, name="1.txt")
    bench.fault("upload", "expired_link", times=1)
    bench.asked()
    await write(seafile, bench)
    assert bench.asked() == {"file.detail": 1, "upload": 2, "upload.link": 1}
    assert bench.history("/a.txt") == [b"new"]


async def test_a_folder_that_is_gone_meanwhile_is_not_found(bench, seafile):
    bench.folder("in")
    await seafile.write(bench.root.below("in"), "1.txt", Bytes(b"x"))
    bench.remove("in")
    with pytest.raises(NotFound):
        await seafile.write(bench.root.below("in"), "2.txt", Bytes(b"x"))


async def test_what_arrived_of_a_large_file_is_not_sent_again(bench, seafile):
    bench.fault("upload", "error", reason="upload_failed", after=2, times=None)
    with pytest.raises(Unavailable):
        await write(seafile, bench, LARGE, "large.bin")
    bench.fault("upload", "error", reason="upload_failed", times=0)
    bench.asked()
    await write(seafile, bench, LARGE, "large.bin")
    assert bench.asked()["upload"] == 2
    assert bench.history("/large.bin") == [LARGE]


async def test_what_arrived_of_another_file_is_sent_anew(bench, seafile):
    bench.fault("upload", "error", reason="upload_failed", after=2, times=None)
    with pytest.raises(Unavailable):
        await write(seafile, bench, LARGE, "large.bin")
    bench.fault("upload", "error", reason="upload_failed", times=0)
    other = bytes(reversed(LARGE))
    await write(seafile, bench, other, "large.bin")
    assert bench.history("/large.bin")[0] == other
    assert [node.name for node in bench.seafile.vault.entries(bench.seafile.library.root)] == ["large.bin"]


async def test_a_version_is_followed_though_something_else_had_arrived(bench, seafile):
    first = await write(seafile, bench, b"old", "large.bin")
    bench.fault("upload", "error", reason="upload_failed", after=2, times=None)
    with pytest.raises(Unavailable):
        await write(seafile, bench, LARGE, "large.bin")
    bench.fault("upload", "error", reason="upload_failed", times=0)
    other = bytes(reversed(LARGE))
    entry = await write(seafile, bench, other, "large.bin", if_version=first.version)
    assert (bench.history("/large.bin")[0], entry.version) == (
        other,
        (await seafile.stat(bench.root.below("large.bin"))).version,
    )


async def test_a_history_that_can_not_be_had_does_not_make_a_failure_of_what_was_written(bench, seafile, old):
    version = (await seafile.stat(bench.root.below("a.txt"))).version
    bench.fault("file.history", "error", reason="permission_denied", times=None)
    await write(seafile, bench, if_version=version)
    assert bench.history("/a.txt") == [b"new", b"old"]


@pytest.mark.parametrize("data", [b"new", LARGE[: 2 * PART]], ids=["one block", "more"])
async def test_bytes_that_are_damaged_on_the_way_are_not_kept(bench, seafile, data):
    bench.fault("upload", "damaged", times=None)
    with pytest.raises(Corrupt):
        await write(seafile, bench, data)
    assert bench.seafile.vault.entries(bench.seafile.library.root) == []
    bench.fault("upload", "damaged", times=0)
    await write(seafile, bench, b"good")
    bench.fault("upload", "damaged", times=None)
    with pytest.raises(Corrupt):
        await write(seafile, bench, data)
    assert bench.history("/a.txt")[0] == b"good"
    # The id of what is one block on every server is certain; more is read back.
    assert ("files.get" in bench.asked()) == (len(data) > PART)


async def test_a_server_that_cuts_files_into_other_blocks_is_believed_by_the_bytes(bench, seafile):
    bench.seafile.store.block = PART
    await write(seafile, bench, LARGE[: 2 * PART])
    assert bench.history("/a.txt") == [LARGE[: 2 * PART]]
    assert bench.asked()["files.get"] == 1


async def test_no_space_left_is_said_before_and_while_it_is_sent(bench, seafile):
    await write(seafile, bench, name="1.txt")
    bench.seafile.account.quota = 10
    with pytest.raises(QuotaExceeded):
        await write(seafile, bench, b"x" * 100)
    bench.seafile.account.quota = 1
    fresh = await bench.connect()
    with pytest.raises(QuotaExceeded):
        await write(fresh, bench)
    assert bench.asked()["upload"] == 2


async def test_a_file_that_is_too_large_is_said(bench, seafile):
    bench.seafile.settings.max_upload = 2
    with pytest.raises(BadInput, match="size"):
        await write(seafile, bench)
    bench.fault("upload", "html", status=413, times=None)
    with pytest.raises(BadInput, match="size"):
        await write(seafile, bench)


async def test_a_permission_that_is_taken_away_meanwhile_is_told(bench, seafile):
    await write(seafile, bench, name="1.txt")
    bench.fault("*", "read_only")
    with pytest.raises(Forbidden):
        await write(seafile, bench)
    assert [node.name for node in bench.seafile.vault.entries(bench.seafile.library.root)] == ["1.txt"]


async def test_who_may_only_read_may_not_write(bench):
    reader = bench.seafile.add_user("reader@example.org")
    bench.seafile.share(bench.seafile.library, reader, "r")
    seafile = await bench.connect(reader)
    with pytest.raises(Forbidden):
        await write(seafile, bench)
    with pytest.raises(Forbidden):
        await seafile.make_folder(bench.root, "x")


async def test_a_file_that_changes_while_it_is_sent_is_not_written(bench, seafile, tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(LARGE)
    content = File.at(path)
    path.write_bytes(LARGE + b"!")
    with pytest.raises(LocalFailure):
        await seafile.write(bench.root, "a.txt", content)
    assert bench.seafile.vault.entries(bench.seafile.library.root) == []


async def test_content_is_never_held_whole(bench, seafile):
    class Watched(Pieces):
        largest = 0

        async def read(self, start=0, stop=None):
            async for piece in super().read(start, stop):
                self.largest = max(self.largest, (stop or self.size) - start)
                yield piece

    content = Watched(LARGE)
    await seafile.write(bench.root, "large.bin", content)
    assert content.largest == PART
    assert bench.history("/large.bin") == [LARGE]
