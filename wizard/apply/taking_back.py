"""Taking one thing back: removed if this profile made it, put back as it was if it changed it, kept where data would go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wizard.apply.events import Waiting
from wizard.apply.holding import Going, reason_to_keep
from wizard.apply.journal import DEPLOYMENT, FORMER, Made
from wizard.apply.outlining import kind_of_made
from wizard.apply.removal import delete_patiently, is_passing_refusal
from wizard.apply.standing import written_back
from wizard.apply.work import Undoable, Work, pause_after
from wizard.azure.errors import AzureProblem, Conflict, NotFound
from wizard.plan import DirectoryKind, Plan

_MOST = 1800.0
_ENDED = frozenset({"", "succeeded", "failed", "canceled"})


@dataclass(frozen=True, slots=True)
class Taken:
    """How it went: `kept` says why it stays; `was_there` whether there was anything to take back."""

    was_there: bool = True
    kept: str = ""


async def take_back(work: Work, plan: Plan, made: Made, label: str, going: Going) -> Taken:
    """Remove what the profile made; keep it, with the reason, where that would take more than the profile made.

    Raises:
        AzureProblem: Azure refuses.
        Undoable: it does not go.
        Stopped: the person asked to stop.
    """
    reason = await reason_to_keep(work, plan, made, going)
    if reason:
        return Taken(kept=reason)
    _intend(work, made, label)
    if "/" not in made.kind:
        return Taken(await _from_directory(work, made))
    identity, version = str(made.fields["id"]), str(made.fields["api_version"])
    try:
        return Taken(await delete_patiently(work, made.key, label, identity, version))
    except AzureProblem as problem:
        if not is_passing_refusal(problem):
            raise
        return Taken(kept=f"something that this profile did not make still uses it: {problem}")


async def put_back(work: Work, changed: Made, label: str) -> bool:
    """Write what stood there before the profile changed or removed it; False: what it stood in is gone.

    Raises:
        AzureProblem: Azure refuses.
        Undoable: it does not come to an end.
        Stopped: the person asked to stop.
    """
    _intend(work, changed, label)
    try:
        await _write_back(work, changed, label)
    except NotFound:
        return False
    return True


def taking_key(made: Made) -> str:
    """Return the journal's key of taking something back: what was begun under its own key stays known."""
    return f"undo:{made.key}"


def _intend(work: Work, made: Made, label: str) -> None:
    # In people's word for its kind: it is no deployment that goes on, and nothing that may have been made.
    work.journal.begin(taking_key(made), kind_of_made(made), id=made.fields.get("id", ""), label=label)


async def _write_back(work: Work, changed: Made, label: str) -> None:
    former, identity = str(changed.fields[FORMER]), str(changed.fields["id"])
    if changed.kind == DirectoryKind.SERVICE_PRINCIPAL:
        enabled = bool(written_back(former)["accountEnabled"])
        await work.azure.graph.enable_service_principal(identity, enabled=enabled)
        return
    version, body = str(changed.fields["api_version"]), written_back(former)
    await work.patiently(changed.key, label, lambda: work.azure.arm.write(identity, version, body))
    began = work.now()
    while (state := _state(await work.azure.arm.read(identity, version))).lower() not in _ENDED:
        waited = work.now() - began
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
    deployments, began = work.azure.arm.deployments, work.now()
    scope, name = str(begun.fields["scope"]), str(begun.fields["name"])
    asked = False
    while (status := await deployments.status(scope, name)) is not None and not status.finished:
        if not asked:
            try:
                await deployments.cancel(scope, name)
            except Conflict:  # it has just ended
                continue
            asked = True
        waited = work.now() - began
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
