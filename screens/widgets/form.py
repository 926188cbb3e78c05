"""The form of one step: what it is about, its questions, what was found about it as a whole, and its drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll

from screens.signs import sign
from screens.terminal import Sign
from screens.text import plain
from screens.widgets.drawing_view import DrawingView
from screens.widgets.field import Field
from screens.widgets.rows import Row, Rows, finding_row

if TYPE_CHECKING:
    from wizard.answers import Value
    from wizard.guide import Finding, Step


class Form(VerticalScroll):
    """Holds all questions of a step. Those that the answers don't want are hidden, and keep what was typed."""

    def __init__(self) -> None:
        super().__init__(id="form", classes="pane -main")
        self.can_focus = False

    async def load(self, step: Step, values: Mapping[str, Value]) -> None:
        """Show another step, with the answers so far."""
        await self.remove_children()
        self.border_title = plain(f"{step.number}  {step.title}")
        self.border_subtitle = ""
        self.scroll_home(animate=False)
        fields = [
            Field(question, values.get(question.key, ""), titled=question.prompt == step.title)
            for question in step.questions
        ]
        await self.mount(Rows(_about(step), id="about"), *fields, Rows(id="step-findings"), DrawingView())

    @property
    def fields(self) -> list[Field]:
        """All questions of the step, hidden ones too."""
        return list(self.query(Field))

    @property
    def shown(self) -> list[Field]:
        """The questions that are asked."""
        return [field for field in self.fields if field.display]

    def field(self, key: str) -> Field:
        """Return the field of a question."""
        return self.query_one(f"#field-{key}", Field)

    @property
    def drawing(self) -> DrawingView:
        """What the answers mean, drawn."""
        return self.query_one(DrawingView)

    def say(self, words: str) -> None:
        """Say something at the foot of the form; nothing takes it away."""
        self.border_subtitle = plain(words)

    def show_step_findings(self, findings: Sequence[Finding]) -> None:
        """Show what was found out about the step as a whole."""
        self.query_one("#step-findings", Rows).show([finding_row(finding) for finding in findings])

    @property
    def told(self) -> str:
        """All rows of the form as text."""
        told = [rows.told for rows in self.query(Rows)] + [
            drawing.told for drawing in self.query(DrawingView)
        ]
        return "\n".join(filter(None, told))


def _about(step: Step) -> list[Row]:
    more = step.more or any(question.more for question in step.questions)
    rows = [Row(step.text, quiet="F1 more" if more else "")]
    if step.makes:
        rows.append(Row(f"Makes {step.makes}.", "+", "good", text_tone="quiet"))
    if step.manual:
        rows.append(Row(f"for you: {step.manual}", sign(Sign.WAITS), "warn"))
    return rows
