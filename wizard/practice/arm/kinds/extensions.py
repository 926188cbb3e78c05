"""Extensions of Kubernetes clusters: `Microsoft.KubernetesConfiguration/extensions`, above all that of Machine Learning."""

from __future__ import annotations

import re
import uuid
from typing import Any

from wizard.practice.arm import ids, shelf
from wizard.practice.arm.call import Call, Operation, collection
from wizard.practice.arm.kinds import stamps
from wizard.practice.arm.types import Adding, ResourceType, Way
from wizard.practice.kernel import Failure, Response

_TYPE = "Microsoft.KubernetesConfiguration/extensions"
_LEARNING = "microsoft.azureml.kubernetes"
_KNOWN = {
    _LEARNING: "1.1.91",
    "azuremonitor-containers": "3.1.28",
    "microsoft.flux": "1.17.3",
    "microsoft.dapr": "1.15.5",
    "microsoft.policyinsights": "1.11.0",
    "microsoft.azurekeyvaultsecretsprovider": "1.7.2",
    "microsoft.azuredefender.kubernetes": "0.10.2",
    "microsoft.workloadiam": "0.6.0",
    "microsoft.azure.containerstorage": "2.0.0",
    "microsoft.app.environment": "1.37.12",
}
_CLUSTERS = frozenset(
    {
        "microsoft.containerservice/managedclusters",
        "microsoft.kubernetes/connectedclusters",
        "microsoft.hybridcontainerservice/provisionedclusters",
    }
)


def _refused(message: str, code: str = "BadRequest", status: int = 400) -> Failure:
    return Failure(status, code, message)


def _cluster(adding: Adding) -> None:
    """An extension is on a cluster that runs."""
    scope = adding.id.scope
    if scope.type.lower() not in _CLUSTERS:
        raise _refused(f"Extensions cannot be created on resources of the type '{scope.type}'.")
    found = shelf.must(adding.practice, scope)
    if (found["properties"].get("powerState") or {}).get("code") == "Stopped":
        raise _refused(
            f"The cluster '{scope.leaf}' is stopped. Start it before you install an extension.",
            "OperationNotAllowed",
            409,
        )


def _kind(adding: Adding) -> None:
    """A type that is known, and stays."""
    before = adding.kept("extensionType", None)
    kind = adding.properties.get("extensionType") or before
    if not kind:
        raise _refused("The required property extensionType is missing.")
    if str(kind).lower() not in _KNOWN:
        raise _refused(
            f"Extension type '{kind}' is not registered.", "ExtensionTypeRegistrationGetFailed", 404
        )
    if before and str(before).lower() != str(kind).lower():
        raise _refused(
            "The extensionType of an extension cannot be changed.", "ExtensionTypeNotUpdatable", 409
        )


def _learning(adding: Adding) -> None:
    """What the extension of Machine Learning must be told."""
    if str(adding.properties.get("extensionType")).lower() != _LEARNING:
        return
    settings = {
        str(name): str(value)
        for name, value in (adding.properties.get("configurationSettings") or {}).items()
    }
    protected = adding.properties.get("configurationProtectedSettings") or {}
    training, inference = (
        settings.get(name, "").lower() == "true" for name in ("enableTraining", "enableInference")
    )
    if not training and not inference:
        raise _refused(
            "At least one of enableTraining and enableInference must be True.",
            "ExtensionConfigurationInvalid",
        )
    if not inference:
        return
    service = settings.get("inferenceRouterServiceType", "").lower()
    if service not in ("loadbalancer", "nodeport", "clusterip"):
        raise _refused(
            "inferenceRouterServiceType must be loadBalancer, nodePort or clusterIP when enableInference is True.",
            "ExtensionConfigurationInvalid",
        )
    secure = "sslSecret" in settings or {"sslCertPemFile", "sslKeyPemFile"} <= protected.keys()
    if not secure and settings.get("allowInsecureConnections", "").lower() != "true":
        raise _refused(
            "Either allowInsecureConnections must be True, or sslSecret, or sslCertPemFile and sslKeyPemFile must be given.",
            "ExtensionConfigurationInvalid",
        )


def _added(adding: Adding) -> dict[str, Any]:
    kind = str(adding.properties.get("extensionType") or adding.kept("extensionType", "")).lower()
    version = str(adding.properties.get("version") or _KNOWN.get(kind, "1.0.0"))
    principal = {"principalId": str(uuid.uuid4()), "tenantId": adding.tenant, "type": "SystemAssigned"}
    namespace = "azureml" if kind == _LEARNING else "kube-system"
    return {
        "autoUpgradeMinorVersion": True,
        "releaseTrain": "Stable",
        "version": None,
        "currentVersion": version,
        "scope": {"cluster": {"releaseNamespace": namespace}, "namespace": None},
        "configurationSettings": {},
        "statuses": [],
        "errorInfo": None,
        "aksAssignedIdentity": adding.kept("aksAssignedIdentity", principal),
        "isSystemExtension": False,
        "packageUri": None,
        "customLocationSettings": None,
        "managementDetails": None,
    }


def _completed(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    properties = made["properties"]
    hidden = properties.get("configurationProtectedSettings") or {}
    properties["configurationProtectedSettings"] = dict.fromkeys(hidden, "")
    return made | {"systemData": stamps.system(adding), "plan": made.get("plan")}


def _list(call: Call) -> Response:
    cluster = ids.parse(call.parts["resource"])
    shelf.must(call.practice, cluster)
    home = f"{cluster.text}/providers/{_TYPE}/"
    return collection(
        [shelf.current(call.practice, key) or {} for key, _ in call.state.under("resource", home)]
    )


_CREATED = Way(waits=True, headers=("async",), polls="named")
TYPES = (
    ResourceType(
        _TYPE,
        way=_CREATED,
        change=_CREATED,
        removal=Way(202, body=False, waits=True, headers=("async", "location"), polls="named"),
        seconds=90,
        removal_seconds=45,
        tracked=False,
        members=frozenset({"properties", "identity", "plan"}),
        added=_added,
        completed=_completed,
        rules=(_cluster, _kind, _learning),
        polled="resource",
        rule=re.compile(r"[a-z0-9A-Z]([-a-z0-9A-Z.]{0,250}[a-z0-9A-Z])?"),
        says="The extension name is not valid.",
        says_code="BadRequest",
    ),
)
OPERATIONS = (Operation("GET", f"{{resource}}/providers/{_TYPE}", _list, f"{_TYPE}/read", strip=3),)
