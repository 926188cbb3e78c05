"""What older clients ask of Entra: tokens by resource, where a tenant is to be discovered, what kind of account a name is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from wizard.practice import entra_directory as directory
from wizard.practice import entra_token
from wizard.practice.kernel import Caller, Failure, Practice, Request, Response, Route

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEEWAY = 300  # a token is good from a little before it was made, as clocks differ


def token(practice: Practice, request: Request, values: Mapping[str, str], caller: Caller | None) -> Response:
    """`POST /{tenant}/oauth2/token`: the same grants, with `resource` for `scope` and numbers as text."""
    fields = dict(directory.form(request))
    resource = fields.pop("resource", "") or "https://management.core.windows.net/"
    body = urlencode({**fields, "scope": f"{resource}/.default"}).encode()
    found = entra_token.token(practice, replace(request, body=body), values, caller)
    given = found.body if isinstance(found.body, dict) else {}
    now = int(practice.clock.now().timestamp())
    life = int(given.get("expires_in", 0))
    told = {
        "token_type": "Bearer",
        "expires_in": str(life),
        "ext_expires_in": str(given.get("ext_expires_in", life)),
        "expires_on": str(now + life),
        "not_before": str(now - _LEEWAY),
        "resource": resource,
    }
    return Response(found.status, {**given, **told}, found.headers)


def instance(
    _practice: Practice, request: Request, _values: Mapping[str, str], _caller: Caller | None
) -> Response:
    """`GET /common/discovery/instance`: where the tenant of an authorization endpoint describes itself."""
    asked = urlsplit(request.query.get("authorization_endpoint", "")).path.strip("/").split("/")
    if not asked[0]:
        raise Failure(
            400,
            "invalid_request",
            "AADSTS900144: The request must contain the following parameter: 'authorization_endpoint'.",
        )
    version = "/v2.0" if "v2.0" in asked else ""
    found = {
        "tenant_discovery_endpoint": f"{request.origin}/{asked[0]}{version}/.well-known/openid-configuration"
    }
    if request.query.get("api-version", "1.0") == "1.0":
        return Response(body=found)
    host = request.origin.removeprefix("https://")
    alias = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
    return Response(body={**found, "api-version": "1.1", "metadata": [alias]})


def realm(
    practice: Practice, _request: Request, values: Mapping[str, str], _caller: Caller | None
) -> Response:
    """`GET /common/UserRealm/{name}`: whether an account of that domain signs in here."""
    domain = values["name"].rpartition("@")[2].lower()
    known = any(
        domain in (one.lower() for one in tenant["domains"]) for _, tenant in practice.state.all("tenant")
    )
    cloud = {"cloud_instance_name": "practice", "cloud_audience_urn": "urn:federation:MicrosoftOnline"}
    if not known:
        return Response(body={"ver": "1.0", "account_type": "Unknown", **cloud})
    return Response(body={"ver": "1.0", "account_type": "Managed", "domain_name": domain, **cloud})


ROUTES: tuple[Route, ...] = (
    Route("POST", "/{tenant}/oauth2/token", token, "entra", auth=False),
    Route("GET", "/{tenant}/discovery/instance", instance, "entra", auth=False),
    Route("GET", "/{tenant}/UserRealm/{name}", realm, "entra", auth=False),
)
