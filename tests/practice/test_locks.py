from __future__ import annotations

from typing import Any

import pytest

from tests.practice.arm_support import (
    ARM,
    DEPLOYMENTS,
    LEGACY,
    READER,
    RESEARCH,
    WORKSPACE,
    Arm,
    content,
    recordings,
    refusal,
    template,
)

LOCKS = "/providers/Microsoft.Authorization/locks"
SPECS = "/providers/Microsoft.Resources/templateSpecs"
VERSION = "2020-05-01"
HOME = f"{RESEARCH}/resourceGroups/rg-locks"
BODY = {"location": "westeurope", "properties": {}}


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    arm = Arm(sign_in(scope=ARM), "2022-02-01")
    assert arm.put(HOME, {"location": "westeurope"}, "2024-11-01").status_code == 201
    return arm


def lock(arm: Arm, scope: str, level: str, **more: str) -> Any:
    return arm.put(f"{scope}{LOCKS}/no", {"properties": {"level": level, **more}}, VERSION)


def unlock(arm: Arm, scope: str) -> None:
    assert arm.ask("DELETE", f"{scope}{LOCKS}/no", version=VERSION).status_code == 200


def test_a_lock_is_made_changed_read_and_removed(ada: Arm) -> None:
    made = lock(ada, HOME, "CanNotDelete")
    assert (made.status_code, made.json()["properties"]) == (201, {"level": "CanNotDelete"})
    assert lock(ada, HOME, "ReadOnly", notes="why").status_code == 200
    found = ada.get(f"{HOME}{LOCKS}/no", VERSION).json()
    assert found == {
        "properties": {"level": "ReadOnly", "notes": "why"},
        "id": f"{HOME}{LOCKS}/no",
        "type": "Microsoft.Authorization/locks",
        "name": "no",
    }
    unlock(ada, HOME)
    assert ada.ask("DELETE", f"{HOME}{LOCKS}/no", version=VERSION).status_code == 204
    assert refusal(ada.get(f"{HOME}{LOCKS}/no", VERSION)) == (404, "LockNotFound")


def test_what_may_not_be_deleted_can_be_changed_but_not_deleted_nor_its_group(ada: Arm) -> None:
    path = f"{HOME}{SPECS}/kept"
    assert ada.put(path, BODY).status_code == 201
    lock(ada, path, "CanNotDelete")
    assert ada.put(path, BODY).status_code == 200
    for scope, version in ((path, ""), (HOME, "2024-11-01")):
        answer = ada.ask("DELETE", scope, version=version)
        assert refusal(answer) == (409, "ScopeLocked")
        assert answer.json()["error"]["message"] == (
            f"The scope '{scope}' cannot perform delete operation because following scope(s) are locked: '{path}'. Please"
            " remove the lock and try again."
        )
    unlock(ada, path)
    assert ada.ask("DELETE", path).status_code == 200


def test_a_read_only_group_takes_nothing_new_and_lets_nothing_change(ada: Arm) -> None:
    path = f"{HOME}{SPECS}/there"
    assert ada.put(path, BODY).status_code == 201
    lock(ada, HOME, "ReadOnly")
    role = "00000000-0000-4000-8000-0000000000cc"
    refused = [
        ada.put(path, BODY),
        ada.put(f"{HOME}{SPECS}/new", BODY),
        ada.ask("PATCH", path, {"tags": {"a": "b"}}),
        ada.ask("DELETE", path),
        ada.assign(HOME, role, READER, LEGACY),
        ada.put(f"{HOME}{DEPLOYMENTS}/d", content(template())),
    ]
    assert {refusal(answer) for answer in refused} == {(409, "ScopeLocked")}
    assert ada.get(path).status_code == 200
    # The lock itself can always go.
    unlock(ada, HOME)
    assert ada.ask("DELETE", path).status_code == 200


def test_a_deployment_is_told_beforehand_what_is_locked(ada: Arm) -> None:
    lock(ada, HOME, "ReadOnly")
    sent = template(
        {"type": "Microsoft.Resources/templateSpecs", "apiVersion": "2022-02-01", "name": "x", **BODY}
    )
    answer = ada.ask("POST", f"{HOME}{DEPLOYMENTS}/d/validate", content(sent), "2022-09-01")
    assert refusal(answer) == (400, "InvalidTemplateDeployment")
    assert [one["code"] for one in answer.json()["error"]["details"]] == ["ScopeLocked"]
    unlock(ada, HOME)


def test_locks_of_the_subscription_hold_below_and_are_listed_there(ada: Arm) -> None:
    lock(ada, RESEARCH, "CanNotDelete")
    assert refusal(ada.ask("DELETE", WORKSPACE, version="2024-10-01")) == (409, "ScopeLocked")
    listed = ada.get(f"{HOME}{LOCKS}", VERSION).json()["value"]
    assert [one["id"] for one in listed] == [f"{RESEARCH}{LOCKS}/no"]
    lock(ada, HOME, "ReadOnly")
    assert len(ada.get(f"{RESEARCH}{LOCKS}", VERSION).json()["value"]) == 2
    assert len(ada.get(f"{RESEARCH}{LOCKS}", VERSION, filter="atScope()").json()["value"]) == 1
    unlock(ada, HOME)
    unlock(ada, RESEARCH)


def test_only_who_may_write_locks_does(sign_in: Any, ada: Arm) -> None:
    bob = Arm(sign_in("bob@contoso.example", scope=ARM))
    answer = lock(bob, HOME, "ReadOnly")
    assert refusal(answer) == (403, "AuthorizationFailed")
    assert "'Microsoft.Authorization/locks/write'" in answer.json()["error"]["message"]
    assert refusal(lock(ada, HOME, "Never")) == (400, "InvalidRequestContent")


def test_locks_look_as_recorded(ada: Arm) -> None:
    lock(ada, HOME, "ReadOnly", notes="n")
    mine = ada.get(f"{HOME}{LOCKS}/no", VERSION).json()
    unlock(ada, HOME)
    compared = 0
    for row in recordings(lambda line: '"label":"Authorization/locks' in line and '"method":"GET"' in line):
        answer = row["resp_body"]
        if row["status"] == 200 and "properties" in answer:
            assert set(answer) == set(mine)
            compared += 1
    assert compared
