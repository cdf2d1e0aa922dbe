# ruff: noqa: S101 - asserts are what a test class is made of
"""The provider contract as a pytest class: subclass it, give it a `world`, and a provider's promises are tested.

    class TestMyDrive(ProviderContract):
        duplicate_names = True                    # a deviation is a field, never an overridden test

        @pytest.fixture
        async def world(self) -> AsyncIterator[World]:
            ...

The tests are coroutines: set pytest-asyncio's `asyncio_mode = "auto"`. For readable failures put
`pytest.register_assert_rewrite("hubdrives.testing.contract", "hubdrives.testing.contract_reading",
"hubdrives.testing.world")` into your conftest.py.
"""

from typing import ClassVar

import pytest

from hubdrives.errors import (
    BadConfig,
    BadInput,
    Corrupt,
    HubdrivesError,
    NotFound,
    RateLimited,
    Unavailable,
    UnsupportedLink,
)
from hubdrives.exchange import Failure
from hubdrives.http import Client
from hubdrives.model import Kind, Snapshot
from hubdrives.testing.contract_reading import ReadingContract
from hubdrives.testing.world import COURSE, World

__all__ = ["ProviderContract", "World"]


class ProviderContract(ReadingContract):
    """What every provider promises. The fields say what a kind of storage can't do or have."""

    links: ClassVar[bool] = True
    """It has links from one folder to another place."""
    duplicate_names: ClassVar[bool] = False
    """Two items of a folder can have the same name."""
    hostile_names: ClassVar[tuple[str, ...]] = ()
    """Names that it can hold and that not every file system can."""
    refused: ClassVar[tuple[str, ...]] = ()
    """What people paste that is this provider's, but no item."""

    @pytest.fixture
    async def course(self, world: World) -> World:
        """A folder with files in folders."""
        for path, data in COURSE.items():
            await world.write(path, data)
        return world

    # Addresses

    async def test_a_pasted_address_means_the_location(self, world: World) -> None:
        kind = type(world.provider)
        location = kind.parse(world.pasted, base_url=world.base_url)
        assert location == world.location
        assert location.provider == kind.name

    @pytest.mark.parametrize("text", ["https://example.org/a/b", "just some words", ""])
    async def test_what_is_not_the_providers_is_not_parsed(self, world: World, text: str) -> None:
        assert type(world.provider).parse(text) is None

    async def test_its_addresses_without_an_item_are_refused_with_a_reason(self, world: World) -> None:
        for text in self.refused:
            with pytest.raises(UnsupportedLink) as refusal:
                type(world.provider).parse(text)
            world.check(refusal.value)

    # Looking

    async def test_stat_tells_a_folder(self, world: World) -> None:
        entry = await world.provider.stat(world.location)
        assert (entry.kind, entry.version, entry.size) == (Kind.FOLDER, "", None)
        assert entry.path
        assert "/" not in entry.path

    async def test_stat_tells_a_file(self, world: World) -> None:
        await world.write("a.txt", b"hello")
        for location in (await world.at("a.txt"), world.location.below("a.txt")):
            entry = await world.provider.stat(location)
            assert (entry.path, entry.kind, entry.size) == ("a.txt", Kind.FILE, 5)
            assert entry.version
            self._check_digest(entry, b"hello")

    async def test_a_location_is_described_before_it_is_pulled(self, world: World) -> None:
        told = await world.provider.describe(world.location)
        assert told.kind is Kind.FOLDER
        if self.forwards:
            assert told.location.provider != world.provider.name
            assert told.source != world.provider.title
        else:
            assert (told.location, told.source) == (world.location, world.provider.title)

    async def test_list_gives_what_is_directly_in_a_folder(self, course: World) -> None:
        found = {entry.path: entry.kind async for entry in course.provider.list(course.location)}
        assert found == {"syllabus.md": Kind.FILE, "week 1": Kind.FOLDER, "week 2": Kind.FOLDER}

    async def test_list_of_an_empty_folder_is_empty(self, world: World) -> None:
        assert [entry async for entry in world.provider.list(world.location)] == []

    async def test_list_of_a_file_is_refused(self, course: World) -> None:
        with pytest.raises(BadInput) as refusal:
            [entry async for entry in course.provider.list(await course.at("syllabus.md"))]
        course.check(refusal.value)

    # Snapshots

    async def test_a_snapshot_has_everything_sorted_and_once(self, course: World) -> None:
        snapshot = await course.provider.snapshot(course.location)
        assert snapshot.kind is Kind.FOLDER
        paths = [entry.path for entry in snapshot.entries]
        assert paths == sorted({*COURSE, "week 1", "week 1/data", "week 2"})
        assert snapshot.location == (await course.provider.describe(course.location)).location
        assert snapshot.name

    async def test_what_a_snapshot_lists_can_be_read(self, course: World) -> None:
        assert await self._contents(course) == dict(COURSE)

    async def test_a_snapshot_of_an_empty_folder_is_empty(self, world: World) -> None:
        snapshot = await world.provider.snapshot(world.location)
        assert (snapshot.entries, snapshot.skipped) == ((), ())

    async def test_an_empty_folder_in_a_folder_is_an_entry(self, world: World) -> None:
        await world.make_folder("hand in/here")
        snapshot = await world.provider.snapshot(world.location)
        assert [(entry.path, entry.kind) for entry in snapshot.entries] == [
            ("hand in", Kind.FOLDER),
            ("hand in/here", Kind.FOLDER),
        ]

    async def test_a_snapshot_of_a_file_has_that_file(self, course: World) -> None:
        location = await course.at("week 1/lab.ipynb")
        snapshot = await course.provider.snapshot(location)
        assert (snapshot.kind, snapshot.entries) == (Kind.FILE, (await course.provider.stat(location),))
        assert [entry.path for entry in snapshot.entries] == ["lab.ipynb"]
        assert await course.read(snapshot.entries[0]) == COURSE["week 1/lab.ipynb"]

    async def test_a_snapshot_below_a_location_is_relative_to_it(self, course: World) -> None:
        snapshot = await course.provider.snapshot(course.location.below("week 1/data"))
        assert [entry.path for entry in snapshot.entries] == ["points.csv"]

    async def test_equal_trees_have_equal_digests(self, course: World) -> None:
        first = await course.provider.snapshot(course.location)
        assert (await course.provider.snapshot(course.location)).digest == first.digest
        again = await course.provider.snapshot(course.location, known=first)
        assert (again.digest, again.entries) == (first.digest, first.entries)

    @pytest.mark.parametrize(
        "change", ["edit", "add", "add deep", "rename", "rename folder", "remove", "remove folder"]
    )
    async def test_a_change_shows_in_the_next_snapshot(self, course: World, change: str) -> None:
        first = await course.provider.snapshot(course.location)
        expected = await course.change(change)
        second = await course.provider.snapshot(course.location, known=first)
        assert {entry.path for entry in second.files} == expected.keys()
        assert {entry.path: await course.read(entry) for entry in second.files} == expected
        assert second.digest != first.digest
        fresh = await course.provider.snapshot(course.location)
        assert (second.digest, second.entries) == (fresh.digest, fresh.entries)

    async def test_changes_add_up_over_many_snapshots(self, course: World) -> None:
        snapshot = await course.provider.snapshot(course.location)
        for number, change in enumerate(("edit", "add deep", "rename folder", "remove")):
            await course.change(change)
            snapshot = await course.provider.snapshot(course.location, known=snapshot)
            fresh = await course.provider.snapshot(course.location)
            assert snapshot.entries == fresh.entries, f"after change {number}, {change}"

    async def test_a_version_changes_with_the_bytes_only(self, course: World) -> None:
        before = {entry.path: entry.version for entry in (await course.provider.snapshot(course.location)).files}
        await course.write("syllabus.md", b"# Another\n")
        after = {entry.path: entry.version for entry in (await course.provider.snapshot(course.location)).files}
        assert {path for path in before if before[path] != after[path]} == {"syllabus.md"}

    async def test_a_snapshot_of_something_else_is_no_help_and_no_harm(self, course: World) -> None:
        other = await course.provider.snapshot(await course.at("week 1"))
        snapshot = await course.provider.snapshot(course.location, known=other)
        assert {entry.path for entry in snapshot.files} == COURSE.keys()

    async def test_a_damaged_cursor_is_no_harm(self, course: World) -> None:
        first = await course.provider.snapshot(course.location)
        for cursor in (b"", b"{}", b"\xff\x00", (first.cursor or b"")[:-7]):
            known = Snapshot.of(first.location, first.name, first.entries[:1], cursor=cursor)
            snapshot = await course.provider.snapshot(course.location, known=known)
            assert snapshot.entries == first.entries

    async def test_names_are_made_safe_and_nothing_is_lost(self, world: World) -> None:
        planted = {name: name.encode() for name in self.hostile_names}
        for name, data in planted.items():
            await world.write(name, data)
        contents = await self._contents(world)
        assert sorted(contents.values()) == sorted(planted.values())
        assert not any("/" in path or "\0" in path or path in {".", ".."} for path in contents)
        assert len({path.casefold() for path in contents}) == len(planted)

    async def test_files_of_one_name_are_kept_apart_and_keep_their_names(self, world: World) -> None:
        if not self.duplicate_names:
            pytest.skip("names are unique in a folder here")
        await world.write("a.txt", b"one")
        first = await self._contents(world)
        await world.duplicate("a.txt", b"two")
        both = await self._contents(world)
        assert first == {"a.txt": b"one"}
        assert both.pop("a.txt") == b"one"
        assert list(both.values()) == [b"two"]
        assert all(path.endswith(".txt") for path in both)

    # What is not there

    @pytest.mark.parametrize("method", ["stat", "describe", "snapshot", "list", "contains"])
    async def test_what_is_not_there_is_told_so(self, world: World, method: str) -> None:
        for location in (world.missing, world.location.below("no/such thing")):
            with pytest.raises(self._or_hidden(NotFound)) as missing:
                await world.ask(method, location)
            world.check(missing.value)

    async def test_a_file_has_nothing_below_it(self, course: World) -> None:
        with pytest.raises(NotFound) as missing:
            await course.provider.stat(course.location.below("syllabus.md/more"))
        course.check(missing.value)

    # What lies in what

    async def test_a_folder_contains_itself_and_what_is_below_it(self, course: World) -> None:
        contains = course.provider.contains
        assert await contains(course.location, course.location)
        for path in ("syllabus.md", "week 1", "week 1/data/points.csv"):
            assert await contains(course.location, await course.at(path)), path
            assert await contains(course.location, course.location.below(path)), path
        assert await contains(course.location.below("week 1"), await course.at("week 1/data"))

    async def test_a_folder_contains_nothing_else(self, course: World) -> None:
        contains = course.provider.contains
        assert not await contains(course.location, course.outside)
        assert not await contains(await course.at("week 1"), course.location)
        assert not await contains(await course.at("week 1"), await course.at("week 2"))

    async def test_a_link_that_leads_out_of_the_boundary_is_left_out(self, course: World) -> None:
        self._need_links()
        await course.link("week 1/out", course.outside)
        snapshot = await course.provider.snapshot(course.location, boundary=course.location)
        assert {entry.path for entry in snapshot.files} == COURSE.keys()
        assert [(item.path, item.code) for item in snapshot.skipped] == [("week 1/out", "not-granted")]
        assert all(item.reason for item in snapshot.skipped)

    async def test_a_location_that_is_a_link_out_of_the_boundary_is_refused(self, course: World) -> None:
        self._need_links()
        await course.link("out", course.outside)
        if not self.forwards:
            assert not await course.provider.contains(course.location, course.location.below("out"))
        with pytest.raises(HubdrivesError, match="no access" if self.forwards else "leads out") as refusal:
            await course.provider.snapshot(course.location.below("out"), boundary=course.location)
        course.check(refusal.value)

    async def test_a_link_inside_the_boundary_stands_for_what_it_leads_to(self, course: World) -> None:
        self._need_links()
        await course.link("week 2/points.csv", "week 1/data/points.csv")
        snapshot = await course.provider.snapshot(await course.at("week 2"), boundary=course.location)
        assert {entry.path for entry in snapshot.files} == {"empty.txt", "points.csv"}
        entry = next(entry for entry in snapshot.files if entry.path == "points.csv")
        assert await course.read(entry) == COURSE["week 1/data/points.csv"]

    async def test_links_in_circles_come_to_an_end(self, course: World) -> None:
        self._need_links()
        await course.link("week 1/data/up", "week 1")
        snapshot = await course.provider.snapshot(course.location)
        assert {entry.path for entry in snapshot.files} == COURSE.keys()
        assert [item.path for item in snapshot.skipped] == ["week 1/data/up"]

    # The rest

    async def test_nobody_is_waited_for_at_rest(self, course: World) -> None:
        await course.provider.snapshot(course.location)
        assert course.provider.waiting is None

    async def test_how_to_give_access_is_one_sentence_or_nothing(self, world: World) -> None:
        told = world.provider.explain_access()
        assert told is None or told.endswith(".")

    async def test_secrets_are_never_shown(self, course: World) -> None:
        snapshot = await course.provider.snapshot(course.location)
        shown = [repr(course.provider), repr(snapshot), repr(snapshot.skipped), str(snapshot.location)]
        shown += [repr(entry) for entry in snapshot.entries]
        assert not [text for text in shown if course.leaks(text)]

    async def test_unknown_options_are_refused(self, world: World) -> None:
        client = Client(title="anybody", errors=type(world.provider).errors)
        with pytest.raises(BadConfig) as refusal:
            type(world.provider).open(client, options={"no such option": 1})
        world.check(refusal.value)

    @pytest.mark.parametrize("body", [b"", b"<html>Error</html>", b"[]", b'{"error": null}', b'"ya29.s3cret"', b"\xff"])
    async def test_any_failed_answer_becomes_an_error_of_ours(self, world: World, body: bytes) -> None:
        for status in range(400, 600):
            failure = Failure(status=status, headers={"Retry-After": "7"}, body=body, operation="test")
            error = type(world.provider).errors(failure)
            world.check(error)
            assert "s3cret" not in f"{error} {error.hint}"
            if self.served and status in {500, 502, 503, 504}:
                assert isinstance(error, Unavailable)
                assert error.retry_after == failure.retry_after
            if self.served and status == 429:  # noqa: PLR2004 - Too Many Requests
                assert isinstance(error, RateLimited)
            assert not isinstance(error, Corrupt)

    async def test_a_provider_may_be_closed_twice(self, world: World) -> None:
        await world.provider.close()
        await world.provider.close()

    async def _contents(self, world: World) -> dict[str, bytes]:
        """All files by path; their sizes and digests are checked."""
        snapshot = await world.provider.snapshot(world.location)
        found = {entry.path: await world.read(entry) for entry in snapshot.files}
        for entry in snapshot.files:
            assert entry.size in {None, len(found[entry.path])}
            self._check_digest(entry, found[entry.path])
        return found

    def _need_links(self) -> None:
        if not self.links:
            pytest.skip("there are no links here")
