"""The tutorial for Globus: a login with Globus at a real hub, and the notebook in a real server."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import nbformat
import pytest
from tests.globus_lab import ADA, EVE, FOLDER, SEAS, Lab, lab_in, sea_surface_temperature
from tests.hub.globus_browser import through_globus
from tests.notebooks import run_notebook

from hubdrives.testing.hub import Server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

NOTEBOOK = Path(__file__).parents[2] / "examples" / "globus-tutorial.ipynb"
FIGURE = f"{FOLDER}.png"


async def test_the_tutorial_goes_from_the_login_to_a_plot_and_back(tmp_path: Path) -> None:
    async with lab_in(tmp_path) as lab, lab.hub.browser() as stranger, lab.hub.browser() as browser:
        # Of another institution than the hub lets in.
        assert (await through_globus(stranger, "/hub/home", EVE)).status == 403
        assert (await through_globus(browser, "/hub/home", ADA)).status == 200
        secrets = set(_tokens(await lab.hub.auth_state("ada")))
        server = await lab.hub.spawn("ada")
        ran = await run_notebook(lab.hub, "ada", server, NOTEBOOK)
        _check_outputs([_shown(outputs) for outputs in ran.outputs])
        await _check_what_is_there(lab)
        await _check_consent(lab, server, browser)
        secrets |= set(_tokens(await lab.hub.auth_state("ada")))
        _check_no_token(lab, ran.environment, secrets)


def _shown(outputs: Sequence[Mapping[str, Any]]) -> str:
    """Text, and pictures as they stand in the file."""
    data = [{"text/plain": one.get("text"), **one.get("data", {})} for one in outputs]
    return "\n".join(one.get("image/png") or one["text/plain"] for one in data)


def _check_outputs(shown: Sequence[str]) -> None:
    by_source = dict(zip(_sources(), shown, strict=True))

    def of(text: str) -> str:
        (found,) = (output for source, output in by_source.items() if text in source)
        return found

    assert all(name in of('collection.ls("", detail=True)') for name in ("README.md", "daily", "monthly"))
    paths = re.findall(r"'([^']+)'", of('collection.find("")'))
    assert paths == sorted(sea_surface_temperature())
    assert "Made up, for three seas" in of("README.md")
    assert "4 added" in of("!hubdrives pull")
    assert "\x1b[2K" not in of("!hubdrives pull")
    assert "3653" in of("hubdrives.open(").replace(".0", "")
    assert "3 downloaded" in of("!hubdrives get")
    assert all(sea in of("seas = {") for sea in SEAS)
    assert len(of("plt.subplots")) > 10_000
    assert "1 uploaded" in of("!hubdrives put")
    assert len(of("cat_file")) > 10_000
    assert "7/7" in of("ProgressBar")
    assert "7 files" in of("ProgressBar")
    assert of("rglob").count(".csv") == 6
    assert re.findall(r":\d\d  (.+)", of("transfers.events(")) == ["It began.", "All has arrived."]
    assert of("transfers.tasks(").count("succeeded") == 2


def _sources() -> Iterator[str]:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    return (cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code")


async def _check_what_is_there(lab: Lab) -> None:
    figure = (await lab.globus.find(f"/results/{FIGURE}")).content
    assert figure is not None
    assert figure.read() == (lab.home / FIGURE).read_bytes()
    copied = {
        str(path.relative_to(lab.home / "from-globus")): path.read_text()
        for path in (lab.home / "from-globus").rglob("*")
        if path.is_file()
    }
    assert copied == sea_surface_temperature()
    by_python, by_command = lab.globus.tasks.tasks.values()
    assert (by_python.status, by_python.label, by_python.files_transferred) == (
        "SUCCEEDED",
        "Sea surface temperature",
        7,
    )
    assert (by_command.status, by_command.files_transferred, by_command.files_skipped) == ("SUCCEEDED", 0, 7)


async def _check_consent(lab: Lab, server: Server, browser: aiohttp.ClientSession) -> None:
    """What the tutorial says about a consent that is missing."""
    address = lab.globus.web_address(lab.model, "/run 1/")
    code, said = await lab.run(server, "hubdrives", "ls", address)
    assert code == 1
    (way,) = re.findall(r"(/hub/hubdrives/consent\?\S+)", said)
    assert f"{lab.model.id}%2Fdata_access" in way
    assert lab.data.id not in way
    assert (await through_globus(browser, way, ADA)).status == 200
    code, said = await lab.run(server, "hubdrives", "ls", address)
    assert (code, "model.csv" in said) == (0, True), said


def _check_no_token(lab: Lab, environment: Mapping[str, str], secrets: set[str]) -> None:
    """Neither the notebook, its kernel, nor anything in the home has a token of Globus."""
    assert len(secrets) >= 6
    assert "GLOBUS_DATA" not in environment
    texts = {f"${name}": value.encode() for name, value in environment.items()}
    texts |= {str(path): path.read_bytes() for path in lab.home.rglob("*") if path.is_file()}
    texts["the logs"] = lab.hub.log.encode()
    assert str(lab.home / NOTEBOOK.name) in texts
    assert [where for where, text in texts.items() if any(secret.encode() in text for secret in secrets)] == []


def _tokens(value: object) -> Iterator[str]:
    """All access, refresh and ID tokens in what a login left."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str) and key.endswith("_token"):
                yield inner
            yield from _tokens(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _tokens(inner)
