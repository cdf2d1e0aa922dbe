"""What tasks really do: copy between the trees of collections, and delete in them."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from fnmatch import fnmatchcase
from typing import Any

from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.faults import Faults
from hubdrives.testing.emulators.globus.collections import Collection
from hubdrives.testing.emulators.globus.orders import CHECKSUM, DELETE, USUAL_ALGORITHM, Item, Order
from hubdrives.testing.emulators.globus.paths import Path, PathNotAllowedError, resolve
from hubdrives.testing.emulators.globus.places import follow, local_name, lookup, no_such_file
from hubdrives.testing.emulators.globus.settings import Settings
from hubdrives.testing.emulators.globus.shelf import Shelf
from hubdrives.testing.emulators.globus.tasks import Step, Task, TroubleError, iso
from hubdrives.testing.emulators.tree import FILE, FOLDER, SHORTCUT, Node

_NOT_ALLOWED = "500 Command failed : Path not allowed."


class Worker:
    """Does the steps of tasks.

    Args:
        tree: the files of all collections.
        writing: changes of the tree are made in it.
        faults: that are set; those that stick to collections stop tasks, too.
        settings: how fast it is.
    """

    def __init__(
        self,
        tree: Shelf,
        writing: Callable[[], AbstractAsyncContextManager[None]],
        faults: Faults,
        settings: Settings,
    ) -> None:
        self._tree = tree
        self._writing = writing
        self._faults = faults
        self._settings = settings

    def seconds(self, task: Task) -> float:
        """How long the first step of a task takes."""
        if not task.steps:
            return 0.0
        step = task.steps[0]
        size = 0 if step.what != "file" or self._is_there(task.order, step, deep=False) else step.size
        return self._settings.seconds_per_file + size / self._settings.bandwidth

    async def do(self, task: Task, now: float) -> list[Step]:
        """Do the first step of a task; gives the steps that take its place.

        Args:
            task: it is changed only when the step succeeds.
            now: when the step ends, seconds since 1970.

        Raises:
            TroubleError: it can't be done, at least now.
        """
        step, order = task.steps[0], task.order
        for each in (order.source, order.destination):
            if each is not None:
                self._need(each)
        match step.what:
            case "item" if order.kind == DELETE:
                return list(self._expand_delete(task, step.item))
            case "item":
                return list(self._expand(task, step.item))
            case "file":
                await self._copy(task, step, now)
            case "folder":
                await self._make_folder(task, step)
            case "delete":
                await self._delete(task, step)
            case "extra":
                await self._delete_extra(task, step)
        return []

    def _need(self, collection: Collection) -> None:
        lasting = {
            each
            for each in ("disconnected", "unreachable", "session_expired")
            if self._faults.lasts(each, node_id=collection.id, name=collection.display_name or "")
        }
        where = f"Endpoint: {collection.display_name} ({collection.id})\n"
        if collection.gcp_connected is False or "disconnected" in lasting:
            raise TroubleError("GC_NOT_CONNECTED", f"{where}Message: The endpoint is not currently connected to Globus")
        if "unreachable" in lasting:
            raise TroubleError("CONNECT_FAILED", f"{where}Message: Could not connect to the server")
        if "session_expired" in lasting:
            raise TroubleError("AUTH", f"{where}Message: Login Failed")

    def _at(self, order: Order, collection: Collection, text: str, *, write: bool) -> Path:
        """What a path means, where the owner of the task may read or write."""
        try:
            path = resolve(collection, text, local_name(order.owner))
        except PathNotAllowedError:
            raise TroubleError("PERMISSION_DENIED", f"Path: {text}\n{_NOT_ALLOWED}", at_source=not write) from None
        self._need_leave(order, collection, path, write=write)
        return path

    def _need_leave(self, order: Order, collection: Collection, path: Path, *, write: bool) -> None:
        found = collection.permissions(order.who, path.absolute)
        closed = self._faults.lasts("no_access", node_id=collection.id, name=collection.display_name or "")
        if closed or found is None or (write and found != "rw"):
            raise TroubleError("PERMISSION_DENIED", f"Path: {path.shown}\n{_NOT_ALLOWED}", at_source=not write)

    def _expand(self, task: Task, item: Item) -> Iterator[Step]:
        """The files and folders that an item stands for."""
        order = task.order
        source = self._at(order, order.source, item.source, write=False)
        destination = self._at(order, _destination(order), item.destination, write=True)
        node = self._source(order, source)
        if node.kind != FOLDER:
            if item.recursive:
                raise TroubleError("NOT_A_DIRECTORY", f"Path: {source.shown}\nPath is not a directory", fatal=True)
            there = lookup(self._tree, _destination(order).root, destination.absolute)
            if destination.slash or (there is not None and there.kind == FOLDER):
                raise TroubleError("IS_A_DIRECTORY", f"Path: {destination.folder}\nPath is a directory")
            task.files += 1
            yield Step("file", item, source, destination, _size(node))
            return
        if item.recursive is False:
            raise TroubleError("IS_A_DIRECTORY", f"Path: {source.shown}\nPath is a directory", fatal=True)
        yield from self._folder(task, item, node, source, destination)
        if order.options.delete_destination_extra:
            yield Step("extra", item, source, destination)

    def _folder(self, task: Task, item: Item, node: Node, source: Path, destination: Path) -> Iterator[Step]:
        task.directories += 1
        yield Step("folder", item, source, destination)
        for each in sorted(self._tree.children(node.id), key=lambda each: each.name):
            if each.kind == SHORTCUT:
                task.symlinks += 1
            elif not task.order.takes(each.name, folder=each.kind == FOLDER):
                continue
            elif each.kind == FOLDER:
                yield from self._folder(task, item, each, source / each.name, destination / each.name)
            else:
                task.files += 1
                yield Step("file", item, source / each.name, destination / each.name, _size(each))

    def _source(self, order: Order, path: Path) -> Node:
        node = lookup(self._tree, order.source.root, path.absolute)
        if node is None:
            raise TroubleError("FILE_NOT_FOUND", f"Path: {path.shown}\n{no_such_file()}", at_source=True)
        return node

    async def _copy(self, task: Task, step: Step, now: float) -> None:
        order, options = task.order, task.order.options
        source, destination = _both(step)
        node = self._source(order, source)
        rule = task.effects.get("denied_files")
        if rule is not None and fnmatchcase(source.name, rule.text):
            raise TroubleError("PERMISSION_DENIED", f"Path: {source.shown}\n500 Permission denied.", at_source=True)
        self._need_leave(order, order.source, source, write=False)
        self._need_leave(order, _destination(order), destination, write=True)
        content = node.content or Content.of(b"")
        compared = options.sync_level == CHECKSUM
        algorithm = step.item.algorithm or USUAL_ALGORITHM
        wanted = compared or options.verify_checksum or step.item.checksum is not None
        digest = await _digest(content, algorithm) if wanted else None
        there = lookup(self._tree, _destination(order).root, destination.absolute)
        if compared and there is not None and there.content is not None:
            await asyncio.to_thread(there.content.hash)
        if self._is_there(order, step):
            task.files_skipped += 1
            task.bytes_checksummed += content.size if compared else 0
            return
        arrived = await self._transmit(task, step, content)
        if options.verify_checksum and arrived is not content:
            raise TroubleError("VERIFY_CHECKSUM", f"Path: {destination.shown}\nChecksum verification failed")
        await self._put(order, destination, arrived, node.modified if options.preserve_timestamp else now)
        if step.item.checksum is not None and step.item.checksum != await _digest(arrived, algorithm):
            text = f"Path: {destination.shown}\nThe checksum is not {step.item.checksum}"
            raise TroubleError("VERIFY_CHECKSUM", text, fatal=True)
        task.files_transferred += 1
        task.bytes_transferred += content.size
        task.successes.append(
            {
                "DATA_TYPE": "successful_transfer",
                "source_path": source.shown,
                "destination_path": destination.shown,
                "size": content.size,
                "checksum": digest,
                "checksum_algorithm": algorithm if digest else None,
                "dynamic": False,
            }
        )

    async def _transmit(self, task: Task, step: Step, content: Content) -> Content:
        """What arrives: the very content, or a damaged one, once for each file."""
        source, _ = _both(step)
        if "checksum_mismatch" not in task.effects or source.absolute in task.damaged or not content.size:
            return content
        task.damaged.add(source.absolute)
        data = await asyncio.to_thread(content.read)
        return Content.of(bytes([data[0] ^ 0xFF]) + data[1:])

    async def _put(self, order: Order, path: Path, content: Content, modified: float) -> None:
        async with self._writing():
            parent = self._make_folders(order, path.names[:-1])
            there = self._tree.child(parent.id, path.name)
            there = None if there is None else follow(self._tree, there)
            if there is not None and there.kind == FOLDER and order.options.delete_destination_extra:
                self._tree.delete(there.id)
                there = None
            if there is None:
                self._tree.add(path.name, parent=parent.id, kind=FILE, content=content, modified=modified)
            elif there.content is None:
                raise TroubleError("IS_A_DIRECTORY", f"Path: {path.shown}\nPath is a directory")
            else:
                self._tree.replace(there.id, content, modified=modified)

    async def _make_folder(self, task: Task, step: Step) -> None:
        _, destination = _both(step)
        self._need_leave(task.order, _destination(task.order), destination, write=True)
        async with self._writing():
            self._make_folders(task.order, destination.names)

    def _make_folders(self, order: Order, names: list[str]) -> Node:
        """The folder at a path of the destination, made as far as it is not there."""
        node = self._tree[_destination(order).root]
        for name in names:
            child = self._tree.child(node.id, name)
            found = None if child is None else follow(self._tree, child)
            if found is not None and found.kind != FOLDER and order.options.delete_destination_extra:
                self._tree.delete(found.id)
                found = None
            node = found or self._tree.add(name, parent=node.id)
            if node.kind != FOLDER:
                raise TroubleError("NOT_A_DIRECTORY", f"Path: {'/'.join(('', *names))}\nPath is not a directory")
        return node

    def _is_there(self, order: Order, step: Step, *, deep: bool = True) -> bool:
        """Whether the destination has a file already, as far as the sync level asks.

        Args:
            order: whose sync level.
            step: of the file.
            deep: compare checksums, too, which were worked out before.
        """
        level = order.options.sync_level
        source, destination = _both(step)
        there = lookup(self._tree, _destination(order).root, destination.absolute)
        node = lookup(self._tree, order.source.root, source.absolute)
        if level is None or there is None or there.content is None or node is None or node.content is None:
            return False
        match level:
            case 0:
                return True
            case 1:
                return there.content.size == node.content.size
            case 2:
                return there.content.size == node.content.size and int(there.modified) >= int(node.modified)
        same = there.content.size == node.content.size
        return same and (not deep or there.content.md5 == node.content.md5)

    def _expand_delete(self, task: Task, item: Item) -> Iterator[Step]:
        order = task.order
        path = self._at(order, order.source, item.source, write=True)
        found = list(self._matching(order, path)) if order.options.interpret_globs else [path]
        for each in found or [path]:
            node = lookup(self._tree, order.source.root, each.absolute)
            if node is None:
                if order.options.ignore_missing:
                    continue
                raise TroubleError("FILE_NOT_FOUND", f"Path: {each.shown}\n{no_such_file()}")
            if node.kind == FOLDER and not order.options.recursive:
                raise TroubleError("IS_A_DIRECTORY", f"Path: {each.shown}\nPath is a directory", fatal=True)
            yield Step("delete", item, each)

    def _matching(self, order: Order, pattern: Path) -> Iterator[Path]:
        """The paths that fit one with `*`, `?` and `[...]` in it."""
        found = [Path("/", "/")]
        for name in pattern.names:
            found = [
                each / child.name
                for each in found
                if (node := lookup(self._tree, order.source.root, each.absolute)) is not None
                for child in self._tree.children(node.id)
                if fnmatchcase(child.name, name)
            ]
        yield from found

    async def _delete(self, task: Task, step: Step) -> None:
        path = step.source or Path("/", "/")
        async with self._writing():
            parent = lookup(self._tree, task.order.source.root, path.parent)
            node = None if parent is None else self._tree.child(parent.id, path.name)
            if node is None:
                return
            kinds = [each.kind for each in self._tree.below(node.id)]
            task.directories += kinds.count(FOLDER)
            task.files += len(kinds) - kinds.count(FOLDER)
            self._tree.delete(node.id)

    async def _delete_extra(self, task: Task, step: Step) -> None:
        """Remove what the source doesn't have; what it has of another sort was in the way before."""
        source, destination = _both(step)
        if task.skipped:
            task.note("DELETE_DESTINATION_EXTRA_SKIPPED", time=task.due)
            return
        have = lookup(self._tree, task.order.source.root, source.absolute)
        there = lookup(self._tree, _destination(task.order).root, destination.absolute)
        if have is not None and there is not None:
            async with self._writing():
                self._prune(have, there)

    def _prune(self, have: Node, there: Node) -> None:
        for each in self._tree.children(there.id):
            node = self._tree.child(have.id, each.name)
            if node is None:
                self._tree.delete(each.id)
            elif node.kind == each.kind == FOLDER:
                self._prune(node, each)


def skipped(step: Step, trouble: TroubleError, now: float) -> dict[str, Any]:
    """The line of what a task left out."""
    return {
        "DATA_TYPE": "skipped_error",
        "checksum_algorithm": step.item.algorithm or None,
        "destination_path": step.item.destination if step.destination is None else step.destination.shown,
        "error_code": trouble.code,
        "error_details": trouble.details,
        "error_time": iso(now),
        "external_checksum": step.item.checksum,
        "is_delete_destination_extra": False,
        "is_directory": step.what == "folder" or bool(step.item.recursive and step.what == "item"),
        "is_symlink": False,
        "source_path": step.item.source if step.source is None else step.source.shown,
    }


def _destination(order: Order) -> Collection:
    if order.destination is None:
        raise ValueError("a delete has no destination")
    return order.destination


def _both(step: Step) -> tuple[Path, Path]:
    if step.source is None or step.destination is None:
        raise ValueError(f"{step.what} goes nowhere")
    return step.source, step.destination


def _size(node: Node) -> int:
    return 0 if node.content is None else node.content.size


async def _digest(content: Content, algorithm: str) -> str:
    await asyncio.to_thread(content.hash)
    return {"MD5": content.md5, "SHA1": content.sha1, "SHA256": content.sha256}[algorithm]
