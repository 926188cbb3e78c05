"""`az keyvault`."""

from __future__ import annotations

from tests.az.cli import Az
from wizard.practice.launcher import Running


def test_a_vault_from_its_making_to_its_purge(az: Az, azure: Running, group: str) -> None:
    made = az(f"keyvault create -g {group} -n az-vault-life -l westeurope").json
    assert made["properties"]["tenantId"] == azure.tenant
    assert made["properties"]["enableRbacAuthorization"] is True
    assert made["properties"]["enableSoftDelete"] is True
    assert "az-vault-life" in made["properties"]["vaultUri"]
    assert az("keyvault show -n az-vault-life").json["id"] == made["id"]
    assert "az-vault-life" in az(f"keyvault list -g {group} --query [].name").json
    updated = az(
        f"keyvault update -g {group} -n az-vault-life --retention-days 90 --enabled-for-deployment true"
    ).json
    assert updated["properties"]["enabledForDeployment"] is True
    assert az(f"keyvault delete -g {group} -n az-vault-life").code == 0
    deleted = az("keyvault list-deleted --resource-type vault").json
    assert "az-vault-life" in [one["name"] for one in deleted]
    assert (
        az("keyvault show-deleted -n az-vault-life").json["properties"]["vaultId"].lower()
        == made["id"].lower()
    )
    again = az(f"keyvault create -g {group} -n az-vault-life -l westeurope").refusal
    assert "deleted" in again
    assert "recover" in again.lower()
    assert az("keyvault recover -n az-vault-life").json["name"] == "az-vault-life"
    az(f"keyvault delete -g {group} -n az-vault-life")
    assert az("keyvault purge -n az-vault-life").code == 0
    assert "az-vault-life" not in az("keyvault list-deleted --resource-type vault --query [].name").json


def test_a_vault_with_access_policies(az: Az, azure: Running, group: str) -> None:
    made = az(f"keyvault create -g {group} -n az-vault-policy --enable-rbac-authorization false").json
    assert made["properties"]["accessPolicies"][0]["objectId"]
    changed = az(
        f"keyvault set-policy -g {group} -n az-vault-policy --spn {azure.client_id} --secret-permissions get list"
    ).json
    assert {"get", "list"} <= {
        right.lower()
        for one in changed["properties"]["accessPolicies"]
        for right in one["permissions"]["secrets"] or ()
    }


def test_what_azure_refuses(az: Az, group: str) -> None:
    az(f"keyvault create -g {group} -n az-vault-first")
    taken = az("keyvault create -g rg-vision -n az-vault-first").refusal
    assert "VaultAlreadyExists" in taken or "already in use" in taken
    assert "VaultNameNotValid" in az(f"keyvault create -g {group} -n 1-bad").refusal
    missing = az(f"keyvault show -g {group} -n az-vault-none").refusal
    assert "ResourceNotFound" in missing or "not found" in missing
