"""What every template function shares: how many arguments it takes, and the types Azure insists on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wizard.practice.arm.template.expressions import ExpressionError

MANY = 1000
WIDEST = 16_384


@dataclass(frozen=True, slots=True)
class Function:
    """A function, with how many arguments it takes at least and at most."""

    least: int
    most: int
    work: Callable[..., Any]


def text(value: object) -> str:
    """A value as `string()` gives it: `True`, numbers plain, objects and arrays as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value)
    return "" if value is None else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def kind(value: object) -> str:
    """The name of a value's type in messages."""
    names = {bool: "Boolean", int: "Integer", str: "String", list: "Array", dict: "Object", float: "Float"}
    return next((name for one, name in names.items() if isinstance(value, one)), "Null")


def as_string(value: object) -> str:
    """The value, which must be a string."""
    if not isinstance(value, str):
        raise _unexpected("String", value)
    return value


def as_int(value: object) -> int:
    """The value, which must be a whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise _unexpected("Integer", value)
    return value


def as_bool(value: object) -> bool:
    """The value, which must be true or false."""
    if not isinstance(value, bool):
        raise _unexpected("Boolean", value)
    return value


def as_list(value: object) -> list[Any]:
    """The value, which must be an array."""
    if not isinstance(value, list):
        raise _unexpected("Array", value)
    return value


def as_object(value: object) -> Mapping[str, Any]:
    """The value, which must be an object."""
    if not isinstance(value, dict):
        raise _unexpected("Object", value)
    return value


def as_sequence(value: object) -> Sequence[Any]:
    """The value, which must be an array or a string."""
    if not isinstance(value, str | list):
        raise ExpressionError(
            f"The argument is expected to be an array or a string, not of type '{kind(value)}'."
        )
    return value


def equal(one: object, other: object) -> bool:
    """Whether two values are the same, also in type; strings with their case."""
    return kind(one) == kind(other) and bool(one == other)


def _unexpected(wanted: str, value: object) -> ExpressionError:
    return ExpressionError(
        f"The argument is expected to be of type '{wanted}'. The provided value is of type '{kind(value)}'."
    )
