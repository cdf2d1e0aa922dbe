import re

import pytest

from hubdrives.testing.emulators import faults as module
from hubdrives.testing.emulators.faults import GENERAL, Faults, Rule


@pytest.fixture
def faults():
    return Faults(special={"odd"}, lasting={"sticky"}, reasons={"tooMuch"})


def test_a_rule_strikes_once_unless_it_says_otherwise(faults):
    faults.set([{"operation": "files.get", "effect": "drop"}])
    assert [set(faults.strike("files.get")) for _ in range(3)] == [{"drop"}, set(), set()]


def test_a_rule_waits_then_strikes_so_often(faults):
    faults.set([{"operation": "files.get", "effect": "drop", "after": 2, "times": 2}])
    assert [bool(faults.strike("files.get")) for _ in range(6)] == [False, False, True, True, False, False]


def test_a_rule_without_a_number_strikes_always(faults):
    faults.set([{"operation": "*", "effect": "drop", "times": None}])
    assert all(faults.strike("anything") for _ in range(50))


def test_operations_are_patterns_and_others_do_not_count(faults):
    faults.set([{"operation": "files.*", "effect": "drop"}])
    assert not faults.strike("changes.list")
    assert faults.strike("files.list")


@pytest.mark.parametrize("key", ["id", "name"])
def test_a_rule_can_be_for_one_item(faults, key):
    faults.set([{"operation": "files.get", "effect": "drop", key: "this"}])
    assert not faults.strike("files.get", ids=["other"], names=["other"])
    assert not faults.strike("files.get")
    assert faults.strike("files.get", **{f"{key}s": ["this"]})


def test_a_special_effect_waits_for_a_request_that_it_can_happen_to(faults):
    faults.set([{"operation": "files.get", "effect": "odd"}])
    assert not faults.strike("files.get")
    assert set(faults.strike("files.get", possible={"odd"})) == {"odd"}


def test_several_effects_strike_one_request(faults):
    faults.set([{"operation": "*", "effect": "delay", "seconds": 1}, {"operation": "*", "effect": "drop"}])
    assert faults.strike("x") == {
        "delay": Rule("*", "delay", seconds=1),
        "drop": Rule("*", "drop"),
    }


def test_an_effect_that_sticks_is_neither_counted_nor_struck(faults):
    faults.set([{"operation": "*", "effect": "sticky", "name": "a"}])
    assert not faults.strike("x", names=["a"])
    assert [faults.lasts("sticky", node_id="1", name=name) for name in "aab"] == [True, True, False]


def test_rules_replace_those_before(faults):
    faults.set([{"operation": "*", "effect": "drop", "times": None}])
    faults.set([])
    assert not faults.strike("x")


@pytest.mark.parametrize(
    "rule",
    [
        {"operation": "*"},
        {"effect": "drop"},
        {"operation": "*", "effect": "explode"},
        {"operation": "*", "effect": "drop", "tiems": 1},
        {"operation": "*", "effect": "error"},
        {"operation": "*", "effect": "error", "reason": "notThis"},
        "drop",
    ],
)
def test_a_rule_that_means_nothing_is_refused_and_the_former_stay(faults, rule):
    faults.set([{"operation": "*", "effect": "drop"}])
    with pytest.raises(ValueError):
        faults.set([rule])
    assert faults.strike("x")


def test_every_effect_is_described():
    assert set(re.findall(r"^- `(\w+)`:", module.__doc__, re.MULTILINE)) == GENERAL
