"""What Google's own documents are turned into, and this provider's options.

https://developers.google.com/workspace/drive/api/guides/ref-export-formats
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import msgspec

from hubdrives.providers.options import options_of

_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."

# kind of document -> extension -> what to ask the export for
_TYPES: Mapping[str, Mapping[str, str]] = {
    "document": {
        "docx": f"{_OFFICE}wordprocessingml.document",
        "odt": f"{_OPEN}text",
        "rtf": "application/rtf",
        "pdf": "application/pdf",
        "txt": "text/plain",
        "md": "text/markdown",
        "epub": "application/epub+zip",
    },
    "spreadsheet": {
        "xlsx": f"{_OFFICE}spreadsheetml.sheet",
        "ods": f"{_OPEN}spreadsheet",
        "pdf": "application/pdf",
        "csv": "text/csv",
        "tsv": "text/tab-separated-values",
    },
    "presentation": {
        "pptx": f"{_OFFICE}presentationml.presentation",
        "odp": f"{_OPEN}presentation",
        "pdf": "application/pdf",
        "txt": "text/plain",
    },
    "drawing": {"svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "pdf": "application/pdf"},
}


class Exports(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file type for each kind of Google document; "csv" and "tsv" hold a spreadsheet's first sheet only."""

    document: Literal["docx", "odt", "rtf", "pdf", "txt", "md", "epub"] = "docx"
    spreadsheet: Literal["xlsx", "ods", "pdf", "csv", "tsv"] = "xlsx"
    presentation: Literal["pptx", "odp", "pdf", "txt"] = "pptx"
    drawing: Literal["svg", "png", "jpg", "pdf"] = "svg"

    def extension(self, native: str) -> str | None:
        """The extension that documents of this kind get, None if the kind can't be turned into a file."""
        return getattr(self, native) if native in self.__struct_fields__ else None

    def mime_type(self, native: str) -> str:
        """What to ask the export of this kind for."""
        return _TYPES[native][getattr(self, native)]


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `options` of a Google Drive connection."""

    exports: Exports = Exports()
    group_size: Annotated[int, msgspec.Meta(ge=1, le=50)] = 50
    """Folders that are listed with one request; 1 asks for each alone."""
    follow_shortcuts: bool = True

    @classmethod
    def of(cls, given: Mapping[str, Any] | None) -> Self:
        """The options from a configuration.

        Raises:
            BadConfig: an unknown option, or a value that it can't have.
        """
        return options_of(cls, given, title="Google Drive")
