"""`azimuth export`: a profile or its plan written for another tool, to standard output or into a folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import click

from profiles.aml import aml_config
from profiles.environment import variables_of
from profiles.files import atomic_write
from profiles.profile import Profile
from profiles.secrets import Secret
from profiles.store import ProfileStore
from profiles.variables import FORMATS, write
from screens.commands.options import common
from screens.commands.reading import reopened
from screens.connecting import opened_cloud
from screens.faults import DONE, FAILED, Refused
from screens.settings import Settings
from wizard.plan import Unknown
from wizard.render.arm import template

_ENDINGS: Mapping[str, str] = MappingProxyType(
    {
        "bash": "sh",
        "sh": "sh",
        "zsh": "zsh",
        "fish": "fish",
        "powershell": "ps1",
        "cmd": "cmd",
        "json": "json",
    }
    | {"docker": "docker.env", "github": "github.env"}
)
_PARAMETERS = "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#"
_ARM_ID_PARTS = 9


@dataclass(frozen=True, slots=True)
class File:
    """One exported file."""

    name: str
    text: str


@click.command()
@click.argument("profile")
@click.option("--format", "form", type=click.Choice([*FORMATS, "aml-config", "arm"]), required=True)
@click.option("--output", "folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.option("--with-secrets", is_flag=True, help="Write secret variables too.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
@common
def export(
    settings: Settings, profile: str, form: str, folder: Path | None, *, with_secrets: bool, force: bool
) -> int:
    """Write PROFILE for another tool. Secret variables are left out unless --with-secrets."""
    if form == "arm":
        files = _arm(settings, profile)
    elif form == "aml-config":
        files = (_aml(ProfileStore().load(profile)),)
    else:
        files = (_variables(settings, profile, form, with_secrets=with_secrets),)
    if folder is None:
        return _print(files, settings)
    for path in _written(files, folder, force=force):
        settings.output.note(f"Wrote {path}.")
    return DONE


def _print(files: tuple[File, ...], settings: Settings) -> int:
    """Print the first file; a template's parameters, and further templates, need a folder.

    Raises:
        Refused: it would leave out what is meant to be deployed.
    """
    if len(files) > 2:  # noqa: PLR2004 - one template and its parameters
        raise Refused("The plan is deployed at several scopes: --output DIR writes a template for each.")
    for file in files[1:]:
        settings.output.note(f"{file.name} holds the values of its parameters: --output DIR writes it too.")
    sys.stdout.buffer.write(files[0].text.encode())
    sys.stdout.flush()
    return DONE


def _variables(settings: Settings, name: str, form: str, *, with_secrets: bool) -> File:
    variables = variables_of(name)
    left_out = [key for key, value in variables.items() if isinstance(value, Secret)]
    if left_out and not with_secrets:
        settings.output.note(
            f"Left out, being secret: {', '.join(left_out)}. --with-secrets writes them too."
        )
        variables = {key: value for key, value in variables.items() if key not in left_out}
    file_name = ".env" if form == "dotenv" else f"{name}.{_ENDINGS[form]}"
    text = write(variables, form)
    # Windows PowerShell 5.1 reads a file without this mark as ANSI.
    return File(file_name, f"\ufeff{text}" if form == "powershell" and not text.isascii() else text)


def _aml(profile: Profile) -> File:
    """Read the workspace's ARM id: /subscriptions/S/resourceGroups/G/providers/NAMESPACE/workspaces/W."""
    parts = str(profile.answers.get("workspace", "")).split("/")
    if len(parts) != _ARM_ID_PARTS:
        raise Refused(f"Profile {profile.name} names no workspace yet.", code=FAILED, kind="export")
    return File("config.json", aml_config(parts[2], parts[4], parts[8]))


def _arm(settings: Settings, name: str) -> tuple[File, ...]:
    kept = ProfileStore().load(name)
    with opened_cloud(settings, kept.cloud) as cloud:
        setup = reopened(name, cloud)
        plan, known = setup.walkthrough.plan(), setup.journal.known()
    files: list[File] = []
    stages = plan.stages()
    for number, resources in enumerate(stages.values(), 1):
        stem = name if len(stages) == 1 else f"{name}-{number}"
        try:
            body, parameters = template(resources, known)
        except Unknown as missing:
            sentence = f"The template depends on {missing}, which does not exist yet. Apply {name} first."
            raise Refused(sentence, code=FAILED, kind="export") from None
        values = {"$schema": _PARAMETERS, "contentVersion": "1.0.0.0", "parameters": parameters}
        files += [File(f"{stem}.template.json", _json(body)), File(f"{stem}.parameters.json", _json(values))]
    if not files:
        raise Refused(f"The plan of {name} has no Azure resources.", code=FAILED, kind="export")
    return tuple(files)


def _json(shape: object) -> str:
    return json.dumps(shape, indent=2, ensure_ascii=False) + "\n"


def _written(files: tuple[File, ...], folder: Path, *, force: bool) -> list[Path]:
    paths = [folder / file.name for file in files]
    there = [str(path) for path in paths if path.exists() or path.is_symlink()]
    if there and not force:
        raise Refused(f"There already: {', '.join(there)}. --force replaces.", code=FAILED, kind="export")
    folder.mkdir(parents=True, exist_ok=True)
    for file, path in zip(files, paths, strict=True):
        atomic_write(path, file.text)
    return paths
