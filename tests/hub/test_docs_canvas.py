"""docs/admin/canvas.md: what stands there is run, against Canvas' own login and in a real hub."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from hubdrives.doctor.findings import Code
from hubdrives.errors import all_errors
from hubdrives.testing.emulators.canvas import STUDENT, Canvas
from hubdrives.testing.emulators.canvas.people import Course
from hubdrives.testing.emulators.server import serving
from hubdrives.testing.hub import Hub, Server, running_hub
from hubdrives.testing.processes import clean_environment, free_ports

PAGE = (Path(__file__).parents[2] / "docs/admin/canvas.md").read_text()
CANVAS, HUB = "https://canvas.example.edu", "https://hub.example.edu"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


LOGIN, LAST_LINES = blocks("python")
CONNECTION, EXCHANGED, TOKEN_FILE, TOKEN_ENV, GRANT, LIMITS = blocks("toml")
DOCTOR, LINK = (line.split() for block in blocks("bash") for line in block.splitlines())


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with other values in the place of those that the page has; all of them must be there."""
    for said, value in values.items():
        assert said in text, said
        text = text.replace(said, value)
    return text


async def run(*words: str, home: Path, environment: Mapping[str, str]) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *words),
        cwd=home,
        env=dict(environment),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@dataclass(frozen=True)
class Campus:
    hub: Hub
    canvas: Canvas
    course: Course

    async def log_in(self, login: str) -> aiohttp.ClientSession:
        """A new browser in which `login` has logged in to the hub, by the page of Canvas."""
        browser = self.hub.browser()
        async with browser.get("/hub/oauth_login?next=/hub/home") as page:
            assert (str(page.url.origin()), page.url.path) == (self.canvas.url, "/login")
        async with browser.post(page.url, data={"login": login}) as answer:
            assert (answer.status, answer.url.path) == (200, "/hub/home"), await answer.text()
        return browser

    async def pull(self, login: str, server: Server, *to: str) -> tuple[int, dict[str, Any], str]:
        words = ("hubdrives", "pull", self.course.url, *to, "--json")
        code, out, err = await run(*words, home=self.hub.home(login), environment=server.environment)
        return code, json.loads(out.splitlines()[-1]) if out else {}, err


@asynccontextmanager
async def campus_in(folder: Path, *, toml: str = CONNECTION) -> AsyncIterator[Campus]:
    """The page's way A: its two parts of jupyterhub_config.py, its TOML, a key with the scopes that it names."""
    (port,) = free_ports(1)
    async with serving(Canvas()) as canvas:
        callback = f"http://127.0.0.1:{port}/hub/oauth_callback"
        paths = re.findall(r'^    "(/.+)",$', LOGIN, re.MULTILINE)
        scopes = frozenset(f"url:GET|/api/v1{path}" for path in paths)
        key = canvas.add_developer_key(callback, scopes=scopes)
        course = canvas.add_course("Statistics")
        for login in ("alice", "bob"):
            canvas.enrol(login, course)
        file = folder / "hubdrives.toml"
        places = {"/var/cache/hubdrives": f"{folder}/cache", "/var/log/hubdrives/audit.log": f"{folder}/audit.log"}
        # So that nobody waits here until the gateway asks again.
        asking = {"[gateway]\n": "[gateway]\nfresh_seconds = 0\n"}
        file.write_text(filled(toml, {CANVAS: canvas.url, **places, **asking}))
        text = filled(
            LOGIN + LAST_LINES,
            {
                CANVAS: canvas.url,
                f"{HUB}/hub/oauth_callback": callback,
                'os.environ["CANVAS_CLIENT_ID"]': repr(key.id),
                'os.environ["CANVAS_CLIENT_SECRET"]': repr(key.secret),
                "/etc/hubdrives/hubdrives.toml": str(file),
            },
        )
        async with running_hub(
            folder, gateway_config=file, groups={"stats-101": ["bob"]}, last_lines=text, port=port
        ) as hub:
            yield Campus(hub, canvas, course)


@pytest.mark.e2e
@pytest.mark.timeout(180)
async def test_way_a_brings_a_course_with_the_token_of_a_login_at_canvas_past_its_end(tmp_path: Path) -> None:
    async with campus_in(tmp_path) as campus:
        campus.canvas.tree.add_file("lesson.txt", "The mean.\n", parent=campus.course.root)
        async with await campus.log_in("alice"):
            server = await campus.hub.spawn("alice")
        code, report, err = await campus.pull("alice", server)
        assert (code, report["added"]) == (0, ["lesson.txt"]), err
        assert (campus.hub.home("alice") / "Statistics/lesson.txt").read_text() == "The mean.\n"

        before = campus.canvas.requests.by_operation["oauth.token"]
        campus.canvas.tokens.expire_all()
        campus.canvas.tree.add_file("second.txt", "The median.\n", parent=campus.course.root)
        code, report, err = await campus.pull("alice", server)
        assert (code, report["added"]) == (0, ["second.txt"]), err
        assert campus.canvas.requests.by_operation["oauth.token"] == before + 1

        # Canvas renews without a new refresh token; the first is good the next time, too.
        campus.canvas.tokens.expire_all()
        code, _, err = await campus.pull("alice", server)
        assert code == 0, err
        assert campus.canvas.requests.by_operation["oauth.token"] == before + 2

        await the_commands_of_the_page_say_that_all_is_well(campus, server)
        assert not any(token in campus.hub.log for token in campus.canvas.tokens.issued)
        assert set(campus.canvas.requests.by_method) == {"GET", "POST"}
        assert campus.canvas.requests.by_operation["write"] == 0


async def the_commands_of_the_page_say_that_all_is_well(campus: Campus, server: Server) -> None:
    home = campus.hub.home("alice")
    for words in (DOCTOR, [*LINK, "--hub", campus.hub.url]):
        here = [campus.course.url if word.startswith(CANVAS) else word for word in words]
        code, out, err = await run(*here, home=home, environment=server.environment)
        assert code == 0, out + err
    assert URL(out.strip()).query == {"source": campus.course.url}


@pytest.mark.e2e
@pytest.mark.timeout(180)
async def test_the_narrower_grant_opens_one_course_to_one_group(tmp_path: Path) -> None:
    gateway = CONNECTION[CONNECTION.index("[gateway]") :]
    toml = filled(GRANT, {"courses/101": "courses/sis_course_id:stats"}) + gateway
    async with campus_in(tmp_path, toml=toml) as campus:
        campus.course.sis_id = "stats"
        campus.canvas.tree.add_file("lesson.txt", "The mean.\n", parent=campus.course.root)
        codes = {}
        for login in ("alice", "bob"):
            async with await campus.log_in(login):
                server = await campus.hub.spawn(login)
            codes[login], _, err = await campus.pull(login, server)
        assert codes == {"alice": 1, "bob": 0}, err


@pytest.mark.parametrize(("toml", "variables"), [(TOKEN_FILE, ()), (TOKEN_ENV, ("CANVAS_API_TOKEN",))])
async def test_way_c_reads_with_a_token_that_the_user_made(
    tmp_path: Path, toml: str, variables: tuple[str, ...]
) -> None:
    async with serving(Canvas()) as canvas:
        canvas.tree.add_file("lesson.txt", "The mean.\n", parent=canvas.root)
        token = canvas.token(STUDENT)
        (tmp_path / ".canvas-token").write_text(f"{token}\n" if not variables else "another")
        config = tmp_path / "hubdrives.toml"
        config.write_text(filled(toml, {CANVAS: canvas.url}))
        environment = clean_environment() | {"HUBDRIVES_CONFIG": str(config), "HOME": str(tmp_path)}
        environment |= dict.fromkeys(variables, token)
        code, _, err = await run("hubdrives", "pull", canvas.location, "c", home=tmp_path, environment=environment)
        assert code == 0, err
        assert (tmp_path / "c/lesson.txt").read_text() == "The mean.\n"


@pytest.mark.parametrize("toml", [EXCHANGED, LIMITS])
async def test_what_is_left_of_the_toml_is_taken_by_the_gateway(tmp_path: Path, toml: str) -> None:
    config = tmp_path / "hubdrives.toml"
    config.write_text(toml)
    environment = clean_environment() | {"HUBDRIVES_CONFIG": str(config)}
    code, _, err = await run("hubdrives", "gateway", "--check", home=tmp_path, environment=environment)
    assert code == 0, err


def test_every_code_of_the_table_is_one_that_the_doctor_tells() -> None:
    named = re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE)
    assert len(named) > 5
    assert set(named) <= {*Code, *(error.code for error in all_errors())}
