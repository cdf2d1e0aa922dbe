"""What is imported when: the command line must start fast, and a notebook must not load a hub."""

import subprocess
import sys

import pytest

HEAVY = [
    *("aiohttp", "asyncio", "cryptography", "google", "jupyter_server"),
    *("jupyterhub", "nbformat", "playwright", "rich", "tenacity"),
]


def loaded(code):
    """The heavy modules that `code` loads in a fresh interpreter."""
    report = f"import sys; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1].split()


def test_importing_the_package_loads_nothing_heavy():
    assert loaded("import hubdrives") == []


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_loads_nothing_heavy(option):
    assert loaded(f"import hubdrives.cli\ntry: hubdrives.cli.cli([{option!r}])\nexcept SystemExit: pass") == []


def test_the_values_load_no_network():
    assert (
        loaded("import hubdrives.model, hubdrives.paths, hubdrives.errors, hubdrives.config, hubdrives.digests") == []
    )


@pytest.mark.parametrize("module", ["hubdrives.pull", "hubdrives.links", "hubdrives.connections", "hubdrives.cli.pull"])
def test_a_pull_needs_neither_google_nor_a_hub(module):
    here = set(loaded(f"import {module}"))
    assert not here & {"google", "cryptography", "jupyterhub", "jupyter_server", "playwright"}


def test_the_emulators_load_nothing_of_what_is_tested_with_them():
    code = "import sys, hubdrives.testing.emulators.googledrive"
    report = "print(*sorted(name for name in sys.modules if name.startswith('hubdrives.')))"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True)
    names = done.stdout.split()
    assert names
    assert {name for name in names if not name.startswith("hubdrives.testing")} <= {"hubdrives._version"}
