"""Games that the state machine once lost, played with every step at which somebody can die or fail in them."""

from collections.abc import Callable

import pytest
from tests.sync.halfway import NIGHTLY
from tests.sync.test_machine import Machine

from hubdrives.model import Policy

MINE, THEIRS = Policy.MINE, Policy.THEIRS
Move = Callable[[Machine], object]
EVERY = range(1, 61) if NIGHTLY else range(1, 61, 7)
SOME = range(14, 34) if NIGHTLY else range(14, 34, 9)
"""Steps at which files are placed."""


def play(*moves: Move) -> None:
    game = Machine()
    try:
        game.a_course_is_pulled()
        for move in moves:
            move(game)
            game.s1_no_byte_of_the_user_s_is_lost()
            game.s2_every_file_is_whole()
            game.s3_nothing_outside_changes()
            if game.is_fresh:
                game.s9_one_more_pull_would_do_nothing()
    finally:
        game.teardown()


def test_s5_a_file_that_was_renamed_has_a_folder_of_its_old_name():
    play(
        lambda game: game.upstream_renames("l.ipynb", "d/l.ipynb"),
        lambda game: game.upstream_makes_a_folder("l.ipynb"),
        lambda game: game.pulls(MINE),
    )


def test_s7_a_file_that_was_adopted_where_a_folder_was_is_renamed():
    play(
        lambda game: game.upstream_writes("d"),
        lambda game: game.user_copies_upstream_s_bytes("d"),
        lambda game: game.pulls(MINE),
        lambda game: game.upstream_renames("d", "a"),
        lambda game: game.pulls(MINE),
    )


@pytest.mark.parametrize("strike", ["dies", "is full", "fails once"])
def test_s6_an_undo_fails_that_takes_back_two_things_done_to_one_file(strike: str):
    for first in SOME:
        for then in EVERY:
            play(
                lambda game: game.upstream_edits("n.md", "edit", 1),
                lambda game: game.pulls(MINE),
                lambda game, at=first: game.undo_is_disturbed(at, "is full"),
                lambda game: game.upstream_edits("n.md", "edit", 4),
                lambda game: game.pulls(MINE),
                lambda game, at=then: game.undo_is_disturbed(at, strike),
                lambda game: game.pulls(THEIRS),
            )


@pytest.mark.parametrize("strike", ["dies", "is full", "fails once"])
def test_s5_the_user_writes_into_a_file_that_a_killed_undo_had_set_back(strike: str):
    for at in EVERY:
        play(
            lambda game: game.upstream_edits("n.md", "edit", 1),
            lambda game: game.upstream_edits("l.ipynb", "edit", 1),
            lambda game: game.pulls(MINE),
            lambda game, at=at: game.undo_is_disturbed(at, strike),
            lambda game: game.user_edits("n.md", "edit", 4, "lab"),
            lambda game: game.user_edits("l.ipynb", "edit", 2, "lab"),
            lambda game: game.pulls(THEIRS),
        )


def test_s5_a_pull_is_killed_that_only_writes_down_what_a_killed_one_did():
    for first in SOME:
        for then in EVERY:
            play(
                lambda game: game.upstream_writes("d/a"),
                lambda game, at=first: game.pull_is_disturbed(MINE, at, "is full"),
                lambda game, at=then: game.pull_is_disturbed(MINE, at, "dies"),
                lambda game: game.undoes(),
                lambda game: game.pulls(MINE),
            )
