"""Groups, users, and what applications were granted, in practice Azure's Graph."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

ADA = "f5ec52ed-0108-4475-92e1-bc7656670b14"
BOB = "59ba1b0d-5c90-4158-a909-406c2e416788"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
RESEARCH = "/subscriptions/142c8364-7806-4577-93e7-83e7eb04b39b"
GLOBAL = {"displayName": "g", "mailEnabled": False, "mailNickname": "g", "securityEnabled": True}


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def reference(key: str) -> dict[str, str]:
    return {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{key}"}


@pytest.fixture
def group(person: Any) -> str:
    made = person.post("/v1.0/groups", GLOBAL)
    assert made.status_code == 201
    return str(made.json()["id"])


def test_a_member_makes_a_group_and_owns_it(person: Any, group: str) -> None:
    found = person.get(f"/v1.0/groups/{group}").json()
    assert (found["displayName"], found["securityEnabled"], found["groupTypes"]) == ("g", True, [])
    assert found["securityIdentifier"].startswith("S-1-12-1-")
    assert [one["id"] for one in person.get(f"/v1.0/groups/{group}/owners").json()["value"]] == [ADA]
    listed = person.get("/v1.0/groups", filter="displayName eq 'g'").json()["value"]
    assert group in [one["id"] for one in listed]
    assert person.patch(f"/v1.0/groups/{group}", {"description": "ours"}).status_code == 204
    assert person.get(f"/v1.0/groups/{group}").json()["description"] == "ours"
    assert person.delete(f"/v1.0/groups/{group}").status_code == 204
    assert refusal(person.get(f"/v1.0/groups/{group}")) == (404, "Request_ResourceNotFound")


def test_members_come_and_go(person: Any, group: str) -> None:
    path = f"/v1.0/groups/{group}/members"
    assert person.post(f"{path}/$ref", reference(BOB)).status_code == 204
    assert refusal(person.post(f"{path}/$ref", reference(BOB))) == (400, "Request_BadRequest")
    (found,) = person.get(path).json()["value"]
    assert (found["@odata.type"], found["id"]) == ("#microsoft.graph.user", BOB)
    asked = person.post(f"/v1.0/directoryObjects/{BOB}/checkMemberGroups", {"groupIds": [group, ADA]})
    assert asked.json()["value"] == [group]
    assert (
        group
        in person.post(f"/v1.0/users/{BOB}/getMemberGroups", {"securityEnabledOnly": False}).json()["value"]
    )
    assert person.delete(f"{path}/{BOB}/$ref").status_code == 204
    assert person.get(path).json()["value"] == []
    assert refusal(person.delete(f"{path}/{BOB}/$ref")) == (404, "Request_ResourceNotFound")


def test_who_does_not_own_a_group_may_not_change_it(group: str, sign_in: Any) -> None:
    bob = sign_in("bob@contoso.example")
    assert refusal(bob.patch(f"/v1.0/groups/{group}", {"description": "mine"})) == (
        403,
        "Authorization_RequestDenied",
    )
    assert refusal(bob.post(f"/v1.0/groups/{group}/members/$ref", reference(BOB)))[0] == 403


def test_a_group_needs_what_graph_asks_for(person: Any) -> None:
    lacking = {name: value for name, value in GLOBAL.items() if name != "mailNickname"}
    answer = person.post("/v1.0/groups", lacking)
    assert refusal(answer) == (400, "Request_BadRequest")
    assert "'mailNickname'" in answer.json()["error"]["message"]
    assert refusal(person.post("/v1.0/groups", GLOBAL | {"colour": "blue"})) == (400, "Request_BadRequest")


def test_a_right_of_a_group_is_a_right_of_its_members(person: Any, group: str, sign_in: Any) -> None:
    arm = "https://management.core.windows.net//.default"
    ada, bob = (sign_in(upn, arm) for upn in ("you@contoso.example", "bob@contoso.example"))
    scope = f"{RESEARCH}/resourceGroups/of-{uuid.uuid4().hex[:8]}"
    version = "?api-version=2022-04-01"
    assert ada.call("PUT", scope + version, json={"location": "westeurope"}).status_code == 201
    lock = f"{scope}/providers/Microsoft.Authorization/permissions{version}"
    before = bob.call("GET", lock).json()
    key = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}{version}"
    role = (
        f"{RESEARCH}/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"
    )
    given = {"properties": {"roleDefinitionId": role, "principalId": group}}
    made = ada.call("PUT", key, json=given)
    assert (made.status_code, made.json()["properties"]["principalType"]) == (201, "Group")
    assert bob.call("GET", lock).json() == before
    person.post(f"/v1.0/groups/{group}/members/$ref", reference(BOB))
    actions = [action for one in bob.call("GET", lock).json()["value"] for action in one["actions"]]
    assert "*" in actions


def test_administrators_make_and_change_users(person: Any, sign_in: Any) -> None:
    body = {
        "accountEnabled": True,
        "displayName": "Eve",
        "mailNickname": "eve",
        "passwordProfile": {"password": "not kept"},
        "userPrincipalName": "eve@contoso.example",
    }
    assert refusal(person.post("/v1.0/users", body)) == (403, "Authorization_RequestDenied")
    assert refusal(sign_in("bob@contoso.example").post("/v1.0/users", body))[0] == 403


def test_a_service_principal_has_secrets_of_its_own(person: Any) -> None:
    application = person.post("/v1.0/applications", {"displayName": "keyed"}).json()
    principal = person.post("/v1.0/servicePrincipals", {"appId": application["appId"]}).json()
    path = f"/v1.0/servicePrincipals/{principal['id']}"
    made = person.post(f"{path}/addPassword", {"passwordCredential": {"displayName": "one"}}).json()
    (kept,) = person.get(path).json()["passwordCredentials"]
    assert (kept["keyId"], kept["secretText"]) == (made["keyId"], None)
    assert person.post(f"{path}/removePassword", {"keyId": made["keyId"]}).status_code == 204
    assert person.get(path).json()["passwordCredentials"] == []
    assert person.get(f"{path}/appRoleAssignments").json()["value"] == []
    assert person.get(f"{path}/transitiveMemberOf/microsoft.graph.directoryRole").json()["value"] == []


def test_an_application_is_made_with_a_certificate(person: Any) -> None:
    key = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": "TUlJRA==", "displayName": "mine"}
    made = person.post("/v1.0/applications", {"displayName": "certified", "keyCredentials": [key]})
    assert made.status_code == 201
    (kept,) = person.get(f"/v1.0/applications/{made.json()['id']}").json()["keyCredentials"]
    assert (kept["key"], kept["usage"], len(kept["customKeyIdentifier"])) == (None, "Verify", 40)


def test_only_administrators_consent_for_all(person: Any) -> None:
    body = {"clientId": ADA, "consentType": "AllPrincipals", "resourceId": BOB, "scope": "User.Read"}
    assert refusal(person.post("/v1.0/oauth2PermissionGrants", body)) == (403, "Authorization_RequestDenied")
    assert person.get("/v1.0/oauth2PermissionGrants").json()["value"] == []
