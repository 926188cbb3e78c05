"""Keeps a resource with what Azure adds and with its children, and takes it away again; each takes its time."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Literal

from wizard.practice.arm import (
    additions,
    answers,
    checks,
    facts,
    identities,
    ids,
    paths,
    polling,
    reading,
    shelf,
)
from wizard.practice.arm.call import Call, stamp
from wizard.practice.arm.kinds import find
from wizard.practice.arm.types import Acting, Adding, Children, ResourceType, Way
from wizard.practice.graph import managed
from wizard.practice.kernel import Practice, Response


def write(call: Call, key: ids.Id, kind: ResourceType, body: dict[str, Any]) -> Response:
    """Check and keep a resource, and answer as its type answers a PUT.

    Raises:
        Failure: what Azure would answer; nothing is kept then.
    """
    checks.check(call, key, kind, body)
    before = shelf.stored(call.practice, key.text)
    adding = Adding(call, key, body, before)
    way = way_of(adding, kind, "PUT")
    made = _keep(call, key, kind, body, way)
    return answers.of(call, kind, way, made, told(adding, kind, way), new=before is None)


def way_of(adding: Adding, kind: ResourceType, method: Literal["PUT", "PATCH"]) -> Way:
    """How this write is answered, where that depends on more than the type."""
    chosen = kind.ways(adding, method) if kind.ways else None
    return chosen or (kind.way if method == "PUT" else kind.change)


def told(adding: Adding, kind: ResourceType, way: Way) -> dict[str, Any] | None:
    """What the answer to a write shows."""
    found = reading.current(adding.practice, adding.id.text) if way.body else None
    shown = reading.in_version(adding.call, found) if found else None
    return kind.written(adding, shown) if shown and kind.written else shown


def _keep(call: Call, key: ids.Id, kind: ResourceType, body: dict[str, Any], way: Way) -> dict[str, Any]:
    before = shelf.stored(call.practice, key.text)
    inner = {one.property: _taken_out(body, one.property) for one in kind.children}
    made = _made(Adding(call, key, body, before), kind)
    due = call.clock.takes(kind.seconds)
    made["_since"] = before["_since"] if before and "_since" in before else stamp(call.clock.now())
    if kind.children:
        made["_children"] = {one.property: one.type for one in kind.children}
    if way.waits:
        made |= {"_due": due.timestamp(), "_while": kind.updating if before else kind.creating}
    shelf.put(call.practice, key.text, made)
    if kind.unique:
        shelf.take_name(call.practice, kind.name, key.leaf, key.text)
    for one in kind.children:
        _keep_children(call, key, one, inner[one.property])
    return made


def _taken_out(body: dict[str, Any], name: str) -> list[Any] | None:
    """What the body says of the children; they are kept apart."""
    properties = body.get("properties")
    if not isinstance(properties, dict) or not isinstance(properties.get(name), list):
        return None
    body["properties"] = {other: value for other, value in properties.items() if other != name}
    found: list[Any] = properties[name]
    return found


def _keep_children(call: Call, key: ids.Id, one: Children, given: list[Any] | None) -> None:
    """Children that are named are written, others go; a body that does not speak of them leaves them alone."""
    kind = find(one.type)
    if given is None or kind is None:
        return
    segment = one.type.rpartition("/")[2]
    named = {f"{key.text}/{segment}/{child.get('name')}": child for child in given if isinstance(child, dict)}
    for old in shelf.children(call.practice, key.text, one.type):
        if old["id"].lower() not in {name.lower() for name in named}:
            remove(call, ids.parse(old["id"]), kind)
    for text, child in named.items():
        body = {member: value for member, value in child.items() if member in kind.members}
        child_key = ids.parse(text)
        checks.check(call, child_key, kind, body)
        _keep(call, child_key, kind, body, kind.way)


def _made(adding: Adding, kind: ResourceType) -> dict[str, Any]:
    key, before = adding.id, adding.before
    body = paths.filled(dict(adding.body), kind.defaults)
    adding = Adding(adding.call, key, body, before)
    made: dict[str, Any] = {
        "id": before["id"] if before else key.text,
        "name": before["name"] if before else key.leaf,
        "type": kind.name,
    }
    made |= {name: body[name] for name in sorted(kind.members - {"properties"}) if body.get(name) is not None}
    if "location" in made:
        made["location"] = facts.region(made["location"]) or made["location"]
    if isinstance(made.get("identity"), dict):
        made["identity"] = identities.given(adding, made["identity"])
    if kind.etag:
        made["etag"] = f'W/"{uuid.uuid4()}"'
    made["properties"] = paths.laid_over(kind.added(adding), adding.properties)
    if kind.state:
        made["properties"]["provisioningState"] = "Succeeded"
    # The declaration speaks first: a mined fact only fills what it leaves open.
    made = kind.completed(adding, made) if kind.completed else made
    return additions.of(kind.name, adding.call.version, made, adding.tenant, adding.call.clock.now())


def remove(call: Call, key: ids.Id, kind: ResourceType) -> Response:
    """Delete a resource, and answer as its type answers a DELETE.

    Raises:
        Failure: it can't go, for example because something uses it.
    """
    found = shelf.stored(call.practice, key.text) or {}
    acting = Acting(call, key, found, {})
    for rule in kind.before_removal:
        rule(acting)
    way = (kind.removals(acting) if kind.removals else None) or kind.removal
    if not way.waits:
        gone(call.practice, {"id": key.text})
        return Response(way.status or 200)
    due = call.clock.takes(kind.removal_seconds).timestamp()
    found["properties"] = dict(found.get("properties") or {})
    call.state.put("resource", key.text, found | {"_due": due, "_while": "Deleting"})
    headers = answers.addresses(call, kind, way, found, kind.removal_seconds)
    shown = reading.current(call.practice, key.text) if way.body else None
    polling.begin(
        call, "/", kind.removal_seconds, polling.Ending(effect="resource-gone", about={"id": key.text})
    )
    return Response(way.status or 202, shown, headers)


def gone(practice: Practice, about: Mapping[str, Any]) -> None:
    """Remove a resource, what is part of it and what is on it."""
    found = shelf.stored(practice, about["id"])
    kind = find(found["type"]) if found else None
    if found and kind:
        if kind.unique and not kind.keeps_deleted:
            shelf.free_name(practice, kind.name, ids.parse(found["id"]).leaf)
        if kind.keeps_deleted:
            practice.state.put("deleted", found["id"], found | {"_deleted": practice.clock.now().timestamp()})
        if kind.removed:
            kind.removed(practice, found)
        if principal := (found.get("identity") or {}).get("principalId"):
            managed.vanish(practice, principal)
    shelf.drop(practice, about["id"])
