"""What becomes of a path `x`, pulled for real: every (base, local, remote), looked at from outside."""

import shutil
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest
from tests.sync.source import HERE, Memory, Tree, hidden, plant, tree_of

from hubdrives.pull import pull

BASES: dict[str, Tree] = {"absent": {}, "file": {"x": b"base"}, "folder": {"x/in": b"base in"}}
LOCALS: dict[str, Tree | None] = {
    "untouched": None,
    "absent": {},
    "same bytes, new file": {"x": b"base"},
    "upstream's bytes": {"x": b"new!"},
    "changed": {"x": b"user's longer"},
    "changed, same size": {"x": b"user"},
    "empty folder": {"x": None},
    "folder": {"x/in": b"user's in", "x/mine": b"user's own"},
    "symlink": {},
}
REMOTES: dict[str, Tree] = {
    "absent": {},
    "file as before": {"x": b"base"},
    "file": {"x": b"new!"},
    "empty folder": {"x": None},
    "folder": {"x/in": b"new in"},
}
STAMP = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
ASIDE = "x__20240102030405"


@pytest.mark.parametrize("digest", ["md5", None])
@pytest.mark.parametrize(("base", "local", "remote"), list(product(BASES, LOCALS, REMOTES)))
async def test_upstream_s_names_and_the_user_s_bytes(tmp_path: Path, base: str, local: str, remote: str, digest: str):
    target, outside = tmp_path / "course", tmp_path / "outside"
    plant(outside, {"secret": b"untouchable"})
    source = Memory({"other": b"stays", **BASES[base]}, digest=digest)
    await pull(source, HERE, target, now=lambda: STAMP)
    if local != "untouched":
        if (target / "x").is_dir():
            shutil.rmtree(target / "x")
        else:
            (target / "x").unlink(missing_ok=True)
        plant(target, LOCALS[local] or {})
    if local == "symlink":
        (target / "x").symlink_to(outside)
    before = tree_of(target)
    source.tree = {"other": b"stays", **REMOTES[remote]}

    report = await pull(source, HERE, target, now=lambda: STAMP)

    after = tree_of(target)
    assert after == {"other": b"stays", **expected(base, before, remote)}
    assert tree_of(outside) == {"secret": b"untouchable"}
    assert not report.failed
    user_wrote = {content for content in before.values() if content and (b"user" in content or content[:2] == b"->")}
    assert user_wrote <= set(after.values())
    assert hidden(target, "upstream") == {REMOTES[remote][path] for path in report.conflicts}

    reads = len(source.reads)
    again = await pull(source, HERE, target, now=lambda: STAMP)
    assert tree_of(target) == after
    assert len(source.reads) == reads
    assert not any([again.added, again.updated, again.conflicts, again.removed, again.restored, again.renamed])


def expected(base: str, before: Tree, remote: str) -> Tree:
    """The tree after a pull, in the words of the promise."""
    mine = {path: content for path, content in before.items() if path != "other"}
    tracked, wanted = BASES[base], REMOTES[remote]
    changed = {path: content for path, content in mine.items() if path not in tracked or tracked[path] != content}
    is_file, is_empty_folder = mine.get("x") is not None, mine == {"x": None}
    if not wanted:
        # Upstream deleted it: what the user did not touch goes, also a folder that was ours.
        return {} if is_empty_folder and base == "folder" else changed
    if wanted.get("x") is not None:
        if mine == wanted:
            return wanted
        if is_file and base == "file" and mine["x"][:2] != b"->":
            return changed or wanted
        # What else stands there makes room, as a whole.
        moved = {} if is_empty_folder and base == "folder" else changed
        return wanted | {ASIDE + path[1:]: content for path, content in moved.items()}
    if is_file:
        return wanted | ({ASIDE: mine["x"]} if changed else {})
    # A folder on both sides: file by file.
    both = {path: content for path, content in (wanted | changed).items() if path != "x"}
    if "x/in" in changed and "x/in" in wanted and base != "folder":
        both |= wanted | {"x/in__20240102030405": changed["x/in"]}
    return both or {"x": None}
