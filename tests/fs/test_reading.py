"""Bytes: ranges, blocks, what they cost, and that those of two versions never mix."""

import pickle
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fsspec
import pytest
from tests.fs.conftest import RAIN, Drive, Planted

from hubdrives.errors import VersionGone
from hubdrives.fs import Changed, HubdrivesFileSystem
from hubdrives.testing.emulators.faults import Rule

BIG = random.Random(3).randbytes(1_000_003)


def at(source: str = "", **options: object) -> HubdrivesFileSystem:
    made = fsspec.filesystem("hubdrives", source=source, **options)
    assert isinstance(made, HubdrivesFileSystem)
    return made


@pytest.mark.parametrize("start", [None, 0, 1, 500_000, 1_000_003, 2_000_000, -1, -1000, -2_000_000])
@pytest.mark.parametrize("end", [None, 0, 1, 500_001, 1_000_003, 2_000_000, -1, -1000, -2_000_000])
def test_a_range_is_a_slice(source_of_big: HubdrivesFileSystem, start: int | None, end: int | None) -> None:
    assert source_of_big.cat_file("big.bin", start, end) == BIG[start:end]


@pytest.fixture(scope="module")
def source_of_big(tmp_path_factory: pytest.TempPathFactory) -> HubdrivesFileSystem:
    folder = tmp_path_factory.mktemp("big")
    (folder / "big.bin").write_bytes(BIG)
    return at(str(folder), skip_instance_cache=True)


@pytest.mark.parametrize(("start", "end"), [(None, None), (5, 900), (-7, None), (-9, -2), (0, len(BIG)), (9, 3)])
def test_a_range_is_a_slice_at_a_provider_too(planted: Planted, start: int | None, end: int | None) -> None:
    planted.plant({"big.bin": BIG, "empty": b""})
    fs = at(planted.source)
    assert fs.cat_file("big.bin", start, end) == BIG[start:end]
    assert fs.cat_file("empty", start, end) == b""


def test_many_ranges_are_read_at_once(planted: Planted) -> None:
    planted.plant({"big.bin": BIG, "rain.csv": RAIN})
    fs = at(planted.source)
    assert fs.cat_ranges(["big.bin", "rain.csv", "big.bin"], [0, -3, 10], [10, None, 20]) == [
        BIG[:10],
        RAIN[-3:],
        BIG[10:20],
    ]
    kept = fs.cat_ranges(["rain.csv", "no.csv"], 0, 4)
    assert kept[0] == RAIN[:4]
    assert isinstance(kept[1], FileNotFoundError)


def test_an_open_file_reads_seeks_and_ends_like_any_other(planted: Planted) -> None:
    planted.plant({"big.bin": BIG})
    with at(planted.source).open("big.bin", block_size=50_000) as file:
        assert file.read(10) == BIG[:10]
        assert file.seek(-5, 2) == len(BIG) - 5
        assert file.read() == BIG[-5:]
        assert file.read() == b""
        file.seek(100)
        assert b"".join(iter(lambda: file.read(30_000), b"")) == BIG[100:]


@pytest.mark.parametrize("cache", ["readahead", "blockcache", "bytes", "all", "none", "first"])
def test_every_cache_of_fsspec_works(planted: Planted, cache: str) -> None:
    planted.plant({"big.bin": BIG})
    places = random.Random(5).sample(range(len(BIG)), 20)
    with at(planted.source).open("big.bin", block_size=100_000, cache_type=cache) as file:
        for place in places:
            file.seek(place)
            assert file.read(1000) == BIG[place : place + 1000]


def test_a_hundred_megabytes_are_read_in_a_few_dozen_requests(drive: Drive) -> None:
    size = 100 << 20
    drive.file("big.csv", b"1,2,3\n" * (size // 6))
    fs = at(drive.source)
    drive.asked()
    with fs.open("big.csv") as file:
        while file.read(64 << 10):
            pass
    asked = drive.asked()
    assert asked["files.media"] <= 13
    assert sum(asked.values()) <= 2 * 13 + 3


def test_a_file_read_whole_is_one_request_and_its_checksum_counts(drive: Drive) -> None:
    drive.file("rain.csv")
    fs = at(drive.source)
    fs.ls("")
    drive.asked()
    assert fs.cat_file("rain.csv") == RAIN
    assert fs.open("rain.csv").read() == RAIN
    assert drive.asked() == {"files.media": 2}
    drive.fail(Rule("files.media", "wrong", times=None))
    with pytest.raises(OSError):
        fs.cat_file("rain.csv")


def test_a_file_that_changes_while_it_is_read_is_an_error_even_if_its_size_stays(drive: Drive) -> None:
    item = drive.file("rain.csv", b"old " * 1000)
    fs = at(drive.source)
    with fs.open("rain.csv", block_size=100) as file:
        assert file.read(8) == b"old old "
        drive.replace(item, b"new " * 1000)
        with pytest.raises(Changed) as changed:
            file.read(1000)
    assert isinstance(changed.value.__cause__, VersionGone)
    assert not isinstance(changed.value, FileNotFoundError)
    assert changed.value.__notes__ == ["Open it again to read it as it is now."]
    # What was remembered of it went with the error.
    assert fs.cat_file("rain.csv", 0, 4) == b"new "


def test_a_file_of_this_machine_that_changes_is_an_error_too(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"old " * 1000)
    with at(str(tmp_path)).open("a.txt", block_size=100) as file:
        file.read(8)
        (tmp_path / "a.txt").write_bytes(b"newer " * 1000)
        with pytest.raises(Changed):
            file.read(1000)


def test_an_open_file_travels_with_its_place_and_its_version(drive: Drive) -> None:
    item = drive.file("rain.csv")
    with at(drive.source, listings_expiry_time=0).open("rain.csv") as file:
        file.seek(5)
        packed = pickle.dumps(file)
    with pickle.loads(packed) as again:
        assert again.read() == RAIN[5:]
    drive.replace(item, RAIN.upper())
    with pytest.raises(Changed):
        pickle.loads(packed)


def test_text_is_decoded_as_asked(planted: Planted) -> None:
    planted.plant({"a.txt": "été\r\nÜbung".encode("latin-1"), "b.txt.gz": b""})
    with at(planted.source).open("a.txt", "r", encoding="latin-1") as file:
        assert file.readlines() == ["été\n", "Übung"]
    with at(planted.source).open("a.txt", "rt", encoding="latin-1", newline="") as file:
        assert file.readline() == "été\r\n"


def test_a_document_without_a_size_is_read_once_when_it_is_opened_and_then_stays_as_it_was(drive: Drive) -> None:
    drive.doc("Syllabus", "Week 1: rain\n" * 1000)
    drive.file("rain.csv")
    fs = at(drive.source)
    [name] = fs.glob("*.docx")
    # No two exports are alike, so that a number from one would be wrong for the next.
    assert fs.info(name)["size"] is fs.size(name) is None
    assert fs.du("") == len(RAIN)
    assert len(fs.cat_file(name, -20, -5)) == 15
    drive.asked()
    with fs.open(name, block_size=100) as file:
        whole = file.read()
        assert file.size == file.info()["size"] == len(whole) > 1000
        file.seek(-10, 2)
        assert file.read() == whole[-10:]
        file.seek(0)
        assert file.read() == whole
    assert drive.asked() == {"files.export": 1}


def test_threads_share_one_file_system(planted: Planted) -> None:
    files = {f"{number}.bin": bytes([number]) * 10_000 for number in range(40)}
    planted.plant(files)

    def read(name: str) -> bytes:
        with at(planted.source).open(name) as file:
            return bytes(file.read())

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(read, files)) == list(files.values())
