"""What the parts of the unattended demo share: the world, the students at their browsers, and what held so far."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from hubdrives.demo.browser import Student
from hubdrives.demo.findings import Findings
from hubdrives.demo.world import FRESH_SECONDS, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Handed from part to part."""

    world: World
    students: Mapping[str, Student]
    """By name."""
    findings: Findings = field(default_factory=Findings)
    tokens: set[str] = field(default_factory=set, repr=False)
    """All tokens of logins that were seen: access, refresh and id tokens."""

    async def until_stale(self) -> None:
        """Until what the gateway was told must be asked again, so that the requests are the same at each run."""
        await asyncio.sleep(FRESH_SECONDS + 1)
        self.world.drive.requests.reset()
        self.world.canvas.requests.reset()

    async def note_tokens(self, user: str) -> None:
        """Remember what the hub keeps of a login now; reading it so renews nothing."""
        state = await self.world.hub.auth_state(user) or {}
        self.tokens.update(state[name] for name in ("access_token", "refresh_token", "id_token"))
