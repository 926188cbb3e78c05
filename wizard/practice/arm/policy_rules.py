"""Whether a policy rule denies a resource: its `if` is read against the body that shall be written."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wizard.practice.arm import facts, ids
from wizard.practice.arm.template.evaluate import Around, Frame, NotYetError
from wizard.practice.arm.template.expressions import ExpressionError

_NOWHERE = Around("", {}, {}, {})
_DENYING = ("deny",)
_INDEXED = frozenset({"location", "tags"})


@dataclass(frozen=True, slots=True)
class Subject:
    """What shall be written: the id, the type, the name and the body."""

    id: str
    type: str
    name: str
    body: Mapping[str, Any]


def denial(
    policy: Mapping[str, Any], given: Mapping[str, Any], subject: Subject
) -> list[dict[str, Any]] | None:
    """The conditions that made a policy deny a resource; None when it does not."""
    properties = policy["properties"]
    declared = properties.get("parameters") or {}
    values = {name.lower(): one.get("defaultValue") for name, one in declared.items()}
    values |= {
        name.lower(): one.get("value") if isinstance(one, dict) else one for name, one in given.items()
    }
    frame = Frame(_NOWHERE, values, {})
    if str(properties.get("mode", "All")).lower() == "indexed" and not _indexed(subject):
        return None
    try:
        effect = str(frame.value(properties["policyRule"]["then"].get("effect", ""))).lower()
        if effect not in _DENYING:
            return None
        reasons: list[dict[str, Any]] = []
        return reasons if _holds(frame, properties["policyRule"]["if"], subject, reasons) else None
    except (ExpressionError, NotYetError):
        # A rule that needs more than this evaluator knows denies nothing.
        return None


def _indexed(subject: Subject) -> bool:
    """Mode Indexed looks only at resources that have a location and tags."""
    return bool(_INDEXED & subject.body.keys()) and bool(ids.parse(subject.id).links)


def _holds(frame: Frame, rule: Any, subject: Subject, reasons: list[dict[str, Any]]) -> bool:
    if not isinstance(rule, dict):
        raise ExpressionError("A condition must be an object.")
    if "allOf" in rule:
        return False not in _judged(frame, rule["allOf"], subject, reasons)
    if "anyOf" in rule:
        return True in _judged(frame, rule["anyOf"], subject, reasons)
    if "not" in rule:
        return not _holds(frame, rule["not"], subject, reasons)
    return _compared(frame, rule, subject, reasons)


def _judged(
    frame: Frame, rules: Iterable[Any], subject: Subject, reasons: list[dict[str, Any]]
) -> list[bool]:
    """Every condition of several; all are looked at, for the reasons."""
    return [_holds(frame, one, subject, reasons) for one in rules]


def _compared(frame: Frame, rule: Mapping[str, Any], subject: Subject, reasons: list[dict[str, Any]]) -> bool:
    named = frame.value(rule["field"] if "field" in rule else rule.get("value"))
    operator = next((one for one in rule if one.lower() in _OPERATORS), None)
    if operator is None:
        raise ExpressionError("A condition needs an operator that is known.")
    wanted = frame.value(rule[operator])
    values = list(_values(subject, str(named))) if "field" in rule else [named]
    # A path through a list looks at each of its elements: all must fit.
    holds = all(_OPERATORS[operator.lower()](value, wanted) for value in values or [None])
    kind = "Field" if "field" in rule else "Value"
    reasons.append(
        {
            "result": "True" if holds else "False",
            "expressionKind": kind,
            "expression": str(named),
            "path": _path(subject, str(named)) if kind == "Field" else "",
            "expressionValue": values[0] if values else None,
            "targetValue": wanted,
            "operator": operator[0].upper() + operator[1:],
        }
    )
    return holds


def _path(subject: Subject, field: str) -> str:
    """Where a field stands in a body: an alias of the type is a path, mostly within `properties`."""
    own = subject.type.lower() + "/"
    if not field.lower().startswith(own):
        return field
    rest = field[len(own) :]
    first = rest.split(".", 1)[0]
    return rest if first in ("sku", "identity", "kind", "location", "tags") else f"properties.{rest}"


def _values(subject: Subject, field: str) -> Iterator[Any]:
    low = field.lower()
    if low in ("type", "id"):
        yield subject.type if low == "type" else subject.id
    elif low in ("name", "fullname"):
        yield subject.name.rpartition("/")[2] if low == "name" else subject.name
    elif low == "location":
        location = str(subject.body.get("location") or "")
        yield (facts.region(location) or location) or None
    elif low.startswith(("tags[", "tags.")):
        tag = field[5:].strip("'\"]")
        yield (subject.body.get("tags") or {}).get(tag)
    else:
        yield from _at(dict(subject.body), _path(subject, field).split("."))


def _at(found: Any, parts: list[str]) -> Iterator[Any]:
    if not parts:
        yield found
        return
    name, each = parts[0].removesuffix("[*]"), parts[0].endswith("[*]")
    inner = (
        next((one for key, one in found.items() if key.lower() == name.lower()), None)
        if isinstance(found, dict)
        else None
    )
    if not each:
        yield from _at(inner, parts[1:])
    elif isinstance(inner, list):
        for one in inner:
            yield from _at(one, parts[1:])


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return _folded(one) == _folded(other)
    if isinstance(one, bool) or isinstance(other, bool):
        return str(one).lower() == str(other).lower()
    return bool(one == other)


def _folded(text: str) -> str:
    return (facts.region(text) or text).lower()


def _in(one: Any, others: Any) -> bool:
    return isinstance(others, list) and any(_same(one, other) for other in others)


def _like(one: Any, pattern: Any) -> bool:
    return isinstance(one, str) and fnmatch.fnmatchcase(one.lower(), str(pattern).lower().replace("[", "[[]"))


def _has(one: Any, part: Any) -> bool:
    if isinstance(one, list):
        return _in(part, one)
    return isinstance(one, str) and str(part).lower() in one.lower()


def _exists(one: Any, wanted: Any) -> bool:
    return (one is not None) == (str(wanted).lower() == "true")


def _less(one: Any, other: Any) -> bool:
    return type(one) is type(other) and isinstance(one, int | str) and one < other


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "equals": _same,
    "notequals": lambda one, other: not _same(one, other),
    "in": _in,
    "notin": lambda one, other: not _in(one, other),
    "like": _like,
    "notlike": lambda one, other: not _like(one, other),
    "contains": _has,
    "notcontains": lambda one, other: not _has(one, other),
    "containskey": lambda one, key: (
        isinstance(one, dict) and str(key).lower() in {name.lower() for name in one}
    ),
    "exists": _exists,
    "less": _less,
    "lessorequals": lambda one, other: _less(one, other) or _same(one, other),
    "greater": lambda one, other: _less(other, one),
    "greaterorequals": lambda one, other: _less(other, one) or _same(one, other),
}
