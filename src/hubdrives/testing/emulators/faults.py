"""Faults that an emulator commits on request.

In process: `emulator.faults.set([{"operation": "files.media", "effect": "cut", "bytes": 100}])`. From outside: POST the
same list as JSON to `/_emulator/faults`. Every call replaces what was set before, so an empty list clears it.

A rule is an object with an `operation` and an `effect`, and as much of the rest as it needs:

- operation: name or pattern of the operations it applies to, as `/_emulator/requests` counts them: `files.list`,
  `files.*`, `*`.
- effect: what happens: one of those below, or one of the emulator's own (its module lists them).
- id, name: only requests for the item with this id, or this name (a listing is for the folder that it lists).
- after: let so many matching requests pass first (0).
- times: then apply to so many (1); null means always.

Effects of every emulator, and the keys of a rule that belong to them:

- `error`: the provider's own error of that `reason`, with another `status` if one is given; `retry_after` in seconds.
- `html`: `status` (503) with a page of HTML instead of the API's JSON; `retry_after`.
- `drop`: close the connection without an answer. (aiohttp's client, for one, tries a GET once more by itself.)
- `cut`: promise the whole body, close the connection after `bytes` of it (0).
- `truncate`: send only the first `bytes` of the body (0), with headers that say that is all.
- `wrong`: flip the bits of the byte at offset `bytes` (0) of the body.
- `slow`: send `rate` bytes a second.
- `delay`: wait `seconds` first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

GENERAL = frozenset({"error", "html", "drop", "cut", "truncate", "wrong", "slow", "delay"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One fault; the module's docstring says what each field means."""

    operation: str
    effect: str
    id: str | None = None
    name: str | None = None
    after: int = 0
    times: int | None = 1
    reason: str | None = None
    status: int | None = None
    retry_after: int | None = None
    bytes: int = 0
    rate: int = 1
    seconds: float = 0.0
    size: int = 1
    text: str = "replaced\n"
    email: str | None = None


class Faults:
    """The rules that are set, and how often each was met.

    Args:
        special: effects of this provider that strike a request.
        lasting: effects of this provider that stick to an item as long as they are set, without counting.
        reasons: its own names of errors.
    """

    def __init__(
        self, *, special: Iterable[str] = (), lasting: Iterable[str] = (), reasons: Iterable[str] = ()
    ) -> None:
        self.rules: tuple[Rule, ...] = ()
        self._reasons = frozenset(reasons)
        self._special = frozenset(special)
        self._lasting = frozenset(lasting)
        self._met: list[int] = []

    def set(self, rules: Iterable[Rule | Mapping[str, Any]]) -> None:
        """Replace all rules.

        Raises:
            ValueError: a rule has unknown keys, or an effect or reason that this emulator doesn't have.
        """
        parsed = tuple(rule if isinstance(rule, Rule) else _parse(rule) for rule in rules)
        known = GENERAL | self._special | self._lasting
        if wrong := {rule.effect for rule in parsed} - known:
            raise ValueError(f"unknown effects {sorted(wrong)}; known are {sorted(known)}")
        if wrong := {str(rule.reason) for rule in parsed if rule.effect == "error"} - self._reasons:
            raise ValueError(f"unknown reasons {sorted(wrong)}; known are {sorted(self._reasons)}")
        self.rules, self._met = parsed, [0] * len(parsed)

    def strike(
        self, operation: str, *, ids: Iterable[str] = (), names: Iterable[str] = (), possible: Iterable[str] = ()
    ) -> dict[str, Rule]:
        """The faults that this request meets, by effect; counts them.

        Args:
            operation: the request's.
            ids: of the items that it is about.
            names: of the same.
            possible: the special effects that can happen to it.
        """
        able = GENERAL | frozenset(possible)
        ids, names = set(ids), set(names)
        struck: dict[str, Rule] = {}
        for position, rule in enumerate(self.rules):
            if rule.effect in able and fnmatchcase(operation, rule.operation) and _concerns(rule, ids, names):
                self._met[position] += 1
                met = self._met[position] - rule.after
                if met > 0 and (rule.times is None or met <= rule.times):
                    struck.setdefault(rule.effect, rule)
        return struck

    def lasts(self, effect: str, *, node_id: str, name: str) -> bool:
        """Whether an effect that sticks to items is set for this one."""
        return any(rule.effect == effect and _concerns(rule, {node_id}, {name}) for rule in self.rules)


def _concerns(rule: Rule, ids: set[str], names: set[str]) -> bool:
    return rule.id in {None, *ids} and rule.name in {None, *names}


def _parse(rule: Mapping[str, Any]) -> Rule:
    known = {field.name for field in fields(Rule)}
    if not isinstance(rule, Mapping) or not {"operation", "effect"} <= rule.keys() <= known:
        raise ValueError(f"a rule has an operation and an effect, and may have some of {sorted(known)}: {rule!r}")
    return Rule(**rule)
