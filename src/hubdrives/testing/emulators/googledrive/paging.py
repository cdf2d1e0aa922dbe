"""Pages of a list, and the tokens for the next one, which are good for the same request only."""

import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hubdrives.testing.emulators.faults import Rule
from hubdrives.testing.emulators.googledrive.errors import DriveError

REMEMBERED = 10_000  # tokens; the oldest are forgotten, as Drive's end after some hours


@dataclass(frozen=True, slots=True)
class Page:
    """One page of ids, and the token for the one after it."""

    ids: Sequence[str]
    next_token: str | None


@dataclass(frozen=True, slots=True)
class _Rest:
    request: tuple[object, ...]
    ids: Sequence[str]


class Pages:
    """Lists that were begun and not ended."""

    def __init__(self) -> None:
        self._rests: OrderedDict[str, _Rest] = OrderedDict()

    def rest(self, token: str, request: tuple[object, ...]) -> Sequence[str]:
        """What comes with this token.

        Args:
            token: given out before; it may be used again.
            request: all that must be as it was in the request that the token came from.

        Raises:
            DriveError: 400, for a token that is unknown or of another request.
        """
        found = self._rests.get(token)
        if found is None or found.request != request:
            raise DriveError("invalid", location="pageToken")
        return found.ids

    def page(self, ids: Sequence[str], size: int, request: tuple[object, ...]) -> Page:
        """The first `size` of these ids."""
        if size >= len(ids):
            return Page(ids, None)
        token = "~!!~" + secrets.token_urlsafe(24)
        self._rests[token] = _Rest(request, ids[size:])
        while len(self._rests) > REMEMBERED:
            self._rests.popitem(last=False)
        return Page(ids[:size], token)


def page_size(params: Mapping[str, str], faults: Mapping[str, Rule], *, most: int, default: int) -> int:
    """How many items this page holds.

    Raises:
        DriveError: 400, for a pageSize that is no positive number.
    """
    text = params.get("pageSize", str(default))
    if not text.isdecimal() or int(text) < 1:
        raise DriveError("invalidParameter", f"Invalid value '{text}'.", location="pageSize")
    if "empty_page" in faults:
        return 0
    size = min(int(text), most)
    return min(size, faults["short_pages"].size) if "short_pages" in faults else size
