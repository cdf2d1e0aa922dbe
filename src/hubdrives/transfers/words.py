"""What a task wants of whoever watches it."""

from hubdrives.errors import HubdrivesError, LoginNeeded
from hubdrives.providers.abilities import Task, TaskState


def advice(task: Task) -> str | None:
    """What to do about a task that does not get on, None if nothing need be done."""
    if task.state is TaskState.INACTIVE:
        return "It goes on when you have logged in again."
    if task.state is TaskState.ACTIVE and not task.is_ok:
        until = f" until {task.deadline.astimezone():%Y-%m-%d %H:%M}" if task.deadline else ""
        return f"It will be tried again{until}; `hubdrives transfers cancel {task.id}` ends it."
    return None


def failure(task: Task) -> HubdrivesError | None:
    """Why a task is no success, None if it is one, or is still at work."""
    if task.state is TaskState.INACTIVE:
        return LoginNeeded(
            f"The transfer waits for a new login. {task.note}".rstrip(),
            hint=f"Log out of the hub, log in again, then `hubdrives transfers watch {task.id}`.",
        )
    if task.state is TaskState.FAILED:
        return HubdrivesError(
            f"The transfer has failed. {task.note}".rstrip(),
            hint=f"`hubdrives transfers events {task.id}` tells what happened. What it has copied stays.",
        )
    return None
