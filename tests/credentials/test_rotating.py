"""A refresh token that may be used once: one writer, and no step at which a killed process loses it."""

import errno
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from hubdrives.credentials.rotating import BeingRenewed, Grant, GrantFile
from hubdrives.errors import BadConfig, BadCredential, DiskFull, LocalFailure
from hubdrives.sync.disk import Calls
from hubdrives.sync.lock import DEAD_AFTER, Owner

NOW = 5000.0


class Issuer:
    """Takes each refresh token once. What it has given lies in a folder: several processes may ask."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "first").touch()

    def __call__(self, token: str) -> Grant:
        try:
            (self.folder / token).unlink()
        except FileNotFoundError:
            raise BadCredential("It was used already.") from None
        number = len(list(self.folder.glob("*.used"))) + 1
        (self.folder / f"{number}.used").touch()
        (self.folder / f"refresh{number}").touch()
        return Grant(refresh_token=f"refresh{number}", access_token=f"access{number}", ends_at=NOW + 3600)

    @property
    def exchanges(self) -> int:
        return len(list(self.folder.glob("*.used")))


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path / "issuer")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "login"
    folder.mkdir()
    (folder / "tokens.json").write_text('{"refresh_token": "first", "token_type": "bearer", "expires_in": 3600}')
    return folder / "tokens.json"


@pytest.fixture
def file(path: Path) -> GrantFile:
    return GrantFile(str(path))


class Counting(Calls):
    """Does something else at the `at`-th call that changes the disk."""

    def __init__(self, at: int, strike: Callable[[], None]) -> None:
        self.left = at
        self.strike = strike

    def _step(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.strike()

    def open(self, name: str, flags: int, mode: int, dir_fd: int) -> int:
        if flags & os.O_CREAT:
            self._step()
        return super().open(name, flags, mode, dir_fd)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        self._step()
        return super().write(fd, data)

    def fsync(self, fd: int) -> None:
        self._step()

    def replace(self, old: str, new: str, old_dir_fd: int, new_dir_fd: int) -> None:
        self._step()
        super().replace(old, new, old_dir_fd, new_dir_fd)

    def link(self, old: str, new: str, old_dir_fd: int, new_dir_fd: int) -> None:
        self._step()
        super().link(old, new, old_dir_fd, new_dir_fd)

    def unlink(self, name: str, dir_fd: int) -> None:
        self._step()
        super().unlink(name, dir_fd)


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed(at: int, path: Path, issuer: Issuer) -> bool:
    """Renew in a child process that is killed before its `at`-th change of the disk; whether it was."""
    child = os.fork()
    if child == 0:
        try:
            GrantFile(str(path), calls=Counting(at, kill)).renew(None, issuer, now=NOW)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_the_new_grant_is_on_the_disk_for_its_owner_only(file: GrantFile, path: Path, issuer: Issuer):
    grant = file.renew(None, issuer, now=NOW)
    assert (grant.access_token, grant.refresh_token) == ("access1", "refresh1")
    assert file.read() == grant
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["tokens.json"]


def test_it_is_on_the_disk_before_its_folder_is_told_and_before_anybody_has_it(path: Path, issuer: Issuer):
    order: list[str] = []

    class Noting(Calls):
        def fsync(self, fd: int) -> None:
            order.append("fsync")
            super().fsync(fd)

        def replace(self, old: str, new: str, old_dir_fd: int, new_dir_fd: int) -> None:
            order.append("replace")
            super().replace(old, new, old_dir_fd, new_dir_fd)

    def asked(token: str) -> Grant:
        order.append("asked")
        return issuer(token)

    GrantFile(str(path), calls=Noting()).renew(None, asked, now=NOW)
    assert order[order.index("asked") :] == ["asked", "fsync", "replace", "fsync"]


def test_what_another_process_has_renewed_is_taken_as_it_is(path: Path, file: GrantFile, issuer: Issuer):
    first = GrantFile(str(path)).renew(None, issuer, now=NOW)
    assert file.renew(None, issuer, now=NOW) == first
    assert file.renew("an older one", issuer, now=NOW) == first
    assert issuer.exchanges == 1


def test_one_that_was_refused_or_has_ended_is_renewed(file: GrantFile, issuer: Issuer):
    first = file.renew(None, issuer, now=NOW)
    second = file.renew(first.access_token, issuer, now=NOW)
    assert second.access_token == "access2"
    assert file.renew(None, issuer, now=NOW + 3601).access_token == "access3"


def test_of_many_at_once_one_asks(path: Path, issuer: Issuer):
    def renew(_: int) -> Grant:
        while True:
            try:
                return GrantFile(str(path)).renew(None, issuer, now=NOW)
            except BeingRenewed:
                time.sleep(0.001)

    with ThreadPoolExecutor(8) as pool:
        assert {grant.access_token for grant in pool.map(renew, range(16))} == {"access1"}
    assert issuer.exchanges == 1


def test_while_another_process_is_at_it_nothing_is_asked(file: GrantFile, path: Path, issuer: Issuer):
    lock = path.with_name("tokens.json.lock")
    elsewhere = msgspec.structs.replace(Owner.me(), host="elsewhere")
    lock.write_bytes(msgspec.json.encode(elsewhere))
    with pytest.raises(BeingRenewed):
        file.renew(None, issuer, now=NOW)
    assert issuer.exchanges == 0
    then = time.time() - DEAD_AFTER - 1
    os.utime(lock, (then, then))
    assert file.renew(None, issuer, now=NOW).access_token == "access1"


def test_a_process_that_is_killed_at_any_step_loses_no_grant(tmp_path: Path):
    lost, step = [], 0
    while True:
        step += 1
        here = tmp_path / str(step)
        here.mkdir()
        issuer, path = Issuer(here / "issuer"), here / "login" / "tokens.json"
        path.parent.mkdir()
        path.write_text('{"refresh_token": "first"}')
        if not killed(step, path, issuer):
            break
        try:
            after = GrantFile(str(path)).renew(None, issuer, now=NOW)
        except BadCredential:
            lost.append(step)
            continue
        assert (issuer.folder / after.refresh_token).exists()
        assert not path.with_name("tokens.json.new").exists()
        assert not path.with_name("tokens.json.lock").exists()
    assert step > 10
    # The provider has answered, and the one write of that answer has not begun: nobody can know it.
    assert len(lost) == 1


def test_what_an_interrupted_one_left_does_not_take_the_place_of_a_new_login(path: Path, issuer: Issuer):
    class Interrupted(Calls):
        def replace(self, old: str, new: str, old_dir_fd: int, new_dir_fd: int) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        GrantFile(str(path), calls=Interrupted()).renew(None, issuer, now=NOW)
    assert b"refresh1" in path.with_name("tokens.json.new").read_bytes()
    path.write_text('{"refresh_token": "another"}')
    (issuer.folder / "another").touch()
    file = GrantFile(str(path))
    assert file.renew(None, issuer, now=NOW) == file.read()
    assert not (issuer.folder / "another").exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_takes_nothing_spends_no_token(path: Path, issuer: Issuer, number: int):
    def fail() -> None:
        raise OSError(number, os.strerror(number))

    before = path.read_bytes()
    for step in range(1, 6):
        with pytest.raises(DiskFull if number == errno.ENOSPC else LocalFailure):
            GrantFile(str(path), calls=Counting(step, fail)).renew(None, issuer, now=NOW)
        assert issuer.exchanges == 0
        assert path.read_bytes() == before


class Small(Calls):
    """A disk on which so many bytes are free, and nothing that is there can grow beyond."""

    def __init__(self, free: int) -> None:
        self.free = free

    def write(self, fd: int, data: bytes | memoryview) -> int:
        grows = os.lseek(fd, 0, os.SEEK_CUR) + len(data) - os.fstat(fd).st_size
        self.free -= max(0, grows)
        if self.free < 0:
            raise OSError(errno.ENOSPC, "full")
        return super().write(fd, data)


def test_a_disk_that_is_nearly_full_spends_no_token(path: Path, issuer: Issuer):
    with pytest.raises(DiskFull):
        GrantFile(str(path), calls=Small(1000)).renew(None, issuer, now=NOW)
    assert issuer.exchanges == 0
    # What it reserves, and what the lock needs.
    assert GrantFile(str(path), calls=Small(9000)).renew(None, issuer, now=NOW).access_token == "access1"
    assert path.stat().st_size == 8192


def test_who_was_held_up_until_another_took_over_does_not_undo_what_that_one_did(path: Path, issuer: Issuer):
    def held_up(token: str) -> Grant:
        path.with_name("tokens.json.lock").write_bytes(msgspec.json.encode(Owner.me()))
        path.write_text('{"refresh_token": "of the other"}')
        return issuer(token)

    file = GrantFile(str(path))
    with pytest.raises(BeingRenewed):
        file.renew(None, held_up, now=NOW)
    assert file.read().refresh_token == "of the other"


def test_a_refusal_leaves_everything_as_it_was(file: GrantFile, path: Path):
    before = path.read_bytes()

    def refuse(_token: str) -> Grant:
        raise BadCredential("no")

    with pytest.raises(BadCredential):
        file.renew(None, refuse, now=NOW)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["tokens.json"]


def test_a_symbolic_link_stays_one(path: Path, tmp_path: Path, issuer: Issuer):
    link = tmp_path / "link.json"
    link.symlink_to(path)
    GrantFile(str(link)).renew(None, issuer, now=NOW)
    assert link.is_symlink()
    assert GrantFile(str(path)).read().refresh_token == "refresh1"


@pytest.mark.parametrize("text", ["", "s3cret", "{}", "[]", '{"refresh_token": 1}', '{"refresh_token": "s3cret'])
def test_what_is_no_grant_is_refused_without_showing_it(file: GrantFile, path: Path, issuer: Issuer, text: str):
    path.write_text(text)
    for attempt in (file.read, lambda: file.renew(None, issuer, now=NOW)):
        with pytest.raises(BadConfig) as told:
            attempt()
        assert "s3cret" not in f"{told.value} {told.value.hint}"


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(BadConfig, match="No such file"):
        GrantFile(str(tmp_path / "nowhere" / "tokens.json")).read()


def test_a_grant_is_not_shown():
    assert "s3cret" not in repr(Grant(refresh_token="s3cret", access_token="s3cret"))
