"""An existing ``az login``, read with the Azure CLI's own code in this process; no az on PATH is needed.

azure-cli-core fixes its folder in class attributes and module constants when it is first used. We need several
folders in one process (the person's, practice Azure's), so `_Identity` gives each login its own. The context is
ours as well: the CLI's would write a dozen files into the folder.

Private names of azure-cli-core 2.91 used here: ``Profile._create_credential`` and four of ``Identity``. The tests
log in with azure-cli-core itself and read that login back, so a release that changes them is noticed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from azure.cli.core._profile import Profile
from azure.cli.core.auth.identity import Identity, ServicePrincipalStore
from azure.cli.core.auth.persistence import load_persisted_token_cache, load_secret_store
from azure.cli.core.cloud import Cloud as AzCloud
from azure.cli.core.cloud import CloudEndpoints
from azure.cli.core.util import should_encrypt_token_cache
from azure.core.credentials import AccessTokenInfo, TokenRequestOptions
from knack.config import CLIConfig

from wizard.azure.credentials import CONNECT_SECONDS, READ_SECONDS
from wizard.azure.entra_answers import CONFIGURATION, look
from wizard.azure.errors import SignInNeeded
from wizard.azure.guard import check_endpoints, check_host, log_sign_in, unchanged
from wizard.azure.ways import az_accounts, az_folder

if TYPE_CHECKING:
    from wizard.azure.clouds import Cloud
    from wizard.azure.credentials import Blocking


@dataclass(frozen=True, slots=True)
class _Context:
    """What `Profile` wants of a command-line context."""

    cloud: Any
    config: Any


class _GuardedSession(requests.Session):
    """What MSAL speaks through: the host guard, our time-outs, and the cloud's CA.

    requests 2.34 lets REQUESTS_CA_BUNDLE overrule a session's own CA unless `trust_env` is off.
    """

    def __init__(self, cloud: Cloud) -> None:
        super().__init__()
        self._cloud = cloud
        self.trust_env = not cloud.on_this_machine
        self.auth = unchanged
        self.verify = os.fspath(cloud.ca) if cloud.ca else True

    def send(self, request: Any, **settings: Any) -> Any:
        """Send one request or redirect, if it stays in the cloud.

        Raises:
            ForeignHost: it would leave the cloud.
        """
        check_host(request.url, self._cloud)
        settings["timeout"] = settings.get("timeout") or (
            CONNECT_SECONDS,
            min(READ_SECONDS, self._cloud.answer_seconds),
        )
        request.headers["Connection"] = "close"
        began = time.monotonic()
        answer = super().send(request, **settings)
        log_sign_in(request.method, request.url, answer.status_code, began)
        found = look(request.url, answer.status_code, answer.headers, answer.text)
        if request.url.partition("?")[0].endswith(CONFIGURATION):
            check_endpoints(found, self._cloud)
        return answer


class _Identity(Identity):  # type: ignore[misc]  # azure-cli-core ships no types
    """The CLI's identity, bound to one folder and one cloud instead of to the process."""

    def __init__(self, folder: Path, cloud: Cloud, **settings: Any) -> None:
        super().__init__(cloud.login, instance_discovery=cloud.instance_discovery, **settings)
        self._token_cache_file = os.fspath(folder / "msal_token_cache")
        self._secret_file = os.fspath(folder / "service_principal_entries")
        self._session = _GuardedSession(cloud)

    @property
    def _msal_app_kwargs(self) -> dict[str, Any]:
        return {
            "authority": self._msal_authority,
            "token_cache": load_persisted_token_cache(self._token_cache_file, self._encrypt),
            "instance_discovery": self._instance_discovery,
            "client_capabilities": ["CP1"],
            "http_client": self._session,
        }

    @property
    def _service_principal_store(self) -> Any:
        return ServicePrincipalStore(load_secret_store(self._secret_file, self._encrypt))


class _Profile(Profile):  # type: ignore[misc]  # azure-cli-core ships no types
    """The CLI's accounts in one folder."""

    def __init__(self, cloud: Cloud, folder: Path, accounts: list[dict[str, object]]) -> None:
        config = CLIConfig(config_dir=os.fspath(folder), config_env_var_prefix="AZURE")
        super().__init__(cli_ctx=_Context(_az_cloud(cloud), config), storage={"subscriptions": accounts})
        self._wizard_cloud, self._folder = cloud, folder

    def _create_credential(
        self, account: Any, tenant_id: str | None = None, client_id: str | None = None
    ) -> Any:
        identity = _Identity(
            self._folder,
            self._wizard_cloud,
            tenant_id=tenant_id or account["tenantId"],
            client_id=client_id,
            encrypt=should_encrypt_token_cache(self.cli_ctx),
        )
        user = account["user"]
        if user["type"] == "servicePrincipal":
            return identity.get_service_principal_credential(user["name"])
        return identity.get_user_credential(user["name"])


@dataclass(frozen=True, slots=True)
class _AzCredential:
    """A credential of azure-core's kind over a profile of the CLI."""

    profile: _Profile

    def get_token_info(self, *scopes: str, options: TokenRequestOptions | None = None) -> AccessTokenInfo:
        tenant = (options or {}).get("tenant_id")
        (_, token, entry), _, _ = self.profile.get_raw_token(scopes=list(scopes), tenant=tenant)
        return AccessTokenInfo(token, int(entry["expires_on"]))

    def close(self) -> None:
        """Nothing is kept open."""


def az_credential(cloud: Cloud, environ: Mapping[str, str]) -> Blocking:
    """Make a credential from the az login of a cloud; the CLI's chosen subscription decides the account.

    Raises:
        SignInNeeded: there is no az login for this cloud.
    """
    folder = az_folder(cloud, environ)
    here = [a for a in az_accounts(folder) if a.get("environmentName") == cloud.az_name]
    if not here:
        raise SignInNeeded(f"No az login for {cloud.az_name} was found in {folder}.", code="SignInNeeded")
    if not any(a.get("isDefault") for a in here):
        here = [{**here[0], "isDefault": True}, *here[1:]]
    return _AzCredential(_Profile(cloud, folder, here))


def _az_cloud(cloud: Cloud) -> Any:
    """The cloud in the CLI's words. Endpoints are ours, whatever clouds.config says."""
    endpoints = CloudEndpoints(
        active_directory=cloud.login,
        active_directory_resource_id=cloud.arm_audience.removesuffix("/.default"),
        resource_manager=f"{cloud.arm}/",
        microsoft_graph_resource_id=f"{cloud.graph}/",
    )
    return AzCloud(cloud.az_name, endpoints=endpoints)
