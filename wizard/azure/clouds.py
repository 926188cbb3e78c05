"""The clouds that Azimuth can talk to: where each answers, and how one may sign in there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from wizard.azure.errors import UnknownCloud

EVERY_WAY = ("cli", "device", "browser", "environment", "managed_identity")
UNATTENDED = ("environment", "cli", "managed_identity")


def _lifelike() -> float:
    return 1.0


@dataclass(frozen=True, slots=True)
class Cloud:
    """The endpoints of one Azure. URLs have no trailing slash; audiences are token scopes.

    `sign_in_ways` are the ways that make sense there, `unattended` those that a headless run tries, in order.
    `blob` is where the blob service of an account answers, with ``{account}`` in it; empty stands for the usual place.
    `ca` is a CA file to trust instead of the machine's. `az_name` is what the Azure CLI calls the cloud, and
    `az_config` the folder of its login when it isn't the person's own. `secret_store` names the place of
    secrets (``keyring``, or ``practice-folder`` with `secret_folder`). `banner` is shown on every screen. `option` is
    what a command line says to mean this cloud; empty for the one that is meant without a word.
    `also` are further hosts of its own that an answer may lead to. `pace` tells how long a pause lasts compared with
    what Azure asks for: practice Azure's time may run faster. `answer_seconds` is how long one answer may take.
    """

    name: str
    label: str
    arm: str
    login: str
    graph: str
    portal: str
    studio: str
    storage_suffix: str
    arm_audience: str
    graph_audience: str
    az_name: str
    blob: str = ""
    ca: Path | None = None
    instance_discovery: bool = True
    sign_in_ways: tuple[str, ...] = EVERY_WAY
    unattended: tuple[str, ...] = UNATTENDED
    secret_store: str = "keyring"  # noqa: S105 - the name of a place
    secret_folder: Path | None = None
    az_config: Path | None = None
    banner: str = ""
    option: str = ""
    also: tuple[str, ...] = ()
    pace: Callable[[], float] = _lifelike
    answer_seconds: float = 120.0

    def hosts(self) -> frozenset[str]:
        """Every ``host`` or ``host:port`` that may be sent a token or a secret."""
        return frozenset(authority(url) for url in (self.arm, self.login, self.graph, *self.also))

    def blob_service(self, account: str) -> str:
        """Where the blob service of a storage account answers: https, without a trailing slash."""
        return (self.blob or f"https://{{account}}.blob.{self.storage_suffix}").replace("{account}", account)

    @property
    def on_this_machine(self) -> bool:
        """Whether it answers on the loopback interface, where no proxy has a place."""
        return urlsplit(self.arm).hostname in {"127.0.0.1", "localhost", "::1"}


def authority(url: str) -> str:
    """Give the host that a URL really leads to, with its port unless that is 443; "" unless it is https.

    User names in a URL are not part of the host: ``https://management.azure.com@evil.example`` is
    ``evil.example``.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme != "https" or not host:
        return ""
    shown = f"[{host}]" if ":" in host else host
    return shown if port in (None, 443) else f"{shown}:{port}"


AZURE_PUBLIC = Cloud(
    name="AzureCloud",
    label="Azure",
    arm="https://management.azure.com",
    login="https://login.microsoftonline.com",
    graph="https://graph.microsoft.com",
    portal="https://portal.azure.com",
    studio="https://ml.azure.com",
    storage_suffix="core.windows.net",
    arm_audience="https://management.azure.com/.default",
    graph_audience="https://graph.microsoft.com/.default",
    az_name="AzureCloud",
)
AZURE_US_GOVERNMENT = Cloud(
    name="AzureUSGovernment",
    option="--cloud AzureUSGovernment",
    label="Azure US Government",
    arm="https://management.usgovcloudapi.net",
    login="https://login.microsoftonline.us",
    graph="https://graph.microsoft.us",
    portal="https://portal.azure.us",
    studio="https://ml.azure.us",
    storage_suffix="core.usgovcloudapi.net",
    arm_audience="https://management.core.usgovcloudapi.net/.default",
    graph_audience="https://graph.microsoft.us/.default",
    az_name="AzureUSGovernment",
)
AZURE_CHINA = Cloud(
    name="AzureChinaCloud",
    option="--cloud AzureChinaCloud",
    label="Azure China (21Vianet)",
    arm="https://management.chinacloudapi.cn",
    login="https://login.chinacloudapi.cn",
    graph="https://microsoftgraph.chinacloudapi.cn",
    portal="https://portal.azure.cn",
    studio="https://studio.ml.azure.cn",
    storage_suffix="core.chinacloudapi.cn",
    also=("https://login.partner.microsoftonline.cn",),  # what Entra of this cloud names for tokens
    arm_audience="https://management.chinacloudapi.cn/.default",
    graph_audience="https://microsoftgraph.chinacloudapi.cn/.default",
    az_name="AzureChinaCloud",
)

CLOUDS = MappingProxyType({c.name: c for c in (AZURE_PUBLIC, AZURE_US_GOVERNMENT, AZURE_CHINA)})
ALIASES = MappingProxyType(
    {
        "azurecloud": "AzureCloud",
        "public": "AzureCloud",
        "azure": "AzureCloud",
        "azureusgovernment": "AzureUSGovernment",
        "usgov": "AzureUSGovernment",
        "azurechinacloud": "AzureChinaCloud",
        "china": "AzureChinaCloud",
    }
)


def cloud_named(name: str) -> Cloud:
    """Find a cloud by its az name or alias, or one registered on this machine; case does not matter.

    Raises:
        UnknownCloud: nothing is called so. An URL is never a cloud: endpoints come from this module, or from a
            file that was registered here by hand.
        ProfileError: the list of registered clouds is damaged.
    """
    known = ALIASES.get(name.strip().lower())
    if known is not None:
        return CLOUDS[known]
    from wizard.azure.custom_clouds import PRACTICE, custom_cloud, registered

    custom = custom_cloud(name)
    if custom is None:
        raise UnknownCloud(name, (*CLOUDS, *(one.name for one in registered()), PRACTICE))
    return custom
