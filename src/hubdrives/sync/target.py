"""Whether a folder can be pulled into."""

import os
from pathlib import Path

from hubdrives.errors import BadTarget
from hubdrives.paths import STATE_FOLDER


def check_target(target: Path, *, home: Path | None = None) -> Path:
    """`target` as an absolute path without symlinks, if it can be pulled into; it need not exist yet. Blocks.

    Args:
        target: a folder; a relative one starts at `home`, or where the process is.
        home: if given, `target` must be a folder in it, and no hidden one: somebody else's content must not become the
            home's own settings, keys or startup files.

    Raises:
        BadTarget: it can't, and why.
    """
    shown = str(target)
    if "\0" in shown:
        raise BadTarget("The name of a folder can't contain a NUL character.")
    try:
        wanted = (home / target if home is not None else target).expanduser()
        resolved = wanted.resolve()
        if home is not None:
            _check_home(shown, resolved, home.resolve())
        if not {STATE_FOLDER, ".git"}.isdisjoint(part.casefold() for part in resolved.parts):
            raise BadTarget(f"'{shown}' lies in a folder that keeps the state of another one.")
        nearest = next(folder for folder in (resolved, *resolved.parents) if folder.exists())
        if not nearest.is_dir():
            raise BadTarget(f"'{shown}' can't be a folder: '{nearest}' is a file.")
    except (OSError, RuntimeError) as error:
        if isinstance(error, BadTarget):
            raise
        raise BadTarget(f"'{shown}' can't be used as a folder here.") from error
    if not os.access(nearest, os.W_OK | os.X_OK | os.R_OK):
        raise BadTarget(f"There is no permission to write into '{nearest}'.")
    return resolved


def _check_home(shown: str, resolved: Path, home: Path) -> None:
    if not resolved.is_relative_to(home):
        raise BadTarget(f"'{shown}' leads out of your home.")
    inner = resolved.relative_to(home).parts
    if not inner:
        raise BadTarget("Your home itself can't be pulled into.", hint="Choose a folder in your home.")
    if any(part.startswith(".") for part in inner):
        raise BadTarget(f"'{shown}' is a hidden folder.")
