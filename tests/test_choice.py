import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from hubdrives.choice import EVERYTHING, Choice, parse_size, pattern_spec, readable_size
from hubdrives.errors import BadInput, BadPath
from hubdrives.model import Policy

PATTERNS = st.lists(st.sampled_from(["*.py", "data/", "/week 1/*.ipynb", "!x.py", "a&b=c+d%20", "**/é"]), max_size=3)
SIZES = st.none() | st.integers(min_value=0, max_value=10**14)


@given(
    subfolder=st.sampled_from(["", "week 1", "a/b&c", "é+%20"]),
    include=PATTERNS,
    exclude=PATTERNS,
    max_file=SIZES,
    max_total=SIZES,
    policy=st.sampled_from(Policy),
)
def test_a_choice_survives_an_address(subfolder, include, exclude, max_file, max_total, policy):
    choice = Choice(
        subfolder=subfolder,
        include=tuple(include),
        exclude=tuple(exclude),
        max_file=max_file,
        max_total=max_total,
        policy=policy,
    )
    address = str(URL("https://hub.example.org/x").with_query(choice.to_query()))
    assert Choice.from_query(URL(address).query) == choice


def test_the_default_is_everything_and_needs_no_words():
    assert EVERYTHING.to_query() == []
    assert Choice.from_query({}) == EVERYTHING


def test_the_names_in_an_address_are_these():
    choice = Choice(
        subfolder="a", include=("b", "c"), exclude=("d",), max_file=10**8, max_total=1500, policy=Policy.THEIRS
    )
    assert choice.to_query() == [
        ("subfolder", "a"), ("include", "b"), ("include", "c"), ("exclude", "d"),
        ("maxfile", "100MB"), ("maxtotal", "1500"), ("conflicts", "theirs"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "query",
    [
        {"include": ["*.py", "*.md"], "maxfile": ["1 kB"], "source": "x", "conflicts": "Both"},
        [("include", "*.py"), ("include", " "), ("include", " *.md "), ("maxfile", "1KB"), ("conflicts", "both")],
        URL("https://x.org/?include=*.py&maxfile=1000&conflicts=both&include=*.md&exclude=&maxtotal=").query,
    ],
)
def test_any_form_of_a_query_will_do(query):
    wanted = Choice(include=("*.py", "*.md"), max_file=1000, policy=Policy.BOTH)
    assert Choice.from_query(query) == wanted


def test_the_subfolder_is_put_in_plain_form():
    assert Choice(subfolder="./a//b/") == Choice(subfolder="a/b")


@pytest.mark.parametrize("subfolder", ["/etc", "../x", "a/../../b", "a\0b"])
def test_no_subfolder_leads_out(subfolder):
    with pytest.raises(BadPath):
        Choice(subfolder=subfolder)


@pytest.mark.parametrize("pattern", ["", "!", "/", "[", "a\\", "# note", "*a*b*c*d*e*"])
@pytest.mark.parametrize("name", ["include", "exclude"])
def test_what_is_no_pattern_is_refused(name, pattern):
    with pytest.raises(BadInput, match="pattern") as caught:
        Choice(**{name: ("*.py", pattern)})
    assert caught.value.code == "bad-input"


@pytest.mark.parametrize("name", ["max_file", "max_total"])
def test_no_size_is_negative(name):
    with pytest.raises(BadInput, match="-1 bytes"):
        Choice(**{name: -1})


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("500000", 500_000), ("100MB", 10**8), ("2 GB", 2 * 10**9), ("1.5gb", 1_500_000_000), (" 7 kB ", 7000),
     ("12B", 12), ("3T", 3 * 10**12), ("0.3kB", 300)],
)  # fmt: skip
def test_sizes_are_understood(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "MB", "-1", "1e9", "1,5 GB", "1 MiB", "ten", "1.MB", "9" * 5000, "٣", "1 GB each"]
)
def test_what_is_no_size_is_refused(text):
    with pytest.raises(BadInput, match="no size"):
        parse_size(text)


@pytest.mark.parametrize("query", [{"conflicts": "yours"}, {"maxfile": "big"}, {"subfolder": "/a"}, {"include": "!"}])
def test_what_an_address_can_not_mean_is_refused(query):
    with pytest.raises(BadInput):
        Choice.from_query(query)


@pytest.mark.parametrize(
    ("size", "told"), [(0, "0 bytes"), (999, "999 bytes"), (123_400_000, "123.4 MB"), (10**9, "1 GB"), (1500, "1.5 kB")]
)
def test_sizes_are_told_for_people(size, told):
    assert readable_size(size) == told


@given(path=st.text(alphabet="a/", max_size=255))
def test_the_last_pattern_that_matches_decides(path):
    assert not pattern_spec(["a*", "!a*"]).match_file(path)
