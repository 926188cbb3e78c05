"""Graph's service principals: what makes an application a security principal of one tenant."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from wizard.practice.client_secrets import moment
from wizard.practice.graph import rights
from wizard.practice.graph.applications import body_of, bury, find, of_tenant, owners_of, require
from wizard.practice.graph.query import listing, single
from wizard.practice.graph.schema import SERVICE_PRINCIPAL, bad_request
from wizard.practice.kernel import Caller, Failure, Practice, Request, Response, Route

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


def list_principals(
    practice: Practice, request: Request, _values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`GET /servicePrincipals`."""
    caller = require(asking)
    rights.may_read(practice, caller)
    return listing(request, SERVICE_PRINCIPAL, of_tenant(practice, "servicePrincipal", caller.tenant))


def read(practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None) -> Response:
    """`GET /servicePrincipals/{id}`, and by `appId`."""
    caller = require(asking)
    rights.may_read(practice, caller)
    return single(request, SERVICE_PRINCIPAL, find(practice, caller, values, "servicePrincipal"))


def create(
    practice: Practice, request: Request, _values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`POST /servicePrincipals`: one per application and tenant."""
    caller = require(asking)
    body = body_of(request)
    SERVICE_PRINCIPAL.check(body)
    client = body.get("appId")
    if not client:
        raise bad_request("The appId of the application is required for creating a service principal.")
    application = _backing(practice, caller, str(client))
    for other in of_tenant(practice, "servicePrincipal", caller.tenant):
        if other["appId"].lower() == str(client).lower():
            raise Failure(
                409,
                "Request_MultipleObjectsWithSameKeyValue",
                f"The service principal cannot be created, updated, or restored because the service principal name"
                f" {client} is already in use.",
            )
    made = principal_of(application, str(uuid.uuid4()), caller.tenant, practice.clock.now())
    given = {
        name: value for name, value in body.items() if not name.startswith("@odata.") and name != "appId"
    }
    practice.state.put("servicePrincipal", made["id"], made | given | {"_owners": [caller.object_id]})
    return single(request, SERVICE_PRINCIPAL, made | given, status=201)


def update(
    practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`PATCH /servicePrincipals/{id}`."""
    caller = require(asking)
    body = body_of(request)
    document = find(practice, caller, values, "servicePrincipal")
    rights.may_write(practice, caller, document)
    SERVICE_PRINCIPAL.check(body)
    if "appId" in body:
        raise bad_request("Property 'appId' is read-only and cannot be set.")
    given = {name: value for name, value in body.items() if not name.startswith("@odata.")}
    practice.state.put("servicePrincipal", document["id"], document | given)
    return Response(204)


def delete(
    practice: Practice, _request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`DELETE /servicePrincipals/{id}`: it moves to the deleted items."""
    caller = require(asking)
    document = find(practice, caller, values, "servicePrincipal")
    rights.may_write(practice, caller, document)
    bury(practice, "servicePrincipal", document["id"])
    return Response(204)


def owners(
    practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`GET /servicePrincipals/{id}/owners`."""
    return owners_of(practice, request, values, require(asking), "servicePrincipal")


def principal_of(application: Mapping[str, Any], key: str, tenant: str, created: datetime) -> dict[str, Any]:
    """A new service principal document for an application."""
    return SERVICE_PRINCIPAL.fresh() | {
        "id": key,
        "appId": application["appId"],
        "displayName": application["displayName"],
        "appDisplayName": application["displayName"],
        "appOwnerOrganizationId": application["tenant"],
        "signInAudience": application["signInAudience"],
        "servicePrincipalNames": [application["appId"], *application["identifierUris"]],
        "createdDateTime": moment(created),
        "tenant": tenant,
        "_created": created.timestamp(),
    }


def _backing(practice: Practice, caller: Caller, client: str) -> dict[str, Any]:
    """The application behind a new service principal.

    Raises:
        Failure: 400 when there is none, 403 when it is another's or of another tenant.
    """
    found = next(
        (a for _, a in practice.state.all("application") if a["appId"].lower() == client.lower()), None
    )
    foreign = found is not None and found["tenant"] != caller.tenant
    if found is None or (foreign and found["signInAudience"] == "AzureADMyOrg"):
        raise Failure(
            400,
            "NoBackingApplicationObject",
            f"The appId '{client}' of the service principal does not reference a valid application object.",
        )
    if foreign and not rights.is_manager(practice, caller):
        raise Failure(
            403,
            "Authorization_RequestDenied",
            "When using this permission, the backing application of the service principal being created must in the"
            " local tenant",
        )
    if not foreign:
        rights.may_write(practice, caller, found)
    return found


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1.0/servicePrincipals", list_principals, "graph"),
    Route("POST", "/v1.0/servicePrincipals", create, "graph"),
    *(
        route
        for key in ("(appId='{appId}')", "/{id}")
        for route in (
            Route("GET", f"/v1.0/servicePrincipals{key}", read, "graph"),
            Route("PATCH", f"/v1.0/servicePrincipals{key}", update, "graph"),
            Route("DELETE", f"/v1.0/servicePrincipals{key}", delete, "graph"),
            Route("GET", f"/v1.0/servicePrincipals{key}/owners", owners, "graph"),
        )
    ),
)
