"""The scenarios in small: what must never happen to a class's notebooks does not happen with hubdrives."""

from dataclasses import replace

import pytest

from courses import Folder, write
from hubdrives.model import Policy
from hubdrives.sync.merge import merge
from scenarios import table
from scenarios.judge import Fault, judge
from scenarios.stories import SCENARIOS, trial

ALLOWED = frozenset({Fault.SAME_LINES})
"""Where both changed the same lines, the student's stay."""


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_hubdrives_merges_every_trial_without_a_fault(scenario):
    for number in range(60):
        story = trial(scenario, seed=2, number=number)
        merged = merge(
            "notebook.ipynb",
            base=story.base.data,
            mine=story.mine.data,
            theirs=story.theirs.data,
            policy=Policy.MINE,
        )
        assert judge(story, merged.data) <= ALLOWED, number


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_whole_pull_gives_what_the_merge_gives(scenario, tmp_path):
    stories = {f"{number}.ipynb": trial(scenario, seed=3, number=number) for number in range(10)}
    course = Folder(tmp_path)
    course.publish({name: story.base.data for name, story in stories.items()})
    course.pull()
    write(course.student, {name: story.mine.data for name, story in stories.items()})
    course.publish({name: story.theirs.data for name, story in stories.items()})
    course.pull()
    for name, story in stories.items():
        merged = merge(name, base=story.base.data, mine=story.mine.data, theirs=story.theirs.data, policy=Policy.MINE)
        assert (course.student / name).read_bytes() == merged.data


def test_a_trial_comes_from_its_seed_and_number_alone():
    scenario = SCENARIOS[0]
    assert trial(scenario, seed=1, number=7) == trial(scenario, seed=1, number=7)
    assert trial(scenario, seed=1, number=7) != trial(scenario, seed=1, number=8)
    assert trial(scenario, seed=1, number=7) != trial(scenario, seed=2, number=7)
    assert trial(scenario, seed=1, number=7) != trial(replace(scenario, name="other"), seed=1, number=7)


def test_the_table_stands_between_its_marks_and_can_be_written_again(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n")
    verdicts = [frozenset(), ALLOWED, frozenset({Fault.DOUBLED, Fault.NEITHER})]
    made = table.markdown([table.score("One", "hubdrives", verdicts)])
    for _ in range(2):
        table.write(page, made)
    assert page.read_text() == f"before\n{table.BEGIN}\n\n{made}\n\n{table.END}\nafter\n"
    assert made.splitlines()[-1] == "| One | hubdrives | 1 | 0 | 0 | 1 | 0 | 0 | 1 | 1 | 0 |"
    page.write_text("no marks")
    with pytest.raises(ValueError, match="no place"):
        table.write(page, made)
