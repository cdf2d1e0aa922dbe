"""How the user's file is written, and what nbformat makes of it."""

import copy
import json

import pytest
from tests.sync.merge.notebook.books import (
    EDITORS,
    KERNEL,
    book,
    code,
    colab,
    compact,
    jupyter,
    lab,
    named,
    opened,
    printed,
    prose,
    result,
    sources,
    vscode,
    windows,
)

from hubdrives.model import Policy
from hubdrives.sync.merge.notebook import merge_notebooks, same_content

BASE = book(
    prose("# Straße\nText", name="t"),
    code("import math", name="a"),
    code("x = 'ü'\ny = 2", name="b", outputs=[printed("old\nlines\n")], count=1),
)


def edited(value, place, text):
    made = copy.deepcopy(value)
    made["cells"][place]["source"] = text
    return made


@pytest.mark.parametrize("base", EDITORS)
@pytest.mark.parametrize("mine", EDITORS)
@pytest.mark.parametrize("theirs", EDITORS)
def test_whichever_editors_saved_the_three_versions_each_sides_edit_is_there(base, mine, theirs):
    own, new = edited(BASE, 1, "import math\nimport mine"), edited(BASE, 2, "x = 'ü'\ny = 3\nz = 4")
    new["cells"].append(code("print('new')", name="n"))
    answer = merge_notebooks(EDITORS[base](BASE), EDITORS[mine](own), EDITORS[theirs](new))
    assert answer.clashes == ()
    assert sources(answer.data) == [
        "# Straße\nText", "import math\nimport mine", "x = 'ü'\ny = 3\nz = 4", "print('new')",
    ]  # fmt: skip
    assert opened(answer.data)["nbformat_minor"] == opened(EDITORS[mine](own))["nbformat_minor"]


@pytest.mark.parametrize("mine", EDITORS)
@pytest.mark.parametrize("theirs", EDITORS)
def test_the_result_is_in_the_users_layout(mine, theirs):
    own = edited(BASE, 1, "import math\nimport mine")
    new = edited(BASE, 0, "# Straße\nMore text")
    new["cells"].insert(1, code("é = 1\nprint(é)", name="n", outputs=[printed("1\n2\n"), result("3\n4")], count=2))
    data = merge_notebooks(EDITORS["jupyter"](BASE), EDITORS[mine](own), EDITORS[theirs](new)).data
    before, after = EDITORS[mine](own), data
    for sign in (b"\r\n", b"\n", b"\n ", b"\n  ", b"\n   ", b"\\u00", "ß".encode(), b'["', b'": ', b", "):
        assert (sign in after) == (sign in before), sign
    assert after.endswith(before[-3:])
    orders = {tuple(cell) for cell in json.loads(before)["cells"] if cell["cell_type"] == "code"}
    assert {tuple(cell) for cell in json.loads(after)["cells"] if cell["cell_type"] == "code"} == orders


@pytest.mark.parametrize("theirs", EDITORS)
@pytest.mark.parametrize(
    "mine", [jupyter, windows, compact, json.dumps, lambda value: json.dumps(value, indent="\t") + "\n\n"], ids=range(5)
)
def test_the_result_is_what_the_users_editor_would_have_written(mine, theirs):
    own, new = edited(BASE, 1, "import math\nimport mine"), edited(BASE, 0, "# Straße\nMore text")
    new["cells"].insert(1, code("é = 1\nprint(é)", name="n", outputs=[printed("1\n2\n"), result("3\n4")], count=2))
    new["cells"][1]["metadata"] = {"z": 1, "a": {"z": 1, "a": 2}}

    def write(value):
        text = mine(value)
        return text.encode() if isinstance(text, str) else text

    data = merge_notebooks(jupyter(BASE), write(own), EDITORS[theirs](new)).data
    assert data == write(opened(data) if mine in {jupyter, windows} else json.loads(data))


def test_a_backslash_before_a_u_is_no_escaped_letter():
    texts = ("one", "two"), ("one", "mine = '\\u00e9'"), ("one", "two", "theirs = 'é'")
    base, mine, theirs = (jupyter(named(*one)) for one in texts)
    assert mine.isascii()
    assert b"\\\\u00e9" in mine
    assert "theirs = 'é'".encode() in merge_notebooks(base, mine, theirs).data


@pytest.mark.parametrize("editor", EDITORS)
def test_what_the_merge_leaves_alone_stays_to_the_byte(editor):
    mine = EDITORS[editor](BASE).replace(b"lines", b"lines \\u0041\\/")
    theirs = edited(BASE, 1, "import math, new")
    data = merge_notebooks(jupyter(BASE), mine, jupyter(theirs)).data
    changed = EDITORS[editor](theirs).replace(b"lines", b"lines \\u0041\\/")
    if editor in {"vscode", "colab"}:
        # Their stand-ins make a cell's id of its source.
        pick = lambda value: [line for line in value.splitlines() if b'"id"' not in line]  # noqa: E731
        data, changed = pick(data), pick(changed)
    assert data == changed


def test_numbers_in_cells_that_the_merge_leaves_alone_stay_as_they_are_written():
    outputs = (
        '{"output_type": "display_data", "metadata": {}, "data": {"application/json": [1.10, -0.0, 1E5, 1e400, %d]}}'
    )
    big = 10**40
    mine = jupyter(BASE).replace(b'"outputs": []', b'"outputs": [' + (outputs % big).encode() + b"]")
    data = merge_notebooks(jupyter(BASE), mine, jupyter(edited(BASE, 0, "# New"))).data
    assert sources(data)[0] == "# New"
    assert (outputs % big).encode() in data


@pytest.mark.parametrize("editor", EDITORS)
def test_a_notebook_that_was_only_saved_again_takes_upstreams_content_in_its_own_layout(editor):
    theirs = edited(BASE, 2, "x = 'ü'\ny = 3")
    data = merge_notebooks(jupyter(BASE), EDITORS[editor](BASE), jupyter(theirs)).data
    assert sources(data) == ["# Straße\nText", "import math", "x = 'ü'\ny = 3"]


@pytest.mark.parametrize("layout", [jupyter, compact, windows, lambda value: json.dumps(value, indent="\t").encode()])
def test_a_notebook_that_differs_in_layout_alone_becomes_upstreams_in_every_field(layout):
    base = named("a = 1", "b = 2", minor=4)
    theirs = book(code("b = 2", name="new", tags=["t"]), code("c = 3", name="c", outputs=[result("1")], count=1))
    data = merge_notebooks(jupyter(base), layout(base), colab(theirs)).data
    assert same_content(data, layout(opened(colab(theirs)) | {"nbformat_minor": 4}))
    data = merge_notebooks(jupyter(base), layout(base), jupyter(theirs)).data
    assert same_content(data, jupyter(theirs))


@pytest.mark.parametrize("editor", EDITORS)
def test_a_notebook_to_which_nothing_comes_stays_to_the_byte(editor):
    mine = EDITORS[editor](edited(BASE, 1, "import mine"))
    assert merge_notebooks(jupyter(BASE), mine, jupyter(BASE)).data == mine
    assert merge_notebooks(jupyter(BASE), mine, compact(BASE)).data == mine
    assert merge_notebooks(jupyter(BASE), mine, mine).data == mine
    same_change = jupyter(edited(BASE, 1, "import mine"))
    assert merge_notebooks(jupyter(BASE), mine, same_change).data == mine


def test_upstreams_reformatting_is_no_change():
    mine = jupyter(edited(BASE, 1, "import mine"))
    reformatted = json.dumps(json.loads(jupyter(BASE)), indent=4).encode()
    assert merge_notebooks(jupyter(BASE), mine, reformatted).data == mine


def test_cells_that_come_into_an_older_format_have_no_ids():
    base, mine = named("a", "b", minor=4), named("a", "mine", minor=4)
    theirs = named("a", "b", "c", minor=5)
    value = opened(merge_notebooks(jupyter(base), jupyter(mine), jupyter(theirs)).data)
    assert [cell["source"] for cell in value["cells"]] == ["a", "mine", "c"]
    assert (value["nbformat_minor"], [cell for cell in value["cells"] if "id" in cell]) == (4, [])


def test_cells_that_come_into_a_newer_format_get_ids_of_their_own_that_never_change():
    base, theirs = named("a", "b", minor=4), named("a", "b", "c", "c", minor=4)
    mine = lab(named("a", "mine", minor=4))
    data = merge_notebooks(jupyter(base), mine, jupyter(theirs)).data
    names = [cell["id"] for cell in opened(data)["cells"]]
    assert len(set(names)) == 4
    assert merge_notebooks(jupyter(base), mine, jupyter(theirs)).data == data


def test_a_new_cell_keeps_upstreams_id_unless_the_user_has_it_or_it_is_none():
    base, mine = named("first"), book(code("first", name="a"), code("mine is another thing", name="n"))
    for theirs_name, kept in (("m", True), ("n", False), ("no id!", False), ("", False), ("x" * 65, False)):
        theirs = book(code("first", name="a"), code("upstream has its own words", name=theirs_name))
        cells = opened(merge_notebooks(jupyter(base), jupyter(mine), jupyter(theirs)).data)["cells"]
        assert [cell["id"] for cell in cells[:2]] == ["a", "n"]
        assert (cells[2]["id"] == theirs_name) is kept


def test_a_cell_of_the_user_that_upstream_changed_keeps_its_id_too():
    base, theirs = named("x", "y = 1", minor=4), named("theirs", "x", "y = 1\nz = 2", minor=5)
    mine = book(code("x", name="p"), code("y = 1", name="a"))
    cells = opened(merge_notebooks(jupyter(base), jupyter(mine), jupyter(theirs)).data)["cells"]
    assert [cell["source"] for cell in cells] == ["theirs", "x", "y = 1\nz = 2"]
    assert [cell["id"] for cell in cells[1:]] == ["p", "a"]
    assert cells[0]["id"] not in {"p", "a"}


def test_the_users_cells_keep_their_ids_even_behind_upstreams():
    base, mine = named("first"), book(code("first", name="a"), code("mine is another thing", name="n"))
    theirs = book(code("upstream has its own words", name="n"), code("first", name="a"))
    cells = opened(merge_notebooks(jupyter(base), jupyter(mine), jupyter(theirs)).data)["cells"]
    assert [cell["source"] for cell in cells] == ["upstream has its own words", "first", "mine is another thing"]
    assert [cell["id"] for cell in cells[1:]] == ["a", "n"]


def test_upstreams_new_ids_come_as_other_changes_do():
    base, mine = named("a = 1", "b = 2"), named("a = 1", "b = 20")
    theirs = book(code("a = 1", name="p"), code("b = 2", name="q"), code("c", name="r"))
    cells = opened(merge_notebooks(jupyter(base), jupyter(mine), jupyter(theirs)).data)["cells"]
    assert [(cell["id"], cell["source"]) for cell in cells] == [("p", "a = 1"), ("q", "b = 20"), ("r", "c")]


def test_old_notebooks_that_the_users_editor_converted_merge():
    def old(*cells):
        made = [
            {"cell_type": "code", "language": "python", "collapsed": False, "metadata": {}, "prompt_number": 1,
             "outputs": [{"output_type": "stream", "stream": "stdout", "text": "hi"}], "input": cell}
            for cell in cells
        ]  # fmt: skip
        sheet = {
            "cells": [{"cell_type": "heading", "level": 2, "metadata": {}, "source": "Part"}, *made],
            "metadata": {},
        }
        return json.dumps(
            {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [sheet]}
        ).encode()

    mine = book(prose("## Part"), code("a = 1", outputs=[printed("hi")], count=1, collapsed=False), code("b = 20"))
    for save in (jupyter, lab, vscode, colab):
        data = merge_notebooks(old("a = 1", "b = 2"), save(mine), old("a = 1\nnew()", "b = 2", "c = 3")).data
        assert sources(data) == ["## Part", "a = 1\nnew()", "b = 20", "c = 3"]
        assert merge_notebooks(old("a = 1", "b = 2"), save(mine), old("a = 1\nnew()", "b = 2", "c = 3")).data == data
    restored = opened(
        merge_notebooks(jupyter(mine), jupyter(edited(mine, 1, "a = 10")), old("a = 1", "b = 20", "c")).data
    )
    assert [cell["source"] for cell in restored["cells"]] == ["## Part", "a = 10", "b = 20", "c"]
    assert "orig_nbformat" not in restored["metadata"]
    # What the user still has in the old format is left to them.
    assert merge_notebooks(old("a"), old("a", "mine"), old("a", "b", "c")) is None


@pytest.mark.parametrize("policy", Policy)
def test_the_line_ends_of_the_users_sources_stay(policy):
    base, theirs = named("a\nb\nc"), named("a\nb\nC\nd")
    mine = named("A\r\nb\r\nc")
    data = merge_notebooks(jupyter(base), jupyter(mine), jupyter(theirs), policy=policy).data
    assert sources(data) == ["A\r\nb\r\nC\r\nd"]


@pytest.mark.parametrize("own", ["ü", "\\ud83d"])
def test_half_a_letter_survives(own):
    base, mine, theirs = (
        jupyter(named(*texts)) for texts in (("one", "two"), ("one", "MINE"), ("one", "two", "THEIRS"))
    )
    mine, theirs = mine.replace(b'"MINE"', f'"mine {own}"'.encode()), theirs.replace(b'"THEIRS"', b'"theirs \\ude00"')
    answer = merge_notebooks(base, mine, theirs)
    assert f'"mine {own}"'.encode() in answer.data
    assert b'"theirs \\ude00"' in answer.data
    (clash,) = merge_notebooks(base, mine, theirs.replace(b'"two"', b'"\\udfff"')).clashes
    assert (clash.mine, clash.theirs) == ("mine ü" if own == "ü" else "mine ?", "?")


def test_kernel_and_language_come_whole_from_one_side():
    versions = [copy.deepcopy(KERNEL) for _ in range(3)]
    versions[1]["language_info"] = {"name": "python", "version": "3.12"}
    versions[2] = {"kernelspec": {"name": "ir", "display_name": "R"}, "language_info": {"name": "R", "version": "4"}}
    base, mine, theirs = (jupyter(book(code("x", name="a"), metadata=version)) for version in versions)
    assert opened(merge_notebooks(base, mine, theirs).data)["metadata"] == {
        "kernelspec": {"name": "ir", "display_name": "R"},
        "language_info": {"name": "python", "version": "3.12"},
    }
