"""The host guard: whatever an answer says, no token goes to a host outside the cloud.

A second server on this machine, whose certificate is trusted, stands for the attacker. What is asserted is that
nothing at all reaches it; the last test shows that it would without the guard.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from azure.core import AsyncPipelineClient
from azure.core.rest import HttpRequest

from profiles.secrets import Secret
from tests.azure.crooked import TOKEN, Crooked, in_turn, known_token, said
from wizard.azure import pipeline
from wizard.azure.clouds import AZURE_PUBLIC, Cloud
from wizard.azure.credentials import InThread
from wizard.azure.errors import AzureProblem, ForeignHost
from wizard.azure.guard import HostGuard, check_host
from wizard.azure.session import Azure
from wizard.azure.sign_in import sign_in_with_secret

GROUP = "/subscriptions/142c8364-7806-4577-93e7-83e7eb04b39b/resourceGroups/g"
TENANT = "47eaa099-2cb6-416d-86dc-283cf0480ff9"


async def refused(call: Any) -> ForeignHost:
    with pytest.raises(ForeignHost) as problem:
        await call
    assert "no token was sent" in problem.value.advice
    return problem.value


async def test_a_next_page_elsewhere_is_refused(fooled: Azure, crooked: Crooked, elsewhere: Crooked) -> None:
    crooked.answer = said({"value": [], "nextLink": f"{elsewhere.url}/more"})
    await refused(fooled.arm.workspaces("s"))
    assert crooked.tokens == [f"Bearer {TOKEN}"]
    assert elsewhere.asked == []


async def test_a_next_page_of_the_sdk_elsewhere_is_refused(
    fooled: Azure, crooked: Crooked, elsewhere: Crooked
) -> None:
    crooked.answer = said({"value": [], "nextLink": f"{elsewhere.url}/tenants"})
    await refused(fooled.arm.tenants())
    assert crooked.tokens == [f"Bearer {TOKEN}"]
    assert elsewhere.asked == []


async def test_a_next_page_of_graph_elsewhere_is_refused(
    fooled: Azure, crooked: Crooked, elsewhere: Crooked
) -> None:
    crooked.answer = said({"value": [], "@odata.nextLink": f"{elsewhere.url}/v1.0/applications"})
    await refused(fooled.graph.applications("x"))
    assert elsewhere.asked == []


@pytest.mark.parametrize("header", ["Azure-AsyncOperation", "Location"])
async def test_a_poll_url_elsewhere_is_refused(
    fooled: Azure, crooked: Crooked, elsewhere: Crooked, header: str
) -> None:
    crooked.answer = said({}, 202, **{header: f"{elsewhere.url}/poll", "retry_after_ms": "1"})
    await refused(fooled.arm.deployments.what_if(GROUP, "d", {}, {}))
    assert crooked.tokens == [f"Bearer {TOKEN}"]
    assert elsewhere.asked == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_elsewhere_is_refused(
    fooled: Azure, crooked: Crooked, elsewhere: Crooked, status: int
) -> None:
    crooked.answer = said("", status, Location=f"{elsewhere.url}/there")
    await refused(fooled.arm.workspace(f"{GROUP}/providers/a/b/c"))
    assert elsewhere.asked == []


async def test_a_redirect_inside_the_cloud_is_followed(fooled: Azure, crooked: Crooked) -> None:
    crooked.answer = in_turn(said("", 307, Location="/there"), said({"id": f"{GROUP}/p", "name": "w"}))
    assert await fooled.arm.workspace(f"{GROUP}/providers/a/b/c") is not None
    assert [a.path.partition("?")[0] for a in crooked.asked] == [f"{GROUP}/providers/a/b/c", "/there"]


async def test_a_repeated_request_is_checked_again(
    fooled: Azure, crooked: Crooked, elsewhere: Crooked
) -> None:
    redirect = said("", 307, Location=f"{elsewhere.url}/there")
    crooked.answer = in_turn(said({}, 503, retry_after_ms="1"), redirect)
    await refused(fooled.arm.workspace(f"{GROUP}/providers/a/b/c"))
    assert len(crooked.asked) == 2
    assert elsewhere.asked == []


async def test_http_is_refused_even_on_the_right_host(fooled: Azure, crooked: Crooked) -> None:
    plain = crooked.url.replace("https:", "http:")
    crooked.answer = said({"value": [], "nextLink": f"{plain}/more"})
    assert (await refused(fooled.arm.workspaces("s"))).host == "an address that is not https"


async def test_a_token_endpoint_elsewhere_never_gets_the_secret(
    cloud: Cloud, crooked: Crooked, elsewhere: Crooked
) -> None:
    """An OpenID configuration may name any token endpoint; MSAL would post the secret there."""

    def configuration(_: Any) -> web.StreamResponse:
        found = {
            "issuer": f"{crooked.url}/{TENANT}/v2.0",
            "token_endpoint": f"{elsewhere.url}/token",
            "authorization_endpoint": f"{crooked.url}/authorize",
            "device_authorization_endpoint": f"{crooked.url}/device",
        }
        return web.json_response(found)

    crooked.answer = configuration
    where = replace(cloud, login=crooked.url, ca=crooked.folder / "ca.pem")
    with pytest.raises(AzureProblem) as problem:
        await sign_in_with_secret(where, TENANT, TENANT, Secret("the-secret-value"))
    assert isinstance(problem.value, ForeignHost)
    assert elsewhere.asked == []
    assert crooked.asked != []


async def test_without_the_guard_the_token_would_arrive(
    crooked: Crooked, elsewhere: Crooked, cloud: Cloud
) -> None:
    where = replace(cloud, arm=crooked.url, ca=crooked.folder / "ca.pem")
    chain = pipeline.policies_for(where, InThread(known_token()), "scope")
    unguarded = [policy for policy in chain if not isinstance(policy, HostGuard)]
    assert len(unguarded) == len(chain) - 1
    async with pipeline.session_for(where) as session:
        for policies in (chain, unguarded):
            client = AsyncPipelineClient[Any, Any](
                where.arm, policies=policies, transport=pipeline.transport_over(session, where)
            )
            request = HttpRequest("GET", f"{elsewhere.url}/more")
            if policies is chain:
                await refused(client.send_request(request))
                assert elsewhere.asked == []
            else:
                await client.send_request(request)
    assert elsewhere.tokens == [f"Bearer {TOKEN}"]


@pytest.mark.parametrize(
    "url",
    [
        "https://management.azure.com.evil.example/",
        "https://management.azure.com@evil.example/",
        "https://evil.example/management.azure.com",
        "https://management.azure.com:8443/",
        "http://management.azure.com/",
        "https://graph.microsoft.us/",
        "file:///etc/passwd",
        "",
    ],
)
def test_look_alikes_are_refused(url: str) -> None:
    with pytest.raises(ForeignHost):
        check_host(url, AZURE_PUBLIC)


def test_practice_is_reached_without_a_proxy(cloud: Cloud) -> None:
    assert cloud.on_this_machine
    assert not AZURE_PUBLIC.on_this_machine


async def test_sessions_of_real_clouds_take_the_proxy_of_the_environment(cloud: Cloud) -> None:
    async with pipeline.session_for(AZURE_PUBLIC) as real, pipeline.session_for(cloud) as practice:
        assert isinstance(real, aiohttp.ClientSession)
        assert (real.trust_env, practice.trust_env) == (True, False)
