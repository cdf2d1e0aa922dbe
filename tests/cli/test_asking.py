"""`find`, `versions`, `restore`, `share`, `shares`, `unshare`."""

import pytest


def test_files_are_found_by_name_and_extension(shell, team):
    done = shell.run("find", "team:/", "rain", "--json")
    assert (done.code, [one["path"] for one in done.report["entries"]]) == (0, ["data/rain.csv"])
    done = shell.run("find", "team:/data", "--ext", ".CSV", "--json")
    assert [one["path"] for one in done.report["entries"]] == ["deep/snow.csv", "rain.csv"]
    done = shell.run("find", "team:/", "--type", "folder", "--json")
    assert [one["path"] for one in done.report["entries"]] == ["data", "data/deep"]
    assert len(shell.run("find", "team:/", "--ext", "csv", "-n", "1", "--json").report["entries"]) == 1
    assert "data/rain.csv" in shell.run("find", "team:/", "rain").out
    assert shell.run("find", "team:/", "nothing like it").out == "Nothing was found.\n"
    assert shell.run("find", "team:/").code == 1


def test_versions_are_listed_and_restored(shell, team):
    with team.changed() as shelf:
        shelf.put("readme.md", b"# Second, longer\n")
    listed = shell.run("versions", "team:/readme.md", "--json").report["versions"]
    assert [(one["id"], one["size"], one["current"]) for one in listed] == [("2", 17, True), ("1", 7, False)]
    table = shell.run("versions", "team:/readme.md").out
    assert "2 (current)" in table
    assert "Ada" in table
    done = shell.run("restore", "team:/readme.md", "1", "--json")
    assert (done.code, done.report["size"]) == (0, 7)
    assert team.tree["readme.md"] == b"# Team\n"
    assert len(shell.run("versions", "team:/readme.md", "--json").report["versions"]) == 3
    assert shell.run("restore", "team:/readme.md", "9").code == 1


def test_a_folder_is_shared_listed_and_unshared(shell, team):
    assert shell.run("shares", "team:/data").out == "It is shared with nobody.\n"
    assert shell.run("share", "team:/data", "ada@example.org").out == "ada@example.org is viewer now.\n"
    done = shell.run("share", "team:/data", "staff", "--role", "editor", "--group", "--json")
    assert (done.code, done.report["role"], done.report["group"]) == (0, "editor", True)
    listed = shell.run("shares", "team:/data", "--json").report["shares"]
    assert [(one["who"], one["role"]) for one in listed] == [("ada@example.org", "viewer"), ("staff", "editor")]
    assert "staff (group)" in shell.run("shares", "team:/data").out
    refused = shell.run("unshare", "team:/data", "ada@example.org")
    assert (refused.code, len(team.now.people)) == (2, 2)
    assert shell.run("unshare", "team:/data", "ADA@example.org", "--yes").code == 0
    assert shell.run("unshare", "team:/data", listed[1]["id"], "--yes", "--json").report["who"] == "staff"
    assert team.now.people == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["share", "team:/data", "ada", "--role", "king"], "king"), (["unshare", "team:/data", "bob", "--yes"], "bob")],
)
def test_who_and_what_is_not_known_is_said(shell, team, arguments, said):
    done = shell.run(*arguments)
    assert (done.code, done.out) == (1, "")
    assert said in done.err
