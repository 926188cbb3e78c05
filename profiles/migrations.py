"""How a profile of an older schema becomes one of the present: step by step, each a pure function of plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

Values = dict[str, Any]
Step = Callable[[Values], Values]


def _origin(values: Values) -> Values:
    """From 1 to 2: a profile says where its answers came from; whoever had written that key by hand keeps the text."""
    return {"origin": "", **values}


STEPS: Mapping[int, Step] = MappingProxyType({1: _origin})
"""The step that leads away from each older schema, to the next number."""


def migrated(values: Values, present: int, steps: Mapping[int, Step] = STEPS) -> Values:
    """Return the values as the present schema has them; what is of the present, newer or no schema stays as it is.

    Nothing is judged here: a step must leave alone what it does not understand, so that the strict reading
    afterwards tells every fault under the key that stands in the file.
    """
    schema = values.get("schema")
    if type(schema) is not int or not 1 <= schema < present:
        return values
    moved = dict(values)
    for number in range(schema, present):
        moved = {**steps[number](moved), "schema": number + 1}
    return moved
