"""rclone's Drive backend, as it is, by way of the CONNECT proxy: it speaks to Google's own host names."""

import json
import os

import pytest
from tests.testing.emulators.rclone import Rclone

from hubdrives.testing.emulators.googledrive import GoogleDrive
from hubdrives.testing.emulators.server import serving
from hubdrives.testing.emulators.sidecar import SIDECAR
from hubdrives.testing.emulators.tls_proxy import GOOGLE_HOSTS, tls_proxy


@pytest.fixture
def course(tmp_path):
    """Some files, and things that only Drive can hold."""
    course = tmp_path / "course"
    (course / "week 1" / "data").mkdir(parents=True)
    (course / "empty").mkdir()
    (course / "readme.md").write_text("# Hello\n")
    (course / "it's \\ here.txt").write_text("quoted")
    (course / "week 1" / "zero.csv").write_text("")
    (course / "week 1" / "data" / "big.bin").write_bytes(os.urandom(3_000_000))
    return course


@pytest.fixture
async def drive(course):
    async with serving(GoogleDrive(course)) as drive:
        yield drive


@pytest.fixture
async def rclone(drive, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    key_file = scratch / "key.json"
    key_file.write_text(json.dumps(drive.robot.key_file("https://oauth2.googleapis.com/token")))
    async with tls_proxy(drive.url, hosts=GOOGLE_HOSTS, scratch=scratch) as proxy:
        yield Rclone(
            {
                "HOME": str(scratch),
                "HTTPS_PROXY": proxy.url,
                "SSL_CERT_FILE": str(proxy.ca_file),
                "RCLONE_CONFIG": os.devnull,
                "RCLONE_CONFIG_GD_TYPE": "drive",
                "RCLONE_CONFIG_GD_SCOPE": "drive.readonly",
                "RCLONE_CONFIG_GD_SERVICE_ACCOUNT_FILE": str(key_file),
                "RCLONE_CONFIG_GD_ROOT_FOLDER_ID": drive.root,
            }
        )


async def test_lists_the_whole_tree(rclone):
    out, _ = await rclone("lsjson", "-R", "gd:")
    assert {each["Path"]: each["Size"] for each in json.loads(out) if not each["IsDir"]} == {
        "readme.md": 8,
        "it's \\ here.txt": 6,
        "week 1/zero.csv": 0,
        "week 1/data/big.bin": 3_000_000,
    }
    assert {each["Path"] for each in json.loads(out) if each["IsDir"]} == {"week 1", "week 1/data", "empty"}


async def test_copies_the_whole_tree_and_finds_it_equal(rclone, course, drive, tmp_path):
    copy = tmp_path / "copy"
    await rclone("copy", "--create-empty-src-dirs", "gd:", str(copy))
    assert {path.relative_to(copy) for path in copy.rglob("*")} == {
        path.relative_to(course) for path in course.rglob("*")
    }
    await rclone("check", "--checksum", str(course), "gd:")
    (copy / "readme.md").write_text("# Other\n")
    _, err = await rclone("check", "--checksum", str(copy), "gd:", code=1)
    assert "readme.md: md5 differ" in err
    assert drive.requests.by_operation["files.media"] == 4
    assert set(drive.requests.by_method) == {"GET", "POST"}
    assert drive.requests.by_method["POST"] == drive.requests.by_operation["token"]


@pytest.mark.parametrize("path", ["readme.md", "it's \\ here.txt", "week 1/zero.csv"])
async def test_reads_one_file_by_its_path(rclone, course, path):
    assert (await rclone("cat", f"gd:{path}"))[0] == (course / path).read_text()


async def test_reads_a_part_of_a_file(rclone):
    assert (await rclone("cat", "--offset", "2", "--count", "3", "gd:readme.md"))[0] == "Hel"


async def test_sees_an_edit_a_rename_and_a_deletion(rclone, course):
    (course / "readme.md").write_text("edited")
    (course / "week 1").rename(course / "week 2")
    (course / "it's \\ here.txt").unlink()
    out, _ = await rclone("lsf", "-R", "--files-only", "gd:")
    assert set(out.splitlines()) == {"readme.md", "week 2/zero.csv", "week 2/data/big.bin"}
    assert (await rclone("cat", "gd:readme.md"))[0] == "edited"


async def test_exports_documents_in_the_formats_it_is_told(rclone, course):
    (course / "Plan.txt").write_text("# Plan\n")
    (course / "Marks.csv").write_text("a,b\n")
    (course / SIDECAR).write_text(json.dumps({"docs": {"Plan.txt": "document", "Marks.csv": "spreadsheet"}}))
    out, _ = await rclone("lsf", "--files-only", "gd:")
    assert {"Plan.docx", "Marks.xlsx"} <= set(out.splitlines())
    assert (await rclone("cat", "--drive-export-formats=txt,csv", "gd:Plan.txt"))[0] == "# Plan\n"
    assert (await rclone("cat", "--drive-export-formats=txt,csv", "gd:Marks.csv"))[0] == "a,b\n"


async def test_follows_shortcuts_and_leaves_out_those_that_lead_nowhere(rclone, course):
    shortcuts = {"link.md": "readme.md", "folder": "week 1", "gone": {"id": "nowhere"}}
    (course / SIDECAR).write_text(json.dumps({"shortcuts": shortcuts}))
    out, _ = await rclone("lsf", "-R", "--files-only", "--drive-skip-dangling-shortcuts", "gd:")
    assert {"link.md", "folder/zero.csv", "folder/data/big.bin"} <= set(out.splitlines())
    assert "gone" not in out
    assert (await rclone("cat", "gd:link.md"))[0] == "# Hello\n"


async def test_notices_equal_names(rclone, course, tmp_path):
    (course / "second").write_text("other")
    (course / SIDECAR).write_text(json.dumps({"names": {"second": "readme.md"}}))
    _, err = await rclone("copy", "gd:", str(tmp_path / "copy"))
    assert "Duplicate object found in source - ignoring" in err


async def test_names_that_no_file_system_can_hold_come_through(rclone, course):
    (course / "slash").write_text("x")
    (course / SIDECAR).write_text(json.dumps({"names": {"slash": "a/b"}}))
    out, _ = await rclone("lsf", "gd:")
    assert "a\N{FULLWIDTH SOLIDUS}b" in out.splitlines()  # how rclone shows a slash in a name


async def test_waits_out_a_rate_limit(rclone, drive):
    drive.faults.set([{"operation": "files.list", "effect": "error", "reason": "userRateLimitExceeded"}])
    await rclone("lsf", "gd:")
    assert [each["status"] for each in drive.requests.log if each["operation"] == "files.list"] == [403, 200]


async def test_lists_folder_by_folder_when_a_grouped_query_lost_everything(rclone, drive, course):
    for number in range(5):
        (course / f"folder {number}").mkdir()
        (course / f"folder {number}" / "a.txt").write_text("x")
    drive.faults.set([{"operation": "files.list", "effect": "lose_group", "times": None}])
    out, _ = await rclone("lsf", "-R", "--fast-list", "--files-only", "gd:")
    assert {f"folder {number}/a.txt" for number in range(5)} <= set(out.splitlines())


async def test_cannot_write(rclone, course, drive):
    _, err = await rclone("copy", str(course / "readme.md"), "gd:empty", code=1)
    assert "insufficientPermissions" in err
    assert drive.requests.by_operation["write"] > 0
