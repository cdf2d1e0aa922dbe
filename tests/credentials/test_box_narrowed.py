"""Box tokens that open one folder only."""

from typing import Any

import aiohttp
import pytest
from aiohttp import web

from hubdrives.credentials.box import BoxTokens
from hubdrives.errors import BadCredential, UnexpectedAnswer
from hubdrives.testing.emulators.box import Box
from hubdrives.testing.emulators.server import serving


@pytest.fixture
async def box(monkeypatch: pytest.MonkeyPatch):
    async with serving(Box()) as emulator:
        monkeypatch.setenv("BOX_CLIENT_SECRET", emulator.app.client_secret)
        yield emulator


def tokens(url: str, client: str = "app", enterprise: str = "1") -> BoxTokens:
    credential = {
        "kind": "box_ccg",
        "client_id": client,
        "client_secret_env": "BOX_CLIENT_SECRET",
        "enterprise_id": enterprise,
    }
    return BoxTokens(credential, base_url=url)


async def status(box: Box, token: str, method: str, path: str, **more: Any) -> int:
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
        session.request(method, f"{box.url}/2.0/{path}", allow_redirects=False, **more) as answer,
    ):
        return answer.status


async def test_it_lists_and_downloads_what_is_in_the_folder_and_does_nothing_else(box: Box):
    inside = box.tree.add("inside", parent=box.root).id
    file = box.tree.add_file("a.txt", "a", parent=inside).id
    beside = box.tree.add("beside", parent=box.root).id
    other = box.tree.add_file("b.txt", "b", parent=beside).id
    source = tokens(box.url, box.app.client_id, box.app.enterprise_id)
    narrow, lifetime = await source.narrowed(f"folders/{inside}")
    assert 0 < lifetime <= 4200
    assert narrow != await source.token()
    assert await status(box, narrow, "GET", f"folders/{inside}/items") == 200
    assert await status(box, narrow, "GET", f"files/{file}/content") == 302
    refused = {
        "another folder": await status(box, narrow, "GET", f"folders/{beside}/items"),
        "another file": await status(box, narrow, "GET", f"files/{other}/content"),
        "the folder above": await status(box, narrow, "GET", f"folders/{box.root}/items"),
        "a new folder": await status(box, narrow, "POST", "folders", json={"name": "new", "parent": {"id": inside}}),
        "another name": await status(box, narrow, "PUT", f"files/{file}", json={"name": "c.txt"}),
        "removal": await status(box, narrow, "DELETE", f"files/{file}"),
    }
    assert all(code in {403, 404} for code in refused.values()), refused


async def test_the_account_s_own_token_stays_as_it_is(box: Box):
    source = tokens(box.url, box.app.client_id, box.app.enterprise_id)
    before = await source.token()
    await source.narrowed(f"folders/{box.root}")
    assert await source.token() == before
    assert await status(box, before, "GET", f"folders/{box.root}") == 200


ONE = {"type": "folder", "id": "7"}


@pytest.mark.parametrize(
    "restricted",
    [
        None,
        [],
        [{"scope": "base_explorer", "object": ONE}, {"scope": "item_download"}],
        [{"scope": "base_explorer", "object": {"type": "folder", "id": "0"}}],
        [{"scope": "base_explorer", "object": {"type": "file", "id": "7"}}],
        [{"scope": "base_explorer", "object": ONE}, {"scope": "item_upload", "object": ONE}],
        [{"scope": "root_readwrite", "object": ONE}],
    ],
)
async def test_a_token_that_opens_more_than_was_asked_for_is_not_handed_out(serve, monkeypatch, restricted):
    monkeypatch.setenv("BOX_CLIENT_SECRET", "s3cret")
    asked = []

    async def login(request: web.Request) -> web.Response:
        form = await request.post()
        asked.append((dict(form), request.query_string))
        told: dict[str, Any] = {"access_token": f"token-{len(asked)}", "expires_in": 3600, "token_type": "bearer"}
        if restricted is not None and "subject_token" in form:
            told["restricted_to"] = restricted
        return web.json_response(told)

    with pytest.raises(UnexpectedAnswer, match="opens more") as caught:
        await tokens(await serve(login)).narrowed("folders/7")
    assert "token-2" not in f"{caught.value!r} {caught.value.hint}"
    form, query = asked[1]
    # In the body: in the address Box would not look at it, and the token would open everything.
    assert query == ""
    assert (form["resource"], form["scope"]) == ("https://api.box.com/2.0/folders/7", "base_explorer item_download")
    assert form["subject_token"] == "token-1"


async def test_what_box_restricts_as_it_was_asked_is_handed_out(serve, monkeypatch):
    monkeypatch.setenv("BOX_CLIENT_SECRET", "s3cret")
    both = [{"scope": scope, "object": ONE} for scope in ("base_explorer", "item_download")]

    async def login(_request: web.Request) -> web.Response:
        return web.json_response(
            {"access_token": "narrow", "expires_in": 60, "token_type": "bearer", "restricted_to": both}
        )

    assert await tokens(await serve(login)).narrowed("folders/7") == ("narrow", 60.0)


async def test_a_refusal_is_told(box: Box):
    source = tokens(box.url, box.app.client_id, box.app.enterprise_id)
    with pytest.raises(BadCredential):
        await source.narrowed("folders/999999")


async def test_a_token_that_was_taken_back_before_its_time_is_renewed(box: Box):
    source = tokens(box.url, box.app.client_id, box.app.enterprise_id)
    old = await source.token()
    async with aiohttp.ClientSession() as session:
        secrets = {"client_id": box.app.client_id, "client_secret": box.app.client_secret}
        await session.post(f"{box.url}/oauth2/revoke", data={**secrets, "token": old})
    narrow, _lifetime = await source.narrowed(f"folders/{box.root}")
    assert await status(box, narrow, "GET", f"folders/{box.root}/items") == 200
    assert await source.token() != old
