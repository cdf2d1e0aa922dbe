"""The page says of each finding what it means, and of no other."""

import re
from pathlib import Path

from hubdrives.doctor import Code
from hubdrives.errors import all_errors

PAGE = (Path(__file__).parents[2] / "docs/admin/doctor.md").read_text()


def test_every_code_is_on_the_page_with_what_it_means_and_how_to_mend_it():
    rows = re.findall(r"^\| `([\w-]+)` \| (.+) \| (.+) \|$", PAGE, re.MULTILINE)
    named = [code for code, _, _ in rows]
    assert len(named) == len(set(named))
    assert set(named) == set(Code) - {Code.OK}


def test_no_code_is_that_of_an_error_which_means_something_else():
    assert set(Code).isdisjoint(error.code for error in all_errors())


def test_the_errors_on_the_page_are_errors():
    table = PAGE.split("\n## Connections\n")[1]
    named = set(re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE))
    assert named <= {error.code for error in all_errors()}
    assert named
