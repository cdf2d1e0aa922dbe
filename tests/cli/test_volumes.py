"""`hubdrives volumes`, on an emulated Globus."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.cli.conftest import Shell
from tests.transfers.world import World, world_of


@pytest.fixture
async def world(shell: Shell, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(tmp_path / "globus", home=shell.folder) as made:
        settings = shell.folder / "hubdrives.toml"
        settings.write_text(made.toml)
        shell.env |= made.environment | {"HUBDRIVES_CONFIG": str(settings)}
        shell.is_inside = True
        ocean = made.globus.add_collection("Ocean temperatures", https=False)
        ocean.description = "Buoys,\nsince \x1b[31m1990"
        yield made


async def test_volumes_are_found_by_words(shell: Shell, world: World) -> None:
    done = await shell.arun("volumes", "ocean", "temp", "--json")
    (found,) = done.report["volumes"]
    assert (done.code, found["name"], found["owner"]) == (0, "Ocean temperatures", "researcher@example.edu")
    assert found["facts"]["HTTPS"] == "no: transfers only"
    lines = (await shell.arun("volumes", "ocean")).out.splitlines()
    assert lines[0].split() == ["Name", "Owner", "Address"]
    assert [line.split()[-1] for line in lines[1:]] == [found["address"]]
    assert (await shell.arun("volumes", "no", "such", "words")).out == "Nothing was found.\n"


async def test_without_words_the_account_s_own_are_listed(shell: Shell, world: World) -> None:
    mine = (await shell.arun("volumes", "--json")).report["volumes"]
    assert sorted(one["name"] for one in mine) == ["Home", "Lab", "Lab data"]
    assert (await shell.arun("volumes", "--own", "--json")).report["volumes"] == mine
    assert (await shell.arun("volumes", "--own", "ocean", "--json")).report["volumes"] == []
    assert len((await shell.arun("volumes", "-n", "1", "--json")).report["volumes"]) == 1


async def test_the_address_of_one_tells_all_about_it_and_opens_it(shell: Shell, world: World) -> None:
    world.plant("runs/rain.csv")
    (ocean,) = (await shell.arun("volumes", "ocean", "--json")).report["volumes"]
    done = await shell.arun("volumes", "--of", ocean["address"])
    assert done.code == 0, done.err
    told = {(*line.split("  ", 1),) for line in done.out.splitlines()}
    assert {(name, value.strip()) for name, value in told} >= {
        ("Name", "Ocean temperatures"),
        ("Description", "Buoys, since �[31m1990"),
        ("Kind", "mapped collection"),
        ("HTTPS", "no: transfers only"),
    }
    assert (await shell.arun("volumes", "--of", ocean["address"], "--json")).report == ocean
    (lab,) = [one for one in (await shell.arun("volumes", "--json")).report["volumes"] if one["name"] == "Lab"]
    assert (await shell.arun("volumes", "--of", "globus:/runs", "--json")).report == lab
    assert "runs" in (await shell.arun("ls", lab["address"])).out


@pytest.mark.parametrize("more", [("ocean",), ("--own",)])
async def test_one_is_told_about_or_many_are_found(shell: Shell, world: World, more: tuple[str, ...]) -> None:
    assert (await shell.arun("volumes", "--of", "globus:/", *more)).code == 2


def test_who_has_no_volumes_gets_a_sentence(shell: Shell, team: object) -> None:
    done = shell.run("volumes", "ocean")
    assert (done.code, done.out) == (1, "")
    assert "No connection here has volumes" in done.err
    done = shell.run("volumes", "--of", "team:/")
    assert (done.code, done.out) == (1, "")
    assert "has no volumes that can be told about" in done.err
