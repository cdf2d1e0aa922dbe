"""`hubdrives space`: folders for users, and what is in them, on an emulated Box."""

import asyncio
import json
from pathlib import Path

import pytest
from tests.cli.conftest import at

SPACE = '[spaces.{name}]\nconnection = "box"\nfolder = "{name}-data"\nkey = "name"\naddress = "{{name}}@example.edu"\n'


@pytest.fixture
def service(shell, tmp_path):
    folder = tmp_path / "everybody"
    folder.mkdir()
    with at(shell, "box", folder) as emulated:
        config = tmp_path / "hubdrives.toml"
        config.write_text(Path(emulated.env["HUBDRIVES_CONFIG"]).read_text() + SPACE.format(name="results"))
        shell.env["HUBDRIVES_CONFIG"] = str(config)
        yield emulated


def done(shell, *arguments):
    ended = shell.run("space", *arguments, "--json")
    assert ended.code == 0, ended.err
    return ended.report


def test_users_get_folders_once(shell, service):
    report = done(shell, "ensure", "alice", "bob")
    assert report == {
        "ensured": ["alice", "bob"],
        "created": ["alice", "bob"],
        "shared": ["alice", "bob"],
        "others": {},
        "failed": [],
    }
    assert (service.folder / "alice/results-data").is_dir()
    again = shell.run("space", "ensure", "alice", "bob")
    assert (again.code, again.out) == (0, "2 ready.\n")
    shares = json.loads(shell.run("shares", "box:/alice/results-data", "--json").out)["shares"]
    assert [(one["who"], one["role"]) for one in shares] == [("alice@example.edu", "viewer")]
    assert done(shell, "ls") == {"users": ["alice", "bob"]}


def test_users_come_from_a_file_or_from_the_input(shell, service):
    (shell.folder / "class.txt").write_text("alice\n\n bob \n")
    assert done(shell, "ensure", "--from", "class.txt", "carol")["ensured"] == ["alice", "bob", "carol"]
    assert shell.run("space", "ensure").code == 2
    shell.is_inside = False
    assert "Name at least one user" in shell.run("space", "ensure", "--from", "-").err


def test_who_can_not_get_one_is_told_and_the_others_have_theirs(shell, service):
    rule = {"operation": "collaborations.create", "effect": "error", "reason": "forbidden", "after": 1}
    asyncio.run(service.faults(rule))
    told = shell.run("space", "ensure", "alice", "bob", "carol", "--json")
    assert told.code == 3
    assert len(told.report["ensured"]) == 2
    (failed,) = told.report["failed"]
    asyncio.run(service.faults(rule | {"after": 0, "times": None}))
    shown = shell.run("space", "ensure", failed["user"])
    assert (shown.code, shown.out.splitlines()[:2]) == (3, ["1 failed.", "Have no folder:"])
    assert failed["user"] in shown.out.splitlines()[2]


def test_who_else_has_the_folder_is_told_when_it_is_shared_with_a_new_address(shell, service):
    done(shell, "ensure", "alice")
    assert shell.run("space", "unshare", "alice", "--yes").code == 0
    assert shell.run("share", "box:/alice/results-data", "old@example.edu").code == 0
    shown = shell.run("space", "ensure", "alice").out.splitlines()
    assert (shown[0], shown[-1]) == ("1 ready.", "  alice: old@example.edu")
    assert "hubdrives unshare" in shown[1]
    assert shell.run("space", "ensure", "alice").out == "1 ready.\n"


def test_data_goes_in_and_comes_out(shell, service):
    done(shell, "ensure", "alice")
    (shell.folder / "plots").mkdir()
    (shell.folder / "plots/one.png").write_bytes(b"1")
    (shell.folder / "result.csv").write_text("first\n")
    sent = done(shell, "put", "alice", "result.csv", "plots", "--to", "runs/1")
    assert [one["path"] for one in sent["uploaded"]] == ["plots/one.png", "result.csv"]
    assert (service.folder / "alice/results-data/runs/1/result.csv").read_text() == "first\n"
    assert [one["path"] for one in done(shell, "ls", "alice", "runs/1")["entries"]] == ["plots", "result.csv"]
    assert "result.csv" in shell.run("space", "ls", "alice", "runs/1").out
    assert done(shell, "get", "alice", "runs", "copy")["downloaded"] == ["1/plots/one.png", "1/result.csv"]
    (shell.folder / "copy/1/result.csv").write_text("mine\n")
    kept = shell.run("space", "get", "alice", "runs", "copy")
    assert (kept.code, (shell.folder / "copy/1/result.csv").read_text()) == (3, "mine\n")
    assert shell.run("space", "get", "alice", "runs", "copy", "--force").code == 0
    (shell.folder / "result.csv").write_text("second\n")
    done(shell, "put", "alice", "result.csv", "--to", "runs/1")
    versions = json.loads(shell.run("versions", "box:/alice/results-data/runs/1/result.csv", "--json").out)["versions"]
    done(shell, "get", "alice", "runs/1/result.csv", "old.csv", "--version", versions[1]["id"])
    assert (shell.folder / "old.csv").read_text() == "first\n"


def test_roles_are_given_and_taken(shell, service):
    told = done(shell, "share", "alice", "--role", "editor")
    assert told == {
        "user": "alice", "created": True, "shared": True, "role": "editor", "source": "box:/alice/results-data",
        "others": [],
    }  # fmt: skip
    assert shell.run("space", "share", "alice").out == "alice is viewer of their folder now.\n"
    assert shell.run("space", "unshare", "alice", "--yes").code == 0
    assert json.loads(shell.run("shares", "box:/alice/results-data", "--json").out)["shares"] == []
    again = shell.run("space", "unshare", "alice", "--yes")
    assert (again.code, "not shared" in again.err) == (1, True)
    refused = shell.run("space", "ensure", "alice", "--role", "emperor")
    assert (refused.code, "viewer" in refused.err) == (1, True)


def test_a_folder_is_removed_when_it_is_meant(shell, service):
    done(shell, "ensure", "alice", "bob")
    for verb in ("remove", "unshare"):
        assert shell.run("space", verb, "alice").code == 2
    assert shell.run("space", "remove", "alice", "--yes").code == 0
    assert not (service.folder / "alice/results-data").exists()
    assert (service.folder / "bob/results-data").exists()
    gone = shell.run("space", "remove", "alice", "--yes")
    assert (gone.code, "Traceback" in gone.err) == (1, False)


def test_at_a_terminal_it_asks_and_shows_how_far_it_is(shell, service):
    assert "2 ready, 2 of them new." in shell.at_terminal("space", "ensure", "alice", "bob").out
    asked = shell.at_terminal("space", "remove", "alice", types="n\n")
    assert (asked.code, "Remove the folder of alice" in asked.out) == (1, True)
    assert (service.folder / "alice/results-data").exists()
    assert shell.at_terminal("space", "remove", "alice", types="y\n").code == 0
    assert not (service.folder / "alice/results-data").exists()


def test_somebody_without_a_folder_is_a_sentence(shell, service):
    (shell.folder / "a.txt").write_text("a")
    for arguments in (("put", "eve", "a.txt"), ("ls", "eve"), ("put", "eve", "a.txt", "--to", "runs")):
        told = shell.run("space", *arguments)
        assert (told.code, told.out) == (1, "")
        assert "'eve' has no folder in space 'results' yet" in told.err
        assert "ensure" in told.err


def test_which_space_is_said_where_there_are_several(shell, service):
    assert [one["name"] for one in done(shell, "list")] == ["results"]
    config = Path(shell.env["HUBDRIVES_CONFIG"])
    config.write_text(config.read_text() + SPACE.format(name="logs"))
    assert shell.run("space", "ensure", "alice").code == 1
    assert done(shell, "ensure", "alice", "--space", "logs")["created"] == ["alice"]
    assert (service.folder / "alice/logs-data").is_dir()
    assert {"results", "logs", "manage"} <= set(shell.run("space", "list").out.split())


@pytest.mark.parametrize("verb", ["ensure", "put", "get", "ls", "share", "unshare", "remove", "list"])
def test_every_verb_explains_itself_with_an_example(shell, verb):
    shell.is_inside = True
    told = shell.run("space", verb, "--help")
    assert told.code == 0
    assert f"Example: hubdrives space {verb}" in " ".join(told.out.split())
