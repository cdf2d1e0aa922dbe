"""Makes this process' file system read-only, as a container's is, outside of the folders in $WRITABLE.

Python imports it at its start where PYTHONPATH has this folder. As root, no rights of files would do it.
"""

import errno
import os
import sys
from pathlib import Path

_WRITABLE = tuple(os.environ["WRITABLE"].split(os.pathsep))
_CHANGING = {
    "os.mkdir": 0,
    "os.remove": 0,
    "os.rmdir": 0,
    "os.chmod": 0,
    "os.truncate": 0,
    "os.rename": 1,
    "os.link": 1,
}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def _guard(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open":
        path, _mode, flags = arguments
        if not isinstance(flags, int) or not flags & _WRITING:
            return
    elif event in _CHANGING:
        path = arguments[_CHANGING[event]]
    else:
        return
    if not isinstance(path, str | bytes | os.PathLike):
        return
    place = Path(os.fsdecode(path)).absolute()
    if str(place) != os.devnull and not any(place.is_relative_to(folder) for folder in _WRITABLE):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(place))


sys.addaudithook(_guard)
