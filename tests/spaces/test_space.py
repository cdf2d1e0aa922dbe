"""What is in a user's folder: in and out as bytes, files, folders and streams, and its versions."""

import asyncio
import tracemalloc
from pathlib import Path

import pytest

from hubdrives.errors import BadInput, BadPath, Changed, Forbidden, NameTaken, NotFound
from hubdrives.providers.abilities import NEW
from hubdrives.spaces.spool import spooled

KEY = "sub-of-alice"


@pytest.fixture
async def space(world, spaces):
    made = (await spaces.ensure("alice")).space
    world.asked()
    return made


async def pieces(*data):
    for one in data:
        yield one


async def gathered(stream):
    return b"".join([piece async for piece in stream])


async def test_bytes_go_in_and_come_out_and_folders_on_the_way_are_made(world, space, tmp_path):
    sent = await space.put(b"17.3", "runs/1/result.txt")
    assert [(one.path, one.size) for one in sent.uploaded] == [("result.txt", 4)]
    assert world.tree(KEY) == {"runs": None, "runs/1": None, "runs/1/result.txt": b"17.3"}
    assert await space.read_bytes("runs/1/result.txt") == b"17.3"
    assert await space.read_bytes("/runs/1/result.txt") == b"17.3"
    assert await gathered(space.stream("runs/1/result.txt", start=1, stop=3)) == b"7."
    fetched = await space.get("runs/1/result.txt", tmp_path)
    assert fetched.downloaded == ["result.txt"]
    assert (tmp_path / "result.txt").read_bytes() == b"17.3"


async def test_into_a_folder_that_is_there_it_costs_no_more_than_the_file(direct):
    space = (await (await direct.open()).ensure("alice")).space
    await space.put(b"1", "runs/1/a.txt")
    direct.asked()
    await space.put(b"2", "runs/1/b.txt")
    assert direct.asked() == direct.uploading


async def test_a_file_of_this_machine_goes_in_with_its_time(world, space, tmp_path):
    file = tmp_path / "rain.csv"
    file.write_text("town,mm\n")
    await space.put(file, "data/snow.csv")
    assert world.tree(KEY)["data/snow.csv"] == b"town,mm\n"
    (entry,) = await space.ls("data")
    assert entry.modified is not None
    assert abs(entry.modified.timestamp() - file.stat().st_mtime) < 1.0


async def test_a_folder_goes_in_with_all_that_is_in_it_and_only_what_is_new_goes_again(world, space, tmp_path):
    plots = tmp_path / "plots"
    (plots / "deep").mkdir(parents=True)
    (plots / "one.png").write_bytes(b"1")
    (plots / "deep/two.png").write_bytes(b"2")
    told = []
    sent = await space.put(plots, "runs/7", on_progress=told.append)
    assert [one.path for one in sent.uploaded] == ["7/deep/two.png", "7/one.png"]
    assert (told[-1].phase, told[-1].files_done) == ("done", 2)
    assert world.tree(KEY) == {
        "runs": None, "runs/7": None, "runs/7/deep": None, "runs/7/deep/two.png": b"2", "runs/7/one.png": b"1"
    }  # fmt: skip
    (plots / "one.png").write_bytes(b"11")
    sent = await space.put(plots, "runs/7")
    assert sent.unchanged == (["7/deep/two.png"] if world.tells_digests else [])
    assert world.history(KEY, "runs/7/deep/two.png", b"2")
    assert world.history(KEY, "runs/7/one.png", b"11", b"1")


async def test_a_stream_of_unknown_length_goes_in_and_is_never_held_in_memory(world, space):
    size = 48 << 20

    async def endless():
        for _ in range(size >> 16):
            yield bytes(1 << 16)

    # The emulator lives in the same memory, so only what is done before it hears of it is looked at.
    tracemalloc.start()
    try:
        async with spooled(endless()) as content:
            assert content.size == size
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    await space.put(pieces(b"one,", b"", b"two"), "runs/log.csv")
    await space.put(pieces(), "runs/empty.csv")
    assert world.tree(KEY) == {"runs": None, "runs/empty.csv": b"", "runs/log.csv": b"one,two"}


async def test_of_a_stream_that_breaks_off_nothing_is_stored_and_nothing_left_here(world, space, tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr("tempfile.tempdir", None)

    async def breaking():
        yield b"half"
        raise RuntimeError("the instrument is off")

    with pytest.raises(RuntimeError, match="instrument"):
        await space.put(breaking(), "log.csv")
    assert world.tree(KEY) == {}
    assert list((tmp_path / "temporary").iterdir()) == []


async def test_a_folder_comes_out_and_what_is_here_is_not_overwritten_unless_told(space, tmp_path):
    await space.put(b"1", "runs/1/a.txt")
    await space.put(b"2", "runs/2/b.txt")
    (tmp_path / "1").mkdir()
    (tmp_path / "1/a.txt").write_bytes(b"mine")
    fetched = await space.get("runs", tmp_path)
    assert fetched.downloaded == ["2/b.txt"]
    assert [(one.path, one.code) for one in fetched.failed] == [("1/a.txt", "name-taken")]
    assert (tmp_path / "1/a.txt").read_bytes() == b"mine"
    with pytest.raises(NameTaken):
        await space.get("runs/1/a.txt", tmp_path / "1")
    await space.get("runs", tmp_path, force=True)
    assert (tmp_path / "1/a.txt").read_bytes() == b"1"
    await space.get("", tmp_path / "all")
    assert (tmp_path / "all/runs/2/b.txt").read_bytes() == b"2"


async def test_several_go_into_a_folder_under_their_names(world, space, tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
    sent = await space.put_all([tmp_path / "a.txt", tmp_path / "b.txt"], "runs/1")
    assert [one.path for one in sent.uploaded] == ["a.txt", "b.txt"]
    await space.put_all([tmp_path / "a.txt"])
    assert world.tree(KEY) == {
        "runs": None, "runs/1": None, "runs/1/a.txt": b"a.txt", "runs/1/b.txt": b"b.txt", "a.txt": b"a.txt"
    }  # fmt: skip


async def test_what_can_not_be_meant_is_said_before_anything_is_made(world, space, tmp_path):
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(BadInput, match=r"nowhere\.txt"):
        await space.put_all([tmp_path / "a.txt", tmp_path / "nowhere.txt"], "runs/1")
    with pytest.raises(BadInput, match="same name"):
        await space.put_all([tmp_path / "a.txt", tmp_path / "a.txt"], "runs/1")
    assert world.tree(KEY) == {}


async def test_what_is_there_is_listed_folders_first(space):
    await space.put(b"1", "b.txt")
    await space.mkdir("z/deep")
    await space.mkdir("z/deep")
    assert [(one.path, one.kind.value) for one in await space.ls()] == [("z", "folder"), ("b.txt", "file")]
    assert [one.path for one in await space.ls("z")] == ["deep"]
    await space.remove("b.txt")
    await space.remove("z")
    assert await space.ls() == []


async def test_versions_are_told_read_and_restored(world, space, tmp_path):
    for text in (b"first", b"second"):
        await space.put(text, "a.txt")
    second, first = await space.versions("a.txt")
    assert (second.current, first.size) == (True, 5)
    assert await gathered(space.read_version("a.txt", first.id)) == b"first"
    await space.get("a.txt", tmp_path / "old.txt", version=first.id)
    assert (tmp_path / "old.txt").read_bytes() == b"first"
    await space.restore("a.txt", first.id)
    assert await space.read_bytes("a.txt") == b"first"
    assert world.history(KEY, "a.txt", b"first", b"second", b"first")


async def test_new_and_if_version_never_replace_what_is_not_meant(world, space, tmp_path):
    (first,) = (await space.put(b"1", "a.txt", if_version=NEW)).uploaded
    with pytest.raises(Changed):
        await space.put(b"2", "a.txt", if_version=NEW)
    await space.put(b"3", "a.txt", if_version=first.version)
    with pytest.raises(Changed):
        await space.put(pieces(b"4"), "a.txt", if_version=first.version)
    with pytest.raises(Changed):
        await space.remove("a.txt", if_version=first.version)
    with pytest.raises(BadInput):
        await space.put(tmp_path, "folder", if_version=first.version)
    assert world.history(KEY, "a.txt", b"3", b"1")


@pytest.mark.parametrize("path", ["../bob", "a/../../b", "a\0b"])
async def test_no_path_leads_out(world, space, path, tmp_path):
    world.emulator.requests.reset()
    for doing in (
        space.put(b"1", path), space.read_bytes(path), space.ls(path), space.mkdir(path), space.remove(path),
        space.get(path, tmp_path), space.versions(path), space.restore(path, "1"),
    ):  # fmt: skip
        with pytest.raises(BadPath):
            await doing
    assert world.asked() == {}


@pytest.mark.parametrize("path", ["", "/", "."])
async def test_the_space_itself_is_no_name_for_a_file_and_is_not_removed_so(world, space, path):
    with pytest.raises(BadInput):
        await space.put(b"1", path)
    with pytest.raises(BadInput, match=r"Spaces\.remove"):
        await space.remove(path)
    assert world.tree(KEY) == {}


async def test_in_a_space_that_is_not_there_nothing_is_made(world, spaces, tmp_path):
    space = await spaces.space("bob")
    (tmp_path / "a.txt").write_text("a")
    doings = [space.put(source, "runs/1") for source in (b"1", tmp_path / "a.txt", tmp_path, pieces(b"1"))]
    doings += [space.put(b"1", "a.txt"), space.mkdir("runs"), space.ls(), space.put_all([tmp_path / "a.txt"])]
    for doing in doings:
        with pytest.raises(NotFound, match="'bob' has no folder in space 'results' yet"):
            await doing
    assert world.keys() == []


async def test_what_is_not_there_or_no_file_is_an_error(space, tmp_path):
    await space.mkdir("runs")
    with pytest.raises(NotFound):
        await space.read_bytes("nothing.txt")
    with pytest.raises(BadInput, match="folder"):
        await space.read_bytes("runs")
    with pytest.raises(BadInput, match=r"nowhere\.txt"):
        await space.put(tmp_path / "nowhere.txt", "a.txt")
    with pytest.raises(NameTaken):
        await space.put(b"1", "runs")


async def test_a_write_that_is_refused_is_told(world, space):
    world.refuse("write")
    with pytest.raises(Forbidden):
        await space.put(b"1", "a.txt")
    assert world.tree(KEY) == {}


async def test_many_write_at_once_into_one_new_folder(world, space):
    await asyncio.gather(*(space.put(bytes([number]), f"runs/1/{number}.bin") for number in range(12)))
    assert {path: data for path, data in world.tree(KEY).items() if data is not None} == {
        f"runs/1/{number}.bin": bytes([number]) for number in range(12)
    }


async def test_a_repr_says_whose_it_is_and_no_secret(world, space):
    assert "alice" in repr(space)
    assert world.secret.read_text() not in repr(space)
    assert isinstance(space.location.path, str)
    assert not Path(space.source).is_absolute()
