"""The configuration file: whether there is one, and whether it can be used."""

from pathlib import Path

from hubdrives import config
from hubdrives.config import Settings
from hubdrives.doctor.findings import Code, Finding
from hubdrives.doctor.seat import Seat
from hubdrives.errors import BadConfig

CHECK = "configuration"


def read(seat: Seat) -> tuple[Settings, Finding]:
    """The settings, empty ones if they can't be used, and what is to be said of them. Blocks."""
    try:
        settings = config.load(seat.environment)
    except BadConfig as error:
        return Settings(), Finding.of_error(CHECK, error)
    named = seat.environment.get(config.CONFIG_VARIABLE)
    path = Path(named) if named else config.DEFAULT_PATH.expanduser()
    if settings.connections:
        count = len(settings.connections)
        return settings, Finding.ok(CHECK, f"{path} can be used: {count} connection{'s' if count > 1 else ''}.")
    if seat.environment.get(config.GATEWAY_VARIABLE):
        return settings, Finding.ok(CHECK, "Nothing is configured here, and nothing need be: the gateway has it all.")
    return settings, Finding(
        check=CHECK,
        level="wrong" if seat.service else "warning",
        sentence=f"No connection is configured: {path} {'has none' if path.is_file() else 'does not exist'}, and "
        f"{config.GATEWAY_VARIABLE} is not set.",
        advice=f"Write connections into a TOML file and let {config.CONFIG_VARIABLE} name it; in a user's server, the "
        f"hub's administrators set {config.GATEWAY_VARIABLE}.",
        code=Code.NOT_CONFIGURED,
    )
