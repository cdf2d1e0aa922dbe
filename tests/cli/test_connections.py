"""`hubdrives connections`."""

import json


def configured(shell, text):
    (shell.folder / "c.toml").write_text(text)
    return {"HUBDRIVES_CONFIG": str(shell.folder / "c.toml")}


def test_each_connection_is_shown_with_whether_it_works(shell, course):
    env = configured(
        shell,
        f"""
        [connections.course]
        provider = "local"
        root = "{course}"

        [connections.gone]
        provider = "local"
        root = "{course}/nowhere"

        [connections.drive]
        provider = "googledrive"
        credential = {{ kind = "google_service_account", key_file = "/nowhere/key.json" }}

        [connections.disk]
        provider = "floppy"
        """,
    )
    done = shell.run("connections", "--json", env=env)
    lines = {line["name"]: line for line in json.loads(done.out)}
    assert done.code == 0
    assert lines["course"] == {
        "name": "course",
        "provider": "This machine",
        "root": str(course),
        "state": "ok",
        "via": None,
        "personal": False,
    }
    assert lines["gone"]["state"] not in {"", "ok"}
    assert "key" in lines["drive"]["state"]
    assert "'floppy'" in lines["disk"]["state"]
    assert lines["local"]["state"] == "ok"


def test_people_get_a_table(shell, course):
    env = configured(shell, f"[connections.course]\nprovider = 'local'\nroot = '{course}'")
    done = shell.run("connections", env=env)
    title, first, second = (line.split("  ") for line in done.out.splitlines())
    assert title[0] == "Connection"
    assert first[0] == "course"
    assert second[0].strip() == "local"
    assert str(course) in done.out
