"""Settings, typed: connections, grants and the gateway, from one TOML file. It refers to secrets, it holds none."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from hubdrives.errors import BadConfig

CONFIG_VARIABLE = "HUBDRIVES_CONFIG"
GATEWAY_VARIABLE = "HUBDRIVES_GATEWAY_URL"
DEFAULT_PATH = Path("~/.config/hubdrives/hubdrives.toml")

VERBS = ("read", "link", "write", "share", "token", "transfer")
"""What a grant on a connection can allow. None implies another."""

SPACE_VERBS = ("read", "write", "manage")
"""What a grant on a space can allow: the first two in the user's own, the last in everybody's."""

_OF_A_PERSON = frozenset({"name", "sub", "email"})

# "SPACE@USER:/PATH" must mean one thing only.
_SPACE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")

# The last word of a field that would hold a secret.
_SECRETS = frozenset({"token", "secret", "password", "passphrase", "passwd", "key", "assertion"})


class LimitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How hard a connection may be driven; it adapts downward by itself when the provider says so."""

    concurrency: Annotated[int, Meta(ge=1)] | None = None
    """Requests at the same time, at most; None is what suits the provider."""
    rate: Annotated[float, Meta(gt=0)] | None = None
    """Requests per second, at most; None is no bound until the provider asks for one."""
    patience: Annotated[float, Meta(ge=0)] = 300.0
    """Seconds that one request waits at most before it is given up, all its waits taken together."""


class ConnectionSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One configured account at one provider."""

    provider: str
    base_url: str | None = None
    """The provider's server, where it is not the vendor's only one."""
    root: str | None = None
    """The URL (or, for `local`, the folder) that `connection:/path` starts from."""
    credential: dict[str, Any] = {}
    """`kind` and what that kind needs; secrets only as `*_file` or `*_env`."""
    options: dict[str, Any] = {}
    """The provider's own settings."""
    limits: LimitSettings = LimitSettings()


class SpaceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A folder for each user of the hub in a service account's storage, `ROOT/KEY/FOLDER`, shared with that user."""

    connection: str
    """The service account's; its provider must be able to write and to share."""
    folder: str
    """The name that all users see, so best one that begins with the service's own."""
    root: str | None = None
    """The folder that has everybody's in it: its URL, or `CONNECTION:/path`, which is made if it is missing; None is
    the connection's `root`."""
    role: str = ""
    """What the user may do with it at the provider, in its own words; "" is the provider's word for reading."""
    key: Literal["sub", "name"] = "sub"
    """What names a user's folder: the subject of their login, which never changes, or, for hubs whose names never do,
    the name in the hub."""
    address: str = "{email}"
    """Who a user is at the provider, of {name} (in the hub), {sub} and {email} (of the login)."""
    mounted: str = ""
    """Where users find it in their home, if their storage is mounted there: "drive/Shared with me"."""


class Grant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule: who may do what on which connection and root, or in which space. Without one, nothing is allowed."""

    connection: str
    """The connection's name, or the space's."""
    root: str | None = None
    """The URL of the folder it is for, at any depth below; None is the connection's `root`, or, where users show
    tokens of their own, whatever those open."""
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    everyone: bool = False
    """All users of the hub."""
    services: tuple[str, ...] = ()
    """Services of the hub, by name."""
    can: tuple[str, ...] = ("read",)
    """Any of "read", "link" (sign links for others), "write", "share" (give others access at the provider), "token" (be
    handed a token of the provider's own that only reads there) and "transfer" (have the provider copy from where the
    user may read to where they may write on this connection). In a space: "read" and "write" in the user's own,
    "manage" all users'."""


class GatewaySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The gateway's own settings."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 9300
    cache_folder: str | None = None
    """Where content is kept; None is a fresh temporary folder."""
    cache_bytes: Annotated[int, Meta(ge=0)] = 10 << 30
    """How much content is kept at most, in bytes."""
    upload_bytes: Annotated[int, Meta(ge=0)] = 5 << 30
    """How large a file that users write may be at most, in bytes."""
    fresh_seconds: Annotated[float, Meta(ge=0)] = 15.0
    """For how long a listing is handed out before the provider is asked again whether anything changed."""
    identity_seconds: Annotated[int, Meta(ge=0)] = 30
    """For how long the hub's answer to "whose token is this?" is believed."""
    link_key_file: str | None = None
    """A file with the secret that signs links, one key a line, the newest last; None signs no links."""
    audit_file: str | None = None
    """Where audit lines go; None is standard error."""
    metrics_public: bool = False
    """Whether anybody who reaches the gateway may read its metrics; else a hub token with `read:metrics` is needed."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole configuration file."""

    connections: dict[str, ConnectionSettings] = {}
    spaces: dict[str, SpaceSettings] = {}
    grants: tuple[Grant, ...] = ()
    gateway: GatewaySettings = GatewaySettings()


def parse(text: str, *, origin: str = "the configuration") -> Settings:
    """Settings from TOML text.

    Raises:
        BadConfig: not TOML, an unknown or missing field, a wrong type, a secret written in clear.
    """
    try:
        settings = msgspec.convert(tomllib.loads(text), Settings)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadConfig(f"{origin} can't be used: {error}.") from None
    for name, connection in settings.connections.items():
        _refuse_clear_secrets(name, connection.credential, origin)
    for name, space in settings.spaces.items():
        _check_space(name, space, settings, origin)
    for grant in settings.grants:
        _check_grant(grant, settings, origin)
    return settings


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from `$HUBDRIVES_CONFIG`, else from ~/.config/hubdrives/hubdrives.toml, else empty ones.

    Raises:
        BadConfig: the file named by the variable can't be read, or what `parse` raises.
    """
    named = environment.get(CONFIG_VARIABLE)
    path = Path(named) if named else DEFAULT_PATH.expanduser()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if named:
            raise BadConfig(f"There is no file {path}, which {CONFIG_VARIABLE} names.") from None
        return Settings()
    except OSError as error:
        raise BadConfig(f"{path} can't be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise BadConfig(f"{path} can't be read: it is not UTF-8 text.") from None
    return parse(text, origin=str(path))


def state_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Where this user's processes leave notes for one another; None where no home is named.

    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    named = environment.get("XDG_STATE_HOME", "")
    if Path(named).is_absolute():
        return Path(named) / "hubdrives"
    home = environment.get("HOME")
    return Path(home) / ".local" / "state" / "hubdrives" if home else None


def secret(credential: Mapping[str, Any], name: str, environment: Mapping[str, str] = os.environ) -> str:
    """The secret that `credential` refers to as `NAME_file` or `NAME_env`, without trailing white space.

    Raises:
        BadConfig: neither is there, or the file or variable is missing or empty.
    """
    file, variable = credential.get(f"{name}_file"), credential.get(f"{name}_env")
    if file:
        try:
            value = Path(str(file)).expanduser().read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise BadConfig(f"The secret file {file} can't be read.") from None
    elif variable:
        value = environment.get(str(variable), "")
    else:
        raise BadConfig(f"The credential needs {name}_file or {name}_env.")
    if not value.strip():
        raise BadConfig(f"{file or variable} holds no {name}.")
    return value.rstrip()


def _refuse_clear_secrets(name: str, credential: Mapping[str, Any], origin: str) -> None:
    for field in credential:
        if field.lower().rpartition("_")[2] in _SECRETS:
            raise BadConfig(
                f"{origin}: connection '{name}' has '{field}' in clear.",
                hint=f"Put it into a file or a variable and write {field}_file or {field}_env.",
            )


def _check_space(name: str, space: SpaceSettings, settings: Settings, origin: str) -> None:
    if not _SPACE_NAME.fullmatch(name):
        raise BadConfig(
            f"{origin}: '{name[:40]}' can't be the name of a space.",
            hint='Use letters, digits, "_", "." and "-"; the first a letter or digit.',
        )
    if name in settings.connections:
        raise BadConfig(f"{origin}: '{name}' is both a connection and a space.", hint="Give one another name.")
    if space.connection not in settings.connections:
        raise BadConfig(f"{origin}: space '{name}' names the connection '{space.connection}', which is not configured.")
    if space.folder in {"", ".", ".."} or "/" in space.folder or "\0" in space.folder:
        raise BadConfig(f"{origin}: '{space.folder}', of space '{name}', can't be the name of a folder.")
    try:
        unknown = {field for _, field, *_ in Formatter().parse(space.address) if field is not None} - _OF_A_PERSON
    except ValueError:
        unknown = {space.address}
    if unknown:
        raise BadConfig(
            f"{origin}: '{space.address}', of space '{name}', is no address; it takes {{name}}, {{sub}} and {{email}}."
        )


def _check_grant(grant: Grant, settings: Settings, origin: str) -> None:
    name = grant.connection
    if name not in settings.connections and name not in settings.spaces:
        raise BadConfig(f"{origin}: a grant names the connection '{name}', which is not configured.")
    if not (grant.users or grant.groups or grant.everyone or grant.services):
        raise BadConfig(f"{origin}: a grant on '{name}' names nobody: users, groups, services or everyone = true.")
    known = SPACE_VERBS if name in settings.spaces else VERBS
    if unknown := set(grant.can) - set(known):
        raise BadConfig(f"{origin}: a grant on '{name}' allows '{min(unknown)}'; known: {', '.join(known)}.")
    if name in settings.spaces and grant.root is not None:
        raise BadConfig(f"{origin}: a grant on the space '{name}' has a root, and a space has its own.")
