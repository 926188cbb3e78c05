"""What becomes of the terminal when a signal ends this process while a secret is being typed: it is put right first."""

from __future__ import annotations

import os
import signal
import sys
import termios
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

_ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def leave_the_terminal_right() -> None:
    """From now on a signal that ends this process restores the terminal as it is now, and then ends it as it would have.

    Where something better is done (the full screen, a run), that takes the signal over for as long as it lasts.
    """
    try:
        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)
    except (OSError, ValueError, AttributeError, termios.error):
        return  # no terminal to put right

    def end(which: int, _frame: FrameType | None) -> None:
        with suppress(OSError, termios.error):
            termios.tcsetattr(terminal, termios.TCSANOW, before)
        signal.signal(which, signal.SIG_DFL)
        os.kill(os.getpid(), which)

    with suppress(ValueError):  # not in the main thread
        for which in _ENDING:
            if signal.getsignal(which) is signal.SIG_DFL:
                signal.signal(which, end)
