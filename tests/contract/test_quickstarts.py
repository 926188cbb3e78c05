"""Microsoft's published quickstart templates are deployed on practice Azure, each as its README says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.practice.arm_support import ARM, DEPLOYMENTS, RESEARCH, Arm, content
from tests.practice.conftest import signer
from wizard.practice import start

TEMPLATES = Path(__file__).parents[2] / "../shared/azure/schemas/examples/_templates"
HOME = f"{RESEARCH}/resourceGroups/rg-quickstart"
KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7 person@example"


@dataclass(frozen=True)
class Quickstart:
    """A template, what a person types in for it, and the types it makes."""

    name: str
    makes: tuple[str, ...]
    parameters: dict[str, Any]
    home: str = HOME


WORKSPACE = (
    "Microsoft.MachineLearningServices/workspaces",
    "Microsoft.Storage/storageAccounts",
    "Microsoft.KeyVault/vaults",
    "Microsoft.Insights/components",
)
QUICKSTARTS = (
    Quickstart("storage-account-create", ("Microsoft.Storage/storageAccounts",), {}),
    Quickstart(
        "container-registry", ("Microsoft.ContainerRegistry/registries",), {"acrName": "quickregistry"}
    ),
    Quickstart("create-rg", (), {"rgName": "rg-made"}, RESEARCH),
    Quickstart("vnet-to-vnet-peering", ("Microsoft.Network/virtualNetworks/virtualNetworkPeerings",), {}),
    Quickstart(
        "aks",
        ("Microsoft.ContainerService/managedClusters",),
        {"dnsPrefix": "quick", "linuxAdminUsername": "person", "sshRSAPublicKey": KEY},
    ),
    Quickstart(
        "machine-learning-workspace-cmk",
        WORKSPACE,
        {
            "name": "quick",
            "environment": "dev",
            "location": "westeurope",
            "encryption_status": "Disabled",
            "cmk_keyvault_id": f"{HOME}/providers/Microsoft.KeyVault/vaults/cmk",
            "cmk_keyvault_key_uri": "https://cmk.vault.azure.net/keys/key/0123456789abcdef0123456789abcdef",
        },
    ),
    Quickstart(
        "machine-learning-compute-create-amlcompute",
        ("Microsoft.MachineLearningServices/workspaces/computes",),
        {"clusterName": "cpucluster", "adminUserName": "person", "adminUserPassword": "Sesame-4711-open"},
    ),
    Quickstart(
        "machine-learning-compute-attach-aks",
        ("Microsoft.MachineLearningServices/workspaces/computes",),
        {"computeName": "attached", "clusterName": "aks101cluster"},
    ),
)


@pytest.fixture(scope="module")
def arm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arm]:
    """A person who owns a subscription with an empty group."""
    with start(tmp_path_factory.mktemp("quickstarts")) as running:
        ada = Arm(signer(running)(scope=ARM), "2022-09-01")
        assert ada.put(HOME, {"location": "westeurope"}, "2024-11-01").status_code == 201
        for namespace in (
            "Storage",
            "ContainerRegistry",
            "Network",
            "ContainerService",
            "KeyVault",
            "Insights",
            "MachineLearningServices",
            "OperationalInsights",
        ):
            ada.ask("POST", f"{RESEARCH}/providers/Microsoft.{namespace}/register", version="2022-12-01")
        yield ada


def read(name: str) -> Any:
    path = TEMPLATES / f"{name}.json"
    if not path.exists():
        pytest.skip("the published templates are not beside this checkout")
    return json.loads(path.read_text(encoding="utf-8"))["template"]


@pytest.mark.parametrize("quickstart", QUICKSTARTS, ids=lambda one: one.name)
def test_a_published_template_is_validated_previewed_and_deployed(arm: Arm, quickstart: Quickstart) -> None:
    sent = read(quickstart.name)
    parameters = dict(quickstart.parameters)
    if "workspaceName" in sent["parameters"]:
        parameters["workspaceName"] = workspace(arm)
    body = content(sent, None if quickstart.home == HOME else "westeurope")
    body["properties"]["parameters"] = {name: {"value": value} for name, value in parameters.items()}
    path = f"{quickstart.home}{DEPLOYMENTS}/{quickstart.name}"
    checked = arm.ask("POST", f"{path}/validate", body)
    assert checked.status_code == 200, checked.text
    preview = arm.follow(arm.ask("POST", f"{path}/whatIf", body).headers["Location"]).json()
    assert preview["status"] == "Succeeded", preview
    assert "Create" in {one["changeType"] for one in preview["properties"]["changes"]}
    answer = arm.put(path, body)
    assert answer.status_code == 201, answer.text
    found = arm.get(path).json()["properties"]
    assert found["provisioningState"] == "Succeeded", json.dumps(found.get("error"), indent=1)
    made = [one["id"] for one in found["outputResources"]]
    assert made
    for kind in quickstart.makes:
        segments = kind.partition("/")[2].lower().split("/")
        assert any(all(f"/{one}/" in key.lower() for one in segments) for key in made), (kind, made)
    again = arm.follow(arm.ask("POST", f"{path}/whatIf", body).headers["Location"]).json()
    changes = {one["resourceId"].lower(): one["changeType"] for one in again["properties"]["changes"]}
    assert {changes[key.lower()] for key in made} <= {"NoChange", "Modify"}, changes


def workspace(arm: Arm) -> str:
    """The name of the workspace that the template of another quickstart made."""
    path = f"{HOME}/providers/Microsoft.MachineLearningServices/workspaces"
    (found,) = arm.get(path, "2024-10-01").json()["value"]
    return str(found["name"])
