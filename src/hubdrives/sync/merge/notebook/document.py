"""A notebook as the merge sees it. The format: https://nbformat.readthedocs.io/en/latest/format_description.html."""

from dataclasses import dataclass
from typing import Any, Final

from hubdrives.sync.merge.notebook.mend import mended, mended_metadata
from hubdrives.sync.merge.notebook.multiline import bundle_held, joined
from hubdrives.sync.merge.notebook.scan import Scanned, scan
from hubdrives.sync.merge.notebook.upgrade import upgraded

_MAJOR: Final = 4
_MAX_CELLS: Final = 10_000
"""No person writes more; some steps of a merge take the square of it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cell:
    """One cell. Its `data` is never changed."""

    data: dict[str, Any]
    """As the format wants it: what was missing is there, what has no place is not."""
    kind: str
    """ "code", "markdown" or "raw"."""
    text: str
    """The source; lines end with "\\n"."""
    raw: str | None = None
    """As it is written in its file; None if the file's cell is not quite `data`."""

    @property
    def metadata(self) -> dict[str, Any]:
        found: dict[str, Any] = self.data["metadata"]
        return found

    @property
    def attachments(self) -> dict[str, Any]:
        """By name, whichever way their text is held."""
        return {
            name: bundle_held(bundle, as_lines=False) if isinstance(bundle, dict) else bundle
            for name, bundle in self.data.get("attachments", {}).items()
        }

    @property
    def ran(self) -> tuple[Any, Any]:
        """What running it left: its outputs and its count."""
        return self.data.get("outputs", []), self.data.get("execution_count")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Notebook:
    """A notebook of nbformat 4, or one that was brought up to it."""

    data: bytes
    """Its file."""
    minor: int
    metadata: dict[str, Any]
    cells: tuple[Cell, ...]
    scanned: Scanned | None
    """Its file, understood; None if that has an older format."""


def read(data: bytes) -> Notebook | None:
    """The notebook in a file's bytes; None if it is none, or one that can't be understood for sure."""
    try:
        return _read(data)
    except (ValueError, RecursionError):
        return None


def make_cell(data: Any, raw: str | None = None) -> Cell:
    """A cell of its JSON value.

    Raises:
        ValueError: it is none of the format's cells.
    """
    sound = mended(data)
    return Cell(
        data=sound,
        kind=sound["cell_type"],
        text=joined(sound["source"]).replace("\r\n", "\n"),
        raw=raw if sound is data else None,
    )


def _read(data: bytes) -> Notebook | None:
    scanned: Scanned | None = scan(data)
    assert scanned is not None  # noqa: S101
    members = {key: part.value for key, part in scanned.members.items()}
    texts: list[str | None] = [scanned.text[cell.start : cell.end] for cell in scanned.cells]
    major = members.get("nbformat")
    if type(major) is int and 1 < major < _MAJOR:
        newer = upgraded(scanned.text)
        if newer is None:
            return None
        members, texts, scanned = newer, [None] * len(newer["cells"]), None
    metadata, minor, cells = members.get("metadata"), members.get("nbformat_minor"), members.get("cells")
    if members.get("nbformat") != _MAJOR or type(minor) is not int or minor < 0:
        return None
    if not isinstance(metadata, dict) or not isinstance(cells, list) or len(cells) > _MAX_CELLS:
        return None
    return Notebook(
        data=data,
        minor=minor,
        metadata=mended_metadata(metadata),
        cells=tuple(make_cell(cell, text) for cell, text in zip(cells, texts, strict=True)),
        scanned=scanned,
    )
