"""Signed links to folders of a Globus collection: to one that the service's account opens, and to one's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.gateway.ferries import Ferries, ferried

from hubdrives.config import Grant
from hubdrives.errors import BadLink, NotGranted
from hubdrives.providers.gateway import Gateway

TEACHER = Grant(connection="globus", groups=("staff",), can=("read", "link"))


@pytest.fixture
async def ferries(tmp_path: Path) -> AsyncIterator[Ferries]:
    async with ferried(tmp_path) as made:
        made.world.plant("runs/rain.csv", "town,mm\n")
        made.world.plant("runs/deep/snow.csv", "town,cm\n")
        made.world.plant("private.txt", "not for students")
        yield made


async def linked(ferries: Ferries) -> str:
    """Tess' link to the folder of the runs, as the file manager shows it."""
    tess = ferries.bench.connect(ferries.bench.people.token("tess", "staff"))
    runs = Gateway.parse(ferries.world.globus.web_address(ferries.world.lab, "/runs/"), base_url=ferries.bench.url)
    assert runs is not None
    return f"link:{(await tess.sign_link(runs)).token}"


async def pulled(ferries: Ferries, token: str, link: str) -> dict[str, bytes]:
    """What is behind it, as in the server of whoever has `token`."""
    student = ferries.bench.connect(token)
    location = Gateway.parse(link, base_url=ferries.bench.url)
    assert location is not None
    found: dict[str, bytes] = {}
    async for piece in student.read_many((await student.snapshot(location)).files):
        assert piece.error is None
        found[piece.entry.path] = found.get(piece.entry.path, b"") + piece.data
    return found


async def test_a_link_of_the_services_account_opens_its_folder_and_ends_with_its_authors_right(
    ferries: Ferries,
) -> None:
    await ferries.open(TEACHER)
    link = await linked(ferries)
    student = ferries.bench.people.token("student")
    assert await pulled(ferries, student, link) == {"rain.csv": b"town,mm\n", "deep/snow.csv": b"town,cm\n"}
    private = Gateway.parse("globus:/private.txt", base_url=ferries.bench.url)
    assert private is not None
    with pytest.raises(NotGranted):
        await ferries.bench.connect(student).stat(private)
    del ferries.bench.people.users["tess"]
    with pytest.raises(BadLink, match="its author"):
        await pulled(ferries, student, link)


async def test_a_link_where_everybody_has_a_login_of_their_own_gives_nothing_but_the_way(ferries: Ferries) -> None:
    await ferries.open(TEACHER, Grant(connection="globus", groups=("students",)), personal=True)
    link = await linked(ferries)
    with pytest.raises(NotGranted):
        await pulled(ferries, ferries.bench.people.token("stranger"), link)
    alice = ferries.bench.people.token("alice", "students")
    assert await pulled(ferries, alice, link) == {"rain.csv": b"town,mm\n", "deep/snow.csv": b"town,cm\n"}
