"""Management groups of practice Azure."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.practice.arm_support import ADA, ARM, CONTOSO, RESEARCH, Arm

HOME = "/providers/Microsoft.Management/managementGroups"
VERSION = "2021-04-01"


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    return Arm(sign_in(scope=ARM), VERSION)


@pytest.fixture
def name(ada: Arm) -> str:
    made = f"mg-{uuid.uuid4().hex[:8]}"
    assert ada.put(f"{HOME}/{made}", {"properties": {"displayName": "Ours"}}).status_code == 202
    return made


def followed(ada: Arm, address: str) -> Any:
    parts = urlsplit(address)
    return ada.api.call("GET", f"{parts.path}?{parts.query}")


def test_one_is_made_in_its_time_and_hangs_below_the_root(ada: Arm) -> None:
    path = f"{HOME}/mg-{uuid.uuid4().hex[:8]}"
    accepted = ada.put(path, {"properties": {}})
    assert (accepted.status_code, accepted.json()["status"]) == (202, "NotStarted")
    assert followed(ada, accepted.headers["Azure-AsyncOperation"]).json()["status"] == "Succeeded"
    assert followed(ada, accepted.headers["Location"]).json()["properties"]["tenantId"] == CONTOSO
    found = ada.get(path).json()
    assert found["type"] == "Microsoft.Management/managementGroups"
    details = found["properties"]["details"]
    assert (details["parent"]["name"], details["version"], details["updatedBy"]) == (CONTOSO, 1, ADA)


def test_an_older_version_has_one_address_and_another_way_to_write_the_type(ada: Arm) -> None:
    accepted = ada.put(f"{HOME}/old-{uuid.uuid4().hex[:8]}", {}, "2018-03-01-preview")
    assert "Azure-AsyncOperation" not in accepted.headers
    assert accepted.json()["type"] == HOME


def test_who_made_it_changes_it_and_puts_subscriptions_into_it(ada: Arm, name: str) -> None:
    path = f"{HOME}/{name}"
    assert ada.ask("PATCH", path, {"displayName": "Theirs"}).json()["properties"]["displayName"] == "Theirs"
    inside = f"{path}{RESEARCH}"
    assert ada.put(inside, None).json()["properties"]["parent"]["id"].endswith(name)
    assert [one["name"] for one in ada.get(f"{path}/subscriptions").json()["value"]] == [
        RESEARCH.split("/")[2]
    ]
    assert ada.ask("DELETE", inside).status_code == 200
    assert ada.get(f"{path}/subscriptions").json()["value"] == []


def test_settings_are_there_once_they_are_made(ada: Arm, name: str) -> None:
    path = f"{HOME}/{name}/settings/default"
    assert ada.ask("DELETE", path).status_code == 404
    wanted = {"properties": {"requireAuthorizationForGroupCreation": True}}
    assert ada.put(path, wanted).json()["properties"]["requireAuthorizationForGroupCreation"] is True
    assert len(ada.get(f"{HOME}/{name}/settings").json()["value"]) == 1
    assert ada.ask("DELETE", path).status_code == 200


def test_one_with_others_below_it_stays(ada: Arm, name: str) -> None:
    child = f"{name}-child"
    ada.put(f"{HOME}/{child}", {"properties": {"details": {"parent": {"id": f"{HOME}/{name}"}}}})
    refused = ada.ask("DELETE", f"{HOME}/{name}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "BadRequest")
    assert ada.ask("DELETE", f"{HOME}/{child}").status_code == 202
    gone = ada.ask("DELETE", f"{HOME}/{name}")
    assert followed(ada, gone.headers["Location"]).json()["status"] == "Succeeded"
    assert ada.get(f"{HOME}/{name}").status_code == 403


def test_others_may_neither_see_nor_change_it(name: str, sign_in: Any) -> None:
    bob = Arm(sign_in("bob@contoso.example", ARM), VERSION)
    for answer in (
        bob.get(f"{HOME}/{name}"),
        bob.ask("PATCH", f"{HOME}/{name}", {}),
        bob.ask("DELETE", f"{HOME}/{name}"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "AuthorizationFailed")
