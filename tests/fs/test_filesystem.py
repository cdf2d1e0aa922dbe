"""Paths, listings, and what they cost."""

import io
import pickle
from pathlib import Path

import fsspec
import pytest
from fsspec.asyn import AsyncFileSystem
from tests.fs.conftest import RAIN, Drive, Planted

from hubdrives.errors import BadInput, NoConnection, NotFound, NotShared, QuotaExceeded, Unavailable
from hubdrives.fs import HubdrivesFileSystem
from hubdrives.testing.emulators.faults import Rule

ODD = "übung #1 100% [a]?{b}&c=d;e+f.txt"


def at(source: str = "", **options: object) -> HubdrivesFileSystem:
    made = fsspec.filesystem("hubdrives", source=source, **options)
    assert isinstance(made, HubdrivesFileSystem)
    return made


def test_a_folder_lists_what_is_in_it(planted: Planted) -> None:
    planted.plant({"rain.csv": RAIN, f"week 1/{ODD}": "x", "week 1/more/deep.txt": "y"})
    fs = at(planted.source)
    assert fs.ls("", detail=False) == ["rain.csv", "week 1"]
    assert fs.ls("hubdrives://week 1/", detail=False) == ["week 1/more", f"week 1/{ODD}"]
    assert fs.ls("rain.csv") == [fs.info("rain.csv")]
    assert fs.info("rain.csv")["size"] == fs.size("rain.csv") == len(RAIN)
    assert fs.modified("rain.csv").tzinfo is not None
    assert fs.isdir("week 1")
    assert fs.isdir("")
    assert fs.isfile(f"week 1/{ODD}")
    assert not fs.isfile("week 1")
    assert not fs.exists("week 2")
    assert not fs.exists("../a folder")


def test_every_character_of_a_name_stands_for_itself(planted: Planted) -> None:
    planted.plant({f"week 1/{ODD}": "x"})
    with fsspec.open(f"hubdrives://week 1/{ODD}", "r", source=planted.source) as file:
        assert file.read() == "x"


def test_find_walk_and_glob_see_everything(planted: Planted) -> None:
    files = {"a.csv": "1", "w1/b.csv": "22", "w1/deep/c.csv": "333", "w2/d.txt": "4"}
    planted.plant(files)
    fs = at(planted.source)
    assert fs.find("") == sorted(files)
    assert fs.find("w1") == ["w1/b.csv", "w1/deep/c.csv"]
    assert fs.find("w1/b.csv") == ["w1/b.csv"]
    assert fs.find("w1", withdirs=True) == ["w1", "w1/b.csv", "w1/deep", "w1/deep/c.csv"]
    assert fs.find("", maxdepth=1) == ["a.csv"]
    assert fs.glob("**/*.csv") == ["a.csv", "w1/b.csv", "w1/deep/c.csv"]
    assert fs.glob("w?/*") == ["w1/b.csv", "w1/deep", "w2/d.txt"]
    assert fs.glob("*.txt") == []
    assert [top for top, _, _ in fs.walk("")] == ["", "w1", "w1/deep", "w2"]
    assert fs.du("") == 7
    assert fs.cat("w1/*.csv") == {"w1/b.csv": b"22"}


def test_listing_a_folder_costs_one_listing_and_asking_again_nothing(drive: Drive) -> None:
    for number in range(20):
        drive.file(f"{number}.csv")
    fs = at(drive.source)
    fs.ls("")
    assert drive.asked() == {"files.get": 1, "files.list": 1}
    assert all(fs.isfile(path) for path in fs.ls("", detail=False))
    assert drive.asked() == {}


def test_looking_at_one_file_lists_only_the_way_to_it(drive: Drive) -> None:
    week = drive.folder("week 1")
    drive.file("rain.csv", parent=week)
    for number in range(5):
        drive.file("x", parent=drive.folder(f"other {number}"))
    fs = at(drive.source)
    assert fs.info("week 1/rain.csv")["size"] == len(RAIN)
    assert drive.asked() == {"files.get": 1, "files.list": 2}
    fs.info("week 1/rain.csv")
    assert drive.asked() == {}


def test_a_glob_over_many_folders_does_not_ask_for_each(drive: Drive) -> None:
    for number in range(30):
        drive.file("rain.csv", parent=drive.folder(f"day {number}"))
    fs = at(drive.source)
    assert len(fs.glob("*/rain.csv")) == 30
    assert sum(drive.asked().values()) < 10
    assert len(fs.find("")) == 30
    assert drive.asked() == {}


@pytest.mark.parametrize("options", [{"use_listings_cache": False}, {"listings_expiry_time": 0}])
def test_what_is_remembered_is_the_callers_choice(drive: Drive, options: dict[str, object]) -> None:
    fs = at(drive.source, **options)
    assert fs.ls("") == []
    drive.file("new.csv")
    assert fs.find("") == fs.ls("", detail=False) == ["new.csv"]
    drive.replace(drive.emulator.tree.find("new.csv", under=drive.emulator.root).id, b"longer than before, by far")
    assert fs.size("new.csv") == 26


def test_what_is_remembered_can_be_forgotten_or_refreshed(drive: Drive) -> None:
    week = drive.folder("w")
    fs = at(drive.source)
    assert fs.find("") == []
    drive.file("a.csv", parent=week)
    assert fs.ls("w") == []
    assert fs.ls("w", refresh=True, detail=False) == ["w/a.csv"]
    drive.file("b.csv", parent=week)
    fs.invalidate_cache("w")
    assert fs.ls("w", detail=False) == ["w/a.csv", "w/b.csv"]
    drive.file("c.csv", parent=week)
    fs.invalidate_cache()
    assert len(fs.ls("w")) == 3


def test_a_file_that_appeared_since_the_listing_is_found(drive: Drive) -> None:
    fs = at(drive.source)
    assert fs.ls("") == []
    drive.file("new.csv")
    assert fs.exists("new.csv")


def test_without_a_source_the_first_part_names_the_connection(drive: Drive) -> None:
    drive.file("rain.csv", parent=drive.folder("week 1"))
    fs = at()
    assert fs.ls("", detail=False) == ["course"]
    assert fs.ls("hubdrives://course", detail=False) == ["course/week 1"]
    assert fs.find("") == ["course/week 1/rain.csv"]
    with fsspec.open("hubdrives://course/week 1/rain.csv") as file:
        assert file.read() == RAIN
    assert not fs.exists("physics/week 1")
    with pytest.raises(FileNotFoundError, match="There is no connection 'physics'"):
        fs.ls("physics")


@pytest.mark.parametrize(
    "form",
    [
        "{url}",
        "course:/",
        "https://hub.example.org/hub/user-redirect/hubdrives/pull?source=course%3A%2F&targetpath=x",
    ],
)
def test_a_source_is_whatever_a_person_pastes(drive: Drive, form: str) -> None:
    drive.file("rain.csv")
    assert at(form.format(url=drive.source)).cat_file("rain.csv") == RAIN


def test_a_source_that_is_one_file_is_a_folder_with_that_file(drive: Drive) -> None:
    item = drive.file("rain.csv")
    fs = at(f"https://drive.google.com/file/d/{item}/view")
    assert fs.ls("", detail=False) == fs.glob("*.csv") == fs.find("") == ["rain.csv"]
    assert fs.cat_file("rain.csv") == fs.cat_file("") == RAIN
    assert not fs.exists("snow.csv")


@pytest.mark.parametrize("source", [".", "..", "./data", "../data"])
def test_a_source_never_depends_on_the_current_directory(source: str) -> None:
    with pytest.raises(BadInput, match="current directory"):
        at(source)


def test_a_source_that_nobody_knows_is_no_missing_file(drive: Drive) -> None:
    fs = at("https://example.org/data")
    with pytest.raises(NoConnection) as refused:
        fs.exists("x")
    assert refused.value.__notes__ == [refused.value.hint]


def test_failures_are_those_that_every_file_system_has(drive: Drive) -> None:
    fs = at(drive.source)
    drive.folder("week 1")
    with pytest.raises(FileNotFoundError) as missing:
        fs.cat_file("no.csv")
    assert isinstance(missing.value, NotFound)
    assert missing.value.__notes__ == [missing.value.hint]
    with pytest.raises(FileNotFoundError):
        fs.ls("week 2")
    with pytest.raises(IsADirectoryError):
        fs.open("week 1")
    with pytest.raises(IsADirectoryError):
        fs.cat_file("week 1")
    drive.fail(Rule("files.get", "unshare", times=None, email=drive.emulator.key_file()["client_email"]))
    with pytest.raises(FileNotFoundError) as hidden:
        at(drive.source, listings_expiry_time=1).info("")
    assert isinstance(hidden.value, NotShared)


def test_what_may_not_be_downloaded_is_a_permission_error(drive: Drive) -> None:
    drive.file("locked.csv")
    drive.fail(Rule("files.get", "no_download", name="locked.csv"))
    with pytest.raises(PermissionError):
        at(drive.source).cat_file("locked.csv")


def test_a_quota_is_an_os_error_with_our_sentence(drive: Drive) -> None:
    drive.file("popular.csv")
    drive.fail(Rule("files.media", "quota_exceeded", name="popular.csv"))
    with pytest.raises(OSError) as failed:
        at(drive.source).cat_file("popular.csv")
    cause = failed.value.__cause__
    assert isinstance(cause, QuotaExceeded)
    assert str(failed.value) == str(cause)
    assert failed.value.__notes__ == [cause.hint]


def test_a_provider_that_is_away_is_no_empty_folder(drive: Drive, tmp_path: Path) -> None:
    config = tmp_path / "hubdrives.toml"
    config.write_text(config.read_text() + "limits = { patience = 0.0 }\n")
    fs = at(drive.source)
    drive.fail(Rule("files.get", "error", reason="backendError", times=None))
    for look in (fs.find, fs.glob, lambda path: list(fs.walk(path, maxdepth=1))):
        with pytest.raises(Unavailable):
            look("**")


@pytest.mark.parametrize(
    "write",
    [
        lambda fs: fs.open("a.txt", "wb"),
        lambda fs: fs.pipe("a.txt", b"x"),
        lambda fs: fs.mkdir("x"),
        lambda fs: fs.makedirs("x"),
        lambda fs: fs.touch("a.txt"),
        lambda fs: fs.rm("rain.csv"),
        lambda fs: fs.cp_file("rain.csv", "x"),
    ],
)
def test_nothing_can_be_written(planted: Planted, write: object) -> None:
    planted.plant({"rain.csv": RAIN})
    fs = at(planted.source)
    with pytest.raises(io.UnsupportedOperation):
        write(fs)
    assert fs.find("") == ["rain.csv"]


def test_neither_pickles_nor_reprs_hold_what_was_not_passed(drive: Drive) -> None:
    secret = "0-veryhiddenkey"
    fs = at(f"{drive.source}?resourcekey={secret}")
    drive.file("rain.csv")
    fs.ls("")
    file = fs.open("rain.csv")
    for shown in (repr(fs), str(fs), repr(file), str(fs.info("rain.csv"))):
        assert secret not in shown
    key = drive.emulator.key_file()
    again = pickle.loads(pickle.dumps(fs))
    assert again == fs
    assert again.cat_file("rain.csv") == RAIN
    for pickled in (pickle.dumps(fs), pickle.dumps(file), fs.to_json().encode()):
        assert key["private_key_id"].encode() not in pickled
        assert b"Bearer" not in pickled
        assert b"ya29" not in pickled
    assert secret not in fs._fs_token
    link = at("link:eyJabc.abcdefghijklmnopqrstuvwxyz")
    assert "abcdefghijklmnop" not in repr(link)


async def test_it_serves_coroutines_too(drive: Drive) -> None:
    drive.file("rain.csv")
    fs = at(drive.source, asynchronous=True)
    assert isinstance(fs, AsyncFileSystem)
    assert [info["name"] for info in await fs._ls("")] == ["rain.csv"]
    assert await fs._cat_file("rain.csv", start=-2) == RAIN[-2:]
    await fs.aclose()


async def test_a_loop_that_runs_in_this_thread_is_no_hindrance(drive: Drive) -> None:
    drive.file("rain.csv")
    with fsspec.open("hubdrives://rain.csv", source=drive.source) as file:
        assert file.read() == RAIN


def test_files_are_brought_whole_or_not_at_all(planted: Planted, tmp_path: Path) -> None:
    planted.plant({"a.csv": RAIN, "w/b.csv": "b"})
    fs = at(planted.source)
    target = tmp_path / "target"
    fs.get("", str(target), recursive=True)
    assert {str(path.relative_to(target)) for path in target.rglob("*")} == {"a.csv", "w", "w/b.csv"}
    assert (target / "a.csv").read_bytes() == RAIN
    assert (target / "a.csv").stat().st_mode & 0o200


def test_a_download_that_fails_leaves_what_was_there(drive: Drive, tmp_path: Path) -> None:
    drive.file("a.csv", bytes(1000))
    (tmp_path / "here").mkdir()
    target = tmp_path / "here/a.csv"
    target.write_text("mine")
    drive.fail(Rule("files.media", "replace_content", name="a.csv"))
    with pytest.raises(OSError):
        at(drive.source).get_file("a.csv", str(target))
    assert target.read_text() == "mine"
    assert list(target.parent.iterdir()) == [target]
