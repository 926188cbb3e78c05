"""Graph's applications: registering, finding, changing, owning, deleting, and finding again by `uniqueName`."""

from __future__ import annotations

import hashlib
import re
import uuid
from typing import TYPE_CHECKING, Any

from wizard.practice.client_secrets import moment
from wizard.practice.graph import rights
from wizard.practice.graph.query import listing, single
from wizard.practice.graph.schema import APPLICATION, GROUP, USER, Entity, bad_request
from wizard.practice.kernel import Caller, Failure, Practice, Request, Response, Route

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HIDDEN_FROM_CLIENTS = ("passwordCredentials",)  # have actions of their own
_WITH_SECRETS = ("application", "servicePrincipal")


def guid(value: str) -> str:
    """The value, if it can be an object id.

    Raises:
        Failure: 400 `Request_BadRequest`.
    """
    if not _GUID.fullmatch(value):
        raise bad_request(f"Invalid object identifier '{value}'.")
    return value.lower()


def not_found(name: str) -> Failure:
    """404 in Graph's own words."""
    return Failure(
        404,
        "Request_ResourceNotFound",
        f"Resource '{name}' does not exist or one of its queried reference-property objects are not present.",
    )


def of_tenant(practice: Practice, kind: str, tenant: str) -> Iterator[dict[str, Any]]:
    """The documents of a kind in one tenant, as Graph sees them."""
    for _, document in practice.state.all(kind):
        if document["tenant"] == tenant:
            yield with_secrets(practice, document) if kind in _WITH_SECRETS else document


def with_secrets(practice: Practice, application: dict[str, Any]) -> dict[str, Any]:
    """The application with its password credentials, which are kept apart."""
    shown = (
        "customKeyIdentifier",
        "displayName",
        "endDateTime",
        "hint",
        "keyId",
        "secretText",
        "startDateTime",
    )
    found = [
        {name: secret[name] for name in shown}
        for _, secret in practice.state.all("secret")
        if secret["application"] == application["id"]
    ]
    return application | {"passwordCredentials": found}


def find(
    practice: Practice, caller: Caller, values: Mapping[str, str], kind: str = "application"
) -> dict[str, Any]:
    """The object a path names by `{id}`, `{appId}` or `{uniqueName}`.

    Raises:
        Failure: 404, or 400 for what cannot be an object id.
    """
    if "id" in values:
        found = practice.state.get(kind, guid(values["id"]))
        if found is None or found["tenant"] != caller.tenant:
            raise not_found(values["id"])
        return with_secrets(practice, found)
    (name, value), *_ = ((k, v.replace("''", "'")) for k, v in values.items() if k in {"appId", "uniqueName"})
    for document in of_tenant(practice, kind, caller.tenant):
        if str(document.get(name) or "").lower() == value.lower():
            return document
    raise not_found(value)


def require(caller: Caller | None) -> Caller:
    """The caller, of whom the router has seen the token."""
    if caller is None:
        raise Failure(401, "InvalidAuthenticationToken", "Access token is empty.")
    return caller


def body_of(request: Request) -> dict[str, Any]:
    """The JSON body.

    Raises:
        Failure: 400 `BadRequest`, in Graph's words.
    """
    try:
        return request.json()
    except Failure as failure:
        raise Failure(400, "BadRequest", "Unable to read JSON request payload.") from failure


def list_applications(
    practice: Practice, request: Request, _values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`GET /applications`."""
    caller = require(asking)
    rights.may_read(practice, caller)
    return listing(request, APPLICATION, of_tenant(practice, "application", caller.tenant))


def read(practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None) -> Response:
    """`GET /applications/{id}`, and by the two alternate keys."""
    caller = require(asking)
    rights.may_read(practice, caller)
    return single(request, APPLICATION, find(practice, caller, values))


def create(
    practice: Practice, request: Request, _values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`POST /applications`."""
    caller = require(asking)
    body = body_of(request)
    rights.may_create(practice, caller)
    return single(request, APPLICATION, _create(practice, caller, body, None), status=201)


def update(
    practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`PATCH /applications/{id}`, and by `appId`."""
    caller = require(asking)
    body = body_of(request)
    document = find(practice, caller, values)
    rights.may_write(practice, caller, document)
    _update(practice, document, body)
    return Response(204)


def upsert(
    practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`PATCH /applications(uniqueName='…')`: with `Prefer: create-if-missing` it makes what is not there."""
    caller = require(asking)
    body = body_of(request)
    name = values["uniqueName"].replace("''", "'")
    if body.get("uniqueName", name) != name:
        raise bad_request("The value of uniqueName in the body differs from the one in the address.")
    body.pop("uniqueName", None)
    try:
        document = find(practice, caller, values)
    except Failure:
        preferred = [part.strip().lower() for part in request.headers.get("prefer", "").split(",")]
        if "create-if-missing" not in preferred:
            raise
        rights.may_create(practice, caller)
        return single(request, APPLICATION, _create(practice, caller, body, name), status=201)
    rights.may_write(practice, caller, document)
    _update(practice, document, body)
    return Response(204)


def delete(
    practice: Practice, _request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`DELETE /applications/{id}`: it and its service principals move to the deleted items for 30 days."""
    caller = require(asking)
    document = find(practice, caller, values)
    rights.may_write(practice, caller, document)
    for key, principal in practice.state.all("servicePrincipal"):
        if principal["appId"] == document["appId"] and principal["tenant"] == caller.tenant:
            bury(practice, "servicePrincipal", key)
    bury(practice, "application", document["id"])
    return Response(204)


def bury(practice: Practice, kind: str, key: str) -> None:
    """Move a document to the deleted items."""
    document = practice.state.get(kind, key)
    if document is not None:
        practice.state.delete(kind, key)
        document["deletedDateTime"] = moment(practice.clock.now())
        practice.state.put(
            "deletedObject", key, {"kind": kind, "tenant": document["tenant"], "document": document}
        )


def owners(
    practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`GET /applications/{id}/owners`."""
    return owners_of(practice, request, values, require(asking), "application")


def owners_of(
    practice: Practice, request: Request, values: Mapping[str, str], caller: Caller, kind: str
) -> Response:
    """The owners of an application or a service principal, as directory objects."""
    rights.may_read(practice, caller)
    document = find(practice, caller, values, kind)
    found = [
        shown
        for key in document.get("_owners", ())
        if (shown := directory_object(practice, key, caller.tenant))
    ]
    return Response(
        body={"@odata.context": f"{request.origin}/v1.0/$metadata#directoryObjects", "value": found}
    )


def directory_object(practice: Practice, key: str, tenant: str) -> dict[str, Any] | None:
    """A user, service principal or application of a tenant by object id, with its `@odata.type`."""
    kinds: tuple[tuple[str, Entity], ...] = (
        ("user", USER),
        ("servicePrincipal", _principal_entity()),
        ("application", APPLICATION),
        ("directoryGroup", GROUP),
    )
    for kind, entity in kinds:
        document = practice.state.get(kind, key)
        if document and document["tenant"] == tenant:
            known = user_properties(document) if kind == "user" else document
            name = "group" if kind == "directoryGroup" else kind
            return {"@odata.type": f"#microsoft.graph.{name}"} | entity.shown(known)
    return None


def user_properties(document: Mapping[str, Any]) -> dict[str, Any]:
    """A user document in Graph's names."""
    return {**document, "userPrincipalName": document["upn"]}


def _principal_entity() -> Entity:
    from wizard.practice.graph.schema import SERVICE_PRINCIPAL

    return SERVICE_PRINCIPAL


def _create(
    practice: Practice, caller: Caller, body: Mapping[str, Any], unique: str | None
) -> dict[str, Any]:
    APPLICATION.check(body)
    _check_values(practice, caller, body, None)
    if not body.get("displayName"):
        raise bad_request("A value is required for property 'displayName' of resource 'Application'.")
    now = practice.clock.now()
    tenant = practice.state.get("tenant", caller.tenant) or {}
    document = APPLICATION.fresh() | {
        "id": str(uuid.uuid4()),
        "appId": str(uuid.uuid4()),
        "createdDateTime": moment(now),
        "publisherDomain": tenant.get("defaultDomain"),
        "uniqueName": unique,
        "tenant": caller.tenant,
        "_owners": [caller.object_id],
        "_created": now.timestamp(),
    }
    document = _merged(document, body)
    practice.state.put("application", document["id"], document)
    return document


def _update(practice: Practice, document: dict[str, Any], body: Mapping[str, Any]) -> None:
    APPLICATION.check(body)
    _check_values(practice, None, body, document)
    if "displayName" in body and not body["displayName"]:
        raise bad_request("A value is required for property 'displayName' of resource 'Application'.")
    practice.state.put("application", document["id"], _merged(document, body) | {"passwordCredentials": []})


def _check_values(
    practice: Practice, caller: Caller | None, body: Mapping[str, Any], existing: Mapping[str, Any] | None
) -> None:
    for name in _HIDDEN_FROM_CLIENTS:
        if body.get(name):
            raise bad_request(
                f"Property '{name}' cannot be set here. Use the actions for adding and removing credentials."
            )
    tenant = existing["tenant"] if existing else caller.tenant if caller else ""
    for uri in body.get("identifierUris", ()):
        for other in of_tenant(practice, "application", tenant):
            if uri in other["identifierUris"] and (existing is None or other["id"] != existing["id"]):
                raise bad_request(
                    "Another object with the same value for property identifierUris already exists."
                )


def _certificate(given: Mapping[str, Any]) -> dict[str, Any]:
    """A certificate as it is shown ever after: with its thumbprint, without the key."""
    thumbprint = hashlib.sha1(str(given.get("key")).encode(), usedforsecurity=False).hexdigest().upper()
    found = {"customKeyIdentifier": thumbprint, "keyId": str(uuid.uuid4()), "displayName": None} | {
        name: value for name, value in given.items() if not name.startswith("@") and value is not None
    }
    return found | {"key": None}


def _merged(document: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """Graph merges complex values, replaces lists, and takes null as the first value."""
    merged = dict(document)
    for name, value in body.items():
        if name.startswith("@odata."):
            continue
        old = merged.get(name)
        if isinstance(old, dict) and isinstance(value, dict):
            merged[name] = {**old, **value}
        elif value is None:
            merged[name] = APPLICATION.fresh()[name]
        elif name == "keyCredentials":
            merged[name] = [_certificate(one) for one in value]
        else:
            merged[name] = value
    return merged


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1.0/applications", list_applications, "graph"),
    Route("POST", "/v1.0/applications", create, "graph"),
    Route("PATCH", "/v1.0/applications(uniqueName='{uniqueName}')", upsert, "graph"),
    *(
        route
        for key in ("(uniqueName='{uniqueName}')", "(appId='{appId}')", "/{id}")
        for route in (
            Route("GET", f"/v1.0/applications{key}", read, "graph"),
            Route("PATCH", f"/v1.0/applications{key}", update, "graph"),
            Route("DELETE", f"/v1.0/applications{key}", delete, "graph"),
            Route("GET", f"/v1.0/applications{key}/owners", owners, "graph"),
        )
    ),
)
