"""Removing something that stands in Azure and that the plan no longer wants: kept in the journal, so that undo puts it back."""

from __future__ import annotations

from wizard.apply.events import Result, Waiting
from wizard.apply.journal import FORMER
from wizard.apply.standing import former_of
from wizard.apply.work import Undoable, Work, pause_after
from wizard.azure.errors import AzureProblem, Conflict, Invalid
from wizard.plan import Removal

_MOST = 1800.0  # a gateway takes half an hour to go
_USUAL = 120.0
_REFUSED = 60.0  # what uses it is gone by then; what it is still used by stays
_BUSY = frozenset(
    {
        "anotheroperationinprogress",
        "retryableerror",
        "retryableerrorduetoanotheroperation",
        "inusesubnetcannotbedeleted",
        "inusenetworksecuritygroupcannotbedeleted",
        "publicipaddresscannotbedeleted",
        "natgatewayinusebysubnet",
        "nicinuse",
        "roledefinitionhasassignments",
        "cannotdeleteresource",
        "resourcegroupbeingdeleted",
    }
)
_LASTING = frozenset({"scopelocked"})
_IN_USE = "in use"


async def remove(work: Work, removal: Removal) -> tuple[Result, str]:
    """Remove one thing and wait until it is gone. What it was stays in the journal, for undo.

    Raises:
        AzureProblem: Azure refuses.
        Undoable: it does not go.
        Stopped: the person asked to stop.
    """
    former = await former_of(work, removal.id, removal.api_version)
    if not former:
        intent = work.journal.interrupted(removal.key)
        if intent is None:
            return Result.KEPT, "it is gone already"
        former = str(intent.fields.get(FORMER, ""))
    told = {"id": removal.id, "api_version": removal.api_version, "label": removal.label, FORMER: former}
    work.journal.begin(removal.key, removal.type, **told)
    await delete_patiently(work, removal.key, removal.label, removal.id, removal.api_version)
    work.journal.done(removal.key, removal.type, made=False, **told)
    return Result.REMOVED, ""


async def delete_patiently(work: Work, key: str, label: str, identity: str, api_version: str) -> bool:
    """Delete a resource and wait until it is gone; refusals because it is still in use pass. False: it was not there.

    Raises:
        AzureProblem: Azure refuses, or refuses still after a minute.
        Undoable: it is there still after half an hour.
        Stopped: the person asked to stop.
    """
    arm = work.azure.arm
    was_there = await work.patiently(
        key,
        label,
        lambda: arm.delete(identity, api_version),
        transient=is_passing_refusal,
        at_most=_REFUSED,
        why="something that goes as well still uses it",
    )
    began = work.now()
    while was_there and await arm.read(identity, api_version) is not None:
        waited = work.now() - began
        if waited > _MOST:
            raise Undoable(f"{label} is still there after half an hour.", "Look at it in the portal.")
        work.on_event(Waiting(key, label, "Azure says: deleting", waited, _USUAL))
        await work.pause(pause_after(waited))
    return was_there


def is_passing_refusal(problem: AzureProblem) -> bool:
    """Whether a refusal to delete means that something that goes as well still uses it."""
    code = problem.code.lower()
    if code in _LASTING:
        return False
    if code in _BUSY:
        return True
    return isinstance(problem, (Conflict, Invalid)) and _IN_USE in problem.message.lower()
