"""A provider's own token, for one folder, through the gateway: only by a grant of its own, and in no log."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from tests.gateway.team import Team, teamed

from hubdrives.config import Grant
from hubdrives.errors import BadInput, NotGranted


@pytest.fixture
async def team(tmp_path: Path) -> AsyncIterator[Team]:
    async with teamed(tmp_path) as made:
        yield made


async def items(team: Team, token: str, folder: str) -> int:
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
        session.get(f"{team.box.url}/2.0/folders/{folder}/items") as answer,
    ):
        return answer.status


async def test_whoever_was_granted_it_gets_one_that_opens_the_folder_and_it_is_in_no_log(team: Team) -> None:
    inside = team.box.tree.add("results", parent=team.box.root).id
    beside = team.box.tree.add("beside", parent=team.box.root).id
    await team.open(Grant(connection="team", users=("alice",), can=("token",)))
    alice = team.connect(team.people.token("alice"))
    location = alice.parse("team:/results", base_url=team.url)
    assert location is not None
    made = await alice.narrowed(location)
    assert made.ends_at.tzinfo is not None
    assert await items(team, made.value, inside) == 200
    assert await items(team, made.value, beside) in {403, 404}
    assert made.value not in repr(made)
    (line,) = team.audit()
    assert (line["operation"], line["user"], line["outcome"]) == ("token", "alice", "ok")
    assert not any(made.value.encode() in path.read_bytes() for path in team.folder.rglob("*") if path.is_file())
    _, _, headers = await team.ask(
        "POST", "api/v1/token", token=team.people.token("alice"), json={"source": "team:/results"}
    )
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("can", [("read",), ("read", "link", "write", "share")])
async def test_no_other_right_gives_it(team: Team, can: tuple[str, ...]) -> None:
    await team.open(Grant(connection="team", users=("alice",), can=can))
    alice = team.connect(team.people.token("alice"))
    location = alice.parse("team:/", base_url=team.url)
    assert location is not None
    with pytest.raises(NotGranted):
        await alice.narrowed(location)
    assert "oauth.token" not in team.box.requests.by_operation


async def test_a_provider_that_makes_no_such_tokens_says_so(team: Team) -> None:
    await team.open(Grant(connection="drive", everyone=True, can=("token",)))
    alice = team.connect(team.people.token("alice"))
    location = alice.parse("drive:/", base_url=team.url)
    assert location is not None
    with pytest.raises(BadInput, match="no tokens"):
        await alice.narrowed(location)
