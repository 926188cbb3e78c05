"""The boxes about secrets: where a new one shall be kept, the vault's passphrase, and one that is shown once."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from profiles.file_vault import RULE, passphrase_fault
from profiles.passphrase import AskedOnce, Asking
from profiles.secrets import DOTS, Secret, SecretStoreError
from screens.dialogs import Answer, Ask, Dialog
from screens.signs import sign
from screens.stores import OFFERED, QUESTION
from screens.terminal import Sign
from screens.text import plain
from screens.widgets.rows import BLANK, Row, Rows
from screens.widgets.secret_input import SecretInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import App, ComposeResult


def choose_store(refusal: str) -> Ask:
    """Return the question where new secrets shall be kept; `refusal` is why the store that was meant does not do."""
    rows = [Row(refusal, sign(Sign.WRONG), "bad")] if refusal else []
    rows += [BLANK] if refusal else []
    rows.append(Row(QUESTION))
    return Ask("Where secrets go", rows, [Answer(*one) for one in OFFERED])


def asked_on_screen(app: App[None]) -> AskedOnce:
    """Return what gives the vault's passphrase: it asks in a box over the page, once for as long as the app runs."""
    ui = threading.current_thread()

    def ask(asking: Asking) -> Secret:
        if threading.current_thread() is ui:  # it would wait for itself
            raise SecretStoreError("locked", "The vault has not been opened yet.")
        box = AskPassphrase(asking)
        app.call_from_thread(app.push_screen, box)
        typed = box.answer.result()
        if typed is None:
            raise SecretStoreError("locked", "The vault is locked: its passphrase was not given.")
        return typed

    return AskedOnce(ask)


class AskPassphrase(Dialog[None]):
    """Asks for the vault's passphrase, twice where it is new. `answer` gets it, or None when the box is closed."""

    HELP: ClassVar[str | None] = "The passphrase opens the vault, which keeps the secrets of all profiles."

    def __init__(self, asking: Asking) -> None:
        super().__init__("A new vault" if asking.new else "The vault")
        self._asking = asking
        self.answer: Future[Secret | None] = Future()

    @property
    def keys(self) -> str:
        """Say how to answer."""
        return (
            "Enter go on · Tab other field · Esc leave it locked"
            if self._asking.new
            else "Enter open · Esc leave it locked"
        )

    def body(self) -> ComposeResult:
        """Put the rule beside the field."""
        if self._asking.new:
            yield Rows(
                [
                    Row(
                        "A vault is made: one encrypted file on this machine for the secrets of all profiles."
                    ),
                    Row(
                        "Its passphrase is written nowhere. Who forgets it makes new secrets by azimuth rotate."
                    ),
                    BLANK,
                    Row("New passphrase:", quiet=RULE),
                ]
            )
            yield SecretInput(id="passphrase")
            yield Rows([Row("Once more:")])
            yield SecretInput(id="again")
        else:
            yield Rows([Row("The secrets of your profiles are in Azimuth's vault. Passphrase:")])
            yield SecretInput(id="passphrase")
        yield Rows(id="refusal")

    def on_mount(self) -> None:
        """Say what was wrong with the last try."""
        self.query_one("#passphrase").focus()
        self._tell(self._asking.wrong)

    def on_unmount(self) -> None:
        """Let nobody wait for a box that is gone."""
        self._settle(None)

    @on(Input.Submitted, "#passphrase")
    def _first(self) -> None:
        if not self._asking.new:
            self._take()
            return
        fault = passphrase_fault(self._typed("#passphrase"))
        self._tell(fault)
        if not fault:
            self.query_one("#again").focus()

    @on(Input.Submitted, "#again")
    def _second(self) -> None:
        first = self._typed("#passphrase")
        fault = passphrase_fault(first) or ("" if first == self._typed("#again") else "The two differ.")
        self._tell(fault)
        if not fault:
            self._take()

    def _typed(self, which: str) -> Secret:
        return Secret(self.query_one(which, SecretInput).value)

    def _take(self) -> None:
        self._settle(self._typed("#passphrase"))
        _ = self.dismiss(None)

    def _settle(self, typed: Secret | None) -> None:
        if not self.answer.done():
            self.answer.set_result(typed)

    def _tell(self, fault: str) -> None:
        rows = [Row(fault, sign(Sign.WRONG), "bad", text_tone="bad")] if fault else []
        self.query_one("#refusal", Rows).show(rows)


class Value(Static):
    """A secret as dots, or as it is; it can't be selected, so that nothing copies it through the terminal."""

    ALLOW_SELECT = False


class ShowOnce(Dialog[None]):
    """Shows secrets that no store keeps: as dots until a key reveals them."""

    HELP: ClassVar[str | None] = (
        "Space shows and hides. Nothing is copied to the clipboard or written to a file."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space", "reveal", "Show or hide", id="once.reveal", tooltip="Show the secret, or hide it again"
        ),
    ]

    def __init__(self, shown: Mapping[str, Secret]) -> None:
        super().__init__("Kept nowhere: put it away now")
        self._shown = dict(shown)
        self._revealed = False

    @property
    def keys(self) -> str:
        """Say how to see it."""
        return "Space show or hide · Esc close"

    def body(self) -> ComposeResult:
        """Name each, and its value below."""
        yield Rows(
            [
                Row("As you chose, no store keeps this. Put it where you keep such things, now."),
                Row(
                    quiet="Shift and the mouse select it in most terminals. Lost, azimuth rotate makes a new one."
                ),
            ]
        )
        for number, name in enumerate(self._shown):
            yield Rows([BLANK, Row(name, text_tone="strong")])
            yield Value(DOTS, id=f"value-{number}", markup=False)

    def action_reveal(self) -> None:
        """Show the values, or hide them again."""
        self._revealed = not self._revealed
        for number, secret in enumerate(self._shown.values()):
            value = plain(secret.reveal()) if self._revealed else plain(DOTS)
            self.query_one(f"#value-{number}", Value).update(value)
