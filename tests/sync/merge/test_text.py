"""Bytes in, bytes out: encodings, byte order marks, line endings, the missing one at the end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubdrives.model import Policy
from hubdrives.sync.merge import Clash, Merged, merge
from hubdrives.sync.merge.text import merge_text

UTF8, LE, BE = b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"
BASE, MINE, THEIRS, BOTH = "a\né\nc\n", "A\né\nc\n", "a\né\nC\n", "A\né\nC\n"

WRITTEN = {
    "UTF-8": lambda text: text.encode(),
    "UTF-8 with a mark": lambda text: UTF8 + text.encode(),
    "UTF-16": lambda text: LE + text.encode("utf-16-le"),
    "UTF-16, big end first": lambda text: BE + text.encode("utf-16-be"),
    "with CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "with CR": lambda text: text.replace("\n", "\r").encode(),
    "UTF-16 with CRLF": lambda text: LE + text.replace("\n", "\r\n").encode("utf-16-le"),
}


def data(base: bytes, mine: bytes, theirs: bytes, policy: Policy = Policy.MINE) -> bytes | None:
    merged = merge_text(base, mine, theirs, policy=policy)
    return merged and merged.data


@pytest.mark.parametrize("mine", WRITTEN)
@pytest.mark.parametrize("theirs", WRITTEN)
def test_the_result_is_written_as_the_users_file(mine, theirs):
    own, new = WRITTEN[mine], WRITTEN[theirs]
    assert merge_text(BASE.encode(), own(MINE), new(THEIRS), policy=Policy.MINE) == Merged(data=own(BOTH))


@pytest.mark.parametrize("mine", WRITTEN)
@pytest.mark.parametrize("theirs", WRITTEN)
def test_writing_a_file_anew_in_another_form_is_no_change(mine, theirs):
    own, new = WRITTEN[mine], WRITTEN[theirs]
    assert data(BASE.encode(), own(BASE), THEIRS.encode()) in {own(THEIRS), THEIRS.encode()}
    assert data(BASE.encode(), own(BASE), new(THEIRS)) in {own(THEIRS), new(THEIRS)}
    assert data(BASE.encode(), own(MINE), new(BASE)) == own(MINE)


def test_upstreams_content_comes_in_the_line_endings_in_which_the_user_saved_the_file_again():
    assert data(b"a\nb\n", b"a\r\nb\r\n", b"a\nB\nc\n") == b"a\r\nB\r\nc\r\n"


def test_the_ending_that_most_of_the_users_lines_have_wins():
    assert data(b"a\nb\nc\n", b"A\r\nb\nc\r\n", b"a\nb\nc\nd\n") == b"A\r\nb\r\nc\r\nd\r\n"
    assert data(b"a\nb\nc\n", b"A\nb\nc\r\n", b"a\nb\nc\nd\n") == b"A\nb\nc\nd\n"


@pytest.mark.parametrize("mine", [b"A\r\nb\nc\r\r\nd", b"A\nb\nc\nd\r\n"])
def test_what_brings_nothing_new_leaves_the_users_bytes_alone(mine):
    theirs = b"a\nb\nc\nd"
    assert data(b"a\r\nb\r\nc\r\nd", mine, theirs) == mine


def test_a_carriage_return_within_a_line_is_content():
    assert data(b"10%\r20%\nb\nc\n", b"10%\r20%\r30%\nb\nc\n", b"10%\r20%\nb\nC\n") == b"10%\r20%\r30%\nb\nC\n"


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "result"),
    [
        (b"a\nb", b"A\nb", b"a\nb\n", b"A\nb\n"),
        (b"a\nb\n", b"A\nb\n", b"a\nb", b"A\nb"),
        (b"a\nb\n", b"a\nb", b"A\nb\n", b"A\nb"),
        (b"a\nb", b"a\nb\nmine", b"A\nb", b"A\nb\nmine"),
        (b"a\nb", b"A\nb", b"a\nb\ntheirs", b"A\nb\ntheirs"),
        (b"a\nb", b"a\nb\nmine\n", b"A\nb", b"A\nb\nmine\n"),
        (b"", b"mine", b"theirs\n", b"mine"),
        (b"", b"mine\n", b"theirs", b"mine\n"),
        (b"a\nb\n", b"", b"a\nb\nc\n", b"c\n"),
        (b"a\nb\n", b"a\n", b"b\n", b""),
        (b"a", b"a\r\nb\r\n", b"A", b"A\r\nb\r\n"),
    ],
)
def test_a_missing_last_line_ending_is_a_matter_of_its_own(base, mine, theirs, result):
    assert data(base, mine, theirs) == result


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "iso8859-2", "koi8-r", "shift_jis", "gb18030", "utf-8"])
def test_bytes_survive_whatever_the_encoding(encoding):
    words = {"latin-1": "é", "cp1252": "“é”", "iso8859-2": "ł", "koi8-r": "ж"}.get(encoding, "表ソ")
    base, mine, theirs = (text.replace("é", words).encode(encoding) for text in (BASE, f"{MINE}é\n", THEIRS))
    assert data(base, mine, theirs) == f"{BOTH}é\n".replace("é", words).encode(encoding)


def test_an_older_encoding_goes_with_plain_ascii_but_not_with_unicode():
    plain, latin = b"a\nb\nc\n", "a\nb\nC é\n".encode("latin-1")
    assert data(plain, b"A\nb\nc\n", latin) == "A\nb\nC é\n".encode("latin-1")
    assert data(plain, latin, b"A\nb\nc\n") == "A\nb\nC é\n".encode("latin-1")
    assert data(plain, latin, "é\nb\nc\n".encode()) is None
    assert data(plain, "é\nb\nc\n".encode(), latin) is None
    assert data(plain, UTF8 + b"A\nb\nc\n", latin) is None


@pytest.mark.parametrize("binary", [b"a\0b\n", LE + b"\0\0", LE + b"a", BE + b"\xd8\0", LE + b"\0\0a\0\0\0"])
def test_what_is_no_text_is_not_merged(binary):
    assert data(b"a\n", b"b\n", binary) is None
    assert data(b"a\n", binary, b"b\n") is None
    assert data(binary, b"a\n", b"b\n") is None


def test_where_both_changed_the_same_lines_is_told():
    base = b"1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n"
    mine, theirs = b"1\nM\nM2\n3\n5\nM5\n", b"1\nT\n3\nT4\n5\nT5\n"
    clashes = (
        Clash(where="lines 2-3", mine="M\nM2", theirs="T"),
        Clash(where="what was after line 4", mine="", theirs="T4"),
        Clash(where="line 6", mine="M5", theirs="T5"),
    )
    assert merge_text(base, mine, theirs, policy=Policy.MINE) == Merged(data=mine, clashes=clashes)
    taken = merge_text(base, mine, theirs, policy=Policy.THEIRS)
    assert taken is not None
    assert taken.data == theirs
    assert [clash.where for clash in taken.clashes] == ["line 2", "line 4", "line 6"]


@given(base=st.binary(max_size=40), mine=st.binary(max_size=40), theirs=st.binary(max_size=40))
def test_any_bytes_are_merged_or_refused(base, mine, theirs):
    for policy in Policy:
        assert data(base, base, theirs, policy) == theirs
        assert data(base, mine, base, policy) == mine
        assert data(base, mine, mine, policy) == mine
        data(base, mine, theirs, policy)


TEXTS = st.text(alphabet="ab\n\r", max_size=12).map(str.encode)


@given(base=TEXTS, mine=TEXTS, theirs=TEXTS)
def test_merging_again_what_was_merged_changes_nothing(base, mine, theirs):
    once = data(base, mine, theirs)
    assert once is not None
    assert data(theirs, once, theirs) == once


def test_a_file_is_merged_as_its_name_says():
    sides = {"base": b"a\nb\n", "mine": b"A\nb\n", "theirs": b"a\nB\n", "policy": Policy.MINE}
    assert merge("x/a.py", **sides) == Merged(data=b"A\nB\n")
    assert merge("x/a.csv", **sides) is None


def test_what_is_called_a_notebook_and_is_none_is_not_merged_as_text():
    assert merge("a.ipynb", base=b"a\nb\n", mine=b"A\nb\n", theirs=b"a\nB\n", policy=Policy.MINE) is None
