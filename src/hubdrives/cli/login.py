"""What a person does whose login has ended, or lacks a consent: where they log in again."""

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
    act = f"Agree at {error.agree_at}" if error.agree_at else "Log in to the hub again"
    if not hub:
        return f"{act}, at the hub's address with {error.login_url} behind, and repeat."
    return f"{act} and repeat: {urljoin(hub, error.login_url)}"
