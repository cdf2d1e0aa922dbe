"""The programs that merge: each takes all trials of a scenario and gives back each student's file after the pull.

A class's notebooks stand in one folder, so that one pull merges them all. That changes nothing for a file, as no file
looks at another; `nbgitpuller_alone` and `hubdrives_merge` show it.
"""

from collections.abc import Sequence
from pathlib import Path

from nbdime.vcs.git import mergedriver

from courses import Course, Failed, Folder, Repository, write
from hubdrives.model import Policy
from hubdrives.sync.merge import merge
from scenarios.stories import Trial


def hubdrives(trials: Sequence[Trial], folder: Path) -> list[bytes]:
    """`hubdrives pull` from a folder. One more pull, with nothing new, must change nothing."""
    course = Folder(folder)
    merged = _pulled(course, trials)
    course.pull()
    if _read(course, trials) != merged:
        raise Failed("A pull with nothing new changed files.")
    return merged


def hubdrives_merge(trials: Sequence[Trial], _folder: Path) -> list[bytes]:
    """The notebook merge of hubdrives, called directly."""
    results: list[bytes] = []
    for trial in trials:
        base, mine, theirs = trial.base.data, trial.mine.data, trial.theirs.data
        merged = merge("notebook.ipynb", base=base, mine=mine, theirs=theirs, policy=Policy.MINE)
        # What can't be merged stays the student's.
        results.append(merged.data if merged else mine)
    return results


def nbgitpuller(trials: Sequence[Trial], folder: Path) -> list[bytes]:
    """`gitpuller` from a repository."""
    return _pulled(Repository(folder), trials)


def nbgitpuller_alone(trials: Sequence[Trial], folder: Path) -> list[bytes]:
    """The same, with a repository for each trial."""
    merged: list[bytes] = []
    for number, trial in enumerate(trials):
        own = folder / str(number)
        own.mkdir()
        merged += nbgitpuller([trial], own)
    return merged


def nbdime(trials: Sequence[Trial], folder: Path) -> list[bytes]:
    """The driver that nbdime has for git, called as git calls it; its strategy settles all for the student."""
    merged: list[bytes] = []
    base, mine, theirs = (folder / name for name in ("base", "mine", "theirs"))
    for trial in trials:
        write(folder, {"base": trial.base.data, "mine": trial.mine.data, "theirs": trial.theirs.data})
        words = ["merge", "--merge-strategy", "use-local", str(base), str(mine), str(theirs), "7", "notebook.ipynb"]
        if mergedriver.main(words):
            raise Failed("git-nbmergedriver left a conflict.")
        # The driver leaves the result in the student's file.
        merged.append(mine.read_bytes())
    return merged


def _pulled(course: Course, trials: Sequence[Trial]) -> list[bytes]:
    """The students' files after a first pull, their work, the teacher's work, and another pull."""
    course.publish({_name(number): trial.base.data for number, trial in enumerate(trials)})
    course.pull()
    write(course.student, {_name(number): trial.mine.data for number, trial in enumerate(trials)})
    course.publish({_name(number): trial.theirs.data for number, trial in enumerate(trials)})
    course.pull()
    return _read(course, trials)


def _read(course: Course, trials: Sequence[Trial]) -> list[bytes]:
    return [(course.student / _name(number)).read_bytes() for number in range(len(trials))]


def _name(number: int) -> str:
    return f"{number}.ipynb"
