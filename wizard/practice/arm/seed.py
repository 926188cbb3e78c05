"""The first start: subscriptions, providers, groups, resources and role assignments of a world become documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.practice.arm import facts, ids, rights, roles, shelf
from wizard.practice.arm.assignments import TYPE
from wizard.practice.arm.call import stamp
from wizard.practice.arm.deployments.document import moment
from wizard.practice.arm.kinds import find
from wizard.practice.kernel import Practice
from wizard.practice.worlds import generated

_LONG_AGO = 0.0  # what the world begins with has spread everywhere
_PLAIN = {
    "groups": "group",
    "locks": "lock",
    "policyDefinitions": "policyDefinition",
    "policyAssignments": "policyAssignment",
}
_SINCE = stamp(moment(1_700_000_000))


def seed(practice: Practice, world: Mapping[str, Any]) -> None:
    """Write the ARM half of a world.

    Raises:
        ValueError: a role assignment names a role that is not built in, or a scope in no subscription of the world.
    """
    for one in world.get("subscriptions", ()):
        _subscribe(practice, one)
    _seed_shelf(practice, world)
    for one in world.get("roleDefinitions", ()):
        _define(practice, one)
    for one in world.get("roleAssignments", ()):
        _assign(practice, one)
    for section, one in generated(world):
        if section == "subscriptions":
            _subscribe(practice, one)
        elif section == "roleAssignments":
            _assign(practice, one)


def _seed_shelf(practice: Practice, world: Mapping[str, Any]) -> None:
    state = practice.state
    for guid, namespaces in world.get("providers", {}).items():
        for name in namespaces:
            state.put("provider", f"{guid}/{name}", {"namespace": name, "registrationState": "Registered"})
    for one in world.get("resources", ()):
        _take_name(practice, one)
        shelf.put(practice, one["id"], dict(one))
    for one in world.get("deleted", ()):
        _take_name(practice, one)
        state.put("deleted", one["id"], {**one, "_deleted": practice.clock.now().timestamp()})
    for section, kind in _PLAIN.items():
        for one in world.get(section, ()):
            state.put(kind, one["id"], dict(one))


def _take_name(practice: Practice, given: Mapping[str, Any]) -> None:
    kind = find(given["type"])
    if kind is not None and kind.unique:
        shelf.take_name(practice, kind.name, ids.parse(given["id"]).leaf, given["id"])


def _subscribe(practice: Practice, given: Mapping[str, Any]) -> None:
    guid = given["subscriptionId"]
    practice.state.put("subscription", guid, {"id": f"/subscriptions/{guid}", **given})


def _define(practice: Practice, given: Mapping[str, Any]) -> None:
    """A custom role of the world: its `name` is the GUID; `permissions`, `assignableScopes` and the rest as in Azure."""
    subscription = practice.state.get("subscription", str(given["assignableScopes"][0]).split("/")[2])
    properties = {name: given[name] for name in ("roleName", "description", "assignableScopes")}
    document = {
        "properties": properties
        | {"type": "CustomRole", "permissions": [rights.complete(one) for one in given["permissions"]]}
        | {"createdOn": _SINCE, "updatedOn": _SINCE, "createdBy": None, "updatedBy": None},
        "id": rights.role_key(given["name"]),
        "type": roles.TYPE,
        "name": given["name"],
        "_tenant": (subscription or {}).get("tenantId", practice.world.home),
    }
    practice.state.put("roleDefinition", rights.role_key(given["name"]), document)


def _role(practice: Practice, name: str) -> str | None:
    """The GUID of a built-in role by its name, or of a custom role of the world by its own."""
    if built_in := facts.role_named(name):
        return built_in.guid
    return name if practice.state.get("roleDefinition", rights.role_key(name)) else None


def _assign(practice: Practice, given: Mapping[str, Any]) -> None:
    role, scope = _role(practice, given["role"]), str(given["scope"])
    if role is None:
        raise ValueError(f"The world assigns the role {given['role']}, which practice Azure does not know.")
    subscription = scope.split("/")[2] if scope.startswith("/subscriptions/") else ""
    found = practice.state.get("subscription", subscription) if subscription else None
    if subscription and found is None:
        raise ValueError(f"The world assigns a role in {scope}, which is in no subscription of it.")
    tenant = str(found["tenantId"]) if found else _home(practice, given["principalId"])
    prefix = f"/subscriptions/{subscription}" if subscription else ""
    properties = {
        "roleDefinitionId": prefix + rights.role_key(role),
        "principalId": given["principalId"],
        "principalType": given["principalType"],
        "scope": scope,
        "condition": None,
        "conditionVersion": None,
        "createdOn": _SINCE,
        "updatedOn": _SINCE,
        "createdBy": None,
        "updatedBy": None,
        "delegatedManagedIdentityResourceId": None,
        "description": None,
    }
    key = f"{scope.rstrip('/')}/providers/{TYPE}/{given['name']}"
    document = {"properties": properties, "id": key, "type": TYPE, "name": given["name"]}
    rights.put_assignment(practice.state, document, tenant, _LONG_AGO)


def _home(practice: Practice, principal: str) -> str:
    found = practice.state.get("user", principal) or practice.state.get("servicePrincipal", principal) or {}
    return str(found.get("tenant", ""))
