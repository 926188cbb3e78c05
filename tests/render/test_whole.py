"""The template of a whole plan: groups first, a nested deployment for each, parameters for what ARM can't make."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.render.plans import assignment, everything
from wizard.plan import Known, Plan, Ref, Resource
from wizard.render.whole import deploy_command, parameters_file, whole

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
OTHER = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-other"
PRINCIPAL = "33333333-3333-4333-8333-333333333333"


def test_the_group_comes_first() -> None:
    body, parameters = whole(everything(SUBSCRIPTION), {})
    group, nested = body["resources"]
    assert group["type"] == "Microsoft.Resources/resourceGroups"
    assert nested["dependsOn"] == [f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-exports"]
    assert nested["resourceGroup"] == "rg-exports"
    assert nested["properties"]["expressionEvaluationOptions"] == {"scope": "inner"}
    assert parameters == {}
    assert body["parameters"]["hopsworks_principal_object_id"]["metadata"]["description"].endswith(
        "(step 1.1)."
    )


def test_a_name_that_hangs_on_a_parameter_is_a_guid_of_it() -> None:
    body, _ = whole(everything(SUBSCRIPTION), {})
    inner = body["resources"][1]["properties"]["template"]["resources"]
    names = [one["name"] for one in inner if one["type"] == "Microsoft.Authorization/roleAssignments"]
    assert names[0].startswith("[guid(")
    assert "parameters('hopsworks_principal_object_id')" in names[0]
    assert "[" not in names[1], "the identity is known by its id from the start"
    assert "supposed" not in json.dumps(body)


def test_what_is_known_is_a_value_and_the_name_is_that_of_apply() -> None:
    known: Known = {"hopsworks_principal": {"object_id": PRINCIPAL}}
    plan = everything(SUBSCRIPTION)
    body, parameters = whole(plan, known)
    assert parameters == {"hopsworks_principal_object_id": {"value": PRINCIPAL}}
    (one,) = (one for one in plan.resources if one.key == "cross_assignment")
    names = [inner["name"] for inner in body["resources"][1]["properties"]["template"]["resources"]]
    assert one.id(known).rsplit("/", 1)[-1] in names
    assert parameters_file(parameters)["parameters"] == parameters


def test_groups_tell_each_other_what_they_have_made() -> None:
    plan = everything(SUBSCRIPTION)
    role = Resource(
        "elsewhere", "Microsoft.Resources/resourceGroups", "2022-09-01", "rg-other", f"/subscriptions/{SUBSCRIPTION}",
        "rg-other", {"location": "westeurope"},
    )  # fmt: skip
    far = assignment("far", OTHER, "storage_role", Ref("identity", "principal_id"), "8", name="the identity")
    body, _ = whole(replace(plan, resources=(*plan.resources, role, far)), {})
    first, second = (one for one in body["resources"] if one["type"] == "Microsoft.Resources/deployments")
    assert first["properties"]["template"]["outputs"].keys() == {"identity_principal_id"}
    given = second["properties"]["parameters"]
    assert ".outputs.identity_principal_id.value]" in given["identity_principal_id"]["value"]
    assert any(one.endswith("/deployments/azimuth-exports-rg-exports") for one in second["dependsOn"])
    assert OTHER in second["dependsOn"]


def test_a_plan_without_resources_says_so() -> None:
    with pytest.raises(LookupError, match="no Azure resources"):
        whole(Plan("exports", "t", SUBSCRIPTION), {})


def test_the_command_names_what_has_no_value() -> None:
    said = deploy_command(everything(SUBSCRIPTION), "demo", ["ssh_pair_public_key"])
    assert said.startswith("az deployment sub create --location westeurope")
    assert said.endswith("ssh_pair_public_key=VALUE")
