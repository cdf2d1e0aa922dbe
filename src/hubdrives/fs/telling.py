"""Our errors as users of fsspec expect them: each is an OSError or a ValueError, and says what to do next."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from hubdrives.errors import HubdrivesError, VersionGone

E = TypeVar("E", bound=BaseException)

_NOTE_OPEN_AGAIN = "Open it again to read it as it is now."


class Changed(OSError):
    """The file became another one since it was opened or listed.

    Not a FileNotFoundError as VersionGone is: array libraries take that for a part that was left empty on purpose.
    """


@contextmanager
def telling() -> Iterator[None]:
    """Raise our errors as they are where they fit, else as an OSError with the same sentence; hints become notes."""
    try:
        yield
    except VersionGone as error:
        raise noted(Changed(str(error)), _NOTE_OPEN_AGAIN) from error
    except HubdrivesError as error:
        if not isinstance(error, OSError | ValueError):
            raise noted(OSError(str(error)), error.hint) from error
        noted(error, error.hint)
        raise


def noted(error: E, note: str) -> E:
    """`error` with `note` below its sentence in a traceback, once."""
    if note not in getattr(error, "__notes__", ()):
        error.add_note(note)
    return error
