"""The gateway's own: its grants, folders and keys, and whether it runs."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import aiohttp

from hubdrives import providers
from hubdrives.config import Grant, Settings
from hubdrives.connections import Connections
from hubdrives.doctor import network
from hubdrives.doctor.findings import Code, Finding
from hubdrives.doctor.gateway import health
from hubdrives.doctor.network import Target
from hubdrives.doctor.seat import Seat
from hubdrives.errors import HubdrivesError
from hubdrives.model import Location
from hubdrives.spaces.stored import root_of

SHORTEST_LINK_KEY = 32
"""Characters."""

_SECRET_SUFFIX = "_file"  # noqa: S105 - a part of a field's name


def secrets(settings: Settings) -> list[Finding]:
    """Whether files with secrets are kept from others. Blocks."""
    check = "secret files"
    named = list(_secret_files(settings))
    opened = [
        Finding.warning(
            check,
            Code.SECRET_OPEN,
            f"{path} holds a secret, and everybody on this machine may read it.",
            f"chmod 600 {path}, owned by whoever runs the gateway; in Kubernetes, mount the Secret with "
            "defaultMode: 0400.",
        )
        for path in named
        if _mode(path) & stat.S_IROTH
    ]
    return opened or ([Finding.ok(check, "Nobody else may read the files with secrets.")] if named else [])


def files(settings: Settings) -> list[Finding]:
    """Whether the gateway can write where it must, and sign links where somebody may make them. Blocks."""
    return [*_folders(settings), *_link_keys(settings)]


def grants(settings: Settings, connections: Connections) -> list[Finding]:
    """Whether anybody may do anything, and where. No I/O."""
    check = "grants"
    if not settings.grants:
        return [
            Finding.warning(
                check,
                Code.NO_GRANTS,
                "There are no grants, so nobody may read anything.",
                "Add a [[grants]] section to the configuration.",
            )
        ]
    wrong = []
    for name, space in settings.spaces.items():
        try:
            root_of(connections, name, space)
        except HubdrivesError as error:
            sentence = f"The gateway does not start: the space '{name}' can't be used. {error}"
            wrong.append(Finding.wrong(check, Code.GRANT_UNUSABLE, sentence, error.hint))
    for grant in settings.grants:
        if grant.connection in settings.spaces:
            continue
        try:
            root(settings, connections, grant)
        except HubdrivesError as error:
            sentence = f"The gateway does not start: a grant on '{grant.connection}' can't be used. {error}"
            wrong.append(Finding.wrong(check, Code.GRANT_UNUSABLE, sentence, error.hint))
    count = len(settings.grants)
    return wrong or [Finding.ok(check, f"{count} grant{'s' if count > 1 else ''} can be used.")]


def root(settings: Settings, connections: Connections, grant: Grant) -> Location | None:
    """Where `grant` is for; None is whatever users' own tokens open. Raises HubdrivesError: nowhere."""
    configured = settings.connections[grant.connection]
    if grant.root is None:
        open_to_users = configured.root is None and connections.is_personal(grant.connection)
        return None if open_to_users else connections.root(grant.connection)
    location = providers.provider_class(configured.provider).parse(grant.root, base_url=configured.base_url)
    if location is None:
        raise HubdrivesError(f"'{grant.root}' is no address of its provider.", hint="Correct `root` of the grant.")
    return location


def whom(grant: Grant) -> str:
    """Whom `grant` is for, in words."""
    kinds = (("group", grant.groups), ("user", grant.users), ("service", grant.services))
    named = [f"{kind} {name}" for kind, names in kinds for name in names]
    return ", ".join([*(["every user of the hub"] if grant.everyone else []), *named])


async def running(seat: Seat, settings: Settings) -> list[Finding]:
    """Whether the gateway answers where it should listen."""
    given = seat.environment.get("JUPYTERHUB_SERVICE_URL") or f"http://{settings.gateway.host}:{settings.gateway.port}"
    url = f"{given.rstrip('/')}/{seat.environment.get('JUPYTERHUB_SERVICE_PREFIX', '').strip('/')}"
    target = Target(
        url=url,
        title="the gateway",
        setting="JUPYTERHUB_SERVICE_URL",
        opening="Let this machine connect to itself.",
    )
    check = "gateway"
    try:
        return [await health(check, target, seat)]
    except (OSError, ValueError, aiohttp.ClientError) as error:
        found = network.trouble(check, error, target)
        if found is None:
            raise
        return [found]


def _secret_files(settings: Settings) -> Iterator[Path]:
    for connection in settings.connections.values():
        for field, value in connection.credential.items():
            if field.endswith(_SECRET_SUFFIX) and isinstance(value, str):
                yield Path(value).expanduser()
    if settings.gateway.link_key_file is not None:
        yield Path(settings.gateway.link_key_file).expanduser()


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        # Who needs it says that it can't be read.
        return 0


def _folders(settings: Settings) -> Iterator[Finding]:
    gateway = settings.gateway
    for field, value, usable in (
        ("cache_folder", gateway.cache_folder, _takes_files),
        ("audit_file", gateway.audit_file, _takes_lines),
    ):
        if value is None:
            continue
        path, check = Path(value).expanduser(), field.replace("_", " ")
        if usable(path):
            yield Finding.ok(check, f"{path} can be written.")
        else:
            yield Finding.wrong(
                check,
                Code.FOLDER_UNUSABLE,
                f"{path} can't be written by whoever runs this.",
                f"Give the gateway's user the right to write there, or set `{field}` of [gateway] to another place.",
            )


def _takes_files(folder: Path) -> bool:
    """Whether `folder` can be used, or made. Nothing is tried: the gateway may be at work there."""
    above = next(path for path in (folder, *folder.absolute().parents) if os.access(path, os.F_OK))
    return above.is_dir() and os.access(above, os.W_OK | os.X_OK)


def _takes_lines(file: Path) -> bool:
    """Whether `file` can be appended to, or made."""
    if os.access(file, os.F_OK):
        return file.is_file() and os.access(file, os.W_OK)
    return os.access(file.parent, os.W_OK | os.X_OK)


def _link_keys(settings: Settings) -> Iterator[Finding]:
    check, file = "link key", settings.gateway.link_key_file
    if file is None:
        if any("link" in grant.can for grant in settings.grants):
            yield Finding.wrong(
                check,
                Code.LINK_KEY_MISSING,
                "Some may make links for others, but the gateway has no key to sign them with.",
                "Put the output of `openssl rand -hex 32` into a file, and set `link_key_file` of [gateway] to it.",
            )
        return
    try:
        keys = Path(file).expanduser().read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError):
        yield Finding.wrong(
            check,
            Code.LINK_KEY_UNUSABLE,
            f"The key file {file} can't be read.",
            "Correct `link_key_file`, or its rights.",
        )
        return
    if not keys or min(map(len, keys)) < SHORTEST_LINK_KEY:
        yield Finding.wrong(
            check,
            Code.LINK_KEY_UNUSABLE,
            f"{file} needs a key of at least {SHORTEST_LINK_KEY} characters on each line.",
            "Make one with: openssl rand -hex 32",
        )
    else:
        yield Finding.ok(check, "Links can be signed.")
