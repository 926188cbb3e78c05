"""ARM: subscriptions with their tenants, rights, workspaces, roles and providers, as practice Azure has them."""

from __future__ import annotations

from uuid import uuid4

import pytest

from wizard.azure.errors import Forbidden, NotFound
from wizard.azure.session import Azure

RESEARCH = "142c8364-7806-4577-93e7-83e7eb04b39b"
HOME = "47eaa099-2cb6-416d-86dc-283cf0480ff9"
SECOND = "1509bb0a-9bf1-4331-8a11-8783593942a4"
NOBODY = "11111111-2222-4333-8444-555555555555"
OWNER, CONTRIBUTOR = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "b24988ac-6180-42a0-ab88-20f7382dd24c"
ASSIGN = "Microsoft.Authorization/roleAssignments/write"
GROUP = f"/subscriptions/{RESEARCH}/resourceGroups/rg-vision"


async def test_tenants_have_names_and_domains(azure: Azure) -> None:
    tenants = {t.id: t for t in await azure.arm.tenants()}
    assert (tenants[HOME].name, tenants[HOME].domain) == ("Contoso", "contoso.example")
    assert SECOND in tenants


async def test_subscriptions_know_their_own_tenant_and_who_else_manages_them(azure: Azure) -> None:
    found = {s.name: s for s in await azure.arm.subscriptions()}
    assert found["Research"].usable
    assert not found["Retired"].usable
    assert (found["Research"].tenant_id, found["Research"].tenant_name) == (HOME, "Contoso")
    lent = found["Delegated"]
    assert (lent.tenant_id, lent.tenant_name, lent.managed_by) == (SECOND, "Fabrikam", (HOME,))


async def test_one_subscription_is_read_or_is_not_there(azure: Azure) -> None:
    found = await azure.arm.subscription(RESEARCH)
    assert found is not None
    assert (found.name, found.scope) == ("Research", f"/subscriptions/{RESEARCH}")
    assert await azure.arm.subscription(NOBODY) is None


async def test_rights_are_those_of_the_callers_roles(azure: Azure) -> None:
    found = {s.name: s for s in await azure.arm.subscriptions()}
    owner = await azure.arm.permissions(found["Research"].scope)
    contributor = await azure.arm.permissions(found["Production"].scope)
    assert owner.allows(ASSIGN)
    assert not contributor.allows(ASSIGN)
    assert contributor.missing([ASSIGN, "Microsoft.Storage/storageAccounts/write"]) == (ASSIGN,)
    assert (await azure.arm.permissions(GROUP)).allows(ASSIGN), "held from above"


async def test_workspaces_tell_their_group_and_storage(azure: Azure) -> None:
    found = {w.name: w for w in await azure.arm.workspaces(RESEARCH)}
    vision = found["vision"]
    assert (vision.group, vision.location) == ("rg-vision", "westeurope")
    assert vision.group_id.lower() == GROUP.lower()
    assert "/storageAccounts/" in vision.storage_account
    assert await azure.arm.workspace(vision.id) == vision
    assert await azure.arm.workspace(vision.id + "x") is None


async def test_roles_held_at_a_scope_include_those_from_above(azure: Azure) -> None:
    held = await azure.arm.role_assignments(GROUP, azure.identity.object_id)
    assert OWNER in {a.role for a in held}
    assert {a.scope.lower() for a in held if a.role == OWNER} == {f"/subscriptions/{RESEARCH}"}
    assert await azure.arm.role_assignments(GROUP, NOBODY) == []


async def test_a_role_is_found_by_name_and_by_guid(azure: Azure) -> None:
    by_name = await azure.arm.role_definition(GROUP, "Contributor")
    assert by_name is not None
    assert (by_name.guid, by_name.custom) == (CONTRIBUTOR, False)
    assert by_name.permissions[0].grants("Microsoft.Storage/storageAccounts/write")
    assert await azure.arm.role_definition(GROUP, CONTRIBUTOR) == by_name
    assert await azure.arm.role_definition(GROUP, "Nobody's role") is None
    assert await azure.arm.role_definition(GROUP, NOBODY) is None


async def test_taking_away_a_role_that_is_not_there_says_so(azure: Azure) -> None:
    path = f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/{uuid4()}"
    assert not await azure.arm.delete_role_assignment(path)
    assert await azure.arm.role_assignment(path) is None


async def test_what_may_not_be_done_is_told_with_the_missing_right(azure: Azure) -> None:
    found = {s.name: s for s in await azure.arm.subscriptions()}
    production = found["Production"].scope
    theirs = await azure.arm.role_assignments(production, azure.identity.object_id)
    with pytest.raises(Forbidden) as problem:
        await azure.arm.delete_role_assignment(theirs[0].id)
    assert problem.value.rule == "E-authz"
    assert problem.value.parts["action"] == "Microsoft.Authorization/roleAssignments/delete"


async def test_a_provider_is_registered_on_request(azure: Azure) -> None:
    assert await azure.arm.provider_state(RESEARCH, "Microsoft.MachineLearningServices") == "Registered"
    assert await azure.arm.provider_state(RESEARCH, "Microsoft.ContainerService") == "NotRegistered"
    assert await azure.arm.register_provider(RESEARCH, "Microsoft.ContainerService") in {
        "Registering",
        "Registered",
    }
    with pytest.raises(NotFound):
        await azure.arm.provider_state(RESEARCH, "Microsoft.Nonsense")
