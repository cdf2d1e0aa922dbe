"""A stretch of network between a client and the gateway that a test can cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Cutter:
    """Passes bytes on, and cuts each connection after so many bytes of answers as `cuts` says next; then never.

    `cut_sent` says the same of the bytes that are sent.
    """

    def __init__(self, port: int) -> None:
        self.cuts: list[int] = []
        self.cut_sent: list[int] = []
        self.connections = 0
        self.port = port
        self.url = ""
        self._open: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        try:
            upstream, out = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            writer.close()
            return
        self._open.add(out)
        up = asyncio.create_task(self._pass_on(reader, out, self.cut_sent.pop(0) if self.cut_sent else None))
        down = asyncio.create_task(self._pass_on(upstream, writer, self.cuts.pop(0) if self.cuts else None))
        await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        for task, one in ((up, writer), (down, out)):
            task.cancel()
            one.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: int | None) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if left is not None:
                    data, left = data[:left], left - len(data)
                writer.write(data)
                await writer.drain()
                if left is not None and left <= 0:
                    return


@asynccontextmanager
async def cutting(port: int, path: str) -> AsyncIterator[Cutter]:
    """A cutter before the server at `port`; `path` is that of its `url`."""
    cutter = Cutter(port)
    server = await asyncio.start_server(cutter.serve, "127.0.0.1", 0)
    cutter.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{path}"
    try:
        yield cutter
    finally:
        server.close()
        for writer in cutter._open:
            writer.transport.abort()
        await asyncio.sleep(0)
