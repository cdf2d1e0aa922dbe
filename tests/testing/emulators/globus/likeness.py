"""What the emulator answers, compared with the example answers that globus-sdk ships for tests."""

import re
import sys
from collections.abc import Collection, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

_STAND_IN = ModuleType("responses")

_FORMS = {
    "UUID": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "time with T": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00"),
    "time with a space": re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00"),
}


def shipped(service: str, name: str, case: str = "default") -> Any:
    """The JSON of one of globus-sdk's examples: `shipped("auth", "get_identities", "globusid")`."""
    # The examples are data, but the package around them wants a library that stands in for `requests`.
    # Whatever else is imported on the way has to stay: two `requests` would not know each other's cookies.
    is_missing = sys.modules.setdefault("responses", _STAND_IN) is _STAND_IN
    try:
        module = import_module(f"globus_sdk.testing.data.{service}.{name}")
    finally:
        if is_missing:
            del sys.modules["responses"]
    found = module.RESPONSES.lookup(case)
    return (found.responses[0] if hasattr(found, "responses") else found).json


def assert_like(example: Any, answered: Any, *, without: Collection[str] = (), more: Collection[str] = ()) -> None:
    """The answer has the members of the example, each of the same type and form, and no others.

    Args:
        example: JSON; what is null in it may be anything in the answer.
        answered: JSON; a list may be longer or shorter, and each element must be like one of the example's.
        without: members that the emulator leaves out.
        more: members that it has beyond the example.
    """
    differences = list(_differences(example, answered, "", frozenset(without), frozenset(more)))
    assert not differences, "\n".join(differences)


def _differences(example: Any, answered: Any, at: str, without: frozenset[str], more: frozenset[str]) -> Iterator[str]:
    if example is None:
        return
    if isinstance(example, dict) and isinstance(answered, dict):
        for missing in example.keys() - answered.keys() - without:
            yield f"{at}.{missing} is missing"
        for extra in answered.keys() - example.keys() - more:
            yield f"{at}.{extra} is not in the example"
        for name in example.keys() & answered.keys():
            yield from _differences(example[name], answered[name], f"{at}.{name}", without, more)
    elif isinstance(example, list) and isinstance(answered, list):
        for position, each in enumerate(answered if example else []):
            tries = [list(_differences(other, each, f"{at}[{position}]", without, more)) for other in example]
            yield from min(tries, key=len)
    elif type(example) is not type(answered):
        yield f"{at} is {type(answered).__name__}, not {type(example).__name__}"
    elif isinstance(example, str):
        for name, form in _FORMS.items():
            if form.fullmatch(example) and not form.fullmatch(answered):
                yield f"{at} is no {name}: {answered!r}"
