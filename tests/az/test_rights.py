"""What those are told who may not: people with few rights, in worlds of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.az.cli import Az, executable
from wizard.practice import start

SignedIn = Callable[[str], Az]


@pytest.fixture(scope="module")
def signed_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedIn]:
    """Sign the person of a world in by device code, in a fresh practice Azure."""
    executable()
    with ExitStack() as all_of_them:

        def sign_in(world: str) -> Az:
            folder = tmp_path_factory.mktemp(world)
            running = all_of_them.enter_context(start(folder / "azure", world=world))
            az = all_of_them.enter_context(Az(running, folder / "az"))
            assert az("login --use-device-code").code == 0
            return az

        yield sign_in


def test_a_contributor_gives_no_roles_and_registers_no_locks(signed_in: SignedIn) -> None:
    az = signed_in("contributor-only")
    me = az("ad signed-in-user show").json["id"]
    scope = az("group show -n rg-vision").json["id"]
    refused = az(f"role assignment create --assignee {me} --role Reader --scope {scope}").refusal
    assert "AuthorizationFailed" in refused
    assert "'Microsoft.Authorization/roleAssignments/write'" in refused
    assert f"over scope '{scope}" in refused
    assert "you@contoso.example" in refused
    assert "AuthorizationFailed" in az("lock create -n keep -t CanNotDelete -g rg-vision").refusal
    assert az("group create -n az-mine -l westeurope").code == 0


def test_a_guest_sees_one_group_and_no_directory(signed_in: SignedIn) -> None:
    az = signed_in("guest")
    assert az("group list --query [].name").json == ["rg-vision"]
    assert "AuthorizationFailed" in az("group create -n az-mine -l westeurope").refusal
    assert "Insufficient privileges" in az("ad app create --display-name mine").refusal


def test_where_users_may_not_register_applications(signed_in: SignedIn) -> None:
    az = signed_in("no-app-registration")
    assert "Insufficient privileges" in az("ad app create --display-name mine").refusal
    assert "Insufficient privileges" in az("ad sp create-for-rbac -n mine").refusal


def test_no_person_signs_in_where_conditional_access_forbids(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    executable()
    folder = tmp_path_factory.mktemp("app-only")
    with start(folder / "azure", world="app-only") as running, Az(running, folder / "az") as az:
        assert "AADSTS53003" in az("login --use-device-code").refusal
        secret = running.client_secret
        assert (
            az(f"login --service-principal -u {running.client_id} -p {secret} --tenant {running.tenant}").code
            == 0
        )
        assert az("account show").json["user"]["type"] == "servicePrincipal"


def test_a_world_of_locks_policies_and_taken_names(signed_in: SignedIn) -> None:
    locked = signed_in("locked")
    assert "ScopeLocked" in locked("group delete -n rg-vision -y").refusal
    denied = signed_in("policy-denied")
    assert "RequestDisallowedByPolicy" in denied("group create -n az-mine -l westeurope").refusal
    assert denied("group create -n az-mine -l swedencentral --tags costCentre=7").code == 0
    taken = signed_in("names-taken")
    assert taken("storage account check-name -n mlstorage").json["reason"] == "AlreadyExists"
    deleted = signed_in("soft-deleted")
    assert "vision-kv" in deleted("keyvault list-deleted --resource-type vault --query [].name").json
    assert deleted("keyvault recover -n vision-kv").json["name"] == "vision-kv"
