"""Deployment stacks, by the plain REST surface: no SDK of it is in the lock file."""

from __future__ import annotations

from typing import Any

import pytest

from tests.practice.arm_support import (
    ARM,
    CONTRIBUTOR,
    RESEARCH,
    Arm,
    Hands,
    group,
    recordings,
    refusal,
    template,
)

SPECS = "Microsoft.Resources/templateSpecs"
STACKS = "/providers/Microsoft.Resources/deploymentStacks"
HOME = f"{RESEARCH}/resourceGroups/rg-stacks"
QUERY = {"unmanageAction.Resources": "delete", "unmanageAction.ResourceGroups": "delete"}


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    arm = Arm(sign_in(scope=ARM), "2024-03-01")
    assert arm.put(HOME, {"location": "westeurope"}, "2024-11-01").status_code == 201
    return arm


def spec(name: str) -> dict[str, Any]:
    return {
        "type": SPECS,
        "apiVersion": "2022-02-01",
        "name": name,
        "location": "westeurope",
        "properties": {},
    }


def stack(sent: Any, action: str = "delete", **rest: Any) -> dict[str, Any]:
    given = {"resources": action, "resourceGroups": action}
    properties = {"template": sent, "actionOnUnmanage": given, "denySettings": {"mode": "none"}}
    return {"properties": properties | rest}


def put(arm: Arm, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Write a stack and follow it to its end."""
    answer = arm.put(path, body)
    assert answer.status_code in (200, 201), answer.text
    assert answer.json()["properties"]["provisioningState"] == "initializing"
    over = arm.follow(answer.headers["Azure-AsyncOperation"]).json()
    assert over["status"] in ("succeeded", "failed")
    found: dict[str, Any] = arm.get(path).json()
    assert found["properties"]["provisioningState"] == over["status"]
    return found


def names(found: dict[str, Any], what: str = "resources") -> list[str]:
    return [one["id"].rpartition("/")[2] for one in found["properties"][what]]


def there(arm: Arm, name: str, home: str = HOME) -> bool:
    return bool(arm.get(f"{home}/providers/{SPECS}/{name}", "2022-02-01").status_code == 200)


def test_a_stack_deletes_what_its_template_no_longer_has(ada: Arm) -> None:
    path = f"{HOME}{STACKS}/one"
    sent = template(spec("a"), spec("b"), outputs={"o": {"type": "string", "value": "x"}})
    found = put(ada, path, stack(sent))
    assert names(found) == ["a", "b"]
    assert found["properties"]["outputs"] == {"o": {"type": "String", "value": "x"}}
    assert (
        ada.get(found["properties"]["deploymentId"], "2022-09-01").json()["properties"]["provisioningState"]
        == "Succeeded"
    )
    found = put(ada, path, stack(template(spec("b"))))
    assert (names(found), names(found, "deletedResources")) == (["b"], ["a"])
    assert (there(ada, "a"), there(ada, "b")) == (False, True)


def test_a_stack_may_let_go_instead(ada: Arm) -> None:
    path = f"{HOME}{STACKS}/two"
    put(ada, path, stack(template(spec("c"), spec("d")), "detach"))
    found = put(ada, path, stack(template(spec("d")), "detach"))
    assert (names(found, "detachedResources"), names(found, "deletedResources")) == (["c"], [])
    assert there(ada, "c")
    gone = ada.ask("DELETE", path)
    assert (gone.status_code, gone.content) == (200, b"")
    assert refusal(ada.get(path)) == (404, "DeploymentStackResourceNotFound")
    assert there(ada, "d")


def test_a_stack_goes_with_all_it_made_groups_too(ada: Arm) -> None:
    path = f"{RESEARCH}{STACKS}/whole"
    inner = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": "in",
        "resourceGroup": "rg-of-stack",
        "dependsOn": ["[subscriptionResourceId('Microsoft.Resources/resourceGroups', 'rg-of-stack')]"],
        "properties": {"mode": "Incremental", "template": template(spec("e"))},
    }
    found = put(ada, path, stack(template(group("rg-of-stack"), inner)) | {"location": "westeurope"})
    assert names(found) == ["rg-of-stack", "e"]
    answer = ada.api.call("DELETE", path, params={"api-version": "2024-03-01", **QUERY})
    assert answer.status_code == 202
    assert ada.follow(answer.headers["Azure-AsyncOperation"]).json()["status"] == "succeeded"
    assert refusal(ada.get(path)) == (404, "ResourceNotFound")
    assert ada.get(f"{RESEARCH}/resourceGroups/rg-of-stack", "2024-11-01").status_code == 404


def test_what_cannot_be_deleted_makes_the_stack_fail_and_say_what(ada: Arm) -> None:
    path = f"{HOME}{STACKS}/stuck"
    put(ada, path, stack(template(spec("f"), spec("g"))))
    lock = f"{HOME}/providers/{SPECS}/f/providers/Microsoft.Authorization/locks/no"
    assert ada.put(lock, {"properties": {"level": "CanNotDelete"}}, "2020-05-01").status_code == 201
    found = put(ada, path, stack(template(spec("g"))))["properties"]
    assert found["error"]["code"] == "DeploymentStackUpdateFailed"
    assert [one["error"]["code"] for one in found["failedResources"]] == ["ScopeLocked"]
    assert there(ada, "f")
    assert ada.ask("DELETE", lock, version="2020-05-01").status_code == 200


def test_a_deployment_that_fails_fails_the_stack(ada: Arm) -> None:
    role = f"[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '{CONTRIBUTOR}')]"
    wrong = {
        "type": "Microsoft.Authorization/roleAssignments",
        "apiVersion": "2022-04-01",
        "name": "[guid('x')]",
        "properties": {"roleDefinitionId": role, "principalId": "00000000-0000-4000-8000-000000000001"},
    }
    found = put(ada, f"{HOME}{STACKS}/fails", stack(template(wrong)))["properties"]
    error, codes = found["error"], []
    while error:
        codes.append(error["code"])
        error = (error.get("details") or [None])[0]
    assert codes == [
        "DeploymentStackUpdateFailed",
        "DeploymentStackDeploymentFailed",
        "DeploymentFailed",
        "PrincipalNotFound",
    ]


def test_validation_ends_with_what_would_be_made_or_with_the_error(ada: Arm) -> None:
    path = f"{HOME}{STACKS}/checked/validate"
    answer = ada.ask("POST", path, stack(template(spec("v"))))
    assert answer.status_code == 202
    over = ada.follow(answer.headers["Location"])
    assert (over.status_code, len(over.json()["properties"]["validatedResources"])) == (200, 1)
    assert over.json()["properties"]["actionOnUnmanage"]["resources"] == "Delete"
    wrong = stack(
        template(parameters={"p": {"type": "int", "maxValue": 10}}), parameters={"p": {"value": 11}}
    )
    over = ada.follow(ada.ask("POST", path, wrong).headers["Location"])
    assert refusal(over) == (400, "InvalidTemplate")
    assert over.json()["properties"] == {}


def test_a_stack_is_listed_and_gives_its_template_back(ada: Arm) -> None:
    sent = template(spec("x"))
    put(ada, f"{HOME}{STACKS}/listed", stack(sent))
    assert "listed" in [one["name"] for one in ada.get(f"{HOME}{STACKS}").json()["value"]]
    assert ada.ask("POST", f"{HOME}{STACKS}/listed/exportTemplate").json() == {"template": sent}


@pytest.mark.parametrize(
    "properties",
    [
        {"denySettings": None},
        {"actionOnUnmanage": {"resources": "forget"}},
        {"denySettings": {"mode": "all"}},
    ],
)
def test_a_stack_needs_to_know_what_becomes_of_the_rest(ada: Arm, properties: dict[str, Any]) -> None:
    body = stack(template())
    body["properties"] |= properties
    assert refusal(ada.put(f"{HOME}{STACKS}/bad", body)) == (400, "DeploymentStackInvalidRequest")


def test_a_stack_takes_its_time_and_cannot_be_written_meanwhile(other_world: Any) -> None:
    hands = Hands()
    _, sign_in = other_world(clock=hands.clock)
    arm = Arm(sign_in(scope=ARM), "2024-03-01")
    assert arm.put(HOME, {"location": "westeurope"}, "2024-11-01").status_code == 201
    answer = arm.put(f"{HOME}{STACKS}/slow", stack(template(spec("s"))))
    assert refusal(arm.put(f"{HOME}{STACKS}/slow", stack(template()))) == (
        409,
        "DeploymentStackInNonTerminalState",
    )
    states: list[str] = []
    for _ in range(60):
        states.append(arm.follow(answer.headers["Azure-AsyncOperation"]).json()["status"])
        if states[-1] == "succeeded":
            break
        hands.on(1)
    assert list(dict.fromkeys(states)) == ["initializing", "deploying", "succeeded"]


def test_answers_have_the_recorded_members(ada: Arm) -> None:
    found = put(
        ada,
        f"{HOME}{STACKS}/shape",
        stack(template(outputs={}), description="d", parameters={}) | {"tags": {}},
    )
    compared = 0
    for row in recordings(
        lambda line: "deploymentStacks" in line and "2024-03-01" in line and '"method":"GET"' in line
    ):
        answer = row["resp_body"]
        if isinstance(answer, dict) and answer.get("properties", {}).get("provisioningState") == "succeeded":
            assert set(answer) - {"location"} <= set(found)
            assert set(answer["properties"]) - {"deploymentScope", "templateLink"} <= set(found["properties"])
            compared += 1
    assert compared > 5
