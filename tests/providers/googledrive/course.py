"""A course in the Drive, and what it costs to look at it again."""

from hubdrives.model import Snapshot
from hubdrives.providers.googledrive import GoogleDrive

ONE = {"changes.list": 1}


def at(item: str):
    location = GoogleDrive.parse(f"https://drive.google.com/drive/folders/{item}")
    assert location is not None
    return location


class Course:
    """A course with two weeks, listed once."""

    def __init__(self, bench, drive: GoogleDrive) -> None:
        self.bench, self.drive = bench, drive
        self.tree, self.root = bench.drive.tree, bench.drive.root
        self.week1, self.week2 = bench.folder("week 1"), bench.folder("week 2")
        self.lab = bench.file("lab.ipynb", "one", self.week1)
        self.data = bench.folder("data", self.week1)
        self.points = bench.file("points.csv", "1,2", self.data)
        self.notes = bench.file("notes.md", "two", self.week2)
        self.location = at(self.root)
        self.known: Snapshot

    async def next(self) -> Snapshot:
        """The snapshot after the last one; it must be what a fresh listing gives."""
        self.bench.asked()
        snapshot = await self.drive.snapshot(self.location, known=self.known)
        self.asked = self.bench.asked()
        fresh = await self.drive.snapshot(self.location)
        assert (snapshot.digest, snapshot.entries, snapshot.skipped) == (fresh.digest, fresh.entries, fresh.skipped)
        assert snapshot.name == fresh.name
        self.known = snapshot
        return snapshot


def paths(snapshot: Snapshot) -> set[str]:
    return {entry.path for entry in snapshot.files}


BEFORE = {"week 1/lab.ipynb", "week 1/data/points.csv", "week 2/notes.md"}
