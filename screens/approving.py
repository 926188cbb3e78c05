"""The question before a colleague's or a changed profile goes live: what is new in it, line by line, and whether that is meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from screens.agreeing import heading_of
from screens.dialogs import Answer, Ask
from screens.signs import sign
from screens.terminal import Sign
from screens.widgets.rows import BLANK, Row

if TYPE_CHECKING:
    from profiles.trust import Difference

_TONES = {"+": "good", "-": "bad", "~": "warn"}
_APPROVE, _LEAVE = "approve", "leave"


class AskLong(Ask):
    """A question about more than fits the box: the answers have the focus, and PgUp and PgDn move what there is to read."""

    HELP: ClassVar[str | None] = (
        "PgUp and PgDn move the text, up and down the mark. Enter takes the answer, Escape changes nothing."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pagedown", "read(1)", "Read on", id="ask.on", priority=True, tooltip="Move the text down"),
        Binding("pageup", "read(-1)", "Read back", id="ask.back", priority=True, tooltip="Move the text up"),
    ]

    @property
    def keys(self) -> str:
        """Say how to read and answer."""
        return "PgDn read on · Enter take · Esc close"

    def action_read(self, by: int) -> None:
        """Move the text by a page."""
        text = self.query_one(VerticalScroll)
        text.scroll_relative(y=by * max(text.size.height - 1, 1), animate=False)


class AskApproval(AskLong):
    """Shows what nobody agreed to, and asks. Gives "approve", or "leave" as the safe answer."""

    def __init__(self, difference: Difference) -> None:
        super().__init__(f"Approve {difference.name}?", approval_rows(difference), approval_answers())


def approval_rows(difference: Difference) -> list[Row]:
    """Return the difference as rows: a sign for what is new, gone or changed."""
    why = Row(heading_of(difference), sign(Sign.WARNING), "warn")
    lines = [Row(one[2:], one[:1], _TONES.get(one[:1], "quiet")) for one in difference.lines]
    return [why, BLANK, *(lines or [Row("Nothing of it differs in what it does.")])]


def approval_answers() -> Sequence[Answer]:
    """The answers, the safe one first."""
    return (
        Answer(_LEAVE, "Leave it", "nothing goes to Azure, the file stays as it is"),
        Answer(_APPROVE, "Approve", "it is as I want it: go on"),
    )
