"""The template functions whose value depends on nothing but their arguments."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wizard.practice.arm import ids
from wizard.practice.arm.template import hashing
from wizard.practice.arm.template.expressions import ExpressionError

_MANY = 1000
_WIDEST = 16_384
_HOLE = re.compile(r"\{\{|\}\}|\{(\d+)(?::([A-Za-z])(\d*))?\}")


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
        raise ExpressionError(
            f"The argument is expected to be of type 'String'. The provided value is of type '{kind(value)}'."
        )
    return value


def as_int(value: object) -> int:
    """The value, which must be a whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise ExpressionError(
            f"The argument is expected to be of type 'Integer'. The provided value is of type '{kind(value)}'."
        )
    return value


def as_bool(value: object) -> bool:
    """The value, which must be true or false."""
    if not isinstance(value, bool):
        raise ExpressionError(
            f"The argument is expected to be of type 'Boolean'. The provided value is of type '{kind(value)}'."
        )
    return value


def _sequence(value: object) -> Sequence[Any]:
    if not isinstance(value, str | list):
        raise ExpressionError(
            f"The argument is expected to be an array or a string, not of type '{kind(value)}'."
        )
    return value


def _concat(*values: Any) -> Any:
    if any(isinstance(value, list) for value in values):
        if not all(isinstance(value, list) for value in values):
            raise ExpressionError("Arguments must all be arrays or none of them may be.")
        return [item for value in values for item in value]
    if any(isinstance(value, dict) for value in values):
        raise ExpressionError("Arguments of type 'Object' cannot be joined.")
    return "".join(text(value) for value in values)


def _format(pattern: str, *values: Any) -> str:
    def filled(hole: re.Match[str]) -> str:
        if hole[1] is None:
            return hole[0][0]
        if int(hole[1]) >= len(values):
            raise ExpressionError("The format string refers to an argument that is not given.")
        return _formatted(values[int(hole[1])], hole[2] or "", hole[3] or "")

    rest = _HOLE.sub("", as_string(pattern))
    if "{" in rest or "}" in rest:
        raise ExpressionError("The format string is not valid.")
    return _HOLE.sub(filled, pattern)


def _formatted(value: object, letter: str, width: str) -> str:
    if not letter:
        return text(value)
    if letter.upper() not in "DX" or int(width or 0) > _WIDEST:
        raise ExpressionError(f"The format '{letter}{width}' is not valid.")
    number = as_int(value)
    written = str(abs(number)) if letter in "dD" else format(abs(number), "x" if letter == "x" else "X")
    return ("-" if number < 0 else "") + written.zfill(int(width or 0))


def _contains(container: Any, item: Any) -> bool:
    if isinstance(container, str):
        return text(item) in container
    if isinstance(container, dict):
        return text(item).lower() in {name.lower() for name in container}
    return any(_equals(one, item) for one in _sequence(container))


def _equals(one: Any, other: Any) -> bool:
    return kind(one) == kind(other) and bool(one == other)


def _split(value: str, separators: Any) -> list[str]:
    signs = [as_string(one) for one in (separators if isinstance(separators, list) else [separators])]
    return re.split("|".join(re.escape(one) for one in signs), as_string(value)) if any(signs) else [value]


def _substring(value: str, start: int, length: int | None = None) -> str:
    whole, first = as_string(value), as_int(start)
    count = len(whole) - first if length is None else as_int(length)
    if first < 0 or count < 0 or first + count > len(whole):
        raise ExpressionError("The index and length parameters must refer to a location within the string.")
    return whole[first : first + count]


def _int(value: Any) -> int:
    try:
        return int(value) if not isinstance(value, bool) else as_int(value)
    except (TypeError, ValueError) as fault:
        raise ExpressionError(f"The value '{text(value)}' cannot be converted to 'Integer'.") from fault


def _bool(value: Any) -> bool:
    if isinstance(value, str) and value.lower() in {"true", "false", "1", "0"}:
        return value.lower() in {"true", "1"}
    if isinstance(value, int):
        return bool(value)
    raise ExpressionError(f"The value '{text(value)}' cannot be converted to 'Boolean'.")


def _json(value: str) -> Any:
    try:
        return json.loads(as_string(value))
    except ValueError as fault:
        raise ExpressionError("The argument of 'json' is not valid JSON.") from fault


def _create_object(*values: Any) -> dict[str, Any]:
    if len(values) % 2:
        raise ExpressionError("The function 'createObject' expects an even number of parameters.")
    return {as_string(name): value for name, value in zip(values[::2], values[1::2], strict=True)}


def _union(*values: Any) -> Any:
    if all(isinstance(value, dict) for value in values):
        merged: dict[str, Any] = {}
        for value in values:
            merged = _merged(merged, value)
        return merged
    found: list[Any] = []
    for value in values:
        if not isinstance(value, list):
            raise ExpressionError("The function 'union' expects only arrays or only objects.")
        found += [item for item in value if item not in found]
    return found


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    both = {
        n: _merged(one[n], v)
        for n, v in other.items()
        if isinstance(v, dict) and isinstance(one.get(n), dict)
    }
    return {**one, **other, **both}


def _edge(value: Any, at: int) -> Any:
    found = _sequence(value)
    if found:
        return found[at]
    return "" if isinstance(value, str) else None


def _divided(one: Any, other: Any) -> int:
    if as_int(other) == 0:
        raise ExpressionError("Division by zero.")
    return int(as_int(one) / other)


def _order(one: Any, other: Any) -> int:
    if isinstance(one, str) and isinstance(other, str):
        return (one > other) - (one < other)
    return as_int(one) - as_int(other)


def _padded(value: Any, width: Any, sign: Any = " ") -> str:
    if not 0 <= as_int(width) <= _WIDEST or len(as_string(sign)) != 1:
        raise ExpressionError(
            "The function 'padLeft' expects a width that is not too big, and one character."
        )
    return text(value).rjust(width, sign)


def _extension(scope: str, type_name: str, *names: str) -> str:
    return as_string(scope).rstrip("/") + provider_path(type_name, names)


def provider_path(type_name: object, names: Sequence[object]) -> str:
    """The `/providers/...` part of an id out of a full type and as many names as it has segments after the first."""
    wanted = as_string(type_name).count("/")
    if not wanted or len(names) != wanted or not all(isinstance(name, str) and name for name in names):
        raise ExpressionError(
            f"Unable to evaluate template language function 'resourceId': the type '{type_name}' requires '{wanted}'"
            " resource name argument(s). Please see https://aka.ms/arm-resource-functions/#resourceid for usage details."
        )
    return ids.assembled(as_string(type_name), "/".join(as_string(name) for name in names))


FUNCTIONS: Mapping[str, Function] = {
    "concat": Function(1, _MANY, _concat),
    "format": Function(1, _MANY, _format),
    "guid": Function(1, _MANY, lambda *values: hashing.guid([as_string(value) for value in values])),
    "uniquestring": Function(
        1, _MANY, lambda *values: hashing.unique_string([as_string(value) for value in values])
    ),
    "extensionresourceid": Function(3, _MANY, _extension),
    "tenantresourceid": Function(2, _MANY, lambda name, *names: provider_path(name, names)),
    "equals": Function(2, 2, _equals),
    "not": Function(1, 1, lambda value: not as_bool(value)),
    "and": Function(2, _MANY, lambda *values: all(as_bool(value) for value in values)),
    "or": Function(2, _MANY, lambda *values: any(as_bool(value) for value in values)),
    "empty": Function(1, 1, lambda value: not value),
    "length": Function(1, 1, lambda value: len(value if isinstance(value, dict) else _sequence(value))),
    "tolower": Function(1, 1, lambda value: as_string(value).lower()),
    "toupper": Function(1, 1, lambda value: as_string(value).upper()),
    "trim": Function(1, 1, lambda value: as_string(value).strip()),
    "string": Function(1, 1, text),
    "int": Function(1, 1, _int),
    "bool": Function(1, 1, _bool),
    "null": Function(0, 0, lambda: None),
    "true": Function(0, 0, lambda: True),
    "false": Function(0, 0, lambda: False),
    "coalesce": Function(
        1, _MANY, lambda *values: next((value for value in values if value is not None), None)
    ),
    "createarray": Function(0, _MANY, lambda *values: list(values)),
    "createobject": Function(0, _MANY, _create_object),
    "contains": Function(2, 2, _contains),
    "startswith": Function(
        2, 2, lambda value, head: as_string(value).lower().startswith(as_string(head).lower())
    ),
    "endswith": Function(
        2, 2, lambda value, tail: as_string(value).lower().endswith(as_string(tail).lower())
    ),
    "indexof": Function(2, 2, lambda value, part: as_string(value).lower().find(as_string(part).lower())),
    "split": Function(2, 2, _split),
    "join": Function(2, 2, lambda values, by: as_string(by).join(text(value) for value in _sequence(values))),
    "replace": Function(
        3, 3, lambda value, old, new: as_string(value).replace(as_string(old), as_string(new))
    ),
    "substring": Function(2, 3, _substring),
    "take": Function(2, 2, lambda value, count: _sequence(value)[: max(as_int(count), 0)]),
    "skip": Function(2, 2, lambda value, count: _sequence(value)[max(as_int(count), 0) :]),
    "padleft": Function(2, 3, _padded),
    "first": Function(1, 1, lambda value: _edge(value, 0)),
    "last": Function(1, 1, lambda value: _edge(value, -1)),
    "union": Function(2, _MANY, _union),
    "json": Function(1, 1, _json),
    "base64": Function(1, 1, lambda value: base64.b64encode(as_string(value).encode()).decode()),
    "add": Function(2, 2, lambda one, other: as_int(one) + as_int(other)),
    "sub": Function(2, 2, lambda one, other: as_int(one) - as_int(other)),
    "mul": Function(2, 2, lambda one, other: as_int(one) * as_int(other)),
    "div": Function(2, 2, _divided),
    "less": Function(2, 2, lambda one, other: _order(one, other) < 0),
    "greater": Function(2, 2, lambda one, other: _order(one, other) > 0),
    "lessorequals": Function(2, 2, lambda one, other: _order(one, other) <= 0),
    "greaterorequals": Function(2, 2, lambda one, other: _order(one, other) >= 0),
}
