"""The template functions that work on arrays and objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.practice.arm.template.expressions import ExpressionError
from wizard.practice.arm.template.values import (
    MANY,
    Function,
    as_int,
    as_list,
    as_object,
    as_sequence,
    as_string,
    equal,
    text,
)

_LONGEST = 10_000


def _concat(*values: Any) -> Any:
    if any(isinstance(value, list) for value in values):
        if not all(isinstance(value, list) for value in values):
            raise ExpressionError("Arguments must all be arrays or none of them may be.")
        return [item for value in values for item in value]
    if any(isinstance(value, dict) for value in values):
        raise ExpressionError("Arguments of type 'Object' cannot be joined.")
    return "".join(text(value) for value in values)


def _contains(container: Any, item: Any) -> bool:
    if isinstance(container, str):
        return text(item) in container
    if isinstance(container, dict):
        return text(item).lower() in {name.lower() for name in container}
    return any(equal(one, item) for one in as_sequence(container))


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
        found += [item for item in value if not _has(found, item)]
    return found


def _has(values: list[Any], item: Any) -> bool:
    return any(equal(one, item) for one in values)


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    both = {
        n: _merged(one[n], v)
        for n, v in other.items()
        if isinstance(v, dict) and isinstance(one.get(n), dict)
    }
    return {**one, **other, **both}


def _intersection(*values: Any) -> Any:
    if all(isinstance(value, dict) for value in values):
        return {
            name: value
            for name, value in values[0].items()
            if all(name in one and equal(one[name], value) for one in values[1:])
        }
    lists = [as_list(value) for value in values]
    return [item for item in lists[0] if all(_has(one, item) for one in lists[1:])]


def _edge(value: Any, at: int) -> Any:
    found = as_sequence(value)
    if found:
        return found[at]
    return "" if isinstance(value, str) else None


def _range(start: Any, count: Any) -> list[int]:
    if not 0 <= as_int(count) <= _LONGEST:
        raise ExpressionError(f"The function 'range' expects a count between 0 and {_LONGEST}.")
    return list(range(as_int(start), as_int(start) + count))


def _index(value: Any, part: Any, *, last: bool = False) -> int:
    if isinstance(value, list):
        places = [n for n, one in enumerate(value) if equal(one, part)]
        return (places[-1] if last else places[0]) if places else -1
    whole, wanted = as_string(value).lower(), as_string(part).lower()
    return whole.rfind(wanted) if last else whole.find(wanted)


def _length(value: Any) -> int:
    return len(value if isinstance(value, dict) else as_sequence(value))


def _flatten(value: Any) -> list[Any]:
    return [item for one in as_list(value) for item in as_list(one)]


def _items(value: Any) -> list[dict[str, Any]]:
    found = as_object(value)
    return [{"key": name, "value": found[name]} for name in sorted(found, key=str.lower)]


def _shallow_merge(values: Any) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for value in as_list(values):
        merged |= as_object(value)
    return merged


def _try_get(value: Any, *keys: Any) -> Any:
    for key in keys:
        if isinstance(value, dict):
            names = {name.lower(): name for name in value}
            value = value.get(names.get(text(key).lower(), ""))
        elif isinstance(value, list) and isinstance(key, int) and not isinstance(key, bool):
            value = value[key] if 0 <= key < len(value) else None
        else:
            return None
    return value


def _index_from_end(value: Any, at: Any) -> Any:
    found = as_list(value)
    if not 1 <= as_int(at) <= len(found):
        raise ExpressionError(f"The language expression property array index '{at}' is out of bounds.")
    return found[-at]


def _array(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


FUNCTIONS: Mapping[str, Function] = {
    "concat": Function(1, MANY, _concat),
    "array": Function(1, 1, _array),
    "empty": Function(1, 1, lambda value: value is None or not _length(value)),
    "length": Function(1, 1, _length),
    "createarray": Function(0, MANY, lambda *values: list(values)),
    "createobject": Function(0, MANY, _create_object),
    "contains": Function(2, 2, _contains),
    "indexof": Function(2, 2, _index),
    "lastindexof": Function(2, 2, lambda value, part: _index(value, part, last=True)),
    "indexfromend": Function(2, 2, _index_from_end),
    "take": Function(2, 2, lambda value, count: as_sequence(value)[: max(as_int(count), 0)]),
    "skip": Function(2, 2, lambda value, count: as_sequence(value)[max(as_int(count), 0) :]),
    "first": Function(1, 1, lambda value: _edge(value, 0)),
    "last": Function(1, 1, lambda value: _edge(value, -1)),
    "range": Function(2, 2, _range),
    "union": Function(1, MANY, _union),
    "intersection": Function(2, MANY, _intersection),
    "flatten": Function(1, 1, _flatten),
    "items": Function(1, 1, _items),
    "objectkeys": Function(1, 1, lambda value: sorted(as_object(value), key=str.lower)),
    "shallowmerge": Function(1, 1, _shallow_merge),
    "tryget": Function(2, MANY, _try_get),
    "tryindexfromend": Function(2, 2, lambda value, at: _try_get(as_list(value)[::-1], as_int(at) - 1)),
}
