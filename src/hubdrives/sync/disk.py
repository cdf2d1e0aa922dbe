"""The working folder's file system: paths relative to it, no symlink followed, every change through one seam.

Each path is opened folder by folder with O_NOFOLLOW, so neither a symlink that stands there nor one that is put there
meanwhile leads out of the working folder. Nothing here decides anything.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from hubdrives.errors import DiskFull, HubdrivesError, LocalFailure
from hubdrives.sync import room
from hubdrives.sync.values import Shape, Thing, parent_of

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK})
_CHUNK: Final = 1 << 20


class Calls:
    """The operating system, as far as it changes something or reads content: the seam at which tests fill the disk,
    break it, or die in the middle.
    """

    def open(self, name: str, flags: int, mode: int, dir_fd: int) -> int:
        return os.open(name, flags, mode, dir_fd=dir_fd)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        return os.write(fd, data)

    def reserve(self, fd: int, size: int) -> None:
        """As `hubdrives.sync.room.reserve`."""
        room.reserve(fd, size)

    def fsync(self, fd: int) -> None:
        os.fsync(fd)

    def replace(self, old: str, new: str, old_dir_fd: int, new_dir_fd: int) -> None:
        os.replace(old, new, src_dir_fd=old_dir_fd, dst_dir_fd=new_dir_fd)

    def link(self, old: str, new: str, old_dir_fd: int, new_dir_fd: int) -> None:
        os.link(old, new, src_dir_fd=old_dir_fd, dst_dir_fd=new_dir_fd, follow_symlinks=False)

    def unlink(self, name: str, dir_fd: int) -> None:
        os.unlink(name, dir_fd=dir_fd)

    def mkdir(self, name: str, mode: int, dir_fd: int) -> None:
        os.mkdir(name, mode, dir_fd=dir_fd)

    def rmdir(self, name: str, dir_fd: int) -> None:
        os.rmdir(name, dir_fd=dir_fd)

    def utime(self, fd: int, mtime_ns: int | None) -> None:
        """None is the file system's own present."""
        if mtime_ns is None:
            os.utime(fd)
        else:
            os.utime(fd, ns=(mtime_ns, mtime_ns))

    def chmod(self, fd: int, mode: int) -> None:
        os.fchmod(fd, mode)

    def free(self, fd: int) -> int:
        """Bytes that this user may still write."""
        status = os.statvfs(fd)
        return status.f_bavail * status.f_frsize


CALLS: Final = Calls()


class Disk:
    """An open working folder. Close it at the end.

    Methods raise OSError as the operating system does; `telling` turns that into our errors.
    """

    def __init__(self, root: Path, *, calls: Calls = CALLS) -> None:
        self.calls = calls
        self._root = os.open(root, _FOLDER)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        os.close(self._root)

    @contextmanager
    def folder(self, path: str) -> Iterator[int]:
        """An open descriptor of the folder at `path`; "" is the working folder."""
        # Not a duplicate: those share one place in the list of names, and threads would miss some.
        current = os.open(".", _FOLDER, dir_fd=self._root)
        try:
            for part in path.split("/") if path else ():
                inner = os.open(part, _FOLDER, dir_fd=current)
                os.close(current)
                current = inner
            yield current
        finally:
            os.close(current)

    def look(self, path: str) -> Thing | None:
        """What stands at `path`; None if nothing does, or if a parent is no folder."""
        try:
            with self.folder(parent_of(path)) as folder:
                return Thing.of(os.stat(_name(path), dir_fd=folder, follow_symlinks=False))
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
                return None
            raise

    def entries(self, path: str) -> list[tuple[str, Thing]]:
        """The names in the folder at `path`, and what stands there."""
        found = []
        with self.folder(path) as folder, os.scandir(folder) as items:
            for item in items:
                try:
                    found.append((item.name, Thing.of(item.stat(follow_symlinks=False))))
                except FileNotFoundError:
                    continue
        return found

    def open_to_read(self, path: str) -> int:
        """A descriptor of the regular file at `path`; opening never blocks."""
        with self.folder(parent_of(path)) as folder:
            return self.calls.open(_name(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, 0, folder)

    def open_to_write(self, path: str, *, mode: int = 0o666) -> int:
        """A descriptor of a new, empty file at `path`; FileExistsError if there is something."""
        with self.folder(parent_of(path)) as folder:
            return self.calls.open(_name(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode, folder)

    @contextmanager
    def writing(self, path: str, *, mode: int = 0o666) -> Iterator[int]:
        """As `open_to_write`, closed at the end."""
        fd = self.open_to_write(path, mode=mode)
        try:
            yield fd
        finally:
            os.close(fd)

    def open_to_append(self, path: str) -> int:
        """A descriptor at the end of the file at `path`, which is made if need be."""
        with self.folder(parent_of(path)) as folder:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
            return self.calls.open(_name(path), flags, 0o600, folder)

    def write(self, fd: int, data: bytes | bytearray) -> None:
        """All of `data`."""
        rest = memoryview(data)
        while rest:
            rest = rest[self.calls.write(fd, rest) :]

    def read(self, path: str) -> bytes | None:
        """The whole of a small file, None if there is none."""
        try:
            fd = self.open_to_read(path)
        except FileNotFoundError:
            return None
        with os.fdopen(fd, "rb") as file:
            return file.read()

    def write_whole(self, path: str, data: bytes, *, through: str) -> None:
        """Make `data` the content of `path` in one step that also outlives a power cut; `through` is a free path."""
        self.remove_if_there(through)
        with self.writing(through, mode=0o600) as fd:
            self.write(fd, data)
            self.calls.fsync(fd)
        self.move(through, path)
        self.sync_folder(parent_of(path))

    def move(self, old: str, new: str) -> None:
        """Rename; a file at `new` is replaced."""
        with self.folder(parent_of(old)) as source, self.folder(parent_of(new)) as destination:
            self.calls.replace(_name(old), _name(new), source, destination)

    def link(self, old: str, new: str, *, or_copy: bool) -> bool:
        """Give the file at `old` a second name; FileExistsError if there is something at `new`.

        Where a file system has no such names, the file is copied if `or_copy`.

        Returns:
            Whether the file is at `new` now.
        """
        with self.folder(parent_of(old)) as source, self.folder(parent_of(new)) as destination:
            try:
                self.calls.link(_name(old), _name(new), source, destination)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                if or_copy:
                    self.copy(old, new)
                return or_copy
        return True

    def copy(self, old: str, new: str) -> None:
        """Write the bytes of the file at `old` to a new file at `new`, with its mode and time, durably."""
        source = self.open_to_read(old)
        try:
            status = os.fstat(source)
            with self.writing(new, mode=0o600) as fd:
                while chunk := os.read(source, _CHUNK):
                    self.write(fd, chunk)
                self.calls.chmod(fd, stat.S_IMODE(status.st_mode))
                self.calls.utime(fd, status.st_mtime_ns)
                self.calls.fsync(fd)
        finally:
            os.close(source)

    def touch(self, path: str) -> None:
        """Set the time of the file at `path` to the present."""
        fd = self.open_to_read(path)
        try:
            self.calls.utime(fd, None)
        finally:
            os.close(fd)

    def remove(self, path: str) -> None:
        with self.folder(parent_of(path)) as folder:
            self.calls.unlink(_name(path), folder)

    def remove_if_there(self, path: str) -> None:
        if self.look(path) is not None:
            self.remove(path)

    def make_folder(self, path: str, *, mode: int = 0o777) -> None:
        with self.folder(parent_of(path)) as folder:
            self.calls.mkdir(_name(path), mode, folder)

    def make_folder_if_missing(self, path: str) -> None:
        """One of our own; FileExistsError if something else stands there."""
        try:
            self.make_folder(path, mode=0o700)
        except FileExistsError:
            thing = self.look(path)
            if thing is None or thing.shape is not Shape.FOLDER:
                raise

    def remove_folder(self, path: str) -> None:
        """OSError (ENOTEMPTY) if something is in it."""
        with self.folder(parent_of(path)) as folder:
            self.calls.rmdir(_name(path), folder)

    def sync_folder(self, path: str) -> None:
        """Make what was renamed, made or removed in the folder outlive a power cut."""
        with self.folder(path) as folder:
            self.calls.fsync(folder)

    def free(self) -> int:
        """Bytes that this user may still write here."""
        return self.calls.free(self._root)


@contextmanager
def telling(path: str) -> Iterator[None]:
    """Turn what the operating system says about `path` into DiskFull or LocalFailure."""
    try:
        yield
    except HubdrivesError:
        raise
    except OSError as error:
        shown = path or "the folder"
        if error.errno in room.FULL:
            raise DiskFull(f"There is no space left for '{shown}'.") from error
        reason = os.strerror(error.errno) if error.errno else "it failed"
        raise LocalFailure(f"'{shown}' can't be read or written: {reason}.") from error


def _name(path: str) -> str:
    return path.rpartition("/")[2]
