"""What Google's own documents turn into when they are exported.

https://developers.google.com/workspace/drive/api/guides/ref-export-formats

The text of a document is the content of its node. Office formats are real packages, with other bytes each time, as
Google's are; text, CSV, Markdown and PDF are the same each time. A drawing can't become a JPEG here.
"""

import csv
import io
import re
import struct
import time
import uuid
import zipfile
import zlib
from collections.abc import Callable, Mapping
from html import escape

LIMIT = 10 * 1024 * 1024  # bytes of an export

_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

DOCX = _OFFICE + "wordprocessingml.document"
XLSX = _OFFICE + "spreadsheetml.sheet"
PPTX = _OFFICE + "presentationml.presentation"


def _zip(parts: Mapping[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, time.gmtime()[:6]), text, zipfile.ZIP_DEFLATED)
        archive.comment = uuid.uuid4().hex.encode()
    return packed.getvalue()


def _office(main: str, kind: str, body: str, more: Mapping[str, tuple[str, str]] | None = None) -> bytes:
    """An Office package: its main part, and parts that this one refers to as rId1, rId2... with their kinds."""
    folder = main.rpartition("/")[0]
    more = more or {}
    overrides = "".join(
        f'<Override PartName="/{name}" ContentType="{_OFFICE}{part}+xml"/>'
        for name, part in {
            main: kind + ".main",
            **{f"{folder}/{name}": part for name, (part, _) in more.items()},
        }.items()
    )
    links = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATIONS}/{part.rpartition(".")[2]}" Target="{name}"/>'
        for number, (name, (part, _)) in enumerate(more.items(), 1)
    )
    relations = f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    return _zip(
        {
            "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>',
            "_rels/.rels": f'{relations}<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="{main}"/>'
            "</Relationships>",
            main: _XML + body,
            f"{folder}/_rels/{main.rpartition('/')[2]}.rels": f"{relations}{links}</Relationships>",
            **{f"{folder}/{name}": _XML + text for name, (_, text) in more.items()},
        }
    )


def _docx(text: str) -> bytes:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    lines = "".join(
        f'<w:p><w:r><w:t xml:space="preserve">{escape(line)}</w:t></w:r></w:p>' for line in text.splitlines()
    )
    body = f'<w:document xmlns:w="{space}"><w:body>{lines}</w:body></w:document>'
    return _office("word/document.xml", "wordprocessingml.document", body)


def _xlsx(text: str) -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rows = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in row) + "</row>"
        for row in csv.reader(io.StringIO(text))
    )
    body = (
        f'<workbook xmlns="{space}" xmlns:r="{_RELATIONS}"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/>'
        "</sheets></workbook>"
    )
    sheet = f'<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'
    return _office(
        "xl/workbook.xml", "spreadsheetml.sheet", body, {"worksheets/sheet1.xml": ("spreadsheetml.worksheet", sheet)}
    )


def _pptx(text: str) -> bytes:
    spaces = (
        'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
        f'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="{_RELATIONS}"'
    )
    lines = "".join(f"<a:p><a:r><a:t>{escape(line)}</a:t></a:r></a:p>" for line in text.splitlines())
    slide = (
        f"<p:sld {spaces}><p:cSld><p:spTree>"
        '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr>'
        '<p:grpSpPr/><p:sp><p:nvSpPr><p:cNvPr id="2" name="Text"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/>'
        f"<p:txBody><a:bodyPr/>{lines or '<a:p/>'}</p:txBody></p:sp></p:spTree></p:cSld></p:sld>"
    )
    body = f'<p:presentation {spaces}><p:sldIdLst><p:sldId id="256" r:id="rId1"/></p:sldIdLst></p:presentation>'
    return _office(
        "ppt/presentation.xml",
        "presentationml.presentation",
        body,
        {"slides/slide1.xml": ("presentationml.slide", slide)},
    )


def _open_document(kind: str) -> Callable[[str], bytes]:
    office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"

    def render(text: str) -> bytes:
        lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in text.splitlines())
        body = {
            "text": f"<office:text>{lines}</office:text>",
            "spreadsheet": '<office:spreadsheet><table:table table:name="Sheet1">'
            + "".join(
                "<table:table-row>"
                + "".join(f"<table:table-cell><text:p>{escape(cell)}</text:p></table:table-cell>" for cell in row)
                + "</table:table-row>"
                for row in csv.reader(io.StringIO(text))
            )
            + "</table:table></office:spreadsheet>",
            "presentation": f'<office:presentation><draw:page draw:name="1"><draw:frame><draw:text-box>{lines}'
            "</draw:text-box></draw:frame></draw:page></office:presentation>",
        }[kind]
        spaces = "".join(f' xmlns:{each}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for each, name in _SPACES)
        manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
        return _zip(
            {
                "mimetype": _OPEN + kind,
                "META-INF/manifest.xml": f'{_XML}<manifest:manifest xmlns:manifest="{manifest}" manifest:version="1.2">'
                f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_OPEN}{kind}"/>'
                '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
                "</manifest:manifest>",
                "content.xml": f'{_XML}<office:document-content xmlns:office="{office}"{spaces} office:version="1.2">'
                f"<office:body>{body}</office:body></office:document-content>",
            }
        )

    return render


_SPACES = (("text", "text"), ("table", "table"), ("draw", "drawing"))


def _html(text: str) -> bytes:
    meta = '<meta content="text/html; charset=UTF-8" http-equiv="content-type">'
    lines = "".join(f"<p>{escape(line)}</p>" for line in text.splitlines())
    return f"<html><head>{meta}</head><body>{lines}</body></html>".encode()


def _zipped_html(text: str) -> bytes:
    return _zip({"document.html": _html(text).decode()})


def _epub(text: str) -> bytes:
    container = "urn:oasis:names:tc:opendocument:xmlns:container"
    return _zip(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": f'{_XML}<container version="1.0" xmlns="{container}"><rootfiles><rootfile '
            'full-path="content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
            "content.opf": f'{_XML}<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><manifest>'
            '<item id="text" href="text.html" media-type="text/html"/></manifest>'
            '<spine><itemref idref="text"/></spine></package>',
            "text.html": _html(text).decode(),
        }
    )


def _rtf(text: str) -> bytes:
    marked = re.sub(r"([\\{}])", r"\\\1", text).replace("\n", "\\par\n")
    return b"{\\rtf1\\ansi " + "".join(char if char.isascii() else _rtf_char(char) for char in marked).encode() + b"}"


def _rtf_char(char: str) -> str:
    units = char.encode("utf-16-le")
    return "".join(f"\\u{unit}?" for unit in struct.unpack(f"<{len(units) // 2}h", units))


def _pdf(text: str) -> bytes:
    lines = [line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") for line in text.splitlines()]
    shown = "BT /F1 11 Tf 14 TL 50 780 Td " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
    page = shown.encode("latin-1", errors="replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(page), page),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    written, starts = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        starts.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    count = len(objects) + 1
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(written))
    return written + b"xref\n0 %d\n0000000000 65535 f \n%b%b" % (count, table, end)


def _svg(text: str) -> bytes:
    lines = "".join(f'<text x="10" y="{20 * n}">{escape(line)}</text>' for n, line in enumerate(text.splitlines(), 1))
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="400" height="300">{lines}</svg>'.encode()


def _png(_text: str) -> bytes:
    def part(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", zlib.compress(b"\0\xff")) + part(b"IEND", b"")


def _tabs(text: str) -> bytes:
    return "".join("\t".join(row) + "\r\n" for row in csv.reader(io.StringIO(text))).encode()


_ODS = _open_document("spreadsheet")

# Kind of document -> MIME type -> how its text is written in that type.
EXPORTS: Mapping[str, Mapping[str, Callable[[str], bytes]]] = {
    "document": {
        DOCX: _docx,
        _OPEN + "text": _open_document("text"),
        "application/rtf": _rtf,
        "application/pdf": _pdf,
        "text/plain": str.encode,
        "text/html": _html,
        "application/zip": _zipped_html,
        "application/epub+zip": _epub,
        "text/markdown": str.encode,
    },
    "spreadsheet": {
        XLSX: _xlsx,
        _OPEN + "spreadsheet": _ODS,
        "application/x-vnd.oasis.opendocument.spreadsheet": _ODS,
        "application/pdf": _pdf,
        "text/csv": str.encode,
        "text/tab-separated-values": _tabs,
        "application/zip": _zipped_html,
    },
    "presentation": {
        PPTX: _pptx,
        _OPEN + "presentation": _open_document("presentation"),
        "application/pdf": _pdf,
        "text/plain": str.encode,
    },
    "drawing": {"image/png": _png, "image/svg+xml": _svg, "application/pdf": _pdf},
    "form": {"application/zip": _zipped_html},
}
