"""Whatever the bytes: a merge gives a sound notebook, the user's own file, or nothing; and it always ends."""

import copy
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sync.merge.notebook.books import book, code, jupyter, named, opened, printed, prose, result, sources

from hubdrives.model import Policy
from hubdrives.sync.merge.notebook import merge_notebooks, only_outputs_changed, readable, same_content

BASE = book(
    prose("# Title", name="t") | {"attachments": {"a.png": {"image/png": "AA=="}}},
    code("import math\nx = 1", name="a", outputs=[printed("1\n"), result("2")], count=1, tags=["q"]),
    code("y = 2", name="b", nbgrader={"grade_id": "q1"}),
    prose("raw", name="r", kind="raw"),
)


def changed(place, text):
    made = copy.deepcopy(BASE)
    made["cells"][place]["source"] = text
    return made


MINE, THEIRS = changed(1, "import math\nx = 10"), changed(2, "y = 3")
VERSIONS = tuple(map(jupyter, (BASE, MINE, THEIRS)))
ROLES = pytest.mark.parametrize("role", range(3), ids=["base", "mine", "theirs"])


def with_version(role, data):
    versions = list(VERSIONS)
    versions[role] = data
    return versions


def check_sound(versions, policy=Policy.MINE):
    answer = merge_notebooks(*versions, policy=policy)
    if answer is not None and answer.data != versions[1]:
        opened(answer.data)
    for data in versions:
        "\n".join(readable(data) or []).encode()
    for one in versions:
        for other in versions:
            assert same_content(one, other) == same_content(other, one)
            only_outputs_changed(one, other)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
likely = st.sampled_from(
    ["code", "markdown", "raw", "heading", "a", "", 4, 3, 2, -1, 10**30, [], {}, [[]], ["x\r\n"], None]
)


def paths(value, so_far=()):
    """The way to every value within."""
    yield so_far
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from paths(item, (*so_far, key))


ALL_PATHS = [list(paths(value)) for value in (BASE, MINE, THEIRS)]


@settings(max_examples=400)
@given(st.data(), st.integers(0, 2), st.sampled_from(Policy))
def test_a_broken_value_anywhere_does_no_harm(data, role, policy):
    value = copy.deepcopy((BASE, MINE, THEIRS)[role])
    for path in data.draw(st.lists(st.sampled_from(ALL_PATHS[role][1:]), min_size=1, max_size=3)):
        holder = value
        try:
            for key in path[:-1]:
                holder = holder[key]
            if data.draw(st.booleans()):
                holder[path[-1]] = data.draw(values | likely)
            else:
                del holder[path[-1]]
        except (KeyError, IndexError, TypeError):
            continue
    check_sound(with_version(role, json.dumps(value).encode()), policy)


@settings(max_examples=200)
@given(st.data(), st.integers(0, 2))
def test_a_broken_byte_anywhere_does_no_harm(data, role):
    original = VERSIONS[role]
    at = data.draw(st.integers(0, len(original)))
    length = data.draw(st.integers(0, 5))
    noise = data.draw(st.binary(max_size=5) | st.sampled_from([b'"', b"\\", b"{", b"]", b",", b"\\ud800", b"1e400"]))
    check_sound(with_version(role, original[:at] + noise + original[at + length :]))


@given(st.binary(max_size=60), st.integers(0, 2))
def test_any_bytes_do_no_harm(noise, role):
    check_sound(with_version(role, noise))


@ROLES
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        VERSIONS[0][:-3],
        VERSIONS[0] + b"x",
        VERSIONS[0].replace(b'"x = 1', b'"x" = 1'),
        VERSIONS[0].replace(b'"nbformat": 4', b'"nbformat": 5'),
        VERSIONS[0].replace(b'"nbformat": 4', b'"nbformat": 3'),
        VERSIONS[0].replace(b'"nbformat": 4', b'"nbformat": 4, "nbformat": 4'),
        VERSIONS[0].replace(b'"execution_count": 1', b'"execution_count": 1, "execution_count": 1', 1),
        VERSIONS[0].replace(b'"execution_count": 1', b'"execution_count": NaN', 1),
        VERSIONS[0].replace(b'"execution_count": 1', b'"execution_count": -Infinity', 1),
        VERSIONS[0].replace(b'"execution_count": 1', b'"execution_count": 1' + b"0" * 5000, 1),
        VERSIONS[0].replace(b'"cells"', b'"cels"'),
        VERSIONS[0].replace(b'"markdown"', b'"heading"'),
        VERSIONS[0].replace(b'"q"', b"[" * 100_000 + b"]" * 100_000),
        json.dumps(BASE | {"cells": [prose("", name=f"i{n}") for n in range(10_001)]}).encode(),
    ],
    ids=range(19),
)
def test_what_is_no_notebook_for_sure_is_not_merged(role, data):
    assert merge_notebooks(*with_version(role, data)) is None
    assert readable(data) is None
    assert not same_content(data, VERSIONS[role])
    assert not only_outputs_changed(VERSIONS[role], data)
    assert same_content(data, data)


@ROLES
def test_lists_in_lists_without_end_do_no_harm(role):
    for depth in range(50, 1500, 50):
        data = VERSIONS[role].replace(b'"q"', b"[" * depth + b"1" + b"]" * depth)
        check_sound(with_version(role, data))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"execution_count": 1,\n   "id": "a"', b'"execution_count": "*",\n   "id": "a"'),
        (b'"execution_count": null,\n   "id": "b",', b'"id": "b",'),
        (b'"id": "b",', b'"id": "b", "block_group": "deepnote has this",'),
        (b'"outputs": [],', b""),
        (b'"name": "stdout",', b""),
        (b'"metadata": {},\n     "output_type": "execute_result"', b'"output_type": "execute_result"'),
        (b'"display_name": "Python 3 (ipykernel)",', b""),
        (b'"file_extension": ".py",\n   "name": "python",', b'"file_extension": ".py",'),
        (b'"id": "b",', b'"id": "a",'),
        (b'"id": "b",', b'"id": "not an id!",'),
        (b'"id": "b",', b'"id": 7,'),
        (b'"id": "b",', b""),
    ],
    ids=range(12),
)
@pytest.mark.parametrize("role", [1, 2], ids=["mine", "theirs"])
def test_common_faults_are_mended_in_what_is_written(role, old, new):
    broken = VERSIONS[role].replace(old, new)
    assert broken != VERSIONS[role]
    answer = merge_notebooks(*with_version(role, broken))
    assert sources(answer.data) == ["# Title", "import math\nx = 10", "y = 3", "raw"]


def test_what_would_be_no_sound_notebook_is_not_written():
    odd = VERSIONS[1].replace(b'"stream"', b'"never heard of"')
    assert merge_notebooks(*with_version(1, odd)) is None
    for tags in (b'"a,b"', b'"a", "a"', b'""', b"7"):
        assert merge_notebooks(*with_version(1, VERSIONS[1].replace(b'"q"', tags))) is None


def test_a_byte_order_mark_goes_because_jupyter_can_not_read_it():
    data = merge_notebooks(VERSIONS[0], b"\xef\xbb\xbf" + VERSIONS[1], VERSIONS[2]).data
    assert sources(data) == ["# Title", "import math\nx = 10", "y = 3", "raw"]


def test_a_number_beyond_json_in_what_has_to_be_written_anew_is_refused():
    count = b'"execution_count": 1,\n     "metadata": {}'
    odd = [data.replace(count, b'"execution_count": 1,\n     "metadata": {"far": 1e400}') for data in VERSIONS]
    assert odd[0] != VERSIONS[0]
    assert b"1e400" in merge_notebooks(*odd).data
    theirs = odd[2].replace(b'"import math\\n"', b'"import numpy\\n"')
    assert merge_notebooks(odd[0], odd[1], theirs) is None


@pytest.mark.parametrize(("count", "size"), [(200, 1200), (201, 1200), (10, 6000)])
def test_the_largest_notebooks_take_bounded_time(count, size):
    """Every cell changed on both sides, is of 20 or 100 kB, and has no name that could help."""

    def version(who):
        cells = (code("\n".join(f"{who}{n} = f{k}({n * k})" for k in range(size))) for n in range(count))
        return jupyter(book(*cells))

    files = [version(who) for who in ("base", "mine", "theirs")]
    started = time.process_time()
    answer = merge_notebooks(*files)
    assert time.process_time() - started < 10
    assert sum(text.startswith("mine") for text in sources(answer.data)) == count


def test_many_equal_cells_take_bounded_time():
    started = time.process_time()
    base = named(*["x"] * 2000, minor=4)
    mine, theirs = named(*["x"] * 1999, "mine", minor=4), named("theirs", *["x"] * 2000, minor=4)
    assert len(sources(merge_notebooks(jupyter(base), jupyter(mine), jupyter(theirs)).data)) == 2001
    assert time.process_time() - started < 10
