"""`az cloud`, `az login`, `az account`: by commands only, each a process of its own, as a newcomer types them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.az.cli import Az
from wizard.practice.launcher import Running

Fresh = Callable[[], Az]


@pytest.fixture
def fresh(azure: Running, tmp_path: Path) -> Iterator[Fresh]:
    """A CLI that nobody has signed in to yet."""
    made: list[Az] = []

    def make() -> Az:
        made.append(Az(azure, tmp_path / str(len(made))))
        return made[-1]

    yield make
    for one in made:
        one.close()


def _by_secret(azure: Running, secret: str, client: str = "", tenant: str = "") -> str:
    return f"login --service-principal -u {client or azure.client_id} -p {secret} --tenant {tenant or azure.tenant}"


def test_a_cloud_is_registered_by_its_resource_manager_alone(azure: Running, fresh: Fresh) -> None:
    az = fresh()
    for path in (az.folder / "azure").iterdir():
        path.unlink()
    assert az.process(f"cloud register -n Mine --endpoint-resource-manager {azure.url}").code == 0
    assert az.process("cloud set -n Mine").code == 0
    assert az.process("config set core.instance_discovery=false --only-show-errors").code == 0
    shown = az("cloud show").json
    assert shown["endpoints"]["activeDirectory"] == azure.url
    assert shown["endpoints"]["microsoftGraphResourceId"].rstrip("/") == azure.url
    (signed_in, *_) = az.process(_by_secret(azure, azure.client_secret)).json
    assert signed_in["cloudName"] == "Mine"


def test_a_service_principal_signs_in_and_sees_its_subscriptions(azure: Running, fresh: Fresh) -> None:
    az = fresh()
    found = az.process(_by_secret(azure, azure.client_secret)).json
    research = next(one for one in found if one["id"] == azure.subscription)
    assert research["name"] == "Research"
    assert research["user"] == {"name": azure.client_id, "type": "servicePrincipal"}
    assert az("account show").json["homeTenantId"] == azure.tenant
    assert {one["state"] for one in az("account list --all").json} == {"Enabled", "Disabled"}
    assert {one["id"] for one in az("account list --refresh").json} <= {one["id"] for one in found}
    assert az("account set -s Production").code == 0
    assert az("account show").json["name"] == "Production"
    assert "doesn't exist" in az("account set -s Nowhere").refusal
    token = az("account get-access-token").json
    assert token["tokenType"] == "Bearer"
    assert token["accessToken"].count(".") == 2
    assert az("logout").code == 0
    assert "az login" in az("account show").refusal


def test_a_person_signs_in_by_device_code(azure: Running, fresh: Fresh) -> None:
    az = fresh()
    said = az.process("login --use-device-code")
    assert f"{azure.url}/device" in said.err
    assert {one["user"]["name"] for one in said.json} == {azure.person}
    me = az("ad signed-in-user show").json
    assert me["userPrincipalName"] == azure.person


def test_a_domain_is_as_good_as_the_tenants_guid(azure: Running, fresh: Fresh) -> None:
    said = fresh().process(_by_secret(azure, azure.client_secret, tenant="contoso.onmicrosoft.com"))
    assert {one["homeTenantId"] for one in said.json if one["id"] == azure.subscription} == {azure.tenant}


def test_who_cannot_sign_in_is_told_entras_code(azure: Running, fresh: Fresh) -> None:
    assert "AADSTS7000215" in fresh()(_by_secret(azure, "wrong")).refusal
    nobody = "00000000-0000-4000-8000-000000000001"
    assert "AADSTS700016" in fresh()(_by_secret(azure, "wrong", client=nobody)).refusal
    for tenant in ("nobody.example", nobody):
        assert tenant in fresh()(_by_secret(azure, "wrong", tenant=tenant)).refusal


def test_without_a_subscription_az_says_how(azure: Running, az: Az, fresh: Fresh) -> None:
    made = az("ad sp create-for-rbac -n az-lonely").json
    refused = fresh()(_by_secret(azure, made["password"], made["appId"]))
    assert "No subscriptions found" in refused.refusal
    allowed = fresh()(_by_secret(azure, made["password"], made["appId"]) + " --allow-no-subscriptions")
    assert allowed.json[0]["id"] == azure.tenant


def test_locations_are_listed(az: Az) -> None:
    names = az("account list-locations --query [].name").json
    assert {"westeurope", "northeurope", "eastus2"} <= set(names)
    (stockholm,) = az("account list-locations", "--query", "[?name=='swedencentral']").json
    assert stockholm["metadata"]["geographyGroup"] == "Europe"


def test_a_command_that_is_none_is_explained_by_az_itself(az: Az) -> None:
    assert "misspelled or not recognized" in az("group shw").refusal
    assert "the following arguments are required" in az("group show").refusal
