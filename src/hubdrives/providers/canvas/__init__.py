"""Canvas LMS, read-only, with the user's own token."""

from hubdrives.providers.canvas.provider import Canvas

__all__ = ["Canvas"]
