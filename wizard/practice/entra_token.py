"""Entra's token endpoint: client credentials, device code, authorization code and refresh token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from wizard.practice import entra_directory as directory
from wizard.practice import tokens
from wizard.practice.client_secrets import secret_hash
from wizard.practice.kernel import Caller, Failure, Practice, Request, Response, Route
from wizard.practice.tokens import Subject

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def digest(value: str) -> str:
    """Under which key a code or refresh token is kept: its value is never stored."""
    return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()


def token(
    practice: Practice, request: Request, values: Mapping[str, str], _caller: Caller | None
) -> Response:
    """One of the four grants."""
    fields = directory.form(request) | _basic(request)
    found = directory.tenant_of(practice, values["tenant"])
    tenant = None if found is None else str(found["tenantId"])
    grant = directory.required(fields, "grant_type")
    if grant not in _GRANTS:
        raise Failure(
            400,
            "unsupported_grant_type",
            f"AADSTS70003: The app requested an unsupported grant type '{grant}'.",
        )
    directory.required(fields, "client_id")
    return _GRANTS[grant](practice, request, fields, tenant)


def _client_credentials(
    practice: Practice, request: Request, fields: Mapping[str, str], tenant: str | None
) -> Response:
    client = fields["client_id"]
    if tenant is None:
        raise Failure(
            400,
            "invalid_request",
            f"AADSTS50194: Application '{client}' is not configured as a multi-tenant application. Usage of the /common"
            " endpoint is not supported for such apps. Use a tenant-specific endpoint.",
        )
    application = next(directory.applications(practice, client), None)
    principal = directory.principal(practice, client, tenant)
    if application is None or (principal is None and application["tenant"] != tenant):
        raise directory.no_such_client(practice, client, tenant)
    if principal is None:
        raise Failure(
            400,
            "unauthorized_client",
            f"AADSTS7000229: The client application {client} is missing service principal in the tenant {tenant}.",
        )
    audience = directory.audience_of(
        practice, directory.required(fields, "scope"), tenant, request.origin, app_only=True
    )
    _prove_client(practice, fields, application)
    access = tokens.access_token(
        practice, Subject("servicePrincipal", principal), audience, application["appId"]
    )
    return Response(
        body={
            "token_type": "Bearer",
            "expires_in": tokens.LIFETIME,
            "ext_expires_in": tokens.LIFETIME,
            "access_token": access,
        }
    )


def _prove_client(practice: Practice, fields: Mapping[str, str], application: Mapping[str, Any]) -> None:
    if assertion := fields.get("client_assertion"):
        _prove_by_assertion(practice, fields, assertion, application)
    if value := fields.get("client_secret"):
        _prove_by_secret(practice, value, application)
        return
    raise Failure(
        401,
        "invalid_client",
        "AADSTS7000218: The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    )


def _prove_by_secret(practice: Practice, value: str, application: Mapping[str, Any]) -> None:
    wrong = Failure(
        401,
        "invalid_client",
        "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client"
        f" secret value, not the client secret ID, for a secret added to app '{application['appId']}'.",
    )
    for _, secret in practice.state.all("secret"):
        if secret["application"] != application["id"]:
            continue
        if not hmac.compare_digest(secret["sha256"], secret_hash(secret["salt"], value)):
            continue
        if practice.clock.younger(secret["_created"], practice.world.replication("secret")):
            raise wrong
        if datetime.fromisoformat(secret["endDateTime"]) <= practice.clock.now():
            raise Failure(
                401,
                "invalid_client",
                f"AADSTS7000222: The provided client secret keys for app '{application['appId']}' are expired. Visit the"
                " Azure portal to create new keys for your app, or consider using certificate credentials for added"
                " security.",
            )
        return
    raise wrong


def _prove_by_assertion(
    practice: Practice, fields: Mapping[str, str], assertion: str, application: Mapping[str, Any]
) -> None:
    """Compare the assertion with the federated credentials; it always ends in a refusal.

    To trust one, Entra fetches the issuer's keys from the internet, and practice Azure never leaves this machine.
    """
    if fields.get("client_assertion_type") != _ASSERTION:
        raise Failure(
            400, "invalid_request", "AADSTS50027: The client_assertion_type is missing or not known."
        )
    import jwt

    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError as fault:
        raise Failure(401, "invalid_client", "AADSTS50027: JWT token is invalid or malformed.") from fault
    audiences = claims.get("aud")
    named = {
        "issuer": claims.get("iss"),
        "subject": claims.get("sub"),
        "audiences": audiences if isinstance(audiences, list) else [audiences],
    }
    candidates = [
        c for _, c in practice.state.all("federatedCredential") if c["application"] == application["id"]
    ]
    for what, number in (("issuer", 700211), ("subject", 700213), ("audiences", 700212)):
        candidates = [c for c in candidates if c[what] == named[what]]
        if not candidates:
            raise Failure(
                401,
                "invalid_client",
                f"AADSTS{number}: No matching federated identity record found for presented assertion"
                f" {what.removesuffix('s')} '{named[what]}'. Check your federated identity credential Subject, Audience"
                " and Issuer against the presented assertion.",
            )
    raise Failure(
        401,
        "invalid_client",
        f"AADSTS50166: Request to external OIDC endpoint failed: {named['issuer']} is not asked.",
    )


def _by_device_code(
    practice: Practice, request: Request, fields: Mapping[str, str], tenant: str | None
) -> Response:
    key = digest(fields.get("device_code") or directory.required(fields, "code"))
    pending = practice.state.get("deviceCode", key)
    if pending is None or pending["client"] != fields["client_id"]:
        raise Failure(400, "bad_verification_code", "AADSTS70018: Invalid verification code.")
    if pending["expires"] <= practice.clock.now().timestamp():
        raise Failure(
            400,
            "expired_token",
            "AADSTS70020: The provided value for the input parameter 'device_code' has expired.",
        )
    if pending["answer"] == "declined":
        raise Failure(
            400, "authorization_declined", "AADSTS65004: User declined to consent to access the app."
        )
    if not pending["polled"] and pending["answer"] is None:
        practice.state.put("deviceCode", key, pending | {"polled": True})
        # A Response, not a Failure: that the client has asked once shall be remembered.
        return _pending(practice, request)
    practice.state.delete("deviceCode", key)
    subject = directory.person(practice, tenant, pending["answer"])
    return _signed_in(practice, request, fields["client_id"], subject, pending["scope"])


def _pending(practice: Practice, request: Request) -> Response:
    moment = practice.clock.now().strftime("%Y-%m-%d %H:%M:%SZ")
    return Response(
        400,
        {
            "error": "authorization_pending",
            "error_description": "AADSTS70016: OAuth 2.0 device flow error. Authorization is pending. Continue polling."
            f" Timestamp: {moment}",
            "error_codes": [70016],
            "timestamp": moment,
            "error_uri": f"{request.origin}/error?code=70016",
        },
    )


def _by_code(practice: Practice, request: Request, fields: Mapping[str, str], tenant: str | None) -> Response:
    key = digest(directory.required(fields, "code"))
    granted = practice.state.get("authorizationCode", key)
    if granted is None or granted["client"] != fields["client_id"]:
        raise Failure(
            400, "invalid_grant", "AADSTS70000: The provided authorization code is not valid, or was used."
        )
    if granted["expires"] <= practice.clock.now().timestamp():
        raise Failure(400, "invalid_grant", "AADSTS70008: The provided authorization code has expired.")
    if granted["redirect"] != fields.get("redirect_uri"):
        raise Failure(
            400,
            "invalid_grant",
            f"AADSTS500112: The reply address '{fields.get('redirect_uri')}' does not match the reply address"
            f" '{granted['redirect']}' provided when requesting Authorization code.",
        )
    if granted["challenge"] and not _challenge_met(granted, fields.get("code_verifier", "")):
        raise Failure(
            400,
            "invalid_grant",
            "AADSTS501481: The Code_Verifier does not match the code_challenge supplied in the authorization request.",
        )
    practice.state.delete("authorizationCode", key)
    subject = directory.person(practice, tenant, granted["upn"])
    return _signed_in(
        practice, request, fields["client_id"], subject, granted["scope"], nonce=granted["nonce"]
    )


def _challenge_met(granted: Mapping[str, Any], verifier: str) -> bool:
    if granted["method"] == "plain":
        return bool(verifier == granted["challenge"])
    hashed = (
        base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("utf-8", "replace")).digest())
        .rstrip(b"=")
        .decode()
    )
    return bool(hashed == granted["challenge"])


def _by_refresh(
    practice: Practice, request: Request, fields: Mapping[str, str], tenant: str | None
) -> Response:
    value = directory.required(fields, "refresh_token")
    kept = practice.state.get("refreshToken", digest(value))
    family = {
        fields["client_id"].lower(),
        str((kept or {}).get("client", "")).lower(),
    } <= directory.PUBLIC_CLIENTS.keys()
    if kept is None or (kept["client"] != fields["client_id"] and not family):
        raise Failure(
            400,
            "invalid_grant",
            "AADSTS70000: The provided value for the input parameter 'refresh_token' is not valid.",
        )
    subject = directory.person(practice, tenant, kept["upn"])
    scope = fields.get("scope") or kept["scope"]
    return _signed_in(practice, request, fields["client_id"], subject, scope, refresh=value)


def _signed_in(
    practice: Practice,
    request: Request,
    client: str,
    subject: Subject,
    scope: str,
    *,
    nonce: str | None = None,
    refresh: str | None = None,
) -> Response:
    """The answer of every flow that a person is part of."""
    directory.public_client(practice, client, subject.tenant)
    audience = directory.audience_of(practice, scope, subject.tenant, request.origin)
    home = practice.state.get("user", str(subject.document.get("homeUser", ""))) or dict(subject.document)
    if refresh is None:
        refresh = f"1.{secrets.token_urlsafe(48)}"
        practice.state.put(
            "refreshToken", digest(refresh), {"client": client, "upn": home["upn"], "scope": scope}
        )
    body: dict[str, Any] = {
        "token_type": "Bearer",
        "scope": f"{audience.rstrip('/')}/user_impersonation {audience.rstrip('/')}/.default",
        "expires_in": tokens.LIFETIME,
        "ext_expires_in": tokens.LIFETIME,
        "access_token": tokens.access_token(practice, subject, audience, client),
        "refresh_token": refresh,
        "id_token": tokens.id_token(practice, subject, request.origin, client, nonce),
        # By these two MSAL knows an account again, whatever tenant it signs in to.
        "client_info": client_info(home),
    }
    return Response(body=body | ({"foci": "1"} if client.lower() in directory.PUBLIC_CLIENTS else {}))


def client_info(home: Mapping[str, Any]) -> str:
    """The account in MSAL's form: object id and tenant of the person's home."""
    plain = json.dumps({"uid": home["id"], "utid": home["tenant"]})
    return base64.urlsafe_b64encode(plain.encode()).rstrip(b"=").decode()


def _basic(request: Request) -> dict[str, str]:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        client, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError as fault:
        raise Failure(
            401, "invalid_client", "AADSTS7000215: The Authorization header cannot be read."
        ) from fault
    return {"client_id": unquote(client), "client_secret": unquote(secret)}


_Grant = Callable[[Practice, Request, Mapping[str, str], str | None], Response]
_GRANTS: Mapping[str, _Grant] = {
    "client_credentials": _client_credentials,
    _DEVICE: _by_device_code,
    "device_code": _by_device_code,
    "authorization_code": _by_code,
    "refresh_token": _by_refresh,
}

ROUTES: tuple[Route, ...] = (Route("POST", "/{tenant}/oauth2/v2.0/token", token, "entra", auth=False),)
