"""The HTTPS servers of the collections, each on a port of its own: to HTTP clients, each another origin."""

import socket
import ssl
from collections.abc import Awaitable, Callable

from aiohttp import web

from hubdrives.testing.emulators.globus.collections import Collection

SERVES_DATA = web.AppKey("serves_data", bool)


class DataServers:
    """Opens a port for each collection that has such a server, as soon as the emulator runs.

    Args:
        serve: answers requests.
        tls: what to speak TLS with, for `localhost`; None is plain HTTP, which is enough for who is told so.
    """

    def __init__(
        self, serve: Callable[[web.Request], Awaitable[web.StreamResponse]], *, tls: ssl.SSLContext | None
    ) -> None:
        self._serve = serve
        self._tls = tls
        self._runner: web.AppRunner | None = None
        self._by_port: dict[int, Collection] = {}

    async def open(self) -> None:
        app = web.Application(client_max_size=0)
        app[SERVES_DATA] = True
        app.add_routes([web.route("*", "/{path:.*}", self._serve)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()

    async def close(self) -> None:
        for each in self._by_port.values():
            each.https_server = None
        self._by_port.clear()
        if self._runner is None:
            return
        for connection in () if self._runner.server is None else self._runner.server.connections:
            if connection.transport is not None:
                # The end of a TLS connection takes a word from the other side, which nobody waits for here.
                connection.transport.abort()
        await self._runner.cleanup()
        self._runner = None

    async def add(self, collection: Collection) -> None:
        """Give a collection its server; nothing happens to one that needs none, or has it."""
        if self._runner is None or not collection.https or collection.https_server is not None:
            return
        scheme, host = ("http", "127.0.0.1") if self._tls is None else ("https", "localhost")
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        # Said before anything is awaited, or two requests at once would open one each; who is early waits to be let in.
        self._by_port[port] = collection
        collection.https_server = f"{scheme}://{host}:{port}"
        await web.SockSite(self._runner, listener, ssl_context=self._tls).start()

    def collection(self, request: web.Request) -> Collection:
        """Whose server a request has come to."""
        transport = request.transport
        if transport is None:
            raise ConnectionResetError
        return self._by_port[transport.get_extra_info("sockname")[1]]
