"""Files that upstream renamed: the user's copy, edited or not, takes the new name. Pure.

A file is known again by the provider's identifier, or else by its bytes. Only what is certain is followed: one old
name, one new name, and nobody's file at the new one. All else is a removal and an addition.
"""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace

from hubdrives.sync.actions import Follow
from hubdrives.sync.plan import Upstream
from hubdrives.sync.values import Base, Record, Shape, Thing, parents_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed:
    """Base and local tree as they will be once `follows` are done."""

    base: Base
    local: Mapping[str, Thing]
    follows: tuple[Follow, ...]
    waiting: frozenset[str] = frozenset()
    """Old and new names of what keeps its old one because it is open in an editor."""

    def origin(self, path: str) -> str:
        """Where what belongs at `path` still stands."""
        return next((follow.path for follow in self.follows if follow.to == path), path)

    def undone(self, base: Base) -> Base:
        """`base`, which has the renames in it, as it is before they are done."""
        files = dict(base.files)
        for follow in self.follows:
            files[follow.path] = files.pop(follow.to)
        return replace(base, files=files)


def renamed(base: Base, local: Mapping[str, Thing], upstream: Upstream, *, is_open: Collection[str]) -> Renamed:
    """Find the renames, and carry them out on `base` and `local`.

    Args:
        base: what the pulls before left.
        local: what is there.
        upstream: the new snapshot.
        is_open: files that are open in an editor: those keep their names until they are closed.
    """
    gone = {
        path: record
        for path, record in base.files.items()
        if path not in upstream.files
        and path not in upstream.left
        and (thing := local.get(path)) is not None
        and thing.shape is Shape.FILE
    }
    if not gone:
        return Renamed(base=base, local=local, follows=())
    new = {path for path in upstream.files if path not in base.files and _is_free(path, local, upstream)}
    follows: list[Follow] = []
    waiting: set[str] = set()
    for key_of_record, keys_of_entry in _KEYS:
        old_by_key = _unique((key_of_record(record), path) for path, record in gone.items())
        new_by_key = _unique((key, path) for path in sorted(new) for key in keys_of_entry(upstream, path))
        for key, to in new_by_key.items():
            path = old_by_key.get(key)
            if path not in gone or to not in new:
                continue
            if path in is_open:
                waiting.update((path, to))
            else:
                follows.append(Follow(path=path, to=to, seen=local[path]))
            del gone[path]
            new.discard(to)
    files, things = dict(base.files), dict(local)
    for follow in follows:
        files[follow.to] = files.pop(follow.path)
        things[follow.to] = things.pop(follow.path)
    follows.sort(key=lambda follow: follow.path)
    return Renamed(base=replace(base, files=files), local=things, follows=tuple(follows), waiting=frozenset(waiting))


def _is_free(path: str, local: Mapping[str, Thing], upstream: Upstream) -> bool:
    """Whether nothing stands at `path` or where its folders have to be."""
    if path in local or path in upstream.left:
        return False
    above = [local[parent] for parent in parents_of(path) if parent in local]
    return all(thing.shape is Shape.FOLDER for thing in above)


def _ids(upstream: Upstream, path: str) -> list[Hashable]:
    entry = upstream.files[path]
    return [entry.id] if entry.id else []


def _digests(upstream: Upstream, path: str) -> list[Hashable]:
    entry = upstream.files[path]
    return [(entry.digest, entry.size)] if entry.digest and entry.size else []


def _digest_of(record: Record) -> Hashable:
    return (record.upstream_digest, record.size) if record.upstream_digest and record.size else None


_KEYS: tuple[tuple[Callable[[Record], Hashable], Callable[[Upstream, str], list[Hashable]]], ...] = (
    (lambda record: record.id or None, _ids),
    (_digest_of, _digests),
)


def _unique(items: Iterable[tuple[Hashable, str]]) -> dict[Hashable, str]:
    """Those whose key no other has."""
    pairs = [(key, path) for key, path in items if key is not None]
    counts = Counter(key for key, _ in pairs)
    return {key: path for key, path in pairs if counts[key] == 1}
