"""Verify: is what this profile made still there, does it still work, and for how long."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from profiles.secrets import SecretStoreError
from wizard.apply.deploy import kind_of
from wizard.apply.directory import find, task_label
from wizard.apply.events import Failed, OnEvent, Outlined, Task, unheard
from wizard.apply.key_pair import KEY_PAIR, find_key
from wizard.apply.outcome import End, Outcome, ProofResult
from wizard.apply.preflight import work_of
from wizard.apply.proving import prove_all
from wizard.apply.work import Undoable, Work
from wizard.azure.errors import AzureProblem
from wizard.plan import Plan, Resource

if TYPE_CHECKING:
    from wizard.setup import Setup

_AT_ONCE = 8
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
    """Look up each object that the journal says exists; only what is gone is told."""
    told = (*await _directory(work, plan), *await _resources(work, plan), *await _keys(work, plan))
    return tuple(result for result in told if result is not None)


async def _directory(work: Work, plan: Plan) -> list[ProofResult | None]:
    results = []
    journalled = work.journal.known()
    for wanted in plan.directory:
        fields = await find(work, wanted)
        work.known[wanted.key] = journalled.get(wanted.key, {}) if fields is None else fields
        what = "is gone" if fields is None else ""
        if fields is not None and fields.get("enabled") == "no":
            what = "is disabled"
        results.append(_drifted(work, wanted.key, task_label(wanted), what))
    return results


async def _resources(work: Work, plan: Plan) -> list[ProofResult | None]:
    """Read back each planned resource that the journal knows, a few at a time."""
    journalled = work.journal.known()
    standing = [resource for resource in plan.resources if resource.key in journalled]
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def look(resource: Resource) -> str:
        async with at_once:
            body = await work.azure.arm.read(journalled[resource.key]["id"], resource.api_version)
        return "is gone" if body is None else ""

    for resource in standing:
        work.known[resource.key] = journalled[resource.key]
    found = await asyncio.gather(*(look(resource) for resource in standing))
    return [
        _drifted(work, resource.key, f"{kind_of(resource)} {resource.label}", what)
        for resource, what in zip(standing, found, strict=True)
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
