"""Every fault that only this emulator commits, as a client meets it."""

import re

import pytest
from yarl import URL

from hubdrives.testing.emulators.canvas import emulator
from hubdrives.testing.emulators.canvas.errors import ALL_REASONS, REASONS, STORAGE_ERRORS, TOKEN_ERRORS


@pytest.fixture
def files(plant):
    return [plant(f"{number}.txt", "0123456789") for number in range(4)]


@pytest.mark.parametrize("reason", sorted(ALL_REASONS))
async def test_every_error_can_be_had_in_its_own_shape(client, files, strike, reason):
    strike("error", "files.get", reason=reason)
    answer = await client.get(f"files/{files[0].id}")
    if reason in REASONS:
        assert answer.status == REASONS[reason].status
        assert answer.message == REASONS[reason].message
    elif reason in TOKEN_ERRORS:
        assert (answer.status, answer.json["error"]) == TOKEN_ERRORS[reason][:2]
    elif reason in STORAGE_ERRORS:
        assert answer.status == STORAGE_ERRORS[reason][0]
        assert f"<Code>{reason}</Code>".encode() in answer.body
    else:
        assert answer.status == 403
    assert (await client.get(f"files/{files[0].id}")).status == 200


async def test_a_server_error_has_a_code_and_a_report(client, files, strike):
    strike("error", "files.get", reason="internal_server_error")
    answer = await client.get(f"files/{files[0].id}")
    assert answer.json["errors"] == [{"message": "An error occurred.", "error_code": "internal_server_error"}]
    assert isinstance(answer.json["error_report_id"], int)


async def test_a_client_has_to_say_its_name(client):
    answer = await client.get("users/self", headers={"User-Agent": ""})
    assert (answer.status, answer.json["error"]) == (403, "Forbidden")
    assert "valid user agent" in answer.json["message"]


async def test_maintenance_is_a_page_of_html(client, strike):
    strike("html", "files.list", status=503)
    answer = await client.files()
    assert (answer.status, answer.headers["Content-Type"].partition(";")[0]) == (503, "text/html")


@pytest.mark.parametrize(
    ("effect", "left"), [("link_no_last", {"current", "prev", "first"}), ("link_trimmed", {"next"})]
)
async def test_a_header_can_lack_links(canvas, client, files, strike, effect, left):
    canvas.site.bookmarks = False
    strike(effect, "files.list", times=None)
    answer = await client.files(per_page=2, page="2" if effect == "link_no_last" else "1")
    assert answer.links.keys() == left


async def test_a_header_can_lead_to_another_host_or_scheme(canvas, client, files, strike):
    strike("link_host", "files.list")
    assert URL((await client.files(per_page=2)).next).host == "canvas.example.org"
    strike("link_scheme", "files.list")
    found = URL((await client.files(per_page=2)).next)
    assert (found.scheme, found.authority) == ("https", URL(canvas.url).authority)


async def test_pages_can_be_short_or_empty(client, files, strike):
    strike("short_pages", "files.list", size=1, times=None)
    answer = await client.files(per_page=100)
    assert (answer.names, bool(answer.next)) == (["0.txt"], True)
    strike("empty_page", "files.list")
    answer = await client.files(per_page=2)
    assert answer.json == []
    assert (await client.get(answer.next)).names == ["0.txt", "1.txt"]


@pytest.mark.parametrize("bookmarks", [True, False])
@pytest.mark.parametrize(("effect", "second"), [("skip_item", ["3.txt"]), ("repeat_item", ["1.txt", "2.txt"])])
async def test_items_can_shift_between_pages(canvas, client, files, strike, bookmarks, effect, second):
    canvas.site.bookmarks = bookmarks
    strike(effect, "files.list", times=None)
    answer = await client.files(per_page=2)
    assert answer.names == ["0.txt", "1.txt"]
    assert (await client.get(answer.next)).names == second


async def test_a_file_can_be_replaced_between_two_pages(canvas, client, files, strike):
    strike("replace_content", "files.list", name="0.txt", after=1, text="newer")
    answer = await client.files(per_page=2)
    old = answer.json[0]["id"]
    answer = await client.get(answer.next)
    assert answer.names == ["2.txt", "3.txt"]
    assert (await client.get(f"files/{old}")).status == 404
    now = (await client.files()).json[0]
    assert (now["id"] != old, now["size"]) == (True, 5)


async def test_a_file_can_be_replaced_before_it_is_read(canvas, client, files, strike):
    address = (await client.get(f"files/{files[0].id}/public_url")).json["public_url"]
    strike("replace_content", "files.public_url")
    assert (await client.get(f"files/{files[0].id}/public_url")).status == 404
    assert (await client.send("GET", address)).body == b"0123456789"
    strike("replace_content", "files.list")
    assert (await client.files()).json[0]["id"] != int(files[0].id)


async def test_a_file_of_a_served_folder_is_replaced_on_disk(canvas, client, tmp_path, strike):
    (tmp_path / "a.txt").write_text("old")
    course = canvas.add_course("Live", directory=tmp_path)
    canvas.enrol("student", course)
    before = (await client.get(f"courses/{course.id}/files")).json
    strike("replace_content", "files.list", name="a.txt")
    after = (await client.get(f"courses/{course.id}/files")).json
    assert ((tmp_path / "a.txt").read_text(), after[0]["size"]) == ("replaced\n", 9)
    assert before[0]["id"] != after[0]["id"]


@pytest.mark.parametrize(("effect", "message"), [("expire_tokens", "Expired"), ("revoke_tokens", "Revoked")])
async def test_all_tokens_can_end(canvas, client, strike, effect, message):
    strike(effect, "files.list", after=1)
    assert (await client.files()).status == 200
    answer = await client.files()
    assert (answer.status, answer.message) == (401, f"{message} access token.")
    assert (await client.as_("student").files()).status == 200


async def test_the_way_to_the_bytes_can_lead_to_the_login(client, files, strike):
    strike("login_page", "files.download")
    answer = await client.get(f"/files/{files[0].id}/download")
    assert (answer.status, answer.url.path) == (200, "/login")
    assert (await client.get(f"/files/{files[0].id}/download")).body == b"0123456789"


async def test_an_address_can_be_too_old(client, files, strike):
    address = (await client.get(f"files/{files[0].id}/public_url")).json["public_url"]
    strike("expired_address", "files.content", id=files[0].id)
    assert (await client.send("GET", address)).status == 403
    assert (await client.send("GET", address)).status == 200


async def test_faults_of_the_bytes_are_met_at_the_storage(client, files, strike):
    address = (await client.get(f"files/{files[0].id}/public_url")).json["public_url"]
    strike("truncate", "files.content", name="0.txt", bytes=4)
    assert (await client.send("GET", address)).body == b"0123"
    strike("wrong", "files.content", bytes=0)
    assert (await client.send("GET", address)).body == b"\xcf123456789"
    strike("error", "files.content", reason="SlowDown")
    assert (await client.send("GET", address)).status == 503


async def test_a_file_can_be_on_its_way_still(client, files, strike):
    strike("pending", id=files[0].id)
    assert [each["upload_status"] for each in (await client.files()).json] == ["pending", *["success"] * 3]
    assert (await client.get(f"files/{files[0].id}/public_url")).status == 404
    assert (await client.get(f"/files/{files[0].id}/download")).status == 404
    assert (await client.get(f"/files/{files[1].id}/download")).status == 200


async def test_a_file_can_lack_what_others_have(client, files, strike):
    path = f"files/{files[0].id}"
    strike("size_mismatch", name="0.txt")
    assert [each["size"] for each in (await client.files()).json] == [11, 10, 10, 10]
    strike("no_uuid")
    assert "uuid" not in (await client.get(path)).json
    strike("no_modified_at")
    assert (await client.get(path)).json["modified_at"] is None
    strike("no_public_url")
    assert (await client.get(f"{path}/public_url")).json == {"public_url": None}


async def test_an_unknown_effect_or_reason_is_refused(canvas):
    for rule in ({"effect": "nonsense"}, {"effect": "error", "reason": "nonsense"}):
        with pytest.raises(ValueError, match="unknown"):
            canvas.faults.set([{"operation": "*", **rule}])


def test_the_documentation_names_every_effect():
    named = set(re.findall(r"`(\w+)`", emulator.__doc__))
    assert emulator._ALWAYS.union(emulator._LASTING, *emulator._SPECIAL.values()) <= named
