"""Making a client secret: stored and read back before anything else, revoked at once where it can't be.

Azure shows a secret's value once. A secret of ours whose value is in no store is an orphan: it is removed and a new
one is made, so that however often a run is cut off, one live secret of ours remains, and it is in the store. Where
the person wants no store, it is shown once, and kept as long as Azure lists it.
"""

from __future__ import annotations

from profiles.secrets import Secret
from wizard.apply.events import Result
from wizard.apply.minting import Fields, add, blocking, fields_of, is_expired, listed, settle_interrupted
from wizard.apply.succession import settle
from wizard.apply.work import Undoable, Work
from wizard.azure.model import PasswordCredential
from wizard.plan import DirectoryObject


async def find_secret(work: Work, wanted: DirectoryObject) -> Fields | None:
    """Return what the journal knows of the secret, if it lives in the registration and its value in the store.

    A store that keeps nothing can't be asked: what was shown once lives as long as Azure lists it.

    Raises:
        AzureProblem: Graph could not be asked.
        Undoable: the store can't be read.
    """
    stored = not work.store.keeps or await blocking(lambda: work.store.get(work.binding())) is not None
    known = work.journal.known().get(wanted.key, {})
    if not stored or not known:
        return None
    if wanted.existing:
        return known
    app = await work.azure.graph.application(work.value(wanted.fields["application"]))
    passwords = app.passwords if app is not None else ()
    held = next((p for p in passwords if p.key_id == known.get("key_id")), None)
    return None if held is None or is_expired(held) else known


async def ensure_secret(work: Work, wanted: DirectoryObject) -> tuple[Result, str]:
    """Make one working client secret exist and be in the store.

    Raises:
        AzureProblem: Graph refuses.
        Undoable: the store refuses; a secret just made is revoked before.
    """
    if wanted.existing:
        return await _keep_the_one_you_have(work, wanted)
    replaced = await settle(work, wanted)
    found = await find_secret(work, wanted)
    if found is not None:
        work.known[wanted.key] = found
        return _told(work, found, replaced=replaced)
    application = work.value(wanted.fields["application"])
    stored = await blocking(lambda: work.store.get(work.binding()))
    adopted = await settle_interrupted(work, wanted.key, stored)
    if adopted is not None:
        return _note(work, wanted, application, adopted)
    await listed(work, wanted, application)  # a registration just made is waited for
    await _remove_lost(work, wanted, application)
    return await _make(work, wanted, application)


def _told(work: Work, found: Fields, *, replaced: bool) -> tuple[Result, str]:
    if replaced:
        return Result.MADE, f"the rotation that was cut off is finished; stored in {work.store.label}"
    until = f"to {found['end'][:10]}"
    if work.store.keeps:
        return Result.KEPT, until
    return Result.KEPT, f"{until}; it was shown once, and azimuth rotate makes another one"


async def _remove_lost(work: Work, wanted: DirectoryObject, application: str) -> None:
    """Remove the secret that we made and that is expired or gone, or whose value is in no store any more."""
    lost = work.journal.known().get(wanted.key, {}).get("key_id")
    if lost:
        await work.azure.graph.remove_password(application, lost)
        work.journal.undone(wanted.key, wanted.kind.value, id=lost)


async def _make(work: Work, wanted: DirectoryObject, application: str) -> tuple[Result, str]:
    credential, value = await add(work, wanted, wanted.key, application)
    await _store(work, application, credential, value)
    return _note(work, wanted, application, credential)


async def _store(work: Work, application: str, credential: PasswordCredential, value: Secret) -> None:
    binding = work.binding()
    try:
        await blocking(lambda: work.store.put(binding, value))
    except Undoable as refusal:
        await work.azure.graph.remove_password(application, credential.key_id)
        what = f"The new client secret could not be stored, so it was revoked at once. {refusal}"
        raise Undoable(what, "Unlock or install a keyring, then run this again.") from refusal


def _note(
    work: Work, wanted: DirectoryObject, application: str, credential: PasswordCredential
) -> tuple[Result, str]:
    fields = fields_of(work, application, credential)
    work.journal.done(wanted.key, wanted.kind.value, made=True, **fields)
    work.known[wanted.key] = fields
    return Result.MADE, f"stored in {work.store.label}"


async def _keep_the_one_you_have(work: Work, wanted: DirectoryObject) -> tuple[Result, str]:
    typed = work.typed.get("secret_value")
    binding = work.binding()
    if typed is not None:
        work.journal.begin(wanted.key, wanted.kind.value)
        await blocking(lambda: work.store.put(binding, typed))
    elif await blocking(lambda: work.store.get(binding)) is None:
        what = "The value of your client secret is not here: it is never written into a profile."
        raise Undoable(what, "Paste it again in step 2.3.")
    fields = {"id": "", "key_id": "", "store": work.store.name}
    if work.journal.known().get(wanted.key) != fields:
        work.journal.done(wanted.key, wanted.kind.value, made=False, **fields)
    work.known[wanted.key] = fields
    return Result.KEPT, f"stored in {work.store.label}"
