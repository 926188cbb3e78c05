"""What applications were granted in the directory: app roles of their own, and delegated permissions; and their roles."""

from __future__ import annotations

import base64
import uuid
from typing import TYPE_CHECKING

from wizard.practice.graph import rights
from wizard.practice.graph.applications import body_of, find, not_found, require
from wizard.practice.graph.query import listing, single
from wizard.practice.graph.schema import GRANT, bad_request
from wizard.practice.kernel import Caller, Practice, Request, Response, Route

if TYPE_CHECKING:
    from collections.abc import Mapping

_KIND = "permissionGrant"


def app_roles(
    practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`GET /servicePrincipals/{id}/appRoleAssignments`: the application permissions it was granted."""
    caller = require(asking)
    rights.may_read(practice, caller)
    found = find(practice, caller, values, "servicePrincipal")
    context = f"{request.origin}/v1.0/$metadata#servicePrincipals('{found['id']}')/appRoleAssignments"
    return Response(body={"@odata.context": context, "value": list(found.get("_grants", ()))})


def roles(practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None) -> Response:
    """`GET /servicePrincipals/{id}/transitiveMemberOf/microsoft.graph.directoryRole`: no application has one here."""
    caller = require(asking)
    rights.may_read(practice, caller)
    find(practice, caller, values, "servicePrincipal")
    return Response(body={"@odata.context": f"{request.origin}/v1.0/$metadata#directoryRoles", "value": []})


def list_grants(
    practice: Practice, request: Request, _values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`GET /oauth2PermissionGrants`."""
    caller = require(asking)
    rights.may_read(practice, caller)
    mine = (one for _, one in practice.state.all(_KIND) if one["tenant"] == caller.tenant)
    return listing(request, GRANT, mine)


def grant(
    practice: Practice, request: Request, _values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`POST /oauth2PermissionGrants`: an administrator consents for all, or for one."""
    caller = require(asking)
    body = body_of(request)
    if not rights.is_manager(practice, caller):
        raise rights.denied()
    GRANT.check(body)
    for name in ("clientId", "consentType", "resourceId"):
        if not body.get(name):
            raise bad_request(
                f"A value is required for property '{name}' of resource 'OAuth2PermissionGrant'."
            )
    key = base64.urlsafe_b64encode(uuid.uuid4().bytes + uuid.uuid4().bytes).decode().rstrip("=")
    made = GRANT.fresh() | dict(body) | {"id": key, "tenant": caller.tenant}
    practice.state.put(_KIND, key, made)
    return single(request, GRANT, made, status=201)


def revoke(
    practice: Practice, _request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`DELETE /oauth2PermissionGrants/{id}`."""
    caller = require(asking)
    if not rights.is_manager(practice, caller):
        raise rights.denied()
    if not practice.state.delete(_KIND, values["id"]):
        raise not_found(values["id"])
    return Response(204)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1.0/servicePrincipals/{id}/appRoleAssignments", app_roles, "graph"),
    Route(
        "GET", "/v1.0/servicePrincipals/{id}/transitiveMemberOf/microsoft.graph.directoryRole", roles, "graph"
    ),
    Route("GET", "/v1.0/oauth2PermissionGrants", list_grants, "graph"),
    Route("POST", "/v1.0/oauth2PermissionGrants", grant, "graph"),
    Route("DELETE", "/v1.0/oauth2PermissionGrants/{id}", revoke, "graph"),
)
