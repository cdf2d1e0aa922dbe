"""`hubdrives put`: files and folders up, new versions, what is there already, refusals."""

import pytest
from tests.cli.shelf import ADDRESS

from hubdrives.errors import BadCredential, BadInput, Corrupt


def test_a_file_goes_into_a_folder_and_again_as_a_new_version(shell, team):
    (shell.folder / "rain.csv").write_text("town,mm\nKiel,14\n")
    done = shell.run("put", "rain.csv", "team:/data", "--json")
    assert (done.code, len(done.out.splitlines())) == (0, 1), done.err
    (told,) = done.report["uploaded"]
    assert (told["path"], told["size"]) == ("rain.csv", 16)
    assert told["version"]
    assert team.tree["data/rain.csv"] == b"town,mm\nKiel,14\n"
    assert len(team.now.history["data/rain.csv"]) == 2


def test_a_single_file_may_get_a_new_name(shell, team):
    (shell.folder / "a.txt").write_text("a")
    assert shell.run("put", "a.txt", "team:/data/b.txt").out == "1 uploaded.\n"
    assert team.tree["data/b.txt"] == b"a"
    assert "data/a.txt" not in team.tree


def test_a_folder_s_address_is_a_place_too(shell, team):
    (shell.folder / "a.txt").write_text("a")
    assert shell.run("put", "a.txt", ADDRESS).code == 0
    assert team.tree["a.txt"] == b"a"


def test_folders_go_with_all_that_is_in_them_and_only_what_is_new_goes_again(shell, team):
    plots = shell.folder / "plots"
    (plots / "deep").mkdir(parents=True)
    (plots / "empty").mkdir()
    (plots / "one.png").write_bytes(b"1")
    (plots / "deep/two.png").write_bytes(b"2")
    (plots / "link").symlink_to("/etc/hostname")
    (shell.folder / "a.txt").write_text("a")
    done = shell.run("put", "plots", "a.txt", "team:/data", "--json")
    assert sorted(one["path"] for one in done.report["uploaded"]) == ["a.txt", "plots/deep/two.png", "plots/one.png"]
    assert {path for path in team.tree if path.startswith("data/plots")} == {
        "data/plots", "data/plots/deep", "data/plots/empty", "data/plots/one.png", "data/plots/deep/two.png"
    }  # fmt: skip
    (plots / "deep/two.png").write_bytes(b"22")
    done = shell.run("put", "plots", "a.txt", "team:/data", "--json")
    assert [one["path"] for one in done.report["uploaded"]] == ["plots/deep/two.png"]
    assert done.report["unchanged"] == ["a.txt", "plots/one.png"]
    assert len(team.now.writes) == 4


def test_a_folder_that_is_not_there_yet_is_the_new_name_of_one(shell, team):
    (shell.folder / "plots").mkdir()
    (shell.folder / "plots/one.png").write_bytes(b"1")
    assert shell.run("put", "plots", "team:/data/pictures").code == 0
    assert team.tree["data/pictures/one.png"] == b"1"


def test_new_and_if_version_never_replace_what_is_not_meant(shell, team):
    (shell.folder / "rain.csv").write_text("other\n")
    entry = next(one for one in shell.run("ls", "--json", "team:/data").report["entries"] if one["path"] == "rain.csv")
    refused = shell.run("put", "rain.csv", "team:/data", "--new")
    assert (refused.code, refused.out) == (1, "")
    assert "another version" in refused.err
    assert shell.run("put", "rain.csv", "team:/data", "--if-version", "x").code == 1
    assert team.now.writes == []
    assert shell.run("put", "rain.csv", "team:/data", "--if-version", entry["version"]).code == 0
    assert team.tree["data/rain.csv"] == b"other\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nowhere.txt", "team:/data"], 1, "nowhere.txt"),
        (["a.txt", "b.txt", "team:/data/rain.csv"], 1, "folder"),
        (["a.txt", "b.txt", "team:/nowhere"], 1, "nowhere"),
        (["a.txt", "b/../a.txt", "team:/data"], 1, "same name"),
        (["a.txt", "b.txt", "team:/data", "--if-version", "1"], 2, "--if-version"),
        (["a.txt", "team:/data", "--new", "--if-version", "1"], 2, "--if-version"),
        (["a.txt"], 2, "Usage"),
        (["a.txt", "/tmp"], 1, "can only be read"),
    ],
)
def test_what_can_not_be_meant_is_said_and_nothing_goes_up(shell, team, arguments, code, said):
    (shell.folder / "b").mkdir()
    for name in ("a.txt", "b.txt"):
        (shell.folder / name).write_text("x")
    done = shell.run("put", *arguments)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert "Traceback" not in done.err
    assert team.now.writes == []


def test_one_file_that_can_not_go_up_does_not_block_the_others(shell, team):
    for name in ("a.txt", "b.txt", "c.txt"):
        (shell.folder / name).write_text(name)
    with team.changed() as shelf:
        shelf.refusals = {"b.txt": [BadInput("No such name.")], "c.txt": [Corrupt("Damaged.")]}
    done = shell.run("put", "a.txt", "b.txt", "c.txt", "team:/", "--json")
    assert done.code == 3
    assert [one["path"] for one in done.report["uploaded"]] == ["a.txt"]
    assert [(one["path"], one["code"]) for one in done.report["failed"]] == [
        ("b.txt", "bad-input"),
        ("c.txt", "corrupt"),
    ]


def test_a_refused_login_is_told_once(shell, team):
    for name in ("a.txt", "b.txt"):
        (shell.folder / name).write_text(name)
    with team.changed() as shelf:
        shelf.refusals = {name: [BadCredential("Refused.")] for name in ("a.txt", "b.txt")}
    done = shell.run("put", "a.txt", "b.txt", "team:/")
    assert (done.code, done.out) == (1, "")
    assert done.err.count("Refused.") == 1


def test_as_a_process_of_its_own_it_does_the_same(shell, team):
    shell.is_inside = False
    (shell.folder / "a.txt").write_text("a" * 1000)
    done = shell.run("put", "a.txt", "team:/data", "--json")
    assert (done.code, [one["path"] for one in done.report["uploaded"]]) == (0, ["a.txt"])
    assert len(done.out.splitlines()) == 1
    assert "Looking what is there" in done.err
