"""Orders come in: transfers and deletes, each under an id that makes it safe to send it again.

https://docs.globus.org/api/transfer/task_submit/
"""

from collections.abc import Mapping

from hubdrives.testing.emulators.globus.changes import read_json, result
from hubdrives.testing.emulators.globus.errors import TransferError
from hubdrives.testing.emulators.globus.orders import Draft, Order, OrderError, read_delete, read_transfer
from hubdrives.testing.emulators.globus.reach import known_collection, need_consent
from hubdrives.testing.emulators.globus.tasks import Task
from hubdrives.testing.emulators.globus.view import View
from hubdrives.testing.emulators.server import Answer, Call

_ACCEPTED = "The {} has been accepted and a task has been created and queued for execution"
_DUPLICATE = "Duplicate submission; no new task has been created"


async def new_submission(view: View, _call: Call, _args: Mapping[str, str]) -> Answer:
    return Answer.json({"DATA_TYPE": "submission_id", "value": view.site.tasks.new_submission()})


async def submit_transfer(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """Order a transfer. Whether its paths are there and may be read shows only when it runs."""
    return await _submit(view, call, "transfer")


async def submit_delete(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    return await _submit(view, call, "delete")


async def _submit(view: View, call: Call, kind: str) -> Answer:
    asked = await read_json(call)
    try:
        draft = read_delete(asked) if kind == "delete" else read_transfer(asked)
    except OrderError as error:
        raise TransferError(error.code, str(error)) from None
    if not view.site.tasks.is_submission(draft.submission_id):
        raise TransferError("BadRequest", f"Invalid submission_id '{draft.submission_id}'")
    known = view.site.tasks.submitted(draft.submission_id)
    if known is not None:
        return _answer(call, kind, known, code="Duplicate", message=_DUPLICATE)
    order = _order(view, draft)
    task = view.site.tasks.add(order, draft.submission_id, call.faults)
    return _answer(call, kind, task, code="Accepted", message=_ACCEPTED.format(kind))


def _order(view: View, draft: Draft) -> Order:
    source = known_collection(view, draft.source)
    destination = None if draft.destination is None else known_collection(view, draft.destination)
    need_consent(view, *(each for each in (source, destination) if each is not None))
    if draft.deadline is not None and draft.deadline <= view.site.clock():
        raise TransferError("BadRequest", "The deadline is in the past")
    return Order(
        kind=draft.kind,
        owner=view.grant.identity,
        who=view.grant.identities,
        source=source,
        destination=destination,
        items=draft.items,
        options=draft.options,
        filters=draft.filters,
        label=draft.label,
        deadline=draft.deadline,
    )


def _answer(call: Call, kind: str, task: Task, *, code: str, message: str) -> Answer:
    link = {
        "DATA_TYPE": "link",
        "href": f"/v0.10/task/{task.id}?format=json",
        "rel": "related",
        "resource": "task",
        "title": "related task",
    }
    extra = {"submission_id": task.submission_id, "task_id": task.id, "task_link": link}
    return result(call, f"{kind}_result", code, message, status=202, extra=extra)
