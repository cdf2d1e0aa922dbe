"""Serves a real directory live: what its owner does to the files there, the tree does too, and the other way round.

Ids follow a path first (an edit, or an editor that writes a new file over the old one, keeps the id), then the inode
(a rename or a move keeps it too). Links, sockets and the sidecar are not served.
"""

import asyncio
import hashlib
import os
import stat
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath

from hubdrives.testing.emulators.content import CHUNK, Content
from hubdrives.testing.emulators.mirror import Mirror
from hubdrives.testing.emulators.seen import Seen
from hubdrives.testing.emulators.sidecar import SIDECAR, Sidecar, read_sidecar
from hubdrives.testing.emulators.tree import FILE, FOLDER, SHORTCUT, Tree

# A file system's clock ticks every few milliseconds, so two edits in one tick can leave equal size and mtime.
# Files written this recently (nanoseconds) are compared by their bytes.
RACY = 100_000_000


class Folder:
    """A directory, and the node of the tree that it is served as.

    Args:
        tree: takes what the directory holds.
        root: the id of the folder in the tree.
        directory: it must exist.
        keep: makes a copy of a file that stays as it is, for providers that keep earlier versions; called in a thread.
            Without it the bytes are served from where they are.

    Raises:
        SidecarError: from every look, while the sidecar can't be read.
    """

    def __init__(
        self, tree: Tree, root: str, directory: Path, *, keep: Callable[[Path], Content] | None = None
    ) -> None:
        self.directory = directory
        self.sidecar = Sidecar()
        self._tree = tree
        self._root = root
        self._keep = keep
        self._seen: dict[str, Seen] = {}
        self._ids: dict[str, str] = {"": root}
        self._edits: dict[str, int] = {}
        self._looking = asyncio.Lock()
        self._looks = 0

    async def refresh(self) -> None:
        """Return when a look that began after this call has ended; calls that wait share one."""
        before = self._looks
        async with self._looking:
            if self._looks > before:
                return
            self._looks += 1
            sidecar, found = await asyncio.to_thread(self._look)
            self._apply(sidecar, found)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Change the tree inside, without waiting for anything; then the same is done to the directory.

        What the owner did before the call is in the tree already, so nothing of it is lost.
        """
        await self.refresh()
        async with self._looking:
            mark = len(self._tree.log)
            yield
            if changed := dict.fromkeys(change.node for change in self._tree.log[mark:]):
                mirror = Mirror(self._tree, self._root, self.directory, self._ids, self._seen)
                await asyncio.to_thread(mirror.follow, changed)

    def id_of(self, path: str) -> str:
        """The id that a path of the folder is served under.

        Raises:
            KeyError: nothing is served from there.
        """
        return self._ids[path]

    def _look(self) -> tuple[Sidecar, dict[str, Seen]]:
        sidecar = read_sidecar(self.directory)
        known = self._seen if sidecar == self.sidecar else {}
        now = time.time_ns()
        found: dict[str, Seen] = {}
        for path, status in _walk(self.directory):
            seen = known.get(path)
            if seen is None or not seen.is_still(status):
                try:
                    seen = self._see(path, status, sidecar, now)
                except FileNotFoundError:
                    continue  # it went away while we looked
            found[path] = seen
        for path, target in sidecar.shortcuts.items():
            parent = _parent(path)
            if path not in found and (not parent or (parent in found and found[parent].kind == FOLDER)):
                name = sidecar.names.get(path, PurePosixPath(path).name)
                found[path] = Seen(kind=SHORTCUT, name=name, target=target)
        return sidecar, found

    def _see(self, path: str, status: os.stat_result, sidecar: Sidecar, now: int) -> Seen:
        folder = stat.S_ISDIR(status.st_mode)
        kind = FOLDER if folder else sidecar.docs.get(path, FILE)
        shown = PurePosixPath(path.encode(errors="surrogateescape").decode(errors="replace"))
        known = self._seen.get(path)
        racy = not folder and now - status.st_mtime_ns < RACY
        compare = racy or (not folder and known is not None and known.racy)
        return Seen(
            kind=kind,
            name=sidecar.names.get(path, shown.name if kind in {FOLDER, FILE} else shown.stem),
            inode=status.st_ino,
            size=0 if folder else status.st_size,
            mtime_ns=status.st_mtime_ns,
            digest=_digest(self.directory / path) if compare and self._keep is None else None,
            racy=racy,
            kept=self._keep(self.directory / path) if self._keep and not folder else None,
        )

    def _apply(self, sidecar: Sidecar, found: Mapping[str, Seen]) -> None:
        if found == self._seen and sidecar == self.sidecar:
            return  # as nearly always
        self.sidecar = sidecar
        kept = {path for path, seen in found.items() if path in self._seen and self._seen[path].kind == seen.kind}
        gone = {path: seen for path, seen in self._seen.items() if path not in kept}
        came = {path: seen for path, seen in found.items() if path not in kept}
        origin = dict(_renames(gone, came, _children(found))) | {path: path for path in kept}
        before, ids = self._seen, {"": self._root}
        for path, seen in found.items():
            parent = ids[_parent(path)]
            old = origin.get(path)
            if old is None:
                ids[path] = self._add(path, seen, parent)
            else:
                ids[path] = self._update(self._ids[old], path, before[old], seen, parent)
        stays = {"", *origin.values()}
        for path in gone.keys() - stays:
            # What is in a folder that goes away goes with it.
            if _parent(path) in stays:
                self._remove(self._ids[path])
        self._ids, self._seen = ids, dict(found)
        self._point_shortcuts()

    def _add(self, path: str, seen: Seen, parent: str) -> str:
        node = self._tree.add(
            seen.name,
            parent=parent,
            kind=seen.kind,
            content=self._content(path, seen),
            modified=seen.mtime_ns / 1e9 if seen.mtime_ns else None,
        )
        return node.id

    def _update(self, node: str, path: str, old: Seen, seen: Seen, parent: str) -> str:
        """Do to a node what was done to a path; gives the id that it has then."""
        if (seen.name, (parent,)) != (self._tree[node].name, self._tree[node].parents):
            self._tree.move(node, parent, name=seen.name)
        edited = not seen.same_bytes(old)
        edits = self._edits.get(node, 0) + edited
        content = self._content(path, seen, edit=edits)
        if content is None:
            return node
        if edited:
            node = self._tree.replace(node, content, modified=seen.mtime_ns / 1e9).id
            self._edits[node] = edits
        elif content != self._tree[node].content:
            self._tree.relocate(node, content)
        return node

    def _content(self, path: str, seen: Seen, *, edit: int = 0) -> Content | None:
        if seen.kind in {FOLDER, SHORTCUT}:
            return None
        return seen.kept or Content(size=seen.size, path=self.directory / path, mtime_ns=seen.mtime_ns, edit=edit)

    def _remove(self, node: str) -> None:
        if node not in self._tree:
            return
        if self.sidecar.deletes == "forever":
            self._tree.delete(node)
        else:
            self._tree.trash(node)

    def _point_shortcuts(self) -> None:
        for path, seen in self._seen.items():
            if seen.target is not None:
                target = seen.target.id or self._ids.get(seen.target.path or "", "nothing-there")
                if self._tree[self._ids[path]].target != target:
                    self._tree.retarget(self._ids[path], target)


def _walk(directory: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Relative paths of folders and regular files, each folder before what is in it."""
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        try:
            with os.scandir(directory / prefix) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            if not prefix:
                raise
            continue  # it went away while we looked
        for entry in found:
            path = f"{prefix}/{entry.name}" if prefix else entry.name
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if stat.S_ISDIR(status.st_mode):
                waiting.append(path)
                yield path, status
            elif stat.S_ISREG(status.st_mode) and path != SIDECAR:
                yield path, status


def _digest(path: Path) -> str | None:
    digest = hashlib.blake2b()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    except FileNotFoundError:
        return None
    return digest.hexdigest()


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _children(paths: Mapping[str, Seen]) -> dict[str, set[tuple[int, ...]]]:
    """What marks the things in each folder: of a folder its inode, as its mtime follows what is in it."""
    marks: dict[str, set[tuple[int, ...]]] = {}
    for path, seen in paths.items():
        mark = (seen.inode,) if seen.kind == FOLDER else (seen.inode, seen.size, seen.mtime_ns)
        marks.setdefault(_parent(path), set()).add(mark)
    return marks


def _renames(
    gone: Mapping[str, Seen], came: Mapping[str, Seen], children: Mapping[str, set[tuple[int, ...]]]
) -> Iterator[tuple[str, str]]:
    """Pairs of new path and old path that are one file or folder, renamed or moved.

    A file system gives the inode of a deleted file to the next one, so an inode alone proves nothing: a file must have
    kept its size and mtime, a folder something that is in it, or an empty one its mtime.
    """
    old_children = _children(gone)
    by_inode = {(seen.kind, seen.inode): path for path, seen in gone.items() if seen.kind != SHORTCUT}
    for path, seen in came.items():
        old = by_inode.get((seen.kind, seen.inode))
        if old is None:
            continue
        had, has = old_children.get(old, set()), children.get(path, set())
        if had & has or (not had and not has and gone[old].same_bytes(seen)):
            del by_inode[seen.kind, seen.inode]
            yield path, old
