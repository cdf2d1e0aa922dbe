"""The HTTP face of the pull page: one page, and the JSON that its script asks for. The report's is beside."""

import json
import os
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.extension.handler import ExtensionHandlerJinjaMixin, ExtensionHandlerMixin
from tornado import web
from tornado.iostream import StreamClosedError
from yarl import URL

from hubdrives import __version__
from hubdrives.errors import BadInput, HubdrivesError
from hubdrives.lab.login import hub_address
from hubdrives.lab.request import checked, without_secrets
from hubdrives.lab.service import Service, prospect_to_json, pull_to_json
from hubdrives.lab.telling import from_http, status_of, tell

T = TypeVar("T")

_KEEP_ALIVE_SECONDS = 15.0
_CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)


class Handler(ExtensionHandlerMixin):  # type: ignore[misc]  # Jupyter Server's classes are untyped here
    """What the page and its API have in common."""

    def set_default_headers(self) -> None:
        super().set_default_headers()
        # A pull link may hold a signed token in its query: no cache keeps it, no other site is told it.
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")

    @property
    def service(self) -> Service:
        service: Service = self.settings["hubdrives_service"]
        return service

    @property
    def asked(self) -> Mapping[str, str]:
        """The query as it is: tornado would put blanks in the place of control characters."""
        return URL.build(query_string=self.request.query, encoded=True).query


class PageHandler(Handler, ExtensionHandlerJinjaMixin, JupyterHandler):  # type: ignore[misc]
    """A page. It changes nothing; its script does, after asking where that is due."""

    @property
    def content_security_policy(self) -> str:
        return f"{super().content_security_policy}; {_CONTENT_POLICY}"

    def show(self, script: str, *, source: str, target: str) -> None:
        """Answer with the page that `script` brings to life; the rest is what it tells support."""
        self.finish(
            self.render_template(
                "page.html",
                script=script,
                hub=hub_address(os.environ),
                source_shown=source,
                target=target,
                version=__version__,
            )
        )


class PullPageHandler(PageHandler):
    """`GET hubdrives/pull`."""

    @web.authenticated
    async def get(self) -> None:
        asked = self.asked
        try:
            checked(asked)
        except BadInput as error:
            # The script is told the same, and shows it.
            self.set_status(status_of(error))
        shown = "a signed link" if asked.get("link") else without_secrets(asked.get("source", ""))
        self.show("pull.js", source=shown, target=asked.get("targetpath", ""))


class ApiHandler(Handler, APIHandler):  # type: ignore[misc]
    """Every failure is answered as `{"code", "message", "hint"}`."""

    _told: HubdrivesError | None = None

    def log_exception(self, _kind: Any, error: BaseException | None, _traceback: Any) -> None:
        if error is not None:
            self._told = from_http(error) if isinstance(error, web.HTTPError) else tell(error, self.log)

    def ordered(self, kind: type[T]) -> T:
        """What a POST asks for.

        Raises:
            BadInput: its body is no such thing.
        """
        try:
            return msgspec.convert(self.get_json_body(), kind)
        except msgspec.ValidationError as error:
            raise BadInput(f"The request can't be understood: {error}.") from None

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        told = self._told or HubdrivesError("Your server could not answer.")
        error = kwargs.get("exc_info", (None, None))[1]
        self.set_status(status_code if isinstance(error, web.HTTPError) else status_of(told))
        self.finish(json.dumps(told.to_wire()))


class DescribeHandler(ApiHandler):
    """`GET hubdrives/api/describe?…`: what a pull link leads to, and whether it may start by itself."""

    @web.authenticated
    async def get(self) -> None:
        prospect = await self.service.look(checked(self.asked))
        self.finish(json.dumps(prospect_to_json(prospect, self.base_url)))


class PullsHandler(ApiHandler):
    """`POST hubdrives/api/pulls` with the query of a pull link as JSON: start it (201), or find it running (200).

    What a query has more than once is a list. With `"overopen": "yes"`, open files are brought up to date too.
    """

    @web.authenticated
    async def post(self) -> None:
        order = self.ordered(dict[str, str | list[str]])
        over_open = order.pop("overopen", "") == "yes"
        try:
            query = URL().with_query(order).query
        except UnicodeEncodeError:
            raise BadInput("The request holds what is no text.") from None
        pull, started = await self.service.start(checked(query), over_open=over_open)
        self.set_status(201 if started else 200)
        self.finish(json.dumps(pull_to_json(pull)))


class PullHandler(ApiHandler):
    """`GET hubdrives/api/pulls/ID`: how a pull stands."""

    @web.authenticated
    async def get(self, pull_id: str) -> None:
        self.finish(json.dumps(pull_to_json(self.service.manager.get(pull_id))))


class EventsHandler(ApiHandler):
    """`GET hubdrives/api/pulls/ID/events`: the same as server-sent events, until the pull has ended.

    https://html.spec.whatwg.org/multipage/server-sent-events.html
    """

    @web.authenticated
    async def get(self, pull_id: str) -> None:
        pull = self.service.manager.get(pull_id)
        self.set_header("Content-Type", "text/event-stream")
        # nginx would hold the events back.
        self.set_header("X-Accel-Buffering", "no")
        sent = None
        try:
            async for state in pull.states(every=_KEEP_ALIVE_SECONDS):
                self.write(": still here\n\n" if state is sent else f"data: {json.dumps(pull_to_json(pull))}\n\n")
                await self.flush()
                # Somebody is watching: the server is not idle, even while the pull waits for its source.
                self.update_api_activity()
                sent = state
        except StreamClosedError:
            return
        self.finish(set_content_type="text/event-stream")


ROUTES = (
    (r"hubdrives/pull", PullPageHandler),
    (r"hubdrives/api/describe", DescribeHandler),
    (r"hubdrives/api/pulls", PullsHandler),
    (r"hubdrives/api/pulls/([0-9a-f]+)", PullHandler),
    (r"hubdrives/api/pulls/([0-9a-f]+)/events", EventsHandler),
)
