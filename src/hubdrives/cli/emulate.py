"""`hubdrives emulate`."""

from pathlib import Path

import click

from hubdrives.errors import BadInput, LocalFailure
from hubdrives.testing.emulators import PROVIDERS, run


@click.command(
    "emulate",
    epilog="Example: hubdrives emulate googledrive ./course --port 9000",
    short_help="Serve a folder as if it were a provider (for tests).",
)
@click.argument("provider", type=click.Choice(sorted(PROVIDERS)))
@click.argument("directory", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Where to listen; 0 takes a free one."
)
@click.option("--latency", type=click.FloatRange(min=0), default=0.0, metavar="SECONDS", help="What each answer waits.")
def command(provider: str, directory: Path, *, port: int, latency: float) -> None:
    """Serve a folder as if it were a provider (for tests).

    DIR is served live on this machine until the command is ended: an edit in it shows as its owner's edit. The first
    line on standard output is JSON: the server's url, the location to paste, and the variables (env) and credentials
    that a client needs.
    """
    try:
        run(provider, directory, port=port, latency=latency)
    except OSError as error:
        raise LocalFailure(f"Port {port} can't be served: {(error.strerror or 'unknown').lower()}.") from None
    except ValueError as error:
        raise BadInput(f"'{directory}' can't be served: {error}.") from None
