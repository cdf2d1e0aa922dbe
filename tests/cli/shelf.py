"""A provider with all abilities for the command line: its content is in one file, from one process to the next."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from tests.sync.writable import WritableMemory

from hubdrives.content import Content
from hubdrives.http import Client
from hubdrives.model import Entry, Location

ADDRESS = "https://shelf.example/team"
_KEPT = ("tree", "history", "people", "writes", "ranges", "refusals")


class Shelf(WritableMemory):
    """Its options say where that file is."""

    name = "shelf"
    title = "Shelf"
    file: Path

    @classmethod
    def parse(cls, text: str, *, base_url: str | None = None) -> Location | None:
        return Location(provider="shelf", id="team", url=ADDRESS) if text == ADDRESS else None

    @classmethod
    def open(cls, client: Client, *, base_url: str | None = None, options: Mapping[str, Any] | None = None) -> Self:
        return cls.kept_in(Path(str((options or {})["file"])))

    @classmethod
    def kept_in(cls, file: Path) -> Self:
        shelf = cls()
        shelf.file = file
        if file.exists():
            vars(shelf).update(pickle.loads(file.read_bytes()))
        return shelf

    def save(self) -> None:
        self.file.write_bytes(pickle.dumps({name: getattr(self, name) for name in _KEPT}))

    async def close(self) -> None:
        self.save()

    async def write(self, parent: Location, name: str, content: Content, **options: Any) -> Entry:
        entry = await super().write(parent, name, content, **options)
        # A process that is killed leaves what had gone up.
        self.save()
        return entry
