"""What a mined property looks like: on what it depends, and what kind of value stands there."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.contract.recordings import GUID
from wizard.practice.arm import ids
from wizard.practice.arm.facts import regions

ENOUGH = 0.88
CASSETTES = 3
_FEW = 0.24
_MOST_VALUES = 8
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_ETAG = re.compile(r'^(W/)?"?[0-9a-f]{8}-[0-9a-f-]{27}"?$', re.IGNORECASE)
_RECORDERS = re.compile(
    r"cli-?_?test|clitest|asotest|sample|0{4,}\d|REDACTED|azuresdk|cliaks|testkey", re.IGNORECASE
)
_RANDOM = re.compile(r"(?<![a-z0-9])(?=[a-z0-9]*\d)(?=[a-z0-9]*[a-z])[a-z0-9]{16,}(?![a-z0-9])")


@dataclass(frozen=True, slots=True)
class Seen:
    """One document of a resource, with what its caller had sent."""

    cassette: str
    version: str
    sent: Mapping[str, Any]
    shown: Mapping[str, Any]
    tenant: str


@dataclass(frozen=True, slots=True)
class Found:
    """Presence of one path in one parent (an object of a document), and its value there."""

    path: str
    cassette: str
    version: str
    present: bool
    value: Any
    seen: Seen
    around: Mapping[str, Any]
    given: bool


def rate(found: Sequence[Found]) -> float:
    """The share of cassettes that have it."""
    by: dict[str, list[bool]] = defaultdict(list)
    for one in found:
        by[one.cassette].append(one.present)
    return sum(sum(one) / len(one) for one in by.values()) / len(by) if by else 0.0


def condition(path: str, found: Sequence[Found]) -> dict[str, Any] | None:
    """What tells the documents that have it from those that have not: another property, or a value of one."""
    tests: Counter[tuple[str, str]] = Counter()
    for one in found:
        tests.update(_traits(path, one))
    best: tuple[float, dict[str, Any]] | None = None
    by_property: dict[str, list[str]] = defaultdict(list)
    for name, value in tests:
        by_property[name].append(value)
    for name, values in by_property.items():
        if len(values) > _MOST_VALUES * 3:
            continue
        good = [
            value
            for value in values
            if rate([one for one in found if (name, value) in _traits(path, one)]) >= ENOUGH
        ]
        if not good or len(good) > _MOST_VALUES:
            continue
        when = {name: sorted({one.lower(): one for one in sorted(good, reverse=True)}.values())}
        inside, outside = (
            [one for one in found if holds(one, when)],
            [one for one in found if not holds(one, when)],
        )
        caught = rate(inside) * len(inside)
        if len({one.cassette for one in inside}) < CASSETTES or (outside and rate(outside) > _FEW):
            continue
        score = caught - 0.1 * len(good) - (0.05 if "." in name else 0)
        if best is None or score > best[0]:
            best = (score, when)
    return best[1] if best else None


def _traits(path: str, one: Found) -> frozenset[tuple[str, str]]:
    """What of a document may be a condition: its kind and sku, and scalars beside the path that the caller sent."""
    traits: set[tuple[str, str]] = set()
    sent = one.seen.sent
    document = one.seen.shown
    for name in ("kind", "sku.name", "sku.tier", "identity.type", "properties.Application_Type"):
        found = _at(document, name)
        if isinstance(found, str) and name != path:
            traits.add((name, found))
    properties = sent.get("properties") if isinstance(sent, dict) else None
    if isinstance(properties, dict):
        for name, value in properties.items():
            if isinstance(value, bool):
                traits.add((f"properties.{name}", json.dumps(value)))
            elif isinstance(value, str) and len(value) < 30 and not GUID.search(value):
                traits.add((f"properties.{name}", value))
            if value not in (None, [], {}, "") and f"properties.{name}" != path:
                traits.add((f"properties.{name}", "*"))
    if "[]" in path:
        inside = path.rsplit(".", 1)[0]
        for name, value in one.around.items():
            if (
                isinstance(value, str | bool)
                and name not in ("id", "etag", "name")
                and not GUID.search(str(value))
            ):
                traits.add((f"{inside}.{name}", value if isinstance(value, str) else json.dumps(value)))
    return frozenset(traits)


def holds(one: Found, when: Mapping[str, Any]) -> bool:
    traits = {(name, value.lower()) for name, value in _traits(one.path, one)}
    return all(any((name, value.lower()) in traits for value in values) for name, values in when.items())


def _at(document: Any, path: str) -> Any:
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


def value(path: str, found: Sequence[Found]) -> dict[str, Any] | None:
    """What kind of value stands there."""
    values = [one.value for one in found]
    known = [one for one in values if one is not None]
    if not known:
        return {"value": None}
    first = known[0]
    if all(isinstance(one, dict) for one in known):
        return {"value": {}}
    if all(isinstance(one, list) for one in known):
        texts = Counter(json.dumps(one) for one in known if _plain(one))
        most = texts.most_common(1)
        if most and most[0][1] / len(known) > 0.5:
            return {"value": json.loads(most[0][0])}
        return {"value": []} if any(not one for one in known) else None
    if isinstance(first, bool | int | float):
        return {"value": json.loads(Counter(json.dumps(one) for one in known).most_common(1)[0][0])}
    return _text(path, [one for one in found if isinstance(one.value, str)])


def _plain(items: list[Any]) -> bool:
    return (
        all(
            isinstance(one, str | bool | int)
            and not (isinstance(one, str) and (GUID.search(one) or one.startswith("/")))
            for one in items
        )
        and len(items) < 30
    )


def _text(path: str, found: Sequence[Found]) -> dict[str, Any] | None:  # noqa: PLR0911 - one kind of text after the other
    values = [str(one.value) for one in found]
    if not values:
        return None
    if path.endswith("tenantId"):
        return {"text": "{tenant}"}
    leaf = path.rsplit(".", 1)[-1].lower()
    if all(_ETAG.match(one) for one in values) and "etag" in leaf:
        return {"made": "etag" if values[0].startswith("W/") else "guid-in-quotes"}
    patterns = Counter(_pattern(path, one) for one in found)
    if all(_MOMENT.match(one) for one in values):
        return {"made": "moment"}
    if all(GUID.fullmatch(one) for one in values) and patterns.most_common(1)[0][0] == "{guid}":
        return {"made": "guid"}
    plain = [(one, times) for one, times in patterns.most_common() if not _RECORDERS.search(one)]
    if not plain:
        return None
    best = plain[0][0]
    best = _RANDOM.sub("{hash}", best)
    return {"text": best} if "{" in best else {"value": best}


def _pattern(path: str, one: Found) -> str:
    """The text with what the resource says of itself taken out."""
    text, shown = str(one.value), one.seen.shown
    key = str(shown["id"])
    named, leaf = ids.parse(key), path.rsplit(".", 1)[-1]
    location = str(shown.get("location") or one.seen.sent.get("location") or "").replace(" ", "").lower()
    places = [("{id}", key)]
    if leaf != "name" and "[]" in path and isinstance(one.around.get("name"), str):
        places.append(("{element}", str(one.around["name"])))
    places += [
        ("{group_id}", named.group_id),
        ("{name}", named.leaf),
        ("{subscription}", named.subscription or ""),
    ]
    if named.parent:
        places.append(("{parent}", named.parent.leaf))
    paired = str(regions().get(location, {}).get("pairedRegion") or "")
    places += [("{location}", location), ("{paired}", paired), ("{group}", named.group or "")]
    for place, value in places:
        if len(value) > 2:
            text = re.sub(re.escape(value), lambda _: place, text, flags=re.IGNORECASE)  # noqa: B023 - used at once
    return GUID.sub("{guid}", text)
