"""Deploying the resources of a plan: one ARM template per scope, carried out and reported by Azure itself.

A deployment goes on when the laptop closes. Its name is derived from what it deploys, so that it is found again by
name, and starting it twice means the same.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from wizard.apply.events import Result, Waiting
from wizard.apply.journal import DEPLOYMENT, FORMER
from wizard.apply.standing import UNCHANGED, Standing, held_elsewhere, is_settled, read_fields, standing
from wizard.apply.work import Undoable, Work, pause_after
from wizard.azure import patience
from wizard.azure.errors import AzureProblem, Conflict, Invalid
from wizard.azure.model import Change, ChangeKind, DeploymentOperation, DeploymentStatus
from wizard.plan import Resource, derived_guid
from wizard.render.arm import Parameters, Template, foretold, in_order, template

__all__ = ["UNCHANGED", "Stage", "deploy", "kind_of", "kind_word", "label", "staged"]

_USUAL = 600.0
_MOST = 3600.0
_ENDINGS = (("ies", "y"), ("sses", "ss"), ("s", ""))
_REPLICATES = "the directory replicates; this usually takes under 3 minutes"


@dataclass(frozen=True, slots=True)
class Stage:
    """The resources of one deployment scope, rendered; `part_of` are those of the whole stage, where this is a part."""

    scope: str
    name: str
    resources: tuple[Resource, ...]
    template: Template
    parameters: Parameters
    part_of: tuple[Resource, ...] = ()

    @property
    def key(self) -> str:
        """Its key in the journal."""
        return f"deployment:{self.name}"

    @property
    def task(self) -> str:
        """The key of its task: the first resource that it makes."""
        return (self.part_of or self.resources)[0].key


def staged(guide: str, profile: str, scope: str, resources: Sequence[Resource], work: Work) -> Stage:
    """Render one scope's resources; the deployment's name depends on what it deploys and for which profile."""
    body, parameters = template(resources, work.known)
    content = json.dumps([body, parameters], sort_keys=True)
    guide_part = re.sub(r"[^A-Za-z0-9-]", "-", guide)[:20]
    name = f"azimuth-{guide_part}-{derived_guid(profile, scope, content)[:13]}"
    return Stage(scope, name, tuple(resources), body, parameters)


async def deploy(work: Work, stage: Stage) -> tuple[Result, str]:
    """Deploy one stage, or watch the deployment that an earlier run left going on.

    Only what needs it is written: what stands as the plan wants it is kept and left out of the template. After
    it `work.known` holds the id and all ``reads`` fields of each resource.

    Raises:
        AzureProblem: Azure refuses it.
        Undoable: the deployment failed or was cancelled.
        Stopped: the person asked to stop; Azure goes on unless they cancelled.
    """
    held: Mapping[str, str]
    interrupted = work.journal.interrupted(stage.key) is not None
    if interrupted and await _is_running(work, stage):
        held = await held_elsewhere(work, stage.resources)
        failure = await _watch(work, stage)
        if failure is not None:
            raise failure.problem
    else:
        stands = await standing(work, stage.resources)
        due, held = await _due(work, stage, stands), stands.held
        if due is not None:
            work.journal.begin(stage.key, DEPLOYMENT, **_record(stage))
            await _carry(work, due)
        elif not interrupted:
            await _note(work, stage, held)
            return Result.KEPT, "Azure says: no change"
    await _note(work, stage, held)
    work.journal.done(stage.key, DEPLOYMENT, made=True, **_record(stage))
    return Result.MADE, f"deployment {stage.name}"


def _record(stage: Stage) -> dict[str, str]:
    return {"id": f"{stage.scope}/{stage.name}", "scope": stage.scope, "name": stage.name}


async def _is_running(work: Work, stage: Stage) -> bool:
    """Whether the deployment that an earlier run left is still going on; one that ended is not trusted by name."""
    status = await work.azure.arm.deployments.status(stage.scope, stage.name)
    return status is not None and not status.finished


async def _carry(work: Work, stage: Stage) -> None:
    """Start and watch; roles that refuse a principal or role made a moment ago are tried again, with a clock."""
    waited = 0.0
    while True:
        await work.patiently(stage.task, label(stage), lambda: _start(work, stage))
        failure = await _watch(work, stage)
        if failure is None:
            return
        if not failure.passing or waited + patience.EVERY > patience.SECONDS:
            raise failure.problem
        work.on_event(Waiting(stage.task, label(stage), _REPLICATES, waited, patience.SECONDS))
        await work.pause(patience.EVERY)
        waited += patience.EVERY


async def _start(work: Work, stage: Stage) -> None:
    """Start the deployment; one of this name that is active already is ours, and is watched."""
    try:
        await work.azure.arm.deployments.start(stage.scope, stage.name, stage.template, stage.parameters)
    except Conflict as problem:
        if problem.code != "DeploymentActive":
            raise


def label(stage: Stage) -> str:
    """Return how people call what the stage makes."""
    first, *rest = stage.part_of or stage.resources
    more = f" and {len(rest)} more" if rest else ""
    return f"{kind_of(first)} {first.label}{more}"


def kind_of(resource: Resource) -> str:
    """Return the plain word for a resource type: ``Microsoft.Authorization/roleAssignments`` is a role assignment."""
    return kind_word(resource.type)


def kind_word(resource_type: str) -> str:
    """Return the plain word for a resource type of ARM."""
    word = resource_type.rsplit("/", 1)[-1]
    for plural, one in _ENDINGS:
        if word.endswith(plural):
            word = word.removesuffix(plural) + one
            break
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", word).lower()


async def _due(work: Work, stage: Stage, stands: Standing) -> Stage | None:
    """Return the part of a stage that has to be written, by Azure's own word; None when there is none.

    What it makes and what it changes is written into the journal, with what stood there.
    """
    known = foretold(stage.resources, work.known)
    await _know(work, [r for r in stage.resources if r.key in stands.held], stands.held)
    if not stands.wanted:
        return None
    whole = _of(stage, stands.wanted, work)
    changes = await _foreseen(work, whole, {r.key: r.id(known) for r in stands.wanted})
    told = {r.key: changes.get(r.id(known).lower()) for r in stands.wanted}
    settled = {r.key: r.id(known) for r in stands.wanted if is_settled(r, told[r.key])}
    due = [r for r in in_order(stands.wanted, work.known) if r.key not in settled]
    await _know(work, [r for r in stands.wanted if r.key in settled], settled)
    for resource in due:
        _intend(work, resource, resource.id(known), told[resource.key], stands.formers.get(resource.key, ""))
    if not due:
        return None
    return _of(stage, due, work) if settled else whole


def _intend(work: Work, resource: Resource, identity: str, change: Change | None, former: str) -> None:
    """Write down what is about to be made or changed; what this profile made itself has no former state."""
    new = change is not None and change.kind is ChangeKind.CREATE
    creates = new or _began(work, resource, identity)
    ours = creates or any(
        str(m.fields.get("id", "")).lower() == identity.lower() for m in work.journal.made()
    )
    told = {"id": identity, "api_version": resource.api_version, "label": resource.label}
    work.journal.begin(
        resource.key, resource.type, creates=creates, **told, **_as_field("" if ours else former)
    )


def _of(stage: Stage, resources: Sequence[Resource], work: Work) -> Stage:
    """The same deployment with some of its resources."""
    body, parameters = template(resources, work.known)
    whole = stage.part_of or stage.resources
    return replace(stage, resources=tuple(resources), template=body, parameters=parameters, part_of=whole)


async def _foreseen(work: Work, stage: Stage, ids: Mapping[str, str]) -> dict[str, Change]:
    """Return what writing a stage changes, by ARM id. Where nothing stands there is nothing to preview."""

    async def stands(resource: Resource) -> bool:
        try:
            return await work.azure.arm.read(ids[resource.key], resource.api_version) is not None
        except AzureProblem:
            return True  # the preview will say what it is

    if any(await asyncio.gather(*map(stands, stage.resources))):
        return await _preview(work, stage)
    return {identity.lower(): Change(ChangeKind.CREATE, identity) for identity in ids.values()}


async def _preview(work: Work, stage: Stage) -> dict[str, Change]:
    changes = await work.patiently(
        stage.task,
        label(stage),
        lambda: work.azure.arm.deployments.what_if(stage.scope, stage.name, stage.template, stage.parameters),
    )
    return {change.resource_id.lower(): change for change in changes}


def _began(work: Work, resource: Resource, identity: str) -> bool:
    """Whether an earlier run began to create it, and was cut off or failed elsewhere."""
    intent = work.journal.interrupted(resource.key)
    if intent is None or not intent.fields.get("creates"):
        return False
    return str(intent.fields.get("id", "")).lower() == identity.lower()


def _as_field(former: str) -> dict[str, str]:
    return {FORMER: former} if former else {}


async def _know(work: Work, resources: Sequence[Resource], ids: Mapping[str, str]) -> None:
    for resource in resources:
        work.known[resource.key] = await read_fields(work, resource, ids[resource.key])


@dataclass(frozen=True, slots=True)
class _Failure:
    """How a deployment failed; `passing` when Azure's replication explains it."""

    problem: Undoable
    passing: bool = False


async def _watch(work: Work, stage: Stage) -> _Failure | None:
    """Watch a deployment to its end; return what failed."""
    began = work.now()
    while True:
        status = await work.azure.arm.deployments.status(stage.scope, stage.name)
        if status is not None and status.finished:
            return await _judge(work, stage, status)
        why = await _progress(work, stage, status)
        waited = work.now() - began
        if waited > _MOST:
            what = f"The deployment of {label(stage)} is still going on in Azure after an hour."
            mend = "It goes on by itself; look at it in the portal, or resume later."
            return _Failure(Undoable(what, mend))
        work.on_event(Waiting(stage.task, label(stage), why, waited, _USUAL))
        await work.pause(pause_after(waited))


async def _progress(work: Work, stage: Stage, status: DeploymentStatus | None) -> str:
    """Say how far Azure is, by the deployment's own operations."""
    if status is None:
        return "Azure says: accepted"
    operations = await work.azure.arm.deployments.operations(stage.scope, stage.name)
    done = sum(1 for operation in operations if operation.state == "Succeeded")
    return f"Azure says: {status.state.lower()}, {done} of {len(stage.resources)} done"


async def _judge(work: Work, stage: Stage, status: DeploymentStatus) -> _Failure | None:
    if status.state == "Succeeded":
        return None
    if status.state == "Canceled":
        return _Failure(Undoable("The deployment was cancelled in Azure.", "Run this again to go on."))
    operations = await work.azure.arm.deployments.operations(stage.scope, stage.name)
    failed = [o for o in operations if o.state == "Failed" and o.message]
    causes = "; ".join(f"{o.code}: {o.message}" for o in failed) or f"{status.code}: {status.message}"
    problem = Undoable(f"The deployment failed. {causes}", f"Correlation id {status.correlation_id}.")
    return _Failure(problem, passing=bool(failed) and all(map(_passes, failed)))


def _passes(operation: DeploymentOperation) -> bool:
    """Whether it is a role that refuses a role or principal which is not known everywhere yet."""
    about_roles = "/providers/microsoft.authorization/role" in operation.resource_id.lower()
    return about_roles and patience.is_replication(Invalid(operation.message, code=operation.code))


async def _note(work: Work, stage: Stage, held: Mapping[str, str]) -> None:
    """Write down what there is now, each behind what it depends on: undo goes the other way."""
    before, written = work.journal.known(), set[str]()
    known = foretold(stage.resources, work.known)
    for resource in in_order(stage.resources, work.known):
        identity = held.get(resource.key) or resource.id(known)
        fields = await read_fields(work, resource, identity)
        work.known[resource.key] = fields
        told = {**fields, "api_version": resource.api_version, "label": resource.label}
        intent = work.journal.interrupted(resource.key)
        if intent is not None:
            former = _as_field(str(intent.fields.get(FORMER, "")))
            made = bool(intent.fields.get("creates"))
            work.journal.done(resource.key, resource.type, made=made, **told, **former)
            written.add(resource.key)
        elif before.get(resource.key) != told:
            work.journal.done(resource.key, resource.type, made=False, **told)
    work.parts[stage.task] = (
        tuple(f"{kind_of(r)} {r.label}" for r in stage.resources if r.key in written),
        tuple(f"{kind_of(r)} {r.label}" for r in stage.resources if r.key not in written),
    )
