"""Kubernetes clusters: clusters, pools, maintenance windows, trusted access, credentials, start and stop."""

from __future__ import annotations

import re
from typing import Any

from wizard.practice.arm import answers, ids, polling, shelf
from wizard.practice.arm.call import Call, Operation
from wizard.practice.arm.kinds import aks_clusters, aks_credentials, aks_rules, aks_versions
from wizard.practice.arm.types import Acting, Action, Adding, ResourceType, Way
from wizard.practice.kernel import Failure, Response

_CREATED = Way(waits=True, headers=("async",), polls="timed")
_GONE = Way(202, body=False, waits=True, headers=("async", "location"), polls="timed", ends=204)
_ROOT = "Microsoft.ContainerService/managedClusters"


def _pool(adding: Adding) -> dict[str, Any]:
    parent = shelf.stored(adding.practice, adding.id.parent.text) if adding.id.parent else None
    version = str((parent or {}).get("properties", {}).get("kubernetesVersion") or aks_versions.DEFAULT)
    return aks_clusters.filled_pool(
        adding.properties, (adding.before or {}).get("properties", {}), version, alone=True
    )


def _pool_completed(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    """A pool as it was filled: what was sent as null or empty is Azure's."""
    before = (adding.before or {}).get("properties", {})
    version = str(made["properties"].get("orchestratorVersion") or aks_versions.DEFAULT)
    properties = aks_clusters.filled_pool(made["properties"], before, version, alone=True)
    return made | {"properties": {**properties, "provisioningState": "Succeeded"}}


def _later(acting: Acting, seconds: float, state: str, power: str = "", *, body: bool = False) -> Response:
    """202 with both addresses; the cluster or pool is in a state of its own meanwhile."""
    call, found = acting.call, acting.found
    if call.clock.now().timestamp() < found.get("_due", 0.0) and state != "Canceling":
        raise aks_rules.busy(str(found.get("_while")))
    if power:
        found["properties"]["powerState"] = {"code": power}
    found |= {"_due": call.clock.takes(seconds).timestamp(), "_while": state}
    shelf.put(call.practice, acting.id.text, found)
    kind = next(one for one in TYPES if one.name.lower() == acting.id.type.lower())
    headers = answers.addresses(call, kind, _GONE, found, seconds)
    shown = shelf.current(call.practice, acting.id.text) if body else None
    if shown is not None and kind.shown:
        shown["properties"] |= kind.shown(call.practice, shown).get("properties", {})
    return Response(202, shown, headers)


def _does(seconds: float, state: str, power: str = "", *, body: bool = False) -> Action:
    def act(acting: Acting) -> Response:
        return _later(acting, seconds, state, power, body=body)

    return act


def _power(state: str, power: str) -> Action:
    def act(acting: Acting) -> Response:
        for one in shelf.children(acting.call.practice, acting.id.text, aks_rules.POOLS):
            kept = shelf.stored(acting.call.practice, one["id"]) or one
            kept["properties"]["powerState"] = {"code": power}
            shelf.put(acting.call.practice, one["id"], kept)
        return _later(acting, 120, state, power)

    return act


def _run_command(acting: Acting) -> Response:
    """`az aks command invoke`: nothing runs in practice, so the answer says just that."""
    if not acting.body.get("command"):
        raise Failure(400, "InvalidParameter", "Required parameter command is missing (null).", shape="flat")
    properties = {
        "provisioningState": "Succeeded",
        "exitCode": 0,
        "startedAt": acting.call.clock.now().isoformat(),
        "finishedAt": acting.call.clock.now().isoformat(),
        "logs": "Practice Azure runs no nodes: the command was not executed.\n",
    }
    ending = polling.Ending(body={"id": "result", "properties": properties})
    location = polling.begin(acting.call, _results(acting), 10, ending)
    return Response(202, None, {"Location": location})


def _results(acting: Acting) -> str:
    location = acting.found.get("location")
    return f"/subscriptions/{acting.id.subscription}/providers/Microsoft.ContainerService/locations/{location}/operationresults"


def _upgrades(call: Call) -> Response:
    """What a cluster or a pool can be raised to."""
    key = ids.parse(call.path.rsplit("/", 2)[0])
    found = shelf.must(call.practice, key)
    properties = found["properties"]
    version = str(properties.get("orchestratorVersion") or properties.get("kubernetesVersion"))
    choices = [{"kubernetesVersion": one} for one in aks_versions.upgrades(version)]
    own: dict[str, Any] = {"kubernetesVersion": version, "osType": "Linux", "upgrades": choices}
    if key.parent is None:
        plane = {"name": "master", **own}
        pools = [
            {"name": one["name"], **own, "kubernetesVersion": one["properties"].get("orchestratorVersion")}
            for one in shelf.children(call.practice, key.text, aks_rules.POOLS)
        ]
        own = {"controlPlaneProfile": plane, "agentPoolProfiles": pools}
    else:
        own["latestNodeImageVersion"] = properties.get("nodeImageVersion")
    kind = f"{key.type}/upgradeProfiles"
    return Response(
        200, {"id": f"{key.text}/upgradeprofiles/default", "name": "default", "type": kind, "properties": own}
    )


def _window(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    properties = {name: value for name, value in made["properties"].items() if value is not None}
    window = properties.get("maintenanceWindow")
    if isinstance(window, dict):
        today = adding.call.clock.now().strftime("%Y-%m-%d")
        kept = {name: value for name, value in window.items() if value is not None}
        properties["maintenanceWindow"] = {"utcOffset": "+00:00", "startDate": today, **kept}
    return made | {"properties": properties}


def _missing_source(id: ids.Id, path: str, wanted: str) -> Failure:  # noqa: A002 - what it is
    del id, path
    return Failure(
        404,
        "TrustedAccessSourceResourceNotFound",
        f"The source resource '{wanted}' was not found.",
        shape="flat",
        beside={"details": None, "subcode": ""},
    )


TYPES = (
    ResourceType(
        _ROOT,
        way=_CREATED,
        change=_CREATED,
        removal=_GONE,
        seconds=aks_clusters.CREATING,
        removal_seconds=180,
        members=frozenset({"location", "tags", "identity", "sku", "kind", "properties", "extendedLocation"}),
        added=aks_clusters.added,
        completed=aks_clusters.completed,
        rules=(
            aks_rules.idle,
            aks_rules.name,
            aks_rules.version,
            aks_rules.pools,
            aks_rules.network,
            aks_rules.zones,
            aks_rules.principal,
        ),
        shown=aks_clusters.shown,
        removed=aks_clusters.removed,
        actions={
            "listclusteradmincredential": aks_credentials.admin,
            "listclusterusercredential": aks_credentials.user,
            "listclustermonitoringusercredential": aks_credentials.monitoring,
            "start": _power("Starting", "Running"),
            "stop": _power("Stopping", "Stopped"),
            "abort": _does(30, "Canceling", body=True),
            "resetserviceprincipalprofile": _does(120, "Updating"),
            "resetaadprofile": _does(120, "Updating"),
            "rotateclustercertificates": _does(300, "RotatingClusterCertificates"),
            "rotateserviceaccountsigningkeys": _does(300, "Updating"),
            "runcommand": _run_command,
        },
        style="flat",
        polling="operations",
        rule=re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"),
        says="The value of parameter managedCluster.name is invalid. Error details: Managed cluster name must start and end"
        " with alphanumeric characters, and only contain alphanumerics, underscores and hyphens. Please see"
        " https://aka.ms/aks-naming-rules for more details.",
        says_code="InvalidParameter",
    ),
    ResourceType(
        aks_rules.POOLS,
        way=_CREATED,
        change=_CREATED,
        removal=_GONE,
        seconds=150,
        removal_seconds=120,
        tracked=False,
        members=frozenset({"properties"}),
        added=_pool,
        completed=_pool_completed,
        rules=(aks_rules.idle, aks_rules.pool),
        before_removal=(aks_rules.removable,),
        absent=aks_rules.no_pool,
        orphan="resource",
        actions={"upgradenodeimageversion": _does(180, "UpgradingNodeImageVersion", body=True), "abort": _does(30, "Canceling", body=True)},
        style="flat",
        polling="operations",
    ),
    ResourceType(
        f"{_ROOT}/maintenanceConfigurations",
        way=Way(200),
        tracked=False,
        state=False,
        members=frozenset({"properties"}),
        completed=_window,
        orphan="resource",
        style="flat",
    ),
    ResourceType(
        f"{_ROOT}/trustedAccessRoleBindings",
        way=Way(201, waits=True, headers=("async",), polls="timed"),
        removal=_GONE,
        seconds=20,
        removal_seconds=20,
        creating="Updating",
        tracked=False,
        members=frozenset({"properties"}),
        required=("properties.sourceResourceId", "properties.roles"),
        references=("properties.sourceResourceId",),
        missing=_missing_source,
        orphan="resource",
        style="flat",
        polling="operations",
        rule=re.compile(r"[A-Za-z0-9-]{1,24}"),
        says="The value of parameter trustedAccessRoleBinding.name is invalid.",
        says_code="InvalidParameter",
    ),
)  # fmt: skip

_CLUSTER = "/subscriptions/{subscription}/resourcegroups/{group}/providers/Microsoft.ContainerService/managedClusters/{name}"
OPERATIONS = (
    *aks_versions.OPERATIONS,
    *aks_credentials.OPERATIONS,
    Operation("GET", f"{_CLUSTER}/upgradeProfiles/default", _upgrades, f"{_ROOT}/upgradeProfiles/read", strip=2),
    Operation("GET", f"{_CLUSTER}/agentPools/{{pool}}/upgradeProfiles/default", _upgrades, f"{_ROOT}/agentPools/upgradeProfiles/read", strip=2),
)  # fmt: skip
