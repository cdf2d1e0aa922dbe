"""The extension: what Jupyter Server loads, and what it stops."""

import logging
from datetime import UTC, datetime
from pathlib import Path

from jupyter_server.extension.application import ExtensionApp, ExtensionAppJinjaMixin

from hubdrives.lab import handlers, report_handlers
from hubdrives.lab.service import Service
from hubdrives.lab.sessions import Sessions
from hubdrives.lab.telling import LinkFilter

_HERE = Path(__file__).parent


class PullPage(ExtensionAppJinjaMixin, ExtensionApp):  # type: ignore[misc]  # Jupyter Server's classes are untyped here
    """https://jupyter-server.readthedocs.io/en/latest/developers/extensions.html"""

    name = "hubdrives"
    static_paths = [str(_HERE / "static")]  # noqa: RUF012  (a trait's default, copied for each instance)
    template_paths = [str(_HERE / "templates")]  # noqa: RUF012  (the same)
    _service: Service | None = None

    def initialize_settings(self) -> None:
        for logger in (self.log, self.serverapp.log, logging.getLogger("tornado.access")):
            logger.addFilter(LinkFilter())
        home = Path(self.serverapp.root_dir).expanduser()
        sessions = Sessions(self.serverapp.session_manager, home=home)
        self._service = Service(home=home, log=self.log, on_progress=self._note_activity, open_in=sessions.open_in)
        self.settings["hubdrives_service"] = self._service

    def initialize_handlers(self) -> None:
        self.handlers.extend((*handlers.ROUTES, *report_handlers.ROUTES))

    def current_activity(self) -> bool:
        """Whether a pull runs, so that an idle server is not shut down in the middle of it."""
        return self._service is not None and self._service.manager.busy

    async def stop_extension(self) -> None:
        """Called by Jupyter Server when it stops."""
        if self._service is not None:
            await self._service.close()

    def _note_activity(self) -> None:
        # What JupyterHub's culler is told; a pull goes on when its tab is closed.
        self.serverapp.web_app.settings["last_activity_times"]["hubdrives"] = datetime.now(UTC)
