"""The plan of the hi-ml guide is a pure function of the answers, and says what the document says."""

from __future__ import annotations

import pytest

from tests.wizard.himl_answers import GROUP, KNOWN, PRINCIPAL, SUBSCRIPTION, TENANT, WORKSPACE, answers
from wizard.answers import Answers
from wizard.guides.himl import GUIDE
from wizard.plan import DEPLOYMENT_ACTIONS, DirectoryKind, Plan, Ref
from wizard.render.arm import template


def _plan(**more: str | int) -> Plan:
    return GUIDE.plan(answers(**more))


def test_the_same_answers_give_the_same_plan() -> None:
    assert _plan() == _plan()
    assert _plan(app_name="other") != _plan()


def test_without_answers_there_is_an_empty_plan_and_no_error() -> None:
    assert GUIDE.plan(Answers({}, GUIDE.questions)).is_empty


@pytest.mark.parametrize("way", ["interactive", "cli"])
def test_ways_for_people_create_nothing(way: str) -> None:
    plan = _plan(auth_way=way)
    assert plan.is_empty
    assert [output.name for output in plan.outputs] == [
        "HIML_SUBSCRIPTION_ID",
        "HIML_RESOURCE_GROUP",
        "HIML_WORKSPACE_NAME",
    ]


def test_a_service_principal_gets_application_principal_secret_and_contributor_on_the_group() -> None:
    plan = _plan()
    assert [wanted.kind for wanted in plan.directory] == [
        DirectoryKind.APPLICATION,
        DirectoryKind.SERVICE_PRINCIPAL,
        DirectoryKind.PASSWORD,
    ]
    (assignment,) = plan.resources
    assert assignment.stands_on == GROUP
    assert assignment.body["properties"]["roleDefinitionId"].endswith("b24988ac-6180-42a0-ab88-20f7382dd24c")
    assert assignment.body["properties"]["principalType"] == "ServicePrincipal"


def test_the_six_variables_are_exported_and_the_password_is_a_secret() -> None:
    outputs = {output.name: output for output in _plan().outputs}
    assert set(outputs) == {
        "HIML_TENANT_ID",
        "HIML_SERVICE_PRINCIPAL_ID",
        "HIML_SERVICE_PRINCIPAL_PASSWORD",
        "HIML_SUBSCRIPTION_ID",
        "HIML_RESOURCE_GROUP",
        "HIML_WORKSPACE_NAME",
    }
    assert [name for name, output in outputs.items() if output.secret] == ["HIML_SERVICE_PRINCIPAL_PASSWORD"]
    assert outputs["HIML_TENANT_ID"].value == TENANT
    assert outputs["HIML_SERVICE_PRINCIPAL_ID"].value == Ref("app", "app_id")
    assert outputs["HIML_RESOURCE_GROUP"].value == "rg-vision"


def test_the_smaller_right_goes_to_the_workspace_unless_told_otherwise() -> None:
    (assignment,) = _plan(role="data_scientist").resources
    assert assignment.stands_on == WORKSPACE
    assert assignment.deploy_at == GROUP
    assert assignment.body["properties"]["roleDefinitionId"].endswith("f6c7c914-8db3-469d-8ca1-694a8f32e121")
    (on_group,) = _plan(role="data_scientist", role_scope="group").resources
    assert on_group.stands_on == GROUP


@pytest.mark.parametrize(
    ("entity", "name", "subject"),
    [
        ("branch", "main", "repo:microsoft/hi-ml:ref:refs/heads/main"),
        ("tag", "v1", "repo:microsoft/hi-ml:ref:refs/tags/v1"),
        ("environment", "Prod", "repo:microsoft/hi-ml:environment:Prod"),
        ("pull_request", "", "repo:microsoft/hi-ml:pull_request"),
    ],
)
def test_a_federated_credential_trusts_what_github_says(entity: str, name: str, subject: str) -> None:
    plan = _plan(
        auth_way="federated",
        github_repository="microsoft/hi-ml",
        github_entity=entity,
        github_name=name or "x",
    )
    credential = plan.directory[-1]
    assert credential.kind is DirectoryKind.FEDERATED_CREDENTIAL
    assert credential.fields["subject"] == subject
    assert credential.fields["audience"] == "api://AzureADTokenExchange"
    assert "HIML_SERVICE_PRINCIPAL_PASSWORD" not in {output.name for output in plan.outputs}


def test_an_existing_application_is_used_and_never_made() -> None:
    plan = _plan(app_mode="existing", app_id=PRINCIPAL)
    assert plan.directory[0].existing
    assert not plan.registers_application()
    assert plan.directory[0].fields["app_id"] == PRINCIPAL


def test_the_needed_actions_are_those_of_the_deployment_and_the_assignment() -> None:
    needs = _plan().needed_actions()
    assert needs == {GROUP: (*DEPLOYMENT_ACTIONS, "Microsoft.Authorization/roleAssignments/write")}
    split = _plan(role="data_scientist").needed_actions()
    assert split == {GROUP: DEPLOYMENT_ACTIONS, WORKSPACE: ("Microsoft.Authorization/roleAssignments/write",)}


def test_the_template_holds_the_principal_as_a_parameter() -> None:
    body, parameters = template(_plan(role="data_scientist").resources, KNOWN)
    (resource,) = body["resources"]
    assert resource["properties"]["principalId"] == "[parameters('principal_object_id')]"
    assert resource["scope"] == "Microsoft.MachineLearningServices/workspaces/vision"
    assert parameters == {"principal_object_id": {"value": PRINCIPAL}}


def test_the_assignment_is_named_by_scope_role_and_principal() -> None:
    def name(principal: str, **more: str) -> str:
        known = KNOWN | {"principal": {"object_id": principal}}
        return str(template(_plan(**more).resources, known)[0]["resources"][0]["name"])

    assert name(PRINCIPAL) == name(PRINCIPAL.upper())
    assert name(PRINCIPAL) != name(SUBSCRIPTION)
    assert name(PRINCIPAL) != name(PRINCIPAL, role="data_scientist")


def test_text_that_looks_like_an_expression_is_taken_as_text() -> None:
    (assignment,) = _plan().resources
    hostile = {"properties": {"description": "[listKeys('x', '2020-01-01')]"}}
    from dataclasses import replace

    body, _ = template((replace(assignment, body=hostile),), KNOWN)
    assert body["resources"][0]["properties"]["description"] == "[[listKeys('x', '2020-01-01')]"
