"""A pull's report, for a person."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from hubdrives.model import Report, Skipped

_MANY = 20
"""So many paths of one group are shown, the rest is counted."""


def told(report: Report, *, folder: Path) -> str:
    """`report` in words, lines ended."""
    return "".join(f"{line}\n" for line in _lines(report, folder))


def _lines(report: Report, folder: Path) -> Iterator[str]:
    yield f"{folder}: {_summary(report)}"
    yield from _group("Merged with your changes:", report.merged)
    yield from _group("Changed by you and upstream; yours stay as they are:", report.conflicts)
    yield from _group("Changed by you only, kept:", report.kept)
    yield from _group("You had deleted them; they are back:", report.restored)
    yield from _group("Gone upstream, removed here:", report.removed)
    yield from _group("Yours, moved aside:", [f"{old} -> {new}" for old, new in report.renamed])
    yield from _group("Left out, or under another name:", _with_reasons(report.skipped))
    yield from _group("Could not be brought; pull again to try once more:", _with_reasons(report.failed))


def _summary(report: Report) -> str:
    counts = (
        (len(report.added), "added"),
        (len(report.updated), "updated"),
        (len(report.merged), "merged"),
        (len(report.conflicts), "in conflict"),
        (len(report.restored), "restored"),
        (len(report.removed), "removed"),
        (len(report.failed), "failed"),
    )
    said = [f"{count} {word}" for count, word in counts if count]
    return f"{', '.join(said)}." if said else "everything is up to date."


def _with_reasons(items: Sequence[Skipped]) -> list[str]:
    return [f"{item.path}: {item.reason}" for item in items]


def _group(title: str, paths: Sequence[str]) -> Iterator[str]:
    if paths:
        yield title
    for path in paths[:_MANY]:
        yield f"  {_printable(path)}"
    if len(paths) > _MANY:
        yield f"  and {len(paths) - _MANY} more"


def _printable(text: str) -> str:
    """`text` without what could move the cursor, or can't be written at all."""
    return "".join(char if char.isprintable() else "�" for char in text)
