"""Box: read, write, versions, search and sharing."""

from hubdrives.providers.box.provider import Box

__all__ = ["Box"]
