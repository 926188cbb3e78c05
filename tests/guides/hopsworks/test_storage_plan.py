"""What the storage and SSH chapters plan, for each road and switch: pure, without any Azure."""

from __future__ import annotations

import json

import pytest

from tests.guides.hopsworks.storage_support import ANSWERS, GROUP, GUIDE, RESEARCH
from wizard.answers import Answers, Value
from wizard.guides.hopsworks import storage
from wizard.guides.hopsworks.storage_plan import needs_registry, wants_registry
from wizard.plan import Derived, Plan, Ref, Resource, derived_guid

PREFIX = "Microsoft.Storage/storageAccounts/blobServices"


def _answers(**more: Value) -> Answers:
    return Answers({**ANSWERS, **more}, GUIDE.questions)


def _plan(**more: Value) -> Plan:
    return GUIDE.plan(_answers(**more))


def _one(plan: Plan, key: str) -> Resource:
    return next(resource for resource in plan.resources if resource.key == key)


def _keys(plan: Plan) -> list[str]:
    return [resource.key for resource in plan.resources if resource.key != "group"]


def _permissions(plan: Plan) -> tuple[set[str], set[str]]:
    permissions = _one(plan, "storage_role").body["properties"]["permissions"][0]
    return set(permissions["actions"]), set(permissions["dataActions"])


def test_defaults_make_role_identity_account_and_key() -> None:
    plan = _plan()
    assert _keys(plan) == ["storage_role", "identity", "storage", "storage_assignment", "ssh_key"]
    assert [pair.made_by for pair in plan.keys] == ["here"]
    assert {resource.step for resource in plan.resources if resource.key != "group"} == {
        "2.1", "2.2", "2.3", "2.4", "3",
    }  # fmt: skip


def test_nothing_is_planned_on_the_helm_road_or_before_the_group_is_known() -> None:
    assert _keys(_plan(road="helm")) == []
    assert GUIDE.plan(Answers({}, GUIDE.questions)).is_empty


def test_the_proposed_name_depends_on_group_and_subscription_alone() -> None:
    first, again = _answers().text("storage_name"), _answers(backups=False).text("storage_name")
    other = _answers(resource_group="other").text("storage_name")
    assert first == again != other
    assert first.isalnum()
    assert first.islower()
    assert len(first) <= 24
    assert _answers().text("acr_name") != first


def test_without_backups_only_write_and_list_keys_go_and_read_stays() -> None:
    with_backups, data = _permissions(_plan(backups=True))
    without, same_data = _permissions(_plan(backups=False))
    assert with_backups - without == {f"{PREFIX}/write", "Microsoft.Storage/storageAccounts/listKeys/action"}
    assert f"{PREFIX}/read" in without
    assert data == same_data
    assert f"{PREFIX}/containers/blobs/move/action" in data


def test_registry_and_kubernetes_add_their_own_actions_and_assignments() -> None:
    plain, _ = _permissions(_plan())
    plan = _plan(use_acr=True, use_aks=True)
    more, _ = _permissions(plan)
    assert {action.split("/")[0] for action in more - plain} == {
        "Microsoft.ContainerRegistry",
        "Microsoft.ContainerService",
    }
    assert len(more - plain) == 5
    assert _one(plan, "registry_assignment").stands_on.endswith(f"/registries/{_answers().text('acr_name')}")
    assert _one(plan, "group_assignment").stands_on == GROUP


@pytest.mark.parametrize(
    ("version", "needed"),
    [("3.0", False), ("3.0.1", False), ("3.1", True), ("3.8.0", True), ("2.5", False), ("10.0", True)],
)
def test_versions_above_3_0_need_a_registry(version: str, needed: bool) -> None:
    answers = _answers(road="managed", hops_version=version)
    assert needs_registry(answers) is needed
    assert wants_registry(answers) is needed
    assert needs_registry(_answers(road="classic", hops_version=version)) is False


def test_the_account_takes_tls_1_2_and_keeps_its_keys() -> None:
    account = _one(_plan(hns=True, storage_sku="Standard_RAGRS"), "storage")
    assert account.body["kind"] == "StorageV2"
    assert account.body["sku"] == {"name": "Standard_RAGRS"}
    assert account.body["properties"] == {
        "minimumTlsVersion": "TLS1_2",
        "supportsHttpsTrafficOnly": True,
        "allowBlobPublicAccess": False,
        "allowSharedKeyAccess": True,
        "isHnsEnabled": True,
        "publicNetworkAccess": "Enabled",
    }


def test_the_role_goes_to_the_identity_at_the_account() -> None:
    plan = _plan()
    given = _one(plan, "storage_assignment")
    properties = given.body["properties"]
    assert properties["principalId"] == Ref("identity", "principal_id")
    assert properties["roleDefinitionId"] == Ref("storage_role", "id")
    assert properties["principalType"] == "ServicePrincipal"
    assert given.after == ("storage",)
    assert isinstance(given.name, Derived)
    assert given.name.value({}), "its name is known before the identity exists"
    role = _one(plan, "storage_role")
    assert role.body["properties"]["assignableScopes"] == [GROUP]
    assert isinstance(role.name, Derived)
    assert role.name.value({}) == derived_guid(GROUP, "Hopsworks Storage Role")


def test_what_exists_and_differs_is_kept_and_referred_to_by_its_id() -> None:
    facts: dict[str, Value] = {
        "storage_kept": True,
        "identity_kept": True,
        "identity_principal_id": "11111111-2222-3333-4444-555555555555",
        "identity_client_id": "11111111-2222-3333-4444-666666666666",
        "storage_role_kept": True,
        "storage_role_guid": "99999999-2222-3333-4444-555555555555",
        "registry_kept": True,
        "registry_retention": 0,
        "use_acr": True,
    }
    plan = _plan(**facts)
    assert _keys(plan) == ["storage_assignment", "registry_assignment", "ssh_key"]
    assert len(plan.kept) == 4
    properties = _one(plan, "storage_assignment").body["properties"]
    assert properties["principalId"] == facts["identity_principal_id"]
    assert properties["roleDefinitionId"].endswith(f"/{facts['storage_role_guid']}")
    assert _one(plan, "storage_assignment").after == ()
    assert [one.key for one in plan.manual] == ["registry_retention"]
    assert "--days 7" in plan.manual[0].command
    outputs = {output.name: output.value for output in plan.outputs}
    assert outputs["HOPSWORKS_IDENTITY_PRINCIPAL_ID"] == facts["identity_principal_id"]


def test_a_role_of_this_name_is_brought_up_to_date_under_its_own_guid() -> None:
    guid = "99999999-2222-3333-4444-555555555555"
    role = _one(_plan(storage_role_guid=guid), "storage_role")
    assert role.name == guid
    assert role.updates
    assert "properties.assignableScopes" in role.keeps


def test_each_way_to_a_key_plans_what_it_needs() -> None:
    here = _plan(ssh_source="here")
    assert _one(here, "ssh_key").body["properties"] == {"publicKey": Ref("ssh_pair", "public_key")}
    azure = _plan(ssh_source="azure", ssh_type="Ed25519")
    assert "properties" not in _one(azure, "ssh_key").body
    assert azure.keys[0].made_by == "azure"
    assert azure.keys[0].algorithm == "Ed25519"
    assert azure.keys[0].resource == "ssh_key"
    needed = azure.needed_actions()[GROUP]
    assert "Microsoft.Compute/sshPublicKeys/generateKeyPair/action" in needed
    upload = _plan(ssh_source="upload", ssh_public_key="~/.ssh/id_rsa.pub")
    assert "ssh_key" not in _keys(upload), "the file has not been read"
    assert upload.keys == ()
    existing = _plan(ssh_source="existing", ssh_key_name="theirs")
    assert "ssh_key" not in _keys(existing)
    assert any("theirs" in kept.label for kept in existing.kept)


def test_the_role_is_written_in_both_forms() -> None:
    export = next(one for one in storage.EXPORTS if one.form == "storage-role")
    answers = _answers(use_acr=True)
    cli, portal = (json.loads(one.text) for one in export.write(answers, GUIDE.plan(answers), {}))
    assert cli["Name"] == "Hopsworks Storage Role"
    assert cli["AssignableScopes"] == [GROUP]
    assert len(cli["DataActions"]) == 4
    assert portal["properties"]["permissions"][0]["actions"] == cli["Actions"]
    with pytest.raises(LookupError, match="Answer subscription and resource group"):
        export.write(Answers({}, GUIDE.questions), GUIDE.plan(answers), {})


def test_providers_follow_the_answers() -> None:
    assert "Microsoft.ContainerRegistry" not in _plan().providers
    assert "Microsoft.ContainerRegistry" in _plan(road="managed").providers
    assert {"Microsoft.Storage", "Microsoft.ManagedIdentity", "Microsoft.Compute"} <= set(_plan().providers)


def test_the_private_key_path_follows_the_name_of_the_key() -> None:
    assert _answers(ssh_key_name="other").text("private_key_path") == "~/.ssh/other.pem"
    assert _plan().subscription == RESEARCH
