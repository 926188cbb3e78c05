"""What stands in Azure already where a plan wants something: its former state, roles held, and noise of what-if."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wizard.apply.work import Undoable, Work
from wizard.azure.errors import AzureProblem, NotFound
from wizard.azure.model import Change, ChangeKind
from wizard.plan import Known, Ref, Resource, Unknown, resolve
from wizard.render.arm import foretold, steps

UNCHANGED = frozenset({ChangeKind.NO_CHANGE, ChangeKind.IGNORE})
_ASSIGNMENT = "microsoft.authorization/roleassignments"
_AZURES = frozenset({"createdOn", "updatedOn", "createdBy", "updatedBy", "provisioningState"})
_NOT_SENT = frozenset({"id", "name", "type", "etag", "systemData"})


@dataclass(frozen=True, slots=True)
class Standing:
    """What deploying some resources has to reckon with.

    `wanted` is what is to be written: bodies with what they keep, and without the role assignments that are
    `held` under another GUID (key to id). `formers` is what stands where something is updated, as JSON text.
    """

    wanted: tuple[Resource, ...]
    held: Mapping[str, str]
    formers: Mapping[str, str]


async def standing(work: Work, resources: Sequence[Resource]) -> Standing:
    """Look what stands already where these resources are wanted. Writes nothing.

    Raises:
        AzureProblem: Azure could not be asked.
    """
    known = foretold(resources, work.known)
    held = await held_elsewhere(work, resources)
    formers = {
        resource.key: await former_of(work, known[resource.key]["id"], resource.api_version)
        for resource in resources
        if resource.updates and "id" in known.get(resource.key, {})
    }
    wanted = tuple(merged(r, formers.get(r.key, "")) for r in resources if r.key not in held)
    return Standing(wanted, held, formers)


async def former_of(work: Work, identity: str, api_version: str) -> str:
    """Return what stands where something shall be changed or removed, as JSON text; empty: there is nothing.

    Raises:
        AzureProblem: Azure could not be asked.
    """
    body = await work.azure.arm.read(identity, api_version)
    return "" if body is None else json.dumps(body, sort_keys=True)


def merged(resource: Resource, former: str) -> Resource:
    """Return the resource with the paths that it keeps taken from what stands."""
    if not former or not resource.keeps:
        return resource
    body, before = _plain(resource.body), json.loads(former)
    for path in resource.keeps:
        _keep(body, before, steps(path))
    return replace(resource, body=body)


def _plain(value: object) -> Any:
    """A copy whose mappings and lists can be written to; references stay references."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _keep(body: Any, before: Any, path: Sequence[str | int]) -> None:
    """Make one path of a body as it is in Azure: what is absent there stays absent."""
    head, *rest = path
    there, own = _at(before, (head,)), isinstance(body, dict)
    if rest and own and isinstance(there, dict):
        _keep(body.setdefault(str(head), {}), there, rest)
    elif own and there is None:
        body.pop(str(head), None)
    elif own:
        body[str(head)] = copy.deepcopy(there)


def _at(body: Any, path: Iterable[str | int]) -> Any:
    """The value at a path of an answer of Azure, whose names differ in case at times; None when there is none."""
    for step in path:
        if isinstance(step, int):
            body = body[step] if isinstance(body, list) and step < len(body) else None
        elif isinstance(body, Mapping):
            body = body.get(step, next((v for k, v in body.items() if k.lower() == step.lower()), None))
        else:
            return None
    return body


def written_back(former: str) -> dict[str, Any]:
    """Return the body that puts a former state back: without what only Azure itself may say."""
    body = json.loads(former)
    told = {name: value for name, value in body.items() if name not in _NOT_SENT}
    if isinstance(properties := told.get("properties"), dict):
        azures = _AZURES | ({"scope"} if str(body.get("type", "")).lower() == _ASSIGNMENT else set())
        told["properties"] = {k: v for k, v in properties.items() if k not in azures and v is not None}
    return told


# Fields that others refer to


async def read_fields(work: Work, resource: Resource, identity: str) -> dict[str, str]:
    """Return the ``reads`` fields of a resource that exists, as Azure says them, and its id.

    Raises:
        AzureProblem: it can't be read, or is gone.
        Undoable: it lacks one of the fields.
    """
    fields = {"id": identity}
    if not resource.reads:
        return fields

    async def read() -> dict[str, Any]:
        body = await work.azure.arm.read(identity, resource.api_version)
        if body is None:
            raise NotFound(f"{resource.label} is not readable yet.", code="ResourceNotFound", status=404)
        return body

    body = await work.patiently(resource.key, resource.label, read, transient=_not_there)
    for field, path in resource.reads.items():
        value = _at(body, steps(path))
        if value is None:
            raise Undoable(f"Azure does not tell {path} of {resource.label}.", "Run this again in a minute.")
        fields[field] = str(value)
    return fields


def _not_there(problem: AzureProblem) -> bool:
    return isinstance(problem, NotFound)


# Roles that are held under another name


async def held_elsewhere(work: Work, resources: Sequence[Resource]) -> dict[str, str]:
    """Return the role assignments that stand under another GUID, by key with their id: Azure refuses a second one.

    Raises:
        AzureProblem: Azure could not be asked.
    """
    known = foretold(resources, work.known)
    held = {}
    for resource in resources:
        if resource.type.lower() != _ASSIGNMENT:
            continue
        properties = resource.body["properties"]
        principal = await _principal(work, resources, properties["principalId"], known)
        role = _text(properties["roleDefinitionId"], known).rsplit("/", 1)[-1].lower()
        same = await _twins(work, resource.stands_on, principal, role) if principal and role else ()
        own = known.get(resource.key, {}).get("id", "").lower()
        if same and own not in {identity.lower() for identity in same}:
            held[resource.key] = same[0]
    return held


async def _twins(work: Work, scope: str, principal: str, role: str) -> tuple[str, ...]:
    try:
        listed = await work.azure.arm.role_assignments(scope, principal)
    except NotFound:
        return ()  # what it stands on does not exist yet
    return tuple(
        one.id
        for one in listed
        if one.role == role
        and one.scope.lower() == scope.lower()
        and one.principal_id.lower() == principal.lower()
    )


async def _principal(work: Work, resources: Sequence[Resource], wanted: str | Ref, known: Known) -> str:
    """The principal's object id; that of a planned identity is known only where the identity exists."""
    found = _text(wanted, known)
    if found or isinstance(wanted, str):
        return found
    identity = next((r for r in resources if r.key == wanted.object and wanted.field in r.reads), None)
    if identity is None:
        return ""
    try:
        body = await work.azure.arm.read(identity.id(known), identity.api_version)
    except Unknown:
        return ""
    return str(_at(body, steps(identity.reads[wanted.field])) or "")


def _text(value: str | Ref, known: Known) -> str:
    try:
        return resolve(value, known)
    except Unknown:
        return ""


# What-if


def is_settled(resource: Resource, change: Change | None) -> bool:
    """Whether Azure's preview means that nothing has to be written for this resource.

    What-if tells properties as changed that a template does not mention, such as a provider's own defaults on
    a resource that somebody else made. Those are not ours to judge, so they are no reason to write.
    """
    if change is None:
        return False
    if change.kind in UNCHANGED:
        return True
    if change.kind is not ChangeKind.MODIFY or not change.delta:
        return False
    return all(_is_noise(resource.body, *one) for one in change.delta)


def _is_noise(body: Mapping[str, Any], path: str, before: object, after: object) -> bool:
    if after is None:
        return not _writes(body, steps(path))
    if not isinstance(before, str) or not isinstance(after, str):
        return False
    if path == "location":
        before, after = before.replace(" ", ""), after.replace(" ", "")
    alike = path == "location" or before.startswith("/subscriptions/")
    return alike and before.casefold() == after.casefold()


def _writes(body: object, path: Sequence[str | int]) -> bool:
    """Whether a body says something about a path: a list is ours with all its elements."""
    for step in path:
        if isinstance(step, int):
            if not isinstance(body, (list, tuple)) or step >= len(body):
                return True
            body = body[step]
        elif isinstance(body, Mapping):
            name = next((key for key in body if key.lower() == step.lower()), None)
            if name is None:
                return False
            body = body[name]
        else:
            return True
    return True
