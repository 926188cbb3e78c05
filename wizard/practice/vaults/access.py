"""Who may do what in a vault: the token, its challenge, the firewall, access policies and role assignments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wizard.practice import tokens
from wizard.practice.arm import rights
from wizard.practice.kernel import Caller, Failure, Practice, Request

_RESOURCES = {
    "vault.azure.net": "https://vault.azure.net",
    "managedhsm.azure.net": "https://managedhsm.azure.net",
}


def caller(practice: Practice, request: Request, service: str, pool: Mapping[str, Any]) -> Caller:
    """Who calls.

    Raises:
        Failure: 401 with the challenge by which clients learn where to sign in and for what.
    """
    tenant = str((pool.get("properties") or {}).get("tenantId") or practice.world.home)
    resource = _RESOURCES[service]
    challenge = f'Bearer authorization="https://login.microsoftonline.com/{tenant}", resource="{resource}"'
    headers = {"WWW-Authenticate": challenge}
    if "authorization" not in request.headers:
        raise Failure(
            401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.", headers=headers
        )
    found = tokens.bearer(practice, request, frozenset({resource}))
    if found is None:
        raise Failure(
            401,
            "Unauthorized",
            f"AKV10022: Invalid audience. Expected {resource}, or the token is expired or not valid.",
            headers=headers,
        )
    if found.tenant.lower() != tenant.lower():
        raise Failure(
            401,
            "Unauthorized",
            f"AKV10032: Invalid issuer. Expected one of https://sts.windows.net/{tenant}/, found"
            f" https://sts.windows.net/{found.tenant}/.",
            headers=headers,
        )
    return found


@dataclass(frozen=True, slots=True)
class Right:
    """What an operation needs.

    Attributes:
        kind: `keys` or `secrets`: the list of an access policy.
        word: what the access policy must name, such as `wrapKey`.
        action: what a role must have in its dataActions.
        place: the id of the key or secret, or of the vault.
    """

    kind: str
    word: str
    action: str
    place: str


def demand(practice: Practice, who: Caller, pool: Mapping[str, Any], right: Right) -> None:
    """Refuse in Key Vault's words unless the caller may do this.

    Raises:
        Failure: 403 Forbidden, with an inner code that says which door is shut.
    """
    if str(pool["type"]).lower().endswith("/managedhsms"):
        return  # An HSM has roles of its own, which practice Azure does not keep.
    _check_network(who, pool)
    properties = pool.get("properties") or {}
    if properties.get("enableRbacAuthorization"):
        if not rights.allowed_data(practice, who, right.action, right.place):
            raise _forbidden(_not_assigned(who, pool, right.action, right.place), "ForbiddenByRbac")
        return
    if not _in_policy(who, properties.get("accessPolicies") or (), right.kind, right.word):
        raise _forbidden(
            f"The user, group or application '{_who(who)}' does not have {right.kind} {right.word.lower()} permission on key vault"
            f" '{_where(pool)}'. For help resolving this issue, please see"
            " https://go.microsoft.com/fwlink/?linkid=2125287",
            "ForbiddenByPolicy",
        )


def _check_network(who: Caller, pool: Mapping[str, Any]) -> None:
    properties = pool.get("properties") or {}
    acls = properties.get("networkAcls") or {}
    if properties.get("publicNetworkAccess") == "Disabled":
        raise _forbidden(
            "Public network access is disabled and request is not from a trusted service nor via an approved private"
            f" link.\r\nCaller: {_who(who)}\r\nVault: {_where(pool)}",
            "ForbiddenByConnection",
        )
    # No client of practice Azure stands at an address that a rule could name.
    if acls.get("defaultAction") == "Deny":
        raise _forbidden(
            "Client address is not authorized and caller is not a trusted service.\r\nClient address: 127.0.0.1\r\nCaller:"
            f" {_who(who)}\r\nVault: {_where(pool)}",
            "ForbiddenByFirewall",
        )


def _in_policy(who: Caller, policies: Any, kind: str, word: str) -> bool:
    for policy in policies:
        given = {str(one).lower() for one in (policy.get("permissions") or {}).get(kind) or ()}
        mine = str(policy.get("objectId")).lower() == who.object_id.lower()
        if mine and given & {word.lower(), "all"}:
            return True
    return False


def _not_assigned(who: Caller, pool: Mapping[str, Any], action: str, place: str) -> str:
    return (
        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role"
        " definitions were changed recently, please observe propagation time.\r\nCaller:"
        f" {_who(who)}\r\nAction: '{action}'\r\nResource: '{place}'\r\nAssignment: (not found)\r\nDenyAssignmentId:"
        f" null\r\nDecisionReason: null\r\nVault: {_where(pool)}\r\n"
    )


def _who(who: Caller) -> str:
    return f"appid={who.app_id};oid={who.object_id};numgroups=0;iss=https://sts.windows.net/{who.tenant}/"


def _where(pool: Mapping[str, Any]) -> str:
    return f"{pool['name']};location={pool.get('location')}"


def _forbidden(message: str, inner: str) -> Failure:
    return Failure(403, "Forbidden", message, inner={"code": inner})
