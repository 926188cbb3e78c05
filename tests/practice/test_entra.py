from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from wizard.practice.clock import Clock
from wizard.practice.launcher import Running

AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
ARM = "https://management.core.windows.net//.default"
FABRIKAM = "1509bb0a-9bf1-4331-8a11-8783593942a4"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def refusal(answer: Any) -> tuple[int, str, int]:
    body = answer.json()
    assert body["error_description"].startswith(f"AADSTS{body['error_codes'][0]}: ")
    return answer.status_code, body["error"], body["error_codes"][0]


def client_credentials(api: Any, tenant: str | None = None, **changed: str) -> Any:
    fields = {
        "grant_type": "client_credentials",
        "client_id": api.running.client_id,
        "client_secret": api.running.client_secret,
        "scope": ARM,
    } | changed
    return api.form(
        f"/{tenant or api.running.tenant}/oauth2/v2.0/token", **{k: v for k, v in fields.items() if v}
    )


def claims(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


class Moved:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.at


def test_a_domain_is_resolved_to_its_tenant(anonymous: Any, practice: Running) -> None:
    for name in ("contoso.example", "Contoso.OnMicrosoft.com", practice.tenant, practice.tenant.upper()):
        found = anonymous.get(f"/{name}/v2.0/.well-known/openid-configuration").json()
        assert found["issuer"] == f"{practice.url}/{practice.tenant}/v2.0"
        assert found["token_endpoint"] == f"{practice.url}/{practice.tenant}/oauth2/v2.0/token"


def test_organizations_has_an_issuer_with_a_place_for_the_tenant(anonymous: Any, practice: Running) -> None:
    found = anonymous.get("/organizations/v2.0/.well-known/openid-configuration").json()
    assert found["issuer"] == f"{practice.url}/{{tenantid}}/v2.0"


@pytest.mark.parametrize(
    ("name", "number"),
    [("nobody.example", 90002), ("00000000-0000-4000-8000-000000000001", 90002), ("nobody", 900023)],
)
def test_an_unknown_tenant_is_400(anonymous: Any, name: str, number: int) -> None:
    assert refusal(anonymous.get(f"/{name}/v2.0/.well-known/openid-configuration"))[::2] == (400, number)


def test_a_token_is_verified_by_the_published_keys(anonymous: Any, practice: Running) -> None:
    token = client_credentials(anonymous).json()["access_token"]
    keys = jwt.PyJWKSet.from_dict(anonymous.get(f"/{practice.tenant}/discovery/v2.0/keys").json())
    found = jwt.decode(
        token,
        keys[jwt.get_unverified_header(token)["kid"]],
        algorithms=["RS256"],
        audience="https://management.core.windows.net/",
        issuer=f"https://sts.windows.net/{practice.tenant}/",
    )
    assert (found["idtyp"], found["appid"], found["tid"]) == ("app", practice.client_id, practice.tenant)
    assert found["oid"] == found["sub"]
    assert "upn" not in found


@pytest.mark.parametrize(
    ("scope", "audience"),
    [
        ("https://management.azure.com/.default", "https://management.azure.com"),
        ("https://management.azure.com//.default", "https://management.azure.com/"),
        ("https://graph.microsoft.com/.default", "https://graph.microsoft.com"),
        ("{origin}/.default", "{origin}"),
        ("{origin}//.default", "{origin}/"),
    ],
)
def test_the_audience_is_what_the_scope_named(
    anonymous: Any, practice: Running, scope: str, audience: str
) -> None:
    answer = client_credentials(anonymous, scope=scope.format(origin=practice.url))
    assert claims(answer.json()["access_token"])["aud"] == audience.format(origin=practice.url)


def test_only_a_graph_token_of_an_application_carries_its_roles(anonymous: Any) -> None:
    graph = client_credentials(anonymous, scope="https://graph.microsoft.com/.default").json()["access_token"]
    assert "Application.ReadWrite.All" in claims(graph)["roles"]
    assert "roles" not in claims(client_credentials(anonymous).json()["access_token"])


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"client_secret": "wrong"}, (401, "invalid_client", 7000215)),
        ({"client_secret": ""}, (401, "invalid_client", 7000218)),
        ({"client_id": "0f0f0f0f-0000-4000-8000-000000000001"}, (400, "unauthorized_client", 700016)),
        ({"client_id": ""}, (400, "invalid_request", 900144)),
        ({"grant_type": "password"}, (400, "unsupported_grant_type", 70003)),
        ({"grant_type": ""}, (400, "invalid_request", 900144)),
        ({"scope": ""}, (400, "invalid_request", 900144)),
        ({"scope": "https://management.azure.com/user_impersonation"}, (400, "invalid_scope", 1002012)),
        ({"scope": f"{ARM} https://graph.microsoft.com/.default"}, (400, "invalid_scope", 70011)),
        ({"scope": "https://api.example.com/.default"}, (400, "invalid_resource", 500011)),
    ],
)
def test_client_credentials_are_refused(
    anonymous: Any, changed: dict[str, str], refused: tuple[int, str, int]
) -> None:
    assert refusal(client_credentials(anonymous, **changed)) == refused


def test_a_client_of_another_tenant_is_not_known(anonymous: Any) -> None:
    assert refusal(client_credentials(anonymous, FABRIKAM))[2] == 700016
    assert refusal(client_credentials(anonymous, "organizations"))[2] == 50194


def test_the_secret_is_never_repeated(anonymous: Any) -> None:
    assert "s3cr3t-value" not in client_credentials(anonymous, client_secret="s3cr3t-value").text


def test_a_secret_may_come_in_the_authorization_header(anonymous: Any, practice: Running) -> None:
    plain = f"{practice.client_id}:{practice.client_secret}".encode()
    answer = anonymous.call(
        "POST",
        f"/{practice.tenant}/oauth2/v2.0/token",
        data={"grant_type": "client_credentials", "scope": ARM},
        headers={"Authorization": f"Basic {base64.b64encode(plain).decode()}"},
    )
    assert answer.status_code == 200


def test_an_application_without_service_principal_cannot_sign_in(anonymous: Any, person: Any) -> None:
    made = person.post("/v1.0/applications", {"displayName": "half"}).json()
    secret = person.post(f"/v1.0/applications/{made['id']}/addPassword", {}).json()["secretText"]
    wish = {"client_id": made["appId"], "client_secret": secret}
    assert refusal(client_credentials(anonymous, **wish))[2] == 7000229
    person.post("/v1.0/servicePrincipals", {"appId": made["appId"]})
    assert client_credentials(anonymous, **wish).status_code == 200


def new_client(api: Any, **password: str) -> dict[str, str]:
    made = api.post("/v1.0/applications", {"displayName": "new"}).json()
    api.post("/v1.0/servicePrincipals", {"appId": made["appId"]})
    added = api.post(f"/v1.0/applications/{made['id']}/addPassword", {"passwordCredential": password}).json()
    return {
        "id": made["id"],
        "keyId": added["keyId"],
        "client_id": made["appId"],
        "client_secret": added["secretText"],
    }


def test_a_secret_expires(other_world: Callable[..., Any]) -> None:
    moved = Moved()
    _, sign_in = other_world(clock=Clock(0, moved))
    api = sign_in()
    made = new_client(api, endDateTime=(moved.at + timedelta(days=1)).isoformat())
    wish = {"client_id": made["client_id"], "client_secret": made["client_secret"]}
    assert client_credentials(api, **wish).status_code == 200
    moved.at += timedelta(days=2)
    assert refusal(client_credentials(api, **wish)) == (401, "invalid_client", 7000222)


def test_a_removed_secret_is_wrong(anonymous: Any, person: Any) -> None:
    made = new_client(person)
    person.post(f"/v1.0/applications/{made['id']}/removePassword", {"keyId": made["keyId"]})
    wish = {"client_id": made["client_id"], "client_secret": made["client_secret"]}
    assert refusal(client_credentials(anonymous, **wish))[2] == 7000215


def test_a_new_secret_needs_its_time_to_be_known(other_world: Callable[..., Any]) -> None:
    moved = Moved()
    _, sign_in = other_world(clock=Clock(1.0, moved))
    api = sign_in()
    made = new_client(api)
    wish = {"client_id": made["client_id"], "client_secret": made["client_secret"]}
    assert refusal(client_credentials(api, **wish))[2] == 7000215
    moved.at += timedelta(seconds=11)
    assert client_credentials(api, **wish).status_code == 200


def assertion(**said: Any) -> str:
    return jwt.encode(said, "x" * 32, algorithm="HS256")


def test_a_federated_assertion_is_compared_piece_by_piece(anonymous: Any, person: Any) -> None:
    made = new_client(person)
    right = {"iss": "https://token.actions.githubusercontent.com", "sub": "repo:o/r:ref:refs/heads/main"}
    audience = "api://AzureADTokenExchange"
    person.post(
        f"/v1.0/applications/{made['id']}/federatedIdentityCredentials",
        {"name": "main", "issuer": right["iss"], "subject": right["sub"], "audiences": [audience]},
    )
    seen = []
    for said in (
        right | {"iss": "https://other.example", "aud": audience},
        right | {"sub": "repo:o/r:pull_request", "aud": audience},
        right | {"aud": "api://other"},
        right | {"aud": audience},
    ):
        answer = client_credentials(
            anonymous,
            client_id=made["client_id"],
            client_secret="",
            client_assertion=assertion(**said),
            client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        )
        seen.append(refusal(answer)[2])
    assert seen == [700211, 700213, 700212, 50166]


def device_code(api: Any, tenant: str = "organizations", **changed: str) -> Any:
    fields = {"client_id": AZURE_CLI, "scope": f"{ARM} offline_access openid profile"} | changed
    return api.form(f"/{tenant}/oauth2/v2.0/devicecode", **{k: v for k, v in fields.items() if v})


def poll(api: Any, flow: dict[str, Any], tenant: str = "organizations") -> Any:
    fields = {"grant_type": DEVICE, "client_id": AZURE_CLI, "device_code": flow["device_code"]}
    return api.form(f"/{tenant}/oauth2/v2.0/token", **fields)


def test_a_device_code_is_approved_by_the_person_of_the_world_after_the_first_poll(
    anonymous: Any, practice: Running
) -> None:
    flow = device_code(anonymous).json()
    assert (flow["interval"], flow["expires_in"]) == (0, 900)
    assert flow["user_code"] in flow["message"]
    assert refusal(poll(anonymous, flow)) == (400, "authorization_pending", 70016)
    found = poll(anonymous, flow).json()
    access, identity = claims(found["access_token"]), claims(found["id_token"])
    assert (access["idtyp"], access["upn"], access["scp"]) == ("user", practice.person, "user_impersonation")
    assert (identity["aud"], identity["preferred_username"]) == (AZURE_CLI, practice.person)
    assert found["foci"] == "1"
    padded = found["client_info"] + "=" * (-len(found["client_info"]) % 4)
    assert json.loads(base64.urlsafe_b64decode(padded)) == {"uid": access["oid"], "utid": practice.tenant}
    assert refusal(poll(anonymous, flow)) == (400, "bad_verification_code", 70018)


def test_a_person_may_decline_a_device_code_at_its_page(anonymous: Any) -> None:
    flow = device_code(anonymous).json()
    assert 'name="code"' in anonymous.get(urlsplit(flow["verification_uri"]).path).text
    said = anonymous.form("/device", code=f" {flow['user_code'].lower()} ", answer="decline")
    assert "declined" in said.text
    assert refusal(poll(anonymous, flow)) == (400, "authorization_declined", 65004)


def test_another_person_may_approve_a_device_code_at_its_page(anonymous: Any) -> None:
    flow = device_code(anonymous).json()
    anonymous.form("/device", code=flow["user_code"], upn="bob@contoso.example", answer="approve")
    assert claims(poll(anonymous, flow).json()["access_token"])["upn"] == "bob@contoso.example"


def test_a_wrong_user_code_is_said_on_the_page(anonymous: Any) -> None:
    assert anonymous.form("/device", code="<b>", answer="approve").status_code == 400


def test_a_device_code_expires(other_world: Callable[..., Any]) -> None:
    moved = Moved()
    _, sign_in = other_world(clock=Clock(0, moved))
    api = sign_in()
    flow = device_code(api).json()
    moved.at += timedelta(seconds=901)
    assert refusal(poll(api, flow)) == (400, "expired_token", 70020)
    assert api.form("/device", code=flow["user_code"], answer="approve").status_code == 400


def test_a_device_code_is_only_for_public_clients(anonymous: Any, practice: Running) -> None:
    assert refusal(device_code(anonymous, client_id=practice.client_id))[2] == 7000218
    assert refusal(device_code(anonymous, client_id="0f0f0f0f-0000-4000-8000-000000000001"))[2] == 700016


def test_a_guest_has_another_object_id_and_the_same_account(anonymous: Any, practice: Running) -> None:
    flow = device_code(anonymous, FABRIKAM).json()
    poll(anonymous, flow, FABRIKAM)
    found = poll(anonymous, flow, FABRIKAM).json()
    access = claims(found["access_token"])
    padded = found["client_info"] + "=" * (-len(found["client_info"]) % 4)
    account = json.loads(base64.urlsafe_b64decode(padded))
    assert access["tid"] == FABRIKAM
    assert account["utid"] == practice.tenant
    assert access["oid"] != account["uid"]


def authorize(api: Any, tenant: str = "organizations", **changed: str) -> Any:
    asked = {
        "client_id": AZURE_CLI,
        "response_type": "code",
        "redirect_uri": "http://localhost:4321",
        "scope": ARM,
        "state": 's"<&',
    } | changed
    params = {name: value for name, value in asked.items() if value}
    return api.call("GET", f"/{tenant}/oauth2/v2.0/authorize", params=params)


def redeem(api: Any, code: str, **changed: str) -> Any:
    fields = {
        "grant_type": "authorization_code",
        "client_id": AZURE_CLI,
        "code": code,
        "redirect_uri": "http://localhost:4321",
    } | changed
    return api.form("/organizations/oauth2/v2.0/token", **fields)


def code_of(answer: Any) -> str:
    return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]


def test_the_code_goes_back_by_query_fragment_or_form(anonymous: Any) -> None:
    by_query = urlsplit(authorize(anonymous).headers["Location"])
    assert (by_query.netloc, parse_qs(by_query.query)["state"]) == ("localhost:4321", ['s"<&'])
    assert "code=" in urlsplit(authorize(anonymous, response_mode="fragment").headers["Location"]).fragment
    page = authorize(anonymous, response_mode="form_post")
    assert '<form method="post" action="http://localhost:4321">' in page.text
    assert 'name="state" value="s&quot;&lt;&amp;"' in page.text


def test_the_code_is_bound_to_its_challenge_address_and_one_use(anonymous: Any) -> None:
    verifier = "v" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    code = code_of(authorize(anonymous, code_challenge=challenge, code_challenge_method="S256", nonce="n-1"))
    assert refusal(redeem(anonymous, code, code_verifier="w" * 43)) == (400, "invalid_grant", 501481)
    assert refusal(redeem(anonymous, code)) == (400, "invalid_grant", 501481)
    assert refusal(redeem(anonymous, code, redirect_uri="http://localhost:1"))[2] == 500112
    found = redeem(anonymous, code, code_verifier=verifier)
    assert claims(found.json()["id_token"])["nonce"] == "n-1"
    assert refusal(redeem(anonymous, code, code_verifier=verifier)) == (400, "invalid_grant", 70000)


def test_a_code_expires(other_world: Callable[..., Any]) -> None:
    moved = Moved()
    _, sign_in = other_world(clock=Clock(0, moved))
    api = sign_in()
    code = code_of(authorize(api))
    moved.at += timedelta(seconds=601)
    assert refusal(redeem(api, code)) == (400, "invalid_grant", 70008)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"redirect_uri": "https://evil.example"}, "AADSTS50011"),
        ({"redirect_uri": "http://localhost.evil.example"}, "AADSTS50011"),
        ({"redirect_uri": ""}, "AADSTS900144"),
        ({"client_id": "0f0f0f0f-0000-4000-8000-000000000001"}, "AADSTS700016"),
        ({"response_type": "token"}, "AADSTS700054"),
        ({"scope": "https://api.example.com/.default"}, "AADSTS500011"),
        ({"login_hint": "<script>@contoso.example"}, "AADSTS50034"),
    ],
)
def test_what_cannot_be_signed_in_is_a_page_and_goes_nowhere(
    anonymous: Any, changed: dict[str, str], said: str
) -> None:
    answer = authorize(anonymous, **changed)
    assert (answer.status_code, "Location" in answer.headers) == (400, False)
    assert said in answer.text
    assert "<script>" not in answer.text


def test_one_who_is_not_a_guest_cannot_enter_another_tenant(anonymous: Any) -> None:
    assert "AADSTS50020" in authorize(anonymous, FABRIKAM, login_hint="bob@contoso.example").text


def test_a_refresh_token_is_good_for_other_resources_and_tenants(anonymous: Any, practice: Running) -> None:
    first = redeem(anonymous, code_of(authorize(anonymous))).json()
    wish = {"grant_type": "refresh_token", "client_id": AZURE_CLI, "refresh_token": first["refresh_token"]}
    graph = anonymous.form(
        "/organizations/oauth2/v2.0/token", scope="https://graph.microsoft.com/.default", **wish
    ).json()
    assert claims(graph["access_token"])["aud"] == "https://graph.microsoft.com"
    away = anonymous.form(f"/{FABRIKAM}/oauth2/v2.0/token", scope=ARM, **wish).json()
    assert claims(away["access_token"])["tid"] == FABRIKAM
    wrong = anonymous.form("/organizations/oauth2/v2.0/token", **wish | {"refresh_token": "x"})
    assert refusal(wrong) == (400, "invalid_grant", 70000)
    foreign = anonymous.form("/organizations/oauth2/v2.0/token", **wish | {"client_id": practice.client_id})
    assert refusal(foreign) == (400, "invalid_grant", 70000)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("", "Access token is empty."),
        ("Bearer ", "Access token is empty."),
        ("Bearer abc", "Access token validation failure. Signature is invalid."),
        (
            f"Bearer {jwt.encode({'aud': 'https://graph.microsoft.com'}, 'x' * 32)}",
            "Access token validation failure",
        ),
    ],
)
def test_a_bad_token_is_401_with_a_challenge(anonymous: Any, header: str, said: str) -> None:
    answer = anonymous.call("GET", "/v1.0/me", headers={"Authorization": header} if header else {})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
    assert answer.json()["error"]["message"].startswith(said)
    assert "authorization_uri=" in answer.headers["WWW-Authenticate"]


def test_a_token_for_another_service_is_refused(sign_in: Any) -> None:
    answer = sign_in(scope=ARM).get("/v1.0/me")
    assert answer.json()["error"]["message"] == "Access token validation failure. Invalid audience."


def test_a_token_expires(other_world: Callable[..., Any]) -> None:
    moved = Moved()
    _, sign_in = other_world(clock=Clock(0, moved))
    api = sign_in()
    assert api.get("/v1.0/me").status_code == 200
    moved.at += timedelta(seconds=3600)
    assert (api.get("/v1.0/me").status_code, "expired" in api.get("/v1.0/me").text) == (401, True)


def test_a_token_of_another_folder_is_not_believed(anonymous: Any, other_world: Callable[..., Any]) -> None:
    _, sign_in = other_world()
    stolen = sign_in().token
    answer = anonymous.call("GET", "/v1.0/me", headers={"Authorization": f"Bearer {stolen}"})
    assert answer.json()["error"]["message"].endswith("Signature is invalid.")
