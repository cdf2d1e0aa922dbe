"""What is true of every merge, whatever an author and a student did, and with whatever they saved it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sync.merge.notebook.books import EDITORS, lines, opened, sources
from tests.sync.merge.notebook.classroom import FILLERS, bases, ops, start, taught

from hubdrives.model import Policy
from hubdrives.sync.merge.notebook import merge_notebooks, only_outputs_changed, same_content

editors = st.sampled_from(sorted(EDITORS))
minors = st.sampled_from([4, 5])
policies = st.sampled_from(Policy)
mine_stays = st.sampled_from([Policy.MINE, Policy.BOTH])


def written(saved, versions, minor):
    return [EDITORS[editor](version.book(minor=minor)) for editor, version in zip(saved, versions, strict=True)]


def merged(*versions, policy=Policy.MINE):
    answer = merge_notebooks(*versions, policy=policy)
    assert answer is not None
    return answer


def news(version, base):
    """The lines that are not in the base."""
    return lines(cell.text for cell in version.cells).keys() - lines(cell.text for cell in base.cells).keys()


def check_untouched_by_student(texts, base, mine, theirs):
    """All that the author did where the student did nothing is there, word for word and once."""
    before, after = base.by_key(), theirs.by_key()
    for key in before.keys() | after.keys():
        if theirs.root(key) in mine.edited():
            continue
        if key in after:
            text = after[key].text
            if text not in FILLERS:
                assert texts.count(text) == 1, (key, text, texts)
        elif before[key].text not in {*FILLERS, *(cell.text for cell in theirs.cells)}:
            assert before[key].text not in texts


def check_student(texts, base, mine, theirs):
    """All that the student did is there; word for word and once where the author did nothing."""
    before, after = base.by_key(), mine.by_key()
    wanted = news(mine, base)
    assert wanted <= lines(texts).keys()
    for key in mine.done:
        if mine.root(key) in theirs.edited() or mine.root(key) not in mine.edited():
            continue
        if key in after:
            assert texts.count(after[key].text) == 1, (key, after[key].text, texts)
        elif key in before and before[key].text not in {cell.text for cell in mine.cells}:
            assert before[key].text not in texts


def check_nothing_else(texts, base, mine, theirs, *, labelled):
    """Nothing is there that nobody wrote, and no filler is lost or doubled."""
    written = {cell.text for cell in (*mine.cells, *theirs.cells)}
    both = mine.edited() & theirs.edited()
    allowed = set(lines(cell.text for version in (base, mine, theirs) for cell in version.cells))
    for text in texts:
        if text not in written:
            assert both
            assert labelled or set(lines([text])) <= allowed
    for filler in FILLERS:
        assert texts.count(filler) == sum(cell.text == filler for cell in base.cells)


def check_outputs(data, base, mine, theirs):
    """What the student ran has the student's outputs, once, as long as its cell is there."""
    outputs = [output["text"] for cell in opened(data)["cells"] for output in cell.get("outputs", [])]
    before, upstream = base.by_key(), theirs.by_key()
    for cell in mine.cells:
        if mine.root(cell.key) != cell.key and mine.root(cell.key) in theirs.edited():
            continue
        old, new = before.get(cell.key), upstream.get(cell.key)
        if new is None:
            stays = old is None or cell.key in mine.edited()
        else:
            kept = len(set(old.lines) & set(new.lines))
            stays = new.kind == "code" and kept > 0.75 * max(len(old.lines), len(new.lines))
        if cell.output and stays:
            assert outputs.count(cell.output) == 1


@settings(max_examples=250)
@given(bases, ops, ops, st.tuples(editors, editors, editors), minors, mine_stays)
def test_one_pull_loses_nothing_doubles_nothing_and_invents_nothing(shape, own, new, saved, minor, policy):
    base = start(shape)
    mine, theirs = taught(base, "mine", own), taught(base, "theirs", new)
    files = written(saved, (base, mine, theirs), minor)
    answer = merged(*files, policy=policy)
    texts = sources(answer.data)
    check_untouched_by_student(texts, base, mine, theirs)
    check_student(texts, base, mine, theirs)
    check_nothing_else(texts, base, mine, theirs, labelled=policy is Policy.BOTH)
    check_outputs(answer.data, base, mine, theirs)
    assert opened(answer.data)["nbformat_minor"] >= opened(files[1])["nbformat_minor"]


@settings(max_examples=150)
@given(bases, ops, ops, ops, st.tuples(editors, editors, editors, editors), minors, mine_stays)
def test_two_pulls_in_a_row_keep_the_same_promises_and_a_third_finds_nothing(
    shape, own, new, newer, saved, minor, policy
):
    base = start(shape)
    mine, theirs = taught(base, "mine", own), taught(base, "theirs", new)
    latest = taught(theirs, "latest", newer)
    base_file, mine_file, theirs_file = written(saved[:3], (base, mine, theirs), minor)
    first = merged(base_file, mine_file, theirs_file, policy=policy)
    assert merged(theirs_file, first.data, theirs_file, policy=policy).data == first.data
    # The student's editor saves it once more, and may have its own idea of ids.
    again = EDITORS[saved[1]](opened(first.data))
    latest_file = EDITORS[saved[3]](latest.book(minor=minor))
    second = merged(theirs_file, again, latest_file, policy=policy)
    texts = sources(second.data)
    check_untouched_by_student(texts, theirs, mine, latest)
    wanted = news(mine, base)
    assert wanted <= lines(texts).keys()
    assert merged(latest_file, second.data, latest_file, policy=policy).data == second.data


@settings(max_examples=150)
@given(bases, ops, ops, st.tuples(editors, editors, editors), minors)
def test_with_the_other_policy_all_of_the_authors_lines_are_there(shape, own, new, saved, minor):
    base = start(shape)
    mine, theirs = taught(base, "mine", own), taught(base, "theirs", new)
    files = written(saved, (base, mine, theirs), minor)
    texts = sources(merged(*files, policy=Policy.THEIRS).data)
    wanted = news(theirs, base)
    assert wanted <= lines(texts).keys()
    check_untouched_by_student(texts, base, mine, theirs)


@settings(max_examples=100)
@given(bases, ops, editors, minors, policies)
def test_what_only_one_side_did_is_the_result(shape, doings, editor, minor, policy):
    base = start(shape)
    changed = EDITORS[editor](taught(base, "one", doings).book(minor=minor))
    before = EDITORS["jupyter"](base.book(minor=minor))
    assert merged(before, changed, before, policy=policy).data == changed
    assert merged(before, changed, changed, policy=policy).data == changed
    # Saved anew, so that no shortcut by bytes helps.
    arrived = merged(before, EDITORS["compact"](base.book(minor=minor)), changed, policy=policy)
    assert arrived.clashes == ()
    if opened(changed)["nbformat_minor"] >= minor:
        assert same_content(arrived.data, changed)
    else:
        assert sources(arrived.data) == sources(changed)


@settings(max_examples=100)
@given(bases, ops, editors, minors)
def test_only_running_and_saving_is_no_edit(shape, doings, editor, minor):
    base = start(shape)
    ran = taught(base, "mine", [op for op in doings if op[0] == "run"])
    changed = taught(ran, "mine", [op for op in doings if op[0] != "run"])
    before, after = EDITORS["jupyter"](base.book(minor=minor)), EDITORS[editor](ran.book(minor=minor))
    assert only_outputs_changed(before, after)
    assert merged(before, after, after).data == after
    if [(cell.kind, cell.text) for cell in changed.cells] != [(cell.kind, cell.text) for cell in base.cells]:
        assert not only_outputs_changed(before, EDITORS[editor](changed.book(minor=minor)))


@pytest.mark.parametrize("editor", EDITORS)
@settings(max_examples=30)
@given(bases, minors)
def test_layout_is_no_content(editor, shape, minor):
    data = EDITORS[editor](start(shape).book(minor=minor))
    for written in (
        {"indent": 3},
        {"separators": (",", ":")},
        {"ensure_ascii": False, "sort_keys": True, "indent": "\t"},
    ):
        assert same_content(data, json.dumps(json.loads(data), **written).encode())
    assert same_content(data, json.dumps(opened(data)).encode())
