"""`az role definition`, `az role assignment`."""

from __future__ import annotations

import json

import pytest

from tests.az.cli import Az
from wizard.practice.launcher import Running

READER = "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"


@pytest.fixture
def scope(azure: Running, group: str) -> str:
    return f"/subscriptions/{azure.subscription}/resourceGroups/{group}"


def _role(azure: Running, name: str, *scopes: str) -> dict[str, object]:
    return {
        "Name": name,
        "Description": "Reads what jobs need.",
        "Actions": ["Microsoft.Storage/storageAccounts/read"],
        "NotActions": [],
        "AssignableScopes": list(scopes or (f"/subscriptions/{azure.subscription}",)),
    }


def test_built_in_roles_are_found(az: Az) -> None:
    (owner,) = az("role definition list --name Owner").json
    assert owner["roleType"] == "BuiltInRole"
    assert owner["permissions"][0]["actions"] == ["*"]
    scientist = az("role definition list --name", "AzureML Data Scientist").json
    assert [one["name"] for one in scientist] == ["f6c7c914-8db3-469d-8ca1-694a8f32e121"]
    assert az("role definition list --name", "No Such Role").json == []


def test_a_custom_role_from_its_making_to_its_end(az: Az, azure: Running) -> None:
    made = az(
        "role definition create --role-definition", az.file("role.json", _role(azure, "az reader"))
    ).json
    assert made["roleName"] == "az reader"
    assert made["roleType"] == "CustomRole"
    assert "az reader" in az("role definition list --custom-role-only true --query [].roleName").json
    changed = _role(azure, "az reader") | {"Actions": ["Microsoft.Storage/*/read"]}
    updated = az("role definition update --role-definition", az.file("role.json", changed)).json
    assert updated["permissions"][0]["actions"] == ["Microsoft.Storage/*/read"]
    assert az("role definition delete --name", "az reader").code == 0
    assert az("role definition list --name", "az reader").json == []


def test_a_role_is_given_and_taken_away(az: Az, azure: Running, scope: str) -> None:
    principal = az("ad sp create-for-rbac -n az-given").json["appId"]
    given = az(f"role assignment create --assignee {principal} --role Contributor --scope {scope}").json
    assert given["principalType"] == "ServicePrincipal"
    assert given["scope"] == scope
    (listed,) = az(f"role assignment list --assignee {principal} --all").json
    assert listed["roleDefinitionName"] == "Contributor"
    assert listed["principalName"] == principal
    inherited = az(f"role assignment list --scope {scope} --include-inherited").json
    assert {"Owner", "Contributor"} <= {one["roleDefinitionName"] for one in inherited}
    again = az(f"role assignment create --assignee {principal} --role Contributor --scope {scope}")
    assert again.json["name"] == given["name"]
    assert az(f"role assignment delete --assignee {principal} --role Contributor --scope {scope}").code == 0
    assert az(f"role assignment list --assignee {principal} --all").json == []


def test_a_person_is_given_a_role_by_name(az: Az, azure: Running, scope: str) -> None:
    given = az(f"role assignment create --assignee {azure.person} --role Reader --scope {scope}").json
    assert given["principalType"] == "User"
    person = az(f"ad user show --id {azure.person}").json["id"]
    assert given["principalId"] == person


def test_a_principal_too_new_to_be_known_is_given_by_its_object(az: Az, scope: str) -> None:
    app = az("ad app create --display-name az-object").json["appId"]
    key = az(f"ad sp create --id {app}").json["id"]
    given = az(
        f"role assignment create --assignee-object-id {key} --assignee-principal-type ServicePrincipal"
        f" --role Reader --scope {scope}"
    ).json
    assert given["principalId"] == key


def test_what_azure_refuses(az: Az, azure: Running, scope: str) -> None:
    assert (
        "Role 'No Such Role' doesn't exist"
        in az(
            f"role assignment create --assignee {azure.client_id} --scope {scope} --role", "No Such Role"
        ).refusal
    )
    nobody = "00000000-0000-4000-8000-00000000000b"
    wanted = {"properties": {"roleDefinitionId": READER, "principalId": nobody}}
    where = f"{scope}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-00000000000d"
    unknown = az(
        "rest --method put --body", json.dumps(wanted), "--url", f"{where}?api-version=2022-04-01"
    ).refusal
    assert "PrincipalNotFound" in unknown
    assert "does not exist in the directory" in unknown
    assert (
        "Cannot find user or service principal"
        in az(
            f"role assignment create --assignee nobody@contoso.example --role Reader --scope {scope}"
        ).refusal
    )
    az("role definition create --role-definition", az.file("role.json", _role(azure, "az taken")))
    taken = az(
        "role definition create --role-definition", az.file("role.json", _role(azure, "az taken"))
    ).refusal
    assert "RoleDefinitionWithSameNameExists" in taken
    elsewhere = _role(azure, "az elsewhere", "/subscriptions/00000000-0000-4000-8000-00000000000c")
    refused = az("role definition create --role-definition", az.file("role.json", elsewhere)).refusal
    assert (
        "LinkedAuthorizationFailed" in refused
        or "SubscriptionNotFound" in refused
        or "AuthorizationFailed" in refused
    )


def test_a_role_in_use_cannot_be_deleted(az: Az, azure: Running, scope: str) -> None:
    az("role definition create --role-definition", az.file("role.json", _role(azure, "az used")))
    assert (
        az(f"role assignment create --assignee {azure.client_id} --scope {scope} --role", "az used").code == 0
    )
    assert "RoleDefinitionHasAssignments" in az("role definition delete --name", "az used").refusal
