import io
import zipfile
from xml.etree import ElementTree as ET

import pytest

from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.googledrive.exports import DOCX, EXPORTS, LIMIT, PPTX, XLSX

TEXT = "Müller & <Söhne>,1\n(second) line,{2}\n"


@pytest.mark.parametrize(("kind", "mime"), [(kind, mime) for kind, types in EXPORTS.items() for mime in types])
async def test_every_type_that_is_announced_can_be_had(drive, client, kind, mime):
    document = drive.tree.add("Plan", parent=drive.root, kind=kind, content=Content.of(TEXT))
    answer = await client.get(f"files/{document.id}/export", mimeType=mime)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == mime
    assert "Content-Length" not in answer.headers
    assert answer.body


@pytest.mark.parametrize(
    ("kind", "mime", "part"),
    [
        ("document", DOCX, "word/document.xml"),
        ("spreadsheet", XLSX, "xl/worksheets/sheet1.xml"),
        ("presentation", PPTX, "ppt/slides/slide1.xml"),
        ("document", "application/vnd.oasis.opendocument.text", "content.xml"),
        ("spreadsheet", "application/vnd.oasis.opendocument.spreadsheet", "content.xml"),
        ("presentation", "application/vnd.oasis.opendocument.presentation", "content.xml"),
    ],
)
def test_office_exports_are_sound_packages_with_the_text_in_them(kind, mime, part):
    with zipfile.ZipFile(io.BytesIO(EXPORTS[kind][mime](TEXT))) as package:
        assert package.testzip() is None
        for name in package.namelist():
            if name.endswith((".xml", ".rels")):
                ET.fromstring(package.read(name))
        words = "".join(ET.fromstring(package.read(part)).itertext())
    assert "Müller & <Söhne>" in words


@pytest.mark.parametrize("mime", [DOCX, "application/zip"])
def test_packages_differ_each_time(mime):
    assert EXPORTS["document"][mime](TEXT) != EXPORTS["document"][mime](TEXT)


@pytest.mark.parametrize("mime", ["text/plain", "text/markdown"])
def test_plain_exports_are_the_text(mime):
    assert EXPORTS["document"][mime](TEXT) == TEXT.encode()


def test_other_plain_exports_are_the_same_each_time():
    assert EXPORTS["spreadsheet"]["text/csv"](TEXT) == TEXT.encode()
    assert EXPORTS["spreadsheet"]["text/tab-separated-values"]("a,b\n") == b"a\tb\r\n"
    pdf = EXPORTS["document"]["application/pdf"]
    assert pdf(TEXT) == pdf(TEXT)
    assert pdf(TEXT).startswith(b"%PDF-")


def test_the_offsets_in_a_pdf_lead_to_its_objects():
    pdf = EXPORTS["document"]["application/pdf"](TEXT)
    table = pdf[int(pdf.split(b"startxref\n")[1].split()[0]) :]
    assert table.startswith(b"xref\n")
    offsets = [int(line.split()[0]) for line in table.splitlines()[3:] if line.endswith(b"n ")]
    assert offsets
    assert all(pdf[offset:].startswith(b"%d 0 obj" % number) for number, offset in enumerate(offsets, 1))


def test_rtf_is_ascii():
    assert EXPORTS["document"]["application/rtf"]("ü{𝄞\n") == rb"{\rtf1\ansi \u252?\{\u-10188?\u-8930?\par" + b"\n}"


async def test_an_export_above_ten_megabytes_is_refused_but_its_link_works(drive, client):
    text = "x" * (LIMIT + 1)
    document = drive.tree.add("Long", parent=drive.root, kind="document", content=Content.of(text))
    answer = await client.get(f"files/{document.id}/export", mimeType="text/plain")
    assert (answer.status, answer.reason) == (403, "exportSizeLimitExceeded")
    links = (await client.get(f"files/{document.id}", fields="exportLinks")).json["exportLinks"]
    path = links["text/plain"].removeprefix(drive.url)
    linked = await client.send("GET", path, headers={"Authorization": f"Bearer {client.token}"})
    assert linked.body == text.encode()
    assert (await client.send("GET", path)).status == 403


async def test_what_cannot_be_exported_is_refused(drive, client):
    document = drive.tree.add("Plan", parent=drive.root, kind="document", content=Content.of("x"))
    file = drive.tree.add_file("a.txt", "x", parent=drive.root)
    for file_id, params, status, reason in (
        (document.id, {}, 400, "required"),
        (document.id, {"mimeType": XLSX}, 400, "badRequest"),
        (file.id, {"mimeType": "text/plain"}, 403, "fileNotExportable"),
        (drive.root, {"mimeType": "text/plain"}, 403, "fileNotExportable"),
        ("nope", {"mimeType": "text/plain"}, 404, "notFound"),
    ):
        answer = await client.get(f"files/{file_id}/export", **params)
        assert (answer.status, answer.reason) == (status, reason)
