"""The emulator as a whole: the served directory, what is counted, and what can be done from outside."""

import tomllib

import pytest

from hubdrives.testing.emulators.canvas import STUDENT, TEACHER, Canvas
from hubdrives.testing.emulators.canvas.routes import _ROUTES
from hubdrives.testing.emulators.server import serving

from .conftest import Client


@pytest.fixture
async def live(tmp_path, session):
    (tmp_path / "week 1").mkdir()
    (tmp_path / "week 1" / "a.txt").write_text("hello")
    (tmp_path / "b.txt").write_text("b")
    async with serving(Canvas(tmp_path)) as canvas:
        yield Client(canvas, session)


async def listed(client):
    return {each["display_name"]: each["id"] for each in (await client.files()).json}


async def test_a_directory_is_a_course(live, tmp_path):
    canvas = live.canvas
    assert canvas.location == f"{canvas.url}/courses/{canvas.course.id}/files"
    assert (await live.get(f"courses/{canvas.course.id}")).json["name"] == tmp_path.name
    assert (await listed(live)).keys() == {"a.txt", "b.txt"}
    assert (await canvas.find("week 1/a.txt")).id == str((await listed(live))["a.txt"])
    answer = await live.get(f"/files/{(await canvas.find('week 1/a.txt')).id}/download")
    assert answer.body == b"hello"


async def test_an_edit_is_an_upload_over_the_name(live, tmp_path):
    before = await listed(live)
    (tmp_path / "week 1" / "a.txt").write_text("hello again")
    after = await listed(live)
    assert after["b.txt"] == before["b.txt"]
    assert after["a.txt"] not in before.values()
    assert (await live.get(f"files/{before['a.txt']}")).status == 404
    assert (await live.get(f"/files/{after['a.txt']}/download")).body == b"hello again"
    (tmp_path / "week 1" / "a.txt").write_text(
        "HELLO AGAIN"
    )  # of equal size, and perhaps at the same tick of the clock
    assert (await listed(live))["a.txt"] != after["a.txt"]


async def test_a_rename_keeps_the_id_and_so_does_an_edit_of_the_date_after_an_edit(live, tmp_path):
    (tmp_path / "week 1" / "a.txt").write_text("edited")
    before = await listed(live)
    (tmp_path / "week 1").rename(tmp_path / "week one")
    (tmp_path / "week one" / "a.txt").rename(tmp_path / "c.txt")
    after = await listed(live)
    assert after == {"b.txt": before["b.txt"], "c.txt": before["a.txt"]}
    assert (await live.get(f"/files/{after['c.txt']}/download")).body == b"edited"
    (tmp_path / "c.txt").unlink()
    assert (await listed(live)).keys() == {"b.txt"}


async def test_an_address_ends_with_the_bytes_that_were_on_disk(live, tmp_path):
    node = await live.canvas.find("b.txt")
    address = (await live.get(f"files/{node.id}/public_url")).json["public_url"]
    (tmp_path / "b.txt").rename(tmp_path / "c.txt")
    assert (await live.send("GET", address)).body == b"b"
    (tmp_path / "c.txt").write_text("edited")
    other = (await live.get(f"files/{(await live.canvas.find('c.txt')).id}/public_url")).json["public_url"]
    (tmp_path / "c.txt").unlink()
    for gone in (address, other):
        answer = await live.send("GET", gone)
        assert (answer.status, b"<Code>NoSuchKey</Code>" in answer.body) == (404, True)


async def test_locks_stay_on_what_is_edited(live, tmp_path):
    canvas = live.canvas
    canvas.lock(await canvas.find("b.txt"))
    (tmp_path / "b.txt").write_text("edited")
    assert (await listed(live)).keys() == {"a.txt"}
    assert canvas.tree.lock((await canvas.find("b.txt")).id).locked


async def test_another_course_can_serve_another_directory(live, tmp_path_factory):
    directory = tmp_path_factory.mktemp("other")
    (directory / "x.txt").write_text("x")
    course = live.canvas.add_course("Other", directory=directory)
    live.canvas.enrol(STUDENT, course)
    assert (await live.get(f"courses/{course.id}/files")).names == ["x.txt"]
    assert course.url == f"{live.canvas.url}/courses/{course.id}/files"


async def test_every_route_is_counted_by_its_operation(canvas, client, plant):
    node = plant("a.txt")
    module = canvas.add_module(canvas.course, "M")
    item = canvas.add_module_item(module, node)
    group = canvas.add_group("G", course=canvas.course)
    canvas.join(STUDENT, group)
    ids = {":course_id": canvas.course.id, ":group_id": group.id, ":user_id": "self", ":module_id": module.id}
    last = {
        "courses.get": canvas.course.id,
        "groups.get": group.id,
        "users.get": "self",
        "modules.get": module.id,
        "modules.item": item.id,
        "files.get": node.id,
        "files.public_url": node.id,
    }
    for template, operation, _handler in _ROUTES:
        if operation == "files.get" and not template.startswith(("/api/v1/files", "/api/v1/courses")):
            continue  # this file is a course's
        own = canvas.personal_files(STUDENT).root if "/users/" in template else canvas.root
        own = group.root if "/groups/" in template else own
        path = template.replace("/*full_path", "")
        for name, value in ids.items():
            path = path.replace(name, value)
        path = path.replace(":id", last.get(operation, own))
        query = {"asset_type": "ModuleItem", "asset_id": item.id} if operation == "modules.sequence" else {}
        answer = await client.get(path, **query)
        assert (answer.status, list(canvas.requests.log)[-1]["operation"]) == (200, operation), path


async def test_writes_are_counted_and_refused(canvas, client, teacher, plant):
    node = plant("a.txt")
    for method, path in (
        ("POST", f"/api/v1/courses/{canvas.course.id}/files"),
        ("PUT", f"/api/v1/files/{node.id}"),
        ("DELETE", f"/api/v1/files/{node.id}"),
        ("POST", f"/api/v1/folders/{canvas.root}/folders"),
    ):
        assert (await client.send(method, path, headers=teacher.bearer)).status == 403
    assert canvas.requests.by_operation == {"write": 4}
    assert (await client.get("nothing/here")).status == 404
    assert (await client.get("/courses/1")).status == 404
    assert canvas.requests.by_operation == {"write": 4, "unknown": 2}


async def test_the_command_line_learns_how_to_use_it(live, tmp_path):
    said = live.canvas.announce(tmp_path)
    config = tomllib.loads((tmp_path / "hubdrives.toml").read_text())
    assert config["connections"]["canvas"] == {
        "provider": "canvas",
        "base_url": live.canvas.url,
        "root": live.canvas.location,
        "credential": {"kind": "token", "token_env": "CANVAS_API_TOKEN"},
    }
    assert said.location == live.canvas.location
    assert said.env == {
        "HUBDRIVES_CONFIG": str(tmp_path / "hubdrives.toml"),
        "CANVAS_API_TOKEN": said.credentials["token"],
    }
    header = {"Authorization": f"Bearer {said.credentials['token']}"}
    assert (await live.send("GET", "/api/v1/users/self", headers=header)).json["login_id"] == STUDENT
    assert said.credentials["token"] in live.canvas.tokens.issued


async def test_people_can_be_enrolled_from_outside(canvas, client):
    async def enrol(login, role, course=canvas.course.id):
        rules = [{"login": login, "course": course, "role": role}]
        return (await client.send("POST", "/_emulator/enrolments", json=rules)).status

    made = (await client.send("POST", "/_emulator/tokens", json={"login": "ada"})).json
    header = {"Authorization": f"Bearer {made['token']}"}

    async def status():
        return (await client.send("GET", f"/api/v1/courses/{canvas.course.id}/files", headers=header)).status

    assert (await status(), await enrol("ada", "student"), await status()) == (403, 204, 200)
    assert (await enrol("ada", None), await status()) == (204, 403)
    assert await enrol("ada", "student", course="7") == 404
    assert canvas.requests.by_operation == {"files.list": 3}


async def test_locks_and_the_site_can_be_changed_from_outside(canvas, client, plant, clock):
    node = plant("a.txt")
    locks = [{"id": node.id, "unlock_at": clock.now + 60}]
    assert (await client.send("POST", "/_emulator/locks", json=locks)).status == 204
    assert (await client.files()).json == []
    assert (await client.send("POST", "/_emulator/site", json={"default_per_page": 1, "verifiers": True})).status == 204
    assert (canvas.site.default_per_page, canvas.site.verifiers) == (1, True)
    assert (await client.send("POST", "/_emulator/site", json={"nonsense": 1})).status == 400


async def test_a_person_is_known_by_login_and_number(canvas, client):
    person = canvas.add_person(STUDENT)
    assert canvas.add_person(STUDENT) is person
    assert (await client.get(f"users/{person.id}")).json["login_id"] == STUDENT
    assert {TEACHER, STUDENT} <= canvas.people.by_login.keys()
