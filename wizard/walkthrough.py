"""Walkthrough: where the person is, what is answered, what was found out, and what blocks going on.

The three faces drive this one object. It holds every rule of asking, and knows no face.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from wizard.answering import Answering
from wizard.answers import Source, Value
from wizard.azure.errors import AzureProblem
from wizard.guide import Asking, Choice, Finding, Findings, Guide, Question, Severity, Step
from wizard.machine import Machine
from wizard.picking import pick

if TYPE_CHECKING:
    from wizard.azure.session import Azure
    from wizard.drawing import Drawing
    from wizard.plan import Known, Plan

_log = logging.getLogger("wizard.walkthrough")
_ROUNDS = 3  # a correction may need one more look; nothing needs more than two


class StepState(StrEnum):
    """How a step stands; every face has a sign and a word for each."""

    DONE = "done"
    HERE = "here"
    TO_DO = "to do"
    WARNING = "warning"
    WRONG = "wrong"
    NOT_NEEDED = "not needed"


def _unheard(_step: Step) -> None:
    """Take a step that nobody listens to."""


class Walkthrough(Answering):
    """One person's way through one guide: what is answered, and where they are.

    `known` tells what was made by these answers before.
    """

    def __init__(
        self,
        guide: Guide,
        *,
        given: Mapping[str, Value] | None = None,
        sources: Mapping[str, Source] | None = None,
        facts: Mapping[str, Value] | None = None,
        step: str = "",
        machine: Machine | None = None,
        azure: Azure | None = None,
    ) -> None:
        super().__init__(guide, given, sources, facts)
        self.machine = machine or Machine.here()
        self.azure = azure
        self.known: Callable[[], Known] = dict
        self._offered: dict[str, tuple[object, tuple[Choice, ...]]] = {}
        self._learned: dict[str, tuple[str, ...]] = {}
        self._visited: set[str] = set()
        numbers = [s.number for s in guide.steps]
        self._here = numbers.index(step) if step in numbers else 0

    # Live checks

    async def choices(self, key: str, *, again: bool = False) -> tuple[Choice, ...]:
        """Return what there is to choose for a question; offers of Azure are asked once per earlier answers.

        Raises:
            AzureProblem: Azure could not be asked.
        """
        question = self.guide.question(key)
        if question.offers is None or self.azure is None:
            return question.choices
        basis = self._basis(key)
        known = self._offered.get(key)
        if known is not None and known[0] == basis and not again:
            return known[1]
        offered = tuple(await question.offers(self._asking(self.azure)))
        self._offered[key] = (basis, offered)
        return offered

    async def check(self, key: str) -> Findings:
        """Ask Azure about one answer, take over evident corrections, and return all findings.

        What could not be checked is a warning: it never blocks.
        """
        question = self.guide.question(key)
        notes: list[Finding] = []
        for _ in range(_ROUNDS):
            value = self._current(key)
            live = await self._look(question)
            if value != self._current(key):
                return self.findings(key)  # the answer moved on while Azure was asked
            self._learn(key, live)
            mended = next((f for f in live if f.correction is not None and f.correction != value), None)
            if mended is None or mended.correction is None:
                self._seen[key] = (value, (*notes, *live))
                break
            notes.append(Finding(Severity.INFO, key, mended.what, mended.rule, mended.mend))
            self.record(mended.corrects or key, mended.correction, Source.FOUND)
            if mended.corrects:
                self._seen[key] = (value, tuple(notes))
                break
        self._changed()
        return self.findings(key)

    def _learn(self, key: str, live: Findings) -> None:
        """Keep the facts that a check found beside an answer; those of an earlier answer no longer hold."""
        for name in self._learned.pop(key, ()):
            self.facts.pop(name, None)
        facts = {name: value for finding in live for name, value in finding.facts.items()}
        if facts:
            self._learned[key] = tuple(facts)
            self.facts.update(facts)

    async def check_step(self, step: Step | None = None) -> Findings:
        """Check every question of a step, side by side, and the step as a whole."""
        step = step or self.here
        async with asyncio.TaskGroup() as group:
            for question in self.questions(step):
                group.create_task(self.check(question.key))
        if step.checks and self.azure is not None:
            found = await self._gather(step.number, step.checks, self._asking(self.azure))
            self._seen[step.number] = (None, found)
        return self.step_findings(step)

    async def check_all(self) -> Findings:
        """Check every wanted step in order; later ones may build on what earlier ones found."""
        found: list[Finding] = []
        for step in self.steps:
            found.extend(await self.check_step(step))
        return tuple(found)

    async def _look(self, question: Question) -> Findings:
        if self.azure is None or any(f.blocks for f in self._shape_of(question)):
            return ()
        if self.answers.get(question.key) is None and question.key not in self.secrets:
            return ()
        picked: Findings = ()
        if question.offers is not None:
            picked = await self._match(question)
            if any(f.blocks or f.correction is not None for f in picked):
                return picked
        checked = await self._gather(question.key, question.checks, self._asking(self.azure))
        return (*picked, *checked)

    async def _match(self, question: Question) -> Findings:
        """Hold a picked answer against what Azure offers, and take over what the choice implies."""
        text = self.answers.text(question.key)
        try:
            offered = await self.choices(question.key)
        except AzureProblem as problem:
            return (_unchecked(question.key, problem),)
        choice, found = pick(question, text, offered)
        if choice is not None:
            self.facts.update(choice.implies)
        return found

    async def _gather(
        self, subject: str, checks: tuple[Callable[..., object], ...], asking: Asking
    ) -> Findings:
        async def one(check: Callable[..., object]) -> Findings:
            try:
                return await check(asking)  # type: ignore[misc,no-any-return]  # a Check; the alias is recursive
            except AzureProblem as problem:
                return (_unchecked(subject, problem),)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(check)) for check in checks]
        return tuple(finding for task in tasks for finding in task.result())

    # Where the person is

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that these answers want, in order."""
        answers = self.answers
        return tuple(step for step in self.guide.steps if step.wanted(answers))

    @property
    def here(self) -> Step:
        """The step the person stands at."""
        step = self.guide.steps[self._here]
        if step.wanted(self.answers):
            return step
        later = [s for s in self.guide.steps[self._here :] if s.wanted(self.answers)]
        return later[0] if later else self.steps[-1]

    def questions(self, step: Step | None = None) -> tuple[Question, ...]:
        """The questions of a step that these answers want."""
        answers = self.answers
        return tuple(q for q in (step or self.here).questions if q.wanted(answers))

    def step_findings(self, step: Step | None = None) -> Findings:
        """All findings of a step, question by question, then those about the step as a whole."""
        step = step or self.here
        asked = tuple(f for q in self.questions(step) for f in self.findings(q.key))
        return (*asked, *self._seen.get(step.number, (None, ()))[1])

    def blocking(self, step: Step | None = None) -> Findings:
        """The findings that keep the person at a step."""
        return tuple(f for f in self.step_findings(step) if f.blocks)

    def state_of(self, step: Step) -> StepState:
        """How a step stands."""
        if not step.wanted(self.answers):
            return StepState.NOT_NEEDED
        if step is self.here:
            return StepState.HERE
        if step.number not in self._visited and not any(q.key in self.given for q in step.questions):
            return StepState.TO_DO
        found = self.step_findings(step)
        if any(f.blocks for f in found):
            return StepState.WRONG
        return StepState.WARNING if any(f.severity is Severity.WARNING for f in found) else StepState.DONE

    @property
    def is_last(self) -> bool:
        """Whether the person stands at the last wanted step; what follows is the review."""
        return self.here is self.steps[-1]

    async def forward(self) -> bool:
        """Check this step; go on to the next one unless something blocks. At the last step, stay.

        Accepted defaults are recorded, so that a later answer doesn't move them behind the person's back.
        """
        step = self.here
        await self.check_step(step)
        if blocking := self.blocking(step):
            _log.info("step %s stays, for: %s", step.number, ", ".join(found.question for found in blocking))
            return False
        _log.info("step %s done", step.number)
        self._pin_defaults(step)
        self._visited.add(step.number)
        if not self.is_last:
            following = self.steps[self.steps.index(step) + 1]
            self._here = self.guide.steps.index(following)
        self._changed()
        return True

    async def forward_to_review(self, on_step: Callable[[Step], None] = _unheard) -> bool:
        """Go on from step to step with what is answered, as long as nothing blocks; True after the last one.

        Each step is checked and its defaults recorded, as by `forward`. `on_step` is told which one is checked.
        """
        while True:
            step = self.here
            on_step(step)
            if not await self.forward():
                return False
            if self.here is step:
                return True

    def back(self) -> bool:
        """Go back one step; nothing is lost. False at the first step."""
        before = self.steps.index(self.here)
        if before == 0:
            return False
        self._here = self.guide.steps.index(self.steps[before - 1])
        self._changed()
        return True

    def go_to(self, number: str) -> None:
        """Go to the step of that number.

        Raises:
            KeyError: no wanted step has it.
        """
        for step in self.steps:
            if step.number == number:
                self._here = self.guide.steps.index(step)
                self._changed()
                return
        raise KeyError(number)

    # What comes of it

    def unanswered(self) -> tuple[tuple[Step, Question], ...]:
        """The wanted questions that have neither an answer nor a default."""
        answers, held = self.answers, self.stored.union(self.secrets)
        return tuple(
            (step, question)
            for step in self.steps
            for question in self.questions(step)
            if question.required and answers.get(question.key) is None and question.key not in held
        )

    async def settle(self) -> Findings:
        """Turn every pick into the id it stands for, and return what keeps a plan from being meant.

        Only that: a name that is wrong in shape, missing, or of nothing that is there. What Azure merely
        advises against is no reason to refuse here.
        """
        stuck: list[Finding] = []
        for step in self.steps:
            for question in self.questions(step):
                found = await self.check(question.key) if question.offers is not None else ()
                shape = self._shape_of(question)
                stuck.extend(f for f in (*found, *shape) if f.blocks)
        return tuple(dict.fromkeys(stuck))

    async def draw(self, step: Step | None = None) -> Drawing | None:
        """Return the drawing of a step; None where it has none, or there is no Azure to ask.

        Raises:
            AzureProblem: Azure could not be asked.
        """
        drawer = (step or self.here).drawing
        return None if drawer is None or self.azure is None else await drawer(self._asking(self.azure))

    def plan(self) -> Plan:
        """Return what shall exist by the answers so far."""
        return self.guide.plan(self.answers)

    # The rest

    def _pin_defaults(self, step: Step) -> None:
        answers = self.answers
        for question in self.questions(step):
            value = answers.get(question.key)
            if question.key not in self.given and value is not None:
                seen = self._seen.get(question.key)
                self.given[question.key] = value
                self.sources[question.key] = Source.DEFAULT
                if seen is not None:
                    self._seen[question.key] = (value, seen[1])

    def _asking(self, azure: Azure) -> Asking:
        return Asking(self.answers, azure, self.machine, self.secrets, self.known())

    def _basis(self, key: str) -> object:
        """What an offer depends on: every earlier answer."""
        answers = self.answers
        keys = [q.key for q in self.guide.questions]
        return tuple(answers.get(k) for k in keys[: keys.index(key)])


def _unchecked(subject: str, problem: AzureProblem) -> Finding:
    return Finding(Severity.WARNING, subject, f"Could not check this: {problem}", "", "You can go on.")
