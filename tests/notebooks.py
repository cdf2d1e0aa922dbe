"""Notebooks that are run in a user's server of a real hub, as JupyterLab runs them there."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any

import aiohttp
import nbformat
from jupyter_client.jsonutil import json_default
from jupyter_client.session import Session
from nbclient import NotebookClient
from nbformat import NotebookNode

from hubdrives.testing.hub import Hub, Server

_WHERE = "import json, os; print(json.dumps([os.getppid(), os.getcwd(), dict(os.environ)]))"


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A notebook that was run, and where its kernel was."""

    outputs: list[Any]
    """Of its cells with code."""
    environment: Mapping[str, str]
    """Of its kernel."""


async def run_notebook(hub: Hub, user: str, server: Server, source: Path) -> Ran:
    """Put the notebook `source` into the home of `user`, run all of it there, and save it."""
    notebook = nbformat.read(source, as_version=4)
    token = await hub.token_for(user, scopes=[f"access:servers!user={user}"])
    headers = {"Authorization": f"token {token}"}
    async with aiohttp.ClientSession(f"{hub.url}/user/{user}/", headers=headers, raise_for_status=True) as http:
        await _until_it_answers(http)
        await _save(http, source.name, notebook)
        async with _kernel(http, source.name) as kernel:
            client = NotebookClient(notebook, km=kernel)
            client.kc = kernel
            await client.async_execute()
            await _save(http, source.name, notebook)
            outputs = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
            # Neither what follows nor its answer is of the notebook.
            notebook.cells.append(nbformat.v4.new_code_cell(_WHERE))
            where = await client.async_execute_cell(notebook.cells[-1], len(notebook.cells) - 1)
    parent, folder, environment = json.loads(where.outputs[0].text)
    assert (parent, folder) == (server.pid, str(hub.home(user)))
    return Ran(outputs=outputs, environment=environment)


async def _until_it_answers(http: aiohttp.ClientSession) -> None:
    """The proxy may hear of a server a moment after whoever had it started."""
    async with asyncio.timeout(20):
        while True:
            async with http.get("api/status", raise_for_status=False) as answer:
                if answer.ok:
                    return
            await asyncio.sleep(0.1)


async def _save(http: aiohttp.ClientSession, name: str, notebook: NotebookNode) -> None:
    async with http.put(f"api/contents/{name}", json={"type": "notebook", "content": notebook}):
        pass


@asynccontextmanager
async def _kernel(http: aiohttp.ClientSession, name: str) -> AsyncIterator["_Kernel"]:
    """The kernel of the notebook `name`, which ends with it."""
    asked = {"path": name, "name": name, "type": "notebook", "kernel": {"name": "python3"}}
    async with http.post("api/sessions", json=asked) as answer:
        session = await answer.json()
    try:
        async with http.ws_connect(f"api/kernels/{session['kernel']['id']}/channels", max_msg_size=0) as socket:
            kernel = _Kernel(socket)
            listening = asyncio.create_task(kernel.listen())
            yield kernel
            async with http.get("api/sessions") as answer:
                (running,) = await answer.json()
            assert (running["path"], running["kernel"]["id"]) == (name, session["kernel"]["id"])
            listening.cancel()
    finally:
        async with http.delete(f"api/sessions/{session['id']}"):
            pass


class _Kernel:
    """What nbclient asks of a kernel, by the websocket of the server: jupyter_server's own client shows it no token.

    https://jupyter-server.readthedocs.io/en/stable/developers/websocket-protocols.html
    """

    has_kernel = True

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._session = Session()
        self.shell_channel, self.iopub_channel = _Channel(), _Channel()

    async def listen(self) -> None:
        channels = {"shell": self.shell_channel, "iopub": self.iopub_channel}
        async for frame in self._socket:
            message = frame.json()
            if message["channel"] in channels:
                channels[message["channel"]].messages.put_nowait(message)

    async def is_alive(self) -> bool:
        return not self._socket.closed

    async def kernel_info(self) -> str:
        return await self._ask("kernel_info_request", {})

    async def execute(self, code: str, *, store_history: bool, stop_on_error: bool) -> str:
        options = {"silent": False, "store_history": store_history, "allow_stdin": False}
        return await self._ask("execute_request", {"code": code, "stop_on_error": stop_on_error, **options})

    async def _ask(self, kind: str, content: Mapping[str, Any]) -> str:
        message = {**self._session.msg(kind, content), "channel": "shell"}
        await self._socket.send_str(json.dumps(message, default=json_default))
        return str(message["msg_id"])


class _Channel:
    def __init__(self) -> None:
        self.messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def get_msg(self, *, timeout: float | None) -> dict[str, Any]:
        try:
            return await asyncio.wait_for(self.messages.get(), timeout)
        except TimeoutError:
            raise Empty from None
