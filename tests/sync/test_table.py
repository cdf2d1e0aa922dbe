"""The table, row by row: every combination is written down here."""

from itertools import product

import pytest

from hubdrives.sync.table import Here, There, Verb, Was, decide

EVERY = list(product(Was, Here, There))
ABSENT, SAME, EQUAL, CHANGED, FOLDER, OTHER = "absent", "same", "equal", "changed", "folder", "other"

# (was, there): what becomes of it, for each `here` in the order of the heading.
#   here:                 absent         same                 equal           changed                 folder          other
EXPECTED = {
    ("absent", ABSENT):  ("leave",       "leave",             "leave",        "leave",                "leave",         "leave"),
    ("absent", SAME):    ("fetch",       "match",             "match",        "fetch_aside",          "fetch_aside",   "fetch_aside"),
    ("absent", CHANGED): ("fetch",       "fetch",             "match",        "fetch_aside",          "fetch_aside",   "fetch_aside"),
    ("absent", FOLDER):  ("make_folder", "replace_by_folder", "move_and_make_folder", "move_and_make_folder", "leave", "move_and_make_folder"),
    ("file", ABSENT):    ("forget",      "remove",            "release",      "release",              "release",       "release"),
    ("file", SAME):      ("fetch",       "match",             "match",        "keep",                 "fetch_aside",   "fetch_aside"),
    ("file", CHANGED):   ("fetch",       "fetch",             "match",        "conflict",             "fetch_aside",   "fetch_aside"),
    ("file", FOLDER):    ("make_folder", "replace_by_folder", "move_and_make_folder", "move_and_make_folder", "leave", "move_and_make_folder"),
    ("folder", ABSENT):  ("forget",      "forget",            "forget",       "forget",               "remove_folder", "forget"),
    ("folder", SAME):    ("fetch",       "match",             "match",        "fetch_aside",          "fetch_aside",   "fetch_aside"),
    ("folder", CHANGED): ("fetch",       "fetch",             "match",        "fetch_aside",          "fetch_aside",   "fetch_aside"),
    ("folder", FOLDER):  ("make_folder", "replace_by_folder", "move_and_make_folder", "move_and_make_folder", "leave", "move_and_make_folder"),
}  # fmt: skip


@pytest.mark.parametrize(("was", "here", "there"), EVERY)
def test_every_combination_becomes_what_the_table_says(was: Was, here: Here, there: There):
    expected = EXPECTED[was.name.lower(), there.name.lower()][list(Here).index(here)]
    assert decide(was, here, there) is Verb[expected.upper()]


@pytest.mark.parametrize(("was", "here", "there"), EVERY)
def test_only_what_is_as_pulled_is_ever_removed_or_replaced(was: Was, here: Here, there: There):
    if decide(was, here, there) in {Verb.REMOVE, Verb.REPLACE_BY_FOLDER}:
        assert here is Here.SAME
    if decide(was, here, there) is Verb.FETCH:
        assert here in {Here.ABSENT, Here.SAME}
