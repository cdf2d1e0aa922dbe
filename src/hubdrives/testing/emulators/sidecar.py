"""What a served folder cannot hold is written in `.emulator.json` at its top, which itself is never served.

    {
      "names":     {"notes (2).txt": "notes.txt", "slash.txt": "a/b"},
      "docs":      {"Plan.txt": "document", "Grades.csv": "spreadsheet"},
      "shortcuts": {"week 1/Shared data": "data", "Dangling": {"id": "gone"}},
      "deletes":   "trash",
      "shared_drive": false
    }

All keys may be left out; paths are relative to the folder, with `/`. The file is read anew when it changes.

names
    path of a file or folder (or of a shortcut) -> its name at the provider: any text, so names can be equal, hold
    `/`, be `..` or 300 characters long.
docs
    path of a text file -> `document`, `spreadsheet`, `presentation`, `drawing` or `form`: served as the provider's own
    sort of document, under the name without its extension. The text is what exports are made of.
shortcuts
    path of the shortcut (its folder is there, nothing else is) -> path of what it points to, or `{"id": ID}` for an
    id, which need not exist. A path that is not there makes a shortcut to nothing.
deletes
    what it means that a file goes away: `trash` (the default) or `forever`.
shared_drive
    serve the folder as a drive of its own that belongs to nobody, where the provider has such a thing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

SIDECAR = ".emulator.json"
DOCUMENTS = ("document", "spreadsheet", "presentation", "drawing", "form")


class SidecarError(ValueError):
    """`.emulator.json` says something that can't be served."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a shortcut points to: a path in the folder, or an id."""

    path: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Sidecar:
    names: Mapping[str, str] = field(default_factory=dict)
    docs: Mapping[str, str] = field(default_factory=dict)
    shortcuts: Mapping[str, Target] = field(default_factory=dict)
    deletes: Literal["trash", "forever"] = "trash"
    shared_drive: bool = False


def read_sidecar(directory: Path) -> Sidecar:
    """The sidecar of a folder; an empty one when there is none.

    Raises:
        SidecarError: it is no JSON, or holds other things than this module describes.
    """
    try:
        text = (directory / SIDECAR).read_text(encoding="utf-8")
    except FileNotFoundError:
        return Sidecar()
    try:
        return _parse(json.loads(text))
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise SidecarError(f"{directory / SIDECAR}: {error}") from error


def _parse(found: Any) -> Sidecar:
    if unknown := found.keys() - {"names", "docs", "shortcuts", "deletes", "shared_drive"}:
        raise ValueError(f"unknown keys {sorted(unknown)}")
    docs = dict(found.get("docs", {}))
    if wrong := set(docs.values()) - set(DOCUMENTS):
        raise ValueError(f"unknown documents {sorted(wrong)}; known are {DOCUMENTS}")
    deletes = found.get("deletes", "trash")
    if deletes not in {"trash", "forever"}:
        raise ValueError(f"deletes is {deletes!r}, neither 'trash' nor 'forever'")
    return Sidecar(
        names=dict(found.get("names", {})),
        docs=docs,
        shortcuts={
            path: Target(path=target) if isinstance(target, str) else Target(id=target["id"])
            for path, target in found.get("shortcuts", {}).items()
        },
        deletes=deletes,
        shared_drive=bool(found.get("shared_drive", False)),
    )
