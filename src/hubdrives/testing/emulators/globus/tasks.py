"""Tasks: what has been ordered, how far it is, and what happened on the way.

https://docs.globus.org/api/transfer/task/
"""

import base64
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID, uuid4

from hubdrives.testing.emulators.faults import Rule
from hubdrives.testing.emulators.globus.collections import Collection
from hubdrives.testing.emulators.globus.orders import TRANSFER, Item, Order
from hubdrives.testing.emulators.globus.paths import Path

Status: TypeAlias = Literal["ACTIVE", "INACTIVE", "SUCCEEDED", "FAILED"]
ACTIVE: Status = "ACTIVE"
INACTIVE: Status = "INACTIVE"
SUCCEEDED: Status = "SUCCEEDED"
FAILED: Status = "FAILED"
_SKIPPABLE = frozenset({"FILE_NOT_FOUND", "PERMISSION_DENIED"})

DESCRIPTIONS: Mapping[str, str] = {
    "STARTED": "started",
    "PROGRESS": "progress",
    "SUCCEEDED": "succeeded",
    "CANCELED": "canceled",
    "EXPIRED": "deadline expired",
    "SKIPPED_ERRORS": "skipped errors",
    "DELETE_DESTINATION_EXTRA_SKIPPED": "delete destination extra skipped",
    "PAUSED": "paused",
    "UNPAUSED": "unpaused",
    "FILE_NOT_FOUND": "file not found",
    "PERMISSION_DENIED": "permission denied",
    "IS_A_DIRECTORY": "is a directory",
    "NOT_A_DIRECTORY": "not a directory",
    "QUOTA_EXCEEDED": "quota exceeded",
    "VERIFY_CHECKSUM": "checksum verification failed",
    "GC_NOT_CONNECTED": "globus connect not connected",
    "CONNECT_FAILED": "connection failed",
    "ENDPOINT_ERROR": "endpoint error",
    "AUTH": "authentication failed",
    "EXPIRED_CREDENTIALS": "credentials expired",
    "UNKNOWN": "unknown error",
}


class TroubleError(Exception):
    """A step can't be done.

    Args:
        code: of the event, and of the task's `nice_status`.
        details: what the server said.
        at_source: it is the source's fault, so the item may be left out if the order says so.
        fatal: there is no use in trying again.
    """

    def __init__(self, code: str, details: str, *, at_source: bool = False, fatal: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.details = details
        self.skippable = at_source and code in _SKIPPABLE
        self.fatal = fatal


@dataclass(frozen=True, slots=True)
class Event:
    """One line of what happened; times are seconds since 1970."""

    code: str
    details: str
    time: float
    is_error: bool = False

    def document(self) -> dict[str, Any]:
        return {
            "DATA_TYPE": "event",
            "code": self.code,
            "description": DESCRIPTIONS.get(self.code, self.code.replace("_", " ").lower()),
            "details": self.details,
            "is_error": self.is_error,
            "time": spaced(self.time),
        }


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do.

    Attributes:
        what: `item` finds out what an item is of, `file` and `folder` bring one, `delete` removes one, `extra` removes
            from a folder what the source doesn't have.
        item: of the order.
        source, destination: where; a delete has no destination.
        size: of a file, bytes.
    """

    what: Literal["item", "file", "folder", "delete", "extra"]
    item: Item
    source: Path | None = None
    destination: Path | None = None
    size: int = 0


@dataclass(slots=True)
class Task:
    """One.

    Attributes:
        submission_id: by which it was ordered.
        order: what is to be done.
        requested, started, completed: when, seconds since 1970.
        deadline: when it fails unless it is over, the same.
        effects: faults that it was born with, by name.
        steps: what is left to do; the first is being done.
        begun, due: when that one began and when it is done.
        canceling: when it is to stop.
        trouble: why it doesn't get on.
        done: how many steps succeeded.
        cleared: what it left undone when it ended: steps.
    """

    submission_id: str
    order: Order
    requested: float
    deadline: float
    effects: Mapping[str, Rule]
    label: str | None
    id: str = field(default_factory=lambda: str(uuid4()))
    status: Status = ACTIVE
    started: float | None = None
    completed: float | None = None
    steps: deque[Step] = field(default_factory=deque)
    begun: float = 0.0
    due: float = 0.0
    canceling: float | None = None
    trouble: TroubleError | None = None
    fatal: tuple[str, str] | None = None
    events: list[Event] = field(default_factory=list)
    successes: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    files: int = 0
    directories: int = 0
    symlinks: int = 0
    faults: int = 0
    done: int = 0
    cleared: int = 0
    retrying: int = 0
    files_transferred: int = 0
    files_skipped: int = 0
    bytes_transferred: int = 0
    bytes_checksummed: int = 0
    damaged: set[str] = field(default_factory=set)

    @property
    def is_over(self) -> bool:
        return self.status in {SUCCEEDED, FAILED}

    def note(self, code: str, details: str | Mapping[str, Any] = "", *, time: float, is_error: bool = False) -> None:
        """Write a line of what happened."""
        text = details if isinstance(details, str) else json.dumps(details)
        self.events.append(Event(code, text, time, is_error))

    def succeed(self, now: float) -> None:
        self.status, self.completed, self.trouble = SUCCEEDED, now, None
        self.done += 1
        self.note("SUCCEEDED", {"files_succeeded": self.files_transferred}, time=now)

    def fail(self, now: float, code: str, description: str = "") -> None:
        self.status, self.completed, self.trouble = FAILED, now, None
        self.fatal = (code, description or DESCRIPTIONS.get(code, code))
        self.cleared = self._open
        self.steps.clear()

    def document(self, now: float) -> dict[str, Any]:
        """The task as the API shows it at a moment."""
        order, options = self.order, self.order.options
        transfer = order.kind == TRANSFER
        seconds = (now if self.completed is None else self.completed) - (self.started or self.requested)
        transferred = self.bytes_transferred + self._moving(now)
        failed = self.fatal[0] if self.fatal else ""
        left = self.cleared if self.is_over else self._open
        return {
            "DATA_TYPE": "task",
            "bytes_checksummed": self.bytes_checksummed,
            "bytes_transferred": transferred,
            "canceled_by_admin": None,
            "canceled_by_admin_message": None,
            "command": "API 0.10",
            "completion_time": None if self.completed is None else iso(self.completed),
            "deadline": iso(self.deadline),
            "delete_destination_extra": options.delete_destination_extra,
            **_about("destination", order.destination),
            "directories": self.directories,
            "effective_bytes_per_second": int(transferred / max(1.0, seconds)),
            "encrypt_data": options.encrypt_data,
            "fail_on_quota_errors": options.fail_on_quota_errors,
            "fatal_error": None if self.fatal is None else dict(zip(("code", "description"), self.fatal, strict=True)),
            "faults": self.faults,
            "files": self.files,
            "files_skipped": self.files_skipped,
            "files_transferred": self.files_transferred,
            "filter_rules": [
                {
                    "DATA_TYPE": "filter_rule",
                    "method": "include" if each.include else "exclude",
                    "name": each.name,
                    "type": each.kind,
                }
                for each in order.filters
            ]
            or None,
            "history_deleted": False,
            "is_paused": False,
            "label": self.label,
            **self._nice(),
            "owner_id": order.owner.id,
            "preserve_timestamp": options.preserve_timestamp,
            "recursive_symlinks": "ignore",
            "request_time": iso(self.requested),
            "skip_source_errors": options.skip_source_errors,
            **_about("source", order.source),
            "status": self.status,
            "subtasks_canceled": left if failed == "CANCELED" else 0,
            "subtasks_expired": left if failed == "EXPIRED" else 0,
            "subtasks_failed": left if failed not in {"", "CANCELED", "EXPIRED"} else 0,
            "subtasks_pending": 0 if self.is_over else left - self.retrying,
            "subtasks_retrying": 0 if self.is_over else self.retrying,
            "subtasks_skipped_errors": len(self.skipped),
            "subtasks_succeeded": self.done,
            "subtasks_total": self.done + left + len(self.skipped),
            "symlinks": self.symlinks,
            "sync_level": options.sync_level if transfer else None,
            "task_id": self.id,
            "type": order.kind,
            "username": username(order.owner.id),
            "verify_checksum": options.verify_checksum,
        }

    @property
    def _open(self) -> int:
        """Subtasks that are not over: the steps, and the task itself."""
        return sum(each.what in {"file", "folder", "delete"} for each in self.steps) + 1

    def _moving(self, now: float) -> int:
        """How much of the file that is on its way is there."""
        if self.status != ACTIVE or not self.steps or self.trouble or self.due <= self.begun:
            return 0
        part = min(1.0, max(0.0, (now - self.begun) / (self.due - self.begun)))
        return int(self.steps[0].size * part)

    def _nice(self) -> dict[str, Any]:
        """How it is getting on; nothing of one that is over."""
        code: str | None = "OK"
        if self.is_over:
            code = None
        elif self.trouble is not None:
            code = self.trouble.code
        elif self.started is None:
            code = "Queued"
        return {
            "is_ok": None if code is None else code in {"OK", "Queued"},
            "nice_status": code,
            "nice_status_details": None if self.trouble is None else self.trouble.details,
            "nice_status_expires_in": None if code is None else -1,
            "nice_status_short_description": None if code is None else DESCRIPTIONS.get(code, code),
        }


def _about(side: str, collection: Collection | None) -> dict[str, str | None]:
    """What a task says of the collection at one of its ends."""
    return {
        f"{side}_endpoint": None if collection is None else f"{username(collection.owner)}#{collection.id}",
        f"{side}_endpoint_display_name": None if collection is None else collection.display_name,
        f"{side}_endpoint_id": None if collection is None else collection.id,
    }


def username(identity: str) -> str:
    """The name that stands for an identity, by id, where only old names fit."""
    return "u_" + base64.b32encode(UUID(identity).bytes).decode().rstrip("=").lower()


def iso(moment: float) -> str:
    """A time (seconds since 1970) as tasks show it."""
    return datetime.fromtimestamp(int(moment), UTC).isoformat()


def spaced(moment: float) -> str:
    """The same as files and events show it, with a space in the middle."""
    return datetime.fromtimestamp(int(moment), UTC).isoformat(sep=" ")
