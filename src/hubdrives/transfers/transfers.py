"""Transfers from the first word to the last: asked for once, watched, left alone and found again, ended."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final

from hubdrives import config, providers
from hubdrives.config import Settings
from hubdrives.connections import Connections
from hubdrives.errors import BadInput, HubdrivesError, NoConnection, Unavailable, UnexpectedAnswer
from hubdrives.model import SyncLevel
from hubdrives.providers.abilities import Task, TaskEvent, TaskState, Transfer, Transferable
from hubdrives.providers.sessions import Noted, Remembered, Sessions
from hubdrives.transfers.places import Route, able, route

_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 10.0
_GROWTH: Final = 1.5
_LOOKS: Final = 4  # for the end of what was cancelled
_REMEMBERED: Final = timedelta(days=1)
"""For how long a transfer whose answer was lost is taken for the one that is asked for again."""


class Transfers:
    """What `open_transfers` opens.

    A task is called by its id; by CONNECTION:ID where several connections make transfers.

    Args:
        connections: all that can be reached.
        environment: says where notes go, and what is reached of this machine.
        sleep: how to wait between two looks, seconds.
    """

    def __init__(
        self,
        connections: Connections,
        *,
        environment: Mapping[str, str] = os.environ,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._connections = connections
        self._environment = environment
        self._sleep = sleep

    async def submit(
        self,
        source: str,
        destination: str,
        *,
        recursive: bool = False,
        sync_level: SyncLevel | None = None,
        verify: bool = True,
        deadline: datetime | None = None,
        label: str = "",
    ) -> Task:
        """Ask for a transfer; its task, as it stands then.

        If the answer is lost, the same call makes no second transfer, though it is another process that makes it, for
        a day.

        Args:
            source: a file or folder: a pasted address, CONNECTION:/PATH, or a path of this machine.
            destination: the same; a file may also go into a folder, and a folder's content goes into the folder.
            recursive: it is a folder, with all that is in it.
            sync_level: which of the files that are there already are copied again; None is all of them.
            verify: read both sides again and compare.
            deadline: when the provider gives up, with time zone; None is its own.
            label: for lists of tasks.

        Raises:
            BadInput: what is asked for can't be meant, or not be done.
            NotFound, Forbidden: there is no such source, or not for this account.
        """
        _check(deadline)
        way = await route(self._connections, source, destination, environment=self._environment)
        order = Transfer(
            source=way.source,
            destination=way.destination,
            submission="",
            recursive=recursive,
            sync_level=sync_level,
            verify_checksum=verify,
            deadline=deadline,
            label=label,
        )
        return self._named(way.connection, await _submitted(way, order, self._notes(way.connection)))

    async def task(self, name: str) -> Task:
        """How a task stands. Raises NotFound: there is none of this account's."""
        connection, provider, id_ = await self._meant(name)
        return self._named(connection, await provider.task(id_))

    async def watch(self, name: str, *, on_progress: Callable[[Task], None] | None = None) -> Task:
        """Look until a task is over, or waits for a new login. See `watch`."""
        connection, provider, id_ = await self._meant(name)

        def tell(task: Task) -> None:
            if on_progress is not None:
                on_progress(self._named(connection, task))

        return self._named(connection, await watch(provider, id_, on_progress=tell, sleep=self._sleep))

    async def cancel(self, name: str) -> Task:
        """End a task; what it has copied stays. It is waited for a little: it may end later. Raises as `task`."""
        connection, provider, id_ = await self._meant(name)
        task = await provider.cancel(id_)
        for pause in islice(_pauses(), _LOOKS):
            if task.is_over:
                break
            await self._sleep(pause)
            task = await provider.task(id_)
        return self._named(connection, task)

    async def events(self, name: str, *, limit: int = 100) -> Sequence[TaskEvent]:
        """What happened to a task, the newest first. Raises as `task`."""
        _connection, provider, id_ = await self._meant(name)
        return await provider.events(id_, limit=limit)

    async def tasks(self, *, limit: int = 100) -> Sequence[Task]:
        """The tasks of all connections that make transfers, the newest first. Raises NoConnection: there is none."""
        found: list[Task] = []
        for name in self._able():
            provider = able(await self._connections.provider(name))
            found += [self._named(name, task) for task in await provider.tasks(limit=limit)]
        beginning = datetime.min.replace(tzinfo=UTC)
        return sorted(found, key=lambda task: task.begun or beginning, reverse=True)[:limit]

    async def _meant(self, name: str) -> tuple[str, Transferable, str]:
        """The connection, its provider and the id there that `name` means."""
        known = self._able()
        connection, colon, id_ = name.strip().partition(":")
        if not (colon and connection in known):
            if len(known) > 1:
                raise BadInput(
                    "Several connections make transfers.",
                    hint=f"Write one before the task, and a colon: {', '.join(known)}.",
                )
            connection, id_ = known[0], name.strip()
        return connection, able(await self._connections.provider(connection)), id_

    def _able(self) -> list[str]:
        """The connections that make transfers."""
        settings = self._connections.settings
        known = [
            name for name, one in settings.items() if issubclass(providers.provider_class(one.provider), Transferable)
        ]
        if not known:
            raise NoConnection("No connection here makes transfers.")
        return known

    def _named(self, connection: str, task: Task) -> Task:
        return task if len(self._able()) == 1 else replace(task, id=f"{connection}:{task.id}")

    def _notes(self, connection: str) -> Sessions:
        folder = config.state_folder(self._environment)
        whose = f"{connection}\0{self._connections.settings[connection].base_url or ''}"
        return Noted(folder / "transfers", of=whose) if folder else Remembered()


@asynccontextmanager
async def open_transfers(
    *, settings: Settings | None = None, environment: Mapping[str, str] = os.environ
) -> AsyncIterator[Transfers]:
    """Transfers by the connections of this process, or by the hub's gateway.

    Args:
        settings: instead of the configuration file.
        environment: says where that file is, and the hub's gateway.

    Raises:
        BadConfig: the configuration can't be used.
    """
    async with Connections(settings, environment=environment) as connections:
        yield Transfers(connections, environment=environment)


async def watch(
    provider: Transferable,
    id_: str,
    *,
    on_progress: Callable[[Task], None] | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Task:
    """Look until a task is over, or waits for a new login; the task, as it stands then.

    The pauses grow from one second to ten. To stop looking changes nothing about the task.

    Args:
        provider: whose task it is.
        id_: the task's.
        on_progress: told whenever something is new.
        sleep: how to wait, seconds.

    Raises:
        NotFound: there is no such task.
    """
    told: Task | None = None
    for pause in _pauses():
        task = await provider.task(id_)
        if on_progress is not None and task != told:
            on_progress(task)
        if task.is_over or task.state is TaskState.INACTIVE:
            return task
        told = task
        await sleep(pause)
    raise AssertionError("unreachable: pauses have no end")


def _check(deadline: datetime | None) -> None:
    """Raise BadInput for a deadline that nobody can keep."""
    if deadline is None:
        return
    if deadline.tzinfo is None:
        raise BadInput("A deadline needs a time zone.", hint="`deadline.astimezone()` has that of this machine.")
    if deadline <= datetime.now(UTC):
        raise BadInput("The deadline has passed already.")


def _pauses() -> Iterator[float]:
    """Seconds between two looks: who has waited long can wait longer."""
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)


async def _submitted(way: Route, order: Transfer, notes: Sessions) -> Task:
    """The task of `order`, of which there is one, however often the answer was lost."""
    key = _key(order)
    submission = await asyncio.to_thread(notes.take, key)
    if submission is None:
        submission = await way.provider.new_submission(way.source)
        await asyncio.to_thread(notes.begin, key, submission, ends=datetime.now(UTC) + _REMEMBERED)
    arrived = True
    try:
        # Until its task is known here, it can't be found again but by the note.
        return await way.provider.task(await way.provider.submit(replace(order, submission=submission)))
    except HubdrivesError as error:
        arrived = not isinstance(error, Unavailable | UnexpectedAnswer)
        raise
    except BaseException:
        arrived = False
        raise
    finally:
        (notes.end if arrived else notes.cut)(submission)


def _key(order: Transfer) -> str:
    """What is the same for two orders only if they ask for the same."""
    ends = [(one.provider, one.host, one.id, one.path) for one in (order.source, order.destination)]
    how = (order.recursive, order.sync_level, order.verify_checksum, order.label)
    return repr((ends, how, order.deadline and order.deadline.isoformat()))
