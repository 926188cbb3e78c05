"""The bearer tokens of practice Azure: how Entra makes them, and how Graph and ARM learn from them who calls.

Its libraries are loaded with the first token, so that serving begins without them.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from wizard.practice.kernel import Caller, Failure, Family, Practice, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from wizard.practice.state import State

LIFETIME = 3599
_ARM = ("https://management.core.windows.net", "https://management.azure.com")
_GRAPH = ("https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_ISSUER = "https://sts.windows.net/"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who a token is for: a user document or a service principal document of the State."""

    kind: Literal["user", "servicePrincipal"]
    document: Mapping[str, Any]

    @property
    def tenant(self) -> str:
        """The tenant the object lives in."""
        return str(self.document["tenant"])


@lru_cache(maxsize=4)
def _key(pem: str) -> RSAPrivateKey:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = serialization.load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("The signing key of practice Azure is not an RSA key.")
    return key


def signing_key(state: State) -> RSAPrivateKey:
    """The key all processes on this State sign with; the first one makes it."""
    pem = state.meta_get("signing_key")
    if pem is None:
        with state.transaction():
            pem = state.meta_get("signing_key")
            if pem is None:
                pem = _new_pem()
                state.meta_put("signing_key", pem)
    return _key(pem)


def key_id(state: State) -> str:
    """The `kid` of the signing key: a digest of its public half."""
    from cryptography.hazmat.primitives import serialization

    public = signing_key(state).public_key()
    encoded = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(encoded).hexdigest()[:27]


def key_set(practice: Practice, tenant: str) -> dict[str, Any]:
    """The JSON Web Key Set a verifier asks for."""
    import jwt

    public: dict[str, Any] = json.loads(
        jwt.algorithms.RSAAlgorithm.to_jwk(signing_key(practice.state).public_key())
    )
    kid = key_id(practice.state)
    shown = {
        "kty": "RSA",
        "use": "sig",
        "kid": kid,
        "x5t": kid,
        "n": public["n"],
        "e": public["e"],
        "alg": "RS256",
    }
    return {"keys": [shown | {"issuer": f"{_ISSUER}{tenant}/"}]}


def access_token(practice: Practice, subject: Subject, audience: str, client: str) -> str:
    """A signed access token of version 1.0, as ARM and Graph get them.

    Args:
        practice: whose key signs, and whose clock says when.
        subject: the user or service principal it is about.
        audience: the resource, in the very form the scope named it.
        client: the application (client) id that asked.
    """
    object_id = str(subject.document["id"])
    claims: dict[str, Any] = {
        "aud": audience,
        "iss": f"{_ISSUER}{subject.tenant}/",
        "idp": f"{_ISSUER}{subject.tenant}/",
        "oid": object_id,
        "sub": object_id,
        "tid": subject.tenant,
        "appid": client,
        "uti": uuid.uuid4().hex[:22],
        "ver": "1.0",
        "xms_cc": ["CP1"],
    }
    return _sign(practice, claims | _about(subject, audience))


def id_token(practice: Practice, subject: Subject, origin: str, client: str, nonce: str | None) -> str:
    """The token that tells a client application who signed in."""
    document = subject.document
    claims: dict[str, Any] = {
        "aud": client,
        "iss": f"{origin}/{subject.tenant}/v2.0",
        "oid": document["id"],
        "sub": hashlib.sha256(f"{document['id']} {client}".encode()).hexdigest()[:43],
        "tid": subject.tenant,
        "name": document["displayName"],
        "preferred_username": document["mail"] or document["upn"],
        "uti": uuid.uuid4().hex[:22],
        "ver": "2.0",
    }
    return _sign(practice, claims | ({"nonce": nonce} if nonce else {}))


def caller(practice: Practice, request: Request, family: Family) -> Caller:
    """Who calls, out of the request's bearer token.

    Raises:
        Failure: 401, in the words of the family, when there is no token or it is not good for this service.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _refused(practice, family, "missing")
    claims = _verified(practice, family, token.strip())
    audience = str(claims["aud"])
    if not _accepts(family, audience, request.origin):
        raise _refused(practice, family, "audience", audience)
    kind: Literal["user", "servicePrincipal"] = (
        "user" if claims.get("idtyp") == "user" else "servicePrincipal"
    )
    return Caller(str(claims["tid"]), str(claims["oid"]), claims.get("appid"), kind, audience)


def expired(practice: Practice, family: Family) -> Failure:
    """The refusal of a token whose time is over just now."""
    return _refused(practice, family, "expired", practice.clock.now().isoformat())


def bearer(practice: Practice, request: Request, audiences: frozenset[str]) -> Caller | None:
    """Who calls a service of its own audience, such as `https://vault.azure.net`; None when the token is no good for it."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    try:
        claims = _verified(practice, "arm", token.strip())
    except Failure:
        return None
    audience = str(claims["aud"])
    if audience.rstrip("/") not in audiences:
        return None
    kind: Literal["user", "servicePrincipal"] = (
        "user" if claims.get("idtyp") == "user" else "servicePrincipal"
    )
    return Caller(str(claims["tid"]), str(claims["oid"]), claims.get("appid"), kind, audience)


def known_audience(audience: str, origin: str) -> bool:
    """Whether the resource is one that Entra here hands out tokens for."""
    others = (
        "https://vault.azure.net",
        "https://managedhsm.azure.net",
        "https://storage.azure.com",
        "https://ml.azure.com",
        "https://batch.core.windows.net",
    )
    bare = audience.rstrip("/")
    return _accepts("arm", bare, origin) or _accepts("graph", bare, origin) or bare in others


def _about(subject: Subject, audience: str) -> dict[str, Any]:
    document = subject.document
    if subject.kind == "servicePrincipal":
        roles = list(document.get("_appRoles", [])) if audience.rstrip("/") not in _ARM else []
        return {"idtyp": "app", "appidacr": "1", "app_displayname": document["displayName"]} | (
            {"roles": roles} if roles else {}
        )
    scopes = (
        "Application.ReadWrite.All Directory.AccessAsUser.All User.Read.All"
        if audience.rstrip("/") in _GRAPH
        else ""
    )
    return {
        "idtyp": "user",
        "appidacr": "0",
        "scp": scopes or "user_impersonation",
        "name": document["displayName"],
        "upn": document["upn"],
        "unique_name": document["upn"],
        "wids": list(document.get("directoryRoles", [])),
    }


def _sign(practice: Practice, claims: Mapping[str, Any]) -> str:
    import jwt

    now = int(practice.clock.now().timestamp())
    timed = {**claims, "iat": now, "nbf": now, "exp": now + LIFETIME}
    kid = key_id(practice.state)
    return jwt.encode(timed, signing_key(practice.state), "RS256", headers={"kid": kid, "x5t": kid})


def _verified(practice: Practice, family: Family, token: str) -> dict[str, Any]:
    import jwt

    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            signing_key(practice.state).public_key(),
            algorithms=["RS256"],
            # The times are compared with the world's own clock below.
            options={"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False,
                     "require": ["aud", "iss", "exp", "tid", "oid", "idtyp"]},
        )  # fmt: skip
    except jwt.InvalidTokenError as fault:
        raise _refused(practice, family, "invalid") from fault
    if claims["exp"] <= practice.clock.now().timestamp():
        raise _refused(practice, family, "expired", datetime.fromtimestamp(claims["exp"], UTC).isoformat())
    return claims


def _accepts(family: Family, audience: str, origin: str) -> bool:
    bare = audience.rstrip("/")
    if bare in (_ARM if family == "arm" else _GRAPH):
        return True
    try:
        asked, served = urlsplit(bare), urlsplit(origin)
        port = asked.port
    except ValueError:
        return False
    return asked.scheme == "https" and asked.hostname in _LOOPBACK and not asked.path and port == served.port


_ARM_WORDS = {
    "missing": ("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."),
    "invalid": ("InvalidAuthenticationToken", "The access token is invalid."),
    "expired": (
        "ExpiredAuthenticationToken",
        "The access token expiry UTC time '{}' is earlier than current UTC time.",
    ),
    "audience": (
        "InvalidAuthenticationTokenAudience",
        (
            "The access token has been obtained for wrong audience or resource '{}'. It should exactly match with one of"
            " the allowed audiences 'https://management.core.windows.net/','https://management.core.windows.net',"
            "'https://management.azure.com/','https://management.azure.com'."
        ),
    ),
}
_GRAPH_WORDS = {
    "missing": ("InvalidAuthenticationToken", "Access token is empty."),
    "invalid": ("InvalidAuthenticationToken", "Access token validation failure. Signature is invalid."),
    "expired": ("InvalidAuthenticationToken", "Lifetime validation failed, the token is expired."),
    "audience": ("InvalidAuthenticationToken", "Access token validation failure. Invalid audience."),
}


def _refused(practice: Practice, family: Family, why: str, value: str = "") -> Failure:
    code, message = (_ARM_WORDS if family == "arm" else _GRAPH_WORDS)[why]
    # `authorization_uri` of ARM names the tenant, by which clients find out where to sign in.
    challenge = (
        f'Bearer authorization_uri="https://login.windows.net/{practice.world.home}", error="invalid_token"'
    )
    return Failure(401, code, message.format(value), headers={"WWW-Authenticate": challenge})


def _new_pem() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
