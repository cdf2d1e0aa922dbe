"""The counts, as a person reads them and as they stand in the docs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scenarios.judge import Fault

BEGIN, END = "<!-- made by `make scenarios` -->", "<!-- end of what is made -->"

HEADS = {
    Fault.TEACHER_GONE: "teacher's edit gone",
    Fault.OTHER_LINES: "same cell, other lines",
    Fault.SAME_LINES: "same lines (a conflict)",
    Fault.STUDENT_GONE: "student's edit gone",
    Fault.OUTPUT_GONE: "output misplaced",
    Fault.DOUBLED: "doubled",
    Fault.NEITHER: "by neither",
    Fault.DOES_NOT_OPEN: "does not open",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What one contestant made of one scenario."""

    scenario: str
    contestant: str
    trials: int
    faults: Counter[Fault]
    """In how many trials each fault is; a trial can have several."""
    clean: int

    @property
    def cells(self) -> list[str]:
        return [str(self.clean), *(str(self.faults[fault]) for fault in HEADS)]


def score(scenario: str, contestant: str, verdicts: Sequence[frozenset[Fault]]) -> Score:
    """The verdicts, counted."""
    faults = Counter(fault for verdict in verdicts for fault in verdict)
    clean = sum(not verdict for verdict in verdicts)
    return Score(scenario=scenario, contestant=contestant, trials=len(verdicts), faults=faults, clean=clean)


def markdown(scores: Sequence[Score]) -> str:
    """A table of all scores."""
    heads = ["scenario", "", "clean", *HEADS.values()]
    rows = [heads, ["---", "---", *("--:" for _ in heads[2:])]]
    before = ""
    for one in scores:
        rows.append([one.scenario if one.scenario != before else "", one.contestant, *one.cells])
        before = one.scenario
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def write(page: Path, text: str) -> None:
    """Put `text` between the two marks in `page`.

    Raises:
        ValueError: they are not there.
    """
    before, found, rest = page.read_text().partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not (found and closed):
        raise ValueError(f"{page} has no place for the table.")
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")
