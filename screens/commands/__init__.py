"""The commands, one module a subject; a module is loaded when its command is called."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["command_line"]


def command_line(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code.

    Raises whatever the command raises, but for what click itself has to say about wrong usage.
    """
    from screens.commands.group import run

    return run(arguments)
