"""Kubernetes clusters: what Azure adds to one, its pools, and the group it makes for the nodes."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any

from wizard.practice.arm import ids, shelf
from wizard.practice.arm.call import stamp
from wizard.practice.arm.kinds import aks_versions
from wizard.practice.arm.kinds.aks_rules import POOLS, pools_of
from wizard.practice.arm.types import Adding
from wizard.practice.graph import managed
from wizard.practice.kernel import Practice

CREATING = 240.0
_SINCE_OVERLAY = "2024-09"
_UNTIL_DASHBOARD = "2020-11"
_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"
_IMAGE = "AKSUbuntu-2204gen2containerd-202510.03.0"
_LONGEST_GROUP = 80


def added(adding: Adding) -> dict[str, Any]:
    """What Azure adds to the properties of a cluster."""
    prefix = str(
        adding.properties.get("dnsPrefix")
        or adding.kept("dnsPrefix", "")
        or adding.properties.get("fqdnSubdomain")
        or ""
    )
    host = _host(adding, prefix)
    wanted = aks_versions.resolved(
        str(adding.properties.get("kubernetesVersion") or adding.kept("kubernetesVersion", ""))
    )
    return {
        "powerState": adding.kept("powerState", {"code": "Running"}),
        "kubernetesVersion": wanted,
        "currentKubernetesVersion": wanted,
        "dnsPrefix": prefix,
        **host,
        "nodeResourceGroup": adding.kept("nodeResourceGroup", _node_group(adding)),
        "enableRBAC": True,
        "supportPlan": "KubernetesOfficial",
        "servicePrincipalProfile": {"clientId": "msi"},
        "networkProfile": _network(adding),
        "maxAgentPools": 100,
        "autoUpgradeProfile": adding.kept("autoUpgradeProfile", {"nodeOSUpgradeChannel": "NodeImage"}),
        "disableLocalAccounts": False,
        "securityProfile": adding.kept("securityProfile", {}),
        "storageProfile": {
            name: {"enabled": True} for name in ("diskCSIDriver", "fileCSIDriver", "snapshotController")
        },
        "oidcIssuerProfile": adding.kept("oidcIssuerProfile", {"enabled": False}),
        "workloadAutoScalerProfile": adding.kept("workloadAutoScalerProfile", {}),
        "metricsProfile": {"costAnalysis": {"enabled": False}},
        "nodeResourceGroupProfile": {"restrictionLevel": "Unrestricted"},
        "nodeProvisioningProfile": adding.kept(
            "nodeProvisioningProfile", {"mode": "Manual", "defaultNodePools": "Auto"}
        ),
        "resourceUID": adding.kept("resourceUID", uuid.uuid4().hex[:24]),
        "bootstrapProfile": {"artifactSource": "Direct"},
    }


def _host(adding: Adding, prefix: str) -> dict[str, str]:
    tail = hashlib.sha256(adding.id.text.lower().encode()).hexdigest()[:8]
    access = adding.properties.get("apiServerAccessProfile") or {}
    names: dict[str, str] = {}
    if access.get("enablePrivateCluster"):
        zone = str(uuid.uuid5(uuid.NAMESPACE_URL, adding.id.text.lower()))
        names["privateFQDN"] = f"{prefix}-{tail}.{zone}.privatelink.{adding.location}.azmk8s.io"
    if not access.get("enablePrivateCluster") or access.get("enablePrivateClusterPublicFQDN", True):
        names["fqdn"] = f"{prefix}-{tail}.hcp.{adding.location}.azmk8s.io"
    names["azurePortalFQDN"] = f"{prefix}-{tail}.portal.hcp.{adding.location}.azmk8s.io"
    return {name: str(adding.kept(name, value)) for name, value in names.items()}


def _node_group(adding: Adding) -> str:
    return f"MC_{adding.id.group}_{adding.id.leaf}_{adding.location}"[:_LONGEST_GROUP]


def _network(adding: Adding) -> dict[str, Any]:
    given = adding.properties.get("networkProfile") or adding.kept("networkProfile", None) or {}
    plugin = str(
        given.get("networkPlugin") or ("azure" if adding.call.version >= _SINCE_OVERLAY else "kubenet")
    )
    overlay = str(given.get("networkPluginMode") or "") == "overlay" or (
        not given.get("networkPlugin") and plugin == "azure"
    )
    pods = {} if plugin == "azure" and not overlay else {"podCidr": given.get("podCidr") or "10.244.0.0/16"}
    service = str(given.get("serviceCidr") or "10.0.0.0/16")
    outbound = str(given.get("outboundType") or "loadBalancer")
    found: dict[str, Any] = {
        "networkPlugin": plugin,
        "networkPolicy": "none",
        **(
            {"networkDataplane": "azure", **({"networkPluginMode": "overlay"} if overlay else {})}
            if plugin == "azure"
            else {}
        ),
        "loadBalancerSku": str(given.get("loadBalancerSku") or "standard").lower(),
        **pods,
        "serviceCidr": service,
        "dnsServiceIP": given.get("dnsServiceIP") or f"{service.rsplit('.', 1)[0]}.10",
        "outboundType": outbound,
        **({"podCidrs": [pods["podCidr"]]} if pods else {}),
        "serviceCidrs": [service],
        "ipFamilies": ["IPv4"],
    }
    if outbound == "loadBalancer" and found["loadBalancerSku"] == "standard":
        name = uuid.uuid5(uuid.NAMESPACE_URL, adding.id.text.lower())
        address = f"{_home(adding)}/providers/Microsoft.Network/publicIPAddresses/{name}"
        found["loadBalancerProfile"] = {
            "managedOutboundIPs": {"count": 1},
            "effectiveOutboundIPs": [{"id": address}],
            "backendPoolType": "nodeIPConfiguration",
        }
    return found


def _home(adding: Adding) -> str:
    named = adding.properties.get("nodeResourceGroup") or adding.kept(
        "nodeResourceGroup", _node_group(adding)
    )
    return f"/subscriptions/{adding.id.subscription}/resourceGroups/{named}"


def _without_nulls(found: Any) -> Any:
    """A null, or an empty text, is how clients of clusters leave something to Azure."""
    if isinstance(found, dict):
        return {name: _without_nulls(value) for name, value in found.items() if value is not None}
    return [_without_nulls(one) for one in found] if isinstance(found, list) else found


def completed(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    """The cluster with its group made and its pools kept by themselves."""
    properties = _without_nulls(made["properties"])
    fresh = added(adding)
    for name, value in fresh.items():
        if properties.get(name) in (None, ""):
            properties[name] = value
    properties["kubernetesVersion"] = fresh["kubernetesVersion"]
    properties["networkProfile"] = {**fresh["networkProfile"], **properties["networkProfile"]}
    _secure(properties)
    _issue(adding, properties)
    _offer(adding, properties)
    for one in pools_of(properties):
        keep_pool(
            adding, f"{adding.id.text}/agentPools/{one.get('name')}", one, str(fresh["kubernetesVersion"])
        )
    properties.pop("agentPoolProfiles", None)
    made["properties"] = properties
    made["type"] = "Microsoft.ContainerService/ManagedClusters"
    if adding.call.version >= "2025-08":
        made.setdefault("kind", "Base")
    made["sku"] = {"name": "Base" if adding.call.version >= "2023" else "Basic", "tier": "Free"} | (
        made.get("sku") or {}
    )
    _furnish(adding, made)
    return made


def _secure(properties: dict[str, Any]) -> None:
    profile = properties.get("servicePrincipalProfile")
    if isinstance(profile, dict):
        properties["servicePrincipalProfile"] = {
            name: one for name, one in profile.items() if name != "secret"
        }
    windows = properties.get("windowsProfile")
    if isinstance(windows, dict):
        kept = {name: one for name, one in windows.items() if name != "adminPassword"}
        properties["windowsProfile"] = {"enableCSIProxy": True} | kept


def _issue(adding: Adding, properties: dict[str, Any]) -> None:
    profile = properties.get("oidcIssuerProfile") or {}
    if profile.get("enabled"):
        own = uuid.uuid5(uuid.NAMESPACE_URL, adding.id.text.lower())
        url = f"https://{adding.location}.oic.prod-aks.azure.com/{adding.tenant}/{own}/"
        properties["oidcIssuerProfile"] = {"issuerURL": url} | profile


def _offer(adding: Adding, properties: dict[str, Any]) -> None:
    """What comes with private clusters, with Azure's own network, with proxies and with add-ons."""
    if properties["networkProfile"]["networkPlugin"] == "azure":
        properties.setdefault("windowsProfile", {"adminUsername": "azureuser", "enableCSIProxy": True})
    if (properties.get("apiServerAccessProfile") or {}).get("enablePrivateCluster"):
        kind = "Microsoft.ContainerService/managedClusters/privateLinkResources"
        group = {
            "groupId": "management",
            "requiredMembers": ["management"],
            "id": f"{adding.id.text}/privateLinkResources/management",
        }
        properties["privateLinkResources"] = [{"name": "management", "type": kind, **group}]
    proxy = properties.get("httpProxyConfig")
    if isinstance(proxy, dict):
        network = properties["networkProfile"]
        never = [
            "localhost",
            "127.0.0.1",
            "168.63.129.16",
            "169.254.169.254",
            "konnectivity",
            network["serviceCidr"],
        ]
        properties["httpProxyConfig"] = {**proxy, "effectiveNoProxy": [*never, *(proxy.get("noProxy") or ())]}
    addons = {}
    asked = dict(properties.get("addonProfiles") or {})
    if adding.call.version < _UNTIL_DASHBOARD:
        asked.setdefault("KubeDashboard", {"enabled": True})
    for name, given in asked.items():
        addons[name] = {"config": None, **(given or {})}
        if addons[name].get("enabled") and isinstance(adding.body.get("identity"), dict):
            before = (adding.kept("addonProfiles", None) or {}).get(name, {})
            key = f"{_home(adding)}/providers/{_IDENTITY}/{name.lower()}-{adding.id.leaf}"
            addons[name]["identity"] = before.get("identity") or _kubelet(adding, key)
    if addons:
        properties["addonProfiles"] = addons
    mesh = properties.get("serviceMeshProfile")
    if isinstance(mesh, dict) and mesh.get("mode") == "Istio":
        gateways = {"components": {"ingressGateways": []}, "revisions": ["asm-1-25"]}
        properties["serviceMeshProfile"] = {**mesh, "istio": {**gateways, **(mesh.get("istio") or {})}}


def pool_facts(given: Mapping[str, Any], version: str, *, alone: bool) -> dict[str, Any]:
    """What Azure adds to a pool."""
    wanted = aks_versions.resolved(str(given.get("orchestratorVersion") or version)) or version
    return {
        "count": 1,
        "osDiskSizeGB": 128,
        "osDiskType": "Managed",
        "kubeletDiskType": "OS",
        "maxPods": 110,
        "type": "VirtualMachineScaleSets",
        "scaleDownMode": "Delete",
        "nodeLabels": {},
        "securityProfile": {"sshAccess": "LocalUser", "enableVTPM": False, "enableSecureBoot": False},
        "powerState": {"code": "Running"},
        "orchestratorVersion": wanted,
        "currentOrchestratorVersion": wanted,
        "enableNodePublicIP": False,
        "mode": "User" if alone else "System",
        "osType": "Linux",
        "osSKU": "Windows2022" if given.get("osType") == "Windows" else "Ubuntu",
        "nodeImageVersion": _IMAGE,
        "upgradeSettings": {"maxSurge": "10%"},
        "enableFIPS": False,
    }


def filled_pool(
    given: Mapping[str, Any], before: Mapping[str, Any], version: str, *, alone: bool
) -> dict[str, Any]:
    """A pool's properties: what was sent, what it had, what Azure adds."""
    sent = {name: value for name, value in given.items() if value not in (None, "")}
    if not sent.get("osDiskSizeGB"):
        sent.pop("osDiskSizeGB", None)
    facts = pool_facts(given, str(before.get("orchestratorVersion") or version), alone=alone)
    found = {**facts, **before, **sent}
    for name in ("upgradeSettings", "securityProfile", "nodeLabels"):
        found[name] = {**facts[name], **(before.get(name) or {}), **(sent.get(name) or {})}
    found["orchestratorVersion"] = found["currentOrchestratorVersion"] = facts["orchestratorVersion"]
    found.pop("provisioningState", None)
    return found | {"eTag": f'"{uuid.uuid4()}"'}


def keep_pool(adding: Adding, key: str, given: Mapping[str, Any], version: str) -> None:
    """Keep a pool that stands in the body of its cluster."""
    before = shelf.stored(adding.practice, key)
    sent = {name: value for name, value in given.items() if name not in ("id", "name", "type")}
    sent["type"] = given.get("type") or "VirtualMachineScaleSets"
    properties = filled_pool(sent, (before or {}).get("properties", {}), version, alone=False)
    document = {
        "id": before["id"] if before else key,
        "name": ids.parse(key).leaf,
        "type": POOLS,
        "properties": {**properties, "provisioningState": "Succeeded"},
        "_since": (before or {}).get("_since") or stamp(adding.call.clock.now()),
        "_due": adding.call.clock.takes(CREATING).timestamp(),
        "_while": "Updating" if before else "Creating",
    }
    shelf.put(adding.practice, key, document)


def _furnish(adding: Adding, made: dict[str, Any]) -> None:
    """The group of the nodes with the identity of the kubelets and the address they go out by."""
    home, name = _home(adding), adding.id.leaf
    if adding.state.get("group", home) is None:
        group = {
            "id": home,
            "name": home.rsplit("/", 1)[-1],
            "type": "Microsoft.Resources/resourceGroups",
            "location": adding.location,
            "managedBy": adding.id.text,
            "tags": {"aks-managed-cluster-name": name, "aks-managed-cluster-rg": str(adding.id.group)},
            "properties": {"provisioningState": "Succeeded"},
        }
        adding.state.put("group", home, group)
    properties = made["properties"]
    if isinstance(made.get("identity"), dict) and not properties.get("identityProfile"):
        properties["identityProfile"] = {
            "kubeletidentity": _kubelet(adding, f"{home}/providers/{_IDENTITY}/{name}-agentpool")
        }
    for one in (properties["networkProfile"].get("loadBalancerProfile") or {}).get(
        "effectiveOutboundIPs"
    ) or ():
        _address(adding, str(one.get("id")))


def _kubelet(adding: Adding, key: str) -> dict[str, str]:
    principal, client = str(uuid.uuid4()), str(uuid.uuid4())
    properties = {"tenantId": adding.tenant, "principalId": principal, "clientId": client}
    document = {
        "id": key,
        "name": ids.parse(key).leaf,
        "type": _IDENTITY,
        "location": adding.location,
        "tags": {},
        "properties": properties,
    }
    shelf.put(adding.practice, key, document)
    managed.appear(adding.practice, principal, client, tenant=adding.tenant, resource=key, explicit=True)
    return {"resourceId": key, "clientId": client, "objectId": principal}


def _address(adding: Adding, key: str) -> None:
    if shelf.stored(adding.practice, key) is None and "/Microsoft.Network/publicIPAddresses/" in key:
        number = int(hashlib.sha256(key.encode()).hexdigest()[:6], 16)
        properties = {
            "provisioningState": "Succeeded",
            "ipAddress": f"20.{number % 200 + 20}.{number // 256 % 256}.{number % 254 + 1}",
            "publicIPAddressVersion": "IPv4",
            "publicIPAllocationMethod": "Static",
            "idleTimeoutInMinutes": 30,
            "ipTags": [],
        }
        document = {
            "id": key,
            "name": ids.parse(key).leaf,
            "type": "Microsoft.Network/publicIPAddresses",
            "location": adding.location,
            "sku": {"name": "Standard", "tier": "Regional"},
            "properties": properties,
        }
        shelf.put(adding.practice, key, document)


def shown(practice: Practice, cluster: Mapping[str, Any]) -> Mapping[str, Any]:
    """The pools of a cluster stand in it too, without the `properties` between."""
    found = {
        one["name"]: {"name": one["name"], **one["properties"]}
        for one in shelf.children(practice, str(cluster["id"]), POOLS)
    }
    if not found:
        return {}
    inline = {one.get("name"): one for one in cluster["properties"].get("agentPoolProfiles") or ()}
    return {"properties": {"agentPoolProfiles": list({**inline, **found}.values())}}


def removed(practice: Practice, cluster: Mapping[str, Any]) -> None:
    """With a cluster goes the group of its nodes."""
    subscription = str(cluster["id"]).split("/")[2]
    home = f"/subscriptions/{subscription}/resourceGroups/{cluster['properties'].get('nodeResourceGroup')}"
    for key, one in [*practice.state.under("resource", f"{home}/")]:
        if one["type"] == _IDENTITY:
            managed.vanish(practice, one["properties"]["principalId"])
        shelf.drop(practice, key)
    practice.state.delete("group", home)
    practice.state.delete("kubeconfig", str(cluster["id"]))
