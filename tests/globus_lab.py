"""A real hub where people log in with an emulated Globus, and reach its collections through the gateway."""

import asyncio
import math
import os
import random
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.hub.globus_browser import traits

from hubdrives.testing.emulators.globus import Collection, Globus
from hubdrives.testing.emulators.server import serving
from hubdrives.testing.hub import Hub, Server, running_hub
from hubdrives.testing.processes import free_ports

ADA, BEN, EVE = "ada@example.edu", "ben@example.edu", "eve@elsewhere.example"
"""The author and a reader, who may log in to the hub, and who is of another institution."""

FOLDER = "sea-surface-temperature"
SEAS = {"aegean": (18.6, 5.6, 0.035), "baltic": (8.2, 8.1, 0.045), "biscay": (15.3, 4.2, 0.02)}
"""Mean and amplitude, °C; warming, °C a year."""

_TRANSFER = "urn:globus:auth:scope:transfer.api.globus.org:all"
_SCOPES = "https://auth.globus.org/scopes"


@dataclass(frozen=True, kw_only=True)
class Lab:
    """The hub, and what there is at Globus."""

    hub: Hub
    globus: Globus
    data: Collection
    """Both may read it, Ada may write below `results`; a login asks for it."""
    model: Collection
    """Both may read it, but a login does not ask whether the hub may use it."""

    @property
    def home(self) -> Path:
        """Ada's."""
        return self.hub.home("ada")

    async def run(self, server: Server, *command: str) -> tuple[int, str]:
        """How a module of Python that runs in Ada's server ends, and what it says."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", *command),
            cwd=self.home,
            env=dict(server.environment),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode()


@asynccontextmanager
async def lab_in(folder: Path) -> AsyncIterator[Lab]:
    """Start it; nobody has logged in."""
    async with serving(Globus()) as globus:
        for name in (ADA, BEN, EVE):
            globus.add_identity(name)
        data, model = globus.collection, globus.add_collection("Model output")
        planted = datetime(2025, 1, 31, tzinfo=UTC).timestamp()
        for path, text in sea_surface_temperature().items():
            globus.add_file(f"{FOLDER}/{path}", text, modified=planted)
        globus.add_file("run 1/model.csv", "a,b\n1,2\n", collection=model, modified=planted)
        globus.add_folder("results")
        for where in (data, model):
            for name in (ADA, BEN):
                globus.share(where, name, "r")
        globus.share(data, ADA, "rw", path="/results")
        (folder / "home").mkdir()
        homes = globus.add_collection("Homes of the hub", directory=folder / "home", https=False)
        homes.home = "/{user}"
        globus.share(homes, ADA, "rw", path="/ada")
        await globus.refresh()

        port = free_ports(1)[0]
        key = folder / "link-key"
        key.write_text(secrets.token_hex(32))
        settings = folder / "hubdrives.toml"
        grant = '[[grants]]\nconnection = "globus"\neveryone = true\n'
        settings.write_text(
            f'[connections.globus]\nprovider = "globus"\nbase_url = "{globus.url}"\nroot = "{globus.web_address()}"\n'
            'credential = { kind = "globus_login" }\n'
            f'{grant}can = ["read", "write", "transfer", "link"]\n'
            f'{grant}root = "{globus.web_address(homes, "/~/")}"\ncan = ["write"]\n'
            f'{grant}root = "{globus.web_address(model)}"\ncan = ["read", "link"]\n'
            f'[gateway]\nlink_key_file = "{key}"\nfresh_seconds = 0\n'
        )
        config = {
            "JupyterHub": {"authenticator_class": "globus"},
            # So that a notebook finds the commands that are installed beside Python.
            "Spawner": {"environment": {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}},
            "GlobusOAuthenticator": _authenticator(
                globus, homes, callback=f"http://127.0.0.1:{port}/hub/oauth_callback"
            ),
        }
        async with running_hub(folder, gateway_config=settings, config=config, port=port) as hub:
            yield Lab(hub=hub, globus=globus, data=data, model=model)


def _authenticator(globus: Globus, homes: Collection, *, callback: str) -> dict[str, Any]:
    globus.client.redirect_uris = (callback,)
    of_data = f"*{_SCOPES}/{globus.collection.id}/data_access"
    scopes = [
        f"{_TRANSFER}[{of_data} *{_SCOPES}/{homes.id}/data_access]",
        f"{_SCOPES}/{globus.collection.id}/https[{of_data}]",
    ]
    return traits(
        globus,
        oauth_callback_url=callback,
        identity_provider="example.edu",
        scope=["openid", "profile", *scopes],
        globus_local_endpoint=homes.id,
        auto_login=True,
        enable_pkce=True,
    )


def sea_surface_temperature() -> dict[str, str]:
    """The sample data: files by their paths."""
    files = {"README.md": "# Sea surface temperature\n\nMade up, for three seas: a value each month, or each day.\n"}
    for sea in SEAS:
        months = (date(1990 + number // 12, number % 12 + 1, 15) for number in range(35 * 12))
        lines = [f"{day:%Y-%m},{_temperature(sea, day):.2f}\n" for day in months]
        files[f"monthly/{sea}.csv"] = "month,temperature_C\n" + "".join(lines)
        days = (date(2015, 1, 1) + timedelta(number) for number in range(3653))
        lines = [f"{day},{_temperature(sea, day):.2f}\n" for day in days]
        files[f"daily/{sea}.csv"] = "day,temperature_C\n" + "".join(lines)
    return files


def _temperature(sea: str, day: date) -> float:
    mean, amplitude, warming = SEAS[sea]
    year, season = day.year - 1990, day.timetuple().tm_yday / 365.25
    of_the_year = random.Random(f"{sea} {year}").gauss(0, 0.25)
    return mean + warming * (year + season) - amplitude * math.cos(math.tau * (season - 0.12)) + of_the_year
