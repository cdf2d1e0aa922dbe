"""Which cell is which, and in which order they stand."""

import copy

import pytest
from tests.sync.merge.notebook.books import book, code, jupyter, lab, named, opened, printed, prose, sources

from hubdrives.model import Policy
from hubdrives.sync.merge.notebook import merge_notebooks

LONG = {
    "load": "import pandas as pd\ntable = pd.read_csv('data.csv')\ntable.head()",
    "clean": "clean = table.dropna(subset=['speed'])\nclean = clean[clean.speed > 0]",
    "plot": "clean.plot.scatter('speed', 'distance', alpha=0.4)",
    "fit": "slope, offset = np.polyfit(clean.speed, clean.distance, deg=1)\nprint(slope, offset)",
    "end": "print('all done, now write the report about braking')",
}
MINORS = pytest.mark.parametrize("minor", [4, 5], ids=["without ids", "with ids"])


def course(*keys, minor=5, **changed):
    """Cells of a course by their names, which are ids too from minor version 5 on."""
    return book(
        *(code(changed.get(key, LONG.get(key, key)), name=key if minor >= 5 else None) for key in keys), minor=minor
    )


def merged(base, mine, theirs, policy=Policy.MINE):
    answer = merge_notebooks(jupyter(base), jupyter(mine), jupyter(theirs), policy=policy)
    assert answer is not None
    return sources(answer.data)


def texts(*keys, **changed):
    return [changed.get(key, LONG.get(key, key)) for key in keys]


@MINORS
@pytest.mark.parametrize("place", range(6))
def test_a_new_cell_arrives_wherever_it_is_and_whatever_the_user_ran(place, minor):
    base = course(*LONG, minor=minor)
    mine = copy.deepcopy(base)
    for count, cell in enumerate(mine["cells"], 1):
        cell |= {"execution_count": count, "outputs": [printed(f"{count}\n")]}
    keys = list(LONG)
    keys.insert(place, "new")
    assert merged(base, mine, course(*keys, minor=minor)) == texts(*keys)


@MINORS
def test_what_both_append_ends_as_the_users_then_upstreams(minor):
    base = course("load", "end", minor=minor)
    mine, theirs = course("load", "end", "my note", minor=minor), course("load", "end", "their task", minor=minor)
    assert merged(base, mine, theirs) == texts("load", "end", "my note", "their task")


@MINORS
def test_what_both_insert_at_one_place_is_there_once_each_the_users_first(minor):
    base = course("load", "end", minor=minor)
    mine = course("mine 1", "load", "mine 2", "mine 3", "end", minor=minor)
    theirs = course("theirs 1", "load", "theirs 2", "theirs 3", "end", minor=minor)
    expected = texts("mine 1", "theirs 1", "load", "mine 2", "mine 3", "theirs 2", "theirs 3", "end")
    assert merged(base, mine, theirs) == expected


@MINORS
@pytest.mark.parametrize("policy", Policy)
def test_the_same_cell_from_both_is_there_once(minor, policy):
    base = course("load", "end", minor=minor)
    mine = course("load", "plot", "end", minor=minor)
    theirs = course("load", "plot", "end", "fit", minor=minor)
    assert merged(base, mine, theirs, policy) == texts("load", "plot", "end", "fit")


def test_an_equal_cell_at_another_place_is_another_cell():
    base = course("load", "clean", "end", minor=4)
    mine, theirs = course("load", "x", "clean", "end", minor=4), course("load", "clean", "end", "x", minor=4)
    assert merged(base, mine, theirs) == texts("load", "x", "clean", "end", "x")


@MINORS
def test_a_cell_that_upstream_moved_moves_with_the_users_edits_and_note(minor):
    edited = LONG["plot"] + "\nplt.title('mine')"
    mine = course("load", "clean", "plot", "my note", "fit", "end", minor=minor, plot=edited)
    theirs = course("plot", "load", "clean", "fit", "end", minor=minor)
    expected = texts("plot", "my note", "load", "clean", "fit", "end", plot=edited)
    assert merged(course(*LONG, minor=minor), mine, theirs) == expected


@MINORS
def test_a_cell_that_the_user_moved_stays_there_and_takes_upstreams_edit(minor):
    edited = LONG["plot"] + "\nplt.title('theirs')"
    mine = course("load", "clean", "fit", "end", "plot", minor=minor)
    theirs = course(*LONG, minor=minor, plot=edited)
    assert merged(course(*LONG, minor=minor), mine, theirs) == texts("load", "clean", "fit", "end", "plot", plot=edited)


@MINORS
def test_where_both_moved_one_cell_the_users_order_wins(minor):
    mine = course("plot", "load", "clean", "fit", "end", minor=minor)
    theirs = course("load", "clean", "fit", "end", "plot", minor=minor)
    assert merged(course(*LONG, minor=minor), mine, theirs) == texts("plot", "load", "clean", "fit", "end")


@MINORS
def test_moves_of_different_cells_both_count(minor):
    mine = course("clean", "load", "plot", "fit", "end", minor=minor)
    theirs = course("load", "clean", "plot", "end", "fit", minor=minor)
    assert merged(course(*LONG, minor=minor), mine, theirs) == texts("clean", "load", "plot", "end", "fit")


@MINORS
def test_a_cell_that_upstream_split_beside_an_edited_one_arrives_in_its_parts(minor):
    first, second = LONG["fit"].split("\n")
    mine = course(*LONG, minor=minor, plot=LONG["plot"] + "  # mine")
    theirs = course("load", "clean", "plot", "fit", "fit2", "end", minor=minor, fit=first, fit2=second)
    expected = texts(
        "load", "clean", "plot", "fit", "fit2", "end", plot=LONG["plot"] + "  # mine", fit=first, fit2=second
    )
    assert merged(course(*LONG, minor=minor), mine, theirs) == expected


@MINORS
def test_a_section_that_upstream_replaced_comes_beside_what_the_user_edited_in_the_old_one(minor):
    edited = LONG["clean"] + "\nclean.describe()"
    new = {
        "new1": "sns.regplot(data=table, x='speed', y='distance')",
        "new2": "model = smf.ols('distance ~ speed', table)",
    }
    mine = course(*LONG, minor=minor, clean=edited)
    theirs = course("load", "new1", "new2", "end", minor=minor, **new)
    answer = merge_notebooks(jupyter(course(*LONG, minor=minor)), jupyter(mine), jupyter(theirs), policy=Policy.MINE)
    assert sources(answer.data) == texts("load", "clean", "new1", "new2", "end", clean=edited, **new)
    assert [(clash.where, clash.mine, clash.theirs) for clash in answer.clashes] == [("cell 2", edited, "")]


@MINORS
def test_cells_deleted_around_an_edited_one_go_and_it_stays(minor):
    edited = LONG["plot"] + "\nplt.show()"
    mine = course(*LONG, minor=minor, plot=edited)
    assert merged(course(*LONG, minor=minor), mine, course("load", "plot", minor=minor)) == texts(
        "load", "plot", plot=edited
    )


def test_answers_in_place_of_equal_stubs_meet_the_right_cells():
    stub = "# YOUR CODE HERE\nraise NotImplementedError()"
    heads = [prose(f"## Question {number}") for number in (1, 2, 3)]
    base = book(*(cell for head in heads for cell in (head, code(stub))))
    mine = book(heads[0], code("mean = 5"), heads[1], code(stub), heads[2], code("largest = max(numbers)"))
    theirs = book(*(cell for head in heads for cell in (head, code(stub + "  # hint"))), prose("## The end"))
    answer = merge_notebooks(jupyter(base), jupyter(mine), jupyter(theirs))
    assert sources(answer.data) == [
        "## Question 1", "mean = 5", "## Question 2", stub + "  # hint",
        "## Question 3", "largest = max(numbers)", "## The end",
    ]  # fmt: skip
    assert [clash.where for clash in answer.clashes] == ["cell 2", "cell 6"]


def test_numbers_for_ids_do_not_fool_it():
    def numbered(*keys, **changed):
        made = course(*keys, **changed)
        for place, cell in enumerate(made["cells"]):
            cell["id"] = f"cell-{place}"
        return made

    edited = LONG["fit"] + "\nprint('mine')"
    mine, theirs = numbered(*LONG, fit=edited), numbered("new", *LONG, end="print('the end')")
    assert merged(numbered(*LONG), mine, theirs) == texts("new", *LONG, fit=edited, end="print('the end')")


def test_ids_that_changed_hands_do_not_fool_it():
    mine, theirs = course(*LONG, plot=LONG["plot"] + "  # mine"), course(*LONG, load=LONG["load"] + "  # theirs")
    names = [cell["id"] for cell in theirs["cells"]]
    for cell, name in zip(theirs["cells"], reversed(names), strict=True):
        cell["id"] = name
    expected = texts(*LONG, plot=LONG["plot"] + "  # mine", load=LONG["load"] + "  # theirs")
    assert merged(course(*LONG), mine, theirs) == expected


@pytest.mark.parametrize("side", ["base", "mine", "theirs"])
def test_ids_that_are_there_twice_do_not_fool_it_and_are_mended(side):
    versions = {
        "base": course(*LONG),
        "mine": course(*LONG, plot=LONG["plot"] + "  # mine"),
        "theirs": course(*LONG, load=LONG["load"] + "  # theirs"),
    }
    for cell in versions[side]["cells"]:
        cell["id"] = "same"
    expected = texts(*LONG, plot=LONG["plot"] + "  # mine", load=LONG["load"] + "  # theirs")
    assert merged(**versions) == expected


def test_a_rewritten_cell_with_its_id_is_still_that_cell():
    mine = course(*LONG, fit="something = quite(different) or nothing")
    theirs = course("load", "fit", "clean", "plot", "end")
    expected = texts("load", "fit", "clean", "plot", "end", fit="something = quite(different) or nothing")
    assert merged(course(*LONG), mine, theirs) == expected


def test_the_name_for_grading_tells_a_cell_of_which_all_else_is_new():
    def graded(*cells):
        return book(*(code(text, nbgrader={"grade_id": name} if name else {}) for name, text in cells), minor=4)

    base = graded(("q1", "Compute the mean"), ("", LONG["load"]), ("q2", "Find the largest"))
    mine = graded(("q2", "my = answer(two)"), ("q1", "numbers.mean()  # done"), ("", LONG["load"]))
    theirs = graded(("", LONG["load"]), ("q2", "Look for something else"), ("q1", "Do not think about it"))
    answer = merge_notebooks(jupyter(base), jupyter(mine), jupyter(theirs))
    assert sorted(sources(answer.data)) == sorted(["my = answer(two)", "numbers.mean()  # done", LONG["load"]])
    assert {(clash.mine, clash.theirs) for clash in answer.clashes} == {
        ("my = answer(two)", "Look for something else"),
        ("numbers.mean()  # done", "Do not think about it"),
    }


def test_ids_tell_cells_that_were_rewritten_side_by_side():
    mine = course(*LONG, clean="my = answer()", plot="something(else_) is here")
    theirs = course(*LONG, clean="their = words()", end="bye")
    answer = merge_notebooks(jupyter(course(*LONG)), jupyter(mine), jupyter(theirs))
    assert sources(answer.data) == texts(*LONG, clean="my = answer()", plot="something(else_) is here", end="bye")
    assert [(clash.mine, clash.theirs) for clash in answer.clashes] == [("my = answer()", "their = words()")]


def test_without_ids_lines_of_one_cell_that_differ_on_both_sides_merge():
    first, second = LONG["clean"].split("\n")
    mine = course(*LONG, "mine", minor=4, clean=f"{first}\n{second}\nclean.describe()", plot=LONG["plot"] + "  # mine")
    theirs = course("theirs", *LONG, minor=4, clean=f"import gc\n{first}\n{second}", fit="gone")
    answer = merge_notebooks(jupyter(course(*LONG, minor=4)), jupyter(mine), jupyter(theirs))
    clean, plot = f"import gc\n{first}\n{second}\nclean.describe()", LONG["plot"] + "  # mine"
    assert sources(answer.data) == texts("theirs", *LONG, "mine", clean=clean, plot=plot, fit="gone")
    assert answer.clashes == ()


@MINORS
def test_a_cell_that_upstream_moved_and_edited_takes_the_users_edit_along(minor):
    first, second = LONG["fit"].split("\n")
    mine = course(*LONG, minor=minor, fit=f"{first}  # mine\n{second}")
    theirs = course("fit", "load", "clean", "plot", "end", minor=minor, fit=f"{first}\n{second}\nprint('theirs')")
    expected = texts("fit", "load", "clean", "plot", "end", fit=f"{first}  # mine\n{second}\nprint('theirs')")
    assert merged(course(*LONG, minor=minor), mine, theirs) == expected


def test_outputs_stay_with_equal_cells_that_moved_with_their_section():
    base = named("show()", LONG["load"], LONG["plot"], "show()", LONG["fit"], "show()", LONG["end"], minor=4)
    mine = copy.deepcopy(base)
    for count, cell in enumerate(mine["cells"]):
        cell |= {"outputs": [printed(f"{count}")], "execution_count": count}
    theirs = named(LONG["fit"], "show()", LONG["end"], "show()", LONG["load"], LONG["plot"], "show()", minor=4)
    value = opened(merge_notebooks(jupyter(base), jupyter(mine), jupyter(theirs)).data)
    assert [cell["source"] for cell in value["cells"]] == [cell["source"] for cell in theirs["cells"]]
    assert all(cell["outputs"] for cell in value["cells"])


def test_of_equal_stubs_side_by_side_the_one_in_its_place_is_the_answered_one():
    stub = "# YOUR CODE HERE\nraise NotImplementedError()"
    base, theirs = named(stub, stub, minor=4), named(stub + "\n# hint one", stub + "\n# hint two", minor=4)
    assert merged(base, named(stub, "x = 5", minor=4), theirs) == [stub + "\n# hint one", "x = 5"]
    assert merged(base, named("x = 5", stub, minor=4), theirs) == ["x = 5", stub + "\n# hint two"]


def test_without_ids_a_new_cell_in_place_of_one_that_the_user_edited_comes_beside_it():
    edited = LONG["clean"] + "\nclean.describe()"
    theirs = course("load", "new", "plot", minor=4, new="Now for something completely different")
    expected = texts("load", "clean", "new", "plot", clean=edited, new="Now for something completely different")
    base = course("load", "clean", "plot", minor=4)
    assert merged(base, course("load", "clean", "plot", minor=4, clean=edited), theirs) == expected


def test_a_new_type_and_a_new_line_at_once_are_still_that_cell():
    mine = course(*LONG, minor=4, fit=LONG["fit"] + "\nprint('mine')")
    mine["cells"][3] = prose(mine["cells"][3]["source"])
    theirs = course(*LONG, minor=4, fit="import numpy as np\n" + LONG["fit"])
    answer = merge_notebooks(jupyter(course(*LONG, minor=4)), jupyter(mine), jupyter(theirs))
    cell = opened(answer.data)["cells"][3]
    assert cell == prose("import numpy as np\n" + LONG["fit"] + "\nprint('mine')")
    assert answer.clashes == ()


def test_the_same_new_cell_is_one_although_its_neighbours_are_others():
    new = {"both": LONG["plot"], "mine": "only(mine)", "theirs": "now_theirs = something"}
    mine = course("load", "both", "mine", "both", "end", minor=4, **new)
    theirs = course("load", "theirs", "both", "end", minor=4, **new)
    answer = merged(course("load", "end", minor=4), mine, theirs)
    assert answer == texts("load", "theirs", "both", "mine", "both", "end", **new)


def test_the_names_for_grading_tell_equal_cells_from_each_other():
    stub = "# YOUR CODE HERE"

    def graded(*cells):
        return book(*(code(text, nbgrader={"grade_id": name}) for name, text in cells), minor=4)

    base, mine = graded(("q1", stub), ("q2", stub)), graded(("q2", stub), ("q1", "x = 5"))
    theirs = graded(("q1", stub), ("q2", stub + "\n# a hint for the second"))
    assert merged(base, mine, theirs) == [stub + "\n# a hint for the second", "x = 5"]


def test_without_ids_short_cells_side_by_side_that_both_edited_merge():
    base = named("a = 1", "b = 2", minor=4)
    mine, theirs = named("a = 10", "b = 20", minor=4), named("a = 1\nprint(a)", "b = 2\nprint(b)", minor=4)
    assert merged(base, mine, theirs) == ["a = 10\nprint(a)", "b = 20\nprint(b)"]


@pytest.mark.parametrize("stub", ["plt.show()", "def solve(numbers, start, stop):\n    pass"])
def test_without_ids_a_stub_that_the_user_filled_in_takes_upstreams_line(stub):
    filling = "\n".join(f"    step_{number} = refine(values_{number})" for number in range(20))
    base, mine = named(stub, "load()", minor=4), named(f"{stub}\n{filling}", "mine = quite(other)", minor=4)
    theirs = named(f"# read this first\n{stub}", "load()", minor=4)
    assert merged(base, mine, theirs) == [f"# read this first\n{stub}\n{filling}", "mine = quite(other)"]


def test_ids_that_lab_made_for_upstreams_cells_stay_and_upstreams_edits_arrive():
    base, mine = course(*LONG, minor=4), course(*LONG, minor=4, fit="slope = 3  # mine")
    theirs = course("new", *LONG, minor=4, load=LONG["load"] + "\ntable.tail()")
    answer = merge_notebooks(jupyter(base), lab(mine), jupyter(theirs))
    assert sources(answer.data) == texts("new", *LONG, load=LONG["load"] + "\ntable.tail()", fit="slope = 3  # mine")
    names = [cell["id"] for cell in opened(answer.data)["cells"]]
    assert names[1:] == [cell["id"] for cell in opened(lab(mine))["cells"]]


def test_a_cell_that_both_rewrote_alike_is_still_the_one_that_it_was():
    base, theirs = course(*LONG), course(*LONG, clean="answer = 42")
    for cell in (base["cells"][1], theirs["cells"][2]):
        cell["metadata"] = {"tags": ["old"]}
    mine = course(*LONG, minor=4, clean="answer = 42", plot="quite different")
    mine["cells"][1]["metadata"] = {"tags": ["old"]}
    value = opened(merge_notebooks(jupyter(base), jupyter(mine), jupyter(theirs)).data)
    assert [cell["source"] for cell in value["cells"]] == texts(*LONG, clean="answer = 42", plot="quite different")
    assert value["cells"][1]["metadata"] == {}


def test_a_repeated_cell_stays_as_often_as_it_is():
    base = named("show()", "a = 1", "show()", "b = 2", "show()", minor=4)
    mine = named("show()", "a = 1", "show()", "b = 3", "show()", "mine", minor=4)
    theirs = named("new", "show()", "a = 1", "show()", "b = 2", "show()", minor=4)
    assert merged(base, mine, theirs) == ["new", "show()", "a = 1", "show()", "b = 3", "show()", "mine"]


def test_the_same_three_versions_always_give_the_same_bytes():
    base, mine = course(*LONG, minor=4), lab(course(*LONG, "mine", minor=4, plot="x"))
    theirs = course("theirs", *LONG, minor=4, plot="y")
    answers = {merge_notebooks(jupyter(base), mine, jupyter(theirs), policy=Policy.BOTH).data for _ in range(3)}
    assert len(answers) == 1
