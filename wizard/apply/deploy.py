"""Deploying the resources of a plan: one ARM template per scope, carried out and reported by Azure itself.

A deployment goes on when the laptop closes. Its name is derived from what it deploys, so that it is found again by
name, and starting it twice means the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from wizard.apply.events import Result, Waiting
from wizard.apply.work import Undoable, Work
from wizard.azure.errors import Conflict
from wizard.azure.model import ChangeKind, DeploymentStatus
from wizard.plan import Resource, derived_guid
from wizard.render.arm import Parameters, Template, template

_FIRST_PAUSES = (0.2, 0.5, 1.0, 2.0)
_PAUSE = 5.0
_USUAL = 600.0
UNCHANGED = frozenset({ChangeKind.NO_CHANGE, ChangeKind.IGNORE})


@dataclass(frozen=True, slots=True)
class Stage:
    """The resources of one deployment scope, rendered."""

    scope: str
    name: str
    resources: tuple[Resource, ...]
    template: Template
    parameters: Parameters

    @property
    def key(self) -> str:
        """Its key in the journal."""
        return f"deployment:{self.name}"

    @property
    def task(self) -> str:
        """The key of its task: the first resource that it makes."""
        return self.resources[0].key


def staged(guide: str, profile: str, scope: str, resources: Sequence[Resource], work: Work) -> Stage:
    """Render one scope's resources; the deployment's name depends on what it deploys and for which profile."""
    body, parameters = template(resources, work.known)
    content = json.dumps([body, parameters], sort_keys=True)
    guide_part = re.sub(r"[^A-Za-z0-9-]", "-", guide)[:20]
    name = f"azimuth-{guide_part}-{derived_guid(profile, scope, content)[:13]}"
    return Stage(scope, name, tuple(resources), body, parameters)


async def deploy(work: Work, stage: Stage) -> tuple[Result, str]:
    """Deploy one stage, or watch the deployment that an earlier run left going on.

    Raises:
        AzureProblem: Azure refuses it.
        Undoable: the deployment failed or was cancelled.
        Stopped: the person asked to stop; Azure goes on unless they cancelled.
    """
    deployments = work.azure.arm.deployments
    interrupted = work.journal.interrupted(stage.key)
    running = await deployments.status(stage.scope, stage.name) if interrupted else None
    if running is None or running.state in {"Failed", "Canceled"}:
        creates = await _creates(work, stage)
        if creates is None:
            return _keep(work, stage)
        intent = {"scope": stage.scope, "name": stage.name, "creates": creates}
        work.journal.begin(stage.key, "deployment", **intent)
        await work.patiently(stage.task, label(stage), lambda: _start(work, stage))
    elif interrupted is not None:
        creates = list(interrupted.fields.get("creates", ()))
    else:
        creates = []
    await _watch(work, stage)
    return _note(work, stage, creates)


async def _start(work: Work, stage: Stage) -> None:
    """Start the deployment; one of this name that is active already is ours, and is watched."""
    try:
        await work.azure.arm.deployments.start(stage.scope, stage.name, stage.template, stage.parameters)
    except Conflict as problem:
        if problem.code != "DeploymentActive":
            raise


def label(stage: Stage) -> str:
    """Return how people call what the stage makes."""
    first, *rest = stage.resources
    more = f" and {len(rest)} more" if rest else ""
    return f"{kind_of(first)} {first.label}{more}"


def kind_of(resource: Resource) -> str:
    """Return the plain word for a resource type: ``Microsoft.Authorization/roleAssignments`` is a role assignment."""
    return kind_word(resource.type)


def kind_word(resource_type: str) -> str:
    """Return the plain word for a resource type of ARM."""
    word = resource_type.rsplit("/", 1)[-1].removesuffix("s")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", word).lower()


async def _creates(work: Work, stage: Stage) -> list[str] | None:
    """Return the ids that deploying will create, by Azure's own word; None when nothing would change."""
    if await held_already(work, stage.resources):
        return None
    changes = await work.patiently(
        stage.task,
        label(stage),
        lambda: work.azure.arm.deployments.what_if(stage.scope, stage.name, stage.template, stage.parameters),
    )
    ours = {resource.id(work.known).lower() for resource in stage.resources}
    told = [change for change in changes if change.resource_id.lower() in ours]
    if told and all(change.kind in UNCHANGED for change in told):
        return None
    return [change.resource_id for change in told if change.kind is ChangeKind.CREATE]


async def held_already(work: Work, resources: Sequence[Resource]) -> bool:
    """Whether all of these are role assignments that stand under another GUID: Azure refuses a second one."""
    for resource in resources:
        if resource.type.lower() != "microsoft.authorization/roleassignments":
            return False
        principal = work.known.get("principal", {}).get("object_id", "")
        role = str(resource.body["properties"]["roleDefinitionId"]).rsplit("/", 1)[-1].lower()
        held = await work.azure.arm.role_assignments(resource.stands_on, principal) if principal else []
        same = [a for a in held if a.role == role and a.scope.lower() == resource.stands_on.lower()]
        if not same or any(a.id.lower() == resource.id(work.known).lower() for a in same):
            return False
    return bool(resources)


async def _watch(work: Work, stage: Stage) -> None:
    waited, step = 0.0, 0
    while True:
        status = await work.azure.arm.deployments.status(stage.scope, stage.name)
        if status is not None and status.finished:
            await _judge(work, stage, status)
            return
        pause = _FIRST_PAUSES[step] if step < len(_FIRST_PAUSES) else _PAUSE
        why = await _progress(work, stage, status)
        work.on_event(Waiting(stage.task, label(stage), why, waited, _USUAL))
        await work.pause(pause)
        waited, step = waited + pause, step + 1


async def _progress(work: Work, stage: Stage, status: DeploymentStatus | None) -> str:
    """Say how far Azure is, by the deployment's own operations."""
    if status is None:
        return "Azure says: accepted"
    operations = await work.azure.arm.deployments.operations(stage.scope, stage.name)
    done = sum(1 for operation in operations if operation.state == "Succeeded")
    return f"Azure says: {status.state.lower()}, {done} of {len(stage.resources)} done"


async def _judge(work: Work, stage: Stage, status: DeploymentStatus) -> None:
    if status.state == "Succeeded":
        return
    operations = await work.azure.arm.deployments.operations(stage.scope, stage.name)
    failed = [o for o in operations if o.state == "Failed" and o.message]
    causes = "; ".join(f"{o.code}: {o.message}" for o in failed) or f"{status.code}: {status.message}"
    if status.state == "Canceled":
        raise Undoable("The deployment was cancelled in Azure.", "Run this again to go on.")
    raise Undoable(f"The deployment failed. {causes}", f"Correlation id {status.correlation_id}.")


def _keep(work: Work, stage: Stage) -> tuple[Result, str]:
    for resource in stage.resources:
        work.known[resource.key] = {"id": resource.id(work.known)}
    return Result.KEPT, "Azure says: no change"


def _note(work: Work, stage: Stage, creates: Sequence[str]) -> tuple[Result, str]:
    created = {identity.lower() for identity in creates}
    for resource in stage.resources:
        identity = resource.id(work.known)
        fields = {"id": identity, "api_version": resource.api_version, "label": resource.label}
        work.journal.done(resource.key, resource.type, made=identity.lower() in created, **fields)
        work.known[resource.key] = {"id": identity}
    fields = {"id": f"{stage.scope}/{stage.name}", "scope": stage.scope, "name": stage.name}
    work.journal.done(stage.key, "deployment", made=True, **fields)
    return Result.MADE, f"deployment {stage.name}"
