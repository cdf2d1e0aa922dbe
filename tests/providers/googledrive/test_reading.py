"""Bytes of files and exports of documents, when all goes well and when it does not."""

import zipfile
from io import BytesIO

import pytest
from tests.providers.asking import read

from hubdrives.errors import BadCredential, Corrupt, HubdrivesError, QuotaExceeded, Unreadable, VersionGone
from hubdrives.model import Entry
from hubdrives.providers.googledrive import GoogleDrive
from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.googledrive import OWNER

DATA = bytes(range(256)) * 4096  # 1 MiB


def at(item: str):
    location = GoogleDrive.parse(f"https://drive.google.com/open?id={item}")
    assert location is not None
    return location


@pytest.fixture
async def file(bench) -> tuple[GoogleDrive, Entry]:
    """A file of 1 MiB, and the provider that lists it."""
    drive = await bench.connect()
    entry = await drive.stat(at(bench.file("big.bin", DATA)))
    bench.asked()
    return drive, entry


class TestFiles:
    async def test_a_file_is_one_request(self, bench, file) -> None:
        assert await read(*file) == DATA
        assert bench.asked() == {"files.media": 1}

    async def test_a_part_is_of_the_version_that_was_listed(self, bench, file) -> None:
        drive, entry = file
        assert await read(drive, entry, start=5, stop=9) == DATA[5:9]
        assert bench.asked() == {"files.media": 1, "files.get": 1}
        bench.drive.tree.replace(entry.id, Content.of(DATA[::-1]))
        with pytest.raises(VersionGone):
            await read(drive, entry, start=5, stop=9)

    async def test_an_empty_file_is_not_asked_for(self, bench) -> None:
        drive = await bench.connect()
        entry = await drive.stat(at(bench.file("empty", b"")))
        bench.asked()
        assert await read(drive, entry) == b""
        assert bench.asked() == {}

    async def test_a_connection_that_is_cut_is_resumed_where_it_was_cut(self, bench, file) -> None:
        bench.drive.faults.set([{"operation": "files.media", "effect": "cut", "bytes": 300_000, "times": 1}])
        assert await read(*file) == DATA
        assert [entry["status"] for entry in bench.drive.requests.log] == [200, 206]

    async def test_a_short_body_is_completed(self, bench, file) -> None:
        bench.drive.faults.set([{"operation": "files.media", "effect": "truncate", "bytes": 5000}])
        assert await read(*file) == DATA
        assert [entry["status"] for entry in bench.drive.requests.log] == [200, 206]

    async def test_wrong_bytes_are_noticed(self, bench, file) -> None:
        bench.drive.faults.set([{"operation": "files.media", "effect": "wrong", "bytes": 77}])
        with pytest.raises(Corrupt):
            await read(*file)
        assert await read(*file) == DATA

    @pytest.mark.parametrize("text", ["short", "x" * len(DATA), "x" * (2 * len(DATA))])
    async def test_content_that_is_replaced_meanwhile_is_another_version(self, bench, file, text: str) -> None:
        bench.drive.faults.set([{"operation": "files.media", "effect": "replace_content", "text": text}])
        with pytest.raises(VersionGone):
            await read(*file)

    async def test_a_file_that_is_no_longer_shared_is_gone(self, bench, file) -> None:
        bench.drive.access.unshare(bench.drive.root)
        with pytest.raises(VersionGone):
            await read(*file)

    @pytest.mark.parametrize(
        ("fault", "kind"),
        [
            ({"effect": "abusive", "name": "big.bin"}, Unreadable),
            ({"effect": "no_download", "name": "big.bin"}, Unreadable),
            ({"effect": "quota_exceeded", "name": "big.bin"}, QuotaExceeded),
            ({"effect": "error", "reason": "insufficientPermissions"}, BadCredential),
        ],
    )
    async def test_what_google_does_not_give_out_is_told_by_its_reason(
        self, bench, file, fault: dict, kind: type[HubdrivesError]
    ) -> None:
        bench.drive.faults.set([{"operation": "files.media", **fault}])
        with pytest.raises(kind):
            await read(*file)
        # Such a refusal is for good: it is not asked again.
        assert bench.asked() == {"files.media": 1}

    async def test_a_file_behind_a_resource_key_is_read_with_it(self, bench) -> None:
        folder = bench.folder("linked", bench.drive.home(OWNER))
        item = bench.file("a.txt", "behind a key", folder)
        bench.drive.access.links[item] = "0-s3cret"
        drive = await bench.connect()
        location = GoogleDrive.parse(f"https://drive.google.com/file/d/{item}/view?resourcekey=0-s3cret")
        assert location is not None
        entry = await drive.stat(location)
        assert await read(drive, entry) == b"behind a key"


class TestDocuments:
    @pytest.mark.parametrize(
        ("kind", "part"),
        [
            ("document", "word/document.xml"),
            ("spreadsheet", "xl/workbook.xml"),
            ("presentation", "ppt/presentation.xml"),
        ],
    )
    async def test_one_is_exported_as_an_office_file(self, bench, kind: str, part: str) -> None:
        drive = await bench.connect()
        entry = await drive.stat(at(bench.doc("Plan", kind, "a,b\nc,d\n")))
        bench.asked()
        packed = await read(drive, entry)
        assert part in zipfile.ZipFile(BytesIO(packed)).namelist()
        assert bench.asked() == {"files.export": 1}

    async def test_the_type_can_be_chosen(self, bench) -> None:
        drive = await bench.connect(exports={"document": "md", "spreadsheet": "csv", "drawing": "png"})
        plan = await drive.stat(at(bench.doc("Plan", "document", "# Plan\n")))
        grades = await drive.stat(at(bench.doc("Grades", "spreadsheet", "a,b\n")))
        sketch = await drive.stat(at(bench.doc("Sketch", "drawing")))
        assert [entry.path for entry in (plan, grades, sketch)] == ["Plan.md", "Grades.csv", "Sketch.png"]
        assert await read(drive, plan) == b"# Plan\n"
        assert await read(drive, grades) == b"a,b\n"
        assert (await read(drive, sketch)).startswith(b"\x89PNG")

    @pytest.mark.parametrize(("start", "stop"), [(0, 4), (3, 7), (7, None), (4, 99), (10, None), (0, 0)])
    async def test_a_part_of_one_is_cut_out_here(self, bench, start: int, stop: int | None) -> None:
        drive = await bench.connect(exports={"document": "txt"})
        entry = await drive.stat(at(bench.doc("Plan", "document", "0123456789")))
        assert await read(drive, entry, start=start, stop=stop) == b"0123456789"[start:stop]

    async def test_one_that_is_too_large_for_the_export_comes_by_its_link(self, bench) -> None:
        drive = await bench.connect(exports={"document": "txt"})
        text = "0123456789abcde\n" * (11 << 16)
        entry = await drive.stat(at(bench.doc("Book", "document", text)))
        bench.asked()
        assert await read(drive, entry) == text.encode()
        assert bench.asked() == {"files.export": 1, "files.get": 1, "files.exportLink": 1}

    async def test_one_that_may_not_be_exported_is_told_once(self, bench) -> None:
        drive = await bench.connect()
        entry = await drive.stat(at(bench.doc("Plan")))
        bench.drive.faults.set([{"operation": "*", "effect": "no_download", "id": entry.id}])
        with pytest.raises(Unreadable):
            await read(drive, entry)

    async def test_a_cut_in_the_middle_is_an_error_and_no_short_file(self, bench) -> None:
        drive = await bench.connect(exports={"document": "txt"})
        entry = await drive.stat(at(bench.doc("Plan", "document", "0123456789" * 1000)))
        bench.drive.faults.set([{"operation": "files.export", "effect": "cut", "bytes": 1000}])
        with pytest.raises(Corrupt):
            await read(drive, entry)
        assert len(await read(drive, entry)) == 10_000

    async def test_one_that_was_removed_is_gone(self, bench) -> None:
        drive = await bench.connect()
        entry = await drive.stat(at(bench.doc("Plan")))
        bench.drive.tree.delete(entry.id)
        with pytest.raises(VersionGone):
            await read(drive, entry)

    async def test_one_that_no_file_can_be_made_of_is_refused_before(self, bench) -> None:
        drive = await bench.connect()
        form = at(bench.doc("Survey", "form"))
        for call in (drive.stat(form), drive.snapshot(form)):
            with pytest.raises(Unreadable, match="form"):
                await call


@pytest.mark.parametrize(
    ("link", "trusted"),
    [
        ("https://docs.google.com/feeds/download/documents/export/Export?id=1", True),
        ("https://doc-0s.googleusercontent.com/docs/1", True),
        ("http://docs.google.com/feeds/download", False),
        ("https://docs.google.com.example.org/feeds", False),
        ("https://evilgoogle.com/feeds", False),
    ],
)
async def test_only_googles_own_hosts_are_shown_the_token(bench, serve, link: str, trusted: bool) -> None:
    """The API names the address of a large export; wherever that leads, our token goes to Google alone."""
    from aiohttp import web

    async def handler(_request: web.Request) -> web.Response:
        return web.json_response({"exportLinks": {"text/plain": link}})

    drive = await bench.connect()
    drive._api._base = await serve(handler)
    assert await drive._api.export_link("1x", "text/plain", key="") == (link if trusted else None)
