"""`hubdrives log`."""

import json
from datetime import datetime

import pytest

pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture
def lived_in(shell, course, mine):
    """The folder `mine` after two pulls, a reset and an undo."""
    (course / "week 1/rain.csv").write_text("town,mm\nBonn,13\n")
    (course / "new.txt").write_text("new\n")
    assert shell.run("pull", course, "mine").code == 0
    (mine / "readme.md").write_text("# My course\n")
    assert shell.run("reset", mine / "readme.md").code == 0
    assert shell.run("undo", "mine").code == 0
    return mine


def test_the_newest_is_first_one_line_each(shell, lived_in):
    done = shell.run("log", "mine")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert [line.split(maxsplit=3)[2:] for line in lines] == [
        ["undo", "1 updated."],
        ["reset", "1 updated."],
        ["pull", "1 added, 1 updated."],
        ["pull", "3 added."],
    ]
    moments = [datetime.strptime(line[:16], "%Y-%m-%d %H:%M").astimezone() for line in lines]
    assert moments == sorted(moments, reverse=True)


def test_json_gives_the_reports_as_a_whole(shell, lived_in):
    done = shell.run("log", "mine", "--json")
    assert (done.code, done.out.count("\n")) == (0, 1)
    assert [one["what"] for one in done.report] == ["undo", "reset", "pull", "pull"]
    assert all(set(one) == {"id", "when", "what", "report"} for one in done.report)
    assert len({one["id"] for one in done.report}) == 4
    moments = [datetime.fromisoformat(one["when"]) for one in done.report]
    assert moments == sorted(moments, reverse=True)
    second = done.report[2]["report"]
    assert (second["added"], second["updated"], second["kept"]) == (["new.txt"], ["week 1/rain.csv"], [])
    assert done.report[1]["report"]["updated"] == ["readme.md"]


def test_only_the_newest_few_if_one_likes(shell, lived_in):
    assert len(shell.run("log", "mine", "-n", "2").out.splitlines()) == 2
    assert [one["what"] for one in shell.run("log", "mine", "-n", "1", "--json").report] == ["undo"]


def test_the_report_is_the_one_that_the_pull_gave(shell, course):
    given = shell.run("pull", course, "mine", "--json").report
    (one,) = json.loads(shell.run("log", "mine", "--json").out)
    assert one["report"] == given


def test_a_folder_into_which_nothing_came_has_no_history(shell, tmp_path):
    (tmp_path / "empty").mkdir()
    shell.run("pull", tmp_path / "empty", "mine")
    assert shell.run("log", "mine").out == "mine: nothing was changed here yet.\n"
    assert shell.run("log", "mine", "--json").report == []


def test_without_a_folder_it_is_the_one_that_one_is_in(shell, lived_in):
    shell.folder = lived_in / "week 1"
    assert len(shell.run("log").out.splitlines()) == 4


def test_where_nothing_was_pulled_is_said(shell):
    done = shell.run("log", "--json")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")
    assert len(done.err.splitlines()) == 2


@pytest.mark.parametrize("arguments", [["-n", "0"], ["-n", "x"], ["a", "b"]])
def test_wrong_usage_is_2(shell, arguments):
    assert shell.run("log", *arguments).code == 2
