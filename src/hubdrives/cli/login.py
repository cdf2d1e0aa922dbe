"""What a person does whose login has ended: where they log in again."""

from collections.abc import Mapping
from urllib.parse import urljoin

from hubdrives.errors import HubdrivesError, LoginNeeded


def advice(error: HubdrivesError, environment: Mapping[str, str]) -> str:
    """What to do next about `error`, in one sentence.

    Args:
        error: any of ours.
        environment: JUPYTERHUB_PUBLIC_HUB_URL or JUPYTERHUB_HOST, which the hub sets, say where a browser finds the
            hub; without them, only the path there is told.
    """
    if not isinstance(error, LoginNeeded) or error.login_url is None:
        return error.hint
    hub = environment.get("JUPYTERHUB_PUBLIC_HUB_URL") or environment.get("JUPYTERHUB_HOST")
    if not hub:
        return f"Log in to the hub again, at its address with {error.login_url} behind, and repeat."
    return f"Log in to the hub again and repeat: {urljoin(hub, error.login_url)}"
