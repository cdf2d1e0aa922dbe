"""`hubdrives diff`."""

import re
import shutil

import pytest
from tests.cli.notebooks import notebook

pytestmark = pytest.mark.usefixtures("inside")

ESCAPE = "\x1b"


def edited(out: str) -> list[str]:
    """The lines of a unified diff that went and came."""
    return [line for line in out.splitlines() if re.match(r"[+-](?!\+\+ |-- )", line)]


def test_yours_is_the_new_side_and_upstreams_the_old(shell, mine):
    (mine / "week 1/rain.csv").write_text("town,mm\nBonn,99\n")
    done = shell.run("diff", "mine/week 1/rain.csv")
    assert (done.code, done.err) == (0, "")
    assert edited(done.out) == ["-Bonn,12", "+Bonn,99"]
    assert " town,mm" in done.out.splitlines()


def test_upstreams_is_the_one_of_the_last_pull_not_of_today(shell, course, mine):
    (mine / "readme.md").write_text("# My course\n")
    (course / "readme.md").write_text("# Course, new\n")
    assert edited(shell.run("diff", "mine/readme.md").out) == ["-# Course", "+# My course"]
    shell.run("pull", course, "mine")
    assert edited(shell.run("diff", "mine/readme.md").out) == ["-# Course, new", "+# My course"]


def test_a_notebook_is_compared_without_outputs(shell, course):
    (course / "intro.ipynb").write_text(notebook("first = 1", "second = 2"))
    shell.run("pull", course, "mine")
    mine = shell.folder / "mine"
    (mine / "intro.ipynb").write_text(notebook("first = 1", "second = 2", ran=4))
    only_ran = shell.run("diff", "mine/intro.ipynb")
    assert only_ran.code == 0
    assert only_ran.out == "intro.ipynb: no cell differs from upstream's; outputs are not compared.\n"
    (mine / "intro.ipynb").write_text(notebook("first = 1", "second = 22", ran=4))
    done = shell.run("diff", "mine/intro.ipynb")
    assert edited(done.out) == ["-second = 2", "+second = 22"]
    assert "run 4" not in done.out


def test_same_binary_and_deleted_are_said_plainly_and_are_no_failure(shell, course):
    (course / "a.bin").write_bytes(bytes(range(256)))
    shell.run("pull", course, "mine")
    mine = shell.folder / "mine"
    (mine / "a.bin").write_bytes(bytes(range(1, 256)))
    (mine / "week 1/rain.csv").unlink()
    for path, form, said in (
        ("readme.md", "same", "readme.md: the same as upstream's."),
        ("a.bin", "binary", "a.bin: not the same as upstream's; neither is text that could be shown."),
        ("week 1/rain.csv", "deleted", "week 1/rain.csv: deleted by you; the next pull brings it back."),
    ):
        done = shell.run("diff", mine / path)
        assert (done.code, done.out, done.err) == (0, f"{said}\n", "")
        told = shell.run("diff", mine / path, "--json").report
        assert told == {
            "folder": str(mine),
            "files": [{"path": path, "form": form, "lines": []}],
            "failed": [],
        }


def test_a_folder_is_all_that_was_changed_in_it(shell, mine):
    (mine / "readme.md").write_text("# My course\n")
    (mine / "week 1/rain.csv").write_text("town,mm\n")
    (mine / "week 1/été.txt").unlink()
    (mine / "week 1/own.txt").write_text("own\n")
    out = shell.run("diff", "mine").out
    assert edited(out) == ["-# Course", "+# My course", "-Bonn,12"]
    assert [line for line in out.splitlines() if line.startswith(("readme", "week"))] == [
        "readme.md",
        "week 1/rain.csv",
        "week 1/été.txt: deleted by you; the next pull brings it back.",
    ]
    week = shell.run("diff", "mine/week 1", "--json")
    assert (week.code, week.out.count("\n")) == (0, 1)
    assert [(one["path"], one["form"]) for one in week.report["files"]] == [
        ("week 1/rain.csv", "text"),
        ("week 1/été.txt", "deleted"),
    ]
    assert "-Bonn,12" in week.report["files"][0]["lines"]


def test_a_folder_that_was_deleted_as_a_whole_is_told_file_by_file(shell, mine):
    shutil.rmtree(mine / "week 1")
    done = shell.run("diff", "mine/week 1")
    assert done.code == 0
    assert [line.partition(":")[0] for line in done.out.splitlines()] == ["week 1/rain.csv", "week 1/été.txt"]


def test_a_folder_without_changes_is_said(shell, mine):
    done = shell.run("diff", "mine")
    assert (done.code, done.out) == (0, "mine: you changed nothing here.\n")
    assert shell.run("diff", "mine", "--json").report["files"] == []


def test_it_is_plain_where_a_program_reads_it_and_coloured_on_a_terminal(shell, mine):
    (mine / "readme.md").write_text("# My course\n")
    assert ESCAPE not in shell.run("diff", "mine/readme.md").out
    shown = shell.at_terminal("diff", "mine/readme.md").out
    assert f"{ESCAPE}[31m-# Course{ESCAPE}[0m" in shown
    assert f"{ESCAPE}[32m+# My course{ESCAPE}[0m" in shown


def test_contents_move_no_cursor_and_keep_what_only_does_not_show(shell, course):
    (course / "readme.md").write_text(f"{ESCAPE}[2J\tBonjour\u00a0!\n")
    shell.run("pull", course, "mine")
    (shell.folder / "mine/readme.md").write_text("other\n")
    for shown in (shell.run("diff", "mine/readme.md").out, shell.at_terminal("diff", "mine/readme.md").out):
        assert f"{ESCAPE}[2J" not in shown
        assert "-�[2J\tBonjour\u00a0!" in shown


def test_small_text_needs_nothing_of_the_source(shell, course, mine):
    shutil.rmtree(course)
    (mine / "readme.md").write_text("# My course\n")
    assert edited(shell.run("diff", "mine/readme.md").out) == ["-# Course", "+# My course"]


def test_other_line_ends_are_no_other_text(shell, mine):
    (mine / "readme.md").write_bytes(b"# Course\r\n")
    done = shell.run("diff", "mine/readme.md")
    assert (done.code, done.out) == (
        0,
        "readme.md: the same text as upstream's; only line ends or the encoding differ.\n",
    )


def test_what_could_not_be_had_is_3_and_the_rest_is_shown(shell, course, mine):
    (mine / "readme.md").write_text("# My course\n")
    (mine / "week 1/rain.csv").write_text("my rain\n")
    shutil.rmtree(course)
    done = shell.run("diff", "mine")
    assert done.code == 3
    assert edited(done.out) == ["-# Course", "+# My course"]
    assert done.err.startswith("week 1/rain.csv: ")
    told = shell.run("diff", "mine", "--json")
    assert told.code == 3
    assert [one["path"] for one in told.report["files"]] == ["readme.md"]
    assert [one["path"] for one in told.report["failed"]] == ["week 1/rain.csv"]
    alone = shell.run("diff", "mine/week 1/rain.csv")
    assert (alone.code, alone.out) == (1, "")
    assert alone.err.startswith("error: ")


@pytest.mark.parametrize("name", ["mine/own.txt", "mine/nowhere.txt", "elsewhere.txt"])
def test_what_upstream_does_not_have_is_a_failure_in_two_lines(shell, mine, name):
    (mine / "own.txt").write_text("own\n")
    for options in ([], ["--json"]):
        done = shell.run("diff", name, *options)
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith("error: ")
        assert len(done.err.splitlines()) == 2


def test_wrong_usage_is_2(shell):
    assert shell.run("diff").code == 2
    assert shell.run("diff", "a", "b").code == 2
