"""`hubdrives reset`."""

import shlex
import shutil

import pytest
from tests.cli.test_bad_input import tree
from tests.cli.test_link import on_hub
from tests.gateway.bench import benched

from hubdrives.config import Grant

pytestmark = pytest.mark.usefixtures("inside")

KEPT = "What was there is kept in "


def kept_in(out: str) -> str:
    (line,) = [line for line in out.splitlines() if line.startswith(KEPT)]
    (path,) = shlex.split(line.removeprefix(KEPT))
    return path


@pytest.fixture
def worked_in(mine):
    """The folder `mine` with changes in three files, and one of the user's own."""
    (mine / "readme.md").write_text("# My course\n")
    (mine / "week 1/rain.csv").write_text("my rain\n")
    (mine / "week 1/été.txt").unlink()
    (mine / "own.txt").write_text("own\n")
    return mine


def test_one_file_is_upstreams_again_and_no_other(shell, worked_in):
    done = shell.run("reset", "mine/readme.md")
    assert (done.code, done.err) == (0, "")
    assert tree(worked_in) == {
        "readme.md": b"# Course\n",
        "week 1/rain.csv": b"my rain\n",
        "own.txt": b"own\n",
    }
    assert done.out.startswith("mine: 1 updated.\nSet back:\n  readme.md\n")


def test_the_old_one_is_where_it_says_and_undo_brings_it_back(shell, worked_in):
    done = shell.run("reset", "mine/readme.md")
    found = [path.read_text() for path in (shell.folder / kept_in(done.out)).rglob("readme.md")]
    assert "# My course\n" in found
    assert done.out.endswith("To take this back: hubdrives undo mine\n")
    assert shell.run("undo", "mine").code == 0
    assert (worked_in / "readme.md").read_text() == "# My course\n"


def test_a_folder_is_all_in_it_and_the_deleted_comes_back(shell, worked_in):
    done = shell.run("reset", "mine/week 1", "--json")
    assert (done.code, done.out.count("\n")) == (0, 1)
    assert (done.report["updated"], done.report["restored"], done.report["failed"]) == (
        ["week 1/rain.csv"],
        ["week 1/été.txt"],
        [],
    )
    assert (worked_in / "week 1/été.txt").read_text() == "il pleut\n"
    assert (worked_in / "readme.md").read_text() == "# My course\n"


def test_several_paths_are_one_reset(shell, worked_in):
    done = shell.run("reset", "mine/readme.md", "mine/week 1/été.txt")
    assert done.out.startswith("mine: 1 updated, 1 restored.")
    assert shell.run("undo", "mine").code == 0
    assert (worked_in / "readme.md").read_text() == "# My course\n"
    assert not (worked_in / "week 1/été.txt").exists()


def test_a_dot_is_all_of_it_but_not_what_is_ones_own(shell, course, worked_in):
    shell.folder = worked_in
    done = shell.run("reset", ".")
    assert done.code == 0
    assert tree(worked_in) == tree(course) | {"own.txt": b"own\n"}


def test_a_folder_is_asked_about_on_a_terminal_and_a_file_is_not(shell, course, worked_in):
    before = tree(worked_in)
    refused = shell.at_terminal("reset", "mine", types="n\n")
    assert refused.code == 1
    assert "[y/N]" in refused.out
    assert tree(worked_in) == before
    file = shell.at_terminal("reset", "mine/readme.md")
    assert (file.code, "[y/N]" in file.out) == (0, False)
    assert shell.at_terminal("reset", "mine", types="y\n").code == 0
    assert tree(worked_in) == tree(course) | {"own.txt": b"own\n"}


def test_it_does_not_ask_who_said_yes(shell, course, worked_in):
    done = shell.at_terminal("reset", "--yes", "mine")
    assert (done.code, "[y/N]" in done.out) == (0, False)
    assert tree(worked_in) == tree(course) | {"own.txt": b"own\n"}


def test_what_is_upstreams_already_is_left_alone(shell, mine):
    before = (mine / "readme.md").stat()
    done = shell.run("reset", "mine/readme.md")
    assert (done.code, done.out) == (0, "mine: nothing had to be set back.\n")
    after = (mine / "readme.md").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_what_is_kept_here_needs_nothing_of_the_source(shell, course, worked_in):
    shutil.rmtree(course)
    assert shell.run("reset", "mine/readme.md").code == 0
    assert (worked_in / "readme.md").read_text() == "# Course\n"


@pytest.fixture
def large(drive):
    """A file that is not kept in the working folder a second time."""
    content = bytes(range(256)) * 20_000
    (drive.folder / "large.bin").write_bytes(content)
    return content


async def test_what_is_not_kept_here_comes_from_the_source(shell, drive, large):
    await shell.arun("pull", drive.location, "mine", env=drive.env)
    (shell.folder / "mine/large.bin").write_bytes(b"mine")
    (shell.folder / "mine/readme.md").write_text("mine\n")
    before = (await drive.requests())["by_operation"].get("files.media", 0)
    done = await shell.arun("reset", "mine/large.bin", "mine/readme.md", env=drive.env)
    assert done.code == 0, done.err
    assert (shell.folder / "mine/large.bin").read_bytes() == large
    assert (shell.folder / "mine/readme.md").read_text() == "# Course\n"
    assert (await drive.requests())["by_operation"]["files.media"] == before + 1


async def test_what_could_not_be_had_is_3_and_stays_as_it_was(shell, drive, large):
    await shell.arun("pull", drive.location, "mine", env=drive.env)
    (shell.folder / "mine/large.bin").write_bytes(b"mine")
    (shell.folder / "mine/readme.md").write_text("mine\n")
    # Without the configuration, Google Drive can't be reached; what is kept here can.
    done = await shell.arun("reset", "mine", "--json")
    assert done.code == 3
    assert [item["path"] for item in done.report["failed"]] == ["large.bin"]
    assert done.report["updated"] == ["readme.md"]
    assert (shell.folder / "mine/large.bin").read_bytes() == b"mine"
    assert (shell.folder / "mine/readme.md").read_text() == "# Course\n"
    told = await shell.arun("reset", "mine")
    assert told.code == 3
    assert "Could not be had:\n  large.bin: " in told.out


async def test_through_the_gateway_it_comes_by_a_grant_but_by_no_link_that_was_used_once(shell, tmp_path):
    async with benched(tmp_path) as bench:
        content = bytes(range(256)) * 20_000
        bench.file("large.bin", content)
        await bench.start(Grant(connection="drive", users=("ada",), can=("read", "link")))
        ada, bob = on_hub(bench, "ada"), on_hub(bench, "bob")
        link = (await shell.arun("link", "drive:/", env=ada)).out.strip()
        for source, target, env in (("drive:/", "ada", ada), (link, "bob", bob)):
            assert (await shell.arun("pull", source, target, env=env)).code == 0
            (shell.folder / target / "large.bin").write_bytes(b"mine")
        done = await shell.arun("reset", "ada/large.bin", env=ada)
        assert done.code == 0, done.out
        assert (shell.folder / "ada/large.bin").read_bytes() == content
        told = await shell.arun("reset", "bob/large.bin", env=bob)
        assert told.code == 3
        assert "delete it and follow the link again" in told.out
        (shell.folder / "bob/large.bin").unlink()
        assert (await shell.arun("pull", link, "bob", env=bob)).code == 0
        assert (shell.folder / "bob/large.bin").read_bytes() == content


@pytest.mark.parametrize("path", ["mine/own.txt", "mine/nowhere", "elsewhere.txt"])
def test_what_upstream_does_not_have_is_a_failure_and_stays(shell, worked_in, path):
    before = tree(worked_in)
    done = shell.run("reset", path)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")
    assert len(done.err.splitlines()) == 2
    assert tree(worked_in) == before


def test_paths_of_two_folders_are_refused(shell, course, worked_in):
    shell.run("pull", course, "other")
    before = tree(worked_in)
    done = shell.run("reset", "mine/readme.md", "other/readme.md")
    assert (done.code, done.out) == (1, "")
    assert "not all in one folder" in done.err
    assert tree(worked_in) == before


def test_wrong_usage_is_2(shell):
    assert shell.run("reset").code == 2
