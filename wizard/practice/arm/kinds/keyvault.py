"""Key Vault in ARM: vaults, their access policies, and vaults that are deleted and not yet purged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from wizard.practice.arm import errors, ids, shapes, shelf
from wizard.practice.arm.call import Call, Operation, collection
from wizard.practice.arm.kinds import firewalls, keyvault_deleted, private_links, stamps
from wizard.practice.arm.kinds.keyvault_deleted import VAULT
from wizard.practice.arm.types import Adding, ResourceType, Way
from wizard.practice.kernel import Failure, Practice, Response
from wizard.practice.vaults import store

_SHORTEST, _LONGEST = 7, 90
_NAME = re.compile(r"(?!.*--)[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]")
_KINDS = ("keys", "secrets", "certificates", "storage")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_WORDS: Mapping[str, frozenset[str]] = {
    "keys": frozenset(
        {
            "encrypt", "decrypt", "wrapkey", "unwrapkey", "sign", "verify", "get", "list", "create", "update", "import",
            "delete", "backup", "restore", "recover", "purge", "release", "rotate", "getrotationpolicy",
            "setrotationpolicy", "all",
        }
    ),
    "secrets": frozenset({"get", "list", "set", "delete", "backup", "restore", "recover", "purge", "all"}),
}  # fmt: skip


def _bad(message: str) -> Failure:
    return Failure(400, "BadRequest", message)


def _bad_name(name: str) -> str:
    return (
        f"The vault name '{name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must"
        " begin with a letter, end with a letter or digit, and not contain consecutive hyphens. Follow this link for more"
        " information: https://go.microsoft.com/fwlink/?linkid=2147742"
    )


def _in_use(name: str) -> str:
    return (
        f"The vault name '{name}' is already in use. Vault names are globaly unique so it is possible that the name is"
        " already taken. If you are sure that the vault name was not taken then it is possible that a vault with the same"
        " name was recently deleted but not purged after being placed in a recoverable state. If the vault is in a"
        " recoverable state then the vault will need to be purged before reusing the name. For more information on soft"
        " delete and purging a vault follow this link https://go.microsoft.com/fwlink/?linkid=2147740."
    )


def _recovers(adding: Adding) -> bool:
    return str(adding.properties.get("createMode")).lower() == "recover"


def _check_name(adding: Adding) -> None:
    name = adding.id.leaf
    if not _NAME.fullmatch(name):
        raise Failure(400, "VaultNameNotValid", _bad_name(name))
    if adding.before:
        return
    lost = keyvault_deleted.named(adding.practice, name)
    if lost is None and _recovers(adding):
        raise keyvault_deleted.missing(name)
    if lost and ids.same(lost["id"], adding.id.text):
        if not _recovers(adding):
            raise Failure(
                409,
                "ConflictError",
                "A vault with the same name already exists in deleted state. You need to either recover or purge existing"
                " key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft"
                " delete.",
            )
        return
    if lost or store.holder(adding.practice, VAULT, name) not in {None, adding.id.text}:
        raise Failure(409, "VaultAlreadyExists", _in_use(name))


def _check_body(adding: Adding) -> None:
    given = adding.properties
    if _recovers(adding) and not adding.before:
        return
    tenant = given.get("tenantId")
    if not isinstance(tenant, str) or not _GUID.fullmatch(tenant):
        raise _bad("The parameter 'tenantId' is required, and must be a GUID.")
    sku = given.get("sku") or {}
    if str(sku.get("name")).lower() not in {"standard", "premium"} or str(sku.get("family", "A")) != "A":
        raise _bad("The parameter 'sku' is required; its family is A, its name is standard or premium.")
    rbac = given.get("enableRbacAuthorization", adding.call.version >= "2026-02-01")
    if "accessPolicies" not in given and not rbac:
        raise _bad("The parameter 'accessPolicies' is required when 'enableRbacAuthorization' is not true.")
    for policy in given.get("accessPolicies") or ():
        _check_policy(policy)


def _check_policy(policy: Mapping[str, Any]) -> None:
    if not _GUID.fullmatch(str(policy.get("tenantId"))):
        raise _bad("An access policy must have a tenant ID.")
    if not policy.get("objectId"):
        raise _bad("An access policy must have an object ID.")
    for kind, known in _WORDS.items():
        for word in (policy.get("permissions") or {}).get(kind) or ():
            if str(word).lower() not in known:
                raise _bad(f"An access policy has the unknown {kind} permission '{word}'.")


def _check_protection(adding: Adding) -> None:
    given, held = adding.properties, (adding.before or {}).get("properties", {})
    if _recovers(adding):
        return
    if given.get("enablePurgeProtection") is False:
        raise _bad(
            'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an'
            " irreversible action."
        )
    if given.get("enableSoftDelete") is False and held.get("enableSoftDelete"):
        raise _bad(
            'The property "enableSoftDelete" can be set to false only for creating new vault. Enabling the "soft delete"'
            " functionality is an irreversible action."
        )
    days, kept = given.get("softDeleteRetentionInDays"), held.get("softDeleteRetentionInDays")
    if days is not None and not (isinstance(days, int) and _SHORTEST <= days <= _LONGEST):
        raise _bad(
            'The property "softDeleteRetentionInDays" has an invalid value; it must be between'
            f" {_SHORTEST} and {_LONGEST}."
        )
    if days is not None and kept is not None and days != kept:
        raise _bad('The property "softDeleteRetentionInDays" has been set already and it can\'t be modified.')


def _check_networks(adding: Adding) -> None:
    path = "properties.networkAcls.virtualNetworkRules[].id"
    firewalls.check_subnets(adding, path, "Microsoft.KeyVault", "BadRequest")


def _vault(adding: Adding) -> dict[str, Any]:
    version = adding.call.version
    made: dict[str, Any] = {
        "accessPolicies": adding.kept("accessPolicies", []),
        "enabledForDeployment": adding.kept("enabledForDeployment", fresh=False),
    }
    if version >= "2019-09":
        made["enableSoftDelete"] = adding.kept("enableSoftDelete", fresh=True)
        made["softDeleteRetentionInDays"] = adding.kept("softDeleteRetentionInDays", _LONGEST)
    if version >= "2021-06":
        made["publicNetworkAccess"] = adding.kept("publicNetworkAccess", "Enabled")
    if version >= "2023":
        made["enableRbacAuthorization"] = adding.kept("enableRbacAuthorization", version >= "2026-02-01")
    return made


def _completed(adding: Adding, document: dict[str, Any]) -> dict[str, Any]:
    """A vault that is recovered is as it was; any other gets its address and who made it."""
    practice = adding.practice
    lost = practice.state.get("deleted", adding.id.text) if _recovers(adding) and not adding.before else None
    shelf.take_name(practice, VAULT, adding.id.leaf, adding.id.text)
    if lost:
        practice.state.delete("deleted", adding.id.text)
        lost.pop("_deleted", None)
        store.reappear(practice, lost)
        document = {name: value for name, value in lost.items() if name not in {"_due", "_while"}}
    properties = {name: value for name, value in document["properties"].items() if name != "createMode"}
    properties["accessPolicies"] = [_lowered(one) for one in properties.get("accessPolicies") or ()]
    properties["vaultUri"] = store.address({"type": VAULT, "name": adding.id.leaf})
    return stamps.stamped(adding, document | {"properties": properties}, "2021-04")


def _lowered(policy: Mapping[str, Any]) -> dict[str, Any]:
    application = policy.get("applicationId")
    return {**policy, **({"applicationId": str(application).lower()} if application else {})}


def _shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    linked = private_links.connections(practice, found["id"])
    if not linked:
        return {}
    short = [{name: one[name] for name in ("id", "etag", "properties")} for one in linked]
    return {"properties": {"privateEndpointConnections": short}}


def _ways(adding: Adding, method: Literal["PUT", "PATCH"]) -> Way | None:
    return Way(200) if method == "PUT" and (adding.before or _recovers(adding)) else None


def _removed(practice: Practice, found: Mapping[str, Any]) -> None:
    """Without soft delete a vault is gone at once."""
    if not found["properties"].get("enableSoftDelete"):
        keyvault_deleted.purged(practice, {"id": found["id"], "name": found["name"]})


def _put_policies(call: Call) -> Response:
    """`PUT .../accessPolicies/add|replace|remove`: the policies of single principals."""
    key, verb = ids.parse(call.parts["resource"]), call.parts["verb"].lower()
    shelf.must(call.practice, key)
    if verb not in {"add", "replace", "remove"}:
        raise _bad(f"The access policy operation '{verb}' is not one of add, replace and remove.")
    vault = shelf.stored(call.practice, key.text) or {}
    body = call.request.json()
    if path := shapes.fault(body, {"properties": _POLICIES}):
        raise errors.bad_content(f"Error converting value to the type of the property. Path '{path}'")
    given = (body.get("properties") or {}).get("accessPolicies")
    if not isinstance(given, list):
        raise _bad("The parameter 'accessPolicies' is required.")
    for policy in given:
        _check_policy(policy)
    held = {_whose(one): one for one in vault["properties"].get("accessPolicies") or ()}
    for policy in given:
        held[_whose(policy)] = _changed(held.get(_whose(policy)), _lowered(policy), verb)
    kept = [one for one in held.values() if any((one.get("permissions") or {}).values())]
    vault["properties"]["accessPolicies"] = kept
    shelf.put(call.practice, key.text, vault)
    shown = {"id": f"{key.text}/accessPolicies/", "type": f"{VAULT}/accessPolicies"}
    return Response(200, shown | {"properties": {"accessPolicies": kept}})


def _whose(policy: Mapping[str, Any]) -> tuple[str, str]:
    return str(policy.get("objectId")).lower(), str(policy.get("applicationId") or "").lower()


def _changed(held: Mapping[str, Any] | None, given: dict[str, Any], verb: str) -> dict[str, Any]:
    before, asked = (held or {}).get("permissions") or {}, given.get("permissions") or {}
    if verb == "replace" or (held is None and verb == "add"):
        return given
    permissions: dict[str, list[str]] = {}
    for kind in {**before, **asked}:
        old, new = list(before.get(kind) or ()), list(asked.get(kind) or ())
        lower = {str(one).lower() for one in (new if verb == "remove" else old)}
        permissions[kind] = (
            [one for one in old if str(one).lower() not in lower]
            if verb == "remove"
            else [*old, *(one for one in new if str(one).lower() not in lower)]
        )
    return {**given, **(held or {}), "permissions": permissions}


def _check_availability(call: Call) -> Response:
    body = call.request.json()
    name = str(body.get("name") or "")
    if body.get("type") not in (VAULT, "Microsoft.KeyVault/managedHSMs"):
        raise _bad("The parameter 'type' must be Microsoft.KeyVault/vaults.")
    if not _NAME.fullmatch(name):
        reason, message = "AccountNameInvalid", _bad_name(name)
    elif keyvault_deleted.named(call.practice, name):
        reason, message = "AlreadyExists", f"The name '{name}' is already in use. {_in_use(name)}"
    elif store.holder(call.practice, str(body["type"]), name) is not None:
        reason, message = "AlreadyExists", f"The name '{name}' is already in use."
    else:
        return Response(200, {"nameAvailable": True})
    return Response(200, {"nameAvailable": False, "reason": reason, "message": message})


def _no_hsms(call: Call) -> Response:
    del call
    return collection([])


_POLICIES = {
    "accessPolicies": [
        {"tenantId": "", "objectId": "", "applicationId": "", "permissions": {kind: [""] for kind in _KINDS}}
    ]
}
_EXAMPLE = {
    "properties": {
        "tenantId": "", "sku": {"family": "", "name": ""}, "createMode": "", "enableRbacAuthorization": False,
        "enablePurgeProtection": False, "enableSoftDelete": False, "softDeleteRetentionInDays": 0,
        "publicNetworkAccess": "", "networkAcls": {"virtualNetworkRules": [{"id": ""}], "defaultAction": ""}, **_POLICIES,
    }
}  # fmt: skip
TYPES = (
    ResourceType(
        VAULT,
        example=_EXAMPLE,
        way=Way(200, waits=True),
        ways=_ways,
        creating="RegisteringDns",
        seconds=25,
        members=frozenset({"location", "tags", "properties"}),
        added=_vault,
        completed=_completed,
        shown=_shown,
        rules=(_check_name, _check_body, _check_protection, _check_networks),
        change_rules=(_check_protection, _check_networks),
        removed=_removed,
        keeps_deleted=True,
    ),
    ResourceType(
        f"{VAULT}/accessPolicies",
        tracked=False,
        own=True,
        members=frozenset({"properties"}),
        properties=frozenset({"accessPolicies"}),
    ),
    ResourceType("Microsoft.KeyVault/deletedVaults", tracked=False, own=True),
    ResourceType(
        "Microsoft.KeyVault/managedHSMs",
        members=frozenset({"location", "tags", "sku", "identity", "properties"}),
        unique=True,
        seconds=900,
        rule=re.compile(r"(?!.*--)[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]"),
    ),
)
_HOME = "/subscriptions/{subscription}/providers/Microsoft.KeyVault"
OPERATIONS = (
    Operation("POST", f"{_HOME}/checkNameAvailability", _check_availability, "Microsoft.KeyVault/checkNameAvailability/read", strip=3),
    Operation("GET", f"{_HOME}/deletedManagedHSMs", _no_hsms, "Microsoft.KeyVault/deletedManagedHSMs/read", strip=3),
    Operation("PUT", "{resource}/accessPolicies/{verb}", _put_policies, "{type}/accessPolicies/write", strip=2),
)  # fmt: skip
