"""Variables as JSON: for any program, for Terraform, and for a development container."""

from __future__ import annotations

import json
import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING

from profiles.formats.rules import Format, Variable, text_refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# What a `variable` block of Terraform may not be called.
_TERRAFORM_OWN = frozenset(
    ("count", "depends_on", "for_each", "lifecycle", "locals", "providers", "source", "version")
)


def _json_text(variables: Sequence[Variable], _title: str) -> str:
    return _shown({one.name: one.value for one in variables})


def _json_refusal(one: Variable) -> str | None:
    try:
        one.value.encode()
    except UnicodeEncodeError:
        return "holds half a character (a lone surrogate)"
    return None


def _tfvars_refusal(one: Variable) -> str | None:
    if one.name in _TERRAFORM_OWN:
        return "has a name that Terraform keeps for itself"
    fault = text_refusal(one)
    if fault is None and not unicodedata.is_normalized("NFC", one.value):
        return "is not in Unicode's normal form C, into which Terraform would bring it"
    return fault


def _container_text(variables: Sequence[Variable], _title: str) -> str:
    """Plain values as they are; a secret comes from the environment of whoever opens the container, and is not in the file."""
    plain = {one.name: one.value for one in variables if not one.secret}
    secret = {one.name: f"${{localEnv:{one.name}}}" for one in variables if one.secret}
    return _shown({"containerEnv": plain} | ({"remoteEnv": secret} if secret else {}))


def _container_refusal(one: Variable) -> str | None:
    if not one.secret and "${" in one.value:
        return "holds ${, which a development container expands"
    return text_refusal(one)


def _shown(shape: Mapping[str, object]) -> str:
    return json.dumps(shape, indent=2, ensure_ascii=False) + "\n"


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "json": Format(_json_text, _json_refusal, "json"),
        "tfvars-json": Format(_json_text, _tfvars_refusal, "auto.tfvars.json"),
        "devcontainer": Format(_container_text, _container_refusal, "devcontainer.json"),
    }
)
