"""The rest of Graph's directory: the caller, users, roles, policy, tenants, and the deleted items."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from wizard.practice.graph import rights
from wizard.practice.graph.applications import (
    body_of,
    directory_object,
    guid,
    not_found,
    require,
    user_properties,
)
from wizard.practice.graph.query import listing, single
from wizard.practice.graph.schema import (
    APPLICATION,
    DIRECTORY_ROLE,
    SERVICE_PRINCIPAL,
    TENANT_INFORMATION,
    USER,
    Entity,
    bad_request,
)
from wizard.practice.kernel import Caller, Failure, Practice, Request, Response, Route

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MOST_IDS = 1000
_ROLE_SPACE = uuid.UUID("6f1c9f5e-8f38-4d8e-9f0c-5f3f3b1f9a11")
_DELETABLE: Mapping[str, Entity] = {"application": APPLICATION, "servicePrincipal": SERVICE_PRINCIPAL}


def me(practice: Practice, request: Request, _values: Mapping[str, str], asking: Caller | None) -> Response:
    """`GET /me`: only for people."""
    person = _person(practice, require(asking))
    return single(request, USER, user_properties(person))


def member_of(
    practice: Practice, request: Request, _values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`GET /me/memberOf` and `/me/transitiveMemberOf`, with or without the cast to `directoryRole`."""
    caller = require(asking)
    roles = list(_roles(_person(practice, caller), caller.tenant))
    if request.path.lower().endswith("microsoft.graph.directoryrole"):
        return listing(request, DIRECTORY_ROLE, roles)
    found = [{"@odata.type": "#microsoft.graph.directoryRole"} | DIRECTORY_ROLE.shown(role) for role in roles]
    return Response(
        body={"@odata.context": f"{request.origin}/v1.0/$metadata#directoryObjects", "value": found}
    )


def list_users(
    practice: Practice, request: Request, _values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`GET /users`."""
    caller = require(asking)
    rights.may_read(practice, caller)
    return listing(request, USER, _users(practice, caller.tenant))


def read_user(
    practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`GET /users/{id or userPrincipalName}`; everybody may read themselves."""
    caller = require(asking)
    name = values["id"].replace("''", "'")
    if name.lower() != caller.object_id:
        rights.may_read(practice, caller)
    for user in _users(practice, caller.tenant):
        if name.lower() in (user["id"], user["userPrincipalName"].lower()):
            return single(request, USER, user)
    raise not_found(name)


def get_by_ids(
    practice: Practice, request: Request, _values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`POST /directoryObjects/getByIds`: those that are there, of the wanted types."""
    caller = require(asking)
    body = body_of(request)
    rights.may_read(practice, caller)
    ids, types = body.get("ids"), body.get("types")
    if not isinstance(ids, list) or not ids or len(ids) > _MOST_IDS:
        raise bad_request(f"The property 'ids' must hold 1 to {_MOST_IDS} object ids.")
    if not isinstance(types, list | None):
        raise bad_request("The property 'types' must be a list.")
    wanted = {str(kind).lower() for kind in types or ("directoryObject",)}
    found: list[dict[str, Any]] = []
    for key in ids:
        shown = directory_object(practice, guid(str(key)), caller.tenant)
        if shown and (
            shown["@odata.type"].rsplit(".", 1)[1].lower() in wanted or "directoryobject" in wanted
        ):
            found.append(shown)
    return Response(
        body={"@odata.context": f"{request.origin}/v1.0/$metadata#directoryObjects", "value": found}
    )


def authorization_policy(
    practice: Practice, request: Request, _values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`GET /policies/authorizationPolicy`."""
    caller = require(asking)
    rights.may_read(practice, caller)
    return Response(
        body={
            "@odata.context": f"{request.origin}/v1.0/$metadata#policies/authorizationPolicy/$entity",
            "id": "authorizationPolicy",
            "allowInvitesFrom": "everyone",
            "allowedToSignUpEmailBasedSubscriptions": True,
            "allowedToUseSSPR": True,
            "allowEmailVerifiedUsersToJoinOrganization": False,
            "allowUserConsentForRiskyApps": None,
            "blockMsolPowerShell": False,
            "description": "Used to manage authorization related settings across the company.",
            "displayName": "Authorization Policy",
            "guestUserRoleId": "10dae51f-b6af-4016-8d66-8c2a99b929b3",
            "defaultUserRolePermissions": {
                "allowedToCreateApps": rights.allowed_to_create(practice, caller.tenant),
                "allowedToCreateSecurityGroups": True,
                "allowedToCreateTenants": True,
                "allowedToReadBitlockerKeysForOwnedDevice": True,
                "allowedToReadOtherUsers": True,
                "permissionGrantPoliciesAssigned": [
                    "ManagePermissionGrantsForSelf.microsoft-user-default-recommended"
                ],
            },
        }
    )


def organization(
    practice: Practice, request: Request, _values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`GET /organization`: the caller's tenant, in a list."""
    tenant = practice.state.get("tenant", require(asking).tenant) or {}
    domains = [
        {
            "capabilities": "Email, OfficeCommunicationsOnline",
            "isDefault": domain == tenant["defaultDomain"],
            "isInitial": domain.endswith(".onmicrosoft.com"),
            "name": domain,
            "type": "Managed",
        }
        for domain in tenant["domains"]
    ]
    value = {
        "id": tenant["tenantId"],
        "displayName": tenant["displayName"],
        "countryLetterCode": tenant["countryCode"],
        "tenantType": "AAD",
        "verifiedDomains": domains,
    }
    return Response(
        body={"@odata.context": f"{request.origin}/v1.0/$metadata#organization", "value": [value]}
    )


def tenant_by_domain(
    practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`GET /tenantRelationships/findTenantInformationByDomainName(domainName='…')`.

    It wants `CrossTenantInformation.ReadBasic.All`, which the tokens of the Azure CLI do not carry: the OpenID
    configuration of the domain is the way for people.
    """
    caller = require(asking)
    if "CrossTenantInformation.ReadBasic.All" not in rights.permissions(practice, caller):
        raise rights.denied()
    domain = values["domainName"].replace("''", "'").lower()
    for _, tenant in practice.state.all("tenant"):
        if domain in (name.lower() for name in tenant["domains"]):
            shown = {**tenant, "id": tenant["tenantId"], "defaultDomainName": tenant["defaultDomain"]}
            return single(request, TENANT_INFORMATION, shown, context="microsoft.graph.tenantInformation")
    raise not_found(domain)


def list_deleted(
    practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`GET /directory/deletedItems/microsoft.graph.application`, or of service principals."""
    caller = require(asking)
    rights.may_read(practice, caller)
    entity = _DELETABLE.get(values["kind"])
    if entity is None:
        raise Failure(
            400, "BadRequest", f"The type 'microsoft.graph.{values['kind']}' has no deleted items here."
        )
    found = [
        item["document"]
        for _, item in practice.state.all("deletedObject")
        if item["kind"] == values["kind"] and item["tenant"] == caller.tenant
    ]
    return listing(request, entity, found)


def read_deleted(
    practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`GET /directory/deletedItems/{id}`."""
    caller = require(asking)
    rights.may_read(practice, caller)
    item = _deleted(practice, caller, values["id"])
    return single(request, _DELETABLE[item["kind"]], item["document"], context="directoryObjects")


def restore(
    practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`POST /directory/deletedItems/{id}/restore`; a service principal must be restored by itself."""
    caller = require(asking)
    item = _deleted(practice, caller, values["id"])
    document = item["document"] | {"deletedDateTime": None}
    rights.may_write(practice, caller, document)
    if item["kind"] == "servicePrincipal" and not any(
        application["appId"] == document["appId"] for _, application in practice.state.all("application")
    ):
        raise bad_request("The application of this service principal is deleted: restore that first.")
    practice.state.delete("deletedObject", document["id"])
    practice.state.put(item["kind"], document["id"], document)
    return single(request, _DELETABLE[item["kind"]], document, context="directoryObjects")


def purge(
    practice: Practice, _request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`DELETE /directory/deletedItems/{id}`: now it is gone for good, and its credentials with it."""
    caller = require(asking)
    item = _deleted(practice, caller, values["id"])
    rights.may_write(practice, caller, item["document"])
    key = item["document"]["id"]
    practice.state.delete("deletedObject", key)
    for kind in ("secret", "federatedCredential"):
        for name, credential in practice.state.all(kind):
            if credential["application"] == key:
                practice.state.delete(kind, name)
    return Response(204)


def _person(practice: Practice, caller: Caller) -> dict[str, Any]:
    if caller.kind != "user":
        raise Failure(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
    return rights.user(practice, caller)


def _roles(person: Mapping[str, Any], tenant: str) -> Iterator[dict[str, Any]]:
    for template in person["directoryRoles"]:
        name, description = rights.ROLES.get(template, (template, ""))
        yield {
            "id": str(uuid.uuid5(_ROLE_SPACE, f"{tenant}/{template}")),
            "displayName": name,
            "description": description,
            "roleTemplateId": template,
        }


def _users(practice: Practice, tenant: str) -> Iterator[dict[str, Any]]:
    for _, user in practice.state.all("user"):
        if user["tenant"] == tenant:
            yield user_properties(user)


def _deleted(practice: Practice, caller: Caller, key: str) -> dict[str, Any]:
    item = practice.state.get("deletedObject", guid(key))
    if item is None or item["tenant"] != caller.tenant:
        raise not_found(key)
    return item


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1.0/me", me, "graph"),
    *(
        Route("GET", f"/v1.0/me/{relation}{cast}", member_of, "graph")
        for relation in ("memberOf", "transitiveMemberOf")
        for cast in ("", "/microsoft.graph.directoryRole")
    ),
    Route("GET", "/v1.0/users", list_users, "graph"),
    Route("GET", "/v1.0/users('{id}')", read_user, "graph"),
    Route("GET", "/v1.0/users/{id}", read_user, "graph"),
    Route("POST", "/v1.0/directoryObjects/getByIds", get_by_ids, "graph"),
    Route("POST", "/v1.0/directoryObjects/microsoft.graph.getByIds", get_by_ids, "graph"),
    Route("GET", "/v1.0/policies/authorizationPolicy", authorization_policy, "graph"),
    Route("GET", "/v1.0/organization", organization, "graph"),
    Route(
        "GET",
        "/v1.0/tenantRelationships/findTenantInformationByDomainName(domainName='{domainName}')",
        tenant_by_domain,
        "graph",
    ),
    Route("GET", "/v1.0/directory/deletedItems/microsoft.graph.{kind}", list_deleted, "graph"),
    Route("GET", "/v1.0/directory/deletedItems/{id}", read_deleted, "graph"),
    Route("POST", "/v1.0/directory/deletedItems/{id}/restore", restore, "graph"),
    Route("POST", "/v1.0/directory/deletedItems/{id}/microsoft.graph.restore", restore, "graph"),
    Route("DELETE", "/v1.0/directory/deletedItems/{id}", purge, "graph"),
)
