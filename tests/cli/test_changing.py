"""`mkdir`, `mv`, `rm`: what changes the tree at a provider."""

import pytest
from tests.cli.shelf import ADDRESS


def test_a_folder_is_made_and_made_again(shell, team):
    for _ in range(2):
        done = shell.run("mkdir", "team:/data/new", "--json")
        assert (done.code, done.report["path"], done.report["kind"]) == (0, "new", "folder")
    assert team.tree["data/new"] is None


def test_folders_above_are_made_if_wanted(shell, team):
    assert shell.run("mkdir", "team:/a/b/c").code == 1
    assert shell.run("mkdir", "-p", "team:/a/b/c").code == 0
    assert "a/b/c" in team.tree


def test_a_folder_is_made_in_one_whose_address_is_known(shell, team):
    assert shell.run("mkdir", ADDRESS, "new").out == "new is there.\n"
    assert "new" in team.tree
    done = shell.run("mkdir", ADDRESS)
    assert (done.code, "connection:/path" in done.err) == (1, True)


def test_a_file_is_renamed_and_moved(shell, team):
    done = shell.run("mv", "team:/readme.md", "about.md", "--json")
    assert (done.code, done.report["path"]) == (0, "about.md")
    assert shell.run("mv", "team:/about.md", "team:/data").code == 0
    assert team.tree["data/about.md"] == b"# Team\n"
    assert shell.run("mv", "team:/data/about.md", "team:/data/deep/more.md").code == 0
    assert set(team.tree) == {"data/rain.csv", "data/deep/snow.csv", "data/deep/more.md"}


def test_nothing_is_overwritten_by_a_move(shell, team):
    done = shell.run("mv", "team:/readme.md", "team:/data/rain.csv")
    assert done.code == 1
    assert team.tree["readme.md"] == b"# Team\n"
    assert team.tree["data/rain.csv"] == b"town,mm\nBonn,12\n"


@pytest.mark.parametrize(
    ("destination", "said"), [("team:/nowhere/", "no folder"), ("/tmp", "same connection"), ("nobody:/x", "nobody")]
)
def test_what_a_move_can_not_mean_is_said(shell, team, destination, said):
    done = shell.run("mv", "team:/readme.md", destination)
    assert (done.code, said in done.err) == (1, True), done.err


def test_a_file_is_removed_when_it_is_meant(shell, team):
    done = shell.run("rm", "team:/readme.md")
    assert (done.code, "--yes" in done.err) == (2, True)
    assert "readme.md" in team.tree
    done = shell.run("rm", "--yes", "team:/readme.md", "--json")
    assert (done.code, done.report) == (0, {"removed": ["team:/readme.md"], "failed": []})
    assert "readme.md" not in team.tree


def test_somebody_at_a_terminal_is_asked(shell, team):
    no = shell.at_terminal("rm", "team:/readme.md", types="n\n")
    assert "Remove readme.md?" in no.out
    assert (no.code, "readme.md" in team.tree) == (1, True)
    yes = shell.at_terminal("rm", "team:/readme.md", types="y\n")
    assert (yes.code, "readme.md" in team.tree) == (0, False)


def test_a_folder_is_removed_only_as_such(shell, team):
    done = shell.run("rm", "--yes", "team:/data")
    assert (done.code, "--recursive" in done.err) == (1, True)
    assert shell.run("rm", "--yes", "-r", "team:/data").code == 0
    assert list(team.tree) == ["readme.md"]


def test_nothing_is_removed_if_one_of_them_is_not_there(shell, team):
    assert shell.run("rm", "--yes", "team:/readme.md", "team:/nowhere").code == 1
    assert "readme.md" in team.tree


@pytest.mark.parametrize("arguments", [["rm", "--yes", "-r", "team:/"], ["mv", "team:/", "other"]])
def test_a_connection_s_root_is_left_alone(shell, team, arguments):
    done = shell.run(*arguments)
    assert (done.code, "root" in done.err) == (1, True)
    assert len(team.tree) == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ["mkdir", "{}/new"],
        ["rm", "--yes", "{}/readme.md"],
        ["mv", "{}/readme.md", "x.md"],
        ["find", "{}", "x"],
        ["versions", "{}/readme.md"],
        ["restore", "{}/readme.md", "1"],
        ["share", "{}", "ada"],
        ["shares", "{}"],
        ["unshare", "{}", "ada", "--yes"],
    ],
)
def test_what_a_provider_can_not_do_is_one_sentence(shell, course, arguments):
    done = shell.run(*(one.format(course) for one in arguments))
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")
    assert len(done.err.splitlines()) == 2
    assert "from here" in done.err or "had here" in done.err
