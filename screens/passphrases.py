"""How a face without a screen asks for the vault's passphrase: on the terminal, twice where it is new."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

from profiles.file_vault import OTHERWISE, RULE
from profiles.passphrase import AskedOnce, Asking
from profiles.secrets import Secret, SecretStoreError

if TYPE_CHECKING:
    from screens.tty import Terminal

_NEW = (
    "A vault of your own is made: one encrypted file for the secrets of all profiles. Choose its passphrase"
)
_FORGOTTEN = "It is written nowhere: who forgets it makes new secrets by azimuth rotate."


def on_terminal() -> AskedOnce:
    """Return what gives the vault's passphrase: it asks on the terminal, once for as long as it lives."""
    return AskedOnce(ask)


def ask(asking: Asking) -> Secret:
    """Ask on the terminal. Raises SecretStoreError when there is none, KeyboardInterrupt when the person leaves."""
    from screens.tty import Interrupted, NoTerminal, Terminal

    try:
        with Terminal() as terminal:
            if asking.wrong:
                terminal.say(asking.wrong)
            return _new(terminal, told=bool(asking.wrong)) if asking.new else _known(terminal)
    except NoTerminal:
        what = "The vault needs its passphrase, and there is no terminal to ask at."
        raise SecretStoreError("locked", f"{what} {OTHERWISE}") from None
    except Interrupted:
        pass
    raise _left()


def _known(terminal: Terminal) -> Secret:
    return Secret(terminal.hidden("Passphrase of the vault"))


def _new(terminal: Terminal, *, told: bool) -> Secret:
    if not told:
        terminal.say(f"{_NEW}: {RULE}.")
        terminal.say(_FORGOTTEN)
    return chosen(terminal)


def chosen(terminal: Terminal) -> Secret:
    """Ask for a new passphrase until it is typed the same twice."""
    while True:
        first = Secret(terminal.hidden("New passphrase"))
        if first == Secret(terminal.hidden("Once more")):
            return first
        terminal.say("The two differ: type it again.")


def _left() -> BaseException:
    """Ctrl+C was read as a sign: do what it means everywhere else."""
    if threading.current_thread() is threading.main_thread():
        return KeyboardInterrupt()
    os.kill(os.getpid(), signal.SIGINT)
    return SecretStoreError("locked", "The vault's passphrase was not given.")
