"""How variables are written for a shell or a tool, exactly; what a format can't carry is refused by name, never bent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from profiles.errors import VariableError
from profiles.secrets import DOTS, Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

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
_PORTABLE = re.compile(r"(?![~%])[A-Za-z0-9_./:@%+,=~-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CMD_LONGEST = 8000
_DOCKER_LONGEST = 64 * 1024
# PowerShell takes each of these for an apostrophe; doubled, each stands for itself.
_POWERSHELL_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")


class _Format(NamedTuple):
    """How one variable becomes a line, and the reason why a value can't, if any."""

    line: Callable[[str, str], str]
    refusal: Callable[[str], str | None]


def write(
    variables: Mapping[str, str | Secret],
    format: str,  # noqa: A002 - the word of the command line
    secret_names: Collection[str] = (),
    *,
    mask: bool = False,
) -> str:
    """Variables as the text of a format (one of `FORMATS`), ending with a line break.

    With `mask`, secrets and the variables of `secret_names` show as dots, for the eye; they are checked all the same.
    For "github" print `github_masks` as workflow commands before this text goes into $GITHUB_ENV.
    Raises VariableError that lists every name which can't be written, ValueError for an unknown format.
    """
    if format not in FORMATS:
        raise ValueError(f"There is no format {format!r}; there are {', '.join(FORMATS)}.")
    plain = {name: _plain(value) for name, value in variables.items()}
    refusal = _unicode_refusal if format == "json" else _LINES[format].refusal
    faults = {name: fault for name, value in plain.items() if (fault := name_fault(name) or refusal(value))}
    if faults:
        raise VariableError(format, faults)
    shown = masked(variables, secret_names) if mask else plain
    if format == "json":
        import json

        return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"
    line = _LINES[format].line
    return "".join(f"{line(name, value)}\n" for name, value in shown.items())


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


def _posix_line(name: str, value: str) -> str:
    quoted = value.replace("'", "'\\''")
    return f"export {name}='{quoted}'"


def _fish_line(name: str, value: str) -> str:
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{quoted}'"


def _powershell_line(name: str, value: str) -> str:
    quoted = _POWERSHELL_QUOTES.sub(r"\1\1", value)
    return f"$env:{name} = '{quoted}'"


def _cmd_line(name: str, value: str) -> str:
    # @: a batch file shows its lines as it runs them.
    return f'@set "{name}={value.replace("%", "%%")}"'


def _plain_line(name: str, value: str) -> str:
    return f"{name}={value}"


def _github_line(name: str, value: str) -> str:
    import os

    delimiter = f"ghadelimiter_{os.urandom(16).hex()}"
    while delimiter in value:
        delimiter = f"ghadelimiter_{os.urandom(16).hex()}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}"


def _text_refusal(value: str) -> str | None:
    if "\0" in value:
        return "holds a NUL, which no variable can"
    return _unicode_refusal(value)


def _unicode_refusal(value: str) -> str | None:
    try:
        value.encode()
    except UnicodeEncodeError:
        return "holds half a character (a lone surrogate)"
    return None


def _powershell_refusal(value: str) -> str | None:
    if not value:
        return "is empty, and PowerShell before 7.5 would remove it"
    return _text_refusal(value)


def _cmd_refusal(value: str) -> str | None:
    if not value:
        return "is empty, and cmd would remove it"
    if _CONTROL.search(value):
        return "holds a line break or control character"
    if '"' in value or "!" in value:
        return 'holds " or !'
    if not value.isascii():
        return "holds more than ASCII, which depends on cmd's code page"
    return "is longer than 8000 characters" if len(value) > _CMD_LONGEST else None


def _dotenv_refusal(value: str) -> str | None:
    if _PORTABLE.fullmatch(value):
        return None
    return "holds signs that the readers of dotenv files take differently; use --format json or a shell's"


def _docker_refusal(value: str) -> str | None:
    if _CONTROL.search(value.replace("\t", "")):
        return "holds a line break or control character"
    if value and value[0] == value[-1] and value[0] in "\"'":
        return "is in quotes, which newer versions of docker take away"
    if len(value.encode("utf-8", "replace")) >= _DOCKER_LONGEST - 1024:
        return "is too long for docker's reader"
    return _text_refusal(value)


def _github_refusal(value: str) -> str | None:
    # The runner on Windows writes line ends of its own; a lone CR is cut or kept by version.
    return "holds a carriage return" if "\r" in value else _text_refusal(value)


_POSIX = _Format(_posix_line, _text_refusal)
_LINES = {
    "bash": _POSIX,
    "zsh": _POSIX,
    "sh": _POSIX,
    "fish": _Format(_fish_line, _text_refusal),
    "powershell": _Format(_powershell_line, _powershell_refusal),
    "cmd": _Format(_cmd_line, _cmd_refusal),
    "dotenv": _Format(_plain_line, _dotenv_refusal),
    "docker": _Format(_plain_line, _docker_refusal),
    "github": _Format(_github_line, _github_refusal),
}
FORMATS = (*_LINES, "json")
