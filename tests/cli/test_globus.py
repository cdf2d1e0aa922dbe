"""Pull, put, push and the rest on an emulated Globus: what the same commands do at the real service's API."""

import asyncio
import os

import pytest
from tests.cli.conftest import at, done


@pytest.fixture
def globus(shell, course):
    with at(shell, "globus", course) as emulated:
        yield emulated


def aged(path):
    """As if it had been written some time ago: what was changed just now is looked at again."""
    os.utime(path, (1_700_000_000, 1_700_000_000 + len(path.read_bytes())))


def test_a_collection_arrives_and_its_changes_follow(shell, globus):
    for path in globus.folder.rglob("*.*"):
        aged(path)
    told = done(shell, "pull", globus.location, "mine")
    assert sorted(told["added"]) == ["readme.md", "week 1/rain.csv", "week 1/été.txt"]
    assert (shell.folder / "mine/week 1/rain.csv").read_text() == "town,mm\nBonn,12\n"
    (shell.folder / "mine/readme.md").write_text("# My course\n")
    rain = globus.folder / "week 1/rain.csv"
    rain.write_text("town,mm\nBonn,13 or so\n")
    aged(rain)
    told = done(shell, "pull", "globus:/", "mine")
    assert (told["updated"], told["kept"], told["added"]) == (["week 1/rain.csv"], ["readme.md"], [])
    assert (shell.folder / "mine/week 1/rain.csv").read_text() == "town,mm\nBonn,13 or so\n"
    told = done(shell, "pull", "globus:/", "mine")
    assert (told["unchanged"], told["kept"]) == (2, ["readme.md"])


def test_nothing_new_costs_a_listing_for_each_folder(shell, globus):
    for path in globus.folder.rglob("*.*"):
        aged(path)
    done(shell, "pull", "globus:/", "mine")
    before = asyncio.run(globus.requests())["by_operation"]
    done(shell, "pull", "globus:/", "mine")
    after = asyncio.run(globus.requests())["by_operation"]
    assert after["transfer.ls"] - before["transfer.ls"] == 2
    assert after["https.get"] == before["https.get"]


def test_files_go_up_and_come_back(shell, globus):
    (shell.folder / "plots").mkdir()
    (shell.folder / "plots/one.png").write_bytes(b"1")
    (shell.folder / "snow.csv").write_text("first\n")
    done(shell, "mkdir", "--parents", "globus:/results/2027")
    done(shell, "put", "snow.csv", "plots", "globus:/results/2027")
    (shell.folder / "snow.csv").write_text("the second\n")
    (told,) = done(shell, "put", "snow.csv", "globus:/results/2027")["uploaded"]
    assert shell.run("put", "snow.csv", "globus:/results/2027", "--new").code == 1
    assert shell.run("put", "snow.csv", "globus:/results/2027", "--if-version", f"9{told['version']}").code == 1
    assert (globus.folder / "results/2027/snow.csv").read_text() == "the second\n"
    done(shell, "get", "globus:/results", "copy")
    assert (shell.folder / "copy/2027/plots/one.png").read_bytes() == b"1"
    done(shell, "mv", "globus:/results/2027/snow.csv", "globus:/readme.csv")
    done(shell, "rm", "--yes", "--recursive", "globus:/results")
    left = {entry["path"] for entry in done(shell, "ls", "globus:/")["entries"]}
    assert left == {"readme.csv", "readme.md", "week 1"}
    assert not (globus.folder / "results").exists()


def test_what_was_changed_here_goes_up(shell, globus):
    for path in globus.folder.rglob("*.*"):
        aged(path)
    done(shell, "pull", "globus:/", "mine")
    (shell.folder / "mine/readme.md").write_text("# Our course, that we changed\n")
    assert done(shell, "push", "mine")["uploaded"] == ["readme.md"]
    assert done(shell, "push", "mine")["uploaded"] == []
    assert (globus.folder / "readme.md").read_text() == "# Our course, that we changed\n"


def test_a_page_of_globus_that_is_no_folder_is_refused_in_a_sentence(shell, globus):
    told = shell.run("pull", "https://app.globus.org/groups/0c1e7e2e-8d3f-11ee-b1a3-d5a2d0ea7a55/about", "mine")
    assert told.code != 0
    assert "file manager" in told.err
    assert "Traceback" not in told.err
