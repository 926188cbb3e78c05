"""Log Analytics: workspaces with their keys and tables, and workspaces that were deleted and can be recovered."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from wizard.practice.arm import ids, paths, shelf
from wizard.practice.arm.call import Call, Operation, collection, stamp
from wizard.practice.arm.kinds import stamps
from wizard.practice.arm.types import Acting, Adding, ResourceType, Way
from wizard.practice.kernel import Failure, Practice, Response

_TYPE = "Microsoft.OperationalInsights/workspaces"
_SKUS = {
    one.lower(): one
    for one in (
        "Free",
        "Standard",
        "Premium",
        "PerNode",
        "PerGB2018",
        "Standalone",
        "CapacityReservation",
        "LACluster",
        "Unlimited",
    )
}
_TABLE_KINDS = {"_CL": "CustomLog", "_SRCH": "SearchResults", "_RST": "RestoredLogs"}
_SINCE_LOCATION = "2020-10"
# The one version whose recordings show an Azure-AsyncOperation too.
_POLLED = "2021-06-01"
_SINCE_SLOW_REMOVAL = "2025"
_GOING = Way(202, body=False, waits=True, headers=("async", "location"), polls="full")
_KEPT = timedelta(days=14)
_TABLES = (
    "AzureActivity", "AzureDiagnostics", "AzureMetrics", "Heartbeat", "Syslog", "Perf", "Event", "Usage", "Operation", "AppTraces",
    "AppRequests", "AppExceptions", "AppDependencies", "AppAvailabilityResults", "AppEvents", "AppMetrics", "AppPageViews",
    "AppPerformanceCounters", "AppSystemEvents", "AppBrowserTimings", "ContainerLog", "ContainerLogV2", "InsightsMetrics",
    "KubePodInventory", "AmlComputeClusterEvent", "AmlComputeJobEvent", "StorageBlobLogs", "SecurityEvent",
)  # fmt: skip


def added(adding: Adding) -> dict[str, Any]:
    """What Azure adds to the properties of a workspace."""
    now = adding.call.clock.now()
    moment = stamp(now)
    midnight = stamp((now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0))
    capping = {"dailyQuotaGb": -1.0, "quotaNextResetTime": midnight, "dataIngestionStatus": "RespectQuota"}
    return {
        "source": "Azure",
        "enableFailover": False,
        "customerId": adding.kept("customerId", str(uuid.uuid4())),
        "retentionInDays": adding.kept("retentionInDays", 30),
        "features": {"legacy": 0, "searchVersion": 1, "enableLogAccessUsingOnlyResourcePermissions": True},
        "workspaceCapping": capping,
        "publicNetworkAccessForIngestion": adding.kept("publicNetworkAccessForIngestion", "Enabled"),
        "publicNetworkAccessForQuery": adding.kept("publicNetworkAccessForQuery", "Enabled"),
        "createdDate": adding.kept("createdDate", moment),
        "modifiedDate": moment,
    }


def _completed(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    lost = adding.state.get("deleted", adding.id.text) if adding.before is None else None
    if lost:
        # The same name in the same place within 14 days brings the old workspace back.
        kept = paths.laid_over(lost["properties"], adding.properties)
        made["properties"] = kept | {"provisioningState": "Succeeded"}
        adding.state.delete("deleted", adding.id.text)
    properties = made["properties"]
    before = ((lost or adding.before or {}).get("properties") or {}).get("sku") or {}
    given = properties.get("sku") or {}
    name = str(given.get("name") or before.get("name") or "PerGB2018")
    since = before.get("lastSkuUpdate") if before.get("name") == name else None
    properties["sku"] = {
        **before,
        **given,
        "name": _SKUS.get(name.lower(), name),
        "lastSkuUpdate": since or stamp(adding.call.clock.now()),
    }
    capping = added(adding)["workspaceCapping"]
    properties["workspaceCapping"] = {**capping, **(properties.get("workspaceCapping") or {})}
    own = hashlib.sha256(f"{adding.id.text}{stamp(adding.call.clock.now())}".encode()).hexdigest()
    made["etag"] = f'"{own[:8]}-0000-0600-0000-{own[8:16]}0000"'
    return made


def _ways(adding: Adding, method: Literal["PUT", "PATCH"]) -> Way | None:
    """What is new answers with its own address, in versions that do; what was there is changed at once."""
    recovered = adding.state.get("deleted", adding.id.text) is not None
    if method == "PATCH" or adding.before is not None or recovered:
        return Way(200)
    located = adding.call.version >= _SINCE_LOCATION
    polled = adding.call.version == _POLLED
    headers: tuple[Literal["async", "self"], ...] = ("async", "self") if polled else ("self",)
    return Way(201, waits=True, headers=headers if located else (), polls="full")


def _rules(adding: Adding) -> None:
    sku = (adding.properties.get("sku") or {}).get("name")
    if sku is not None and str(sku).lower() not in _SKUS:
        raise Failure(
            400,
            "InvalidParameter",
            f"'{sku}' is not a valid value for SKU name. Valid values: {', '.join(_SKUS.values())}.",
        )
    days = adding.properties.get("retentionInDays")
    least = 7 if str(sku).lower() == "free" else 4
    if days is not None and (not isinstance(days, int) or not (least <= days <= 730 or days == -1)):  # noqa: PLR2004 - two years
        raise Failure(
            400,
            "InvalidParameter",
            f"'{days}' is not a valid value for retentionInDays: it must be between 30 and 730.",
        )


def _purging(acting: Acting) -> None:
    """`force=true` deletes for good."""
    if str(acting.call.request.query.get("force", "")).lower() == "true":
        acting.found["_purge"] = True
        shelf.put(acting.call.practice, acting.id.text, acting.found)


def _removals(acting: Acting) -> Way | None:
    """Newer versions take their time over a deletion."""
    return _GOING if acting.call.version >= _SINCE_SLOW_REMOVAL else None


def _removed(practice: Practice, found: Mapping[str, Any]) -> None:
    if found.get("_purge"):
        practice.state.delete("deleted", str(found["id"]))


def _shared_keys(acting: Acting) -> Response:
    keys = acting.found.get("_sharedKeys") or [_fresh(), _fresh()]
    shelf.put(acting.call.practice, acting.id.text, acting.found | {"_sharedKeys": keys})
    return Response(200, {"primarySharedKey": keys[0], "secondarySharedKey": keys[1]})


def _fresh() -> str:
    return base64.b64encode(secrets.token_bytes(64)).decode()


def _regenerated(acting: Acting) -> Response:
    return _shared_keys(Acting(acting.call, acting.id, acting.found | {"_sharedKeys": None}, acting.body))


def _schema(acting: Acting) -> Response:
    del acting
    column = {
        "indexed": True,
        "stored": True,
        "facet": True,
        "hidden": False,
        "display": True,
        "extraction": None,
        "common": True,
    }
    names = {
        "TenantId": "Guid",
        "TimeGenerated": "DateTime",
        "Computer": "String",
        "SourceSystem": "String",
        "Type": "String",
    }
    fields = [
        {"name": name, "displayName": name, "type": kind, **column, "ownerType": list(_TABLES)}
        for name, kind in names.items()
    ]
    metadata = {"schema": {"name": "CloudOps", "version": 2}, "resultType": "schema", "requestTime": 20}
    return Response(200, {"__metadata": metadata, "value": fields})


def _deleted(call: Call) -> Response:
    """Workspaces that were deleted in the last 14 days."""
    home = call.path.rsplit("/", 3)[0]
    now = call.clock.now().timestamp()
    items = [
        {name: value for name, value in found.items() if not name.startswith("_")}
        for _, found in call.state.all("deleted")
        if found["type"] == _TYPE
        and ids.covers(home, found["id"])
        and now - float(found["_deleted"]) < _KEPT.total_seconds()
    ]
    return collection(items)


_STANDARD = [
    {
        "name": name,
        "type": kind,
        "description": words,
        "isDefaultDisplay": True,
        "isHidden": name == "TenantId",
    }
    for name, kind, words in (
        ("TenantId", "guid", "ID of the workspace that stores this record"),
        ("SourceSystem", "string", "Type of agent the data was collected from."),
        ("TimeGenerated", "datetime", "Date and time the record was created."),
    )
]


def _table(adding: Adding) -> dict[str, Any]:
    return _retained(
        {**(adding.before or {}).get("properties", {}), **adding.properties},
        adding.id.leaf,
        stamp(adding.call.clock.now()),
    )


def _retained(properties: Mapping[str, Any], name: str, moment: str) -> dict[str, Any]:
    days = properties.get("retentionInDays")
    total = properties.get("totalRetentionInDays")
    kept = 30 if days in (None, -1) else days
    whole = kept if total in (None, -1) else total
    custom = name.endswith(("_CL", "_SRCH", "_RST"))
    given = properties.get("schema") or {}
    shape = {
        "tableSubType": "DataCollectionRuleBased" if custom else "Any",
        "name": name,
        "tableType": next((kind for end, kind in _TABLE_KINDS.items() if name.endswith(end)), "Microsoft"),
        "standardColumns": _STANDARD,
        "solutions": ["LogManagement"],
        "isTroubleshootingAllowed": True,
    }
    # The results of a search have the columns of what was searched.
    own = given.get("columns") or (_STANDARD if name.endswith("_SRCH") else ())
    columns = [{"isDefaultDisplay": False, "isHidden": False, **one} for one in own]
    return {
        "plan": properties.get("plan") or "Analytics",
        "retentionInDays": kept,
        "totalRetentionInDays": whole,
        "archiveRetentionInDays": max(0, whole - kept),
        "retentionInDaysAsDefault": days in (None, -1),
        "totalRetentionInDaysAsDefault": total in (None, -1),
        "lastPlanModifiedDate": moment,
        "schema": {**shape, **({"columns": columns} if columns else {})},
    }


def _table_completed(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    given = made["properties"]
    fresh = _retained(given, adding.id.leaf, stamp(adding.call.clock.now()))
    properties = {**given, **fresh, "RetentionInDays": fresh["retentionInDays"]}
    properties |= {"createDate": fresh["lastPlanModifiedDate"], "createdBy": adding.call.caller.object_id}
    return made | {"properties": properties, "systemData": stamps.system(adding)}


def _table_rules(adding: Adding) -> None:
    """Custom tables say so in their names."""
    name = adding.id.leaf
    if adding.before is None and name not in _TABLES and not name.endswith(("_CL", "_SRCH", "_RST")):
        raise Failure(
            400,
            "InvalidParameter",
            f"The table name '{name}' is not valid: the name of a custom table ends with _CL, _SRCH or _RST.",
        )


def _table_ways(adding: Adding, method: Literal["PUT", "PATCH"]) -> Way | None:
    del adding
    return Way(200) if method == "PATCH" else None


_LATER = Way(202, body=False, waits=True, headers=("async", "location"), polls="full", yields=True)
TYPES = (
    ResourceType(
        _TYPE,
        way=Way(waits=True),
        ways=_ways,
        seconds=12,
        members=frozenset({"location", "tags", "identity", "properties", "sku"}),
        added=added,
        completed=_completed,
        rules=(_rules,),
        change_rules=(_rules,),
        before_removal=(_purging,),
        removals=_removals,
        removed=_removed,
        keeps_deleted=True,
        actions={"sharedkeys": _shared_keys, "listkeys": _shared_keys, "regeneratesharedkey": _regenerated, "schema": _schema},
        polling="operationstatuses",
        rule=re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]"),
        says="The workspace name must be 4 to 63 characters long: letters, digits and hyphens, and a letter or digit at both ends.",
        says_code="InvalidParameter",
    ),
    ResourceType(
        f"{_TYPE}/tables",
        way=_LATER,
        ways=_table_ways,
        removal=Way(202, body=False, waits=True, headers=("async", "location"), polls="full"),
        seconds=15,
        removal_seconds=10,
        tracked=False,
        members=frozenset({"properties"}),
        added=_table,
        completed=_table_completed,
        rules=(_table_rules,),
        implicit=frozenset(name.lower() for name in _TABLES),
        defaults={"properties": {"provisioningState": "Succeeded"}},
        shown=lambda practice, found: {} if found["properties"].get("schema") else {"properties": _retained({}, found["name"], stamp(practice.clock.now()))},
        polling="operationstatuses",
    ),
    *(
        ResourceType(f"{_TYPE}/{kind}", tracked=False, state=state, members=frozenset({"properties", "kind", "tags", "etag"}))
        for kind, state in (("linkedServices", True), ("linkedStorageAccounts", False), ("savedSearches", False), ("dataSources", False), ("dataExports", False))
    ),
)  # fmt: skip
_RIGHT = "Microsoft.OperationalInsights/deletedWorkspaces/read"
OPERATIONS = (
    Operation(
        "GET", "{home}/providers/Microsoft.OperationalInsights/deletedWorkspaces", _deleted, _RIGHT, strip=3
    ),
)
