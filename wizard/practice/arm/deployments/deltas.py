"""The difference of two bodies as what-if tells it: a path, what happens there, before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

COMPARED = ("identity", "kind", "location", "managedBy", "properties", "sku", "tags")
_NAMED = "name"


def merged(before: Any, after: Any) -> Any:
    """What a write leaves: what it does not name stays as it was."""
    if isinstance(before, dict) and isinstance(after, dict):
        return ordered(
            before
            | {name: merged(before.get(name), value) for name, value in after.items() if value is not None}
        )
    if isinstance(before, list) and isinstance(after, list) and _paired(before, after):
        known = {one[_NAMED]: one for one in before}
        return [merged(known.get(one[_NAMED]), one) for one in after]
    return before if _alike(before, after) else after


def ordered(found: Mapping[str, Any]) -> dict[str, Any]:
    """The same with its names in order, also further down, as the recordings have it."""
    return {
        name: ordered(found[name]) if isinstance(found[name], dict) else found[name] for name in sorted(found)
    }


def deltas(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every property that would be another one."""
    for name in COMPARED:
        yield from _compared(name, before.get(name), after.get(name))


def _alike(one: Any, other: Any) -> bool:
    """Ids and GUIDs are compared without case, as Azure compares them."""
    if isinstance(one, str) and isinstance(other, str) and (one.startswith("/") or "-" in one):
        return one.lower() == other.lower()
    return type(one) is type(other) and bool(one == other)


def _compared(path: str, before: Any, after: Any) -> Iterator[dict[str, Any]]:
    if _alike(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            yield from _compared(f"{path}.{name}", before.get(name), after.get(name))
    elif isinstance(before, list) and isinstance(after, list):
        if children := list(_elements(before, after)):
            yield {"path": path, "propertyChangeType": "Array", "children": children}
    elif before is None:
        yield {"path": path, "propertyChangeType": "Create", "after": after}
    elif after is None:
        yield {"path": path, "propertyChangeType": "Delete", "before": before}
    else:
        yield {"path": path, "propertyChangeType": "Modify", "before": before, "after": after}


def _elements(before: list[Any], after: list[Any]) -> Iterator[dict[str, Any]]:
    """What changes in an array; elements with names are paired by these, others by their place."""
    if _paired(before, after):
        old, new = ({one[_NAMED]: one for one in side} for side in (before, after))
        places = {
            one[_NAMED]: n for n, one in enumerate([*before, *(a for a in after if a[_NAMED] not in old)])
        }
        for name, place in places.items():
            yield from _element(place, old.get(name), new.get(name))
        return
    for n in range(max(len(before), len(after))):
        yield from _element(n, before[n] if n < len(before) else None, after[n] if n < len(after) else None)


def _element(place: int, before: Any, after: Any) -> Iterator[dict[str, Any]]:
    """An element that is there before and after is one change of several parts."""
    if isinstance(before, dict) and isinstance(after, dict):
        parts = [
            part
            for name in sorted({*before, *after})
            for part in _compared(name, before.get(name), after.get(name))
        ]
        if parts:
            yield {"path": str(place), "propertyChangeType": "Modify", "children": parts}
    else:
        yield from _compared(str(place), before, after)


def _paired(before: list[Any], after: list[Any]) -> bool:
    """Whether every element of both has a name of its own."""
    return all(
        isinstance(one, dict) and isinstance(one.get(_NAMED), str) for side in (before, after) for one in side
    ) and all(len({one[_NAMED] for one in side}) == len(side) for side in (before, after))
