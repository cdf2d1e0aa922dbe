"""The command as a whole: help, versions, failures in a sentence, exit codes."""

import importlib
import logging
import signal
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from hubdrives import __version__
from hubdrives.cli import cli
from hubdrives.cli.group import Commands
from hubdrives.errors import NotShared

NAMES = cli.list_commands(click.Context(cli))


def test_help_lists_every_command_with_what_it_does():
    done = CliRunner().invoke(cli, ["--help"])
    assert done.exit_code == 0
    for name in NAMES:
        assert f"\n  {name} " in done.output
    assert "Example: " in done.output


@pytest.mark.parametrize("name", NAMES)
def test_every_command_explains_itself_with_an_example(name):
    done = CliRunner().invoke(cli, [name, "--help"])
    assert done.exit_code == 0
    assert "Example: " in done.output
    assert f"hubdrives {name}" in done.output.replace("\n ", "")
    command = importlib.import_module(f"hubdrives.cli.{name}").command
    assert command.name == name
    assert cli._subcommands[name] == command.get_short_help_str(limit=200)
    assert all(option.help for option in command.params if isinstance(option, click.Option))


def test_the_version_is_told(shell):
    done = shell.run("--version")
    assert (done.code, done.out) == (0, f"hubdrives {__version__}\n")


@pytest.mark.parametrize(
    "arguments",
    [["frob"], ["pull"], ["pull", "a", "b", "c"], ["ls", "--frob", "x"], ["--frob"], ["emulate", "floppy", "."]],
)
def test_wrong_usage_is_2(arguments):
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 2
    assert "Usage: " in done.stderr
    assert done.stdout == ""


def test_the_module_is_the_command(shell):
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-m", "hubdrives", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"hubdrives {__version__}\n"


# Failures


def group_whose_command(monkeypatch, action):
    """A group like ours with one command, which does `action`."""
    module = type(importlib)("failing.act")
    module.command = click.Command("act", callback=action)
    monkeypatch.setitem(importlib.import_module("sys").modules, "failing.act", module)
    options = [click.Option(["--verbose"], is_flag=True)]
    return Commands(name="hubdrives", subcommands={"act": "Act."}, package="failing", params=options)


def failing(error):
    def act():
        raise error

    return act


def test_a_failure_is_a_sentence_a_hint_and_1(monkeypatch):
    group = group_whose_command(monkeypatch, failing(NotShared("Not shared.", hint="Share it.")))
    done = CliRunner().invoke(group, ["act"])
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", "error: Not shared.\nShare it.\n")


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("s3cret"), OSError(5, "s3cret"), ValueError("Bearer s3cret0123456789")]
)
def test_what_nobody_expected_is_a_sentence_too(monkeypatch, error):
    done = CliRunner().invoke(group_whose_command(monkeypatch, failing(error)), ["act"])
    assert done.exit_code == 1
    assert done.stderr.startswith("error: ")
    assert type(error).__name__ in done.stderr
    assert "--verbose" in done.stderr
    assert "Traceback" not in done.stderr
    assert "s3cret" not in done.stderr


def test_verbose_tells_the_history_without_its_secrets(monkeypatch):
    group = group_whose_command(monkeypatch, failing(ValueError("GET https://x.org/?sig=s3cret")))
    done = CliRunner().invoke(group, ["--verbose", "act"])
    assert "Traceback" in done.stderr
    assert "?sig=[hidden]" in done.stderr
    assert "s3cret" not in done.stderr


def test_an_interruption_is_a_sentence_and_130(monkeypatch):
    done = CliRunner().invoke(group_whose_command(monkeypatch, failing(KeyboardInterrupt())), ["act"])
    assert done.exit_code == 130
    assert done.stderr == "\nStopped. Start it again to go on.\n"


def test_a_part_that_is_not_installed_is_named_with_how_to_get_it(monkeypatch):
    error = ModuleNotFoundError("No module named 'jupyterhub'", name="jupyterhub")
    done = CliRunner().invoke(group_whose_command(monkeypatch, failing(error)), ["act"])
    assert done.exit_code == 1
    assert "'jupyterhub'" in done.stderr
    assert "pip install 'hubdrives[" in done.stderr


@pytest.mark.parametrize(
    ("command", "module", "extra"),
    [("gateway", "itsdangerous", "gateway"), ("demo", "jwt", "demo"), ("emulate googledrive .", "jwt", "emulators")],
)
def test_each_command_names_what_to_install_for_it(command, module, extra):
    # As in an image that has only what the notebook needs.
    lacking = f"import sys; sys.modules[{module!r}] = None; from hubdrives.cli import cli; cli({command.split()})"
    done = subprocess.run([sys.executable, "-c", lacking], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert f"pip install 'hubdrives[{extra}]'" in done.stderr


def test_the_log_is_redacted_and_left_as_it_was(monkeypatch):
    def act():
        logging.getLogger("hubdrives.x").debug("asking https://x.org/?token=s3cret")
        logging.getLogger("library").warning("Bearer s3cret0123456789")

    handlers = list(logging.getLogger().handlers)
    group = group_whose_command(monkeypatch, act)
    loud, quiet = CliRunner().invoke(group, ["--verbose", "act"]), CliRunner().invoke(group, ["act"])
    assert "asking https://x.org/?token=[hidden]" in loud.stderr
    assert "asking" not in quiet.stderr
    for done in (loud, quiet):
        assert "Bearer [hidden]" in done.stderr
        assert "s3cret" not in done.stderr
    assert logging.getLogger().handlers == handlers
    assert logging.getLogger("hubdrives").level == logging.NOTSET


def test_a_reader_that_has_seen_enough_is_no_failure_to_speak_of(shell, course):
    (course / "big").write_bytes(bytes(4 << 20))
    with shell.started("cat", course / "big") as process:
        process.stdout.read(10)
        process.stdout.close()
        process.stdout = None
        process.wait(timeout=30)
        assert process.stderr.read() == b""
        assert process.returncode not in {0, -signal.SIGKILL}
