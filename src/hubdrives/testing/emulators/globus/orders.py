"""What somebody wants a task to do.

https://docs.globus.org/api/transfer/task_submit/
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any, Literal

from hubdrives.testing.emulators.globus.collections import Collection
from hubdrives.testing.emulators.globus.people import Identity

TRANSFER: Literal["TRANSFER"] = "TRANSFER"
DELETE: Literal["DELETE"] = "DELETE"
ALGORITHMS = frozenset({"MD5", "SHA1", "SHA256"})
USUAL_ALGORITHM = "MD5"
CHECKSUM = 3  # the sync level that compares bytes
LONGEST_LABEL = 128  # characters


class OrderError(ValueError):
    """A document that can't be accepted; `code` is what the answer says of it."""

    def __init__(self, message: str, code: str = "BadRequest") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an order.

    Attributes:
        source, destination: paths as they were written; a delete has no destination.
        recursive: whether it is a folder; None leaves that to the collection.
        checksum: that the bytes must have, in hexadecimal digits.
        algorithm: of the checksums; "" is the usual one.
    """

    source: str
    destination: str = ""
    recursive: bool | None = None
    checksum: str | None = None
    algorithm: str = ""


@dataclass(frozen=True, slots=True)
class FilterRule:
    """Which entries of folders come along: the first rule that fits decides."""

    name: str
    include: bool
    kind: str | None

    def fits(self, name: str, *, folder: bool) -> bool:
        return self.kind in {None, "dir" if folder else "file"} and fnmatchcase(name, self.name)


@dataclass(frozen=True, slots=True)
class Options:
    """How it is to be done; https://docs.globus.org/api/transfer/task_submit/#transfer_specific_fields."""

    sync_level: int | None = None
    verify_checksum: bool = False
    preserve_timestamp: bool = False
    encrypt_data: bool = False
    skip_source_errors: bool = False
    fail_on_quota_errors: bool = False
    delete_destination_extra: bool = False
    recursive: bool = False
    ignore_missing: bool = False
    interpret_globs: bool = False
    notify_on_succeeded: bool = True
    notify_on_failed: bool = True
    notify_on_inactive: bool = True


_FLAGS = frozenset(each for each in Options.__dataclass_fields__ if each != "sync_level")


@dataclass(frozen=True, slots=True)
class Order:
    """A transfer, or a delete.

    Attributes:
        kind: TRANSFER or DELETE.
        owner: whose task it is.
        who: the ids of all identities that the owner has.
        source: where files are taken from, or deleted.
        destination: where they go; None for a delete.
        items: what.
        options: how.
        filters: what of folders comes along.
        label: for people.
        deadline: when it must be done, seconds since 1970; None is the usual one.
    """

    kind: Literal["TRANSFER", "DELETE"]
    owner: Identity
    who: frozenset[str]
    source: Collection
    destination: Collection | None
    items: tuple[Item, ...]
    options: Options
    filters: tuple[FilterRule, ...] = ()
    label: str | None = None
    deadline: float | None = None

    def takes(self, name: str, *, folder: bool) -> bool:
        """Whether an entry of a folder comes along."""
        return next((each.include for each in self.filters if each.fits(name, folder=folder)), True)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a document says, before anybody has looked for the collections in it."""

    kind: Literal["TRANSFER", "DELETE"]
    submission_id: str
    source: str
    destination: str | None
    items: tuple[Item, ...]
    options: Options
    filters: tuple[FilterRule, ...] = ()
    label: str | None = None
    deadline: float | None = None


def read_transfer(found: Mapping[str, Any]) -> Draft:
    """A document of type `transfer`. Raises OrderError."""
    _check_type(found, "transfer")
    lines = _lines(found, "transfer")
    return Draft(
        kind=TRANSFER,
        submission_id=_text(found, "submission_id"),
        source=_text(found, "source_endpoint"),
        destination=_text(found, "destination_endpoint"),
        items=tuple(_transfer_item(each) for each in lines),
        options=_options(found),
        filters=tuple(_filter_rule(each) for each in found.get("filter_rules") or ()),
        label=read_label(found.get("label")),
        deadline=read_deadline(found.get("deadline")),
    )


def read_delete(found: Mapping[str, Any]) -> Draft:
    """A document of type `delete`. Raises OrderError."""
    _check_type(found, "delete")
    lines = _lines(found, "delete")
    return Draft(
        kind=DELETE,
        submission_id=_text(found, "submission_id"),
        source=_text(found, "endpoint"),
        destination=None,
        items=tuple(Item(_text(each, "path")) for each in lines),
        options=_options(found),
        label=read_label(found.get("label")),
        deadline=read_deadline(found.get("deadline")),
    )


def read_label(found: object) -> str | None:
    """A label. Raises OrderError for what can't be one."""
    if found is None:
        return None
    if not isinstance(found, str) or len(found) > LONGEST_LABEL or found != found.strip() or set("\r\n") & set(found):
        raise OrderError("Invalid value for 'label'")
    return found


def read_deadline(found: object) -> float | None:
    """A moment in ISO 8601, in UTC unless it says otherwise; seconds since 1970. Raises OrderError."""
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(str(found))
    except ValueError:
        raise OrderError("Invalid value for 'deadline'") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _check_type(found: Mapping[str, Any], wanted: str) -> None:
    if found.get("DATA_TYPE") != wanted:
        raise OrderError(f"Invalid value for 'DATA_TYPE', expected '{wanted}'")


def _lines(found: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    lines = found.get("DATA")
    if not lines:
        raise OrderError(f"A {kind} requires at least one item", f"ClientError.BadRequest.No{kind.title()}Items")
    if not isinstance(lines, list) or not all(isinstance(each, Mapping) for each in lines):
        raise OrderError("Invalid value for 'DATA'")
    for each in lines:
        _check_type(each, f"{kind}_item")
    return lines


def _transfer_item(found: Mapping[str, Any]) -> Item:
    recursive, checksum, algorithm = (
        found.get(each) for each in ("recursive", "external_checksum", "checksum_algorithm")
    )
    if recursive not in {None, True, False}:
        raise OrderError("Invalid value for 'recursive'")
    if recursive and checksum:
        raise OrderError("'external_checksum' is not allowed on recursive items")
    if algorithm and str(algorithm).upper() not in ALGORITHMS:
        raise OrderError("Invalid value for 'checksum_algorithm'")
    return Item(
        _text(found, "source_path"),
        _text(found, "destination_path"),
        recursive,
        checksum.lower() if checksum else None,
        str(algorithm or "").upper(),
    )


def _filter_rule(found: Any) -> FilterRule:
    name, method, kind = (found.get(each) for each in ("name", "method", "type"))
    if not name or method not in {None, "include", "exclude"} or kind not in {None, "file", "dir"}:
        raise OrderError("Invalid value for 'filter_rules'")
    return FilterRule(name, method == "include", kind)


def _options(found: Mapping[str, Any]) -> Options:
    level = found.get("sync_level")
    if level is not None and (isinstance(level, bool) or level not in range(CHECKSUM + 1)):
        raise OrderError("Invalid value for 'sync_level'")
    flags = {each: found[each] for each in _FLAGS if found.get(each) is not None}
    if wrong := [each for each, value in flags.items() if not isinstance(value, bool)]:
        raise OrderError(f"Invalid value for '{wrong[0]}'")
    return Options(sync_level=level, **flags)


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise OrderError(f"Missing or invalid value for '{name}'")
    return value
