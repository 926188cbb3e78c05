"""An az login, made by azure-cli-core itself in a process of its own, is read without az."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from profiles.secrets import Secret
from tests.azure.crooked import Crooked, said
from tests.second_host import SecondHost
from wizard.azure.clouds import Cloud
from wizard.azure.errors import AzureProblem, ForeignHost, SignInFailed, SignInNeeded
from wizard.azure.session import Azure
from wizard.azure.sign_in import (
    possible_ways,
    sign_in,
)

HOME = "47eaa099-2cb6-416d-86dc-283cf0480ff9"
SECOND = "1509bb0a-9bf1-4331-8a11-8783593942a4"


async def reason(cloud: Cloud, way: str, environ: dict[str, str] | None = None) -> tuple[bool, str]:
    states = await possible_ways(replace(cloud, sign_in_ways=(way,)), environ or {})
    return states[0].possible, states[0].reason


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


async def test_the_secret_of_an_az_login_does_not_leave_the_cloud(
    cloud: Cloud, owner: tuple[str, Secret], tmp_path: Path, crooked: Crooked, second_host: SecondHost
) -> None:
    """Entra's own configuration may name any place for tokens, or lead to it."""
    folder = tmp_path / "owner"
    login = await asyncio.to_thread(_az_login, cloud, folder, HOME, owner[0], secret=owner[1].reveal())
    (folder / "msal_token_cache.json").unlink(missing_ok=True)
    fooled = replace(login, login=crooked.url, ca=crooked.folder / "ca.pem")
    before = len(second_host.asked)
    for field in ("token_endpoint", "authorization_endpoint"):
        for place in (
            f"{second_host.url}/there",
            f"{second_host.plain_url}/there",
            f"https://{crooked.url.removeprefix('https://')}@{second_host.host}/there",
            f"https://{second_host.host}\\@{crooked.url.removeprefix('https://')}/there",
        ):
            told = {name: f"{crooked.url}/{name}" for name in ("token_endpoint", "authorization_endpoint")}
            crooked.answer = said({"issuer": f"{crooked.url}/{HOME}/v2.0", **told, field: place})
            with pytest.raises(ForeignHost):
                await sign_in(fooled, "cli")
    crooked.answer = said("", 307, Location=f"{second_host.url}/there")
    with pytest.raises(ForeignHost):
        await sign_in(fooled, "cli")
    assert second_host.asked[before:] == []
    assert owner[1].reveal() not in "".join(one.body for one in crooked.asked)
