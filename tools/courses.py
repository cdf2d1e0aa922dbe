"""A teacher who publishes and a student who pulls, with hubdrives or with nbgitpuller: what the bench and the scenarios
have in common.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

BIN = Path(sys.executable).parent
BRANCH = "main"

Files = Mapping[str, bytes]
"""By path, relative to the course."""


class Failed(Exception):
    """A program ended with an error."""


class Course(Protocol):
    """One course and one student."""

    student: Path
    """The student's folder."""

    def publish(self, files: Files) -> None:
        """The teacher writes `files`; others stay as they are."""

    def pull(self) -> None:
        """The student pulls, in a process of its own. Raises Failed."""


class Folder:
    """A folder that is pulled with `hubdrives pull`."""

    def __init__(self, home: Path) -> None:
        self.course, self.student = home / "course", home / "student"

    def publish(self, files: Files) -> None:
        write(self.course, files)

    def pull(self) -> None:
        run(BIN / "hubdrives", "pull", self.course, self.student)


class Repository:
    """A repository that is pulled with nbgitpuller's `gitpuller`."""

    def __init__(self, home: Path) -> None:
        self.course, self.origin, self.student = home / "teacher", home / "origin.git", home / "clone"
        run("git", "init", "--quiet", "--initial-branch", BRANCH, self.course)
        run("git", "init", "--quiet", "--initial-branch", BRANCH, "--bare", self.origin)

    def publish(self, files: Files) -> None:
        write(self.course, files)
        run("git", "add", "--all", cwd=self.course)
        run("git", "commit", "--quiet", "--allow-empty", "--message", "A change", cwd=self.course)
        run("git", "push", "--quiet", self.origin, BRANCH, cwd=self.course)

    def pull(self) -> None:
        run(BIN / "gitpuller", self.origin.as_uri(), BRANCH, self.student)


def forget(course: Course) -> None:
    """Let the student never have pulled."""
    shutil.rmtree(course.student, ignore_errors=True)


def write(folder: Path, files: Files) -> None:
    """Write `files` into `folder`, which is made if need be."""
    for path, data in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)


def run(*command: str | Path, cwd: Path | None = None) -> bytes:
    """What a program prints.

    Git knows nothing of this machine's settings, and who commits has a name.

    Raises:
        Failed: it ended with an error.
    """
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for role in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{role}_NAME": "teacher", f"GIT_{role}_EMAIL": "teacher@example.org"}
    done = subprocess.run(command, cwd=cwd, env=env, check=False, capture_output=True)
    if done.returncode:
        raise Failed(f"{command[0]}: {done.stderr.decode(errors='replace')[-2000:]}")
    return done.stdout
