"""Google Drive, API version 3, read only, as a service account sees it.

https://developers.google.com/workspace/drive/api/reference/rest/v3

The paths are those of the real hosts: `/drive/v3/...` and `/token`. Operations, as they are counted: `token`,
`about.get`, `files.list`, `files.get`, `files.media`, `files.export`, `files.exportLink`, `changes.list`,
`changes.startPageToken`, `drives.list`, `drives.get`, `write` (which is always refused), `unknown`.

Effects of faults that only this emulator has, beside those of `hubdrives.testing.emulators.faults`:

- `lose_group`: a listing of several folders at once is empty, without an error.
- `lose_part`: such a listing lacks what is in one of the folders: the one with the rule's `id`, else the last.
- `short_pages`: a page holds `size` items (1), whatever was asked for.
- `empty_page`: a page holds nothing but a token for the next.
- `expire_page_token`: the page token that came with the request is refused.
- `expire_tokens`: all access tokens end now, the one of this request too.
- `skewed_clock`: the token endpoint finds the times of the assertion out of range.
- `replace_content`: the file gets the content `text` before it is sent: it was replaced after its metadata were read.
- `unshare`: the item with the rule's `id`, else the served folder, is no longer shared with `email`, else with anyone.

And those that stick to an item (by `id` or `name`; to all items without either) until the rules are set anew; their
`operation` does not matter:

- `no_sha256`: it has no sha256Checksum.
- `no_download`: it must not be downloaded, as its capabilities say.
- `abusive`: it is held for malware.
- `quota_exceeded`: it has been downloaded too often.

`POST /_emulator/shares` with a JSON list of `{"id": ..., "email": ..., "shared": true or false}` changes who sees what.
"""

import base64
import hashlib
import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from aiohttp import web

from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.faults import Faults, Rule
from hubdrives.testing.emulators.folder import Folder
from hubdrives.testing.emulators.googledrive.access import Access
from hubdrives.testing.emulators.googledrive.accounts import Accounts, ServiceAccount
from hubdrives.testing.emulators.googledrive.errors import REASONS, SKEWED, TOKEN_ERRORS, DriveError, TokenError
from hubdrives.testing.emulators.googledrive.paging import Pages
from hubdrives.testing.emulators.googledrive.query import parents_in, parse_query
from hubdrives.testing.emulators.googledrive.resources import View
from hubdrives.testing.emulators.googledrive.routes import HANDLERS, operation
from hubdrives.testing.emulators.server import Announcement, Answer, Call, Emulator
from hubdrives.testing.emulators.sidecar import read_sidecar
from hubdrives.testing.emulators.tree import Node, Tree

OWNER = "teacher@example.edu"
ROBOT = "robot@emulated-project.iam.gserviceaccount.com"

_SPECIAL = {
    "files.list": {"short_pages", "empty_page"},
    "changes.list": {"short_pages", "empty_page"},
    "files.media": {"replace_content"},
    "token": {"skewed_clock"},
}
_LASTING = {"no_sha256", "no_download", "abusive", "quota_exceeded"}
_ALL_SPECIAL = {"lose_group", "lose_part", "expire_page_token", "expire_tokens", "unshare"}.union(*_SPECIAL.values())


class GoogleDrive(Emulator):
    """Google Drive with one person, who owns the served folder, and one service account, with which it is shared.

    Args:
        directory: served live as that folder; without one the folder is empty, and tests plant what they need with
            `drive.tree.add_file("a.txt", "text", parent=drive.root)`.
        latency: seconds that each answer waits.
        token_lifetime: of access tokens, seconds.
        quota: so many API requests in so many seconds for each account, then 403 userRateLimitExceeded.
        clock: seconds since 1970, for everything but the check of assertions.

    Attributes:
        tree, access, accounts: what there is, who may see it, and who may log in.
        root: the id of the served folder.
        robot: the service account that it is shared with.
        folder: the served directory, if there is one.

    Raises:
        SidecarError: `.emulator.json` in the directory can't be read.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        latency: float = 0.0,
        token_lifetime: float = 3599,
        quota: tuple[int, float] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        faults = Faults(special=_ALL_SPECIAL, lasting=_LASTING, reasons={*REASONS, *TOKEN_ERRORS})
        super().__init__(faults=faults, latency=latency)
        self.tree = Tree(new_id=_new_id, clock=clock)
        self.access = Access(self.tree)
        self.accounts = Accounts(clock=clock, token_lifetime=token_lifetime)
        self._clock = clock
        self._quota = quota
        self._used: dict[str, deque[float]] = {}
        self._pages = Pages()
        self.robot = self.add_service_account(ROBOT)
        name = "Shared folder" if directory is None else directory.resolve().name
        if directory is not None and read_sidecar(directory).shared_drive:
            self.root = self.add_shared_drive(name, self.robot.email)
        else:
            self.root = self.tree.add(name, parent=self.home(OWNER)).id
            self.access.share(self.root, self.robot.email)
        self.folder = None if directory is None else Folder(self.tree, self.root, directory)

    @property
    def location(self) -> str:
        """What a person would paste for the served folder."""
        return f"https://drive.google.com/drive/folders/{self.root}"

    @property
    def token_uri(self) -> str:
        return f"{self.url}/token"

    def home(self, email: str) -> str:
        """The id of an account's My Drive; made when it is asked for first."""
        if email not in self.access.homes:
            top = self.tree.add("My Drive", node_id=f"0A{self.tree.fresh_id()[1:15]}PVA")
            self.access.homes[email] = top.id
        return self.access.homes[email]

    def add_service_account(self, email: str) -> ServiceAccount:
        """Another service account, with a key and an empty My Drive of its own."""
        self.home(email)
        number = int(hashlib.sha256(email.encode()).hexdigest(), 16) % 10**21
        return self.accounts.register(ServiceAccount(email, client_id=f"{number:021}"))

    def add_shared_drive(self, name: str, *members: str) -> str:
        """A shared drive with these accounts as members; gives its id, which is its top folder's as well."""
        drive = self.tree.add(name, node_id=f"0A{self.tree.fresh_id()[1:15]}PVA").id
        self.access.drives.add(drive)
        for email in members:
            self.access.share(drive, email)
        return drive

    def key_file(self, account: ServiceAccount | None = None) -> dict[str, str]:
        """What the JSON key file of a service account (of `robot`) holds, with this server's token endpoint."""
        return (account or self.robot).key_file(self.token_uri)

    async def find(self, path: str) -> Node:
        """The node that a path of the served directory as it is now, or of names below the root, is served as.

        Raises:
            LookupError: there is none.
        """
        if self.folder is not None:
            await self.refresh()
            return self.tree[self.folder.id_of(path)]
        return self.tree.find(*path.split("/"), under=self.root)

    def announce(self, scratch: Path) -> Announcement:
        key, config = scratch / "service-account.json", scratch / "hubdrives.toml"
        key.touch(mode=0o600)
        key.write_text(json.dumps(self.key_file(), indent=2), encoding="utf-8")
        # A JSON string is a TOML string.
        config.write_text(
            "[connections.googledrive]\n"
            'provider = "googledrive"\n'
            f"base_url = {json.dumps(self.url)}\n"
            f"root = {json.dumps(self.location)}\n"
            f'credential = {{ kind = "google_service_account", key_file = {json.dumps(str(key))} }}\n',
            encoding="utf-8",
        )
        return Announcement(self.location, {"HUBDRIVES_CONFIG": str(config)}, {"service_account_file": str(key)})

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/_emulator/shares", self._set_shares)]

    async def refresh(self) -> None:
        if self.folder is not None:
            await self.folder.refresh()

    async def understand(self, request: web.Request) -> Call:
        params: Mapping[str, str] = request.query
        method = request.method
        if method == "POST" and request.headers.get("X-HTTP-Method-Override") == "GET":
            # How Google's clients send what is too long for an address.
            method, params = "GET", {**params, **_texts(await request.post())}
        segments = tuple(request.path.strip("/").split("/"))
        name = operation(method, segments, params)
        ids: tuple[str, ...] = ()
        possible = set(_SPECIAL.get(name, ()))
        if name == "files.list":
            ids = _parents(params.get("q", ""))
            possible |= {"lose_group", "lose_part"} if len(ids) > 1 else set()
        elif name in {"files.get", "files.media"}:
            ids = (segments[-1],)
        elif name == "files.export":
            ids = (segments[-2],)
        if name != "token":
            possible |= {"expire_tokens", "unshare"} | ({"expire_page_token"} if "pageToken" in params else set())
        names = tuple(self.tree[each].name for each in ids if each in self.tree)
        return Call(request, name, params, segments, ids, names, frozenset(possible))

    def refuse(self, rule: Rule) -> Answer:
        if rule.reason in TOKEN_ERRORS:
            return TokenError(rule.reason).answer()
        return DriveError(rule.reason or "backendError", status=rule.status).answer()

    def busy(self) -> Answer:
        return DriveError("backendError").answer()

    async def answer(self, call: Call) -> Answer:
        try:
            if call.operation == "token":
                return await self._token(call)
            if "expire_tokens" in call.faults:
                self.accounts.expire_tokens()
            if rule := call.faults.get("unshare"):
                self.access.unshare(rule.id or self.root, rule.email)
            view = self._log_in(call.request)
            self._count(view.email)
            if rule := call.faults.get("replace_content"):
                await self._replace(call.segments[-1], rule.text)
            return await HANDLERS[call.operation](view, call)
        except (DriveError, TokenError) as error:
            return error.answer()

    async def _token(self, call: Call) -> Answer:
        if "skewed_clock" in call.faults:
            raise TokenError("invalid_grant", SKEWED)
        form = _texts(await call.request.post())
        return Answer.json(self.accounts.token(form, own_uri=self.token_uri), headers={"Cache-Control": "no-store"})

    def _log_in(self, request: web.Request) -> View:
        header = request.headers.get("Authorization")
        if header is None:
            raise DriveError("forbidden")
        session = self.accounts.session(header.removeprefix("Bearer "))
        if session is None:
            raise DriveError("authError")
        shown = request.headers.get("X-Goog-Drive-Resource-Keys", "")
        keys = dict(pair.strip().split("/", 1) for pair in shown.split(",") if "/" in pair)
        return View(self.tree, self.access, self.faults, self._pages, session.email, session.scopes, keys, self.url)

    def _count(self, email: str) -> None:
        if self._quota is None:
            return
        number, window = self._quota
        used, now = self._used.setdefault(email, deque()), self._clock()
        while used and used[0] <= now - window:
            used.popleft()
        if len(used) >= number:
            raise DriveError("userRateLimitExceeded")
        used.append(now)

    async def _replace(self, file_id: str, text: str) -> None:
        content = self.tree[file_id].content if file_id in self.tree else None
        if content is None:
            return
        if content.path is None:
            self.tree.replace(file_id, Content.of(text))
        else:
            content.path.write_text(text, encoding="utf-8")
            await self.refresh()

    async def _set_shares(self, request: web.Request) -> web.Response:
        for each in await request.json():
            change = self.access.share if each["shared"] else self.access.unshare
            change(each["id"], each["email"])
        return web.Response(status=204)


def _parents(text: str) -> tuple[str, ...]:
    try:
        return parents_in(parse_query(text))
    except DriveError:
        return ()  # the call itself will be refused for it


def _texts(form: Mapping[str, object]) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _new_id(number: int) -> str:
    """33 characters, as Drive's ids are; the same in each run, so that a link stays good when a test is run again."""
    return "1" + base64.urlsafe_b64encode(hashlib.blake2b(str(number).encode(), digest_size=24).digest()).decode()
