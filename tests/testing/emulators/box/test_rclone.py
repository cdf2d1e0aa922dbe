"""rclone's Box backend, as it is, by way of the CONNECT proxy: it speaks to Box's own host names."""

import json
import os

import pytest
from tests.testing.emulators.rclone import Rclone

from hubdrives.testing.emulators.box import Box
from hubdrives.testing.emulators.server import serving
from hubdrives.testing.emulators.tls_proxy import BOX_HOSTS, tls_proxy

MIB = 1 << 20


@pytest.fixture
def team(tmp_path):
    """Some files."""
    team = tmp_path / "team"
    (team / "week 1" / "data").mkdir(parents=True)
    (team / "empty").mkdir()
    (team / "readme.md").write_text("# Hello\n")
    (team / "week 1" / "zero.csv").write_text("")
    (team / "week 1" / "data" / "big.bin").write_bytes(os.urandom(3_000_000))
    return team


@pytest.fixture
async def box(team):
    async with serving(Box(team)) as box:
        box.site.refuse_leaks = False  # rclone sends its token wherever it is led
        yield box


@pytest.fixture
async def rclone(box, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    settings = scratch / "box.json"
    settings.write_text(json.dumps(box.jwt_config()))
    async with tls_proxy(box.url, hosts=BOX_HOSTS, scratch=scratch) as proxy:
        rclone = Rclone(
            {
                "HOME": str(scratch),
                "HTTPS_PROXY": proxy.url,
                "SSL_CERT_FILE": str(proxy.ca_file),
                "RCLONE_CONFIG": str(scratch / "rclone.conf"),
            }
        )
        options = {"box_config_file": settings, "box_sub_type": "enterprise", "root_folder_id": box.root}
        # This logs in with the key pair.
        await rclone("config", "create", "bx", "box", *(f"{name}={value}" for name, value in options.items()))
        yield rclone


async def test_lists_the_whole_tree(rclone):
    out, _ = await rclone("lsjson", "-R", "bx:")
    assert {each["Path"]: each["Size"] for each in json.loads(out) if not each["IsDir"]} == {
        "readme.md": 8,
        "week 1/zero.csv": 0,
        "week 1/data/big.bin": 3_000_000,
    }
    assert {each["Path"] for each in json.loads(out) if each["IsDir"]} == {"week 1", "week 1/data", "empty"}


async def test_copies_the_whole_tree_and_finds_it_equal(rclone, team, tmp_path):
    copy = tmp_path / "copy"
    await rclone("copy", "--create-empty-src-dirs", "bx:", str(copy))
    assert {path.relative_to(copy) for path in copy.rglob("*")} == {path.relative_to(team) for path in team.rglob("*")}
    await rclone("check", "--checksum", str(copy), "bx:")
    (copy / "readme.md").write_text("# Other\n")
    _, err = await rclone("check", "--checksum", str(copy), "bx:", code=1)
    assert "readme.md: sha1 differ" in err


async def test_brings_a_local_folder_up(rclone, box, team, tmp_path):
    local = tmp_path / "local"
    (local / "new").mkdir(parents=True)
    (local / "readme.md").write_text("# Changed\n")
    (local / "new" / "a.txt").write_text("a")
    file = (await box.find("readme.md")).id
    await rclone("sync", "--checksum", str(local), "bx:")
    await rclone("check", "--checksum", str(local), "bx:")
    assert {str(path.relative_to(team)) for path in team.rglob("*")} == {"readme.md", "new", "new/a.txt"}
    assert [each.content.read() for each in box.tree.versions(file)] == [b"# Hello\n", b"# Changed\n"]


async def test_brings_a_big_file_up_in_chunks(rclone, box, team, tmp_path):
    big = tmp_path / "big.bin"
    data = os.urandom(MIB) * 51
    big.write_bytes(data)
    await rclone("copyto", "--box-upload-cutoff=50Mi", str(big), "bx:week 1/data/big.bin")
    assert (team / "week 1" / "data" / "big.bin").read_bytes() == data
    assert box.requests.by_operation["uploads.part"] == 7
    assert len(box.tree.versions((await box.find("week 1/data/big.bin")).id)) == 2


async def test_moves_copies_and_deletes(rclone, team):
    await rclone("moveto", "bx:readme.md", "bx:week 1/about.md")
    await rclone("copyto", "bx:week 1/about.md", "bx:copy.md")
    await rclone("purge", "bx:week 1/data")
    await rclone("mkdir", "bx:made")
    assert {str(path.relative_to(team)) for path in team.rglob("*")} == {
        "copy.md",
        "empty",
        "made",
        "week 1",
        "week 1/about.md",
        "week 1/zero.csv",
    }


async def test_reads_a_part_of_a_file(rclone):
    assert (await rclone("cat", "--offset", "2", "--count", "3", "bx:readme.md"))[0] == "Hel"
