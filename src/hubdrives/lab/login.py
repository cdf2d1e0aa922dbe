"""Where the hub is, for the page: a user whose login has ended logs in there again."""

from collections.abc import Mapping

_BASE = "JUPYTERHUB_BASE_URL"
_HOST = "JUPYTERHUB_HOST"
_PUBLIC = "JUPYTERHUB_PUBLIC_HUB_URL"


def hub_address(environment: Mapping[str, str]) -> str:
    """The hub as a browser reaches it from a page of this server, with a slash at the end.

    Only the server's own environment says so, never an answer: what another server answers must not be able to choose
    where people type their passwords.
    https://jupyterhub.readthedocs.io/en/stable/reference/spawners.html#environment-variables

    Returns:
        A path where hub and servers share one host; an address where servers have hosts of their own; "" if no hub is
        known.
    """
    if base := environment.get(_BASE):
        # On one host the path is right under whatever name the browser knows that.
        return f"{environment.get(_HOST, '')}{base.rstrip('/')}/hub/"
    public = environment.get(_PUBLIC, "")
    return f"{public.rstrip('/')}/" if public else ""
