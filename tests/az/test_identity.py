"""`az identity`."""

from __future__ import annotations

from tests.az.cli import Az


def test_an_identity_from_its_making_to_its_end(az: Az, group: str) -> None:
    made = az(f"identity create -g {group} -n az-identity").json
    assert made["type"] == "Microsoft.ManagedIdentity/userAssignedIdentities"
    assert made["location"] == "westeurope"
    assert len({made["principalId"], made["clientId"], made["tenantId"]}) == 3
    assert az(f"identity show -g {group} -n az-identity").json["principalId"] == made["principalId"]
    assert [one["name"] for one in az(f"identity list -g {group}").json] == ["az-identity"]
    principal = az(f"ad sp show --id {made['principalId']}").json
    assert principal["servicePrincipalType"] == "ManagedIdentity"
    given = az(
        f"role assignment create --assignee-object-id {made['principalId']} --assignee-principal-type ServicePrincipal"
        f" --role Reader --scope {made['id'].partition('/providers/')[0]}"
    ).json
    assert given["principalId"] == made["principalId"]
    assert az(f"identity delete -g {group} -n az-identity").code == 0
    assert "ResourceNotFound" in az(f"identity show -g {group} -n az-identity").refusal


def test_a_federated_credential_of_an_identity(az: Az, group: str) -> None:
    az(f"identity create -g {group} -n az-federated")
    where = f"-g {group} --identity-name az-federated"
    made = az(
        f"identity federated-credential create {where} -n job --issuer https://issuer.example"
        " --subject system:serviceaccount:ml:runner --audiences api://AzureADTokenExchange"
    ).json
    assert made["subject"] == "system:serviceaccount:ml:runner"
    assert [one["name"] for one in az(f"identity federated-credential list {where}").json] == ["job"]
    assert az(f"identity federated-credential show {where} -n job").json["issuer"] == "https://issuer.example"
    assert az(f"identity federated-credential delete {where} -n job -y").code == 0
    assert az(f"identity federated-credential list {where}").json == []
