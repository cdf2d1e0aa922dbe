"""What of upstream's tree comes, and what of the working folder is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubdrives.choice import EVERYTHING, Choice
from hubdrives.errors import BadInput, NotFound
from hubdrives.model import RENAMED, Entry, Kind, Skipped
from hubdrives.sync.select import Selected, select, withheld
from hubdrives.sync.values import parents_of


def tree(*paths: str, **sizes: int | None) -> list[Entry]:
    """Entries: what ends with "/" is a folder; folders above are there."""
    folders = {path.rstrip("/") for path in paths if path.endswith("/")}
    files = {path for path in paths if not path.endswith("/")}
    folders |= {parent for path in (*files, *folders) for parent in parents_of(path)}
    entries = [Entry(path=path, kind=Kind.FOLDER) for path in folders]
    entries += [Entry(path=path, kind=Kind.FILE, size=sizes.get(path.partition(".")[0], 1)) for path in files]
    return sorted(entries, key=lambda entry: entry.path)


def chosen(entries: list[Entry], choice: Choice, *tracked: str) -> Selected:
    return select(entries, choice, tracked=tracked)


def names(selected: Selected) -> list[str]:
    return [path for path, _ in selected.entries]


COURSE = tree("a.py", "b.csv", "week1/a.py", "week1/data/x.csv", "week1/empty/", "week2/notes.md")


def test_everything_is_everything():
    selected = chosen(COURSE, EVERYTHING, "a.py", "gone.py")
    assert selected == Selected(entries=tuple((entry.path, entry) for entry in COURSE))


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Choice(include=("*.py",)), "a.py week1 week1/a.py"),
        (Choice(include=("*.py",), exclude=("week1",)), "a.py"),
        (Choice(include=("/a.py", "week2/")), "a.py week2 week2/notes.md"),
        (Choice(include=("week1/",)), "week1 week1/a.py week1/data week1/data/x.csv week1/empty"),
        (Choice(include=("week1/",), exclude=("*.csv",)), "week1 week1/a.py week1/empty"),
        (Choice(include=("week1/empty/",)), "week1 week1/empty"),
        (Choice(include=("*.py", "!week1/*.py")), "a.py"),
        (Choice(exclude=("*.csv", "empty/")), "a.py week1 week1/a.py week1/data week2 week2/notes.md"),
        (Choice(exclude=("*", "!b.csv")), "b.csv"),
        (Choice(include=("nothing",)), ""),
        (Choice(subfolder="week1"), "a.py data data/x.csv empty"),
        (Choice(subfolder="week1", include=("/a.py",)), "a.py"),
        (Choice(subfolder="week1/empty"), ""),
    ],
)
def test_patterns_and_subfolder_decide(choice, expected):
    selected = chosen(COURSE, choice)
    assert names(selected) == expected.split()
    assert selected.skipped == ()


def test_a_subfolder_comes_to_the_top_and_its_entries_stay_what_they_are():
    entries = tree("week1/a.py", "week10/b.py", "week1.txt")
    assert chosen(entries, Choice(subfolder="week1")).entries == (
        ("a.py", next(entry for entry in entries if entry.path == "week1/a.py")),
    )


def test_a_subfolder_must_be_a_folder_that_is_there():
    with pytest.raises(NotFound, match="no folder 'week3'"):
        chosen(COURSE, Choice(subfolder="week3"))
    with pytest.raises(BadInput, match=r"'a\.py' is a file"):
        chosen(COURSE, Choice(subfolder="a.py"))
    with pytest.raises(NotFound):
        chosen([], Choice(subfolder="a"))


def test_too_large_files_stay_remote_and_are_told():
    entries = tree("small.bin", "big.bin", "unknown.doc", "d/a.bin", small=100_000_000, big=123_400_000, unknown=None)
    selected = chosen(entries, Choice(max_file=100_000_000))
    assert names(selected) == ["d", "d/a.bin", "small.bin", "unknown.doc"]
    (skipped,) = selected.skipped
    assert (skipped.path, skipped.code) == ("big.bin", "too-large")
    assert skipped.reason == "This file (123.4 MB) is larger than 100 MB and stays at the source."


def test_of_all_together_the_largest_stay_remote():
    entries = tree("a.x", "b.x", "c.x", "d.x", "e.x", a=50, b=10, c=20, d=30, e=30)
    selected = chosen(entries, Choice(max_total=65))
    assert names(selected) == ["b.x", "c.x", "d.x"]
    assert [item.path for item in selected.skipped] == ["a.x", "e.x"]
    assert "more than 65 bytes in all" in selected.skipped[0].reason
    assert names(chosen(entries[::-1], Choice(max_total=65))) == ["d.x", "c.x", "b.x"]


def test_what_is_not_wanted_does_not_count():
    entries = tree("a.x", "b.csv", a=50, b=10)
    assert names(chosen(entries, Choice(max_total=50, exclude=("*.csv",)))) == ["a.x"]
    assert names(chosen(entries, Choice(max_total=10, max_file=20))) == ["b.csv"]


def test_what_is_left_out_by_patterns_is_not_listed():
    assert chosen(COURSE, Choice(exclude=("*.csv",))).skipped == ()


def test_what_was_pulled_before_and_is_not_wanted_now_is_left_alone():
    entries = tree("a.py", "b.csv", "big.bin", big=1000)
    selected = chosen(
        entries, Choice(exclude=("*.csv",), max_file=10), "a.py", "b.csv", "old.csv", "gone.py", "big.bin"
    )
    assert selected.left == {"b.csv", "old.csv", "big.bin"}


def test_a_file_that_became_a_wanted_folder_is_not_left():
    entries = tree("x/a.py")
    assert chosen(entries, Choice(include=("x/a.py",)), "x").left == set()


def test_folders_come_without_what_is_too_large_in_them_only_if_all_was_asked_for():
    entries = tree("d/big.bin", **{"d/big": 1000})
    assert names(chosen(entries, Choice(max_file=10))) == ["d"]
    assert names(chosen(entries, Choice(max_file=10, include=("*.bin",)))) == []


PATHS = st.lists(st.sampled_from(["a", "a/b", "a/b/c", "x.csv", "a/x.csv", "d/e.csv", "d/"]), unique=True)
CHOICES = st.builds(
    Choice,
    include=st.sampled_from([(), ("*.csv",), ("a",), ("d/",), ("!a", "b")]),
    exclude=st.sampled_from([(), ("*.csv",), ("a/b",), ("d",)]),
    max_file=st.sampled_from([None, 0, 5]),
    max_total=st.sampled_from([None, 0, 5, 12]),
)


@given(paths=PATHS, sizes=st.lists(st.none() | st.integers(0, 10), min_size=7, max_size=7), choice=CHOICES)
def test_every_entry_comes_with_its_folders_and_each_tracked_path_has_one_fate(paths, sizes, choice):
    files = [path for path in paths if not path.endswith("/") and not any(o.startswith(f"{path}/") for o in paths)]
    entries = [
        entry
        if entry.kind is Kind.FOLDER
        else Entry(path=entry.path, kind=Kind.FILE, size=sizes[files.index(entry.path)])
        for entry in tree(*files, *(path for path in paths if path.endswith("/")))
    ]
    selected = select(entries, choice, tracked=files)
    coming = set(names(selected))
    skipped = {item.path for item in selected.skipped}
    assert all(path.rpartition("/")[0] in {*coming, ""} for path in coming)
    assert selected.left == set(files) - coming
    assert skipped <= selected.left
    if choice.max_total is not None:
        assert sum(entry.size or 0 for _, entry in selected.entries) <= choice.max_total


def test_what_the_provider_left_out_is_withheld_and_so_is_what_is_below_it():
    skipped = [
        Skipped(path="a.py", reason="Locked.", code="locked"),
        Skipped(path="week1", reason="Locked.", code="locked"),
        Skipped(path="b.csv", reason="Renamed.", code=RENAMED),
        Skipped(path="week2/notes.md", reason="Another of this name.", code="locked"),
    ]
    entries = [(entry.path, entry) for entry in tree("week2/notes.md")]
    tracked = ["a.py", "b.csv", "gone.py", "week1/a.py", "week1/data/x.csv", "week10/x", "week2/notes.md"]
    assert withheld(skipped, entries, tracked=tracked) == {"a.py", "week1/a.py", "week1/data/x.csv"}
