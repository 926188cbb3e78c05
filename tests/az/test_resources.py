"""`az resource`, `az provider`, `az lock`, `az policy`, `az rest`, and workspaces of machine learning by them."""

from __future__ import annotations

import json

import pytest

from tests.az.cli import Az
from wizard.practice.launcher import Running


@pytest.fixture(scope="module")
def home(azure: Running, group: str) -> str:
    return f"/subscriptions/{azure.subscription}/resourceGroups/{group}"


def test_resources_of_any_type(az: Az, group: str, home: str) -> None:
    wanted = json.dumps({"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}})
    made = az(
        f"resource create -g {group} -n generic --resource-type Microsoft.Network/virtualNetworks --properties",
        wanted,
    ).json
    assert made["id"] == f"{home}/providers/Microsoft.Network/virtualNetworks/generic"
    assert made["properties"]["provisioningState"] == "Succeeded"
    assert [one["name"] for one in az(f"resource list -g {group}").json] == ["generic"]
    assert az("resource show --ids", made["id"]).json["location"] == "westeurope"
    named = f"-g {group} -n generic --resource-type Microsoft.Network/virtualNetworks"
    assert az(f"resource tag {named} --tags a=b").json["tags"] == {"a": "b"}
    assert az(f"resource update {named} --set tags.c=d").json["tags"] == {"a": "b", "c": "d"}
    found = az("resource list --resource-type Microsoft.Network/virtualNetworks --name generic").json
    assert [one["id"] for one in found] == [made["id"]]
    assert az("resource delete --ids", made["id"]).code == 0
    assert "ResourceNotFound" in az("resource show --ids", made["id"]).refusal


def test_a_workspace_of_machine_learning(az: Az, group: str, home: str) -> None:
    account = az(f"storage account create -g {group} -n azmlstorage --sku Standard_LRS").json["id"]
    vault = az(f"keyvault create -g {group} -n az-ml-vault").json["id"]
    body = {
        "location": "westeurope",
        "identity": {"type": "SystemAssigned"},
        "properties": {"storageAccount": account, "keyVault": vault},
    }
    url = f"{home}/providers/Microsoft.MachineLearningServices/workspaces/vision?api-version=2024-10-01"
    az("rest --method put --url", url, "--body", json.dumps(body))
    named = f"-g {group} -n vision --resource-type Microsoft.MachineLearningServices/workspaces"
    made = az(f"resource show {named}").json
    assert made["properties"]["provisioningState"] == "Succeeded"
    assert made["properties"]["workspaceId"]
    assert made["identity"]["principalId"]
    assert az("rest --method get --url", url).json["name"] == "vision"
    lonely = {**body, "properties": {"storageAccount": account, "keyVault": vault + "-none"}}
    refused = az(
        "rest --method put --url", url.replace("vision", "lonely"), "--body", json.dumps(lonely)
    ).refusal
    assert "az-ml-vault-none" in refused
    assert az(f"resource delete {named}").code == 0
    assert "ResourceNotFound" in az(f"resource show {named}").refusal


def test_rest_speaks_to_arm_and_to_graph(az: Az, azure: Running, home: str) -> None:
    groups = az(
        "rest --method get --url",
        f"/subscriptions/{azure.subscription}/resourcegroups?api-version=2021-04-01",
    )
    assert home.rpartition("/")[2] in [one["name"] for one in groups.json["value"]]
    graph = f"{azure.url}/v1.0/servicePrincipals?$top=1"
    assert len(az(f"rest --method get --resource {azure.url}/ --url", graph).json["value"]) == 1
    unversioned = az("rest --method get --url", f"/subscriptions/{azure.subscription}/resourcegroups").refusal
    assert "MissingApiVersionParameter" in unversioned
    odd = az("rest --method get --url", f"{home}?api-version=latest").refusal
    assert "InvalidApiVersionParameter" in odd
    nowhere = az(
        "rest --method get --url", f"{home}/providers/Microsoft.Nothing/things/x?api-version=2021-04-01"
    ).refusal
    assert "InvalidResourceNamespace" in nowhere
    nothing = az(
        "rest --method get --url", f"{home}/providers/Microsoft.Network/things/x?api-version=2021-04-01"
    ).refusal
    assert "InvalidResourceType" in nothing


def test_providers(az: Az) -> None:
    assert az("provider register -n Microsoft.CognitiveServices").code == 0
    shown = az("provider show -n Microsoft.MachineLearningServices").json
    assert shown["registrationState"] == "Registered"
    assert "workspaces" in [one["resourceType"] for one in shown["resourceTypes"]]
    states = {
        one["n"]: one["s"] for one in az("provider list --query", "[].{n:namespace,s:registrationState}").json
    }
    assert states["Microsoft.Network"] == "Registered"
    assert az("provider unregister -n Microsoft.CognitiveServices").code == 0
    assert "InvalidResourceNamespace" in az("provider show -n Microsoft.Nothing").refusal


def test_what_is_locked_stays(az: Az, group: str, home: str) -> None:
    az(f"network vnet create -g {group} -n locked --address-prefixes 10.9.0.0/16")
    made = az(f"lock create -n keep -t CanNotDelete -g {group} --notes", "Kept for the audit.").json
    assert made["level"] == "CanNotDelete"
    assert [one["name"] for one in az(f"lock list -g {group}").json] == ["keep"]
    assert az(f"lock show -n keep -g {group}").json["notes"] == "Kept for the audit."
    refused = az(f"network vnet delete -g {group} -n locked").refusal
    assert "ScopeLocked" in refused
    assert home.lower() in refused.lower()
    assert az(f"network vnet update -g {group} -n locked --set tags.a=b").code == 0
    assert az(f"lock update -n keep -g {group} --lock-type ReadOnly").json["level"] == "ReadOnly"
    assert "ScopeLocked" in az(f"network vnet update -g {group} -n locked --set tags.a=c").refusal
    assert az(f"lock delete -n keep -g {group}").code == 0
    assert az(f"network vnet delete -g {group} -n locked").code == 0


def test_a_policy_forbids(az: Az, group: str, home: str) -> None:
    rule = {"if": {"field": "location", "notIn": ["westeurope"]}, "then": {"effect": "deny"}}
    definition = az("policy definition create -n az-only-west --mode All --rules", json.dumps(rule)).json
    assert definition["policyType"] == "Custom"
    assigned = az(f"policy assignment create -n only-west --policy az-only-west --scope {home}").json
    assert assigned["scope"] == home
    assert "only-west" in az(f"policy assignment list --scope {home} --query [].name").json
    refused = az(f"network vnet create -g {group} -n east -l eastus").refusal
    assert "RequestDisallowedByPolicy" in refused
    assert "only-west" in refused
    assert az(f"network vnet create -g {group} -n west -l westeurope").code == 0
    assert az(f"policy assignment delete -n only-west --scope {home}").code == 0
    assert az(f"network vnet create -g {group} -n east -l eastus").code == 0
