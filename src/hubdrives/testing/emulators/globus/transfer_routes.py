"""Which request to Transfer, or to a collection's HTTPS server, is which operation.

https://docs.globus.org/api/transfer/

Operations, as they are counted: `transfer.endpoint`, `.search`, `.ls`, `.stat`, `.mkdir`, `.rename`, `.submission_id`,
`.submit`, `.delete`; `task.get`, `.list`, `.update`, `.cancel`, `.events`, `.successful`, `.skipped`; of the HTTPS
servers `https.get`, `.head`, `.put`, `.delete`.

Effects of faults:

- `size_limit`: `transfer.ls` finds the directory too large.
- `cancel_race`: `task.cancel` comes when the task is just over.
- `login_page`: an HTTPS server sends whoever asks to the login page, whatever they show and ask for.
- `sick_connection`: an HTTPS server has an outage, which looks like 404, and the connection has it from now on.
- `ignore_range`: `https.get` sends all the bytes, whatever part was asked for.
- `total`: `https.get` says the size of the file in `Content-Range`, not `*`.
- `half_written`: `https.put` keeps the first `bytes` (0) only, and answers with 500, or `status`.
- `replace_content`: the file that a request to an HTTPS server is about has the content `text` before the answer, and
  the time it had.
- `refuse_after_effect`: a write is carried out, and answered with 503, or `status`.
- `reset_after_effect`: a write is carried out, and the connection closed without an answer.

And those of `transfer.submit` and `transfer.delete` that the new task is born with:

- `task_stuck`: it has one fault after the other, until its deadline; the code is `reason` (ENDPOINT_ERROR).
- `task_faults`: it has `size` (1) faults before it gets on; `reason` (CONNECT_FAILED).
- `task_fails`: it fails; `reason` (ENDPOINT_ERROR).
- `task_inactive`: it waits for its owner to log in, until `globus.tasks.resume(task)`.
- `denied_files`: files whose names fit the pattern `text` can't be read at the source.
- `checksum_mismatch`: each file arrives damaged once, which only an order with `verify_checksum` notices.

And those that stick to a collection (by `id` or `name`; to all without either) until the rules are set anew; their
`operation` does not matter:

- `disconnected`: it is of Globus Connect Personal, and not connected.
- `unreachable`: its server can't be connected to.
- `session_expired`: it wants a new login.
- `no_access`: it lets nobody in, whatever its list says.
"""

from collections.abc import Mapping

from hubdrives.testing.emulators.globus import changes, endpoints, listing, monitoring, submitting
from hubdrives.testing.emulators.globus.view import Line

_API = "/v0.10/"
_FILES = _API + "operation/endpoint/:id/"
_TASK = _API + "task/:id"

LINES: tuple[Line, ...] = (
    ("GET", _API + "endpoint/:id", "transfer.endpoint", endpoints.get_endpoint),
    ("GET", _API + "endpoint_search", "transfer.search", endpoints.search),
    ("GET", _FILES + "ls", "transfer.ls", listing.list_directory),
    ("GET", _FILES + "stat", "transfer.stat", listing.stat),
    ("POST", _FILES + "mkdir", "transfer.mkdir", changes.make_directory),
    ("POST", _FILES + "rename", "transfer.rename", changes.rename),
    ("GET", _API + "submission_id", "transfer.submission_id", submitting.new_submission),
    ("POST", _API + "transfer", "transfer.submit", submitting.submit_transfer),
    ("POST", _API + "delete", "transfer.delete", submitting.submit_delete),
    ("GET", _API + "task_list", "task.list", monitoring.list_tasks),
    ("GET", _TASK, "task.get", monitoring.get_task),
    ("PUT", _TASK, "task.update", monitoring.update_task),
    ("POST", _TASK + "/cancel", "task.cancel", monitoring.cancel_task),
    ("GET", _TASK + "/event_list", "task.events", monitoring.list_events),
    ("GET", _TASK + "/successful_transfers", "task.successful", monitoring.successful_transfers),
    ("GET", _TASK + "/skipped_errors", "task.skipped", monitoring.skipped_errors),
)
"""All of them want a token for Transfer."""

_TASKS = frozenset({"task_stuck", "task_faults", "task_fails", "task_inactive", "denied_files", "checksum_mismatch"})
_AFTER_EFFECT = frozenset({"refuse_after_effect", "reset_after_effect"})
_OF_DATA = frozenset({"login_page", "sick_connection", "replace_content"})

SPECIAL: Mapping[str, frozenset[str]] = {
    "transfer.ls": frozenset({"size_limit"}),
    "transfer.submit": _TASKS | _AFTER_EFFECT,
    "transfer.delete": _TASKS | _AFTER_EFFECT,
    "transfer.mkdir": _AFTER_EFFECT,
    "transfer.rename": _AFTER_EFFECT,
    "task.cancel": _AFTER_EFFECT | {"cancel_race"},
    "https.*": _OF_DATA,
    "https.get": frozenset({"ignore_range", "total"}),
    "https.put": _AFTER_EFFECT | {"half_written"},
    "https.delete": _AFTER_EFFECT,
}
"""Effects of faults that can strike an operation (or a pattern of them)."""

LASTING: frozenset[str] = frozenset({"disconnected", "unreachable", "session_expired", "no_access"})
"""Effects of faults that stick to a collection or an item."""
