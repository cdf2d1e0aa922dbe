"""The faults that only Box's emulator has, search, events, and the outer interface."""

import tomllib

import pytest

from hubdrives.testing.emulators.box import Box
from hubdrives.testing.emulators.server import serving

from .conftest import PART
from .test_uploads import Chunked


async def test_tokens_end_in_the_middle(client, strike, plant):
    plant("a.txt")
    strike("expire_tokens", "folders.items", after=1)
    assert (await client.get(f"folders/{client.box.root}/items")).status == 200
    assert (await client.get(f"folders/{client.box.root}/items")).status == 401
    assert (await client.get("users/me")).status == 401


async def test_too_many_requests_are_told_to_wait(client, strike):
    strike("error", "users.me", reason="rate_limit_exceeded", retry_after=3)
    answer = await client.get("users/me")
    assert (answer.refusal, answer.headers["Retry-After"]) == ((429, "rate_limit_exceeded"), "3")


async def test_a_write_is_carried_out_and_refused(box, client, strike):
    strike("refuse_after_effect", "files.upload")
    assert (await client.upload("a.txt", b"a")).refusal == (503, "unavailable")
    assert (await client.upload("a.txt", b"a")).refusal == (409, "item_name_in_use")
    assert box.tree.find("a.txt", under=box.root).content.read() == b"a"


async def test_bytes_are_not_ready_and_addresses_are_too_old(client, strike, plant):
    file = plant("a.txt", "0123456789")
    strike("not_ready", "files.content", retry_after=0)
    answer = await client.call("GET", f"files/{file.id}/content", allow_redirects=False)
    assert (answer.status, answer.body, answer.headers["Retry-After"]) == (202, b"", "0")
    strike("expired_address", "cdn.get", id=file.id)
    assert (await client.content(file.id)).status == 403
    strike("ignore_range", "cdn.get")
    whole = await client.content(file.id, headers={"Range": "bytes=2-4"})
    assert (whole.status, whole.body) == (200, b"0123456789")


async def test_lists_are_odd(box, client, strike, plant):
    for number in range(4):
        plant(f"{number}.txt")

    async def page(**params):
        return await client.get(f"folders/{box.root}/items", **params)

    strike("short_pages", size=1, times=None)
    short = await page(limit=3)
    assert (short.names, short.json["limit"], short.json["total_count"]) == (["0.txt"], 3, 4)
    first = (await page(usemarker="true", limit=3)).json["next_marker"]
    strike("empty_marker")
    assert (await page(usemarker="true")).json["next_marker"] == ""
    strike("order_object")
    assert isinstance((await page()).json["order"], dict)
    strike("skip_item")
    assert (await page(usemarker="true", marker=first)).names == ["2.txt", "3.txt"]
    strike("repeat_item")
    assert (await page(usemarker="true", marker=first)).names == ["0.txt", "1.txt", "2.txt", "3.txt"]
    strike("float_sizes", name="0.txt")
    answer = await page(fields="name,size")
    assert b'"size":4.0' in answer.body
    assert answer.body.count(b'"size":4}') == 3


async def test_a_file_is_replaced_between_two_requests(box, client, strike, plant):
    file = plant("a.txt", "old")
    strike("replace_content", "files.content", text="new")
    assert (await client.content(file.id)).body == b"new"
    assert len(box.tree.versions(file.id)) == 2


async def test_files_are_locked_or_kept(client, strike, plant):
    file, other = plant("a.txt"), plant("b.txt")
    strike("locked", id=file.id)
    assert (await client.get(f"files/{file.id}/content")).refusal == (403, "access_denied_item_locked")
    assert (await client.upload_version(file.id, b"x")).refusal == (403, "access_denied_item_locked")
    assert (await client.content(other.id)).status == 200
    strike("malware", name="b.txt")
    assert (await client.get(f"files/{other.id}/content")).refusal == (403, "forbidden_by_policy")


async def test_chunked_uploads_wait_and_end(client, strike):
    upload = await Chunked.begin(client, b"x" * 2 * PART)
    await upload.put_all()
    strike("commit_later", "uploads.commit", retry_after=1)
    later = await upload.commit()
    assert (later.status, later.body, later.headers["Retry-After"]) == (202, b"", "1")
    strike("session_expired", "uploads.*")
    assert (await upload.commit()).refusal == (410, "session_expired")
    assert (await upload.commit()).status == 201


async def test_events_repeat_come_late_and_are_forgotten(client, strike, plant):
    start = (await client.get("events", stream_position="now")).json["next_stream_position"]
    names = ["a.txt", "b.txt"]
    for name in names:
        plant(name)

    async def told(position=start):
        answer = (await client.get("events", stream_type="changes", stream_position=position)).json
        return [each["source"]["name"] for each in answer["entries"]], answer["next_stream_position"]

    assert (await told())[0] == names
    strike("repeat_events", "events")
    assert (await told())[0] == ["a.txt", "a.txt", "b.txt", "b.txt"]
    strike("shuffle_events", "events")
    assert (await told())[0] == ["b.txt", "a.txt"]
    strike("delay_events", "events")
    first, after = await told()
    assert (first, (await told(after))[0]) == (["a.txt"], ["b.txt"])
    strike("expired_position", "events")
    assert (await told())[0] == []


async def test_events_come_page_by_page_and_tell_what_was_taken_away(box, client, owner, plant):
    start = (await client.get("events", stream_position="now")).json["next_stream_position"]
    made = [plant(f"{number}.txt").id for number in range(3)]
    page = (await client.get("events", stream_position=start, limit=2)).json
    rest = (await client.get("events", stream_position=page["next_stream_position"], limit=2)).json
    assert [each["source"]["id"] for each in page["entries"] + rest["entries"]] == made
    private = (await owner.call("POST", "folders", json={"name": "private", "parent": {"id": "0"}})).json["id"]
    await owner.call("PUT", f"files/{made[0]}", json={"parent": {"id": private}})
    (moved,) = (await client.get("events", stream_position=rest["next_stream_position"])).json["entries"]
    assert (moved["event_type"], moved["source"]) == ("ITEM_MOVE", None)
    assert moved["created_by"]["login"] == box.owner.login


async def test_search_lags_and_is_filtered(box, client, clock, plant):
    plant("old report.csv", "x" * 100)
    clock.now += 10
    box.site.search_lag = 5
    plant("new report.csv")
    assert (await client.get("search", query="report")).names == ["old report.csv"]
    clock.now += 5
    found = await client.get("search", query="report", limit=1, offset=1)
    assert (found.json["total_count"], len(found.names)) == (2, 1)
    assert (await client.get("search", file_extensions="CSV,txt", size_range="50,")).names == ["old report.csv"]
    since = "2030-03-17T17:46:45+00:00"
    assert (await client.get("search", query="report", updated_at_range=f"{since},")).names == ["new report.csv"]
    assert (await client.get("search", query='"old rep"')).names == ["old report.csv"]
    assert (await client.get("search", query="report", owner_user_ids=box.service_account.id)).names == []


@pytest.mark.parametrize(
    "params", [{}, {"query": "a", "type": "song"}, {"query": "a", "limit": 201}, {"query": "a", "size_range": "x,"}]
)
async def test_odd_searches_are_refused(client, params):
    assert (await client.get("search", **params)).status == 400


async def test_it_is_set_up_from_outside(box, client):
    user = await client.send("POST", "/_emulator/users", json={"login": "ada@example.edu", "name": "Ada"})
    await client.send("POST", "/_emulator/groups", json={"name": "team", "members": ["ada@example.edu"]})
    share = {"item": box.root, "login": "ada@example.edu", "role": "viewer"}
    await client.send("POST", "/_emulator/collaborations", json=share)
    token = (await client.send("POST", "/_emulator/tokens", json={"login": "ada@example.edu"})).json["token"]
    ada = client.with_(token)
    assert (await ada.get("users/me")).json["id"] == user.json["id"]
    assert (await ada.get(f"folders/{box.root}")).status == 200
    assert (await client.send("POST", "/_emulator/site", json={"part_size": 7})).status == 204
    assert box.site.part_size == 7
    assert (await client.send("POST", "/_emulator/site", json={"colour": 7})).status == 400


async def test_it_says_how_to_use_it(tmp_path):
    async with serving(Box(tmp_path)) as box:
        said = box.announce(tmp_path)
        text = (tmp_path / "hubdrives.toml").read_text()
        connection = tomllib.loads(text)["connections"]["box"]
        assert (connection["provider"], connection["base_url"], connection["root"]) == ("box", box.url, box.location)
        assert connection["credential"] == {
            "kind": "box_ccg",
            "client_id": said.credentials["client_id"],
            "client_secret_env": "BOX_CLIENT_SECRET",
            "enterprise_id": said.credentials["enterprise_id"],
        }
        assert said.env["BOX_CLIENT_SECRET"] == said.credentials["client_secret"]
        assert said.env["BOX_CLIENT_SECRET"] not in text
        assert box.location == f"https://app.box.com/folder/{box.root}"
