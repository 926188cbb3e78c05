from __future__ import annotations

import json
from typing import Any

import pytest

from tests.practice.arm_support import ARM, DEPLOYMENTS, RESEARCH, Arm, content, recordings, refusal, template

ASSIGNMENTS = "/providers/Microsoft.Authorization/policyAssignments"
DEFINITIONS = "/providers/Microsoft.Authorization/policyDefinitions"
SPECS = "/providers/Microsoft.Resources/templateSpecs"
LOCATIONS = f"{DEFINITIONS}/e56962a6-4747-49cd-b67b-bf8b01975c4c"
VERSION = "2023-04-01"
HOME = f"{RESEARCH}/resourceGroups/rg-policies"


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    arm = Arm(sign_in(scope=ARM), "2022-02-01")
    assert arm.put(HOME, {"location": "westeurope"}, "2024-11-01").status_code == 201
    return arm


def spec(location: str = "westeurope", **more: Any) -> dict[str, Any]:
    return {"location": location, "properties": {"description": "d"}} | more


class Assigned:
    """A policy that is assigned for the length of a block."""

    def __init__(self, arm: Arm, definition: str, scope: str = HOME, **parameters: Any) -> None:
        self._arm, self._path = arm, f"{scope}{ASSIGNMENTS}/mine"
        self._properties = {
            "policyDefinitionId": definition,
            "displayName": "My rule",
            "parameters": {name: {"value": value} for name, value in parameters.items()},
        }

    def __enter__(self) -> dict[str, Any]:
        answer = self._arm.put(self._path, {"properties": self._properties}, VERSION)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def __exit__(self, *_: object) -> None:
        assert self._arm.ask("DELETE", self._path, version=VERSION).status_code == 200


def test_a_region_that_is_not_allowed_is_refused_with_the_policy_that_says_so(ada: Arm) -> None:
    with Assigned(ada, LOCATIONS, listOfAllowedLocations=["westeurope"]) as assignment:
        assert ada.put(f"{HOME}{SPECS}/here", spec("West Europe")).status_code == 201
        answer = ada.put(f"{HOME}{SPECS}/there", spec("uksouth"))
        assert refusal(answer) == (403, "RequestDisallowedByPolicy")
        error = answer.json()["error"]
        assert error["target"] == "there"
        assert error["message"].startswith(
            "Resource 'there' was disallowed by policy. Policy identifiers: '[{"
        )
        (info,) = [one["info"] for one in error["additionalInfo"]]
        assert info["policyAssignmentId"] == assignment["id"]
        assert info["policyDefinitionId"] == LOCATIONS
        assert info["evaluationDetails"]["evaluatedExpressions"][0]["expressionValue"] == "uksouth"
    assert ada.put(f"{HOME}{SPECS}/there", spec("uksouth")).status_code == 201


def test_a_deployment_is_refused_beforehand_for_the_policy(ada: Arm) -> None:
    sent = template(
        {
            "type": "Microsoft.Resources/templateSpecs",
            "apiVersion": "2022-02-01",
            "name": "x",
            **spec("uksouth"),
        }
    )
    with Assigned(ada, LOCATIONS, listOfAllowedLocations=["westeurope"]):
        for method, tail in (("POST", "/validate"), ("PUT", "")):
            answer = ada.ask(method, f"{HOME}{DEPLOYMENTS}/d{tail}", content(sent), "2022-09-01")
            assert refusal(answer) == (400, "InvalidTemplateDeployment")
            assert "because of policy violation" in answer.json()["error"]["message"]
            (detail,) = answer.json()["error"]["details"]
            assert (detail["code"], detail["additionalInfo"][0]["type"]) == (
                "RequestDisallowedByPolicy",
                "PolicyViolation",
            )


def test_a_policy_of_the_subscription_holds_in_its_groups_but_for_those_left_out(ada: Arm) -> None:
    types = f"{DEFINITIONS}/6c112d4e-5bc7-47ae-a041-ea2d9dccd749"
    with Assigned(
        ada, types, RESEARCH, listOfResourceTypesNotAllowed=["Microsoft.Resources/templateSpecs"]
    ) as made:
        assert refusal(ada.put(f"{HOME}{SPECS}/typed", spec())) == (403, "RequestDisallowedByPolicy")
        free = made["properties"] | {"notScopes": [HOME]}
        assert ada.put(made["id"], {"properties": free}, VERSION).status_code == 201
        assert ada.put(f"{HOME}{SPECS}/typed", spec()).status_code == 201
        lax = made["properties"] | {"enforcementMode": "DoNotEnforce"}
        assert ada.put(made["id"], {"properties": lax}, VERSION).status_code == 201
        assert ada.put(f"{HOME}{SPECS}/typed", spec()).status_code == 200


def test_a_rule_of_ones_own_looks_at_properties_tags_and_names(ada: Arm) -> None:
    rule = {
        "if": {
            "allOf": [
                {"field": "type", "equals": "Microsoft.Resources/templateSpecs"},
                {
                    "anyOf": [
                        {"field": "Microsoft.Resources/templateSpecs/description", "like": "bad*"},
                        {"field": "tags['owner']", "exists": "false"},
                        {"not": {"field": "name", "contains": "[parameters('part')]"}},
                    ]
                },
            ]
        },
        "then": {"effect": "[parameters('effect')]"},
    }
    properties = {
        "policyRule": rule,
        "mode": "All",
        "parameters": {"part": {"type": "String"}, "effect": {"type": "String", "defaultValue": "Deny"}},
    }
    own = f"{RESEARCH}{DEFINITIONS}/own"
    assert ada.put(own, {"properties": properties}, VERSION).status_code == 201
    missing = {"properties": {"policyDefinitionId": own}}
    assert refusal(ada.put(f"{HOME}{ASSIGNMENTS}/x", missing, VERSION)) == (400, "MissingPolicyParameter")
    with Assigned(ada, own, part="ok"):
        owner = {"owner": "me"}
        assert ada.put(f"{HOME}{SPECS}/ok1", spec(tags=owner)).status_code == 201
        wrong = [
            ada.put(f"{HOME}{SPECS}/ok2", spec()),
            ada.put(f"{HOME}{SPECS}/other", spec(tags=owner)),
            ada.put(f"{HOME}{SPECS}/ok3", spec(tags=owner, properties={"description": "Bad one"})),
        ]
        assert {refusal(answer) for answer in wrong} == {(403, "RequestDisallowedByPolicy")}
        assert refusal(ada.ask("DELETE", own, version=VERSION)) == (400, "PolicyDefinitionInUse")
    with Assigned(ada, own, part="ok", effect="Audit"):
        assert ada.put(f"{HOME}{SPECS}/ok2", spec()).status_code == 201
    assert ada.ask("DELETE", own, version=VERSION).status_code == 200


def test_groups_have_policies_of_their_own(ada: Arm) -> None:
    groups = f"{DEFINITIONS}/e765b5de-1225-4ba3-bd56-1ac6695af988"
    with Assigned(ada, groups, RESEARCH, listOfAllowedLocations=["westeurope"]):
        answer = ada.put(f"{RESEARCH}/resourceGroups/rg-far", {"location": "uksouth"}, "2024-11-01")
        assert refusal(answer) == (403, "RequestDisallowedByPolicy")


def test_assignments_are_listed_by_scope(ada: Arm) -> None:
    with Assigned(ada, LOCATIONS, listOfAllowedLocations=["westeurope"]):
        assert len(ada.get(f"{HOME}{ASSIGNMENTS}", VERSION).json()["value"]) == 1
        assert ada.get(f"{RESEARCH}{ASSIGNMENTS}", VERSION, filter="atExactScope()").json()["value"] == []
        assert len(ada.get(f"{RESEARCH}{ASSIGNMENTS}", VERSION).json()["value"]) == 1
        shown = ada.get(LOCATIONS, VERSION).json()["properties"]
        assert (shown["displayName"], shown["policyType"]) == ("Allowed locations", "BuiltIn")
    unknown = f"{RESEARCH}{DEFINITIONS}/nosuch"
    assert refusal(ada.get(unknown, VERSION)) == (404, "PolicyDefinitionNotFound")
    assert refusal(ada.get(f"{HOME}{ASSIGNMENTS}/nosuch", VERSION)) == (404, "PolicyAssignmentNotFound")


def test_the_refusal_has_the_recorded_members(ada: Arm) -> None:
    with Assigned(ada, LOCATIONS, listOfAllowedLocations=["westeurope"]):
        mine = ada.put(f"{HOME}{SPECS}/shape", spec("uksouth")).json()["error"]
    compared = 0
    for row in recordings(
        lambda line: '"code":"RequestDisallowedByPolicy"' in line and '"status":403' in line
    ):
        error = row["resp_body"]["error"]
        assert set(error) == set(mine)
        assert set(error["additionalInfo"][0]["info"]) <= set(mine["additionalInfo"][0]["info"])
        sent, own = (
            json.loads(one["message"].partition("'[")[2].rpartition("]'")[0]) for one in (error, mine)
        )
        assert set(sent) == set(own)
        compared += 1
    assert compared
