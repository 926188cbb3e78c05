"""Every way a request leaves x every trick of an address: refused with a plain sentence, and nothing reached the second host."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.server import HTTPServer
from typing import Any

import pytest

from profiles.secrets import Secret
from tests.second_host import SecondHost
from wizard.azure.choose import practice_cloud
from wizard.azure.clouds import Cloud
from wizard.azure.credentials import made
from wizard.azure.errors import AzureProblem, ForeignHost
from wizard.azure.session import Azure
from wizard.azure.sign_in import sign_in, sign_in_with_secret
from wizard.practice import az_config, start
from wizard.practice.faults import Fault
from wizard.practice.launcher import Running

RESEARCH = "142c8364-7806-4577-93e7-83e7eb04b39b"
SUBSCRIPTION = f"/subscriptions/{RESEARCH}"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-vision"
NOBODY = "00000000-0000-4000-8000-0000000000aa"
END = datetime(2027, 1, 1, tzinfo=UTC)
TEMPLATE: Mapping[str, Any] = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "resources": [],
}
SECRET = "the-secret~value"


def tricks(second: SecondHost, own: str) -> dict[str, str]:
    """Addresses that lead out of the cloud, by what is wrong with them. `own` is the cloud's host and port."""
    port = second.host.rpartition(":")[2]
    return {
        "another host": f"{second.url}/there",
        "another host, not https": f"{second.plain_url}/there",
        "another port": f"https://{own.partition(':')[0]}:{port}/there",
        "not https": f"http://{own}/there",
        "without a scheme": f"//{second.host}/there",
        "user name": f"https://{own}@{second.host}/there",
        "user name of ours": f"https://somebody@{own}/there",
        "encoded slash": f"https://{own}%2f@{second.host}/there",
        "backslash": f"https://{second.host}\\@{own}/there",
        "fragment": f"https://{second.host}#@{own}/there",
        "question": f"https://{second.host}?@{own}/there",
        "trailing dot": f"https://{own.partition(':')[0]}.:{own.partition(':')[2]}/there",
        "upper case": f"HTTPS://{second.host}/THERE",
        "full-width digits": f"https://127.0.0.\N{FULLWIDTH DIGIT TWO}:{port}/there",
        "another alphabet": f"https://m\N{CYRILLIC SMALL LETTER A}nagement.azure.com:{port}/there",
        "number": f"https://2130706434:{port}/there",
        "hexadecimal": f"https://0x7f000002:{port}/there",
        "mapped": f"https://[::ffff:127.0.0.2]:{port}/there",
        "sub-domain": f"https://{own.partition(':')[0]}.evil.example:{port}/there",
        "file": "file:///etc/passwd",
        "tab": f"https://{second.host}\t/there",
    }


@dataclass(frozen=True)
class Operation:
    """One way a request leaves: the call, and what of its answer may lead elsewhere."""

    name: str
    call: Callable[[Azure], Awaitable[object]]
    effect: str
    fault: Fault

    def bent(self, address: str) -> Fault:
        """The fault that leads this operation to an address."""
        effect: dict[str, Any] = {self.effect: address}
        return replace(self.fault, times=0, **effect)


async def _operations(azure: Azure) -> object:
    return await azure.arm.deployments.operations(GROUP, "there")


async def _record(azure: Azure) -> object:
    await azure.arm.deployments.start(GROUP, "there", TEMPLATE, {})
    return await azure.arm.deployments.delete(GROUP, "there")


_DEPLOY = r"/deployments/[^/]+"
_PAGED: tuple[tuple[str, Callable[[Azure], Awaitable[object]], str], ...] = (
    ("tenants of the SDK", lambda a: a.arm.tenants(), "^/tenants$"),
    ("subscriptions of the SDK", lambda a: a.arm.subscriptions(), "^/subscriptions$"),
    ("operations of the SDK", _operations, "/operations$"),
    ("workspaces", lambda a: a.arm.workspaces(RESEARCH), "/workspaces$"),
    ("rights", lambda a: a.arm.permissions(GROUP), "/permissions$"),
    ("roles given", lambda a: a.arm.role_assignments(GROUP, NOBODY), "/roleAssignments$"),
    (
        "any list",
        lambda a: a.arm.read_all(f"{SUBSCRIPTION}/resourceGroups", "2024-11-01"),
        "/resourceGroups$",
    ),
    ("applications", lambda a: a.graph.applications("practice-owner"), "/applications$"),
    ("directory roles", lambda a: a.graph.directory_rights(), "directoryRole$"),
)
_POLLED: tuple[tuple[str, Callable[[Azure], Awaitable[object]], str, str], ...] = (
    ("preview in a group", lambda a: a.arm.deployments.what_if(GROUP, "d", TEMPLATE, {}), "POST", "/whatIf$"),
    ("preview", lambda a: a.arm.deployments.what_if(SUBSCRIPTION, "d", TEMPLATE, {}), "POST", "/whatIf$"),
    ("validation", lambda a: a.arm.deployments.validate(GROUP, "d", TEMPLATE, {}), "POST", "/validate$"),
    ("removing a record", _record, "DELETE", f"{_DEPLOY}$"),
)
_READS: tuple[tuple[str, Callable[[Azure], Awaitable[object]], str], ...] = (
    ("a resource", lambda a: a.arm.read(GROUP, "2024-11-01"), "/resourceGroups/rg-vision$"),
    ("a subscription of the SDK", lambda a: a.arm.subscription(RESEARCH), "^/subscriptions/[^/]+$"),
    ("a deployment of the SDK", lambda a: a.arm.deployments.status(GROUP, "there"), f"{_DEPLOY}$"),
    ("me", lambda a: a.graph.me(), "/me$"),
    ("an application", lambda a: a.graph.application_named("nothing"), r"/applications\("),
    ("a tenant's domain", lambda a: a.entra.tenant_of_domain("contoso.example"), "openid-configuration$"),
)
_WRITES: tuple[tuple[str, Callable[[Azure], Awaitable[object]], str, str], ...] = (
    ("an action", lambda a: a.arm.act(f"{GROUP}/providers/A.B/c/n/act", "2024-01-01"), "POST", "/act$"),
    ("a quiet action", lambda a: a.arm.act(f"{GROUP}/x/act", "2024-01-01", quiet=True), "POST", "/act$"),
    (
        "a group",
        lambda a: a.arm.write(f"{GROUP}x", "2024-11-01", {"location": "westeurope"}),
        "PUT",
        "rg-visionx$",
    ),
    ("removing", lambda a: a.arm.delete(f"{GROUP}x", "2024-11-01"), "DELETE", "rg-visionx$"),
    ("a provider", lambda a: a.arm.register_provider(RESEARCH, "Microsoft.Storage"), "POST", "/register$"),
    ("a deployment", lambda a: a.arm.deployments.start(GROUP, "d", TEMPLATE, {}), "PUT", f"{_DEPLOY}$"),
    ("cancelling", lambda a: a.arm.deployments.cancel(GROUP, "there"), "POST", "/cancel$"),
    ("an application", lambda a: a.graph.upsert_application("himl/new", "new"), "PATCH", r"/applications\("),
    ("a principal", lambda a: a.graph.ensure_service_principal(NOBODY), "POST", "/servicePrincipals$"),
    ("a secret", lambda a: a.graph.add_password(NOBODY, "x", END), "POST", "/addPassword$"),
    ("removing a secret", lambda a: a.graph.remove_password(NOBODY, NOBODY), "POST", "/removePassword$"),
    ("removing an application", lambda a: a.graph.delete_application(NOBODY), "DELETE", "/applications/"),
)
STATUSES = (301, 307)


def _all() -> Iterator[Operation]:
    for name, call, path in _PAGED:
        yield Operation(f"next page of {name}", call, "next", Fault(method="GET", path=path))
    for name, call, method, path in _POLLED:
        fault = Fault(method=method, path=path, status=202)
        yield Operation(f"poll of {name}", call, "poll", fault)
    for name, call, path in _READS:
        for status in STATUSES:
            fault = Fault(method="GET", path=path, status=status)
            yield Operation(f"{status} at reading {name}", call, "redirect", fault)
        yield Operation(f"challenge at reading {name}", call, "challenge", Fault(path=path))
    for name, call, method, path in _WRITES:
        for status in (302, 307):
            fault = Fault(method=method, path=path, status=status)
            yield Operation(f"{status} at writing {name}", call, "redirect", fault)
        yield Operation(f"challenge at writing {name}", call, "challenge", Fault(method=method, path=path))
    blobs = Fault(path="/blob.core")
    yield Operation(
        "307 of a storage account", lambda a: a.blobs.inside("visionstore", "data"), "redirect", blobs
    )
    yield Operation(
        "challenge of a storage account", lambda a: a.blobs.inside("visionstore", "data"), "challenge", blobs
    )


OPERATIONS = tuple(_all())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with ExitStack() as open_for:
        yield open_for.enter_context(start(tmp_path_factory.mktemp("practice")))


@pytest.fixture(scope="module")
def served(running: Running) -> Cloud:
    folder = running.ca.parent
    return practice_cloud(running, folder, az_config(running, folder / "az"))


@pytest.fixture
async def person(running: Running, served: Cloud) -> AsyncIterator[Azure]:
    running.faults.replace(())
    signed_in = await sign_in(served, "device", environ={})
    async with Azure.open(signed_in) as azure:
        await azure.arm.deployments.start(GROUP, "there", TEMPLATE, {})
        yield azure
    running.faults.replace(())


async def _told(call: Awaitable[object]) -> AzureProblem | None:
    try:
        await call
    except AzureProblem as problem:
        return problem
    return None


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
async def test_no_address_of_an_answer_leads_out(
    operation: Operation, person: Azure, running: Running, second_host: SecondHost
) -> None:
    before = len(second_host.asked)
    own = running.url.partition("://")[2]
    followed: list[str] = []
    for trick, address in tricks(second_host, own).items():
        running.faults.replace((operation.bent(address),))
        told = await _told(operation.call(person))
        if told is None:
            followed.append(trick)
        else:
            assert told.message, trick
            assert told.advice or told.status, f"{trick}: {told!r} gives no way out"
        (met,) = running.faults.shown()["faults"]
        assert met["met"] > 0, f"{trick}: the operation was never asked for"
    assert second_host.asked[before:] == []
    leads_on = operation.effect in {"next", "poll"} or (
        operation.effect == "redirect" and operation.fault.method == "GET"
    )
    # azure-core takes what has no host for a path of the same host; that is no way out.
    assert not leads_on or {*followed} <= {"tab", "file"}, f"{operation.name} went on with {followed}"


# Signing in


async def _device(cloud: Cloud) -> None:
    await sign_in(cloud, "device", tenant=None, environ={})


async def _secret(cloud: Cloud) -> None:
    await sign_in_with_secret(cloud, "contoso.example", NOBODY, Secret(SECRET))


async def _browser(cloud: Cloud) -> None:
    await sign_in(cloud, "browser", tenant="contoso.example", environ={"BROWSER": "true"})


async def _assertion(cloud: Cloud) -> None:
    token = cloud.az_config / "token" if cloud.az_config else None
    assert token is not None
    token.write_text("eyJ.federated.token", encoding="utf-8")
    environ = {
        "AZURE_TENANT_ID": "contoso.example", "AZURE_CLIENT_ID": NOBODY, "AZURE_FEDERATED_TOKEN_FILE": str(token),
    }  # fmt: skip
    credential = await made(cloud, "environment", None, None, environ)
    await credential.get_token_info(cloud.arm_audience)


SIGN_INS: Mapping[str, Callable[[Cloud], Awaitable[None]]] = {
    "device code": _device,
    "client secret": _secret,
    "browser": _browser,
    "federated token": _assertion,
}
_FIELDS = ("token_endpoint", "authorization_endpoint", "device_authorization_endpoint")


@pytest.mark.parametrize("way", [one for one in SIGN_INS if one != "federated token"])  # it reads none
@pytest.mark.parametrize("field", _FIELDS)
async def test_no_configuration_of_entra_leads_out(  # noqa: PLR0917 - fixtures
    way: str,
    field: str,
    running: Running,
    served: Cloud,
    second_host: SecondHost,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda url, *_: opened.append(url))
    before = len(second_host.asked)
    for trick, address in tricks(second_host, running.url.partition("://")[2]).items():
        running.faults.replace((Fault(path="openid-configuration$", edit={field: address}, times=0),))
        with pytest.raises(AzureProblem) as problem:
            await SIGN_INS[way](served)
        assert isinstance(problem.value, ForeignHost), f"{trick}: {problem.value!r}"
        assert problem.value.advice
        for listener in [one for one in gc.get_objects() if isinstance(one, HTTPServer)]:
            listener.server_close()  # azure-identity leaves it open where its sign-in fails early
    running.faults.replace(())
    assert second_host.asked[before:] == []
    assert opened == []


@pytest.mark.parametrize("way", [one for one in SIGN_INS if one != "browser"])
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("path", ["openid-configuration$", "/(token|devicecode)$"])
async def test_no_redirection_of_entra_leads_out(  # noqa: PLR0917 - fixtures
    way: str, status: int, path: str, running: Running, served: Cloud, second_host: SecondHost
) -> None:
    before = len(second_host.asked)
    for address in tricks(second_host, running.url.partition("://")[2]).values():
        running.faults.replace((Fault(path=path, redirect=address, status=status, times=0),))
        with pytest.raises(AzureProblem) as problem:
            await SIGN_INS[way](served)
        assert problem.value.message
        assert SECRET not in str(problem.value)
    running.faults.replace(())
    assert second_host.asked[before:] == []


def test_the_matrix_is_whole(second_host: SecondHost) -> None:
    cells = len(OPERATIONS) * len(tricks(second_host, "127.0.0.1:1"))
    assert cells > 1300


async def test_a_person_of_the_second_host_would_be_trusted(served: Cloud, second_host: SecondHost) -> None:
    """Nothing but the guard stands between our client and the second host: its certificate is in order."""
    from azure.core import AsyncPipelineClient
    from azure.core.rest import HttpRequest

    from wizard.azure.pipeline import session_for, transport_over

    before = len(second_host.asked)
    async with session_for(served) as session:
        client = AsyncPipelineClient[Any, Any](second_host.url, transport=transport_over(session, served))
        answer = await client.send_request(HttpRequest("GET", f"{second_host.url}/hello"))
    assert answer.status_code == 200
    assert [one.target for one in second_host.asked[before:]] == ["/hello"]
