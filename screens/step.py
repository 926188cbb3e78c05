"""The screen of a step, whichever step it is: it takes answers, has them checked, and goes on and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.binding import Binding, BindingType

from profiles.errors import ProfilesError
from screens.connecting import TenantDoor
from screens.dialogs import ChooseStep, plan_dialog
from screens.help import step_rows
from screens.page import Command
from screens.step_view import StepView
from screens.widgets.field import Field
from screens.widgets.plan_panel import PlanPanel
from screens.widgets.rail import Rail
from screens.widgets.rows import Row
from wizard.azure.errors import AzureProblem
from wizard.guide import Kind

if TYPE_CHECKING:
    from wizard.answers import Value
    from wizard.guide import Findings, Question

DEBOUNCE = 0.4  # seconds of quiet before Azure is asked about what is being typed
SHOW_BUSY_AFTER = 0.1  # seconds; what is answered sooner needs no word about waiting
_TENANT = "tenant"


class StepPage(StepView):
    """Takes what is typed, chosen and picked, and asks the walkthrough about it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+n", "next", "Next step", id="step.next", show=False, tooltip="Check this step and go on"
        ),
        Binding("enter", "next", "Next", id="step.enter", tooltip="Go on"),
        Binding("escape", "back", "Back", id="step.back", tooltip="Go back one step; nothing is lost"),
        Binding("f2", "plan", "Plan", id="step.plan", tooltip="What will exist by the answers so far"),
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
        self._ahead: list[events.Key] = []
        self._door = TenantDoor(lambda: self.setup)

    def on_mount(self) -> None:
        """Show the step."""
        self.query_one(Rail).border_title = "Steps"
        self.query_one(PlanPanel).border_title = "What this makes"
        self._reopen()

    # Showing

    async def _open(self) -> None:
        self.went_on = False
        step = self.walkthrough.here
        self._opening = True  # a second Enter, meant for the step before, must not take this one's defaults
        try:
            await self.form.load(step, {q.key: self.value_of(q) for q in step.questions})
        finally:
            self._opening = False
        self._show_all()
        for field in self.form.fields:
            if field.question.kind is Kind.PICK:
                self._offer(field)
            elif field.display:
                self._look_at(field)
        if step.checks:
            self.form.run_worker(self._check_step(), group="step", exclusive=True)
        self.focus_on(self.first_open())
        self._replay()

    def _show_all(self, *, by: Field | None = None) -> None:
        """Show how everything stands after a change `by` a field; what changed besides is looked at too."""
        for field in self.show_all():
            if by is not None and field is not by:
                self._look_at(field)

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
            self._record(event.field, typed)

    def _record(self, field: Field, typed: str) -> None:
        walkthrough, question = self.walkthrough, field.question
        field.note = ""
        field.mark_recorded(typed)
        walkthrough.record(field.key, _value(question, typed))
        self.form.say("")
        self._show_all(by=field)
        pauses = question.kind not in {Kind.CHOICE, Kind.PICK}
        self._look_at(field, after=DEBOUNCE if pauses else 0.0)

    def take_all(self, *, going_on: bool = False) -> None:
        """Record what was typed just now and is still on its way."""
        for field in self.form.shown:
            typed = field.take(going_on=going_on)
            if typed is not None:
                self._record(field, typed)

    def _look_at(self, field: Field, *, after: float = 0.0) -> None:
        """Have Azure asked about an answer; a look that is still going on is stale and ends."""
        field.run_worker(self._check(field, after), group="check", exclusive=True)

    async def _check(self, field: Field, after: float) -> None:
        await asyncio.sleep(after)
        async with self._busy(partial(field.show_busy, busy=True)):
            await self.walkthrough.check(field.key)
            if field.key == _TENANT:
                await self._enter_tenant(field)
        if self.lives:
            field.show_busy(busy=False)
            self._show_all(by=field)

    async def _check_step(self) -> None:
        step = self.walkthrough.here
        async with self._busy(partial(self.form.say, "checking…")):
            await self.walkthrough.check_step(step)
        if self.lives:
            self.form.say("")
            self.form.show_step_findings(self._step_findings())
            self.show_around()

    def _step_findings(self) -> Findings:
        number = self.walkthrough.here.number
        return tuple(found for found in self.walkthrough.step_findings() if found.question == number)

    def _offer(self, field: Field, *, again: bool = False) -> None:
        field.run_worker(self._list(field, again=again), group="offers", exclusive=True)

    async def _list(self, field: Field, *, again: bool) -> None:
        field.note = ""
        field.show_choices(None)
        try:
            choices = await self.walkthrough.choices(field.key, again=again)
        except AzureProblem as problem:
            choices = ()
            field.note = (
                f"The list could not be had: {problem} Write the answer by hand, or press F5 to ask again."
            )
        if not self.lives:
            return
        field.show_choices(choices)
        if field.display and not self.is_untouched(field):
            self._look_at(field)

    @asynccontextmanager
    async def _busy(self, say: Callable[[], None]) -> AsyncIterator[None]:
        timer = self.set_timer(SHOW_BUSY_AFTER, say)
        try:
            yield
        finally:
            timer.stop()

    async def _enter_tenant(self, field: Field) -> bool:
        try:
            await self._door.enter()
        except AzureProblem as problem:
            field.note = f"That tenant can't be entered: {problem} {problem.advice}".strip()
            return False
        await self.walkthrough.check(field.key)
        return True

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
            self.take_all(going_on=True)
            self._forward()

    @work(exclusive=True, group="flow")
    async def _forward(self) -> None:
        walkthrough, step = self.walkthrough, self.walkthrough.here
        self.went_on = True
        for field in self.form.fields:
            self.workers.cancel_group(field, "check")
            field.show_busy(busy=False)
        async with self._busy(partial(self.form.say, "checking…")):
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

    async def _may_go(self) -> bool:
        """Wait for the save, and go into the picked tenant where this step asks for it."""
        try:
            await self.setup.flush()
        except (ProfilesError, OSError) as problem:
            self.tell(f"The answers could not be saved: {problem}", bad=True)
            return False
        asked = [field for field in self.form.shown if field.key == _TENANT]
        return all([await self._enter_tenant(field) for field in asked])

    def _tell_what_blocks(self) -> None:
        self.form.show_step_findings(self._step_findings())
        self._show_all()
        count = len(self.walkthrough.blocking())
        self.form.say(f"{count} thing{'s' if count != 1 else ''} to mend before going on" if count else "")
        self.focus_on(self.first_open())

    def action_back(self) -> None:
        """Go back one step, or to the sign-in from the first one."""
        self.take_all()
        self.workers.cancel_group(self, "flow")
        if self._to_review:
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
        for field in self.form.shown:
            if field.question.kind is Kind.PICK:
                self._offer(field, again=True)
            else:
                self._look_at(field)
        if self.walkthrough.here.checks:
            self.form.run_worker(self._check_step(), group="step", exclusive=True)

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
    """Return what is recorded: a whole number as one, everything else as it was typed."""
    if question.kind is Kind.INTEGER:
        value, findings = question.parse(typed)
        if isinstance(value, int) and not any(finding.blocks for finding in findings):
            return value
    return typed
