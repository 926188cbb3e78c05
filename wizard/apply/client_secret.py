"""Making a client secret: stored and read back before anything else, revoked at once where it can't be.

Azure shows a secret's value once. A secret of ours whose value is in no store is an orphan: it is removed and a new
one is made, so that however often a run is cut off, one live secret of ours remains, and it is in the store.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from profiles.secrets import Secret, SecretStoreError
from wizard.apply.events import Result
from wizard.apply.work import Undoable, Work
from wizard.azure.errors import AzureProblem, NotFound, ServerFault, Unreachable, UnreadableAnswer
from wizard.azure.model import PasswordCredential
from wizard.plan import DirectoryObject
from wizard.threads import in_daemon_thread

T = TypeVar("T")
_DAYS_A_MONTH = 30  # the portal's "6 months" are 180 days, and policies count days
_HINT = 3


async def find_secret(work: Work, wanted: DirectoryObject) -> dict[str, str] | None:
    """Return what the journal knows of the secret, if it lives in the registration and its value in the store.

    Raises:
        AzureProblem: Graph could not be asked.
        Undoable: the store can't be read.
    """
    stored = await _blocking(lambda: work.store.get(work.binding()))
    known = work.journal.known().get(wanted.key, {})
    if stored is None or not known:
        return None
    if wanted.existing:
        return known
    app = await work.azure.graph.application(work.value(wanted.fields["application"]))
    listed = app.passwords if app is not None else ()
    held = next((p for p in listed if p.key_id == known.get("key_id")), None)
    return None if held is None or _expired(held) else known


async def ensure_secret(work: Work, wanted: DirectoryObject) -> tuple[Result, str]:
    """Make one working client secret exist and be in the store.

    Raises:
        AzureProblem: Graph refuses.
        Undoable: the store refuses; a secret just made is revoked before.
    """
    if wanted.existing:
        return await _keep_the_one_you_have(work, wanted)
    found = await find_secret(work, wanted)
    if found is not None:
        work.known[wanted.key] = found
        return Result.KEPT, f"to {found['end'][:10]}"
    application = work.value(wanted.fields["application"])
    listed = await _listed(work, wanted, application)
    stored = await _blocking(lambda: work.store.get(work.binding()))
    adopted = await _settle_interrupted(work, wanted, application, listed, stored)
    if adopted is not None:
        return _note(work, wanted, application, adopted)
    await _remove_lost(work, wanted, application, listed)
    return await _make(work, wanted, application)


async def _remove_lost(
    work: Work, wanted: DirectoryObject, application: str, listed: tuple[PasswordCredential, ...]
) -> None:
    """Remove the secret that we made and that is expired, or whose value is in no store any more."""
    lost = work.journal.known().get(wanted.key, {}).get("key_id")
    if any(password.key_id == lost for password in listed):
        await work.azure.graph.remove_password(application, str(lost))
        work.journal.undone(wanted.key, wanted.kind.value, id=lost)


async def _listed(work: Work, wanted: DirectoryObject, application: str) -> tuple[PasswordCredential, ...]:
    """Return the application's secrets; a registration just made may not be readable yet."""

    async def read() -> tuple[PasswordCredential, ...]:
        app = await work.azure.graph.application(application)
        if app is None:
            raise NotFound(
                "The application is not readable yet.", code="Request_ResourceNotFound", status=404
            )
        return app.passwords

    return await work.patiently(wanted.key, f"{wanted.kind.value} {wanted.label}", read)


def _expired(password: PasswordCredential) -> bool:
    return password.end is not None and password.end <= datetime.now(UTC)


async def _settle_interrupted(
    work: Work,
    wanted: DirectoryObject,
    application: str,
    listed: tuple[PasswordCredential, ...],
    stored: Secret | None,
) -> PasswordCredential | None:
    """After a run that was cut off: adopt the secret that reached the store, remove those that did not."""
    intent = work.journal.interrupted(wanted.key)
    if intent is None:
        return None
    before = set(intent.fields.get("before", ()))
    name = intent.fields.get("display_name")
    ours = [p for p in listed if p.key_id not in before and p.name == name]
    adopted = None
    for password in ours:
        value = stored.reveal() if stored is not None else ""
        if adopted is None and value and password.hint == value[:_HINT]:
            adopted = password
        else:
            await work.azure.graph.remove_password(application, password.key_id)
    return adopted


async def _make(work: Work, wanted: DirectoryObject, application: str) -> tuple[Result, str]:
    name = work.value(wanted.fields["display_name"])
    months = int(work.value(wanted.fields["months"]))
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=_DAYS_A_MONTH * months)
    before = [p.key_id for p in await _listed(work, wanted, application)]
    work.journal.begin(
        wanted.key, wanted.kind.value, application=application, display_name=name, before=before
    )

    async def add() -> tuple[PasswordCredential, Secret]:
        try:
            new = await work.azure.graph.add_password(application, name, end)
        except (Unreachable, UnreadableAnswer, ServerFault):
            # Azure may have made it although no answer came: a second one would be an orphan.
            listed = await _listed(work, wanted, application)
            await _settle_interrupted(work, wanted, application, listed, None)
            raise
        return new.credential, new.value

    label = f"{wanted.kind.value} {wanted.label}"
    credential, value = await work.patiently(wanted.key, label, add, transient=_not_replicated)
    await _store(work, application, credential, value)
    return _note(work, wanted, application, credential)


def _not_replicated(problem: AzureProblem) -> bool:
    return isinstance(problem, NotFound)


async def _store(work: Work, application: str, credential: PasswordCredential, value: Secret) -> None:
    binding = work.binding()
    try:
        await _blocking(lambda: work.store.put(binding, value))
    except Undoable as refusal:
        await work.azure.graph.remove_password(application, credential.key_id)
        what = f"The new client secret could not be stored, so it was revoked at once. {refusal}"
        raise Undoable(what, "Unlock or install a keyring, then run this again.") from refusal


def _note(
    work: Work, wanted: DirectoryObject, application: str, credential: PasswordCredential
) -> tuple[Result, str]:
    fields = {
        "id": credential.key_id,
        "key_id": credential.key_id,
        "hint": credential.hint,
        "end": credential.end.isoformat() if credential.end else "",
        "application": application,
        "store": work.store.name,
    }
    work.journal.done(wanted.key, wanted.kind.value, made=True, **fields)
    work.known[wanted.key] = fields
    return Result.MADE, f"stored in {work.store.label}"


async def _keep_the_one_you_have(work: Work, wanted: DirectoryObject) -> tuple[Result, str]:
    typed = work.typed.get("secret_value")
    binding = work.binding()
    if typed is not None:
        work.journal.begin(wanted.key, wanted.kind.value)
        await _blocking(lambda: work.store.put(binding, typed))
    elif await _blocking(lambda: work.store.get(binding)) is None:
        what = "The value of your client secret is not here: it is never written into a profile."
        raise Undoable(what, "Paste it again in step 2.3.")
    fields = {"id": "", "key_id": "", "store": work.store.name}
    if work.journal.known().get(wanted.key) != fields:
        work.journal.done(wanted.key, wanted.kind.value, made=False, **fields)
    work.known[wanted.key] = fields
    return Result.KEPT, f"stored in {work.store.label}"


async def _blocking(call: Callable[[], T]) -> T:
    """Ask the store in a thread; turn its refusal into a sentence for the person."""
    try:
        return await in_daemon_thread(call)
    except SecretStoreError as refusal:
        raise Undoable(str(refusal), "Unlock or install a keyring, then run this again.") from refusal
