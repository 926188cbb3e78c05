"""What the log is told of a command: which one, with which options (never their values), and how it ended."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

_log = logging.getLogger("screens.record")
_log.addHandler(logging.NullHandler())  # without any handler Python would write to standard error


def begin() -> None:
    """Write a log from now on; where it can't be written, say so and go on without."""
    from profiles.errors import ProfilesError
    from profiles.log_file import begin_log

    try:
        begin_log()
    except (ProfilesError, OSError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else str(problem)
        sys.stderr.write(f"azimuth: no log is written: {why}\n")


def command(context: click.Context) -> None:
    """Note a command and which of its options were given."""
    from click.core import ParameterSource

    if context.invoked_subcommand is not None:
        return  # which notes itself
    given = [
        name
        for name in context.params
        if context.get_parameter_source(name) in {ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT}
    ]
    _log.info("%s, given: %s", context.command_path, ", ".join(sorted(given)) or "nothing")


def ended(code: int) -> None:
    """Note the exit code."""
    _log.info("ended with %d", code)


def failed(fault: BaseException) -> None:
    """Note what ended a command."""
    _log.error("ended by %s", type(fault).__name__, exc_info=fault)
