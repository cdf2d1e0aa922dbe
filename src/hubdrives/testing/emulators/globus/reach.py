"""Who gets at a collection through Transfer, and what is at a path of it.

https://docs.globus.org/api/transfer/overview/#data_access_consent, https://docs.globus.org/guides/high-assurance/
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hubdrives.testing.emulators.globus.collections import Collection
from hubdrives.testing.emulators.globus.errors import TransferError
from hubdrives.testing.emulators.globus.named import TRANSFER_ALL, scope_of
from hubdrives.testing.emulators.globus.paths import Path, PathNotAllowedError, resolve
from hubdrives.testing.emulators.globus.places import local_name, lookup, no_such_file
from hubdrives.testing.emulators.globus.sessions import Session
from hubdrives.testing.emulators.globus.view import View
from hubdrives.testing.emulators.tree import Node

LISTING = "ExternalError.DirListingFailed"
MKDIR = "ExternalError.MkdirFailed"
DATALESS = "GCSv5_endpoint"


@dataclass(frozen=True, slots=True)
class Reach:
    """A collection that somebody was let in to.

    Attributes:
        view: the request's.
        collection: which.
        family: how codes of errors begin that come from its server.
    """

    view: View
    collection: Collection
    family: str = LISTING

    def path(self, text: str) -> Path:
        """What a path means. Raises TransferError (403) when it is not allowed."""
        try:
            return resolve(self.collection, text, local_name(self.view.grant.identity))
        except PathNotAllowedError:
            raise self.denied(text) from None

    def find(self, path: Path, *, write: bool = False) -> Node | None:
        """What is there, symbolic links followed. Raises TransferError (403) for who may not read, or write, there."""
        self.need(path, write=write)
        return lookup(self.view.site.tree, self.collection.root, path.absolute)

    def need(self, path: Path, *, write: bool = False) -> None:
        """Raise TransferError (403) for who may not read, or write, there."""
        found = self.collection.permissions(self.view.grant.identities, path.absolute)
        if found is None or (write and found != "rw") or _lasts(self.view, "no_access", self.collection):
            raise self.denied(path.shown)

    def denied(self, path: str) -> TransferError:
        """What the server says that keeps somebody out."""
        text = self.failed("Denied by endpoint", f"MLST {path}", "Path not allowed")
        return TransferError("EndpointPermissionDenied", text)

    def missing(self, path: str, reason: str) -> TransferError:
        """What it says of what is not there; the reason is another for a list than for a look at one thing."""
        details = f"Message: No such file or directory\n---\nDetails: Error: '{path}' not found\\r\\n{no_such_file()}"
        text = "Path not found" if reason == "NotFound" else "Directory not found"
        return TransferError(reason, self.dump(text, details))

    def failed(self, text: str, command: str, message: str) -> str:
        """A message of a command that the server refused."""
        return self.dump(
            text, f"Command: {command}\nMessage: Fatal FTP Response\n---\nDetails: 500 Command failed : {message}."
        )

    def dump(self, text: str, details: str) -> str:
        """A message as Transfer puts it together from what a GridFTP server said."""
        name, known_as = self.collection.display_name, self.collection.id
        return f"{text}, Error (list)\nEndpoint: {name} ({known_as})\nServer: 192.0.2.10:443\n{details}\\r\\n\n"


def known_collection(view: View, collection: str) -> Collection:
    """A collection by id. Raises TransferError (404)."""
    found = view.site.collections.get(collection)
    if found is None:
        raise TransferError("EndpointNotFound", f"No such endpoint '{collection}'")
    return found


def reach(view: View, args: Mapping[str, str], *, family: str = LISTING) -> Reach:
    """The collection that a request is about, if whoever asks gets at it now.

    Raises:
        TransferError: 403 without the consent, 404 when there is none, 502 when it can't be got at.
    """
    collection = known_collection(view, args["id"])
    need_consent(view, collection)
    if collection.entity_type == DATALESS:
        raise TransferError("EndpointError", "The endpoint has no data of its own, only its collections have")
    if collection.gcp_connected is False or _lasts(view, "disconnected", collection):
        raise TransferError(f"{family}.GCDisconnected", "The GCP endpoint is not currently connected to Globus")
    if collection.gcp_paused:
        raise TransferError(f"{family}.GCPaused")
    if _lasts(view, "unreachable", collection):
        raise TransferError(f"{family}.ConnectFailed", "Could not connect to the server: connection timed out")
    wanted = session_wanted(view, collection, view.grant.session, view.grant.identities)
    if wanted is not None:
        raise login_failed(collection, wanted, family)
    return Reach(view, collection, family)


def need_consent(view: View, *collections: Collection) -> None:
    """Raise TransferError (403) when somebody has not allowed what these collections want, all of it at once."""
    lacking = {each.id: each for each in collections if each.has_data_access and not _has_consent(view, each)}
    if not lacking:
        return
    below = " ".join(f"*{scope_of(each, 'data_access')}" for each in lacking)
    scopes, text = [f"{TRANSFER_ALL}[{below}]"], "Missing required data_access consent"
    parameters = {"required_scopes": scopes, "session_message": text}
    raise TransferError(
        "ConsentRequired", text, extra={"required_scopes": scopes, "authorization_parameters": parameters}
    )


def _has_consent(view: View, collection: Collection) -> bool:
    return view.grant.allows(TRANSFER_ALL, scope_of(collection.id, "data_access"))


def session_wanted(
    view: View, collection: Collection, session: Session, identities: frozenset[str]
) -> dict[str, Any] | None:
    """What a login would have to be like before the collection lets somebody in; None when they are in."""
    people, now = view.site.people.identities, view.site.clock()
    expired = _lasts(view, "session_expired", collection)
    domain, policy = collection.required_domain, collection.authentication_policy_id
    able = [each for each in identities if domain in {None, people[each].domain}]
    if domain is not None and (expired or not any(session.since(each) is not None for each in able)):
        return _login("session_required_single_domain", [domain])
    latest = max((when for each in able if (when := session.since(each)) is not None), default=None)
    timeout = 60 * collection.authentication_timeout_mins
    strict = collection.high_assurance or policy is not None
    if expired or (strict and (latest is None or latest + timeout <= now)):
        return (
            _login("session_required_policies", [policy])
            if policy
            else _login("session_required_identities", sorted(able))
        )
    return None


def _login(name: str, value: list[str]) -> dict[str, Any]:
    message = "Session reauthentication required (Globus Transfer)"
    return {"session_message": message, name: value, "prompt": "login"}


def _lasts(view: View, effect: str, collection: Collection) -> bool:
    return view.faults.lasts(effect, node_id=collection.id, name=collection.display_name or "")


def login_failed(collection: Collection, wanted: Mapping[str, Any], family: str) -> TransferError:
    """The error that asks for another login."""
    text = (
        f"Command Failed: Error (login)\nEndpoint: {collection.display_name} ({collection.id})\n"
        "Server: 192.0.2.10:443\nMessage: Login Failed\n---\n"
        "Details: 530-Login incorrect. : GlobusError: v=1 c=LOGIN_DENIED\\r\\n530 End.\\r\\n\n"
    )
    return TransferError(f"{family}.LoginFailed", text, extra={"authorization_parameters": dict(wanted)})
