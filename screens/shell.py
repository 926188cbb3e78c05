"""What `azimuth env` and `azimuth run` do with a profile's variables. It loads no click: shells wait for it at start-up."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from profiles.environment import variables_of
from profiles.variables import FORMATS, github_masks, write

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT = "bash"
_NOT_FOUND, _NOT_STARTED = 127, 126


def print_variables(name: str, form: str = DEFAULT, *, reveal: bool = False) -> int:
    """Print a profile's variables for a shell or tool; on a terminal secrets show as dots unless `reveal`.

    Raises what `variables_of` and `write` raise.
    """
    variables = variables_of(name)
    eyes = sys.stdout.isatty() and not reveal
    text = write(variables, form, mask=eyes)
    if form == "github" and os.environ.get("GITHUB_ACTIONS") == "true":
        sys.stderr.write(github_masks(variables))  # the runner reads its commands there too
    # Bytes, so that a value leaves exactly as it is whatever the terminal's encoding.
    sys.stdout.buffer.write(text.encode())
    sys.stdout.flush()
    if eyes and "•" in text:
        sys.stderr.write(
            f'Secrets are masked on a terminal. eval "$(azimuth env {name})" gives them to this shell; '
            "--reveal shows them.\n"
        )
    return 0


def run_command(name: str, command: Sequence[str], *, umask: int | None = None) -> int:
    """Become the command, with the profile's variables in its environment alone.

    Its exit code, signals and terminal are then its own. Returns only when it can't be started.
    Raises what `variables_of` raises.
    """
    variables = {
        key: value if isinstance(value, str) else value.reveal() for key, value in variables_of(name).items()
    }
    sys.stdout.flush()
    sys.stderr.flush()
    before = os.umask(umask) if umask is not None else None
    try:
        os.execvpe(command[0], list(command), {**os.environ, **variables})  # noqa: S606 - a command of the person's own
    except OSError as refusal:
        if before is not None:
            os.umask(before)
        sys.stderr.write(f"azimuth: {command[0]!r} can't be started: {refusal.strerror}.\n")
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
