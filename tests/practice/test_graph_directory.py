from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from wizard.practice.launcher import Running

ADA = "f5ec52ed-0108-4475-92e1-bc7656670b14"
NOWHERE = "0f0f0f0f-0000-4000-8000-000000000001"
FABRIKAM = "1509bb0a-9bf1-4331-8a11-8783593942a4"


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.fixture
def application(person: Any) -> dict[str, Any]:
    made: dict[str, Any] = person.post("/v1.0/applications", {"displayName": "backing"}).json()
    return made


def test_a_service_principal_stands_for_its_application(
    person: Any, application: dict[str, Any], practice: Running
) -> None:
    answer = person.post("/v1.0/servicePrincipals", {"appId": application["appId"], "accountEnabled": True})
    assert answer.status_code == 201
    made = answer.json()
    assert (made["displayName"], made["appDisplayName"]) == ("backing", "backing")
    assert made["appOwnerOrganizationId"] == practice.tenant
    assert made["servicePrincipalNames"] == [application["appId"]]
    for path in (f"/{made['id']}", f"(appId='{application['appId']}')"):
        assert person.get(f"/v1.0/servicePrincipals{path}").json()["id"] == made["id"]
    for text in (
        f"servicePrincipalNames/any(c:c eq '{application['appId']}')",
        f"appId eq '{application['appId']}'",
    ):
        listed = person.get("/v1.0/servicePrincipals", filter=text).json()["value"]
        assert [item["id"] for item in listed] == [made["id"]]
    (found,) = person.get(f"/v1.0/servicePrincipals/{made['id']}/owners").json()["value"]
    assert found["id"] == ADA


def test_there_is_one_service_principal_per_application(person: Any, application: dict[str, Any]) -> None:
    person.post("/v1.0/servicePrincipals", {"appId": application["appId"]})
    again = person.post("/v1.0/servicePrincipals", {"appId": application["appId"]})
    assert refusal(again) == (409, "Request_MultipleObjectsWithSameKeyValue")
    assert "already in use" in again.json()["error"]["message"]


def test_a_service_principal_needs_an_application_of_the_callers(person: Any, sign_in: Any) -> None:
    nothing = person.post("/v1.0/servicePrincipals", {"appId": NOWHERE})
    assert refusal(nothing) == (400, "NoBackingApplicationObject")
    assert "does not reference a valid application object" in nothing.json()["error"]["message"]
    assert refusal(person.post("/v1.0/servicePrincipals", {})) == (400, "Request_BadRequest")
    bobs = sign_in("bob@contoso.example").post("/v1.0/applications", {"displayName": "bob's"}).json()
    answer = person.post("/v1.0/servicePrincipals", {"appId": bobs["appId"]})
    assert refusal(answer) == (403, "Authorization_RequestDenied")


def test_an_application_of_another_tenant_needs_an_administrator(
    person: Any, sign_in: Any, practice: Running
) -> None:
    frida = sign_in("frida@fabrikam.example")
    single = frida.post("/v1.0/applications", {"displayName": "single"}).json()
    assert (
        refusal(person.post("/v1.0/servicePrincipals", {"appId": single["appId"]}))[1]
        == "NoBackingApplicationObject"
    )
    shared = frida.post(
        "/v1.0/applications", {"displayName": "shared", "signInAudience": "AzureADMultipleOrgs"}
    ).json()
    answer = person.post("/v1.0/servicePrincipals", {"appId": shared["appId"]})
    assert refusal(answer) == (403, "Authorization_RequestDenied")
    assert "must in the local tenant" in answer.json()["error"]["message"]
    made = sign_in("cleo@contoso.example").post("/v1.0/servicePrincipals", {"appId": shared["appId"]}).json()
    assert made["appOwnerOrganizationId"] == FABRIKAM


def test_a_service_principal_is_changed_and_deleted_by_its_owners(
    person: Any, sign_in: Any, application: dict[str, Any]
) -> None:
    made = person.post("/v1.0/servicePrincipals", {"appId": application["appId"]}).json()
    path = f"/v1.0/servicePrincipals/{made['id']}"
    bob = sign_in("bob@contoso.example")
    assert refusal(bob.delete(path)) == refusal(bob.patch(path, {})) == (403, "Authorization_RequestDenied")
    assert person.patch(path, {"tags": ["HideApp"]}).status_code == 204
    assert person.get(path, select="tags").json()["tags"] == ["HideApp"]
    assert refusal(person.patch(path, {"appId": NOWHERE}))[0] == 400
    assert person.delete(path).status_code == 204
    assert refusal(person.get(path)) == (404, "Request_ResourceNotFound")
    assert person.get(f"/v1.0/applications/{application['id']}").status_code == 200
    assert person.post("/v1.0/servicePrincipals", {"appId": application["appId"]}).status_code == 201


def test_me_is_for_people_only(person: Any, owner: Any, practice: Running) -> None:
    found = person.get("/v1.0/me").json()
    assert (found["userPrincipalName"], found["displayName"]) == (practice.person, "Ada Practice")
    assert "userType" not in found
    chosen = person.get("/v1.0/me", select="id,userType").json()
    assert {"id": chosen["id"], "userType": chosen["userType"]} == {"id": ADA, "userType": "Member"}
    for path in ("/v1.0/me", "/v1.0/me/memberOf"):
        answer = owner.get(path)
        assert refusal(answer) == (400, "BadRequest")
        assert (
            answer.json()["error"]["message"]
            == "/me request is only valid with delegated authentication flow."
        )


def test_directory_roles_are_listed_with_and_without_the_cast(person: Any, sign_in: Any) -> None:
    cleo = sign_in("cleo@contoso.example")
    path = "/v1.0/me/transitiveMemberOf/microsoft.graph.directoryRole"
    assert person.get(path).json()["value"] == []
    (role,) = cleo.get(path, select="displayName,roleTemplateId").json()["value"]
    assert role == {
        "displayName": "Application Administrator",
        "roleTemplateId": "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    }
    (plain,) = cleo.get("/v1.0/me/memberOf").json()["value"]
    assert plain["@odata.type"] == "#microsoft.graph.directoryRole"


def test_users_are_found_by_name_and_id(person: Any, sign_in: Any) -> None:
    (bob,) = person.get("/v1.0/users", filter="userPrincipalName eq 'bob@contoso.example'").json()["value"]
    for key in (bob["id"], "BOB@contoso.example"):
        assert person.get(f"/v1.0/users/{key}").json()["id"] == bob["id"]
    assert person.get("/v1.0/users('bob@contoso.example')").json()["id"] == bob["id"]
    assert refusal(person.get("/v1.0/users/nobody@contoso.example")) == (404, "Request_ResourceNotFound")
    guest = sign_in(tenant=FABRIKAM)
    me = guest.get("/v1.0/me").json()
    assert guest.get(f"/v1.0/users/{me['id']}").status_code == 200


def test_objects_are_read_by_id_with_their_type(person: Any, practice: Running) -> None:
    principal = person.get(f"/v1.0/servicePrincipals(appId='{practice.client_id}')", select="id").json()["id"]
    body = {"ids": [principal, ADA, NOWHERE], "types": ["user", "group", "servicePrincipal"]}
    found = person.post("/v1.0/directoryObjects/getByIds", body).json()["value"]
    assert [item["@odata.type"] for item in found] == [
        "#microsoft.graph.servicePrincipal",
        "#microsoft.graph.user",
    ]
    only = person.post("/v1.0/directoryObjects/getByIds", body | {"types": ["user"]}).json()["value"]
    assert [item["id"] for item in only] == [ADA]
    wrong: tuple[object, ...] = (
        {},
        {"ids": []},
        {"ids": ["x"]},
        {"ids": [ADA] * 1001},
        {"ids": [ADA], "types": 5},
    )
    for bad in wrong:
        assert refusal(person.post("/v1.0/directoryObjects/getByIds", bad))[0] == 400


def test_the_policy_says_whether_users_may_register_applications(person: Any) -> None:
    policy = person.get("/v1.0/policies/authorizationPolicy").json()
    assert policy["id"] == "authorizationPolicy"
    assert policy["defaultUserRolePermissions"]["allowedToCreateApps"] is True


def test_the_organization_is_the_callers_tenant(person: Any, sign_in: Any, practice: Running) -> None:
    (home,) = person.get("/v1.0/organization").json()["value"]
    assert (home["id"], home["displayName"]) == (practice.tenant, "Contoso")
    assert [domain["name"] for domain in home["verifiedDomains"] if domain["isInitial"]] == [
        "contoso.onmicrosoft.com"
    ]
    (away,) = sign_in(tenant=FABRIKAM).get("/v1.0/organization").json()["value"]
    assert away["displayName"] == "Fabrikam"


def test_a_token_of_the_azure_cli_cannot_look_other_tenants_up(person: Any) -> None:
    path = "/v1.0/tenantRelationships/findTenantInformationByDomainName(domainName='fabrikam.example')"
    assert refusal(person.get(path)) == (403, "Authorization_RequestDenied")


def test_beta_and_unknown_segments_are_named(person: Any) -> None:
    for path, segment in (
        ("/beta/me", "beta"),
        ("/v1.0/colours", "colours"),
        ("/v1.0/me/colours", "colours"),
        (f"/v1.0/applications/{NOWHERE}/colours", "colours"),
    ):
        message = person.get(path).json()["error"]["message"]
        assert message == f"Resource not found for the segment '{segment}'."


def test_deleted_things_of_other_kinds_are_not_offered(person: Any) -> None:
    assert person.get("/v1.0/directory/deletedItems/microsoft.graph.group").status_code == 400
    assert person.get("/v1.0/directory/deletedItems/microsoft.graph.servicePrincipal").status_code == 200
    assert refusal(person.get(f"/v1.0/directory/deletedItems/{NOWHERE}"))[0] == 404
