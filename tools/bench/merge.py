"""Merging notebooks that both sides changed, beside nbdime and git, and beside the mere reading and writing of JSON."""

import json
import logging
import tempfile
import warnings
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

import nbformat
from nbdime import merge_notebooks

from bench.notebooks import CELLS, notebooks
from bench.race import Ratio, Runner, race
from courses import run
from hubdrives.model import Policy
from hubdrives.sync.merge import merge

NOTEBOOKS = 200
VERSIONS = ("base", "mine", "theirs")

JSON, JSON_IN_C = "json.load, json.dump of the three", "json.loads, json.dumps of the three"
HUBDRIVES, NBDIME, GIT = "hubdrives' merge", "nbdime's merge_notebooks", "git merge-file, whole processes"


def main(*, runs: int) -> None:
    """Take all times. Each reads three files and writes one, except JSON, which writes three."""
    # nbdime and nbformat speak of every notebook.
    logging.disable()
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folders = [Path(name, str(number)) for number in range(NOTEBOOKS)]
        for folder, versions in zip(folders, notebooks(NOTEBOOKS), strict=True):
            folder.mkdir()
            for version in VERSIONS:
                (folder / version).write_bytes(getattr(versions, version))
        size = sum((folder / "mine").stat().st_size for folder in folders) // NOTEBOOKS

        def each(work: Callable[[Path], None]) -> Callable[[], None]:
            return lambda: _each(work, folders)

        race(
            f"Merging {NOTEBOOKS} notebooks of {CELLS} cells, {size // 1000} kB on average",
            [
                Runner(name=JSON, work=each(_json)),
                Runner(name=JSON_IN_C, work=each(_json_in_c)),
                Runner(name=HUBDRIVES, work=each(_hubdrives)),
                Runner(name=NBDIME, work=each(_nbdime), is_slow=True),
                Runner(name=GIT, work=each(_git)),
            ],
            ratios=[
                Ratio(of=HUBDRIVES, to=JSON, at_most=3),
                Ratio(of=HUBDRIVES, to=JSON_IN_C),
                Ratio(of=HUBDRIVES, to=NBDIME),
                Ratio(of=HUBDRIVES, to=GIT),
            ],
            runs=runs,
        )


def _each(work: Callable[[Path], None], folders: Sequence[Path]) -> None:
    for folder in folders:
        work(folder)


def _json(folder: Path) -> None:
    for version in VERSIONS:
        with (folder / version).open(encoding="utf-8") as source:
            notebook = json.load(source)
        with (folder / "json").open("w", encoding="utf-8") as target:
            json.dump(notebook, target)


def _json_in_c(folder: Path) -> None:
    """The same with the standard library's encoder in C, which `json.dump` does not use."""
    for version in VERSIONS:
        text = json.dumps(json.loads((folder / version).read_bytes()))
        (folder / "json").write_text(text)


def _hubdrives(folder: Path) -> None:
    base, mine, theirs = ((folder / version).read_bytes() for version in VERSIONS)
    merged = merge("notebook.ipynb", base=base, mine=mine, theirs=theirs, policy=Policy.MINE)
    assert merged is not None
    (folder / "hubdrives").write_bytes(merged.data)


def _nbdime(folder: Path) -> None:
    base, mine, theirs = (nbformat.read(folder / version, as_version=4) for version in VERSIONS)
    options = Namespace(
        merge_strategy="use-local", input_strategy=None, output_strategy=None, ignore_transients=True, log_level="INFO"
    )
    merged, _ = merge_notebooks(base, mine, theirs, options)
    nbformat.write(merged, folder / "nbdime")


def _git(folder: Path) -> None:
    merged = run("git", "merge-file", "-p", "--ours", *(folder / version for version in ("mine", "base", "theirs")))
    (folder / "git").write_bytes(merged)
