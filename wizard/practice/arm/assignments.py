"""Role assignments on any scope, and what rights the caller holds there."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from wizard.practice.arm import errors, ids, odata, rights, roles
from wizard.practice.arm.call import Call, Operation, collection, stamp
from wizard.practice.arm.kinds import find
from wizard.practice.kernel import Failure, Practice, Response

TYPE = "Microsoft.Authorization/roleAssignments"
_SHAPE = "{scope}/providers/Microsoft.Authorization/roleAssignments"
_READ_ONLY = frozenset({"scope", "createdOn", "updatedOn", "createdBy", "updatedBy"})
_PRINCIPALS = ("User", "Group", "ServicePrincipal", "ForeignGroup", "Device")
_OPTIONAL = ("condition", "conditionVersion", "delegatedManagedIdentityResourceId", "description")
_FILTERS = "'atScope()', 'principalId eq '{value}'' or 'assignedTo('{value}')'"


def shown(found: Mapping[str, Any]) -> dict[str, Any]:
    """A role assignment as a GET shows it."""
    return {name: value for name, value in found.items() if not name.startswith("_")}


def get(practice: Practice, key: str) -> dict[str, Any] | None:
    """The role assignment of an id, or None."""
    found = practice.state.get("roleAssignment", key)
    return shown(found) if found else None


def _scope(call: Call) -> str:
    return ids.parse(call.parts["scope"]).text if call.parts["scope"] else "/"


def _key(call: Call) -> str:
    return f"{_scope(call).rstrip('/')}/providers/{TYPE}/{call.parts['name']}"


def _get(call: Call) -> Response:
    found = get(call.practice, _key(call))
    if found is None:
        raise Failure(
            404, "RoleAssignmentNotFound", f"The role assignment '{call.parts['name']}' is not found."
        )
    return Response(200, found)


def _delete(call: Call) -> Response:
    found = get(call.practice, _key(call))
    if found is None:
        return Response(204)
    rights.drop_assignment(call.state, found)
    return Response(200, found)


def _put(call: Call) -> Response:
    properties = _checked(call)
    principal, role = properties["principalId"], properties["roleDefinitionId"].rsplit("/", 1)[-1]
    before = _named(call)
    if before and not _same(call, before, principal, role):
        # The recordings have 400 here; the message is theirs.
        raise Failure(
            400,
            "RoleAssignmentUpdateNotPermitted",
            "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
        )
    if before is None:
        _refuse_twin(call, principal, role)
    kind = _principal_type(call, principal, properties.get("principalType"))
    document = _made(call, properties, kind, before)
    since = before["_created"] if before else call.clock.now().timestamp()
    rights.put_assignment(call.state, document, call.tenant, since)
    if before:
        return Response(201, document)
    # The recordings have no creator in the answer that creates it, and have it in all later ones.
    return Response(201, document | {"properties": document["properties"] | {"createdBy": None}})


def _checked(call: Call) -> dict[str, Any]:
    body = call.request.json()
    properties = body.get("properties")
    if body.keys() - {"id", "name", "type", "properties"} or not isinstance(properties, dict):
        raise _incorrect()
    if properties.keys() - _members() - _READ_ONLY:
        raise _incorrect()
    role, principal = properties.get("roleDefinitionId"), properties.get("principalId")
    if not isinstance(role, str) or not isinstance(principal, str):
        raise _incorrect()
    if not _guid(call.parts["name"]):
        raise Failure(
            400,
            "InvalidRoleAssignmentId",
            f"The role assignment ID '{call.parts['name']}' is not valid. The role assignment ID must be a GUID.",
        )
    if not _guid(principal):
        raise Failure(
            400,
            "InvalidPrincipalId",
            f"The Principal ID '{principal}' is not valid. Principal ID must be a GUID.",
        )
    if properties.get("principalType") not in (None, *_PRINCIPALS):
        raise _incorrect()
    _check_role(call, role)
    return properties


def _members() -> frozenset[str]:
    declared = find(TYPE)
    return (declared and declared.properties) or frozenset()


def _check_role(call: Call, role: str) -> None:
    head, _, guid = role.rpartition("/")
    if not head.lower().endswith("/providers/microsoft.authorization/roledefinitions"):
        raise Failure(400, "InvalidRoleDefinitionId", f"The role definition ID '{role}' is not valid.")
    found = roles.find(call, guid, "")
    if found is None:
        raise roles.unknown(guid.replace("-", "").lower(), 400)
    if not any(ids.covers(one, _scope(call)) for one in found["properties"]["assignableScopes"]):
        raise Failure(
            400,
            "RoleDefinitionNotAssignable",
            f"The role definition '{guid}' is not assignable at the scope '{_scope(call)}'.",
        )


def _incorrect() -> Failure:
    return Failure(400, "BadRequestFormat", "The request was incorrectly formatted.")


def _guid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _named(call: Call) -> dict[str, Any] | None:
    """The assignment of this name anywhere in the tenant: names are GUIDs and belong to one assignment only."""
    exact = call.state.get("roleAssignment", _key(call))
    if exact:
        return exact
    name = call.parts["name"].lower()
    every = (one for _, one in call.state.all("roleAssignment") if one["_tenant"] == call.tenant)
    return next((one for one in every if one["name"].lower() == name), None)


def _same(call: Call, before: Mapping[str, Any], principal: str, role: str) -> bool:
    properties = before["properties"]
    return (
        ids.same(properties["scope"], _scope(call))
        and properties["principalId"].lower() == principal.lower()
        and properties["roleDefinitionId"].rsplit("/", 1)[-1].lower() == role.lower()
    )


def _refuse_twin(call: Call, principal: str, role: str) -> None:
    for _, grant in call.state.under("grant", f"{principal}/"):
        if ids.same(grant["scope"], _scope(call)) and grant["role"].lower() == role.lower():
            raise Failure(409, "RoleAssignmentExists", "The role assignment already exists.")


def _principal_type(call: Call, principal: str, said: str | None) -> str:
    """What the principal is; with `principalType` Azure does not look young ones up."""
    delay = call.practice.world.replication("principal")
    for document, kind in (
        ("user", "User"),
        ("servicePrincipal", "ServicePrincipal"),
        ("directoryGroup", "Group"),
    ):
        found = call.state.get(document, principal)
        if (
            found is None
            or found["tenant"] != call.tenant
            or call.clock.younger(found.get("_created", 0.0), delay)
        ):
            continue
        if said and said != kind:
            # "PrinciaplType" is Azure's own spelling.
            raise Failure(
                400,
                "UnmatchedPrincipalType",
                f"The PrincipalId '{principal.replace('-', '')}' has type '{kind}' , which is different from specified"
                f" PrinciaplType '{said}'.",
            )
        return kind
    if said:
        return said
    raise Failure(
        400,
        "PrincipalNotFound",
        f"Principal {principal.replace('-', '')} does not exist in the directory {call.tenant}. Check that you have the"
        " correct principal ID. If you are creating this principal and then immediately assigning a role, this error"
        " might be related to a replication delay. In this case, set the role assignment principalType property to a"
        " value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype",
    )


def _made(
    call: Call, properties: Mapping[str, Any], kind: str, before: Mapping[str, Any] | None
) -> dict[str, Any]:
    now, me = stamp(call.clock.now()), call.caller.object_id
    old = before["properties"] if before else {}
    return {
        "properties": {
            "roleDefinitionId": properties["roleDefinitionId"],
            "principalId": properties["principalId"],
            "principalType": kind,
            "scope": _scope(call),
            **{name: properties.get(name) for name in _OPTIONAL},
            "createdOn": old.get("createdOn", now),
            "updatedOn": now,
            "createdBy": old.get("createdBy", me),
            "updatedBy": me,
        },
        "id": before["id"] if before else _key(call),
        "type": TYPE,
        "name": call.parts["name"],
    }


def _list(call: Call) -> Response:
    text = call.request.query.get("$filter", "")
    try:
        terms = odata.read(text)
    except ValueError as fault:
        raise errors.bad_filter(text, _FILTERS) from fault
    if terms.keys() - {"atscope()", "principalid", "assignedto()"}:
        raise errors.bad_filter(text, _FILTERS)
    principals = {terms["principalid"].lower()} if "principalid" in terms else set()
    if "assignedto()" in terms:
        principals |= set(rights.holders(call.practice, terms["assignedto()"].lower()))
    found = _around(call, below="atscope()" not in terms)
    return collection(
        [
            shown(one)
            for one in found
            if not principals or one["properties"]["principalId"].lower() in principals
        ]
    )


def _around(call: Call, *, below: bool) -> Iterator[dict[str, Any]]:
    scope = _scope(call)
    for _, one in call.state.all("roleAssignment"):
        at = one["properties"]["scope"]
        if one["_tenant"] == call.tenant and (ids.covers(at, scope) or (below and ids.covers(scope, at))):
            yield one


def _permissions(call: Call) -> Response:
    return collection(
        [dict(one) for one in rights.effective(call.practice, call.caller.object_id, _scope(call))]
    )


OPERATIONS = (
    Operation("GET", _SHAPE, _list, f"{TYPE}/read", strip=1),
    # A group that is gone, or going, is no hindrance; a resource that is gone is one.
    Operation("GET", _SHAPE + "/{name}", _get, f"{TYPE}/read", absent=frozenset({"group"})),
    Operation("PUT", _SHAPE + "/{name}", _put, f"{TYPE}/write", absent=frozenset({"going"})),
    Operation("DELETE", _SHAPE + "/{name}", _delete, f"{TYPE}/delete", absent=frozenset({"group"})),
    Operation(
        "GET",
        "{scope}/providers/Microsoft.Authorization/permissions",
        _permissions,
        "Microsoft.Authorization/permissions/read",
        strip=1,
    ),
)
