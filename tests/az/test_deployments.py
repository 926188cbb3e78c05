"""`az deployment sub`, `az deployment group`, `az stack`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.az.cli import Az

_GROUP = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
_SUBSCRIPTION = "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#"


def _template(schema: str, *resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"$schema": schema, "contentVersion": "1.0.0.0", **more, "resources": list(resources)}


def _identity(name: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
        "apiVersion": "2023-01-31",
        "name": name,
        "location": "westeurope",
        **more,
    }


@pytest.fixture(scope="module")
def subscription(az: Az) -> str:
    group = {
        "type": "Microsoft.Resources/resourceGroups",
        "apiVersion": "2021-04-01",
        "name": "[parameters('rgName')]",
        "location": "northeurope",
    }
    nested = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2021-04-01",
        "name": "inner",
        "resourceGroup": "[parameters('rgName')]",
        "dependsOn": ["[resourceId('Microsoft.Resources/resourceGroups', parameters('rgName'))]"],
        "properties": {"mode": "Incremental", "template": _template(_GROUP, _identity("nested"))},
    }
    name = {"rgName": {"type": "string"}}
    outputs = {"where": {"type": "string", "value": "[parameters('rgName')]"}}
    return az.file("sub.json", _template(_SUBSCRIPTION, group, nested, parameters=name, outputs=outputs))


def test_a_deployment_in_the_subscription(az: Az, subscription: str) -> None:
    asked = f"-l northeurope -f {subscription} -p rgName=az-deployed -n first"
    assert az(f"deployment sub validate {asked}").json["properties"]["provisioningState"] == "Succeeded"
    before = az(f"deployment sub what-if {asked} --no-pretty-print").json
    assert {one["changeType"] for one in before["changes"]} == {"Create"}
    assert "Resource changes: 2 to create" in az(f"deployment sub what-if {asked}").out
    made = az(f"deployment sub create {asked}").json
    assert made["properties"]["provisioningState"] == "Succeeded"
    assert made["properties"]["outputs"]["where"]["value"] == "az-deployed"
    assert az("group show -n az-deployed").json["location"] == "northeurope"
    assert az("identity show -g az-deployed -n nested").json["principalId"]
    assert az("deployment sub show -n first").json["properties"]["correlationId"]
    assert "first" in az("deployment sub list --query [].name").json
    operations = az("deployment operation sub list -n first").json
    assert {"Create"} <= {one["properties"]["provisioningOperation"] for one in operations}
    assert {one["properties"]["provisioningState"] for one in operations} == {"Succeeded"}
    exported = az("deployment sub export -n first").json
    assert exported["parameters"] == {"rgName": {"type": "string"}}
    again = az(f"deployment sub what-if {asked} --no-pretty-print").json
    assert {one["changeType"] for one in again["changes"]} == {"NoChange"}
    assert az("deployment sub delete -n first").code == 0
    assert "DeploymentNotFound" in az("deployment sub show -n first").refusal


def test_a_deployment_in_a_group(az: Az, group: str) -> None:
    loop = _identity("[concat('loop', copyIndex())]", copy={"name": "all", "count": 3})
    file = az.file("loop.json", _template(_GROUP, loop, _identity("not", condition=False)))
    assert az(f"deployment group validate -g {group} -f {file}").json["error"] is None
    made = az(f"deployment group create -g {group} -f {file} -n loop").json
    assert len(made["properties"]["outputResources"]) == 3
    assert az(f"identity list -g {group} --query [].name").json == ["loop0", "loop1", "loop2"]
    tagged = az.file("tagged.json", _template(_GROUP, _identity("loop0", tags={"a": "b"})))
    told = az(f"deployment group what-if -g {group} -f {tagged} --no-pretty-print").json
    changes = {one["resourceId"].rpartition("/")[2]: one for one in told["changes"]}
    assert changes["loop0"]["changeType"] == "Modify"
    assert changes["loop0"]["delta"][0]["path"] == "tags"
    assert changes["loop1"]["changeType"] == "Ignore"
    assert len(az(f"deployment operation group list -g {group} -n loop").json) >= 3
    assert [one["name"] for one in az(f"deployment group list -g {group}").json] == ["loop"]


def test_what_arm_refuses_before_it_begins(az: Az, group: str, subscription: str) -> None:
    missing = az(
        f"deployment sub validate -l northeurope -f {subscription} -n refused", "--no-prompt", "true"
    ).refusal
    assert "rgName" in missing
    unknown = az.file(
        "unknown.json", _template(_GROUP, _identity("x") | {"type": "Microsoft.Nothing/things"})
    )
    refused = az(f"deployment group create -g {group} -f {unknown}").refusal
    assert "InvalidTemplateDeployment" in refused
    assert "Microsoft.Nothing" in refused
    broken = az.file("broken.json", _template(_GROUP, _identity("[nonsense('x')]")))
    refused = az(f"deployment group create -g {group} -f {broken}").refusal
    assert "InvalidTemplate" in refused
    assert "nonsense" in refused


def test_what_fails_on_the_way_is_told_with_its_cause(az: Az, group: str) -> None:
    vault = {
        "type": "Microsoft.Storage/storageAccounts",
        "apiVersion": "2023-05-01",
        "name": "vision6900115126",
        "location": "westeurope",
        "sku": {"name": "Standard_LRS"},
        "kind": "StorageV2",
        "properties": {},
    }
    file = az.file("taken.json", _template(_GROUP, vault))
    refused = az(f"deployment group create -g {group} -f {file} -n taken").refusal
    assert "StorageAccountAlreadyTaken" in refused


def test_a_stack_deletes_what_it_no_longer_holds(az: Az, group: str) -> None:
    both = az.file("both.json", _template(_GROUP, _identity("stays"), _identity("goes")))
    one = az.file("one.json", _template(_GROUP, _identity("stays")))
    asked = f"stack group create -n stack -g {group} --deny-settings-mode none --yes"
    made = az(f"{asked} -f {both} --action-on-unmanage deleteAll").json
    assert made["provisioningState"] == "succeeded"
    assert len(made["resources"]) == 2
    changed = az(f"{asked} -f {one} --action-on-unmanage deleteAll").json
    assert [kept["id"].rpartition("/")[2] for kept in changed["deletedResources"]] == ["goes"]
    assert "goes" not in az(f"identity list -g {group} --query [].name").json
    assert az(f"stack group show -n stack -g {group}").json["actionOnUnmanage"]["resources"] == "delete"
    assert [kept["name"] for kept in az(f"stack group list -g {group}").json] == ["stack"]
    assert az(f"stack group delete -n stack -g {group} --action-on-unmanage detachAll --yes").code == 0
    assert "stays" in az(f"identity list -g {group} --query [].name").json


def test_a_stack_of_the_subscription(az: Az, subscription: str) -> None:
    made = az(
        f"stack sub create -n wide -l northeurope -f {subscription} -p rgName=az-stacked --deny-settings-mode none"
        " --action-on-unmanage deleteAll --yes"
    ).json
    assert made["provisioningState"] == "succeeded"
    assert "wide" in az("stack sub list --query [].name").json
    assert az("stack sub delete -n wide --action-on-unmanage deleteAll --yes").code == 0
    assert az("group exists -n az-stacked").json is False


def test_a_template_may_have_comments_and_long_strings(az: Az, group: str) -> None:
    text = json.dumps(_template(_GROUP, _identity("commented"))).replace(
        '"resources"', '// what is made\n/* and\nmore */ "resources"'
    )
    (az.folder / "comments.json").write_text(text, encoding="utf-8")
    made = az(f"deployment group create -g {group} -f comments.json -n comments").json
    assert made["properties"]["provisioningState"] == "Succeeded"
