"""Rotate: a new client secret in the place of the old one, proved before the old one is removed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from profiles.errors import ProfilesError
from wizard.apply.events import Noted, OnEvent, Outlined, Result, Task, unheard
from wizard.apply.managing import lack_on_application
from wizard.apply.mending import mend as mend_journal
from wizard.apply.minting import KIND, blocking, is_expired
from wizard.apply.outcome import End, Outcome, ProofResult
from wizard.apply.outputs import keep_secret, shown_once
from wizard.apply.preflight import work_of
from wizard.apply.room import disk_told
from wizard.apply.succession import Successor, begin, prove, remove_old, resumed, switch, tidy
from wizard.apply.work import Stopped, Undoable, Work
from wizard.azure.errors import AzureProblem
from wizard.plan import DirectoryKind, DirectoryObject, Plan

if TYPE_CHECKING:
    from profiles.secrets import Secret
    from wizard.azure.model import Application
    from wizard.setup import Setup

_MADE = frozenset({"applying", "applied", "proved"})


def why_not(setup: Setup) -> tuple[str, str] | None:
    """Say why this profile has no secret to rotate, and the way out; None: it has one. Asks nobody."""
    name, plan = setup.profile.name, setup.walkthrough.plan()
    wanted = plan.password
    if setup.profile.stage not in _MADE:
        word = "was undone" if setup.profile.stage == "undone" else "is not applied yet"
        return (
            f"Profile {name} {word}, so it has no client secret to rotate.",
            f"azimuth resume {name} makes one.",
        )
    if wanted is None:
        return _without_secret(setup, plan)
    if wanted.existing:
        what = f"The client secret of profile {name} is one that you pasted; which of its application's it is, only you know."
        mend = (
            "Make a new one in the portal (App registrations, Certificates & secrets), paste it in step "
            f"{wanted.step or 'of the secret'}, apply, and remove the old one there."
        )
        return what, mend
    if not _current(setup, wanted):
        return (
            f"Profile {name} has made no client secret yet.",
            f"azimuth resume {name} makes one.",
        )
    return None


def _without_secret(setup: Setup, plan: Plan) -> tuple[str, str]:
    name = setup.profile.name
    kinds = {one.kind for one in plan.directory}
    if DirectoryKind.FEDERATED_CREDENTIAL in kinds:
        return (
            f"Profile {name} signs in by federation: there is no secret, and nothing expires.",
            "To have one, take the way with a client secret in its answers, and apply.",
        )
    return (
        f"Profile {name} has no client secret: with its answers, {setup.guide.title} makes none.",
        "Where the guide offers a way with a client secret, take it in the answers, and apply.",
    )


def _current(setup: Setup, wanted: DirectoryObject) -> dict[str, str]:
    """What is known of the secret in use: by the journal, else by the profile's own reference."""
    known = setup.journal.known().get(wanted.key, {})
    if known.get("key_id"):
        return known
    reference = next((one for one in setup.profile.secrets if one.key_id), None)
    if reference is None:
        return {}
    return {"id": reference.key_id, "key_id": reference.key_id, "app_id": reference.binding.client_id}


async def rotate(
    setup: Setup, on_event: OnEvent = unheard, *, stopping: asyncio.Event | None = None
) -> Outcome:
    """Make a new client secret, store it, prove it by signing in, and only then remove the old one.

    A rotation that was cut off is brought to its end, and no other one begun. Failures come back in the outcome;
    the secret in use works whatever happens. Setting `stopping` ends it after the write that is going on.
    """
    refused = why_not(setup)
    if refused is not None:
        return Outcome(End.FAILED, problem=refused[0], mend=refused[1])
    rotation: _Rotation | None = None
    try:
        with disk_told(f"azimuth rotate {setup.profile.name}"):
            await setup.flush()
            setup.see_at_home()
            with setup.alone():
                rotation = _Rotation(setup, on_event, stopping)
                return await rotation.all()
    except (AzureProblem, Undoable, ProfilesError) as problem:
        mend = getattr(problem, "advice", "") or getattr(problem, "mend", "")
        mend = mend or f"azimuth rotate {setup.profile.name} goes on from here."
        return _cut_off(End.FAILED, rotation, problem=str(problem), mend=mend)
    except Stopped:
        return _cut_off(End.CANCELLED, rotation)


def _cut_off(end: End, rotation: _Rotation | None, *, problem: str = "", mend: str = "") -> Outcome:
    made = tuple(rotation.made) if rotation else ()
    shown = rotation.shown if rotation else {}
    return Outcome(end, made=made, problem=problem, mend=mend, shown_once=shown)


class _Rotation:
    """One rotation at work."""

    def __init__(self, setup: Setup, on_event: OnEvent, stopping: asyncio.Event | None) -> None:
        self._setup, self._plan = setup, setup.walkthrough.plan()
        wanted = self._plan.password
        if wanted is None:
            raise Undoable("There is no client secret in this plan.")
        self._wanted: DirectoryObject = wanted
        self._work: Work = work_of(setup, self._plan)
        self._work.on_event, self._work.stopping = on_event, stopping or self._work.stopping
        self._current: dict[str, str] = {}
        self._application = ""
        self._successor: Successor | None = None
        self.made: list[str] = []
        self.removed: list[str] = []
        self.kept: list[str] = []
        self._proofs: list[ProofResult] = []

    @property
    def shown(self) -> dict[str, Secret]:
        """The new secret, where no store keeps it and it is in use already."""
        return shown_once(self._work, self._plan) if self.made else {}

    async def all(self) -> Outcome:
        """Do it, step by step."""
        work, label = self._work, f"{KIND} {self._wanted.label}"
        tasks = (
            (Task("rotate:new", f"new {label}"), self._new),
            (Task("rotate:proof", "sign-in with it"), self._prove),
            (Task("rotate:switch", "it in place of the old one"), self._switch),
            (Task("rotate:old", f"the old {label}"), self._old),
        )
        work.on_event(Outlined(tuple(task for task, _ in tasks)))
        for sentence in await mend_journal(self._setup, work, self._plan):
            work.on_event(Noted(sentence))
        await self._look()
        for task, do in tasks:
            await work.task(task.key, task.label, do)
        return Outcome(
            End.DONE,
            made=tuple(self.made),
            kept=tuple(self.kept),
            removed=tuple(self.removed),
            proofs=tuple(self._proofs),
            variables=tuple(sorted(self._setup.profile.variables)),
            mend=self._afterwards(),
            shown_once=self.shown,
        )

    def _afterwards(self) -> str:
        if self._work.store.keeps:
            return "Whoever keeps a copy of the old secret needs the new one: azimuth env gives it."
        name = self._setup.profile.name
        return f"The old secret works until azimuth resume {name} removes it: put the new one in its place first."

    async def _look(self) -> None:
        """Whether all of it is possible, before anything is written.

        Raises:
            Undoable: it is not; the reason.
        """
        work, name = self._work, self._setup.profile.name
        work.known = {key: dict(fields) for key, fields in work.journal.known().items()}
        self._current = _current(self._setup, self._wanted)
        app = await self._registration()
        if app is None:
            what = f"The application of profile {name} is gone, and its secrets with it."
            raise Undoable(what, f"azimuth resume {name} makes both again.")
        self._application = app.object_id
        work.known.setdefault("app", {"id": app.object_id, "object_id": app.object_id, "app_id": app.app_id})
        lack = await lack_on_application(work, app.object_id)
        if lack:
            what = f"Nothing was changed: you may not change the secrets of application {app.name}. {lack}"
            raise Undoable(what, "Ask one of its owners to run this, or to make you one.")
        await blocking(work.store.probe)
        ours = {self._current.get("key_id"), *self._made_before()}
        others = [p for p in app.passwords if p.key_id not in ours and not is_expired(p)]
        if others:
            what = f"{len(others)} other client secret{'s' if len(others) > 1 else ''} of the application"
            self.kept.append(f"{what}: Azimuth did not make {'them' if len(others) > 1 else 'it'}")
            work.on_event(Noted(self.kept[-1]))

    def _made_before(self) -> set[str]:
        return {str(m.fields.get("key_id")) for m in self._work.journal.made() if m.kind == KIND}

    async def _registration(self) -> Application | None:
        current = self._current
        return await self._work.azure.graph.application(
            current.get("application") or current.get("app_id", "")
        )

    async def _new(self) -> tuple[Result, str]:
        work, wanted = self._work, self._wanted
        self._successor = await resumed(work, wanted)
        if self._successor is not None:
            return Result.KEPT, "of the rotation that was cut off"
        self._take_over()
        self._successor = await begin(work, wanted, self._application)
        return Result.MADE, f"to {self._successor.fields['end'][:10]}"

    def _take_over(self) -> None:
        """Write down the secret in use, where only the profile knows it: it is ours to remove then."""
        work, key = self._work, self._wanted.key
        if not work.journal.known().get(key):
            fields = {**self._current, "application": self._application}
            work.journal.done(key, KIND, made=True, **fields)
            work.known[key] = fields

    async def _prove(self) -> tuple[Result, str]:
        successor = self._expect()
        if successor.switched:
            return Result.PROVED, "it was proved before"
        told = await prove(self._work, self._wanted, successor)
        self._proofs.append(ProofResult("sign_in", "sign in with the new client secret", ok=True, what=told))
        return Result.PROVED, told

    async def _switch(self) -> tuple[Result, str]:
        work = self._work
        successor = self._expect()
        if not successor.switched:
            self._successor = await switch(work, self._wanted, successor)
        keep_secret(self._setup, work, self._plan)
        self.made.append(f"{KIND} {self._wanted.label}")
        return Result.KEPT, f"stored in {work.store.label}"

    async def _old(self) -> tuple[Result, str]:
        work, wanted = self._work, self._wanted
        if not work.store.keeps:
            await tidy(work, wanted, self._expect())
            return Result.SKIPPED, "it works until you have put the new one in its place"
        count = await remove_old(work, wanted)
        if count:
            self.removed.append(f"the old {KIND} {wanted.label}")
        await tidy(work, wanted, self._expect())
        return (Result.REMOVED, "") if count else (Result.KEPT, "it was gone already")

    def _expect(self) -> Successor:
        if self._successor is None:
            raise Undoable("There is no new client secret to go on with.", "Run this again.")
        return self._successor
