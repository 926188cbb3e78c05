"""The template functions that take a lambda: map, filter, reduce, sort, toObject, groupBy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cmp_to_key
from typing import TYPE_CHECKING, Any

from wizard.practice.arm.template.expressions import ExpressionError
from wizard.practice.arm.template.values import Function, as_bool, as_list, as_object, as_string, text

if TYPE_CHECKING:
    from wizard.practice.arm.template.evaluate import Frame


@dataclass(frozen=True, slots=True)
class Lambda:
    """A function within an expression; it takes one argument, or one more for the index."""

    takes: int
    work: Callable[..., Any]


def _called(given: Any, *arguments: Any) -> Any:
    if not isinstance(given, Lambda):
        raise ExpressionError("The argument is expected to be a lambda.")
    if given.takes > len(arguments):
        raise ExpressionError(f"The lambda takes {given.takes} arguments, {len(arguments)} are there.")
    return given.work(*arguments[: given.takes])


def _map(frame: Frame, values: Any, work: Any) -> list[Any]:
    del frame
    return [_called(work, one, n) for n, one in enumerate(as_list(values))]


def _filter(frame: Frame, values: Any, work: Any) -> list[Any]:
    del frame
    return [one for n, one in enumerate(as_list(values)) if as_bool(_called(work, one, n))]


def _reduce(frame: Frame, values: Any, first: Any, work: Any) -> Any:
    del frame
    found = first
    for n, one in enumerate(as_list(values)):
        found = _called(work, found, one, n)
    return found


def _sort(frame: Frame, values: Any, work: Any) -> list[Any]:
    del frame

    def order(one: Any, other: Any) -> int:
        if as_bool(_called(work, one, other)):
            return -1
        return 1 if as_bool(_called(work, other, one)) else 0

    return sorted(as_list(values), key=cmp_to_key(order))


def _to_object(frame: Frame, values: Any, key: Any, value: Any = None) -> dict[str, Any]:
    del frame
    return {
        as_string(_called(key, one)): one if value is None else _called(value, one) for one in as_list(values)
    }


def _group_by(frame: Frame, values: Any, key: Any) -> dict[str, list[Any]]:
    del frame
    found: dict[str, list[Any]] = {}
    for one in as_list(values):
        found.setdefault(as_string(_called(key, one)), []).append(one)
    return found


def _map_values(frame: Frame, values: Any, work: Any) -> dict[str, Any]:
    del frame
    return {name: _called(work, one) for name, one in as_object(values).items()}


def _variable(frame: Frame, name: Any) -> Any:
    if as_string(name).lower() not in frame.own:
        raise ExpressionError(f"The lambda variable '{text(name)}' is not found.")
    return frame.own[name.lower()]


LAMBDAS: Mapping[str, Function] = {
    "map": Function(2, 2, _map),
    "filter": Function(2, 2, _filter),
    "reduce": Function(3, 3, _reduce),
    "sort": Function(2, 2, _sort),
    "toobject": Function(2, 3, _to_object),
    "groupby": Function(2, 2, _group_by),
    "mapvalues": Function(2, 2, _map_values),
    "lambdavariables": Function(1, 1, _variable),
}
