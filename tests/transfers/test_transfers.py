"""Transfers, from what is written to what has arrived, at an emulated Globus whose time passes while one waits."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.transfers.world import World

from hubdrives.config import ConnectionSettings
from hubdrives.errors import BadInput, HubdrivesError, LoginNeeded, NotFound, Unavailable
from hubdrives.model import SyncLevel
from hubdrives.transfers import Task, TaskState, advice, failure


async def test_a_file_goes_from_a_collection_into_a_folder_of_the_home(world: World) -> None:
    world.plant("runs/rain.csv", "town,mm\n")
    (world.folder / "data").mkdir()
    world.globus.add_folder("data", collection=world.home)
    async with world.transfers() as transfers:
        task = await transfers.submit("globus:/runs/rain.csv", str(world.folder / "data"), label="rain")
        done = await transfers.watch(task.id)
    assert (done.state, done.files_done, done.bytes_done) == (TaskState.SUCCEEDED, 1, 8)
    assert (done.label, done.source, done.destination, failure(done)) == ("rain", "Lab", "Home", None)
    assert await world.brought("/data/rain.csv") == b"town,mm\n"


async def test_the_content_of_a_folder_goes_into_a_folder_that_need_not_be_there(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.plant("runs/1/a.txt", "a")
    world.plant("runs/1/deep/b.txt", "b")
    monkeypatch.chdir(world.folder)
    async with world.transfers() as transfers:
        with pytest.raises(BadInput, match="'1' is a folder") as refused:
            await transfers.submit("globus:/runs/1", "new/run1")
        assert "--recursive" in refused.value.hint
        assert world.count == 0
        task = await transfers.submit("globus:/runs/1", "new/run1", recursive=True)
        await transfers.watch(task.id)
    assert await world.brought("/new/run1/a.txt") == b"a"
    assert await world.brought("/new/run1/deep/b.txt") == b"b"


async def test_a_file_of_the_home_goes_to_a_pasted_address_under_another_name(world: World) -> None:
    (world.folder / "plot.png").write_text("a plot")
    world.globus.add_file("plot.png", "a plot", collection=world.home)
    address = world.globus.web_address(world.lab, "/plots/first.png")
    async with world.transfers() as transfers:
        await transfers.watch((await transfers.submit(str(world.folder / "plot.png"), address)).id)
    found = await world.globus.find("/plots/first.png", collection=world.lab)
    assert found.content is not None
    assert found.content.read() == b"a plot"


async def test_what_is_ordered_is_what_was_asked_for_and_nobody_gets_mail(world: World) -> None:
    world.plant("a.txt")
    deadline = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=5)
    async with world.transfers() as transfers:
        task = await transfers.submit(
            "globus:/a.txt",
            str(world.folder / "a.txt"),
            sync_level=SyncLevel.CHECKSUM,
            verify=False,
            deadline=deadline,
        )
        assert task.deadline == deadline
        await transfers.submit("globus:/a.txt", str(world.folder / "b.txt"))
    first, second = [one.order.options for one in world.globus.tasks.tasks.values()]
    assert (first.sync_level, first.verify_checksum) == (3, False)
    assert (second.sync_level, second.verify_checksum) == (None, True)
    for options in (first, second):
        mails = (options.notify_on_succeeded, options.notify_on_failed, options.notify_on_inactive)
        assert mails == (False, False, False)
        assert options.fail_on_quota_errors


async def test_whoever_watches_is_told_what_is_new_and_looks_less_often_in_time(world: World) -> None:
    world.globus.settings.bandwidth = 10.0
    for name in ("a", "b"):
        world.plant(f"run/{name}", "x" * 200)
    told: list[Task] = []
    async with world.transfers() as transfers:
        task = await transfers.submit("globus:/run", str(world.folder / "run"), recursive=True)
        await transfers.watch(task.id, on_progress=told.append)
    assert world.slept[:3] == [1.0, 1.5, 2.25]
    assert max(world.slept) == 10.0
    assert told[0].note == "It waits for its turn at Globus."
    sizes = [one.bytes_done for one in told]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) > 3
    assert (told[-1].files_done, told[-1].files_total, sizes[-1]) == (2, 2, 400)
    assert told[-1].state is TaskState.SUCCEEDED


@pytest.mark.parametrize("effect", ["reset_after_effect", "refuse_after_effect"])
async def test_a_reply_that_is_lost_makes_no_second_transfer(world: World, effect: str) -> None:
    world.plant("a.txt")
    world.globus.faults.set([{"operation": "transfer.submit", "effect": effect, "times": 1}])
    async with world.transfers() as transfers:
        await transfers.submit("globus:/a.txt", str(world.folder / "a.txt"))
    assert world.globus.requests.by_operation["transfer.submit"] == 2
    assert world.count == 1


async def test_nor_do_two_processes_of_which_the_first_never_heard_of_its_task(world: World) -> None:
    world.plant("a.txt")
    order = ("globus:/a.txt", str(world.folder / "a.txt"))
    world.globus.faults.set([{"operation": "transfer.submit", "effect": "reset_after_effect", "times": 2}])
    async with world.transfers() as transfers:
        with pytest.raises(Unavailable):
            await transfers.submit(*order)
    assert world.count == 1
    async with world.transfers() as transfers:
        other = await transfers.submit(*order, label="another")
        again = await transfers.submit(*order)
        (known, *_) = [one for one in world.globus.tasks.tasks.values() if one.label is None]
        assert (world.count, again.id) == (2, known.id)
        assert other.id != again.id
        # What was answered is over: to ask for it once more is another transfer.
        assert (await transfers.submit(*order)).id != again.id
    assert world.count == 3


async def test_nor_does_a_task_of_which_nothing_could_be_told(world: World) -> None:
    world.plant("a.txt")
    order = ("globus:/a.txt", str(world.folder / "a.txt"))
    world.globus.faults.set([{"operation": "task.get", "effect": "error", "reason": "ServiceUnavailable", "times": 2}])
    async with world.transfers() as transfers:
        with pytest.raises(Unavailable):
            await transfers.submit(*order)
        await transfers.submit(*order)
    assert world.count == 1


async def test_what_was_refused_is_forgotten(world: World) -> None:
    world.plant("a.txt")
    world.globus.faults.set([{"operation": "transfer.submit", "effect": "error", "reason": "BadRequest", "times": 1}])
    async with world.transfers() as transfers:
        with pytest.raises(HubdrivesError):
            await transfers.submit("globus:/a.txt", str(world.folder / "a.txt"))
        await transfers.submit("globus:/a.txt", str(world.folder / "a.txt"))
    assert world.globus.requests.by_operation["transfer.submission_id"] == 2
    assert [path for path in world.folder.rglob("transfers/*") if path.is_file()] == []


async def test_a_task_with_nothing_but_faults_says_why_and_until_when_and_how_to_end_it(world: World) -> None:
    world.plant("a.txt")
    world.globus.faults.set(
        [{"operation": "transfer.submit", "effect": "task_stuck", "reason": "PERMISSION_DENIED", "times": 1}]
    )
    async with world.transfers() as transfers:
        task = await transfers.submit("globus:/a.txt", str(world.folder / "a.txt"))
        world.globus.advance(60)
        stuck = await transfers.task(task.id)
        assert (stuck.state, stuck.is_ok) == (TaskState.ACTIVE, False)
        assert stuck.faults > 1
        assert stuck.note == "A collection denies access to a file or folder."
        told = advice(stuck) or ""
        assert stuck.deadline is not None
        assert f"{stuck.deadline.astimezone():%Y-%m-%d %H:%M}" in told
        assert f"hubdrives transfers cancel {task.id}" in told
        assert failure(stuck) is None
        world.globus.settings.cancel_lag = 2.0
        ended = await transfers.cancel(task.id)
        assert (ended.state, ended.note) == (TaskState.FAILED, "It was cancelled.")
        events = await transfers.events(task.id)
        assert [event.sentence for event in events][:2] == [
            "It was cancelled.",
            "A collection denies access to a file or folder.",
        ]
        assert [event.is_error for event in events][:2] == [False, True]
        with pytest.raises(HubdrivesError, match="It was cancelled") as raised:
            raise failure(ended) or AssertionError
        assert f"hubdrives transfers events {task.id}" in raised.value.hint
        # It is over, and that is no failure.
        assert await transfers.cancel(task.id) == ended


async def test_a_task_that_nobody_ends_ends_at_its_deadline(world: World) -> None:
    world.plant("a.txt")
    world.globus.faults.set([{"operation": "transfer.submit", "effect": "task_stuck", "times": 1}])
    async with world.transfers() as transfers:
        deadline = datetime.fromtimestamp(world.globus.clock(), UTC) + timedelta(minutes=2)
        task = await transfers.submit("globus:/a.txt", str(world.folder / "a.txt"), deadline=deadline)
        done = await transfers.watch(task.id)
    assert (done.state, done.note) == (TaskState.FAILED, "Its deadline passed before all had arrived.")


async def test_a_task_that_waits_for_a_login_is_not_watched_any_longer(world: World) -> None:
    world.plant("a.txt")
    world.globus.faults.set([{"operation": "transfer.submit", "effect": "task_inactive", "times": 1}])
    async with world.transfers() as transfers:
        task = await transfers.submit("globus:/a.txt", str(world.folder / "a.txt"))
        waits = await transfers.watch(task.id)
        assert waits.state is TaskState.INACTIVE
        error = failure(waits)
        assert isinstance(error, LoginNeeded)
        assert f"hubdrives transfers watch {task.id}" in error.hint
        world.globus.tasks.resume(world.globus.tasks.tasks[task.id])
        assert (await transfers.watch(task.id)).state is TaskState.SUCCEEDED


async def test_a_task_is_found_again_by_its_id_and_by_the_address_of_its_page(world: World) -> None:
    world.plant("a.txt")
    async with world.transfers() as transfers:
        first = await transfers.submit("globus:/a.txt", str(world.folder / "1"))
        world.globus.advance(60)
        second = await transfers.submit("globus:/a.txt", str(world.folder / "2"))
    async with world.transfers() as transfers:
        assert [task.id for task in await transfers.tasks()] == [second.id, first.id]
        assert [task.id for task in await transfers.tasks(limit=1)] == [second.id]
        page = f"https://app.globus.org/activity/{first.id}/overview"
        assert (await transfers.task(page)).id == (await transfers.task(first.id.upper())).id == first.id
        for wrong in ("nothing", "../submission_id", "00000000-0000-4000-8000-000000000000"):
            with pytest.raises(NotFound):
                await transfers.task(wrong)


async def test_where_several_connections_make_transfers_a_task_says_which(world: World) -> None:
    world.plant("a.txt")
    both = {"one": world.connection(), "two": world.connection()}
    async with world.transfers(**both) as transfers:
        task = await transfers.submit("two:/a.txt", "two:/b.txt")
        assert task.id.startswith("two:")
        assert (await transfers.watch(task.id)).id == task.id
        with pytest.raises(BadInput, match="Several connections") as told:
            await transfers.task(task.id.removeprefix("two:"))
        assert "one, two" in told.value.hint


async def test_places_that_no_transfer_connects_are_refused_in_words(world: World) -> None:
    world.plant("a.txt")
    (world.folder / "a.txt").touch()
    here = str(world.folder / "a.txt")
    shelf = ConnectionSettings(provider="local", root=str(world.folder))
    async with world.transfers(globus=world.connection(), two=world.connection(), shelf=shelf) as transfers:
        with pytest.raises(BadInput, match="Both places are on this machine"):
            await transfers.submit(here, "shelf:/b.txt")
        with pytest.raises(BadInput, match="different connections"):
            await transfers.submit("globus:/a.txt", "two:/b.txt")
        with pytest.raises(BadInput, match="the same"):
            await transfers.submit("globus:/a.txt", "globus:/a.txt")
    assert world.count == 0


async def test_what_is_not_there_is_told_before_anything_is_ordered(world: World) -> None:
    async with world.transfers() as transfers:
        with pytest.raises(NotFound):
            await transfers.submit("globus:/nothing", str(world.folder / "a.txt"))
    assert world.count == 0


async def test_a_deadline_that_can_not_be_meant_is_refused_before_anything_is_ordered(world: World) -> None:
    world.plant("a.txt")
    now = datetime.now(UTC)
    wrong = {"has passed": now - timedelta(seconds=1), "time zone": (now + timedelta(hours=5)).replace(tzinfo=None)}
    async with world.transfers() as transfers:
        for said, deadline in wrong.items():
            with pytest.raises(BadInput, match=said):
                await transfers.submit("globus:/a.txt", str(world.folder / "a.txt"), deadline=deadline)
    assert world.count == 0


async def test_a_folder_does_not_go_where_a_file_is(world: World) -> None:
    world.plant("run/a.txt")
    world.globus.add_file("run", "a file", collection=world.home)
    async with world.transfers() as transfers:
        with pytest.raises(HubdrivesError, match="There is a file where the folder is to go"):
            await transfers.submit("globus:/run", str(world.folder / "run"), recursive=True)


async def test_files_outside_of_what_is_reached_are_refused(world: World) -> None:
    world.plant("a.txt")
    outside = world.folder.parent / "elsewhere"
    outside.mkdir()
    (world.folder / "link").symlink_to(outside)
    async with world.transfers() as transfers:
        for place in (outside / "a.txt", world.folder / "link" / "a.txt", world.folder / ".." / "a.txt"):
            with pytest.raises(BadInput, match="in no folder that Globus reaches here") as told:
                await transfers.submit("globus:/a.txt", str(place))
            assert str(world.folder) in told.value.hint
    assert world.count == 0


async def test_without_a_local_collection_the_other_way_is_named(world: World) -> None:
    world.plant("a.txt")
    del world.environment["GLOBUS_LOCAL_ENDPOINT"]
    async with world.transfers() as transfers:
        with pytest.raises(BadInput, match="Nothing says how the files of this machine are reached") as told:
            await transfers.submit("globus:/a.txt", str(world.folder / "a.txt"))
    assert "GLOBUS_LOCAL_ENDPOINT" in told.value.hint
    assert "hubdrives get" in told.value.hint
