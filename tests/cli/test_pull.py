"""`hubdrives pull`: reports, exit codes, interruptions; against folders and against an emulated Google Drive."""

import asyncio
import os
import signal

import pytest

KEYS = ["added", "updated", "merged", "kept", "conflicts", "removed", "restored", "skipped"]


def test_a_local_folder_arrives_and_the_report_is_the_last_line(shell, course):
    done = shell.run("pull", course, "mine", "--json")
    assert done.code == 0
    assert set(KEYS) <= set(done.report)
    assert sorted(done.report["added"]) == ["readme.md", "week 1/rain.csv", "week 1/été.txt"]
    assert (shell.folder / "mine/week 1/rain.csv").read_text() == "town,mm\nBonn,12\n"


def test_without_a_target_it_is_called_as_the_source(shell, course):
    done = shell.run("pull", course)
    assert done.code == 0
    assert (shell.folder / "course/readme.md").exists()
    assert done.out.startswith("course: 3 added.")


def test_without_a_target_it_never_hides(shell, tmp_path):
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "key").write_text("x")
    assert shell.run("pull", tmp_path / ".ssh").code == 0
    assert (shell.folder / "ssh/key").exists()


def test_a_relative_path_is_a_folder_here(shell, course):
    course.rename(shell.folder / "source")
    assert shell.run("pull", "source", "mine").code == 0
    assert (shell.folder / "mine/readme.md").exists()


def test_the_second_pull_brings_what_is_new_and_keeps_what_is_mine(shell, course):
    shell.run("pull", course, "mine")
    (shell.folder / "mine/readme.md").write_text("# My course\n")
    (course / "week 1/rain.csv").write_text("town,mm\nBonn,13\n")
    (course / "week 2").mkdir()
    (course / "week 2/new.txt").write_text("new\n")
    done = shell.run("pull", course, "mine")
    assert done.code == 0
    assert "1 added, 1 updated" in done.out
    assert "readme.md" in done.out
    assert (shell.folder / "mine/readme.md").read_text() == "# My course\n"
    assert shell.run("pull", course, "mine").out.startswith("mine: everything is up to date.")


def test_where_nothing_can_be_brought_that_is_said_and_is_no_success(shell, course):
    source = shell.folder / "pipes"
    source.mkdir()
    for name in ("one", "two"):
        os.mkfifo(source / name)
    for _ in range(2):
        done = shell.run("pull", source, "mine")
        assert done.code == 3
        assert done.out.startswith("mine: 2 items can't be brought. It is ")
    (source / "three").write_text("a file")
    assert shell.run("pull", source, "mine").code == 0
    assert shell.run("pull", source, "mine").out.startswith("mine: everything is up to date.")


def test_progress_goes_to_standard_error_in_plain_lines(shell, course):
    done = shell.run("pull", course, "mine", "--json")
    assert len(done.out.splitlines()) == 1
    assert "Looking what is there" in done.err
    assert "\x1b" not in done.err
    assert "\r" not in done.err


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("/nowhere/at/all", "/nowhere/at/all"),
        ("nowhere:/x", "'nowhere'"),
        ("https://drive.google.com/drive/folders/1AbCdEfGhIjKlMnOpQrStUvWxYz", "Google Drive"),
        ("link:abcdefghijklmnop.s3cret", "hub"),
        ("https://hub.example.org/hub/user-redirect/hubdrives/pull", "does not say what to pull"),
    ],
)
def test_what_can_not_be_pulled_is_said_in_a_sentence_and_a_hint(shell, source, said):
    done = shell.run("pull", source, "--json")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")
    assert said in done.err
    assert "Traceback" not in done.err
    assert "s3cret" not in done.err


def test_a_broken_configuration_is_said(shell):
    (shell.folder / "bad.toml").write_text("[connections.x]\nprovder = 1")
    done = shell.run("pull", "x:/", env={"HUBDRIVES_CONFIG": str(shell.folder / "bad.toml")})
    assert done.code == 1
    assert "bad.toml" in done.err


def test_a_hub_link_to_a_source_is_understood(shell, course):
    link = shell.run("link", course, "--hub", "https://hub.example.org").out.strip()
    done = shell.run("pull", link, "mine", "--json")
    assert (done.code, len(done.report["added"])) == (0, 3)


# What of it is brought


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--include", "*.md", "--include", "*.txt"], ["readme.md", "week 1/été.txt"]),
        (["--exclude", "*.csv"], ["readme.md", "week 1/été.txt"]),
        (["--subfolder", "week 1"], ["rain.csv", "été.txt"]),
        (["--subfolder", "week 1/", "--exclude", "é*"], ["rain.csv"]),
        (["--max-file", "12B"], ["readme.md", "week 1/été.txt"]),
        (["--max-total", "0.01kB"], ["readme.md"]),
    ],
)
def test_what_is_brought_can_be_chosen(shell, course, options, expected):
    done = shell.run("pull", course, "mine", "--json", *options)
    assert (done.code, sorted(done.report["added"])) == (0, expected)


def test_what_stays_remote_is_told_and_what_was_brought_stays(shell, course):
    shell.run("pull", course, "mine")
    (course / "week 1/rain.csv").write_text("town,mm\nBonn,12\nKiel,14\n")
    done = shell.run("pull", course, "mine", "--max-file", "20")
    assert done.code == 0
    assert "Left at the source because of their size:\n  week 1/rain.csv: This file (24 bytes) is larger" in done.out
    assert "In Python: hubdrives.open(" in done.out
    assert (shell.folder / "mine/week 1/rain.csv").read_text() == "town,mm\nBonn,12\n"


def test_a_subfolder_names_the_folder_here(shell, course):
    assert shell.run("pull", course, "--subfolder", "week 1").code == 0
    assert (shell.folder / "week 1/rain.csv").exists()


@pytest.mark.parametrize(("policy", "first"), [("mine", "M"), ("theirs", "T"), ("both", "M")])
def test_whose_lines_stay_can_be_chosen(shell, course, policy, first):
    shell.run("pull", course, "mine")
    (shell.folder / "mine/readme.md").write_text("M\n")
    (course / "readme.md").write_text("T\n")
    done = shell.run("pull", course, "mine", "--json", "--conflicts", policy)
    assert (done.code, done.report["conflicts"]) == (0, ["readme.md"])
    assert (shell.folder / "mine/readme.md").read_text() == f"{first}\n"


def test_what_a_link_chooses_counts_unless_the_command_says_otherwise(shell, course):
    link = shell.run(
        "link", course, "--hub", "https://hub.example.org", "--include", "*.md", "--max-file", "1MB"
    ).out.strip()
    assert shell.run("pull", link, "one", "--json").report["added"] == ["readme.md"]
    assert shell.run("pull", link, "two", "--json", "--include", "*.csv").report["added"] == ["week 1/rain.csv"]
    assert shell.run("pull", link, "three", "--json", "--max-file", "3").report["added"] == []


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--include", "!"], 1, "no pattern"),
        (["--subfolder", "../x"], 1, "leads out"),
        (["--subfolder", "week 9"], 1, "no folder 'week 9'"),
        (["--subfolder", "readme.md"], 1, "is a file"),
        (["--max-file", "much"], 2, "no size"),
        (["--conflicts", "yours"], 2, "'yours'"),
    ],
)
def test_what_can_not_be_chosen_is_said(shell, course, options, code, said):
    done = shell.run("pull", course, "mine", *options)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert "Traceback" not in done.err


# Google Drive, as a user would run it: with the variables from the emulator's first line.


async def test_from_an_emulated_drive(shell, drive):
    first = await shell.arun("pull", drive.location, "mine", "--json", env=drive.env)
    assert (first.code, sorted(first.report["added"])) == (0, ["readme.md", "week 1/rain.csv", "week 1/été.txt"])
    (drive.folder / "readme.md").write_text("# Course, new\n")
    second = await shell.arun("pull", drive.location, "mine", "--json", env=drive.env)
    assert second.report["updated"] == ["readme.md"]
    assert (shell.folder / "mine/readme.md").read_text() == "# Course, new\n"


async def test_files_that_could_not_be_brought_are_3_and_come_next_time(shell, drive):
    await drive.faults(
        {
            "operation": "files.media",
            "name": "rain.csv",
            "effect": "error",
            "reason": "downloadQuotaExceeded",
            "times": None,
        }
    )
    done = await shell.arun("pull", drive.location, "mine", "--json", env=drive.env)
    assert done.code == 3
    assert [item["path"] for item in done.report["failed"]] == ["week 1/rain.csv"]
    assert sorted(done.report["added"]) == ["readme.md", "week 1/été.txt"]
    told = await shell.arun("pull", drive.location, "mine", env=drive.env)
    assert told.code == 3
    assert "1 failed" in told.out
    assert "week 1/rain.csv: " in told.out
    await drive.faults()
    assert (await shell.arun("pull", drive.location, "mine", env=drive.env)).code == 0
    assert (shell.folder / "mine/week 1/rain.csv").exists()


async def test_a_pull_that_is_stopped_says_so_and_can_go_on(shell, drive):
    (drive.folder / "big.bin").write_bytes(bytes(1 << 20))
    await drive.faults({"operation": "files.media", "name": "big.bin", "effect": "slow", "rate": 50_000, "times": 1})
    with shell.started("pull", drive.location, "mine", env=drive.env) as process:
        while not (await drive.requests())["by_operation"].get("files.media"):
            await asyncio.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = await asyncio.to_thread(process.communicate, timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert err.decode().endswith("\nStopped. Start it again to go on.\n")
    assert "Traceback" not in err.decode()
    done = await shell.arun("pull", drive.location, "mine", env=drive.env)
    assert done.code == 0
    assert (shell.folder / "mine/big.bin").read_bytes() == bytes(1 << 20)


async def test_whom_one_waits_for_is_told(shell, drive):
    await drive.faults(
        {"operation": "files.list", "effect": "error", "reason": "userRateLimitExceeded", "retry_after": 1, "times": 1}
    )
    done = await shell.arun("pull", drive.location, "mine", env=drive.env)
    assert done.code == 0
    assert "Waiting for Google Drive" in done.err


async def test_verbose_tells_what_was_asked_and_no_secret(shell, drive):
    done = await shell.arun("--verbose", "pull", drive.location, "mine", env=drive.env)
    assert done.code == 0
    assert "Google Drive: GET files.list answered 200" in done.err
    assert "Bearer" not in done.err


async def test_what_is_not_shared_says_with_whom_to_share_it(shell, drive):
    done = await shell.arun("pull", "https://drive.google.com/drive/folders/1AbCdEfGhIjKlMnOpQrStUvWxYz", env=drive.env)
    assert done.code == 1
    assert "@" in done.err
    assert len(done.err.strip().splitlines()) == 2
