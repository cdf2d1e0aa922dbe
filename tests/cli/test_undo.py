"""`hubdrives undo`."""

import pytest
from tests.cli.conftest import Shell
from tests.cli.test_bad_input import tree

pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture
def pulled_twice(shell, course, mine):
    """The folder `mine` after a second pull, and what was in it before."""
    (mine / "own.txt").write_text("own\n")
    (mine / "week 1/été.txt").write_text("mien\n")
    before = tree(mine)
    (course / "readme.md").write_text("# Course, new\n")
    (course / "new.txt").write_text("new\n")
    (course / "week 1/rain.csv").unlink()
    assert shell.run("pull", course, "mine").code == 0
    assert tree(mine) != before
    return mine, before


def test_the_files_are_as_before_the_last_pull_and_undo_takes_that_back(shell, pulled_twice):
    mine, before = pulled_twice
    after = tree(mine)
    done = shell.run("undo", "mine")
    assert (done.code, done.err) == (0, "")
    assert tree(mine) == before
    assert done.out.startswith("mine: 1 updated, 1 restored, 1 removed.\n")
    assert "Set back:\n  readme.md\nBack again:\n  week 1/rain.csv\nGone again:\n  new.txt\n" in done.out
    assert done.out.endswith("To take this back: hubdrives undo mine\n")
    assert shell.run("undo", "mine").code == 0
    assert tree(mine) == after


def test_what_was_written_since_is_kept(shell, pulled_twice):
    mine, before = pulled_twice
    (mine / "readme.md").write_text("written since\n")
    done = shell.run("undo", "mine")
    assert tree(mine) == before
    kept = {path.read_text() for path in (mine / ".hubdrives/store").rglob("readme.md")}
    assert "written since\n" in kept
    (line,) = [line for line in done.out.splitlines() if line.startswith("What was there is kept in ")]
    folder = shell.folder / line.removeprefix("What was there is kept in ")
    assert "written since\n" in {path.read_text() for path in folder.rglob("readme.md")}


def test_json_is_a_report_in_one_line(shell, pulled_twice):
    mine, before = pulled_twice
    done = shell.run("undo", "mine", "--json")
    assert (done.code, done.out.count("\n")) == (0, 1)
    report = done.report
    assert (report["updated"], report["restored"], report["removed"]) == (
        ["readme.md"],
        ["week 1/rain.csv"],
        ["new.txt"],
    )
    assert tree(mine) == before


def test_on_a_terminal_it_asks_and_no_means_no(shell, pulled_twice):
    mine, before = pulled_twice
    after = tree(mine)
    refused = shell.at_terminal("undo", "mine", types="n\n")
    assert refused.code == 1
    assert "Take back the pull of " in refused.out
    assert "[y/N]" in refused.out
    assert tree(mine) == after
    assert shell.at_terminal("undo", "mine", types="y\n").code == 0
    assert tree(mine) == before


def test_it_does_not_ask_who_said_yes(shell, pulled_twice):
    mine, before = pulled_twice
    done = shell.at_terminal("undo", "--yes", "mine")
    assert done.code == 0
    assert "[y/N]" not in done.out
    assert tree(mine) == before


def test_without_a_folder_it_is_the_one_that_one_is_in(shell, pulled_twice):
    mine, before = pulled_twice
    done = Shell(mine / "week 1").run("undo")
    assert done.code == 0
    assert tree(mine) == before


def test_a_part_of_a_folder_is_not_taken_for_all_of_it(shell, pulled_twice):
    mine, _before = pulled_twice
    after = tree(mine)
    part = shell.run("undo", "mine/week 1")
    assert (part.code, part.out) == (1, "")
    assert "`hubdrives undo mine`" in part.err
    assert shell.run("undo", "mine/readme.md").code == 2
    assert tree(mine) == after


def test_the_first_pull_can_be_undone(shell, mine):
    (mine / "own.txt").write_text("own\n")
    assert shell.run("undo", "mine").code == 0
    assert tree(mine) == {"own.txt": b"own\n"}
    assert shell.run("undo", "mine").code == 0
    assert (mine / "week 1/rain.csv").read_text() == "town,mm\nBonn,12\n"


def test_the_next_pull_goes_on(shell, course, pulled_twice):
    mine, _before = pulled_twice
    after = tree(mine)
    shell.run("undo", "mine")
    assert shell.run("pull", course, "mine").code == 0
    assert tree(mine) == after


def test_where_nothing_was_pulled_is_said(shell):
    for options in ([], ["--json"]):
        done = shell.run("undo", *options)
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith("error: ")
        assert len(done.err.splitlines()) == 2


def test_wrong_usage_is_2(shell):
    assert shell.run("undo", "a", "b").code == 2
