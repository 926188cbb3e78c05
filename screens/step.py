"""The screen of a step, whichever step it is: it takes answers, has them checked, and goes on and back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.binding import Binding, BindingType

from profiles.errors import ProfilesError
from screens.dialogs import ChooseStep, plan_dialog
from screens.help import step_rows
from screens.page import Command
from screens.step_asking import DEBOUNCE, TENANT, StepAsking
from screens.widgets.field import Field
from screens.widgets.form import Form
from screens.widgets.plan_panel import PlanPanel
from screens.widgets.rail import Rail
from screens.widgets.rows import Row
from wizard.guide import Kind

if TYPE_CHECKING:
    from wizard.answers import Value
    from wizard.guide import Question, Step

_AT_ONCE = frozenset({Kind.CHOICE, Kind.PICK, Kind.SWITCH})  # answers that nobody types letter by letter


class StepPage(StepAsking):
    """Takes what is typed, chosen and picked, and asks the walkthrough about it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+n", "next", "Next step", id="step.next", show=False, tooltip="Check this step and go on"
        ),
        Binding("enter", "next", "Next", id="step.enter", tooltip="Go on"),
        Binding("escape", "back", "Back", id="step.back", tooltip="Go back one step; nothing is lost"),
        Binding("f2", "plan", "Plan", id="step.plan", tooltip="What will exist by the answers so far"),
        Binding(
            "ctrl+r",
            "rest",
            "Accept rest",
            id="step.rest",
            tooltip="Go on with all defaults, to the next step that wants an answer or to the review",
        ),
        Binding(
            "pagedown,ctrl+down",
            "scroll_form('down')",
            "More",
            id="step.down",
            tooltip="Scroll the step down",
        ),
        Binding(
            "pageup,ctrl+up",
            "scroll_form('up')",
            "Back up",
            id="step.up",
            show=False,
            tooltip="Scroll the step up",
        ),
        Binding(
            "f3", "steps", "All steps", id="step.steps", show=False, tooltip="List all steps and go to one"
        ),
        Binding(
            "f5", "again", "Ask again", id="step.again", show=False, tooltip="Ask Azure again about this step"
        ),
        Binding(
            "f10",
            "review",
            "Review",
            id="step.review",
            show=False,
            tooltip="See all answers and Azure's preview",
        ),
    ]

    def __init__(self, *, to_review: bool = False) -> None:
        super().__init__()
        self._to_review = to_review
        self._opening = False
        self._shown = ""  # the step on the screen; accepting the rest runs ahead of it
        self._ahead: list[events.Key] = []

    def on_mount(self) -> None:
        """Show the step."""
        self.query_one(Rail).border_title = "Steps"
        self.query_one(PlanPanel).border_title = "What this makes"
        self._reopen()

    # Showing

    async def _open(self) -> None:
        self.went_on = False
        step = self.walkthrough.here
        self._shown = step.number
        self._opening = True  # a second Enter, meant for the step before, must not take this one's defaults
        try:
            await self.form.load(step, {q.key: self.value_of(q) for q in step.questions})
        finally:
            self._opening = False
        self.show_changes()
        self.ask_about_step()
        self.focus_on(self.first_open())
        self._replay()

    def on_key(self, event: events.Key) -> None:
        """Keep what is typed while the next step is not there yet."""
        if self._opening and event.is_printable:
            event.stop()
            self._ahead.append(event)

    def _replay(self) -> None:
        ahead, self._ahead = self._ahead, []
        for event in ahead:
            if self.focused is not None:
                self.focused.post_message(events.Key(event.key, event.character))

    # Answers

    @on(Field.Answered)
    def _answered(self, event: Field.Answered) -> None:
        event.stop()
        typed = event.field.take(going_on=False)
        if typed is not None:  # else `take_all` was quicker than the message
            self.workers.cancel_group(self, "flow")  # who goes on typing does not want to go on yet
            self._stay()
            self._record(event.field, typed)

    def _record(self, field: Field, typed: str) -> None:
        walkthrough, question = self.walkthrough, field.question
        field.note = ""
        field.mark_recorded(typed)
        walkthrough.record(field.key, _value(question, typed))
        self.form.say("")
        self.show_changes(by=field)
        after = DEBOUNCE if question.kind not in _AT_ONCE else 0.0
        self.look_at(field, after=after)
        self.draw(after=DEBOUNCE)

    def take_all(self, *, going_on: bool = False) -> None:
        """Record what was typed just now and is still on its way."""
        for field in self.form.shown:
            typed = field.take(going_on=going_on)
            if typed is not None:
                self._record(field, typed)

    # Going on

    @on(Field.Finished)
    def _finished(self, event: Field.Finished) -> None:
        event.stop()
        shown = self.form.shown
        following = shown[shown.index(event.field) + 1 :] if event.field in shown else []
        if following:
            following[0].focus_answer()
        else:
            self.action_next()

    def action_next(self) -> None:
        """Check the step and go on to the next one."""
        if not self._opening:
            self._stay()
            self.take_all(going_on=True)
            self._forward()

    @work(exclusive=True, group="flow")
    async def _forward(self) -> None:
        walkthrough, step = self.walkthrough, self.walkthrough.here
        self._end_checks()
        async with self.busy(partial(self.form.say, "checking…")):
            went = await self._may_go() and await walkthrough.forward()
        if not self.lives:
            return
        if not went:
            self._tell_what_blocks()
        elif walkthrough.here is step or (self._to_review and not walkthrough.unanswered()):
            self.azimuth.show_review()
        else:
            if self._to_review:
                walkthrough.go_to(walkthrough.unanswered()[0][0].number)
            await self._open()

    def action_rest(self) -> None:
        """Go on with all defaults: to the next step that wants something, or to the review."""
        if not self._opening:
            self._stay()
            self.take_all(going_on=True)
            self._rest()

    @work(exclusive=True, group="flow")
    async def _rest(self) -> None:
        self._end_checks()
        went = await self._may_go() and await self.walkthrough.forward_to_review(self._tell_rest)
        if not self.lives:
            return
        if went:
            self.azimuth.show_review()
            return
        if self._runs_ahead:
            await self._open()
        self.went_on = True
        self._tell_what_blocks()

    def _tell_rest(self, step: Step) -> None:
        self.form.say(f"checking {step.number} {step.title}…  Esc stops here")
        self.show_around()

    @property
    def _runs_ahead(self) -> bool:
        """Whether the walkthrough stands at another step than the screen."""
        return self._shown != self.walkthrough.here.number

    def _stay(self) -> None:
        """Have the walkthrough stand where the screen is: accepting the rest was interrupted there."""
        if self._runs_ahead:
            self.workers.cancel_group(self, "flow")
            self.walkthrough.go_to(self._shown)

    def _end_checks(self) -> None:
        self.went_on = True
        for field in self.form.fields:
            self.workers.cancel_group(field, "check")
            field.show_busy(busy=False)

    async def _may_go(self) -> bool:
        """Wait for the save, and go into the picked tenant where this step asks for it."""
        try:
            await self.setup.flush()
        except (ProfilesError, OSError) as problem:
            self.tell(f"The answers could not be saved: {problem}", bad=True)
            return False
        asked = [field for field in self.form.shown if field.key == TENANT]
        return all([await self.enter_tenant(field) for field in asked])

    def _tell_what_blocks(self) -> None:
        self.form.show_step_findings(self.step_findings())
        self.show_changes()
        count = len(self.walkthrough.blocking())
        self.form.say(f"{count} thing{'s' if count != 1 else ''} to mend before going on" if count else "")
        self.focus_on(self.first_open())

    def action_back(self) -> None:
        """Go back one step, or to the sign-in from the first one."""
        self.take_all()
        self.workers.cancel_group(self, "flow")
        if self._runs_ahead:
            self._reopen()
        elif self._to_review:
            self.azimuth.show_review()
        elif self.walkthrough.back():
            self._reopen()
        else:
            self.azimuth.show_sign_in(again=True)

    @work(exclusive=True, group="flow")
    async def _reopen(self) -> None:
        await self._open()

    def go_to(self, number: str | None) -> None:
        """Go to a step by its number; None stays here."""
        if number is None:
            return
        self.take_all()
        self.workers.cancel_group(self, "flow")
        self.walkthrough.go_to(number)
        self._reopen()

    @on(Rail.Chosen)
    def _rail(self, event: Rail.Chosen) -> None:
        self.go_to(event.number)

    # Other keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer scrolling where there is more than fits."""
        if action == "scroll_form":
            return bool(self.query(Form)) and self.form.max_scroll_y > 0
        return super().check_action(action, parameters)

    def action_scroll_form(self, way: str) -> None:
        """Scroll the step: what is drawn below the questions has no focus to follow."""
        if way == "down":
            self.form.scroll_page_down(animate=False)
        else:
            self.form.scroll_page_up(animate=False)

    def action_plan(self) -> None:
        """Show the plan over the form."""
        self.take_all()
        _ = self.app.push_screen(plan_dialog(self.walkthrough.plan()))

    def action_steps(self) -> None:
        """List all steps."""
        self.take_all()
        _ = self.app.push_screen(ChooseStep(self.walkthrough), self.go_to)

    def action_again(self) -> None:
        """Ask Azure again about everything on this step."""
        self.take_all()
        self.ask_again()

    def action_review(self) -> None:
        """Show all answers and what Azure would do."""
        self.take_all()
        self.azimuth.show_review()

    def help_rows(self) -> list[Row]:
        """Say more about the step and its questions, the one being answered first."""
        fields = sorted(self.form.shown, key=lambda field: not field.has_focus_within)
        return step_rows(self.walkthrough.here, [field.question for field in fields], self.setup.guide.source)

    def commands(self) -> Iterator[Command]:
        """Offer every step besides the keys."""
        yield from super().commands()
        for step in self.walkthrough.steps:
            state = self.walkthrough.state_of(step).value
            yield Command(f"Go to {step.number} {step.title}", state, partial(self.go_to, step.number))


def _value(question: Question, typed: str) -> Value:
    """Return what is recorded: a whole number and a yes or no as what they are, everything else as it was typed."""
    if question.kind in {Kind.INTEGER, Kind.SWITCH}:
        value, findings = question.parse(typed)
        if isinstance(value, int) and not any(finding.blocks for finding in findings):
            return value
    return typed
