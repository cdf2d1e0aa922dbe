# ruff: noqa: S101 - asserts are what a test class is made of
"""What providers with abilities promise, as pytest classes: writing here; versions, searching and sharing next door.

    class TestMyDriveIsWritable(WritableContract):
        notes_modified = False                    # a deviation is a field, never an overridden test

        @pytest.fixture
        async def world(self) -> AsyncIterator[AbleWorld]:
            ...

As for `hubdrives.testing.contract`: set pytest-asyncio's `asyncio_mode = "auto"`, and for readable failures put
`pytest.register_assert_rewrite("hubdrives.testing.contract_abilities")` into your conftest.py; so for the others.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import ClassVar

import pytest

from hubdrives.content import Bytes, Content
from hubdrives.errors import (
    BadInput,
    Changed,
    HubdrivesError,
    LocalFailure,
    NameTaken,
    NotFound,
    NotGranted,
)
from hubdrives.model import Entry, Kind, Location
from hubdrives.providers.abilities import NEW, Writable
from hubdrives.testing.world import LARGE
from hubdrives.testing.world_abilities import AbleWorld, Failing, Pieces

__all__ = ["NOWHERE", "AbilityContract", "AbleWorld", "WritableContract"]

NOWHERE = "no-such-version"


class AbilityContract:
    """What the suites of all abilities have in common."""

    forwards: ClassVar[bool] = False
    """It stands before other providers, and does not tell what is missing from what may not be reached."""

    @pytest.fixture
    async def world(self) -> AbleWorld:
        """An empty folder; each provider's own. A fixture that yields it may clean up after."""
        raise NotImplementedError

    @contextmanager
    def refused(self, world: AbleWorld, *kinds: type[HubdrivesError]) -> Iterator[None]:
        """What happens inside ends in one of `kinds`, told as people are told: code, sentence, advice, no secret."""
        hidden = (NotGranted,) if self.forwards and NotFound in kinds else ()
        with pytest.raises((*kinds, *hidden)) as caught:
            yield
        world.check(caught.value)


class WritableContract(AbilityContract):
    """What `Writable` promises."""

    keeps_history: ClassVar[bool] = True
    """It keeps what was written over."""
    notes_modified: ClassVar[bool] = True
    """It notes when the content was last changed, to the second."""
    large: ClassVar[int] = len(LARGE)
    """Bytes: what takes the provider's way for large files."""
    bad_names: ClassVar[tuple[str, ...]] = ("", ".", "..", "a/b", "../a", "a\0b")
    """What no file can be called."""
    served: ClassVar[bool] = True
    """It talks to a server, so it can be cut off."""

    # Writing

    async def test_it_is_writable(self, world: AbleWorld) -> None:
        assert isinstance(world.provider, Writable)

    async def test_a_new_file_is_there_as_it_was_written(self, world: AbleWorld) -> None:
        entry = await self._write(world, "a.txt", b"hello")
        assert (entry.path, entry.kind, entry.size) == ("a.txt", Kind.FILE, 5)
        assert await world.history("a.txt") == [b"hello"]
        assert await world.names() == ["a.txt"]

    async def test_what_was_written_can_be_looked_at_and_read_at_once(self, world: AbleWorld) -> None:
        before = await world.provider.snapshot(world.location)
        entry = await self._write(world, "a.txt", b"hello")
        assert await world.read(entry) == b"hello"
        after = await world.provider.snapshot(world.location, known=before)
        seen = [await world.provider.stat(world.location.below("a.txt")), *after.files]
        assert [(one.path, one.version, one.size, one.digest) for one in seen] == [
            (entry.path, entry.version, entry.size, entry.digest)
        ] * 2

    async def test_an_empty_file_is_a_file(self, world: AbleWorld) -> None:
        assert (await self._write(world, "empty", b"")).size == 0
        assert await world.history("empty") == [b""]

    async def test_a_large_file_arrives_in_whatever_pieces_it_comes(self, world: AbleWorld) -> None:
        data = (LARGE * (self.large // len(LARGE) + 1))[: self.large]
        entry = await self._put(world, "large.bin", Pieces(data))
        assert entry.size == len(data)
        assert (await world.history("large.bin"))[0] == data

    async def test_a_file_is_written_into_a_folder_below(self, world: AbleWorld) -> None:
        await world.make_folder("week 1/data")
        for parent in (world.location.below("week 1/data"), await world.at("week 1/data")):
            await self._write(world, "a.txt", b"hello", parent=parent)
        assert (await world.history("week 1/data/a.txt"))[0] == b"hello"
        assert await world.names("week 1/data") == ["a.txt"]

    async def test_a_file_that_is_there_gets_a_new_version(self, world: AbleWorld) -> None:
        first = await self._write(world, "a.txt", b"one")
        item = await world.item("a.txt")
        second = await self._write(world, "a.txt", b"two")
        assert second.version != first.version
        assert (await world.item("a.txt"), await world.names()) == (item, ["a.txt"])
        assert await world.history("a.txt") == [b"two", b"one"][: 2 if self.keeps_history else 1]

    async def test_when_the_content_was_changed_is_noted(self, world: AbleWorld) -> None:
        if not self.notes_modified:
            pytest.skip("it says itself when something was changed")
        moment = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
        written = await self._writer(world).write(world.location, "a.txt", Bytes(b"1"), modified=moment)
        assert (written.modified, (await world.provider.stat(await world.at("a.txt"))).modified) == (moment, moment)

    # Only if

    async def test_what_must_be_new_is_written_once(self, world: AbleWorld) -> None:
        await self._write(world, "a.txt", b"one", if_version=NEW)
        with self.refused(world, Changed):
            await self._write(world, "a.txt", b"two", if_version=NEW)
        assert await world.history("a.txt") == [b"one"]

    async def test_the_version_that_is_there_is_replaced(self, world: AbleWorld) -> None:
        first = await self._write(world, "a.txt", b"one")
        second = await self._write(world, "a.txt", b"two", if_version=first.version)
        await self._write(world, "a.txt", b"three", if_version=second.version)
        assert (await world.history("a.txt"))[0] == b"three"

    async def test_another_version_is_not_replaced(self, world: AbleWorld) -> None:
        first = await self._write(world, "a.txt", b"one")
        await world.write("a.txt", b"a colleague's")
        for version in (first.version, NOWHERE):
            with self.refused(world, Changed):
                await self._write(world, "a.txt", b"two", if_version=version)
        assert (await world.history("a.txt"))[0] == b"a colleague's"

    async def test_a_version_of_what_is_gone_is_not_replaced(self, world: AbleWorld) -> None:
        first = await self._write(world, "a.txt", b"one")
        await world.remove("a.txt")
        with self.refused(world, Changed, NotFound):
            await self._write(world, "a.txt", b"two", if_version=first.version)
        assert await world.names() == []

    # At the same time

    async def test_of_two_who_write_one_name_neither_is_lost(self, world: AbleWorld) -> None:
        contents = [f"writer {number}".encode() for number in range(4)]
        await asyncio.gather(*(self._write(world, "a.txt", data) for data in contents))
        history = await world.history("a.txt")
        assert await world.names() == ["a.txt"]
        assert sorted(history) == contents if self.keeps_history else history[0] in contents

    @pytest.mark.parametrize("there", [False, True], ids=["a new name", "a file that is there"])
    async def test_of_two_who_take_it_for_unchanged_one_is_told(self, world: AbleWorld, there: bool) -> None:  # noqa: FBT001
        version = (await self._write(world, "a.txt", b"zero")).version if there else NEW
        contents = [b"one", b"two", b"three"]
        outcomes = await asyncio.gather(
            *(self._write(world, "a.txt", data, if_version=version) for data in contents), return_exceptions=True
        )
        written = [data for data, outcome in zip(contents, outcomes, strict=True) if isinstance(outcome, Entry)]
        assert [type(outcome) for outcome in outcomes if not isinstance(outcome, Entry)] == [Changed, Changed]
        assert (await world.history("a.txt"))[0] == written[0]

    async def test_however_many_make_a_folder_there_is_one(self, world: AbleWorld) -> None:
        made = await asyncio.gather(*(self._writer(world).make_folder(world.location, "data") for _ in range(5)))
        assert {(entry.path, entry.kind) for entry in made} == {("data", Kind.FOLDER)}
        assert await world.names() == ["data"]

    # Whole, or not there

    async def test_a_write_that_is_cut_off_is_whole_in_the_end(self, world: AbleWorld) -> None:
        if not self.served:
            pytest.skip("there is no connection that could break")
        await world.cut_next_write()
        await self._write(world, "large.bin", LARGE)
        assert await world.history("large.bin") == [LARGE]
        assert await world.names() == ["large.bin"]

    async def test_content_that_breaks_off_is_not_written(self, world: AbleWorld) -> None:
        await self._write(world, "old.txt", b"as it was")
        for name in ("new.txt", "old.txt"):
            with self.refused(world, LocalFailure):
                await self._put(world, name, Failing(b"x" * 300_000))
        assert await world.names() == ["old.txt"]
        assert await world.history("old.txt") == [b"as it was"]

    # Names and places

    async def test_a_folder_is_made_once(self, world: AbleWorld) -> None:
        first = await self._writer(world).make_folder(world.location, "data")
        await world.write("data/a.txt", b"a")
        again = await self._writer(world).make_folder(world.location, "data")
        assert (first.path, again.path, again.kind) == ("data", "data", Kind.FOLDER)
        assert (await world.names(), await world.names("data")) == (["data"], ["a.txt"])

    async def test_what_was_made_can_be_written_into_at_once(self, world: AbleWorld) -> None:
        writer, place = self._writer(world), world.location
        for name in ("one", "two"):
            with self.refused(world, NotFound):
                await world.provider.stat(place.below(name))
            await writer.make_folder(place, name)
            place = place.below(name)
        await self._write(world, "a.txt", b"deep", parent=place)
        assert await world.history("one/two/a.txt") == [b"deep"]

    async def test_a_name_that_is_taken_is_told(self, world: AbleWorld) -> None:
        await world.write("file", b"a file")
        await world.make_folder("folder")
        with self.refused(world, NameTaken):
            await self._writer(world).make_folder(world.location, "file")
        with self.refused(world, NameTaken):
            await self._write(world, "folder", b"no")
        assert (await world.names(), await world.history("file")) == (["file", "folder"], [b"a file"])

    async def test_a_name_that_no_file_can_have_is_refused(self, world: AbleWorld) -> None:
        writer, room = self._writer(world), world.location.below("room")
        await world.write("room/a", b"a")
        await world.write("b", b"b")
        for name in self.bad_names:
            with self.refused(world, BadInput):
                await self._write(world, name, b"no", parent=room)
            with self.refused(world, BadInput):
                await writer.make_folder(room, name)
            with self.refused(world, BadInput):
                await writer.move(room.below("a"), name=name)
        assert (await world.names(), await world.names("room")) == (["b", "room"], ["a"])

    async def test_nothing_is_put_where_there_is_no_folder(self, world: AbleWorld) -> None:
        await world.write("a.txt", b"a")
        writer = self._writer(world)
        for parent in (world.missing, world.location.below("no/such"), world.location.below("a.txt")):
            with self.refused(world, NotFound, BadInput):
                await self._write(world, "b.txt", b"b", parent=parent)
            with self.refused(world, NotFound, BadInput):
                await writer.make_folder(parent, "folder")
            with self.refused(world, NotFound, BadInput):
                await writer.move(world.location.below("a.txt"), parent=parent)
        assert (await world.names(), await world.history("a.txt")) == (["a.txt"], [b"a"])

    # Removing

    async def test_what_is_removed_is_gone(self, world: AbleWorld) -> None:
        await world.write("week 1/data/a.txt", b"a")
        await world.write("b.txt", b"b")
        await self._writer(world).remove(world.location.below("week 1"))
        assert await world.names() == ["b.txt"]
        await self._writer(world).remove(await world.at("b.txt"))
        assert await world.names() == []
        assert (await world.provider.snapshot(world.location)).entries == ()

    async def test_only_the_version_that_is_known_is_removed(self, world: AbleWorld) -> None:
        first = await self._write(world, "a.txt", b"one")
        await world.write("a.txt", b"two")
        place = await world.at("a.txt")
        with self.refused(world, Changed):
            await self._writer(world).remove(place, if_version=first.version)
        assert (await world.history("a.txt"))[0] == b"two"
        await self._writer(world).remove(place, if_version=(await world.provider.stat(place)).version)
        assert await world.names() == []

    async def test_what_is_not_there_can_not_be_removed_or_moved(self, world: AbleWorld) -> None:
        for place in (world.missing, world.location.below("no such thing")):
            with self.refused(world, NotFound):
                await self._writer(world).remove(place)
            with self.refused(world, NotFound):
                await self._writer(world).move(place, name="other")
        assert await world.names() == []

    # Moving

    @pytest.mark.parametrize(
        ("folder", "name", "path"), [(None, "new.txt", "new.txt"), ("to", None, "to/a.txt"), ("to", "b.md", "to/b.md")]
    )
    async def test_a_file_moves_with_its_history(
        self, world: AbleWorld, folder: str | None, name: str | None, path: str
    ) -> None:
        await world.make_folder("to")
        before = await self._write(world, "a.txt", b"one")
        after = await self._write(world, "a.txt", b"two")
        item, history = await world.item("a.txt"), await world.history("a.txt")
        parent = world.location.below(folder) if folder else None
        moved = await self._writer(world).move(world.location.below("a.txt"), parent=parent, name=name)
        assert (moved.path, moved.kind, moved.version) == (path.rpartition("/")[2], Kind.FILE, after.version)
        assert (await world.item(path), await world.history(path)) == (item, history)
        assert before.version != moved.version
        assert await world.history("a.txt") == []
        assert await world.read(moved) == b"two"

    async def test_a_folder_moves_with_all_that_is_in_it(self, world: AbleWorld) -> None:
        await world.write("from/sub/a.txt", b"a")
        await world.make_folder("to")
        moved = await self._writer(world).move(
            await world.at("from"), parent=world.location.below("to"), name="renamed"
        )
        assert (moved.path, moved.kind) == ("renamed", Kind.FOLDER)
        assert (await world.names(), await world.history("to/renamed/sub/a.txt")) == (["to"], [b"a"])

    async def test_nothing_is_moved_over_something_else(self, world: AbleWorld) -> None:
        for path in ("a.txt", "b.txt", "to/a.txt"):
            await world.write(path, path.encode())
        source = world.location.below("a.txt")
        with self.refused(world, NameTaken):
            await self._writer(world).move(source, name="b.txt")
        with self.refused(world, NameTaken):
            await self._writer(world).move(source, parent=world.location.below("to"))
        for path in ("a.txt", "b.txt", "to/a.txt"):
            assert await world.history(path) == [path.encode()]

    async def test_a_move_that_makes_no_sense_is_refused(self, world: AbleWorld) -> None:
        await world.write("a/b/c.txt", b"c")
        folder = world.location.below("a")
        with self.refused(world, BadInput):
            await self._writer(world).move(folder)
        for into in (folder, folder.below("b")):
            with self.refused(world, BadInput):
                await self._writer(world).move(folder, parent=into)
        assert await world.history("a/b/c.txt") == [b"c"]

    async def _write(
        self, world: AbleWorld, name: str, data: bytes, *, parent: Location | None = None, if_version: str | None = None
    ) -> Entry:
        return await self._writer(world).write(parent or world.location, name, Bytes(data), if_version=if_version)

    async def _put(self, world: AbleWorld, name: str, content: Content) -> Entry:
        return await self._writer(world).write(world.location, name, content)

    @staticmethod
    def _writer(world: AbleWorld) -> Writable:
        assert isinstance(world.provider, Writable)
        return world.provider
