"""The ways to sign in, and which of them are possible on this machine right now, with the reason in plain words."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import webbrowser
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from wizard.azure.clouds import authority
from wizard.text import clean_line

if TYPE_CHECKING:
    from wizard.azure.clouds import Cloud

_PROBE_SECONDS = 0.7
_METADATA_SERVICE = "http://169.254.169.254"


@dataclass(frozen=True, slots=True)
class Way:
    """A way to sign in."""

    key: str
    title: str
    explanation: str


@dataclass(frozen=True, slots=True)
class WayState:
    """Whether a way is possible here; `reason` says why, or why not."""

    way: Way
    possible: bool
    reason: str


@dataclass(frozen=True, slots=True)
class SignInPrompt:
    """What the person must do to sign in: open `url` and type `code` before `expires` (both may be empty)."""

    url: str
    code: str
    expires: datetime
    message: str


WAYS: Mapping[str, Way] = MappingProxyType(
    {
        w.key: w
        for w in (
            Way("cli", "Azure CLI", "An existing az login of this machine; az itself is not needed."),
            Way("device", "Device code", "Open a page on any device and type a short code."),
            Way("browser", "Browser", "A browser opens on this machine."),
            Way(
                "environment",
                "Environment variables",
                "A service principal in AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET "
                "(or AZURE_CLIENT_CERTIFICATE_PATH, or AZURE_FEDERATED_TOKEN_FILE).",
            ),
            Way("managed_identity", "Managed identity", "The identity of the Azure machine this runs on."),
        )
    }
)


async def possible_ways(cloud: Cloud, environ: Mapping[str, str] | None = None) -> list[WayState]:
    """Look which ways of a cloud are possible here. It asks nobody for a token and takes under a second.

    A possible way may still fail: an az login can have run out.
    """
    known = os.environ if environ is None else environ
    states = await asyncio.gather(*(_state(key, cloud, known) for key in cloud.sign_in_ways))
    return list(states)


async def _state(key: str, cloud: Cloud, environ: Mapping[str, str]) -> WayState:
    if key == "cli":
        possible, reason = _az_login(cloud, environ)
    elif key == "environment":
        possible, reason = environment_login(cloud, environ)
    elif key == "browser":
        possible, reason = _browser(environ)
    elif key == "managed_identity":
        possible, reason = await _managed_identity(environ)
    else:
        possible, reason = True, "any browser on any device will do"
    return WayState(WAYS[key], possible, reason)


def az_folder(cloud: Cloud, environ: Mapping[str, str]) -> Path:
    """The Azure CLI's folder: the cloud's own, else AZURE_CONFIG_DIR, else ``~/.azure``."""
    if cloud.az_config is not None:
        return cloud.az_config
    chosen = environ.get("AZURE_CONFIG_DIR")
    return Path(chosen) if chosen else Path.home() / ".azure"


def az_accounts(folder: Path) -> list[dict[str, object]]:
    """The subscriptions of an az login, as azureProfile.json lists them; none if there is no login.

    The file is UTF-8 with a byte order mark (Azure CLI 2.91).
    """
    try:
        profile = json.loads((folder / "azureProfile.json").read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return []
    listed = profile.get("subscriptions") if isinstance(profile, dict) else None
    return [a for a in listed if isinstance(a, dict)] if isinstance(listed, list) else []


def _az_login(cloud: Cloud, environ: Mapping[str, str]) -> tuple[bool, str]:
    folder = az_folder(cloud, environ)
    accounts = az_accounts(folder)
    if not accounts:
        return False, f"no az login found in {_short(folder)}"
    here = [a for a in accounts if a.get("environmentName") == cloud.az_name]
    if not here:
        others = sorted({clean_line(a.get("environmentName"), 40) for a in accounts})
        return False, f"az is signed in to {', '.join(others)}, not to {cloud.az_name}"
    chosen = next((a for a in here if a.get("isDefault")), here[0])
    user = chosen.get("user")
    name = user.get("name") if isinstance(user, dict) else ""
    return True, f"az is signed in as {clean_line(name or 'somebody', 100)}"


def _short(folder: Path) -> str:
    try:
        return f"~/{folder.relative_to(Path.home()).as_posix()}"
    except ValueError:
        return str(folder)


def environment_login(cloud: Cloud, environ: Mapping[str, str]) -> tuple[bool, str]:
    """Whether the environment holds a whole service principal for this cloud, and what is missing if not."""
    elsewhere = environ.get("AZURE_AUTHORITY_HOST", "")
    if elsewhere and authority(_with_scheme(elsewhere)) != authority(cloud.login):
        where = clean_line(elsewhere, 100)
        return False, f"AZURE_AUTHORITY_HOST is {where}, but {cloud.label} signs in at {cloud.login}"
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID"):
        if not environ.get(name):
            return False, f"{name} is not set"
    if environ.get("AZURE_CLIENT_SECRET"):
        return True, "AZURE_CLIENT_SECRET is set"
    for name in ("AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE"):
        if environ.get(name):
            found = Path(environ[name]).is_file()
            return found, f"{name} is set" if found else f"the file that {name} names is not there"
    return False, "AZURE_CLIENT_SECRET is not set"


def _with_scheme(host: str) -> str:
    return host if "://" in host else f"https://{host}"


def _browser(environ: Mapping[str, str]) -> tuple[bool, str]:
    if environ.get("BROWSER"):
        return True, "BROWSER is set"
    if environ.get("SSH_CONNECTION"):
        return False, "this is a remote session: a browser would open on the other machine"
    if sys.platform.startswith("linux") and not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
        return False, "no browser on this machine (no display)"
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False, "no browser on this machine"
    return True, "a browser can be opened"


async def _managed_identity(environ: Mapping[str, str]) -> tuple[bool, str]:
    for name in ("IDENTITY_ENDPOINT", "MSI_ENDPOINT"):
        if environ.get(name):
            return True, f"{name} is set"
    address = environ.get("AZURE_POD_IDENTITY_AUTHORITY_HOST") or _METADATA_SERVICE
    answers = await _answers_as_metadata_service(address)
    return answers, "the metadata service answers" if answers else "no managed identity endpoint answers"


async def _answers_as_metadata_service(address: str) -> bool:
    """Ask without the ``Metadata`` header: Azure's instance metadata service then answers 400, and gives nothing."""
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or 80
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                asked = f"GET /metadata/identity/oauth2/token HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
                writer.write(asked.encode("ascii"))
                await writer.drain()
                status = (await reader.readline()).split(b" ")
            finally:
                writer.close()
    except (OSError, TimeoutError, UnicodeError):
        return False
    return status[1:2] == [b"400"]
