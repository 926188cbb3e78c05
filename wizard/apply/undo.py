"""Undo: remove what this profile created, newest first, and only that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from profiles.errors import ProfilesError
from profiles.secrets import Binding
from wizard.apply.deploy import kind_word
from wizard.apply.events import OnEvent, Outlined, Result, Task, unheard
from wizard.apply.journal import Made
from wizard.apply.outcome import Change, End, Outcome, PlannedChange
from wizard.apply.preflight import work_of
from wizard.apply.work import Stopped, Undoable, Work
from wizard.azure.errors import AzureProblem
from wizard.plan import DirectoryKind
from wizard.threads import in_daemon_thread

if TYPE_CHECKING:
    from wizard.setup import Setup

_DEPLOYMENT = "deployment"


def preview_undo(setup: Setup) -> tuple[PlannedChange, ...]:
    """Return what undo will remove, in its order, and what it will keep and why. Asks nobody."""
    plan = setup.walkthrough.plan()
    made = removable(setup)
    labels = {wanted.key: wanted.label for wanted in plan.directory}
    lines = [
        PlannedChange(Change.REMOVE, _kind(m), _label(m, labels), id=str(m.fields.get("id", "")))
        for m in made
    ]
    ours = {m.key for m in made}
    kept = [w for w in plan.directory if w.key not in ours and (w.existing or w.key in setup.journal.known())]
    lines += [
        PlannedChange(Change.KEEP, wanted.kind.value, wanted.label, "it was there before") for wanted in kept
    ]
    lines += [PlannedChange(Change.KEEP, "", k.label, "it was there before", k.id) for k in plan.kept]
    return tuple(lines)


def removable(setup: Setup) -> tuple[Made, ...]:
    """Return what this profile created and what still stands, newest first.

    What hangs on an application that goes (its principal, secrets and federations) goes with it, but is
    removed first all the same: an interrupted undo leaves no working credential.
    """
    return tuple(reversed(setup.journal.made()))


def _kind(made: Made) -> str:
    if "/" in made.kind:
        return kind_word(made.kind)
    return "record of deployment" if made.kind == _DEPLOYMENT else made.kind


def _label(made: Made, labels: dict[str, str]) -> str:
    told = made.fields.get("label") or made.fields.get("name") or labels.get(made.key)
    return str(told or made.fields.get("id", made.key))


async def undo(setup: Setup, on_event: OnEvent = unheard) -> Outcome:
    """Remove what the profile created, newest first; what is gone already counts as removed.

    The profile stays, with its answers, and can be applied again.
    """
    plan = setup.walkthrough.plan()
    labels = {wanted.key: wanted.label for wanted in plan.directory}
    removed: list[str] = []
    lock = ExitStack()
    try:
        work = work_of(setup, plan)
        work.on_event = on_event
        lock.enter_context(setup.alone())
        work.known = {key: dict(fields) for key, fields in setup.journal.known().items()}
        made = removable(setup)
        on_event(Outlined(tuple(Task(m.key, f"{_kind(m)} {_label(m, labels)}") for m in made)))
        for one in made:
            label = f"{_kind(one)} {_label(one, labels)}"
            await work.task(one.key, label, _removing(work, setup, one))
            removed.append(label)
        await _forget_secrets(setup, work)
    except (AzureProblem, Undoable, ProfilesError) as problem:
        mend = getattr(problem, "advice", "") or "Run undo again to go on."
        return Outcome(End.FAILED, removed=tuple(removed), problem=str(problem), mend=mend)
    except Stopped:
        return Outcome(End.CANCELLED, removed=tuple(removed))
    finally:
        lock.close()
    setup.keep(stage="undone", outputs={}, secrets=(), proofs=(), deployments=())
    return Outcome(End.DONE if removed else End.NOTHING_TO_DO, removed=tuple(removed))


def _removing(work: Work, setup: Setup, made: Made) -> Callable[[], Awaitable[tuple[Result, str]]]:
    async def remove() -> tuple[Result, str]:
        was_there = await _remove(work, made)
        if made.kind == DirectoryKind.PASSWORD:
            await _forget_secrets(setup, work)
        work.journal.undone(made.key, made.kind, id=made.fields.get("id", ""))
        return Result.REMOVED, "" if was_there else "it was gone already"

    return remove


async def _remove(work: Work, made: Made) -> bool:
    graph, arm, fields = work.azure.graph, work.azure.arm, made.fields
    if made.kind == DirectoryKind.APPLICATION:
        return await graph.delete_application(str(fields["id"]))
    if made.kind == DirectoryKind.SERVICE_PRINCIPAL:
        return await graph.delete_service_principal(str(fields["id"]))
    if made.kind == DirectoryKind.PASSWORD:
        return await graph.remove_password(str(fields["application"]), str(fields["key_id"]))
    if made.kind == DirectoryKind.FEDERATED_CREDENTIAL:
        return await graph.remove_federated(str(fields["application"]), str(fields["id"]))
    if made.kind == _DEPLOYMENT:
        return await arm.deployments.delete(str(fields["scope"]), str(fields["name"]))
    return await arm.delete(str(fields["id"]), str(fields["api_version"]))


async def _forget_secrets(setup: Setup, work: Work) -> None:
    bindings: list[Binding] = [reference.binding for reference in setup.profile.secrets]
    if work.known.get("app"):
        bindings.append(work.binding())
    for binding in dict.fromkeys(bindings):
        await in_daemon_thread(lambda binding=binding: work.store.delete(binding))  # type: ignore[misc]  # binds the loop variable
