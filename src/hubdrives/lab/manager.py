"""Pulls in flight, one per working folder: whoever comes second watches the first."""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hubdrives.errors import Busy, HubdrivesError, NotFound, Unavailable
from hubdrives.lab.telling import tell
from hubdrives.model import Location, Progress, Report

_KEEP_SECONDS = 900.0
_KEEP_AT_MOST = 50

OnProgress = Callable[[Progress], None]
Work = Callable[[OnProgress], Awaitable[Report]]
"""Pulls into one folder, telling how far it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How a pull stands at one moment; final once it has a report or an error."""

    progress: Progress
    at: float = field(default_factory=time.monotonic)
    """When `progress` was told, in seconds of `time.monotonic`."""
    report: Report | None = None
    error: HubdrivesError | None = None

    @property
    def final(self) -> bool:
        return self.report is not None or self.error is not None


class Pull:
    """A pull that runs, or has ended. Made by `Manager.start`."""

    def __init__(self, location: Location, folder: Path) -> None:
        self.id = secrets.token_hex(8)
        self.location = location
        self.folder = folder
        self.state = State(progress=Progress(phase="listing"))
        self._changed = asyncio.Event()

    def set(self, state: State) -> None:
        """Put `state` in the place of the present one; whoever watches sees the newest only."""
        self.state = state
        self._changed.set()
        self._changed = asyncio.Event()

    async def states(self, *, every: float) -> AsyncIterator[State]:
        """The newest state whenever it changed, and the same again every `every` seconds.

        The last one is final. A slow reader misses states in between; it never holds the pull up.
        """
        while True:
            changed = self._changed
            state = self.state
            yield state
            if state.final:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), every)


class Manager:
    """The pulls of one server.

    Args:
        log: gets what failed, without secrets.
        on_progress: called whenever a pull moves, so that the server is not taken for idle.
        clock: seconds, for forgetting pulls that ended long ago.
    """

    def __init__(
        self,
        *,
        log: logging.Logger,
        on_progress: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._on_progress = on_progress
        self._clock = clock
        self._running: dict[Path, Pull] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended: dict[str, tuple[float, Pull]] = {}

    def start(self, location: Location, folder: Path, work: Work) -> tuple[Pull, bool]:
        """Run `work`, or find the pull of the same location that already runs in `folder`.

        Returns:
            The pull, and whether it was started now.

        Raises:
            Busy: something else is being pulled into `folder`.
        """
        if (present := self._running.get(folder)) is not None:
            if present.location != location:
                raise Busy(f"Something else is being brought into '{folder.name}' at this moment.")
            return present, False
        pull = Pull(location, folder)
        self._running[folder] = pull
        task = asyncio.create_task(self._run(pull, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return pull, True

    def at_work_in(self, folder: Path) -> Pull | None:
        """The pull that runs in `folder` now, wherever its content comes from."""
        return self._running.get(folder)

    def running_in(self, folder: Path, location: Location) -> Pull | None:
        """The pull of `location` that runs in `folder` now."""
        present = self._running.get(folder)
        return present if present is not None and present.location == location else None

    def get(self, pull_id: str) -> Pull:
        """The pull with this id, running or ended not long ago.

        Raises:
            NotFound: there is none, or it was forgotten.
        """
        self._forget()
        for pull in self._running.values():
            if pull.id == pull_id:
                return pull
        if pull_id not in self._ended:
            raise NotFound("This server knows of no such pull any more.", hint="Open the link again.")
        return self._ended[pull_id][1]

    @property
    def busy(self) -> bool:
        """Whether any pull runs."""
        return bool(self._running)

    async def close(self) -> None:
        """Stop all pulls and wait until they have stopped; the next pull of each folder goes on from there."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, pull: Pull, work: Work) -> None:
        def on_progress(progress: Progress) -> None:
            pull.set(State(progress=progress))
            self._on_progress()

        try:
            report = await work(on_progress)
            final = State(progress=replace(pull.state.progress, phase="done", waiting=None), report=report)
        except asyncio.CancelledError:
            # Only `close` cancels; the task ends here, so that the waiting pages are still told.
            stopped = Unavailable(
                "Your server was stopped before everything had arrived.",
                hint="Open the link again; it goes on from where it stopped.",
            )
            final = replace(pull.state, error=stopped)
        except Exception as error:  # noqa: BLE001  (the last seam: every failure is told to who watches)
            final = replace(pull.state, error=tell(error, self._log))
        del self._running[pull.folder]
        self._ended[pull.id] = (self._clock(), pull)
        self._forget()
        pull.set(final)

    def _forget(self) -> None:
        oldest = self._clock() - _KEEP_SECONDS
        for pull_id in [known for known, (ended, _) in self._ended.items() if ended < oldest]:
            del self._ended[pull_id]
        for pull_id in list(self._ended)[:-_KEEP_AT_MOST]:
            del self._ended[pull_id]


def state_to_json(pull: Pull, report_to_json: Callable[[Report], dict[str, Any]]) -> dict[str, Any]:
    """What the page is told: `id`, `state` ("running", "done", "failed"), `progress`, `report`, `error`."""
    state = pull.state
    progress = state.progress
    waiting = progress.waiting
    left = waiting.seconds - (time.monotonic() - state.at) if waiting is not None else 0.0
    return {
        "id": pull.id,
        "state": "failed" if state.error else "done" if state.report else "running",
        "progress": {
            "phase": progress.phase,
            "files_done": progress.files_done,
            "files_total": progress.files_total,
            "bytes_done": progress.bytes_done,
            "bytes_total": progress.bytes_total,
            "waiting": {"on": waiting.on, "seconds": round(left, 1)} if waiting is not None and left > 0 else None,
        },
        "report": report_to_json(state.report) if state.report is not None else None,
        "error": state.error.to_wire() if state.error is not None else None,
    }
