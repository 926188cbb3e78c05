from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.practice.arm_support import (
    ARM,
    CONTRIBUTOR,
    DEPLOYMENTS,
    LEGACY,
    PRODUCTION,
    READER,
    RESEARCH,
    SCIENTIST,
    VISION,
    WORKSPACE,
    Arm,
    content,
    deploy,
    grant,
    group,
    recordings,
    refusal,
    template,
)
from wizard.practice.launcher import Running

VERSION = "2025-04-01"


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    return Arm(sign_in(scope=ARM), VERSION)


@pytest.fixture(scope="module")
def bob(sign_in: Any) -> Arm:
    return Arm(sign_in("bob@contoso.example", scope=ARM), VERSION)


def preview(arm: Arm, home: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = arm.ask("POST", f"{home}{DEPLOYMENTS}/p/whatIf", body)
    assert answer.status_code == 202, answer.text
    over = arm.follow(answer.headers["Location"])
    assert over.status_code == 200
    found: dict[str, Any] = over.json()
    return found


def changes(arm: Arm, home: str, body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = preview(arm, home, body)
    assert found["status"] == "Succeeded", found
    return {one["resourceId"]: one for one in found["properties"]["changes"]}


def test_a_role_is_granted_by_a_template_and_a_second_time_nothing_changes(ada: Arm) -> None:
    outputs = {"id": {"type": "string", "value": "[extensionResourceId(resourceGroup().id, 'A.B/c', 'n')]"}}
    body = content(template(grant(SCIENTIST), outputs=outputs))
    (first,) = [one for one in changes(ada, VISION, body).values() if one["changeType"] == "Create"]
    assert first["after"]["properties"]["principalId"] == LEGACY
    found = deploy(ada, VISION, "grant", body)
    assert found["properties"]["provisioningState"] == "Succeeded"
    assert found["properties"]["outputs"] == {
        "id": {"type": "String", "value": f"{VISION}/providers/A.B/c/n"}
    }
    assert found["properties"]["outputResources"] == [{"id": first["resourceId"]}]
    assert ada.get(first["resourceId"], version="2022-04-01").json()["properties"]["scope"] == VISION
    again = changes(ada, VISION, body)[first["resourceId"]]
    assert (again["changeType"], again["delta"]) == ("NoChange", [])
    assert deploy(ada, VISION, "grant", body)["properties"]["provisioningState"] == "Succeeded"
    assert ada.ask("DELETE", first["resourceId"], version="2022-04-01").status_code == 200


def test_other_resources_of_the_group_are_told_to_be_ignored(ada: Arm) -> None:
    found = changes(ada, VISION, content(template()))
    assert {one["changeType"] for one in found.values()} == {"Ignore"}
    assert WORKSPACE in found
    assert "provisioningState" not in found[WORKSPACE]["before"]["properties"]
    short = content(template())
    short["properties"]["whatIfSettings"] = {"resultFormat": "ResourceIdOnly"}
    assert changes(ada, VISION, short)[WORKSPACE] == {"resourceId": WORKSPACE, "changeType": "Ignore"}


def test_a_role_may_be_granted_on_one_resource(ada: Arm) -> None:
    scope = "[resourceId('Microsoft.MachineLearningServices/workspaces', 'vision')]"
    found = deploy(ada, VISION, "on-workspace", content(template(grant(READER, scope=scope))))
    (made,) = found["properties"]["outputResources"]
    assert made["id"].startswith(WORKSPACE + "/providers/Microsoft.Authorization/roleAssignments/")
    assert ada.ask("DELETE", made["id"], version="2022-04-01").status_code == 200


def test_groups_are_made_and_changed_at_the_subscription(ada: Arm) -> None:
    body = content(template(group("rg-sub", tags={"a": "1", "b": "2"})), "uksouth")
    found = deploy(ada, RESEARCH, "groups", body)
    assert found["location"] == "uksouth"
    path = f"{RESEARCH}/resourceGroups/rg-sub"
    changed = changes(
        ada, RESEARCH, content(template(group("rg-sub", tags={"a": "3", "c": "4"})), "uksouth")
    )[path]
    assert changed["changeType"] == "Modify"
    assert changed["delta"] == [
        {"path": "tags.a", "propertyChangeType": "Modify", "before": "1", "after": "3"},
        {"path": "tags.b", "propertyChangeType": "Delete", "before": "2"},
        {"path": "tags.c", "propertyChangeType": "Create", "after": "4"},
    ]
    again = ada.put(f"{RESEARCH}{DEPLOYMENTS}/groups", content(template(), "westeurope"))
    assert refusal(again) == (409, "InvalidDeploymentLocation")


def test_secure_values_are_shown_nowhere_and_left_nowhere(practice: Running, ada: Arm) -> None:
    secret = "Sesame-4711-open"
    sent = template(
        group("rg-secret", tags={"t": "[parameters('pass')]"}),
        parameters={
            "pass": {"type": "secureString"},
            "plain": {"type": "string", "defaultValue": "[concat('p', 'q')]"},
        },
        outputs={"o": {"type": "secureString", "value": "[parameters('pass')]"}},
    )
    shown = preview(ada, RESEARCH, content(sent, "uksouth", **{"pass": secret}))
    assert "[parameters('pass')]" in json.dumps(shown)
    sent["resources"] = []
    found = deploy(ada, RESEARCH, "secret", content(sent, "uksouth", **{"pass": secret}))
    assert found["properties"]["parameters"] == {
        "pass": {"type": "SecureString"},
        "plain": {"type": "String", "value": "pq"},
    }
    assert found["properties"]["outputs"] == {"o": {"type": "SecureString"}}
    assert secret not in json.dumps([shown, found, ada.get(f"{RESEARCH}{DEPLOYMENTS}").json()])
    folders = {path.parent for path in Path(practice.ca).parent.rglob("*") if path.is_file()}
    kept = b"".join(path.read_bytes() for folder in folders for path in folder.iterdir() if path.is_file())
    assert b"rg-vision" in kept
    assert secret.encode() not in kept


def test_what_az_sends_is_understood(ada: Arm) -> None:
    sent = json.dumps(template(group("rg-az"), outputs={}), indent=1).replace(
        '"resources"', '// the groups\n "resources"'
    )
    body = (
        '{"location": "uksouth", "properties": {"parameters": {}, "mode": "Incremental", template:'
        + sent
        + "}}"
    )
    answer = ada.api.call(
        "POST", f"{RESEARCH}{DEPLOYMENTS}/az/validate", params={"api-version": VERSION}, data=body.encode()
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["properties"]["validatedResources"] == [{"id": f"{RESEARCH}/resourceGroups/rg-az"}]


@pytest.mark.parametrize(
    ("home", "body", "expected", "words"),
    [
        (VISION, {"properties": {"mode": "Incremental"}}, "InvalidDeployment", "must have either the TemplateLink or Template"),
        (VISION, content(template(), "uksouth"), "InvalidDeployment", "'location' property is not allowed"),
        (RESEARCH, content(template()), "InvalidDeployment", "'location' property must be specified"),
        (RESEARCH, content(template(), "atlantis"), "LocationNotAvailableForDeployment", "atlantis"),
        (VISION, content(template()) | {"nonsense": 1}, "InvalidRequestContent", "Could not find member 'nonsense'"),
        (VISION, {}, "InvalidRequestContent", "Required property 'properties' not found"),
        (VISION, content({"resources": []}), "InvalidTemplate", "Required property '$schema' not found"),
        (VISION, content(template(parameters={"p": {"type": "string"}})), "InvalidTemplate", "template parameter 'p'"),
        (VISION, content(template(), q=1), "InvalidTemplate", "'q' in the parameters file"),
        (VISION, content(template({"type": "No.Such/x", "apiVersion": "2024-01-01", "name": "n"})), "InvalidTemplateDeployment", "See inner"),
        (VISION, content(template(grant(READER, apiVersion="1999-01-01"))), "InvalidTemplateDeployment", "See inner"),
    ],
)  # fmt: skip
def test_what_cannot_be_deployed_is_refused_by_validate_and_by_create(
    ada: Arm, home: str, body: Any, expected: str, words: str
) -> None:
    for method, tail in (("POST", "/validate"), ("PUT", "")):
        answer = ada.ask(method, f"{home}{DEPLOYMENTS}/wrong{tail}", body)
        assert refusal(answer) == (400, expected)
        assert words in answer.json()["error"]["message"]
    assert refusal(ada.get(f"{home}{DEPLOYMENTS}/wrong")) == (404, "DeploymentNotFound")


def test_a_name_has_its_limit_and_a_group_must_be_there(ada: Arm) -> None:
    answer = ada.put(f"{VISION}{DEPLOYMENTS}/{'n' * 65}", content(template()))
    assert (
        "has a length of '65' which exceeds the maximum length of '64'" in answer.json()["error"]["message"]
    )
    missing = ada.put(f"{RESEARCH}/resourceGroups/none{DEPLOYMENTS}/x", content(template()))
    assert refusal(missing) == (404, "ResourceGroupNotFound")


def test_a_wrong_template_is_told_at_the_end_of_a_preview(ada: Arm) -> None:
    found = preview(ada, VISION, content(template(parameters={"location": {"type": "string"}})))
    rows = recordings(lambda line: "operationresults" in line and '"InvalidTemplate"' in line)
    recorded = [row["resp_body"] for row in rows if row["status"] == 200]
    assert recorded
    for body in recorded:
        assert set(found) == set(body)
        assert set(found["error"]) == set(body["error"])
        mine, theirs = found["error"]["additionalInfo"][0], body["error"]["additionalInfo"][0]
        assert (mine["type"], set(mine["info"]), mine["info"]["path"]) == (
            theirs["type"], set(theirs["info"]), theirs["info"]["path"],
        )  # fmt: skip
    assert found["error"]["code"] == "InvalidTemplate"


def test_who_may_not_write_a_resource_is_told_which_and_what(ada: Arm, bob: Arm) -> None:
    """Bob only reads in Research; Ada contributes in Production, where she may deploy but not assign."""
    answer = bob.put(f"{VISION}{DEPLOYMENTS}/mine", content(template()))
    assert refusal(answer) == (403, "AuthorizationFailed")
    assert "'Microsoft.Resources/deployments/write'" in answer.json()["error"]["message"]
    home = f"{PRODUCTION}/resourceGroups/rg-prod"
    body = content(template(grant(READER), grant(CONTRIBUTOR)))
    refused = ada.ask("POST", f"{home}{DEPLOYMENTS}/mine/validate", body)
    assert refusal(refused) == (400, "InvalidTemplateDeployment")
    details = refused.json()["error"]["details"]
    assert [one["code"] for one in details] == ["AuthorizationFailed"] * 2
    assert "perform action 'Microsoft.Authorization/roleAssignments/write' at scope" in details[0]["message"]
    assert ada.put(f"{home}{DEPLOYMENTS}/mine", body).status_code == 400
    assert preview(ada, home, body)["error"]["code"] == "InvalidTemplateDeployment"
    body["properties"]["validationLevel"] = "ProviderNoRbac"
    assert {one["changeType"] for one in changes(ada, home, body).values()} == {"Create", "Ignore"}


def test_what_fails_while_deploying_is_nested_in_the_error(ada: Arm) -> None:
    name = "00000000-0000-4000-8000-00000000aaaa"
    assert ada.assign(VISION, name, READER, LEGACY).status_code == 201
    sent = template(
        grant(READER),
        grant(CONTRIBUTOR, dependsOn=["[guid('other')]"]),
        grant(SCIENTIST, name="[guid('other')]"),
    )
    found = deploy(ada, VISION, "fails", content(sent))
    error = found["properties"]["error"]
    assert (found["properties"]["provisioningState"], error["code"]) == ("Failed", "DeploymentFailed")
    assert [one["code"] for one in error["details"]] == ["RoleAssignmentExists"]
    operations = ada.get(f"{VISION}{DEPLOYMENTS}/fails/operations").json()["value"]
    states = sorted(
        (one["properties"]["provisioningState"], one["properties"]["statusCode"]) for one in operations
    )
    assert states == [("Failed", "Conflict"), ("Succeeded", "Created"), ("Succeeded", "Created")]
    (failed,) = [one for one in operations if one["properties"]["provisioningState"] == "Failed"]
    assert failed["properties"]["statusMessage"]["error"]["code"] == "RoleAssignmentExists"
    assert ada.get(f"{VISION}{DEPLOYMENTS}/fails/operations/{failed['operationId']}").json() == failed
    for one in ada.get(f"{VISION}/providers/Microsoft.Authorization/roleAssignments").json()["value"]:
        if one["properties"]["principalId"] == LEGACY:
            assert ada.ask("DELETE", one["id"], version="2022-04-01").status_code == 200


def test_outputs_read_what_was_made(ada: Arm) -> None:
    reading = "[reference(resourceId('Microsoft.MachineLearningServices/workspaces', 'vision'), '2024-10-01').friendlyName]"
    found = deploy(
        ada, VISION, "reads", content(template(outputs={"n": {"type": "string", "value": reading}}))
    )
    assert found["properties"]["outputs"]["n"]["value"] == "Vision"
    wrong = template(outputs={"n": {"type": "string", "value": reading.replace("friendlyName", "nosuch")}})
    failed = deploy(ada, VISION, "reads", content(wrong))["properties"]["error"]
    assert (failed["code"], failed["details"][0]["target"]) == ("DeploymentOutputEvaluationFailed", "n")


def shape(body: Any) -> Any:
    return set(body) if isinstance(body, dict) else type(body)


def test_answers_have_the_recorded_members(ada: Arm) -> None:
    body = content(template(outputs={"o": {"type": "string", "value": "x"}}, parameters={}), None)
    made = ada.put(f"{VISION}{DEPLOYMENTS}/shape", body).json()
    read = ada.get(f"{VISION}{DEPLOYMENTS}/shape").json()
    compared = set()
    for row in recordings(lambda line: '"label":"Resources/deployments"' in line and "2022-09-01" in line):
        answer = row["resp_body"]
        if not isinstance(answer, dict) or "properties" not in answer or row["status"] not in (200, 201):
            continue
        properties = answer["properties"]
        if (
            row["method"] == "PUT"
            and "/subscriptions/" in row["uri"]
            and "resourcegroups" in row["uri"].lower()
        ):
            assert shape(answer) - {"tags"} == shape(made)
            assert shape(properties) - {"templateLink", "debugSetting"} == shape(made["properties"])
            compared.add("PUT")
        if row["method"] == "GET" and "outputResources" in properties and "outputs" in properties:
            assert shape(properties) - {"templateLink", "debugSetting"} == shape(read["properties"])
            compared.add("GET")
    assert compared == {"PUT", "GET"}


def test_operations_and_previews_have_the_recorded_members(ada: Arm) -> None:
    body = content(template(group("rg-shape")), "uksouth")
    created = preview(ada, RESEARCH, body)
    deploy(ada, RESEARCH, "shape", body)
    mine = {
        one["properties"]["provisioningOperation"]: one
        for one in ada.get(f"{RESEARCH}{DEPLOYMENTS}/shape/operations").json()["value"]
    }
    compared = set()
    for row in recordings(lambda line: '"provisioningOperation":' in line or '"changes":' in line):
        answer = row["resp_body"]
        if (
            isinstance(answer, dict)
            and "changes" in (answer.get("properties") or {})
            and "azure-dev" in row["source"]
        ):
            assert shape(created) == shape(answer)
            assert shape(created["properties"]) == shape(answer["properties"])
            for change in answer["properties"]["changes"]:
                if (
                    change["changeType"] == "Create"
                    and change["after"]["type"] == "Microsoft.Resources/resourceGroups"
                ):
                    assert shape(created["properties"]["changes"][0]) == shape(change)
                    assert shape(change["after"]) - {"tags"} == shape(
                        created["properties"]["changes"][0]["after"]
                    )
                    compared.add("whatIf")
        for one in (answer.get("value") or ()) if isinstance(answer, dict) else ():
            named = one.get("properties", {}).get("provisioningOperation")
            if named in mine and one["properties"]["provisioningState"] == "Succeeded":
                assert shape(one) == shape(mine[named])
                assert shape(mine[named]["properties"]) >= shape(one["properties"]) - {"statusMessage"}
                compared.add(named)
    assert compared == {"whatIf", "Create", "EvaluateDeploymentOutput"}
