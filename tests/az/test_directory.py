"""`az ad`: applications, service principals, users, over Graph."""

from __future__ import annotations

from tests.az.cli import Az
from wizard.practice.launcher import Running


def test_an_application_from_its_making_to_its_end(az: Az) -> None:
    made = az("ad app create --display-name az-app").json
    assert made["signInAudience"]
    assert made["passwordCredentials"] == []
    app = made["appId"]
    assert az(f"ad app show --id {app}").json["id"] == made["id"]
    assert [one["appId"] for one in az(f"ad app list --app-id {app}").json] == [app]
    assert app in az("ad app list --display-name az-app --query [].appId").json
    assert az(f"ad app update --id {app} --display-name az-application").code == 0
    assert az(f"ad app show --id {app}").json["displayName"] == "az-application"
    secret = az(f"ad app credential reset --id {app} --append --display-name proof --years 1").json
    assert secret["appId"] == app
    assert len(secret["password"]) > 30
    (kept,) = az(f"ad app credential list --id {app}").json
    assert kept["displayName"] == "proof"
    assert kept["secretText"] is None
    assert az(f"ad app credential delete --id {app} --key-id {kept['keyId']}").code == 0
    assert az(f"ad app credential list --id {app}").json == []
    assert az(f"ad app delete --id {app}").code == 0
    assert f"Resource '{app}' does not exist" in az(f"ad app show --id {app}").refusal


def test_a_service_principal_of_an_application(az: Az) -> None:
    app = az("ad app create --display-name az-principal").json["appId"]
    made = az(f"ad sp create --id {app}").json
    assert made["appId"] == app
    assert app in made["servicePrincipalNames"]
    assert az(f"ad sp show --id {app}").json["id"] == made["id"]
    assert az("ad sp list --display-name az-principal --query [].appId").json == [app]
    assert az("ad sp list --filter", f"appId eq '{app}'").json[0]["id"] == made["id"]
    assert "already in use" in az(f"ad sp create --id {app}").refusal
    assert az(f"ad sp delete --id {app}").code == 0
    assert az("ad sp list --filter", f"appId eq '{app}'").json == []


def test_a_federated_credential(az: Az) -> None:
    app = az("ad app create --display-name az-federated").json["appId"]
    wanted = {
        "name": "main-branch",
        "issuer": "https://token.actions.githubusercontent.com",
        "subject": "repo:contoso/models:ref:refs/heads/main",
        "audiences": ["api://AzureADTokenExchange"],
    }
    made = az(
        f"ad app federated-credential create --id {app} --parameters", az.file("federated.json", wanted)
    ).json
    assert made["subject"] == wanted["subject"]
    assert [one["name"] for one in az(f"ad app federated-credential list --id {app}").json] == ["main-branch"]


def test_a_principal_for_automation_in_one_command(az: Az, azure: Running) -> None:
    scope = f"/subscriptions/{azure.subscription}/resourceGroups/rg-vision"
    made = az(f"ad sp create-for-rbac -n az-automation --role Reader --scopes {scope}").json
    assert made["tenant"] == azure.tenant
    assert made["displayName"] == "az-automation"
    roles = az(f"role assignment list --assignee {made['appId']} --scope {scope}").json
    assert [one["roleDefinitionName"] for one in roles] == ["Reader"]


def test_people_are_found(az: Az, azure: Running) -> None:
    person = az(f"ad user show --id {azure.person}").json
    assert person["displayName"] == "Ada Practice"
    assert azure.person in az("ad user list --query [].userPrincipalName").json


def test_what_graph_refuses(az: Az) -> None:
    nobody = "00000000-0000-4000-8000-00000000000a"
    unknown = az(f"ad sp create --id {nobody}").refusal
    assert (
        f"The appId '{nobody}' of the service principal does not reference a valid application object"
        in unknown
    )
    assert "does not exist" in az(f"ad sp show --id {nobody}").refusal
    assert "does not exist" in az(f"ad app show --id {nobody}").refusal
    assert (
        "/me request is only valid with delegated authentication flow."
        in az("ad signed-in-user show").refusal
    )
