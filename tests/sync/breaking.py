"""An operating system that fails, or kills the process, at a chosen call."""

import errno
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

from hubdrives.sync.disk import Calls


class Died(BaseException):
    """The process was killed here."""


class Quick(Calls):
    """No power is cut in tests, so nothing need wait for the disk."""

    def fsync(self, fd: int) -> None:
        os.fstat(fd)


class Breaking(Quick):
    """Counts calls that change something; from the `at`-th on, `strike` decides what happens instead of the call.

    `strike` gets the operation's name; if it returns, the call is made.
    """

    def __init__(self, at: int, strike: Callable[[str], None]) -> None:
        self.at = at
        self.strike = strike
        self.count = 0
        self._lock = threading.Lock()

    def _step(self, operation: str) -> None:
        with self._lock:
            self.count += 1
            struck = self.count >= self.at
        if struck:
            self.strike(operation)

    def open(self, name: str, flags: int, mode: int, dir_fd: int) -> int:
        if flags & os.O_CREAT:
            self._step("open")
        return super().open(name, flags, mode, dir_fd)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        try:
            self._step("write")
        except BaseException:
            # Half of it gets to the disk.
            super().write(fd, data[: len(data) // 2])
            raise
        return super().write(fd, data)

    def fsync(self, fd: int) -> None:
        self._step("fsync")
        super().fsync(fd)

    def replace(self, *args: Any) -> None:
        self._step("replace")
        super().replace(*args)

    def link(self, *args: Any) -> None:
        self._step("link")
        super().link(*args)

    def unlink(self, *args: Any) -> None:
        self._step("unlink")
        super().unlink(*args)

    def mkdir(self, *args: Any) -> None:
        self._step("mkdir")
        super().mkdir(*args)

    def rmdir(self, *args: Any) -> None:
        self._step("rmdir")
        super().rmdir(*args)

    def utime(self, *args: Any) -> None:
        self._step("utime")
        super().utime(*args)


def die(_operation: str) -> None:
    """As far as this process can die without dying: nothing works any more."""
    raise Died


def kill(_operation: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def full(operation: str) -> None:
    """Nothing more can be written; what is there can still be removed."""
    if operation in {"open", "write", "mkdir", "fsync", "link"}:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def once(code: int) -> Callable[[str], None]:
    """The call fails with `code`; later ones work again."""
    struck: list[str] = []

    def strike(operation: str) -> None:
        if not struck:
            struck.append(operation)
            raise OSError(code, os.strerror(code))

    return strike
