"""The HTTP face of the report: the page of a working folder, what differs in it, and setting it back."""

import json
from typing import Annotated, Literal

import msgspec
from tornado import web

from hubdrives.errors import BadInput, BadTarget
from hubdrives.lab.handlers import ApiHandler, PageHandler
from hubdrives.lab.request import checked_target
from hubdrives.lab.telling import status_of
from hubdrives.lab.working import Standing, comparison_to_json, standing_to_json


class ReportPageHandler(PageHandler):
    """`GET hubdrives/report?target=…`: how a working folder stands."""

    @web.authenticated
    async def get(self) -> None:
        target = self.asked.get("target", "")
        try:
            checked_target(target)
        except BadTarget as error:
            # The script is told the same, and shows it.
            self.set_status(status_of(error))
        self.show("folder.js", source="", target=target)


class _FolderHandler(ApiHandler):
    """What the requests about one working folder have in common."""

    @property
    def target(self) -> str:
        return checked_target(self.asked.get("target", ""))

    @property
    def path_in_folder(self) -> str:
        if not (path := self.asked.get("path", "")):
            raise BadInput("The request names no file.")
        return path

    def tell(self, standing: Standing) -> None:
        self.finish(json.dumps(standing_to_json(standing, self.base_url)))


class ReportHandler(_FolderHandler):
    """`GET hubdrives/api/report?target=…`."""

    @web.authenticated
    async def get(self) -> None:
        self.tell(await self.service.working.standing(self.target))


class DifferenceHandler(_FolderHandler):
    """`GET hubdrives/api/difference?target=…&path=…`: `{"path", "form", "lines"}` as in `folder.Difference`.

    And of both versions, `mine` and `theirs`, `{"size", "modified"}`.
    """

    @web.authenticated
    async def get(self) -> None:
        comparison = await self.service.working.compare(self.target, self.path_in_folder)
        self.finish(json.dumps(comparison_to_json(comparison)))


class UpstreamHandler(_FolderHandler):
    """`GET hubdrives/api/upstream?target=…&path=…`: upstream's version of a file, to be saved and never shown."""

    @web.authenticated
    async def get(self) -> None:
        data = await self.service.working.upstream(self.target, self.path_in_folder)
        self.set_attachment_header(self.path_in_folder.rpartition("/")[2])
        self.set_header("X-Content-Type-Options", "nosniff")
        self.write(data)
        self.finish(set_content_type="application/octet-stream")


class _ResetOrder(msgspec.Struct, forbid_unknown_fields=True):
    target: str
    paths: Annotated[list[str], msgspec.Meta(min_length=1)]
    overopen: Literal["", "yes"] = ""


class ResetHandler(_FolderHandler):
    """`POST hubdrives/api/reset`: upstream's version takes the place of the user's, which is kept."""

    @web.authenticated
    async def post(self) -> None:
        order = self.ordered(_ResetOrder)
        target = checked_target(order.target)
        self.tell(await self.service.working.reset(target, order.paths, over_open=order.overopen == "yes"))


class _UndoOrder(msgspec.Struct, forbid_unknown_fields=True):
    target: str
    id: str
    overopen: Literal["", "yes"] = ""


class UndoHandler(_FolderHandler):
    """`POST hubdrives/api/undo`: take back what was done last; `id` says what the reader took for that."""

    @web.authenticated
    async def post(self) -> None:
        order = self.ordered(_UndoOrder)
        self.tell(
            await self.service.working.undo(checked_target(order.target), order.id, over_open=order.overopen == "yes")
        )


ROUTES = (
    (r"hubdrives/report", ReportPageHandler),
    (r"hubdrives/api/report", ReportHandler),
    (r"hubdrives/api/difference", DifferenceHandler),
    (r"hubdrives/api/upstream", UpstreamHandler),
    (r"hubdrives/api/reset", ResetHandler),
    (r"hubdrives/api/undo", UndoHandler),
)
