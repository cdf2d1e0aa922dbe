"""How a file writes its JSON, so that what comes in is written the same way."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from hubdrives.sync.merge.notebook.document import Cell
from hubdrives.sync.merge.notebook.multiline import as_held, bundle_held, outputs_held
from hubdrives.sync.merge.notebook.scan import Scanned

_FIRST_MEMBER: Final = re.compile(r'\s*\{(?P<before>\s*)"(?:[^"\\]|\\.)*"(?P<colon>\s*:\s*)')
_ESCAPE: Final = re.compile(r"\\u(?!00[0-7])[0-9a-fA-F]{4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A file's habits."""

    indent: str | None
    """Of one level; None if all stands in one line."""
    newline: str
    comma: str
    colon: str
    ascii_only: bool
    """Letters beyond ASCII are written as escapes."""
    sort_keys: bool
    sources_as_lines: bool
    outputs_as_lines: bool
    orders: dict[str, tuple[str, ...]]
    """The keys of a cell, in order, by the cell's type."""

    @classmethod
    def of(cls, scanned: Scanned, cells: Sequence[Cell]) -> Self:
        """The layout of a file that has been read."""
        first = _FIRST_MEMBER.match(scanned.text)
        before, colon = (first["before"], first["colon"]) if first else ("", ": ")
        newline, indent = ("\r\n" if "\r\n" in before else "\n"), before.rpartition("\n")[2]
        sources = [cell.data["source"] for cell in cells if cell.text]
        as_lines = not sources or isinstance(sources[0], list)
        held = _first_output_text(cells)
        return cls(
            indent=indent if "\n" in before else None,
            newline=newline,
            comma="," if "\n" in before else _comma(scanned),
            colon=colon,
            ascii_only=_is_ascii_only(scanned.text),
            sort_keys=all(_is_sorted(keys) for keys in (scanned.members, *(cell.data for cell in cells))),
            sources_as_lines=as_lines,
            outputs_as_lines=as_lines if held is None else isinstance(held, list),
            orders={cell.kind: tuple(cell.data) for cell in reversed(cells)},
        )

    def write(self, value: Any, *, depth: int) -> str:
        """The value's JSON, as it stands `depth` levels deep.

        Raises:
            ValueError: a number in it is beyond what JSON can write.
        """
        text = json.dumps(
            value,
            ensure_ascii=self.ascii_only,
            allow_nan=False,
            indent=self.indent,
            separators=(self.comma, self.colon),
            sort_keys=self.sort_keys,
        )
        # JSON has line ends nowhere but between its tokens.
        return text if self.indent is None else text.replace("\n", self._line(depth))

    def write_list(self, items: Iterable[str], *, depth: int) -> str:
        """The list of what is written already."""
        written = list(items)
        if not written or self.indent is None:
            return f"[{self.comma.join(written)}]"
        line = self._line(depth + 1)
        return f"[{line}{(',' + line).join(written)}{self._line(depth)}]"

    def source(self, text: str) -> str | list[str]:
        """A source, held as the file holds them."""
        return as_held(text, as_lines=self.sources_as_lines)

    def outputs(self, outputs: list[Any]) -> list[Any]:
        """Outputs, their text held as the file holds it."""
        return outputs_held(outputs, as_lines=self.outputs_as_lines)

    def attachments(self, attachments: dict[str, Any]) -> dict[str, Any]:
        """Attachments, their text held as the file holds it."""
        return {
            name: bundle_held(bundle, as_lines=self.outputs_as_lines) if isinstance(bundle, dict) else bundle
            for name, bundle in attachments.items()
        }

    def ordered(self, data: dict[str, Any]) -> dict[str, Any]:
        """A cell, its keys in the order that the file's cells of this type have."""
        order = [key for key in self.orders.get(data["cell_type"], ()) if key in data]
        return {key: data[key] for key in (*order, *(key for key in data if key not in order))}

    def _line(self, depth: int) -> str:
        return self.newline + (self.indent or "") * depth


def _is_ascii_only(text: str) -> bool:
    """Whether there are letters beyond ASCII, and all are escaped."""
    return text.isascii() and any(
        # After an even number of backslashes; another one would be a backslash before a "u".
        (escape.start() - len(text[: escape.start()].rstrip("\\"))) % 2 == 0
        for escape in _ESCAPE.finditer(text)
    )


def _comma(scanned: Scanned) -> str:
    """What stands between two members, in one line."""
    members = list(scanned.members.values())
    between = scanned.text[members[0].end : members[1].start] if len(members) > 1 else ", "
    return between.partition('"')[0] if between.strip() else ", "


def _first_output_text(cells: Sequence[Cell]) -> Any:
    outputs = [output for cell in cells for output in cell.ran[0] if isinstance(output, dict)]
    for output in outputs:
        holder, key = (output["data"], "text/plain") if "data" in output else (output, "text")
        if isinstance(holder, dict) and holder.get(key):
            return holder[key]
    return None


def _is_sorted(keys: Iterable[str]) -> bool:
    listed = list(keys)
    return listed == sorted(listed)
