"""A pull that meets everything that can happen to a file, and what can be done after it."""

import asyncio
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import settings
from tests.sync.breaking import Breaking, Quick, kill
from tests.sync.merge.notebook.books import book, code, jupyter, printed, vscode
from tests.sync.source import HERE, Memory, Tree, hidden, plant, tree_of

from hubdrives import folder
from hubdrives.choice import Choice
from hubdrives.errors import Busy
from hubdrives.model import Policy, Report
from hubdrives.pull import pull
from hubdrives.sync.disk import Calls
from hubdrives.sync.layout import JOURNAL, LOCK, STATE

NOW = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
CHANGES = ("added", "updated", "merged", "conflicts", "removed", "restored", "renamed", "moved", "held", "failed")
"""The fields of a report that say that something happened."""
NIGHTLY = settings.get_current_profile_name() == "nightly"


def lines(**changed: str) -> bytes:
    """Ten lines, some of them other ones."""
    numbers = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return "".join(f"{changed.get(number, number)}\n" for number in numbers).encode()


def cells(**changed: str) -> list[dict]:
    """Four cells with ids, some of them with another source."""
    return [code(changed.get(name, f"{name} = 1"), name=name) for name in ("a", "b", "c", "d")]


def ran(*made: dict) -> list[dict]:
    return [cell | {"execution_count": 1, "outputs": [printed(f"USER ran {cell['source']}")]} for cell in made]


FIRST: Tree = {
    "same": b"same",
    "updated": b"updated, first",
    "removed": b"removed",
    "mine": b"mine, upstream's",
    "both": b"both, first",
    "deleted": b"deleted",
    "was/a": b"a",
    "was/deep/b": b"b",
    "file-to-folder": b"a file",
    "folder-to-file/x": b"x",
    "folder-to-file/edited": b"edited, first",
    "notes.md": lines(),
    "disputed.md": lines(),
    "lesson.ipynb": jupyter(book(*cells())),
    "quiz.ipynb": jupyter(book(*cells(a="quiz = 1"))),
    "old.md": lines(one="a chapter"),
    "left.dat": b"renamed, and left alone",
    "edited.dat": b"renamed, first",
}
SECOND: Tree = {
    "same": b"same",
    "updated": b"updated, second",
    "mine": b"mine, upstream's",
    "both": b"both, second",
    "deleted": b"deleted",
    "file-to-folder/y": b"y",
    "folder-to-file": b"a file now",
    "clash.txt": b"clash, upstream's",
    "blocked/z": b"z",
    "linked": b"linked, upstream's",
    "new/empty": None,
    "new/file": b"new",
    "notes.md": lines(nine="nine, second"),
    "disputed.md": lines(two="two, second", nine="nine, second"),
    "lesson.ipynb": jupyter(book(*cells(d="d = 2"), code("e = 2", name="e"))),
    "quiz.ipynb": jupyter(book(*cells(a="quiz = 2", d="d = 2"))),
    "chapters/new.md": lines(one="a chapter", nine="nine, second"),
    "chapters/left.dat": b"renamed, and left alone",
    "chapters/edited.dat": b"renamed, second",
}
RENAMED = {"chapters/new.md": "old.md", "chapters/left.dat": "left.dat", "chapters/edited.dat": "edited.dat"}
USER: Tree = {
    "mine": b"USER's mine",
    "both": b"USER's both",
    "folder-to-file/edited": b"USER's edited",
    "clash.txt": b"USER's clash",
    "blocked": b"USER's blocked",
    "own": b"USER's own",
    "notes.md": lines(two="USER's two"),
    "disputed.md": lines(two="USER's two", five="USER's five"),
    "lesson.ipynb": vscode(book(*ran(*cells(a="a = 'USER'")))),
    "quiz.ipynb": jupyter(book(*cells(a="quiz = 'USER'", b="b = 'USER'"))),
    "old.md": lines(one="a chapter", two="USER's two"),
    "edited.dat": b"USER's renamed",
}
DISPUTED = ("both", "chapters/edited.dat", "disputed.md", "quiz.ipynb")
"""Where upstream's version has no place of its own, under the default policy."""


def first() -> Memory:
    return Memory(FIRST)


def second(*, digest: str | None = "md5") -> Memory:
    source = Memory(SECOND, digest=digest)
    source.ids = dict(RENAMED)
    return source


def run(source: Memory, target: Path, calls: Calls | None = None, *, policy: Policy = Policy.MINE) -> Report:
    choice = Choice(policy=policy)
    made = pull(source, HERE, target, choice=choice, now=lambda: NOW, patience=0, calls=calls or Quick())
    return asyncio.run(made)


def undo(target: Path, calls: Calls | None = None) -> Report:
    return asyncio.run(folder.undo(target, now=lambda: NOW, calls=calls or Quick()))


def reset(source: Memory, target: Path, calls: Calls | None = None) -> Report:
    """All of it set back."""
    return asyncio.run(folder.reset(target, [""], now=lambda: NOW, fetch=source.read, calls=calls or Quick()))


def planted(target: Path) -> Path:
    """A working folder with the first tree and the user's edits."""
    run(first(), target)
    plant(target, USER)
    (target / "deleted").unlink()
    (target / "linked").symlink_to("/etc")
    return target


def copy(working_folder: Path, to: Path) -> Path:
    return Path(shutil.copytree(working_folder, to / "course", symlinks=True))


def killed(at: int, work: Callable[..., object], *args: Any, **options: Any) -> int:
    """Do `work` in a child that gets SIGKILL at step `at`. Returns the signal, 0 if it came to its end before."""
    child = os.fork()
    if child == 0:
        try:
            work(*args, calls=Breaking(at, kill), **options)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def again(work: Callable[..., Report], *args: Any, **options: Any) -> Report:
    """Do `work` undisturbed. If what failed before could not even remove its lock, this is a minute later."""
    try:
        return work(*args, **options)
    except Busy:
        target = next(one for one in args if isinstance(one, Path))
        old = time.time() - 61
        os.utime(target / LOCK, (old, old))
        return work(*args, **options)


def some(count: int, *, of: int, part: int = 0) -> Iterable[int]:
    """Steps from 1 to `count`: all of them in the nightly run, else every `of`-th; `part` says which."""
    return range(1, count + 1) if NIGHTLY else range(1 + part % of, count + 1, of)


def is_done(target: Path, before: Path) -> bool:
    """Whether what was done in `target`, which was like `before`, came so far that it is all written down."""
    state = (target / STATE).read_bytes()
    is_told = state != (before / STATE).read_bytes() and json.loads(state)["unfinished"] is None
    return is_told and not (target / JOURNAL).exists()


def assert_nothing_lost(target: Path) -> None:
    kept = set(tree_of(target).values()) | hidden(target)
    assert not {path: content for path, content in USER.items() if content not in kept}


def assert_no_litter(target: Path) -> None:
    state = target / ".hubdrives"
    assert not (state / "journal").exists()
    assert not list(state.glob("lock*"))
    assert not list((state / "tmp").iterdir())


def assert_settled(source: Memory, target: Path, *, policy: Policy = Policy.MINE) -> None:
    """One more pull does nothing."""
    tree, reads = tree_of(target), len(source.reads)
    report = run(source, target, policy=policy)
    assert tree_of(target) == tree
    assert len(source.reads) == reads
    assert {name: told for name in CHANGES if (told := getattr(report, name))} == {}


def versions(target: Path) -> Iterator[tuple[str, bytes]]:
    """The files of which upstream's version has no place of its own, and that version."""
    for path in folder.status(target).conflicts:
        yield path, asyncio.run(folder.upstream(target, path))
