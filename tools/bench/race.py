"""Times taken in turn, so that what else the machine does meets everybody alike."""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


def nothing() -> None:
    """Prepare nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Something whose time is taken."""

    name: str
    work: Callable[[], object]
    prepare: Callable[[], object] = nothing
    """Called before each `work`; its time is not taken."""
    is_slow: bool = False
    """Once must do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Two runners compared."""

    of: str
    to: str
    at_most: float | None = None
    """What was promised."""


class Taken(NamedTuple):
    """Seconds."""

    wall: float
    cpu: float
    """Of this process and of those that it waited for."""


def race(title: str, runners: Sequence[Runner], *, ratios: Sequence[Ratio], runs: int) -> None:
    """Let all work in turn, `runs` times after a first time that does not count, and print the seconds."""
    print(f"\n{title}; {runs} runs", flush=True)
    print(f"  {'':42} wall: minimum, median, maximum    cpu: median", flush=True)
    taken: dict[str, list[Taken]] = {runner.name: [] for runner in runners}
    for turn in range(runs + 1):
        for runner in runners:
            if not (turn and runner.is_slow):
                taken[runner.name].append(_taken(runner))
    medians: dict[str, Taken] = {}
    for name, times in taken.items():
        counted = times[1:] or times
        walls = [one.wall for one in counted]
        wall, cpu = medians[name] = Taken(statistics.median(walls), statistics.median(one.cpu for one in counted))
        print(f"  {name:42} {min(walls):9.3f} {wall:9.3f} {max(walls):9.3f} s   {cpu:9.3f} s", flush=True)
    for ratio in ratios:
        of, to = medians[ratio.of], medians[ratio.to]
        promised = f"   (promised: at most {ratio.at_most:g})" if ratio.at_most else ""
        print(
            f"  {ratio.of} / {ratio.to}: wall {of.wall / to.wall:.2f}, cpu {of.cpu / to.cpu:.2f}{promised}", flush=True
        )


def _taken(runner: Runner) -> Taken:
    runner.prepare()
    wall, cpu = time.perf_counter(), _cpu()
    runner.work()
    return Taken(time.perf_counter() - wall, _cpu() - cpu)


def _cpu() -> float:
    return sum(os.times()[:4])
