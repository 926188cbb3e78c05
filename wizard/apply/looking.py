"""Looking whether a planned object is there, whoever made it. It reads, and writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.apply.directory import find
from wizard.apply.order import objects_of, provider_of
from wizard.apply.work import Work
from wizard.azure.errors import AzureProblem, Forbidden
from wizard.plan import (
    Derived,
    DirectoryKind,
    DirectoryObject,
    KeyPair,
    Known,
    Plan,
    Ref,
    Removal,
    Resource,
    Unknown,
    resolve,
)
from wizard.render.arm import foretold, steps

Fields = dict[str, str]
_ASSIGNMENT = "microsoft.authorization/roleassignments"
_DEFINITION = "microsoft.authorization/roledefinitions"


async def seen(work: Work, wanted: DirectoryObject, known: Known | None = None) -> Fields | None:
    """Look a directory object up; None when it is not there as it is wanted, or may not be seen.

    Raises:
        AzureProblem: Graph could not be asked.
    """
    fields = await found(work, wanted, known)
    return None if fields is not None and fields.get("enabled") == "no" else fields


async def is_disabled(work: Work, wanted: DirectoryObject) -> bool:
    """Whether a principal is there, but may not sign in.

    Raises:
        AzureProblem: Graph could not be asked.
    """
    fields = await found(work, wanted)
    return fields is not None and fields.get("enabled") == "no"


async def found(work: Work, wanted: DirectoryObject, known: Known | None = None) -> Fields | None:
    """Look a directory object up, as it is: one that may not sign in is there as well.

    Raises:
        AzureProblem: Graph could not be asked.
    """
    before = work.known
    work.known = {key: dict(fields) for key, fields in (before if known is None else known).items()}
    try:
        return await find(work, wanted)
    except Forbidden:
        return None
    finally:
        work.known = before


async def look(work: Work, plan: Plan, key: str, known: Known) -> Fields | None:
    """Look one object or provider of a plan up, and return what is known of it; None when it is not there yet.

    A removal is there when what it removes is gone.

    Raises:
        AzureProblem: Azure could not be asked.
    """
    wanted = objects_of(plan).get(key)
    if namespace := provider_of(key):
        state = await work.azure.arm.provider_state(plan.subscription, namespace)
        return {"id": namespace} if state == "Registered" else None
    if isinstance(wanted, DirectoryObject):
        return await seen(work, wanted, known) or await _by_its_role(work, plan, wanted, known)
    if isinstance(wanted, KeyPair):
        return await _key_pair(work, plan, wanted, known)
    if isinstance(wanted, Removal):
        return None if await _read(work, wanted.id, wanted.api_version) else {"id": wanted.id}
    return await _resource(work, plan, wanted, known) if wanted is not None else None


async def _read(work: Work, identity: str, api_version: str) -> dict[str, Any] | None:
    """Read any resource; what may not be seen is not there for us."""
    try:
        return await work.azure.arm.read(identity, api_version)
    except Forbidden:
        return None


# Resources


def _told(plan: Plan, known: Known) -> dict[str, dict[str, str]]:
    """What is known, with the ids that the rest will have. What stands under another name keeps its own."""
    told = foretold(plan.resources, known)
    return told | {key: {**told.get(key, {}), **fields} for key, fields in known.items()}


async def _resource(work: Work, plan: Plan, wanted: Resource, known: Known) -> Fields | None:
    told = _told(plan, known)
    identity = foretold(plan.resources, known).get(wanted.key, {}).get("id", "")
    found = await _read(work, identity, wanted.api_version) if identity else None
    if found is None:
        found = await _under_another_name(work, wanted, told)
    if found is None or (wanted.updates and not says(found, wanted.body, told)):
        return None
    fields = {"id": str(found.get("id") or identity)}
    for field, path in wanted.reads.items():
        value = at(found, path)
        if value is None:
            return None  # it is being made
        fields[field] = str(value)
    return fields


async def _under_another_name(work: Work, wanted: Resource, known: Known) -> dict[str, Any] | None:
    """A role that somebody made by hand has a GUID of its own."""
    kind, properties = wanted.type.lower(), wanted.body.get("properties", {})
    arm = work.azure.arm
    try:
        if kind == _DEFINITION and isinstance(name := properties.get("roleName"), str):
            role = await arm.role_definition(wanted.stands_on, name)
            # Azure names it at the subscription, where a person of one group may not look.
            at_scope = f"{wanted.stands_on}/providers/{wanted.type}"
            return None if role is None else await _read(work, f"{at_scope}/{role.guid}", wanted.api_version)
        if kind == _ASSIGNMENT:
            principal = resolved(properties.get("principalId", ""), known)
            role_guid = resolved(properties.get("roleDefinitionId", ""), known).rsplit("/", 1)[-1].lower()
            if principal and role_guid:
                for held in await arm.role_assignments(wanted.stands_on, principal):
                    if held.role == role_guid and held.scope.lower() == wanted.stands_on.lower():
                        return {"id": held.id}
    except (Forbidden, Unknown):
        return None
    except AzureProblem as problem:
        if problem.status == 404:  # noqa: PLR2004 - what it stands on does not exist yet
            return None
        raise
    return None


def resolved(value: object, known: Known) -> str:
    """Return the text of a value of a body; empty when it is not known yet."""
    if isinstance(value, (str, Ref, Derived)):
        try:
            return resolve(value, known)
        except Unknown:
            return ""
    return ""


def says(found: Any, wanted: object, known: Known) -> bool:
    """Whether what stands says all that is wanted. Lists count as sets of words, and case does not matter.

    What Azure adds of its own, and references that are not known yet, are passed over.
    """
    if isinstance(wanted, Mapping):
        whole = isinstance(found, Mapping)
        return whole and all(says(found.get(key), value, known) for key, value in wanted.items())
    if isinstance(wanted, (list, tuple)):
        whole = isinstance(found, (list, tuple)) and len(found) == len(wanted)
        return whole and all(any(says(own, one, known) for own in found) for one in wanted)
    if isinstance(wanted, (Ref, Derived)):
        wanted = resolved(wanted, known) or found
    if isinstance(wanted, str):
        return wanted.lower() == str(found or "").lower()
    return bool(wanted == found)


def at(found: Any, path: str) -> object:
    """The value at a property path of an answer; None when there is none."""
    for step in steps(path):
        if isinstance(step, int):
            found = found[step] if isinstance(found, list) and step < len(found) else None
        else:
            found = found.get(step) if isinstance(found, Mapping) else None
    return found


async def _key_pair(work: Work, plan: Plan, wanted: KeyPair, known: Known) -> Fields | None:
    """A key pair that Azure made shows its public half on its resource."""
    holder = next((r for r in plan.resources if r.key == wanted.resource), None)
    identity = foretold(plan.resources, known).get(wanted.resource, {}).get("id", "")
    if holder is None or not identity:
        return None
    public = at(await _read(work, identity, holder.api_version), "properties.publicKey")
    return {"id": identity, "public_key": str(public).strip()} if public else None


# What a guest may not see


async def _by_its_role(work: Work, plan: Plan, wanted: DirectoryObject, known: Known) -> Fields | None:
    """Know a principal by the role that was given to it, where the directory itself may not be read.

    The assignment's name is derived from the principal, so that only the right one fits; a role that this plan
    itself makes is given to nobody else.
    """
    if wanted.kind is not DirectoryKind.SERVICE_PRINCIPAL or isinstance(wanted.fields.get("app_id"), Ref):
        return None
    for resource in plan.resources:
        principal = resource.body.get("properties", {}).get("principalId")
        if resource.type.lower() != _ASSIGNMENT or principal != Ref(wanted.key, "object_id"):
            continue
        for found in await _assignments(work, resource.stands_on, resource.api_version):
            object_id = str(at(found, "properties.principalId") or "")
            fields = {"id": object_id, "object_id": object_id, "app_id": str(wanted.fields.get("app_id", ""))}
            if object_id and _fits(plan, resource, found, {**known, wanted.key: fields}):
                return fields
    return None


async def _assignments(work: Work, scope: str, api_version: str) -> list[dict[str, Any]]:
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments"
    try:
        return await work.azure.arm.read_all(path, api_version, **{"$filter": "atScope()"})
    except AzureProblem as problem:
        if isinstance(problem, Forbidden) or problem.status == 404:  # noqa: PLR2004 - no such scope yet
            return []
        raise


def _fits(plan: Plan, resource: Resource, found: Mapping[str, Any], known: Known) -> bool:
    told = _told(plan, known)
    if told.get(resource.key, {}).get("id", "").lower() == str(found.get("id", "")).lower():
        return True
    own_role = resource.body.get("properties", {}).get("roleDefinitionId")
    made_here = isinstance(own_role, Ref) and str(at(found, "properties.principalType")) == "ServicePrincipal"
    guid = resolved(own_role, told).rsplit("/", 1)[-1].lower()
    given = str(at(found, "properties.roleDefinitionId") or "").rsplit("/", 1)[-1].lower()
    return made_here and bool(guid) and guid == given
