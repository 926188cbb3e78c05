"""What `azimuth env` and `azimuth run` do with a profile's variables. It loads no click: shells wait for it at start-up."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from profiles.environment import variables_of
from profiles.secrets import Secret
from profiles.variables import FORMATS, github_masks, write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from profiles.handing_out import Handout

DEFAULT = "bash"
_NOT_FOUND, _NOT_STARTED = 127, 126


def print_variables(name: str, form: str = DEFAULT, *, reveal: bool = False) -> int:
    """Print a profile's variables for a shell or tool; on a terminal secrets show as dots unless `reveal`.

    Raises what `variables_of` and `write` raise.
    """
    variables = variables_of(name, _passphrase)
    eyes = sys.stdout.isatty() and not reveal
    text = write(variables, form, mask=eyes, title=name)
    tell_the_runner(variables, form)
    # Bytes, so that a value leaves exactly as it is whatever the terminal's encoding.
    sys.stdout.buffer.write(text.encode())
    sys.stdout.flush()
    if eyes and "•" in text:
        sys.stderr.write(f"Secrets are masked on a terminal. {_ways_on(name, form)}; --reveal shows them.\n")
    return 0


def write_variables(name: str, form: str, path: str, *, force: bool = False) -> int:
    """Write a profile's variables into a file of mode 0600, secrets as they are, and tell what git would do with it.

    Raises what `variables_of`, `write` and `hand_out` raise.
    """
    from profiles.handing_out import Handout
    from profiles.variables import format_named

    variables = variables_of(name, _passphrase)
    text = write(variables, form, title=name)
    tell_the_runner(variables, form)
    secret = any(isinstance(value, Secret) for value in variables.values())
    return _handed(Handout(path, text, secret, format_named(form).remark), force=force)


def print_snippet(name: str, kind: str, path: str = "") -> int:
    """Print lines of a kind that fetch a profile's variables, or write them into a file; no store is opened.

    Raises what `names_of`, `write_snippet` and `hand_out` raise.
    """
    from profiles.environment import names_of
    from profiles.handing_out import Handout
    from profiles.snippets import SNIPPETS, Source, write_snippet

    text = write_snippet(kind, Source(name, *names_of(name)))
    if path:
        return _handed(Handout(path, text, remark=SNIPPETS[kind].remark), force=False)
    sys.stdout.buffer.write(text.encode())
    sys.stdout.flush()
    return 0


def run_command(name: str, command: Sequence[str], *, umask: int | None = None) -> int:
    """Become the command, with the profile's variables in its environment alone.

    Its exit code, signals and terminal are then its own. Returns only when it can't be started.
    Raises what `variables_of` raises.
    """
    environment, _ = _environment(name)
    before = os.umask(umask) if umask is not None else None
    try:
        os.execvpe(command[0], list(command), environment)  # noqa: S606 - a command of the person's own
    except OSError as refusal:
        if before is not None:
            os.umask(before)
        return not_started(command[0], refusal)


def run_masked(name: str, command: Sequence[str]) -> int:
    """Run the command with the profile's variables, and let none of its secrets through to its output.

    Returns the exit code; ends by the signal that ended the command. Raises what `variables_of` raises.
    """
    from screens.masked_run import run

    environment, secrets = _environment(name)
    try:
        return run(command, environment, secrets)
    except OSError as refusal:
        return not_started(command[0], refusal)


def not_started(command: str, refusal: OSError) -> int:
    """Tell why a command can't be started, and return the exit code that shells give for it."""
    sys.stderr.write(f"azimuth: {command!r} can't be started: {refusal.strerror}.\n")
    return _NOT_FOUND if isinstance(refusal, FileNotFoundError) else _NOT_STARTED


def plain_form(arguments: Sequence[str]) -> tuple[str, str] | None:
    """Recognise ``env NAME [--format FORM]``, the one form that shells run at every start; else None."""
    match list(arguments):
        case ["env", name]:
            form = DEFAULT
        case ["env", name, "--format", form] | ["env", "--format", form, name]:
            pass
        case _:
            return None
    return (name, form) if not name.startswith("-") and form in FORMATS else None


def _environment(name: str) -> tuple[dict[str, str], tuple[Secret, ...]]:
    """This process's environment with the profile's variables, and those that are secret."""
    variables = variables_of(name, _passphrase)
    sys.stdout.flush()
    sys.stderr.flush()
    plain = {key: value if isinstance(value, str) else value.reveal() for key, value in variables.items()}
    return {**os.environ, **plain}, tuple(one for one in variables.values() if isinstance(one, Secret))


def _passphrase() -> Secret:
    """The vault's passphrase, asked on the terminal: only what is in the vault needs it."""
    from screens.passphrases import on_terminal

    return on_terminal()()


def _ways_on(name: str, form: str) -> str:
    """How the variables get to where a format belongs, secrets as they are."""
    if form in {"bash", "zsh", "sh"}:
        more = "" if form == DEFAULT else f" --format {form}"
        return f'eval "$(azimuth env {name}{more})" gives them to this shell'
    into = {"fish": "source", "github-secrets": "bash", "azure-devops": "bash"}.get(form)
    if into:
        return f"azimuth env {name} --format {form} | {into} takes them as they are"
    return "A pipe and --write FILE get them as they are"


def tell_the_runner(variables: Mapping[str, str | Secret], form: str) -> None:
    """In a job of GitHub's, have the secrets hidden in its log before a text for $GITHUB_ENV is written."""
    if form == "github" and os.environ.get("GITHUB_ACTIONS") == "true":
        sys.stderr.write(github_masks(variables))  # the runner reads its commands there too
        sys.stderr.flush()


def _handed(file: Handout, *, force: bool) -> int:
    from profiles.handing_out import hand_out
    from wizard.text import clean

    for warning in hand_out((file,), force=force):
        sys.stderr.write(f"{clean(warning)}\n")
    sys.stderr.write(f"{clean(f'Wrote {file.path} (mode 0600).')}\n")
    return 0
