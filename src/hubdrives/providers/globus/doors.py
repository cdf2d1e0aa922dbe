"""Globus' servers, each with a token of its own: the Transfer API, and one https server for each collection.

https://docs.globus.org/api/auth/developer-guide/#scopes, https://docs.globus.org/globus-connect-server/v5/https-access-collections/
"""

from collections.abc import Sequence
from functools import partial
from typing import Final
from urllib.parse import quote, urlsplit

from hubdrives.errors import BadConfig, UnexpectedAnswer, Unreadable
from hubdrives.exchange import ErrorTable
from hubdrives.http import Client
from hubdrives.providers.globus import failures, item
from hubdrives.providers.globus.item import Collection, data_access
from hubdrives.providers.globus.urls import is_data_host

TITLE: Final = "Globus"
TRANSFER: Final = "transfer.api.globus.org"
TRANSFER_ALL: Final = "urn:globus:auth:scope:transfer.api.globus.org:all"
HEADERS: Final = {"X-Requested-With": "XMLHttpRequest"}
"""With these, an https server says that a login is missing, and shows no page."""

_API = "https://transfer.api.globus.org"


class Doors:
    """The ways into Globus. One limit counts the requests to all of them.

    Args:
        client: knows the tokens for all of them.
        base_url: another server in place of Globus' own API.

    Raises:
        BadConfig: `base_url` is no web address, or the tokens are not told apart by server.
    """

    def __init__(self, client: Client, *, base_url: str | None = None) -> None:
        if base_url is not None and not base_url.startswith(("https://", "http://")):
            raise BadConfig("The base_url of a Globus connection is no web address.")
        self._client = client
        self._clients: dict[str, Client] = {}
        self._secure = base_url is None or base_url.startswith("https://")
        self.api = f"{(base_url or _API).rstrip('/')}/v0.10"
        """Where the Transfer API is, without a slash at its end."""
        self.transfer = self._transfer(TRANSFER_ALL)
        """The client that talks to it, about anything but the files of mapped collections."""

    def access(self) -> str | None:
        """How to give the account access, in one sentence; None if it is not known whose it is."""
        account = self._client.account
        return f"Give {account} a permission on the collection in Globus." if account else None

    def files(self, *collections: Collection) -> Client:
        """The client that talks to the Transfer API about files on these collections."""
        asking = [each for each in collections if each.wants_data_access]
        wanted = sorted({f"*{data_access(each.id)}" for each in asking})
        # Whoever looks at files wants to read them next.
        readable = [each for each in asking if each.https_server]
        for each in readable:
            # Opened now, its token comes along with the one that is asked for next.
            self.https(each)
        also = tuple(each.https_scope for each in readable)
        return self._transfer(f"{TRANSFER_ALL}[{' '.join(wanted)}]" if wanted else TRANSFER_ALL, also)

    def expect(self, collection: str) -> None:
        """Say that files of a collection are going to be read, before anything is known of it but its id.

        The token for that comes along with the first one for the Transfer API, unless it needs another scope.
        """
        self._https(collection, item.https(collection))

    def https(self, collection: Collection) -> Client:
        """The client for a collection's https server. Redirects lead to a login there, and are never followed."""
        return self._https(collection.id, collection.https_scope)

    def _https(self, collection: str, scope: str) -> Client:
        table = partial(failures.https_errors, scopes=(scope,), login_url=self._client.login_url, access=self.access)
        return self._known(scope, collection, table, redirects=False)

    def unknown(self) -> Client:
        """A client that shows no token, for the https server of nobody knows which collection."""
        return self._client.for_audience("", errors=failures.https_errors, redirects=False)

    def _transfer(self, scope: str, also: Sequence[str] = ()) -> Client:
        table = partial(failures.errors, login_url=self._client.login_url, access=self.access, also=also)
        return self._known(scope, TRANSFER, table, redirects=True)

    def _known(self, scope: str, audience: str, table: ErrorTable, *, redirects: bool) -> Client:
        if scope not in self._clients:
            self._clients[scope] = self._client.for_audience(
                audience, scopes=(scope,), errors=table, redirects=redirects
            )
        return self._clients[scope]

    def is_server(self, address: str) -> bool:
        """Whether this can be a collection's https server. Others are asked only where Globus itself is another."""
        url = urlsplit(address)
        return is_data_host(url.hostname or "") or not self._secure

    def address(self, collection: Collection, path: str) -> str:
        """Where the bytes of a file are, which is at `path` from the collection's top.

        Raises:
            Unreadable: the collection has no https server.
            UnexpectedAnswer: it has one to which no token should go.
        """
        server = collection.https_server
        if not server:
            raise Unreadable(
                # The advice as well: of many files, only the sentences are told.
                f"The Globus collection '{collection.name}' has no https server: only `hubdrives transfer` copies "
                "files from there and to there.",
                hint="Write `hubdrives transfer SOURCE DESTINATION`; another collection or your home is the other end.",
            )
        if not server.startswith("https://" if self._secure else ("https://", "http://")):
            raise UnexpectedAnswer(f"Globus named no safe address for the bytes of '{collection.name}'.")
        return f"{server.rstrip('/')}{quote(path, safe='/')}"
