"""`hubdrives status`."""

import json
import re
import shlex
import shutil
from datetime import UTC, datetime

import pytest
from tests.cli.notebooks import notebook

pytestmark = pytest.mark.usefixtures("inside")

SINCE = "You changed nothing since then."


def commands(out: str) -> list[list[str]]:
    """The commands that are named, as a shell would take them."""
    named = re.findall(r"^[A-Z].*: +hubdrives (.+)$", out, re.MULTILINE)
    return [shlex.split(command) for command in named]


@pytest.fixture
def changed(shell, course):
    """The folder `mine`, with something of each kind in it."""
    (course / "intro.ipynb").write_text(notebook("1 + 1"))
    (course / "both.bin").write_bytes(b"\0one")
    assert shell.run("pull", course, "mine").code == 0
    mine = shell.folder / "mine"
    (mine / "both.bin").write_bytes(b"\0mine")
    (course / "both.bin").write_bytes(b"\0two!")
    assert shell.run("pull", course, "mine", "--json").report["conflicts"] == ["both.bin"]
    (mine / "readme.md").write_text("# My course\n")
    (mine / "intro.ipynb").write_text(notebook("1 + 1", ran=3))
    (mine / "week 1/rain.csv").unlink()
    (mine / "own.txt").write_text("own\n")
    return mine


def test_a_folder_without_changes_is_told_in_a_sentence_with_what_to_do_next(shell, course, mine):
    done = shell.run("status", "mine")
    assert (done.code, done.err) == (0, "")
    first, last, nothing, following = done.out.splitlines()
    assert first == f"mine, from {course}"
    assert last.startswith("Last pull: ")
    assert nothing == SINCE
    assert following == f"Bring what is new: hubdrives pull {course} mine"


def test_json_has_every_key_also_when_there_is_nothing_to_tell(shell, course, mine):
    done = shell.run("status", "mine", "--json")
    assert (done.code, done.out.count("\n")) == (0, 1)
    told = done.report
    last = told.pop("last")
    assert told == {
        "folder": str(mine),
        "source": str(course),
        "edited": [],
        "ran": [],
        "deleted": [],
        "conflicts": [],
    }
    assert last["what"] == "pull"
    assert abs((datetime.now(UTC) - datetime.fromisoformat(last["when"])).total_seconds()) < 120


def test_each_kind_of_change_is_told_apart_and_own_files_are_none(shell, changed):
    told = shell.run("status", "mine", "--json").report
    assert set(told["edited"]) - {"both.bin"} == {"readme.md"}
    assert (told["ran"], told["deleted"], told["conflicts"]) == (["intro.ipynb"], ["week 1/rain.csv"], ["both.bin"])
    out = shell.run("status", "mine").out
    assert SINCE not in out
    assert "own.txt" not in out
    for title, path in (
        ("Changed by you and upstream; yours stay, upstream's are kept:", "both.bin"),
        ("Changed by you:", "readme.md"),
        ("Notebooks that you only ran:", "intro.ipynb"),
        ("Deleted by you; the next pull brings them back:", "week 1/rain.csv"),
    ):
        assert f"{title}\n  {path}\n" in out


def test_the_commands_that_it_names_work_as_they_stand(shell, changed):
    see, take, pull = commands(shell.run("status", "mine").out)
    assert [see[0], take[0], pull[0]] == ["diff", "reset", "pull"]
    assert "both.bin: " in shell.run(*see).out
    assert shell.run(*take).code == 0
    assert (changed / "both.bin").read_bytes() == b"\0two!"
    assert shell.run(*pull).code == 0
    assert (changed / "week 1/rain.csv").exists()


def test_without_a_folder_it_is_the_one_that_one_is_in(shell, course, mine):
    (mine / "readme.md").write_text("# My course\n")
    shell.folder = mine / "week 1"
    done = shell.run("status")
    assert done.code == 0
    assert done.out.startswith("mine, from ")
    assert "  readme.md\n" in done.out
    (see, _pull) = commands(done.out)
    assert "+# My course" in shell.run(*see).out.splitlines()
    assert shell.run("status", "--json").report["folder"] == str(mine)


def test_in_the_folder_itself_it_has_its_name(shell, mine):
    shell.folder = mine
    assert shell.run("status").out.startswith("mine, from ")


def test_a_symlink_to_the_folder_is_the_folder(shell, mine):
    (shell.folder / "alias").symlink_to(mine)
    done = shell.run("status", "alias", "--json")
    assert (done.code, done.report["folder"]) == (0, str(mine))


def test_it_needs_nothing_of_the_source(shell, course, mine):
    shutil.rmtree(course)
    assert SINCE in shell.run("status", "mine").out


@pytest.mark.parametrize("folder", [".", "nowhere", "plain"])
def test_where_nothing_was_pulled_is_said(shell, folder):
    (shell.folder / "plain").mkdir()
    for options in ([], ["--json"]):
        done = shell.run("status", folder, *options)
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith("error: ")
        assert len(done.err.splitlines()) == 2


def test_names_move_no_cursor(shell, course):
    (course / "bad\x1b[2Jname").write_text("x\n")
    shell.run("pull", course, "mine")
    next((shell.folder / "mine").glob("bad*")).unlink()
    (shell.folder / "mine" / "readme.md").unlink()
    done = shell.run("status", "mine")
    assert "\x1b" not in done.out
    assert "bad" in done.out


def test_wrong_usage_is_2(shell):
    assert shell.run("status", "a", "b").code == 2


async def test_from_google_drive_the_address_is_the_one_in_the_browser(shell, drive):
    await shell.arun("pull", drive.location, "mine", env=drive.env)
    # Without its configuration, nobody could be asked.
    told = json.loads(shell.run("status", "mine", "--json").out)
    assert told["source"] == drive.location
