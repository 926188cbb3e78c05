"""One engine for every declared resource type: checks a body, keeps it, adds what Azure adds, takes its time."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from wizard.practice.arm import answers, errors, facts, ids, paths, polling, providers, shelf
from wizard.practice.arm.call import Call, Operation, stamp
from wizard.practice.arm.kinds import find
from wizard.practice.arm.types import Acting, Adding, Children, ResourceType
from wizard.practice.kernel import Failure, Practice, Response

_NEVER = object()


def current(practice: Practice, key: str) -> dict[str, Any] | None:
    """The resource as a GET shows it at this moment, or None."""
    found = shelf.current(practice, key)
    if found is None:
        found = _implied(practice, key)
    kind = find(found["type"]) if found else None
    if found is None or kind is None or kind.shown is None:
        return found
    return paths.laid_over(found, kind.shown(practice, found))


def _implied(practice: Practice, key: str) -> dict[str, Any] | None:
    """What exists as soon as its parent does, such as `blobServices/default`."""
    named = ids.parse(key)
    kind = find(named.type)
    if kind is None or named.leaf.lower() not in kind.implicit or not named.parent:
        return None
    if practice.state.get("resource", named.parent.text) is None:
        return None
    made = {"id": named.text, "name": named.leaf, "type": kind.name}
    found: dict[str, Any] = paths.filled({**made, "properties": {}}, kind.defaults)
    return found


def must(practice: Practice, key: ids.Id) -> dict[str, Any]:
    """The same, or Azure's 404."""
    found = current(practice, key.text)
    if found is None:
        raise errors.no_resource(key.type, key.name, key.group)
    return found


def declared(kind: str, version: str) -> ResourceType:
    """The declaration of a type the engine serves itself.

    Raises:
        Failure: 404 InvalidResourceNamespace or InvalidResourceType.
    """
    found = find(kind)
    if found is None or found.own:
        if facts.provider(kind.partition("/")[0]) is None:
            raise errors.no_namespace(kind.partition("/")[0])
        raise errors.no_type(kind, version, facts.versions(kind))
    return found


def check(call: Call, key: ids.Id, kind: ResourceType, body: Mapping[str, Any]) -> None:
    """All that can be found wrong with a body before anything is written.

    Raises:
        Failure: what Azure would answer.
    """
    if providers.registration(call.practice, call.subscription, key.namespace) not in (
        "Registered",
        "Registering",
    ):
        raise errors.not_registered(key.namespace)
    errors.check_tags(body.get("tags"))
    if kind.tracked:
        _check_location(call, key, body)
    details = list(_faults(kind, body))
    if details:
        raise errors.bad_payload(details)
    if not kind.rule.fullmatch(key.leaf):
        raise Failure(400, kind.says_code, kind.says)
    parent = key.parent
    if parent and current(call.practice, parent.text) is None:
        raise errors.no_parent(key.type, parent.text)
    _check_references(call, key, kind, body)
    before = shelf.stored(call.practice, key.text)
    if kind.unique and not before and shelf.owner_of(call.practice, kind.name, key.leaf) is not None:
        raise kind.taken(key)
    for rule in kind.rules:
        rule(Adding(call, key, body, before))


def _check_references(call: Call, key: ids.Id, kind: ResourceType, body: Mapping[str, Any]) -> None:
    for path in kind.references:
        for where, wanted in paths.at(body, path):
            if wanted and not _will_be_there(call, key, str(wanted)):
                raise kind.missing(key, where, str(wanted))


def _will_be_there(call: Call, key: ids.Id, wanted: str) -> bool:
    inside = wanted.lower().startswith(key.text.lower() + "/")
    try:
        return inside or current(call.practice, wanted) is not None
    except ValueError:
        return False


def _check_location(call: Call, key: ids.Id, body: Mapping[str, Any]) -> None:
    asked = body.get("location")
    if not isinstance(asked, str):
        raise errors.location_required()
    region = facts.region(asked)
    if region is None:
        raise errors.no_location_for_type(key.type, asked, facts.regions())
    before = call.state.get("resource", key.text)
    if before and facts.region(before["location"]) != region:
        raise errors.moved_resource(key.name, before["location"], region, key.group or "")


def _faults(kind: ResourceType, body: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for member in body:
        if member not in kind.allowed:
            yield {
                "code": "OBJECT_ADDITIONAL_PROPERTIES",
                "message": f"Additional properties not allowed: {member}",
            }
    properties = body.get("properties") or {}
    if not isinstance(properties, dict):
        yield {"code": "INVALID_TYPE", "message": "Expected type object for properties"}
        return
    for member in properties:
        if kind.properties is not None and member not in kind.properties:
            yield {
                "code": "OBJECT_ADDITIONAL_PROPERTIES",
                "message": f"Additional properties not allowed: {member}",
                "target": f"properties.{member}",
            }
    for path in kind.required:
        if not any(value not in (None, "", {}) for _, value in paths.at(body, path)):
            yield {
                "code": "OBJECT_MISSING_REQUIRED_PROPERTY",
                "message": f"Missing required property: {path}",
            }


def _put(call: Call) -> Response:
    key, body = ids.parse(call.path), call.request.json()
    kind = declared(key.type, call.version)
    before = current(call.practice, key.text)
    _check_match(call, before)
    if before and kind.properties is not None and isinstance(body.get("properties"), dict):
        # A client may send back what an earlier answer added; as long as it is unchanged it does not count.
        body["properties"] = {
            name: value
            for name, value in body["properties"].items()
            if name in kind.properties or before["properties"].get(name, _NEVER) != value
        }
    return write(call, key, kind, body)


def write(call: Call, key: ids.Id, kind: ResourceType, body: dict[str, Any]) -> Response:
    """Check and keep a resource, and answer as its type answers a PUT.

    Raises:
        Failure: what Azure would answer; nothing is kept then.
    """
    check(call, key, kind, body)
    before = shelf.stored(call.practice, key.text)
    made = _keep(call, key, kind, body)
    shown = current(call.practice, key.text) if kind.way.body else None
    return answers.of(call, kind, kind.way, made, shown, new=before is None)


def _keep(call: Call, key: ids.Id, kind: ResourceType, body: dict[str, Any]) -> dict[str, Any]:
    before = shelf.stored(call.practice, key.text)
    inner = {one.property: _taken_out(body, one.property) for one in kind.children}
    made = _made(Adding(call, key, body, before), kind)
    due = call.clock.takes(kind.seconds)
    made["_since"] = before["_since"] if before and "_since" in before else stamp(call.clock.now())
    if kind.children:
        made["_children"] = {one.property: one.type for one in kind.children}
    if kind.way.waits:
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
        check(call, child_key, kind, body)
        _keep(call, child_key, kind, body)


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
        made["identity"] = _identity(adding, made["identity"])
    if kind.etag:
        made["etag"] = f'W/"{uuid.uuid4()}"'
    made["properties"] = paths.laid_over(kind.added(adding), adding.properties)
    if kind.state:
        made["properties"]["provisioningState"] = "Succeeded"
    return kind.completed(adding, made) if kind.completed else made


def _identity(adding: Adding, given: Mapping[str, Any]) -> dict[str, Any]:
    """An identity with the ids Azure gives it; who it is becomes known to the directory."""
    found = dict(given)
    if "SystemAssigned" in str(found.get("type")):
        mine = (adding.before or {}).get("identity", {}).get("principalId") or str(uuid.uuid4())
        found |= {"principalId": mine, "tenantId": adding.tenant}
        adding.state.put("managedIdentity", mine, {"id": adding.id.text, "tenant": adding.tenant})
    if isinstance(found.get("userAssignedIdentities"), dict):
        found["userAssignedIdentities"] = {
            key: _assigned(adding, key) for key in found["userAssignedIdentities"]
        }
    return found


def _assigned(adding: Adding, key: str) -> dict[str, Any]:
    known = (adding.state.get("resource", key) or {}).get("properties", {})
    return {name: known[name] for name in ("principalId", "clientId") if name in known}


def _check_match(call: Call, before: Mapping[str, Any] | None) -> None:
    wanted, unwanted = (call.request.headers.get(name) for name in ("if-match", "if-none-match"))
    etag = (before or {}).get("etag")
    if (wanted and (before is None or wanted not in ("*", etag))) or (unwanted == "*" and before):
        raise Failure(
            412,
            "PreconditionFailed",
            "Precondition failed. The condition given in the request header(s) was not met.",
        )


def _get(call: Call) -> Response:
    key = ids.parse(call.path)
    declared_or_there(call, key)
    return Response(200, must(call.practice, key))


def _head(call: Call) -> Response:
    return Response(204 if current(call.practice, ids.parse(call.path).text) else 404)


def declared_or_there(call: Call, key: ids.Id) -> None:
    """A world may hold resources of types that are only read; others of an unknown type have Azure's 404."""
    if (
        call.state.get("resource", key.text) is None
        and find(key.type) is None
        and not facts.versions(key.type)
    ):
        declared(key.type, call.version)


def _patch(call: Call) -> Response:
    key, body = ids.parse(call.path), call.request.json()
    kind = declared(key.type, call.version)
    _check_match(call, must(call.practice, key))
    found = shelf.stored(call.practice, key.text) or must(call.practice, key)
    errors.check_tags(body.get("tags"))
    details = [fault for fault in _faults(kind, body) if fault["code"] != "OBJECT_MISSING_REQUIRED_PROPERTY"]
    if details:
        raise errors.bad_payload(details)
    found |= {name: body[name] for name in kind.members - {"properties", "location"} if name in body}
    found["properties"] = paths.laid_over(found.get("properties") or {}, body.get("properties") or {})
    if isinstance(body.get("identity"), dict):
        found["identity"] = _identity(Adding(call, key, found, found), found["identity"])
    if kind.etag:
        found["etag"] = f'W/"{uuid.uuid4()}"'
    if kind.change.waits:
        found |= {"_due": call.clock.takes(kind.seconds).timestamp(), "_while": kind.updating}
    shelf.put(call.practice, key.text, found)
    shown = current(call.practice, key.text) if kind.change.body else None
    return answers.of(call, kind, kind.change, found, shown, new=False)


def _delete(call: Call) -> Response:
    key = ids.parse(call.path)
    if shelf.stored(call.practice, key.text) is None:
        declared_or_there(call, key)
        return Response(204)
    kind = declared(key.type, call.version)
    _check_match(call, current(call.practice, key.text))
    return remove(call, key, kind)


def remove(call: Call, key: ids.Id, kind: ResourceType) -> Response:
    """Delete a resource, and answer as its type answers a DELETE.

    Raises:
        Failure: it can't go, for example because something uses it.
    """
    found = shelf.stored(call.practice, key.text) or {}
    for rule in kind.before_removal:
        rule(Acting(call, key, found, {}))
    if not kind.removal.waits:
        gone(call.practice, {"id": key.text})
        return Response(kind.removal.status or 200)
    due = call.clock.takes(kind.removal_seconds).timestamp()
    found["properties"] = dict(found.get("properties") or {})
    call.state.put("resource", key.text, found | {"_due": due, "_while": "Deleting"})
    headers = answers.addresses(call, kind, kind.removal, found, kind.removal_seconds)
    polling.begin(
        call, "/", kind.removal_seconds, polling.Ending(effect="resource-gone", about={"id": key.text})
    )
    return Response(kind.removal.status or 202, None, headers)


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
    shelf.drop(practice, about["id"])


def _post(call: Call) -> Response:
    path, _, verb = call.path.rpartition("/")
    key = ids.parse(path)
    kind = declared(key.type, call.version)
    action = kind.actions.get(verb.lower())
    if action is None:
        raise errors.no_type(f"{key.type}/{verb}", call.version, facts.versions(key.type))
    must(call.practice, key)
    body = call.request.json() if call.request.body.strip() not in (b"", b"null") else {}
    return action(Acting(call, key, shelf.stored(call.practice, key.text) or {}, body))


OPERATIONS = (
    Operation("GET", "{resource}", _get, "{type}/read"),
    Operation("HEAD", "{resource}", _head, "{type}/read"),
    Operation("PUT", "{resource}", _put, "{type}/write"),
    Operation("PATCH", "{resource}", _patch, "{type}/write"),
    Operation("DELETE", "{resource}", _delete, "{type}/delete"),
    Operation("POST", "{resource}/{verb}", _post, "{type}/{verb}/action", strip=1),
)
EFFECTS: Mapping[str, polling.Effect] = {"resource-gone": gone}
