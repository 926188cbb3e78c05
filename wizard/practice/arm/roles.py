"""Role definitions: Azure's own, and custom ones that belong to the tenant and name the scopes they are for."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from wizard.practice.arm import errors, facts, ids, odata, provider_operations, rights
from wizard.practice.arm.call import Call, Operation, collection, stamp
from wizard.practice.arm.facts import BuiltInRole
from wizard.practice.kernel import Failure, Response

TYPE = "Microsoft.Authorization/roleDefinitions"
_SHAPE = "{scope}/providers/Microsoft.Authorization/roleDefinitions"
_MEMBERS = frozenset({"roleName", "type", "description", "assignableScopes", "permissions"})
_READ_ONLY = frozenset({"createdOn", "updatedOn", "createdBy", "updatedBy"})
_SCOPE = re.compile(r"/subscriptions/[0-9a-f-]{36}(/resourcegroups/[^/]+)?", re.IGNORECASE)
_LONGEST = 512
_FILTERS = "'roleName eq '{value}'', 'type eq '{value}'' or 'atScopeAndBelow()'"


def find(call: Call, guid: str, prefix: str) -> dict[str, Any] | None:
    """A role definition, its id beginning with the subscription it is looked at from; None when there is none."""
    if built_in := facts.roles().get(guid.lower()):
        return _built_in(built_in, prefix)
    found = call.state.get("roleDefinition", rights.role_key(guid))
    return _custom(found, prefix) if found and found["_tenant"] == call.tenant else None


def unknown(guid: str, status: int = 404) -> Failure:
    """Azure's answer for a role that is not there."""
    return Failure(
        status,
        "RoleDefinitionDoesNotExist",
        f"The specified role definition with ID '{guid}' does not exist.",
    )


def _prefix(call: Call) -> str:
    return f"/subscriptions/{call.subscription}" if call.subscription else ""


def _built_in(role: BuiltInRole, prefix: str) -> dict[str, Any]:
    updated = f"{role.updated}T00:00:00.0000000Z"
    properties = {
        "roleName": role.name,
        "type": "BuiltInRole",
        "description": role.description,
        "assignableScopes": ["/"],
        "permissions": [rights.complete(one) for one in role.permissions],
        "createdOn": "2015-02-02T21:55:09.8806423Z",
        "updatedOn": updated,
        "createdBy": None,
        "updatedBy": None,
    }
    return {
        "properties": properties,
        "id": prefix + rights.role_key(role.guid),
        "type": TYPE,
        "name": role.guid,
    }


def _custom(found: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    shown = {name: value for name, value in found.items() if not name.startswith("_")}
    return shown | {"id": prefix + rights.role_key(found["name"])}


def _get(call: Call) -> Response:
    found = find(call, call.parts["name"], _prefix(call))
    if found is None:
        raise unknown(call.parts["name"])
    return Response(200, found)


def _list(call: Call) -> Response:
    text = call.request.query.get("$filter", "")
    try:
        terms = odata.read(text)
    except ValueError as fault:
        raise errors.bad_filter(text, _FILTERS) from fault
    if terms.keys() - {"rolename", "type", "atscopeandbelow()"}:
        raise errors.bad_filter(text, _FILTERS)
    return collection([one for one in _assignable(call, "atscopeandbelow()" in terms) if _fits(one, terms)])


def _fits(one: Mapping[str, Any], terms: Mapping[str, str]) -> bool:
    properties = one["properties"]
    named = terms.get("rolename", properties["roleName"]).lower() == properties["roleName"].lower()
    return bool(named and terms.get("type", properties["type"]).lower() == properties["type"].lower())


def _assignable(call: Call, below: bool) -> Iterator[dict[str, Any]]:
    prefix, scope = _prefix(call), call.parts.get("scope", "")
    everywhere = "scope" not in call.parts  # without a scope Azure lists the custom roles of the whole tenant
    for role in facts.roles().values():
        yield _built_in(role, prefix)
    for _, found in call.state.all("roleDefinition"):
        scopes = found["properties"]["assignableScopes"]
        above = everywhere or any(ids.covers(one, scope) for one in scopes)
        if found["_tenant"] == call.tenant and (
            above or (below and any(ids.covers(scope, one) for one in scopes))
        ):
            yield _custom(found, prefix)


def _put(call: Call) -> Response:
    guid, body = call.parts["name"], call.request.json()
    properties = _checked(call, guid, body)
    for scope in properties["assignableScopes"]:
        rights.demand(call.practice, call.caller, f"{TYPE}/write", f"{scope}{rights.role_key(guid)}")
    before = call.state.get("roleDefinition", rights.role_key(guid))
    now, me = stamp(call.clock.now()), call.caller.object_id
    document = {
        "properties": properties
        | {
            "createdOn": before["properties"]["createdOn"] if before else now,
            "updatedOn": now,
            "createdBy": before["properties"]["createdBy"] if before else me,
            "updatedBy": me,
        },
        "id": rights.role_key(guid),
        "type": TYPE,
        "name": guid,
        "_tenant": call.tenant,
    }
    call.state.put("roleDefinition", rights.role_key(guid), document)
    shown = _custom(document, _prefix(call))
    if before is None:
        # The recordings have no creator in the answer that creates it, and have it in all later ones.
        shown["properties"] = shown["properties"] | {"createdBy": None}
    return Response(201, shown)


def _checked(call: Call, guid: str, body: Mapping[str, Any]) -> dict[str, Any]:
    properties = body.get("properties")
    if body.keys() - {"id", "name", "type", "properties"} or not isinstance(properties, dict):
        raise _incorrect()
    if properties.keys() - _MEMBERS - _READ_ONLY:
        raise _incorrect()
    try:
        uuid.UUID(guid)
    except ValueError as fault:
        raise Failure(
            400, "InvalidRoleDefinitionId", f"The role definition ID '{guid}' must be a GUID."
        ) from fault
    if guid.lower() in facts.roles():
        raise Failure(
            403, "RoleDefinitionUpdateNotPermitted", "Built-in role definitions cannot be updated or deleted."
        )
    name = properties.get("roleName")
    if not isinstance(name, str) or not 1 <= len(name) <= _LONGEST:
        raise Failure(
            400, "RoleDefinitionNameInvalid", f"A role definition needs a name of 1 to {_LONGEST} characters."
        )
    _check_name(call, guid, name)
    return {
        "roleName": name,
        "type": "CustomRole",
        "description": properties.get("description"),
        "assignableScopes": _checked_scopes(call, properties.get("assignableScopes")),
        "permissions": _checked_permissions(properties.get("permissions")),
    }


def _incorrect() -> Failure:
    return Failure(400, "BadRequestFormat", "The request was incorrectly formatted.")


def _check_name(call: Call, guid: str, name: str) -> None:
    taken = [role.guid for role in facts.roles().values() if role.name.lower() == name.lower()]
    taken += [
        found["name"]
        for _, found in call.state.all("roleDefinition")
        if found["_tenant"] == call.tenant and found["properties"]["roleName"].lower() == name.lower()
    ]
    if any(one.lower() != guid.lower() for one in taken):
        raise Failure(
            409,
            "RoleDefinitionWithSameNameExists",
            f"A role definition cannot be updated with a name that already exists: '{name}'.",
        )


def _checked_scopes(call: Call, scopes: object) -> list[str]:
    if not isinstance(scopes, list) or not scopes:
        raise Failure(
            400, "MissingAssignableScopes", "A role definition needs at least one assignable scope."
        )
    for scope in scopes:
        fits = isinstance(scope, str) and _SCOPE.fullmatch(scope)
        subscription = scope.split("/")[2] if fits else ""
        if not fits or call.state.get("subscription", subscription) is None:
            raise Failure(
                400,
                "InvalidAssignableScopes",
                f"The assignable scope '{scope}' is not valid: it must be the id of a subscription or resource group.",
            )
    return list(scopes)


def _checked_permissions(permissions: object) -> list[dict[str, Any]]:
    if not isinstance(permissions, list) or len(permissions) != 1 or not isinstance(permissions[0], dict):
        raise _incorrect()
    if not all(isinstance(actions, list | None) for actions in permissions[0].values()):
        raise _incorrect()
    found = rights.complete(permissions[0])
    for kind, actions in found.items():
        for action in actions:
            data = kind.lower().endswith("dataactions")
            if not isinstance(action, str) or not _known_action(action, data):
                noun = "data actions" if data else "actions"
                raise Failure(
                    400,
                    "InvalidActionOrNotAction",
                    f"'{action}' does not match any of the {noun} supported by the providers.",
                )
    return [found]


def _known_action(action: str, data: bool) -> bool:
    namespace, slash, _ = action.partition("/")
    if "*" in namespace:
        return True
    if not provider_operations.supports(action, data=data):
        return False
    known = {name.lower() for name in facts.providers()}
    for role in facts.roles().values():
        for permission in role.permissions:
            known |= {one.split("/")[0].lower() for one in permission["actions"]}
    return bool(slash) and namespace.lower() in known


def _delete(call: Call) -> Response:
    guid = call.parts["name"]
    found = find(call, guid, _prefix(call))
    if found is None:
        return Response(204)
    if found["properties"]["type"] == "BuiltInRole":
        raise Failure(
            403, "RoleDefinitionUpdateNotPermitted", "Built-in role definitions cannot be updated or deleted."
        )
    for scope in found["properties"]["assignableScopes"]:
        rights.demand(call.practice, call.caller, f"{TYPE}/delete", f"{scope}{rights.role_key(guid)}")
    if any(grant["role"].lower() == guid.lower() for _, grant in call.state.all("grant")):
        raise Failure(
            400,
            "RoleDefinitionHasAssignments",
            f"There are existing role assignments referencing role (code: RoleDefinitionHasAssignments) '{guid}'.",
        )
    call.state.delete("roleDefinition", rights.role_key(guid))
    return Response(200, found)


_EVERYWHERE = "/providers/Microsoft.Authorization/roleDefinitions"
_ANYWHERE: frozenset[Literal["resource", "group", "going"]] = frozenset({"resource", "group"})
OPERATIONS = (
    # Without a scope anybody may read roles; Terraform looks built-in ones up so.
    Operation("GET", _EVERYWHERE, _list),
    Operation("GET", _EVERYWHERE + "/{name}", _get),
    # Roles belong to the tenant: what the scope names need not be there.
    Operation("GET", _SHAPE, _list, f"{TYPE}/read", strip=1, absent=_ANYWHERE),
    Operation("GET", _SHAPE + "/{name}", _get, f"{TYPE}/read", absent=_ANYWHERE),
    Operation("PUT", _SHAPE + "/{name}", _put, f"{TYPE}/write", absent=_ANYWHERE),
    Operation("DELETE", _SHAPE + "/{name}", _delete, f"{TYPE}/delete", absent=_ANYWHERE),
)
