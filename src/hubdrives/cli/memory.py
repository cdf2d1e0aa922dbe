"""How a command's memory is looked after: it lives shortly, and large pieces of files go through it.

https://docs.python.org/3/library/gc.html, https://man7.org/linux/man-pages/man3/mallopt.3.html
"""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_SELDOM: Final = 200_000
"""Objects: more than the modules of a command make."""

_KEPT: Final = 64 << 20
"""Bytes that were freed and stay at hand."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


@contextmanager
def looked_after() -> Iterator[None]:
    """For the process of a command."""
    # Next to nothing in it goes in circles: looking for those took a tenth of its time.
    gc.set_threshold(_SELDOM)
    # Of glibc. Else each piece of a file is memory that comes from the system anew, which takes longer than to fill it.
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(_M_MMAP_THRESHOLD, _KEPT)
        mallopt(_M_TRIM_THRESHOLD, _KEPT)
    try:
        yield
    finally:
        # The interpreter would look for circles again as it ends.
        gc.freeze()
