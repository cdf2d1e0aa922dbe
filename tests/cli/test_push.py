"""`hubdrives push`, as people run it."""

import pytest


@pytest.fixture
def work(shell, team):
    """The folder `work`, into which the team's content was pulled."""
    done = shell.run("pull", "team:/", "work")
    assert done.code == 0, done.err
    return shell.folder / "work"


def test_changes_go_up_and_a_pull_and_a_push_do_nothing_then(shell, team, work):
    (work / "data/rain.csv").write_text("town,mm\nBonn,13\n")
    (work / "new.txt").write_text("new\n")
    told = shell.run("push", "work", "--dry-run")
    assert told.out.startswith("work: a push would do this: 2 uploaded.")
    assert team.now.writes == []
    done = shell.run("push", "work")
    assert (done.code, done.out) == (0, "work: 2 uploaded.\nUploaded:\n  data/rain.csv\n  new.txt\n")
    assert team.tree["data/rain.csv"] == b"town,mm\nBonn,13\n"
    assert shell.run("pull", "team:/", "work").out == "work: everything is up to date.\n"
    assert shell.run("push", "work").out == "work: nothing to bring up.\n"
    assert shell.run("status", "work").out.count("You changed nothing") == 1


def test_a_part_of_a_source_goes_back_to_where_it_is(shell, team):
    assert shell.run("pull", "team:/data", "part").code == 0
    (shell.folder / "part/rain.csv").write_text("mine\n")
    done = shell.run("push", "part", "--json")
    assert (done.code, done.report["uploaded"]) == (0, ["rain.csv"])
    assert team.tree["data/rain.csv"] == b"mine\n"
    assert "rain.csv" not in team.tree


def test_what_changed_upstream_waits_with_3(shell, team, work):
    (work / "readme.md").write_text("# Mine\n")
    with team.changed() as shelf:
        shelf.put("readme.md", b"# Theirs\n")
    done = shell.run("push", "work", "--json")
    assert (done.code, done.report["uploaded"]) == (3, [])
    assert [(one["path"], one["code"]) for one in done.report["waiting"]] == [("readme.md", "changed")]
    assert "Pull first, then push again:\n  readme.md: " in shell.run("push", "work").out
    assert team.tree["readme.md"] == b"# Theirs\n"


def test_what_was_deleted_goes_only_when_told(shell, team, work):
    (work / "readme.md").unlink()
    done = shell.run("push", "work")
    assert (done.code, "--delete" in done.out) == (0, True)
    done = shell.run("push", "work", "--delete", "--json")
    assert (done.code, done.report["removed"]) == (0, ["readme.md"])
    assert "readme.md" not in team.tree


def test_what_goes_up_can_be_chosen(shell, team, work):
    (work / "readme.md").write_text("# Mine\n")
    for name in ("a.txt", "b.log"):
        (work / name).write_text(name)
    assert shell.run("push", "work", "--no-new", "--json").report["uploaded"] == ["readme.md"]
    assert shell.run("push", "work", "--exclude", "*.log", "--json").report["uploaded"] == ["a.txt"]
    assert shell.run("push", "work", "--include", "*.log", "--json").report["uploaded"] == ["b.log"]


def test_the_folder_that_one_is_in_is_meant(shell, team, work):
    (work / "new.txt").write_text("n")
    shell.folder = work / "data"
    done = shell.run("push", "--json")
    assert (done.code, done.report["uploaded"]) == (0, ["new.txt"])


@pytest.mark.parametrize(("folder", "said"), [("work/data", "--include 'data/'"), ("own", "no folder that was pulled")])
def test_what_can_not_be_pushed_is_said(shell, team, work, folder, said):
    (shell.folder / "own").mkdir()
    done = shell.run("push", folder)
    assert (done.code, done.out) == (1, "")
    assert said in done.err + done.out


def test_what_can_only_be_read_is_one_sentence(shell, mine):
    done = shell.run("push", "mine")
    assert (done.code, done.out) == (1, "")
    assert "can only be read from here" in done.err
