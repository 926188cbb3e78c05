"""One engine for every declared resource type: checks a body, keeps it, adds what Azure adds, takes its time."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from wizard.practice.arm import errors, facts, groups, ids, odata, polling, providers, rights
from wizard.practice.arm.call import Call, Operation, collection
from wizard.practice.arm.types import Adding, ResourceType, Way, find
from wizard.practice.kernel import Failure, Practice, Response

_LISTED = ("id", "name", "type", "kind", "managedBy", "sku", "location", "identity", "tags")
_NEVER = object()
_GROUP = "/subscriptions/{subscription}/resourcegroups/{group}"
_FILTERS = (
    "'resourceType eq '{value}'', 'name eq '{value}'', 'resourceGroup eq '{value}'', 'location eq '{value}''"
)


def current(practice: Practice, key: str) -> dict[str, Any] | None:
    """The resource as a GET shows it at this moment, or None."""
    found = practice.state.get("resource", key)
    if found is None:
        return None
    due, state = found.pop("_due", 0.0), found.pop("_while", "Succeeded")
    if practice.clock.now().timestamp() < due:
        found["properties"]["provisioningState"] = state
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
        raise Failure(400, "ValidationError", kind.says)
    parent = key.parent
    if parent and call.state.get("resource", parent.text) is None:
        raise errors.no_parent(key.type, parent.text)
    for name in kind.references:
        wanted = body.get("properties", {}).get(name)
        if wanted and call.state.get("resource", str(wanted)) is None:
            raise Failure(400, "ValidationError", f"{name} '{wanted}' was not found.")


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
    properties = body.get("properties", {})
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
        place = properties if path.startswith("properties.") else body
        if not place.get(path.rsplit(".", 1)[-1]):
            yield {
                "code": "OBJECT_MISSING_REQUIRED_PROPERTY",
                "message": f"Missing required property: {path}",
            }


def _put(call: Call) -> Response:
    key, body = ids.parse(call.path), call.request.json()
    kind = declared(key.type, call.version)
    before = current(call.practice, key.text)
    if before and kind.properties is not None and isinstance(body.get("properties"), dict):
        # A client may send back what an earlier answer added; as long as it is unchanged it does not count.
        body["properties"] = {
            name: value
            for name, value in body["properties"].items()
            if name in kind.properties or before["properties"].get(name, _NEVER) != value
        }
    check(call, key, kind, body)
    due = call.clock.takes(kind.seconds)
    made = _made(call, key, kind, body, before)
    waiting = {"_due": due.timestamp(), "_while": "Updating" if before else "Creating"}
    call.state.put("resource", key.text, made | (waiting if kind.way is not Way.SYNC else {}))
    shown = current(call.practice, key.text)
    if kind.way is Way.SYNC:
        return Response(200 if before else 201, shown)
    headers = _addresses(call, kind, made["location"], kind.seconds, both=kind.way is Way.ACCEPTED)
    if kind.way is Way.ACCEPTED:
        return Response(202, None, headers)
    return Response(200 if before else 201, shown, headers)


def _made(
    call: Call, key: ids.Id, kind: ResourceType, body: Mapping[str, Any], before: Mapping[str, Any] | None
) -> dict[str, Any]:
    given = body.get("properties", {})
    adding = Adding(key, body, call.tenant, before)
    made: dict[str, Any] = {
        "id": before["id"] if before else key.text,
        "name": before["name"] if before else key.leaf,
        "type": kind.name,
    }
    made |= {name: body[name] for name in sorted(kind.members - {"properties"}) if body.get(name) is not None}
    if "location" in made:
        made["location"] = facts.region(made["location"]) or made["location"]
    if isinstance(made.get("identity"), dict) and "SystemAssigned" in str(made["identity"].get("type")):
        mine = (before or {}).get("identity", {}).get("principalId") or str(uuid.uuid4())
        made["identity"] = dict(made["identity"]) | {"principalId": mine, "tenantId": call.tenant}
    return made | {"properties": kind.added(adding) | dict(given) | {"provisioningState": "Succeeded"}}


def _addresses(
    call: Call, kind: ResourceType, location: str, seconds: float, *, both: bool
) -> dict[str, str]:
    namespace = kind.name.split("/")[0]
    path = f"/subscriptions/{call.subscription}/providers/{namespace}/locations/{location}/{kind.polling}"
    done = polling.Ending(body={"status": "Succeeded"})
    headers = {"Azure-AsyncOperation": polling.begin(call, path, seconds, done, kind="async")}
    if both:
        # The final address has no body of its own: clients read the resource again.
        headers["Location"] = polling.begin(call, path, seconds, polling.Ending(status=200))
    return headers | polling.wait_header(call, call.clock.takes(seconds).timestamp())


def _get(call: Call) -> Response:
    key = ids.parse(call.path)
    declared_or_there(call, key)
    return Response(200, must(call.practice, key))


def _head(call: Call) -> Response:
    return Response(204 if current(call.practice, ids.parse(call.path).text) else 404)


def declared_or_there(call: Call, key: ids.Id) -> None:
    """A world may hold resources of types that are only read; others of an unknown type have Azure's 404."""
    if call.state.get("resource", key.text) is None and not facts.versions(key.type):
        declared(key.type, call.version)


def _patch(call: Call) -> Response:
    key, body = ids.parse(call.path), call.request.json()
    kind = declared(key.type, call.version)
    found = must(call.practice, key)
    errors.check_tags(body.get("tags"))
    details = [fault for fault in _faults(kind, body) if fault["code"] != "OBJECT_MISSING_REQUIRED_PROPERTY"]
    if details:
        raise errors.bad_payload(details)
    found |= {name: body[name] for name in kind.members - {"properties", "location"} if name in body}
    found["properties"] |= dict(body.get("properties", {}))
    call.state.put("resource", key.text, found)
    return Response(200, found)


def _delete(call: Call) -> Response:
    key = ids.parse(call.path)
    if current(call.practice, key.text) is None:
        declared_or_there(call, key)
        return Response(204)
    kind = declared(key.type, call.version)
    if kind.removal is Way.SYNC:
        gone(call.practice, {"id": key.text})
        return Response(200)
    found = must(call.practice, key)
    due = call.clock.takes(kind.removal_seconds).timestamp()
    call.state.put("resource", key.text, found | {"_due": due, "_while": "Deleting"})
    headers = _addresses(call, kind, found["location"], kind.removal_seconds, both=True)
    polling.begin(
        call, "/", kind.removal_seconds, polling.Ending(effect="resource-gone", about={"id": key.text})
    )
    return Response(202, None, headers)


def gone(practice: Practice, about: Mapping[str, Any]) -> None:
    """Remove a resource, what is part of it and what is on it."""
    practice.state.delete("resource", about["id"])
    for key, _ in list(practice.state.under("resource", about["id"] + "/")):
        practice.state.delete("resource", key)
    for _, assignment in list(practice.state.under("roleAssignment", about["id"] + "/")):
        rights.drop_assignment(practice.state, assignment)


def _seen(call: Call, prefix: str) -> Iterator[dict[str, Any]]:
    for key, _ in call.state.under("resource", prefix):
        found = current(call.practice, key)
        if found and rights.allowed(call.practice, call.caller, f"{found['type']}/read", found["id"]):
            yield found


def _typed(call: Call) -> Response:
    base = call.path.lower().rpartition("/providers/")[0]
    kind = f"{call.parts['namespace']}/{call.parts['kind']}"
    if not facts.versions(kind) and find(kind) is None:
        declared(kind, call.version)
    if "group" in call.parts:
        groups.get(call.practice, ids.Id(call.subscription, call.parts["group"]).text)
    found = _seen(call, base + ("/resourcegroups/" if "group" not in call.parts else "/"))
    return collection([one for one in found if one["type"].lower() == kind.lower()])


def _all(call: Call) -> Response:
    base = call.path.rpartition("/")[0]
    if not any(
        ids.covers(at, base) or ids.covers(base, at)
        for at, _ in rights.held(call.practice, call.caller.object_id)
    ):
        rights.demand(call.practice, call.caller, _RESOURCES, base)
    text = call.request.query.get("$filter", "")
    try:
        terms = odata.read(text)
    except ValueError as fault:
        raise errors.bad_filter(text, _FILTERS) from fault
    if terms.keys() - {"resourcetype", "name", "resourcegroup", "location"}:
        raise errors.bad_filter(text, _FILTERS)
    found = _seen(call, base + "/")
    return collection(
        [{name: one[name] for name in _LISTED if name in one} for one in found if _fits(one, terms)]
    )


def _fits(one: Mapping[str, Any], terms: Mapping[str, str]) -> bool:
    has = {
        "resourcetype": one["type"],
        "name": one["name"],
        "resourcegroup": ids.parse(one["id"]).group or "",
        "location": one.get("location", ""),
    }
    return all(has[term].lower() == value.lower() for term, value in terms.items())


_RESOURCES = "Microsoft.Resources/subscriptions/resources/read"
OPERATIONS = (
    Operation("GET", "/subscriptions/{subscription}/resources", _all),
    Operation("GET", _GROUP + "/resources", _all),
    Operation("GET", "/subscriptions/{subscription}/providers/{namespace}/{kind}", _typed, "{namespace}/{kind}/read", strip=1, listed=True),
    Operation("GET", _GROUP + "/providers/{namespace}/{kind}", _typed, "{namespace}/{kind}/read", strip=1, listed=True),
    Operation("GET", "{resource}", _get, "{type}/read"),
    Operation("HEAD", "{resource}", _head, "{type}/read"),
    Operation("PUT", "{resource}", _put, "{type}/write"),
    Operation("PATCH", "{resource}", _patch, "{type}/write"),
    Operation("DELETE", "{resource}", _delete, "{type}/delete"),
)  # fmt: skip
EFFECTS: Mapping[str, polling.Effect] = {"resource-gone": gone}
