"""What of upstream's tree is wanted here, decided by path and size. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hubdrives.choice import Choice, pattern_spec, readable_size
from hubdrives.errors import BadInput, NotFound
from hubdrives.model import RENAMED, TOO_LARGE, WHOLE, Entry, Kind, Skipped
from hubdrives.sync.values import parents_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """What a pull shall consider."""

    entries: tuple[tuple[str, Entry], ...]
    """(its path in the working folder, the entry)."""
    left: frozenset[str] = frozenset()
    """Paths in the working folder that are left as they are, whatever upstream has: excluded, or too large now."""
    skipped: tuple[Skipped, ...] = ()
    """Files that stay remote."""


def select(entries: Iterable[Entry], choice: Choice, *, tracked: Iterable[str]) -> Selected:
    """What `choice` lets through.

    A folder comes if anything in it does, or if nothing in it could. With `include`, an empty one must match, too.

    Args:
        entries: all of a snapshot.
        choice: what is wanted.
        tracked: the paths in the working folder that earlier pulls brought.

    Raises:
        NotFound: there is no such subfolder.
        BadInput: the subfolder is a file.
    """
    inside = list(_inside(entries, choice.subfolder))
    included = pattern_spec(choice.include) if choice.include else None
    excluded = pattern_spec(choice.exclude) if choice.exclude else None

    def is_wanted(path: str) -> bool:
        if excluded is not None and excluded.match_file(path):
            return False
        return included is None or bool(included.match_file(path))

    files = [(path, entry) for path, entry in inside if entry.kind is Kind.FILE and is_wanted(path)]
    skipped = {item.path: item for item in _too_large(files, choice)}
    coming = {path for path, _ in files if path not in skipped}
    left = {path for path in tracked if path in skipped or not is_wanted(path)}

    full = {parent for path, _ in inside for parent in parents_of(path)}
    for path, entry in inside:
        if entry.kind is Kind.FOLDER and is_wanted(f"{path}/") and (included is None or path not in full):
            coming.add(path)
    needed = coming.union(*map(parents_of, coming))
    return Selected(
        entries=tuple((path, entry) for path, entry in inside if path in needed),
        # What was a file and is a wanted folder now is upstream's to decide.
        left=frozenset(left - needed),
        skipped=tuple(skipped[path] for path in sorted(skipped)),
    )


def withheld(
    skipped: Iterable[Skipped], entries: Iterable[tuple[str, Entry]], *, tracked: Iterable[str]
) -> frozenset[str]:
    """The paths of `tracked` that the provider left out of its snapshot, or that are in a folder that it left out.

    What is there under another name, or has come back as something else, is not withheld.
    """
    out = {item.path for item in skipped if item.code != RENAMED}
    there = {path for path, _ in entries}
    return frozenset(
        path for path in tracked if path not in there and not out.isdisjoint((WHOLE, path, *parents_of(path)))
    )


def _inside(entries: Iterable[Entry], subfolder: str) -> Iterator[tuple[str, Entry]]:
    """What is in the subfolder, with its path there."""
    prefix = f"{subfolder}/" if subfolder else ""
    exists = not subfolder
    for entry in entries:
        if entry.path == subfolder and entry.kind is Kind.FILE:
            raise BadInput(f"'{subfolder}' is a file, not a folder of the source.")
        exists = exists or entry.path == subfolder or entry.path.startswith(prefix)
        if entry.path.startswith(prefix):
            yield entry.path.removeprefix(prefix), entry
    if not exists:
        raise NotFound(
            f"There is no folder '{subfolder}' in the source.",
            hint="Check its name, capitals included; it may have been moved or deleted.",
        )


def _too_large(files: Sequence[tuple[str, Entry]], choice: Choice) -> Iterator[Skipped]:
    """Those that stay remote. What has no known size comes."""
    total = 0
    # The smallest first, so that as many as possible come; the order of a listing decides nothing.
    for size, path in sorted((entry.size or 0, path) for path, entry in files):
        told = f"This file ({readable_size(size)})"
        if choice.max_file is not None and size > choice.max_file:
            reason = f"{told} is larger than {readable_size(choice.max_file)} and stays at the source."
        elif choice.max_total is not None and total + size > choice.max_total:
            reason = f"{told} would make more than {readable_size(choice.max_total)} in all and stays at the source."
        else:
            total += size
            continue
        yield Skipped(path=path, reason=reason, code=TOO_LARGE)
