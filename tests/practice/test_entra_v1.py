"""What older clients ask of practice Azure's Entra."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt

if TYPE_CHECKING:
    from wizard.practice.launcher import Running

ARM = "https://management.core.windows.net/"


def test_a_token_by_resource_has_numbers_as_text(anonymous: Any, practice: Running) -> None:
    answer = anonymous.form(
        f"/{practice.tenant}/oauth2/token",
        grant_type="client_credentials",
        client_id=practice.client_id,
        client_secret=practice.client_secret,
        resource=ARM,
    )
    assert answer.status_code == 200
    found = answer.json()
    assert (found["token_type"], found["resource"], found["expires_in"]) == ("Bearer", ARM, "3599")
    assert int(found["expires_on"]) > int(found["not_before"])
    assert (
        jwt.decode(found["access_token"], options={"verify_signature": False})["appid"] == practice.client_id
    )


def test_a_wrong_secret_is_refused_there_too(anonymous: Any, practice: Running) -> None:
    fields = {"grant_type": "client_credentials", "client_id": practice.client_id, "resource": ARM}
    answer = anonymous.form(f"/{practice.tenant}/oauth2/token", **fields, client_secret="wrong")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_an_instance_says_where_its_tenant_is_described(anonymous: Any, practice: Running) -> None:
    path = "/common/discovery/instance"
    params = {"api-version": "1.0", "authorization_endpoint": f"https://x/{practice.tenant}/oauth2/authorize"}
    found = anonymous.call("GET", path, params=params).json()
    assert found == {
        "tenant_discovery_endpoint": f"{practice.url}/{practice.tenant}/.well-known/openid-configuration"
    }
    assert anonymous.call("GET", path).status_code == 400


def test_a_name_is_managed_where_its_domain_is(anonymous: Any) -> None:
    for name, kind in (("you@contoso.example", "Managed"), ("you@elsewhere.example", "Unknown")):
        assert anonymous.call("GET", f"/common/UserRealm/{name}").json()["account_type"] == kind
