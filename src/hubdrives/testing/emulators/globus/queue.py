"""All tasks, and the clock that drives them.

A task gets on whenever somebody asks the emulator for anything: all that was due by then happens, in order. So a test
lets a day pass with `globus.advance(86400)`, and sees what a day brings.
"""

import asyncio
from collections.abc import Callable, Mapping
from uuid import uuid4

from hubdrives.testing.emulators.faults import Rule
from hubdrives.testing.emulators.globus.copying import Worker, skipped
from hubdrives.testing.emulators.globus.orders import Order
from hubdrives.testing.emulators.globus.settings import Settings
from hubdrives.testing.emulators.globus.tasks import ACTIVE, INACTIVE, Step, Task, TroubleError

DAY = 86400.0
AT_ONCE = 3  # tasks of one sort that one person has running
_PROGRESS = 10.0  # seconds between events that say how it goes
_NEVER = float("inf")


class Queue:
    """Tasks by id.

    Args:
        worker: does what they are for.
        settings: how long they wait.
        clock: seconds since 1970.
    """

    def __init__(self, worker: Worker, settings: Settings, *, clock: Callable[[], float]) -> None:
        self.tasks: dict[str, Task] = {}
        self._worker = worker
        self._settings = settings
        self._clock = clock
        self._running = asyncio.Lock()
        self._by_submission: dict[str, str | None] = {}

    def new_submission(self) -> str:
        """An id by which one task may be ordered, however often."""
        made = str(uuid4())
        self._by_submission[made] = None
        return made

    def is_submission(self, submission: str) -> bool:
        return submission in self._by_submission

    def submitted(self, submission: str) -> Task | None:
        """The task that was ordered by an id."""
        known = self._by_submission.get(submission)
        return None if known is None else self.tasks[known]

    def add(self, order: Order, submission: str, effects: Mapping[str, Rule]) -> Task:
        """Take an order on."""
        now = self._clock()
        made = Task(
            submission_id=submission,
            order=order,
            requested=now,
            deadline=now + DAY if order.deadline is None else order.deadline,
            effects=effects,
            label=order.label,
            due=now + self._settings.task_lag,
        )
        self.tasks[made.id] = made
        self._by_submission[submission] = made.id
        return made

    async def run(self) -> None:
        """Let happen what is due by now."""
        async with self._running:
            while (found := self._next()) is not None:
                moment, task = found
                await self._happen(task, moment)

    async def finish(self, task: Task) -> None:
        """Let a task get to its end at once, whenever that would be."""
        async with self._running:
            while not task.is_over and self._moment(task) < _NEVER:
                await self._happen(task, self._moment(task))

    def suspend(self, task: Task, code: str = "EXPIRED_CREDENTIALS") -> None:
        """Make a task wait for its owner to log in again."""
        task.status, task.trouble = INACTIVE, TroubleError(code, "Credentials have expired")
        task.note("PAUSED", task.trouble.details, time=self._clock(), is_error=True)

    def resume(self, task: Task) -> None:
        """Let it go on, as if its owner had."""
        now = self._clock()
        task.status, task.trouble, task.begun, task.due = ACTIVE, None, now, now + self._worker.seconds(task)
        task.note("UNPAUSED", time=now)

    def _next(self) -> tuple[float, Task] | None:
        waiting = [(self._moment(each), each) for each in self.tasks.values() if not each.is_over]
        moment, task = min(waiting, key=lambda each: each[0], default=(_NEVER, None))
        return None if task is None or moment > self._clock() else (moment, task)

    def _moment(self, task: Task) -> float:
        """When something happens to a task next."""
        waits = task.status == INACTIVE or (task.started is None and self._is_full(task))
        ends = min(task.deadline, _NEVER if task.canceling is None else task.canceling)
        return min(ends, _NEVER if waits else task.due)

    def _is_full(self, task: Task) -> bool:
        running = [
            each
            for each in self.tasks.values()
            if (each.order.kind, each.order.owner.id) == (task.order.kind, task.order.owner.id)
            and each.started is not None
            and each.status == ACTIVE
        ]
        return len(running) >= AT_ONCE

    async def _happen(self, task: Task, moment: float) -> None:
        if task.canceling is not None and task.canceling <= moment:
            task.note("CANCELED", time=moment)
            task.fail(moment, "CANCELED", "canceled by user")
        elif task.deadline <= moment:
            task.note("EXPIRED", time=moment, is_error=True)
            task.fail(moment, "EXPIRED")
        elif task.started is None:
            self._start(task, max(moment, task.due))
        else:
            await self._step(task, moment)

    def _start(self, task: Task, moment: float) -> None:
        task.started = task.begun = moment
        details = {"type": "GridFTP Transfer", "protocol": "Mode S", "concurrency": 2, "parallelism": 2}
        task.note("STARTED", details if task.order.destination else "", time=moment)
        task.steps.extend(Step("item", each) for each in task.order.items)
        task.due = moment + self._worker.seconds(task)
        if "task_inactive" in task.effects:
            self.suspend(task)

    async def _step(self, task: Task, moment: float) -> None:
        step = task.steps[0]
        try:
            self._disturb(task)
            more = await self._worker.do(task, moment)
        except TroubleError as trouble:
            self._trouble(task, step, trouble, moment)
        else:
            task.steps.popleft()
            task.done += step.what in {"file", "folder", "delete"}
            self._go_on(task, more, moment)

    def _go_on(self, task: Task, more: list[Step], moment: float) -> None:
        task.steps.extendleft(reversed(more))
        task.trouble, task.retrying = None, 0
        if not task.steps:
            if task.skipped:
                task.note("SKIPPED_ERRORS", {"skipped_errors": len(task.skipped)}, time=moment)
            task.succeed(moment)
            return
        if moment - task.events[-1].time >= _PROGRESS:
            seconds = max(1.0, moment - (task.started or moment))
            rate = round(8 * task.bytes_transferred / seconds / 1e6, 3)
            details = {"bytes_transferred": task.bytes_transferred, "duration": round(seconds, 2), "mbps": rate}
            task.note("PROGRESS", details, time=moment)
        task.begun, task.due = moment, moment + self._worker.seconds(task)

    def _trouble(self, task: Task, step: Step, trouble: TroubleError, moment: float) -> None:
        if trouble.skippable and task.order.options.skip_source_errors:
            task.skipped.append(skipped(step, trouble, moment))
            task.steps.popleft()
            self._go_on(task, [], moment)
            return
        task.note(trouble.code, trouble.details, time=moment, is_error=True)
        task.faults += 1
        if trouble.fatal:
            task.fail(moment, trouble.code)
            return
        task.trouble, task.retrying = trouble, 1
        task.begun, task.due = moment, moment + self._settings.retry_wait

    def _disturb(self, task: Task) -> None:
        """Raise TroubleError for a task that was born to have it."""
        if rule := task.effects.get("task_fails"):
            raise TroubleError(rule.reason or "ENDPOINT_ERROR", "The endpoint gave up", fatal=True)
        if rule := task.effects.get("task_stuck"):
            raise TroubleError(rule.reason or "ENDPOINT_ERROR", "The endpoint does not answer")
        rule = task.effects.get("task_faults")
        if rule is not None and task.faults < rule.size:
            raise TroubleError(rule.reason or "CONNECT_FAILED", "The connection was lost")
