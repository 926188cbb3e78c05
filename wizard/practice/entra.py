"""Entra's discovery: OpenID configuration, signing keys, and the cloud's own description for `az cloud register`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.practice import entra_browser, entra_token, entra_v1, tokens
from wizard.practice.entra_directory import tenant_of
from wizard.practice.kernel import Caller, Failure, Practice, Request, Response, Route

if TYPE_CHECKING:
    from collections.abc import Mapping

SUFFIX = "practice.localhost"  # resolves nowhere: data planes are not part of practice Azure


def openid_configuration(
    practice: Practice, request: Request, values: Mapping[str, str], _caller: Caller | None
) -> Response:
    """A tenant by GUID or domain; the answer names the GUID, by which clients learn it."""
    found = tenant_of(practice, values["tenant"])
    tenant = values["tenant"].lower() if found is None else str(found["tenantId"])
    base = f"{request.origin}/{tenant}"
    issuer = f"{request.origin}/{{tenantid}}/v2.0" if found is None else f"{base}/v2.0"
    return Response(
        body={
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": [
                "client_secret_post",
                "private_key_jwt",
                "client_secret_basic",
            ],
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": issuer,
            "request_uri_parameter_supported": False,
            "userinfo_endpoint": f"{request.origin}/oidc/userinfo",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "http_logout_supported": True,
            "frontchannel_logout_supported": True,
            "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
            "claims_supported": [
                "sub",
                "iss",
                "cloud_instance_name",
                "cloud_graph_host_name",
                "msgraph_host",
                "aud",
                "exp",
                "iat",
                "auth_time",
                "acr",
                "nonce",
                "preferred_username",
                "name",
                "tid",
                "ver",
                "at_hash",
                "c_hash",
                "email",
            ],
            "kerberos_endpoint": f"{base}/kerberos",
            "tenant_region_scope": "EU",
            "cloud_instance_name": "practice",
            "cloud_graph_host_name": request.origin.removeprefix("https://"),
            "msgraph_host": request.origin.removeprefix("https://"),
            "rbac_url": request.origin,
        }
    )


def keys(
    practice: Practice, _request: Request, values: Mapping[str, str], _caller: Caller | None
) -> Response:
    """The JSON Web Key Set."""
    found = tenant_of(practice, values["tenant"])
    return Response(
        body=tokens.key_set(practice, practice.world.home if found is None else str(found["tenantId"]))
    )


def metadata(
    _practice: Practice, request: Request, _values: Mapping[str, str], _caller: Caller | None
) -> Response:
    """The endpoints of this cloud: one object since 2022-09-01, a list of clouds before."""
    version = request.query.get("api-version", "")
    if not version:
        raise Failure(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
    root = f"{request.origin}/"
    cloud = {
        "name": "PracticeAzure",
        "portal": request.origin,
        "resourceManager": root,
        "gallery": root,
        "graph": root,
        "graphAudience": root,
        "microsoftGraphResourceId": root,
        "authentication": {
            "loginEndpoint": request.origin,
            "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "suffixes": {
            "storage": f"core.{SUFFIX}",
            "keyVaultDns": f"vault.{SUFFIX}",
            "acrLoginServer": f"azurecr.{SUFFIX}",
            "sqlServerHostname": f"database.{SUFFIX}",
            "azureDataLakeStoreFileSystem": f"dls.{SUFFIX}",
            "mhsmDns": f"managedhsm.{SUFFIX}",
        },
    }
    # The one namespace in which all versions are dates, so that text order is their order.
    return Response(body=cloud if version >= "2022-09-01" else [cloud])


ROUTES: tuple[Route, ...] = (
    Route("GET", "/metadata/endpoints", metadata, "arm", auth=False),
    Route(
        "GET", "/{tenant}/v2.0/.well-known/openid-configuration", openid_configuration, "entra", auth=False
    ),
    Route("GET", "/{tenant}/.well-known/openid-configuration", openid_configuration, "entra", auth=False),
    Route("GET", "/{tenant}/discovery/v2.0/keys", keys, "entra", auth=False),
    *entra_token.ROUTES,
    *entra_v1.ROUTES,
    *entra_browser.ROUTES,
)
