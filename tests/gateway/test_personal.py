"""Grants and links on a connection on which each user shows a token of their own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.gateway.campus import Campus, campus_of

from hubdrives.config import Grant
from hubdrives.errors import BadConfig
from hubdrives.gateway.app import make_app


@pytest.fixture
async def campus(tmp_path: Path) -> AsyncIterator[Campus]:
    async with campus_of(tmp_path) as made:
        yield made


async def status_of(campus: Campus, token: str, source: str) -> int:
    return (await campus.ask("GET", "api/v1/snapshot", token=token, params={"source": source}))[0]


async def test_a_grant_without_a_root_is_for_whatever_the_user_s_own_token_opens(campus: Campus) -> None:
    rain, snow = campus.course("Rain 101", "alice"), campus.course("Snow 102", "bob")
    await campus.open(Grant(connection="canvas", groups=("students",)))
    alice = campus.people.token("alice", "students")
    assert [await status_of(campus, alice, course) for course in (rain, snow)] == [200, 403]
    assert await status_of(campus, campus.people.token("mallory"), rain) == 403
    # Without a grant, nobody's token is even asked for.
    assert set(campus.logins.asked) == {"alice"}


async def test_a_grant_with_a_root_narrows_what_the_user_s_own_token_opens(campus: Campus) -> None:
    rain, snow = campus.course("Rain 101", "alice"), campus.course("Snow 102", "alice")
    await campus.open(Grant(connection="canvas", root=rain, everyone=True))
    alice = campus.people.token("alice")
    assert [await status_of(campus, alice, course) for course in (rain, snow)] == [200, 403]


async def test_a_grant_without_a_root_is_refused_where_everybody_shows_the_same_token(campus: Campus) -> None:
    await campus.open()
    rootless = {"connections": {"drive": {"provider": "googledrive", "base_url": campus.drive.url}}}
    settings = campus.settings([Grant(connection="drive", everyone=True)], connections=rootless["connections"])
    with pytest.raises(BadConfig, match="no root"):
        make_app(settings, campus.people)


async def test_a_signed_link_gives_its_reader_nothing_but_the_way(campus: Campus) -> None:
    rain = campus.course("Rain 101", "alice", "tess")
    await campus.open(
        Grant(connection="canvas", users=("tess",), can=("read", "link")),
        Grant(connection="canvas", groups=("students",)),
    )
    _, link, _ = await campus.ask(
        "POST", "api/v1/links", token=campus.people.token("tess"), json={"source": rain, "target": "rain"}
    )
    source = f"link:{link['token']}"
    assert await status_of(campus, campus.people.token("alice", "students"), source) == 200
    # In the group, but not in the course; in the course, but without a grant; and without the author, who has left.
    assert await status_of(campus, campus.people.token("bob", "students"), source) == 403
    assert await status_of(campus, campus.people.token("alice"), source) == 403
    del campus.people.users["tess"]
    assert await status_of(campus, campus.people.token("alice", "students"), source) == 200


async def test_who_may_not_make_links_makes_none(campus: Campus) -> None:
    rain = campus.course("Rain 101", "alice")
    await campus.open()
    status, body, _ = await campus.ask(
        "POST", "api/v1/links", token=campus.people.token("alice"), json={"source": rain}
    )
    assert (status, body["code"]) == (403, "not-granted")


async def test_a_user_is_told_which_connections_they_read_with_their_own_login(campus: Campus) -> None:
    await campus.open(Grant(connection="canvas", everyone=True), Grant(connection="drive", everyone=True))
    _, found, _ = await campus.ask("GET", "api/v1/connections", token=campus.people.token("alice"))
    assert [(one["name"], one["personal"], len(one["roots"])) for one in found] == [
        ("canvas", True, 0),
        ("drive", False, 1),
    ]
    # To tell this, no token was needed.
    assert campus.logins.asked == []


async def test_the_audit_log_says_who_read_what_with_their_own_token(campus: Campus) -> None:
    rain = campus.course("Rain 101", "alice")
    await campus.open()
    await status_of(campus, campus.people.token("alice"), rain)
    (line,) = campus.audit()
    assert (line["user"], line["connection"], line["outcome"]) == ("alice", "canvas", "ok")
    assert "/courses/" in line["location"]
