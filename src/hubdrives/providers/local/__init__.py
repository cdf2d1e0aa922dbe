"""Folders of the machine itself, for example a shared mount."""

from hubdrives.providers.local.provider import Local

__all__ = ["Local"]
