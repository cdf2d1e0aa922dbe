"""The gateway's endpoints, one function each, and the table of its errors."""

import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import Any, TypeVar

import aiohttp
import msgspec

from hubdrives import digests
from hubdrives.content import Content
from hubdrives.errors import (
    BadConfig,
    GatewayUnavailable,
    HubdrivesError,
    LoginNeeded,
    RateLimited,
    UnexpectedAnswer,
)
from hubdrives.exchange import Cut, Failure
from hubdrives.frames import Frame, Reader
from hubdrives.http import CHUNK, Client
from hubdrives.model import Waiting
from hubdrives.providers.abilities import Query, Share, Task, TaskEvent, Version
from hubdrives.providers.volumes import Volume
from hubdrives.wire import (
    API,
    IDEMPOTENCY,
    ConnectionDocument,
    DescriptionDocument,
    EntryDocument,
    FindingDocument,
    LinkOrder,
    SignedLink,
    SnapshotDocument,
    SpaceDocument,
    TokenDocument,
    TokenOrder,
    Wait,
    WaitingDocument,
    WantedFile,
    WantedFiles,
)

TITLE = "The hub's gateway"

T = TypeVar("T")

_NO_ANSWER = "The hub's gateway does not answer."


class _Contained(msgspec.Struct, frozen=True):
    contains: bool


class _Submission(msgspec.Struct, frozen=True):
    submission: str


class Api:
    """The gateway at `base_url`, spoken to through `client`.

    Args:
        client: a session.
        base_url: for example "http://hub:8081/services/hubdrives/".
        waits: told whom the gateway waits for, None when it does not any more.
    """

    def __init__(self, client: Client, *, base_url: str, waits: Callable[[Waiting | None], None]) -> None:
        self._client = client
        self._root = f"{base_url.rstrip('/')}/{API}"
        self._waits = waits

    async def connections(self) -> list[ConnectionDocument]:
        """What this user may use."""
        return await self._get("connections", {}, list[ConnectionDocument])

    async def spaces(self) -> list[SpaceDocument]:
        """The spaces in which this user may do something."""
        return await self._get("spaces", {}, list[SpaceDocument])

    async def check(self) -> list[FindingDocument]:
        """What the gateway finds when it tries what this user may use."""
        return await self._get("check", {}, list[FindingDocument])

    async def describe(self, where: Mapping[str, str]) -> DescriptionDocument:
        """What a source is; `where` is its `source` and `under`."""
        return await self._get("describe", where, DescriptionDocument)

    async def contains(self, root: Mapping[str, str], where: Mapping[str, str]) -> bool:
        """Whether `where` lies in `root`."""
        return (await self._get("contains", {**_prefixed("root", root), **where}, _Contained)).contains

    async def snapshot(
        self, where: Mapping[str, str], *, boundary: Mapping[str, str] | None, known: str | None
    ) -> SnapshotDocument | None:
        """Everything under a source, None if its tag is still `known`."""
        headers = {"If-None-Match": f'"{known}"'} if known else {}
        params = {**where, **(_prefixed("boundary", boundary) if boundary else {})}
        return await self._ask("GET", "snapshot", SnapshotDocument, params=params, headers=headers)

    async def read(
        self,
        where: Mapping[str, str],
        file: WantedFile,
        *,
        stop: int | None,
        size: int | None,
        digest: str | None,
    ) -> AsyncIterator[bytes]:
        """The bytes of one file."""
        with reaching():
            async for piece in self._client.stream(
                f"{self._root}/file",
                operation="file",
                params={**where, "path": file.path, "version": file.version},
                start=file.start,
                stop=stop,
                size=size,
                digest=digest,
            ):
                yield piece

    @asynccontextmanager
    async def files(
        self, where: Mapping[str, str], wanted: Sequence[WantedFile]
    ) -> AsyncIterator[AsyncIterator[tuple[Frame, bytes]]]:
        """The frames that bring many files.

        Raises:
            GatewayUnavailable: it does not answer, however often it is asked.
            Cut: it did, but broke off.
        """
        body = msgspec.to_builtins(WantedFiles(where["source"], tuple(wanted), where["under"]))
        answering = False
        try:
            async with self._client.answer("POST", f"{self._root}/files", operation="files", body=body) as answer:
                answering = True
                yield _frames(answer.content)
        except Cut:
            if answering:
                raise
            raise GatewayUnavailable(_NO_ANSWER) from None

    async def sign(self, order: LinkOrder) -> SignedLink:
        """A new signed link."""
        return _known(await self._ask("POST", "links", SignedLink, body=msgspec.to_builtins(order)))

    async def token(self, order: TokenOrder) -> TokenDocument:
        """A token of the provider's own that only reads there."""
        return _known(await self._ask("POST", "token", TokenDocument, body=msgspec.to_builtins(order)))

    async def read_version(
        self, where: Mapping[str, str], version: Version, *, start: int, stop: int | None
    ) -> AsyncIterator[bytes]:
        """The bytes of an earlier version of one file."""
        with reaching():
            async for piece in self._client.stream(
                f"{self._root}/version",
                operation="version",
                params={**where, "version": version.id},
                start=start,
                stop=stop,
                size=version.size,
                digest=version.digest if version.digest and digests.known(version.digest) else None,
            ):
                yield piece

    async def versions(self, where: Mapping[str, str]) -> list[Version]:
        """All versions of one file."""
        return await self._get("versions", where, list[Version])

    async def search(self, where: Mapping[str, str], query: Query, *, limit: int) -> list[EntryDocument]:
        """What matches below a folder."""
        told = {"text": query.text, "kind": query.kind or "", "extensions": ",".join(query.extensions)}
        return await self._get("search", {**where, **told, "limit": str(limit)}, list[EntryDocument])

    async def volumes(self, text: str, *, own: bool, limit: int) -> list[Volume]:
        """What this user finds, or has."""
        told = {"text": text, "own": "true" if own else "false", "limit": str(limit)}
        return await self._get("volumes", told, list[Volume])

    async def volume(self, where: Mapping[str, str]) -> Volume:
        """The one that a place is in."""
        return await self._get("volume", where, Volume)

    async def shares(self, where: Mapping[str, str]) -> list[Share]:
        """Who has access to a folder."""
        return await self._get("shares", where, list[Share])

    async def submission(self, where: Mapping[str, str]) -> str:
        """What makes a transfer from a source one of its own."""
        return (await self._get("submission", where, _Submission)).submission

    async def tasks(self, limit: int) -> list[Task]:
        """This user's transfers."""
        return await self._get("transfers", {"limit": str(limit)}, list[Task])

    async def task(self, id_: str) -> Task:
        """How one of them stands."""
        return await self._get("transfer", {"id": id_}, Task)

    async def events(self, id_: str, limit: int) -> list[TaskEvent]:
        """What happened to it."""
        return await self._get("transfer/events", {"id": id_, "limit": str(limit)}, list[TaskEvent])

    async def change(
        self,
        method: str,
        operation: str,
        kind: type[T],
        *,
        where: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        order: msgspec.Struct | None = None,
        content: Content | None = None,
    ) -> T:
        """Have something changed, once, however often it must be asked for; what comes of it.

        Args:
            method: of the request.
            operation: the endpoint.
            kind: what the answer is.
            where: query parameters.
            headers: what else is sent.
            order: the body, as JSON.
            content: what is sent instead.
        """
        key = secrets.token_hex(16)
        sent = {**(headers or {}), IDEMPOTENCY: key}
        if content is not None:
            sent |= {"Content-Length": str(content.size), "Content-Type": "application/octet-stream"}
        try:
            with reaching():
                status, told, _ = await self._client.send(
                    method,
                    f"{self._root}/{operation}",
                    operation=operation,
                    params=where,
                    headers=sent,
                    body=None if order is None else msgspec.to_builtins(order),
                    payload=None if content is None else content.read,
                )
                while status == HTTPStatus.ACCEPTED:
                    self._waits(waiting(_converted(told, Wait).waiting))
                    status, told, _ = await self._client.send(
                        "GET", f"{self._root}/outcome", operation="outcome", params={"key": key}
                    )
        finally:
            self._waits(None)
        return _converted(told, kind)

    async def _get(self, operation: str, where: Mapping[str, str], kind: type[T]) -> T:
        return _known(await self._ask("GET", operation, kind, params=where))

    async def _ask(
        self,
        method: str,
        operation: str,
        kind: type[T],
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> T | None:
        """The answer, None if it is what is known; asked again for as long as the gateway says that it takes time."""
        url = f"{self._root}/{operation}"
        try:
            while True:
                with reaching():
                    async with self._client.answer(
                        method, url, operation=operation, params=params, headers=headers, body=body
                    ) as answer:
                        status, content = answer.status, await answer.read()
                if status == HTTPStatus.NOT_MODIFIED:
                    return None
                if status != HTTPStatus.ACCEPTED:
                    return _decoded(content, kind)
                self._waits(waiting(_decoded(content, Wait).waiting))
        finally:
            self._waits(None)


@contextmanager
def reaching() -> Iterator[None]:
    """A connection that can't be had as our own error."""
    try:
        yield
    except Cut:
        raise GatewayUnavailable(_NO_ANSWER) from None


def waiting(told: WaitingDocument | None) -> Waiting | None:
    """Whom the gateway waits for; nobody if it just takes time."""
    return told.waiting() if told and told.on else None


def errors(failure: Failure) -> HubdrivesError:
    """The gateway's own errors as they were told; else what stands between us and it has answered."""
    told = failure.json()
    if isinstance(told, dict) and isinstance(told.get("code"), str):
        return HubdrivesError.from_wire(told)
    match failure.status:
        case 401 | 403:
            return LoginNeeded("The hub refuses this server's token.")
        case 404 | 405:
            return BadConfig(
                "There is no gateway at the address that is configured for it.",
                hint="Tell your hub's administrators: HUBDRIVES_GATEWAY_URL is wrong, or the service is not there.",
            )
        case 429:
            return RateLimited("The hub takes no more requests at the moment.", retry_after=failure.retry_after)
        case status if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return GatewayUnavailable(_NO_ANSWER, retry_after=failure.retry_after)
        case status:
            return UnexpectedAnswer(f"The hub's gateway answered with status {status} ({failure.operation}).")


async def _frames(content: aiohttp.StreamReader) -> AsyncIterator[tuple[Frame, bytes]]:
    reader = Reader()
    while data := await content.read(CHUNK):
        for frame, part in reader.feed(data):
            yield frame, part


def _prefixed(name: str, where: Mapping[str, str]) -> dict[str, str]:
    return {name: where["source"], f"{name}_under": where["under"]}


def _converted(told: Any, kind: type[T]) -> T:
    try:
        return msgspec.convert(told, kind)
    except msgspec.ValidationError:
        raise UnexpectedAnswer("What answers at the gateway's address is not the gateway.") from None


def _decoded(content: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise UnexpectedAnswer("What answers at the gateway's address is not the gateway.") from None


def _known(answer: T | None) -> T:
    if answer is None:
        raise UnexpectedAnswer("The hub's gateway answered 'not modified' to what was not asked so.")
    return answer
