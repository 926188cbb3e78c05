"""The questions before what a profile made is taken back, and before its secret is rotated; asked of Azure while they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from profiles.errors import ProfilesError
from screens.approving import AskLong
from screens.dialogs import Answer, Ask
from screens.expiries import expiry_rows
from screens.preview_rows import change_row
from screens.signs import TONES, sign
from screens.terminal import Sign
from screens.text import line
from screens.widgets.rows import BLANK, Row, Rows
from wizard.apply.outcome import Change, PlannedChange
from wizard.azure.errors import AzureProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wizard.setup import Setup

_ACTS = frozenset({Change.REMOVE, Change.CHANGE, Change.UNSURE})
_COLUMN = 17
_KEEP = Answer("keep", f"{'Keep it all':{_COLUMN - 2}}", "nothing is changed")


class AskUndo(AskLong):
    """Shows what would go and what would stay, and why, as Azure tells it now; gives "remove", "purge" or "keep"."""

    def __init__(self, setup: Setup) -> None:
        asking = Row(
            f"Asking {setup.cloud.label} what is there, and who else uses it…", sign(Sign.HERE), "accent"
        )
        super().__init__("Undo", [asking], [_KEEP])
        self._setup = setup

    def on_mount(self) -> None:
        """Mark the safe answer, and ask Azure."""
        super().on_mount()
        self._look()

    @work(exclusive=True)
    async def _look(self) -> None:
        from wizard.apply.undo import preview_undo

        name = self._setup.profile.name
        try:
            changes = await preview_undo(self._setup)
        except (AzureProblem, ProfilesError) as problem:
            mend = str(getattr(problem, "advice", "") or getattr(problem, "mend", ""))
            self._tell([Row(str(problem), sign(Sign.WRONG), "bad", mend, text_tone="bad")], ())
            return
        self._tell(undo_rows(name, changes), undo_answers(changes))

    def _tell(self, rows: list[Row], answers: Sequence[Answer]) -> None:
        self.query_one(Rows).show(rows)
        options = self.query_one(OptionList)
        for answer in answers:
            told = Content.assemble(
                Content.styled(f"{line(answer.label):{_COLUMN}}", "bold"),
                Content.styled(line(answer.meaning), TONES["quiet"]),
            )
            options.add_option(Option(told, id=answer.key))


def undo_rows(name: str, changes: tuple[PlannedChange, ...]) -> list[Row]:
    """Return the preview of an undo as rows."""
    acts = any(change.change in _ACTS for change in changes)
    first = f"Takes back what profile {name} did, and only that:" if acts else "There is nothing to remove."
    rows = [Row(first), BLANK, *(change_row(change) for change in changes)]
    if any(change.change is Change.UNSURE for change in changes):
        what = "What you may not remove (?) stops it; it goes on when you may."
        rows += [BLANK, Row(what, sign(Sign.WARNING), "warn")]
    return rows


def undo_answers(changes: tuple[PlannedChange, ...]) -> list[Answer]:
    """Return the answers besides the safe one."""
    from wizard.apply.undo import may_purge

    count = sum(1 for change in changes if change.change in _ACTS)
    answers = [Answer("remove", "Remove", f"{count} objects; the answers stay")] if count else []
    if may_purge(changes):
        answers.append(Answer("purge", "Remove for good", "also what Azure would keep to be restored"))
    return answers


def rotate_question(setup: Setup) -> Ask:
    """Return the question before a rotation; or why there is nothing to rotate, with the way out."""
    from wizard.apply.rotate import why_not

    refused = why_not(setup)
    if refused is not None:
        rows = [Row(refused[0], sign(Sign.WARNING), "warn"), BLANK, Row(refused[1])]
        return Ask("Rotate", rows, [Answer("keep", "Close", "nothing is changed")])
    rows = [
        Row("A new client secret is made, stored, and proved by signing in."),
        Row("Only then the old one is removed."),
        BLANK,
        Row("Whatever else uses the old one, such as a pipeline,", sign(Sign.WARNING), "warn"),
        Row("needs the new one from then on: azimuth env gives it.", indent=2),
        BLANK,
        *expiry_rows(setup.profile),
    ]
    answers = [
        Answer("keep", "Keep the old one", "nothing is changed"),
        Answer("rotate", "Rotate", "make a new one"),
    ]
    return Ask(f"Rotate the secret of {setup.profile.name}", rows, answers)
