"""What limiting plans, for each switch and version: pure, without any Azure."""

from __future__ import annotations

import json

import pytest

from tests.guides.hopsworks.limits_support import GROUP, answers, plan
from wizard.answers import Value
from wizard.guides.hopsworks import GUIDE
from wizard.guides.hopsworks.limits_plan import former_role
from wizard.plan import Plan, Resource, derived_guid
from wizard.roles.algebra import FULL, UPGRADE
from wizard.roles.role import Role
from wizard.roles.writing import cli_json

BROADER = json.dumps([{"id": f"{GROUP}/x/1", "role": "Contributor", "scope": GROUP}])
HELD = f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/0b6a7c1e-0000-4000-8000-000000000001"


def _one(made: Plan, key: str) -> Resource:
    return next(resource for resource in made.resources if resource.key == key)


def _keys(made: Plan) -> set[str]:
    return {resource.key for resource in made.resources}


def _files(**more: Value) -> dict[str, str]:
    export = next(one for one in GUIDE.exports if one.form == "limited-role")
    given = answers(**more)
    return {one.name: one.text for one in export.write(given, GUIDE.plan(given), {})}


@pytest.mark.parametrize(
    ("switches", "count"),
    [
        ({}, 36),
        ({"own_network": False}, 42),
        ({"public_ip": False}, 32),
        ({"ports_from_ui": False}, 34),
        ({"storage_dropdown": False}, 35),
        ({"backups": False}, 32),
        ({"backups": False, "upgrades": False}, 31),
        ({"upgrades": False}, 36),
        ({"managed_users": False}, 36),
    ],
)
def test_the_role_of_the_plan_follows_the_switches(switches: dict[str, Value], count: int) -> None:
    role = _one(plan(**switches), "cross_role")
    assert len(role.body["properties"]["permissions"][0]["actions"]) == count


def test_full_permissions_follow_no_switch_and_leave_the_chapter_out() -> None:
    made = plan(permission_profile="full", public_ip=False)
    assert len(_one(made, "cross_role").body["properties"]["permissions"][0]["actions"]) == 42
    numbers = {step.number for step in GUIDE.steps if step.wanted(answers(permission_profile="full"))}
    assert not numbers & {"L0", "L3", "L4", "L5.1", "L5.2"}
    assert not {proof.key for proof in made.proofs} & {"no_broader_role", "identity_role"}


@pytest.mark.parametrize(
    ("version", "upgrades", "wanted"),
    [
        ("2.2", True, True),
        ("2.2.0", True, True),
        ("1.9", True, True),
        ("2.2", False, False),
        ("2.4.0", True, False),
        ("3.8.0", True, False),
        ("10.0", True, False),
    ],
)
def test_an_upgrade_role_is_for_old_clusters_alone(version: str, upgrades: bool, wanted: bool) -> None:
    made = plan(cluster_version=version, upgrades=upgrades)
    assert ({"upgrade_role", "upgrade_assignment"} <= _keys(made)) is wanted
    cross = _one(made, "cross_role").body["properties"]["permissions"][0]["actions"]
    assert {"Microsoft.Compute/virtualMachines/write", "Microsoft.Compute/disks/write"} <= set(cross)
    assert "Microsoft.Storage/storageAccounts/listKeys/action" not in cross
    if wanted:
        role = _one(made, "upgrade_role")
        assert role.body["properties"]["permissions"][0]["actions"] == list(UPGRADE)
        assert role.deploy_at == GROUP


def test_an_upgrade_role_that_is_no_longer_needed_goes() -> None:
    facts: dict[str, Value] = {
        "upgrade_assignment_id": HELD,
        "upgrade_role_guid": "1",
        "upgrade_role_id": "/r/1",
    }
    gone = [one.id for one in plan(cluster_version="3.8.0", **facts).removals]
    assert gone == [HELD, "/r/1"]
    assert [one.id for one in plan(cluster_version="2.2", upgrades=False, **facts).removals] == [HELD, "/r/1"]
    assert plan(cluster_version="2.2", **facts).removals == ()


def test_an_upgrade_role_that_others_have_stays() -> None:
    facts: dict[str, Value] = {"upgrade_assignment_id": HELD, "upgrade_role_guid": "1", "upgrade_role_id": ""}
    assert [one.id for one in plan(cluster_version="3.8.0", **facts).removals] == [HELD]


def test_what_somebody_else_assigned_is_not_assigned_twice() -> None:
    guid = "7b7b7b7b-0000-4000-8000-000000000002"
    facts: dict[str, Value] = {"upgrade_assignment_id": HELD, "upgrade_role_guid": guid}
    made = plan(cluster_version="2.2", **facts)
    assert "upgrade_assignment" not in _keys(made)
    assert _one(made, "upgrade_role").updates
    own = derived_guid(
        GROUP, guid, f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/hopsworks-instance"
    )
    mine = facts | {"upgrade_assignment_id": HELD.rsplit("/", 1)[0] + f"/{own}"}
    assert "upgrade_assignment" in _keys(plan(cluster_version="2.2", **mine))


def test_broader_roles_go_only_when_asked_for() -> None:
    assert plan(broader_roles=BROADER).removals == ()
    (gone,) = plan(broader_roles=BROADER, drop_broader=True).removals
    assert (gone.id, gone.step, gone.label) == (f"{GROUP}/x/1", "L3", "Contributor on group hopsworks")


def test_the_tick_list_says_what_the_role_no_longer_does() -> None:
    off: dict[str, Value] = dict.fromkeys(
        ("public_ip", "ports_from_ui", "storage_dropdown", "backups", "managed_users"), False
    )
    (listed,) = [one for one in plan(**off).manual if one.step == "L4"]
    for words in ("Attach Public IP", "Services tab", "backup retention to 0", "by hand", "user management"):
        assert words in listed.text
    assert not [one for one in plan(own_network=False).manual if one.step == "L4"]


def test_roles_as_files() -> None:
    files = _files(public_ip=False)
    assert set(files) == {
        "hopsworks-role-limited.json",
        "hopsworks-role-limited.arm.json",
        "hopsworks-role-limited.txt",
    }
    role = json.loads(files["hopsworks-role-limited.json"])
    assert len(role["Actions"]) == 32
    assert role["AssignableScopes"] == [GROUP]
    portal = json.loads(files["hopsworks-role-limited.arm.json"])
    assert portal["properties"]["permissions"][0]["actions"] == role["Actions"]
    assert files["hopsworks-role-limited.txt"].split() == role["Actions"]


def test_the_former_role_is_a_file_too() -> None:
    before = cli_json(Role("hopsworks.ai", "", FULL, scopes=(GROUP,)))
    files = _files(cross_role_before=before)
    assert len(json.loads(files["hopsworks-role.before.json"])["Actions"]) == 42
    report = files["hopsworks-role.diff.txt"].splitlines()
    assert report[0] == "hopsworks.ai: 42 actions before, 36 now. This change removes 6, adds 0."
    assert "- Microsoft.Network/virtualNetworks/write" in report
    assert former_role(answers()) is None


def test_the_upgrade_role_is_a_file_for_old_clusters() -> None:
    files = _files(cluster_version="2.2")
    assert json.loads(files["hopsworks-upgrade-role.json"])["Actions"] == list(UPGRADE)
    assert "hopsworks-upgrade-role.json" not in _files(cluster_version="3.8.0")


def test_there_are_no_files_without_limits() -> None:
    with pytest.raises(LookupError, match="choose limited"):
        _files(permission_profile="full")
