"""Tasks of Globus: ordered, looked at, ended. Their documents in, our values and words out.

https://docs.globus.org/api/transfer/task_submit/, https://docs.globus.org/api/transfer/task/
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from hubdrives.errors import BadInput, NameTaken, NotFound, UnexpectedAnswer
from hubdrives.http import Client
from hubdrives.model import SyncLevel
from hubdrives.providers.abilities import Task, TaskEvent, TaskState, Transfer
from hubdrives.providers.globus.api import Api
from hubdrives.providers.globus.doors import Doors
from hubdrives.providers.globus.item import Collection
from hubdrives.providers.globus.resolve import TOP, Place, Resolver, joined

_LEVELS: Final = {SyncLevel.EXISTS: 0, SyncLevel.SIZE: 1, SyncLevel.MTIME: 2, SyncLevel.CHECKSUM: 3}
_LONGEST_LABEL: Final = 128
_MOST: Final = 1000  # tasks and events in one answer
_SECOND: Final = timedelta(seconds=1)
_TASK: Final = re.compile(r"(?:https://app\.globus\.org/activity/)?([0-9a-fA-F-]{36})(?:/[a-z-]*)?")

_YOURS: Final = "`hubdrives transfers list` shows yours."

_SAID: Final[Mapping[str, str]] = {
    "STARTED": "It began.",
    "PROGRESS": "It goes on.",
    "SUCCEEDED": "All has arrived.",
    "CANCELED": "It was cancelled.",
    "EXPIRED": "Its deadline passed before all had arrived.",
    "PAUSED": "It was paused.",
    "UNPAUSED": "It goes on after a pause.",
    "SKIPPED_ERRORS": "Some files were left out.",
    "FILE_NOT_FOUND": "A file or folder is not there.",
    "PERMISSION_DENIED": "A collection denies access to a file or folder.",
    "IS_A_DIRECTORY": "There is a folder where a file is wanted.",
    "NOT_A_DIRECTORY": "There is a file where a folder is wanted.",
    "QUOTA_EXCEEDED": "There is no space left at the destination.",
    "VERIFY_CHECKSUM": "A file did not arrive as it was sent.",
    "FILE_SIZE_CHANGED": "A file was changed while it was copied.",
    "GC_NOT_CONNECTED": "The computer with the collection is off, asleep or not connected.",
    "GC_PAUSED": "Somebody has paused the computer with the collection.",
    "CONNECT_FAILED": "A collection can't be reached.",
    "ENDPOINT_ERROR": "A collection reports a failure of its own.",
    "TIMEOUT": "A collection does not answer in time.",
    "AUTH": "A collection does not accept the login.",
    "EXPIRED_CREDENTIALS": "A collection wants a new login.",
    "PAUSED_BY_ADMIN": "An administrator of a collection has paused it.",
    "Queued": "It waits for its turn at Globus.",
}
"""Globus' words for what happens to tasks, and for how they are getting on."""


class Transfers:
    """Tasks of one account; see `Transferable` for the promises.

    Args:
        doors: the ways into Globus.
        api: looks at files.
        resolver: knows what locations mean.
    """

    def __init__(self, doors: Doors, *, api: Api, resolver: Resolver) -> None:
        self._doors = doors
        self._api = api
        self._resolver = resolver

    async def new_submission(self) -> str:
        """https://docs.globus.org/api/transfer/task_submit/#get_submission_id"""
        return _text(await self._ask("GET", "submission_id", "submission"), "value")

    async def submit(self, order: Transfer) -> str:
        """As `Transferable.submit`. The answer to what was sent before is the same task."""
        source = await self._resolver.find(order.source)
        if source.is_folder and not order.recursive:
            raise BadInput(f"'{source.name}' is a folder.", hint="Say --recursive, or recursive=True in Python.")
        target, path = await self._resolver.on_collection(order.destination)
        if (target.id, path) == (source.collection.id, source.path):
            raise BadInput("Source and destination are the same.")
        item = {
            "DATA_TYPE": "transfer_item",
            "source_path": source.path,
            "destination_path": await self._named(source, target, path),
            "recursive": source.is_folder,
        }
        body = _document(order, source.collection, target, item)
        client = self._doors.files(source.collection, target)
        return _text(await self._ask("POST", "transfer", "submit", body=body, client=client), "task_id")

    async def task(self, id_: str) -> Task:
        return task_of(await self._ask_of("GET", id_, "", "task"))

    async def tasks(self, *, limit: int = 100) -> Sequence[Task]:
        """As `Transferable.tasks`, in a request for each thousand."""
        found: dict[str, Task] = {}
        until = ""
        while len(found) < limit:
            most, known = min(limit, _MOST), len(found)
            # Behind an offset of a thousand Globus tells nothing, so it is the time that is gone back in.
            wanted = {"filter": f"type:TRANSFER{until}", "orderby": "request_time DESC", "limit": str(most)}
            page = [task_of(one) for one in _list(await self._ask("GET", "task_list", "tasks", params=wanted))]
            found |= {one.id: one for one in page if one.id not in found}
            if len(page) < most or len(found) == known or page[-1].begun is None:
                break
            # Those of that very second come once more.
            until = f"/request_time:,{_spaced(page[-1].begun + _SECOND)}"
        return [*found.values()][:limit]

    async def events(self, id_: str, *, limit: int = 100) -> Sequence[TaskEvent]:
        params = {"limit": str(min(limit, _MOST))}
        told = await self._ask_of("GET", id_, "/event_list", "events", params=params)
        return [event_of(one) for one in _list(told)]

    async def cancel(self, id_: str) -> Task:
        """As `Transferable.cancel`: Globus says the same to a task that is over already."""
        await self._ask_of("POST", id_, "/cancel", "cancel")
        return await self.task(id_)

    async def _named(self, source: Place, target: Collection, path: str) -> str:
        """The whole path of what the transfer makes: Globus puts no file into a folder by itself."""
        try:
            is_folder = path == TOP or (await self._api.stat(target, path)).is_folder
        except NotFound:
            return path
        if source.is_folder and not is_folder:
            raise NameTaken("There is a file where the folder is to go.")
        return joined(path, source.path.rpartition("/")[2]) if is_folder and not source.is_folder else path

    async def _ask_of(
        self, method: str, task: str, what: str, operation: str, *, params: Mapping[str, str] | None = None
    ) -> Any:
        path = f"task/{_id(task)}{what}"
        try:
            return await self._ask(method, path, operation, params=params)
        except NotFound:
            # Globus' word for it is that for files, too.
            raise NotFound("There is no such Globus task, or it is somebody else's.", hint=_YOURS) from None

    async def _ask(
        self,
        method: str,
        path: str,
        operation: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        client: Client | None = None,
    ) -> Any:
        asks = client or self._doors.transfer
        url = f"{self._doors.api}/{path}"
        return await asks.json(method, url, operation=f"transfer.{operation}", params=params, body=body)


def task_of(told: Mapping[str, Any]) -> Task:
    """The task of a document of type `task`. Raises UnexpectedAnswer: it is none."""
    try:
        return Task(
            id=told["task_id"],
            state=TaskState(told["status"].lower()),
            label=told.get("label") or "",
            source=_collection(told, "source"),
            destination=_collection(told, "destination"),
            files_done=(told.get("files_transferred") or 0) + (told.get("files_skipped") or 0),
            files_total=told.get("files") or 0,
            bytes_done=told.get("bytes_transferred") or 0,
            speed=told.get("effective_bytes_per_second") or 0,
            faults=told.get("faults") or 0,
            is_ok=told.get("is_ok") is not False,
            note=_note(told),
            begun=_moment(told.get("request_time")),
            ended=_moment(told.get("completion_time")),
            deadline=_moment(told.get("deadline")),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UnexpectedAnswer("Globus described a task in a way that is not understood.") from None


def event_of(told: Mapping[str, Any]) -> TaskEvent:
    """The event of a document of type `event`. Raises UnexpectedAnswer: it is none."""
    try:
        return TaskEvent(
            code=told["code"],
            sentence=_sentence(told["code"], told.get("description")),
            details=told.get("details") or "",
            is_error=bool(told.get("is_error")),
            time=_moment(told.get("time")),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UnexpectedAnswer("Globus described an event in a way that is not understood.") from None


def _document(order: Transfer, source: Collection, target: Collection, item: Mapping[str, Any]) -> dict[str, Any]:
    """What is not said here, Globus decides, and it would write e-mails."""
    if len(order.label) > _LONGEST_LABEL:
        raise BadInput(f"A label has at most {_LONGEST_LABEL} characters.")
    return {
        "DATA_TYPE": "transfer",
        "submission_id": order.submission,
        "source_endpoint": source.id,
        "destination_endpoint": target.id,
        "verify_checksum": order.verify_checksum,
        "preserve_timestamp": False,
        "encrypt_data": False,
        "skip_source_errors": False,
        "fail_on_quota_errors": True,
        "delete_destination_extra": False,
        "notify_on_succeeded": False,
        "notify_on_failed": False,
        "notify_on_inactive": False,
        **({"label": order.label} if order.label else {}),
        **({"sync_level": _LEVELS[order.sync_level]} if order.sync_level else {}),
        **({"deadline": _spaced(order.deadline)} if order.deadline else {}),
        "DATA": [item],
    }


def _spaced(moment: datetime) -> str:
    try:
        return moment.astimezone(UTC).isoformat(sep=" ", timespec="seconds")
    # At both ends of the calendar there are times of one zone that another one does not have.
    except (ValueError, OverflowError):
        raise BadInput("The deadline is no time that Globus knows.") from None


def _note(told: Mapping[str, Any]) -> str:
    if fatal := told.get("fatal_error"):
        return _sentence(fatal.get("code") or "", fatal.get("description"))
    if told.get("is_paused"):
        return _SAID["PAUSED_BY_ADMIN"]
    nice = told.get("nice_status") or "OK"
    return "" if nice == "OK" else _sentence(nice, told.get("nice_status_short_description"))


def _sentence(code: str, description: str | None) -> str:
    return _SAID.get(code) or f"Globus says: {description or code.replace('_', ' ').lower()}."


def _collection(told: Mapping[str, Any], side: str) -> str:
    return told.get(f"{side}_endpoint_display_name") or told.get(f"{side}_endpoint_id") or ""


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _id(text: str) -> str:
    """A task's id, as Globus or as a pasted address of its page tells it."""
    match = _TASK.fullmatch(text.strip())
    if match is None:
        raise NotFound("This is no Globus task.", hint=_YOURS)
    return match[1].lower()


def _text(told: Any, name: str) -> str:
    value = told.get(name) if isinstance(told, dict) else None
    if not isinstance(value, str) or not value:
        raise UnexpectedAnswer(f"Globus' answer has no {name}.")
    return value


def _list(told: Any) -> list[Mapping[str, Any]]:
    found = told.get("DATA") if isinstance(told, dict) else None
    if not isinstance(found, list):
        raise UnexpectedAnswer("Globus' answer is no list.")
    return cast("list[Mapping[str, Any]]", found)
