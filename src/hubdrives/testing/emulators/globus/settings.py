"""How the emulated Globus is set up."""

from dataclasses import dataclass


@dataclass(slots=True)
class Settings:
    """Settings that may be changed at any time.

    Attributes:
        token_order: resource servers whose tokens come first in an answer with several, in this order; the others
            follow as they were asked for. The very first is on top, the rest are its `other_tokens`.
        rotate_refresh_tokens: a refresh token serves once, and a new one comes with each answer.
        token_lifetime: of access tokens, seconds.
        redirect_unknown_scopes: an unknown scope sends people back to the client with an error, where Globus shows a
            page of its own.
        list_limit: entries of a directory that can be listed.
        search_limit: results of a search that can be seen, page after page.
        marker_page: lines of a page that ends in a marker.
        task_lag: how long a task is queued before it starts, seconds.
        seconds_per_file: that a task needs for each file and folder, whatever its size.
        bandwidth: of transfers, bytes a second.
        retry_wait: until a task tries again what failed, seconds.
        cancel_lag: until a task that is to stop does, seconds.
    """

    token_order: tuple[str, ...] = ()
    rotate_refresh_tokens: bool = False
    token_lifetime: float = 48 * 3600.0
    redirect_unknown_scopes: bool = False
    list_limit: int = 100_000
    search_limit: int = 1000
    marker_page: int = 1000
    task_lag: float = 0.2
    seconds_per_file: float = 0.005
    bandwidth: float = 200e6
    retry_wait: float = 10.0
    cancel_lag: float = 0.0
