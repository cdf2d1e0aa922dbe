"""Play the scenarios and print the table: `make scenarios`."""

import argparse
import logging
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from scenarios import contestants, table
from scenarios.judge import Fault, judge
from scenarios.stories import SCENARIOS, Scenario, Trial, trial

OURS = "hubdrives"
CONTESTANTS = {
    OURS: contestants.hubdrives,
    "nbgitpuller 1.3": contestants.nbgitpuller,
    "nbdime 4.0 in git": contestants.nbdime,
}
Contestant = Callable[[Sequence[Trial], Path], list[bytes]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="scenarios", description=__doc__)
    parser.add_argument("--trials", type=int, default=1000, help="of each scenario")
    parser.add_argument("--sample", type=int, default=10, help="trials of each scenario that are also played alone")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table into this page")
    options = parser.parse_args()
    # nbdime and nbformat speak of every notebook.
    logging.disable()
    warnings.simplefilter("ignore")

    scores, same = [], []
    for scenario in SCENARIOS:
        trials = [trial(scenario, seed=options.seed, number=number) for number in range(options.trials)]
        merged = {name: _played(scenario, name, play, trials) for name, play in CONTESTANTS.items()}
        for name, results in merged.items():
            verdicts = [judge(one, data) for one, data in zip(trials, results, strict=True)]
            scores.append(table.score(scenario.title, name, verdicts))
        same.append(_checked(scenario, trials, merged, sample=options.sample))
    text = table.markdown(scores)
    print(text)
    if options.write:
        table.write(options.write, text)
    faults = [one.scenario for one in scores if one.contestant == OURS and set(one.faults) - {Fault.SAME_LINES}]
    for title in faults:
        print(f"{title}: hubdrives has faults", file=sys.stderr)
    return 0 if all(same) and not faults else 1


def _played(scenario: Scenario, name: str, play: Contestant, trials: Sequence[Trial]) -> list[bytes]:
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        merged = play(trials, Path(folder))
    print(f"{scenario.name}: {name} in {time.perf_counter() - begun:.1f} s", file=sys.stderr, flush=True)
    return merged


def _checked(scenario: Scenario, trials: Sequence[Trial], merged: dict[str, list[bytes]], *, sample: int) -> bool:
    """Whether one pull of a whole class's files gives what each file gives by itself."""
    alone = _played(scenario, "nbgitpuller, each alone", contestants.nbgitpuller_alone, trials[:sample])
    by_call = _played(scenario, "hubdrives, the merge alone", contestants.hubdrives_merge, trials)
    same = {
        "nbgitpuller": alone == merged["nbgitpuller 1.3"][:sample],
        OURS: by_call == merged[OURS],
    }
    for name, is_same in same.items():
        if not is_same:
            print(f"{scenario.name}: {name} gives other bytes for a file by itself", file=sys.stderr, flush=True)
    return all(same.values())


if __name__ == "__main__":
    sys.exit(main())
