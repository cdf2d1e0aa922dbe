"""Notes of uploads that were cut: one taker each, nobody's who still works at it, and nothing in them to steal."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hubdrives.providers.sessions import Noted, Remembered, Sessions

WEEK = datetime.now(UTC) + timedelta(days=7)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "uploads"


@pytest.fixture(params=["in memory", "on disk"])
def sessions(request: pytest.FixtureRequest, folder: Path) -> Sessions:
    return Remembered() if request.param == "in memory" else Noted(folder)


def notes(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def test_what_was_cut_is_taken_once(sessions: Sessions):
    sessions.begin("a", "S1", ends=WEEK)
    assert sessions.take("a") is None
    sessions.cut("S1")
    assert sessions.take("b") is None
    assert sessions.take("a") == "S1"
    assert sessions.take("a") is None
    sessions.go_on("S1")
    sessions.cut("S1")
    assert sessions.take("a") == "S1"
    sessions.end("S1")
    assert sessions.take("a") is None


def test_of_several_that_were_cut_each_is_taken(sessions: Sessions):
    for session in ("S1", "S2"):
        sessions.begin("a", session, ends=WEEK)
    for session in ("S1", "S2"):
        sessions.cut(session)
    assert {sessions.take("a"), sessions.take("a")} == {"S1", "S2"}
    assert sessions.take("a") is None


def test_another_process_takes_what_was_cut_and_leaves_what_is_at_work(folder: Path):
    one, other = Noted(folder), Noted(folder)
    one.begin("a", "S1", ends=WEEK)
    assert other.take("a") is None
    one.cut("S1")
    assert other.take("a") == "S1"
    assert one.take("a") is None


def test_of_many_at_once_one_gets_it(folder: Path):
    for number in range(20):
        one = Noted(folder)
        one.begin(f"{number}", "S1", ends=WEEK)
        one.cut("S1")
        takers = [Noted(folder) for _ in range(8)]
        with ThreadPoolExecutor(8) as threads:
            taken = list(threads.map(lambda taker, key=f"{number}": taker.take(key), takers))
        assert sorted(map(str, taken)) == ["None"] * 7 + ["S1"]


def test_what_a_process_left_that_was_killed_is_taken_at_once(folder: Path):
    code = f"""
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from hubdrives.providers.sessions import Noted
Noted(Path({str(folder)!r})).begin("a", "S1", ends=datetime.now(UTC) + timedelta(days=7))
os._exit(9)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    assert Noted(folder).take("a") == "S1"


def elsewhere(path: Path) -> None:
    """As if a process of another machine had written it."""
    told = json.loads(path.read_bytes())
    told["owner"]["host"] = "elsewhere"
    path.write_text(json.dumps(told))


def test_who_works_on_another_machine_is_believed_to_as_long_as_there_are_signs_of_life(folder: Path):
    one = Noted(folder)
    one.begin("a", "S1", ends=WEEK)
    (note,) = notes(folder)
    elsewhere(note)
    assert Noted(folder).take("a") is None
    silent = time.time() - 700
    os.utime(note, (silent, silent))
    one.go_on("S1")
    assert Noted(folder).take("a") is None
    os.utime(note, (silent, silent))
    assert Noted(folder).take("a") == "S1"
    # The one that was silent for so long may end as it likes.
    one.go_on("S1")
    one.end("S1")
    assert len(notes(folder)) == 1


def test_what_the_provider_has_forgotten_is_not_taken_and_its_note_goes(folder: Path):
    one = Noted(folder)
    one.begin("a", "S1", ends=datetime.now(UTC) + timedelta(hours=1))
    one.cut("S1")
    later = Noted(folder, clock=lambda: time.time() + 3700)
    assert later.take("a") is None
    later.begin("b", "S2", ends=WEEK)
    assert len(notes(folder)) == 1


def test_connections_do_not_take_each_other_s(folder: Path):
    one = Noted(folder, of="team\0")
    one.begin("a", "S1", ends=WEEK)
    one.cut("S1")
    assert Noted(folder, of="mine\0").take("a") is None
    assert Noted(folder, of="team\0").take("a") == "S1"


def test_notes_are_private_and_say_nothing_of_what_is_sent(folder: Path):
    one = Noted(folder, of="team")
    for step in (lambda: one.begin("secret plans.bin", "S1", ends=WEEK), lambda: one.cut("S1")):
        step()
        (note,) = notes(folder)
        assert (note.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
        assert b"secret" not in note.read_bytes()
        assert "secret" not in note.name


@pytest.mark.parametrize("text", ["", "[]", '{"session": "S1"}', "\0"])
def test_a_note_that_can_t_be_read_is_passed_over(folder: Path, text: str):
    one = Noted(folder)
    one.begin("a", "S1", ends=WEEK)
    one.cut("S1")
    (note,) = notes(folder)
    note.write_text(text)
    assert Noted(folder).take("a") is None


def nowhere(folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("a file")


def gone(folder: Path) -> None:
    (note,) = notes(folder)
    note.unlink()
    folder.rmdir()
    folder.write_text("a file")


@pytest.mark.parametrize(("before", "after"), [(nowhere, None), (None, gone)])
def test_without_a_place_for_notes_everything_goes_on(
    folder: Path,
    before: Callable[[Path], None] | None,
    after: Callable[[Path], None] | None,
    caplog: pytest.LogCaptureFixture,
):
    if before:
        before(folder)
    one = Noted(folder)
    assert one.take("a") is None
    one.begin("a", "S1", ends=WEEK)
    if after:
        after(folder)
    one.go_on("S1")
    one.cut("S1")
    one.begin("a", "S2", ends=WEEK)
    one.end("S2")
    assert one.take("a") is None
    assert "by another process" in caplog.text
