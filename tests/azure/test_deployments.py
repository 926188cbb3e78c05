"""Deployments: validated, previewed, started, watched by name, repeated without change, and told when they fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4, uuid5

import pytest

from tests.azure.crooked import Crooked, in_turn, said
from wizard.azure.choose import open_cloud
from wizard.azure.deployments import Deployments
from wizard.azure.errors import AzureProblem, Conflict, Invalid, ServerFault, UnreadableAnswer
from wizard.azure.model import ChangeKind, DeploymentStatus
from wizard.azure.session import Azure
from wizard.azure.sign_in import sign_in_unattended

RESEARCH = "142c8364-7806-4577-93e7-83e7eb04b39b"
GROUP = f"/subscriptions/{RESEARCH}/resourceGroups/rg-vision"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


def template(principal: str, role: str = READER) -> dict[str, Any]:
    """One role assignment on the group, with a name that follows from what it is."""
    name = str(uuid5(uuid5_space, f"{GROUP}{principal}{role}"))
    return {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": {"principal": {"type": "string"}},
        "resources": [
            {
                "type": "Microsoft.Authorization/roleAssignments",
                "apiVersion": "2022-04-01",
                "name": name,
                "properties": {
                    "roleDefinitionId": f"/subscriptions/{RESEARCH}/providers/Microsoft.Authorization/roleDefinitions/{role}",
                    "principalId": "[parameters('principal')]",
                    "principalType": "ServicePrincipal",
                },
            }
        ],
        "outputs": {"principal": {"type": "string", "value": "[parameters('principal')]"}},
    }


uuid5_space = uuid4()


@pytest.fixture
async def principal(azure: Azure) -> str:
    """The object id of a new service principal."""
    app, _ = await azure.graph.upsert_application(f"azimuth-{uuid4()}", "deployed")
    made, _ = await azure.graph.ensure_service_principal(app.app_id)
    return made.object_id


@pytest.fixture
def deployments(azure: Azure) -> Deployments:
    return azure.arm.deployments


def given(principal: str) -> dict[str, Any]:
    return {"principal": {"value": principal}}


async def finished(deployments: Deployments, scope: str, name: str) -> DeploymentStatus:
    while True:
        status = await deployments.status(scope, name)
        assert status is not None
        if status.finished:
            return status
        await asyncio.sleep(0)


async def test_from_validation_to_a_second_run_that_changes_nothing(
    azure: Azure, deployments: Deployments, principal: str
) -> None:
    name, body, parameters = f"azimuth-{uuid4()}", template(principal), given(principal)
    await deployments.validate(GROUP, name, body, parameters)
    before = await deployments.what_if(GROUP, name, body, parameters)
    ours = [c for c in before if "/roleassignments/" in c.resource_id.lower() and c.kind is ChangeKind.CREATE]
    assert len(ours) == 1
    assert await deployments.status(GROUP, name) is None, "nothing is written by asking"
    assert await azure.arm.role_assignments(GROUP, principal) == []

    started = await deployments.start(GROUP, name, body, parameters)
    assert started.name == name
    status = await finished(deployments, GROUP, name)
    assert (status.state, status.outputs) == ("Succeeded", {"principal": principal})
    assert status.correlation_id
    operations = await deployments.operations(GROUP, name)
    assert [(o.resource_id.lower(), o.state) for o in operations] == [
        (ours[0].resource_id.lower(), "Succeeded")
    ]
    assert [a.role for a in await azure.arm.role_assignments(GROUP, principal)] == [READER]

    after = await deployments.what_if(GROUP, name, body, parameters)
    told = [c for c in after if c.resource_id.lower() == ours[0].resource_id.lower()]
    assert [c.kind for c in told] == [ChangeKind.NO_CHANGE]
    await deployments.start(GROUP, name, body, parameters)
    assert (await finished(deployments, GROUP, name)).state == "Succeeded"
    assert len(await azure.arm.role_assignments(GROUP, principal)) == 1

    assert await deployments.delete(GROUP, name)
    assert not await deployments.delete(GROUP, name)
    assert await azure.arm.delete(ours[0].resource_id, "2022-04-01"), "what it made stays until it is deleted"
    assert not await azure.arm.delete(ours[0].resource_id, "2022-04-01")


async def test_a_broken_template_is_refused_with_the_cause(deployments: Deployments, principal: str) -> None:
    broken = template(principal)
    broken["resources"][0]["name"] = "[parameters('missing')]"
    with pytest.raises(Invalid) as problem:
        await deployments.validate(GROUP, "broken", broken, given(principal))
    assert problem.value.code == "InvalidTemplate"
    assert problem.value.message


async def test_a_missing_parameter_is_refused(deployments: Deployments, principal: str) -> None:
    for ask in (deployments.validate, deployments.what_if):
        with pytest.raises(Invalid) as problem:
            await ask(GROUP, "broken", template(principal), {})
        assert "principal" in problem.value.message


async def test_a_failure_names_the_resource_and_the_innermost_cause(
    deployments: Deployments, principal: str
) -> None:
    name, role = f"azimuth-{uuid4()}", str(uuid4())
    body = template(principal, role)
    await deployments.start(GROUP, name, body, given(principal))
    status = await finished(deployments, GROUP, name)
    assert status.state == "Failed"
    failed = [o for o in await deployments.operations(GROUP, name) if o.state == "Failed"]
    assert [o.code for o in failed] == ["RoleDefinitionDoesNotExist"]
    assert role.replace("-", "") in failed[0].message.replace("-", "")
    assert status.code == "RoleDefinitionDoesNotExist"


@pytest.mark.parametrize(
    "scope", ["", "/", "/subscriptions/s/resourceGroups/g/providers/a/b/c", "https://x.example/"]
)
async def test_what_is_no_scope_of_a_deployment_is_refused(deployments: Deployments, scope: str) -> None:
    with pytest.raises(Invalid) as refused:
        await deployments.what_if(scope, "x", {}, {})
    assert refused.value.code == "InvalidScope"


async def test_nothing_to_cancel_is_told(deployments: Deployments) -> None:
    with pytest.raises(AzureProblem):
        await deployments.cancel(GROUP, f"azimuth-{uuid4()}")
    assert await deployments.operations(GROUP, f"azimuth-{uuid4()}") == []


@pytest.fixture
async def lifelike(tmp_path: Path) -> AsyncIterator[Azure]:
    """Practice Azure in which operations take time, so that they can be met while running."""
    with open_cloud("practice", practice_folder=tmp_path, time_scale=0.2) as cloud:
        async with Azure.open(await sign_in_unattended(cloud, environ={})) as azure:
            yield azure


async def test_a_running_deployment_can_be_watched_refused_twice_and_cancelled(lifelike: Azure) -> None:
    deployments, name = lifelike.arm.deployments, f"azimuth-{uuid4()}"
    owner = await lifelike.graph.applications("practice-owner")
    principal = await lifelike.graph.service_principal(owner[0].app_id)
    assert principal is not None
    body, parameters = template(principal.object_id), given(principal.object_id)
    await deployments.start(GROUP, name, body, parameters)
    status = await deployments.status(GROUP, name)
    assert status is not None
    assert not status.finished
    with pytest.raises(Conflict) as problem:
        await deployments.start(GROUP, name, body, parameters)
    assert problem.value.rule == "E-deployactive"
    await deployments.cancel(GROUP, name)
    async with asyncio.timeout(20):
        assert (await finished(deployments, GROUP, name)).state == "Canceled"


# Answers that go wrong


def running(state: str) -> Mapping[str, Any]:
    return {"name": "d", "properties": {"provisioningState": state, "correlationId": "c"}}


async def test_a_start_without_an_answer_is_looked_up(fooled: Azure, crooked: Crooked) -> None:
    crooked.answer = in_turn(said("", 504), said(running("Running")))
    started = await fooled.arm.deployments.start(GROUP, "d", {}, {})
    assert started.state == "Running"
    assert [a.method for a in crooked.asked] == ["PUT", "GET"], "it is not sent again"


async def test_a_start_that_never_arrived_is_told(fooled: Azure, crooked: Crooked) -> None:
    crooked.answer = in_turn(said("", 504), said(running("Succeeded")))
    with pytest.raises(ServerFault):
        await fooled.arm.deployments.start(GROUP, "d", {}, {})


async def test_a_new_deployment_that_arm_does_not_know_yet_is_asked_for_again(
    fooled: Azure, crooked: Crooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(fooled.arm.deployments, "_sleep", sleep)
    unknown = said({"error": {"code": "DeploymentNotFound", "message": "no"}}, 404)
    crooked.answer = in_turn(said(running("Accepted"), 201), unknown, unknown, said(running("Running")))
    await fooled.arm.deployments.start(GROUP, "d", {}, {})
    status = await fooled.arm.deployments.status(GROUP, "d")
    assert status is not None
    assert status.state == "Running"
    assert slept == [fooled.cloud.pace()] * 2, "a second each, at the cloud's pace"
    crooked.answer = unknown
    assert await fooled.arm.deployments.status(GROUP, "other") is None
    assert len(slept) == 2, "one that we did not begin is simply not there"


@pytest.mark.parametrize("body", ["<html>", "null", '{"status": "Succ'])
async def test_a_preview_that_is_no_answer_is_told(fooled: Azure, crooked: Crooked, body: str) -> None:
    crooked.answer = said(body)
    with pytest.raises(UnreadableAnswer):
        await fooled.arm.deployments.what_if(GROUP, "d", {}, {})


async def test_a_preview_reads_nested_changes(fooled: Azure, crooked: Crooked) -> None:
    change = {
        "resourceId": f"{GROUP}/providers/a/b/c",
        "changeType": "Modify",
        "delta": [
            {
                "path": "properties.rules",
                "propertyChangeType": "Array",
                "children": [
                    {
                        "path": "0",
                        "propertyChangeType": "Modify",
                        "children": [
                            {"path": "port", "propertyChangeType": "Modify", "before": 1, "after": 2}
                        ],
                    }
                ],
            },
            {"path": "tags.a", "propertyChangeType": "Create", "after": "b"},
            {"path": "etag", "propertyChangeType": "NoEffect", "before": 1},
        ],
    }
    new = {"resourceId": "x", "changeType": "SomethingNew"}
    crooked.answer = said({"status": "Succeeded", "properties": {"changes": [change, new]}})
    modified, unknown = await fooled.arm.deployments.what_if(GROUP, "d", {}, {})
    assert modified.delta == (("properties.rules[0].port", 1, 2), ("tags.a", None, "b"))
    assert (unknown.kind, unknown.reason) == (ChangeKind.UNSUPPORTED, "Azure says: SomethingNew")


async def test_a_preview_that_fails_while_polled_is_told(fooled: Azure, crooked: Crooked) -> None:
    failed = {"status": "Failed", "error": {"code": "InvalidTemplate", "message": "no"}}
    begun = said("", 202, Location=f"{crooked.url}/poll", retry_after_ms="1")
    crooked.answer = in_turn(begun, begun, said(failed))
    with pytest.raises(Invalid) as problem:
        await fooled.arm.deployments.what_if(GROUP, "d", {}, {})
    assert problem.value.code == "InvalidTemplate"


async def test_a_validation_answered_with_200_and_an_error_is_a_refusal(
    fooled: Azure, crooked: Crooked
) -> None:
    inner = {"code": "RequestDisallowedByPolicy", "message": "Resource 'x' was disallowed by policy."}
    outer = {"code": "InvalidTemplateDeployment", "message": "not valid", "details": [inner]}
    for status in (200, 400):
        crooked.answer = said({"error": outer}, status)
        with pytest.raises(Invalid) as problem:
            await fooled.arm.deployments.validate(GROUP, "d", {}, {})
        assert problem.value.rule == "E-policy"
        assert [d.code for d in problem.value.details] == ["InvalidTemplateDeployment"]
