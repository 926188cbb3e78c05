"""Verify: is what this profile made still there, does it still work, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from profiles.expiry import left
from profiles.secrets import SecretStoreError
from wizard.apply.deploy import kind_of
from wizard.apply.directory import find, task_label
from wizard.apply.drift import directory_change, resource_drift
from wizard.apply.events import Failed, OnEvent, Outlined, Task, unheard
from wizard.apply.key_pair import KEY_PAIR, find_key
from wizard.apply.mending import what_is_wrong
from wizard.apply.outcome import End, Outcome, ProofResult
from wizard.apply.preflight import work_of
from wizard.apply.proving import prove_all
from wizard.apply.work import Undoable, Work
from wizard.azure.errors import AzureProblem
from wizard.plan import Plan
from wizard.whereabouts import Elsewhere

if TYPE_CHECKING:
    from wizard.setup import Setup

_LITTLE_PATIENCE = 2.0  # verifying asks about what was proved before; only a hiccup is worth waiting for


async def verify(setup: Setup, on_event: OnEvent = unheard) -> Outcome:
    """Look every object up, run all proofs, and tell drift. Writes nothing to Azure."""
    plan = setup.walkthrough.plan()
    if setup.profile.stage in {"answering", "undone"}:
        what = f"Profile {setup.profile.name} is not applied yet."
        return Outcome(End.FAILED, problem=what, mend=f"Run `azimuth resume {setup.profile.name}`.")
    if moved := setup.moved():
        return Outcome(End.FAILED, problem=moved, mend=Elsewhere.advice)
    try:
        work = work_of(setup, plan)
        work.on_event = on_event
        on_event(Outlined(tuple(Task(f"proof:{p.key}", f"proof: {p.title}") for p in plan.proofs)))
        drift = await _drift(work, plan)
        proofs = await prove_all(setup, work, plan, patience=_LITTLE_PATIENCE)
    except (AzureProblem, SecretStoreError, Undoable) as problem:
        return Outcome(End.FAILED, problem=str(problem), mend=getattr(problem, "advice", ""))
    name = setup.profile.name
    results = (*_journal(setup), *drift, *proofs)
    good = all(result.ok for result in results)
    setup.keep(stage="proved" if good else "applied")
    mend = "" if good else f"`azimuth resume {name}` makes it as it was planned."
    return Outcome(End.DONE if good else End.FAILED, proofs=results, mend=mend)


def _journal(setup: Setup) -> tuple[ProofResult, ...]:
    """The journal itself, where it can't be relied on."""
    wrong = what_is_wrong(setup)
    mend = f"`azimuth resume {setup.profile.name}` keeps it aside, and writes down anew what Azure shows."
    return (ProofResult("journal", "journal", ok=False, what=wrong, mend=mend),) if wrong else ()


async def _drift(work: Work, plan: Plan) -> tuple[ProofResult, ...]:
    """Look up each object that the journal says exists; only what is gone or changed is told."""
    directory, keys = await _directory(work, plan), await _keys(work, plan)
    told = (*directory, *await _resources(work, plan), *keys)
    return tuple(result for result in told if result is not None)


async def _directory(work: Work, plan: Plan) -> list[ProofResult | None]:
    results = []
    journalled = work.journal.known()
    for wanted in plan.directory:
        fields = await find(work, wanted)
        work.known[wanted.key] = journalled.get(wanted.key, {}) if fields is None else fields
        known = journalled.get(wanted.key, {})
        what = _missing(known) if fields is None else await directory_change(work, wanted)
        results.append(_drifted(work, wanted.key, task_label(wanted), what))
    return results


def _missing(known: Mapping[str, str]) -> str:
    """Say why an object that was made counts no more: a secret may be there still, and be over."""
    end = known.get("end")
    over = bool(end) and left(datetime.fromisoformat(str(end)))[1] == "expired"
    return "has expired: `azimuth rotate` makes a new one" if over else "is gone"


async def _resources(work: Work, plan: Plan) -> list[ProofResult | None]:
    """Hold each planned resource that the journal knows against what stands."""
    journalled = work.journal.known()
    standing = [resource for resource in plan.resources if resource.key in journalled]
    work.known |= {resource.key: journalled[resource.key] for resource in standing}
    drift = await resource_drift(work, plan, journalled)
    return [
        _drifted(work, resource.key, f"{kind_of(resource)} {resource.label}", drift.get(resource.key, ""))
        for resource in standing
    ]


async def _keys(work: Work, plan: Plan) -> list[ProofResult | None]:
    results: list[ProofResult | None] = []
    journalled = work.journal.known()
    for pair in plan.keys:
        if pair.key not in journalled:
            continue
        work.known[pair.key] = journalled[pair.key]
        found = await find_key(work, pair)
        what = "" if found is not None else f"is gone: {pair.path} holds no private key"
        if found is not None and found["fingerprint"] != journalled[pair.key].get("fingerprint"):
            what = f"is another one by now: {pair.path} was replaced"
        results.append(_drifted(work, pair.key, f"{KEY_PAIR} {pair.label}", what))
    return results


def _drifted(work: Work, key: str, label: str, what: str) -> ProofResult | None:
    if not what:
        return None
    work.on_event(Failed(f"drift:{key}", label, what, "Apply the profile again."))
    return ProofResult(f"drift:{key}", label, ok=False, what=what)
