"""Room on the disk for a large file before its bytes are there.

https://man7.org/linux/man-pages/man2/fallocate.2.html
"""

import ctypes
import errno
import os
import sys
from typing import Final

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What the operating system says when there is no room."""

LARGE: Final = 8 << 20
"""Bytes from which on it is worth the while."""

_KEEP_SIZE: Final = 0x01
"""FALLOC_FL_KEEP_SIZE: how much of a file has arrived is read off its length."""


def reserve(fd: int, size: int) -> None:
    """Have the file system set aside what an open file needs to grow to `size` bytes; its length stays as it is.

    They are written with less work then, and lie together. File systems that can't do it are left in peace. Blocks.

    Raises:
        OSError: there is no such room.
    """
    disk, status = os.fstatvfs(fd), os.fstat(fd)
    length = status.st_size
    # What was set aside for it before a kill is its own; a disk of no size is one that does not tell.
    has = max(length, status.st_blocks * 512)
    if disk.f_blocks and size - has > disk.f_bavail * disk.f_frsize:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if sys.platform != "linux":
        return
    # Python has only `posix_fallocate`, which makes the file longer.
    fallocate = ctypes.CDLL(None, use_errno=True).fallocate
    fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    if fallocate(fd, _KEEP_SIZE, 0, size) and (code := ctypes.get_errno()) in FULL:
        # What there was of it is not kept from others.
        os.ftruncate(fd, length)
        raise OSError(code, os.strerror(code))
