"""Showing a secret that no store keeps: at a terminal behind a key and taken away again, in JSON only into a pipe."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from profiles.secrets import DOTS
from screens.terminal import is_dumb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from profiles.secrets import Secret
    from screens.output import Output

_UP_AND_CLEAR = "\x1b[1A\x1b[2K"


def shape(shown: Mapping[str, Secret]) -> dict[str, str]:
    """Return what JSON says of such secrets: the values for a program that reads a pipe, dots for eyes."""
    if sys.stdout.isatty():
        return dict.fromkeys(shown, DOTS)
    return {name: secret.reveal() for name, secret in shown.items()}


def tell(output: Output, shown: Mapping[str, Secret]) -> None:
    """Show each on the terminal when its person is ready, and clear it away when they are done with it."""
    from screens.tty import Interrupted, NoTerminal, Terminal

    if not shown or (output.as_json and not sys.stdout.isatty()):
        return
    try:
        with Terminal() as terminal:
            for name, secret in shown.items():
                terminal.say(f"{name} is kept nowhere: you see it now, and nobody ever again.")
                terminal.key("Enter shows it. Have the place ready where you keep it.")
                terminal.say(f"  {_plainly(secret)}")
                terminal.key("Enter takes it away.")
                terminal.say("" if is_dumb() else f"{_UP_AND_CLEAR * 2}  {name} is yours now.")
    except (NoTerminal, Interrupted):
        output.say(f"{', '.join(shown)} was not shown: azimuth rotate makes a new one.", "warn")


def _plainly(secret: Secret) -> str:
    """The value; what would steer the terminal instead of showing is told as it is written in Python."""
    value = secret.reveal()
    return value if value.isprintable() else ascii(value)
