"""How far a transfer is, told where no bar can be."""

from datetime import UTC, datetime

import pytest

from hubdrives.cli.transferring import Lines
from hubdrives.providers.abilities import Task, TaskState


def said(capsys: pytest.CaptureFixture[str], *tasks: Task) -> list[str]:
    lines = Lines()
    for task in tasks:
        lines(task)
    return capsys.readouterr().err.splitlines()


def at_work(**known: object) -> Task:
    return Task(**{"id": "globus:7", "state": TaskState.ACTIVE, **known})


def test_what_holds_it_up_is_said_once_and_again_if_it_comes_again(capsys: pytest.CaptureFixture[str]) -> None:
    deadline = datetime(2030, 1, 2, 12, tzinfo=UTC)
    stuck = at_work(is_ok=False, note="A collection can't be reached.", faults=1, deadline=deadline)
    until = f"{deadline.astimezone():%Y-%m-%d %H:%M}"
    advice = f"It will be tried again until {until}; `hubdrives transfers cancel globus:7` ends it."
    told = said(capsys, at_work(note="It waits for its turn."), stuck, at_work(), stuck, stuck)
    assert told == ["It waits for its turn.", *[stuck.note, advice] * 2]


def test_a_folder_that_is_found_file_by_file_is_not_counted_aloud(capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, *(at_work(files_total=total) for total in (0, 1, 2, 3, 50, 60, 99, 1000)))
    assert told == [f"Transferring {text} …" for text in ("1 file", "3 files", "50 files", "1000 files")]


def test_words_of_others_do_not_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, at_work(note="Globus says: \x1b[2J.")) == ["Globus says: �[2J."]


def test_what_is_over_is_for_the_command_to_tell(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, at_work(state=TaskState.FAILED, note="It was cancelled.", files_total=3)) == []
