"""The three-way merge of lines, beside `git merge-file` and by what must hold whatever is compared with what."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hubdrives.model import Policy
from hubdrives.sync.merge.lines import LineClash, merge_lines

FEW = st.lists(st.sampled_from(["a", "b", "c", "x", "", "}"]), max_size=12)
"""Few different lines, so that comparisons are ambiguous."""

SOME = tuple(f"line {number}" for number in range(8))
"""All different, so that there is but one comparison."""

EDITS = st.lists(
    st.sampled_from(["keep", "keep", "keep", "drop", "change", "insert", "insert same"]), min_size=8, max_size=8
)


def edited(edits, who):
    lines = []
    for edit, line in zip(edits, SOME, strict=True):
        lines += {"insert": [f"{who} inserts before {line}"], "insert same": [f"both insert before {line}"]}.get(
            edit, []
        )
        lines += {"drop": [], "change": [f"{who} changes {line}"]}.get(edit, [line])
    return lines


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "result"),
    [
        pytest.param("a b c", "A b c", "a b C", "A b C", id="two places"),
        pytest.param("a b c", "b c", "a b", "b", id="both delete"),
        pytest.param("a b c", "a b c m", "t a b c", "t a b c m", id="insertions at different places"),
        pytest.param("a b c", "a X c", "a X c", "a X c", id="the same change"),
        pytest.param("a b", "A b", "a B", "A B", id="neighbouring lines"),
        pytest.param("a b", "a m b", "a B", "a m B", id="an insertion before a changed line"),
        pytest.param("a b", "a m b", "A b", "A m b", id="an insertion after a changed line"),
        pytest.param("a b", "a b m", "a", "a m", id="an insertion after a deleted line"),
        pytest.param("a", "A x", "a x", "A x", id="what both add beside a changed line comes once"),
        pytest.param("a", "a x", "a x y", "a x y", id="both add the same, upstream more"),
        pytest.param("a", "a y x", "a x", "a y x", id="both add the same, the user more"),
        pytest.param("h q a b z t", "H q a b a b z t", "h q a b a b z T", "H q a b a b z T",
                     id="one insertion, two ways"),
        pytest.param("h q a b a b z t", "H q a b z t", "h q a b z T", "H q a b z T", id="one deletion, two ways"),
    ],
)  # fmt: skip
def test_both_changes_arrive(base, mine, theirs, result):
    merged = merge_lines(base.split(), mine.split(), theirs.split())
    assert " ".join(merged.lines) == result
    assert merged.clashes == ()


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "clash", "kept", "taken"),
    [
        ("a b c", "a M c", "a T c", LineClash(start=1, mine=("M",), theirs=("T",)), "a M c", "a T c"),
        ("a b", "a M b", "a T b", LineClash(start=1, mine=("M",), theirs=("T",)), "a M b", "a T b"),
        ("a b c", "a M c", "a c", LineClash(start=1, mine=("M",), theirs=()), "a M c", "a c"),
        ("a b c", "a c", "a T c", LineClash(start=1, mine=(), theirs=("T",)), "a c", "a T c"),
        ("a b c d", "p M q d", "p T q d", LineClash(start=1, mine=("M",), theirs=("T",)), "p M q d", "p T q d"),
        ("a b c d", "M d", "a T d", LineClash(start=0, mine=("M",), theirs=("a", "T")), "M d", "a T d"),
        ("a b c", "a X c", "a X C", LineClash(start=2, mine=("c",), theirs=("C",)), "a X c", "a X C"),
        ("a b c", "a n M c", "a n T c", LineClash(start=2, mine=("M",), theirs=("T",)), "a n M c", "a n T c"),
    ],
)  # fmt: skip
def test_where_both_changed_the_same_lines_the_policy_decides(base, mine, theirs, clash, kept, taken):
    sides = base.split(), mine.split(), theirs.split()
    for policy, result in {Policy.MINE: kept, Policy.BOTH: kept, Policy.THEIRS: taken}.items():
        merged = merge_lines(*sides, policy=policy)
        assert " ".join(merged.lines) == result
        assert merged.clashes == (clash,)


def test_a_clash_begins_where_its_lines_are_in_the_result():
    base = [f"{number}" for number in range(30)]
    mine = ["mine, on top", *base[:10], "M", *base[11:20], *base[25:]]
    theirs = [*base[:3], *base[5:10], "T", *base[11:22], "T2", *base[23:]]
    for policy in (Policy.MINE, Policy.THEIRS):
        merged = merge_lines(base, mine, theirs, policy=policy)
        assert len(merged.clashes) == 2
        for clash in merged.clashes:
            kept = clash.theirs if policy is Policy.THEIRS else clash.mine
            assert merged.lines[clash.start : clash.start + len(kept)] == kept


@given(base=FEW, other=FEW)
def test_one_sided_changes_are_taken_as_they_are(base, other):
    for policy in Policy:
        assert merge_lines(base, base, other, policy=policy).lines == tuple(other)
        assert merge_lines(base, other, base, policy=policy).lines == tuple(other)
        assert merge_lines(base, other, other, policy=policy).lines == tuple(other)


@given(base=FEW, mine=FEW, theirs=FEW)
@example(base=["a"], mine=["a", "x"], theirs=["b"])
def test_nothing_is_made_up_and_nothing_that_was_added_is_lost(base, mine, theirs):
    for policy, winner in ((Policy.MINE, mine), (Policy.THEIRS, theirs)):
        merged = merge_lines(base, mine, theirs, policy=policy)
        assert set(merged.lines) <= {*base, *mine, *theirs}
        assert set(winner) - set(base) <= set(merged.lines)
        told = {line for clash in merged.clashes for line in (*clash.mine, *clash.theirs)}
        assert {*mine, *theirs} - set(base) <= {*merged.lines, *told}


@given(base=FEW, mine=FEW, theirs=FEW)
def test_the_sides_are_treated_alike(base, mine, theirs):
    one = merge_lines(base, mine, theirs, policy=Policy.MINE)
    other = merge_lines(base, theirs, mine, policy=Policy.THEIRS)
    assert one.lines == other.lines
    assert [(clash.mine, clash.theirs) for clash in one.clashes] == [
        (clash.theirs, clash.mine) for clash in other.clashes
    ]


@given(mine=EDITS, theirs=EDITS)
def test_what_one_side_deletes_and_the_other_leaves_alone_is_gone(mine, theirs):
    own, new = edited(mine, "I"), edited(theirs, "upstream")
    merged = merge_lines(SOME, own, new)
    if not merged.clashes:
        assert set(SOME) & set(merged.lines) == set(SOME) & set(own) & set(new)


@given(top=FEW, new_top=FEW, end=FEW, new_end=FEW)
def test_changes_with_an_untouched_line_between_them_both_arrive(top, new_top, end, new_end):
    unique = "---"
    merged = merge_lines([*top, unique, *end], [*new_top, unique, *end], [*top, unique, *new_end])
    assert merged.lines == (*new_top, unique, *new_end)
    assert merged.clashes == ()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mine=EDITS, theirs=EDITS)
def test_what_git_merges_without_conflict_is_the_same_here(tmp_path: Path, mine, theirs):
    own, new = edited(mine, "I"), edited(theirs, "upstream")
    merged = merge_lines(SOME, own, new)
    files = []
    for name, lines in {"mine": own, "base": SOME, "theirs": new}.items():
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines))
        files.append(str(tmp_path / name))
    done = subprocess.run(["git", "merge-file", "-p", *files], capture_output=True, text=True, check=False)
    assert 0 <= done.returncode < 128, done.stderr
    if done.returncode == 0:
        assert merged.lines == tuple(done.stdout.splitlines())
        assert merged.clashes == ()
    else:
        # What is a conflict for git may be none here, never the other way round; and all that `--ours` has is there.
        done = subprocess.run(["git", "merge-file", "-p", "--ours", *files], capture_output=True, text=True, check=True)
        assert set(done.stdout.splitlines()) - set(SOME) <= set(merged.lines)


def test_where_very_many_lines_differ_they_count_as_one_change():
    base = [f"base {number}" for number in range(30_000)]
    mine = [f"mine {number}" for number in range(30_000)]
    mine[15_000] = base[15_000]
    merged = merge_lines(base, mine, ["theirs", *base[1:]])
    assert merged.lines == tuple(mine)
    assert [(clash.start, len(clash.mine)) for clash in merged.clashes] == [(0, 30_000)]
