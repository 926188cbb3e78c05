"""Signing in for real, every way, at practice Azure's Entra."""

from __future__ import annotations

import asyncio
import re
import ssl
import threading
import urllib.request
import webbrowser
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from profiles.secrets import Secret
from wizard.azure.choose import open_cloud
from wizard.azure.clouds import AZURE_PUBLIC, Cloud
from wizard.azure.errors import SignInFailed, SignInNeeded
from wizard.azure.session import Azure
from wizard.azure.sign_in import (
    SignedIn,
    SignInPrompt,
    sign_in,
    sign_in_unattended,
    sign_in_with_secret,
)
from wizard.azure.ways import WAYS

HOME = "47eaa099-2cb6-416d-86dc-283cf0480ff9"
SECOND = "1509bb0a-9bf1-4331-8a11-8783593942a4"
ALL_WAYS = tuple(WAYS)


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
        urllib.request.urlopen(prompt.url, form, context=_trusting(slow)).close()  # noqa: S310 - practice Azure, or the address it names

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
    with urllib.request.urlopen(url, context=context) as page:  # noqa: S310 - practice Azure, or the address it names
        text = page.read().decode()
    action = re.search(r'action="([^"]+)"', text)
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', text))
    assert action
    urllib.request.urlopen(action.group(1), urlencode(fields).encode()).close()  # noqa: S310 - practice Azure, or the address it names


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
