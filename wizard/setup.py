"""Setup: one profile being filled in, in one cloud: the walkthrough, the connection to Azure, and saving as it is typed."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from profiles.errors import ProfilesError
from profiles.files import locked
from profiles.profile import Profile, SavedContext
from profiles.profile import Source as SavedSource
from profiles.secrets import SecretStore, open_store
from profiles.store import ProfileStore, journal_path
from wizard.answers import Source, Value
from wizard.apply.journal import Journal
from wizard.azure.errors import AzureProblem
from wizard.context import Context
from wizard.guide import Guide, Kind
from wizard.machine import Machine
from wizard.shapes import is_guid
from wizard.text import clean_line
from wizard.walkthrough import Walkthrough

if TYPE_CHECKING:
    from wizard.azure.clouds import Cloud
    from wizard.azure.session import Azure
    from wizard.azure.sign_in import SignedIn
    from wizard.plan import Known


_SAVED: Mapping[Source, SavedSource] = {
    Source.CHOSEN: "chosen",
    Source.FOUND: "found",
    Source.DEFAULT: "default",
}


# Pasted where a public key belongs, it is told as a mistake; it must not be on disk until that is mended.
_PRIVATE_KEY = re.compile(r"BEGIN [A-Z0-9 ]*PRIVATE KEY|PuTTY-User-Key-File|BEGIN SSH2 ENCRYPTED")


class WrongProfile(Exception):  # noqa: N818 - told to the person as it is
    """The profile exists, but belongs to another guide or cloud."""


class Setup:
    """One profile with everything that works on it. Every change of an answer is saved by itself.

    `saved_at` is when all was on disk last; `save_problem` says why the last change could not be saved.
    """

    def __init__(
        self,
        guide: Guide,
        profile: Profile,
        cloud: Cloud,
        store: ProfileStore,
        machine: Machine | None = None,
    ) -> None:
        self.guide = guide
        self.profile = profile
        self.cloud = cloud
        self.store = store
        self.azure: Azure | None = None
        self.signed_in: SignedIn | None = None
        self.saved_at: datetime | None = None
        self.save_problem = ""
        self.walkthrough = _walkthrough(guide, profile, machine)
        self.walkthrough.listeners.append(self._changed)
        self.walkthrough.known = self._known
        self._connection = AsyncExitStack()
        self._saving: asyncio.Task[None] | None = None
        self._dirty = False
        self._writing = threading.RLock()
        self._snapshots = self._written = 0

    @classmethod
    def begin(
        cls,
        guide: Guide,
        name: str,
        cloud: Cloud,
        *,
        store: ProfileStore | None = None,
        answers: Mapping[str, Value] | None = None,
        machine: Machine | None = None,
    ) -> Setup:
        """Start a profile, or go on with the one of that name.

        `answers`, where given, are all there is: what the profile had besides falls back to its default.

        Raises:
            WrongProfile: it is of another guide or cloud.
            ProfileError: its file can't be read.
        """
        store = store or ProfileStore()
        profile = store.load(name) if store.exists(name) else Profile.new(name, guide.key, cloud.name)
        if profile.guide != guide.key:
            raise WrongProfile(
                f"Profile {name} is of the guide {profile.guide}; take another name for {guide.key}."
            )
        if profile.cloud != cloud.name:
            raise WrongProfile(f"Profile {name} is of {profile.cloud}, not {cloud.name}; take another name.")
        setup = cls(guide, profile, cloud, store, machine)
        if answers is not None:
            setup.walkthrough.replace(answers)
        return setup

    @classmethod
    def reopen(
        cls,
        name: str,
        cloud: Cloud,
        *,
        guides: Mapping[str, Guide],
        store: ProfileStore | None = None,
        machine: Machine | None = None,
    ) -> Setup:
        """Open a profile that exists.

        Raises:
            ProfileNotFound, ProfileError: it is not there, or can't be read.
            WrongProfile: its guide is not installed.
        """
        store = store or ProfileStore()
        profile = store.load(name)
        guide = guides.get(profile.guide)
        if guide is None:
            raise WrongProfile(
                f"Profile {name} is of the guide {profile.guide}, which is not installed here."
            )
        return cls(guide, profile, cloud, store, machine)

    # Azure

    async def connect(self, signed_in: SignedIn) -> None:
        """Open the connection to Azure as the identity that signed in."""
        self.signed_in = signed_in
        self.walkthrough.facts["signed_in_tenant"] = signed_in.identity.tenant
        await self._open(signed_in.identity.tenant)

    async def enter_tenant(self) -> None:
        """Go on in the picked tenant when it is another one, with the same sign-in.

        Raises:
            SignInFailed, SignInNeeded: Entra of that tenant refuses; the connection stays where it was.
        """
        wanted = self.walkthrough.answers.text("tenant")
        if self.signed_in is None or self.azure is None or wanted in {"", self.azure.identity.tenant}:
            return
        before = self.azure.identity.tenant
        await self._open(wanted)
        try:
            await self.azure.arm.subscriptions()
        except AzureProblem:
            await self._open(before)
            raise

    async def _open(self, tenant: str) -> None:
        from wizard.azure.session import Azure

        if self.signed_in is None:
            return
        await self._connection.aclose()
        self.azure = await self._connection.enter_async_context(Azure.open(self.signed_in, tenant=tenant))
        self.walkthrough.azure = self.azure
        self.walkthrough.facts["tenant_name"] = await _tenant_name(self.azure)
        self._changed()

    async def close(self) -> None:
        """Save what is unsaved, and close the connection."""
        await self.flush()
        self.azure = self.walkthrough.azure = None
        await self._connection.aclose()

    @property
    def context(self) -> Context:
        """Who works where, as far as it is known."""
        saved, facts, answers = self.profile.context, self.walkthrough.facts, self.walkthrough.answers
        identity = self.azure.identity if self.azure else None
        return Context(
            cloud=self.cloud.label,
            identity=identity.name if identity else saved.account,
            tenant=str(facts.get("subscription_tenant", ""))
            or (identity.tenant if identity else saved.tenant_id),
            tenant_name=str(
                facts.get("subscription_tenant_name") or facts.get("tenant_name") or saved.tenant_name
            ),
            subscription=answers.text("subscription") or saved.subscription_id,
            subscription_name=str(facts.get("subscription_name", "")) or saved.subscription_name,
        )

    # What lasts

    def alone(self) -> AbstractContextManager[None]:
        """Keep every other Azimuth on this machine from carrying out the same profile meanwhile.

        Raises LockedError, with who holds it, on entering.
        """
        path = journal_path(self.profile.name).with_suffix(".lock")
        return locked(path, f"Profile {self.profile.name}")

    @property
    def journal(self) -> Journal:
        """The record of what was done for this profile."""
        return Journal(journal_path(self.profile.name))

    def _known(self) -> Known:
        """What the journal tells of this profile's own objects; of one that was interrupted, what was begun."""
        known: dict[str, dict[str, str]] = {}
        for entry in self.journal.entries():
            if entry.what == "undone":
                known.pop(entry.key, None)
            else:
                fields = {name: str(value) for name, value in entry.fields.items() if isinstance(value, str)}
                known.setdefault(entry.key, {}).update(fields)
        return known

    def secret_store(self) -> SecretStore:
        """Open the store that keeps this profile's secrets.

        Raises:
            SecretStoreError: there is none that can be trusted.
        """
        return open_store(self.cloud.secret_store, folder=self.cloud.secret_folder)

    def save(self) -> None:
        """Write the profile now; durable when it returns.

        Raises:
            StaleProfile: another Azimuth changed it meanwhile.
            OSError: the disk refuses.
        """
        with self._writing:
            self._dirty = False
            self._write(*self._snapshot())
        self.saved_at = datetime.now().astimezone()

    async def flush(self) -> None:
        """Wait until everything typed so far is on disk.

        Raises:
            StaleProfile, ProfileError, OSError: it can't be.
        """
        if self._saving is not None:
            await self._saving
        if self._dirty or self.save_problem:
            self.save()
            self.save_problem = ""

    def keep(self, **changes: object) -> None:
        """Change fields of the profile, such as its stage or outputs, and save it at once."""
        with self._writing:
            self.profile = replace(self.profile, **changes)  # type: ignore[arg-type]  # fields of Profile by name
            self.save()

    def _changed(self) -> None:
        """Save soon: in a thread while an event loop runs, several changes in one write; else at once."""
        self._dirty = True
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.save()
            return
        if self._saving is None or self._saving.done():
            self._saving = loop.create_task(self._save_soon())

    async def _save_soon(self) -> None:
        while self._dirty:
            self._dirty = False
            try:
                await asyncio.to_thread(self._write, *self._snapshot())
            except (ProfilesError, OSError) as problem:
                self.save_problem = str(problem)
            else:
                self.saved_at, self.save_problem = datetime.now().astimezone(), ""

    def _snapshot(self) -> tuple[int, Profile]:
        self._snapshots += 1
        return self._snapshots, self._current()

    def _write(self, number: int, profile: Profile) -> None:
        """Save a snapshot, unless a newer one is on disk already: one is written in a thread, another at once."""
        with self._writing:
            if number > self._written:
                self.profile = self.store.save(replace(profile, revision=self.profile.revision))
                self._written = number

    def _current(self) -> Profile:
        walkthrough, context = self.walkthrough, self.context
        identity = self.signed_in.identity if self.signed_in else None
        answers = {
            key: value for key, value in walkthrough.given.items() if not _PRIVATE_KEY.search(str(value))
        }
        keys = [*answers, *walkthrough.facts]
        return replace(
            self.profile,
            step=walkthrough.here.number,
            answers=answers | walkthrough.facts,
            sources={key: _SAVED[walkthrough.sources.get(key, Source.FOUND)] for key in keys},
            context=SavedContext(
                way=identity.way if identity else self.profile.context.way,
                account=context.identity,
                tenant_id=context.tenant if is_guid(context.tenant) else "",
                tenant_name=context.tenant_name,
                subscription_id=context.subscription if is_guid(context.subscription) else "",
                subscription_name=context.subscription_name,
                unknown=self.profile.context.unknown,
            ),
        )


async def _tenant_name(azure: Azure) -> str:
    """Return what people call the tenant signed in to; empty where Azure does not tell."""
    try:
        tenants = await azure.arm.tenants()
    except AzureProblem:
        return ""
    return next((clean_line(t.label) for t in tenants if t.id == azure.identity.tenant), "")


def _walkthrough(guide: Guide, profile: Profile, machine: Machine | None) -> Walkthrough:
    """Return the walkthrough as the profile left it: what is no question of the guide is a fact found earlier."""
    asked = {question.key for question in guide.questions}
    answers = {key: value for key, value in profile.answers.items() if not isinstance(value, list)}
    walkthrough = Walkthrough(
        guide,
        given={key: value for key, value in answers.items() if key in asked},
        sources={key: Source(source) for key, source in profile.sources.items() if key in asked},
        facts={key: value for key, value in answers.items() if key not in asked},
        step=profile.step,
        machine=machine,
    )
    if profile.secrets:
        walkthrough.stored = frozenset(q.key for q in guide.questions if q.kind is Kind.SECRET)
    return walkthrough
