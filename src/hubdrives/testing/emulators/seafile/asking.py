"""What requests say: paths, forms, JSON, names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from hubdrives.testing.emulators.seafile.errors import SeafileError
from hubdrives.testing.emulators.server import Call

LONGEST_NAME = 255  # bytes
LONGEST_PATH = 4096  # bytes
_FORM = "application/x-www-form-urlencoded"
_FIRST_EMOJI, _LAST_EMOJI = "\U0001f300", "\U0001fad6"


@dataclass(frozen=True, slots=True)
class Data:
    """A body that may be a form or JSON.

    Attributes:
        values: by name; of a field that came several times the last one, as seahub has it.
        pairs: all fields of a form; None when the body is JSON.
    """

    values: Mapping[str, Any]
    pairs: Sequence[tuple[str, str]] | None

    def text(self, name: str) -> str:
        """A value; "" when there is none."""
        found = self.values.get(name)
        return found if isinstance(found, str) else ""

    def several(self, name: str) -> list[str]:
        """All values of a field that may come several times, which seahub expects of a form only.

        Raises:
            SeafileError: 500 for JSON.
        """
        if self.pairs is None:
            raise SeafileError("internal")
        return [value for key, value in self.pairs if key == name]


async def read_form(call: Call) -> dict[str, str]:
    """The fields of a form; none when the body is something else."""
    return dict(await _read_pairs(call))


async def _read_pairs(call: Call) -> list[tuple[str, str]]:
    if call.request.content_type == _FORM:
        text = (await call.request.content.read()).decode(errors="replace")
        return parse_qsl(text, keep_blank_values=True)
    if call.request.content_type == "multipart/form-data":
        found = await call.request.post()
        return [(name, value) for name, value in found.items() if isinstance(value, str)]
    return []


async def read_data(call: Call) -> Data:
    """The body.

    Raises:
        SeafileError: 400 when it is broken JSON.
    """
    if call.request.content_type != "application/json":
        pairs = await _read_pairs(call)
        return Data(dict(pairs), pairs)
    try:
        found = msgspec.json.decode(await call.request.content.read() or b"{}")
    except msgspec.DecodeError:
        raise SeafileError("malformed") from None
    if not isinstance(found, dict):
        raise SeafileError("malformed")
    return Data(found, None)


def is_name(name: str) -> bool:
    """Whether Seafile takes it for a file or folder."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return False
    odd = {"/", "\0"} & set(name) or any(_FIRST_EMOJI <= each <= _LAST_EMOJI for each in name)
    return bool(name.strip()) and name not in {".", ".."} and size <= LONGEST_NAME and not odd


def split(path: str) -> tuple[str, str]:
    """The folder of a path, without a slash at the end unless it is the top one, and the name."""
    parent, _, name = path.rstrip("/").rpartition("/")
    return parent or "/", name


def folder_path(path: str) -> str:
    """A path of a folder as error messages show it."""
    inner = "/".join(each for each in path.split("/") if each)
    return f"/{inner}/" if inner else "/"


def number(call: Call, name: str, usual: int) -> int:
    """A whole number of the query; the usual one for nonsense."""
    found = call.params.get(name, "")
    return int(found) if found.isdecimal() and int(found) > 0 else usual
