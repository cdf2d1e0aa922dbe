"""`hubdrives ls` and `hubdrives cat`."""

import json
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("inside")


def test_folders_come_first_then_files_with_sizes(shell, course):
    (course / "a-file.bin").write_bytes(bytes(1500))
    done = shell.run("ls", course)
    lines = done.out.splitlines()
    assert done.code == 0
    assert lines[0].split() == ["Name", "Size", "Modified"]
    assert [line.split("  ")[0].strip() for line in lines[1:]] == ["week 1/", "a-file.bin", "readme.md"]
    assert "1.5 kB" in lines[2]
    assert "9 bytes" in lines[3]


def test_recursive_shows_everything_below(shell, course):
    done = shell.run("ls", "-R", course)
    assert [line.split("  ")[0].strip() for line in done.out.splitlines()[1:]] == [
        "readme.md",
        "week 1/",
        "week 1/rain.csv",
        "week 1/été.txt",
    ]


def test_a_file_is_listed_by_itself(shell, course):
    done = shell.run("ls", "--json", course / "readme.md")
    assert [entry["path"] for entry in done.report["entries"]] == ["readme.md"]


def test_json_has_paths_kinds_sizes_and_what_was_left_out(shell, course):
    (course / "away").symlink_to("/etc")
    done = shell.run("ls", "--recursive", "--json", course)
    entries = {entry["path"]: entry for entry in done.report["entries"]}
    assert entries["week 1"]["kind"] == "folder"
    assert entries["week 1/rain.csv"]["size"] == 16
    assert entries["readme.md"]["modified"].endswith("Z")
    assert [item["path"] for item in done.report["skipped"]] == ["away"]
    assert all(item["reason"] and item["code"] for item in done.report["skipped"])


def test_long_names_are_not_broken_where_a_program_reads_them(shell, course):
    name = "x" * 200 + ".txt"
    (course / name).touch()
    assert name in shell.run("ls", course).out.split()


def test_brackets_in_names_are_no_markup(shell, course):
    (course / "[bold]x[red].txt").touch()
    assert "[bold]x[red].txt" in shell.run("ls", course).out


@pytest.mark.parametrize("command", ["ls", "cat"])
def test_what_is_not_there_is_said(shell, command, tmp_path):
    done = shell.run(command, tmp_path / "nowhere")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")
    assert len(done.err.splitlines()) == 2


def test_with_json_a_failure_leaves_standard_output_empty(shell, tmp_path):
    done = shell.run("ls", "--json", tmp_path / "nowhere")
    assert (done.code, done.out) == (1, "")


def test_cat_writes_the_very_bytes(shell, course):
    content = bytes(range(256)) * 4000
    (course / "data.bin").write_bytes(content)
    with shell.started("cat", course / "data.bin") as process:
        out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, b"")
    assert out == content


def test_cat_refuses_a_folder(shell, course):
    done = shell.run("cat", course)
    assert (done.code, done.out) == (1, "")
    assert "'course' is a folder" in done.err
    assert "hubdrives ls" in done.err


def test_both_work_on_a_connection(shell, drive):
    text = Path(drive.env["HUBDRIVES_CONFIG"]).read_text()
    (name,) = tomllib.loads(text)["connections"]
    listed = shell.run("ls", "--json", f"{name}:/week 1", env=drive.env)
    assert [entry["path"] for entry in listed.report["entries"]] == ["rain.csv", "été.txt"]
    shown = shell.run("cat", f"{name}:/week 1/rain.csv", env=drive.env)
    assert (shown.code, shown.out) == (0, "town,mm\nBonn,12\n")
    assert json.loads(shell.run("ls", "--json", drive.location, env=drive.env).out)["entries"]
