"""Setup: one profile being filled in, in one cloud: the walkthrough, the connection to Azure, and saving as it is typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from profiles.choosing import Choice, choose
from profiles.files import locked
from profiles.moving import Moving
from profiles.profile import Profile, SavedContext
from profiles.profile import Source as SavedSource
from profiles.secrets import Secret, SecretStore, SecretStoreError, open_store
from profiles.store import ProfileStore, journal_path, lock_path
from profiles.tenants import answer_fault
from wizard.answers import Source, Value
from wizard.apply.journal import Journal
from wizard.azure.errors import AzureProblem
from wizard.context import Context
from wizard.guide import Guide, Kind
from wizard.keeping import Keeping
from wizard.machine import Machine
from wizard.shapes import is_guid
from wizard.text import clean_line
from wizard.walkthrough import Walkthrough
from wizard.whereabouts import Elsewhere, moved, subscriptions

if TYPE_CHECKING:
    from pathlib import Path

    from profiles.trust import Difference
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


_WAIT = 0.3  # seconds: whoever only looks whether a lock is free holds it for a moment


class WrongProfile(Exception):  # noqa: N818 - told to the person as it is
    """The profile exists, but belongs to another guide or cloud."""


class Setup(Keeping):
    """One profile with everything that works on it. Every change of an answer is saved by itself.

    `store_choice` is the secret store that this run asked for, if any, and `passphrase` gives that of the vault.
    """

    def __init__(
        self,
        guide: Guide,
        profile: Profile,
        cloud: Cloud,
        store: ProfileStore,
        machine: Machine | None = None,
    ) -> None:
        super().__init__(guide, profile, store, _walkthrough(guide, profile, machine))
        self.cloud = cloud
        self.azure: Azure | None = None
        self.signed_in: SignedIn | None = None
        self.store_choice = ""
        self.passphrase: Callable[[], Secret] | None = None
        self._stores: dict[str, SecretStore] = {}
        self.walkthrough.known = self._known
        self._connection = AsyncExitStack()

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
            NotApproved: answers are given, and its file holds what nobody here agreed to.
        """
        store = store or ProfileStore()
        known = store.exists(name)
        profile = store.load(name) if known else Profile.new(name, guide.key, cloud.name)
        if profile.guide != guide.key:
            raise WrongProfile(
                f"Profile {name} is of the guide {profile.guide}; take another name for {guide.key}."
            )
        if profile.cloud != cloud.name:
            raise WrongProfile(f"Profile {name} is of {profile.cloud}, not {cloud.name}; take another name.")
        setup = cls(guide, profile, cloud, store, machine)
        setup.unapproved = profile if known and not store.approves(profile) else None
        if answers is not None:
            setup.see_approved()  # else what a colleague wrote would be written over unseen
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
        setup = cls(guide, profile, cloud, store, machine)
        setup.unapproved = None if store.approves(profile) else profile
        return setup

    # Trust

    @property
    def difference(self) -> Difference | None:
        """What the loaded file says that nobody on this machine agreed to; None where all of it was."""
        return self.store.difference(self.unapproved) if self.unapproved is not None else None

    def see_approved(self) -> None:
        """Refuse to go live with what nobody agreed to; a face asks before, and calls `approve`.

        Raises:
            NotApproved: the file is a colleague's, or was changed by hand.
        """
        if self.unapproved is not None:
            self.store.see_approved(self.unapproved)

    def approve(self) -> None:
        """Take what the loaded file says as agreed to.

        Raises:
            ProfilesError, OSError: it can't be written down.
        """
        if self.unapproved is not None:
            self.store.approve(self.unapproved)
            self.unapproved = None

    def see_at_home(self, *, subscription: bool = True) -> None:
        """See that the profile is carried out where it was before.

        The subscription that the answers name is of no matter to undo: what was made is removed where it is.

        Raises:
            Elsewhere: its tenant or subscription is another one now.
        """
        if moved := self.moved(subscription=subscription):
            raise Elsewhere(moved)

    # Azure

    async def connect(self, signed_in: SignedIn) -> None:
        """Open the connection to Azure as the identity that signed in.

        Raises:
            NotApproved: the profile is a colleague's, or was changed by hand, and nobody agreed yet.
        """
        self.see_approved()
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
        """Save what is unsaved, and close the connection, which is closed whether it could be saved or not.

        Raises what `flush` raises.
        """
        try:
            await self.flush()
        finally:
            self.give_up_saving()
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

        Raises LockedError, with who holds it, on entering; NotApproved, Elsewhere before.
        """
        if self.unapproved is not None and self.store.approves(self.profile):
            self.unapproved = None
        self.see_approved()
        if moved := self.moved(subscription=False):
            raise Elsewhere(moved)
        return locked(self.lock_path, f"Profile {self.profile.name}", wait=_WAIT)

    @property
    def lock_path(self) -> Path:
        """The file whose lock is held while the profile is carried out."""
        return lock_path(self.profile.name)

    @property
    def has_made(self) -> bool:
        """Whether something that this profile made, or may have made, is in Azure."""
        if self.profile.stage in {"answering", "undone"}:
            return False
        return bool(self.journal.made() or self.journal.perhaps_made())

    def moved(self, *, subscription: bool = True) -> str:
        """Say why this is another place than the one that the profile made its objects in; "" when it is the same.

        Carried out here, everything would be made a second time, and undo would take the first for gone.
        """
        if not self.has_made:
            return ""
        here = self.context if self.azure is not None else None
        made_in = subscriptions(self.journal) if subscription else frozenset[str]()
        return moved(self.profile.name, self.profile.context, here, self.context.subscription, made_in)

    @property
    def journal(self) -> Journal:
        """The record of what was done for this profile."""
        return Journal(journal_path(self.profile.name), self.profile.id)

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

    @property
    def store_chosen(self) -> Choice:
        """Which secret store keeps this profile's secrets, and why that one.

        Raises:
            SecretStoreError: what was chosen is no store.
        """
        return choose(self.store_choice, self._kept_in, self.cloud.secret_store)

    @property
    def _kept_in(self) -> str:
        noted = self.journal.known().get("secret", {}).get("store", "")
        return next((reference.store for reference in self.profile.secrets), noted)

    def secret_store(self) -> SecretStore:
        """Open the store that keeps this profile's secrets; one that holds anything in memory stays open.

        Raises:
            SecretStoreError: there is none that can be trusted.
        """
        store = self._opened(self.store_chosen.kind)
        earlier = choose("", self._kept_in, self.cloud.secret_store).kind if self._kept_in else store.name
        if not store.keeps or earlier == store.name:
            return store
        try:
            return Moving(store, self._opened(earlier))
        except SecretStoreError:
            return store  # the earlier one is not there any more: its secrets are made anew

    def _opened(self, kind: str) -> SecretStore:
        if kind in self._stores:
            return self._stores[kind]
        folder = self.cloud.secret_folder if kind == "practice-folder" else None
        store = open_store(kind, folder=folder, passphrase=self.passphrase)
        if store.name in {"vault", "once"}:
            self._stores[kind] = store
        return store

    def _current(self) -> Profile:
        walkthrough, context = self.walkthrough, self.context
        where = self.profile.context  # where things were made stays, wherever somebody signs in meanwhile
        identity = self.signed_in.identity if self.signed_in else None
        # Told as a mistake under its question; all else is saved meanwhile.
        answers = {
            key: value
            for key, value in walkthrough.given.items()
            if not (_PRIVATE_KEY.search(str(value)) or answer_fault(key, value))
        }
        keys = [*answers, *walkthrough.facts]
        return replace(
            self.profile,
            step=walkthrough.here.number,
            answers=answers | walkthrough.facts,
            sources={key: _SAVED[walkthrough.sources.get(key, Source.FOUND)] for key in keys},
            context=replace(where, way=identity.way if identity else where.way, account=context.identity)
            if self.has_made
            else SavedContext(
                way=identity.way if identity else where.way,
                account=context.identity,
                tenant_id=context.tenant if is_guid(context.tenant) else "",
                tenant_name=context.tenant_name,
                subscription_id=context.subscription if is_guid(context.subscription) else "",
                subscription_name=context.subscription_name,
                unknown=where.unknown,
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
