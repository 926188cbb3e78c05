"""The credentials behind each way to sign in: azure-identity's and the Azure CLI's, in daemon threads.

They block (a device code for up to 15 minutes), so each call has a thread of its own that never holds the exit.
Tokens live in memory only. A lasting sign-in is what ``az login`` is for; we would otherwise have to keep refresh
tokens, and on Linux without a keyring azure-identity can only keep them in clear text.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, Self

from azure.core.credentials import AccessToken, AccessTokenInfo, TokenRequestOptions

from wizard.azure.errors import SignInNeeded, quietly, told
from wizard.azure.guard import GuardedTransport, NearbyTransport
from wizard.azure.ways import SignInPrompt, environment_login
from wizard.threads import in_daemon_thread

if TYPE_CHECKING:
    from types import TracebackType

    from wizard.azure.clouds import Cloud

OnPrompt = Callable[[SignInPrompt], None] | None

CONNECT_SECONDS, READ_SECONDS = 10, 60
_BROWSER_SECONDS = 300


class Blocking(Protocol):
    """A credential as azure-identity makes them."""

    def get_token_info(self, *scopes: str, options: TokenRequestOptions | None = None) -> AccessTokenInfo:
        """Get a token, waiting for it."""

    def close(self) -> None:
        """Let go of connections."""


class InThread:
    """A blocking credential as an asynchronous one (azure-core's AsyncTokenCredential, both protocols).

    `tenant` is where tokens are asked for unless a call names another.
    """

    def __init__(self, credential: Blocking, tenant: str | None = None) -> None:
        self._credential = credential
        self._tenant = tenant
        self._one_at_a_time = threading.Lock()

    def for_tenant(self, tenant: str) -> InThread:
        """The same login, asking for tokens of another tenant. Closing it closes both."""
        return InThread(self._credential, tenant)

    async def get_token_info(
        self, *scopes: str, options: TokenRequestOptions | None = None
    ) -> AccessTokenInfo:
        """Get a token for scopes. A cancelled wait leaves the credential usable; its token is then kept for later.

        Raises:
            SignInNeeded: the person must sign in again.
            SignInFailed: Entra refused.
            Unreachable: Entra did not answer.
        """
        wanted: TokenRequestOptions = {**(options or {})}
        if self._tenant is not None:
            wanted.setdefault("tenant_id", self._tenant)
        return await quietly(in_daemon_thread(lambda: self._ask(scopes, wanted)))

    async def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        **_: Any,
    ) -> AccessToken:
        """Get a token the older way; raises as `get_token_info`."""
        options: TokenRequestOptions = {"enable_cae": enable_cae}
        if claims:
            options["claims"] = claims
        if tenant_id:
            options["tenant_id"] = tenant_id
        token = await self.get_token_info(*scopes, options=options)
        return AccessToken(token.token, token.expires_on)

    def _ask(self, scopes: tuple[str, ...], options: TokenRequestOptions) -> AccessTokenInfo:
        with self._one_at_a_time:
            return self._credential.get_token_info(*scopes, options=options)

    async def close(self) -> None:
        """Let go of the credential's connections."""
        self._credential.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.close()


async def made(
    cloud: Cloud, way: str, tenant: str | None, on_prompt: OnPrompt, environ: Mapping[str, str]
) -> InThread:
    """Make the credential of a way; for device and browser the person signs in now.

    Raises:
        SignInNeeded: the way is not possible here.
        SignInFailed: Entra refused.
    """
    _keep_logs_off_the_terminal()
    if way == "cli":
        from wizard.azure.az_login import az_credential

        with told():
            return InThread(await in_daemon_thread(lambda: az_credential(cloud, environ)), tenant)
    if way == "environment":
        return InThread(_from_environment(cloud, environ), tenant)
    if way == "managed_identity":
        from azure.identity import ManagedIdentityCredential

        client = environ.get("AZURE_CLIENT_ID") or None
        return InThread(
            ManagedIdentityCredential(
                client_id=client, transport=NearbyTransport(connection_timeout=CONNECT_SECONDS)
            )
        )
    return await _with_person(cloud, way, tenant, on_prompt)


def with_secret(cloud: Cloud, tenant: str, client_id: str, value: str) -> InThread:
    """Make the credential of a service principal with a client secret."""
    from azure.identity import ClientSecretCredential

    _keep_logs_off_the_terminal()
    return InThread(ClientSecretCredential(tenant, client_id, value, **_settings(cloud)))


def _settings(cloud: Cloud) -> dict[str, Any]:
    """What every credential of azure-identity is given."""
    transport = GuardedTransport(
        cloud,
        connection_timeout=CONNECT_SECONDS,
        read_timeout=min(READ_SECONDS, cloud.answer_seconds),
        connection_verify=str(cloud.ca) if cloud.ca else True,
        use_env_settings=not cloud.on_this_machine,
    )
    return {
        "authority": cloud.login,
        "disable_instance_discovery": not cloud.instance_discovery,
        "additionally_allowed_tenants": ["*"],
        "transport": transport,
        "retry_total": 1,
        "user_agent": "azimuth/0.1",
    }


def _from_environment(cloud: Cloud, environ: Mapping[str, str]) -> Blocking:
    from azure.identity import CertificateCredential, ClientSecretCredential, WorkloadIdentityCredential

    possible, reason = environment_login(cloud, environ)
    if not possible:
        raise SignInNeeded(f"The environment holds no service principal: {reason}.")
    tenant, client = environ["AZURE_TENANT_ID"], environ["AZURE_CLIENT_ID"]
    settings = _settings(cloud)
    if secret := environ.get("AZURE_CLIENT_SECRET"):
        return ClientSecretCredential(tenant, client, secret, **settings)
    if certificate := environ.get("AZURE_CLIENT_CERTIFICATE_PATH"):
        password = environ.get("AZURE_CLIENT_CERTIFICATE_PASSWORD")
        with told():
            return CertificateCredential(tenant, client, certificate, password=password, **settings)
    return WorkloadIdentityCredential(
        tenant_id=tenant, client_id=client, token_file_path=environ["AZURE_FEDERATED_TOKEN_FILE"], **settings
    )


async def _with_person(cloud: Cloud, way: str, tenant: str | None, on_prompt: OnPrompt) -> InThread:
    """Let the person sign in. Later tokens come without them, or `SignInNeeded` says that they must come back.

    Both credentials are public clients under azure-identity's developer id, which is the Azure CLI's own.
    """
    from azure.identity import DeviceCodeCredential, InteractiveBrowserCredential

    prompt = _prompter(on_prompt)
    shared = {"tenant_id": tenant, "disable_automatic_authentication": True} | _settings(cloud)
    credential: DeviceCodeCredential | InteractiveBrowserCredential
    if way == "device":
        credential = DeviceCodeCredential(
            prompt_callback=lambda u, c, e: prompt(_device_prompt(u, c, e)), **shared
        )
    else:
        credential = InteractiveBrowserCredential(timeout=_BROWSER_SECONDS, **shared)
        expires = datetime.now(UTC) + timedelta(seconds=_BROWSER_SECONDS)
        prompt(SignInPrompt("", "", expires, "Sign in in the browser window that opens now."))
    sign_in = in_daemon_thread(lambda: credential.authenticate(scopes=[cloud.arm_audience]), credential.close)
    await quietly(sign_in)
    return InThread(credential, tenant)


def _device_prompt(url: str, code: str, expires: datetime) -> SignInPrompt:
    return SignInPrompt(url, code, expires, f"Open {url} in a browser and type the code {code}.")


def _prompter(on_prompt: OnPrompt) -> Callable[[SignInPrompt], None]:
    """Bring prompts from the credential's thread to the event loop."""
    loop = asyncio.get_running_loop()

    def prompt(shown: SignInPrompt) -> None:
        if on_prompt is not None and not loop.is_closed():
            loop.call_soon_threadsafe(on_prompt, shown)

    return prompt


def _keep_logs_off_the_terminal() -> None:
    """Without any handler, Python prints warnings of azure-identity, MSAL and knack over the screen."""
    for name in ("azure", "msal", "cli"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
