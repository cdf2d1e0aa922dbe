# ruff: noqa: S101 - asserts are what a test class is made of
"""What providers that copy between their own places promise. As `contract_abilities`."""

import pytest

from hubdrives.errors import BadInput, NotFound
from hubdrives.providers.abilities import Task, TaskState, Transfer, Transferable
from hubdrives.testing.contract_abilities import AbilityContract
from hubdrives.testing.world_abilities import AbleWorld

__all__ = ["TransferableContract"]

_LOOKS = 50


class TransferableContract(AbilityContract):
    """What `Transferable` promises. Both places are in one folder."""

    @pytest.fixture
    async def planted(self, world: AbleWorld) -> AbleWorld:
        """A folder with something to transfer, and a folder to transfer it to."""
        await world.write("from/a.txt", b"a")
        await world.write("from/deep/b.txt", b"bb")
        await world.make_folder("to")
        return world

    async def test_it_makes_transfers(self, world: AbleWorld) -> None:
        assert isinstance(world.provider, Transferable)

    @pytest.mark.parametrize(
        ("source", "destination", "made"),
        [
            ("from/a.txt", "to/b.txt", {"to/b.txt": b"a"}),
            ("from/a.txt", "to", {"to/a.txt": b"a"}),
            ("from", "to", {"to/a.txt": b"a", "to/deep/b.txt": b"bb"}),
            ("from", "new", {"new/a.txt": b"a", "new/deep/b.txt": b"bb"}),
        ],
        ids=["a file", "a file into a folder", "what is in a folder", "what is in a folder into a new one"],
    )
    async def test_what_was_asked_for_is_there_in_the_end(
        self, planted: AbleWorld, source: str, destination: str, made: dict[str, bytes]
    ) -> None:
        order = await self._order(planted, source, destination)
        done = await self._done(planted, await self._ferry(planted).submit(order))
        assert (done.state, done.label, done.is_ok) == (TaskState.SUCCEEDED, "a label", True)
        assert (done.files_done, done.files_total) == (len(made), len(made))
        assert done.bytes_done == sum(map(len, made.values()))
        assert done.begun is not None
        assert done.ended is not None
        assert done.begun <= done.ended
        for path, content in made.items():
            assert await planted.history(path) == [content], path

    async def test_what_is_sent_twice_is_one_task(self, planted: AbleWorld) -> None:
        ferry = self._ferry(planted)
        order = await self._order(planted, "from/a.txt", "to/b.txt")
        first = await ferry.submit(order)
        assert await ferry.submit(order) == first
        await self._done(planted, first)
        # Though the destination is there now.
        assert await ferry.submit(order) == first
        assert [task.id for task in await ferry.tasks()] == [first]

    async def test_another_submission_is_another_task(self, planted: AbleWorld) -> None:
        ferry = self._ferry(planted)
        tasks = [await ferry.submit(await self._order(planted, "from/a.txt", f"to/{name}")) for name in "xyz"]
        assert len(set(tasks)) == len(tasks)
        assert {task.id for task in await ferry.tasks()} == set(tasks)
        assert len(await ferry.tasks(limit=2)) == 2  # noqa: PLR2004

    async def test_a_folder_goes_only_if_that_is_meant(self, planted: AbleWorld) -> None:
        with self.refused(planted, BadInput):
            await self._ferry(planted).submit(await self._order(planted, "from", "to", recursive=False))
        assert await self._ferry(planted).tasks() == []

    async def test_what_is_not_there_is_told_at_once(self, planted: AbleWorld) -> None:
        with self.refused(planted, NotFound):
            await self._ferry(planted).submit(await self._order(planted, "from/nothing", "to/b.txt"))

    async def test_what_happened_is_told_the_newest_first(self, planted: AbleWorld) -> None:
        ferry = self._ferry(planted)
        task = await ferry.submit(await self._order(planted, "from/a.txt", "to"))
        await self._done(planted, task)
        events = await ferry.events(task)
        times = [event.time for event in events if event.time]
        assert times == sorted(times, reverse=True)
        assert all(event.code and event.sentence for event in events)
        assert list(await ferry.events(task, limit=1)) == list(events[:1])

    async def test_the_end_of_what_is_over_changes_nothing(self, planted: AbleWorld) -> None:
        ferry = self._ferry(planted)
        task = await ferry.submit(await self._order(planted, "from/a.txt", "to"))
        done = await self._done(planted, task)
        assert await ferry.cancel(task) == done

    async def test_there_is_no_other_task(self, planted: AbleWorld) -> None:
        ferry = self._ferry(planted)
        for name in ("", "..", "no-such-task", "00000000-0000-4000-8000-000000000000"):
            for ask in (ferry.task, ferry.events, ferry.cancel):
                with self.refused(planted, NotFound):
                    await ask(name)

    async def _order(self, world: AbleWorld, source: str, destination: str, *, recursive: bool = True) -> Transfer:
        place = world.location.below(source)
        return Transfer(
            source=place,
            destination=world.location.below(destination),
            submission=await self._ferry(world).new_submission(place),
            recursive=recursive,
            label="a label",
        )

    async def _done(self, world: AbleWorld, id_: str) -> Task:
        for _ in range(_LOOKS):
            task = await self._ferry(world).task(id_)
            if task.is_over:
                return task
            await world.pass_time()
        raise AssertionError("it does not end")

    @staticmethod
    def _ferry(world: AbleWorld) -> Transferable:
        assert isinstance(world.provider, Transferable)
        return world.provider
