"""What data scientists use: tables by pandas, many files by dask."""

from pathlib import Path

import dask
import dask.bag
import fsspec
import numpy as np
import pandas as pd
import pytest
from dask.bytes import read_bytes
from tests.fs.conftest import Drive, Planted

TABLE = pd.DataFrame({"town": ["Bonn", "Jena", "Köln"] * 2000, "mm": np.arange(6000)})


@pytest.fixture
def options(planted: Planted) -> dict[str, str]:
    planted.plant(
        {
            "all rain.csv": TABLE.to_csv(index=False),
            **{f"parts/{n}.csv": TABLE[n * 1000 : (n + 1) * 1000].to_csv(index=False) for n in range(6)},
        }
    )
    return {"source": planted.source}


def test_pandas_reads_a_table(options: dict[str, str]) -> None:
    read = pd.read_csv("hubdrives://all rain.csv", storage_options=options)
    pd.testing.assert_frame_equal(read, TABLE, check_dtype=False)


def test_pandas_reads_a_compressed_table_by_connection(drive: Drive, tmp_path: Path) -> None:
    TABLE.to_csv(tmp_path / "rain.csv.gz", index=False)
    drive.file("rain.csv.gz", (tmp_path / "rain.csv.gz").read_bytes(), parent=drive.folder("week 1"))
    read = pd.read_csv("hubdrives://course/week 1/rain.csv.gz")
    pd.testing.assert_frame_equal(read, TABLE, check_dtype=False)


def test_pandas_reads_only_what_it_needs(drive: Drive) -> None:
    text = TABLE.to_csv(index=False) * 400
    drive.file("rain.csv", text)
    assert len(text) > 2 * (8 << 20)
    drive.asked()
    with fsspec.open("hubdrives://course/rain.csv") as file:
        assert len(pd.read_csv(file, nrows=10)) == 10
    assert drive.asked()["files.media"] == 1


@pytest.mark.parametrize("scheduler", ["threads", "sync"])
def test_dask_reads_blocks_of_all_files_of_a_glob(options: dict[str, str], scheduler: str) -> None:
    _sample, blocks = read_bytes("hubdrives://parts/*.csv", blocksize=4000, delimiter=b"\n", **options)
    assert len(blocks) == 6
    assert all(len(of_file) > 1 for of_file in blocks)
    read = dask.compute(*(block for of_file in blocks for block in of_file), scheduler=scheduler)
    lines = b"".join(read).decode().splitlines()
    assert sum(int(line.rpartition(",")[2]) for line in lines if line != "town,mm") == TABLE.mm.sum()


def test_dask_reads_text_in_other_processes(drive: Drive) -> None:
    for number in range(3):
        drive.file(f"{number}.txt", f"line {number}\n" * 100)
    bag = dask.bag.read_text("hubdrives://*.txt", storage_options={"source": drive.source})
    assert bag.npartitions == 3
    counted = bag.frequencies().compute(scheduler="processes", num_workers=1)
    assert dict(counted) == {f"line {number}\n": 100 for number in range(3)}


def test_dask_sees_that_a_file_has_changed(drive: Drive) -> None:
    item = drive.file("a.csv", "1\n")
    options = {"source": drive.source, "listings_expiry_time": 0}

    def key() -> str:
        _, [[block]] = read_bytes("hubdrives://a.csv", **options)
        return str(block.key)

    before = key()
    assert key() == before
    drive.replace(item, "2\n")
    assert key() != before
