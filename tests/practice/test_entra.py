from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from wizard.practice.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from wizard.practice.launcher import Running

ARM = "https://management.core.windows.net//.default"
FABRIKAM = "1509bb0a-9bf1-4331-8a11-8783593942a4"


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
