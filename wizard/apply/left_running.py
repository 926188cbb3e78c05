"""Deployments that an earlier run left going on: Azure went on with them, so they are watched to their end, not begun again."""

from __future__ import annotations

from wizard.apply.events import Result, Waiting
from wizard.apply.journal import DEPLOYMENT, Made
from wizard.apply.work import Work, pause_after
from wizard.azure.errors import AzureProblem
from wizard.azure.model import DeploymentStatus

_USUAL = 600.0
_NOT_THERE = frozenset({403, 404})


async def pick_up(work: Work) -> None:
    """Bring every deployment whose outcome nobody wrote down to its end, and write it down; a failed one ends as well.

    One that goes by the name of what is deployed next is found again there, with nothing left to do.

    Raises:
        AzureProblem: Azure could not be asked.
        Stopped: the person asked to stop; Azure goes on.
    """
    for begun in work.journal.perhaps_made():
        if begun.kind == DEPLOYMENT:
            await _bring_to_its_end(work, begun)


async def _bring_to_its_end(work: Work, begun: Made) -> None:
    status = await _status(work, begun)
    if status is None:
        work.journal.undone(begun.key, DEPLOYMENT, id=begun.fields.get("id", ""))
        return
    if not status.finished:
        await work.task(begun.key, f"deployment {begun.fields['name']}", lambda: _watched(work, begun))
    work.journal.done(begun.key, DEPLOYMENT, made=True, **dict(begun.fields))


async def _watched(work: Work, begun: Made) -> tuple[Result, str]:
    label, began = f"deployment {begun.fields['name']}", work.now()
    while (status := await _status(work, begun)) is not None and not status.finished:
        waited = work.now() - began
        why = f"Azure says: {status.state.lower()}; it went on since the last run"
        work.on_event(Waiting(begun.key, label, why, waited, _USUAL))
        await work.pause(pause_after(waited))
    return Result.SKIPPED, "picked up where it was"


async def _status(work: Work, begun: Made) -> DeploymentStatus | None:
    try:
        return await work.azure.arm.deployments.status(str(begun.fields["scope"]), str(begun.fields["name"]))
    except AzureProblem as problem:
        if problem.status not in _NOT_THERE:
            raise
        return None
