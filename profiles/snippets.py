"""Lines for a start-up file, a folder or a container that fetch a profile's variables; none of them holds a secret."""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from profiles.errors import VariableError
from profiles.formats.env_files import FORMATS as ENV_FILES
from profiles.formats.rules import Variable, hash_remark, quoted_for_sh
from profiles.formats.windows import powershell_literal, powershell_refusal
from profiles.locations import profiles_home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_SETX_LONGEST = 1024
_SETX_REFUSED = '"%!'


class Source(NamedTuple):
    """The profile that lines are for: its name, its plain variables, and the names of its secret ones."""

    profile: str
    plain: Mapping[str, str]
    secret: Sequence[str]

    @property
    def names(self) -> tuple[str, ...]:
        """All its variables."""
        return (*self.plain, *self.secret)


class Snippet(NamedTuple):
    """A kind of lines: what it is for, how it is written, and how a remark stands in it."""

    about: str
    text: Callable[[Source], str]
    remark: Callable[[str], str]


def write_snippet(kind: str, source: Source) -> str:
    """The lines of a kind (one of `SNIPPETS`). Raises VariableError for values that its reader can't carry exactly."""
    return SNIPPETS[kind].text(source)


def _direnv(source: Source) -> str:
    """For .envrc: direnv keeps what it read until a watched file changes, and a rotated secret changes the profile."""
    return (
        f"# .envrc: direnv fetches the variables of {source.profile} when you enter the folder; none is in this file.\n"
        f"watch_file {_profile_file(source.profile)}\n"
        f'if azimuth_variables="$(azimuth env {source.profile} --format bash)"; then\n'
        '  eval "$azimuth_variables"\n'
        "fi\n"
        "unset azimuth_variables\n"
    )


def _profile_file(profile: str) -> str:
    path, home = os.path.join(profiles_home(), f"{profile}.toml"), os.path.expanduser("~")  # noqa: PTH111, PTH118 - text is wanted
    if path.startswith(f"{home}{os.sep}"):
        return f'"$HOME"{quoted_for_sh(path[len(home) :])}'
    return quoted_for_sh(path)


def _shell(form: str, file: str) -> Callable[[Source], str]:
    return lambda source: (
        f"# {file}: each new shell gets the variables of {source.profile}; none is in this file.\n"
        "if command -v azimuth >/dev/null 2>&1; then\n"
        f'  eval "$(azimuth env {source.profile} --format {form})"\n'
        "fi\n"
    )


def _fish(source: Source) -> str:
    return (
        f"# ~/.config/fish/config.fish: each new shell gets the variables of {source.profile}; none is in this file.\n"
        "if command -q azimuth\n"
        f"  azimuth env {source.profile} --format fish | source\n"
        "end\n"
    )


def _powershell(source: Source) -> str:
    return (
        f"# $PROFILE: each new session gets the variables of {source.profile}; none is in this file.\n"
        "if (Get-Command azimuth -ErrorAction SilentlyContinue) {\n"
        f'  Invoke-Expression ((azimuth env {source.profile} --format powershell) -join "`n")\n'
        "}\n"
    )


def _powershell_permanent(source: Source) -> str:
    _refuse("powershell-permanent", source, powershell_refusal)
    lines = (
        f"[Environment]::SetEnvironmentVariable('{name}', {powershell_literal(value)}, 'User')\n"
        for name, value in source.plain.items()
    )
    return "".join((*_left_out(source, "powershell", hash_remark), *lines))


def _cmd_permanent(source: Source) -> str:
    _refuse("cmd-permanent", source, _setx_refusal)
    lines = (f'@setx {name} "{value}"\n' for name, value in source.plain.items())
    return "".join((*_left_out(source, "cmd", _rem), *lines))


def _setx_refusal(one: Variable) -> str | None:
    value = one.value
    checks = (
        (not value, "is empty, which setx refuses"),
        (len(value) > _SETX_LONGEST, "is longer than 1024 characters, at which setx cuts"),
        (not value.isascii() or not value.isprintable(), "holds more than printable ASCII"),
        (any(sign in value for sign in _SETX_REFUSED), 'holds ", % or !'),
        (value[:1] in {"/", "-"}, "begins as an option of setx does"),
        (value.endswith("\\"), "ends with \\, which would take the closing quote"),
    )
    return next((why for wrong, why in checks if wrong), None)


def _left_out(source: Source, form: str, remark: Callable[[str], str]) -> Iterable[str]:
    for name in source.secret:
        yield f"{remark(f'{name} is secret, and Windows would keep it in clear: azimuth env {source.profile} --format {form}')}\n"


def _docker(source: Source) -> str:
    given = "".join(f" \\\n  --env {name}" for name in source.names)
    return f"azimuth run {source.profile} -- docker run --rm -it{given} \\\n  IMAGE\n"


def _dockerfile(source: Source) -> str:
    _refuse("dockerfile", source, ENV_FILES["dotenv"].refusal)
    lines = (f"# ENV {name}={value}\n" for name, value in source.plain.items())
    whose = ", ".join(source.secret)
    secret = f"# {whose}: never in an image; docker run --env gives it.\n" if whose else ""
    return "".join((*lines, secret))


def _workflow(source: Source) -> str:
    plain = (f"  {name}: ${{{{ vars.{name} }}}}\n" for name in source.plain)
    secret = (f"  {name}: ${{{{ secrets.{name} }}}}\n" for name in source.secret)
    return "".join(("env:\n", *plain, *secret))


def _terraform(source: Source) -> str:
    plain = (f'variable "{name}" {{\n  type = string\n}}\n' for name in source.plain)
    secret = (
        f'variable "{name}" {{\n  type      = string\n  sensitive = true\n}}\n' for name in source.secret
    )
    return "\n".join((*plain, *secret))


def _refuse(kind: str, source: Source, refusal: Callable[[Variable], str | None]) -> None:
    faults = {name: why for name, value in source.plain.items() if (why := refusal(Variable(name, value)))}
    if faults:
        raise VariableError(kind, faults)


def _rem(words: str) -> str:
    return f"@rem {words}"


SNIPPETS: Mapping[str, Snippet] = MappingProxyType(
    {
        "direnv": Snippet("lines for .envrc", _direnv, hash_remark),
        "bash": Snippet("lines for ~/.bashrc", _shell("bash", "~/.bashrc"), hash_remark),
        "zsh": Snippet("lines for ~/.zshrc", _shell("zsh", "~/.zshrc"), hash_remark),
        "fish": Snippet("lines for config.fish", _fish, hash_remark),
        "powershell": Snippet("lines for $PROFILE", _powershell, hash_remark),
        "powershell-permanent": Snippet(
            "the plain variables kept for the user", _powershell_permanent, hash_remark
        ),
        "cmd-permanent": Snippet("the same by setx", _cmd_permanent, _rem),
        "docker": Snippet("docker run with the variables by name", _docker, hash_remark),
        "dockerfile": Snippet("commented ENV lines of the plain variables", _dockerfile, hash_remark),
        "github-workflow": Snippet("the env: block of a workflow", _workflow, hash_remark),
        "terraform": Snippet("variable blocks for tfvars-json", _terraform, hash_remark),
    }
)
