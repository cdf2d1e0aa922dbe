"""A pull's report, for a person."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from hubdrives.model import NOT_YET, TOO_LARGE, Report, Skipped

_MANY = 20
"""So many paths of one group are shown, the rest is counted."""

_BY_CHOICE = frozenset({TOO_LARGE, *NOT_YET})
"""The codes of what somebody wants to be left out, the user or the owner."""


def told(report: Report, *, folder: Path) -> str:
    """`report` in words, lines ended."""
    return "".join(f"{line}\n" for line in _lines(report, folder))


def _lines(report: Report, folder: Path) -> Iterator[str]:
    yield f"{folder}: {summary(report)}"
    yield from group("Merged with your changes:", _with_notes(report.merged, report))
    yield from group("Changed by you and upstream, in the same places:", _with_notes(report.conflicts, report))
    yield from group("Changed by you only, kept:", report.kept)
    yield from group("You had deleted them; they are back:", report.restored)
    yield from group("Renamed, as they were upstream:", _renamed(report.moved))
    yield from group("Gone upstream, removed here:", report.removed)
    yield from group("Yours, moved aside:", _renamed(report.renamed))
    yield from group("Open in an editor, not changed; close them and pull again:", report.held)
    too_large = [item for item in report.skipped if item.code == TOO_LARGE]
    yield from group("Left at the source because of their size:", _with_reasons(too_large))
    yield from group("Not available yet:", _with_reasons([item for item in report.skipped if item.code in NOT_YET]))
    others = [item for item in report.skipped if item.code not in _BY_CHOICE]
    yield from group("Left out, or under another name:", _with_reasons(others))
    yield from group("Could not be brought; pull again to try once more:", _with_reasons(report.failed))


def summary(report: Report) -> str:
    """How many of each, in one sentence."""
    counts = (
        (len(report.added), "added"),
        (len(report.updated), "updated"),
        (len(report.merged), "merged"),
        (len(report.conflicts), "in conflict"),
        (len(report.restored), "restored"),
        (len(report.moved), "renamed"),
        (len(report.removed), "removed"),
        (len(report.held), "waiting"),
        (len(report.failed), "failed"),
    )
    said = [f"{count} {word}" for count, word in counts if count]
    if said:
        return f"{', '.join(said)}."
    if report.all_left_out:
        out = report.skipped
        why = out[0].reason if len({item.reason for item in out}) == 1 else "The reasons are below."
        return f"{len(out)} {'item' if len(out) == 1 else 'items'} can't be brought. {printable(why)}"
    return "everything is up to date."


def _with_notes(paths: Sequence[str], report: Report) -> list[str]:
    return [f"{path}: {' '.join(report.notes[path])}" if path in report.notes else path for path in paths]


def _with_reasons(items: Sequence[Skipped]) -> list[str]:
    return [f"{item.path}: {item.reason}{f' In Python: {item.read}' if item.read else ''}" for item in items]


def _renamed(pairs: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{old} -> {new}" for old, new in pairs]


def group(title: str, paths: Sequence[str]) -> Iterator[str]:
    """`title` and `paths` as lines, not too many of them; nothing if there are no paths."""
    if paths:
        yield title
    for path in paths[:_MANY]:
        yield f"  {printable(path)}"
    if len(paths) > _MANY:
        yield f"  and {len(paths) - _MANY} more"


def printable(text: str) -> str:
    """`text` without what could move the cursor, or can't be written at all."""
    return "".join(char if char.isprintable() else "�" for char in text)
