"""The review: every answer with its source, Azure's own preview of what would happen, and as whom; Enter applies."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Button, OptionList
from textual.widgets.option_list import Option

from screens.page import Page
from screens.preview_rows import as_whom, preview_rows
from screens.saying import said
from screens.signs import TONES, clock, sign
from screens.terminal import Sign
from screens.text import cut, line
from screens.widgets.rows import Row, Rows
from wizard.answers import Source
from wizard.azure.errors import AzureProblem
from wizard.guide import Kind

if TYPE_CHECKING:
    from wizard.apply.outcome import Preview
    from wizard.guide import Question, Step

_SOURCES = {Source.CHOSEN: "you chose", Source.FOUND: "found", Source.DEFAULT: "default"}
_SECOND_DIGIT = 0.7  # seconds in which a second digit may follow


class AnswerList(OptionList):
    """The list of the answers."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "select", "Change", id="review.change", tooltip="Go to the step of the marked answer"
        ),
    ]


class ApplyButton(Button):
    """The one button."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "press",
            "Apply",
            id="review.press",
            tooltip="Do what is listed, as the identity that is named",
        ),
    ]


class ReviewPage(Page):
    """Shows what was answered and what would come of it. Nothing is written before Enter on Apply."""

    CSS_PATH = "styles/review.tcss"
    HELP: ClassVar[str | None] = (
        "Nothing has been written yet. Azure itself was asked what it would do (validate and what-if), and whether you "
        "hold every right that it takes. The number of an answer, or Enter on it, goes back to its step."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f10",
            "apply",
            "Apply",
            id="review.apply",
            show=False,
            tooltip="Do what is listed, as the identity that is named",
        ),
        Binding(
            "f6",
            "handoffs",
            "Hand-offs",
            id="review.handoffs",
            tooltip="What an administrator has to do: commands and a mail to copy",
        ),
        Binding(
            "s",
            "sheet",
            "Sheet",
            id="review.sheet",
            tooltip="Values to copy into the other form, in its order",
        ),
        Binding(
            "k",
            "store",
            "Keep secret",
            id="review.store",
            tooltip="Choose where the client secret is kept: keyring, vault, or nowhere",
        ),
        Binding("r", "again", "Ask again", id="review.again", tooltip="Check everything with Azure again"),
        Binding(
            "escape", "back", "Back", id="review.back", tooltip="Go back to the last step; nothing is lost"
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._preview: Preview | None = None
        self._typed = ""
        self._digit: Timer | None = None
        self._began = 0.0
        self._asking: Timer | None = None
        self._lines: list[tuple[Step, Question]] = []
        self._labels: dict[str, str] = {}

    def body(self) -> ComposeResult:
        """Put the answers beside Azure's word, and the one button below."""
        with Horizontal(id="panes"):
            answers = AnswerList(id="answers", classes="pane", compact=True, markup=False)
            answers.border_title = "Your answers"
            yield answers
            with VerticalScroll(id="preview", classes="pane") as preview:
                preview.border_title = "Azure says"
                yield Rows()
        with Vertical(id="foot"):
            yield Rows(id="as-whom")
            yield ApplyButton("Apply", id="apply", compact=True, disabled=True)

    def on_mount(self) -> None:
        """Show the answers, and ask Azure."""
        self.query_one("#answers").focus()
        self._show_answers()
        self._ask()

    # The answers

    def _show_answers(self) -> None:
        walkthrough = self.setup.walkthrough
        self._lines = [(step, q) for step in walkthrough.steps for q in walkthrough.questions(step)]
        self._write()
        self._label()

    def _write(self) -> None:
        if not self.lives:
            return
        answers = self.query_one("#answers", OptionList)
        at = answers.highlighted
        width = max(answers.scrollable_content_region.width, 30)
        asked = max((len(f"{step.number} {q.prompt}") for step, q in self._lines), default=0)
        asked = min(asked, max(24, width // 3))
        answers.set_options(
            Option(self._line(i, step, question, asked, width), id=f"{step.number}:{question.key}")
            for i, (step, question) in enumerate(self._lines, 1)
        )
        answers.highlighted = at or 0

    def on_resize(self) -> None:
        """Write the answers again for another width."""
        if self._lines:
            self.call_after_refresh(self._write)

    def _line(self, number: int, step: Step, question: Question, asked: int, width: int) -> Content:
        walkthrough, key = self.setup.walkthrough, question.key
        value, source = said(walkthrough.answers.get(key, "")), ""
        if question.kind is Kind.SECRET:
            value = "typed in, held in memory" if key in walkthrough.secrets else ""
        elif value:
            source = _SOURCES[walkthrough.answers.source(key)]
        known = next((c.label for c in question.choices if c.value == value), self._labels.get(key, value))
        known = known or said(walkthrough.given.get(key, ""))
        wrong = any(finding.blocks for finding in walkthrough.findings(key))
        mark = f"{sign(Sign.WRONG)} wrong  " if wrong else ""
        prompt = Content.styled(line(f"{step.number} {question.prompt}"), TONES["quiet"])
        prompt = cut(prompt, asked)
        left = Content.assemble(
            Content.styled(f"{number:2}  ", TONES["accent"]),
            prompt.pad_right(asked - prompt.cell_length + 2),
            Content.styled(mark, TONES["bad"]),
            Content.styled(line(known) or "not answered", "bold" if known else TONES["warn"]),
        )
        room = width - len(source) - 1
        if left.cell_length > room:
            left = cut(left, room)
        return Content.assemble(
            left.pad_right(room + 1 - left.cell_length), Content.styled(source, TONES["quiet"])
        )

    @work(exclusive=True, group="labels")
    async def _label(self) -> None:
        """Put names where ids stand, once Azure has told them."""
        walkthrough = self.setup.walkthrough
        for _, question in self._lines:
            if question.kind is not Kind.PICK:
                continue
            try:
                offered = await walkthrough.choices(question.key)
            except AzureProblem:
                continue  # the id stays, which is right too
            value = walkthrough.answers.text(question.key)
            self._labels[question.key] = next((c.label for c in offered if c.value == value), value)
        self._write()

    @on(OptionList.OptionSelected, "#answers")
    def _jump(self, event: OptionList.OptionSelected) -> None:
        self._go_to(event.option_index)

    def _go_to(self, index: int) -> None:
        step, _ = self._lines[index]
        self.setup.walkthrough.go_to(step.number)
        self.azimuth.show_steps(to_review=True)

    def on_key(self, event: events.Key) -> None:
        """Take the number of an answer; a second digit may follow where there are that many."""
        if event.character is None or not event.character.isdecimal():
            return
        event.stop()
        self._typed += event.character
        if self._digit is not None:
            self._digit.stop()
        if int(self._typed) * 10 > len(self._lines):
            self._number()
        else:
            self._digit = self.set_timer(_SECOND_DIGIT, self._number)

    def _number(self) -> None:
        number, self._typed = int(self._typed or 0), ""
        if self.lives and 0 < number <= len(self._lines):
            self._go_to(number - 1)

    # Azure's word

    @work(exclusive=True, group="preview")
    async def _ask(self) -> None:
        from wizard.apply.preflight import preflight

        self._preview = None
        self._began = time.monotonic()
        self._wait()
        self._asking = self.set_interval(1, self._wait)
        try:
            await self.azimuth.settled()
            preview = await preflight(self.setup)
        except AzureProblem as problem:
            rows = [
                Row(f"Azure could not be asked: {problem}", sign(Sign.WRONG), "bad", problem.advice),
                Row(quiet="R asks again."),
            ]
            if self.lives:
                self._tell(rows)
            return
        finally:
            self._asking.stop()
        if not self.lives:
            return
        self._preview = preview
        self.azimuth.handoffs = preview.handoffs
        self._show_answers()
        self._tell(preview_rows(preview))
        self._offer(preview)
        if refusal := self._no_store():
            self._ask_store(refusal)

    def _wait(self) -> None:
        if not self.lives:
            return
        waited = clock(time.monotonic() - self._began)
        self._tell(
            [Row("Checking every answer, your rights and the plan…", sign(Sign.HERE), "accent", right=waited)]
        )
        button = self.query_one("#apply", Button)
        button.disabled = True

    def _offer(self, preview: Preview) -> None:
        self.tell_context()
        self.query_one("#as-whom", Rows).show(
            [as_whom(preview.context, self.azimuth.cloud.banner)] if not preview.blocked else []
        )
        button = self.query_one("#apply", Button)
        button.label = Content(_offered(preview))
        button.disabled = preview.blocked
        button.refresh(layout=True)
        if not preview.blocked:
            button.focus()
        self.refresh_bindings()

    def _tell(self, rows: list[Row]) -> None:
        self.query_one("#preview", VerticalScroll).query_one(Rows).show(rows)

    @property
    def told(self) -> str:
        """Azure's word, as text."""
        return self.query_one("#preview", VerticalScroll).query_one(Rows).told

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer Apply only when nothing stands in the way."""
        if action == "apply":
            return True if self._preview is not None and not self._preview.blocked else None
        if action == "handoffs":
            return self._preview is not None and bool(self._preview.handoffs)
        if action == "store":
            return self.setup.walkthrough.plan().password is not None
        if action == "sheet":
            return bool(self.setup.walkthrough.plan().sheet)
        return super().check_action(action, parameters)

    @on(Button.Pressed, "#apply")
    def _pressed(self) -> None:
        self.action_apply()

    def action_apply(self) -> None:
        """Carry the plan out."""
        if self._preview is not None and not self._preview.blocked:
            self.azimuth.show_apply()

    def action_handoffs(self) -> None:
        """Show what an administrator has to do."""
        self.azimuth.show_handoffs()

    def action_sheet(self) -> None:
        """Show the sheet to copy from."""
        self.azimuth.show_sheet()

    def action_store(self) -> None:
        """Choose where the client secret is kept."""
        self._ask_store(self._no_store())

    def _no_store(self) -> str:
        """Why no secret store can be used; "" when one can, or when nobody knows yet."""
        from wizard.apply.preflight import no_store

        return no_store(self._preview) if self._preview is not None else ""

    def _ask_store(self, refusal: str) -> None:
        from screens.store_dialogs import choose_store

        def take(kind: str | None) -> None:
            if kind is not None:
                self.setup.store_choice = kind
                self._ask()

        _ = self.app.push_screen(choose_store(refusal), take)

    def action_again(self) -> None:
        """Ask Azure again."""
        self._ask()

    def action_back(self) -> None:
        """Go back to the steps."""
        self.azimuth.show_steps()


def _offered(preview: Preview) -> str:
    if preview.blocked:
        return "Mend what is wrong first"
    if preview.handoffs:
        return "Enter: apply all but the hand-offs"
    if preview.nothing_to_do:
        return "Enter: nothing to make; prove it again"
    return "Enter: apply"
