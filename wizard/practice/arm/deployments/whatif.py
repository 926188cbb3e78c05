"""What a template would create, change, leave alone or delete, property by property."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wizard.practice.arm import facts, ids, reading
from wizard.practice.arm.call import Call
from wizard.practice.arm.deployments import complete, current
from wizard.practice.arm.deployments.content import Content
from wizard.practice.arm.deployments.deltas import COMPARED, deltas, merged, ordered
from wizard.practice.arm.deployments.inside import Written, everything
from wizard.practice.arm.kinds import find
from wizard.practice.arm.template.compile import Compiled


def changes(call: Call, content: Content, plan: Compiled) -> list[dict[str, Any]]:
    """One change for every resource of the template, and Ignore, or in mode Complete Delete, for the others of the group."""
    written = list(everything(call, content, plan, read=True, discreet=True))
    found = [_change(call, one) for one in written if not one.one.nested or one.open]
    found += list(_others(call, content, {one.one.id.lower() for one in written}))
    if content.settings.get("resultFormat") == "ResourceIdOnly":
        found = [_short(one) for one in found]
    return sorted(found, key=lambda one: str(one["resourceId"]).lower())


def _short(change: Mapping[str, Any]) -> dict[str, Any]:
    """Without the bodies nobody compares them: what is there already is told as Deploy."""
    kind = "Deploy" if change["changeType"] in ("Modify", "NoChange") else change["changeType"]
    return {"resourceId": change["resourceId"], "changeType": kind}


def _others(call: Call, content: Content, named: set[str]) -> Iterator[dict[str, Any]]:
    if not ids.parse(content.home).group:
        return
    gone: set[str] = set()
    if content.complete:
        gone = {one["id"].lower() for one in complete.doomed(call.practice, content.home, named)}
    for key, _ in call.state.under("resource", content.home + "/"):
        found = reading.current(call.practice, key)
        if found and key.lower() not in named:
            yield _untouched(found, deleted=key.lower() in gone)


def _untouched(found: Mapping[str, Any], *, deleted: bool) -> dict[str, Any]:
    shown = _shown(found, next(iter(facts.versions(found["type"])), ""))
    if deleted:
        return {"resourceId": found["id"], "changeType": "Delete", "before": shown}
    return {"resourceId": found["id"], "changeType": "Ignore", "before": shown, "after": shown}


def _change(call: Call, written: Written) -> dict[str, Any]:
    one, body = written.one, written.body
    key = ids.parse(one.id)
    head = {"apiVersion": one.version, "id": one.id, "name": key.leaf, "type": one.type}
    if written.open:
        return _unsupported(written)
    existing = current.of(call.practice, one.id)
    if existing is None:
        return {"resourceId": one.id, "changeType": "Create", "after": ordered(head | _plain(body))}
    before = _shown(existing, one.version)
    after = _after(before, body)
    found = list(deltas(before, after))
    kind = "Modify" if found else "NoChange"
    return {"resourceId": one.id, "changeType": kind, "before": before, "after": after, "delta": found}


def _unsupported(written: Written) -> dict[str, Any]:
    return {
        "resourceId": written.one.id,
        "changeType": "Unsupported",
        "unsupportedReason": f"Changes to the resource '{written.one.written}' cannot be analyzed because its resource ID or"
        " API version cannot be calculated until the deployment is under way. Please see"
        " https://aka.ms/WhatIfUnidentifiableResource for more information.",
    }


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
    found |= {name: existing[name] for name in COMPARED if existing.get(name) not in (None, {})}
    properties = {
        name: value
        for name, value in (existing.get("properties") or {}).items()
        if value is not None and name != "provisioningState" and (writable is None or name in writable)
    }
    found.pop("properties", None)
    return ordered(found | ({"properties": properties} if properties else {}))


def _after(before: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """What a write would leave: properties that are not named stay, tags are replaced as a whole."""
    given = {name: value for name, value in _plain(body).items() if name in COMPARED}
    found = {name: before[name] for name in before if name != "tags" or "tags" not in given}
    for name, value in given.items():
        found[name] = merged(before.get(name), value) if name != "tags" else value
    return ordered(found)
