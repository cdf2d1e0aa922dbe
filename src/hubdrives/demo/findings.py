"""What the unattended demo checks, and whether it held."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hubdrives.testing.emulators.server import Emulator


@dataclass(slots=True)
class Findings:
    """What was checked, and whether it held."""

    failed: list[str] = field(default_factory=list)
    count: int = 0

    def check(self, what: str, held: object, seen: object = "") -> None:
        """Note and print one finding; `seen` is shown where it did not hold."""
        self.count += 1
        if not held:
            self.failed.append(what)
        print(f"  {'ok    ' if held else 'FAILED'}  {what}{'' if held else f': {seen}'}", flush=True)

    def requests(self, what: str, provider: Emulator, expected: Mapping[str, int]) -> None:
        """Compare what a provider saw since the last look with `expected`, and start counting anew."""
        seen = {name: number for name, number in provider.requests.by_operation.items() if number}
        total = sum(seen.values())
        self.check(f"{what}: {total} provider requests ({_listed(seen)})", seen == dict(expected), _listed(expected))
        provider.requests.reset()


def _listed(requests: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(requests.items())) or "none"
