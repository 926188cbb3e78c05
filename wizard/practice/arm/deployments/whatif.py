"""What a template would create, change or leave alone, property by property."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from wizard.practice.arm import facts, ids, resources
from wizard.practice.arm.call import Call
from wizard.practice.arm.deployments import current
from wizard.practice.arm.deployments.content import Content, invalid_template
from wizard.practice.arm.kinds import find
from wizard.practice.arm.template.compile import Compiled, Planned, settled
from wizard.practice.arm.template.evaluate import Frame
from wizard.practice.arm.template.parameters import TemplateError, is_secret

_COMPARED = ("identity", "kind", "location", "managedBy", "properties", "sku", "tags")


def changes(call: Call, content: Content, plan: Compiled) -> list[dict[str, Any]]:
    """One change for every resource of the template, and Ignore for the others of the group."""
    read = current.reference(call.practice, content.home, must=False)
    secret = frozenset(name.lower() for name, declared in plan.declared.items() if is_secret(declared))
    frame = replace(plan.reading(read), hidden=secret)
    found = [_change(call, one, _body(frame, one)) for one in plan.resources if one.wanted]
    named = {one.id.lower() for one in plan.resources}
    found += [_ignored(one) for one in _others(call, content) if one["id"].lower() not in named]
    if content.settings.get("resultFormat") == "ResourceIdOnly":
        found = [{name: one[name] for name in ("resourceId", "changeType")} for one in found]
    return sorted(found, key=lambda one: str(one["resourceId"]).lower())


def _body(frame: Frame, one: Planned) -> dict[str, Any]:
    try:
        return settled(frame, one)
    except TemplateError as fault:
        raise invalid_template(fault) from fault


def _others(call: Call, content: Content) -> Iterator[dict[str, Any]]:
    if ids.parse(content.home).group:
        for key, _ in call.state.under("resource", content.home + "/"):
            if found := resources.current(call.practice, key):
                yield found


def _ignored(found: Mapping[str, Any]) -> dict[str, Any]:
    shown = _shown(found, next(iter(facts.versions(found["type"])), ""))
    return {"resourceId": found["id"], "changeType": "Ignore", "before": shown, "after": shown}


def _change(call: Call, one: Planned, body: Mapping[str, Any]) -> dict[str, Any]:
    key = ids.parse(one.id)
    head = {"apiVersion": one.version, "id": one.id, "name": key.leaf, "type": one.type}
    existing = current.of(call.practice, one.id)
    if existing is None:
        return {"resourceId": one.id, "changeType": "Create", "after": _sorted(head | _plain(body))}
    before = _shown(existing, one.version)
    after = _after(before, body)
    deltas = list(_deltas(before, after))
    kind = "Modify" if deltas else "NoChange"
    return {"resourceId": one.id, "changeType": kind, "before": before, "after": after, "delta": deltas}


def _plain(body: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in body.items() if value is not None}
    if isinstance(found.get("location"), str):
        found["location"] = facts.region(found["location"]) or found["location"]
    return found


def _shown(existing: Mapping[str, Any], version: str) -> dict[str, Any]:
    """A resource as a template would write it: without what only the service sets, and without what is empty."""
    declared = find(existing["type"])
    writable = declared.properties if declared else None
    found = {"apiVersion": version, **{name: existing[name] for name in ("id", "name", "type")}}
    found |= {name: existing[name] for name in _COMPARED if existing.get(name) not in (None, {})}
    properties = {
        name: value
        for name, value in existing.get("properties", {}).items()
        if value is not None and name != "provisioningState" and (writable is None or name in writable)
    }
    found.pop("properties", None)
    return _sorted(found | ({"properties": properties} if properties else {}))


def _after(before: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """What a write would leave: properties that are not named stay, tags are replaced as a whole."""
    given = {name: value for name, value in _plain(body).items() if name in _COMPARED}
    merged = {name: before[name] for name in before if name != "tags" or "tags" not in given}
    for name, value in given.items():
        merged[name] = _merged(before.get(name), value) if name != "tags" else value
    return _sorted(merged)


def _merged(before: Any, after: Any) -> Any:
    if isinstance(before, dict) and isinstance(after, dict):
        return _sorted(
            before
            | {name: _merged(before.get(name), value) for name, value in after.items() if value is not None}
        )
    return before if _alike(before, after) else after


def _sorted(found: Mapping[str, Any]) -> dict[str, Any]:
    """The same with its names in order, also further down, as the recordings have it."""
    return {
        name: _sorted(found[name]) if isinstance(found[name], dict) else found[name] for name in sorted(found)
    }


def _alike(one: Any, other: Any) -> bool:
    """Ids and GUIDs are compared without case, as Azure compares them."""
    if isinstance(one, str) and isinstance(other, str) and (one.startswith("/") or "-" in one):
        return one.lower() == other.lower()
    return type(one) is type(other) and bool(one == other)


def _deltas(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name in _COMPARED:
        yield from _compared(name, before.get(name), after.get(name))


def _compared(path: str, before: Any, after: Any) -> Iterator[dict[str, Any]]:
    if _alike(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            yield from _compared(f"{path}.{name}", before.get(name), after.get(name))
    elif isinstance(before, list) and isinstance(after, list):
        children = [
            child for n in range(max(len(before), len(after))) for child in _element(n, before, after)
        ]
        yield {"path": path, "propertyChangeType": "Array", "children": children}
    elif before is None:
        yield {"path": path, "propertyChangeType": "Create", "after": after}
    elif after is None:
        yield {"path": path, "propertyChangeType": "Delete", "before": before}
    else:
        yield {"path": path, "propertyChangeType": "Modify", "before": before, "after": after}


def _element(at: int, before: list[Any], after: list[Any]) -> Iterator[dict[str, Any]]:
    yield from _compared(
        str(at), before[at] if at < len(before) else None, after[at] if at < len(after) else None
    )
