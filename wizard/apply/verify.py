"""Verify: is what this profile made still there, does it still work, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from profiles.secrets import SecretStoreError
from wizard.apply.directory import find, task_label
from wizard.apply.events import Failed, OnEvent, Outlined, Task, unheard
from wizard.apply.outcome import End, Outcome, ProofResult
from wizard.apply.preflight import work_of
from wizard.apply.proving import prove_all
from wizard.apply.work import Undoable, Work
from wizard.azure.errors import AzureProblem
from wizard.plan import Plan

if TYPE_CHECKING:
    from wizard.setup import Setup

_LITTLE_PATIENCE = 2.0  # verifying asks about what was proved before; only a hiccup is worth waiting for


async def verify(setup: Setup, on_event: OnEvent = unheard) -> Outcome:
    """Look every object up, run all proofs, and tell drift. Writes nothing to Azure."""
    plan = setup.walkthrough.plan()
    if setup.profile.stage in {"answering", "undone"}:
        what = f"Profile {setup.profile.name} is not applied yet."
        return Outcome(End.FAILED, problem=what, mend=f"Run `azimuth resume {setup.profile.name}`.")
    try:
        work = work_of(setup, plan)
        work.on_event = on_event
        on_event(Outlined(tuple(Task(f"proof:{p.key}", f"proof: {p.title}") for p in plan.proofs)))
        drift = await _drift(work, plan)
        proofs = await prove_all(setup, work, plan, patience=_LITTLE_PATIENCE)
    except (AzureProblem, SecretStoreError, Undoable) as problem:
        return Outcome(End.FAILED, problem=str(problem), mend=getattr(problem, "advice", ""))
    name = setup.profile.name
    results = (*drift, *proofs)
    good = all(result.ok for result in results)
    setup.keep(stage="proved" if good else "applied")
    mend = "" if good else f"`azimuth resume {name}` makes what is missing again."
    return Outcome(End.DONE if good else End.FAILED, proofs=results, mend=mend)


async def _drift(work: Work, plan: Plan) -> tuple[ProofResult, ...]:
    """Look up each directory object and role that the journal says exists; only what is gone is told."""
    gone = []
    journalled = work.journal.known()
    for wanted in plan.directory:
        fields = await find(work, wanted)
        if fields is not None:
            work.known[wanted.key] = fields
            continue
        label = task_label(wanted)
        work.known.setdefault(wanted.key, journalled.get(wanted.key, {}))
        work.on_event(Failed(f"drift:{wanted.key}", label, "is gone", "Apply the profile again."))
        gone.append(ProofResult(f"drift:{wanted.key}", label, ok=False, what="is gone"))
    return tuple(gone)
