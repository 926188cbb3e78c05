"""Policies: definitions, assignments, and the refusal of what an assigned `deny` forbids."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from wizard.practice.arm import errors, facts, ids, odata
from wizard.practice.arm.call import Call, Operation, collection, stamp
from wizard.practice.arm.policy_rules import Subject, denial
from wizard.practice.kernel import Failure, Practice, Response

ASSIGNMENT = "Microsoft.Authorization/policyAssignments"
DEFINITION = "Microsoft.Authorization/policyDefinitions"
_KINDS = {ASSIGNMENT: "policyAssignment", DEFINITION: "policyDefinition"}
_FILTERS = "'atScope()', 'atExactScope()' or 'policyDefinitionId eq '{value}''"
_MISSING = {
    ASSIGNMENT: ("PolicyAssignmentNotFound", "The policy assignment '{}' is not found."),
    DEFINITION: ("PolicyDefinitionNotFound", "The policy definition '{}' could not be found."),
}
_GATEWAY = {"x-ms-failure-cause": "gateway"}


def definition(practice: Practice, key: str) -> dict[str, Any] | None:
    """The definition of an id, one's own or a built-in one."""
    own = practice.state.get("policyDefinition", key)
    return own or facts.policies().get(key.rpartition("/")[2].lower())


def refusal(practice: Practice, key: str, body: Mapping[str, Any]) -> Failure | None:
    """Azure's refusal if a policy denies to write a body at an id; None when none does."""
    named = ids.parse(key)
    found = practice.state.get("resource", key) or practice.state.get("group", key) or {}
    kind = named.type if named.links else "Microsoft.Resources/subscriptions/resourceGroups"
    subject = Subject(key, kind, named.name, {**found, **body})
    denied = []
    for assigned, assignment in practice.state.all("policyAssignment"):
        scope, properties = ids.parse(assigned).scope.text, assignment["properties"]
        outside = any(ids.covers(one, key) for one in properties.get("notScopes") or ())
        if not ids.covers(scope, key) or outside or properties.get("enforcementMode") == "DoNotEnforce":
            continue
        policy = definition(practice, properties["policyDefinitionId"])
        reasons = denial(policy, properties.get("parameters") or {}, subject) if policy else None
        if policy and reasons is not None:
            denied.append((assignment, scope, policy, reasons))
    return _refused(named.leaf, denied) if denied else None


def _refused(name: str, denied: list[tuple[dict[str, Any], str, dict[str, Any], list[Any]]]) -> Failure:
    identifiers = [
        {
            "policyAssignment": _named(assignment),
            "policyDefinition": _named(policy),
        }
        for assignment, _, policy, _ in denied
    ]
    return Failure(
        403,
        "RequestDisallowedByPolicy",
        f"Resource '{name}' was disallowed by policy. Policy identifiers: '{json.dumps(identifiers, separators=(',', ':'))}'.",
        target=name,
        additional=[{"type": "PolicyViolation", "info": _violation(*one)} for one in denied],
        headers=_GATEWAY,
    )


def _named(found: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": found["properties"].get("displayName") or found["name"], "id": found["id"]}


def _violation(
    assignment: Mapping[str, Any], scope: str, policy: Mapping[str, Any], reasons: list[Any]
) -> dict[str, Any]:
    shown = assignment["properties"]
    return {
        "evaluationDetails": {"evaluatedExpressions": reasons},
        "policyDefinitionId": policy["id"],
        "policyDefinitionName": policy["name"],
        "policyDefinitionDisplayName": policy["properties"].get("displayName", policy["name"]),
        "policyDefinitionEffect": "deny",
        "policyAssignmentId": assignment["id"],
        "policyAssignmentName": assignment["name"],
        "policyAssignmentDisplayName": shown.get("displayName", assignment["name"]),
        "policyAssignmentScope": scope,
        "policyAssignmentParameters": dict(shown.get("parameters") or {}),
        "policyExemptionIds": [],
    }


def guard(call: Call) -> None:
    """Refuse a write that a policy denies.

    Raises:
        Failure: 403 RequestDisallowedByPolicy.
    """
    parts = call.path.rstrip("/").split("/")
    group = len(parts) == 5 and parts[3].lower() == "resourcegroups"  # noqa: PLR2004 - /subscriptions/s/resourceGroups/g
    if call.request.method not in ("PUT", "PATCH") or not (call.parts.get("resource") or group):
        return
    if not any(True for _ in call.state.all("policyAssignment")):
        return
    if refused := refusal(call.practice, call.path.rstrip("/"), call.request.json()):
        raise refused


def _scope(call: Call) -> str:
    return ids.parse(call.parts["scope"]).text.rstrip("/") if call.parts["scope"] else ""


def _key(call: Call, kind: str) -> str:
    return f"{_scope(call)}/providers/{kind}/{call.parts['name']}"


def _not_found(call: Call, kind: str) -> Failure:
    code, words = _MISSING[kind]
    return Failure(404, code, words.format(call.parts["name"]), headers=_GATEWAY)


def _get_assignment(call: Call) -> Response:
    found = call.state.get("policyAssignment", _key(call, ASSIGNMENT))
    if found is None:
        raise _not_found(call, ASSIGNMENT)
    return Response(200, found)


def _get_definition(call: Call) -> Response:
    found = definition(call.practice, _key(call, DEFINITION))
    if found is None or (_scope(call) and found["properties"].get("policyType") == "BuiltIn"):
        raise _not_found(call, DEFINITION)
    return Response(200, found)


def _properties(call: Call) -> dict[str, Any]:
    properties = call.request.json().get("properties")
    if not isinstance(properties, dict):
        raise errors.bad_content("Required property 'properties' not found in JSON. Path ''")
    return dict(properties)


def _put_assignment(call: Call) -> Response:
    body, properties = call.request.json(), _properties(call)
    wanted = str(properties.get("policyDefinitionId") or "")
    policy = definition(call.practice, wanted)
    if policy is None:
        raise Failure(
            404,
            "PolicyDefinitionNotFound",
            f"The policy definition '{wanted.rpartition('/')[2]}' could not be found.",
        )
    _check_parameters(call.parts["name"], policy, properties.get("parameters") or {})
    properties |= {"scope": _scope(call), "enforcementMode": properties.get("enforcementMode") or "Default"}
    properties["notScopes"] = list(properties.get("notScopes") or ())
    more = {name: body[name] for name in ("location", "identity") if body.get(name)}
    return _kept(call, ASSIGNMENT, properties, more)


def _check_parameters(name: str, policy: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    declared = policy["properties"].get("parameters") or {}
    missing = [one for one in declared if "defaultValue" not in declared[one] and one not in given]
    if missing:
        raise Failure(
            400,
            "MissingPolicyParameter",
            f"The policy assignment '{name}' is missing the parameter(s) '{','.join(missing)}' as defined in the policy"
            f" definition '{policy['name']}'.",
        )
    if strangers := [one for one in given if one not in declared]:
        raise Failure(
            400,
            "UndefinedPolicyParameter",
            f"The policy assignment '{name}' has parameter(s) '{','.join(strangers)}' that are not defined in the policy"
            f" definition '{policy['name']}'.",
        )


def _put_definition(call: Call) -> Response:
    properties = _properties(call)
    rule = properties.get("policyRule")
    if not isinstance(rule, dict) or not isinstance(rule.get("then"), dict) or "if" not in rule:
        raise Failure(
            400,
            "InvalidPolicyRule",
            "Failed to parse policy rule: 'The policy rule must have an if and a then.'.",
        )
    properties = {"policyType": "Custom", "mode": "Indexed", "parameters": {}, **properties}
    return _kept(call, DEFINITION, properties, {})


def _kept(call: Call, kind: str, properties: dict[str, Any], more: Mapping[str, Any]) -> Response:
    key = _key(call, kind)
    before = call.state.get(_KINDS[kind], key)
    now, me = stamp(call.clock.now()), call.caller.object_id
    made = {"createdBy": me, "createdOn": now, "updatedBy": None, "updatedOn": None}
    if before:
        made = {**before["properties"]["metadata"], "updatedBy": me, "updatedOn": now}
    properties["metadata"] = {**(properties.get("metadata") or {}), **made}
    document = {"properties": properties, "id": before["id"] if before else key, "type": kind}
    document |= {"name": before["name"] if before else call.parts["name"], **more}
    call.state.put(_KINDS[kind], key, document)
    return Response(201, document)


def _drop_assignment(call: Call) -> Response:
    return _dropped(call, ASSIGNMENT)


def _drop_definition(call: Call) -> Response:
    key = _key(call, DEFINITION)
    for _, one in call.state.all("policyAssignment"):
        if ids.same(one["properties"]["policyDefinitionId"], key):
            raise Failure(
                400,
                "PolicyDefinitionInUse",
                f"The policy definition '{call.parts['name']}' is in use by policy assignment '{one['id']}'.",
            )
    return _dropped(call, DEFINITION)


def _dropped(call: Call, kind: str) -> Response:
    found = call.state.get(_KINDS[kind], _key(call, kind))
    if found is None:
        return Response(204)
    call.state.delete(_KINDS[kind], found["id"])
    return Response(200, found)


def _assignments(call: Call) -> Response:
    text = re.sub(
        r"policyDefinitionId eq '?\{?([^'}]+)\}?'?",
        r"policyDefinitionId eq '\1'",
        call.request.query.get("$filter", ""),
    )
    try:
        terms = odata.read(text)
    except ValueError as fault:
        raise errors.bad_filter(text, _FILTERS) from fault
    wanted = terms.get("policydefinitionid")
    found = _around(call, terms)
    return collection(
        [one for one in found if not wanted or ids.same(one["properties"]["policyDefinitionId"], wanted)]
    )


def _around(call: Call, terms: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    scope = _scope(call)
    for key, one in call.state.all("policyAssignment"):
        at = ids.parse(key).scope.text
        if "atexactscope()" in terms:
            fits = ids.same(at, scope or "/")
        elif "atscope()" in terms:
            fits = ids.covers(at, scope)
        else:
            fits = ids.covers(at, scope) or ids.covers(scope, at)
        if fits:
            yield one


def _definitions(call: Call) -> Response:
    scope = _scope(call)
    own = [
        one for key, one in call.state.all("policyDefinition") if ids.covers(ids.parse(key).scope.text, scope)
    ]
    return collection([*own, *facts.policies().values()])


_ASSIGNMENTS, _DEFINITIONS = (f"{{scope}}/providers/{kind}" for kind in (ASSIGNMENT, DEFINITION))
OPERATIONS = (
    Operation("GET", _ASSIGNMENTS, _assignments, f"{ASSIGNMENT}/read", strip=3),
    Operation("GET", _ASSIGNMENTS + "/{name}", _get_assignment, f"{ASSIGNMENT}/read"),
    Operation("PUT", _ASSIGNMENTS + "/{name}", _put_assignment, f"{ASSIGNMENT}/write"),
    Operation("DELETE", _ASSIGNMENTS + "/{name}", _drop_assignment, f"{ASSIGNMENT}/delete"),
    Operation("GET", _DEFINITIONS, _definitions),
    Operation("GET", _DEFINITIONS + "/{name}", _get_definition),
    Operation("PUT", _DEFINITIONS + "/{name}", _put_definition, f"{DEFINITION}/write"),
    Operation("DELETE", _DEFINITIONS + "/{name}", _drop_definition, f"{DEFINITION}/delete"),
)
