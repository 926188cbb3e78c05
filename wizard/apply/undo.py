"""Undo: take back what this profile did, in its order, and only that: remove what it made, put back what it changed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from profiles.errors import ProfilesError
from profiles.secrets import Binding
from wizard.apply.events import Noted, OnEvent, Outlined, Result, Task, unheard
from wizard.apply.holding import Going, reason_to_keep
from wizard.apply.journal import DEPLOYMENT, FORMER, Journal, Made
from wizard.apply.mending import mend, what_is_wrong
from wizard.apply.outcome import Change, End, Outcome, PlannedChange
from wizard.apply.outlining import (
    PUT_BACK,
    identity_of,
    in_order,
    kept_as_before,
    kind_of_made,
    label_of_made,
    labels_of,
    removable,
    staying,
)
from wizard.apply.preflight import work_of
from wizard.apply.purging import is_kept, kept_for, purge, removed_before
from wizard.apply.removal_rights import lacks, still_there
from wizard.apply.room import disk_told
from wizard.apply.taking_back import put_back, stop_running, take_back, taking_key
from wizard.apply.unfinished import take_over, unfinished
from wizard.apply.work import Stopped, Undoable, Work
from wizard.azure.errors import AzureProblem
from wizard.plan import DirectoryKind, Plan
from wizard.threads import in_daemon_thread

if TYPE_CHECKING:
    from wizard.setup import Setup

__all__ = ["may_purge", "outline_undo", "preview_undo", "removable", "undo"]

RESTORABLE = "restorable for"
"""How the detail of a line begins whose object Azure keeps for a while."""
_FOR_GOOD = "for good"
_GONE = "it is gone already"
_FORGOTTEN = "stored secrets"


def outline_undo(setup: Setup) -> tuple[PlannedChange, ...]:
    """Return what undo will do by the journal alone. Asks nobody: what Azure knows better is not in it."""
    plan, todo = setup.walkthrough.plan(), removable(setup)
    labels = labels_of(plan)
    lines = [_line(one, labels, Change.REMOVE) for one in todo]
    return (*lines, *kept_as_before(setup, plan, todo))


async def preview_undo(setup: Setup, *, purges: bool = False) -> tuple[PlannedChange, ...]:
    """Return what undo will remove and put back, in its order, and what it will keep and why, asked of Azure now.

    A line that is unsure (`Change.UNSURE`) is something that the caller may not remove. With `purges`, what Azure
    keeps of an earlier undo is told as well. Writes nothing.

    Raises:
        AzureProblem: Azure could not be asked.
        SecretStoreError: no secret store can be trusted.
        Elsewhere: the profile made its objects in another tenant or subscription.
    """
    setup.see_at_home(subscription=False)
    plan = setup.walkthrough.plan()
    work = work_of(setup, plan)
    mended: tuple[str, ...] = ()
    if what_is_wrong(setup):
        with setup.alone():
            mended = await mend(setup, work, plan)
    work.known = {key: dict(fields) for key, fields in setup.journal.known().items()}
    todo = in_order((*removable(setup), *await unfinished(work)))
    there = await still_there(work, todo)
    lacking = await lacks(work, [one for one, is_there in zip(todo, there, strict=True) if is_there])
    going, labels, lines = Going(), labels_of(plan), list[PlannedChange]()
    for one, is_there in zip(todo, there, strict=True):
        line = await _foretold(work, plan, one, labels, going, there=is_there, purges=purges)
        lack = lacking.get(identity_of(one), "")
        unsure = lack and line.change in {Change.REMOVE, Change.CHANGE}
        lines.append(_line(one, labels, Change.UNSURE, lack) if unsure else line)
    binned = [one for one in removed_before(setup.journal) if await is_kept(work, one)]
    lines += [_binned_line(one, labels, purges=purges) for one in binned]
    told = [PlannedChange(Change.KEEP, "", sentence) for sentence in mended]
    return (*told, *lines, *kept_as_before(setup, plan, todo))


async def _foretold(
    work: Work,
    plan: Plan,
    one: Made,
    labels: Mapping[str, str],
    going: Going,
    *,
    there: bool,
    purges: bool,
) -> PlannedChange:
    identity = str(one.fields.get("id", ""))
    if FORMER in one.fields:
        return _line(one, labels, Change.CHANGE, PUT_BACK)
    if not there:
        going.add(identity)
        return _line(one, labels, Change.KEEP, _GONE)
    reason = await reason_to_keep(work, plan, one, going)
    if reason:
        return _line(one, labels, Change.KEEP, reason)
    going.add(identity)
    time = kept_for(one.kind)
    detail = _FOR_GOOD if time and purges else f"{RESTORABLE} {time}" if time else ""
    return _line(one, labels, Change.REMOVE, detail)


def _line(one: Made, labels: Mapping[str, str], change: Change, detail: str = "") -> PlannedChange:
    if FORMER in one.fields and change is Change.REMOVE:
        change, detail = Change.CHANGE, PUT_BACK
    return PlannedChange(
        change, kind_of_made(one), label_of_made(one, labels), detail, str(one.fields.get("id", ""))
    )


def _binned_line(one: Made, labels: Mapping[str, str], *, purges: bool) -> PlannedChange:
    change = Change.REMOVE if purges else Change.KEEP
    detail = _FOR_GOOD if purges else f"{RESTORABLE} {kept_for(one.kind)} after it was deleted"
    kind = f"deleted {kind_of_made(one)}"
    return PlannedChange(change, kind, label_of_made(one, labels), detail, str(one.fields["id"]))


def may_purge(changes: tuple[PlannedChange, ...]) -> bool:
    """Whether Azure would keep, or keeps, something that can be deleted for good."""
    return any(change.detail.startswith(RESTORABLE) for change in changes)


async def undo(
    setup: Setup,
    on_event: OnEvent = unheard,
    *,
    purges: bool = False,
    stopping: asyncio.Event | None = None,
) -> Outcome:
    """Take back what the profile did; what is gone already is no failure.

    What holds data, or serves something that the profile did not make, is kept and told with the reason; undoing
    again, once that is gone, takes it too. With `purges`, what Azure would keep to be restored is deleted for good.
    Setting `stopping` ends it after the write that is going on.
    The profile stays, with its answers, and can be applied again.
    """
    plan = setup.walkthrough.plan()
    taking: _Taking | None = None
    try:
        setup.see_at_home(subscription=False)
        work = work_of(setup, plan)
        work.on_event, work.stopping = on_event, stopping or work.stopping
        with disk_told(f"azimuth undo {setup.profile.name}"), setup.alone():
            for sentence in await mend(setup, work, plan):
                on_event(Noted(sentence))
            work.known = {key: dict(fields) for key, fields in setup.journal.known().items()}
            taking = _Taking(setup, work, plan, purges=purges)
            await taking.all()
            setup.keep(stage="undone", outputs={}, secrets=(), proofs=(), deployments=())
    except (AzureProblem, Undoable, ProfilesError) as problem:
        advice = getattr(problem, "advice", "") or getattr(problem, "mend", "")
        return _ended(
            End.FAILED, taking, problem=str(problem), mend=f"{advice} Run undo again to go on.".strip()
        )
    except Stopped:
        return _ended(End.CANCELLED, taking)
    return _ended(End.DONE if taking.removed else End.NOTHING_TO_DO, taking)


def _ended(end: End, taking: _Taking | None, *, problem: str = "", mend: str = "") -> Outcome:
    removed, kept = (tuple(taking.removed), tuple(taking.kept)) if taking else ((), ())
    return Outcome(end, removed=removed, kept=kept, problem=problem, mend=mend)


class _Taking:
    """One undo at work: what is removed or put back so far, and what is kept and why."""

    def __init__(self, setup: Setup, work: Work, plan: Plan, *, purges: bool) -> None:
        self._setup, self._work, self._plan, self._purges = setup, work, plan, purges
        self._labels, self._going = labels_of(plan), Going()
        self.removed: list[str] = []
        self.kept: list[str] = []

    async def all(self) -> None:
        work = self._work
        await take_over(work)
        todo = removable(self._setup)
        work.on_event(Outlined(tuple(Task(one.key, self._name(one)) for one in todo)))
        for begun in work.journal.perhaps_made():
            if begun.kind == DEPLOYMENT:
                await stop_running(work, begun)
        for one in todo:
            await work.task(one.key, self._name(one), self._taking(one, self._name(one)))
        if self._purges:
            for gone in removed_before(work.journal):
                name = f"deleted {self._name(gone)}"
                await work.task(f"purge:{gone.key}", name, self._purging(gone, name))
        self.kept += [f"{one.kind} {one.label}: {one.detail}" for one in staying(work.journal)]
        await _forget_secrets(self._setup, work)
        if _applications(work.journal) and not any(
            m.kind == DirectoryKind.PASSWORD for m in work.journal.made()
        ):
            work.journal.undone(_FORGOTTEN, _FORGOTTEN)

    def _name(self, one: Made) -> str:
        return f"{kind_of_made(one)} {label_of_made(one, self._labels)}"

    def _taking(self, one: Made, label: str) -> Callable[[], Awaitable[tuple[Result, str]]]:
        async def take() -> tuple[Result, str]:
            if FORMER in one.fields:
                stands = await put_back(self._work, one, label)
                return self._done(one, label, PUT_BACK if stands else "what it stood in is gone")
            taken = await take_back(self._work, self._plan, one, label, self._going)
            if taken.kept:
                self.kept.append(f"{label}: {taken.kept}")
                return Result.KEPT, taken.kept
            self._going.add(str(one.fields.get("id", "")))
            if one.kind == DirectoryKind.PASSWORD:
                await _forget_secrets(self._setup, self._work)
            return self._done(one, label, "" if taken.was_there else _GONE, there=taken.was_there)

        return take

    def _purging(self, gone: Made, label: str) -> Callable[[], Awaitable[tuple[Result, str]]]:
        async def take() -> tuple[Result, str]:
            if not await is_kept(self._work, gone):
                return Result.SKIPPED, _GONE
            stays = await purge(self._work, gone, label)
            if stays:
                self.kept.append(f"{label}: {stays}")
                return Result.KEPT, stays
            self.removed.append(label)
            return Result.REMOVED, _FOR_GOOD

        return take

    def _done(self, one: Made, label: str, detail: str, *, there: bool = True) -> tuple[Result, str]:
        for key, kind in ((one.key, one.kind), (taking_key(one), kind_of_made(one))):
            self._work.journal.undone(key, kind, id=one.fields.get("id", ""))
        if there:
            self.removed.append(label)
        return Result.REMOVED, detail


async def _forget_secrets(setup: Setup, work: Work) -> None:
    """Forget every secret that this profile stored since the last time, and those of a rotation that was cut off."""
    bindings: list[Binding] = [reference.binding for reference in setup.profile.secrets]
    bindings += [work.binding()._replace(client_id=one) for one in _applications(work.journal)]
    for binding in dict.fromkeys(bindings):
        for one in (binding, binding.next):
            await in_daemon_thread(lambda one=one: work.store.delete(one))  # type: ignore[misc]  # binds the loop variable


def _applications(journal: Journal) -> list[str]:
    """The application ids that the journal tells of since all secrets were forgotten last."""
    found: dict[str, None] = {}
    for entry in journal.entries():
        if entry.key == _FORGOTTEN:
            found.clear()
        elif entry.fields.get("app_id"):
            found[str(entry.fields["app_id"])] = None
    return list(found)
