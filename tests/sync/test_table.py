"""The table, row by row: every combination is written down here."""

from itertools import product

import pytest

from hubdrives.sync.table import Here, There, Verb, Was, decide

EVERY = list(product(Was, Here, There))
ABSENT, SAME, CHANGED, FOLDER = There

# By (was, there): what becomes of it for each `here`, as in the heading. "move" stands for MOVE_AND_MAKE_FOLDER,
# "replace" for REPLACE_BY_FOLDER, "aside" for FETCH_ASIDE.
#                           absent         same       equal      changed     folder           other
EXPECTED = {
    (Was.ABSENT, ABSENT):  ("leave",       "leave",   "leave",   "leave",    "leave",         "leave"),
    (Was.ABSENT, SAME):    ("fetch",       "match",   "match",   "aside",    "aside",         "aside"),
    (Was.ABSENT, CHANGED): ("fetch",       "fetch",   "match",   "aside",    "aside",         "aside"),
    (Was.ABSENT, FOLDER):  ("make_folder", "replace", "move",    "move",     "leave",         "move"),
    (Was.FILE, ABSENT):    ("forget",      "remove",  "release", "release",  "release",       "release"),
    (Was.FILE, SAME):      ("fetch",       "match",   "match",   "keep",     "aside",         "aside"),
    (Was.FILE, CHANGED):   ("fetch",       "fetch",   "match",   "conflict", "aside",         "aside"),
    (Was.FILE, FOLDER):    ("make_folder", "replace", "move",    "move",     "leave",         "move"),
    (Was.FOLDER, ABSENT):  ("forget",      "forget",  "forget",  "forget",   "remove_folder", "forget"),
    (Was.FOLDER, SAME):    ("fetch",       "match",   "match",   "aside",    "aside",         "aside"),
    (Was.FOLDER, CHANGED): ("fetch",       "fetch",   "match",   "aside",    "aside",         "aside"),
    (Was.FOLDER, FOLDER):  ("make_folder", "replace", "move",    "move",     "leave",         "move"),
}  # fmt: skip
WHOLE = {"move": "move_and_make_folder", "replace": "replace_by_folder", "aside": "fetch_aside"}


@pytest.mark.parametrize(("was", "here", "there"), EVERY)
def test_every_combination_becomes_what_the_table_says(was: Was, here: Here, there: There):
    expected = EXPECTED[was, there][list(Here).index(here)]
    assert decide(was, here, there) is Verb[WHOLE.get(expected, expected).upper()]


@pytest.mark.parametrize(("was", "here", "there"), EVERY)
def test_only_what_is_as_pulled_is_ever_removed_or_replaced(was: Was, here: Here, there: There):
    if decide(was, here, there) in {Verb.REMOVE, Verb.REPLACE_BY_FOLDER}:
        assert here is Here.SAME
    if decide(was, here, there) is Verb.FETCH:
        assert here in {Here.ABSENT, Here.SAME}
