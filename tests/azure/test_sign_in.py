"""Every way to sign in: possible or not and why, and signing in for real at practice Azure's Entra."""

from __future__ import annotations

import asyncio
import json
import os
import re
import ssl
import subprocess
import sys
import threading
import urllib.request
import webbrowser
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from profiles.secrets import Secret
from wizard.azure.choose import open_cloud
from wizard.azure.clouds import AZURE_CHINA, AZURE_PUBLIC, Cloud
from wizard.azure.errors import AzureProblem, SignInFailed, SignInNeeded
from wizard.azure.session import Azure
from wizard.azure.sign_in import (
    SignedIn,
    SignInPrompt,
    possible_ways,
    sign_in,
    sign_in_unattended,
    sign_in_with_secret,
)
from wizard.azure.ways import WAYS

HOME = "47eaa099-2cb6-416d-86dc-283cf0480ff9"
SECOND = "1509bb0a-9bf1-4331-8a11-8783593942a4"
ALL_WAYS = tuple(WAYS)


def folder_of(cloud: Cloud) -> Path:
    assert cloud.secret_folder is not None
    return cloud.secret_folder.parent


@pytest.fixture
async def owner(cloud: Cloud, azure: Azure) -> tuple[str, Secret]:
    """Client id and secret of the world's service principal."""
    found = await azure.graph.applications("practice-owner")
    return found[0].app_id, Secret((folder_of(cloud) / "client_secret").read_text())


async def reason(cloud: Cloud, way: str, environ: dict[str, str] | None = None) -> tuple[bool, str]:
    states = await possible_ways(replace(cloud, sign_in_ways=(way,)), environ or {})
    return states[0].possible, states[0].reason


# Which ways are possible


async def test_every_way_of_a_cloud_is_told_with_its_reason() -> None:
    states = await possible_ways(AZURE_PUBLIC, {})
    assert [s.way.key for s in states] == list(AZURE_PUBLIC.sign_in_ways)
    assert all(s.reason and s.way.title and s.way.explanation for s in states)


async def test_no_az_login() -> None:
    assert await reason(AZURE_PUBLIC, "cli") == (False, "no az login found in ~/.azure")


async def test_an_az_login_to_another_cloud(tmp_path: Path) -> None:
    profile = {"subscriptions": [{"environmentName": "AzureCloud", "user": {"name": "a"}, "isDefault": True}]}
    (tmp_path / "azureProfile.json").write_text(json.dumps(profile), encoding="utf-8-sig")
    environ = {"AZURE_CONFIG_DIR": str(tmp_path)}
    assert await reason(AZURE_PUBLIC, "cli", environ) == (True, "az is signed in as a")
    assert await reason(AZURE_CHINA, "cli", environ) == (
        False,
        "az is signed in to AzureCloud, not to AzureChinaCloud",
    )


@pytest.mark.parametrize("content", ["", "{", "[]", '{"subscriptions": 3}', '{"subscriptions": [3, null]}'])
async def test_a_damaged_az_profile_is_no_login(tmp_path: Path, content: str) -> None:
    (tmp_path / "azureProfile.json").write_text(content)
    possible, why = await reason(AZURE_PUBLIC, "cli", {"AZURE_CONFIG_DIR": str(tmp_path)})
    assert not possible
    assert why.startswith("no az login found in ")


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, (False, "AZURE_CLIENT_ID is not set")),
        ({"AZURE_CLIENT_ID": "a"}, (False, "AZURE_TENANT_ID is not set")),
        ({"AZURE_CLIENT_ID": "a", "AZURE_TENANT_ID": "b"}, (False, "AZURE_CLIENT_SECRET is not set")),
        (
            {"AZURE_CLIENT_ID": "a", "AZURE_TENANT_ID": "b", "AZURE_CLIENT_SECRET": "c"},
            (True, "AZURE_CLIENT_SECRET is set"),
        ),
        (
            {"AZURE_CLIENT_ID": "a", "AZURE_TENANT_ID": "b", "AZURE_FEDERATED_TOKEN_FILE": "/nowhere"},
            (False, "the file that AZURE_FEDERATED_TOKEN_FILE names is not there"),
        ),
        (
            {
                "AZURE_AUTHORITY_HOST": "https://login.evil.example",
                "AZURE_CLIENT_ID": "a",
                "AZURE_TENANT_ID": "b",
                "AZURE_CLIENT_SECRET": "c",
            },
            (
                False,
                "AZURE_AUTHORITY_HOST is https://login.evil.example, but Azure signs in at "
                "https://login.microsoftonline.com",
            ),
        ),
    ],
)
async def test_what_is_missing_in_the_environment(
    environ: dict[str, str], expected: tuple[bool, str]
) -> None:
    assert await reason(AZURE_PUBLIC, "environment", environ) == expected


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux does without a display")
@pytest.mark.parametrize(
    ("environ", "possible"),
    [({}, False), ({"BROWSER": "w3m"}, True), ({"DISPLAY": ":0", "SSH_CONNECTION": "a b"}, False)],
)
async def test_whether_a_browser_can_open(environ: dict[str, str], possible: bool) -> None:
    assert (await reason(AZURE_PUBLIC, "browser", environ))[0] is possible


class _MetadataService:
    """Azure's instance metadata service as far as it matters: 400 without its header, a token with it."""

    def __init__(self, token: str) -> None:
        self.token, self.url = token, ""

    async def serve(self) -> AsyncIterator[_MetadataService]:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server:
            yield self

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        body = json.dumps(
            {"access_token": self.token, "expires_in": "3600", "token_type": "Bearer", "resource": "x"}
        )
        status = "200 OK" if "metadata: true" in asked else "400 Bad Request"
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n{body}".encode())
        await writer.drain()
        writer.close()


@pytest.fixture
async def metadata(signed_in: SignedIn, cloud: Cloud) -> AsyncIterator[_MetadataService]:
    token = await signed_in.credential.get_token_info(cloud.arm_audience)
    async for service in _MetadataService(token.token).serve():
        yield service


async def test_a_managed_identity_is_told_by_its_endpoint(metadata: _MetadataService) -> None:
    there = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": metadata.url}
    assert await reason(AZURE_PUBLIC, "managed_identity", there) == (True, "the metadata service answers")
    gone = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:9"}
    assert await reason(AZURE_PUBLIC, "managed_identity", gone) == (
        False,
        "no managed identity endpoint answers",
    )
    service = {"IDENTITY_ENDPOINT": "http://127.0.0.1:9"}
    assert await reason(AZURE_PUBLIC, "managed_identity", service) == (True, "IDENTITY_ENDPOINT is set")


async def test_a_managed_identity_signs_in(
    cloud: Cloud, metadata: _MetadataService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", metadata.url)  # azure-identity reads it there
    signed = await sign_in(replace(cloud, sign_in_ways=("managed_identity",)), "managed_identity")
    assert (signed.identity.way, signed.identity.tenant) == ("managed_identity", HOME)


# With a person


async def test_a_device_code_is_shown_and_signs_in(cloud: Cloud) -> None:
    prompts: list[SignInPrompt] = []
    signed = await sign_in(cloud, "device", on_prompt=prompts.append)
    assert len(prompts) == 1
    assert prompts[0].url.startswith(cloud.login)
    assert prompts[0].code in prompts[0].message
    assert signed.identity.is_user
    assert (signed.identity.name, signed.identity.tenant) == ("you@contoso.example", HOME)
    assert signed.identity.client_id == ""


async def test_one_sign_in_gives_tokens_for_arm_and_graph(cloud: Cloud, signed_in: SignedIn) -> None:
    arm, graph = await asyncio.gather(
        signed_in.credential.get_token(cloud.arm_audience),
        signed_in.credential.get_token(cloud.graph_audience),
    )
    assert arm.token != graph.token


async def test_a_tenant_may_be_named_by_its_domain(cloud: Cloud) -> None:
    signed = await sign_in(cloud, "device", tenant="fabrikam.example")
    assert signed.identity.tenant == SECOND


async def test_a_login_goes_over_into_another_tenant(signed_in: SignedIn) -> None:
    there = await signed_in.into(SECOND)
    assert there.identity.tenant == SECOND
    assert there.identity.object_id != signed_in.identity.object_id
    async with Azure.open(there) as azure:
        me = await azure.graph.me()
    assert me is not None
    assert me.guest


async def test_a_connection_may_ask_for_another_tenants_tokens(signed_in: SignedIn) -> None:
    async with Azure.open(signed_in, tenant=SECOND) as azure:
        names = {s.name for s in await azure.arm.subscriptions()}
        assert azure.identity.tenant == SECOND
    assert "Fabrikam Lab" in names


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Practice Azure where a device code is asked about once a second, so that a person can be quicker."""
    with open_cloud("practice", practice_folder=tmp_path_factory.mktemp("slow"), time_scale=0.2) as served:
        yield served


def _trusting(cloud: Cloud) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(cloud.ca))


async def test_declining_is_told(slow: Cloud) -> None:
    def decline(prompt: SignInPrompt) -> None:
        form = urlencode({"code": prompt.code, "answer": "decline"}).encode()
        urllib.request.urlopen(prompt.url, form, context=_trusting(slow)).close()

    with pytest.raises(SignInFailed) as problem:
        await sign_in(slow, "device", on_prompt=lambda p: threading.Thread(target=decline, args=(p,)).start())
    assert "declin" in problem.value.message


async def test_a_cancelled_sign_in_stops_asking(slow: Cloud) -> None:
    shown = asyncio.Event()
    before = set(threading.enumerate())
    task = asyncio.create_task(sign_in(slow, "device", on_prompt=lambda _: shown.set()))
    await shown.wait()
    asking = [t for t in set(threading.enumerate()) - before if t.daemon]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asking
    await asyncio.to_thread(asking[0].join, 10)
    assert not asking[0].is_alive()


async def test_the_browser_way(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    def browse(url: str, *_: object) -> bool:
        threading.Thread(target=_person_at_the_browser, args=(url, _trusting(cloud)), daemon=True).start()
        return True

    monkeypatch.setattr(webbrowser, "open", browse)
    prompts: list[SignInPrompt] = []
    signed = await sign_in(cloud, "browser", on_prompt=prompts.append)
    assert signed.identity.way == "browser"
    assert signed.identity.name == "you@contoso.example"
    assert "browser" in prompts[0].message


def _person_at_the_browser(url: str, context: ssl.SSLContext) -> None:
    """Open the page, and let its form be sent to where it wants, as a browser does."""
    with urllib.request.urlopen(url, context=context) as page:
        text = page.read().decode()
    action = re.search(r'action="([^"]+)"', text)
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', text))
    assert action
    urllib.request.urlopen(action.group(1), urlencode(fields).encode()).close()


# Service principals


async def test_a_service_principal_signs_in_with_its_secret(cloud: Cloud, owner: tuple[str, Secret]) -> None:
    signed = await sign_in_with_secret(cloud, HOME, *owner)
    assert not signed.identity.is_user
    assert signed.identity.client_id == owner[0]
    assert owner[1].reveal() not in repr(signed) + repr(vars(signed.credential))


async def test_a_wrong_secret_is_told_in_plain_words(cloud: Cloud, owner: tuple[str, Secret]) -> None:
    with pytest.raises(SignInFailed) as problem:
        await sign_in_with_secret(cloud, HOME, owner[0], Secret("not-the-secret"))
    assert problem.value.code == "AADSTS7000215"
    assert problem.value.meaning == "The client secret is wrong."
    assert problem.value.request_id
    assert "not-the-secret" not in str(problem.value) + problem.value.message
    assert problem.value.__cause__ is None
    assert problem.value.__context__ is None or "not-the-secret" not in repr(problem.value.__context__)


async def test_an_unknown_application_and_an_unknown_tenant_are_told_apart(cloud: Cloud) -> None:
    codes = []
    for tenant in (HOME, "11111111-2222-4333-8444-555555555555"):
        with pytest.raises(SignInFailed) as problem:
            await sign_in_with_secret(cloud, tenant, "11111111-2222-4333-8444-555555555555", Secret("x"))
        codes.append(problem.value.rule)
    assert codes == ["E-aadsts-app", "E-authority"]


@pytest.mark.parametrize(
    "tenant", ["adfs", "common", "organizations", "consumers", "", "a/b", "https://x.example", "x y"]
)
async def test_what_is_no_tenant_is_refused_before_anything_is_sent(tenant: str) -> None:
    nowhere = replace(AZURE_PUBLIC, login="https://login.invalid")
    with pytest.raises(SignInFailed, match="is not a tenant"):
        await sign_in_with_secret(nowhere, tenant, HOME, Secret("x"))
    with pytest.raises(SignInFailed, match="is not a tenant"):
        await sign_in(nowhere, "device", tenant=tenant)


@pytest.fixture
def everywhere(cloud: Cloud) -> Cloud:
    """Practice Azure with every way open, for testing the ways themselves."""
    return replace(cloud, sign_in_ways=ALL_WAYS, unattended=AZURE_PUBLIC.unattended)


async def test_a_service_principal_of_the_environment_signs_in(
    everywhere: Cloud, owner: tuple[str, Secret]
) -> None:
    environ = {
        "AZURE_TENANT_ID": HOME,
        "AZURE_CLIENT_ID": owner[0],
        "AZURE_CLIENT_SECRET": owner[1].reveal(),
    }
    signed = await sign_in_unattended(everywhere, environ=environ)
    assert (signed.identity.way, signed.identity.client_id) == ("environment", owner[0])


async def test_a_wrong_secret_in_the_environment_is_not_passed_over(
    everywhere: Cloud, owner: tuple[str, Secret]
) -> None:
    environ = {"AZURE_TENANT_ID": HOME, "AZURE_CLIENT_ID": owner[0], "AZURE_CLIENT_SECRET": "wrong"}
    with pytest.raises(SignInFailed, match="client secret is wrong"):
        await sign_in_unattended(everywhere, environ=environ)


async def test_a_certificate_of_the_environment_is_tried(
    everywhere: Cloud, owner: tuple[str, Secret], tmp_path: Path
) -> None:
    """Practice Azure knows no certificates: what comes back is Entra's refusal, not a fault of ours."""
    (tmp_path / "c.pem").write_bytes(_certificate())
    environ = {
        "AZURE_TENANT_ID": HOME,
        "AZURE_CLIENT_ID": owner[0],
        "AZURE_CLIENT_CERTIFICATE_PATH": str(tmp_path / "c.pem"),
    }
    with pytest.raises(SignInFailed) as problem:
        await sign_in(everywhere, "environment", environ=environ)
    assert problem.value.code.startswith("AADSTS")


def _certificate() -> bytes:
    from datetime import UTC, datetime, timedelta

    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


async def test_nobody_signed_in_lists_every_way_with_its_reason(everywhere: Cloud) -> None:
    environ = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:9", "AZURE_CONFIG_DIR": "/nowhere"}
    with pytest.raises(SignInNeeded) as problem:
        await sign_in_unattended(replace(everywhere, az_config=None), environ=environ)
    reasons = {s.way.key: s.reason for s in problem.value.ways}
    assert set(reasons) == set(ALL_WAYS)
    assert reasons["environment"] == "AZURE_CLIENT_ID is not set"
    assert reasons["cli"] == "no az login found in /nowhere"
    assert reasons["managed_identity"] == "no managed identity endpoint answers"


async def test_a_way_that_the_cloud_does_not_have_is_refused(cloud: Cloud) -> None:
    with pytest.raises(SignInNeeded, match="can't be signed in to this way"):
        await sign_in(cloud, "environment", environ={})


# An az login, made by azure-cli-core itself

_LOGIN = """
import sys
from azure.cli.core import get_default_cli
from azure.cli.core._profile import Profile
from azure.cli.core.auth.identity import ServicePrincipalAuth
profile = Profile(cli_ctx=get_default_cli())
if len(sys.argv) > 2:
    secret = ServicePrincipalAuth.build_credential(client_secret=sys.stdin.read())
    profile.login(False, sys.argv[2], secret, True, sys.argv[1])
else:
    profile.login(True, None, None, False, sys.argv[1], use_device_code=True)
"""


def _az_login(cloud: Cloud, folder: Path, *arguments: str, secret: str = "") -> Cloud:
    """Log in as az does, in a process of its own, into a folder of its own."""
    assert cloud.az_config is not None
    folder.mkdir()
    for name in ("config", "clouds.config"):
        (folder / name).write_bytes((cloud.az_config / name).read_bytes())
    known = {"AZURE_CONFIG_DIR": str(folder), "REQUESTS_CA_BUNDLE": str(cloud.ca), "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        [sys.executable, "-c", _LOGIN, *arguments],
        input=secret,
        text=True,
        capture_output=True,
        check=False,
        cwd=folder,
        env=os.environ | known,
    )
    assert done.returncode == 0, done.stderr
    return replace(cloud, az_config=folder)


async def test_two_az_logins_are_read_in_one_process(
    cloud: Cloud, owner: tuple[str, Secret], tmp_path: Path
) -> None:
    """azure-cli-core fixes its folder at import; ours must not care, nor need az's environment variables."""
    as_owner = await asyncio.to_thread(
        _az_login, cloud, tmp_path / "owner", HOME, owner[0], secret=owner[1].reveal()
    )
    as_person = await asyncio.to_thread(_az_login, cloud, tmp_path / "person", HOME)
    before = {p.name: p.read_bytes() for p in (tmp_path / "owner").iterdir()}

    signed = await sign_in(as_owner, "cli")
    assert (signed.identity.way, signed.identity.client_id) == ("cli", owner[0])
    person = await sign_in(as_person, "cli")
    assert person.identity.is_user
    assert person.identity.name == "you@contoso.example"

    assert await reason(as_person, "cli") == (True, "az is signed in as you@contoso.example")
    async with Azure.open(person) as azure:
        assert "Research" in {s.name for s in await azure.arm.subscriptions()}
        assert await azure.graph.me() is not None
    there = await person.into(SECOND)
    assert there.identity.tenant == SECOND

    written = {p.name for p in (tmp_path / "owner").iterdir()} - set(before)
    assert not {name for name in written if not name.endswith(".lockfile")}, "the folder is az's"


async def test_an_az_login_that_has_gone_is_told(cloud: Cloud, tmp_path: Path) -> None:
    profile = {
        "subscriptions": [
            {
                "id": "142c8364-7806-4577-93e7-83e7eb04b39b",
                "name": "Research",
                "state": "Enabled",
                "environmentName": "PracticeAzure",
                "tenantId": HOME,
                "user": {"name": "you@contoso.example", "type": "user"},
                "isDefault": True,
            }
        ]
    }
    (tmp_path / "azureProfile.json").write_text(json.dumps(profile), encoding="utf-8-sig")
    with pytest.raises(AzureProblem) as problem:
        await sign_in(replace(cloud, az_config=tmp_path), "cli")
    assert isinstance(problem.value, (SignInFailed, SignInNeeded))
    assert "az login" in problem.value.message
