import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hubdrives.errors import Busy, NotFound, NotShared
from hubdrives.lab.manager import Manager, OnProgress, Work, state_to_json
from hubdrives.model import Location, Progress, Report, Waiting

LOG = logging.getLogger("test.pulls")
COURSE = Location(provider="local", path="srv/course")
OTHER = Location(provider="local", path="srv/other")
FOLDER = Path("/home/ada/course")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Gate:
    """A pull that waits to be let through, and counts how often it was started."""

    def __init__(self, outcome: Report | Exception | None = None) -> None:
        self.runs = 0
        self.tell: OnProgress = lambda _progress: None
        self.cancelled = False
        self._outcome = outcome or Report(added=["a.txt"])
        self._open = asyncio.Event()

    def let_through(self) -> None:
        self._open.set()

    async def work(self, on_progress: OnProgress) -> Report:
        self.runs += 1
        self.tell = on_progress
        try:
            await self._open.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


@pytest.fixture
async def manager() -> AsyncIterator[Manager]:
    made = Manager(log=LOG)
    yield made
    await made.close()


async def last(manager: Manager, pull_id: str):
    return [state async for state in manager.get(pull_id).states(every=15)][-1]


async def settled(work: Work, manager: Manager):
    pull, _ = manager.start(COURSE, FOLDER, work)
    return await last(manager, pull.id)


async def test_a_second_start_in_the_same_folder_finds_the_running_pull(manager: Manager) -> None:
    gate = Gate()
    first, started = manager.start(COURSE, FOLDER, gate.work)
    second, started_again = manager.start(COURSE, FOLDER, gate.work)
    gate.let_through()
    await last(manager, first.id)
    assert (started, started_again) == (True, False)
    assert second is first
    assert gate.runs == 1


async def test_another_source_in_the_same_folder_is_refused_while_one_runs(manager: Manager) -> None:
    manager.start(COURSE, FOLDER, Gate().work)
    with pytest.raises(Busy):
        manager.start(OTHER, FOLDER, Gate().work)
    manager.start(OTHER, FOLDER.with_name("other"), Gate().work)


async def test_everybody_who_watches_gets_the_report_and_so_does_who_comes_late(manager: Manager) -> None:
    gate = Gate(Report(updated=["b.txt"]))
    pull, _ = manager.start(COURSE, FOLDER, gate.work)
    watchers = [asyncio.create_task(last(manager, pull.id)) for _ in range(3)]
    await asyncio.sleep(0)
    gate.let_through()
    reports = [state.report for state in await asyncio.gather(*watchers)]
    assert reports == [Report(updated=["b.txt"])] * 3
    assert (await last(manager, pull.id)).report == Report(updated=["b.txt"])
    assert not manager.busy


async def test_after_the_end_the_next_start_is_a_new_pull(manager: Manager) -> None:
    gate = Gate()
    gate.let_through()
    first, _ = manager.start(COURSE, FOLDER, gate.work)
    await last(manager, first.id)
    second, started = manager.start(COURSE, FOLDER, gate.work)
    assert started
    assert second.id != first.id


async def test_a_slow_reader_gets_the_newest_state_and_holds_nothing_up(manager: Manager) -> None:
    gate = Gate()
    pull, _ = manager.start(COURSE, FOLDER, gate.work)
    states = pull.states(every=15)
    assert (await anext(states)).progress.files_done == 0
    await asyncio.sleep(0)
    for number in range(1, 10_001):
        gate.tell(Progress(phase="downloading", files_done=number, files_total=10_000))
    assert (await anext(states)).progress.files_done == 10_000
    gate.let_through()
    assert (await anext(states)).report is not None
    with pytest.raises(StopAsyncIteration):
        await anext(states)


async def test_a_state_that_stays_is_told_again_after_a_while(manager: Manager) -> None:
    pull, _ = manager.start(COURSE, FOLDER, Gate().work)
    states = pull.states(every=0.2)
    assert await anext(states) is await anext(states)
    await states.aclose()


async def test_a_failure_of_ours_is_told_as_it_is(manager: Manager) -> None:
    error = NotShared("The folder is not shared with robot@example.org.")
    gate = Gate(error)
    gate.let_through()
    state = await settled(gate.work, manager)
    assert state.error is error
    assert state.report is None


async def test_an_unexpected_failure_is_logged_with_an_id_and_shown_without_its_text(
    manager: Manager, caplog: pytest.LogCaptureFixture
) -> None:
    gate = Gate(RuntimeError("secret link:TOPSECRET.token and Bearer abcdefgh12345678"))
    gate.let_through()
    state = await settled(gate.work, manager)
    shown = str(state.error)
    incident = shown.partition("(id ")[2].partition(")")[0]
    assert incident
    assert incident in caplog.text
    assert "RuntimeError" in caplog.text
    assert "RuntimeError" not in shown
    assert "TOPSECRET" not in caplog.text + shown
    assert "abcdefgh12345678" not in caplog.text + shown


async def test_closing_stops_what_runs_and_tells_who_watches() -> None:
    manager = Manager(log=LOG)
    gate = Gate()
    pull, _ = manager.start(COURSE, FOLDER, gate.work)
    watcher = asyncio.create_task(last(manager, pull.id))
    await asyncio.sleep(0)
    await manager.close()
    state = await watcher
    assert gate.cancelled
    assert state.error is not None
    assert state.error.code == "unavailable"
    assert "goes on" in state.error.hint


async def test_ended_pulls_are_forgotten_after_a_quarter_of_an_hour() -> None:
    clock = Clock()
    manager = Manager(log=LOG, clock=clock)
    gate = Gate()
    gate.let_through()
    pull, _ = manager.start(COURSE, FOLDER, gate.work)
    await last(manager, pull.id)
    clock.now = 899
    assert manager.get(pull.id) is pull
    clock.now = 901
    with pytest.raises(NotFound):
        manager.get(pull.id)
    await manager.close()


async def test_no_more_than_fifty_ended_pulls_are_remembered(manager: Manager) -> None:
    gate = Gate()
    gate.let_through()
    ids = []
    for _ in range(51):
        pull, _ = manager.start(COURSE, FOLDER, gate.work)
        await last(manager, pull.id)
        ids.append(pull.id)
    with pytest.raises(NotFound):
        manager.get(ids[0])
    assert manager.get(ids[1]).id == ids[1]


async def test_whoever_asks_is_told_how_long_the_wait_still_is(manager: Manager) -> None:
    gate = Gate()
    pull, _ = manager.start(COURSE, FOLDER, gate.work)
    await asyncio.sleep(0)
    gate.tell(Progress(phase="downloading", waiting=Waiting(on="Google Drive", seconds=12)))
    told = state_to_json(pull, vars)["progress"]["waiting"]
    assert told["on"] == "Google Drive"
    assert 11 < told["seconds"] <= 12
    gate.tell(Progress(phase="downloading", waiting=Waiting(on="Google Drive", seconds=0)))
    assert state_to_json(pull, vars)["progress"]["waiting"] is None


async def test_every_progress_counts_as_activity_of_the_server() -> None:
    seen = []
    manager = Manager(log=LOG, on_progress=lambda: seen.append(1))
    gate = Gate()
    manager.start(COURSE, FOLDER, gate.work)
    await asyncio.sleep(0)
    gate.tell(Progress(phase="downloading"))
    assert len(seen) == 1
    await manager.close()
