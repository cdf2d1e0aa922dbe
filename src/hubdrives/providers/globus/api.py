"""The Globus Transfer API 0.10, as far as files are looked at and changed: one method for each endpoint.

Paths are Globus' own: from the top of the collection with a "/" before, or from "/~/", the home there.

https://docs.globus.org/api/transfer/
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, TypeVar

import msgspec

from hubdrives.errors import UnexpectedAnswer, Unreadable
from hubdrives.providers.globus.doors import Doors
from hubdrives.providers.globus.item import Collection, Item
from hubdrives.providers.globus.options import LIMIT, Options

PAGE: Final = 100
"""Collections on a page: the most that Globus gives."""
FOUND_AT_MOST: Final = 1000
"""Collections: beyond that, a search is not gone on with."""

_T = TypeVar("_T")


class _Found(msgspec.Struct):
    data: tuple[Collection, ...] = msgspec.field(name="DATA", default=())
    has_next_page: bool = False


class _Listed(msgspec.Struct):
    data: tuple[Item, ...] = msgspec.field(name="DATA", default=())
    absolute_path: str | None = None
    total: int | None = None


class _Submitted(msgspec.Struct):
    task_id: str


class Api:
    """The endpoints.

    Args:
        doors: the ways into Globus.
        options: of the connection.
    """

    def __init__(self, doors: Doors, *, options: Options) -> None:
        self._doors = doors
        self._options = options

    # Collections

    async def collection(self, collection: str) -> Collection:
        """https://docs.globus.org/api/transfer/endpoint/#get_endpoint_by_id . Raises NotFound, Forbidden."""
        return await self._get(f"endpoint/{collection}", "endpoint.get", Collection)

    async def search(
        self, text: str = "", *, scope: str = "all", limit: int = FOUND_AT_MOST
    ) -> AsyncIterator[Collection]:
        """Collections, the best first: https://docs.globus.org/api/transfer/endpoint_and_collection_search/

        Args:
            text: words of the name, the description, the owner; needed where `scope` is "all".
            scope: "all", "my-endpoints", "recently-used", "shared-with-me" or another one of Globus' own.
            limit: how many at most.
        """
        offset = 0
        while offset < limit:
            params = {
                "filter_scope": scope,
                **({"filter_fulltext": text} if text else {}),
                "limit": str(min(PAGE, limit - offset)),
                "offset": str(offset),
            }
            page = await self._get("endpoint_search", "endpoint.search", _Found, params)
            for collection in page.data:
                yield collection
            offset += len(page.data)
            if not page.data or not page.has_next_page:
                return

    # Files

    async def ls(self, collection: Collection, path: str) -> tuple[Item, ...]:
        """What is directly in a folder: https://docs.globus.org/api/transfer/file_operations/#list_directory_contents

        One request, or two if the connection's options say which files are wanted. Everything, or nothing: Globus
        sends as much as it lists at all in one answer, and an offset into a folder that changes would miss some.

        Args:
            collection: where.
            path: of the folder.

        Raises:
            NotFound: nothing there; NotAFolder: it is a file.
            Unreadable: it has more entries than Globus, or the connection, lists.
            Forbidden, Asleep, Paused: not now, or not for us.
        """
        most, wanted = self._options.limit, self._options.filters
        # Folders have to be there whatever files are wanted, and Globus knows no "or".
        parts = (("type:dir",), (*wanted, "type:file")) if wanted else ((),)
        found: list[Item] = []
        for filters in parts:
            params = {
                "path": f"{path.rstrip('/')}/",
                # One more than is wanted tells whether there are more.
                **({"limit": str(most + 1)} if most < LIMIT else {}),
                "show_hidden": "1" if self._options.show_hidden else "0",
                **({"filter": "/".join(filters)} if filters else {}),
            }
            answer = await self._ls(collection, params)
            found += answer.data
            # Of a choice of files, it is not documented what the total is of.
            if len(found) > most or (not filters and (answer.total or 0) > len(answer.data)):
                raise Unreadable(
                    f"This folder has more entries than this connection lists ({most}).",
                    hint="Use a folder below it; whoever set the connection's option 'limit' can raise it.",
                )
        return tuple(found)

    async def home(self, collection: Collection) -> str | None:
        """Where "/~/" leads, from the collection's top ("/" is that); None if it is not told. Raises as `ls`."""
        answer = await self._ls(collection, {"path": "/~/", "limit": "1"})
        return None if answer.absolute_path is None else f"/{answer.absolute_path.strip('/')}"

    async def _ls(self, collection: Collection, params: Mapping[str, str]) -> _Listed:
        return await self._get(f"operation/endpoint/{collection.id}/ls", "ls", _Listed, params, on=collection)

    async def stat(self, collection: Collection, path: str) -> Item:
        """A file or folder: https://docs.globus.org/api/transfer/file_operations/#stat . Raises NotFound, Forbidden."""
        return await self._get(f"operation/endpoint/{collection.id}/stat", "stat", Item, {"path": path}, on=collection)

    async def mkdir(self, collection: Collection, path: str) -> None:
        """Make a folder: https://docs.globus.org/api/transfer/file_operations/#make_directory . Raises Exists."""
        body = {"DATA_TYPE": "mkdir", "path": path}
        await self._post(f"operation/endpoint/{collection.id}/mkdir", "mkdir", body, collection)

    async def rename(self, collection: Collection, path: str, new: str) -> None:
        """Give something another path: https://docs.globus.org/api/transfer/file_operations/#rename"""
        body = {"DATA_TYPE": "rename", "old_path": path, "new_path": new}
        await self._post(f"operation/endpoint/{collection.id}/rename", "rename", body, collection)

    async def delete(self, submission: str, collection: Collection, path: str, *, folder: bool) -> str:
        """Have something deleted: https://docs.globus.org/api/transfer/task_submit/#submit_delete_task

        Returns:
            The task; sent again with the same `submission`, the same one.
        """
        body = {
            "DATA_TYPE": "delete",
            "submission_id": submission,
            "endpoint": collection.id,
            "label": "hubdrives",
            "recursive": folder,
            "ignore_missing": True,
            "interpret_globs": False,
            "notify_on_succeeded": False,
            "notify_on_failed": False,
            "notify_on_inactive": False,
            "DATA": [{"DATA_TYPE": "delete_item", "path": path}],
        }
        return converted(await self._post("delete", "delete", body, collection), _Submitted, "delete").task_id

    async def _get(
        self,
        path: str,
        operation: str,
        kind: type[_T],
        params: Mapping[str, str] | None = None,
        *,
        on: Collection | None = None,
    ) -> _T:
        client = self._doors.files(on) if on is not None else self._doors.transfer
        url = f"{self._doors.api}/{path}"
        return converted(await client.json("GET", url, operation=operation, params=params), kind, operation)

    async def _post(self, path: str, operation: str, body: Any, collection: Collection) -> Any:
        url = f"{self._doors.api}/{path}"
        _status, answer, _headers = await self._doors.files(collection).send(
            "POST", url, operation=operation, body=body
        )
        return answer


def converted(answer: Any, kind: type[_T], operation: str) -> _T:
    """A decoded answer as one of the above.

    Raises:
        UnexpectedAnswer: it is something else.
    """
    try:
        return msgspec.convert(answer, kind)
    except msgspec.ValidationError:
        raise UnexpectedAnswer(f"Globus sent something else than it documents ({operation}).") from None
