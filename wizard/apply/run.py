"""Run: carrying a plan out from wherever it stands. Applying, applying again and resuming are the same thing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from profiles.errors import LockedError, ProfilesError
from wizard.answers import Source, Value
from wizard.apply.deploy import Stage
from wizard.apply.events import Event, Failed, Finished, Noted, OnEvent, Outlined, Result, Started, unheard
from wizard.apply.found import find_all
from wizard.apply.handoff import (
    HandOff,
    kind_in_journal,
    label_of,
    part,
    record,
    split,
    write_files,
)
from wizard.apply.left_running import pick_up
from wizard.apply.making import Maker, outline
from wizard.apply.mending import mend
from wizard.apply.order import everything_of, objects_of, of_steps, without
from wizard.apply.outcome import End, Outcome, ProofResult
from wizard.apply.outputs import keep_outputs, shown_once
from wizard.apply.preflight import work_of
from wizard.apply.proving import prove_all, prove_possible
from wizard.apply.rights import Lack, Rights, foretell, learn_outside, missing_before
from wizard.apply.room import disk_told, see_room
from wizard.apply.watching import EVERY, watch
from wizard.apply.work import Stopped, Undoable, Work
from wizard.azure.errors import AzureProblem
from wizard.plan import Plan
from wizard.threads import in_daemon_thread

if TYPE_CHECKING:
    from wizard.setup import Setup

_CHANGED = "Answers were changed elsewhere meanwhile; this run was about the earlier ones. azimuth resume {} looks at the new."


class Run:
    """One run over a setup's plan. `go` may be called once; `leave` and `cancel` end it early, at a safe place.

    `only` are steps or chapters: nothing else is made. With `watch`, a run whose hand-offs are open looks every
    `every` seconds whether an administrator has made them, and goes on by itself.
    """

    def __init__(
        self,
        setup: Setup,
        on_event: OnEvent = unheard,
        *,
        only: frozenset[str] = frozenset(),
        watch: bool = False,
        every: float = EVERY,
    ) -> None:
        self._setup = setup
        self._on_event = on_event
        self._only, self._watch, self._every = only, watch, every
        self._work: Work | None = None
        self._maker: Maker | None = None
        self._stopping = asyncio.Event()
        self._cancelled = False
        self._handoffs: tuple[HandOff, ...] = ()
        self._postponed: tuple[str, ...] = ()
        self._whole: Plan | None = None
        self._answers: dict[str, Value] = {}

    async def go(self) -> Outcome:
        """Make everything of the plan exist, prove it, and keep the outputs in the profile.

        What exists is kept, so running again changes nothing. What the identity may not make is handed over; the
        rest is done. Failures come back in the outcome, with what was done until then; the profile and journal
        are saved whatever happens.
        """
        setup = self._setup
        plan = setup.walkthrough.plan()
        try:
            with disk_told(f"azimuth resume {setup.profile.name}"):
                stuck = await setup.walkthrough.settle()
                plan = setup.walkthrough.plan()
                setup.see_at_home()
                if stuck:
                    mend = "Answer it, then run this again."
                    return self._outcome(End.FAILED, plan, problem=stuck[0].sentence, mend=mend)
                _pin_answers(setup)
                plan = setup.walkthrough.plan()
                await setup.flush()
                with setup.alone():
                    setup.see_at_home()
                    self._answers = dict(setup.walkthrough.given)
                    work, proofs = await self._carry_out(plan)
                return self._ended(work, plan, proofs)
        except (AzureProblem, Undoable, ProfilesError) as problem:
            mend = getattr(problem, "advice", "") or getattr(problem, "mend", "")
            if isinstance(problem, LockedError):
                mend = f"azimuth resume {setup.profile.name} --watch follows it, and goes on when it ends."
            return self._outcome(End.FAILED, plan, problem=str(problem), mend=mend)
        except Stopped:
            return self._outcome(End.CANCELLED if self._cancelled else End.LEFT_RUNNING, plan)

    def _ended(self, work: Work, plan: Plan, proofs: tuple[ProofResult, ...]) -> Outcome:
        if self._handoffs:
            waits = f"{_steps(self._handoffs)} by an administrator."
            mend = f"azimuth resume {self._setup.profile.name} goes on by itself once it is there."
            outcome = self._outcome(End.WAITING, plan, problem=waits, mend=mend)
            return replace(outcome, proofs=proofs)
        if not self._only:
            proved = all(proof.ok for proof in proofs)
            self._setup.keep(stage="proved" if proved else "applied")
            if self._setup.walkthrough.given != self._answers:
                self._setup.keep(stage="applying")
                self._tell(Noted(_CHANGED.format(self._setup.profile.name)))
        end = End.DONE if work.made else End.NOTHING_TO_DO
        return replace(self._outcome(end, plan), proofs=proofs)

    async def leave(self) -> None:
        """Stop watching. What Azure is doing goes on, and the next run picks it up."""
        self._stopping.set()

    async def cancel(self) -> None:
        """Make nothing more, and ask Azure to cancel the deployment that is going on.

        Raises:
            AzureProblem: Azure could not be asked to cancel; nothing more is made all the same.
        """
        self._cancelled = True
        self._stopping.set()
        stage: Stage | None = self._maker.stage if self._maker is not None else None
        if self._work is not None and stage is not None:
            await self._work.azure.arm.deployments.cancel(stage.scope, stage.name)

    def _tell(self, event: Event) -> None:
        self._on_event(event)

    # Carrying out

    async def _carry_out(self, whole: Plan) -> tuple[Work, tuple[ProofResult, ...]]:
        self._whole = whole
        work = self._work = work_of(self._setup, whole)
        work.on_event, work.stopping = self._tell, self._stopping
        plan = of_steps(whole, self._only)
        await in_daemon_thread(lambda: see_room(self._setup, plan))
        if self._only:
            await self._learn_outside(work, whole, plan)
        mended = await mend(self._setup, work, whole)
        rights = await foretell(work, plan)
        self._outline(plan, rights, work)
        for sentence in mended:
            self._tell(Noted(sentence))
        for found in await find_all(work, plan):
            self._tell(found)
        await pick_up(work)
        maker = self._maker = Maker(self._setup, work, plan)
        if self._setup.profile.stage in {"answering", "undone"}:
            self._setup.keep(stage="applying")
        await self._make_all(work, plan, maker, rights)
        complete = not self._handoffs and not self._only
        keep_outputs(self._setup, work, whole, complete=complete)
        proving = prove_all if complete else prove_possible
        return work, await proving(self._setup, work, whole)

    async def _learn_outside(self, work: Work, whole: Plan, plan: Plan) -> None:
        """Know what the wanted steps hang on.

        Raises:
            Undoable: it does not exist yet.
        """
        await learn_outside(work, whole, plan)
        missing = missing_before(whole, plan, work.known)
        if missing:
            names = ", ".join(label_of(whole, key) for key in missing)
            what = f"Step {', '.join(sorted(self._only))} needs what is not there yet: {names}."
            raise Undoable(what, "It has to be made first.")

    def _outline(self, plan: Plan, rights: Rights, work: Work) -> None:
        left = without(plan, rights.there)
        doable, offs = split(left, rights.lacks, self._setup, work.known)
        tasks = outline(doable, work.known, offs, () if self._only or offs else plan.proofs)
        self._tell(Outlined(tasks))

    async def _make_all(self, work: Work, plan: Plan, maker: Maker, rights: Rights) -> None:
        """Make what can be made; hand the rest over, and with `watch` go on whenever something has appeared."""
        left = self._settle(work, plan, rights.there)
        lacks, refused = dict(rights.lacks), dict[str, Lack]()
        while True:
            self._hand_over(work, left, lacks)
            parted = part(left, lacks, work.known)
            refusals = await maker.make(parted.doable)
            refused |= refusals
            lacks |= refusals
            waiting = part(parted.doable, refusals, work.known)
            left = without(left, everything_of(waiting.doable))
            self._hand_over(work, left, lacks)
            if not lacks:
                return
            if not self._watch:
                self._tell_unwatched()
                return
            found = await watch(work, left, lacks, refused, self._handoffs, every=self._every)
            left = self._settle(work, left, found.there)
            lacks = dict(found.lacks)
            refused = {key: lack for key, lack in refused.items() if key in lacks}

    def _settle(self, work: Work, plan: Plan, there: Mapping[str, Mapping[str, str]]) -> Plan:
        """Take over what somebody else has made; it is known, and not ours to undo."""
        wanted = objects_of(plan)
        for key, fields in there.items():
            work.known[key] = dict(fields)
            before = work.journal.known().get(key, {})
            if key in wanted and before.get("id") != fields.get("id"):
                work.journal.done(key, kind_in_journal(wanted[key]), made=False, **fields)
            if key in wanted:
                work.kept.append(label_of(plan, key))
        return without(plan, there)

    def _hand_over(self, work: Work, left: Plan, lacks: Mapping[str, Lack]) -> None:
        """Write down and tell what is handed over now, and what is no longer."""
        before = {off.key: off for off in self._handoffs}
        _, self._handoffs = split(left, lacks, self._setup, work.known, self._whole)
        parted = part(left, lacks, work.known)
        self._postponed = tuple(label_of(left, key) for key in parted.postponed)
        record(self._setup, {key: lack for key, lack in lacks.items() if key in parted.handed})
        write_files(self._setup, self._handoffs)
        now = {off.key for off in self._handoffs}
        for off in self._handoffs:
            if off.key not in before:
                self._tell(Started(off.key, off.label))
        for key, off in before.items():
            if key not in now:
                made = all(
                    one in work.known or one not in objects_of(self._whole or left) for one in off.objects
                )
                detail = "made by an administrator" if made else "you may make it now"
                self._tell(Finished(key, off.label, Result.KEPT, detail))

    def _tell_unwatched(self) -> None:
        for off in self._handoffs:
            detail = f"waits for an administrator: {off.file}"
            self._tell(Finished(off.key, off.label, Result.SKIPPED, detail, warning=True))

    # The end

    def _outcome(self, end: End, plan: Plan, *, problem: str = "", mend: str = "") -> Outcome:
        work = self._work
        if problem and work is None:
            self._tell(Failed("start", "start", problem, mend))
        return Outcome(
            end=end,
            made=tuple(work.made) if work else (),
            kept=tuple(work.kept) if work else (),
            variables=tuple(sorted(self._setup.profile.variables)),
            manual=of_steps(plan, self._only).manual,
            next_steps=_next_steps(self._setup),
            problem=problem,
            mend=mend,
            handoffs=self._handoffs,
            postponed=self._postponed,
            shown_once=shown_once(work, plan) if work else {},
        )


def _steps(offs: tuple[HandOff, ...]) -> str:
    named = ", ".join(off.step for off in offs)
    return f"Step{'s' if len(offs) > 1 else ''} {named} {'have' if len(offs) > 1 else 'has'} to be made"


def _next_steps(setup: Setup) -> tuple[str, ...]:
    told = setup.guide.next_steps(setup.walkthrough.answers)
    commands = [command.replace("{profile}", setup.profile.name) for command, _ in told]
    width = max(map(len, commands), default=0)
    return tuple(f"{command:{width}}  {told[i][1]}" for i, command in enumerate(commands))


def _pin_answers(setup: Setup) -> None:
    """Record every default, so that the profile says all that the plan was made of."""
    walkthrough = setup.walkthrough
    for step in walkthrough.steps:
        for question in walkthrough.questions(step):
            value = walkthrough.answers.get(question.key)
            if question.key not in walkthrough.given and value is not None:
                walkthrough.record(question.key, value, Source.DEFAULT)
