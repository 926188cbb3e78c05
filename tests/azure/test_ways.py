"""Which ways to sign in are possible on a machine, and why not: nobody is asked for a token."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from wizard.azure.clouds import AZURE_CHINA, AZURE_PUBLIC, Cloud
from wizard.azure.sign_in import (
    SignedIn,
    possible_ways,
    sign_in,
)

HOME = "47eaa099-2cb6-416d-86dc-283cf0480ff9"


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
                (
                    "AZURE_AUTHORITY_HOST is https://login.evil.example, but Azure signs in at "
                    "https://login.microsoftonline.com"
                ),
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
