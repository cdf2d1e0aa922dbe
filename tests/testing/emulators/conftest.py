import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import jwt
import pytest
from google.oauth2 import service_account
from googleapiclient.discovery import build

from hubdrives.testing.emulators.googledrive import GoogleDrive
from hubdrives.testing.emulators.googledrive.accounts import GRANT_TYPE, SCOPE
from hubdrives.testing.emulators.server import serving

READONLY = SCOPE + "drive.readonly"


class Answered:
    """What came back: status, headers, body, and the body as JSON when it is."""

    def __init__(self, response: aiohttp.ClientResponse, body: bytes, json: Any) -> None:
        self.status, self.headers, self.body, self.json = response.status, response.headers, body, json

    @property
    def reason(self) -> str:
        return self.json["error"]["errors"][0]["reason"]


class Client:
    """A bare HTTP client: sees what a library would hide."""

    def __init__(self, drive: GoogleDrive, session: aiohttp.ClientSession) -> None:
        self.drive, self.session, self.token = drive, session, ""

    async def send(self, method: str, path: str, *, headers: dict | None = None, **options: Any) -> Answered:
        async with self.session.request(method, self.drive.url + path, headers=headers, **options) as response:
            body = await response.read()
            return Answered(response, body, await response.json() if "json" in response.content_type else None)

    async def log_in(self, account=None, *, scope: str = READONLY, **claims: Any) -> Answered:
        account = account or self.drive.robot
        now = int(time.time())
        body = {
            "iss": account.email,
            "aud": self.drive.token_uri,
            "iat": now,
            "exp": now + 3600,
            "scope": scope,
            **claims,
        }
        assertion = jwt.encode(body, account.key, "RS256", headers={"kid": account.key_id})
        answer = await self.send("POST", "/token", data={"grant_type": GRANT_TYPE, "assertion": assertion})
        if answer.status == 200:
            self.token = answer.json["access_token"]
        return answer

    async def get(self, path: str, *, headers: dict | None = None, **params: Any) -> Answered:
        """GET below /drive/v3; logs in when that was not done yet."""
        if not self.token:
            await self.log_in()
        with_token = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        return await self.send("GET", f"/drive/v3/{path}", headers=with_token, params=params)

    async def names(self, q: str, **params: Any) -> list[str]:
        answer = await self.get("files", q=q, **params)
        assert answer.status == 200, answer.body
        return [each["name"] for each in answer.json["files"]]


class Google:
    """The official client; it blocks, so each request runs in a thread."""

    def __init__(self, drive: GoogleDrive) -> None:
        credentials = service_account.Credentials.from_service_account_info(drive.key_file(), scopes=[READONLY])
        endpoint = {"api_endpoint": f"{drive.url}/drive/v3/"}
        self.service = build("drive", "v3", credentials=credentials, static_discovery=True, client_options=endpoint)
        self.credentials = credentials

    async def run(self, request, **options: Any) -> Any:
        return await asyncio.to_thread(request.execute, **options)


@pytest.fixture
async def drive() -> AsyncIterator[GoogleDrive]:
    async with serving(GoogleDrive()) as emulator:
        yield emulator


@pytest.fixture
async def connect() -> AsyncIterator[Callable[[GoogleDrive], Client]]:
    async with aiohttp.ClientSession() as session:
        yield lambda drive: Client(drive, session)


@pytest.fixture
async def client(drive, connect) -> Client:
    return connect(drive)


@pytest.fixture
async def google(drive) -> AsyncIterator[Google]:
    client = Google(drive)
    yield client
    client.service.close()
