from __future__ import annotations

from typing import Any

import pytest

from tests.practice.arm_support import (
    ARM,
    DEPLOYMENTS,
    LEGACY,
    READER,
    RESEARCH,
    SCIENTIST,
    VISION,
    Arm,
    Hands,
    content,
    deploy,
    grant,
    group,
    refusal,
    template,
)
from wizard.practice.launcher import Running

SPECS = "Microsoft.Resources/templateSpecs"


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    return Arm(sign_in(scope=ARM), "2025-04-01")


def spec(name: str, **rest: Any) -> dict[str, Any]:
    """A resource that is cheap: it has a location and a description."""
    given = {"type": SPECS, "apiVersion": "2022-02-01", "name": name, "location": "westeurope"}
    return given | {"properties": {"description": name}} | rest


def nested(name: str, sent: Any, *, inner: bool = True, **rest: Any) -> dict[str, Any]:
    parameters = rest.pop("parameters", None)
    properties = {"mode": "Incremental", "template": sent}
    properties |= {"expressionEvaluationOptions": {"scope": "inner"}} if inner else {}
    properties |= {"parameters": parameters} if parameters else {}
    return {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": name,
        "properties": properties,
    } | rest


def preview(arm: Arm, home: str, body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    answer = arm.ask("POST", f"{home}{DEPLOYMENTS}/p/whatIf", body)
    found = arm.follow(answer.headers["Location"]).json()
    assert found["status"] == "Succeeded", found
    return {one["resourceId"]: one for one in found["properties"]["changes"]}


def test_a_group_and_what_is_in_it_come_by_one_deployment_to_the_subscription(ada: Arm) -> None:
    """As Bicep and azd write it: the group, then a nested deployment into it, whose outputs come back."""
    inner = template(
        spec("[parameters('name')]"),
        parameters={"name": {"type": "string"}},
        outputs={"KEY": {"type": "string", "value": f"[resourceId('{SPECS}', parameters('name'))]"}},
    )
    sent = template(
        group("rg-nested"),
        nested(
            "things",
            inner,
            resourceGroup="rg-nested",
            dependsOn=["[resourceId('Microsoft.Resources/resourceGroups', 'rg-nested')]"],
            parameters={"name": {"value": "[concat('ts', parameters('tail'))]"}},
        ),
        parameters={"tail": {"type": "string"}},
        outputs={
            "KEY_ID": {
                "type": "string",
                "value": "[reference(extensionResourceId(concat(subscription().id, '/resourceGroups/rg-nested'), 'Microsoft.Resources/deployments', 'things'), '2022-09-01').outputs.key.value]",
            }
        },
    )
    body = content(sent, "westeurope", tail="7")
    made = f"{RESEARCH}/resourceGroups/rg-nested/providers/{SPECS}/ts7"
    validated = ada.ask("POST", f"{RESEARCH}{DEPLOYMENTS}/outer/validate", body).json()["properties"]
    assert [one["id"].rpartition("/")[2] for one in validated["validatedResources"]] == [
        "rg-nested",
        "things",
        "ts7",
    ]
    assert preview(ada, RESEARCH, body)[made]["changeType"] == "Create"
    found = deploy(ada, RESEARCH, "outer", body)["properties"]
    assert found["provisioningState"] == "Succeeded", found
    # Azure writes the capitals a name begins with small, and lists what nested deployments made, not these.
    assert found["outputs"] == {"keY_ID": {"type": "String", "value": made}}
    assert [one["id"] for one in found["outputResources"]] == [f"{RESEARCH}/resourceGroups/rg-nested", made]
    within = ada.get(f"{RESEARCH}/resourceGroups/rg-nested{DEPLOYMENTS}/things").json()["properties"]
    assert within["correlationId"] == found["correlationId"]
    assert preview(ada, RESEARCH, body)[made]["changeType"] == "NoChange"


def test_whose_parameters_a_nested_template_sees_depends_on_its_scope(ada: Arm) -> None:
    """Without a scope its expressions are those of the deployment around it, and so are `resourceGroup()` and `deployment()`."""
    own = {"p": {"type": "string", "defaultValue": "inside"}}
    said = "[concat(parameters('p'), '-', deployment().name)]"
    outputs = {"said": {"type": "string", "value": said}}
    seen = {"type": "string"}
    sent = template(
        nested("outer-scope", template(parameters=own, outputs=outputs), inner=False),
        nested("inner-scope", template(parameters=own, outputs=outputs)),
        parameters={"p": {"type": "string", "defaultValue": "outside"}},
        outputs={
            name: seen | {"value": f"[reference('{name}-scope').outputs.said.value]"}
            for name in ("outer", "inner")
        },
    )
    found = deploy(ada, VISION, "scopes", content(sent))["properties"]
    assert {name: one["value"] for name, one in found["outputs"].items()} == {
        "outer": "outside-scopes",
        "inner": "inside-inner-scope",
    }


def test_a_template_of_the_outer_scope_may_hold_loops_secrets_and_further_deployments(ada: Arm) -> None:
    deepest = template(
        outputs={"o": {"type": "string", "value": "[parameters('q')]"}}, parameters={"q": {"type": "string"}}
    )
    middle = template(
        spec("[concat('deep', copyIndex())]", copy={"name": "c", "count": "[parameters('n')]"}),
        nested(
            "deepest",
            deepest,
            parameters={"q": {"value": "[concat('[', parameters('n'), ']')]"}},
            dependsOn=["c"],
        ),
    )
    sent = template(nested("middle", middle, inner=False), parameters={"n": {"type": "int"}})
    found = deploy(ada, VISION, "deep", content(sent, n=2))["properties"]
    assert found["provisioningState"] == "Succeeded", found
    made = [one["id"].rpartition("/")[2] for one in found["outputResources"]]
    assert made == ["deep0", "deep1"]
    outputs = ada.get(f"{VISION}{DEPLOYMENTS}/deepest").json()["properties"]["outputs"]
    assert outputs["o"]["value"] == "[2]"


def test_what_a_later_module_needs_of_an_earlier_one_comes_by_its_outputs(ada: Arm) -> None:
    first = template(outputs={"name": {"type": "string", "value": "chained"}})
    second = template(spec("[parameters('name')]"), parameters={"name": {"type": "string"}})
    sent = template(
        nested("first", first),
        nested("second", second, parameters={"name": {"value": "[reference('first').outputs.name.value]"}}),
    )
    # Before the first has run nobody knows what the second makes; what-if says so, and nothing is refused.
    changes = preview(ada, VISION, content(sent))
    assert {one["changeType"] for one in changes.values()} == {"Ignore", "Unsupported"}
    found = deploy(ada, VISION, "chain", content(sent))["properties"]
    assert [one["id"].rpartition("/")[2] for one in found["outputResources"]] == ["chained"]
    assert found["dependencies"][0]["dependsOn"][0]["resourceName"] == "first"


def test_a_failure_within_is_told_through_all_levels(ada: Arm) -> None:
    name = "00000000-0000-4000-8000-0000000000bb"
    assert ada.assign(VISION, name, READER, LEGACY).status_code == 201
    sent = template(nested("upper", template(nested("lower", template(grant(READER))))))
    found = deploy(ada, VISION, "breaks", content(sent))["properties"]
    assert found["provisioningState"] == "Failed"
    codes, error = [], found["error"]
    while error:
        codes.append(error["code"])
        error = (error.get("details") or [None])[0]
    assert codes == [
        "DeploymentFailed", "ResourceDeploymentFailure", "DeploymentFailed", "ResourceDeploymentFailure", "DeploymentFailed",
        "RoleAssignmentExists",
    ]  # fmt: skip
    (operation,) = ada.get(f"{VISION}{DEPLOYMENTS}/breaks/operations").json()["value"]
    assert operation["properties"]["statusCode"] == "Conflict"
    assert operation["properties"]["targetResource"]["resourceName"] == "upper"
    assert (
        ada.ask(
            "DELETE",
            f"{VISION}/providers/Microsoft.Authorization/roleAssignments/{name}",
            version="2022-04-01",
        ).status_code
        == 200
    )


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        (template(parameters={"p": {"type": "string"}}), "template parameter 'p'"),
        (template(spec("x", dependsOn=["nosuch"])), "'nosuch' is not defined"),
        ({"resources": []}, "Required property '$schema'"),
    ],
)
def test_a_wrong_template_within_is_found_beforehand(ada: Arm, inner: Any, words: str) -> None:
    for sent in (template(nested("n", inner)), template(nested("n", template(nested("m", inner))))):
        answer = ada.ask("POST", f"{VISION}{DEPLOYMENTS}/wrong/validate", content(sent))
        assert refusal(answer) == (400, "InvalidTemplate")
        assert words in answer.json()["error"]["message"]


def test_what_a_nested_deployment_may_not_write_is_found_beforehand(ada: Arm) -> None:
    home = "/subscriptions/3b041641-1788-44f2-a60d-f25453fe2e85"
    sent = template(nested("n", template(grant(SCIENTIST))))
    answer = ada.ask("POST", f"{home}/resourceGroups/rg-prod{DEPLOYMENTS}/x/validate", content(sent))
    assert refusal(answer) == (400, "InvalidTemplateDeployment")
    assert answer.json()["error"]["details"][0]["code"] == "AuthorizationFailed"
    missing = template(nested("n", template(), resourceGroup="rg-nosuch"))
    assert refusal(ada.ask("POST", f"{VISION}{DEPLOYMENTS}/x/validate", content(missing))) == (
        404,
        "ResourceGroupNotFound",
    )


def test_nested_deployments_take_their_own_time_side_by_side(other_world: Any) -> None:
    hands = Hands()
    running, sign_in = other_world(clock=hands.clock)
    arm = Arm(sign_in(scope=ARM), "2025-04-01")
    assert isinstance(running, Running)
    sent = template(nested("a", template(spec("a1"))), nested("b", template(spec("b1"))))
    answer = arm.put(f"{VISION}{DEPLOYMENTS}/slow", content(sent))
    states = []
    for _ in range(60):
        states.append(arm.follow(answer.headers["Azure-AsyncOperation"]).json()["status"])
        if states[-1] not in ("Accepted", "Running"):
            break
        hands.on(1)
    assert states[-1] == "Succeeded"
    assert 3 < len(states) < 20
    assert arm.get(f"{VISION}{DEPLOYMENTS}/slow").json()["properties"]["duration"] != "PT0S"


def test_a_cancelled_deployment_takes_its_nested_ones_along(other_world: Any) -> None:
    hands = Hands()
    _, sign_in = other_world(clock=hands.clock)
    arm = Arm(sign_in(scope=ARM), "2025-04-01")
    sent = template(nested("inside", template(spec("x"), spec("y", dependsOn=["x"]))))
    arm.put(f"{VISION}{DEPLOYMENTS}/stopped", content(sent))
    hands.on(2)
    assert arm.get(f"{VISION}{DEPLOYMENTS}/inside").json()["properties"]["provisioningState"] == "Running"
    assert arm.ask("POST", f"{VISION}{DEPLOYMENTS}/stopped/cancel").status_code == 204
    hands.on(600)
    for name in ("stopped", "inside"):
        assert (
            arm.get(f"{VISION}{DEPLOYMENTS}/{name}").json()["properties"]["provisioningState"] == "Canceled"
        )
    assert arm.get(f"{VISION}/providers/{SPECS}/y", "2022-02-01").status_code == 404


def test_mode_complete_deletes_what_the_template_does_not_name(ada: Arm) -> None:
    home = f"{RESEARCH}/resourceGroups/rg-complete"
    assert ada.put(home, {"location": "westeurope"}, "2024-11-01").status_code == 201
    deploy(
        ada, home, "first", content(template(spec("keep"), spec("go"), nested("n", template(spec("nested")))))
    )
    body = content(template(spec("keep"), nested("n", template(spec("nested")))))
    body["properties"]["mode"] = "complete"
    changes = {key.rpartition("/")[2]: one["changeType"] for key, one in preview(ada, home, body).items()}
    assert changes == {"keep": "NoChange", "nested": "NoChange", "go": "Delete"}
    found = deploy(ada, home, "second", body)["properties"]
    assert (found["provisioningState"], found["mode"]) == ("Succeeded", "Complete")
    left = ada.get(f"{home}/resources", "2024-11-01").json()["value"]
    assert sorted(one["name"] for one in left) == ["keep", "nested"]
    operations = ada.get(f"{home}{DEPLOYMENTS}/second/operations").json()["value"]
    gone = [one["properties"] for one in operations if one["properties"]["provisioningOperation"] == "Delete"]
    assert [one["targetResource"]["resourceName"] for one in gone] == ["go"]


def test_a_deployment_can_be_exported_listed_and_forgotten(ada: Arm) -> None:
    sent = template(spec("exported"), parameters={"p": {"type": "string", "defaultValue": "x"}})
    deploy(ada, VISION, "export", content(sent))
    exported = ada.ask("POST", f"{VISION}{DEPLOYMENTS}/export/exportTemplate")
    assert exported.json() == {"template": sent}
    (newest,) = ada.get(f"{VISION}{DEPLOYMENTS}", top="1").json()["value"]
    assert newest["name"] == "export"
    assert ada.ask("HEAD", f"{VISION}{DEPLOYMENTS}/export").status_code == 204
    gone = ada.ask("DELETE", f"{VISION}{DEPLOYMENTS}/export")
    assert gone.status_code == 202
    assert ada.follow(gone.headers["Location"]).status_code == 204
    assert ada.ask("HEAD", f"{VISION}{DEPLOYMENTS}/export").status_code == 404
    assert ada.get(f"{VISION}/providers/{SPECS}/exported", "2022-02-01").status_code == 200


def test_the_sdk_previews_and_deploys_what_is_nested(practice: Running) -> None:
    from azure.identity import ClientSecretCredential
    from azure.mgmt.resource.deployments import DeploymentsMgmtClient

    from tests.practice.test_arm_deployments_time import clients

    credential, client = clients(practice, ClientSecretCredential, DeploymentsMgmtClient)
    body = content(template(nested("sdk-inner", template(spec("by-sdk")))))
    with credential, client:
        deployments = client.deployments
        assert (
            len(deployments.begin_validate("rg-vision", "sdk", body).result().properties.validated_resources)
            == 2
        )
        found = deployments.begin_what_if("rg-vision", "sdk", body).result().changes
        assert {one.change_type for one in found} == {"Create", "Ignore"}
        made = deployments.begin_create_or_update("rg-vision", "sdk", body).result()
        assert [one.id.rpartition("/")[2] for one in made.properties.output_resources] == ["by-sdk"]
        (step, _) = client.deployment_operations.list("rg-vision", "sdk")
        assert step.properties.target_resource.resource_type == "Microsoft.Resources/deployments"
        again = deployments.begin_what_if("rg-vision", "sdk", body).result().changes
        assert {one.change_type for one in again} == {"NoChange", "Ignore"}
        changed = content(
            template(nested("sdk-inner", template(spec("by-sdk", properties={"description": "else"}))))
        )
        (change,) = [
            one
            for one in deployments.begin_what_if("rg-vision", "sdk", changed).result().changes
            if one.delta
        ]
        (delta,) = change.delta
        assert (delta.path, delta.before, delta.after) == ("properties.description", "by-sdk", "else")
        assert deployments.export_template("rg-vision", "sdk").template["resources"]


def test_what_is_read_by_id_is_told_among_the_dependencies(ada: Arm) -> None:
    kind = "Microsoft.MachineLearningServices/workspaces"
    reading = f"[reference(resourceId('{kind}', 'vision'), '2024-10-01').friendlyName]"
    sent = template(spec("reader", properties={"description": reading}))
    found = ada.ask("POST", f"{VISION}{DEPLOYMENTS}/r/validate", content(sent)).json()["properties"][
        "dependencies"
    ]
    assert found[0]["dependsOn"] == [
        {
            "id": f"{VISION}/providers/{kind}/vision",
            "resourceType": kind,
            "resourceName": "vision",
            "apiVersion": "2024-10-01",
        }
    ]
