"""Seafile and EBRAINS Drive: read, write, versions, search and sharing."""

from hubdrives.providers.seafile.provider import Seafile

__all__ = ["Seafile"]
