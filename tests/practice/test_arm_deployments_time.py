from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.practice.arm_support import (
    ARM,
    DEPLOYMENTS,
    RESEARCH,
    SCIENTIST,
    VISION,
    Arm,
    Hands,
    content,
    grant,
    group,
    refusal,
    template,
)
from wizard.practice import start
from wizard.practice.launcher import Running

VERSION = "2025-04-01"


@pytest.fixture
def slow(other_world: Any) -> tuple[Arm, Hands]:
    hands = Hands()
    _, sign_in = other_world(clock=hands.clock)
    return Arm(sign_in(scope=ARM), VERSION), hands


def test_a_deployment_goes_its_way_by_the_clock(slow: tuple[Arm, Hands]) -> None:
    ada, hands = slow
    sent = template(group("rg-one"), group("rg-two", dependsOn=["rg-one"]))
    path = f"{RESEARCH}{DEPLOYMENTS}/slow"
    made = ada.put(path, content(sent, "uksouth"))
    assert (made.status_code, made.json()["properties"]["provisioningState"]) == (201, "Accepted")
    assert int(made.headers["retry-after-ms"]) >= 20
    address = made.headers["Azure-AsyncOperation"]

    def now() -> tuple[str, list[str], list[int]]:
        operations = ada.get(f"{path}/operations").json()["value"]
        groups = [
            ada.ask("HEAD", f"{RESEARCH}/resourceGroups/{name}").status_code for name in ("rg-one", "rg-two")
        ]
        states = [one["properties"]["provisioningState"] for one in operations]
        return ada.follow(address).json()["status"], states, groups

    assert now() == ("Accepted", [], [404, 404])
    assert refusal(ada.put(path, content(sent, "uksouth"))) == (409, "DeploymentActive")
    assert refusal(ada.ask("DELETE", path)) == (409, "DeploymentActive")
    hands.on(1.5)
    assert now() == ("Running", ["Running"], [204, 404])
    hands.on(2)
    assert now() == ("Running", ["Running", "Succeeded"], [204, 204])
    hands.on(2)
    assert now() == ("Succeeded", ["Succeeded", "Succeeded", "Succeeded"], [204, 204])
    properties = ada.get(path).json()["properties"]
    assert properties["duration"] == "PT5S"
    assert properties["dependencies"][0]["dependsOn"][0]["resourceName"] == "rg-one"


def test_what_was_missed_is_made_up_for_with_the_right_times(slow: tuple[Arm, Hands]) -> None:
    ada, hands = slow
    path = f"{RESEARCH}{DEPLOYMENTS}/missed"
    body = content(template(group("rg-one"), group("rg-two", dependsOn=["rg-one"])), "uksouth")
    assert ada.put(path, body).status_code == 201
    hands.on(1000)
    found = ada.get(path).json()["properties"]
    assert (found["provisioningState"], found["duration"]) == ("Succeeded", "PT5S")
    stamps = [one["properties"]["timestamp"][11:19] for one in ada.get(f"{path}/operations").json()["value"]]
    assert stamps == ["09:00:05", "09:00:03", "09:00:05"]


def test_a_deployment_may_be_cancelled_while_it_runs(slow: tuple[Arm, Hands]) -> None:
    ada, hands = slow
    path = f"{RESEARCH}{DEPLOYMENTS}/stopped"
    made = ada.put(path, content(template(group("rg-one"), group("rg-two", dependsOn=["rg-one"])), "uksouth"))
    hands.on(2)
    assert ada.ask("POST", f"{path}/cancel").status_code == 204
    assert ada.follow(made.headers["Azure-AsyncOperation"]).json()["status"] == "Canceled"
    assert refusal(ada.ask("POST", f"{path}/cancel")) == (409, "DeploymentCannotBeCancelled")
    hands.on(100)
    assert ada.ask("HEAD", f"{RESEARCH}/resourceGroups/rg-two").status_code == 404
    gone = ada.ask("DELETE", path)
    assert refusal(ada.put(path, content(template(), "uksouth"))) == (409, "DeploymentBeingDeleted")
    assert ada.follow(gone.headers["Location"]).status_code == 202
    hands.on(6)
    assert ada.follow(gone.headers["Location"]).status_code == 204
    assert ada.ask("HEAD", path).status_code == 404
    assert ada.ask("DELETE", path).status_code == 204


def test_a_deployment_survives_the_server(tmp_path: Path) -> None:
    """Nothing is kept in memory: a new process goes on where the killed one was."""
    from tests.practice.conftest import signer

    hands = Hands()
    with start(tmp_path, clock=hands.clock) as running:
        ada = Arm(signer(running)(scope=ARM), VERSION)
        assert (
            ada.put(f"{RESEARCH}{DEPLOYMENTS}/x", content(template(group("rg-late")), "uksouth")).status_code
            == 201
        )
    hands.on(60)
    with start(tmp_path, clock=hands.clock) as running:
        ada = Arm(signer(running)(scope=ARM), VERSION)
        assert ada.get(f"{RESEARCH}/resourceGroups/rg-late").status_code == 200
        assert ada.get(f"{RESEARCH}{DEPLOYMENTS}/x").json()["properties"]["provisioningState"] == "Succeeded"


def test_deployments_are_listed_newest_first_and_by_state(slow: tuple[Arm, Hands]) -> None:
    ada, hands = slow
    for name in ("one", "two"):
        assert ada.put(f"{VISION}{DEPLOYMENTS}/{name}", content(template())).status_code == 201
        hands.on(10)
    assert ada.put(f"{VISION}{DEPLOYMENTS}/three", content(template())).status_code == 201

    def names(**query: str) -> list[str]:
        return [one["name"] for one in ada.get(f"{VISION}{DEPLOYMENTS}/", **query).json()["value"]]

    assert names() == ["three", "two", "one"]
    assert names(top="1") == ["three"]
    assert names(filter="provisioningState eq 'Succeeded'") == ["two", "one"]


def clients(practice: Running, credentials: Any, deployments: Any) -> tuple[Any, Any]:
    ca = str(practice.ca)
    credential = credentials(
        practice.tenant, practice.client_id, practice.client_secret,
        authority=practice.url, disable_instance_discovery=True, connection_verify=ca,
    )  # fmt: skip
    client = deployments(
        credential,
        practice.subscription,
        base_url=practice.url,
        credential_scopes=[f"{practice.url}/.default"],
        connection_verify=ca,
    )
    return credential, client


def test_the_sdk_validates_previews_and_deploys(practice: Running) -> None:
    from azure.identity import ClientSecretCredential
    from azure.mgmt.resource.deployments import DeploymentsMgmtClient

    credential, client = clients(practice, ClientSecretCredential, DeploymentsMgmtClient)
    body = content(template(group("rg-sdk")), "uksouth")
    with credential, client:
        deployments = client.deployments
        assert deployments.begin_validate_at_subscription_scope("sdk", body).result().error is None
        (change,) = deployments.begin_what_if_at_subscription_scope("sdk", body).result().changes
        assert change.change_type == "Create"
        made = deployments.begin_create_or_update_at_subscription_scope("sdk", body).result()
        assert made.properties.provisioning_state == "Succeeded"
        operations = list(client.deployment_operations.list_at_subscription_scope("sdk"))
        assert [one.properties.provisioning_operation for one in operations] == [
            "Create",
            "EvaluateDeploymentOutput",
        ]
        assert deployments.check_existence_at_subscription_scope("sdk")
        deployments.begin_delete_at_subscription_scope("sdk").result()
        assert not deployments.check_existence_at_subscription_scope("sdk")


async def test_the_aio_sdk_deploys_to_a_group_and_tells_what_failed(practice: Running) -> None:
    from azure.core.exceptions import HttpResponseError
    from azure.identity.aio import ClientSecretCredential
    from azure.mgmt.resource.deployments.aio import DeploymentsMgmtClient

    credential, client = clients(practice, ClientSecretCredential, DeploymentsMgmtClient)
    async with credential, client:
        body = content(template(grant(SCIENTIST, name="[guid('aio')]")))
        poller = await client.deployments.begin_create_or_update("rg-vision", "aio", body)
        made = await poller.result()
        assert made.properties.provisioning_state == "Succeeded"
        twin = content(template(grant(SCIENTIST, name="[guid('twin')]")))
        poller = await client.deployments.begin_create_or_update("rg-vision", "twin", twin)
        with pytest.raises(HttpResponseError) as fault:
            await poller.result()
        error: Any = fault.value.error
        assert error.code == "DeploymentFailed"
        assert [one.code for one in error.details] == ["RoleAssignmentExists"]
        names = [one.name async for one in client.deployments.list_by_resource_group("rg-vision")]
        assert {"aio", "twin"} <= set(names)


NETWORKS = "2024-05-01"
LINE = f"{VISION}/providers/Microsoft.Network/virtualNetworks/vnet-busy"


def network(**rest: Any) -> dict[str, Any]:
    space = {"addressSpace": {"addressPrefixes": ["10.20.0.0/16"]}}
    return {
        "type": "Microsoft.Network/virtualNetworks",
        "apiVersion": NETWORKS,
        "name": "vnet-busy",
        "location": "uksouth",
        "properties": space,
        **rest,
    }


def subnet(name: str, number: int, **rest: Any) -> dict[str, Any]:
    return {
        "type": "Microsoft.Network/virtualNetworks/subnets",
        "apiVersion": NETWORKS,
        "name": f"vnet-busy/{name}",
        "properties": {"addressPrefix": f"10.20.{number}.0/24"},
        **rest,
    }


def ended(ada: Arm, hands: Hands, path: str) -> dict[str, Any]:
    """The properties of a deployment when it is over, asked for every second."""
    for _ in range(300):
        found: dict[str, Any] = ada.get(path).json()["properties"]
        if found["provisioningState"] not in ("Accepted", "Running"):
            return found
        hands.on(1)
    raise AssertionError(f"{path} does not end")


def test_a_busy_network_is_waited_for(slow: tuple[Arm, Hands]) -> None:
    ada, hands = slow
    needs = {"dependsOn": ["vnet-busy"]}
    sent = template(network(), *(subnet(f"s{number}", number, **needs) for number in range(4)))
    path = f"{VISION}{DEPLOYMENTS}/busy"
    assert ada.put(path, content(sent)).status_code == 201
    found = ended(ada, hands, path)
    assert found["provisioningState"] == "Succeeded", found
    names = [one["name"] for one in ada.get(f"{LINE}/subnets", NETWORKS).json()["value"]]
    assert sorted(names) == ["s0", "s1", "s2", "s3"]


def test_what_waits_is_made_up_for_too(slow: tuple[Arm, Hands]) -> None:
    ada, hands = slow
    needs = {"dependsOn": ["vnet-busy"]}
    sent = template(network(), subnet("one", 1, **needs), subnet("two", 2, **needs))
    path = f"{VISION}{DEPLOYMENTS}/missed"
    assert ada.put(path, content(sent)).status_code == 201
    hands.on(1000)
    assert ada.get(path).json()["properties"]["provisioningState"] == "Succeeded"


def test_two_deployments_change_one_network(slow: tuple[Arm, Hands]) -> None:
    ada, hands = slow
    first = f"{VISION}{DEPLOYMENTS}/first"
    assert ada.put(first, content(template(network()))).status_code == 201
    assert ended(ada, hands, first)["provisioningState"] == "Succeeded"
    both = [f"{VISION}{DEPLOYMENTS}/{name}" for name in ("left", "right")]
    for number, path in enumerate(both):
        assert ada.put(path, content(template(subnet(f"s{number}", number)))).status_code == 201
    states = [ended(ada, hands, path)["provisioningState"] for path in both]
    assert states == ["Succeeded", "Succeeded"]


def test_a_step_that_waits_is_shown_as_running_and_cancelled(slow: tuple[Arm, Hands]) -> None:
    ada, hands = slow
    first = f"{VISION}{DEPLOYMENTS}/first"
    assert ada.put(first, content(template(network()))).status_code == 201
    assert ended(ada, hands, first)["provisioningState"] == "Succeeded"
    made = ada.put(f"{LINE}/subnets/mine", {"properties": {"addressPrefix": "10.20.9.0/24"}}, NETWORKS)
    assert made.status_code == 201
    refused = ada.put(f"{LINE}/subnets/yours", {"properties": {"addressPrefix": "10.20.8.0/24"}}, NETWORKS)
    assert refusal(refused) == (429, "RetryableError")
    assert 0 < int(refused.headers["retry-after-ms"]) <= 60_000
    path = f"{VISION}{DEPLOYMENTS}/second"
    assert ada.put(path, content(template(subnet("yours", 8)))).status_code == 201
    hands.on(1)
    operations = ada.get(f"{path}/operations").json()["value"]
    assert [one["properties"]["provisioningState"] for one in operations] == ["Running"]
    assert ada.ask("POST", f"{path}/cancel").status_code == 204
    hands.on(1000)
    assert ada.ask("GET", f"{LINE}/subnets/yours", version=NETWORKS).status_code == 404
    assert ada.get(path).json()["properties"]["provisioningState"] == "Canceled"


def test_a_subnet_without_its_network_is_not_waited_for(slow: tuple[Arm, Hands]) -> None:
    ada, hands = slow
    path = f"{VISION}{DEPLOYMENTS}/orphan"
    assert ada.put(path, content(template(subnet("lone", 1)))).status_code == 201
    found = ended(ada, hands, path)
    assert (found["provisioningState"], found["error"]["details"][0]["code"]) == (
        "Failed",
        "ResourceNotFound",
    )


@pytest.mark.parametrize(("version", "shown"), [("2024-05-01", True), ("2019-04-01", False)])
def test_an_own_resource_is_read_in_the_version_it_is_written_with(
    slow: tuple[Arm, Hands], version: str, shown: bool
) -> None:
    ada, hands = slow
    balancer = {
        "type": "Microsoft.Network/loadBalancers",
        "apiVersion": version,
        "name": "lb-read",
        "location": "uksouth",
        "sku": {"name": "Standard"},
        "properties": {"backendAddressPools": [{"name": "pool"}]},
    }
    pool = {"type": "object", "value": "[reference('lb-read').backendAddressPools[0].properties]"}
    path = f"{VISION}{DEPLOYMENTS}/read"
    assert ada.put(path, content(template(balancer, outputs={"pool": pool}))).status_code == 201
    found = ended(ada, hands, path)
    assert found["provisioningState"] == "Succeeded", found
    assert ("loadBalancerBackendAddresses" in found["outputs"]["pool"]["value"]) is shown


def test_a_template_may_list_the_keys_of_a_workspace(slow: tuple[Arm, Hands]) -> None:
    ada, hands = slow
    workspace = {
        "type": "Microsoft.OperationalInsights/workspaces",
        "apiVersion": "2023-09-01",
        "name": "logs-listed",
        "location": "uksouth",
        "properties": {"sku": {"name": "PerGB2018"}},
    }
    known = "resourceId('Microsoft.OperationalInsights/workspaces', 'logs-listed')"
    keys = {"type": "int", "value": f"[length(listKeys({known}, '2015-11-01-preview').primarySharedKey)]"}
    path = f"{VISION}{DEPLOYMENTS}/keys"
    register = f"{RESEARCH}/providers/Microsoft.OperationalInsights/register"
    assert ada.ask("POST", register).status_code == 200
    hands.on(600)
    made = ada.put(path, content(template(workspace, outputs={"keys": keys})))
    assert made.status_code == 201, made.text
    found = ended(ada, hands, path)
    assert found["provisioningState"] == "Succeeded", found
    assert found["outputs"]["keys"]["value"] == 88
