from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from wizard.practice.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from wizard.practice.launcher import Running

AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
ARM = "https://management.core.windows.net//.default"
FABRIKAM = "1509bb0a-9bf1-4331-8a11-8783593942a4"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def refusal(answer: Any) -> tuple[int, str, int]:
    body = answer.json()
    assert body["error_description"].startswith(f"AADSTS{body['error_codes'][0]}: ")
    return answer.status_code, body["error"], body["error_codes"][0]


def claims(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


class Moved:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.at


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
    return str(parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0])


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


def test_a_challenge_of_any_text_can_be_missed(anonymous: Any) -> None:
    for method in ("plain", "S256"):
        code = code_of(authorize(anonymous, code_challenge="é", code_challenge_method=method))
        assert refusal(redeem(anonymous, code, code_verifier="e"))[2] == 501481


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
        ({"redirect_uri": "http://localhost:1/\r\nSet-Cookie: a=b"}, "AADSTS50011"),
        ({"redirect_uri": "http://["}, "AADSTS50011"),
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
