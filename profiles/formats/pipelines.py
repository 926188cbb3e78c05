"""Variables for GitHub Actions and Azure Pipelines; where commands set them, no secret stands on a command line."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from profiles.formats.rules import Format, Variable, by_line, hash_remark, quoted_for_sh, text_refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_GITHUB_LARGEST = 48 * 1024
_DEVOPS_LARGEST = 32 * 1024
# Names that Azure Pipelines keeps for itself.
_DEVOPS_OWN = ("agent", "build", "endpoint", "input", "path", "release", "secret", "securefile", "system")


def _github_line(name: str, value: str) -> str:
    import os

    delimiter = f"ghadelimiter_{os.urandom(16).hex()}"
    while delimiter in value:
        delimiter = f"ghadelimiter_{os.urandom(16).hex()}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}"


def _github_refusal(one: Variable) -> str | None:
    # The runner on Windows writes line ends of its own; a lone CR is cut or kept by version.
    return "holds a carriage return" if "\r" in one.value else text_refusal(one)


def _gh_line(one: Variable, _title: str) -> str:
    """A line that gives gh the value on its standard input: an argument could be read by everybody on the machine."""
    what = "secret" if one.secret else "variable"
    return f"printf %s {quoted_for_sh(one.value)} | gh {what} set {one.name}\n"


def _gh_text(variables: Sequence[Variable], title: str) -> str:
    env = "".join(
        f"#   {one.name}: ${{{{ {'secrets' if one.secret else 'vars'}.{one.name} }}}}\n" for one in variables
    )
    lines = "".join(_gh_line(one, title) for one in variables)
    return f"# In the workflow:\n# env:\n{env}{lines}"


def _gh_refusal(one: Variable) -> str | None:
    if not one.value:
        return "is empty, which gh takes for not given"
    if one.value[-1] in "\r\n":
        return "ends with a line break, which gh cuts off"
    if len(one.value.encode("utf-8", "replace")) > _GITHUB_LARGEST:
        return "is larger than GitHub keeps (48 KB)"
    return text_refusal(one)


def _devops_text(variables: Sequence[Variable], title: str) -> str:
    """Lines that make a variable group of what is plain, and add the secrets by az's own environment variable for them."""
    # az makes no empty group.
    plain = [one for one in variables if not one.secret] or [Variable("AZIMUTH_PROFILE", title)]
    pairs = "".join(f" \\\n  {one.name}={quoted_for_sh(one.value)}" for one in plain)
    create = f"az pipelines variable-group create --name {quoted_for_sh(title)} --query id --output tsv"
    add = 'az pipelines variable-group variable create --group-id "${group:?}" --secret true --output none'
    secrets = "".join(
        f"AZURE_DEVOPS_EXT_PIPELINE_VAR_{one.name}={quoted_for_sh(one.value)} \\\n  {add} --name {one.name}\n"
        for one in variables
        if one.secret
    )
    return f'group="$({create} --variables{pairs})"\n{secrets}'


def _devops_refusal(one: Variable) -> str | None:
    name, value, secret = one
    checks = (
        (name.lower().startswith(_DEVOPS_OWN), "has a name that Azure Pipelines keeps for itself"),
        (not value, "is empty, which az takes for not given"),
        (value.startswith("@") and not secret, "begins with @, for which az would read a file"),
        ("$(" in value or "$[" in value, "holds $( or $[, which a pipeline expands"),
        ("\r" in value, "holds a carriage return"),
        (
            len(value.encode("utf-8", "replace")) > _DEVOPS_LARGEST,
            "is too long for az's command line (32 KB)",
        ),
    )
    return next((why for wrong, why in checks if wrong), None) or text_refusal(one)


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "github": Format(by_line(_github_line), _github_refusal, "github.env"),
        "github-secrets": Format(_gh_text, _gh_refusal, "github.sh", hash_remark, caseless=True),
        "azure-devops": Format(_devops_text, _devops_refusal, "azure-devops.sh", hash_remark, caseless=True),
    }
)
