"""Texts and notebooks in which every line tells who wrote it, and what people do to them.

A line holds one mark: "u7;" is the user's, "t7;" upstream's, "o7;" what a cell printed for the user. Each cell of a
notebook begins with a tag, "c7;", by which it is known whatever happens to the rest of it.
"""

import hashlib
import json
import re
from collections.abc import Iterator

from tests.sync.merge.notebook.books import EDITORS, book, code, printed

_MARK = re.compile(rb"[uto]\d+;")
_TAG = re.compile(r"c\d+;")


def marks(content: bytes | None, who: str = "uto") -> set[bytes]:
    """The marks of those whose letters are in `who`."""
    return {mark for mark in _MARK.findall(content or b"") if chr(mark[0]) in who}


def text(numbers: Iterator[int]) -> bytes:
    return b"".join(b"t%d;\n" % next(numbers) for _ in range(6))


def text_edited(content: bytes, op: str, place: int, mark: str) -> bytes:
    """`content` after one edit of a line; "save" changes the line endings."""
    lines = content.decode().splitlines()
    end = "\r\n" if b"\r\n" in content else "\n"
    match op:
        case "edit" if lines:
            lines[place % len(lines)] = mark
        case "insert" | "edit":
            lines.insert(place % (len(lines) + 1), mark)
        case "delete" if lines:
            del lines[place % len(lines)]
        case "move" if lines:
            lines.append(lines.pop(place % len(lines)))
        case "save":
            end = "\n" if end == "\r\n" else "\r\n"
    return "".join(line + end for line in lines).encode()


def notebook(numbers: Iterator[int]) -> bytes:
    return EDITORS["lab"](book(*(_cell(f"t{next(numbers)};", next(numbers)) for _ in range(4))))


def notebook_edited(content: bytes, op: str, place: int, mark: str, *, number: int, editor: str) -> bytes:
    """`content` after something was done to one cell, saved by another editor."""
    value = _opened(content)
    cells = value["cells"]
    cell = cells[place % len(cells)] if cells else None
    match op:
        case "edit" if cell:
            head, *lines = cell["source"].split("\n")
            if lines and place % 2:
                lines[place % len(lines)] = mark
            else:
                lines.append(mark)
            cell["source"] = "\n".join([head, *lines])
        case "insert" | "edit":
            cells.insert(place % (len(cells) + 1), _cell(mark, number) | _name(value, number))
        case "delete" if cell:
            cells.remove(cell)
        case "move" if cell:
            cells.remove(cell)
            cells.insert((place // 7) % (len(cells) + 1), cell)
        case "run" if cell:
            cell["outputs"], cell["execution_count"] = [printed(mark)], number
    return EDITORS[editor](value)


def is_notebook(content: bytes | None) -> bool:
    return content is not None and content.startswith(b"{")


def cells(content: bytes) -> dict[str, list[set[bytes]]]:
    """By tag: upstream's marks in each cell that begins with it."""
    found: dict[str, list[set[bytes]]] = {}
    for cell in _opened(content)["cells"]:
        for tag in _TAG.findall(cell["source"]):
            found.setdefault(tag, []).append(marks(cell["source"].encode(), "t"))
    return found


def sources(content: bytes) -> dict[str, str]:
    """By tag: the source of the cell that begins with it; nothing if this is no notebook."""
    if not is_notebook(content):
        return {}
    return {tag: cell["source"] for cell in _opened(content)["cells"] for tag in _TAG.findall(cell["source"])}


def _cell(mark: str, number: int) -> dict:
    # No two cells are alike, or nobody could say whether one was edited or replaced by another.
    text = hashlib.sha256(str(number).encode()).hexdigest()
    return code(f"# c{number}; {text}\n{mark}")


def _name(value: dict, number: int) -> dict:
    return {"id": f"cell-{number}"} if value["nbformat_minor"] >= 5 else {}


def _opened(content: bytes) -> dict:
    value = json.loads(content)
    for cell in value["cells"]:
        cell["source"] = "".join(cell["source"])
        for output in cell.get("outputs", []):
            output["text"] = "".join(output["text"])
    return value
