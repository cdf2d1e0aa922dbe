"""One address: why it does or does not work here."""

import os
from pathlib import Path

from hubdrives.config import Grant, Settings
from hubdrives.connections import Connections, Found
from hubdrives.doctor import service
from hubdrives.doctor.connections import look
from hubdrives.doctor.findings import Code, Finding
from hubdrives.doctor.seat import Seat
from hubdrives.errors import HubdrivesError
from hubdrives.links import PullRequest

CHECK = "source"


async def examine(text: str, connections: Connections, settings: Settings, seat: Seat) -> list[Finding]:
    """What `text` means, whether it can be read from here, and, beside the gateway, who is granted it.

    Raises:
        HubdrivesError: it means nothing that is known here.
    """
    found = connections.find(_source(text))
    if seat.service and connections.is_personal(found.connection):
        sentence = f"It is reached by '{found.connection}', as far as each user's own login goes: run this as a user."
        return [Finding.ok(CHECK, sentence)]
    looked = await look(CHECK, connections, found.connection, found.location, user=seat.user, seat=seat)
    if isinstance(looked, Finding):
        return [looked]
    what = f"It is the {looked.kind} '{looked.name}' at {looked.source}, reached by '{found.connection}'."
    return [Finding.ok(CHECK, what), *(await _granted(found, connections, settings) if seat.service else [])]


def _source(text: str) -> str:
    text = text.strip()
    if (request := PullRequest.from_address(text)) is not None:
        return request.source
    # Not Path.exists: a link's token is longer than any name, and that raises.
    local = text and "://" not in text and os.path.exists(text)  # noqa: PTH110
    return str(Path(text).absolute()) if local else text


async def _granted(found: Found, connections: Connections, settings: Settings) -> list[Finding]:
    """Who may read it through the gateway."""
    whom = [
        f"{service.whom(grant)} ({' and '.join(grant.can)})"
        for grant in settings.grants
        if grant.connection == found.connection and await _covers(grant, found, connections, settings)
    ]
    if whom:
        return [Finding.ok(CHECK, f"It is granted to {'; '.join(whom)}.")]
    return [
        Finding.warning(
            CHECK,
            Code.SOURCE_NOT_GRANTED,
            "No grant covers it: nobody may read it through the gateway.",
            f"Add a [[grants]] section for it on connection '{found.connection}', or share it inside a folder that is "
            "granted.",
        )
    ]


async def _covers(grant: Grant, found: Found, connections: Connections, settings: Settings) -> bool:
    try:
        root = service.root(settings, connections, grant)
        if root is None or root == found.location:
            return True
        return await (await connections.provider(found.connection)).contains(root, found.location)
    except HubdrivesError:
        # What is wrong with the grant itself, its own check tells.
        return False
