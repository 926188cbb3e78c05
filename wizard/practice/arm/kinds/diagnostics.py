"""Diagnostic settings: where a resource sends its logs and metrics."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from wizard.practice.arm import ids, shelf
from wizard.practice.arm.call import Call, Operation, collection
from wizard.practice.arm.types import Adding, ResourceType, Way
from wizard.practice.kernel import Failure, Response

_TYPE = "Microsoft.Insights/diagnosticSettings"
_SINKS = (
    "workspaceId",
    "storageAccountId",
    "eventHubAuthorizationRuleId",
    "marketplacePartnerId",
    "serviceBusRuleId",
)
_BLOBS = ("StorageRead", "StorageWrite", "StorageDelete")
_CATEGORIES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "microsoft.machinelearningservices/workspaces": (
        (
            "AmlComputeClusterEvent", "AmlComputeClusterNodeEvent", "AmlComputeJobEvent", "AmlComputeCpuGpuUtilization",
            "AmlRunStatusChangedEvent", "ModelsChangeEvent", "ModelsReadEvent", "ModelsActionEvent", "DeploymentReadEvent",
            "DeploymentEventACI", "DeploymentEventAKS", "InferencingOperationAKS", "InferencingOperationACI",
            "EnvironmentChangeEvent", "EnvironmentReadEvent", "DataLabelChangeEvent", "DataLabelReadEvent",
            "ComputeInstanceEvent", "DataStoreChangeEvent", "DataStoreReadEvent", "DataSetChangeEvent", "DataSetReadEvent",
            "PipelineChangeEvent", "PipelineReadEvent", "RunEvent", "RunReadEvent",
        ),
        ("AllMetrics",),
    ),
    "microsoft.storage/storageaccounts": ((), ("Transaction", "Capacity")),
    "microsoft.storage/storageaccounts/blobservices": (_BLOBS, ("Transaction", "Capacity")),
    "microsoft.storage/storageaccounts/fileservices": (_BLOBS, ("Transaction", "Capacity")),
    "microsoft.keyvault/vaults": (("AuditEvent", "AzurePolicyEvaluationDetails"), ("AllMetrics",)),
    "microsoft.containerregistry/registries": (
        ("ContainerRegistryLoginEvents", "ContainerRegistryRepositoryEvents"), ("AllMetrics",),
    ),
    "microsoft.containerservice/managedclusters": (
        (
            "kube-apiserver", "kube-audit", "kube-audit-admin", "kube-controller-manager", "kube-scheduler", "cluster-autoscaler",
            "cloud-controller-manager", "guard", "csi-azuredisk-controller", "csi-azurefile-controller", "csi-snapshot-controller",
        ),
        ("AllMetrics",),
    ),
    "microsoft.network/networksecuritygroups": (("NetworkSecurityGroupEvent", "NetworkSecurityGroupRuleCounter"), ()),
    "microsoft.network/virtualnetworks": (("VMProtectionAlerts",), ("AllMetrics",)),
    "microsoft.network/publicipaddresses": (
        ("DDoSProtectionNotifications", "DDoSMitigationFlowLogs", "DDoSMitigationReports"), ("AllMetrics",),
    ),
    "microsoft.network/bastionhosts": (("BastionAuditLogs",), ("AllMetrics",)),
    "microsoft.network/azurefirewalls": (
        (
            "AzureFirewallApplicationRule", "AzureFirewallNetworkRule", "AzureFirewallDnsProxy", "AZFWNetworkRule",
            "AZFWApplicationRule", "AZFWNatRule", "AZFWThreatIntel", "AZFWIdpsSignature", "AZFWDnsQuery", "AZFWFqdnResolveFailure",
            "AZFWFatFlow", "AZFWFlowTrace", "AZFWApplicationRuleAggregation", "AZFWNetworkRuleAggregation",
            "AZFWNatRuleAggregation",
        ),
        ("AllMetrics",),
    ),
    "microsoft.operationalinsights/workspaces": (("Audit", "SummaryLogs"), ("AllMetrics",)),
}  # fmt: skip
_GROUPS = frozenset({"allLogs", "audit"})


def _refused(message: str, code: str = "BadRequest", status: int = 400) -> Failure:
    return Failure(status, code, message)


def _there(adding: Adding) -> None:
    """What the setting is on."""
    shelf.must(adding.practice, adding.id.scope)


def _sinks(adding: Adding) -> None:
    """At least one place to send to, and each of them is there."""
    given = [name for name in _SINKS if adding.properties.get(name)]
    if not given:
        raise _refused("At least one data sink needs to be specified.")
    for name in ("workspaceId", "storageAccountId"):
        wanted = adding.properties.get(name)
        if wanted and shelf.stored(adding.practice, str(wanted)) is None:
            raise _refused(f"Resource '{wanted}' of {name} was not found.", "ResourceNotFound", 404)


def _categories(adding: Adding) -> None:
    """Only what the resource logs, and nothing twice to the same place."""
    known = _CATEGORIES.get(adding.id.scope.type.lower())
    for which, names in (("logs", known[0] if known else ()), ("metrics", known[1] if known else ())):
        for one in adding.properties.get(which) or ():
            _category(one, known is not None, {*names, *(("AllMetrics",) if which == "metrics" else ())})
    mine = set(_sent(adding.properties))
    for _, other in adding.state.under("resource", f"{adding.id.scope.text}/providers/{_TYPE}/"):
        if ids.same(other["id"], adding.id.text):
            continue
        for sink, category in mine & set(_sent(other["properties"])):
            raise _refused(
                f"Data sink '{sink}' is already used in diagnostic setting '{other['name']}' for category '{category}'. Data"
                " sinks can't be reused in different settings on the same category for the same resource.",
                "Conflict",
                409,
            )


def _category(one: Any, strict: bool, names: set[str]) -> None:
    category, group = one.get("category"), one.get("categoryGroup")
    if bool(category) == bool(group):
        raise _refused(
            "Either category or categoryGroup needs to be specified for each log or metric, and not both."
        )
    if category and strict and category not in names:
        raise _refused(f"Category '{category}' is not supported.")
    if group and group not in _GROUPS:
        raise _refused(f"Category group '{group}' is not supported.")


def _sent(properties: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in _SINKS:
        for one in [*(properties.get("logs") or ()), *(properties.get("metrics") or ())]:
            if properties.get(name) and one.get("enabled"):
                yield str(properties[name]).lower(), str(one.get("category") or one.get("categoryGroup"))


def _completed(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    del adding
    properties: dict[str, Any] = {
        **dict.fromkeys((*_SINKS, "eventHubName", "logAnalyticsDestinationType")),
        "logs": [],
        "metrics": [],
    }
    properties |= made["properties"]
    kept = {"enabled": False, "days": 0}
    for which in ("logs", "metrics"):
        empty = (
            {"category": None, "categoryGroup": None}
            if which == "logs"
            else {"category": None, "timeGrain": None}
        )
        properties[which] = [
            {**empty, "enabled": False, "retentionPolicy": kept, **one} for one in properties[which] or ()
        ]
    return made | {"properties": properties, "identity": None, "kind": None, "location": None, "tags": None}


def _list(call: Call) -> Response:
    shelf.must(call.practice, ids.parse(call.parts["resource"]))
    home = f"{ids.parse(call.parts['resource']).text}/providers/{_TYPE}/"
    return collection(
        [shelf.current(call.practice, key) or {} for key, _ in call.state.under("resource", home)]
    )


def _listed(call: Call) -> Response:
    """What a resource can send."""
    key = ids.parse(call.parts["resource"])
    shelf.must(call.practice, key)
    logs, metrics = _CATEGORIES.get(key.type.lower(), ((), ("AllMetrics",)))
    items = [(name, "Logs", ["allLogs"]) for name in logs] + [(name, "Metrics", []) for name in metrics]
    kind = "Microsoft.Insights/diagnosticSettingsCategories"
    return collection(
        [
            {
                "id": f"{key.text}/providers/{kind}/{name}",
                "type": kind,
                "name": name,
                "location": None,
                "kind": None,
                "tags": None,
                "properties": {"categoryType": which, "categoryGroups": groups},
                "identity": None,
            }
            for name, which, groups in items
        ]
    )


TYPES = (
    ResourceType(
        _TYPE,
        way=Way(200),
        tracked=False,
        state=False,
        seconds=2,
        members=frozenset({"properties", "location", "tags", "kind", "identity"}),
        completed=_completed,
        rules=(_there, _sinks, _categories),
        rule=re.compile(r"[^*<>%:&?\\+/]{0,259}[^*<>%:&?\\+/ ]"),
        says="The diagnostic setting name is not valid.",
        says_code="BadRequest",
    ),
)
OPERATIONS = (
    Operation("GET", f"{{resource}}/providers/{_TYPE}", _list, f"{_TYPE}/read", strip=3),
    Operation(
        "GET",
        "{resource}/providers/Microsoft.Insights/diagnosticSettingsCategories",
        _listed,
        f"{_TYPE}Categories/read",
        strip=3,
    ),
)
