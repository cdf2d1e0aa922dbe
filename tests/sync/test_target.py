"""Where a pull may go."""

import os
from pathlib import Path

import pytest
from tests.sync.source import plant

from hubdrives.errors import BadTarget
from hubdrives.sync.target import check_target


@pytest.fixture
def home(tmp_path: Path) -> Path:
    plant(tmp_path, {"home/file": b"", "home/folder": None, "elsewhere": None, "home/course/.hubdrives": None})
    (tmp_path / "home/out").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "home/in").symlink_to("folder")
    (tmp_path / "home/loop").symlink_to("loop")
    return tmp_path / "home"


@pytest.mark.parametrize("wanted", ["folder", "new", "new/deeper", "in", "in/new", "folder/../new"])
def test_a_folder_in_the_home_is_fine(home: Path, wanted: str):
    resolved = check_target(Path(wanted), home=home)
    assert resolved == (home / wanted).resolve()
    assert check_target(home / wanted, home=home) == resolved


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ("", "home itself"),
        (".", "home itself"),
        ("folder/..", "home itself"),
        ("..", "out of your home"),
        ("../elsewhere", "out of your home"),
        ("/etc", "out of your home"),
        ("out", "out of your home"),
        ("out/new", "out of your home"),
        (".ssh", "hidden"),
        (".ipython/profile_default/startup", "hidden"),
        ("folder/.git/hooks", "hidden"),
        ("file", "is a file"),
        ("file/new", "is a file|can't be used"),
        ("a\0b", "NUL"),
        ("loop", "can't be used|is a file"),
        ("x" * 300, "can't be used"),
    ],
)
def test_anything_else_is_refused_and_says_why(home: Path, wanted: str, reason: str):
    with pytest.raises(BadTarget, match=reason):
        check_target(Path(wanted), home=home)


def test_without_a_home_any_folder_is_fine_but_not_another_ones_state(home: Path):
    assert check_target(home / "out") == home.parent / "elsewhere"
    assert check_target(home) == home
    for inner in (".hubdrives", ".hubdrives/x", ".git", ".git/x"):
        with pytest.raises(BadTarget, match="state"):
            check_target(home / "course" / inner)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_refused(home: Path):
    (home / "folder").chmod(0o500)
    with pytest.raises(BadTarget, match="permission"):
        check_target(home / "folder/new")
