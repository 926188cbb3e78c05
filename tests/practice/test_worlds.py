"""Every world: it starts, and what it is about is so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.practice.arm_support import (
    ARM,
    CONTOSO,
    CONTRIBUTOR,
    PRODUCTION,
    RESEARCH,
    VISION,
    Arm,
    application,
    refusal,
)
from tests.practice.conftest import AZURE_CLI, Api, SignIn, signer
from wizard.practice import start
from wizard.practice.launcher import Running
from wizard.practice.worlds import WorldError, load, names

World = Callable[..., tuple[Running, SignIn]]
GROUPS = f"{RESEARCH}/resourceGroups"
VERSION = "2021-04-01"


def owner_of(running: Running) -> Arm:
    return Arm(Api(running, application(running, running.client_id, running.client_secret)), VERSION)


@pytest.mark.parametrize("name", names())
def test_every_world_starts_and_its_service_principal_owns_its_subscription(
    name: str, other_world: World
) -> None:
    running, _ = other_world(world=name)
    shown = owner_of(running).get("/subscriptions", version="2022-12-01").json()["value"]
    assert running.subscription in [one["subscriptionId"] for one in shown]
    assert running.world == name


def test_the_worlds_that_were_promised_are_there() -> None:
    promised = {
        "default", "empty", "contributor-only", "guest", "app-only", "quota-full", "locked", "policy-denied", "names-taken",
        "soft-deleted", "ten-thousand-subscriptions", "hopsworks-connected", "hopsworks-handoff", "hopsworks-admin",
        "fourteen-groups",
    }  # fmt: skip
    assert promised <= set(names())


def test_a_guest_has_one_group_and_reads_no_directory(other_world: World) -> None:
    running, sign_in = other_world(world="guest")
    assert running.person == "you@northwind.example"
    here = Arm(sign_in(scope=ARM, tenant=CONTOSO), VERSION)
    assert [one["name"] for one in here.get(GROUPS).json()["value"]] == ["rg-vision"]
    directory = sign_in(tenant=CONTOSO)
    assert directory.get("/v1.0/applications").status_code == 403
    assert directory.post("/v1.0/applications", {"displayName": "x"}).status_code == 403
    at_home = Arm(sign_in(scope=ARM), VERSION)
    assert at_home.get("/subscriptions", version="2022-12-01").json()["value"] == []


def test_no_person_signs_in_where_only_applications_may(other_world: World) -> None:
    running, _ = other_world(world="app-only")
    asked = {
        "client_id": AZURE_CLI,
        "response_type": "code",
        "scope": ARM,
        "redirect_uri": "http://localhost:5000",
    }
    refused = Api(running).call("GET", "/organizations/oauth2/v2.0/authorize", params=asked)
    assert "AADSTS53003" in refused.text


def test_quotas_are_told_by_region_and_family(tmp_path: Path) -> None:
    world = load("quota-full")
    assert world.quota("westeurope", "standardDSv5Family") == (10, 10)
    assert world.quota("swedencentral", "standardDSv5Family") == (100, 4)
    assert load("default").quota("westeurope", "standardDSv5Family") is None


def test_locked_groups_stay(other_world: World) -> None:
    owner = owner_of(other_world(world="locked")[0])
    assert refusal(owner.ask("DELETE", VISION)) == (409, "ScopeLocked")
    frozen = owner.put(f"{PRODUCTION}/resourceGroups/new", {"location": "westeurope"})
    assert refusal(frozen) == (409, "ScopeLocked")
    assert owner.put(f"{GROUPS}/new", {"location": "westeurope"}).status_code == 201


def test_policies_deny(other_world: World) -> None:
    owner = owner_of(other_world(world="policy-denied")[0])
    body: dict[str, Any] = {"location": "swedencentral", "tags": {"costCentre": "7"}}
    abroad = owner.put(f"{GROUPS}/new", body | {"location": "westeurope"})
    assert refusal(abroad) == (403, "RequestDisallowedByPolicy")
    assert "only-sweden" in abroad.text
    untagged = owner.put(f"{GROUPS}/new", {"location": "swedencentral"})
    assert "cost-centres" in untagged.text
    assert owner.put(f"{GROUPS}/new", body).status_code == 201
    account = f"{GROUPS}/new/providers/Microsoft.Storage/storageAccounts/azimuthclosed"
    stored = {
        "location": "swedencentral",
        "sku": {"name": "Standard_LRS"},
        "kind": "StorageV2",
        "properties": {},
    }
    assert refusal(owner.put(account, stored, "2023-05-01")) == (403, "RequestDisallowedByPolicy")
    closed = {**stored, "properties": {"publicNetworkAccess": "Disabled"}}
    assert owner.put(account, closed, "2023-05-01").status_code in {200, 202}


def test_taken_names_are_taken(other_world: World) -> None:
    owner = owner_of(other_world(world="names-taken")[0])
    stored = {
        "location": "westeurope",
        "sku": {"name": "Standard_LRS"},
        "kind": "StorageV2",
        "properties": {},
    }
    home = f"{VISION}/providers/Microsoft.Storage/storageAccounts"
    assert refusal(owner.put(f"{home}/mlstorage", stored, "2023-05-01")) == (
        409,
        "StorageAccountAlreadyTaken",
    )
    assert owner.put(f"{home}/mlstorage7264", stored, "2023-05-01").status_code in {200, 202}


def test_soft_deleted_vaults_hold_their_names(other_world: World) -> None:
    running, _ = other_world(world="soft-deleted")
    owner = owner_of(running)
    vault = {
        "location": "westeurope",
        "properties": {
            "tenantId": running.tenant,
            "sku": {"family": "A", "name": "standard"},
            "accessPolicies": [],
        },
    }
    held = owner.put(f"{VISION}/providers/Microsoft.KeyVault/vaults/vision-kv", vault, "2023-07-01")
    assert held.status_code == 409
    listed = owner.get(f"{RESEARCH}/providers/Microsoft.KeyVault/deletedVaults", version="2023-07-01").json()[
        "value"
    ]
    assert [one["name"] for one in listed] == ["vision-kv"]


def test_ten_thousand_subscriptions_are_listed_tenant_by_tenant(other_world: World) -> None:
    _, sign_in = other_world(world="ten-thousand-subscriptions")
    tenants = Arm(sign_in(scope=ARM), "2022-12-01").get("/tenants").json()["value"]
    assert len(tenants) == 40
    seen: set[str] = set()
    for tenant in tenants:
        there = Arm(sign_in(scope=ARM, tenant=tenant["tenantId"]), "2022-12-01")
        found = {one["subscriptionId"] for one in there.get("/subscriptions").json()["value"]}
        assert found
        seen |= found
    assert len(seen) > 9990


def test_a_generated_world_is_the_same_every_time_and_kept_in_few_words(tmp_path: Path) -> None:
    listed = []
    for number in range(2):
        with start(tmp_path / str(number), world="ten-thousand-subscriptions") as running:
            there = Arm(signer(running)(scope=ARM, tenant="customer07.example"), "2022-12-01")
            listed.append([one["subscriptionId"] for one in there.get("/subscriptions").json()["value"]])
    assert listed[0] == listed[1]
    assert len(json.dumps(dict(load("ten-thousand-subscriptions").facts))) < 60_000


def test_a_file_patches_a_world(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(
        json.dumps(
            {
                "extends": "default",
                "drop": {"groups": [{"name": "rg-speech"}]},
                "change": {"groups": [{"where": {"name": "rg-vision"}, "to": {"location": "northeurope"}}]},
                "add": {"takenNames": ["mine"]},
            }
        ),
        encoding="utf-8",
    )
    facts, before = load(str(path)).facts, load("default").facts
    assert len(facts["groups"]) == len(before["groups"]) - 1
    assert next(one for one in facts["groups"] if one["name"] == "rg-vision")["location"] == "northeurope"
    assert facts["takenNames"] == ["mine"]
    path.write_text('{"extends": "default", "generateMore": 1}', encoding="utf-8")
    with pytest.raises(WorldError, match="not a world"):
        load(str(path))


def test_full_quotas_refuse_machines_and_clusters(other_world: World) -> None:
    owner = owner_of(other_world(world="quota-full")[0])
    for namespace in ("Microsoft.Compute", "Microsoft.ContainerService"):
        owner.ask("POST", f"{RESEARCH}/providers/{namespace}/register")
    usages = owner.get(
        f"{RESEARCH}/providers/Microsoft.Compute/locations/westeurope/usages", version="2024-11-01"
    )
    found = {one["name"]["value"]: one for one in usages.json()["value"]}
    assert (found["standardDSv5Family"]["currentValue"], found["standardDSv5Family"]["limit"]) == (10, 10)
    cluster = {
        "location": "westeurope",
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "dnsPrefix": "full",
            "agentPoolProfiles": [
                {"name": "system", "mode": "System", "count": 1, "vmSize": "Standard_D4s_v5"}
            ],
        },
    }
    path = f"{VISION}/providers/Microsoft.ContainerService/managedClusters/full"
    refused = owner.put(path, cluster, "2024-09-01")
    assert refused.status_code in {400, 409}
    assert "quota" in refused.text.lower()
    assert owner.put(path, cluster | {"location": "swedencentral"}, "2024-09-01").status_code == 201


HOPSWORKS_APP = "d4abcc44-2c40-40bd-9bba-986df591c28f"
PRINCIPAL = f"/v1.0/servicePrincipals(appId='{HOPSWORKS_APP}')"


def test_hopsworks_is_known_to_entra_and_not_every_tenant_took_it_in(other_world: World) -> None:
    _, sign_in = other_world(world="default")
    found = sign_in().get(PRINCIPAL).json()
    assert (found["displayName"], found["accountEnabled"]) == ("hopsworks.ai", True)
    assert found["appOwnerOrganizationId"] != CONTOSO
    assert not [
        one for one in sign_in().get("/v1.0/applications").json()["value"] if one["appId"] == HOPSWORKS_APP
    ]


@pytest.mark.parametrize(
    ("world", "answer"),
    [("hopsworks-handoff", (403, "Authorization_RequestDenied")), ("hopsworks-admin", (201, ""))],
)
def test_who_may_take_hopsworks_in(world: str, answer: tuple[int, str], other_world: World) -> None:
    _, sign_in = other_world(world=world)
    graph = sign_in()
    assert graph.get(PRINCIPAL).status_code == 404
    made = graph.post("/v1.0/servicePrincipals", {"appId": HOPSWORKS_APP})
    assert (made.status_code, made.json().get("error", {}).get("code", "")) == answer


def test_a_connected_hopsworks_holds_its_role_and_too_much(other_world: World) -> None:
    running, sign_in = other_world(world="hopsworks-connected")
    arm = Arm(sign_in(scope=ARM))
    principal = sign_in().get(PRINCIPAL).json()["id"]
    authorization = f"{RESEARCH}/providers/Microsoft.Authorization"
    (role,) = (
        arm.get(f"{authorization}/roleDefinitions", filter="roleName eq 'hopsworks.ai'").json()["value"]
        or (
            arm.get(
                f"{RESEARCH}/resourceGroups/hopsworks/providers/Microsoft.Authorization/roleDefinitions",
                filter="roleName eq 'hopsworks.ai'",
            ).json()["value"]
        )
    )
    assert len(role["properties"]["permissions"][0]["actions"]) == 42
    held = arm.get(f"{authorization}/roleAssignments", filter=f"assignedTo('{principal}')").json()["value"]
    scopes = {
        one["properties"]["roleDefinitionId"].rsplit("/", 1)[-1]: one["properties"]["scope"] for one in held
    }
    assert scopes == {role["name"]: f"{RESEARCH}/resourceGroups/hopsworks", CONTRIBUTOR: RESEARCH}
    others = arm.get(f"{authorization}/roleAssignments").json()["value"]
    assert sum(one["properties"]["roleDefinitionId"].endswith(role["name"]) for one in others) == 2
    listed = arm.get(f"{RESEARCH}/resourceGroups/hopsworks/resources", version="2021-04-01").json()["value"]
    assert {one["name"] for one in listed} == {"demo-head-ip", "demo-nsg", "demo-vnet"}
    assert running.world == "hopsworks-connected"


def test_fourteen_groups(other_world: World) -> None:
    _, sign_in = other_world(world="fourteen-groups")
    assert len(Arm(sign_in(scope=ARM), VERSION).get(GROUPS).json()["value"]) == 14


def test_a_contributor_of_one_group_may_do_that_and_no_more(other_world: World) -> None:
    _, sign_in = other_world(world="hopsworks-handoff")
    arm = Arm(sign_in(scope=ARM))
    group = f"{RESEARCH}/resourceGroups/hopsworks"
    held = arm.get(f"{group}/providers/Microsoft.Authorization/permissions").json()["value"]
    assert any("*" in one["actions"] for one in held)
    above = arm.get(f"{RESEARCH}/providers/Microsoft.Authorization/permissions")
    assert refusal(above) == (403, "AuthorizationFailed")
