"""What keeps a secret in this process's memory from getting out of it by the side: files, cores, debuggers, libraries' logs."""

from __future__ import annotations

import os
import resource
import sys
import threading
from contextlib import suppress

_UMASK = 0o077
_PR_SET_DUMPABLE = 4


def keep_private() -> None:
    """Make what this process writes unreadable for others, leave no core, and keep libraries' own logs off.

    Textual's log would hold every keystroke, so its variables go before it is imported. For a process that becomes
    another program there is `keep_memory` alone: the rest would last into that program.
    """
    os.umask(_UMASK)
    for name in [name for name in os.environ if name.startswith("TEXTUAL")]:
        del os.environ[name]
    # A crash must not write the memory into a file. The limit alone does not bind a core handler that is a program.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    keep_memory()
    _ask_no_program_for_the_processor()
    sys.unraisablehook = _unraised


def keep_memory() -> None:
    """Let no other process of this user read the memory, and no core be made of it; a program begun by exec is free again."""
    from profiles.log_file import keep_off_the_terminal

    keep_off_the_terminal()
    if sys.platform != "linux":
        return
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _ask_no_program_for_the_processor() -> None:
    """Keep Python's `platform` from running `uname -p` for a User-Agent of the SDKs: it would get our whole environment."""
    import platform

    platform.uname().__dict__.setdefault("processor", "")  # what it would keep there (Python 3.11 to 3.13)


def _unraised(fault: sys.UnraisableHookArgs) -> None:
    """Note where a finalizer failed; Python's own words about it would show the object."""
    import logging

    if fault.exc_value is not None and threading.current_thread().is_alive():
        logging.getLogger("screens.private").error("a finalizer failed", exc_info=fault.exc_value)
