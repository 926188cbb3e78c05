"""How a step is laid out and shown: rail, form and plan side by side, each as the walkthrough has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from screens.page import Page
from screens.widgets.field import Field
from screens.widgets.form import Form
from screens.widgets.plan_panel import PlanPanel
from screens.widgets.rail import Rail, RailLine
from wizard.guide import Kind

if TYPE_CHECKING:
    from wizard.answers import Value
    from wizard.guide import Findings, Question
    from wizard.walkthrough import Walkthrough


class StepView(Page):
    """Shows the step at which the walkthrough stands. It holds no answer of its own."""

    CSS_PATH = "styles/step.tcss"
    HELP: ClassVar[str | None] = (
        "One step of the guide, under the document's own number. What you type is saved at once, and checked: its "
        "shape while you type, the rest with Azure as soon as you pause. Only what is wrong keeps you here; what "
        "could not be checked does not."
    )
    went_on = False  # whether the person wanted to go on: from then on a missing answer is told

    @property
    def walkthrough(self) -> Walkthrough:
        """Where the person is, and all that is answered."""
        return self.setup.walkthrough

    @property
    def form(self) -> Form:
        """The questions."""
        return self.query_one(Form)

    def body(self) -> ComposeResult:
        """Put rail, form and plan side by side."""
        yield RailLine()
        with Horizontal(id="panes"):
            yield Rail()
            yield Form()
            yield PlanPanel()

    def show_all(self) -> list[Field]:
        """Show how everything stands; return the fields that appeared, or moved without being typed into."""
        if not self.lives:
            return []
        walkthrough = self.walkthrough
        changed: list[Field] = []
        wanted = {question.key for question in walkthrough.questions()}
        for field in self.form.fields:
            appeared = not field.display and field.key in wanted
            field.display = field.key in wanted
            moved = self._show_value(field)
            field.show_findings(self._findings(field))
            if (appeared or moved) and field.display:
                changed.append(field)
        self.show_around()
        return changed

    def show_around(self) -> None:
        """Show rail, plan and context."""
        walkthrough = self.walkthrough
        self.query_one(Rail).show(walkthrough)
        self.query_one(RailLine).show(walkthrough)
        self.query_one(PlanPanel).show(walkthrough.plan())
        self.tell_context()

    def _show_value(self, field: Field) -> bool:
        """Show the answer as the walkthrough has it; whether that is another one than before."""
        walkthrough = self.walkthrough
        if field.question.kind is Kind.SECRET:
            if field.key in walkthrough.secrets:
                field.show_secret_held()
            return False
        return field.show_value(self.value_of(field.question))

    def value_of(self, question: Question) -> Value:
        """The answer as it was typed, else the default."""
        walkthrough = self.walkthrough
        if question.kind is Kind.SECRET:
            return ""
        return walkthrough.given.get(question.key, walkthrough.answers.get(question.key, ""))

    def _findings(self, field: Field) -> Findings:
        found = () if self.is_untouched(field) else self.walkthrough.findings(field.key)
        return tuple(one for one in found if one.sentence)  # some only bring facts

    def is_untouched(self, field: Field) -> bool:
        """Whether there is nothing to judge yet: no answer, no default, and nobody wanted to go on."""
        walkthrough = self.walkthrough
        known = field.key in walkthrough.given or field.key in walkthrough.secrets
        return not (known or self.went_on) and walkthrough.answers.get(field.key) is None

    def first_open(self) -> Field | None:
        """The first question that wants something, else the first."""
        shown = self.form.shown
        open_ones = [f for f in shown if any(found.blocks for found in self.walkthrough.findings(f.key))]
        return next(iter(open_ones or shown), None)

    def focus_on(self, field: Field | None) -> None:
        """Put the focus into a field; None takes it away."""
        if field is None:
            self.set_focus(None)
        else:
            self.set_focus(field.control_widget)
            # Textual 8.2.8 misses :focus-within of a widget that was mounted just now.
            self.call_after_refresh(self.app.update_styles, field)
