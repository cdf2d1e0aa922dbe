"""`hubdrives emulate`: what scripts of others rely on."""

import json
import signal
import socket
import urllib.request

import pytest


def test_the_first_line_says_all_that_a_client_needs(drive):
    assert drive.said["provider"] == "googledrive"
    assert drive.said["url"].startswith("http://127.0.0.1:")
    assert set(drive.said) == {"provider", "url", "location", "env", "credentials"}
    assert drive.said["credentials"]["service_account_file"]
    assert all(isinstance(value, str) for value in drive.env.values())


def test_what_canvas_says_is_all_that_the_command_line_needs(shell, course):
    with shell.started("emulate", "canvas", course) as process:
        said = json.loads(process.stdout.readline())
        done = shell.run("ls", said["location"], env=said["env"])
        assert (done.code, done.err) == (0, "")
        assert "readme.md" in done.out
        pulled = shell.run("pull", said["location"], "mine", env=said["env"])
        assert pulled.code == 0, pulled.err
    assert (shell.folder / "mine" / "week 1" / "rain.csv").read_text() == "town,mm\nBonn,12\n"


async def test_requests_are_counted_and_reset(shell, drive):
    await shell.arun("ls", drive.location, env=drive.env)
    assert (await drive.requests())["total"] > 0
    urllib.request.urlopen(urllib.request.Request(f"{drive.said['url']}/_emulator/reset", method="POST"))
    assert (await drive.requests())["total"] == 0


def test_it_serves_until_it_is_told_to_stop(shell, course):
    for number in (signal.SIGTERM, signal.SIGINT):
        with shell.started("emulate", "googledrive", course) as process:
            url = json.loads(process.stdout.readline())["url"]
            urllib.request.urlopen(f"{url}/_emulator/requests").close()
            process.send_signal(number)
            out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (0, b"", b"")


def test_the_port_is_the_one_that_was_asked_for_and_latency_is_accepted(shell, course, unused_tcp_port):
    with shell.started(
        "emulate", "googledrive", course, "--port", str(unused_tcp_port), "--latency", "0.01"
    ) as process:
        assert json.loads(process.stdout.readline())["url"] == f"http://127.0.0.1:{unused_tcp_port}"


def test_a_port_that_is_taken_is_a_failure_in_a_sentence(shell, course):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = shell.run("emulate", "googledrive", course, "--port", str(taken.getsockname()[1]))
    assert (done.code, done.out) == (1, "")
    assert "already in use" in done.err


def test_a_broken_sidecar_is_a_failure_in_a_sentence(shell, course):
    (course / ".emulator.json").write_text("{")
    done = shell.run("emulate", "googledrive", course)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")
    assert "nobody expected" not in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("floppy", "."),
        ("googledrive", "nowhere"),
        ("googledrive",),
        ("googledrive", ".", "--port", "x"),
        ("googledrive", ".", "--latency", "-1"),
    ],
)
def test_wrong_usage_is_2(shell, arguments):
    done = shell.run("emulate", *arguments)
    assert (done.code, done.out) == (2, "")
