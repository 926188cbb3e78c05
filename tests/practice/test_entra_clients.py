from __future__ import annotations

import os
import subprocess
import sys
import warnings
from typing import TYPE_CHECKING, Any

import jwt
import msal
import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential, DeviceCodeCredential
from azure.identity.aio import ClientSecretCredential as AsyncClientSecretCredential

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.practice.launcher import Running

ARM = "https://management.azure.com/.default"
GRAPH = "https://graph.microsoft.com/.default"


def options(practice: Running) -> dict[str, Any]:
    return {
        "authority": practice.url,
        "disable_instance_discovery": True,
        "connection_verify": str(practice.ca),
    }


def claims(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def test_client_secret_credential_signs_in_by_guid_and_by_domain(practice: Running) -> None:
    for tenant in (practice.tenant, "contoso.onmicrosoft.com"):
        with ClientSecretCredential(
            tenant, practice.client_id, practice.client_secret, **options(practice)
        ) as credential:
            assert claims(credential.get_token(ARM).token)["tid"] == practice.tenant


async def test_the_async_client_secret_credential_signs_in(practice: Running) -> None:
    async with AsyncClientSecretCredential(
        practice.tenant, practice.client_id, practice.client_secret, **options(practice)
    ) as credential:
        assert claims((await credential.get_token(GRAPH)).token)["appid"] == practice.client_id


def test_client_secret_credential_tells_what_entra_said(practice: Running) -> None:
    with (
        ClientSecretCredential(practice.tenant, practice.client_id, "no", **options(practice)) as credential,
        pytest.raises(ClientAuthenticationError, match="AADSTS7000215"),
    ):
        credential.get_token(ARM)


def test_an_unknown_tenant_is_refused_at_discovery(practice: Running) -> None:
    with (
        ClientSecretCredential("nobody.example", practice.client_id, "no", **options(practice)) as credential,
        pytest.raises((ClientAuthenticationError, ValueError), match=r"nobody\.example"),
    ):
        credential.get_token(ARM)


def test_device_code_credential_signs_the_person_in_without_waiting(practice: Running) -> None:
    seen: list[tuple[str, str]] = []
    with DeviceCodeCredential(
        prompt_callback=lambda uri, code, _: seen.append((uri, code)), **options(practice)
    ) as credential:
        token = credential.get_token(GRAPH)
        again = credential.get_token(ARM)  # silently, by the refresh token and `client_info`
    assert claims(token.token)["upn"] == practice.person
    assert claims(again.token)["aud"] == "https://management.azure.com"
    assert [uri for uri, _ in seen] == [f"{practice.url}/device"]


def test_device_code_credential_can_be_declined(practice: Running, anonymous: Any) -> None:
    def decline(_uri: str, code: str, _expires: object) -> None:
        anonymous.form("/device", code=code, answer="decline")

    with (
        DeviceCodeCredential(prompt_callback=decline, **options(practice)) as credential,
        pytest.raises(ClientAuthenticationError, match="declined"),
    ):
        credential.get_token(GRAPH)


def test_msal_keeps_one_account_over_tenants(practice: Running) -> None:
    fabrikam = "1509bb0a-9bf1-4331-8a11-8783593942a4"
    cache = msal.TokenCache()
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(practice.ca)

        def public(tenant: str) -> Any:
            return msal.PublicClientApplication(
                "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
                authority=f"{practice.url}/{tenant}",
                instance_discovery=False,
                token_cache=cache,
                http_client=session,
            )

        home = public("organizations")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # msal wonders at polling without an interval
            signed = home.acquire_token_by_device_flow(home.initiate_device_flow(scopes=[ARM]))
        assert "access_token" in signed, signed.get("error")
        (account,) = home.get_accounts()
        assert account["username"] == practice.person
        away = public(fabrikam).acquire_token_silent([ARM], account=account)
        assert claims(away["access_token"])["tid"] == fabrikam
        assert len(home.get_accounts()) == 1


BROWSER = r"""
import html, re, ssl, sys, urllib.parse, urllib.request
ca, address = sys.argv[1:]
with urllib.request.urlopen(address, context=ssl.create_default_context(cafile=ca)) as answer:
    page = answer.read().decode()
action = html.unescape(re.search(r'action="([^"]+)"', page)[1])
fields = {html.unescape(n): html.unescape(v) for n, v in re.findall(r'name="([^"]+)" value="([^"]*)"', page)}
urllib.request.urlopen(action, data=urllib.parse.urlencode(fields).encode()).close()
"""
INTERACTIVE = """
import sys
from azure.identity import InteractiveBrowserCredential
with InteractiveBrowserCredential(
    authority=sys.argv[1], disable_instance_discovery=True, connection_verify=sys.argv[2], timeout=60
) as credential:
    print(credential.get_token("https://management.azure.com/.default").token)
"""


def test_interactive_browser_credential_signs_in_through_a_browser(practice: Running, tmp_path: Path) -> None:
    script = tmp_path / "browser.py"
    script.write_text(BROWSER)
    environment = os.environ | {"BROWSER": f"{sys.executable} {script} {practice.ca} %s &", "NO_PROXY": "*"}
    done = subprocess.run(
        [sys.executable, "-c", INTERACTIVE, practice.url, str(practice.ca)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert claims(done.stdout.strip())["upn"] == practice.person


AZ_LOGIN = """
import sys
from azure.cli.core import get_default_cli
from azure.cli.core._profile import Profile
from azure.cli.core.auth.identity import ServicePrincipalAuth
client, tenant = sys.argv[1:]
cli = get_default_cli()
profile = Profile(cli_ctx=cli)
made = ServicePrincipalAuth.build_credential(client_secret=sys.stdin.readline().strip())
for found in profile.login(False, client, made, True, tenant):
    print(found["name"], found["tenantId"])
token = profile.get_raw_token(resource=cli.cloud.endpoints.microsoft_graph_resource_id)[0][1]
print(len(token.split(".")))
"""


def test_the_azure_cli_signs_in_by_the_files_written_for_it(practice: Running, tmp_path: Path) -> None:
    from wizard.practice import az_config

    environment = os.environ | {
        "AZURE_CONFIG_DIR": str(az_config(practice, tmp_path / "az")),
        "REQUESTS_CA_BUNDLE": str(practice.ca),
        "HOME": str(tmp_path),
        "NO_PROXY": "*",
    }
    done = subprocess.run(
        [sys.executable, "-c", AZ_LOGIN, practice.client_id, practice.tenant],
        env=environment,
        cwd=tmp_path,
        input=practice.client_secret + "\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"Research {practice.tenant}" in done.stdout
    assert done.stdout.splitlines()[-1] == "3"
