"""Notebooks of the size that courses have, in three versions."""

import base64
import copy
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

CELLS = 100
IMAGE_SIZE = 15_000
"""Bytes of a plot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """One notebook as the last pull left it, as the student has it, as the teacher has it now."""

    base: bytes
    mine: bytes
    theirs: bytes


def notebooks(count: int) -> Iterator[Versions]:
    """As many as that, always the same.

    The teacher's have no outputs in every second one. The student ran all, edited five cells and added one; the
    teacher edited five, added two and deleted one.
    """
    rng = random.Random(1)
    for number in range(count):
        base = _notebook(rng, has_outputs=bool(number % 2))
        yield Versions(base=_data(base), mine=_data(_mine(rng, base)), theirs=_data(_theirs(rng, base)))


def _notebook(rng: random.Random, *, has_outputs: bool) -> dict[str, Any]:
    cells = [_cell(rng, has_outputs=has_outputs) for _ in range(CELLS)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python", "version": "3.11.2"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _mine(rng: random.Random, base: dict[str, Any]) -> dict[str, Any]:
    mine = copy.deepcopy(base)
    mine["metadata"]["language_info"]["version"] = "3.12.4"
    for cell in rng.sample(mine["cells"], 5):
        _edit(rng, cell)
    mine["cells"].insert(rng.randrange(CELLS), _cell(rng, has_outputs=True))
    for cell in mine["cells"]:
        if cell["cell_type"] == "code":
            _run(rng, cell)
    return mine


def _theirs(rng: random.Random, base: dict[str, Any]) -> dict[str, Any]:
    theirs = copy.deepcopy(base)
    for cell in rng.sample(theirs["cells"], 5):
        _edit(rng, cell)
    theirs["cells"].pop(rng.randrange(CELLS))
    for _ in range(2):
        theirs["cells"].insert(rng.randrange(CELLS - 1), _cell(rng, has_outputs=False))
    return theirs


def _cell(rng: random.Random, *, has_outputs: bool) -> dict[str, Any]:
    source = [f"{_line(rng)}\n" for _ in range(rng.randint(2, 15))]
    cell = {"cell_type": "markdown", "id": f"{rng.getrandbits(32):08x}", "metadata": {}, "source": source}
    if rng.random() < 3 / 5:
        cell |= {"cell_type": "code", "execution_count": None, "outputs": []}
        if has_outputs:
            _run(rng, cell)
    return cell


def _run(rng: random.Random, cell: dict[str, Any]) -> None:
    count = rng.randint(1, CELLS)
    printed = {"name": "stdout", "output_type": "stream", "text": [f"{_line(rng)}\n" for _ in range(10)]}
    outputs: list[dict[str, Any]] = [printed]
    if rng.random() < 1 / 6:
        image = base64.b64encode(rng.randbytes(IMAGE_SIZE)).decode()
        data = {"image/png": image, "text/plain": ["<Figure size 640x480 with 1 Axes>"]}
        outputs.append({"data": data, "metadata": {}, "output_type": "display_data"})
    cell |= {"execution_count": count, "outputs": outputs}


def _edit(rng: random.Random, cell: dict[str, Any]) -> None:
    cell["source"][rng.randrange(len(cell["source"]))] = f"{_line(rng)}\n"


def _line(rng: random.Random) -> str:
    return " ".join(f"{rng.getrandbits(24):x}" for _ in range(rng.randint(3, 8)))


def _data(notebook: dict[str, Any]) -> bytes:
    return f"{json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False)}\n".encode()
