"""The pull page: a Jupyter Server extension that brings a link's content into the user's home, and opens it."""

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """What Jupyter Server asks every extension for.

    https://jupyter-server.readthedocs.io/en/latest/developers/extensions.html
    """
    # Jupyter Server is imported only where it runs: the rest of hubdrives works without it.
    from hubdrives.lab.app import PullPage  # noqa: PLC0415

    return [{"module": "hubdrives.lab", "app": PullPage}]
