"""A second look at the configuration when the hub starts, where all of it is known."""

from collections.abc import Callable
from typing import Any, ClassVar

from jupyterhub.auth import Authenticator
from jupyterhub.utils import maybe_future
from traitlets.config import Config

_PICKLED_LOGIN = "GLOBUS_DATA"
"""oauthenticator's GlobusOAuthenticator puts all of auth_state into this variable of the user's server."""


class CheckedAtStart(Authenticator):  # type: ignore[misc]  # JupyterHub has no types
    """The configured authenticator, with a look at the rest of the configuration before it serves."""

    hubdrives_check: ClassVar[Callable[[Config], None]]
    hubdrives_gateway: ClassVar[bool]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        type(self).hubdrives_check(self.config)

    async def pre_spawn_start(self, user: Any, spawner: Any) -> None:
        await maybe_future(super().pre_spawn_start(user, spawner))
        if self.hubdrives_gateway and spawner.environment.pop(_PICKLED_LOGIN, None) is not None:
            self.log.info("Not giving %s to %s's server: the gateway holds the tokens.", _PICKLED_LOGIN, user.name)


def checked_at_start(authenticator_class: Any, check: Callable[[Config], None], *, gateway: bool) -> Any:
    """A subclass that calls `check` with the whole configuration when the hub starts.

    Args:
        authenticator_class: the hub's.
        check: raises what keeps the hub from starting.
        gateway: whether there is one, so that servers get no tokens from the authenticator.
    """
    return type(authenticator_class)(
        authenticator_class.__name__,
        (CheckedAtStart, authenticator_class),
        {"__module__": __name__, "hubdrives_check": staticmethod(check), "hubdrives_gateway": gateway},
    )
