"""Writing, versions, search, sharing and push on an emulated Box: what the same commands do at a real service's API."""

import asyncio

import pytest
from tests.cli.conftest import at, done


@pytest.fixture
def box(shell, course):
    with at(shell, "box", course) as emulated:
        yield emulated


def test_a_file_s_life_at_box(shell, box):
    (shell.folder / "plots").mkdir()
    (shell.folder / "plots/one.png").write_bytes(b"1")
    (shell.folder / "snow.csv").write_text("first\n")
    done(shell, "mkdir", "--parents", "box:/results/2027")
    done(shell, "put", "snow.csv", "plots", "box:/results/2027")
    (shell.folder / "snow.csv").write_text("second\n")
    (told,) = done(shell, "put", "snow.csv", "box:/results/2027")["uploaded"]
    assert shell.run("put", "snow.csv", "box:/results/2027", "--new").code == 1
    (shell.folder / "snow.csv").write_text("third\n")
    done(shell, "put", "snow.csv", "box:/results/2027", "--if-version", told["version"])
    assert shell.run("put", "snow.csv", "box:/results/2027", "--if-version", told["version"]).code == 1
    found = done(shell, "find", "box:/", "snow", "--ext", "csv")["entries"]
    assert [entry["path"] for entry in found] == ["results/2027/snow.csv"]
    versions = done(shell, "versions", "box:/results/2027/snow.csv")["versions"]
    assert [one["size"] for one in versions] == [6, 7, 6]
    done(shell, "get", "box:/results/2027/snow.csv", "second.csv", "--version", versions[1]["id"])
    assert (shell.folder / "second.csv").read_text() == "second\n"
    done(shell, "restore", "box:/results/2027/snow.csv", versions[2]["id"])
    done(shell, "get", "box:/results", "copy")
    assert (shell.folder / "copy/2027/snow.csv").read_text() == "first\n"
    assert (shell.folder / "copy/2027/plots/one.png").read_bytes() == b"1"
    assert done(shell, "put", "copy/2027/plots", "box:/results/2027")["unchanged"] == ["plots/one.png"]
    done(shell, "share", "box:/results", "ada@example.edu", "--role", "editor")
    assert [one["role"] for one in done(shell, "shares", "box:/results")["shares"]] == ["editor"]
    done(shell, "unshare", "box:/results", "ada@example.edu", "--yes")
    assert done(shell, "token", "box:/results")["token"]
    done(shell, "mv", "box:/results/2027/snow.csv", "box:/readme.csv")
    done(shell, "rm", "--yes", "--recursive", "box:/results")
    left = done(shell, "ls", "--recursive", "box:/")["entries"]
    assert {entry["path"] for entry in left if entry["kind"] == "file"} == {
        "readme.md", "readme.csv", "week 1/rain.csv", "week 1/été.txt"
    }  # fmt: skip


def test_a_folder_under_a_new_name_costs_a_request_for_each_folder_and_file(shell, box):
    (shell.folder / "plots/old").mkdir(parents=True)
    for name in ("one.png", "old/two.png", "old/three.png"):
        (shell.folder / "plots" / name).write_bytes(b"1")
    done(shell, "put", "plots", "box:/pictures")
    asked = asyncio.run(box.requests())["by_operation"]
    # One looks whether there is such a folder.
    assert asked == {"oauth.token": 1, "folders.items": 1, "folders.create": 2, "files.upload": 3}


def test_what_is_pushed_to_box_is_there_and_what_others_wrote_waits(shell, box):
    done(shell, "pull", "box:/", "mine")
    done(shell, "pull", "box:/week 1", "part")
    mine, part = shell.folder / "mine", shell.folder / "part"
    (mine / "readme.md").write_text("# Mine\n")
    (mine / "week 1/rain.csv").write_text("mine\n")
    (mine / "new").mkdir()
    (mine / "new/été.txt").write_text("new\n")
    (part / "rain.csv").write_text("theirs\n")
    assert done(shell, "push", "part")["uploaded"] == ["rain.csv"]
    report = shell.run("push", "mine", "--json")
    assert (report.code, report.report["uploaded"]) == (3, ["new/été.txt", "readme.md"])
    assert [one["path"] for one in report.report["waiting"]] == ["week 1/rain.csv"]
    assert (box.folder / "week 1/rain.csv").read_text() == "theirs\n"
    assert done(shell, "pull", "box:/", "mine")["conflicts"] == ["week 1/rain.csv"]
    assert done(shell, "push", "mine")["uploaded"] == ["week 1/rain.csv"]
    assert (box.folder / "week 1/rain.csv").read_text() == "mine\n"
    assert shell.run("pull", "box:/", "mine").out == "mine: everything is up to date.\n"
    assert done(shell, "push", "mine")["uploaded"] == []
    (mine / "new/été.txt").unlink()
    assert done(shell, "push", "mine", "--delete")["removed"] == ["new/été.txt"]
    assert not (box.folder / "new/été.txt").exists()
