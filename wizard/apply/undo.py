"""Undo: take back what this profile did, newest first, and only that: remove what it made, put back what it changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from profiles.errors import ProfilesError
from profiles.secrets import Binding
from wizard.apply.deploy import kind_word
from wizard.apply.events import OnEvent, Outlined, Result, Task, unheard
from wizard.apply.journal import DEPLOYMENT, FORMER, Journal, Made
from wizard.apply.key_pair import KEY_PAIR
from wizard.apply.outcome import Change, End, Outcome, PlannedChange
from wizard.apply.preflight import work_of
from wizard.apply.providers import PROVIDER
from wizard.apply.taking_back import put_back, stop_running, take_back
from wizard.apply.work import Stopped, Undoable, Work
from wizard.azure.errors import AzureProblem
from wizard.plan import DirectoryKind, Plan
from wizard.threads import in_daemon_thread

if TYPE_CHECKING:
    from wizard.setup import Setup

_BEFORE = "it was there before"
_FILE_STAYS = "the private key file stays: nobody can make it again"
_PROVIDER_STAYS = "it stays registered: that costs nothing, and others may use it by now"


def preview_undo(setup: Setup) -> tuple[PlannedChange, ...]:
    """Return what undo will remove and put back, in its order, and what it will keep and why. Asks nobody.

    Whether something holds data or serves others is asked when undo runs; it is kept then, with the reason.
    """
    plan, journal = setup.walkthrough.plan(), setup.journal
    todo, labels = removable(setup), _labels(setup.walkthrough.plan())
    lines = [_line(one, labels) for one in todo]
    lines += _staying(journal)
    ours, known = {one.key for one in todo}, journal.known()
    kept = [w for w in plan.directory if w.key not in ours and (w.existing or w.key in known)]
    lines += [PlannedChange(Change.KEEP, w.kind.value, w.label, _BEFORE) for w in kept]
    stood = [r for r in plan.resources if r.key not in ours and r.key in known]
    lines += [
        PlannedChange(Change.KEEP, kind_word(r.type), r.label, _BEFORE, known[r.key]["id"]) for r in stood
    ]
    lines += [PlannedChange(Change.KEEP, "", k.label, _BEFORE, k.id) for k in plan.kept]
    return tuple(lines)


def removable(setup: Setup) -> tuple[Made, ...]:
    """Return what is to be taken back, newest first: what was made, may have been made, or was changed.

    What hangs on an application that goes (its principal, secrets and federations) goes with it, but is
    removed first all the same: an interrupted undo leaves no working credential. What was changed has the field
    ``former``; what the profile made itself is removed, however often it changed it.
    """
    journal = setup.journal
    made = [*journal.made(), *journal.perhaps_made()]
    ours = {_identity(one) for one in made}
    changed = [one for one in journal.changed() if _identity(one) not in ours]
    plain = [replace(one, fields={k: v for k, v in one.fields.items() if k != FORMER}) for one in made]
    newest_first = sorted((*plain, *changed), key=lambda one: one.at, reverse=True)
    return tuple({_identity(one): one for one in newest_first}.values())


def _identity(made: Made) -> tuple[str, str]:
    return made.key, str(made.fields.get("id") or made.fields.get("name") or "").lower()


def _key_files(journal: Journal) -> tuple[str, ...]:
    files = [str(e.fields["path"]) for e in journal.entries() if e.kind == KEY_PAIR and e.what == "kept"]
    return tuple(dict.fromkeys(files))


def _staying(journal: Journal) -> tuple[PlannedChange, ...]:
    """What undo never takes back, though the profile made it."""
    files = [PlannedChange(Change.KEEP, KEY_PAIR, path, _FILE_STAYS) for path in _key_files(journal)]
    names = [str(e.fields["id"]) for e in journal.entries() if e.kind == PROVIDER and e.what == "kept"]
    stays = [PlannedChange(Change.KEEP, PROVIDER, name, _PROVIDER_STAYS) for name in dict.fromkeys(names)]
    return (*files, *stays)


def _labels(plan: Plan) -> dict[str, str]:
    return {wanted.key: wanted.label for wanted in plan.directory}


def _line(one: Made, labels: Mapping[str, str]) -> PlannedChange:
    change, detail = (Change.CHANGE, "put back as it was") if FORMER in one.fields else (Change.REMOVE, "")
    return PlannedChange(change, _kind(one), _label(one, labels), detail, str(one.fields.get("id", "")))


def _kind(made: Made) -> str:
    if "/" in made.kind:
        return kind_word(made.kind)
    return "record of deployment" if made.kind == DEPLOYMENT else made.kind


def _label(made: Made, labels: Mapping[str, str]) -> str:
    told = made.fields.get("label") or made.fields.get("name") or labels.get(made.key)
    return str(told or made.fields.get("id", made.key))


async def undo(setup: Setup, on_event: OnEvent = unheard) -> Outcome:
    """Take back what the profile did, newest first; what is gone already counts as removed.

    What holds data, or serves something that the profile did not make, is kept and told with the reason. The
    profile stays, with its answers, and can be applied again.
    """
    plan = setup.walkthrough.plan()
    taking: _Taking | None = None
    lock = ExitStack()
    try:
        work = work_of(setup, plan)
        work.on_event = on_event
        lock.enter_context(setup.alone())
        work.known = {key: dict(fields) for key, fields in setup.journal.known().items()}
        taking = _Taking(setup, work, _labels(plan))
        await taking.all()
    except (AzureProblem, Undoable, ProfilesError) as problem:
        mend = getattr(problem, "advice", "") or "Run undo again to go on."
        return _ended(End.FAILED, taking, problem=str(problem), mend=mend)
    except Stopped:
        return _ended(End.CANCELLED, taking)
    finally:
        lock.close()
    setup.keep(stage="undone", outputs={}, secrets=(), proofs=(), deployments=())
    return _ended(End.DONE if taking.removed else End.NOTHING_TO_DO, taking)


def _ended(end: End, taking: _Taking | None, *, problem: str = "", mend: str = "") -> Outcome:
    removed, kept = (tuple(taking.removed), tuple(taking.kept)) if taking else ((), ())
    return Outcome(end, removed=removed, kept=kept, problem=problem, mend=mend)


class _Taking:
    """One undo at work: what is removed or put back so far, and what is kept and why."""

    def __init__(self, setup: Setup, work: Work, labels: Mapping[str, str]) -> None:
        self._setup, self._work, self._labels = setup, work, labels
        self.removed: list[str] = []
        self.kept: list[str] = []

    async def all(self) -> None:
        work, todo = self._work, removable(self._setup)
        names = {id(one): f"{_kind(one)} {_label(one, self._labels)}" for one in todo}
        work.on_event(Outlined(tuple(Task(one.key, names[id(one)]) for one in todo)))
        for begun in work.journal.perhaps_made():
            if begun.kind == DEPLOYMENT:
                await stop_running(work, begun)
        for one in todo:
            await work.task(one.key, names[id(one)], self._taking(one, names[id(one)]))
        self.kept += [f"{one.kind} {one.label}: {one.detail}" for one in _staying(work.journal)]
        await _forget_secrets(self._setup, work)

    def _taking(self, one: Made, label: str) -> Callable[[], Awaitable[tuple[Result, str]]]:
        async def take() -> tuple[Result, str]:
            if FORMER in one.fields:
                await put_back(self._work, one, label)
                return self._done(one, label, "put back as it was")
            taken = await take_back(self._work, one, label)
            if taken.kept:
                self.kept.append(f"{label}: {taken.kept}")
                return Result.KEPT, taken.kept
            if one.kind == DirectoryKind.PASSWORD:
                await _forget_secrets(self._setup, self._work)
            return self._done(one, label, "" if taken.was_there else "it was gone already")

        return take

    def _done(self, one: Made, label: str, detail: str) -> tuple[Result, str]:
        self._work.journal.undone(one.key, one.kind, id=one.fields.get("id", ""))
        self.removed.append(label)
        return Result.REMOVED, detail


async def _forget_secrets(setup: Setup, work: Work) -> None:
    bindings: list[Binding] = [reference.binding for reference in setup.profile.secrets]
    if work.known.get("app"):
        bindings.append(work.binding())
    for binding in dict.fromkeys(bindings):
        await in_daemon_thread(lambda binding=binding: work.store.delete(binding))  # type: ignore[misc]  # binds the loop variable
