"""What runs in the hub's own process: its configuration, and the logins that it keeps fresh."""

from hubdrives.hub.configure import configure

__all__ = ["configure"]
