"""Large data moves without coming by here: a provider copies from one of its places to another, and is watched."""

from hubdrives.model import SyncLevel
from hubdrives.providers.abilities import Task, TaskEvent, TaskState
from hubdrives.transfers.transfers import Transfers, open_transfers, watch
from hubdrives.transfers.words import advice, failure

__all__ = [
    "SyncLevel",
    "Task",
    "TaskEvent",
    "TaskState",
    "Transfers",
    "advice",
    "failure",
    "open_transfers",
    "watch",
]
