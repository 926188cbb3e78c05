"""What a face gives a setup about secrets: the store that was asked for, and who is asked for the vault's passphrase."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from screens.faults import Refused
from screens.passphrases import on_terminal
from screens.terminal import has_person

if TYPE_CHECKING:
    from screens.settings import Settings
    from wizard.setup import Setup

ONCE = "once"
OFFERED = (
    ("keyring", "Keyring", "look again: unlock it first, or install one"),
    ("vault", "Vault", "an encrypted file, locked by a passphrase"),
    (ONCE, "Show it once", "keep it nowhere: you put it away yourself"),
)
"""The stores a person may take when the one that was meant does not do: kind, name, meaning; the safe one first."""

QUESTION = "Where shall the client secret be kept? It is never written down as plain text."


def equip(setup: Setup, settings: Settings) -> None:
    """Have a setup without a screen use the store that was asked for, and ask on the terminal for what opens it."""
    setup.store_choice = settings.secret_store
    setup.passphrase = on_terminal()


def see_who_reads(setup: Setup, settings: Settings) -> None:
    """Refuse to make a secret that is kept nowhere where nobody would see it.

    Raises:
        Refused: there is neither a person at a terminal nor a pipe that takes JSON.
        SecretStoreError: what was chosen is no store.
    """
    if setup.walkthrough.plan().password is None or setup.store_chosen.kind != ONCE:
        return
    if not has_person() and not piped_json(as_json=settings.as_json):
        raise Refused(
            "With --secret-store once a new secret is shown and kept nowhere, and nobody is here to see it. "
            "Run it at a terminal, or take --json into a pipe: shown_once holds it then."
        )


def piped_json(*, as_json: bool) -> bool:
    """Whether standard output is read by a program that wants JSON: secrets may go there, as with azimuth env."""
    return as_json and not sys.stdout.isatty()
