"""What a step asks Azure while it is filled in: checks, lists and the drawing; what a newer answer has made stale ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from screens.connecting import TenantDoor
from screens.step_view import StepView
from screens.widgets.field import Field
from wizard.azure.errors import AzureProblem
from wizard.guide import Kind

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.worker import WorkType

    from wizard.guide import Findings

DEBOUNCE = 0.4  # seconds of quiet before Azure is asked about what is being typed
SHOW_BUSY_AFTER = 0.1  # seconds; what is answered sooner needs no word about waiting
TENANT = "tenant"


class StepAsking(StepView):
    """Asks about what was answered, and shows what comes of it. It takes no answer itself."""

    def __init__(self) -> None:
        super().__init__()
        self._door = TenantDoor(lambda: self.setup)
        self._drawn: object = None  # the answers that the drawing shows

    def show_changes(self, *, by: Field | None = None) -> None:
        """Show how everything stands after a change `by` a field; what changed besides is looked at too."""
        for field in self.show_all():
            if by is not None and field is not by:
                self.look_at(field)

    def ask_about_step(self) -> None:
        """Ask about everything on a step that was opened just now."""
        for field in self.form.fields:
            if field.question.kind is Kind.PICK:
                self.offer(field)
            elif field.display:
                self.look_at(field)
        self._ask_as_a_whole()

    def ask_again(self) -> None:
        """Ask Azure about all of it once more."""
        for field in self.form.shown:
            if field.question.kind is Kind.PICK:
                self.offer(field, again=True)
            else:
                self.look_at(field)
        self._ask_as_a_whole()

    def _ask_as_a_whole(self) -> None:
        step, self._drawn = self.walkthrough.here, None
        self.set_class(step.drawing is not None, "-drawn")
        if step.checks:
            _start(self.form, self._check_step, "step")
        self.draw()

    def look_at(self, field: Field, *, after: float = 0.0) -> None:
        """Have Azure asked about an answer; a look that is still going on is stale and ends."""
        _start(field, partial(self._check, field, after), "check")

    async def _check(self, field: Field, after: float) -> None:
        await asyncio.sleep(after)
        async with self.busy(partial(field.show_busy, busy=True)):
            await self.walkthrough.check(field.key)
            if field.key == TENANT:
                await self.enter_tenant(field)
        if self.lives:
            field.show_busy(busy=False)
            self.show_changes(by=field)
            self.draw()

    async def _check_step(self) -> None:
        step = self.walkthrough.here
        async with self.busy(partial(self.form.say, "checking…")):
            await self.walkthrough.check_step(step)
        if self.lives:
            self.form.say("")
            self.form.show_step_findings(self.step_findings())
            self.show_around()

    def step_findings(self) -> Findings:
        """What was found about the step as a whole."""
        number = self.walkthrough.here.number
        return tuple(
            found for found in self.walkthrough.step_findings() if found.question == number and found.sentence
        )

    def offer(self, field: Field, *, again: bool = False) -> None:
        """Have Azure asked what there is to pick."""
        _start(field, partial(self._list, field, again=again), "offers")

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
            self.look_at(field)

    # The drawing

    def draw(self, *, after: float = 0.0) -> None:
        """Have the answers drawn where the step has a drawing; one that is still being drawn is stale and ends."""
        if self.walkthrough.here.drawing is not None:
            _start(self.form, partial(self._draw, after), "drawing")

    async def _draw(self, after: float) -> None:
        await asyncio.sleep(after)
        walkthrough, view = self.walkthrough, self.form.drawing
        basis = dict(walkthrough.answers)
        if basis == self._drawn:
            return
        try:
            async with self.busy(view.show_busy):
                drawing = await walkthrough.draw()
        except AzureProblem as problem:
            if self.lives:
                view.show_problem(str(problem))
            return
        if self.lives:
            self._drawn = basis
            view.show(drawing)
            self.call_after_refresh(self.refresh_bindings)

    @asynccontextmanager
    async def busy(self, say: Callable[[], None]) -> AsyncIterator[None]:
        """Say something when what is done takes a while."""
        timer = self.set_timer(SHOW_BUSY_AFTER, say)
        try:
            yield
        finally:
            timer.stop()

    async def enter_tenant(self, field: Field) -> bool:
        """Go into the picked tenant; say it below the field when that fails."""
        try:
            await self._door.enter()
        except AzureProblem as problem:
            field.note = f"That tenant can't be entered: {problem} {problem.advice}".strip()
            return False
        await self.walkthrough.check(field.key)
        return True


def _start(owner: DOMNode, work: WorkType[None], group: str) -> None:
    """Begin a work of a group; the one before it in the same group is stale and ends."""
    owner.run_worker(work, group=group, exclusive=True)
