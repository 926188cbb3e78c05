"""The operations that Azure lists for roles: their shape, who may ask, and that roles are held to them."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from tests.practice.arm_support import ARM, RESEARCH, SHARED, Arm

PATH = "/providers/Microsoft.Authorization/providerOperations"
GUIDE_LISTS = SHARED / "guides/data/hopsworks.json"


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    return Arm(sign_in(scope=ARM))


def _names(shown: dict[str, Any]) -> dict[str, bool]:
    operations = [*shown["operations"]]
    for kind in shown["resourceTypes"]:
        operations += kind["operations"]
    return {one["name"]: one["isDataAction"] for one in operations}


def test_a_provider_in_azures_shape(ada: Arm) -> None:
    shown = ada.get(f"{PATH}/microsoft.storage", expand="resourceTypes").json()
    assert (shown["id"], shown["name"]) == (f"{PATH}/Microsoft.Storage", "Microsoft.Storage")
    assert shown["displayName"] == "Microsoft Storage"
    kinds = {kind["name"]: kind for kind in shown["resourceTypes"]}
    blobs = kinds["storageAccounts/blobServices/containers/blobs"]
    read = next(one for one in blobs["operations"] if one["name"].endswith("blobs/read"))
    assert read == {
        "name": "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
        "displayName": "Read Blob",
        "description": "Returns a blob or a list of blobs",
        "origin": None,
        "properties": None,
        "isDataAction": True,
    }
    assert _names(shown)["Microsoft.Storage/storageAccounts/listKeys/action"] is False


def test_types_are_shown_when_asked_for_and_data_actions_since_2018(ada: Arm) -> None:
    assert "resourceTypes" not in ada.get(f"{PATH}/Microsoft.Network").json()
    old = ada.get(f"{PATH}/Microsoft.ManagedIdentity", version="2015-07-01", expand="resourceTypes").json()
    assert all("isDataAction" not in one for kind in old["resourceTypes"] for one in kind["operations"])


def test_all_providers_in_one_list(ada: Arm) -> None:
    listed = ada.get(PATH, expand="resourceTypes").json()["value"]
    assert {"Microsoft.Compute", "Microsoft.Network", "Microsoft.Authorization"} <= {
        one["name"] for one in listed
    }
    strange = ada.get(f"{PATH}/Microsoft.Nonsense", expand="resourceTypes")
    assert (strange.status_code, strange.json()["error"]["code"]) == (404, "InvalidResourceNamespace")


def test_every_action_of_the_hopsworks_guide_is_listed(ada: Arm) -> None:
    if not GUIDE_LISTS.exists():
        pytest.skip("the facts file ../shared/guides/data/hopsworks.json is not here")
    listed = ada.get(PATH, expand="resourceTypes").json()["value"]
    known = {name.lower() for one in listed for name in _names(one)}
    wanted = json.loads(GUIDE_LISTS.read_text(encoding="utf-8"))
    identity = wanted["managedIdentity"]["groups"].values()
    wanted_by_it = {a for group in identity for a in (*group["actions"], *group["dataActions"])}
    wanted_by_it |= set(wanted["crossAccount"]["full"])
    assert {action.lower() for action in wanted_by_it} <= known


@pytest.mark.parametrize(
    ("actions", "data_actions", "status"),
    [
        (["Microsoft.Compute/virtualMachines/start/action"], [], 201),
        (["microsoft.compute/VIRTUALMACHINES/*"], [], 201),
        (["Microsoft.Compute/virtualMachines/launch/action"], [], 400),
        (["Microsoft.Compute/virtualMachine/*"], [], 400),
        (["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"], [], 400),
        ([], ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"], 201),
        ([], ["Microsoft.Compute/virtualMachines/start/action"], 400),
    ],
)
def test_a_role_holds_only_what_the_providers_list(
    ada: Arm, actions: list[str], data_actions: list[str], status: int
) -> None:
    guid = str(uuid.uuid4())
    body = {
        "roleName": f"held to {guid}",
        "assignableScopes": [RESEARCH],
        "permissions": [{"actions": actions, "dataActions": data_actions}],
    }
    put = ada.put(
        f"{RESEARCH}/providers/Microsoft.Authorization/roleDefinitions/{guid}", {"properties": body}
    )
    assert put.status_code == status
    if status == 400:
        assert put.json()["error"]["code"] == "InvalidActionOrNotAction"
