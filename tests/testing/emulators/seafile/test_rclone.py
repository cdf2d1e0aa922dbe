"""rclone's Seafile backend, as it is."""

import asyncio
import json
import os
import subprocess

import pytest
from tests.testing.emulators.rclone import RCLONE, Rclone

from hubdrives.testing.emulators.seafile import Seafile
from hubdrives.testing.emulators.server import serving


@pytest.fixture
def results(tmp_path):
    """Some files."""
    results = tmp_path / "results"
    (results / "week 1" / "data").mkdir(parents=True)
    (results / "empty").mkdir()
    (results / "readme.md").write_text("# Hello\n")
    (results / "week 1" / "Größe & co.csv").write_text("")
    (results / "week 1" / "data" / "big.bin").write_bytes(os.urandom(3_000_000))
    return results


@pytest.fixture
async def seafile(results):
    async with serving(Seafile(results)) as seafile:
        yield seafile


@pytest.fixture
def rclone(seafile, tmp_path):
    """Logs in with name and password; `sf:` is the served library."""
    password = subprocess.check_output([RCLONE, "obscure", seafile.account.password], text=True).strip()
    return Rclone(
        {
            "HOME": str(tmp_path),
            "RCLONE_CONFIG": str(tmp_path / "rclone.conf"),
            "RCLONE_CONFIG_SF_TYPE": "seafile",
            "RCLONE_CONFIG_SF_URL": seafile.url,
            "RCLONE_CONFIG_SF_USER": seafile.account.email,
            "RCLONE_CONFIG_SF_PASS": password,
            "RCLONE_CONFIG_SF_LIBRARY": "results",
        }
    )


def paths_in(directory) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*")}


async def test_lists_the_whole_tree(rclone):
    out, _ = await rclone("lsjson", "-R", "sf:")
    assert {each["Path"]: each["Size"] for each in json.loads(out) if not each["IsDir"]} == {
        "readme.md": 8,
        "week 1/Größe & co.csv": 0,
        "week 1/data/big.bin": 3_000_000,
    }
    assert {each["Path"] for each in json.loads(out) if each["IsDir"]} == {"week 1", "week 1/data", "empty"}


async def test_copies_the_whole_tree_and_finds_it_equal(rclone, results, tmp_path):
    copy = tmp_path / "copy"
    await rclone("copy", "--create-empty-src-dirs", "sf:", str(copy))
    assert paths_in(copy) == paths_in(results)
    await rclone("check", "--download", str(copy), "sf:")
    (copy / "readme.md").write_text("# Other\n")
    await rclone("check", "--download", str(copy), "sf:", code=1)


async def test_brings_a_local_folder_up(rclone, seafile, results, tmp_path):
    local = tmp_path / "local"
    (local / "new" / "deep").mkdir(parents=True)
    (local / "readme.md").write_text("# Changed\n")
    (local / "new" / "deep" / "a.txt").write_text("a")
    await rclone("sync", str(local), "sf:")
    await rclone("check", "--download", str(local), "sf:")
    assert paths_in(results) == {"readme.md", "new", "new/deep", "new/deep/a.txt"}
    revisions = seafile.libraries.revisions(seafile.library, "/readme.md")
    assert [each.dirent.size for each in revisions] == [10, 8]


async def test_reads_a_part_of_a_file(rclone):
    assert (await rclone("cat", "--offset", "2", "--count", "3", "sf:readme.md"))[0] == "Hel"


async def test_writes_what_it_is_told_and_over_what_is_there(rclone, results, tmp_path):
    source = tmp_path / "source.txt"
    source.write_text("from a file")
    await rclone("copyto", str(source), "sf:week 1/deep/er/copied.txt")
    assert (results / "week 1/deep/er/copied.txt").read_text() == "from a file"
    source.write_text("changed")
    await rclone("copyto", str(source), "sf:week 1/deep/er/copied.txt")
    assert paths_in(results / "week 1/deep/er") == {"copied.txt"}
    assert (results / "week 1/deep/er/copied.txt").read_text() == "changed"


async def test_writes_a_stream(rclone, results):
    process = await asyncio.create_subprocess_exec(
        RCLONE, "rcat", "sf:streamed.bin", env=rclone.environment, stdin=asyncio.subprocess.PIPE
    )
    data = os.urandom(300_000)
    await process.communicate(data)
    assert process.returncode == 0
    assert (results / "streamed.bin").read_bytes() == data


async def test_moves_and_copies(rclone, results):
    await rclone("moveto", "sf:readme.md", "sf:week 1/about.md")
    await rclone("copyto", "sf:week 1/about.md", "sf:copy.md")
    await rclone("moveto", "sf:week 1/data", "sf:data")
    assert paths_in(results) == {
        "copy.md",
        "data",
        "data/big.bin",
        "empty",
        "week 1",
        "week 1/about.md",
        "week 1/Größe & co.csv",
    }


async def test_makes_and_deletes(rclone, results):
    await rclone("mkdir", "sf:made/deep")
    await rclone("delete", "sf:week 1/data")
    await rclone("rmdir", "sf:empty")
    assert paths_in(results) == {"made", "made/deep", "readme.md", "week 1", "week 1/data", "week 1/Größe & co.csv"}


async def test_knows_how_much_room_there_is(rclone, seafile):
    seafile.account.quota = 5_000_000
    out, _ = await rclone("about", "--json", "sf:")
    assert json.loads(out) == {"total": 5_000_000, "used": 3_000_008, "free": 1_999_992}


async def test_reads_an_encrypted_library_with_its_password(rclone, seafile):
    library = seafile.add_library("secret", password="open sesame")
    seafile.add_file("a.txt", "0123456789", library=library)
    library.unlocked.clear()
    rclone.environment["RCLONE_CONFIG_SF_LIBRARY"] = "secret"
    _, refused = await rclone("cat", "sf:a.txt", code=1)
    assert "password" in refused
    obscured = subprocess.check_output([RCLONE, "obscure", "open sesame"], text=True).strip()
    rclone.environment["RCLONE_CONFIG_SF_LIBRARY_KEY"] = obscured
    assert (await rclone("cat", "--offset", "2", "--count", "3", "sf:a.txt"))[0] == "234"


async def test_finds_all_libraries_and_makes_new_ones(rclone, seafile):
    other = seafile.add_user("ada@example.org")
    seafile.share(seafile.add_library("Ada's", other), seafile.account, "r")
    rclone.environment["RCLONE_CONFIG_SF_LIBRARY"] = ""
    rclone.environment["RCLONE_CONFIG_SF_CREATE_LIBRARY"] = "true"
    await rclone("mkdir", "sf:fresh")
    names = {each["Name"] for each in json.loads((await rclone("lsjson", "sf:"))[0])}
    assert names == {"Ada's", "fresh", "results"}
