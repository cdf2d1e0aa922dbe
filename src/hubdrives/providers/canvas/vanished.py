"""What an earlier snapshot had and Canvas' lists have no more: removed, or only closed to this account.

To students a list does not show what was locked or hidden, so there it looks as if it had been removed. Asked for by
itself, it tells. That costs a request for each, or for the folder that all of them are in.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

import msgspec

from hubdrives.errors import BadCredential, Forbidden, NotFound
from hubdrives.model import Skipped, Snapshot
from hubdrives.providers.canvas.api import Api
from hubdrives.providers.canvas.item import Id
from hubdrives.providers.canvas.locks import HIDDEN, LOCKED, Refusal, refusal
from hubdrives.sync.tasks import group

_Named = dict[str, str]
"""By path, what the API calls it, for example "files/5001"."""


async def closed(
    api: Api, known: Snapshot, listed: Collection[str], *, now: datetime
) -> tuple[list[Skipped], bytes | None]:
    """What is closed now of what was there before, and the note of it for the snapshot's `cursor`.

    Args:
        api: who is asked.
        known: the snapshot before, with its note.
        listed: what the lists have now, as the API calls it.
        now: the time.
    """
    asked = dict(_outermost({**_noted(known), **{entry.path: entry.id for entry in known.entries}}, listed))
    async with group() as tasks:
        answers = {path: tasks.create_task(_why(api, item, now)) for path, item in asked.items()}
    found = {path: why for path, task in answers.items() if (why := task.result()) is not None}
    skipped = [Skipped(path=path, code=why.code, reason=why.reason) for path, why in found.items()]
    return skipped, msgspec.json.encode({path: asked[path] for path in found}) if found else None


def _outermost(before: Mapping[str, str], listed: Collection[str]) -> Iterator[tuple[str, str]]:
    """What is not listed any more, without what was below such a folder."""
    below = "\0"
    for path in sorted(before, key=lambda path: path.split("/")):
        if before[path] not in listed and not path.startswith(below):
            below = f"{path}/"
            yield path, before[path]


async def _why(api: Api, item: str, now: datetime) -> Refusal | None:
    """Why the lists don't show it though it is there; None if it is not."""
    kind, _, number = item.partition("/")
    try:
        found = await (api.folder(Id(number)) if kind == "folders" else api.file(number))
    except BadCredential:
        raise
    except NotFound:
        return None
    except Forbidden:
        return Refusal(LOCKED, "Canvas does not show it to this account any more.")
    return refusal(found, now=now) or Refusal(HIDDEN, "Canvas does not list it any more, though it is there.")


def _noted(known: Snapshot) -> _Named:
    try:
        return msgspec.json.decode(known.cursor or b"{}", type=_Named)
    except msgspec.DecodeError:
        return {}
