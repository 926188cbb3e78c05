"""Limiting Hopsworks in a subscription where it is connected with all its rights, and more than those."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guides.hopsworks.limits_support import (
    GROUP,
    PRINCIPAL,
    ROLE,
    SUBSCRIPTION,
    drawn,
    limited,
    role_in_azure,
    up_to,
)
from tests.rehearsal import practice
from wizard.answers import Value
from wizard.apply.outcome import End
from wizard.apply.run import Run
from wizard.apply.undo import undo
from wizard.azure.clouds import Cloud
from wizard.guide import Finding, Severity
from wizard.roles.algebra import FULL, UPGRADE, Switches, cross_actions

ASSIGNMENTS = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with practice(tmp_path / "practice", world="hopsworks-connected") as cloud:
        yield cloud


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Cloud]:
    with practice(tmp_path / "practice", world="default") as cloud:
        yield cloud


def said(found: list[Finding], words: str) -> Finding:
    return next(one for one in found if words in one.sentence)


async def test_the_switches_show_what_they_take_away(cloud: Cloud) -> None:
    async with limited(cloud, public_ip=False) as setup:
        found = await up_to(setup.walkthrough, "L0")
        assert said(found, "with 42 actions").severity is Severity.INFO
        assert "Contributor on subscription Research" in said(found, "without effect").sentence
        picture = await drawn(setup.walkthrough, "L0")
    assert "[ ]  public IP               − 4         head node stays private" in picture
    assert "[x]  own network             − 6         VNet, subnet and NSG are yours" in picture
    assert "In Azure now: 42 actions. This change removes 10, adds 0." in picture
    assert "Also assigned to 1 other principal: legacy-training." in picture
    assert max(map(len, picture.splitlines())) <= 72


async def test_a_switch_changed_changes_the_picture_at_once(cloud: Cloud) -> None:
    async with limited(cloud) as setup:
        walkthrough = setup.walkthrough
        await up_to(walkthrough, "L0")
        assert "removes 6, adds 0" in await drawn(walkthrough, "L0")
        walkthrough.record("own_network", "no")
        assert "Nothing changes" in await drawn(walkthrough, "L0")


async def test_contradictions_are_told(cloud: Cloud) -> None:
    async with limited(cloud, own_network=False, ports_from_ui=False, public_ip=False) as setup:
        found = await up_to(setup.walkthrough, "L0")
        assert said(found, "may not open ports").severity is Severity.WARNING
        assert said(found, "Let's Encrypt").severity is Severity.INFO
        setup.walkthrough.record("own_network", "yes")
        setup.walkthrough.record("lets_encrypt", "yes")
        again = await up_to(setup.walkthrough, "L0")
    assert not [one for one in again if "may not open ports" in one.sentence]
    assert said(again, "Let's Encrypt").severity is Severity.WARNING
    assert "VPN" in said(again, "Let's Encrypt").mend


async def test_what_the_change_means_for_others_and_for_a_running_cluster(cloud: Cloud) -> None:
    async with limited(cloud, public_ip=False) as setup:
        found = await up_to(setup.walkthrough, "L3")
        assert said(found, "also assigned to legacy-training").severity is Severity.WARNING
        for name in ("demo-head-ip", "demo-vnet", "demo-nsg"):
            assert "made by Hopsworks, by its tags" in said(found, name).sentence
        assert said(found, "15 to 60 minutes").severity is Severity.INFO
        assert "may change" in said(found, "15 to 60 minutes").what
        picture = await drawn(setup.walkthrough, "L3")
    assert "42 actions now, 32 then" in picture
    assert "- Microsoft.Network/publicIPAddresses/join/action" in picture
    assert "  Microsoft.Compute/virtualMachines/write" in picture


async def test_nothing_is_said_about_rights_that_stay(cloud: Cloud) -> None:
    async with limited(cloud, own_network=False) as setup:
        found = await up_to(setup.walkthrough, "L3")
    assert not [one for one in found if "demo-" in one.sentence]


async def test_a_role_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    with practice(tmp_path / "practice", world="hopsworks-handoff") as cloud:
        async with limited(cloud, cross_role_name="Reader") as setup:
            found = await up_to(setup.walkthrough, "L3")
    assert said(found, "built-in").severity is Severity.ERROR


async def test_the_role_is_changed_proved_and_put_back(cloud: Cloud) -> None:
    more: dict[str, Value] = {"public_ip": False, "drop_broader": True, "cluster_version": "2.2"}
    async with limited(cloud, **more) as setup:
        await setup.walkthrough.check_all()
        outcome = await Run(setup).go()
        assert outcome.end is End.DONE, outcome
        assert not [proof for proof in outcome.proofs if not proof.ok]
        assert {"no_broader_role", "identity_role", "upgrade_role"} <= {p.key for p in outcome.proofs}
        assert await role_in_azure(setup) == set(cross_actions("limited", Switches(public_ip=False)))
        azure = setup.walkthrough.azure
        assert azure is not None
        held = await azure.arm.role_assignments(SUBSCRIPTION, PRINCIPAL)
        assert CONTRIBUTOR not in {one.role for one in held}
        upgrade = await azure.arm.role_definition(GROUP, "hopsworks-upgrade")
        assert upgrade is not None
        assert set(upgrade.permissions[0].actions) == set(UPGRADE)

        await setup.walkthrough.check_all()
        assert '"Microsoft.Network/publicIPAddresses/write"' in setup.walkthrough.answers.text(
            "cross_role_before"
        )

        assert (await undo(setup)).end is End.DONE
        assert await role_in_azure(setup) == set(FULL)
        held = await azure.arm.role_assignments(SUBSCRIPTION, PRINCIPAL)
        assert {CONTRIBUTOR, ROLE} & {one.role for one in held} == {CONTRIBUTOR}
        assert await azure.arm.role_definition(GROUP, "hopsworks-upgrade") is None


async def test_a_broader_role_that_stays_fails_its_proof(cloud: Cloud) -> None:
    async with limited(cloud) as setup:
        outcome = await Run(setup).go()
    (proof,) = [one for one in outcome.proofs if one.key == "no_broader_role"]
    assert not proof.ok
    assert "the principal also holds Contributor on subscription Research" in proof.what
    assert "az role assignment delete --ids" in proof.mend


async def test_a_broader_role_through_a_group_of_the_directory_counts(empty: Cloud) -> None:
    async with limited(empty) as setup:
        walkthrough = setup.walkthrough
        found = await up_to(walkthrough, "L0")
        assert not [one for one in found if "without effect" in one.sentence]
        azure = walkthrough.azure
        assert azure is not None
        _, made = await azure.graph._ask(
            "POST",
            "/groups",
            {
                "displayName": "vendors",
                "mailNickname": "vendors",
                "mailEnabled": False,
                "securityEnabled": True,
            },
        )
        member = {"@odata.id": f"{empty.graph}/v1.0/directoryObjects/{PRINCIPAL}"}
        await azure.graph._ask("POST", f"/groups/{made['id']}/members/$ref", member)
        body = {
            "properties": {
                "roleDefinitionId": f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{CONTRIBUTOR}",
                "principalId": made["id"],
                "principalType": "Group",
            }
        }
        await azure.arm.write(f"{ASSIGNMENTS}/2f3c1d7a-0000-4000-8000-00000000000a", "2022-04-01", body)
        found = await up_to(walkthrough, "L0")
    assert "Contributor on subscription Research" in said(found, "without effect").sentence


async def test_the_identity_role_tells_what_was_not_present(empty: Cloud) -> None:
    async with limited(empty, backups=False) as setup:
        azure = setup.walkthrough.azure
        assert azure is not None
        guid = "6d1e9a40-0000-4000-8000-000000000003"
        role = {
            "roleName": "Hopsworks Storage Role",
            "assignableScopes": [SUBSCRIPTION],
            "permissions": [
                {
                    "actions": [
                        "Microsoft.Storage/storageAccounts/blobServices/write",
                        "Microsoft.Storage/storageAccounts/blobServices/read",
                    ]
                }
            ],
        }
        path = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{guid}"
        await azure.arm.write(path, "2022-04-01", {"properties": role})
        await up_to(setup.walkthrough, "L5.1")
        picture = await drawn(setup.walkthrough, "L5.1")
    rows = {row.split()[0].rsplit("blobServices/", 1)[-1]: row for row in picture.splitlines()[1:]}
    assert rows["write"].endswith("present → removed")
    assert rows["Storage/storageAccounts/listKeys/action"].endswith("was not present")


async def test_an_upgrade_right_that_is_not_needed_any_more_is_taken_away(empty: Cloud) -> None:
    async with limited(empty, cluster_version="2.2") as setup:
        assert (await Run(setup).go()).end is End.DONE
        walkthrough = setup.walkthrough
        walkthrough.record("cluster_version", "3.8.0")
        found = await up_to(walkthrough, "L5.2")
        assert said(found, "the identity holds it").severity is Severity.INFO
        assert "is taken away" in await drawn(walkthrough, "L5.2")
        assert [one.step for one in walkthrough.plan().removals] == ["L5.2", "L5.2"]
        azure = walkthrough.azure
        assert azure is not None
        outcome = await Run(setup).go()
        assert outcome.end in {End.DONE, End.NOTHING_TO_DO}, outcome
        assert await azure.arm.role_definition(GROUP, "hopsworks-upgrade") is None
