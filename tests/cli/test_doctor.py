"""`hubdrives doctor`."""

import json

import pytest

pytestmark = pytest.mark.usefixtures("inside")


def configured(shell, text):
    (shell.folder / "c.toml").write_text(text)
    return {"HUBDRIVES_CONFIG": str(shell.folder / "c.toml")}


def test_where_nothing_is_wrong_it_says_so_and_ends_with_0(shell, course):
    done = shell.run("doctor", env=configured(shell, f'[connections.course]\nprovider = "local"\nroot = "{course}"'))
    assert (done.code, done.err) == (0, "")
    first, second, *_, last = done.out.splitlines()
    assert first.startswith("✓ ok")
    assert first.index("configuration") == second.index("connection course")
    assert last == "Nothing is wrong."


def test_what_is_wrong_is_told_with_its_code_and_how_to_mend_it_and_it_ends_with_1(shell, course):
    text = f'[connections.course]\nprovider = "local"\nroot = "{course}/nowhere"'
    done = shell.run("doctor", env=configured(shell, text))
    assert (done.code, done.err) == (1, "")
    line = next(line for line in done.out.splitlines() if "connection course" in line)
    assert line.startswith("✗ wrong")
    assert "[not-found]" in line
    assert "Check the address" in done.out
    assert done.out.splitlines()[-1] == "One thing is wrong."


def test_a_warning_is_not_wrong(shell):
    done = shell.run("doctor")
    assert done.code == 0
    assert done.out.startswith("! warning")
    assert done.out.splitlines()[-1] == "Nothing is wrong, one deserves a look."


def test_programs_get_one_line_of_json(shell, course):
    env = configured(shell, f'[connections.course]\nprovider = "local"\nroot = "{course}"')
    done = shell.run("doctor", "course:/week 9", "--json", env=env)
    assert done.code == 1
    findings = json.loads(done.out)
    assert [one["check"] for one in findings] == ["configuration", "connection course", "source"]
    assert findings[0].keys() == {"check", "level", "sentence", "advice", "code"}
    assert (findings[2]["level"], findings[2]["code"]) == ("wrong", "not-found")


@pytest.mark.parametrize("text", ["[connections", "[gateway]\ncolour = 'blue'"])
def test_a_broken_configuration_is_a_finding_like_others(shell, text):
    done = shell.run("doctor", "--json", env=configured(shell, text))
    assert done.code == 1
    assert json.loads(done.out)[0]["code"] == "bad-config"


def test_at_a_terminal_it_shows_what_it_looks_at_and_fits_the_width(shell, course):
    done = shell.at_terminal("doctor", course)
    assert "Looking at:" in done.out
    assert "Nothing is wrong" in done.out


async def test_an_emulated_drive_is_examined_from_outside(shell, drive):
    (shell.folder / "c.toml").write_text("")
    done = await shell.arun("doctor", drive.location, "--json", env=drive.env)
    source = json.loads(done.out)[-1]
    assert (done.code, source["level"]) == (0, "ok"), done.out
    await drive.faults({"operation": "files.get", "effect": "error", "reason": "notFound", "times": None})
    done = await shell.arun("doctor", drive.location, "--json", env=drive.env)
    source = json.loads(done.out)[-1]
    assert (done.code, source["code"]) == (1, "not-shared")
    assert "Share the folder with" in source["advice"]


@pytest.mark.parametrize(
    "source", ["link:" + "a" * 600, "https://example.org/x", "nowhere:/x", "link:abc", "", "https://hub/hubdrives/pull"]
)
def test_any_source_gets_an_answer_and_never_a_traceback(shell, source):
    done = shell.run("doctor", source, "--json")
    assert done.code == 1
    finding = json.loads(done.out)[-1]
    assert (finding["check"], finding["level"]) == ("source", "wrong")
    assert finding["code"] != "check-failed"
    assert done.err == ""
