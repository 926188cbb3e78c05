"""Drift: what of a profile's objects is gone, or was changed by somebody else since. It reads, and writes nothing.

What stands is held against the plan; where that differs, Azure's own preview decides whether applying would write it
again: a default that a provider added is no change of anybody's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wizard.apply.deploy import staged
from wizard.apply.looking import resolved, says
from wizard.apply.standing import is_settled, standing
from wizard.apply.work import Work
from wizard.azure.errors import AzureProblem
from wizard.plan import Derived, DirectoryKind, DirectoryObject, Known, Plan, Ref, Resource, Unknown

_AT_ONCE = 8
_SHOWN = 3
_ASSIGNMENT = "microsoft.authorization/roleassignments"  # Azure lets nobody change one


async def resource_drift(work: Work, plan: Plan, journalled: Known) -> dict[str, str]:
    """Say of each planned resource that the journal knows whether it is gone or changed, by key; the rest is left out.

    Raises:
        AzureProblem: Azure could not be asked.
    """
    there = [resource for resource in plan.resources if resource.key in journalled]
    bodies = await _bodies(work, there, journalled)
    drift = {key: "is gone" for key, body in bodies.items() if body is None}
    unlike = {r.key: paths for r in there if (paths := differences(r, bodies[r.key], work.known))}
    doubted = [r for r in there if r.key in unlike and r.key not in drift]
    for scope in dict.fromkeys(r.deploy_at for r in doubted):
        own = [r for r in doubted if r.deploy_at == scope]
        for key in await _written_again(work, plan, scope, own):
            shown = ", ".join(unlike[key][:_SHOWN])
            more = f" and {len(unlike[key]) - _SHOWN} more" if len(unlike[key]) > _SHOWN else ""
            drift[key] = f"was changed by somebody else: {shown}{more}"
    return drift


async def _bodies(
    work: Work, there: Sequence[Resource], journalled: Known
) -> dict[str, dict[str, Any] | None]:
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def read(resource: Resource) -> dict[str, Any] | None:
        async with at_once:
            return await work.azure.arm.read(journalled[resource.key]["id"], resource.api_version)

    found = await asyncio.gather(*(read(resource) for resource in there))
    return {resource.key: body for resource, body in zip(there, found, strict=True)}


def differences(resource: Resource, found: Mapping[str, Any] | None, known: Known) -> list[str]:
    """Return the property paths at which what stands is not as the plan wants it; those that it keeps don't count."""
    if found is None or resource.type.lower() == _ASSIGNMENT:
        return []
    paths = list(dict.fromkeys(_unlike(found, resource.body, known, "")))
    return [path for path in paths if not any(_is_within(path, kept) for kept in resource.keeps)]


def _unlike(found: Any, wanted: object, known: Known, path: str) -> Iterator[str]:
    if isinstance(wanted, Mapping):
        for name, value in wanted.items():
            inner = _member(found, str(name))
            yield from _unlike(inner, value, known, f"{path}.{name}".lstrip("."))
    elif isinstance(wanted, (Ref, Derived)) and not resolved(wanted, known):
        return
    elif path == "location" and isinstance(found, str) and isinstance(wanted, str):
        if found.replace(" ", "").lower() != wanted.replace(" ", "").lower():
            yield path
    elif not says(found, wanted, known):
        yield path


def _member(found: Any, name: str) -> Any:
    if not isinstance(found, Mapping):
        return None
    return next((value for key, value in found.items() if key.lower() == name.lower()), None)


def _is_within(path: str, whole: str) -> bool:
    return path.lower() == whole.lower() or path.lower().startswith(f"{whole.lower()}.")


async def _written_again(work: Work, plan: Plan, scope: str, resources: Sequence[Resource]) -> list[str]:
    """Which of these applying would write again, by Azure's preview; all of them where Azure does not tell."""
    try:
        stands = await standing(work, resources)
        if not stands.wanted:
            return []
        stage = staged(plan.guide, work.profile, scope, stands.wanted, work)
        told = await work.azure.arm.deployments.what_if(scope, stage.name, stage.template, stage.parameters)
    except (AzureProblem, Unknown):
        return [resource.key for resource in resources]
    changes = {change.resource_id.lower(): change for change in told}
    return [r.key for r in stands.wanted if not is_settled(r, changes.get(r.id(work.known).lower()))]


# The directory


async def directory_change(work: Work, wanted: DirectoryObject) -> str:
    """Say what somebody changed of a directory object that is there; empty: nothing.

    Raises:
        AzureProblem: Graph could not be asked.
    """
    graph, known = work.azure.graph, work.known.get(wanted.key, {})
    if wanted.kind is DirectoryKind.SERVICE_PRINCIPAL:
        principal = await graph.service_principal(known.get("app_id", ""))
        return "is disabled" if principal is not None and not principal.enabled else ""
    if wanted.kind is DirectoryKind.APPLICATION and not wanted.existing:
        app = await graph.application(known.get("object_id", ""))
        name = str(wanted.fields.get("display_name", ""))
        return f"was renamed by somebody else: {app.name}" if app is not None and name != app.name else ""
    if wanted.kind is DirectoryKind.FEDERATED_CREDENTIAL:
        trusted = await graph.federated(known.get("application", ""))
        same = next((one for one in trusted if one.id == known.get("id")), None)
        audience = str(wanted.fields.get("audience", ""))
        if same is not None and audience not in same.audiences:
            return f"was changed by somebody else: it is for {', '.join(same.audiences)}"
    return ""
