"""Which variables may be set, and how they are written for a shell or a tool: exactly, or refused by name, never bent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from profiles.errors import VariableError
from profiles.secrets import DOTS, Secret

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from profiles.formats.rules import Format, Variable

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Setting one of these changes what later commands load, trust or run.
_DENIED = frozenset(
    (  # noqa: SIM905 - a line for each of fifty names would say no more
        "BASHOPTS BASH_ENV CDPATH CLASSPATH COMSPEC ENV EUID FPATH GLOBIGNORE HOME IFS JAVA_TOOL_OPTIONS LOGNAME NODE_OPTIONS "
        "NODE_PATH PATH PATHEXT PERL5LIB PERL5OPT PPID PROMPT_COMMAND PS1 PS2 PS3 PS4 PSMODULEPATH REQUESTS_CA_BUNDLE "
        "RUBYLIB RUBYOPT SHELL SHELLOPTS SSL_CERT_DIR SSL_CERT_FILE CURL_CA_BUNDLE SYSTEMROOT TERM TMPDIR UID USER WINDIR "
        "ZDOTDIR _JAVA_OPTIONS AZURE_AUTHORITY_HOST AZURE_CONFIG_DIR"
    ).split()
)
_DENIED_STARTS = ("LD_", "DYLD_", "PYTHON", "BASH_FUNC_", "GIT_", "GITHUB_", "RUNNER_", "ACTIONS_")
_DENIED_ENDS = ("_PROXY",)
# Stands for a secret until all is written: a format would escape dots.
_MASK = "XazimuthXmaskedX"
# Each format's module is loaded when it is asked for: a shell's start-up waits for no other.
_HOMES = {
    "bash": "shells",
    "zsh": "shells",
    "sh": "shells",
    "fish": "shells",
    "powershell": "windows",
    "cmd": "windows",
    "dotenv": "env_files",
    "dotenv-python": "env_files",
    "dotenv-node": "env_files",
    "docker": "env_files",
    "systemd": "env_files",
    "github": "pipelines",
    "github-secrets": "pipelines",
    "azure-devops": "pipelines",
    "tfvars-json": "documents",
    "devcontainer": "documents",
    "json": "documents",
}
FORMATS = tuple(_HOMES)


def write(
    variables: Mapping[str, str | Secret],
    format: str,  # noqa: A002 - the word of the command line
    secret_names: Collection[str] = (),
    *,
    mask: bool = False,
    title: str = "azimuth",
) -> str:
    """Variables as the text of a format (one of `FORMATS`), ending with a line break; `title` is the profile's name.

    With `mask`, secrets and the variables of `secret_names` show as dots, for the eye; they are checked all the same.
    For "github" print `github_masks` as workflow commands before this text goes into $GITHUB_ENV.
    Raises VariableError that lists every name which can't be written, ValueError for an unknown format.
    """
    from profiles.formats.rules import Variable

    chosen = format_named(format)
    plain = [
        Variable(name, _plain(value), isinstance(value, Secret) or name in secret_names)
        for name, value in variables.items()
    ]
    faults = _faults(chosen, plain)
    if faults:
        raise VariableError(format, faults)
    if not mask:
        return chosen.text(plain, title)
    return chosen.text([one._replace(value=_MASK) if one.secret else one for one in plain], title).replace(
        _MASK, DOTS
    )


def format_named(name: str) -> Format:
    """How a format writes. Raises ValueError for an unknown one."""
    if name not in _HOMES:
        raise ValueError(f"There is no format {name!r}; there are {', '.join(FORMATS)}.")
    # Not importlib's import_module: importlib itself costs `azimuth env` a millisecond.
    home = __import__(f"profiles.formats.{_HOMES[name]}", fromlist=("FORMATS",))
    found: Format = home.FORMATS[name]
    return found


def _faults(chosen: Format, variables: Sequence[Variable]) -> dict[str, str]:
    faults = {one.name: fault for one in variables if (fault := name_fault(one.name) or chosen.refusal(one))}
    if chosen.caseless:
        seen: dict[str, str] = {}
        for one in variables:
            other = seen.setdefault(one.name.upper(), one.name)
            if other != one.name:
                faults.setdefault(one.name, f"is the same name as {other!r} there")
    return faults


def masked(variables: Mapping[str, str | Secret], secret_names: Collection[str] = ()) -> dict[str, str]:
    """The same names, secret values as dots."""
    return {
        name: DOTS if isinstance(value, Secret) or name in secret_names else value
        for name, value in variables.items()
    }


def github_masks(variables: Mapping[str, str | Secret], secret_names: Collection[str] = ()) -> str:
    """Workflow commands that make GitHub's runner hide the secrets in its log, one for each line of each secret.

    They hold the secrets: only the runner may read them.
    """
    lines = [
        line
        for name, value in variables.items()
        if isinstance(value, Secret) or name in secret_names
        for line in _plain(value).splitlines()
        if line.strip()
    ]
    escaped = (line.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A") for line in lines)
    return "".join(f"::add-mask::{line}\n" for line in escaped)


def name_fault(name: str) -> str | None:
    """Why a name may not be a variable's, or None: it must be portable and must not steer later commands."""
    if not _NAME.fullmatch(name):
        return "is no variable's name (letters, digits and _, not starting with a digit)"
    upper = name.upper()  # Windows knows no difference, and http_proxy is read in small letters
    if upper in _DENIED or upper.startswith(_DENIED_STARTS) or upper.endswith(_DENIED_ENDS):
        return "may not be set by a profile: it changes what other programs load, trust or run"
    return None


def _plain(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value
