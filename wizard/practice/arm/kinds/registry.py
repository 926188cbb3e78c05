"""Container Registry: registries with their credentials, policies and copies in other regions."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any, Literal

from wizard.practice.arm import paths, shelf
from wizard.practice.arm.call import Call, Operation
from wizard.practice.arm.ids import Id
from wizard.practice.arm.kinds import private_links, stamps
from wizard.practice.arm.kinds import registry_actions as actions
from wizard.practice.arm.kinds.registry_actions import REGISTRY
from wizard.practice.arm.types import Acting, Adding, ResourceType, Way
from wizard.practice.kernel import Failure, Practice, Response

_SKUS = ("Basic", "Standard", "Premium")
_NAME = re.compile(r"[A-Za-z0-9]{5,50}")
_AT_ONCE = Way(200)
_BEGUN = Way(201, waits=True, headers=("async",), polls="named")
_GOING = Way(202, waits=True, headers=("location",))
_SYSTEM_SINCE = "2020-11"
_TURNED = {"enabled", "disabled"}


def _sku(body: Mapping[str, Any]) -> str:
    return str((body.get("sku") or {}).get("name") or "")


def _premium(body: Mapping[str, Any]) -> bool:
    return _sku(body).lower() == "premium"


def _taken(id: Id) -> Failure:  # noqa: A002 - what it is
    return Failure(
        409,
        "AlreadyInUse",
        f"The registry DNS name {id.leaf.lower()}.azurecr.io is already in use. You can check if the name is already claimed using"
        " following API: https://docs.microsoft.com/en-us/rest/api/containerregistry/registries/checknameavailability",
        shape="status",
    )


def _check_sku(adding: Adding) -> None:
    name = _sku(adding.body)
    if name.lower() == "classic" and adding.call.version >= "2019":
        raise actions.bad(
            "ClassicSkuDeprecated", "Classic SKU is now deprecated. Please select a managed SKU."
        )
    if name.lower() not in {one.lower() for one in (*_SKUS, "Classic")}:
        raise actions.bad("InvalidSku", f"The SKU '{name}' is not one of {', '.join(_SKUS)}.")


def _check_premium(adding: Adding) -> None:
    """What only a Premium registry has (the words are ours)."""
    body = adding.body if adding.body.get("sku") else (adding.before or adding.body)
    if _premium(body):
        return
    given = adding.properties
    policies = given.get("policies") or {}
    wanted = {
        "retention policy": (policies.get("retentionPolicy") or {}).get("status"),
        "content trust": (policies.get("trustPolicy") or {}).get("status"),
        "network rules": "enabled"
        if (given.get("networkRuleSet") or {}).get("defaultAction") == "Deny"
        else "",
        "disabled public network access": "enabled" if given.get("publicNetworkAccess") == "Disabled" else "",
        "dedicated data endpoints": "enabled" if given.get("dataEndpointEnabled") else "",
        "zone redundancy": str(given.get("zoneRedundancy") or "").lower(),
        "encryption with a customer's key": (given.get("encryption") or {}).get("status"),
    }
    for what, state in wanted.items():
        if str(state).lower() == "enabled":
            raise actions.bad(
                "SkuNotSupported",
                f"The resource type registries with {what} is not supported for SKU {_sku(body) or 'Basic'}. Please use the"
                " Premium SKU.",
            )


def _check_retention(adding: Adding) -> None:
    policy = (adding.properties.get("policies") or {}).get("retentionPolicy") or {}
    days = policy.get("days")
    if days is not None and not (isinstance(days, int) and 0 <= days <= 365):  # noqa: PLR2004 - a year
        raise actions.bad("InvalidRetentionDays", "The retention days must be between 0 and 365.")
    if policy.get("status") is not None and str(policy["status"]).lower() not in _TURNED:
        raise actions.bad("InvalidPolicyStatus", "The status of a policy must be enabled or disabled.")


def _policies(adding: Adding) -> dict[str, Any]:
    now = stamps.now(adding)
    found: dict[str, Any] = {
        "quarantinePolicy": {"status": "disabled"},
        "trustPolicy": {"type": "Notary", "status": "disabled"},
        "retentionPolicy": {"days": 7, "lastUpdatedTime": now, "status": "disabled"},
    }
    if adding.call.version >= "2021":
        found["exportPolicy"] = {"status": "enabled"}
    if adding.call.version >= "2021-08":
        found["azureADAuthenticationAsArmPolicy"] = {"status": "enabled"}
        found["softDeletePolicy"] = {"retentionDays": 7, "lastUpdatedTime": now, "status": "disabled"}
    return found


def _registry(adding: Adding) -> dict[str, Any]:
    version = adding.call.version
    made: dict[str, Any] = {
        "loginServer": f"{adding.id.leaf.lower()}.azurecr.io",
        "creationDate": stamps.once(adding, "creationDate"),
        "adminUserEnabled": adding.kept("adminUserEnabled", fresh=False),
    }
    if version >= "2019":
        made["policies"] = adding.kept("policies", _policies(adding))
    if _premium(adding.body):
        rules: dict[str, Any] = {"defaultAction": "Allow", "ipRules": []}
        made["networkRuleSet"] = rules | ({"virtualNetworkRules": []} if version < "2021" else {})
    if version >= _SYSTEM_SINCE:
        made |= {
            "encryption": {"status": "disabled"},
            "dataEndpointEnabled": False,
            "dataEndpointHostNames": [],
            "privateEndpointConnections": [],
            "publicNetworkAccess": "Enabled",
            "networkRuleBypassOptions": "AzureServices",
            "zoneRedundancy": "Disabled",
        }
    if version >= "2021":
        made["anonymousPullEnabled"] = False
    if version >= "2023-11":
        made["metadataSearch"] = "Disabled"
    return made


def _completed(adding: Adding, document: dict[str, Any]) -> dict[str, Any]:
    made = stamps.stamped(adding, document, _SYSTEM_SINCE)
    sku = next((one for one in (*_SKUS, "Classic") if one.lower() == _sku(made).lower()), "Basic")
    made["sku"] = {"name": sku, "tier": sku}
    properties = made["properties"]
    if "policies" in properties:
        properties["policies"] = paths.laid_over(_policies(adding), properties["policies"])
    key = (properties.get("encryption") or {}).get("keyVaultProperties")
    if key:
        properties["encryption"]["keyVaultProperties"] = _current_key(adding, key)
    if properties.get("dataEndpointEnabled"):
        properties["dataEndpointHostNames"] = [f"{adding.id.leaf.lower()}.{made['location']}.data.azurecr.io"]
    if properties.get("zoneRedundancy") == "Enabled":
        _home_replica(adding, made)
    made["_passwords"] = (adding.before or {}).get("_passwords") or {
        "password": actions.password(), "password2": actions.password()
    }  # fmt: skip
    return made


def _current_key(adding: Adding, key: Mapping[str, Any]) -> dict[str, Any]:
    """The customer's key with the version that is in use."""
    named = str(key.get("keyIdentifier") or "").rstrip("/")
    versioned = re.fullmatch(r".*/keys/[^/]+/[0-9a-f]{32}", named) is not None
    current = (
        named if versioned else str(key.get("versionedKeyIdentifier") or f"{named}/{secrets.token_hex(16)}")
    )
    turned = {"keyRotationEnabled": not versioned, "lastKeyRotationTimestamp": actions.stamps_of(adding.call)}
    return {**key, "versionedKeyIdentifier": current, **turned}


def _shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    if "privateEndpointConnections" not in found["properties"]:
        return {}
    return {"properties": {"privateEndpointConnections": private_links.every(practice, found)}}


def _ways(adding: Adding, method: Literal["PUT", "PATCH"]) -> Way | None:
    """Newer API versions make a registry step by step; what is there changes at once, but for anonymous pull."""
    if method == "PATCH":
        return _BEGUN if "anonymousPullEnabled" in adding.properties else _AT_ONCE
    if adding.before:
        return _BEGUN if _premium(adding.body) and "2022" <= adding.call.version < "2023" else _AT_ONCE
    given = adding.properties
    slow = "anonymousPullEnabled" in given or given.get("zoneRedundancy") == "Enabled"
    return _BEGUN if slow or adding.call.version >= "2022" else _AT_ONCE


def _removals(acting: Acting) -> Way | None:
    """A registry with copies in other regions goes one by one."""
    copies = shelf.children(acting.call.practice, acting.id.text, f"{REGISTRY}/replications")
    return _GOING if copies else None


def _check_availability(call: Call) -> Response:
    body = call.request.json()
    name = str(body.get("name") or "")
    if body.get("type") != REGISTRY:
        raise actions.bad("InvalidResourceType", f"The type must be {REGISTRY}.")
    if not _NAME.fullmatch(name):
        message = (
            f"The registry {name} is invalid. The name must be between 5 and 50 characters in length and use numbers and"
            " letters only."
        )
        return Response(200, {"nameAvailable": False, "reason": "Invalid", "message": message})
    if shelf.owner_of(call.practice, REGISTRY, name) is not None:
        message = f"The registry {name} is already in use."
        return Response(200, {"nameAvailable": False, "reason": "AlreadyExists", "message": message})
    return Response(200, {"nameAvailable": True})


def _check_parent_premium(adding: Adding) -> None:
    parent = shelf.stored(adding.practice, adding.id.parent.text) if adding.id.parent else None
    if parent and not _premium(parent):
        raise actions.bad(
            "SkuNotSupported",
            f"The resource type {adding.id.type.rpartition('/')[2]} is not supported for the SKU {_sku(parent)}. Please use"
            " the Premium SKU.",
        )


def _replica(adding: Adding) -> dict[str, Any]:
    return {
        "status": {"displayStatus": "Ready", "timestamp": stamps.now(adding)},
        "regionEndpointEnabled": adding.kept("regionEndpointEnabled", fresh=True),
        "zoneRedundancy": adding.kept("zoneRedundancy", "Disabled"),
    }


def _home_replica(adding: Adding, registry: Mapping[str, Any]) -> None:
    """A registry with copies is one of them itself, in its own region."""
    key = f"{registry['id']}/replications/{registry['location']}"
    if shelf.stored(adding.practice, key) is not None:
        return
    zones = registry["properties"].get("zoneRedundancy", "Disabled")
    properties = {
        "provisioningState": "Succeeded", "status": {"displayStatus": "Ready", "timestamp": stamps.now(adding)},
        "regionEndpointEnabled": True, "zoneRedundancy": zones,
    }  # fmt: skip
    document = {
        "id": key,
        "name": registry["location"],
        "type": f"{REGISTRY}/replications",
        "location": registry["location"],
    }
    document |= {"tags": {}, "properties": properties, "systemData": stamps.system(adding)}
    shelf.put(adding.practice, key, document)


def _copied(adding: Adding, document: dict[str, Any]) -> dict[str, Any]:
    parent = shelf.stored(adding.practice, adding.id.parent.text) if adding.id.parent else None
    if parent and parent.get("location"):
        _home_replica(adding, parent)
    return _dated(adding, document)


def _dated(adding: Adding, document: dict[str, Any]) -> dict[str, Any]:
    return stamps.stamped(adding, document, _SYSTEM_SINCE)


def _replica_ways(adding: Adding, method: Literal["PUT", "PATCH"]) -> Way | None:
    if method == "PATCH":
        return _BEGUN if adding.properties else _AT_ONCE
    same = adding.before and adding.call.version >= "2023" and adding.call.version < "2023-08"
    return _AT_ONCE if same else _BEGUN


def _plain(adding: Adding) -> dict[str, Any]:
    return {"creationDate": stamps.once(adding, "creationDate")}


def _webhook(adding: Adding) -> dict[str, Any]:
    return {"status": adding.kept("status", "enabled"), "scope": adding.kept("scope", "")}


def _inside(name: str, rule: re.Pattern[str], **rest: Any) -> ResourceType:
    return ResourceType(
        f"{REGISTRY}/{name}",
        way=_BEGUN,
        change=_BEGUN,
        removal=Way(202, body=False, waits=True, headers=("location",)),
        polled="resource",
        seconds=15,
        removal_seconds=10,
        style="status",
        rule=rule,
        says="The name is not valid: 5 to 50 letters and digits.",
        says_code="InvalidResourceName",
        **rest,
    )


_INNER = re.compile(r"[A-Za-z0-9-]{1,63}")
_EXAMPLE = {
    "sku": {"name": ""},
    "properties": {
        "policies": {
            "quarantinePolicy": {}, "trustPolicy": {"status": ""}, "exportPolicy": {}, "softDeletePolicy": {},
            "retentionPolicy": {"status": "", "days": 0}, "azureADAuthenticationAsArmPolicy": {},
        },
        "encryption": {"status": "", "keyVaultProperties": {"keyIdentifier": "", "versionedKeyIdentifier": ""}},
        "networkRuleSet": {"defaultAction": "", "ipRules": [{}]}, "adminUserEnabled": False, "zoneRedundancy": "",
        "publicNetworkAccess": "", "dataEndpointEnabled": False, "anonymousPullEnabled": False,
    },
}  # fmt: skip
TYPES = (
    ResourceType(
        REGISTRY,
        example=_EXAMPLE,
        way=_BEGUN,
        ways=_ways,
        polled="resource",
        seconds=15,
        removal_seconds=10,
        added=_registry,
        completed=_completed,
        shown=_shown,
        rules=(_check_sku, _check_premium, _check_retention),
        change_rules=(_check_premium, _check_retention),
        actions={
            "listcredentials": actions.credentials,
            "regeneratecredential": actions.renew,
            "generatecredentials": actions.token_credentials,
            "importimage": actions.import_image,
            "listbuildsourceuploadurl": actions.upload_url,
            "schedulerun": actions.run,
        },
        removed=lambda practice, found: private_links.forget(practice, found["id"]),
        removals=_removals,
        unique=True,
        taken=_taken,
        style="status",
        rule=_NAME,
        says="Registry names may contain only alpha numeric characters and must be between 5 and 50 characters.",
        says_code="InvalidRegistryName",
    ),
    _inside(
        "replications",
        _INNER,
        added=_replica,
        completed=_copied,
        ways=_replica_ways,
        rules=(_check_parent_premium,),
    ),
    _inside("webhooks", re.compile(r"[A-Za-z0-9]{5,50}"), added=_webhook, completed=_dated),
    _inside(
        "tokens",
        re.compile(r"[A-Za-z0-9-]{5,50}"),
        added=_plain,
        completed=_dated,
        tracked=False,
        rules=(_check_parent_premium,),
    ),
    _inside(
        "scopeMaps",
        re.compile(r"[A-Za-z0-9_-]{5,50}"),
        added=_plain,
        completed=_dated,
        tracked=False,
        rules=(_check_parent_premium,),
    ),
)
_HOME = "/subscriptions/{subscription}/providers/Microsoft.ContainerRegistry"
OPERATIONS = (
    Operation("POST", f"{_HOME}/checkNameAvailability", _check_availability, "Microsoft.ContainerRegistry/checkNameAvailability/read", strip=3),
    Operation("GET", "{resource}/listUsages", actions.usages, "{type}/listUsages/read", strip=1),
)  # fmt: skip
