"""A course's first pull, and the pull after student and teacher both worked, beside nbgitpuller."""

import random
import tempfile
from pathlib import Path

from bench.notebooks import notebooks
from bench.race import Ratio, Runner, race
from courses import Course, Folder, Repository, forget, write

FILES, FOLDERS, SIZE = 1000, 20, 2000
NOTEBOOKS = 200

HUBDRIVES, GITPULLER = "hubdrives pull", "gitpuller"


def main(*, runs: int) -> None:
    """Take all times, of whole processes."""
    rng = random.Random(1)
    files = {f"folder {number % FOLDERS}/file {number}.bin": rng.randbytes(SIZE) for number in range(FILES)}
    with tempfile.TemporaryDirectory() as name:
        courses = _courses(Path(name))
        for course in courses.values():
            course.publish(files)
        race(
            f"First pull of {FILES} files of {SIZE} bytes in {FOLDERS} folders",
            [
                Runner(name=name, prepare=lambda course=course: forget(course), work=course.pull)
                for name, course in courses.items()
            ],
            ratios=[Ratio(of=HUBDRIVES, to=GITPULLER)],
            runs=runs,
        )
    made = list(notebooks(NOTEBOOKS))
    base, mine, theirs = (
        {f"{number}.ipynb": getattr(versions, version) for number, versions in enumerate(made)}
        for version in ("base", "mine", "theirs")
    )

    def prepare(course: Course) -> None:
        forget(course)
        course.publish(base)
        course.pull()
        write(course.student, mine)
        course.publish(theirs)

    with tempfile.TemporaryDirectory() as name:
        courses = _courses(Path(name))
        race(
            f"Pull of {NOTEBOOKS} notebooks that student and teacher both changed",
            [
                Runner(name=name, prepare=lambda course=course: prepare(course), work=course.pull)
                for name, course in courses.items()
            ],
            ratios=[Ratio(of=HUBDRIVES, to=GITPULLER)],
            runs=runs,
        )


def _courses(home: Path) -> dict[str, Course]:
    return {HUBDRIVES: Folder(home), GITPULLER: Repository(home)}
