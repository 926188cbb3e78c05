"""Storage: accounts with their endpoints, keys, rules and actions; what is in an account stands in `storage_services`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from wizard.practice import blobs
from wizard.practice.arm import facts, paths, shelf
from wizard.practice.arm.call import Call, Operation, collection
from wizard.practice.arm.ids import Id
from wizard.practice.arm.kinds import firewalls, private_links, stamps, storage_keys
from wizard.practice.arm.types import LOCATED, SYNC, Adding, ResourceType, Way
from wizard.practice.kernel import HERE, Failure, Practice, Response
from wizard.practice.vaults import store

ACCOUNT = "Microsoft.Storage/storageAccounts"
_SKUS: Mapping[str, tuple[str, ...]] = {
    "Standard_LRS": ("Storage", "StorageV2", "BlobStorage"),
    "Standard_GRS": ("Storage", "StorageV2", "BlobStorage"),
    "Standard_RAGRS": ("Storage", "StorageV2", "BlobStorage"),
    "Standard_ZRS": ("Storage", "StorageV2"),
    "Standard_GZRS": ("StorageV2",),
    "Standard_RAGZRS": ("StorageV2",),
    "Premium_LRS": ("Storage", "StorageV2", "BlockBlobStorage", "FileStorage"),
    "Premium_ZRS": ("StorageV2", "BlockBlobStorage", "FileStorage"),
    "StandardV2_LRS": ("FileStorage",),
    "StandardV2_GRS": ("FileStorage",),
    "StandardV2_ZRS": ("FileStorage",),
    "StandardV2_GZRS": ("FileStorage",),
    "PremiumV2_LRS": ("FileStorage",),
    "PremiumV2_ZRS": ("FileStorage",),
}
_SERVICES: Mapping[str, tuple[str, ...]] = {
    "Storage": ("blob", "queue", "table", "file"),
    "StorageV2": ("dfs", "web", "blob", "queue", "table", "file"),
    "BlobStorage": ("dfs", "blob", "table"),
    "BlockBlobStorage": ("dfs", "web", "blob"),
    "FileStorage": ("file",),
}
_FROM: Mapping[str, str] = {"dfs": "2018", "web": "2018"}
_PAIRS = (
    {"Standard_LRS", "Standard_GRS", "Standard_RAGRS"},
    {"Standard_GZRS", "Standard_RAGZRS"},
)
_IMMUTABLE = ("isHnsEnabled", "isNfsV3Enabled", "immutableStorageWithVersioning")
_NAME = re.compile(r"[a-z0-9]{3,24}")
_MEMBERS = frozenset(
    {"location", "tags", "identity", "sku", "kind", "properties", "extendedLocation", "zones", "placement"}
)


def _invalid_name(name: str) -> str:
    return (
        f"{name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in"
        " length and use numbers and lower-case letters only."
    )


def _taken(id: Id) -> Failure:  # noqa: A002 - what it is
    return Failure(
        409, "StorageAccountAlreadyTaken", f"The storage account named {id.leaf} is already taken."
    )


def _invalid(*what: str) -> Failure:
    return Failure(
        400,
        "InvalidValuesForRequestParameters",
        f"Values for request parameters are invalid: {', '.join(what)}.",
    )


def _sku(body: Mapping[str, Any]) -> str:
    return str((body.get("sku") or {}).get("name") or "")


def _check_name(adding: Adding) -> None:
    # Its own sentence has the name in it, which a pattern with a fixed sentence could not say.
    if not _NAME.fullmatch(adding.id.leaf):
        raise Failure(400, "AccountNameInvalid", _invalid_name(adding.id.leaf))


def _check_sku(adding: Adding) -> None:
    name, kind = _sku(adding.body), adding.body.get("kind")
    if not name and not adding.properties.get("accountType"):
        raise _invalid("sku")
    known = next((one for one in _SKUS if one.lower() == name.lower()), None)
    if name and known is None:
        raise Failure(
            400,
            "InvalidAccountType",
            f"The AccountType {name} is invalid. For more information, see - https://aka.ms/storageaccountskus",
        )
    if kind is not None and kind not in _SERVICES:
        raise _invalid("kind")
    if known and kind and kind not in _SKUS[known]:
        raise _invalid("sku", "kind")


def _check_policies(adding: Adding) -> None:
    """The life of keys, and what may not be overwritten, in the words of the service."""
    properties = adding.properties
    period = (properties.get("keyPolicy") or {}).get("keyExpirationPeriodInDays")
    if isinstance(period, int) and period < 0:
        raise _invalid("keyPolicy.keyExpirationPeriodInDays")
    worm = properties.get("immutableStorageWithVersioning") or {}
    policy = worm.get("immutabilityPolicy")
    if not isinstance(policy, dict):
        return
    _check_worm(
        worm, policy, (adding.before or {}).get("properties", {}).get("immutableStorageWithVersioning") or {}
    )


def _check_worm(worm: Mapping[str, Any], policy: Mapping[str, Any], held: Mapping[str, Any]) -> None:
    kept = held.get("immutabilityPolicy") or {}
    missing = ("state" not in policy) or ("immutabilityPeriodSinceCreationInDays" not in policy)
    if not (worm.get("enabled") or held.get("enabled")):
        raise _worm(
            "Storage account level default immutability policy cannot be set as account level WORM is disabled"
        )
    state, days = policy.get("state"), policy.get("immutabilityPeriodSinceCreationInDays")
    if kept.get("state") == "Locked":
        if state not in {None, "Locked"}:
            raise _worm("The immutability policy state cannot be changed once Locked.")
        if policy.get("allowProtectedAppendWrites") not in {None, kept.get("allowProtectedAppendWrites")}:
            raise _worm("Request parameters are invalid: allowProtectedAppendWrites.")
        if isinstance(days, int) and days < kept.get("immutabilityPeriodSinceCreationInDays", 0):
            raise _worm("The immutabilityPeriodSinceCreationInDays can only be extended for a Locked policy.")
        return
    if state == "Locked" and kept.get("state") != "Unlocked":
        raise _worm(
            'Storage account immutability policy state can be set to "Unlocked, Disabled". Note that the immutability state'
            " can either be Disabled or Unlocked during account creation."
        )
    if missing and not kept:
        raise _worm(
            "The required property immutabilityPolicy.state, immutabilityPolicy.immutabilityPeriodSinceCreationInDays is"
            " missing."
        )


def _worm(message: str) -> Failure:
    return Failure(400, "InvalidStorageAccountImmutabilityPolicy", message)


def _check_networks(adding: Adding) -> None:
    path = "properties.networkAcls.virtualNetworkRules[].id"
    firewalls.check_subnets(adding, path, "Microsoft.Storage", "NetworkAclsValidationFailure")


def _check_change(adding: Adding) -> None:
    before = adding.before or {}
    old, new = _sku(before), _sku(adding.body) or _sku(before)
    if old and old != new and not any(old in pair and new in pair for pair in _PAIRS):
        raise Failure(
            400,
            "StorageAccountTypeConversionNotAllowed",
            f"Storage account type {old} cannot be changed to {new}.",
        )
    held = before.get("properties", {})
    for name in _IMMUTABLE:
        given, kept = adding.properties.get(name), held.get(name)
        if isinstance(given, dict):
            given, kept = given.get("enabled"), (kept or {}).get("enabled", False)
        if before and given is not None and bool(given) != bool(kept):
            raise Failure(
                400,
                "PropertyIsImmutable",
                f"The property '{name}' was specified in the input, but it cannot be updated as it is immutable.",
            )


def endpoints(name: str, kind: str, version: str, tail: str = "") -> dict[str, str]:
    """Where the services of an account answer, below the origin of practice Azure."""
    return {
        service: f"{HERE}/{service}.core.windows.net/{name}{tail}/"
        for service in _SERVICES.get(kind, ())
        if version >= _FROM.get(service, "")
    }


def _encryption(adding: Adding, now: str) -> dict[str, Any]:
    given = adding.properties.get("encryption") or {}
    service = {"enabled": True, "lastEnabledTime": now}
    if adding.call.version >= "2019-06":
        service |= {"keyType": "Account"}
    asked = given.get("services") or {}
    names = ("file", "blob") if adding.call.version >= "2017" else tuple(asked)
    services = {name: service | (asked.get(name) or {}) for name in dict.fromkeys((*names, *asked))}
    found = {"keySource": "Microsoft.Storage"} | given | {"services": services}
    if key := found.get("keyvaultproperties"):
        found["keyvaultproperties"] = _current_key(adding, key, now)
    return found


def _current_key(adding: Adding, key: Mapping[str, Any], now: str) -> dict[str, Any]:
    """The version of the customer's key that is in use; without one in the body it is the vault's latest."""
    vault = str(key.get("keyvaulturi") or "").rstrip("/")
    name = str(key.get("keyname") or "")
    pool = store.pool_named(adding.practice, "vault.azure.net", vault.rpartition("/")[2].partition(".")[0])
    item = store.find(adding.practice, pool, "keys", name) if pool else None
    version = str(key.get("keyversion") or (item["versions"][-1]["id"] if item else ""))
    return {
        **key,
        "currentVersionedKeyIdentifier": f"{vault}/keys/{name}/{version}",
        "lastKeyRotationTimestamp": now,
        "currentVersionedKeyExpirationTimestamp": "1970-01-01T00:00:00.0000000Z",
    }


_SINCE: tuple[tuple[str, str, Any], ...] = (
    ("2016-12", "supportsHttpsTrafficOnly", True),
    ("2021-02", "minimumTlsVersion", "TLS1_0"),
    ("2021-02", "allowBlobPublicAccess", False),
    ("2021-02", "allowCrossTenantReplication", False),
    ("2025-06", "allowCrossTenantDelegationSas", False),
)
_ACLS = {"bypass": "AzureServices", "virtualNetworkRules": [], "ipRules": [], "defaultAction": "Allow"}


def _account(adding: Adding) -> dict[str, Any]:
    version, now = adding.call.version, stamps.now(adding)
    made = {
        name: adding.kept(name, value)
        for since, name, value in _SINCE
        if version >= since or adding.kept(name, None) is not None
    }
    if version >= "2025-06":
        made["minimumTlsVersion"] = adding.kept("minimumTlsVersion", "TLS1_2")
    if version >= "2017-10":
        more: dict[str, Any] = {"ipv6Rules": []} if version >= "2023" else {}
        made["networkAcls"] = paths.laid_over(_ACLS | more, adding.properties.get("networkAcls") or {})
    if _tiered(adding):
        made["accessTier"] = adding.kept("accessTier", "Hot")
    if "2017-10" <= version < "2018-11":
        made["trustedDirectories"] = [adding.tenant]
    made["creationTime"] = adding.kept("creationTime", now)
    return made


def _tiered(adding: Adding) -> bool:
    kind, standard = adding.body.get("kind"), _sku(adding.body).startswith("Standard")
    return standard and (kind == "BlobStorage" or (kind == "StorageV2" and adding.call.version >= "2018-11"))


def _completed(adding: Adding, document: dict[str, Any]) -> dict[str, Any]:
    """What follows from the sku and the region, and the keys."""
    made = stamps.stamped(adding, document, "9999") | {"kind": document.get("kind") or "Storage"}
    sku = next((one for one in _SKUS if one.lower() == _sku(made).lower()), "Standard_LRS")
    made["sku"] = {"name": sku, "tier": sku.partition("_")[0].removesuffix("V2")}
    made["_keys"] = (adding.before or {}).get("_keys") or storage_keys.fresh(stamps.now(adding))
    properties = made["properties"] | {
        "encryption": _encryption(Adding(adding.call, adding.id, made, adding.before), stamps.now(adding)),
        "primaryEndpoints": endpoints(adding.id.leaf, made["kind"], adding.call.version),
        "primaryLocation": made["location"],
        "statusOfPrimary": "available",
    }
    for name in ("secondaryLocation", "statusOfSecondary", "secondaryEndpoints"):
        properties.pop(name, None)
    if adding.call.version >= "2021-02":
        properties["keyCreationTime"] = {one["name"]: one["created"] for one in made["_keys"]}
    if adding.call.version >= "2019-06":
        properties["privateEndpointConnections"] = []
    made["properties"] = properties | _secondary(adding, made, sku)
    return made


def _secondary(adding: Adding, made: Mapping[str, Any], sku: str) -> dict[str, Any]:
    """A copy in the paired region, which can be read in the RA kinds."""
    if "G" not in sku.partition("_")[2]:
        return {}
    region = facts.regions().get(made["location"], {})
    found: dict[str, Any] = {
        "secondaryLocation": region.get("pairedRegion") or "eastus",
        "statusOfSecondary": "available",
    }
    if "_RA" in sku:
        every = endpoints(adding.id.leaf, made["kind"], adding.call.version, "-secondary")
        found["secondaryEndpoints"] = {name: url for name, url in every.items() if name != "file"}
    return found


def _shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    if "privateEndpointConnections" not in found["properties"]:
        return {}
    return {"properties": {"privateEndpointConnections": private_links.every(practice, found)}}


def _ways(adding: Adding, method: Literal["PUT", "PATCH"]) -> Way | None:
    return SYNC if method == "PUT" and adding.before else None


def _removed(practice: Practice, found: Mapping[str, Any]) -> None:
    private_links.forget(practice, found["id"])
    blobs.forget(practice, found["id"])


def _check_availability(call: Call) -> Response:
    body = call.request.json()
    name = str(body.get("name") or "")
    if body.get("type") != ACCOUNT:
        raise _invalid("type")
    if not _NAME.fullmatch(name):
        reason, message = "AccountNameInvalid", _invalid_name(name)
    elif shelf.owner_of(call.practice, ACCOUNT, name) is not None:
        reason, message = "AlreadyExists", f"The storage account named {name} is already taken."
    else:
        return Response(200, {"nameAvailable": True})
    return Response(200, {"nameAvailable": False, "reason": reason, "message": message})


def _usages(call: Call) -> Response:
    here = call.parts.get("location", "")
    used = sum(
        1
        for one in shelf.below(call.practice, f"/subscriptions/{call.subscription}", ACCOUNT)
        if not here or one["location"] == facts.region(here)
    )
    counts = (
        ("StorageAccounts", "Storage Accounts", used, 250),
        ("StorageAccounts-AzureDNSZone", "AzureDNSZone Storage Accounts", 0, 5000),
    )
    return collection(
        [
            {"unit": "Count", "currentValue": now, "limit": most, "name": {"value": name, "localizedValue": said}}
            for name, said, now, most in counts[: 2 if call.version >= "2021" else 1]
        ]
    )  # fmt: skip


def _skus(call: Call) -> Response:
    del call
    regions = sorted(facts.regions())
    return collection(
        [
            {
                "resourceType": "storageAccounts", "name": name, "tier": name.partition("_")[0].removesuffix("V2"),
                "kind": kind, "locations": [region],
                "locationInfo": [{"location": region, "zones": []}],
                "capabilities": [{"name": "supportsnetworkacls", "value": "true"}], "restrictions": [],
            }
            for name, kinds in _SKUS.items() for kind in kinds for region in regions
        ]
    )  # fmt: skip


_EXAMPLE = {
    "sku": {"name": ""},
    "kind": "",
    "properties": {
        "accountType": "",
        "keyPolicy": {"keyExpirationPeriodInDays": 0},
        "networkAcls": {"virtualNetworkRules": [{"id": ""}], "ipRules": [{"value": ""}], "defaultAction": ""},
        "encryption": {
            "services": {"blob": {}, "file": {}, "queue": {}, "table": {}},
            "keySource": "",
            "keyvaultproperties": {"keyname": "", "keyversion": "", "keyvaulturi": ""},
        },
        "immutableStorageWithVersioning": {
            "enabled": False,
            "immutabilityPolicy": {"state": "", "immutabilityPeriodSinceCreationInDays": 0, "allowProtectedAppendWrites": False},
        },
        "isHnsEnabled": False, "isNfsV3Enabled": False, "allowBlobPublicAccess": False, "publicNetworkAccess": "",
    },
}  # fmt: skip
TYPES = (
    ResourceType(
        ACCOUNT,
        example=_EXAMPLE,
        way=LOCATED,
        ways=_ways,
        seconds=20,
        members=_MEMBERS,
        added=_account,
        completed=_completed,
        shown=_shown,
        rules=(_check_name, _check_sku, _check_change, _check_policies, _check_networks),
        change_rules=(_check_change, _check_policies, _check_networks),
        actions=storage_keys.ACTIONS,
        removed=_removed,
        unique=True,
        taken=_taken,
        polling="asyncoperations",
    ),
)
_HOME = "/subscriptions/{subscription}/providers/Microsoft.Storage"
OPERATIONS = (
    Operation("POST", f"{_HOME}/checkNameAvailability", _check_availability, "Microsoft.Storage/checkNameAvailability/read", strip=3),
    Operation("GET", f"{_HOME}/usages", _usages, "Microsoft.Storage/usages/read", strip=3),
    Operation("GET", f"{_HOME}/locations/{{location}}/usages", _usages, "Microsoft.Storage/locations/usages/read", strip=5),
    Operation("GET", f"{_HOME}/skus", _skus, "Microsoft.Storage/skus/read", strip=3),
)  # fmt: skip
