from datetime import UTC, datetime, timedelta

import pytest

from hubdrives.providers.canvas.item import File, Folder, Id, LockInfo
from hubdrives.providers.canvas.locks import refusal

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
SOON, JUST, LATER = NOW + timedelta(minutes=1), NOW - timedelta(minutes=1), datetime(2030, 2, 1, 8, tzinfo=UTC)


def file(**state) -> File:
    return File(id=Id("1"), display_name="a.pdf", **state)


def folder(**state) -> Folder:
    return Folder(id=Id("2"), name="Week 5", **state)


# What Canvas tells -> code and sentence.
STATES = [
    ({"locked": True}, "unpublished", "It is not published in Canvas."),
    ({"unlock_at": LATER}, "not-yet", "It is locked in Canvas until 2030-02-01 08:00 UTC."),
    ({"lock_at": JUST}, "locked", "It was available in Canvas until 2030-01-01 11:59 UTC."),
    ({"unlock_at": JUST, "lock_at": JUST}, "locked", "It was available in Canvas until 2030-01-01 11:59 UTC."),
    ({"hidden": True}, "hidden", "It is hidden in Canvas."),
    ({"locked_for_user": True}, "locked", "It is locked for you in Canvas."),
    (
        {"locked_for_user": True, "lock_info": LockInfo(unlock_at=LATER)},
        "not-yet",
        "It is locked in Canvas until 2030-02-01 08:00 UTC.",
    ),
    (
        {"locked_for_user": True, "lock_info": LockInfo(lock_at=JUST)},
        "locked",
        "It was available in Canvas until 2030-01-01 11:59 UTC.",
    ),
]


@pytest.mark.parametrize(("state", "code", "sentence"), STATES)
def test_each_state_keeps_a_file_and_a_folder_back_with_its_reason(state: dict, code: str, sentence: str) -> None:
    for item in (file(**state), folder(**state)):
        found = refusal(item, now=NOW)
        assert found is not None
        assert (found.code, found.reason) == (code, sentence)


@pytest.mark.parametrize(("state", "code", "sentence"), STATES)
def test_each_state_of_any_folder_above_keeps_a_file_back(state: dict, code: str, sentence: str) -> None:
    for above in ((folder(**state), Folder(id=Id("3"))), (Folder(id=Id("3")), folder(**state))):
        found = refusal(file(), above, now=NOW)
        assert found is not None
        assert found.code == code
        assert found.reason == sentence.replace("It ", "It is in 'Week 5', which ", 1)


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"locked": None, "hidden": None, "locked_for_user": None},
        {"unlock_at": JUST},
        {"unlock_at": NOW, "lock_at": NOW},
        {"lock_at": SOON},
        {"unlock_at": JUST, "lock_at": SOON},
    ],
)
def test_what_is_open_is_shown(state: dict) -> None:
    assert refusal(file(**state), (folder(**state),), now=NOW) is None


def test_a_lock_opens_and_closes_by_the_clock_alone() -> None:
    item = file(unlock_at=NOW, lock_at=LATER)
    shown = [refusal(item, now=moment) is None for moment in (JUST, NOW, SOON, LATER, LATER + timedelta(seconds=1))]
    assert shown == [False, True, True, True, False]


@pytest.mark.parametrize(
    ("state", "code"),
    [({"upload_status": "pending"}, "pending"), ({"upload_status": "errored"}, "pending"), ({"url": ""}, "unreadable")],
)
def test_a_file_without_content_is_left_out(state: dict, code: str) -> None:
    found = refusal(file(**state), now=NOW)
    assert found is not None
    assert found.code == code


def test_a_lock_is_told_rather_than_that_there_is_no_address() -> None:
    found = refusal(file(url="", unlock_at=LATER, locked_for_user=True), now=NOW)
    assert found is not None
    assert found.code == "not-yet"


def test_what_is_hidden_is_for_those_who_have_the_link_unless_it_is_a_teachers_eye_that_sees_it() -> None:
    for_student, for_teacher = file(hidden=True, hidden_for_user=True), file(hidden=True, hidden_for_user=False)
    assert refusal(for_student, now=NOW, by_link=True) is None
    assert refusal(for_student, now=NOW) is not None
    assert refusal(for_teacher, now=NOW, by_link=True) is not None
