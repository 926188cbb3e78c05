"""Compute of Machine Learning: clusters, instances, and what is attached; what Azure adds, and what they do."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from wizard.practice.arm import answers, ids, shelf
from wizard.practice.arm.call import stamp
from wizard.practice.arm.kinds import ml_compute_rules
from wizard.practice.arm.kinds.ml_words import user_error
from wizard.practice.arm.types import Acting, Action, Adding, ResourceType, Way
from wizard.practice.kernel import Practice, Response

_STATES = {
    "start": ("Starting", "Running"),
    "stop": ("Stopping", "Stopped"),
    "restart": ("Restarting", "Running"),
}
_NO_NODES = {
    "preparingNodeCount": 0,
    "runningNodeCount": 0,
    "unusableNodeCount": 0,
    "leavingNodeCount": 0,
    "preemptedNodeCount": 0,
}


def added(adding: Adding) -> dict[str, Any]:
    """What Azure adds to the properties of a compute."""
    moment, kind = stamp(adding.call.clock.now()), ml_compute_rules.kind_of(adding)
    attached = kind not in ml_compute_rules.OWN and (
        kind != "AKS" or bool(adding.properties.get("resourceId"))
    )
    return {
        "createdOn": adding.kept("createdOn", moment),
        "modifiedOn": moment,
        "disableLocalAuth": adding.kept("disableLocalAuth", fresh=False),
        "description": None,
        "resourceId": adding.kept("resourceId", None),
        "computeType": kind,
        "computeLocation": ml_compute_rules.region_of(adding),
        "provisioningErrors": None,
        "provisioningWarnings": None,
        "isAttachedCompute": attached,
    }


def completed(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    """The compute with what it does at first; passwords are never shown."""
    properties = made["properties"]
    before = ml_compute_rules.inner_of((adding.before or {}).get("properties", {}))
    given = ml_compute_rules.inner_of(properties)
    makers = {
        "AmlCompute": _cluster,
        "ComputeInstance": _instance,
        "Kubernetes": _kubernetes,
        "VirtualMachine": _machine,
    }
    maker = makers.get(str(properties.get("computeType")))
    properties["properties"] = {
        **(maker(adding, {**before, **given}) if maker else {}),
        **before,
        **_open(given),
    }
    if properties.get("computeType") == "AmlCompute":
        _scaled(adding, properties["properties"])
    if properties.get("computeType") == "ComputeInstance" and adding.before is None:
        shelf.take_name(
            adding.practice,
            "computeInstance",
            ml_compute_rules.regional(ml_compute_rules.region_of(adding), adding.id.leaf),
            adding.id.text,
        )
    made.setdefault("tags", None)
    made["location"] = ml_compute_rules.region_of(adding)
    return made


def _open(given: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(given)
    for name in ("userAccountCredentials", "administratorAccount"):
        if isinstance(found.get(name), dict):
            hidden = ("adminUserPassword", "adminUserSshPublicKey", "password", "privateKeyData")
            found[name] = {key: value for key, value in found[name].items() if key not in hidden}
    return found


def _cluster(adding: Adding, given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "vmSize": given.get("vmSize") or "Standard_DS3_v2",
        "vmPriority": "Dedicated",
        "osType": "Linux",
        "enableNodePublicIp": True,
        "isolatedNetwork": False,
        "subnet": None,
        "remoteLoginPortPublicAccess": "NotSpecified",
        "userAccountCredentials": None,
        "virtualMachineImage": None,
        "allocationState": "Steady",
        "allocationStateTransitionTime": stamp(adding.call.clock.now()),
        "errors": None,
        "propertyBag": {},
    }


def _scaled(adding: Adding, inner: dict[str, Any]) -> None:
    settings = {
        "minNodeCount": 0,
        "maxNodeCount": 1,
        "nodeIdleTimeBeforeScaleDown": "PT2M",
        **(inner.get("scaleSettings") or {}),
    }
    low = int(settings["minNodeCount"] or 0)
    inner["scaleSettings"] = settings
    inner |= {
        "currentNodeCount": low,
        "targetNodeCount": low,
        "nodeStateCounts": {**_NO_NODES, "idleNodeCount": low},
    }
    inner["allocationStateTransitionTime"] = stamp(adding.call.clock.now())


def _instance(adding: Adding, given: Mapping[str, Any]) -> dict[str, Any]:
    moment, name, region = stamp(adding.call.clock.now()), adding.id.leaf, ml_compute_rules.region_of(adding)
    host = f"https://{name}.{region}.instances.azureml.ms"
    applications = (("Jupyter", "/tree/"), ("Jupyter Lab", "/lab"), ("VS Code", ""), ("RStudio", ":8787/"))
    caller = adding.call.caller
    creator = {
        "userObjectId": caller.object_id,
        "userTenantId": caller.tenant,
        "userName": None,
        "userOrgId": caller.tenant,
    }
    public = bool(given.get("enableNodePublicIp", True))
    operation = {
        "operationName": "Create",
        "operationTime": moment,
        "operationStatus": "Succeeded",
        "operationTrigger": "User",
    }
    return {
        "vmSize": given.get("vmSize") or "Standard_DS3_v2",
        "subnet": None,
        "applicationSharingPolicy": "Shared",
        "computeInstanceAuthorizationType": "personal",
        "sshSettings": {
            "sshPublicAccess": "Disabled",
            "adminUserName": "azureuser",
            "sshPort": 50000,
            "adminPublicKey": None,
        },
        "personalComputeInstanceSettings": None,
        "enableNodePublicIp": public,
        "enableOSPatching": False,
        "enableRootAccess": True,
        "enableSSO": True,
        "releaseQuotaOnStop": False,
        "state": "Running",
        "createdBy": creator,
        "errors": [],
        "lastOperation": operation,
        "applications": [{"displayName": one, "endpointUri": host + path} for one, path in applications],
        "connectivityEndpoints": {
            "publicIpAddress": "20.61.4.8" if public else None,
            "privateIpAddress": "10.0.0.4",
        },
        "schedules": {"computeStartStop": []},
        "idleTimeBeforeShutdown": None,
        "osImageMetadata": {
            "currentImageVersion": "25.06.30",
            "latestImageVersion": "25.06.30",
            "isLatestOsImageVersion": True,
        },
        "dataMounts": [],
        "containers": [],
        "versions": {"runtime": "2.3.4"},
    }


def _kubernetes(adding: Adding, given: Mapping[str, Any]) -> dict[str, Any]:
    del adding
    kinds = {
        "defaultinstancetype": {
            "nodeSelector": None,
            "resources": {
                "requests": {"cpu": "100m", "memory": "2Gi"},
                "limits": {"cpu": "2", "memory": "2Gi"},
            },
        }
    }
    return {
        "relayConnectionString": None,
        "serviceBusConnectionString": None,
        "extensionPrincipalId": None,
        "extensionInstanceReleaseTrain": "stable",
        "vcName": None,
        "namespace": given.get("namespace") or "default",
        "defaultInstanceType": "defaultinstancetype",
        "instanceTypes": kinds,
    }


def _machine(adding: Adding, given: Mapping[str, Any]) -> dict[str, Any]:
    found = shelf.stored(adding.practice, str(adding.properties.get("resourceId"))) or {}
    size = str((found.get("properties", {}).get("hardwareProfile") or {}).get("vmSize") or "Standard_DS2_v2")
    return {
        "virtualMachineSize": size.upper(),
        "sshPort": given.get("sshPort") or 22,
        "notebookServerPort": None,
        "address": given.get("address") or "20.61.4.9",
        "ipAddress": given.get("address") or "20.61.4.9",
        "administratorAccount": None,
        "imageVersion": None,
        "applicationUris": None,
        "createdBy": None,
    }


def removed(practice: Practice, found: Mapping[str, Any]) -> None:
    """The name of an instance is free again."""
    if found["properties"].get("computeType") == "ComputeInstance":
        shelf.free_name(
            practice,
            "computeInstance",
            ml_compute_rules.regional(str(found.get("location")), ids.parse(found["id"]).leaf),
        )


def shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    """While an instance is made, started or stopped, its state says so."""
    kept = shelf.stored(practice, str(found["id"])) or {}
    if found["properties"].get(
        "computeType"
    ) != "ComputeInstance" or practice.clock.now().timestamp() >= kept.get("_due", 0.0):
        return {}
    return {"properties": {"properties": {"state": kept.get("_acting") or "Creating"}}}


def _turned(verb: str) -> Action:
    def act(acting: Acting) -> Response:
        properties = acting.found["properties"]
        if properties.get("computeType") != "ComputeInstance":
            raise user_error(f"Compute of the type {properties.get('computeType')} cannot be told to {verb}.")
        doing, after = _STATES[verb]
        inner = ml_compute_rules.inner_of(properties)
        if inner.get("state") == after and verb != "restart":
            raise user_error(f"The compute instance is already {after.lower()}.", 409)
        call = acting.call
        operation = {
            "operationName": verb.capitalize(),
            "operationTime": stamp(call.clock.now()),
            "operationStatus": "Succeeded",
            "operationTrigger": "User",
        }
        properties["properties"] = {**inner, "state": after, "lastOperation": operation}
        seconds = 60.0
        kept = {"_due": call.clock.takes(seconds).timestamp(), "_while": "Updating", "_acting": doing}
        shelf.put(call.practice, acting.id.text, acting.found | kept)
        return Response(202, None, answers.addresses(call, DECLARED, _GONE, acting.found, seconds))

    return act


def _nodes(acting: Acting) -> Response:
    inner = ml_compute_rules.inner_of(acting.found["properties"])
    return Response(200, {"nodes": list(_listed(acting, int(inner.get("currentNodeCount") or 0)))})


def _listed(acting: Acting, count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {
            "nodeId": f"tvmps_{secrets.token_hex(32)}_d",
            "privateIpAddress": f"10.0.0.{number + 4}",
            "publicIpAddress": None,
            "port": 50000 + number,
            "nodeState": "idle",
            "runId": None,
        }
    del acting


def _keys(acting: Acting) -> Response:
    kind = acting.found["properties"].get("computeType")
    if kind in ml_compute_rules.OWN:
        raise user_error(f"Compute of the type {kind} has no keys.")
    return Response(
        200,
        {"computeType": kind, "userKubeConfig": None, "adminKubeConfig": None, "imagePullSecretName": None},
    )


def _schedules(acting: Acting) -> Response:
    properties = acting.found["properties"]
    inner = ml_compute_rules.inner_of(properties)
    inner["idleTimeBeforeShutdown"] = acting.body.get(
        "idleTimeBeforeShutdown", inner.get("idleTimeBeforeShutdown")
    )
    properties["properties"] = inner
    shelf.put(acting.call.practice, acting.id.text, acting.found)
    return Response(200)


_CREATED = Way(waits=True, headers=("async",), polls="percent")
_GONE = Way(202, body=False, waits=True, headers=("async", "location"), polls="percent")
DECLARED = ResourceType(
    ml_compute_rules.TYPE,
    way=_CREATED,
    change=_CREATED,
    removal=_GONE,
    seconds=90,
    removal_seconds=45,
    tracked=False,
    members=frozenset({"location", "tags", "identity", "sku", "properties"}),
    required=("properties.computeType",),
    added=added,
    completed=completed,
    rules=(ml_compute_rules.kinds, ml_compute_rules.name, ml_compute_rules.size, ml_compute_rules.network),
    before_removal=(ml_compute_rules.removable,),
    removed=removed,
    shown=shown,
    actions={
        **{verb: _turned(verb) for verb in _STATES},
        "listnodes": _nodes,
        "listkeys": _keys,
        "updateidleshutdownsetting": _schedules,
    },
    polling="computeOperationsStatus",
    rule=re.compile(r"[A-Za-z0-9-]{2,32}"),
    says="Compute name must be between 2 and 32 characters long, begin with a letter, and hold only letters, digits and hyphens.",
    says_code="UserError",
)
