"""Tasks that were ordered: how they get on, what they did, and how to stop them.

https://docs.globus.org/api/transfer/task/
"""

from collections.abc import Mapping, Sequence
from typing import Any

from hubdrives.testing.emulators.globus.changes import read_document, result
from hubdrives.testing.emulators.globus.errors import TransferError
from hubdrives.testing.emulators.globus.filters import chosen, ordered
from hubdrives.testing.emulators.globus.listing import number
from hubdrives.testing.emulators.globus.orders import TRANSFER, OrderError, read_deadline, read_label
from hubdrives.testing.emulators.globus.tasks import Task
from hubdrives.testing.emulators.globus.view import View
from hubdrives.testing.emulators.server import Answer, Call

_MOST = 1000
_USUAL_TASKS = 10
_USUAL_EVENTS = 10
_FILTERABLE = frozenset({"task_id", "type", "status", "label", "request_time", "completion_time"})
_SORTABLE = _FILTERABLE | {"deadline", "faults", "username"}


async def get_task(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    return Answer.json(_task(view, args).document(view.site.clock()))


async def list_tasks(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """The tasks of whoever asks, the latest first."""
    mine = [each for each in view.site.tasks.tasks.values() if each.order.owner.id in view.grant.identities]
    documents = [each.document(view.site.clock()) for each in reversed(mine)]
    try:
        kept = chosen(documents, call.request.query.getall("filter", []), _FILTERABLE)
        found = ordered(kept, call.params.get("orderby", ""), _SORTABLE)
    except ValueError as error:
        raise TransferError("ClientError.BadRequest", str(error)) from None
    # In a list, a task does not say what it is.
    lines = [{name: value for name, value in each.items() if name != "DATA_TYPE"} for each in found]
    return _page(call, "task_list", lines, _USUAL_TASKS)


async def update_task(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Another label or deadline."""
    task = _task(view, args)
    asked = await read_document(call, "task")
    try:
        label, deadline = read_label(asked.get("label")), read_deadline(asked.get("deadline"))
    except OrderError as error:
        raise TransferError(error.code, str(error)) from None
    if deadline is not None and task.is_over:
        raise TransferError("Conflict", "The task is complete")
    if "label" in asked:
        task.label = label
    if deadline is not None:
        task.deadline = deadline
    return result(call, "result", "Updated", "The task has been updated successfully.")


async def cancel_task(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Stop a task; it may need a while, and be over before."""
    task = _task(view, args)
    if "cancel_race" in call.faults:
        await view.site.tasks.finish(task)
    if task.is_over:
        text = "The task completed before the cancel request was processed."
        return result(call, "result", "TaskComplete", text)
    lag = view.site.settings.cancel_lag
    task.canceling = view.site.clock() + lag
    if lag > 0:
        text = "The cancel request has been accepted and is being processed."
        return result(call, "result", "CancelAccepted", text, status=202)
    await view.site.tasks.run()
    return result(call, "result", "Canceled", "The task has been cancelled successfully.")


async def list_events(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """What happened, the latest first."""
    task = _task(view, args)
    only_errors = call.params.get("filter_is_error") == "1" or call.params.get("filter") == "is_error:1"
    found = [each.document() for each in reversed(task.events) if each.is_error or not only_errors]
    return _page(call, "event_list", found, _USUAL_EVENTS)


async def successful_transfers(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """The files that arrived."""
    task = _task(view, args)
    if task.order.kind != TRANSFER:
        raise TransferError("ClientError.BadRequest", "Only transfer tasks have successful transfers")
    return _marked(view, call, "successful_transfers", task.successes)


async def skipped_errors(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """The items that were left out."""
    return _marked(view, call, "skipped_errors", _task(view, args).skipped)


def _task(view: View, args: Mapping[str, str]) -> Task:
    """A task of whoever asks. Raises TransferError (404)."""
    found = view.site.tasks.tasks.get(args["id"])
    if found is None or found.order.owner.id not in view.grant.identities:
        raise TransferError("ClientError.NotFound", f"No task found with id '{args['id']}'")
    return found


def _page(call: Call, kind: str, found: Sequence[Mapping[str, Any]], usual: int) -> Answer:
    limit, offset = number(call, "limit", usual, _MOST), number(call, "offset", 0)
    page = found[offset : offset + limit]
    return Answer.json(
        {
            "DATA_TYPE": kind,
            "length": len(page),
            "limit": limit,
            "offset": offset,
            "total": len(found),
            "DATA": page,
        }
    )


def _marked(view: View, call: Call, kind: str, found: Sequence[Mapping[str, Any]]) -> Answer:
    """A page of what is read on from a marker."""
    start, size = number(call, "marker", 0), view.site.settings.marker_page
    following = start + size if start + size < len(found) else None
    return Answer.json(
        {"DATA_TYPE": kind, "marker": start, "next_marker": following, "DATA": found[start : start + size]}
    )
