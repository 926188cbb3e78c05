"""Machine Learning over HTTP: workspaces with their soft deletion, computes, datastores, quotas, and every rule that bites."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.practice.arm_support import ARM, RESEARCH, VISION, Arm, Hands, refusal
from tests.practice.compute_support import KEY, REGION, changed, network, prepare, settled
from tests.practice.test_arm_resources import STORE, VAULT

VERSION = "2024-10-01"
ML = "providers/Microsoft.MachineLearningServices"


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    return Arm(sign_in(scope=ARM), VERSION)


@pytest.fixture(scope="module")
def home(ada: Arm) -> str:
    return prepare(ada)


@pytest.fixture(scope="module")
def lab(ada: Arm, home: str) -> str:
    """A workspace to work in."""
    path = f"{home}/{ML}/workspaces/lab"
    settled(ada, path, workspace())
    return path


def workspace(**properties: Any) -> dict[str, Any]:
    return {
        "location": REGION,
        "identity": {"type": "SystemAssigned"},
        "properties": {"storageAccount": STORE, "keyVault": VAULT, **properties},
    }


def compute(kind: str = "AmlCompute", region: str = REGION, **inner: Any) -> dict[str, Any]:
    return {
        "location": region,
        "properties": {"computeType": kind, "properties": {"vmSize": "Standard_D2s_v5", **inner}},
    }


def test_a_workspace_has_what_azure_adds_and_its_datastores(ada: Arm, lab: str) -> None:
    inner = ada.get(lab).json()["properties"]
    assert inner["notebookInfo"]["fqdn"].startswith("ml-lab-westeurope-")
    assert len(inner["notebookInfo"]["fqdn"].split(".")[0]) <= 63
    assert inner["managedNetwork"]["isolationMode"] == "Disabled"
    stores = {one["name"]: one["properties"] for one in ada.get(f"{lab}/datastores").json()["value"]}
    assert set(stores) == {
        "workspaceblobstore",
        "workspacefilestore",
        "workspaceworkingdirectory",
        "workspaceartifactstore",
    }
    assert stores["workspaceblobstore"]["containerName"] == f"azureml-blobstore-{inner['workspaceId']}"
    assert [name for name, one in stores.items() if one["isDefault"]] == ["workspaceblobstore"]
    assert refusal(ada.ask("DELETE", f"{lab}/datastores/workspaceblobstore")) == (400, "UserError")
    keys = ada.ask("POST", f"{lab}/listKeys").json()
    assert keys["userStorageArmId"] == STORE
    assert keys["notebookAccessKeys"]["primaryAccessKey"]
    told = ada.ask("POST", f"{lab}/diagnose", {"value": {}})
    assert told.status_code == 202
    assert ada.follow(told.headers["Location"]).json()["value"]["storageAccountResults"] == []


def test_a_deleted_workspace_holds_its_name_until_it_is_purged_or_recovered(ada: Arm, home: str) -> None:
    path = f"{home}/{ML}/workspaces/phoenix"
    first = settled(ada, path, workspace())
    assert ada.ask("DELETE", path).status_code == 202
    held = ada.put(path, workspace())
    assert refusal(held) == (400, "BadRequest")
    assert "Soft-deleted workspace exists. Please purge or recover it." in held.json()["error"]["message"]
    back = settled(ada, path, workspace(allowRecoverSoftDeletedWorkspace=True))
    assert back["properties"]["workspaceId"] == first["properties"]["workspaceId"]
    purged = ada.api.call("DELETE", path, params={"api-version": VERSION, "forceToPurge": "true"})
    assert purged.status_code == 202
    fresh = settled(ada, path, workspace())
    assert fresh["properties"]["workspaceId"] != first["properties"]["workspaceId"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"encryption": {"status": "Enabled", "keyVaultProperties": {"keyVaultArmId": VAULT + "x", "keyIdentifier": "k"}}}, "of the encryption was not found"),
        ({"encryption": {"status": "Enabled", "keyVaultProperties": {"keyVaultArmId": VAULT, "keyIdentifier": "https://v.vault.azure.net/keys/k"}}}, "the version of the key"),
        ({"storageAccount": "{home}/providers/Microsoft.Storage/storageAccounts/{lake}"}, "hierarchical namespace"),
    ],
)  # fmt: skip
def test_a_workspace_that_cannot_be_is_refused(
    ada: Arm, home: str, change: dict[str, Any], words: str
) -> None:
    lake = f"lake{uuid.uuid4().hex[:10]}"
    if "storageAccount" in change:
        change = {"storageAccount": change["storageAccount"].format(home=home, lake=lake)}
        body = {
            "location": REGION,
            "kind": "StorageV2",
            "sku": {"name": "Standard_LRS"},
            "properties": {"isHnsEnabled": True},
        }
        assert ada.put(change["storageAccount"], body, "2023-05-01").status_code in (200, 202)
    answer = ada.put(f"{home}/{ML}/workspaces/refused", workspace(**change))
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]
    assert refusal(ada.get(f"{home}/{ML}/workspaces/refused")) == (404, "ResourceNotFound")


def test_what_a_workspace_keeps_and_what_can_be_patched(ada: Arm, home: str) -> None:
    path = f"{home}/{ML}/workspaces/kept"
    settled(ada, path, workspace())
    moved = ada.put(path, workspace(hbiWorkspace=True))
    assert (
        "cannot be changed after it was created (properties.hbiWorkspace)" in moved.json()["error"]["message"]
    )
    assert (
        ada.ask("PATCH", path, {"properties": {"imageBuildCompute": "cpu"}}).json()["properties"][
            "imageBuildCompute"
        ]
        == "cpu"
    )
    network_on = ada.ask(
        "PATCH", path, {"properties": {"managedNetwork": {"isolationMode": "AllowOnlyApprovedOutbound"}}}
    )
    assert network_on.json()["properties"]["managedNetwork"]["status"]["status"] == "Inactive"
    off = ada.ask("PATCH", path, {"properties": {"managedNetwork": {"isolationMode": "Disabled"}}})
    assert "cannot be disabled once it is enabled" in off.json()["error"]["message"]
    rule = {"properties": {"type": "FQDN", "destination": "pypi.org"}}
    assert ada.put(f"{path}/outboundRules/pypi", rule).status_code == 202
    assert (
        ada.get(path).json()["properties"]["managedNetwork"]["outboundRules"]["pypi"]["destination"]
        == "pypi.org"
    )
    assert (
        "is not valid: it is FQDN"
        in ada.put(f"{path}/outboundRules/bad", {"properties": {"type": "X"}}).json()["error"]["message"]
    )
    ready = ada.ask("POST", f"{path}/provisionManagedNetwork", {"includeSpark": False})
    assert ada.follow(ready.headers["Location"]).json() == {"status": "Active", "sparkReady": False}
    own: dict[str, Any] = {"subnet": {"id": network(ada, home, "own", "10.71.0.0/16")}}
    assert (
        "does not allow compute in a virtual network"
        in ada.put(f"{path}/computes/cpu", compute(**own)).json()["error"]["message"]
    )


def test_a_cluster_and_an_instance(ada: Arm, lab: str) -> None:
    scale = {"minNodeCount": 1, "maxNodeCount": 4, "nodeIdleTimeBeforeScaleDown": "PT120S"}
    made = settled(
        ada,
        f"{lab}/computes/cpu-cluster",
        compute(scaleSettings=scale) | {"identity": {"type": "SystemAssigned"}},
    )
    inner = made["properties"]["properties"]
    assert made["identity"]["principalId"]
    assert (inner["allocationState"], inner["currentNodeCount"], inner["vmPriority"]) == (
        "Steady",
        1,
        "Dedicated",
    )
    assert len(ada.ask("POST", f"{lab}/computes/cpu-cluster/listNodes").json()["nodes"]) == 1
    name = f"ci-{uuid.uuid4().hex[:8]}x"
    person = {"assignedUser": {"objectId": str(uuid.uuid4()), "tenantId": str(uuid.uuid4())}}
    instance = settled(
        ada, f"{lab}/computes/{name}", compute("ComputeInstance", personalComputeInstanceSettings=person)
    )
    inner = instance["properties"]["properties"]
    assert (inner["state"], inner["personalComputeInstanceSettings"]) == ("Running", person)
    assert f"https://{name}.{REGION}.instances.azureml.ms/tree/" in [
        one["endpointUri"] for one in inner["applications"]
    ]
    assert ada.ask("POST", f"{lab}/computes/{name}/stop").status_code == 202
    assert ada.get(f"{lab}/computes/{name}").json()["properties"]["properties"]["state"] == "Stopped"
    assert refusal(ada.ask("POST", f"{lab}/computes/{name}/stop")) == (409, "UserError")
    listed = ada.get(f"{RESEARCH}/resources", "2022-09-01").json()["value"]
    assert not [one for one in listed if one["type"].endswith("/computes")]
    bare = ada.ask("DELETE", f"{lab}/computes/{name}")
    assert "underlyingResourceAction is required" in bare.json()["error"]["message"]
    gone = ada.api.call(
        "DELETE",
        f"{lab}/computes/{name}",
        params={"api-version": VERSION, "underlyingResourceAction": "Delete"},
    )
    assert gone.status_code == 202
    assert refusal(ada.get(f"{lab}/computes/{name}")) == (404, "ResourceNotFound")


@pytest.mark.parametrize(
    ("name", "body", "status", "words"),
    [
        ("cpu", compute("Rubbish"), 400, "compute type 'Rubbish' is not valid"),
        ("1cpu", compute(), 400, "Compute name '1cpu' is invalid"),
        ("ci-1", compute("ComputeInstance"), 400, "Compute name 'ci-1' is invalid"),
        ("x" * 17, compute("DataFactory"), 400, "between 2 and 16 characters"),
        ("cpu", compute(vmSize="Standard_None"), 400, "'Standard_None' is not supported in region"),
        ("cpu", compute(scaleSettings={"minNodeCount": 3, "maxNodeCount": 1}), 400, "not below the minimum"),
        ("cpu", compute(vmSize="Standard_NC96ads_A100_v4"), 400, "vCPU quota of 24"),
        ("cpu", compute(subnet={"id": f"{VISION}/providers/Microsoft.Network/virtualNetworks/no/subnets/no"}), 404, "no/subnets/no' was not found"),
        ("cpu", compute(enableNodePublicIp=False), 400, "needs a workspace with a private endpoint"),
        ("k8s", {"location": REGION, "properties": {"computeType": "Kubernetes", "resourceId": f"{VISION}/providers/Microsoft.ContainerService/managedClusters/no"}}, 404, "of the compute was not found"),
    ],
)  # fmt: skip
def test_a_compute_that_cannot_be_is_refused(  # noqa: PLR0917 - what is wrong, and what is said of it
    ada: Arm, lab: str, name: str, body: dict[str, Any], status: int, words: str
) -> None:
    answer = ada.put(f"{lab}/computes/{name}", body)
    assert answer.status_code == status, answer.text
    assert words in answer.json()["error"]["message"]
    assert ada.get(f"{lab}/computes/{name}").status_code == 404


def test_an_instance_name_is_unique_in_its_region(ada: Arm, home: str, lab: str) -> None:
    other = f"{home}/{ML}/workspaces/other"
    settled(ada, other, workspace())
    name = f"ci{uuid.uuid4().hex[:8]}x"
    settled(ada, f"{lab}/computes/{name}", compute("ComputeInstance"))
    taken = ada.put(f"{other}/computes/{name}", compute("ComputeInstance"))
    assert refusal(taken) == (409, "UserError")
    assert "already taken in region westeurope" in taken.json()["error"]["message"]


def test_kubernetes_is_attached_once_its_extension_is_there(ada: Arm, home: str, lab: str) -> None:
    cluster = f"{home}/providers/Microsoft.ContainerService/managedClusters/attach"
    pool = {"name": "nodepool1", "count": 1, "vmSize": "Standard_D2s_v5", "mode": "System"}
    body = {
        "location": REGION,
        "identity": {"type": "SystemAssigned"},
        "properties": {"dnsPrefix": "a", "agentPoolProfiles": [pool]},
    }
    settled(ada, cluster, body, "2025-08-01")
    attach = {
        "location": REGION,
        "properties": {
            "computeType": "Kubernetes",
            "resourceId": cluster,
            "properties": {"namespace": "azureml"},
        },
    }
    without = ada.put(f"{lab}/computes/k8s", attach)
    assert "extension is not installed" in without.json()["error"]["message"]
    settings = {"enableTraining": "True"}
    extension = {
        "properties": {"extensionType": "Microsoft.AzureML.Kubernetes", "configurationSettings": settings}
    }
    settled(
        ada,
        f"{cluster}/providers/Microsoft.KubernetesConfiguration/extensions/azureml",
        extension,
        "2023-05-01",
    )
    made = settled(ada, f"{lab}/computes/k8s", attach)
    assert (made["properties"]["isAttachedCompute"], made["properties"]["properties"]["namespace"]) == (
        True,
        "azureml",
    )
    detached = ada.api.call(
        "DELETE", f"{lab}/computes/k8s", params={"api-version": VERSION, "underlyingResourceAction": "Detach"}
    )
    assert detached.status_code == 202


def test_secrets_of_datastores_and_connections_are_told_apart(ada: Arm, lab: str) -> None:
    credentials = {
        "credentialsType": "AccountKey",
        "secrets": {"secretsType": "AccountKey", "key": "very-secret"},
    }
    store = {
        "datastoreType": "AzureBlob",
        "accountName": "some",
        "containerName": "models",
        "credentials": credentials,
    }
    made = ada.put(f"{lab}/datastores/models", {"properties": store})
    assert made.status_code == 201
    assert "very-secret" not in ada.get(f"{lab}/datastores/models").text
    assert ada.ask("POST", f"{lab}/datastores/models/listSecrets").json()["key"] == "very-secret"
    assert (
        "only contain lowercase"
        in ada.put(f"{lab}/datastores/Models", {"properties": store}).json()["error"]["message"]
    )
    assert (
        "containerName field is required"
        in ada.put(f"{lab}/datastores/bad", {"properties": changed(store, "containerName", None)}).json()[
            "error"
        ]["message"]
    )
    connection = {
        "properties": {
            "authType": "PAT",
            "category": "Git",
            "target": "https://x",
            "credentials": {"pat": "very-secret"},
        }
    }
    assert ada.put(f"{lab}/connections/git", connection).status_code == 200
    assert "very-secret" not in ada.get(f"{lab}/connections/git").text
    assert ada.ask("POST", f"{lab}/connections/git/listSecrets").json()["properties"]["credentials"] == {
        "pat": "very-secret"
    }
    assert (
        "category field is required"
        in ada.put(f"{lab}/connections/bad", {"properties": {"authType": "None"}}).json()["error"]["message"]
    )


def test_a_region_tells_quotas_and_sizes(ada: Arm, home: str) -> None:
    base = f"{RESEARCH}/{ML}/locations/{REGION}"

    def current() -> int:
        rows = {one["name"]["value"]: one for one in ada.get(f"{base}/usages").json()["value"]}
        return int(rows["standardDSv3Family"]["currentValue"])

    before = current()
    path = f"{home}/{ML}/workspaces/counted"
    settled(ada, path, workspace())
    settled(
        ada,
        f"{path}/computes/counted",
        compute(vmSize="Standard_D4s_v3", scaleSettings={"minNodeCount": 2, "maxNodeCount": 2}),
    )
    assert current() - before == 8
    assert {one["name"]["value"] for one in ada.get(f"{base}/quotas").json()["value"]} >= {
        "standardDSv3Family"
    }
    sizes = {one["name"]: one for one in ada.get(f"{base}/vmSizes").json()["value"]}
    assert sizes["Standard_D4s_v3"]["vCPUs"] == 4


def test_a_full_quota_refuses(other_world: Any) -> None:
    _, sign_in = other_world(world="quota-full")
    ada = Arm(sign_in(scope=ARM), VERSION)
    home = prepare(ada)
    path = f"{home}/{ML}/workspaces/full"
    settled(ada, path, workspace())
    answer = ada.put(f"{path}/computes/cpu", compute())
    assert refusal(answer) == (400, "ClusterMinNodesExceedCoreQuota")
    assert (
        "vCPU quota of 10 and cannot accomplish for at least 1 requested managed compute node which maps to 2 vCPUs"
        in answer.json()["error"]["message"]
    )


def test_an_instance_says_what_it_is_doing(other_world: Any) -> None:
    hands = Hands()
    _, sign_in = other_world(clock=hands.clock)
    ada = Arm(sign_in(scope=ARM), VERSION)
    home = prepare(ada)
    path = f"{home}/{ML}/workspaces/slow"
    assert ada.put(path, workspace()).status_code == 202
    hands.on(60)
    made = ada.put(
        f"{path}/computes/slow-ci", compute("ComputeInstance", sshSettings={"adminPublicKey": KEY})
    )
    assert (made.status_code, made.json()["properties"]["properties"]["state"]) == (201, "Creating")
    assert ada.follow(made.headers["Azure-AsyncOperation"]).json() == {"status": "InProgress"}
    hands.on(100)
    assert ada.follow(made.headers["Azure-AsyncOperation"]).json() == {
        "status": "Succeeded",
        "percentComplete": 100,
    }
    ada.ask("POST", f"{path}/computes/slow-ci/stop")
    assert ada.get(f"{path}/computes/slow-ci").json()["properties"]["properties"]["state"] == "Stopping"
    hands.on(70)
    assert ada.get(f"{path}/computes/slow-ci").json()["properties"]["properties"]["state"] == "Stopped"
