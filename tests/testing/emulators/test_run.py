"""The emulator as a command of its own."""

import asyncio
import json
import signal
import stat
import sys
import tomllib
from pathlib import Path

import pytest

from hubdrives.testing.emulators import PROVIDERS, serve
from hubdrives.testing.emulators.box import Box
from hubdrives.testing.emulators.canvas import Canvas
from hubdrives.testing.emulators.globus import Globus
from hubdrives.testing.emulators.googledrive import GoogleDrive
from hubdrives.testing.emulators.seafile import Seafile

RUN = """
import sys
from pathlib import Path
from hubdrives.testing.emulators import run
run(sys.argv[2], Path(sys.argv[1]), port=0, latency=0.0)
"""
IMPORT = """
import sys
import hubdrives.testing.emulators.canvas
import hubdrives.testing.emulators.globus
import hubdrives.testing.emulators.googledrive
import hubdrives.testing.emulators.seafile
import hubdrives.testing.emulators.tls_proxy
print(*sorted(sys.modules))
"""


@pytest.fixture
def provider():
    return "googledrive"


@pytest.fixture
async def process(tmp_path, provider):
    (tmp_path / "a.txt").write_text("hello")
    arguments = (sys.executable, "-c", RUN, str(tmp_path), provider)
    started = await asyncio.create_subprocess_exec(
        *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    yield started
    if started.returncode is None:
        started.kill()
    await started.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_says_where_it_is_runs_until_told_to_stop_and_leaves_nothing(process, connect, number):
    said = json.loads(await process.stdout.readline())
    assert set(said) == {"provider", "url", "location", "env", "credentials"}
    assert said["provider"] == "googledrive"
    key_file = Path(said["credentials"]["service_account_file"])
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(key_file.parent.stat().st_mode) == 0o700
    assert json.loads(key_file.read_text())["token_uri"] == f"{said['url']}/token"
    config = tomllib.loads(Path(said["env"]["HUBDRIVES_CONFIG"]).read_text())
    assert config == {
        "connections": {
            "googledrive": {
                "provider": "googledrive",
                "base_url": said["url"],
                "root": said["location"],
                "credential": {"kind": "google_service_account", "key_file": str(key_file)},
            }
        }
    }
    assert said["location"].startswith("https://drive.google.com/drive/folders/1")
    process.send_signal(number)
    stdout, stderr = await process.communicate()
    assert (process.returncode, stdout, stderr) == (0, b"", b"")
    assert not key_file.parent.exists()


@pytest.mark.parametrize("provider", ["canvas"])
async def test_canvas_says_its_token_and_leaves_nothing(process):
    said = json.loads(await process.stdout.readline())
    config = Path(said["env"]["HUBDRIVES_CONFIG"])
    assert tomllib.loads(config.read_text())["connections"]["canvas"]["root"] == said["location"]
    assert said["credentials"] == {"token": said["env"]["CANVAS_API_TOKEN"]}
    assert said["credentials"]["token"] not in config.read_text()
    process.send_signal(signal.SIGTERM)
    stdout, stderr = await process.communicate()
    assert (process.returncode, stdout, stderr) == (0, b"", b"")
    assert not config.parent.exists()


@pytest.mark.parametrize("provider", ["seafile"])
async def test_seafile_says_its_library_and_how_to_log_in(process):
    said = json.loads(await process.stdout.readline())
    config = Path(said["env"]["HUBDRIVES_CONFIG"])
    assert tomllib.loads(config.read_text())["connections"]["seafile"]["root"] == said["location"]
    assert said["location"].startswith(f"{said['url']}/library/{said['credentials']['library_id']}/")
    assert said["env"]["SEAFILE_TOKEN"] == said["credentials"]["token"]
    assert said["credentials"]["token"] not in config.read_text()
    assert {"username", "password", "library", "library_token"} < said["credentials"].keys()
    process.send_signal(signal.SIGTERM)
    stdout, stderr = await process.communicate()
    assert (process.returncode, stdout, stderr) == (0, b"", b"")
    assert not config.parent.exists()


@pytest.mark.parametrize("provider", ["globus"])
async def test_globus_says_its_collection_and_a_token_for_each_server(process):
    said = json.loads(await process.stdout.readline())
    config, env = Path(said["env"].pop("HUBDRIVES_CONFIG")), said["env"]
    connection = tomllib.loads(config.read_text())["connections"]["globus"]
    assert (connection["root"], connection["base_url"]) == (said["location"], said["url"])
    collection = said["credentials"]["collection_id"]
    assert said["location"] == f"https://app.globus.org/file-manager?origin_id={collection}&origin_path=%2F"
    assert connection["credential"]["client_id"] == said["credentials"]["client_id"]
    assert env.pop("GLOBUS_CLIENT_SECRET") == said["credentials"]["client_secret"]
    assert env == {f"GLOBUS_SDK_SERVICE_URL_{each}": f"{said['url']}/" for each in ("AUTH", "TRANSFER")}
    assert {"transfer.api.globus.org", collection} < said["credentials"].keys()
    assert said["credentials"]["client_secret"] not in config.read_text()
    process.send_signal(signal.SIGTERM)
    stdout, stderr = await process.communicate()
    assert (process.returncode, stdout, stderr) == (0, b"", b"")
    assert not config.parent.exists()


async def test_a_provider_is_served_by_its_name(tmp_path):
    async with serve("googledrive", tmp_path, latency=0.25) as drive:
        assert isinstance(drive, GoogleDrive)
        assert drive.latency == 0.25
    async with serve("canvas", tmp_path) as canvas:
        assert isinstance(canvas, Canvas)
    async with serve("box", tmp_path) as box:
        assert isinstance(box, Box)
    async with serve("seafile", tmp_path) as seafile:
        assert isinstance(seafile, Seafile)
    async with serve("globus", tmp_path) as globus:
        assert isinstance(globus, Globus)
    assert set(PROVIDERS) == {"box", "canvas", "globus", "googledrive", "seafile"}


async def test_an_unknown_provider_is_an_error(tmp_path):
    with pytest.raises(KeyError):
        async with serve("nowhere", tmp_path):
            pass


async def test_a_missing_directory_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        async with serve("googledrive", tmp_path / "nowhere"):
            pass


async def test_nothing_of_the_code_under_test_is_imported():
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", IMPORT, stdout=asyncio.subprocess.PIPE)
    loaded = (await process.communicate())[0].decode().split()
    ours = {name for name in loaded if name.startswith("hubdrives.") and not name.startswith("hubdrives.testing")}
    assert ours <= {"hubdrives._version"}
