"""Pulls of collections: what Globus does not tell at the moment, or does not give at all, deletes nothing here."""

import pytest

from hubdrives.choice import EVERYTHING, Choice
from hubdrives.errors import Unreadable
from hubdrives.pull import pull
from hubdrives.testing.emulators.globus.collections import PERSONAL


@pytest.mark.parametrize(
    ("path", "choice", "there"),
    [
        ("course", EVERYTHING, ["a.txt", "week 1/0.txt", "week 1/1.txt"]),
        ("course", Choice(subfolder="week 1"), ["0.txt", "1.txt"]),
        ("course/week 1", EVERYTHING, ["0.txt", "1.txt"]),
    ],
    ids=["a folder below", "a chosen folder", "the folder itself"],
)
async def test_a_folder_that_grew_too_large_to_be_listed_stays_as_it_was_brought(bench, tmp_path, path, choice, there):
    for name in ("a.txt", "week 1/0.txt", "week 1/1.txt"):
        bench.file(f"course/{name}")
    provider, target = await bench.connect(limit=3), tmp_path / "work"

    def here() -> list[str]:
        return sorted(each.relative_to(target).as_posix() for each in target.rglob("*.txt") if each.parts[-2] != "tmp")

    assert (await pull(provider, bench.at(path), target, choice=choice)).added == there
    for number in range(2, 5):
        bench.file(f"course/week 1/{number}.txt")
    for _ in range(2):
        if path == "course":
            report = await pull(provider, bench.at(path), target, choice=choice)
            assert report.removed == []
            assert ["more entries" in item.reason for item in report.skipped] == [True]
        else:
            with pytest.raises(Unreadable, match="more entries"):
                await pull(provider, bench.at(path), target, choice=choice)
        assert here() == there
    # As soon as it is listed again, all of it comes.
    other = await bench.connect()
    assert len((await pull(other, bench.at(path), target, choice=choice)).added) == 3


async def test_of_a_collection_without_an_https_server_nothing_is_begun_and_nothing_here_is_touched(bench, tmp_path):
    laptop = bench.globus.add_collection("Laptop", entity_type=PERSONAL)
    bench.file("runs/a.txt", "on a laptop", collection=laptop)
    provider = await bench.connect()
    bench.asked()
    with pytest.raises(Unreadable, match=r"serves no files over HTTPS.*`hubdrives transfer --recursive .* \./runs`"):
        await pull(provider, bench.at("runs", collection=laptop), tmp_path / "work/runs")
    assert list(tmp_path.iterdir()) == []
    assert bench.asked() == {"transfer.endpoint": 1, "transfer.ls": 1}
    # It had a server when it was pulled before.
    server = bench.globus.collection.https_server
    bench.file("runs/a.txt", "served")
    await pull(provider, bench.at("runs"), tmp_path / "runs")
    bench.globus.collection.https = False
    bench.globus.collection.https_server = None
    bench.clock.now += 400
    bench.globus.tree.delete((await bench.globus.find("/runs/a.txt")).id)
    bench.file("runs/b.txt", "new")
    with pytest.raises(Unreadable):
        await pull(provider, bench.at("runs"), tmp_path / "runs")
    assert server
    assert (tmp_path / "runs/a.txt").read_text() == "served"
