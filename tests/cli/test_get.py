"""`hubdrives get`: files and folders here, resumed, never over what is here."""

import asyncio
import os

import pytest
from tests.sync.source import HERE

from hubdrives.copying.fetching import Wish, part_of


def parts(folder):
    return list(folder.rglob("*.part"))


def test_a_file_comes_under_its_name_or_another(shell, team):
    done = shell.run("get", "team:/data/rain.csv", "--json")
    assert (done.code, done.report["downloaded"]) == (0, ["rain.csv"])
    assert (shell.folder / "rain.csv").read_bytes() == b"town,mm\nBonn,12\n"
    assert shell.run("get", "team:/data/rain.csv", "other.csv").code == 0
    assert (shell.folder / "other.csv").exists()
    (shell.folder / "into").mkdir()
    assert shell.run("get", "team:/data/rain.csv", "into").code == 0
    assert (shell.folder / "into/rain.csv").exists()
    assert not parts(shell.folder)


def test_a_folder_comes_with_all_that_is_in_it_and_only_what_is_new_again(shell, team):
    with team.changed() as shelf:
        shelf.tree["data/empty"] = None
    done = shell.run("get", "team:/data", "mine", "--json")
    assert done.report["downloaded"] == ["deep/snow.csv", "rain.csv"]
    assert (shell.folder / "mine/empty").is_dir()
    with team.changed() as shelf:
        shelf.tree["data/new.csv"] = b"n"
    done = shell.run("get", "team:/data", "mine", "--json")
    assert (done.code, done.report["downloaded"]) == (0, ["new.csv"])
    assert done.report["unchanged"] == ["deep/snow.csv", "rain.csv"]


def test_without_a_name_a_folder_is_called_as_there(shell, team):
    assert shell.run("get", "team:/data").out == "2 downloaded.\n"
    assert (shell.folder / "data/deep/snow.csv").exists()


def test_what_is_here_is_not_overwritten_unless_told(shell, team):
    (shell.folder / "rain.csv").write_text("mine\n")
    done = shell.run("get", "team:/data/rain.csv")
    assert (done.code, done.out) == (1, "")
    assert "--force" in done.err
    assert (shell.folder / "rain.csv").read_text() == "mine\n"
    assert not parts(shell.folder)
    assert shell.run("get", "--force", "team:/data/rain.csv").code == 0
    assert (shell.folder / "rain.csv").read_bytes() == b"town,mm\nBonn,12\n"


def test_in_a_folder_what_is_here_stays_and_the_rest_comes(shell, team):
    (shell.folder / "mine").mkdir()
    (shell.folder / "mine/rain.csv").write_text("mine\n")
    done = shell.run("get", "team:/data", "mine", "--json")
    assert (done.code, done.report["downloaded"]) == (3, ["deep/snow.csv"])
    assert [(one["path"], one["code"]) for one in done.report["failed"]] == [("rain.csv", "name-taken")]
    assert (shell.folder / "mine/rain.csv").read_text() == "mine\n"


def test_a_file_that_was_cut_off_is_gone_on_with(shell, team):
    content = bytes(range(256)) * 1000
    with team.changed() as shelf:
        shelf.tree["big.bin"] = content
    part = cut(shell, team, content[:100_000])
    done = shell.run("get", "team:/big.bin")
    assert done.code == 0, done.err
    assert team.now.ranges[-1] == ("big.bin", 100_000)
    assert (shell.folder / "big.bin").read_bytes() == content
    assert not part.exists()


def test_what_was_cut_off_and_is_damaged_is_fetched_anew_the_next_time(shell, team):
    content = b"0123456789" * 1000
    with team.changed() as shelf:
        shelf.tree["big.bin"] = content
    cut(shell, team, b"x" * 500)
    done = shell.run("get", "team:/big.bin")
    assert (done.code, done.out) == (1, "")
    assert not (shell.folder / "big.bin").exists()
    assert shell.run("get", "team:/big.bin").code == 0
    assert (shell.folder / "big.bin").read_bytes() == content


def test_another_version_is_not_gone_on_with(shell, team):
    with team.changed() as shelf:
        shelf.tree["big.bin"] = b"0" * 1000
    cut(shell, team, b"0" * 500)
    with team.changed() as shelf:
        shelf.tree["big.bin"] = b"1" * 1000
    assert shell.run("get", "team:/big.bin").code == 0
    assert team.now.ranges[-1] == ("big.bin", 0)
    assert (shell.folder / "big.bin").read_bytes() == b"1" * 1000


def cut(shell, team, came):
    """What a download that was killed leaves."""

    entry = asyncio.run(team.now.stat(HERE.below("big.bin")))
    wish = Wish(entry=entry, read=lambda start: None, to=shell.folder / "big.bin", shown="big.bin")
    part = part_of(wish)
    part.write_bytes(came)
    return part


def test_an_earlier_version_comes(shell, team):
    with team.changed() as shelf:
        shelf.put("readme.md", b"# Second\n")
    assert shell.run("get", "team:/readme.md", "old.md", "--version", "1").code == 0
    assert (shell.folder / "old.md").read_bytes() == b"# Team\n"
    assert shell.run("get", "team:/readme.md", "new.md").code == 0
    assert (shell.folder / "new.md").read_bytes() == b"# Second\n"
    missing = shell.run("get", "team:/readme.md", "older.md", "--version", "9")
    assert (missing.code, (shell.folder / "older.md").exists()) == (1, False)
    assert shell.run("get", "team:/data", "--version", "1").code == 1


def test_names_that_mean_something_here_are_left_out(shell, team):
    with team.changed() as shelf:
        shelf.tree["data/.git/hooks/pre-commit"] = b"evil"
    done = shell.run("get", "team:/data", "mine", "--json")
    assert "deep/snow.csv" in done.report["downloaded"]
    assert ".git/hooks/pre-commit" in [one["path"] for one in done.report["skipped"]]
    assert not (shell.folder / "mine/.git").exists()


@pytest.mark.parametrize("source", ["team:/nowhere", "nobody:/x"])
def test_what_is_not_there_is_a_sentence(shell, team, source):
    done = shell.run("get", source, "--json")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ") or "error: " in done.err
    assert "Traceback" not in done.err


def test_a_folder_of_this_machine_can_be_copied_too(shell, course):
    assert shell.run("get", course, "copy").code == 0
    assert (shell.folder / "copy/week 1/rain.csv").exists()


def test_a_disk_that_is_too_small_is_told_before_the_first_byte(shell, course):
    disk = os.statvfs(course)
    with (course / "large.bin").open("wb") as file:
        file.truncate(2 * disk.f_blocks * disk.f_frsize)
    done = shell.run("get", course / "large.bin", "here.bin")
    assert (done.code, "There is no space left for 'here.bin'" in done.err) == (1, True)
    assert list(shell.folder.iterdir()) == []
