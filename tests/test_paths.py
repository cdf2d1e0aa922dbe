"""Paths from outside: none leads out, none clashes, none changes from one pull to the next."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hubdrives.errors import BadPath
from hubdrives.paths import (
    MAX_NAME_BYTES,
    STATE_FOLDER,
    Sibling,
    local_names,
    relative,
    renamed_aside,
    reserved,
    safe_name,
)

names = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            "",
            ".",
            "..",
            "...",
            ". .",
            ".git",
            ".GIT",
            ".Git ",
            STATE_FOLDER,
            ".HubDrives",
            "a/b",
            "a\\b",
            "a.txt",
            "A.txt",
        ]
    ),
    st.sampled_from(
        [
            "é.txt",
            "e\u0301.txt",
            "É.TXT",
            "ß",
            "SS",
            "ss",
            "\u0149",
            "\u02bcn",
            "\u1fb3",
            "\u03b1\u03b9",
            "ǰ",
            "J\u030c",
            "Å",
            "\u212b",
        ]
    ),
    st.text(alphabet="aé🦊.", min_size=200, max_size=400),
)
texts = st.text(alphabet=st.sampled_from("ab./\\ é\0\n"), max_size=30)


def same_to_a_file_system(name):
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


# relative


@pytest.mark.parametrize(
    ("text", "meaning"),
    [("", ""), (".", ""), ("a", "a"), ("a/b", "a/b"), ("./a//b/./c/", "a/b/c"), ("a b/é", "a b/é"), ("...", "...")],
)
def test_a_relative_path_is_read_and_tidied(text, meaning):
    assert relative(text) == meaning


@pytest.mark.parametrize(
    "text", ["/", "/etc/passwd", "..", "../x", "a/../b", "a/..", "a\0b", "a/" + "x" * 256, "é" * 128]
)
def test_a_path_that_leads_out_or_that_no_file_system_takes_is_refused(text):
    with pytest.raises(BadPath):
        relative(text)


@given(texts)
def test_what_is_accepted_never_escapes(text):
    try:
        path = relative(text)
    except BadPath:
        return
    parts = path.split("/") if path else []
    assert not {"", ".", ".."} & set(parts)
    assert "\0" not in path
    assert relative(path) == path


# reserved


@pytest.mark.parametrize("path", [".git", "a/.git/config", STATE_FOLDER, "a/.HubDrives/x", ".GIT"])
def test_git_and_our_own_state_are_reserved_at_any_depth(path):
    assert reserved(path)


@pytest.mark.parametrize("path", ["", "git", ".github/x", ".gitignore", "a.git", "hubdrives"])
def test_others_are_not(path):
    assert not reserved(path)


# safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("notes.txt", "notes.txt"),
        ("Week 1: intro?.ipynb", "Week 1: intro?.ipynb"),
        ("a/b\\c", "a_b_c"),
        ("line\nbreak\t", "line_break_"),
        ("e\u0301", "é"),
        ("trailing. . ", "trailing"),
        ("..", "__"),
        (".", "_"),
        ("", "_"),
        ("   ", "__"),
        (".git", "_.git"),
        (".GIT ", "_.GIT"),
        (STATE_FOLDER, f"_{STATE_FOLDER}"),
        ("\ud800", "_"),
    ],
)
def test_a_name_becomes_one_that_a_file_system_takes(name, safe):
    assert safe_name(name) == safe


@given(names)
def test_a_safe_name_is_safe_and_stays_as_it_is(name):
    safe = safe_name(name)
    assert relative(safe) == safe != ""
    assert not reserved(safe)
    assert len(safe.encode()) <= MAX_NAME_BYTES
    assert unicodedata.is_normalized("NFC", safe)
    assert safe_name(safe) == safe


def test_long_names_that_differ_at_the_end_stay_different_and_keep_their_extension():
    one, other = safe_name("x" * 300 + "1.ipynb"), safe_name("x" * 300 + "2.ipynb")
    assert one != other
    assert one.endswith(".ipynb")
    assert other.endswith(".ipynb")


# local_names


def crowd(listed):
    return [Sibling(id=f"id{number}", name=name, created=f"{number:04}") for number, name in enumerate(listed)]


@given(st.lists(names, max_size=8))
@example(["a.txt", "A.txt", "a.txt"])
@example(["\u1fb3\u0345", "\u1fb3\u03b9", "\u03b1\u03b9\u03b9"])
def test_no_two_items_of_a_folder_get_names_that_a_file_system_takes_for_one(listed):
    given_names = local_names(crowd(listed))
    assert set(given_names) == {f"id{number}" for number in range(len(listed))}
    assert len({same_to_a_file_system(name) for name in given_names.values()}) == len(listed)
    for name in given_names.values():
        assert relative(name) == name != ""
        assert not reserved(name)
        assert len(name.encode()) <= MAX_NAME_BYTES


@given(st.lists(names, max_size=8), names)
def test_a_newcomer_never_changes_the_names_that_are_there(listed, newcomer):
    before = local_names(crowd(listed))
    after = local_names([*crowd(listed), Sibling(id="new", name=newcomer, created="9999")])
    assert {key: name for key, name in after.items() if key != "new"} == before


@given(st.lists(names, max_size=6).flatmap(lambda listed: st.tuples(st.just(listed), st.permutations(crowd(listed)))))
def test_the_order_of_listing_does_not_matter(case):
    listed, shuffled = case
    assert local_names(shuffled) == local_names(crowd(listed))


def test_the_oldest_keeps_its_name():
    old, new = Sibling(id="old", name="A.txt", created="1"), Sibling(id="new", name="a.txt", created="2")
    given_names = local_names([new, old])
    assert given_names["old"] == "A.txt"
    assert re.fullmatch(r"a__[0-9a-f]{6}\.txt", given_names["new"])


def test_names_made_to_look_like_marked_ones_end_the_search_for_a_free_name_no_later():
    twins = [Sibling(id="one", name="x", created="1"), Sibling(id="two", name="x", created="9")]
    taken = local_names(twins)["two"]
    for _ in range(40):
        twins.append(Sibling(id=f"trap{len(twins)}", name=taken, created=f"1{len(twins):03}"))
        taken = local_names(twins)["two"]
    assert len(set(local_names(twins).values())) == len(twins)


# renamed_aside


@pytest.mark.parametrize(
    ("path", "new"),
    [
        ("x.py", "x__20260101120000.py"),
        ("a/b/x.tar.gz", "a/b/x.tar__20260101120000.gz"),
        ("README", "README__20260101120000"),
        (".bashrc", ".bashrc__20260101120000"),
        ("a.d/file", "a.d/file__20260101120000"),
    ],
)
def test_the_stamp_goes_before_the_extension(path, new):
    assert renamed_aside(path, "20260101120000") == new


def test_a_name_that_is_taken_is_not_taken_again():
    first = renamed_aside("a/x.py", "S")
    second = renamed_aside("a/x.py", "S", [first])
    third = renamed_aside("a/x.py", "S", [first, second])
    assert (first, second, third) == ("a/x__S.py", "a/x__S_2.py", "a/x__S_3.py")


local_parts = st.text(st.characters(blacklist_characters="/\0"), min_size=1, max_size=260).filter(
    lambda name: name not in {".", ".."}
)


@given(st.lists(local_parts, min_size=1, max_size=3), st.integers(0, 3))
@example(["not text \udcff.py"], 0)
@example(["🦊" * 63 + ".py"], 0)
def test_the_new_name_stays_in_its_folder_fits_and_is_free(parts, number):
    path, taken = "/".join(parts), []
    for _ in range(number):
        taken.append(renamed_aside(path, "20260101120000", taken))
    new = renamed_aside(path, "20260101120000", taken)
    assert new not in {*taken, path}
    assert new.split("/")[:-1] == parts[:-1]
    assert len(new.split("/")[-1].encode("utf-8", "surrogatepass")) <= MAX_NAME_BYTES
