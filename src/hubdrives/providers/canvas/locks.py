"""What may be shown, and from when to when, by what Canvas tells of a file and of the folders above it. Pure: no I/O.

A token of a teacher is shown everything. So what students may not see is left out by the same rules that Canvas has for
them, and by our own clock, for a lock that opens or closes changes nothing in what Canvas tells.

https://community.canvaslms.com/t5/Instructor-Guide/How-do-I-restrict-files-and-folders-to-students-in-Canvas/ta-p/1148
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from hubdrives.providers.canvas.item import File, Folder, LockInfo

UNPUBLISHED = "unpublished"
NOT_YET = "not-yet"
LOCKED = "locked"
HIDDEN = "hidden"
PENDING = "pending"
UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something is left out."""

    code: str
    """One of the codes above."""
    reason: str
    """One sentence."""


def refusal(
    item: File | Folder, above: Sequence[Folder] = (), *, now: datetime, by_link: bool = False
) -> Refusal | None:
    """Why `item` may not be shown now, None if it may.

    Args:
        item: a file or folder.
        above: the folders that it is in, the nearest first.
        now: the time.
        by_link: it was named by its own address. "Hidden" means "only for those who have the link"; that counts if
            Canvas says that it is hidden from this account, which so is no teacher's.
    """
    for each in (item, *above):
        state = _state(each, now, by_link=by_link)
        if state is not None:
            code, told = state
            what = "It" if each is item else f"It is in '{each.label}', which"
            return Refusal(code, f"{what} {told}.")
    return _unusable(item) if isinstance(item, File) else None


def _state(item: File | Folder, now: datetime, *, by_link: bool) -> tuple[str, str] | None:
    if item.locked:
        return UNPUBLISHED, "is not published in Canvas"
    if item.unlock_at is not None and now < item.unlock_at:
        return NOT_YET, f"is locked in Canvas until {shown(item.unlock_at)}"
    if item.lock_at is not None and now > item.lock_at:
        return LOCKED, f"was available in Canvas until {shown(item.lock_at)}"
    if item.hidden and not (by_link and item.hidden_for_user):
        return HIDDEN, "is hidden in Canvas"
    if item.locked_for_user:
        return _locked_for_user(item.lock_info, now)
    return None


def _locked_for_user(info: LockInfo | None, now: datetime) -> tuple[str, str]:
    """What else locks it for this account, such as a module with a date of its own."""
    if info is not None and info.unlock_at is not None and now < info.unlock_at:
        return NOT_YET, f"is locked in Canvas until {shown(info.unlock_at)}"
    if info is not None and info.lock_at is not None and now > info.lock_at:
        return LOCKED, f"was available in Canvas until {shown(info.lock_at)}"
    return LOCKED, "is locked for you in Canvas"


def _unusable(file: File) -> Refusal | None:
    if file.upload_status not in {"success", None}:
        return Refusal(PENDING, "Its upload to Canvas is not complete.")
    if file.url == "":
        return Refusal(UNREADABLE, "Canvas does not let it be downloaded.")
    return None


def shown(moment: datetime) -> str:
    """A moment as people read it, for example "2030-02-01 08:00 UTC"."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
