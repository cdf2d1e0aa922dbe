"""Progress and reports, for people."""

import os
import pty
import subprocess
from pathlib import Path

from tests.cli.conftest import HUBDRIVES

from hubdrives.cli.progress import Lines
from hubdrives.cli.report import told
from hubdrives.model import Progress, Report, Skipped, Waiting


def said(capsys, *steps):
    lines = Lines()
    for step in steps:
        lines(step)
    return capsys.readouterr().err.splitlines()


def test_a_line_is_said_once_for_each_thing_that_begins(capsys):
    downloading = [
        Progress(phase="downloading", files_done=done, files_total=3, bytes_done=done * 500_000, bytes_total=1_500_000)
        for done in range(4)
    ]
    assert said(capsys, Progress(phase="listing"), Progress(phase="listing"), *downloading, Progress(phase="done")) == [
        "Looking what is there …",
        "Downloading 3 files, 1.5 MB …",
    ]


def test_users_are_called_users(capsys):
    for total in (500, 1):
        Lines("user")(Progress(phase="ensuring", files_done=1, files_total=total))
    assert capsys.readouterr().err.splitlines() == ["Making and sharing 500 users …", "Making and sharing 1 user …"]


def test_a_wait_is_said_once_with_its_length_and_again_if_it_comes_again(capsys):
    waits = [Progress(phase="listing", waiting=Waiting(on="Google Drive", seconds=left)) for left in (12.2, 11.9, 0.1)]
    assert said(capsys, *waits, Progress(phase="listing"), waits[1]) == [
        "Waiting for Google Drive, 12 s …",
        "Looking what is there …",
        "Waiting for Google Drive, 12 s …",
    ]


def on_terminal(shell, course, **variables):
    """What a pull shows on standard error, which is a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*HUBDRIVES, "pull", str(course), "mine"],
        cwd=shell.folder, env={**shell.env, "TERM": "xterm", **variables}, stdout=subprocess.PIPE, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    out, _ = process.communicate(timeout=30)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:
            break
        shown += piece
        if not piece:
            break
    os.close(ours)
    assert process.returncode == 0
    assert out.decode().startswith("mine: 3 added.")
    return shown


def test_a_terminal_gets_a_bar_that_is_gone_at_the_end(shell, course):
    shown = on_terminal(shell, course)
    assert b"Looking what is there" in shown
    # The last thing is to erase the line.
    assert shown.rstrip().endswith(b"\x1b[2K")


def test_a_notebook_gets_lines_as_nothing_can_be_erased_there(shell, course):
    shown = on_terminal(shell, course, JPY_PARENT_PID="1")
    assert shown.splitlines()[0].decode() == "Looking what is there …"
    assert b"\x1b" not in shown


def test_a_report_says_what_concerns_the_reader():
    report = Report(
        added=["a"] * 3,
        merged=["m.ipynb"],
        conflicts=["c.txt"],
        kept=["k.txt"],
        removed=["r"],
        restored=["back.txt"],
        renamed=[("x.py", "x__2026.py")],
        skipped=[Skipped(path="form", reason="Forms have no file.")],
        failed=[Skipped(path="f", reason="Too often downloaded today.")],
    )
    text = told(report, folder=Path("mine"))
    head, *rest = text.splitlines()
    assert head == "mine: 3 added, 1 merged, 1 in conflict, 1 restored, 1 removed, 1 failed."
    assert "  c.txt" in rest
    assert "  x.py -> x__2026.py" in rest
    assert "  form: Forms have no file." in rest
    assert "  f: Too often downloaded today." in rest


def test_a_long_report_is_cut_and_a_quiet_one_says_so():
    assert "  and 80 more" in told(Report(merged=[f"{n}.txt" for n in range(100)]), folder=Path("x")).splitlines()
    assert told(Report(unchanged=9), folder=Path("x")) == "x: everything is up to date.\n"


def test_names_can_not_move_the_cursor():
    text = told(Report(merged=["evil\x1b[2J\r.txt", "no text \udcff"]), folder=Path("x"))
    assert "\x1b" not in text
    assert "\r" not in text
    text.encode()
