"""`hubdrives transfer` and `hubdrives transfers`, as people run them, at an emulated Globus."""

import asyncio
import json
import shlex
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.cli.conftest import Done, Shell
from tests.transfers.world import World, world_of


@pytest.fixture
async def world(tmp_path: Path, shell: Shell) -> AsyncIterator[World]:
    async with world_of(tmp_path / "globus", home=shell.folder) as made:
        made.plant("runs/rain.csv", "town,mm\n")
        made.plant("runs/snow.csv", "town,cm\n")
        config = shell.folder.parent / "hubdrives.toml"
        config.write_text(made.toml)
        shell.env |= {**made.environment, "HUBDRIVES_CONFIG": str(config)}
        yield made


async def test_a_folder_is_transferred_and_watched_to_its_end(shell: Shell, world: World) -> None:
    done = await shell.arun("transfer", "globus:/runs", "./data/runs", "--recursive", "--label", "all runs")
    assert (done.code, done.out) == (0, "2 files, 16 bytes: all is there.\n"), done.err
    assert await world.brought("/data/runs/rain.csv") == b"town,mm\n"
    shell.is_inside = True
    listed = await shell.arun("transfers", "list")
    assert listed.code == 0, listed.err
    head, line = listed.out.splitlines()
    assert head.split() == ["Begun", "State", "Files", "Size", "Label", "From", "To", "ID"]
    (task,) = world.globus.tasks.tasks
    assert line.split()[2:] == ["succeeded", "2/2", "16", "bytes", "all", "runs", "Lab", "Home", task]


@pytest.mark.usefixtures("inside")
async def test_json_is_the_last_line_and_nothing_else_is_on_standard_output(shell: Shell, world: World) -> None:
    done = await shell.arun("transfer", "globus:/runs/rain.csv", "rain.csv", "--sync-level", "checksum", "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    (task,) = world.globus.tasks.tasks
    assert (told["id"], told["state"], told["files_done"], told["ok"]) == (task, "succeeded", 1, True)
    assert (await shell.arun("transfers", "list", "--json")).report["transfers"] == [told]
    assert (await shell.arun("transfers", "watch", task, "--json")).report == told


@pytest.mark.usefixtures("inside")
async def test_a_detached_transfer_says_how_to_come_back_and_is_ended_by_its_id(shell: Shell, world: World) -> None:
    world.globus.settings.bandwidth = 0.01
    done = await shell.arun("transfer", "globus:/runs/rain.csv", "rain.csv", "--detach")
    (task,) = world.globus.tasks.tasks
    assert done == Done(0, f"The transfer has begun. `hubdrives transfers watch {task}` shows how far it is.\n", "")
    ended = await shell.arun("transfers", "cancel", task)
    assert ended == Done(0, "It has ended. It was cancelled.\n", "")
    watched = await shell.arun("transfers", "watch", task)
    assert (watched.code, watched.out) == (1, "")
    assert "The transfer has failed. It was cancelled." in watched.err
    assert f"hubdrives transfers events {task}" in watched.err
    events = await shell.arun("transfers", "events", task)
    assert "It was cancelled." in events.out.splitlines()[1]
    told = (await shell.arun("transfers", "events", task, "--json")).report["events"]
    assert told[0]["code"] == "CANCELED"


async def test_ctrl_c_leaves_the_transfer_alone(shell: Shell, world: World) -> None:
    world.globus.settings.bandwidth = 0.01
    with shell.started("transfer", "globus:/runs/rain.csv", "rain.csv") as process:
        assert process.stderr is not None
        first = await asyncio.to_thread(process.stderr.readline)
        assert first
        process.send_signal(signal.SIGINT)
        _out, err = await asyncio.to_thread(process.communicate)
    (task,) = world.globus.tasks.tasks.values()
    assert process.returncode == 130
    assert f"The transfer goes on without you. `hubdrives transfers watch {task.id}`" in err.decode()
    assert "Traceback" not in err.decode()
    assert not task.is_over
    world.globus.advance(3000)
    shell.is_inside = True
    assert (await shell.arun("transfers", "watch", task.id)).out == "1 file, 8 bytes: all is there.\n"


async def test_a_command_that_was_killed_makes_no_second_transfer(shell: Shell, world: World) -> None:
    world.globus.faults.set([{"operation": "transfer.submit", "effect": "reset_after_effect", "times": 1}])
    order = ("transfer", "globus:/runs/rain.csv", "rain.csv", "--detach", "--json")
    with shell.started(*order) as process:
        while not world.globus.requests.by_operation["transfer.submit"]:
            await asyncio.sleep(0.005)
        process.kill()
    (task,) = world.globus.tasks.tasks
    shell.is_inside = True
    done = await shell.arun(*order)
    assert done.code == 0, done.err
    assert done.report["id"] == task
    assert world.count == 1


async def test_a_transfer_that_only_fails_says_so_while_it_is_watched(shell: Shell, world: World) -> None:
    world.globus.faults.set(
        [{"operation": "transfer.submit", "effect": "task_stuck", "reason": "PERMISSION_DENIED", "times": 1}]
    )
    with shell.started("transfer", "globus:/runs/rain.csv", "rain.csv") as process:
        assert process.stderr is not None
        lines = ""
        while "It will be tried again until" not in lines:
            world.globus.advance(5)
            line = await asyncio.to_thread(process.stderr.readline)
            assert line, lines
            lines += line.decode()
    assert "A collection denies access to a file or folder." in lines
    (task,) = world.globus.tasks.tasks
    assert f"`hubdrives transfers cancel {task}` ends it." in lines


async def test_a_terminal_gets_a_bar(shell: Shell, world: World) -> None:
    done = await asyncio.to_thread(shell.at_terminal, "transfer", "globus:/runs", "runs", "-r")
    assert done.code == 0, done.out
    assert "Transferring" in done.out
    assert "2 files, 16 bytes: all is there." in done.out


@pytest.mark.usefixtures("inside")
async def test_what_can_not_be_meant_is_refused_in_words(shell: Shell, world: World) -> None:
    wrong = {
        ("globus:/runs", "runs"): "'runs' is a folder.",
        ("globus:/nothing", "a"): "nothing",
        ("globus:/runs/rain.csv", "/etc/rain.csv"): "'/etc/rain.csv' is in no folder that Globus reaches here.",
        ("globus:/runs/rain.csv", "a", "--deadline", "tomorrow"): "'tomorrow' is no date and time.",
        ("globus:/runs/rain.csv", "a", "--deadline", "0001-01-01"): "'0001-01-01' is no date and time.",
        ("globus:/runs/rain.csv", "a", "--deadline", "0001-01-01T00:00+14:00"): "is no date and time.",
    }
    for arguments, sentence in wrong.items():
        done = await shell.arun("transfer", *arguments)
        assert (done.code, done.out) == (1, ""), done
        assert sentence in done.err
    assert (await shell.arun("transfer", "globus:/runs", "a", "--sync-level", "some")).code == 2
    assert (await shell.arun("transfers", "list")).out == "There are no transfers.\n"
    assert world.count == 0


@pytest.mark.usefixtures("inside")
async def test_files_that_only_a_transfer_brings_are_left_with_that_advice(shell: Shell, world: World) -> None:
    world.lab.https = False
    world.lab.https_server = None
    (shell.folder / "plot.png").write_text("a plot")
    for command in (("get", "globus:/runs", "a"), ("put", "plot.png", "globus:/runs")):
        done = await shell.arun(*command)
        assert done.code != 0
        assert "has no https server" in done.out + done.err, command
        assert "`hubdrives transfer`" in done.out + done.err, command


@pytest.mark.usefixtures("inside")
async def test_a_pull_of_what_is_not_served_names_the_command_that_brings_it(shell: Shell, world: World) -> None:
    world.lab.https = False
    world.lab.https_server = None
    done = await shell.arun("pull", "globus:/runs")
    assert (done.code, done.out) == (1, "")
    assert "serves no files over HTTPS" in done.err
    assert not (shell.folder / "runs").exists()
    program, *command = shlex.split(done.err.split("`")[1])
    assert program == "hubdrives"
    done = await shell.arun(*command)
    assert (done.code, done.out) == (0, "2 files, 16 bytes: all is there.\n"), done.err
    assert await world.brought("/runs/rain.csv") == b"town,mm\n"
    # What is there can be seen nevertheless.
    done = await shell.arun("ls", "-R", "globus:/runs")
    assert "rain.csv" in done.out
    assert "serves no files over HTTPS" in done.err


@pytest.mark.usefixtures("inside")
async def test_a_list_that_is_cut_says_how_many_there_are(shell: Shell, world: World) -> None:
    for name in ("a", "b", "c"):
        await shell.arun("transfer", "globus:/runs/rain.csv", name, "--detach")
        world.globus.advance(10)
    done = await shell.arun("transfers", "list", "--limit", "2")
    assert len(done.out.splitlines()) == 3
    assert done.err == "These are the newest 2 of 3; --limit shows up to 1000.\n"
    told = (await shell.arun("transfers", "list", "--limit", "2", "--json")).report
    assert (len(told["transfers"]), told["total"]) == (2, 3)
    assert (await shell.arun("transfers", "list", "--limit", "3")).err == ""


@pytest.mark.usefixtures("inside")
async def test_where_nothing_makes_transfers_that_is_said(shell: Shell) -> None:
    done = await shell.arun("transfers", "list")
    assert (done.code, done.out) == (1, "")
    assert "No connection here makes transfers." in done.err
