"""Kubernetes clusters over HTTP: from making to removal, credentials, pools, and every rule that bites, with its message."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.practice.arm_support import ARM, RESEARCH, Arm, Hands
from tests.practice.compute_support import REGION, changed, network, prepare, settled

VERSION = "2025-08-01"


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    return Arm(sign_in(scope=ARM), VERSION)


@pytest.fixture(scope="module")
def home(ada: Arm) -> str:
    return prepare(ada)


def at(home: str, name: str) -> str:
    return f"{home}/providers/Microsoft.ContainerService/managedClusters/{name}"


def cluster(subnet: str = "", **properties: Any) -> dict[str, Any]:
    pool = {"name": "nodepool1", "count": 1, "vmSize": "Standard_D2s_v5", "mode": "System"}
    pool |= {"vnetSubnetID": subnet} if subnet else {}
    profile = {"agentPoolProfiles": [pool], "dnsPrefix": "practice"}
    return {"location": REGION, "identity": {"type": "SystemAssigned"}, "properties": profile | properties}


def flat(answer: Any) -> tuple[int, str]:
    """Errors of clusters stand at the top of the body."""
    body = answer.json()
    assert "error" not in body, body
    assert {"code", "message", "details", "subcode"} <= body.keys()
    return answer.status_code, body["code"]


def test_a_cluster_from_its_making_to_its_end(ada: Arm, home: str) -> None:
    path = at(home, "whole")
    made = settled(ada, path, cluster())
    inner = made["properties"]
    assert inner["fqdn"].startswith("practice-")
    assert inner["fqdn"].endswith(f".hcp.{REGION}.azmk8s.io")
    assert inner["kubernetesVersion"] == inner["agentPoolProfiles"][0]["orchestratorVersion"]
    assert (inner["networkProfile"]["serviceCidr"], inner["networkProfile"]["dnsServiceIP"]) == (
        "10.0.0.0/16",
        "10.0.0.10",
    )
    group = f"{RESEARCH}/resourceGroups/{inner['nodeResourceGroup']}"
    assert ada.get(group, "2024-11-01").json()["managedBy"].lower() == path.lower()
    kubelet = inner["identityProfile"]["kubeletidentity"]
    assert (
        ada.get(kubelet["resourceId"], "2023-01-31").json()["properties"]["clientId"] == kubelet["clientId"]
    )
    pool = settled(
        ada,
        f"{path}/agentPools/gpu",
        {"properties": {"count": 2, "vmSize": "Standard_D2s_v5", "mode": "User"}},
    )
    assert (pool["properties"]["osSKU"], pool["properties"]["count"]) == ("Ubuntu", 2)
    assert [one["name"] for one in ada.get(path).json()["properties"]["agentPoolProfiles"]] == [
        "nodepool1",
        "gpu",
    ]
    scaled = settled(
        ada,
        f"{path}/agentPools/gpu",
        {"properties": {"count": 1, "vmSize": "Standard_D2s_v5", "mode": "User"}},
    )
    assert scaled["properties"]["count"] == 1
    last = ada.ask("DELETE", f"{path}/agentPools/nodepool1")
    assert flat(last) == (400, "OperationNotAllowed")
    assert "at least one system agent pool" in last.json()["message"]
    assert ada.ask("DELETE", f"{path}/agentPools/gpu").status_code == 202
    gone = ada.get(f"{path}/agentPools/gpu")
    assert flat(gone) == (404, "NotFound")
    assert gone.json()["subcode"] == "GetAgentPool_NotFound"
    removed = ada.ask("DELETE", path)
    assert removed.status_code == 202
    assert ada.follow(removed.headers["Location"]).status_code == 204
    assert ada.get(group, "2024-11-01").status_code == 404


@pytest.mark.parametrize(
    ("path", "value", "code", "words"),
    [
        ("dnsPrefix", None, "InvalidParameter", "dnsPrefix is missing"),
        ("agentPoolProfiles", [], "InvalidParameter", "agentPoolProfiles is missing"),
        ("kubernetesVersion", "1.99.0", "K8sVersionNotSupported", "1.99.0, which is not supported"),
        ("agentPoolProfiles", [{"name": "Pool_1", "count": 1}], "InvalidParameter", "agentPool.name is invalid"),
        ("agentPoolProfiles", [{"name": "a", "count": 1, "mode": "User"}], "InvalidParameter", "at least one system agent pool"),
        ("agentPoolProfiles", [{"name": "a", "count": 0, "mode": "System"}], "InvalidParameter", "agentPool.count is invalid: 0"),
        ("agentPoolProfiles", [{"name": "a", "count": 1, "vmSize": "Standard_None"}], "BadRequest", "VM size of Standard_None is not allowed"),
        ("agentPoolProfiles", [{"name": "a", "count": 1, "vmSize": "Standard_B1ms"}], "SystemPoolSkuTooLow", "more than 2 cores"),
        ("agentPoolProfiles", [{"name": "a", "count": 1}, {"name": "a", "count": 1}], "InvalidParameter", "must be unique"),
        ("agentPoolProfiles", [{"name": "a", "count": 1, "enableAutoScaling": True, "minCount": 3, "maxCount": 1}], "InvalidParameter", "minCount is invalid"),
        ("agentPoolProfiles", [{"name": "a", "count": 200, "vmSize": "Standard_D2s_v5"}], "QuotaExceeded", "Additional Required: 400"),
        ("agentPoolProfiles", [{"name": "a", "count": 1, "vnetSubnetID": "{home}/providers/Microsoft.Network/virtualNetworks/no/subnets/no"}], "GetVnetError", "Get virtual network failed"),
        ("networkProfile", {"serviceCidr": "10.0.0.0/16", "dnsServiceIP": "10.1.0.10"}, "InvalidParameter", "must be within the service CIDR"),
        ("networkProfile", {"serviceCidr": "10.0.0.0/16", "dnsServiceIP": "10.0.0.1"}, "InvalidParameter", "not its first address"),
        ("networkProfile", {"serviceCidr": "rubbish"}, "InvalidParameter", "serviceCidr is invalid"),
        ("networkProfile", {"podCidr": "10.0.0.0/14"}, "InvalidParameter", "Pod CIDR 10.0.0.0/14 and service CIDR"),
        ("servicePrincipalProfile", {"clientId": "3f28bbfa-0000-0000-0000-6ac41055ab62", "secret": "x"}, "ServicePrincipalNotFound", "not found in Active Directory tenant"),
        ("apiServerAccessProfile", {"enablePrivateCluster": True, "privateDNSZone": "{home}/providers/Microsoft.Network/privateDnsZones/none"}, "InvalidParameter", "private DNS zone"),
    ],
)  # fmt: skip
def test_a_cluster_that_cannot_be_is_refused(  # noqa: PLR0917 - what is wrong, and what is said of it
    ada: Arm, home: str, path: str, value: Any, code: str, words: str
) -> None:
    if isinstance(value, list) and value and "vnetSubnetID" in value[0]:
        value = [value[0] | {"vnetSubnetID": value[0]["vnetSubnetID"].format(home=home)}]
    if isinstance(value, dict) and "privateDNSZone" in value:
        value = value | {"privateDNSZone": value["privateDNSZone"].format(home=home)}
    answer = ada.put(at(home, "refused"), changed(cluster(), f"properties.{path}", value))
    assert flat(answer) == (404 if code == "ServicePrincipalNotFound" else 400, code)
    assert words in answer.json()["message"]
    assert ada.get(at(home, "refused")).status_code == 404


def test_ranges_of_the_network_and_of_the_cluster_do_not_overlap(ada: Arm, home: str) -> None:
    near = network(ada, home, "near", "10.61.0.0/16")
    overlap = ada.put(
        at(home, "overlap"),
        cluster(near, networkProfile={"serviceCidr": "10.61.0.0/20", "dnsServiceIP": "10.61.0.10"}),
    )
    assert flat(overlap) == (400, "ServiceCidrOverlapExistingSubnetsCidr")
    assert "10.61.0.0/20 is conflicted with an existing subnet CIDR 10.61.0.0/24" in overlap.json()["message"]
    far = network(ada, home, "far", "10.62.0.0/16", region="uksouth")
    away = ada.put(at(home, "away"), cluster(far))
    assert "Vnet region is uksouth while cluster region is westeurope" in away.json()["message"]
    body = changed(cluster(near, networkProfile={"networkPlugin": "azure"}), "location", REGION)
    body["properties"]["agentPoolProfiles"][0] |= {"count": 9, "vmSize": "Standard_D2s_v5"}
    small = ada.put(at(home, "small"), body)
    assert flat(small) == (400, "InsufficientSubnetSize")
    assert "Pre-allocated IPs 279 exceeds IPs available 251" in small.json()["message"]
    body["properties"]["agentPoolProfiles"][0]["count"] = 1
    settled(ada, at(home, "fits"), body)


def test_a_private_cluster_has_a_private_name(ada: Arm, home: str) -> None:
    access = {"enablePrivateCluster": True, "enablePrivateClusterPublicFQDN": False}
    inner = settled(ada, at(home, "private"), cluster(apiServerAccessProfile=access))["properties"]
    assert inner["privateFQDN"].endswith(f".privatelink.{REGION}.azmk8s.io")
    assert "fqdn" not in inner
    assert inner["privateLinkResources"][0]["requiredMembers"] == ["management"]


def test_credentials_are_kubeconfigs_that_name_the_cluster(ada: Arm, home: str) -> None:
    path = at(home, "creds")
    made = settled(ada, path, cluster())
    found = ada.ask("POST", f"{path}/listClusterUserCredential").json()["kubeconfigs"][0]
    text = base64.b64decode(found["value"]).decode()
    assert found["name"] == "clusterUser"
    assert f"server: https://{made['properties']['fqdn']}:443" in text
    assert "current-context: creds" in text
    again = ada.ask("POST", f"{path}/listClusterAdminCredential").json()["kubeconfigs"][0]
    assert "current-context: creds-admin" in base64.b64decode(again["value"]).decode()
    settled(ada, path, changed(made, "properties.disableLocalAccounts", value=True))
    locked = ada.ask("POST", f"{path}/listClusterAdminCredential")
    assert flat(locked) == (400, "BadRequest")
    assert "disable local accounts" in locked.json()["message"]


def test_one_operation_at_a_time_and_power(other_world: Any) -> None:
    hands = Hands()
    _, sign_in = other_world(clock=hands.clock)
    ada = Arm(sign_in(scope=ARM), VERSION)
    home = prepare(ada)
    path = at(home, "slow")
    made = ada.put(path, cluster())
    assert (made.status_code, made.json()["properties"]["provisioningState"]) == (201, "Creating")
    assert made.json()["properties"]["agentPoolProfiles"][0]["provisioningState"] == "Creating"
    early = ada.put(f"{path}/agentPools/more", {"properties": {"count": 1, "vmSize": "Standard_D2s_v5"}})
    assert flat(early) == (409, "OperationNotAllowed")
    assert "Another operation (Creating) is in progress" in early.json()["message"]
    hands.on(250)
    assert ada.follow(made.headers["Azure-AsyncOperation"]).json()["status"] == "Succeeded"
    stopping = ada.ask("POST", f"{path}/stop")
    assert stopping.status_code == 202
    assert ada.get(path).json()["properties"]["provisioningState"] == "Stopping"
    hands.on(130)
    stopped = ada.get(path).json()["properties"]
    assert (stopped["powerState"], stopped["provisioningState"]) == ({"code": "Stopped"}, "Succeeded")
    assert stopped["agentPoolProfiles"][0]["powerState"] == {"code": "Stopped"}


def test_versions_and_what_they_can_be_raised_to(ada: Arm, home: str) -> None:
    base = f"{RESEARCH}/providers/Microsoft.ContainerService/locations/{REGION}"
    values = ada.get(f"{base}/kubernetesVersions").json()["values"]
    default = next(one for one in values if one.get("isDefault"))
    assert default["patchVersions"]
    path = at(home, "older")
    settled(ada, path, cluster(kubernetesVersion="1.32"))
    profile = ada.get(f"{path}/upgradeProfiles/default").json()["properties"]["controlPlaneProfile"]
    assert profile["kubernetesVersion"].startswith("1.32.")
    assert all(one["kubernetesVersion"].startswith(("1.32.", "1.33.")) for one in profile["upgrades"])


def test_the_extension_of_machine_learning(ada: Arm, home: str) -> None:
    path = at(home, "learning")
    settled(ada, path, cluster())
    extension = f"{path}/providers/Microsoft.KubernetesConfiguration/extensions/azureml"
    settings = {
        "enableTraining": "True",
        "enableInference": "True",
        "inferenceRouterServiceType": "LoadBalancer",
        "allowInsecureConnections": "True",
    }
    body = {
        "identity": {"type": "SystemAssigned"},
        "properties": {"extensionType": "Microsoft.AzureML.Kubernetes", "configurationSettings": settings},
    }
    for wrong, value, words in (
        ("properties.extensionType", "Nobody.Nothing", "is not registered"),
        ("properties.configurationSettings.enableTraining", None, ""),
        (
            "properties.configurationSettings.inferenceRouterServiceType",
            "Rubbish",
            "inferenceRouterServiceType must be",
        ),
        (
            "properties.configurationSettings.allowInsecureConnections",
            "False",
            "Either allowInsecureConnections must be True",
        ),
    ):
        answer = ada.put(extension, changed(body, wrong, value), "2023-05-01")
        if words:
            assert answer.status_code in (400, 404)
            assert words in answer.json()["error"]["message"]
    neither = changed(body, "properties.configurationSettings", {"enableTraining": "False"})
    assert (
        "At least one of enableTraining and enableInference"
        in ada.put(extension + "2", neither, "2023-05-01").json()["error"]["message"]
    )
    made = settled(ada, extension, body, "2023-05-01")
    assert made["properties"]["aksAssignedIdentity"]["principalId"]
    assert made["properties"]["scope"]["cluster"]["releaseNamespace"] == "azureml"
    found = ada.get(f"{path}/providers/Microsoft.KubernetesConfiguration/extensions", "2023-05-01").json()[
        "value"
    ]
    assert [one["name"] for one in found] == ["azureml"]
    lost = extension.replace("/learning/", "/nobody/")
    assert ada.put(lost, body, "2023-05-01").status_code == 404
