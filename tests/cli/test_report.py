from dataclasses import replace
from pathlib import Path

import pytest

from hubdrives.cli.report import told
from hubdrives.model import TOO_LARGE, Report, Skipped


def test_a_report_tells_what_happened_to_which_file():
    report = Report(
        added=["new.py"],
        merged=["a.py"],
        conflicts=["b.ipynb", "c.bin"],
        moved=[("old.md", "new.md")],
        renamed=[("x.py", "x__20300102030405.py")],
        held=["open.ipynb"],
        notes={"b.ipynb": ["You changed cell 5.", "And cell 6."], "a.py": ["One note."]},
        skipped=[
            Skipped(path="form", reason="A form has no content."),
            Skipped(path="exam.pdf", reason="It is locked until 2030-05-03 08:00 UTC.", code="not-yet"),
            Skipped(path="big.zip", reason="Too big.", code=TOO_LARGE, read="hubdrives.open('~/c/big.zip')"),
        ],
        failed=[Skipped(path="gone.txt", reason="It is gone.", code="not-found")],
    )
    assert told(report, folder=Path("mine")).splitlines() == [
        "mine: 1 added, 1 merged, 2 in conflict, 1 renamed, 1 waiting, 1 failed.",
        "Merged with your changes:",
        "  a.py: One note.",
        "Changed by you and upstream, in the same places:",
        "  b.ipynb: You changed cell 5. And cell 6.",
        "  c.bin",
        "Renamed, as they were upstream:",
        "  old.md -> new.md",
        "Yours, moved aside:",
        "  x.py -> x__20300102030405.py",
        "Open in an editor, not changed; close them and pull again:",
        "  open.ipynb",
        "Left at the source because of their size:",
        "  big.zip: Too big. In Python: hubdrives.open('~/c/big.zip')",
        "Not available yet:",
        "  exam.pdf: It is locked until 2030-05-03 08:00 UTC.",
        "Left out, or under another name:",
        "  form: A form has no content.",
        "Could not be brought; pull again to try once more:",
        "  gone.txt: It is gone.",
    ]


def test_what_is_new_to_nobody_is_told_in_one_line():
    assert told(Report(unchanged=3), folder=Path("mine")) == "mine: everything is up to date.\n"


@pytest.mark.parametrize(
    ("reasons", "summary"),
    [
        (["It is a pipe."], "1 item can't be brought. It is a pipe."),
        (["It is a pipe.", "It is a pipe."], "2 items can't be brought. It is a pipe."),
        (["It is a pipe.", "It is a form."], "2 items can't be brought. The reasons are below."),
    ],
)
def test_where_nothing_can_be_brought_that_is_said_first(reasons, summary):
    skipped = [Skipped(path=f"{n}", reason=reason, code="unreadable") for n, reason in enumerate(reasons)]
    lines = told(Report(skipped=skipped), folder=Path("mine")).splitlines()
    assert lines == [
        f"mine: {summary}",
        "Left out, or under another name:",
        *(f"  {item.path}: {item.reason}" for item in skipped),
    ]


@pytest.mark.parametrize(
    "other",
    [
        Report(unchanged=1),
        Report(kept=["mine.txt"]),
        Report(skipped=[Skipped(path="b", reason="Too big.", code=TOO_LARGE)]),
        Report(skipped=[Skipped(path="b", reason="Not now.", code="locked")]),
    ],
)
def test_where_something_is_here_or_may_come_what_is_left_out_is_below(other):
    report = replace(other, skipped=[*other.skipped, Skipped(path="a", reason="It is a pipe.", code="unreadable")])
    assert "mine: everything is up to date." in told(report, folder=Path("mine")).splitlines()
    assert not report.all_left_out


def test_of_very_many_files_some_are_named_and_the_rest_is_counted():
    lines = told(Report(kept=[f"{number}" for number in range(50)]), folder=Path("mine")).splitlines()
    assert lines[2] == "  0"
    assert (len(lines), lines[-1]) == (23, "  and 30 more")


@pytest.mark.parametrize("code", ["locked", "hidden", "unpublished", "not-yet", "pending"])
def test_what_comes_later_is_no_failure(code):
    report = Report(added=["a"], skipped=[Skipped(path="b", reason="Why.", code=code)])
    assert told(report, folder=Path("mine")).splitlines() == ["mine: 1 added.", "Not available yet:", "  b: Why."]


def test_a_name_can_not_move_the_cursor():
    assert "\x1b" not in told(Report(kept=["\x1b[2J\n"]), folder=Path("mine"))
