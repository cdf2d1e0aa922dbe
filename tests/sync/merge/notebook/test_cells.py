"""What becomes of one cell."""

import pytest
from tests.sync.merge.notebook.books import book, code, jupyter, named, opened, printed, prose, result, sources

from hubdrives.model import Policy
from hubdrives.sync.merge.notebook import merge_notebooks
from hubdrives.sync.merge.values import Clash

BASE = named("import math", "x = 1", "y = 2")


def merged(base, mine, theirs, *, policy=Policy.MINE):
    answer = merge_notebooks(jupyter(base), jupyter(mine), jupyter(theirs), policy=policy)
    assert answer is not None
    return answer


def test_edits_of_different_cells_both_stay():
    answer = merged(BASE, named("import math", "x = 10", "y = 2"), named("import math", "x = 1", "y = 20"))
    assert sources(answer.data) == ["import math", "x = 10", "y = 20"]
    assert answer.clashes == ()


def test_edits_of_different_lines_of_one_cell_both_stay():
    base, mine, theirs = "a = 1\nb = 2\nc = 3", "a = 10\nb = 2\nc = 3\nd = 4", "a = 1\nb = 20\nc = 3"
    answer = merged(named(base), named(mine), named(theirs))
    assert sources(answer.data) == ["a = 10\nb = 20\nc = 3\nd = 4"]
    assert answer.clashes == ()


def test_a_last_line_without_line_end_is_the_same_line_when_more_follows():
    answer = merged(named("a\nb"), named("a\nb\nmine"), named("A\nb"))
    assert sources(answer.data) == ["A\nb\nmine"]


def test_a_line_that_the_user_added_to_a_cell_that_upstream_emptied_stays_alone():
    assert sources(merged(named("a", "z"), named("a\nmine", "z"), named("", "z")).data) == ["mine", "z"]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy.MINE, ["import math", "x = 10", "y = 2"]),
        (Policy.THEIRS, ["import math", "x = 11", "y = 2"]),
        (Policy.BOTH, ["import math", "x = 10", "# Upstream's version of the cell above\nx = 11", "y = 2"]),
    ],
)
def test_where_both_changed_the_same_line_the_policy_decides_and_a_clash_says_so(policy, expected):
    mine, theirs = named("import math", "x = 10", "y = 2"), named("import math", "x = 11", "y = 2")
    answer = merged(BASE, mine, theirs, policy=policy)
    assert sources(answer.data) == expected
    assert answer.clashes == (Clash(where="cell 2", mine="x = 10", theirs="x = 11"),)


@pytest.mark.parametrize("policy", Policy)
def test_the_same_change_on_both_sides_is_no_clash(policy):
    both = named("import math", "x = 10", "y = 2")
    theirs = named("import math", "x = 10", "y = 20")
    answer = merged(BASE, both, theirs, policy=policy)
    assert sources(answer.data) == ["import math", "x = 10", "y = 20"]
    assert answer.clashes == ()


@pytest.mark.parametrize("policy", Policy)
def test_a_cell_that_upstream_deleted_and_the_user_only_ran_goes(policy):
    ran = named("import math", "x = 1", "y = 2")
    ran["cells"][1] |= {"outputs": [printed("1\n")], "execution_count": 7}
    ran["cells"][1]["metadata"] = {"execution": {"iopub.status.busy": "2026-01-01T00:00:00Z"}, "scrolled": True}
    theirs = book(BASE["cells"][0], BASE["cells"][2])
    answer = merged(BASE, ran, theirs, policy=policy)
    assert sources(answer.data) == ["import math", "y = 2"]
    assert answer.clashes == ()


@pytest.mark.parametrize(
    ("policy", "expected", "where"),
    [
        (Policy.MINE, ["import math", "x = 10", "y = 2"], "cell 2"),
        (Policy.THEIRS, ["import math", "y = 2"], "your cell 2"),
        (Policy.BOTH, ["import math", "x = 10", "y = 2"], "cell 2"),
    ],
)
def test_a_cell_that_upstream_deleted_and_the_user_edited(policy, expected, where):
    theirs = book(BASE["cells"][0], BASE["cells"][2])
    answer = merged(BASE, named("import math", "x = 10", "y = 2"), theirs, policy=policy)
    assert sources(answer.data) == expected
    assert answer.clashes == (Clash(where=where, mine="x = 10", theirs=""),)


@pytest.mark.parametrize("policy", Policy)
def test_a_cell_that_the_user_deleted_and_upstream_left_alone_stays_deleted(policy):
    theirs = named("import math", "x = 1", "y = 20")
    theirs["cells"][1]["outputs"] = [printed("run by the author\n")]
    answer = merged(BASE, book(BASE["cells"][0], BASE["cells"][2]), theirs, policy=policy)
    assert sources(answer.data) == ["import math", "y = 20"]
    assert answer.clashes == ()


@pytest.mark.parametrize(
    ("policy", "expected", "where"),
    [
        (Policy.MINE, ["import math", "y = 2"], "upstream's cell 2"),
        (Policy.THEIRS, ["import math", "x = 11", "y = 2"], "cell 2"),
        (
            Policy.BOTH,
            ["import math", "# Upstream's version of a cell that you deleted\nx = 11", "y = 2"],
            "cell 2",
        ),
    ],
)
def test_a_cell_that_the_user_deleted_and_upstream_edited(policy, expected, where):
    theirs = named("import math", "x = 11", "y = 2")
    answer = merged(BASE, book(BASE["cells"][0], BASE["cells"][2]), theirs, policy=policy)
    assert sources(answer.data) == expected
    assert answer.clashes == (Clash(where=where, mine="", theirs="x = 11"),)


def test_the_users_outputs_stay_where_the_user_ran_and_upstreams_come_where_not():
    base, mine, theirs = (named("a = 1\na", "b = 2\nb") for _ in range(3))
    mine["cells"][0] |= {"outputs": [result("mine", 3)], "execution_count": 3}
    for cell in theirs["cells"]:
        cell |= {"outputs": [result("theirs", 9)], "execution_count": 9}
    theirs["cells"][0]["source"] = "a = 1\na  # the author's remark"
    first, second = opened(merged(base, mine, theirs).data)["cells"]
    assert (first["source"], first["outputs"], first["execution_count"]) == (
        "a = 1\na  # the author's remark",
        [result("mine", 3)],
        3,
    )
    assert (second["outputs"], second["execution_count"]) == ([result("theirs", 9)], 9)


def test_outputs_and_count_belong_together():
    base, mine, theirs = (named("a = 1") for _ in range(3))
    mine["cells"][0]["execution_count"] = 4
    theirs["cells"][0] |= {"outputs": [printed("1")], "execution_count": 1, "source": "a = 1  # theirs"}
    (cell,) = opened(merged(base, mine, theirs).data)["cells"]
    assert (cell["source"], cell["outputs"], cell["execution_count"]) == ("a = 1  # theirs", [], 4)


def test_outputs_that_the_user_cleared_stay_cleared():
    base, mine, theirs = (named("a") for _ in range(3))
    base["cells"][0] |= {"outputs": [result("1", 1)], "execution_count": 1}
    theirs["cells"][0] |= {"outputs": [result("2", 2)], "execution_count": 2, "source": "a + 1"}
    (cell,) = opened(merged(base, mine, theirs).data)["cells"]
    assert (cell["source"], cell["outputs"], cell["execution_count"]) == ("a + 1", [], None)


def test_a_changed_type_arrives_with_the_users_lines():
    mine = named("import math", "x = 1\n# a note of mine", "y = 2")
    theirs = book(BASE["cells"][0], prose("x = 1", name="b"), BASE["cells"][2])
    cells = opened(merged(BASE, mine, theirs).data)["cells"]
    assert [cell["cell_type"] for cell in cells] == ["code", "markdown", "code"]
    assert cells[1]["source"] == "x = 1\n# a note of mine"
    assert "outputs" not in cells[1]


@pytest.mark.parametrize("policy", [Policy.MINE, Policy.BOTH])
@pytest.mark.parametrize("text", ["x = 1", "x = 1\nand = 2"])
def test_what_upstream_did_to_an_old_text_is_not_done_to_one_that_the_user_wrote_anew(text, policy):
    mine = named("import math", "answer(to=everything)", "y = 2")
    mine["cells"][1] |= {"outputs": [result("42", 5)], "execution_count": 5}
    theirs = book(BASE["cells"][0], prose(text, name="b"), BASE["cells"][2])
    answer = merged(BASE, mine, theirs, policy=policy)
    assert opened(answer.data)["cells"][1] == mine["cells"][1]
    assert answer.clashes == (Clash(where="cell 2", mine="answer(to=everything)", theirs=text),)


def test_a_type_that_the_user_changed_stays_and_upstreams_edit_arrives():
    mine = book(BASE["cells"][0], prose("x = 1", name="b"), BASE["cells"][2])
    cells = opened(merged(BASE, mine, named("import math", "x = 1\nz = 3", "y = 2")).data)["cells"]
    assert (cells[1]["cell_type"], cells[1]["source"]) == ("markdown", "x = 1\nz = 3")


def test_a_text_cell_that_upstream_made_code_gets_upstreams_outputs():
    base = book(prose("1 + 1", name="a"), code("x", name="b"))
    mine = book(prose("1 + 1", name="a"), code("x = 5", name="b"))
    theirs = book(code("1 + 1", name="a", outputs=[result("2")], count=1), code("x", name="b"))
    first, second = opened(merged(base, mine, theirs).data)["cells"]
    assert (first["cell_type"], first["outputs"], second["source"]) == ("code", [result("2")], "x = 5")


def test_a_text_cell_that_upstream_made_code_has_no_attachments():
    base, mine = (book(prose("1 + 1", name="a"), code(text, name="b")) for text in ("x", "mine"))
    for value in (base, mine):
        value["cells"][0]["attachments"] = {"a.png": {"image/png": "AA=="}}
    theirs = book(code("1 + 1", name="a"), code("x", name="b"))
    assert opened(merged(base, mine, theirs).data)["cells"][0] == code("1 + 1", name="a")


def test_two_different_new_types_are_a_clash():
    base, mine = book(code("text", name="a")), book(prose("text", name="a"))
    theirs = book(prose("text", name="a", kind="raw"))
    answer = merged(base, mine, theirs)
    assert [cell["cell_type"] for cell in opened(answer.data)["cells"]] == ["markdown"]
    assert [clash.where for clash in answer.clashes] == ["cell 1"]


def test_metadata_merge_key_by_key():
    base = book(code("x", name="a", slideshow={"slide_type": "slide"}, tags=["old"], gone=1))
    mine = book(code("x", name="a", slideshow={"slide_type": "slide"}, tags=["mine"], gone=1, own=True))
    theirs = book(code("x", name="a", slideshow={"slide_type": "skip", "more": 1}, tags=["theirs"]))
    answer = merged(base, mine, theirs)
    (cell,) = opened(answer.data)["cells"]
    assert cell["metadata"] == {"slideshow": {"slide_type": "skip", "more": 1}, "tags": ["mine"], "own": True}
    assert answer.clashes == (Clash(where="cell 1, metadata tags", mine='["mine"]', theirs='["theirs"]'),)
    (cell,) = opened(merged(base, mine, theirs, policy=Policy.THEIRS).data)["cells"]
    assert cell["metadata"]["tags"] == ["theirs"]


def test_dictionaries_in_metadata_merge_within():
    grading = {"grade_id": "q1", "points": 1, "locked": False}
    base = book(code("x", name="a", nbgrader=grading))
    mine = book(code("x", name="a", nbgrader=grading | {"locked": True}))
    theirs = book(code("x", name="a", nbgrader=grading | {"points": 5}))
    answer = merged(base, mine, theirs)
    assert opened(answer.data)["cells"][0]["metadata"]["nbgrader"] == grading | {"locked": True, "points": 5}
    assert answer.clashes == ()


def test_a_number_is_not_a_truth_value():
    base, mine, theirs = (book(code("x", name="a", weight=value), code("y", name="b")) for value in (1, 1, True))
    mine["cells"][1]["source"] = "y = 1"
    assert opened(merged(base, mine, theirs).data)["cells"][0]["metadata"]["weight"] is True


def test_what_editors_keep_in_metadata_never_clashes_whatever_the_policy():
    base = book(code("x", name="a"), metadata={})
    mine = book(code("x", name="a", scrolled=True, vscode={"languageId": "python"}), metadata={"widgets": {"mine": 1}})
    theirs = book(code("x = 1", name="a", scrolled=False, collapsed=True), metadata={"widgets": {"theirs": 1}})
    answer = merged(base, mine, theirs, policy=Policy.THEIRS)
    value = opened(answer.data)
    assert value["cells"][0]["metadata"] == {"scrolled": True, "vscode": {"languageId": "python"}, "collapsed": True}
    assert (value["cells"][0]["source"], value["metadata"]) == ("x = 1", {"widgets": {"mine": 1}})
    assert answer.clashes == ()


def test_a_notebooks_own_metadata_merge_too():
    base, mine, theirs = (book(code(text, name="a"), metadata=meta) for text, meta in (
        ("x", {"title": "Week 1", "otter": {"v": 1}}),
        ("y", {"title": "My week", "otter": {"v": 1}}),
        ("x", {"title": "Week one", "otter": {"v": 2}}),
    ))  # fmt: skip
    answer = merged(base, mine, theirs)
    assert opened(answer.data)["metadata"] == {"title": "My week", "otter": {"v": 2}}
    assert answer.clashes == (Clash(where="notebook, metadata title", mine='"My week"', theirs='"Week one"'),)


def test_attachments_merge_by_name():
    base, mine, theirs = (book(prose("![](a.png)", name="a")) for _ in range(3))
    mine["cells"][0]["attachments"] = {"mine.png": {"image/png": "bWluZQ=="}}
    theirs["cells"][0] |= {"attachments": {"theirs.png": {"image/png": "dGhlaXJz"}}, "source": "![](theirs.png)"}
    (cell,) = opened(merged(base, mine, theirs).data)["cells"]
    assert cell["attachments"] == {"mine.png": {"image/png": "bWluZQ=="}, "theirs.png": {"image/png": "dGhlaXJz"}}


def test_a_labelled_cell_has_no_id_outputs_protection_or_grading_of_the_one_it_stands_for():
    grading = {"grade_id": "q1", "solution": True}
    base, mine, theirs = (
        book(code(text, name="a", nbgrader=grading, deletable=False, tags=["q"]))
        for text in ("x = 0", "x = 1", "x = 2")
    )
    theirs["cells"][0] |= {"outputs": [printed("2")], "execution_count": 2}
    own, beside = opened(merged(base, mine, theirs, policy=Policy.BOTH).data)["cells"]
    assert (own["source"], own["metadata"]["nbgrader"]) == ("x = 1", grading)
    assert beside["source"] == "# Upstream's version of the cell above\nx = 2"
    assert beside["metadata"] == {"tags": ["q"]}
    assert (beside["outputs"], beside["execution_count"]) == ([], None)
    assert beside["id"] != "a"


@pytest.mark.parametrize(
    ("metadata", "kind", "text", "expected"),
    [
        ({"language_info": {"name": "R"}}, "code", "new", "# Upstream's version of the cell above\nnew"),
        ({"kernelspec": {"name": "j", "display_name": "J", "language": "java"}}, "code", "new",
         "// Upstream's version of the cell above\nnew"),
        ({"language_info": {"name": "sql"}}, "code", "new", "-- Upstream's version of the cell above\nnew"),
        ({}, "code", "%%bash\nnew", "%%bash\n# Upstream's version of the cell above\nnew"),
        ({}, "markdown", "new", "> *Upstream's version of the cell above:*\n\nnew"),
        ({}, "raw", "new", "new"),
    ],
)  # fmt: skip
def test_the_label_is_a_comment_in_the_cells_language(metadata, kind, text, expected):
    def version(source):
        cell = code(source, name="a") if kind == "code" else prose(source, name="a", kind=kind)
        return book(cell, metadata=metadata)

    answer = merged(version("old"), version("mine"), version(text), policy=Policy.BOTH)
    beside = opened(answer.data)["cells"][1]
    assert (beside["cell_type"], beside["source"]) == (kind, expected)
    if kind == "raw":
        assert beside["metadata"] == {"hubdrives": {"label": "Upstream's version of the cell above"}}


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("minor", [4, 5])
def test_the_next_pull_does_not_bring_the_same_clash_again(policy, minor):
    base = named("import math", "x = 1", "y = 2", minor=minor)
    theirs = named("import math", "x = 11", "y = 2", minor=minor)
    first = merged(base, named("import math", "x = 10", "y = 2", minor=minor), theirs, policy=policy)
    newer = named("import math", "x = 11", "y = 22", minor=minor)
    second = merge_notebooks(jupyter(theirs), first.data, jupyter(newer), policy=policy)
    assert sources(second.data) == [text.replace("y = 2", "y = 22") for text in sources(first.data)]
    assert second.clashes == ()
    assert merge_notebooks(jupyter(newer), second.data, jupyter(newer), policy=policy).data == second.data
