"""Where the doctor sits: in a user's server, beside the gateway, or on a machine that knows no hub."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long things may take, in seconds."""

    connect: float = 3.0
    """Until a port answers at all."""
    answer: float = 5.0
    """Until a plain question is answered."""
    provider: float = 10.0
    """Until a provider has told of one folder."""
    check: float = 30.0
    """Until one check is given up, whatever it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """What the environment says of this place."""

    environment: Mapping[str, str] = field(repr=False)
    patience: Patience = Patience()

    @property
    def service(self) -> str:
        """The service of the hub that runs here, "" if none does."""
        return self.environment.get("JUPYTERHUB_SERVICE_NAME", "")

    @property
    def user(self) -> str:
        """Whose server this is, "" if nobody's."""
        return self.environment.get("JUPYTERHUB_USER", "")

    @property
    def hub(self) -> str:
        """The address of the hub's API, without a slash at the end; "" if none is told."""
        return self.environment.get("JUPYTERHUB_API_URL", "").strip().rstrip("/")

    @property
    def token(self) -> str:
        """What opens the hub's API from here, "" if nothing does."""
        return self.environment.get("JUPYTERHUB_API_TOKEN", "").strip()

    @property
    def in_hub(self) -> bool:
        """Whether this belongs to a hub."""
        return bool(self.service or self.user or self.hub or self.token)

    @property
    def kubernetes(self) -> bool:
        """Whether this is a pod."""
        return "KUBERNETES_SERVICE_HOST" in self.environment
