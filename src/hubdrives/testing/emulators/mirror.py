"""The other way round: what is done to the nodes of a tree is done to the directory that they are served from."""

import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from hubdrives.testing.emulators.content import CHUNK, Content
from hubdrives.testing.emulators.seen import Seen
from hubdrives.testing.emulators.tree import FILE, FOLDER, Tree


class Mirror:
    """Brings a directory up to a tree.

    Args:
        tree: what has changed.
        root: the id of the folder that the directory is served as.
        directory: where.
        ids: the nodes by path, as they were before; kept up.
        seen: what was found of the paths, the same.
    """

    def __init__(self, tree: Tree, root: str, directory: Path, ids: dict[str, str], seen: dict[str, Seen]) -> None:
        self._tree = tree
        self._root = root
        self._directory = directory
        self._ids = ids
        self._seen = seen
        self._paths = {node: path for path, node in ids.items()}
        self._touched: set[str] = set()

    def follow(self, changed: Iterable[str]) -> None:
        """Do what was done to these nodes.

        Raises:
            OSError: the directory doesn't take it.
        """
        for node in changed:
            old, new = self._paths.get(node), self._place(node)
            if old is not None and new is None:
                self._drop(old)
            elif old is not None and new is not None and old != new:
                self._rename(old, new)
            if new is not None:
                for each in self._tree.below(node):
                    self._put(each.id)
        for path in self._touched & self._seen.keys():
            # A folder's time follows what is in it.
            self._seen[path] = replace(self._seen[path], mtime_ns=(self._directory / path).stat().st_mtime_ns)

    def _place(self, node: str) -> str | None:
        """Where a node belongs in the directory, if anywhere."""
        if node not in self._tree or self._tree.in_trash(node) or self._root not in self._tree.lineage(node):
            return None
        names: list[str] = []
        while node != self._root:
            known, name = self._paths.get(node), self._tree[node].name
            # The sidecar may have given a path another name.
            same = known is not None and self._seen[known].name == name
            names.insert(0, PurePosixPath(known).name if known is not None and same else name)
            node = self._tree[node].parents[0]
        return "/".join(names)

    def _put(self, node: str) -> None:
        """Make the file or folder that a node is, unless it is there."""
        path, found = self._place(node), self._tree[node]
        if not path or found.kind not in {FILE, FOLDER}:
            return
        target, known = self._directory / path, self._seen.get(path)
        if found.content is None:
            if known is not None:
                return
            target.mkdir(exist_ok=True)
        elif known is None or known.kept != found.content:
            _write(target, found.content, found.modified)
        else:
            return
        status = target.stat()
        self._ids[path], self._paths[node] = node, path
        self._seen[path] = Seen(
            kind=found.kind,
            name=found.name,
            inode=status.st_ino,
            size=0 if found.content is None else status.st_size,
            mtime_ns=status.st_mtime_ns,
            kept=found.content,
        )
        self._touched.add(_parent(path))

    def _drop(self, path: str) -> None:
        target = self._directory / path
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)
        for each in self._inside(path):
            del self._paths[self._ids.pop(each)], self._seen[each]
        self._touched.add(_parent(path))

    def _rename(self, old: str, new: str) -> None:
        (self._directory / old).rename(self._directory / new)
        for each in self._inside(old):
            moved, node = new + each.removeprefix(old), self._ids.pop(each)
            self._ids[moved], self._paths[node] = node, moved
            self._seen[moved] = self._seen.pop(each)
        self._seen[new] = replace(self._seen[new], name=self._tree[self._ids[new]].name)
        self._touched |= {_parent(old), _parent(new)}

    def _inside(self, path: str) -> list[str]:
        return [each for each in self._ids if each == path or each.startswith(f"{path}/")]


def _write(target: Path, content: Content, modified: float) -> None:
    """Put a file in place as a whole."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".new")
    with os.fdopen(descriptor, "wb") as file:
        if content.data is not None:
            file.write(content.data)
        else:
            with content.on_disk.open("rb") as source:
                shutil.copyfileobj(source, file, CHUNK)
    # Whole seconds: no edit that follows leaves the same time.
    os.utime(name, (int(modified), int(modified)))
    new = Path(name)
    new.chmod(0o644)
    new.replace(target)


def _parent(path: str) -> str:
    return path.rpartition("/")[0]
