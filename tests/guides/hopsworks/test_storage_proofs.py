"""The live checks of role, identity, registry and policies of the storage chapter, and its proofs, on practice Azure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.guides.hopsworks.storage_support import (
    CONTRIBUTOR,
    PLAIN,
    SUBSCRIPTION,
    look,
    make,
    make_group,
    may_touch_blobs,
    put_blob,
    walk,
    write_role,
)
from wizard.azure.session import Azure
from wizard.azure.sign_in import SignedIn
from wizard.azure.storage import ACCOUNT, IDENTITY, REGISTRY
from wizard.checks import proving_storage
from wizard.guide import Severity
from wizard.machine import Machine
from wizard.proofs import Proven, Proving

# The role


async def test_a_role_of_this_name_is_told_with_how_it_differs(azure: Azure, tmp_path: Path) -> None:
    guid = "7d0c9a4e-0000-4000-8000-000000000001"
    await write_role(azure, guid, "Lesser Role", ["Microsoft.Storage/storageAccounts/read"], [])
    walkthrough = walk(azure, tmp_path, storage_role_name="lesser role")
    found = await look(walkthrough, "storage_role_name", Severity.WARNING)
    assert f"(id {guid})" in found.what
    assert "with 10 differing actions" in found.what
    assert "It would lose: Microsoft.Storage/storageAccounts/read." in found.mend
    role = next(one for one in walkthrough.plan().resources if one.key == "storage_role")
    assert role.name == guid
    assert role.updates


async def test_a_role_that_holds_the_same_is_used_as_it_is(azure: Azure, tmp_path: Path) -> None:
    walkthrough = walk(azure, tmp_path, storage_role_name="Same Role")
    permissions = next(one for one in walkthrough.plan().resources if one.key == "storage_role").body[
        "properties"
    ]["permissions"][0]
    guid = "7d0c9a4e-0000-4000-8000-000000000002"
    await write_role(
        azure,
        guid,
        "Same Role",
        [action.upper() for action in reversed(permissions["actions"])],
        permissions["dataActions"],
    )
    found = await look(walkthrough, "storage_role_name", Severity.OK)
    assert "holds just these actions" in found.what
    plan = walkthrough.plan()
    assert "storage_role" not in {one.key for one in plan.resources}
    assert any(kept.id.endswith(guid) for kept in plan.kept)


async def test_a_role_of_another_group_takes_the_name(azure: Azure, tmp_path: Path) -> None:
    other = f"{SUBSCRIPTION}/resourceGroups/others"
    await make_group(azure, other)
    guid = "7d0c9a4e-0000-4000-8000-000000000003"
    await write_role(azure, guid, "Elsewhere", ["Microsoft.Storage/storageAccounts/read"], [], scope=other)
    walkthrough = walk(azure, tmp_path, storage_role_name="Elsewhere")
    found = await look(walkthrough, "storage_role_name", Severity.ERROR)
    assert found.what == "A role of this name exists, for others alone."
    assert "unique in the tenant" in found.rule
    assert found.mend == "Choose another name, such as “Elsewhere hopsworks”."
    assert walkthrough.answers.get("storage_role_guid") == ""


async def test_a_role_of_azures_own_is_refused(azure: Azure, tmp_path: Path) -> None:
    walkthrough = walk(azure, tmp_path, storage_role_name="Contributor")
    found = await look(walkthrough, "storage_role_name", Severity.ERROR)
    assert "a role of Azure's own" in found.what


async def test_a_free_role_name_is_told_while_the_group_is_not_there(azure: Azure, tmp_path: Path) -> None:
    walkthrough = walk(azure, tmp_path, resource_group="not-made-yet")
    found = await look(walkthrough, "storage_role_name", Severity.OK)
    assert found.what == "No role has this name yet."
    assert walkthrough.facts["storage_role_guid"] == ""
    for key in ("storage_name", "identity_name", "container_name"):
        await look(walkthrough, key, Severity.OK)


# Identity and registry


async def test_an_identity_that_exists_is_used_again(azure: Azure, tmp_path: Path) -> None:
    await make(azure, IDENTITY, "again")
    walkthrough = walk(azure, tmp_path, identity_name="again")
    found = await look(walkthrough, "identity_name", Severity.OK)
    assert found.what == "It exists, in westeurope; it is used again."
    assert walkthrough.answers.get("identity_kept") is False
    await make(azure, IDENTITY, "tagged", tags={"a": "b"})
    walkthrough.record("identity_name", "tagged")
    await look(walkthrough, "identity_name", Severity.OK)
    assert walkthrough.facts["identity_kept"]
    given = next(one for one in walkthrough.plan().resources if one.key == "storage_assignment")
    assert given.body["properties"]["principalId"] == walkthrough.facts["identity_principal_id"]


async def test_a_registry_that_exists_must_be_premium(azure: Azure, tmp_path: Path) -> None:
    await make(azure, REGISTRY, "basicregistry1", sku={"name": "Basic"}, properties={})
    await make(azure, REGISTRY, "premiumregistry1", sku={"name": "Premium"}, properties={})
    walkthrough = walk(azure, tmp_path, use_acr=True, acr_name="basicregistry1")
    found = await look(walkthrough, "acr_name", Severity.ERROR)
    assert found.what == "This registry of yours is Basic; it must be Premium."
    walkthrough.record("acr_name", "premiumregistry1")
    found = await look(walkthrough, "acr_name", Severity.WARNING)
    assert "keeps untagged images for ever" in found.what
    assert [one.key for one in walkthrough.plan().manual] == ["registry_retention"]


async def test_a_registry_in_another_region_is_told(azure: Azure, tmp_path: Path) -> None:
    await make(azure, REGISTRY, "farregistry1", sku={"name": "Premium"}, properties={})
    walkthrough = walk(azure, tmp_path, location="northeurope", use_acr=True, acr_name="farregistry1")
    found = await look(walkthrough, "acr_name", Severity.ERROR)
    assert found.what == "The registry is in westeurope, cluster in northeurope: pick one."


async def test_a_version_that_needs_a_registry_is_not_left_without(azure: Azure, tmp_path: Path) -> None:
    walkthrough = walk(azure, tmp_path, road="managed", hops_version="3.8.0", use_acr=False)
    found = await look(walkthrough, "use_acr", Severity.ERROR)
    assert found.what == "Hopsworks 3.8.0 needs a container registry."
    fine = walk(azure, tmp_path, road="managed", hops_version="3.0", use_acr=False)
    assert await fine.check("use_acr") == ()


async def test_kubernetes_widens_the_role_and_says_so(azure: Azure, tmp_path: Path) -> None:
    walkthrough = walk(azure, tmp_path, use_aks=True)
    found = await look(walkthrough, "use_aks", Severity.WARNING)
    assert "given on the whole group" in found.what
    assert "every account of the group" in found.rule
    assert "Microsoft.ContainerService" in walkthrough.plan().providers
    assert await walk(azure, tmp_path).check("use_aks") == ()


# Policies


async def test_a_policy_that_forbids_the_account_is_told_before_apply(azure: Azure, tmp_path: Path) -> None:
    group = f"{SUBSCRIPTION}/resourceGroups/strict"
    await make_group(azure, group)
    rule = {
        "if": {
            "allOf": [
                {"field": "type", "equals": ACCOUNT},
                {"field": f"{ACCOUNT}/allowSharedKeyAccess", "notEquals": False},
            ]
        },
        "then": {"effect": "deny"},
    }
    definition = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/policyDefinitions/no-shared-key"
    body = {"displayName": "No shared keys", "policyType": "Custom", "mode": "All", "policyRule": rule}
    await azure.arm.write(definition, "2021-06-01", {"properties": body})
    assignment = f"{group}/providers/Microsoft.Authorization/policyAssignments/no-shared-key"
    properties = {"displayName": "No shared keys", "policyDefinitionId": definition}
    await azure.arm.write(assignment, "2021-06-01", {"properties": properties})
    walkthrough = walk(
        azure, tmp_path, {"group_location": "westeurope"}, resource_group="strict", storage_name="strict1"
    )
    step = next(one for one in walkthrough.steps if one.number == "2.3")
    wrong = [one for one in await walkthrough.check_step(step) if one.blocks]
    assert len(wrong) == 1
    assert wrong[0].what == "A policy forbids this account: “No shared keys”."
    assert "“shared key must be off” breaks them" in wrong[0].rule
    relaxed = walk(azure, tmp_path, {"group_location": "westeurope"}, storage_name="relaxed1")
    step = next(one for one in relaxed.steps if one.number == "2.3")
    assert not [one for one in await relaxed.check_step(step) if one.blocks]


# Proofs


async def _prove(azure: Azure, home: Path, proof: Any, **arguments: str) -> Proven:
    proving = Proving(azure, lambda: Azure.open(None), {}, arguments, Machine({}, home, home))  # type: ignore[arg-type]  # no proof here signs in
    found: Proven = await proof(proving)
    return found


async def test_proofs_of_storage_tell_what_is_wrong(azure: Azure, tmp_path: Path) -> None:
    off = PLAIN["properties"] | {"allowSharedKeyAccess": False}
    account = await make(azure, ACCOUNT, "proved1", **(PLAIN | {"properties": off}))
    proof = proving_storage.storage_stands
    told = await _prove(azure, tmp_path, proof, storage=account, backups="yes")
    assert not told.ok
    assert told.what == "shared keys are off, and backups need them"
    told = await _prove(azure, tmp_path, proof, storage=account, backups="")
    assert told.ok
    assert "shared keys off" in told.what
    gone = await _prove(azure, tmp_path, proof, storage=f"{account}x", backups="")
    assert not gone.ok


async def test_proofs_of_identity_registry_and_container(
    azure: Azure, signed_in: SignedIn, tmp_path: Path
) -> None:
    identity = await make(azure, IDENTITY, "proved")
    account = await make(azure, ACCOUNT, "proved2", **PLAIN)
    stands = await _prove(
        azure, tmp_path, proving_storage.identity_stands, identity=identity, location="westeurope"
    )
    assert stands.ok
    apart = await _prove(
        azure, tmp_path, proving_storage.identity_stands, identity=identity, location="northeurope"
    )
    assert not apart.ok
    may = await _prove(
        azure, tmp_path, proving_storage.identity_may, identity=identity, storage=account, role=CONTRIBUTOR
    )
    assert not may.ok
    assert may.passing
    registry = await make(azure, REGISTRY, "provedregistry1", sku={"name": "Premium"}, properties={})
    keeps = await _prove(azure, tmp_path, proving_storage.registry_stands, registry=registry)
    assert keeps.ok
    assert keeps.warning
    await may_touch_blobs(azure, account)
    empty = await _prove(
        azure, tmp_path, proving_storage.container_empty, storage=account, container="nothing"
    )
    assert empty.ok
    assert not empty.warning
    await put_blob(azure, signed_in, "proved2", "full")
    await put_blob(azure, signed_in, "proved2", "full/a", b"a")
    full = await _prove(azure, tmp_path, proving_storage.container_empty, storage=account, container="full")
    assert full.warning


async def test_what_the_group_has_is_offered(azure: Azure, tmp_path: Path) -> None:
    group = f"{SUBSCRIPTION}/resourceGroups/offered"
    await make_group(azure, group)
    walkthrough = walk(azure, tmp_path, resource_group="offered", use_acr=True)
    for key in ("storage_name", "identity_name", "acr_name"):
        assert await walkthrough.choices(key) == ()
    await make(azure, ACCOUNT, "offered1", group=group, **PLAIN)
    await make(azure, IDENTITY, "offered", group=group)
    await make(azure, REGISTRY, "offeredacr1", group=group, sku={"name": "Standard"}, properties={})
    (account,) = await walkthrough.choices("storage_name", again=True)
    assert (account.value, account.columns) == ("offered1", ("StorageV2", "Standard_LRS", "westeurope"))
    (identity,) = await walkthrough.choices("identity_name", again=True)
    assert (identity.value, identity.columns) == ("offered", ("westeurope",))
    (registry,) = await walkthrough.choices("acr_name", again=True)
    assert registry.refusal == "This registry of yours is Standard; it must be Premium."
