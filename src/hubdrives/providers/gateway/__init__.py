"""The hub's gateway as a provider: what it may reach for this user can be pulled as if it were reached directly."""

from hubdrives.providers.gateway.provider import Gateway

__all__ = ["Gateway"]
