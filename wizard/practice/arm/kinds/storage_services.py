"""What is in a storage account: blob, file, queue and table services, containers, shares, life cycle and scopes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wizard.practice.arm import ids, shelf
from wizard.practice.arm.ids import Id
from wizard.practice.arm.kinds import stamps
from wizard.practice.arm.kinds.storage_containers import NAME_SAYS, inside
from wizard.practice.arm.types import Adding, ResourceType, Way
from wizard.practice.kernel import Failure, Practice

_ACCOUNT = "Microsoft.Storage/storageAccounts"
_ALWAYS_200 = Way(200)
_PLAIN = frozenset({"properties", "sku"})
_SHARE = re.compile(r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


def _no_policy(id: Id) -> Failure:  # noqa: A002 - what it is
    account = id.parent.leaf if id.parent else ""
    return Failure(404, "ManagementPolicyNotFound", f"No ManagementPolicy found for account {account}")


def _with_sku(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    """A service has the sku of its account."""
    parent = ids.parse(str(found["id"])).parent
    account = shelf.stored(practice, parent.text) if parent else None
    return {"sku": account.get("sku") or {"name": "Standard_LRS", "tier": "Standard"}} if account else {}


def _service_written(adding: Adding, shown: dict[str, Any]) -> dict[str, Any]:
    """A service echoes what it was sent; with nothing to say, not even its id."""
    if "properties" not in adding.body:
        return {name: adding.body[name] for name in ("name",) if name in adding.body}
    sent = {name: shown["properties"].get(name, value) for name, value in adding.properties.items()}
    return {name: shown[name] for name in ("id", "name", "type")} | {"properties": sent}


_TRACKING = {"name": "AccessTimeTracking", "trackingGranularityInDays": 1, "blobType": ["blockBlob"]}


def _blob_service(adding: Adding, document: dict[str, Any]) -> dict[str, Any]:
    held = (adding.before or {}).get("properties", {})
    properties = {"cors": {"corsRules": []}} | held | document["properties"]
    retention = properties.get("deleteRetentionPolicy") or {}
    more = {"allowPermanentDelete": False} if adding.call.version >= "2021-02" else {}
    properties["deleteRetentionPolicy"] = more | {"enabled": False} | retention
    if tracking := properties.get("lastAccessTimeTrackingPolicy"):
        properties["lastAccessTimeTrackingPolicy"] = tracking | (_TRACKING if tracking.get("enable") else {})
    return document | {"properties": properties}


def _check_multichannel(adding: Adding) -> None:
    smb = (adding.properties.get("protocolSettings") or {}).get("smb") or {}
    parent = adding.id.parent
    account = shelf.stored(adding.practice, parent.text) if parent else None
    if (
        (smb.get("multichannel") or {}).get("enabled")
        and account
        and account.get("kind", "FileStorage") != "FileStorage"
    ):
        raise Failure(
            409, "FeatureNotSupportedForAccount", "SMB Multichannel is not supported for the account."
        )


def _check_retention(adding: Adding) -> None:
    for name in ("deleteRetentionPolicy", "containerDeleteRetentionPolicy", "shareDeleteRetentionPolicy"):
        policy = adding.properties.get(name) or {}
        days = policy.get("days")
        if policy.get("enabled") and not (isinstance(days, int) and 1 <= days <= 365):  # noqa: PLR2004 - a year
            raise Failure(
                400,
                "InvalidValuesForRequestParameters",
                f"Values for request parameters are invalid: {name}.",
            )


def _policy(adding: Adding, document: dict[str, Any]) -> dict[str, Any]:
    properties = document["properties"] | {"lastModifiedTime": stamps.now(adding)}
    policy = properties.get("policy") or {}
    rules = [{"enabled": True} | one for one in policy.get("rules") or () if isinstance(one, dict)]
    properties["policy"] = {**policy, "rules": rules}
    return document | {"name": "DefaultManagementPolicy", "properties": properties}


def _check_lifecycle(adding: Adding) -> None:
    rules = (adding.properties.get("policy") or {}).get("rules")
    if not isinstance(rules, list) or not rules:
        raise Failure(
            400,
            "InvalidValuesForRequestParameters",
            "Values for request parameters are invalid: policy.rules.",
        )


def _scope(adding: Adding) -> dict[str, Any]:
    now = stamps.now(adding)
    return {
        "source": adding.kept("source", "Microsoft.Storage"),
        "state": adding.kept("state", "Enabled"),
        "creationTime": adding.kept("creationTime", now),
        "lastModifiedTime": now,
    }


_SERVICE = {
    "properties": {
        "cors": {"corsRules": [{}]},
        "deleteRetentionPolicy": {"enabled": False, "days": 0},
        "containerDeleteRetentionPolicy": {"enabled": False, "days": 0},
        "shareDeleteRetentionPolicy": {"enabled": False, "days": 0},
        "lastAccessTimeTrackingPolicy": {"enable": False},
        "protocolSettings": {"smb": {"multichannel": {"enabled": False}}},
    }
}


def _service(name: str, **rest: Any) -> ResourceType:
    return ResourceType(
        f"{_ACCOUNT}/{name}",
        way=_ALWAYS_200,
        example=_SERVICE,
        members=_PLAIN,
        tracked=False,
        state=False,
        implicit=frozenset({"default"}),
        shown=_with_sku,
        written=_service_written,
        rule=re.compile("default"),
        says=NAME_SAYS,
        says_code="InvalidResourceName",
        **rest,
    )


_BLOB_DEFAULTS = {
    "properties": {
        "cors": {"corsRules": []},
        "deleteRetentionPolicy": {"allowPermanentDelete": False, "enabled": False},
    }
}
_FILE_DEFAULTS = {
    "properties": {
        "protocolSettings": {"smb": {}},
        "cors": {"corsRules": []},
        "shareDeleteRetentionPolicy": {"enabled": True, "days": 7},
    }
}
_ANY = re.compile(r".{1,260}")
TYPES = (
    _service("blobServices", defaults=_BLOB_DEFAULTS, completed=_blob_service, rules=(_check_retention,)),
    _service("fileServices", defaults=_FILE_DEFAULTS, rules=(_check_multichannel, _check_retention)),
    _service("queueServices", defaults={"properties": {"cors": {"corsRules": []}}}),
    _service("tableServices", defaults={"properties": {"cors": {"corsRules": []}}}),
    inside("queueServices/queues", _SHARE, way=_ALWAYS_200),
    inside("tableServices/tables", re.compile(r"[A-Za-z][A-Za-z0-9]{2,62}"), way=_ALWAYS_200),
    inside(
        "managementPolicies",
        re.compile("default"),
        way=_ALWAYS_200,
        completed=_policy,
        absent=_no_policy,
        rules=(_check_lifecycle,),
        orphan="resource",
    ),
    inside("encryptionScopes", _ANY, added=_scope),
)
