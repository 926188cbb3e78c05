"""Management groups: a tree above the subscriptions of a tenant, its settings, and the operations that change it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from wizard.practice.arm import errors, facts, rights, shelf
from wizard.practice.arm.call import Call, Operation, collection, stamp
from wizard.practice.arm.types import ResourceType
from wizard.practice.kernel import Failure, Practice, Response

TYPE = "Microsoft.Management/managementGroups"
_HOME = f"/providers/{TYPE}"
_RESULTS = "/providers/Microsoft.Management/operationResults"
_PLAIN = "2020-02-01"  # since then the type is written without `/providers/`, and operations have an address of their own
_NAME = re.compile(r"[-\w.()]{1,90}")
_SECONDS = 20.0
_ROOT = "Tenant Root Group"


def _key(name: str) -> str:
    return f"{_HOME}/{name}"


def find(practice: Practice, name: str, tenant: str) -> dict[str, Any] | None:
    """The management group as it is kept; the root of a tenant is always there, and named as the tenant is."""
    found = practice.state.get("resource", _key(name))
    if found and found.get("_ends") and practice.clock.now().timestamp() >= found["_ends"]:
        return None
    if found or name.lower() != tenant.lower():
        return found
    details = {
        "version": 1,
        "updatedTime": stamp(practice.clock.now()),
        "updatedBy": "system",
        "parent": None,
    }
    properties = {"tenantId": tenant, "displayName": _ROOT, "details": details}
    return {"id": _key(tenant), "type": TYPE, "name": tenant, "properties": properties}


def _must(call: Call) -> dict[str, Any]:
    found = find(call.practice, call.parts["name"], call.caller.tenant)
    if found is None:
        # Whether a group is not there or not to be seen is not told apart.
        action = f"{TYPE}/read"
        raise errors.forbidden(rights.name_of(call.practice, call.caller), call.caller, action, call.path)
    return found


def _shown(call: Call, found: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in found.items() if not name.startswith("_")}
    return shown | {"type": TYPE if call.version >= _PLAIN else _HOME}


def _below(practice: Practice, name: str) -> Iterator[dict[str, Any]]:
    for _, one in practice.state.under("resource", _HOME + "/"):
        parent = (one["properties"].get("details") or {}).get("parent") or {}
        if str(parent.get("name", "")).lower() == name.lower() and find(practice, one["name"], ""):
            yield one


def _get(call: Call) -> Response:
    found = _shown(call, _must(call))
    if "children" in call.request.query.get("$expand", "").lower():
        children = [
            {
                "id": one["id"],
                "type": TYPE,
                "name": one["name"],
                "displayName": one["properties"]["displayName"],
            }
            for one in _below(call.practice, found["name"])
        ]
        found["properties"] = found["properties"] | {"children": children or None}
    return Response(200, found)


def _list(call: Call) -> Response:
    root = find(call.practice, call.caller.tenant, call.caller.tenant)
    groups = [root, *(one for _, one in call.state.under("resource", _HOME + "/") if one["type"] == TYPE)]
    return Response(200, {"value": [_brief(call, one) for one in groups if one], "@nextLink": None})


def _brief(call: Call, one: Mapping[str, Any]) -> dict[str, Any]:
    properties = {name: one["properties"][name] for name in ("tenantId", "displayName")}
    return _shown(call, one) | {"properties": properties}


def _put(call: Call) -> Response:
    name, body = call.parts["name"], call.request.json()
    if not _NAME.fullmatch(name) or name.endswith("."):
        raise Failure(400, "BadRequest", f"The management group name '{name}' is not valid.")
    given = body.get("properties") or {}
    details = given.get("details") or {}
    parent = _parent(call, (details.get("parent") or {}).get("id"))
    before = find(call.practice, name, call.caller.tenant)
    made = _made(call, name, given.get("displayName"), parent, before)
    if before:
        shelf.put(call.practice, _key(name), made)
        return Response(200, _shown(call, made))
    made["_ready"] = call.clock.takes(_SECONDS).timestamp()
    shelf.put(call.practice, _key(name), made)
    _own(call, made)
    return _accepted(call, "create", name)


def _parent(call: Call, asked: object) -> dict[str, Any]:
    named = str(asked or _key(call.caller.tenant)).rstrip("/").rsplit("/", 1)[-1]
    found = find(call.practice, named, call.caller.tenant)
    if found is None:
        raise Failure(404, "NotFound", f"'{_key(named)}' not found", shape="details")
    return {"id": found["id"], "name": found["name"], "displayName": found["properties"]["displayName"]}


def _made(
    call: Call, name: str, shown: object, parent: Mapping[str, Any], before: Mapping[str, Any] | None
) -> dict[str, Any]:
    old = before["properties"] if before else {}
    return {
        "id": before["id"] if before else _key(name),
        "type": TYPE,
        "name": before["name"] if before else name,
        "properties": {
            "tenantId": call.caller.tenant,
            "displayName": shown or old.get("displayName") or name,
            "details": {
                "version": old.get("details", {}).get("version", 0) + 1,
                "updatedTime": stamp(call.clock.now()),
                "updatedBy": call.caller.object_id,
                "parent": dict(parent),
            },
        },
    }


def _own(call: Call, made: Mapping[str, Any]) -> None:
    """Who makes a management group owns it."""
    role = facts.role_named("Owner")
    guid = role.guid if role else ""
    kind = "Microsoft.Authorization/roleAssignments"
    now = call.clock.now()
    properties = {
        "roleDefinitionId": rights.role_key(guid),
        "principalId": call.caller.object_id,
        "principalType": "User" if call.caller.kind == "user" else "ServicePrincipal",
        "scope": made["id"],
        "condition": None,
        "conditionVersion": None,
        "createdOn": stamp(now),
        "updatedOn": stamp(now),
        "createdBy": call.caller.object_id,
        "updatedBy": call.caller.object_id,
        "delegatedManagedIdentityResourceId": None,
        "description": None,
    }
    key = f"{made['id']}/providers/{kind}/{guid}"
    document = {"properties": properties, "id": key, "type": kind, "name": guid}
    rights.put_assignment(call.state, document, call.caller.tenant, now.timestamp())


def _accepted(call: Call, verb: str, name: str) -> Response:
    """The answer to what takes time, with the addresses to ask at."""
    version = f"?api-version={call.version}"
    origin = call.request.origin
    headers = {"Location": f"{origin}{_RESULTS}/{verb}/managementGroups/{name}{version}"}
    if call.version >= _PLAIN:
        status = f"{_RESULTS}/{verb}/asyncOperation/status/managementGroups/{name}"
        headers["Azure-AsyncOperation"] = f"{origin}{status}{version}"
    kind = TYPE if call.version >= _PLAIN else _HOME
    return Response(202, {"id": _key(name), "type": kind, "name": name, "status": "NotStarted"}, headers)


def _patch(call: Call) -> Response:
    found, body = _must(call), call.request.json()
    old = found["properties"]["details"].get("parent") or {}
    parent = _parent(call, body["parentId"]) if body.get("parentId") else old
    made = _made(call, found["name"], body.get("displayName"), parent, found)
    shelf.put(call.practice, found["id"], made)
    return Response(200, _shown(call, made))


def _delete(call: Call) -> Response:
    found = _must(call)
    if any(True for _ in _below(call.practice, found["name"])):
        raise Failure(
            400, "BadRequest", "Group has children. Move or delete them before the group.", shape="details"
        )
    found["_ends"] = call.clock.takes(_SECONDS).timestamp()
    call.state.put("resource", found["id"], found)
    return _accepted(call, "delete", found["name"])


def _standing(call: Call) -> tuple[bool, dict[str, Any]]:
    """Whether an operation is over, and the group it is about."""
    found = call.state.get("resource", _key(call.parts["name"])) or {}
    due = found.get("_ends" if call.parts["change"] == "delete" else "_ready") or 0.0
    return call.clock.now().timestamp() >= due, found


def _status(call: Call) -> Response:
    over, found = _standing(call)
    shown = {"id": call.path, "name": call.parts["name"], "status": "Succeeded" if over else "Running"}
    if not over:
        version = f"?api-version={call.version}"
        location = call.path.replace("/asyncOperation/status/", "/")
        origin = call.request.origin
        headers = {
            "Azure-AsyncOperation": f"{origin}{call.path}{version}",
            "Location": f"{origin}{location}{version}",
        }
        return Response(200, shown, headers)
    if call.parts["change"] == "create" and found:
        details = {name: value for name, value in found["properties"]["details"].items() if name != "parent"}
        shown["properties"] = found["properties"] | {"details": details}
    return Response(200, shown)


def _result(call: Call) -> Response:
    over, found = _standing(call)
    kind = TYPE if call.version >= _PLAIN else _HOME
    name = call.parts["name"]
    shown = {"id": _key(name), "type": kind, "name": name, "status": "Succeeded" if over else "Running"}
    if not over:
        again = {"Location": f"{call.request.origin}{call.path}?api-version={call.version}"}
        return Response(202, shown, again)
    more = {"properties": found["properties"]} if found and call.parts["change"] == "create" else {}
    return Response(200, shown | more)


def _settings(call: Call) -> dict[str, Any]:
    kept = call.state.get("managementSettings", call.parts["name"]) or {}
    return {
        "id": f"{_key(call.parts['name'])}/settings/default",
        "type": f"{TYPE}/settings",
        "name": "default",
        "properties": {
            "tenantId": call.caller.tenant,
            "requireAuthorizationForGroupCreation": None,
            "defaultManagementGroup": None,
            **kept,
        },
    }


def _put_settings(call: Call) -> Response:
    _must(call)
    given = call.request.json().get("properties") or {}
    kept = call.state.get("managementSettings", call.parts["name"]) or {}
    call.state.put(
        "managementSettings", call.parts["name"], (kept if call.request.method == "PATCH" else {}) | given
    )
    return Response(200, _settings(call))


def _list_settings(call: Call) -> Response:
    there = call.state.get("managementSettings", call.parts["name"]) is not None
    return Response(200, {"value": [_settings(call)] if there else [], "@nextLink": None})


def _get_settings(call: Call) -> Response:
    if call.state.get("managementSettings", call.parts["name"]) is None:
        raise _no_settings(call)
    return Response(200, _settings(call))


def _delete_settings(call: Call) -> Response:
    if not call.state.delete("managementSettings", call.parts["name"]):
        raise _no_settings(call)
    return Response(200)


def _no_settings(call: Call) -> Failure:
    return Failure(404, "NotFound", f"'{call.path}' not found", shape="details")


def _put_subscription(call: Call) -> Response:
    parent, guid = _must(call), call.parts["subscription"]
    found = call.state.get("subscription", guid)
    if found is None:
        raise errors.no_subscription(guid)
    call.state.put("managementGroupOf", guid, {"group": parent["name"]})
    return Response(200, _subscription(parent, found))


def _subscription(parent: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    guid = found["subscriptionId"]
    return {
        "name": guid,
        "id": f"{parent['id']}/subscriptions/{guid}",
        "type": f"{TYPE}/subscriptions",
        "properties": {
            "displayName": found["displayName"],
            "parent": {
                "id": parent["id"],
                "name": parent["name"],
                "displayName": parent["properties"]["displayName"],
            },
            "state": "Active",
            "tenant": found["tenantId"],
        },
    }


def _list_subscriptions(call: Call) -> Response:
    parent = _must(call)
    inside = [key for key, one in call.state.all("managementGroupOf") if one["group"] == parent["name"]]
    found = (call.state.get("subscription", key) for key in inside)
    return collection([_subscription(parent, one) for one in found if one])


def _delete_subscription(call: Call) -> Response:
    _must(call)
    return Response(200 if call.state.delete("managementGroupOf", call.parts["subscription"]) else 204)


def _entities(call: Call) -> Response:
    root = call.caller.tenant
    groups = [find(call.practice, root, root), *(one for _, one in call.state.under("resource", _HOME + "/"))]
    found = [_entity(call, one) for one in groups if one]
    return Response(200, {"count": len(found), "value": found})


def _entity(call: Call, one: Mapping[str, Any]) -> dict[str, Any]:
    children = list(_below(call.practice, one["name"]))
    parent = one["properties"]["details"].get("parent") or {}
    chain = [parent["name"]] if parent else []
    more = {
        "tenantId": one["properties"]["tenantId"],
        "displayName": one["properties"]["displayName"],
        "numberOfChildren": len(children),
        "numberOfChildGroups": len(children),
        "numberOfDescendants": len(children),
        "parent": {"id": parent.get("id")},
        "parentNameChain": chain,
        "parentDisplayNameChain": [parent["displayName"]] if parent else [],
        "permissions": "delete",
        "inheritedPermissions": "delete",
    }
    return {"name": one["name"], "id": one["id"], "type": TYPE, "properties": more}


TYPES = (ResourceType(TYPE, tracked=False, own=True, right=TYPE),)
_ONE, _SUBSCRIPTIONS = _HOME + "/{name}", _HOME + "/{name}/subscriptions"
OPERATIONS = (
    Operation("GET", _HOME, _list, f"{TYPE}/read", strip=1),
    Operation("POST", "/providers/Microsoft.Management/getEntities", _entities),
    Operation("GET", _RESULTS + "/{change}/asyncOperation/status/managementGroups/{name}", _status),
    Operation("GET", _RESULTS + "/{change}/managementGroups/{name}", _result),
    Operation("GET", _ONE, _get, f"{TYPE}/read"),
    Operation("PUT", _ONE, _put),  # anybody of a tenant may make one, unless its settings forbid it
    Operation("PATCH", _ONE, _patch, f"{TYPE}/write"),
    Operation("DELETE", _ONE, _delete, f"{TYPE}/delete"),
    Operation("GET", _ONE + "/settings", _list_settings, f"{TYPE}/settings/read", strip=1),
    Operation("GET", _ONE + "/settings/default", _get_settings, f"{TYPE}/settings/read"),
    Operation("PUT", _ONE + "/settings/default", _put_settings, f"{TYPE}/settings/write"),
    Operation("PATCH", _ONE + "/settings/default", _put_settings, f"{TYPE}/settings/write"),
    Operation("DELETE", _ONE + "/settings/default", _delete_settings, f"{TYPE}/settings/delete"),
    Operation("GET", _SUBSCRIPTIONS, _list_subscriptions, f"{TYPE}/subscriptions/read", strip=1),
    Operation("PUT", _SUBSCRIPTIONS + "/{subscription}", _put_subscription, f"{TYPE}/subscriptions/write"),
    Operation("DELETE", _SUBSCRIPTIONS + "/{subscription}", _delete_subscription, f"{TYPE}/subscriptions/delete"),
)  # fmt: skip
