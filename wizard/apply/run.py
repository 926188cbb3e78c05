"""Run: carrying a plan out from wherever it stands. Applying, applying again and resuming are the same thing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from profiles.errors import ProfilesError
from profiles.profile import SecretReference
from wizard.answers import Source
from wizard.apply.deploy import Stage, deploy, label, staged
from wizard.apply.directory import ensure, task_label
from wizard.apply.events import Event, Failed, OnEvent, Outlined, Task, unheard
from wizard.apply.outcome import End, Outcome, ProofResult
from wizard.apply.preflight import work_of
from wizard.apply.proving import prove_all
from wizard.apply.work import Stopped, Undoable, Work
from wizard.azure.errors import AzureProblem
from wizard.plan import Plan, Ref
from wizard.threads import in_daemon_thread

if TYPE_CHECKING:
    from wizard.setup import Setup


class Run:
    """One run over a setup's plan. `go` may be called once; `leave` and `cancel` end it early, at a safe place."""

    def __init__(self, setup: Setup, on_event: OnEvent = unheard) -> None:
        self._setup = setup
        self._on_event = on_event
        self._work: Work | None = None
        self._stage: Stage | None = None
        self._stopping = asyncio.Event()
        self._cancelled = False

    async def go(self) -> Outcome:
        """Make everything of the plan exist, prove it, and keep the outputs in the profile.

        What exists is kept, so running again changes nothing. Failures come back in the outcome, with what was
        done until then; the profile and journal are saved whatever happens.
        """
        setup = self._setup
        stuck = await setup.walkthrough.settle()
        plan = setup.walkthrough.plan()
        if stuck:
            return self._outcome(
                End.FAILED, plan, problem=stuck[0].sentence, mend="Answer it, then run this again."
            )
        _pin_answers(setup)
        plan = setup.walkthrough.plan()
        try:
            await setup.flush()
            with setup.alone():
                work, proofs = await self._carry_out(plan)
        except (AzureProblem, Undoable, ProfilesError) as problem:
            mend = getattr(problem, "advice", "") or getattr(problem, "mend", "")
            return self._outcome(End.FAILED, plan, problem=str(problem), mend=mend)
        except Stopped:
            return self._outcome(End.CANCELLED if self._cancelled else End.LEFT_RUNNING, plan)
        proved = all(proof.ok for proof in proofs)
        setup.keep(stage="proved" if proved else "applied")
        end = End.DONE if work.made else End.NOTHING_TO_DO
        return replace(self._outcome(end, plan), proofs=proofs)

    async def _carry_out(self, plan: Plan) -> tuple[Work, tuple[ProofResult, ...]]:
        work = self._work = work_of(self._setup, plan)
        work.on_event, work.stopping = self._tell, self._stopping
        self._tell(Outlined(outline(plan)))
        await self._make(work, plan)
        self._keep_outputs(work, plan)
        return work, await prove_all(self._setup, work, plan)

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
        if self._work is not None and self._stage is not None:
            await self._work.azure.arm.deployments.cancel(self._stage.scope, self._stage.name)

    def _tell(self, event: Event) -> None:
        self._on_event(event)

    async def _make(self, work: Work, plan: Plan) -> None:
        setup = self._setup
        if plan.password is not None:
            await in_daemon_thread(work.store.probe)
        if setup.profile.stage in {"answering", "undone"}:
            setup.keep(stage="applying")
        for wanted in plan.directory:
            await work.task(wanted.key, task_label(wanted), lambda wanted=wanted: ensure(work, wanted))  # type: ignore[misc]  # binds the loop variable
        for scope, resources in plan.stages().items():
            stage = self._stage = staged(plan.guide, work.profile, scope, resources, work)
            if stage.name not in setup.profile.deployments:
                setup.keep(deployments=(*setup.profile.deployments, stage.name))
            await work.task(stage.task, label(stage), lambda stage=stage: deploy(work, stage))  # type: ignore[misc]  # as above
        self._stage = None

    def _keep_outputs(self, work: Work, plan: Plan) -> None:
        """Write the variables into the profile: plain values, and where the secret is."""
        plain, secrets = {}, []
        for output in plan.outputs:
            if output.secret:
                secrets.append(_reference(work, output.name))
            else:
                plain[output.name] = _text(work, output.value)
        self._setup.keep(outputs=plain, secrets=tuple(secrets), stage="applied")

    def _outcome(self, end: End, plan: Plan, *, problem: str = "", mend: str = "") -> Outcome:
        work = self._work
        if problem and work is None:
            self._tell(Failed("start", "start", problem, mend))
        return Outcome(
            end=end,
            made=tuple(work.made) if work else (),
            kept=tuple(work.kept) if work else (),
            variables=tuple(sorted(self._setup.profile.variables)),
            manual=plan.manual,
            next_steps=_next_steps(self._setup),
            problem=problem,
            mend=mend,
        )


def _next_steps(setup: Setup) -> tuple[str, ...]:
    told = setup.guide.next_steps(setup.walkthrough.answers)
    commands = [command.replace("{profile}", setup.profile.name) for command, _ in told]
    width = max(map(len, commands), default=0)
    return tuple(f"{command:{width}}  {told[i][1]}" for i, command in enumerate(commands))


def outline(plan: Plan) -> tuple[Task, ...]:
    """Return the tasks of a run over this plan, in order."""
    made = [Task(wanted.key, task_label(wanted)) for wanted in plan.directory]
    for resources in plan.stages().values():
        first = resources[0]
        stage = Stage(first.deploy_at, "", resources, {}, {})
        made.append(Task(first.key, label(stage)))
    return (*made, *(Task(f"proof:{proof.key}", f"proof: {proof.title}") for proof in plan.proofs))


def _pin_answers(setup: Setup) -> None:
    """Record every default, so that the profile says all that the plan was made of."""
    walkthrough = setup.walkthrough
    for step in walkthrough.steps:
        for question in walkthrough.questions(step):
            value = walkthrough.answers.get(question.key)
            if question.key not in walkthrough.given and value is not None:
                walkthrough.record(question.key, value, Source.DEFAULT)


def _text(work: Work, value: str | Ref) -> str:
    return work.value(value)


def _reference(work: Work, variable: str) -> SecretReference:
    known = work.known["secret"]
    end = known.get("end", "")
    return SecretReference(
        variable=variable,
        store=work.store.name,
        binding=work.binding(),
        key_id=known.get("key_id", ""),
        hint=known.get("hint", ""),
        expires=datetime.fromisoformat(end).astimezone(UTC).replace(microsecond=0) if end else None,
    )
