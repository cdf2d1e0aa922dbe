"""Files that are open with a kernel are not changed under the user's hands."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nbformat
import pytest
from tests.lab.asking import Client, asked, posted, pulled
from tests.lab.conftest import Server

from hubdrives.lab.sessions import Sessions


class Manager:
    """Jupyter Server's session manager, as far as it is asked."""

    def __init__(self, *paths: str) -> None:
        self._paths = paths

    async def list_sessions(self) -> list[dict[str, str]]:
        return [{"path": path, "type": "notebook"} for path in self._paths]


def notebook(*sources: str) -> str:
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources)]
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells))


@asynccontextmanager
async def kernel(client: Client, xsrf: dict[str, str], path: str) -> AsyncIterator[None]:
    """A session as JupyterLab starts it for a notebook that is opened."""
    order = {"path": path, "name": "", "type": "notebook", "kernel": {"name": "python3"}}
    async with client.post("api/sessions", json=order, headers=xsrf) as answer:
        assert answer.status == 201, await answer.text()
        session = (await answer.json())["id"]
    try:
        yield
    finally:
        async with client.delete(f"api/sessions/{session}", headers=xsrf) as answer:
            assert answer.status == 204


@pytest.mark.parametrize(
    ("session", "found"),
    [
        ("course/a.ipynb", {"a.ipynb"}),
        ("course/Week 1/a.ipynb", {"Week 1/a.ipynb"}),
        ("RTC:course/a.ipynb", {"a.ipynb"}),
        ("/course/a.ipynb", {"a.ipynb"}),
        ("link/a.ipynb", {"a.ipynb"}),
        ("a.ipynb", set()),
        ("course 2/a.ipynb", set()),
        ("../course/a.ipynb", set()),
        ("", set()),
    ],
)
async def test_sessions_are_told_relative_to_the_working_folder(tmp_path: Path, session: str, found: set[str]) -> None:
    home = tmp_path / "home"
    (home / "course").mkdir(parents=True)
    (home / "link").symlink_to("course")
    assert await Sessions(Manager(session), home=home).open_in(home / "course") == found


async def test_a_link_of_the_users_own_is_told_by_its_name_and_not_by_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "course").mkdir()
    (tmp_path / "elsewhere.ipynb").touch()
    (tmp_path / "course" / "a.ipynb").symlink_to(tmp_path / "elsewhere.ipynb")
    found = await Sessions(Manager("course/a.ipynb", "elsewhere.ipynb"), home=tmp_path).open_in(tmp_path / "course")
    assert found == {"a.ipynb"}


async def test_an_open_notebook_is_held_until_it_is_closed_or_the_reader_insists(
    client: Client, server: Server, course: Path, xsrf: dict[str, str]
) -> None:
    (course / "open.ipynb").write_text(notebook("1"))
    (course / "other.ipynb").write_text(notebook("1"))
    await pulled(client, xsrf, course)
    here = server.home / course.name
    (course / "open.ipynb").write_text(notebook("1", "2"))
    (course / "other.ipynb").write_text(notebook("1", "2"))

    async with kernel(client, xsrf, f"{course.name}/open.ipynb"):
        report = await pulled(client, xsrf, course)
        assert (report["held"], report["updated"]) == (["open.ipynb"], ["other.ipynb"])
        assert (here / "open.ipynb").read_text() == notebook("1")
    report = await pulled(client, xsrf, course)
    assert (report["held"], report["updated"]) == ([], ["open.ipynb"])
    assert (here / "open.ipynb").read_text() == notebook("1", "2")

    (course / "open.ipynb").write_text(notebook("1", "2", "3"))
    async with kernel(client, xsrf, f"{course.name}/open.ipynb"):
        assert (await pulled(client, xsrf, course))["held"] == ["open.ipynb"]
        report = await pulled(client, xsrf, course, overopen="yes")
        assert (report["held"], report["updated"]) == ([], ["open.ipynb"])
        assert (here / "open.ipynb").read_text() == notebook("1", "2", "3")


async def test_an_open_notebook_is_not_set_back_either(
    client: Client, server: Server, course: Path, xsrf: dict[str, str]
) -> None:
    (course / "open.ipynb").write_text(notebook("1"))
    await pulled(client, xsrf, course)
    mine = server.home / course.name / "open.ipynb"
    mine.write_text(notebook("mine"))
    target = course.name
    async with kernel(client, xsrf, f"{target}/open.ipynb"):
        for paths in (["open.ipynb"], [""]):
            _, told = await posted(client, xsrf, "reset", target=target, paths=paths)
            assert told["held"] == ["open.ipynb"]
            assert mine.read_text() == notebook("mine")
        _, told = await posted(client, xsrf, "reset", target=target, paths=["open.ipynb"], overopen="yes")
        assert told["held"] == []
        assert mine.read_text() == notebook("1")
        deed = told["last"]["id"]
        _, told = await posted(client, xsrf, "undo", target=target, id=deed)
        assert told["held"] == ["open.ipynb"]
        assert mine.read_text() == notebook("1")
    _, told = await posted(client, xsrf, "undo", target=target, id=deed)
    assert told["held"] == []
    assert mine.read_text() == notebook("mine")
    assert (await asked(client, "report", target=target))[1]["last"]["what"] == "undo"
