"""`hubdrives.open`: a file of a working folder, whether it is there or stayed where it was pulled from."""

import builtins
import os
from pathlib import Path
from typing import IO, Any, Final

from hubdrives import folder
from hubdrives.connections import LOCAL
from hubdrives.errors import NotFound, NotGranted
from hubdrives.fs import roots
from hubdrives.fs.filesystem import HubdrivesFileSystem
from hubdrives.fs.telling import noted, telling
from hubdrives.model import Kind
from hubdrives.sync.workspace import last_listing, subfolder_of

_HINT: Final = "Say what the folder was pulled from: hubdrives.open(path, source='the link or address')."
_MODES: Final = frozenset({"r", "rt", "tr", "rb", "br"})


def open(  # noqa: A001 - it is used as hubdrives.open, and does what the other one does
    path: str | os.PathLike[str],
    mode: str = "rb",
    *,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    source: str = "",
) -> IO[Any]:
    """Open a file of a working folder for reading: the one that is there, else upstream's.

    Upstream's is read as it is at this moment, block by block, as the reader goes on.

    Args:
        path: of the file, in a folder that `hubdrives pull` or the pull page made; "~" is the home.
        mode: "rb", or "r" for text.
        encoding: of text, as in the built-in `open`.
        errors: what to do with wrong bytes in text, as in the built-in `open`.
        newline: which line ends count in text, as in the built-in `open`.
        source: what the folder was pulled from. Needed where that is not known here: a signed link, an address with a
            resource key, another account than the first that understands the address.

    Raises:
        FileNotFoundError: it is neither there nor was it in the source when that was last pulled.
        OSError: it can't be read.
    """
    if mode not in _MODES:
        raise ValueError(f"A file can't be opened with mode {mode!r} here; 'rb' and 'r' read it.")
    here = Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100 - ".." goes, links stay
    if here.exists():
        return builtins.open(here, mode, encoding=encoding, errors=errors, newline=newline)  # noqa: PTH123 - the caller's
    text = {} if "b" in mode else {"encoding": encoding, "errors": errors, "newline": newline}
    root, inner = _upstream(here, source)
    try:
        opened: IO[Any] = HubdrivesFileSystem(root).open(inner, mode, **text)
    except (NotFound, NotGranted) as error:
        noted(error, _HINT)
        raise
    return opened


def _upstream(here: Path, source: str) -> tuple[str, str]:
    """A source, and the path in it of the file that would be at `here`.

    Raises:
        NotFound: there is no such file.
        IsADirectoryError: it is a folder.
    """
    with telling():
        top, path = folder.find(here)
        listing = last_listing(top)
        inner = "/".join(part for part in (subfolder_of(top), path) if part)
        entry = next((entry for entry in listing.entries if entry.path == inner), None) if listing else None
        if listing is None or entry is None:
            raise NotFound(f"There is no '{here}', and the last pull into '{top.name}' knew of no such file.")
        if entry.kind is Kind.FOLDER:
            raise IsADirectoryError(f"'{here}' is a folder that was not brought here; only a file can be read.")
        location = listing.location
        if source:
            return source, _below(roots.meant(source).subfolder, inner)
        if location.url:
            return location.url, "/".join(part for part in (location.path, inner) if part)
        if location.provider == LOCAL and entry.id:
            return f"/{location.path}", inner
        # Told by a gateway: what is a path there is none here.
        raise NotFound(f"'{here}' stayed remote, and it is not known here how to reach it.", hint=_HINT)


def _below(subfolder: str, path: str) -> str:
    """`path` relative to `subfolder`; raises NotFound."""
    if not subfolder:
        return path
    if not path.startswith(f"{subfolder}/"):
        raise NotFound(f"'{path}' is not in the part of the source that this link is for.")
    return path.removeprefix(f"{subfolder}/")
