"""Globus: collections listed, read and written; large data moves by transfer tasks."""

from hubdrives.providers.globus.provider import Globus

__all__ = ["Globus"]
