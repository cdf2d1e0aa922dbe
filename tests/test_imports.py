"""What is imported when: the command line must start fast, and a notebook must not load a hub."""

import ast
import json
import subprocess
import sys
from importlib.metadata import distribution, files, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
HEAVY = [
    *("aiohttp", "asyncio", "cryptography", "google", "importlib.metadata", "jupyter_server"),
    *("jupyterhub", "nbformat", "playwright", "rich", "tenacity"),
]


def loaded(code):
    """The heavy modules that `code` loads in a fresh interpreter."""
    report = f"import sys; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1].split()


def test_importing_the_package_loads_nothing_heavy():
    assert loaded("import hubdrives") == []


def test_for_a_provider_of_ours_no_distribution_is_looked_through():
    run = "from hubdrives.providers import provider_class; provider_class({!r})"
    assert "importlib.metadata" not in loaded(run.format("globus"))
    told = "try: provider_class('unheard-of')\nexcept ValueError as error: assert 'globus' in str(error), error"
    assert "importlib.metadata" in loaded(f"{run.format('globus')}\n{told}")


def requirements(name, extras=frozenset()):
    """What is installed with a distribution: the names that it requires itself, with their extras."""
    wanted = [Requirement(text) for text in requires(name) or ()]
    return [
        (canonicalize_name(one.name), frozenset(one.extras))
        for one in wanted
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in {"", *extras})
    ]


def installed_with(name):
    """The names of all distributions that `pip install NAME` brings."""
    found, waiting = set(), [(name, frozenset())]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += requirements(*one)
    return {name for name, _extras in found}


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_loads_click_and_nothing_else_that_is_not_pythons_or_ours(option):
    run = f"import hubdrives.cli\ntry: hubdrives.cli.cli([{option!r}])\nexcept SystemExit: pass"
    report = "print(*{name.partition('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names)"
    code = f"import sys\nbefore = set(sys.modules)\n{run}\n{report}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.splitlines()[-1].split()) == {"click", "hubdrives"}
    assert loaded(run) == []


def image_with(folder, names):
    """`folder` as a notebook image's site-packages: these distributions and no others."""
    folder.mkdir()
    for name in names:
        for top in {file.parts[0] for file in files(name) or ()} - {"..", "hubdrives"}:
            (folder / top).symlink_to(distribution(name).locate_file(top))
    (folder / "hubdrives").symlink_to(ROOT / "src/hubdrives")


def test_a_pull_that_merges_needs_no_more_than_is_installed_with_hubdrives(tmp_path):
    image_with(tmp_path / "image", installed_with("hubdrives"))
    cell = {"cell_type": "markdown", "metadata": {}, "source": "# one"}
    course, mine = tmp_path / "course/a.ipynb", tmp_path / "mine/a.ipynb"
    course.parent.mkdir()
    course.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))

    def run(code):
        start = f"import sys; sys.path.insert(0, {str(tmp_path / 'image')!r})"
        command = [sys.executable, "-I", "-S", "-c", f"{start}\n{code}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stderr

    run("import importlib.util\nfor name in ('google', 'jupyterhub'): assert importlib.util.find_spec(name) is None")
    run(
        "from hubdrives.providers import provider_class as one; one('gateway'), one('googledrive')\nimport hubdrives.fs"
    )
    pull = "from hubdrives.cli import cli; cli(['pull', 'course', 'mine'], standalone_mode=False)"
    run(pull)
    mine.write_text(mine.read_text().replace('"metadata": {}, "nbformat"', '"metadata": {"mine": 1}, "nbformat"'))
    course.write_text(course.read_text().replace("# one", "# two"))
    run(pull)
    merged = json.loads(mine.read_text())
    assert (merged["metadata"], merged["cells"][0]["source"]) == ({"mine": 1}, "# two")


def test_whatever_is_imported_is_declared_or_belongs_to_the_image():
    # The pull page runs in the Jupyter Server that is there, and Jupyter is made of tornado and traitlets. Only who
    # runs the contract's tests has pytest.
    image = {"jupyter-server", "tornado", "traitlets", "pytest"}
    wanted = requirements("hubdrives", {"gateway", "hub", "emulators", "demo"})
    chosen = {name for one in wanted if one[1] for name, _extras in requirements(*one)}
    declared = {name for name, _extras in wanted} | chosen | image
    owners = packages_distributions()
    for file in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            tops = {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"hubdrives"}
            for top in tops:
                assert not declared.isdisjoint(map(canonicalize_name, owners.get(top, ()))), f"{file}: {top}"


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
