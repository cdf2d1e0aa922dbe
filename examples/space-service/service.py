"""A service of JupyterHub that computes something for whoever is logged in, and puts it into that user's space.

Who asks is settled by the hub's login and by nothing else: no field, path or header of a request names a user. The
service itself holds no credential of the storage, only its token at the hub; the hub's gateway does the rest.
"""

import asyncio
import csv
import io
import os
from contextlib import AsyncExitStack
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from jupyterhub.services.auth import HubOAuthCallbackHandler, HubOAuthenticated
from tornado.web import Application, HTTPError, RequestHandler, authenticated

from hubdrives.errors import BadInput, HubdrivesError
from hubdrives.spaces import Spaces, open_spaces

SPACE = "results"
"""As the gateway's configuration calls it."""

MOST = 10.0
"""nA."""


def simulated(current: float) -> bytes:
    """A leaky integrate-and-fire neuron for 200 ms, as CSV.

    Args:
        current: nA that flow in all the time.
    """
    rest, threshold, reset, resistance, tau, step = -65.0, -50.0, -70.0, 20.0, 10.0, 0.1
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["time_ms", "voltage_mV"])
    voltage = rest
    for number in range(2000):
        rows.writerow([f"{number * step:.1f}", f"{voltage:.3f}"])
        voltage += (rest - voltage + resistance * current) * step / tau
        if voltage >= threshold:
            voltage = reset
    return text.getvalue().encode()


class Runs(HubOAuthenticated, RequestHandler):
    """A page with a form; what it asks for is computed and put away."""

    def initialize(self, spaces: Spaces) -> None:
        self.spaces = spaces

    def prepare(self) -> None:
        # The hub's services may have tokens for this one, too, and names like users'.
        if self.current_user is not None and self.current_user["kind"] != "user":
            raise HTTPError(HTTPStatus.FORBIDDEN)

    @authenticated
    def get(self) -> None:
        self.show(said="")

    @authenticated
    async def post(self) -> None:
        user = self.current_user["name"]
        try:
            current = _number(self.get_body_argument("current"))
            result = await asyncio.to_thread(simulated, current)
            ensured = await self.spaces.ensure(user)
            name = f"neuron {current:g} nA.csv"
            await ensured.space.put(result, name)
        except HubdrivesError as error:
            self.set_status(HTTPStatus.BAD_REQUEST if isinstance(error, BadInput) else HTTPStatus.BAD_GATEWAY)
            self.show(said=f"{error} {error.hint or ''}")
            return
        self.show(said=f"Your space has '{name}' now.")

    def show(self, *, said: str) -> None:
        self.render("page.html", user=self.current_user["name"], said=said)


def _number(text: str) -> float:
    try:
        current = float(text)
    except ValueError:
        current = -1.0
    if not 0.0 <= current <= MOST:
        raise BadInput(f"The current must be a number from 0 to {MOST:g} nA.")
    return current


async def main() -> None:
    prefix, where = os.environ["JUPYTERHUB_SERVICE_PREFIX"], urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    async with AsyncExitStack() as stack:
        spaces = await stack.enter_async_context(open_spaces(SPACE))
        app = Application(
            [
                (prefix, Runs, {"spaces": spaces}),
                (f"{prefix}oauth_callback", HubOAuthCallbackHandler),
            ],
            cookie_secret=os.urandom(32),
            xsrf_cookies=True,
            template_path=str(Path(__file__).parent),
        )
        app.listen(where.port or 80, where.hostname or "127.0.0.1")
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
