"""Text files merge by lines; encoding, byte order mark and line endings are the user's and count as no change."""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hubdrives.model import Policy
from hubdrives.sync.merge.lines import LineClash, LinesMerged, merge_lines
from hubdrives.sync.merge.values import Clash, Merged

__all__ = ["LineClash", "LinesMerged", "merge_lines", "merge_text"]

_EIGHT_BIT: Final = "latin-1"
"""Gives back the bytes of any encoding that extends ASCII by single bytes or pairs, whichever it really is."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def merge_text(base: bytes, mine: bytes, theirs: bytes, *, policy: Policy) -> Merged | None:
    """The user's file with upstream's changes, in the user's encoding and line endings.

    Where both changed the same lines, `policy` decides (BOTH counts as MINE). If upstream brings nothing that the user
    has not, `data` is `mine`, byte by byte. None if one version is no text, or if some are in Unicode and others in an
    older encoding, which nobody could name for sure.
    """
    if theirs in (mine, base):
        return Merged(data=mine)
    if mine == base:
        return Merged(data=theirs)
    texts = _texts(base, mine, theirs)
    if texts is None:
        return None
    old, own, new = texts
    merged = merge_lines(old.lines, own.lines, new.lines, policy=policy)
    # A file without lines has no opinion about its last line's end.
    is_ended = new.is_ended if own.is_ended in (None, old.is_ended) else own.is_ended
    clashes = tuple(
        Clash(
            where=_where(clash, clash.theirs if policy is Policy.THEIRS else clash.mine),
            mine="\n".join(clash.mine),
            theirs="\n".join(clash.theirs),
        )
        for clash in merged.clashes
    )
    if (merged.lines, is_ended) == (own.lines, own.is_ended):
        return Merged(data=mine, clashes=clashes)
    end = own.end or new.end or "\n"
    text = end.join(merged.lines) + (end if is_ended and merged.lines else "")
    return Merged(data=own.mark + text.encode(own.encoding), clashes=clashes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """A file's bytes, understood."""

    mark: bytes
    encoding: str
    lines: tuple[str, ...]
    end: str | None
    """The line ending that most lines have; None if there is but one line."""
    is_ended: bool | None
    """Whether the last line has an ending; None without lines."""


def _texts(*versions: bytes) -> list[_Text] | None:
    """All of them, or None if one is no text or they can't be compared."""
    decoded = [_decoded(data) for data in versions]
    if any(one is None or "\0" in one[2] for one in decoded):
        return None
    found = [one for one in decoded if one is not None]
    if any(encoding == _EIGHT_BIT for _, encoding, _ in found):
        if any(mark or (encoding != _EIGHT_BIT and not text.isascii()) for mark, encoding, text in found):
            return None
        found = [(b"", _EIGHT_BIT, text) for _, _, text in found]
    return [_text(mark, encoding, text) for mark, encoding, text in found]


def _decoded(data: bytes) -> tuple[bytes, str, str] | None:
    """Its byte order mark, encoding and text."""
    mark, encoding = next((pair for pair in _MARKS if data.startswith(pair[0])), (b"", "utf-8"))
    try:
        return mark, encoding, data[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        return None if mark else (b"", _EIGHT_BIT, data.decode(_EIGHT_BIT))


def _text(mark: bytes, encoding: str, text: str) -> _Text:
    # A carriage return within a line that ends otherwise is content (a progress bar's output), not an ending.
    mac = "\r" in text and "\n" not in text
    *ended, rest = text.split("\r" if mac else "\n")
    lines = [line.rstrip("\r") for line in ended]
    dos = sum(line.endswith("\r") for line in ended)
    return _Text(
        mark=mark,
        encoding=encoding,
        lines=(*lines, rest) if rest else tuple(lines),
        end=None if not ended else "\r" if mac else "\r\n" if 2 * dos > len(ended) else "\n",
        is_ended=not rest if text else None,
    )


def _where(clash: LineClash, kept: Sequence[str]) -> str:
    first, last = clash.start + 1, clash.start + len(kept)
    if not kept:
        return f"what was after line {clash.start}"
    return f"line {first}" if first == last else f"lines {first}-{last}"
