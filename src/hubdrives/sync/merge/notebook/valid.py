"""Whether a notebook is one: nbformat's schema, checked without nbformat, whose import alone takes a second.

https://github.com/jupyter/nbformat/blob/main/nbformat/v4/nbformat.v4.5.schema.json; the minor versions before it differ
only in the ids of cells, which `ids` sees to.
"""

import re
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

_Text = str | list[str]
_Count = Annotated[int, Meta(ge=0)] | None
_Id = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_-]{1,64}\Z")]
_Name = Annotated[str, Meta(pattern=r"^.+\Z")]
_Tags = list[Annotated[str, Meta(pattern=r"^[^,]+\Z")]]
_Bundle = dict[str, Any]
_JSON_MIME: Final = re.compile(r"application/(.*\+)?json\Z")


class _TextMetadata(Struct):
    name: _Name | UnsetType = UNSET
    tags: _Tags | UnsetType = UNSET
    jupyter: dict[str, Any] | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.tags and len(set(self.tags)) != len(self.tags):
            raise ValueError("a tag twice")


class _RawMetadata(_TextMetadata):
    format: str | UnsetType = UNSET


class _CodeMetadata(_TextMetadata):
    execution: dict[str, str] | UnsetType = UNSET
    collapsed: bool | UnsetType = UNSET
    scrolled: bool | Literal["auto"] | UnsetType = UNSET


class _Output(Struct, forbid_unknown_fields=True, tag_field="output_type"):
    pass


class _Stream(_Output, tag="stream"):
    name: str
    text: _Text


class _Display(_Output, tag="display_data"):
    data: _Bundle
    metadata: dict[str, Any]

    def __post_init__(self) -> None:
        _check_bundle(self.data)


class _Result(_Output, tag="execute_result"):
    data: _Bundle
    metadata: dict[str, Any]
    execution_count: _Count

    def __post_init__(self) -> None:
        _check_bundle(self.data)


class _Error(_Output, tag="error"):
    ename: str
    evalue: str
    traceback: list[str]


class _Cell(Struct, forbid_unknown_fields=True, tag_field="cell_type"):
    source: _Text


class _Code(_Cell, tag="code", kw_only=True):
    metadata: _CodeMetadata
    outputs: list[_Stream | _Display | _Result | _Error]
    execution_count: _Count
    id: _Id | UnsetType = UNSET


class _Attaching(_Cell, kw_only=True):
    attachments: dict[str, _Bundle] | UnsetType = UNSET
    id: _Id | UnsetType = UNSET

    def __post_init__(self) -> None:
        for bundle in (self.attachments or {}).values():
            _check_bundle(bundle)


class _Markdown(_Attaching, tag="markdown", kw_only=True):
    metadata: _TextMetadata


class _Raw(_Attaching, tag="raw", kw_only=True):
    metadata: _RawMetadata


class _Kernel(Struct):
    name: str
    display_name: str


class _Language(Struct):
    name: str
    codemirror_mode: str | dict[str, Any] | UnsetType = UNSET
    file_extension: str | UnsetType = UNSET
    mimetype: str | UnsetType = UNSET
    pygments_lexer: str | UnsetType = UNSET


class _Metadata(Struct):
    kernelspec: _Kernel | UnsetType = UNSET
    language_info: _Language | UnsetType = UNSET
    orig_nbformat: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    title: str | UnsetType = UNSET
    authors: list[Any] | UnsetType = UNSET


class _Notebook(Struct, forbid_unknown_fields=True):
    metadata: _Metadata
    nbformat: Literal[4]
    nbformat_minor: Annotated[int, Meta(ge=0)]
    cells: list[_Code | _Markdown | _Raw]


def is_valid(notebook: dict[str, Any]) -> bool:
    """Whether nbformat would find no fault with it."""
    try:
        msgspec.convert(notebook, _Notebook)
    except msgspec.ValidationError:
        return False
    return True


def _check_bundle(bundle: _Bundle) -> None:
    for mime, value in bundle.items():
        if not _JSON_MIME.match(mime) and not isinstance(value, str):
            msgspec.convert(value, list[str])
