"""Which files are open with a kernel: JupyterLab holds those in memory, and would save them over what a pull brings.

Text editors have no session; JupyterLab itself asks before it saves over a file that changed on disk.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jupyter_server.utils import ensure_async


class Sessions:
    """The sessions of one server: notebooks, and consoles that belong to a file.

    A kernel goes on when the notebook's tab is closed, so a session says "may be open": whether a browser still has it
    can't be known, for a laptop that sleeps is not connected either.

    Args:
        manager: Jupyter Server's session manager,
            https://jupyter-server.readthedocs.io/en/latest/api/jupyter_server.services.sessions.html
        home: the folder that the paths of sessions are relative to.
    """

    def __init__(self, manager: Any, *, home: Path) -> None:
        self._manager = manager
        self._home = home

    async def open_in(self, folder: Path) -> frozenset[str]:
        """The paths in `folder` that have a session, relative to it."""
        sessions = await ensure_async(self._manager.list_sessions())
        paths = [session["path"] for session in sessions if session.get("path")]
        return await asyncio.to_thread(self._inside, folder, paths) if paths else frozenset()

    def _inside(self, folder: Path, paths: Iterable[str]) -> frozenset[str]:
        top = folder.resolve()
        found = set()
        for path in paths:
            # With jupyter-collaboration the path begins with the name of its drive, "RTC:".
            for candidate in {path, path.partition(":")[2]} - {""}:
                whole = self._home / candidate.lstrip("/")
                # The name itself is not resolved: what a pull would replace is the link, not what it leads to.
                whole = whole.parent.resolve() / whole.name
                if whole.is_relative_to(top):
                    found.add(whole.relative_to(top).as_posix())
        return frozenset(found)
