"""Graph's credentials of applications: client secrets, shown once, and federated identity credentials."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from wizard.practice.client_secrets import new_secret, put_secret
from wizard.practice.graph import rights
from wizard.practice.graph.applications import body_of, find, not_found, require
from wizard.practice.graph.query import listing, single
from wizard.practice.graph.schema import FEDERATED, bad_request
from wizard.practice.kernel import Caller, Failure, Practice, Request, Response, Route

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MOST_FEDERATED = 20
_DEFAULT_LIFE = timedelta(days=730)
_LONGEST_NAME = 90
_PASSWORD_PROPERTIES = frozenset(
    {"customKeyIdentifier", "displayName", "endDateTime", "hint", "keyId", "secretText", "startDateTime"}
)
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HTTPS = re.compile(r"https://[A-Za-z0-9.-]+(:\d+)?(/\S*)?")
_URL_FRIENDLY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,119}")


def add_password(
    practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`POST …/addPassword`: the only answer that ever holds the secret's value."""
    caller = require(asking)
    body = body_of(request)
    document = find(practice, caller, values, _holder(request))
    rights.may_write(practice, caller, document)
    _only(body, frozenset({"passwordCredential"}))
    wish = body.get("passwordCredential") or {}
    if not isinstance(wish, dict):
        raise bad_request("Invalid value specified for property 'passwordCredential'.")
    _only(wish, _PASSWORD_PROPERTIES)
    name = wish.get("displayName")
    if name is not None and (not isinstance(name, str) or len(name) > _LONGEST_NAME):
        raise bad_request(
            "Invalid value specified for property 'displayName' of resource 'PasswordCredential'."
        )
    starts = _time(wish, "startDateTime") or practice.clock.now()
    ends = _time(wish, "endDateTime") or starts + _DEFAULT_LIFE
    if ends <= max(starts, practice.clock.now()):
        raise bad_request(
            "Invalid value specified for property 'endDateTime' of resource 'PasswordCredential'."
        )
    value = new_secret()
    wanted = str(wish.get("keyId") or "")
    key = (
        wanted if _GUID.fullmatch(wanted) and not practice.state.get("secret", wanted) else str(uuid.uuid4())
    )
    shown = put_secret(practice, key, document["id"], value, display_name=name, starts=starts, ends=ends)
    context = f"{request.origin}/v1.0/$metadata#microsoft.graph.passwordCredential"
    return Response(body={"@odata.context": context} | shown | {"secretText": value})


def remove_password(
    practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`POST …/removePassword`."""
    caller = require(asking)
    body = body_of(request)
    document = find(practice, caller, values, _holder(request))
    rights.may_write(practice, caller, document)
    _only(body, frozenset({"keyId"}))
    key = str(body.get("keyId") or "")
    secret = practice.state.get("secret", key)
    if secret is None or secret["application"] != document["id"]:
        raise bad_request(f"No password credential found with keyId '{key}'.")
    practice.state.delete("secret", key)
    return Response(204)


def _holder(request: Request) -> str:
    """What has the secret: an application, or a service principal that has one of its own."""
    return "servicePrincipal" if "/serviceprincipals" in request.path.lower() else "application"


def list_federated(
    practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`GET …/federatedIdentityCredentials`."""
    caller = require(asking)
    rights.may_read(practice, caller)
    document = find(practice, caller, values)
    return listing(request, FEDERATED, _federated(practice, document), _context(document))


def read_federated(
    practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`GET …/federatedIdentityCredentials/{id or name}`."""
    caller = require(asking)
    rights.may_read(practice, caller)
    document = find(practice, caller, values)
    return single(
        request, FEDERATED, _one(practice, document, values["credential"]), context=_context(document)
    )


def create_federated(
    practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`POST …/federatedIdentityCredentials`."""
    caller = require(asking)
    body = body_of(request)
    document = find(practice, caller, values)
    rights.may_write(practice, caller, document)
    FEDERATED.check(body)
    existing = list(_federated(practice, document))
    _check_federated(body, existing, None)
    if len(existing) >= _MOST_FEDERATED:
        raise Failure(
            403,
            "Directory_QuotaExceeded",
            f"The application already has {_MOST_FEDERATED} federated identity credentials, which is the most it may have.",
        )
    made = FEDERATED.fresh() | dict(body) | {"id": str(uuid.uuid4()), "application": document["id"]}
    practice.state.put("federatedCredential", made["id"], made)
    return single(request, FEDERATED, made, status=201, context=_context(document))


def update_federated(
    practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`PATCH …/federatedIdentityCredentials/{id or name}`: everything but the name."""
    caller = require(asking)
    body = body_of(request)
    document = find(practice, caller, values)
    rights.may_write(practice, caller, document)
    FEDERATED.check(body)
    old = _one(practice, document, values["credential"])
    if body.get("name", old["name"]) != old["name"]:
        raise _invalid("The name of a federated identity credential cannot be changed.")
    new = old | dict(body)
    _check_federated(new, list(_federated(practice, document)), old["id"])
    practice.state.put("federatedCredential", old["id"], new)
    return Response(204)


def delete_federated(
    practice: Practice, _request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`DELETE …/federatedIdentityCredentials/{id or name}`."""
    caller = require(asking)
    document = find(practice, caller, values)
    rights.may_write(practice, caller, document)
    practice.state.delete("federatedCredential", _one(practice, document, values["credential"])["id"])
    return Response(204)


def _federated(practice: Practice, application: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for _, credential in practice.state.all("federatedCredential"):
        if credential["application"] == application["id"]:
            yield credential


def _one(practice: Practice, application: Mapping[str, Any], name: str) -> dict[str, Any]:
    for credential in _federated(practice, application):
        if name.lower() == credential["id"] or name == credential["name"]:
            return credential
    raise not_found(name)


def _check_federated(body: Mapping[str, Any], existing: list[dict[str, Any]], own: str | None) -> None:
    for name in ("name", "issuer", "subject", "audiences"):
        if not body.get(name):
            raise _invalid(
                f"A value is required for property '{name}' of resource 'FederatedIdentityCredential'."
            )
    if not _URL_FRIENDLY.fullmatch(body["name"]):
        raise _invalid(
            f"The name '{body['name']}' must have 3 to 120 letters, digits, hyphens and underscores, and begin with a"
            " letter or digit."
        )
    if not _HTTPS.fullmatch(body["issuer"]):
        raise _invalid(f"The issuer '{body['issuer']}' is not an https address.")
    if len(body["audiences"]) != 1:
        raise _invalid("Exactly one audience must be given.")
    for other in existing:
        if other["id"] == own:
            continue
        if other["name"] == body["name"]:
            raise Failure(
                409,
                "Request_MultipleObjectsWithSameKeyValue",
                f"FederatedIdentityCredential with name {body['name']} already exists.",
            )
        if (other["issuer"], other["subject"]) == (body["issuer"], body["subject"]):
            raise _invalid(
                "The combination of issuer and subject must be unique for the application. Issuer"
                f" {body['issuer']} and Subject: {body['subject']} already exist."
            )


def _invalid(message: str) -> Failure:
    return Failure(400, "InvalidFederatedIdentityCredentialValue", message)


def _only(body: Mapping[str, Any], known: frozenset[str]) -> None:
    for name in body:
        if name not in known and not name.startswith("@odata."):
            raise bad_request(f"Invalid property '{name}'.")


def _time(body: Mapping[str, Any], name: str) -> datetime | None:
    text = body.get(name)
    if text is None:
        return None
    try:
        value = datetime.fromisoformat(text)
    except (TypeError, ValueError) as fault:
        raise Failure(
            400,
            "BadRequest",
            f"Cannot convert the literal '{text}' to the expected type 'Edm.DateTimeOffset'.",
        ) from fault
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _context(application: Mapping[str, Any]) -> str:
    return f"applications('{application['id']}')/federatedIdentityCredentials"


ROUTES: tuple[Route, ...] = tuple(
    route
    for key in ("(uniqueName='{uniqueName}')", "(appId='{appId}')", "/{id}")
    for base in (f"/v1.0/applications{key}",)
    for route in (
        Route("POST", f"{base}/addPassword", add_password, "graph"),
        Route("POST", f"{base}/microsoft.graph.addPassword", add_password, "graph"),
        Route("POST", f"{base}/removePassword", remove_password, "graph"),
        Route("POST", f"{base}/microsoft.graph.removePassword", remove_password, "graph"),
        Route("GET", f"{base}/federatedIdentityCredentials", list_federated, "graph"),
        Route("POST", f"{base}/federatedIdentityCredentials", create_federated, "graph"),
        Route("GET", f"{base}/federatedIdentityCredentials/{{credential}}", read_federated, "graph"),
        Route("PATCH", f"{base}/federatedIdentityCredentials/{{credential}}", update_federated, "graph"),
        Route("DELETE", f"{base}/federatedIdentityCredentials/{{credential}}", delete_federated, "graph"),
    )
) + tuple(
    Route("POST", f"/v1.0/servicePrincipals{key}/{prefix}{verb}Password", handler, "graph")
    for key in ("(appId='{appId}')", "/{id}")
    for prefix in ("", "microsoft.graph.")
    for verb, handler in (("add", add_password), ("remove", remove_password))
)
