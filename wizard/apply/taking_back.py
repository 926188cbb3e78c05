"""Taking one thing back: removed if this profile made it, put back as it was if it changed it, kept where data would go."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from wizard.apply.events import Waiting
from wizard.apply.journal import DEPLOYMENT, FORMER, Made
from wizard.apply.removal import delete_patiently, is_passing_refusal
from wizard.apply.standing import written_back
from wizard.apply.work import Undoable, Work, pause_after
from wizard.azure.errors import AzureProblem, Conflict, NotFound
from wizard.azure.storage import Inside
from wizard.plan import GROUP_TYPE, DirectoryKind

_RESOURCES, _STORAGE, _AUTHORIZATION = "2024-11-01", "2023-05-01", "2022-04-01"
_ACCOUNT = "microsoft.storage/storageaccounts"
_CONTAINER = f"{_ACCOUNT}/blobservices/containers"
_ROLE = "microsoft.authorization/roledefinitions"
_SHELVES = (
    ("fileServices/default/shares", "file share"),
    ("queueServices/default/queues", "queue"),
    ("tableServices/default/tables", "table"),
)
_MOST = 1800.0
_ENDED = frozenset({"", "succeeded", "failed", "canceled"})
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Taken:
    """How it went: `kept` says why it stays; `was_there` whether there was anything to take back."""

    was_there: bool = True
    kept: str = ""


async def take_back(work: Work, made: Made, label: str) -> Taken:
    """Remove what the profile made; keep it, with the reason, where that would take more than the profile made.

    Raises:
        AzureProblem: Azure refuses.
        Undoable: it does not go.
        Stopped: the person asked to stop.
    """
    if "/" not in made.kind:
        return Taken(await _from_directory(work, made))
    reason = await _reason_to_keep(work, made)
    if reason:
        return Taken(kept=reason)
    identity, version = str(made.fields["id"]), str(made.fields["api_version"])
    try:
        return Taken(await delete_patiently(work, made.key, label, identity, version))
    except AzureProblem as problem:
        if not is_passing_refusal(problem):
            raise
        return Taken(kept=f"something that this profile did not make still uses it: {problem}")


async def put_back(work: Work, changed: Made, label: str) -> None:
    """Write what stood there before the profile changed or removed it.

    Raises:
        AzureProblem: Azure refuses.
        Undoable: it does not come to an end.
        Stopped: the person asked to stop.
    """
    former, identity = str(changed.fields[FORMER]), str(changed.fields["id"])
    if changed.kind == DirectoryKind.SERVICE_PRINCIPAL:
        enabled = bool(written_back(former)["accountEnabled"])
        await work.azure.graph.enable_service_principal(identity, enabled=enabled)
        return
    version, body = str(changed.fields["api_version"]), written_back(former)
    await work.patiently(changed.key, label, lambda: work.azure.arm.write(identity, version, body))
    began = time.monotonic()
    while (state := _state(await work.azure.arm.read(identity, version))).lower() not in _ENDED:
        waited = time.monotonic() - began
        if waited > _MOST:
            raise Undoable(
                f"{label} is still {state.lower()} after half an hour.", "Run undo again to go on."
            )
        work.on_event(Waiting(changed.key, label, f"Azure says: {state.lower()}", waited, _MOST))
        await work.pause(pause_after(waited))


def _state(body: dict[str, Any] | None) -> str:
    return str(((body or {}).get("properties") or {}).get("provisioningState") or "")


async def stop_running(work: Work, begun: Made) -> None:
    """Stop a deployment that an earlier run left going on, and wait until it has ended.

    Raises:
        AzureProblem: Azure could not be asked.
        Stopped: the person asked to stop.
    """
    deployments, began = work.azure.arm.deployments, time.monotonic()
    scope, name = str(begun.fields["scope"]), str(begun.fields["name"])
    asked = False
    while (status := await deployments.status(scope, name)) is not None and not status.finished:
        if not asked:
            try:
                await deployments.cancel(scope, name)
            except Conflict:  # it has just ended
                continue
            asked = True
        waited = time.monotonic() - began
        work.on_event(Waiting(begun.key, f"deployment {name}", "Azure says: being cancelled", waited, _MOST))
        await work.pause(pause_after(waited))


async def _from_directory(work: Work, made: Made) -> bool:
    graph, fields = work.azure.graph, made.fields
    if made.kind == DirectoryKind.APPLICATION:
        return await graph.delete_application(str(fields["id"]))
    if made.kind == DirectoryKind.SERVICE_PRINCIPAL:
        return await graph.delete_service_principal(str(fields["id"]))
    if made.kind == DirectoryKind.PASSWORD:
        return await graph.remove_password(str(fields["application"]), str(fields["key_id"]))
    if made.kind == DirectoryKind.FEDERATED_CREDENTIAL:
        return await graph.remove_federated(str(fields["application"]), str(fields["id"]))
    if made.kind == DEPLOYMENT:
        return await work.azure.arm.deployments.delete(str(fields["scope"]), str(fields["name"]))
    raise Undoable(f"This version of Azimuth does not know how to remove a {made.kind}.")


# Reasons to keep


async def _reason_to_keep(work: Work, made: Made) -> str:
    """Why something that the profile made must stay all the same; empty when it may go."""
    kind, identity = made.kind.lower(), str(made.fields["id"])
    if kind == GROUP_TYPE.lower():
        return await _inside_group(work, identity)
    if kind == _ACCOUNT:
        return await _inside_account(work, identity)
    if kind == _CONTAINER:
        parts = identity.split("/")
        return await _inside_container(work, parts[-5], parts[-1])
    return await _users_of(work, identity) if kind == _ROLE else ""


async def _inside_group(work: Work, group: str) -> str:
    try:
        found = await work.azure.arm.read_all(f"{group}/resources", _RESOURCES)
    except NotFound:
        return ""
    names = [str(one.get("name") or one.get("id")) for one in found]
    if names:
        return f"it holds {_listed(names)}"
    path = f"{group}/providers/Microsoft.Authorization/roleAssignments"
    given = await work.azure.arm.read_all(path, _AUTHORIZATION, **{"$filter": "atScope()"})
    scopes = [str((one.get("properties") or {}).get("scope") or "").lower() for one in given]
    return "others were given roles on it" if group.lower() in scopes else ""


async def _inside_account(work: Work, account: str) -> str:
    name = account.rsplit("/", 1)[-1]
    for container in await _shelf(work, f"{account}/blobServices/default/containers"):
        reason = await _inside_container(work, name, container)
        if reason:
            return reason
    for path, word in _SHELVES:
        found = await _shelf(work, f"{account}/{path}")
        if found:
            return f"it holds data: {word} {_listed(found)}"
    return ""


async def _inside_container(work: Work, account: str, container: str) -> str:
    inside = await work.azure.blobs.inside(account, container)
    if inside in {Inside.ABSENT, Inside.EMPTY}:
        return ""
    if inside is Inside.HOLDS_DATA:
        return f"it holds data: container {container} is not empty"
    return f"it may hold data: looking into container {container} takes Storage Blob Data Reader"


async def _shelf(work: Work, path: str) -> list[str]:
    """The names in a list of an account; none where the account is gone or has no such service."""
    try:
        return [str(one.get("name") or "") for one in await work.azure.arm.read_all(path, _STORAGE)]
    except AzureProblem as problem:
        if isinstance(problem, NotFound) or problem.code == "FeatureNotSupportedForAccount":
            return []
        raise


async def _users_of(work: Work, role: str) -> str:
    """Who else holds a role: assignments that this profile made are gone by now."""
    guid, subscription = role.rsplit("/", 1)[-1].lower(), "/".join(role.split("/")[:3])
    path = f"{subscription}/providers/Microsoft.Authorization/roleAssignments"
    found = [one.get("properties") or {} for one in await work.azure.arm.read_all(path, _AUTHORIZATION)]
    using = [p for p in found if str(p.get("roleDefinitionId") or "").lower().endswith(guid)]
    if not using:
        return ""
    scopes = list(dict.fromkeys(str(p.get("scope") or "").rsplit("/", 1)[-1] for p in using))
    return f"the role is given to others at {_listed(scopes)}"


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
