"""What is in a storage account, in ARM and at the blob service itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.practice.arm_support import ADA, ARM, Arm, refusal
from tests.practice.store_support import ACCOUNTS, BLOB_CONTRIBUTOR, STORAGE, grant_role, message, new_account


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    return Arm(sign_in(scope=ARM), "2023-05-01")


@pytest.fixture(scope="module")
def home(ada: Arm) -> str:
    return new_account(ada, "servicesaccount")


def container(home: str, name: str) -> str:
    return f"{home}/blobServices/default/containers/{name}"


def test_the_blob_service_is_there_with_the_account(ada: Arm, home: str) -> None:
    found = ada.get(f"{home}/blobServices/default").json()
    assert found["sku"] == {"name": "Standard_LRS", "tier": "Standard"}
    assert found["properties"]["deleteRetentionPolicy"] == {"allowPermanentDelete": False, "enabled": False}
    wanted = {"deleteRetentionPolicy": {"enabled": True, "days": 7}}
    told = ada.put(f"{home}/blobServices/default", {"properties": wanted})
    assert told.status_code == 200
    assert set(told.json()["properties"]) == {"deleteRetentionPolicy"}
    assert ada.get(f"{home}/blobServices/default").json()["properties"]["deleteRetentionPolicy"]["days"] == 7
    bad = ada.put(
        f"{home}/blobServices/default",
        {"properties": {"deleteRetentionPolicy": {"enabled": True, "days": 0}}},
    )
    assert refusal(bad) == (400, "InvalidValuesForRequestParameters")


def test_a_container_echoes_what_was_sent_and_shows_the_rest_later(ada: Arm, home: str) -> None:
    made = ada.put(container(home, "echo"), {"properties": {"metadata": {"a": "b"}}})
    assert made.status_code == 201
    assert "leaseState" not in made.json()["properties"]
    found = ada.get(container(home, "echo")).json()
    assert found["properties"]["leaseState"] == "Available"
    assert found["properties"]["metadata"] == {"a": "b"}
    assert ada.put(container(home, "echo"), {}).status_code == 200
    names = [one["name"] for one in ada.get(f"{home}/blobServices/default/containers").json()["value"]]
    assert "echo" in names


@pytest.mark.parametrize("name", ["UPPER", "two--hyphens", "-first", "no"])
def test_a_container_name_that_cannot_be(ada: Arm, home: str, name: str) -> None:
    assert refusal(ada.put(container(home, name), {})) == (400, "InvalidResourceName")


def test_what_is_not_there_says_what_it_is(ada: Arm, home: str) -> None:
    assert refusal(ada.get(container(home, "nowhere"))) == (404, "ContainerNotFound")
    orphan = ada.get(container(f"{ACCOUNTS}/neverwas", "box"))
    assert refusal(orphan) == (404, "ParentResourceNotFound")
    assert message(orphan).endswith("storageAccounts/neverwas' could not be found.")
    assert refusal(ada.ask("DELETE", container(f"{ACCOUNTS}/neverwas", "box")))[1] == "ParentResourceNotFound"
    assert refusal(ada.get(f"{home}/managementPolicies/default")) == (404, "ManagementPolicyNotFound")
    assert refusal(ada.get(f"{home}/fileServices/default/shares/none")) == (404, "ShareNotFound")


def test_public_access_needs_the_accounts_leave(ada: Arm, home: str) -> None:
    answer = ada.put(container(home, "open"), {"properties": {"publicAccess": "Blob"}})
    assert refusal(answer) == (409, "PublicAccessNotPermitted")


def test_a_legal_hold_and_a_lease_keep_a_container(ada: Arm, home: str) -> None:
    key = container(home, "held")
    ada.put(key, {})
    assert ada.ask("POST", f"{key}/setLegalHold", {"tags": ["Case1"]}).json() == {
        "hasLegalHold": True,
        "tags": ["case1"],
    }
    assert refusal(ada.ask("DELETE", key)) == (409, "ContainerProtectedFromDeletion")
    assert ada.ask("POST", f"{key}/clearLegalHold", {"tags": ["case1"]}).json()["hasLegalHold"] is False
    lease = ada.ask("POST", f"{key}/lease", {"action": "Acquire", "leaseDuration": -1}).json()["leaseId"]
    assert refusal(ada.ask("DELETE", key)) == (409, "LeaseIdMissing")
    assert ada.ask("POST", f"{key}/lease", {"action": "Release", "leaseId": lease}).status_code == 200
    assert ada.ask("DELETE", key).status_code == 200
    assert ada.ask("DELETE", key).status_code == 204


def test_an_immutability_policy_that_is_locked_stays(ada: Arm, home: str) -> None:
    key = container(home, "frozen")
    ada.put(key, {})
    policy = f"{key}/immutabilityPolicies/default"
    assert ada.put(policy, {"properties": {"immutabilityPeriodSinceCreationInDays": 3}}).status_code == 200
    assert ada.get(key).json()["properties"]["hasImmutabilityPolicy"] is True
    assert ada.ask("POST", f"{policy}/lock").json()["properties"]["state"] == "Locked"
    answer = ada.ask("DELETE", policy)
    assert refusal(answer) == (409, "ContainerImmutabilityPolicyFailure")
    assert message(answer) == "Operation not allowed on immutability policy with current state."


def test_a_deleted_share_comes_back(ada: Arm, home: str) -> None:
    shares = f"{home}/fileServices/default/shares"
    assert ada.put(f"{shares}/files", {"properties": {"shareQuota": 10}}).json()["properties"] == {
        "shareQuota": 10
    }
    assert refusal(ada.put(f"{shares}/big", {"properties": {"shareQuota": 0}}))[0] == 400
    assert ada.ask("DELETE", f"{shares}/files").status_code == 200
    assert ada.get(shares).json()["value"] == []
    (gone,) = ada.get(shares, expand="deleted").json()["value"]
    body = {"deletedShareName": "files", "deletedShareVersion": gone["properties"]["version"]}
    assert ada.ask("POST", f"{shares}/files/restore", body).status_code == 200
    assert ada.get(f"{shares}/files").json()["properties"]["shareQuota"] == 10
    snapshot = ada.api.call(
        "PUT", f"{shares}/files", params={"api-version": "2023-05-01", "$expand": "snapshots"}, json={}
    )
    assert snapshot.status_code == 201
    assert refusal(ada.ask("DELETE", f"{shares}/files")) == (409, "ShareHasSnapshots")


def test_smb_multichannel_is_for_premium_files(ada: Arm, home: str) -> None:
    body = {"properties": {"protocolSettings": {"smb": {"multichannel": {"enabled": True}}}}}
    answer = ada.put(f"{home}/fileServices/default", body)
    assert refusal(answer) == (409, "FeatureNotSupportedForAccount")


def test_a_life_cycle_is_kept_under_its_own_name(ada: Arm, home: str) -> None:
    rule = {"name": "old", "type": "Lifecycle", "definition": {"actions": {"baseBlob": {}}}}
    made = ada.put(f"{home}/managementPolicies/default", {"properties": {"policy": {"rules": [rule]}}}).json()
    assert made["name"] == "DefaultManagementPolicy"
    assert made["properties"]["policy"]["rules"][0]["enabled"] is True


def test_the_blob_service_asks_for_data_rights(ada: Arm, home: str, sign_in: Any) -> None:
    at = ada.get(home).json()["properties"]["primaryEndpoints"]["blob"].removeprefix(ada.api.running.url)
    blobs = sign_in(scope=STORAGE)
    ada.put(container(home, "payload"), {})
    asked = {"restype": "container", "comp": "list", "maxresults": "1"}
    refused = blobs.call("GET", f"{at}payload", params=asked)
    assert (refused.status_code, refused.headers["x-ms-error-code"]) == (
        403,
        "AuthorizationPermissionMismatch",
    )
    grant_role(ada, home, BLOB_CONTRIBUTOR, ADA)
    empty = blobs.call("GET", f"{at}payload", params=asked)
    assert empty.status_code == 200
    assert "<Blob>" not in empty.text
    put = blobs.call("PUT", f"{at}payload/a/b.txt", data=b"x", headers={"x-ms-blob-type": "BlockBlob"})
    assert put.status_code == 201
    assert "<Name>a/b.txt</Name>" in blobs.call("GET", f"{at}payload", params=asked).text
    missing = blobs.call("GET", f"{at}never-was", params=asked)
    assert missing.headers["x-ms-error-code"] == "ContainerNotFound"
    ada.ask("PATCH", home, {"properties": {"networkAcls": {"defaultAction": "Deny"}}})
    shut = blobs.call("GET", f"{at}payload", params=asked)
    assert (shut.status_code, shut.headers["x-ms-error-code"]) == (403, "AuthorizationFailure")


def test_the_blob_service_wants_a_token_of_its_own(ada: Arm, home: str, anonymous: Any, sign_in: Any) -> None:
    at = "/blob.core.windows.net/servicesaccount/payload"
    asked = {"restype": "container", "comp": "list"}
    assert anonymous.call("GET", at, params=asked).headers["x-ms-error-code"] == "PublicAccessNotPermitted"
    other = sign_in(scope=ARM).call("GET", at, params=asked)
    assert (other.status_code, other.headers["x-ms-error-code"]) == (401, "InvalidAuthenticationInfo")
