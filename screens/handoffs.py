"""What an administrator has to do: reason, commands and a mail, each to copy by one key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from screens.page import Page
from screens.signs import sign
from screens.terminal import Sign
from screens.text import plain
from screens.widgets.rows import BLANK, Row, Rows, heading

if TYPE_CHECKING:
    from wizard.apply.handoff import HandOff


def handoff_lines(handoffs: Sequence[HandOff], postponed: Sequence[str] = ()) -> list[Row]:
    """Return hand-offs as lines of a list: what waits for whom and why, and what goes on by itself after that."""
    if not handoffs:
        return []
    count = len(handoffs)
    rows = [heading(f"{count} hand-off{'s' if count != 1 else ''} to an administrator")]
    for one in handoffs:
        named = f"{one.step} {one.title}".strip()
        made = f"{named}: {', '.join(one.labels)}" if one.labels else named
        rows.append(Row(made, sign(Sign.WAITS), "warn", one.reason, word="waits"))
    rows += [Row(label, sign(Sign.TO_DO), "quiet", "follows by itself", word="then") for label in postponed]
    return rows


def handoff_rows(handoff: HandOff) -> list[Row]:
    """Return the whole of one hand-off: reason, place, rights, ids, commands and mail."""
    rows = [Row(handoff.reason, sign(Sign.WAITS), "warn", word="why")]
    rows += [Row(label, "+", "good", word="wanted") for label in handoff.labels]
    if handoff.actions:
        rows.append(Row(", ".join(handoff.actions), sign(Sign.WRONG), "bad", word="lacking"))
    if handoff.scope:
        rows.append(Row(handoff.scope, word="where", indent=2))
    rows += [Row(identity, quiet=name, indent=2, word="id") for name, identity in handoff.ids.items()]
    rows += [Row(label, word="then", quiet="follows by itself", indent=2) for label in handoff.postponed]
    if handoff.file:
        rows.append(Row(handoff.file, word="file", indent=2))
    rows += _block("Commands  (C copies them)", handoff.commands)
    rows += _block("Or", handoff.otherwise)
    rows += _block("Mail  (Y copies it)", handoff.mail)
    return rows


def _block(title: str, text: str) -> list[Row]:
    lines = [(one.lstrip(), len(one) - len(one.lstrip())) for one in text.splitlines()]
    return [BLANK, heading(title), *(Row(one, indent=2 + inset) for one, inset in lines)] if text else []


class HandOffPage(Page):
    """Shows one hand-off at a time, to be scrolled and copied."""

    CSS_PATH = "styles/sheet.tcss"
    HELP: ClassVar[str | None] = (
        "You lack a right for a part of the plan; the rest goes on without it. Send the mail to somebody who has the "
        "right. While you watch, or when you come back by azimuth resume, Azimuth looks whether it is done."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "y", "copy('mail')", "Copy mail", id="handoff.mail", tooltip="Copy the mail to the clipboard"
        ),
        Binding(
            "c", "copy('commands')", "Copy commands", id="handoff.commands", tooltip="Copy the commands alone"
        ),
        Binding("n,right", "turn(1)", "Next", id="handoff.next", tooltip="Show the next hand-off"),
        Binding("p,left", "turn(-1)", "Previous", id="handoff.previous", tooltip="Show the one before"),
        Binding("escape", "close", "Back", id="handoff.back", tooltip="Back to where you came from"),
    ]

    def __init__(self, handoffs: Sequence[HandOff]) -> None:
        super().__init__()
        self._handoffs, self._at = tuple(handoffs), 0

    def body(self) -> ComposeResult:
        """Let it be scrolled."""
        with VerticalScroll(id="sheet", classes="pane -main"):
            yield Rows()

    def on_mount(self) -> None:
        """Show the first."""
        self.query_one("#sheet").focus()
        self._write()

    @property
    def _shown(self) -> HandOff:
        return self._handoffs[self._at]

    def _write(self) -> None:
        sheet = self.query_one("#sheet", VerticalScroll)
        place = f" · {self._at + 1} of {len(self._handoffs)}" if len(self._handoffs) > 1 else ""
        sheet.border_title = plain(f"Hand-off{place} · {self._shown.step} {self._shown.title}")
        sheet.query_one(Rows).show(handoff_rows(self._shown))
        sheet.scroll_home(animate=False)

    @property
    def told(self) -> str:
        """All that is shown, as text."""
        return self.query_one(Rows).told

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer turning where there are several."""
        if action == "turn":
            return len(self._handoffs) > 1
        return super().check_action(action, parameters)

    def action_copy(self, what: str) -> None:
        """Copy the mail or the commands."""
        text = self._shown.mail if what == "mail" else self._shown.commands
        self.app.copy_to_clipboard(text)
        self.tell(f"Copied the {what}: {len(text.splitlines())} lines.")

    def action_turn(self, by: int) -> None:
        """Show another one."""
        self._at = (self._at + by) % len(self._handoffs)
        self._write()

    def action_close(self) -> None:
        """Go back to the page below."""
        _ = self.app.pop_screen()
