"""Links that the hub's gateway signed, at a real Jupyter Server that knows the gateway as a hub's servers do."""

import shutil
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import expect
from tests.gateway.bench import Bench, benched
from tests.lab.conftest import Server, Visit, jupyter_server

from hubdrives.config import Grant
from hubdrives.providers.gateway import Gateway


@dataclass(frozen=True)
class Classroom:
    bench: Bench
    server: Server
    """The server of ada, who is in the group stats."""
    environment: dict[str, str]

    async def link(self, **terms: str) -> str:
        teacher = self.bench.connect(self.bench.people.token("tess"))
        location = Gateway.parse(self.bench.drive.location, base_url=self.bench.url)
        assert location is not None
        return (await teacher.sign_link(location, **terms)).token


@pytest.fixture
async def classroom(tmp_path: Path) -> AsyncIterator[Classroom]:
    async with benched(tmp_path) as bench:
        await bench.start(Grant(connection="drive", users=["tess"], can=["read", "link"]))
        bench.file("Week 1.ipynb", b"{}")
        environment = {
            "HUBDRIVES_GATEWAY_URL": bench.url,
            "JUPYTERHUB_API_TOKEN": bench.people.token("ada", "stats"),
        }
        with ExitStack() as stack:
            server = stack.enter_context(jupyter_server(tmp_path / "server", environment))
            yield Classroom(bench, server, environment)


async def test_a_signed_link_starts_by_itself_and_opens_what_its_author_chose(
    classroom: Classroom, visit: Visit
) -> None:
    server = classroom.server
    token = await classroom.link(group="stats", target="course", open_path="Week 1.ipynb")
    visitor = await visit(at=server)
    posted = []
    visitor.context.on("request", lambda request: request.method == "POST" and posted.append(request.url))
    page = await visitor.open(server.page(link=token))
    await page.wait_for_url("**/user/ada/lab/tree/course/Week%201.ipynb")
    assert (server.home / "course" / "Week 1.ipynb").read_bytes() == b"{}"
    assert len(posted) == 1
    assert visitor.complaints == []
    assert token not in server.log.read_text()


async def test_who_is_not_meant_is_told_so_and_gets_nothing(classroom: Classroom, visit: Visit) -> None:
    server = classroom.server
    token = await classroom.link(group="physics")
    before = server.tree()
    visitor = await visit(at=server)
    page = await visitor.open(server.page(link=token))
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("physics")
    await expect(page.get_by_role("link", name="Open my files anyway")).to_be_visible()
    assert token not in await page.content()
    assert token not in await page.locator("#support").input_value()
    assert "a signed link" in await page.locator("#support").input_value()
    assert server.tree() == before
    assert token not in server.log.read_text()


async def test_the_authors_version_comes_through_the_link_and_later_by_opening_it_again(
    classroom: Classroom, visit: Visit, tmp_path: Path
) -> None:
    classroom.bench.file("radar.bin", b"\0rain")
    link = {"link": await classroom.link(group="stats", target="course")}
    visitor = await visit(at=classroom.server)
    page = await visitor.open(classroom.server.page(**link))
    await page.wait_for_url("**/user/ada/lab/**")
    (classroom.server.home / "course" / "radar.bin").write_bytes(b"\0mine")
    assert await upstream(classroom.server, "radar.bin") == (200, b"\0rain")

    with jupyter_server(tmp_path / "restarted", classroom.environment) as restarted:
        shutil.copytree(classroom.server.home / "course", restarted.home / "course")
        status, told = await upstream(restarted, "radar.bin")
        assert status == 404
        assert "Open the link that you got once more" in told.decode()
        visitor = await visit(at=restarted)
        page = await visitor.open(restarted.page(**link))
        await page.wait_for_url("**/user/ada/lab/**")
        assert await upstream(restarted, "radar.bin") == (200, b"\0rain")


async def upstream(server: Server, path: str) -> tuple[int, bytes]:
    headers = {"Authorization": f"token {server.token}"}
    query = {"target": "course", "path": path}
    async with (
        aiohttp.ClientSession(server.url, headers=headers) as client,
        client.get("hubdrives/api/upstream", params=query) as answer,
    ):
        return answer.status, await answer.read()


async def test_without_a_gateway_a_signed_link_is_explained(visit: Visit, server: Server) -> None:
    visitor = await visit()
    page = await visitor.open(server.page(link="abc.def"))
    await expect(page.get_by_role("alert")).to_be_visible()
