"""What exists at an id right now, of whatever type: for references, previews and outputs."""

from __future__ import annotations

import json
from typing import Any

from wizard.practice.arm import additions, assignments, facts, ids, reading, rights
from wizard.practice.arm.call import Submit
from wizard.practice.arm.template.evaluate import Act, NotYetError, Reference
from wizard.practice.arm.template.expressions import ExpressionError
from wizard.practice.kernel import Caller, Failure, Practice, Request

_DEPLOYMENT = "microsoft.resources/deployments"


def of(practice: Practice, key: str) -> dict[str, Any] | None:
    """The resource, group, deployment, role or role assignment of an id, as a GET shows it; None when there is none."""
    found = ids.parse(key)
    if not found.links:
        return practice.state.get("group", key)
    kind = found.type.lower()
    if kind == "microsoft.resources/resourcegroups":
        return practice.state.get("group", ids.Id(found.subscription, found.leaf).text)
    if kind == assignments.TYPE.lower():
        return assignments.get(practice, key)
    if kind == "microsoft.authorization/roledefinitions":
        custom = practice.state.get("roleDefinition", rights.role_key(found.leaf))
        return assignments.shown(custom) | {"id": key} if custom else None
    for family, keeper in _KEPT.items():
        if kind == family:
            kept = practice.state.get(keeper, key)
            return {name: one for name, one in kept.items() if not name.startswith("_")} if kept else None
    return reading.current(practice, key)


_KEPT = {
    _DEPLOYMENT: "deployment",
    "microsoft.resources/deploymentstacks": "stack",
    "microsoft.authorization/locks": "lock",
    "microsoft.authorization/policyassignments": "policyAssignment",
    "microsoft.authorization/policydefinitions": "policyDefinition",
}


def reference(practice: Practice, home: str, *, must: bool) -> Reference:
    """How `reference(...)` reads: by id, or by `type/name` within the group.

    Args:
        practice: where it reads.
        home: the group or subscription of the deployment.
        must: whether what is not there is an error, or only not there yet.
    """

    def read(what: str, version: str | None, full: bool) -> Any:
        named = _named(home, what)
        found = of(practice, named.text)
        if found is None and must:
            raise Failure(
                404,
                "ResourceNotFound",
                f"The Resource '{named.type}/{named.name}' under resource group '{named.group}' was not found. For more"
                " details please go to https://aka.ms/ARMResourceNotFoundFix",
            )
        if found is None or (not must and named.type.lower() == _DEPLOYMENT):
            # What an earlier deployment of that name gave is not what this one will give.
            raise NotYetError(what)
        seen = additions.of(named.type, version, found, _tenant(practice, named)) if version else found
        return seen if full else seen.get("properties", {})

    return read


def _tenant(practice: Practice, key: ids.Id) -> str:
    return str((practice.state.get("subscription", key.subscription or "") or {}).get("tenantId", ""))


def acting(practice: Practice, submit: Submit, caller: Caller, origin: str, home: str) -> Act:
    """How `listKeys(...)` and its kin ask: as the caller, by the door that requests from outside take."""

    def act(verb: str, what: str, version: str, body: Any) -> Any:
        named = _named(home, what)
        asked = version or next(iter(facts.versions(named.type)), "")
        content = json.dumps(body).encode() if body is not None else b""
        request = Request("POST", f"{named.text}/{verb}", {"api-version": asked}, {}, content, origin)
        return submit(practice, caller, request).body

    return act


def _named(home: str, what: str) -> ids.Id:
    """The id of an id, or of `Namespace/type/name[/type/name]` in the group."""
    key = what if what.startswith("/") else f"{home}/providers/{what.strip('/')}"
    try:
        return ids.parse(key)
    except ValueError as fault:
        raise ExpressionError(f"'{what}' is not a valid resource to refer to.") from fault
