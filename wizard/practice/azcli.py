"""How the Azure CLI is pointed at practice Azure: two files of its configuration folder, and no `az` process."""

from __future__ import annotations

from configparser import ConfigParser
from io import StringIO
from typing import TYPE_CHECKING

from wizard.practice.entra import SUFFIX
from wizard.practice.files import private_folder, write_private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_CLOUD = "PracticeAzure"
_CONFIG: Mapping[str, Mapping[str, str]] = {
    "cloud": {"name": _CLOUD},
    # MSAL would ask login.microsoftonline.com whether this authority is known, at every command.
    "core": {
        "instance_discovery": "false",
        "collect_telemetry": "false",
        "login_experience_v2": "off",
        "disable_progress_bar": "true",
        "no_color": "true",
        "survey_message": "false",
        "error_recommendation": "off",
    },
    "auto-upgrade": {"enable": "no"},
    "extension": {"use_dynamic_install": "no"},
    "bicep": {"check_version": "false"},
}


def write_az_config(url: str, folder: Path) -> Path:
    """Write `clouds.config` and `config` (0600) into `folder`, and give it back."""
    private_folder(folder)
    write_private(folder / "clouds.config", _ini({_CLOUD: _cloud(url)}))
    write_private(folder / "config", _ini(_CONFIG))
    return folder


def _cloud(url: str) -> dict[str, str]:
    root = f"{url}/"
    return {
        "endpoint_resource_manager": root,
        "endpoint_management": "https://management.core.windows.net/",
        "endpoint_active_directory": url,
        "endpoint_active_directory_resource_id": "https://management.core.windows.net/",
        "endpoint_active_directory_graph_resource_id": root,
        "endpoint_microsoft_graph_resource_id": root,
        "endpoint_gallery": root,
        "suffix_storage_endpoint": f"core.{SUFFIX}",
        "suffix_keyvault_dns": f".vault.{SUFFIX}",
        "suffix_acr_login_server_endpoint": f".azurecr.{SUFFIX}",
    }


def _ini(sections: Mapping[str, Mapping[str, str]]) -> bytes:
    parser = ConfigParser(interpolation=None)
    parser.read_dict(sections)
    text = StringIO()
    parser.write(text)
    return text.getvalue().encode()
