from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from azure.core import AsyncPipelineClient
from azure.core.pipeline.policies import AsyncBearerTokenCredentialPolicy
from azure.core.rest import HttpRequest
from azure.identity.aio import ClientSecretCredential

if TYPE_CHECKING:
    from collections.abc import Callable

    from wizard.practice.launcher import Running
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wizard.practice.graph.query import parse
from wizard.practice.graph.schema import APPLICATION
from wizard.practice.kernel import Failure, Request

ADA = "f5ec52ed-0108-4475-92e1-bc7656670b14"
BOB = "bob@contoso.example"
CLEO = "cleo@contoso.example"
_WORDS = (
    *APPLICATION.properties, "redirectUris", "passwordCredential", "endDateTime", "keyId", "ids", "types", "name",
    "issuer", "subject", "audiences", "colour", "@odata.type",
)  # fmt: skip
_WRITES = (
    ("POST", "/v1.0/applications"),
    ("PATCH", "/v1.0/applications(uniqueName='broken')"),
    ("POST", "/v1.0/applications(uniqueName='broken')/addPassword"),
    ("POST", "/v1.0/applications(uniqueName='broken')/removePassword"),
    ("POST", "/v1.0/applications(uniqueName='broken')/federatedIdentityCredentials"),
    ("POST", "/v1.0/servicePrincipals"),
    ("POST", "/v1.0/directoryObjects/getByIds"),
)
NOWHERE = "0f0f0f0f-0000-4000-8000-000000000001"


def refusal(answer: Any) -> tuple[int, str]:
    error = answer.json()["error"]
    assert error["message"]
    assert set(error["innerError"]) == {"date", "request-id", "client-request-id"}
    return answer.status_code, error["code"]


def make(api: Any, name: str = "mine", **more: Any) -> dict[str, Any]:
    answer = api.post("/v1.0/applications", {"displayName": name} | more)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["displayName"] for item in answer.json()["value"]]


async def test_an_application_is_made_by_the_async_pipeline_of_azure_core(practice: Running) -> None:
    credential = ClientSecretCredential(
        practice.tenant,
        practice.client_id,
        practice.client_secret,
        authority=practice.url,
        disable_instance_discovery=True,
        connection_verify=str(practice.ca),
    )
    bearer = AsyncBearerTokenCredentialPolicy(credential, f"{practice.url}/.default")
    client: AsyncPipelineClient[Any, Any] = AsyncPipelineClient(
        practice.url, policies=[bearer], connection_verify=str(practice.ca)
    )
    async with credential, client:
        request = HttpRequest(
            "PATCH",
            f"{practice.url}/v1.0/applications(uniqueName='azimuth-core')",
            json={"displayName": "through azure-core"},
            headers={"Prefer": "create-if-missing"},
        )
        answer = await client.send_request(request, connection_verify=str(practice.ca))
        assert answer.status_code == 201
        assert answer.json()["uniqueName"] == "azimuth-core"


def test_a_new_application_has_every_property_graph_shows(person: Any, practice: Running) -> None:
    made = make(person, tags=["a"], web={"redirectUris": ["https://x.example/"]})
    assert made["@odata.context"] == f"{practice.url}/v1.0/$metadata#applications/$entity"
    assert (made["signInAudience"], made["publisherDomain"], made["tags"]) == (
        "AzureADMyOrg",
        "contoso.example",
        ["a"],
    )
    assert made["web"]["redirectUris"] == ["https://x.example/"]
    assert made["web"]["implicitGrantSettings"] == {
        "enableAccessTokenIssuance": False,
        "enableIdTokenIssuance": False,
    }
    assert made["id"] != made["appId"]
    assert not [name for name in made if name.startswith("_")]
    assert "tenant" not in made
    read = person.get(f"/v1.0/applications/{made['id']}").json()
    assert read == made


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "A value is required for property 'displayName' of resource 'Application'."),
        ({"displayName": ""}, "A value is required for property 'displayName' of resource 'Application'."),
        (
            {"displayName": "x" * 257},
            "Invalid value specified for property 'displayName' of resource 'Application'.",
        ),
        ({"displayName": 1}, "Invalid value specified for property 'displayName' of resource 'Application'."),
        ({"displayName": "x", "colour": "red"}, "Invalid property 'colour'."),
        ({"displayName": "x", "appId": NOWHERE}, "Property 'appId' is read-only and cannot be set."),
        ({"displayName": "x", "uniqueName": "x"}, "Property 'uniqueName' is read-only and cannot be set."),
        (
            {"displayName": "x", "tags": "a"},
            "Invalid value specified for property 'tags' of resource 'Application'.",
        ),
        (
            {"displayName": "x", "signInAudience": "Everybody"},
            "Invalid value specified for property 'signInAudience' of resource 'Application'.",
        ),
        (
            {"displayName": "x", "web": {"colour": 1}},
            "Invalid value specified for property 'web' of resource",
        ),
        (
            {"displayName": "x", "passwordCredentials": [{}]},
            "Property 'passwordCredentials' cannot be set here.",
        ),
    ],
)
def test_a_body_that_is_not_an_application_is_refused(person: Any, body: dict[str, Any], said: str) -> None:
    answer = person.post("/v1.0/applications", body)
    assert refusal(answer) == (400, "Request_BadRequest")
    assert answer.json()["error"]["message"].startswith(said)


@pytest.mark.parametrize("body", [b"", b"{", b"[]"])
def test_a_body_that_is_not_json_is_refused(person: Any, body: bytes) -> None:
    assert refusal(person.call("POST", "/v1.0/applications", data=body)) == (400, "BadRequest")


def test_an_application_is_found_by_each_of_its_keys(person: Any) -> None:
    made = make(person)
    assert person.get(f"/v1.0/applications(appId='{made['appId'].upper()}')").json()["id"] == made["id"]
    assert person.get(f"/v1.0/Applications/{made['id'].upper()}", select="id").json()["id"] == made["id"]


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        (f"applications/{NOWHERE}", (404, "Request_ResourceNotFound")),
        (f"applications(appId='{NOWHERE}')", (404, "Request_ResourceNotFound")),
        ("applications(uniqueName='none')", (404, "Request_ResourceNotFound")),
        ("applications/abc", (400, "Request_BadRequest")),
        ("applications/abc/colours", (400, "BadRequest")),
    ],
)
def test_what_is_not_there_is_refused(person: Any, path: str, refused: tuple[int, str]) -> None:
    assert refusal(person.get(f"/v1.0/{path}")) == refused


def test_the_client_id_is_not_the_object_id(person: Any) -> None:
    made = make(person)
    answer = person.get(f"/v1.0/applications/{made['appId']}")
    assert refusal(answer) == (404, "Request_ResourceNotFound")
    assert answer.json()["error"]["message"].startswith(f"Resource '{made['appId']}' does not exist")


def test_an_application_of_another_tenant_is_not_there(person: Any, sign_in: Any) -> None:
    made = make(person)
    frida = sign_in("frida@fabrikam.example")
    assert refusal(frida.get(f"/v1.0/applications/{made['id']}"))[0] == 404
    assert names(frida.get("/v1.0/applications")) == []


def test_upsert_makes_once_and_changes_afterwards(person: Any) -> None:
    path = "/v1.0/applications(uniqueName='it''s azimuth/vision')"
    assert refusal(person.patch(path, {"displayName": "a"}))[0] == 404
    made = person.patch(path, {"displayName": "a"}, Prefer="create-if-missing")
    assert (made.status_code, made.json()["uniqueName"]) == (201, "it's azimuth/vision")
    again = person.patch(path, {"displayName": "b"}, Prefer="respond-async, create-if-missing")
    assert (again.status_code, again.content) == (204, b"")
    found = person.get(path).json()
    assert (found["id"], found["displayName"]) == (made.json()["id"], "b")
    assert person.patch(path, {"displayName": "c"}).status_code == 204
    different = person.patch(path, {"displayName": "c", "uniqueName": "other"}, Prefer="create-if-missing")
    assert refusal(different) == (400, "Request_BadRequest")
    nameless = person.patch("/v1.0/applications(uniqueName='none')", {}, Prefer="create-if-missing")
    assert refusal(nameless) == (400, "Request_BadRequest")


def test_a_change_merges_objects_and_replaces_lists(person: Any) -> None:
    made = make(person, tags=["a", "b"], web={"redirectUris": ["https://x.example/"]})
    changed = person.patch(
        f"/v1.0/applications/{made['id']}", {"tags": ["c"], "web": {"homePageUrl": "https://h/"}}
    )
    assert changed.status_code == 204
    found = person.get(f"/v1.0/applications/{made['id']}").json()
    assert (found["tags"], found["web"]["redirectUris"]) == (["c"], ["https://x.example/"])
    assert refusal(person.patch(f"/v1.0/applications/{made['id']}", {"displayName": None}))[0] == 400


def test_identifier_uris_are_unique(person: Any) -> None:
    make(person, identifierUris=["api://one"])
    answer = person.post("/v1.0/applications", {"displayName": "x", "identifierUris": ["api://one"]})
    assert refusal(answer) == (400, "Request_BadRequest")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("displayName eq 'himl-taken'", 2),
        ("displayname eq 'himl-taken'", None),
        ("displayName eq 'HIML-TAKEN'", 2),
        ("startswith(displayName,'himl-')", 2),
        ("startsWith( displayName , 'legacy' )", 1),
        ("displayName in ('himl-taken', 'legacy-training')", 3),
        ("displayName eq 'legacy-training' or displayName eq 'himl-taken'", 3),
        ("displayName eq 'legacy-training' and startswith(displayName,'x')", 0),
        ("(displayName eq 'himl-taken' or displayName eq 'x') and signInAudience eq 'AzureADMyOrg'", 2),
        ("displayName eq 'it''s'", 0),
        ("identifierUris/any(c:c eq 'api://nothing')", 0),
        ("displayName ne 'himl-taken'", None),
        ("not startswith(displayName,'x')", None),
        ("displayName eq himl", None),
        ("displayName eq 'a' and", None),
        ("displayName eq 'a') or (displayName eq 'b'", None),
        ("colour eq 'red'", None),
        ("web eq 'x'", None),
        ("displayName", None),
        ("tags/any(c:d eq 'x')", None),
    ],
)
def test_filters(person: Any, text: str, found: int | None) -> None:
    answer = person.get("/v1.0/applications", filter=text)
    if found is None:
        assert answer.status_code == 400
        assert refusal(answer)[1] in {"BadRequest", "Request_UnsupportedQuery"}
    else:
        assert len(answer.json()["value"]) == found


def test_advanced_queries_must_be_asked_for(person: Any) -> None:
    path = "/v1.0/applications?$filter=displayName ne 'himl-taken'&$count=true&$orderby=displayName desc"
    assert refusal(person.get(path)) == (400, "Request_UnsupportedQuery")
    answer = person.call("GET", path, headers={"ConsistencyLevel": "eventual"}).json()
    assert answer["@odata.count"] == len(answer["value"])
    shown = [item["displayName"].lower() for item in answer["value"]]
    assert shown == sorted(shown, reverse=True)
    assert "himl-taken" not in shown


def test_select_answers_those_properties_only_and_knows_them(person: Any, practice: Running) -> None:
    answer = person.get("/v1.0/applications", select="id,displayName", top="1").json()
    assert answer["@odata.context"] == f"{practice.url}/v1.0/$metadata#applications(id,displayName)"
    assert list(answer["value"][0]) == ["id", "displayName"]
    assert refusal(person.get("/v1.0/applications", select="id,colour")) == (400, "BadRequest")


@pytest.mark.parametrize(
    "query",
    [
        "$top=0",
        "$top=1000",
        "$top=x",
        "$skiptoken=x",
        "$expand=owners",
        "$orderby=web",
        "$orderby=displayName up",
    ],
)
def test_a_query_that_graph_does_not_take_is_400(person: Any, query: str) -> None:
    assert person.get(f"/v1.0/applications?{query}").status_code == 400


def test_pages_hold_every_application_once_while_others_come_and_go(other_world: Callable[..., Any]) -> None:
    _, sign_in = other_world()
    api = sign_in()
    wanted = [f"page-{n:02}" for n in range(7)]
    made = [make(api, name) for name in wanted]
    answer = api.get(
        "/v1.0/applications", filter="startswith(displayName,'page-')", top="3", select="displayName,id"
    )
    seen = names(answer)
    api.delete(f"/v1.0/applications/{made[0]['id']}")
    while following := answer.json().get("@odata.nextLink"):
        answer = api.get(following.removeprefix(api.running.url))
        assert len(answer.json()["value"]) <= 3
        seen += names(answer)
    assert seen == wanted


def test_orderby_sorts_by_name(person: Any) -> None:
    shown = names(person.get("/v1.0/applications", orderby="displayName"))
    assert shown == sorted(shown, key=str.lower)


def test_the_one_who_registers_is_the_owner(person: Any, owner: Any) -> None:
    made = make(person)
    (found,) = person.get(f"/v1.0/applications/{made['id']}/owners").json()["value"]
    assert (found["@odata.type"], found["id"]) == ("#microsoft.graph.user", ADA)
    by_app = make(owner)
    (found,) = person.get(f"/v1.0/applications/{by_app['id']}/owners").json()["value"]
    assert found["@odata.type"] == "#microsoft.graph.servicePrincipal"


def test_only_owners_and_administrators_change_an_application(person: Any, owner: Any, sign_in: Any) -> None:
    path = f"/v1.0/applications/{make(person)['id']}"
    bob = sign_in(BOB)
    for answer in (
        bob.patch(path, {"displayName": "bob's"}),
        bob.delete(path),
        bob.post(f"{path}/addPassword", {}),
        bob.post(f"{path}/removePassword", {"keyId": NOWHERE}),
        bob.post(f"{path}/federatedIdentityCredentials", {}),
    ):
        assert refusal(answer) == (403, "Authorization_RequestDenied")
        assert answer.json()["error"]["message"] == "Insufficient privileges to complete the operation."
    assert bob.get(path).status_code == 200
    assert sign_in(CLEO).patch(path, {"displayName": "cleo's"}).status_code == 204
    assert owner.patch(path, {"displayName": "the owner's"}).status_code == 204


def test_where_users_may_not_register_only_roles_may(other_world: Callable[..., Any]) -> None:
    _, sign_in = other_world(world="no-app-registration")
    ada, cleo = sign_in(), sign_in(CLEO)
    body = {"displayName": "x"}
    assert refusal(ada.post("/v1.0/applications", body)) == (403, "Authorization_RequestDenied")
    upsert = ada.patch("/v1.0/applications(uniqueName='x')", body, Prefer="create-if-missing")
    assert refusal(upsert) == (403, "Authorization_RequestDenied")
    assert cleo.post("/v1.0/applications", body).status_code == 201
    policy = ada.get("/v1.0/policies/authorizationPolicy").json()
    assert policy["defaultUserRolePermissions"]["allowedToCreateApps"] is False


def test_a_guest_sees_and_makes_nothing(sign_in: Any) -> None:
    guest = sign_in(tenant="1509bb0a-9bf1-4331-8a11-8783593942a4")
    assert guest.get("/v1.0/me", select="userType").json()["userType"] == "Guest"
    for answer in (
        guest.get("/v1.0/applications"),
        guest.post("/v1.0/applications", {"displayName": "x"}),
        guest.get("/v1.0/policies/authorizationPolicy"),
        guest.get("/v1.0/users"),
    ):
        assert refusal(answer) == (403, "Authorization_RequestDenied")


def test_an_application_without_permission_may_read_nothing(
    person: Any, anonymous: Any, practice: Running
) -> None:
    made = make(person)
    person.post("/v1.0/servicePrincipals", {"appId": made["appId"]})
    secret = person.post(f"/v1.0/applications/{made['id']}/addPassword", {}).json()["secretText"]
    token = anonymous.form(
        f"/{practice.tenant}/oauth2/v2.0/token",
        grant_type="client_credentials",
        client_id=made["appId"],
        client_secret=secret,
        scope="https://graph.microsoft.com/.default",
    ).json()["access_token"]
    for path in ("applications", "servicePrincipals", f"applications/{made['id']}", "users"):
        answer = anonymous.call("GET", f"/v1.0/{path}", headers={"Authorization": f"Bearer {token}"})
        assert refusal(answer) == (403, "Authorization_RequestDenied")


def test_a_refused_write_changes_nothing(person: Any, practice: Running) -> None:
    before = names(person.get("/v1.0/applications"))
    person.post("/v1.0/applications", {"displayName": "x", "tags": [1]})
    assert names(person.get("/v1.0/applications")) == before


def test_a_deleted_application_takes_its_principal_along_and_comes_back(person: Any) -> None:
    made = make(person, "to delete")
    principal = person.post("/v1.0/servicePrincipals", {"appId": made["appId"]}).json()
    key = person.post(f"/v1.0/applications/{made['id']}/addPassword", {}).json()["keyId"]
    assert person.delete(f"/v1.0/applications/{made['id']}").status_code == 204
    assert person.delete(f"/v1.0/applications/{made['id']}").status_code == 404
    assert person.get(f"/v1.0/servicePrincipals/{principal['id']}").status_code == 404
    listed = person.get("/v1.0/directory/deletedItems/microsoft.graph.application").json()["value"]
    assert next(item for item in listed if item["id"] == made["id"])["deletedDateTime"]

    bins = "/v1.0/directory/deletedItems"
    assert refusal(person.post(f"{bins}/{principal['id']}/restore"))[0] == 400
    restored = person.post(f"{bins}/{made['id']}/restore")
    assert (restored.status_code, restored.json()["deletedDateTime"]) == (200, None)
    found = person.get(f"/v1.0/applications/{made['id']}").json()
    assert [credential["keyId"] for credential in found["passwordCredentials"]] == [key]
    assert person.get(f"/v1.0/servicePrincipals(appId='{made['appId']}')").status_code == 404
    assert person.post(f"{bins}/{principal['id']}/restore").status_code == 200
    assert person.get(f"/v1.0/servicePrincipals/{principal['id']}").status_code == 200


def test_a_purged_application_is_gone_for_good(person: Any, sign_in: Any) -> None:
    made = make(person)
    person.delete(f"/v1.0/applications/{made['id']}")
    path = f"/v1.0/directory/deletedItems/{made['id']}"
    assert person.get(path).json()["id"] == made["id"]
    assert refusal(sign_in(BOB).delete(path)) == (403, "Authorization_RequestDenied")
    assert person.delete(path).status_code == 204
    assert refusal(person.get(path)) == (404, "Request_ResourceNotFound")


@given(st.text(alphabet="()',:/ andornotequsrih$*\\'displayName1\ud800é\x00", max_size=60))
def test_any_filter_is_taken_or_refused(person: Any, text: str) -> None:
    request = Request("GET", "/v1.0/applications", {"$filter": text}, {}, b"", "https://127.0.0.1")
    try:
        outcome: object = parse(request, APPLICATION).keep({"displayName": "x", "tags": ["y"]})
    except Failure as failure:
        outcome = failure.status
    assert outcome in {True, False, 400}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_WORDS), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(_WRITES), st.dictionaries(st.sampled_from(_WORDS), _JSON, max_size=5))
def test_no_body_breaks_the_server(person: Any, target: tuple[str, str], body: dict[str, Any]) -> None:
    person.patch("/v1.0/applications(uniqueName='broken')", {"displayName": "x"}, Prefer="create-if-missing")
    method, path = target
    assert person.call(method, path, json=body, headers={"Prefer": "create-if-missing"}).status_code < 500


def test_null_puts_a_property_back(person: Any) -> None:
    made = make(person, web={"redirectUris": ["https://x.example/"]}, tags=["a"])
    path = f"/v1.0/applications/{made['id']}"
    assert person.patch(path, {"web": None, "publicClient": None, "description": None}).status_code == 204
    assert person.get(path, select="web,publicClient").json()["web"]["redirectUris"] == []
    assert refusal(person.patch(path, {"web": {"redirectUris": [{}]}}))[0] == 400


def test_objects_of_another_tenant_are_not_given_out_by_id(person: Any, sign_in: Any) -> None:
    made = make(person)
    frida = sign_in("frida@fabrikam.example")
    assert frida.post("/v1.0/directoryObjects/getByIds", {"ids": [made["id"], ADA]}).json()["value"] == []
