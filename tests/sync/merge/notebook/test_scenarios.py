"""The five ways in which a merge of notebooks by lines of JSON goes wrong, each tried a hundred times.

A course's notebook of ten cells; the student runs it, edits one or two cells, may add one; the author makes one change.
"""

import copy
import json
import random

import pytest
from tests.sync.merge.notebook.books import book, code, colab, jupyter, opened, printed, prose, result

from hubdrives.model import Policy
from hubdrives.sync.merge.notebook import merge_notebooks

TRIALS = 100


def course(rng, minor):
    cells = []
    for place in range(10):
        name = f"cell{place:04}" if minor >= 5 else None
        if place % 3 == 0:
            cells.append(prose(f"## Part {place}\nRead section {rng.randrange(100)} first.", name=name))
        else:
            text = "\n".join(
                f"value_{place}_{line} = compute({rng.randrange(1000)})" for line in range(rng.randrange(1, 5))
            )
            cells.append(code(text, name=name))
    return book(*cells, minor=minor)


def new_cell(who, rng, minor):
    return code(f"# {who}'s own cell\n{who}_{rng.randrange(10**6)} = 1", name=f"{who}0001" if minor >= 5 else None)


def studied(rng, base, *, add):
    """What the student has, the texts that the student wrote, and the cells that the student edited."""
    made = copy.deepcopy(base)
    if rng.random() < 0.9:
        for count, cell in enumerate(made["cells"], 1):
            if cell["cell_type"] == "code":
                cell |= {"execution_count": count, "outputs": [printed(f"{rng.random()}\n"), result(str(count), count)]}
    runnable = [place for place, cell in enumerate(made["cells"]) if cell["cell_type"] == "code"]
    edited = rng.sample(runnable, rng.choice([1, 2]))
    written = []
    for place in edited:
        lines = made["cells"][place]["source"].split("\n")
        line = f"mine_{rng.randrange(10**6)} = answer({place})"
        lines[rng.randrange(len(lines)) :] = rng.choice([[line], [line, *lines[-1:]]])
        made["cells"][place]["source"] = "\n".join(lines)
        written.append(line)
    if add:
        cell = new_cell("mine", rng, base["nbformat_minor"])
        made["cells"].insert(len(made["cells"]) if add == "end" else rng.randrange(11), cell)
        written += cell["source"].split("\n")
    return made, written, edited


def authored(rng, base, *, kind):
    """What the author has, and what of it must arrive: the cell's place in the base, if it was there, and its text."""
    made = copy.deepcopy(base)
    if kind in {"insert", "append"}:
        cell = new_cell("theirs", rng, base["nbformat_minor"])
        made["cells"].insert(rng.randrange(11) if kind == "insert" else 10, cell)
        return made, None, cell["source"]
    place = rng.randrange(10)
    made["cells"][place]["source"] += f"\ntheirs_{rng.randrange(10**6)} = hint()"
    return made, place, made["cells"][place]["source"]


def two_spaces(value):
    return json.dumps(json.loads(jupyter(value)), indent=2, ensure_ascii=False).encode()


SCENARIOS = {
    "same editor": (jupyter, jupyter, jupyter, "edit", "maybe"),
    "only insert": (jupyter, jupyter, jupyter, "insert", ""),
    "both append": (jupyter, jupyter, jupyter, "append", "end"),
    "new indent": (jupyter, jupyter, two_spaces, "edit", "maybe"),
    "colab-like": (two_spaces, jupyter, two_spaces, "edit", "maybe"),
    "colab": (colab, jupyter, colab, "edit", "maybe"),
}


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("minor", [4, 5])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_edit_is_gone_and_every_notebook_opens(scenario, minor, policy):
    save_base, save_mine, save_theirs, kind, adds = SCENARIOS[scenario]
    gone_theirs = gone_mine = silent = 0
    for seed in range(TRIALS):
        rng = random.Random(f"{scenario} {minor} {seed}")
        base = course(rng, minor)
        mine, written, edited = studied(rng, base, add=rng.choice(["", "anywhere"]) if adds == "maybe" else adds)
        theirs, place, wanted = authored(rng, base, kind=rng.choice(["edit", "insert"]) if kind == "edit" else kind)
        answer = merge_notebooks(save_base(base), save_mine(mine), save_theirs(theirs), policy=policy)
        texts = [cell["source"] for cell in opened(answer.data)["cells"]]
        lines = "\n".join(texts).split("\n")
        left_alone = place not in edited
        gone_theirs += left_alone and texts.count(wanted) != 1
        silent += not left_alone and wanted.split("\n")[-1] not in lines and not answer.clashes
        gone_mine += policy is not Policy.THEIRS and any(lines.count(line) < 1 for line in written)
        assert len(texts) == len({*texts}), "a cell twice"
    assert (gone_theirs, silent, gone_mine) == (0, 0, 0)
