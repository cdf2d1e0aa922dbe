"""What requests to Globus Auth say: forms, and which client sends them."""

import base64
import binascii
from collections.abc import Mapping

from hubdrives.testing.emulators.globus.errors import GlobusError
from hubdrives.testing.emulators.globus.people import Client, People
from hubdrives.testing.emulators.server import Call

_BASIC = "basic"


async def read_form(call: Call) -> dict[str, str]:
    """The fields of a form; none when the body is something else."""
    return {name: value for name, value in (await call.request.post()).items() if isinstance(value, str)}


def client_of(call: Call, form: Mapping[str, str], people: People, refusal: GlobusError) -> Client:
    """The client that a request comes from: by HTTP Basic, by the form, or without a secret for a native app.

    Raises:
        GlobusError: the refusal: there is no such client, or the secret is wrong.
    """
    name, secret = _basic(call) or (form.get("client_id", ""), form.get("client_secret", ""))
    found = people.clients.get(name)
    if found is None or (found.secret is not None and not found.is_secret(secret)):
        raise refusal
    return found


def uses_basic(call: Call) -> bool:
    return _basic(call) is not None


def split_names(call: Call, name: str) -> list[str]:
    """Values of the query that are separated by commas; a parameter may come several times, too."""
    return [each for value in call.request.query.getall(name, []) for each in value.split(",") if each]


def _basic(call: Call) -> tuple[str, str] | None:
    scheme, _, text = call.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != _BASIC:
        return None
    try:
        name, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, secret
