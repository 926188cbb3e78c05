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
