"""Succession: how a new client secret takes the place of an old one, and how that ends after it was cut off anywhere.

The new one is added, stored beside the old one, proved by signing in, put in its place, and only then the old one is
removed. At every moment one working secret is where the profile looks for it; what the journal says, and what is
stored beside, tell how far it came.
"""

from __future__ import annotations

from dataclasses import dataclass

from profiles.secrets import Binding, Secret
from wizard.apply.events import Waiting
from wizard.apply.minting import KIND, Fields, add, blocking, fields_of, is_expired, settle_interrupted
from wizard.apply.work import Undoable, Work
from wizard.azure import patience
from wizard.azure.errors import AzureProblem
from wizard.plan import DirectoryObject

_BETWEEN = 2.0
_REMOVING = 60.0


class NotTaken(Undoable):
    """Entra does not take the new secret; it was removed again, and the old one is untouched."""


@dataclass(frozen=True, slots=True)
class Successor:
    """The new secret, stored beside the one it follows. `switched` when it stands in its place already."""

    fields: Fields
    switched: bool = False


def next_key(key: str) -> str:
    """Return the journal's key of the secret that follows the one of `key`."""
    return f"{key}:next"


# Step by step


async def begin(work: Work, wanted: DirectoryObject, application: str) -> Successor:
    """Add a new client secret in Entra and store it beside the old one.

    Raises:
        AzureProblem: Graph refuses.
        Undoable: the store refuses; the new secret is removed before.
    """
    key = next_key(wanted.key)
    credential, value = await add(work, wanted, key, application)
    side = work.binding().next
    try:
        await blocking(lambda: work.store.put(side, value))
    except Undoable as refusal:
        await work.azure.graph.remove_password(application, credential.key_id)
        work.journal.undone(key, KIND, id=credential.key_id)
        what = f"The new client secret could not be stored, so it was removed at once; the old one works still. {refusal}"
        raise Undoable(what, refusal.mend) from refusal
    return _note(work, wanted, fields_of(work, application, credential))


def _note(work: Work, wanted: DirectoryObject, fields: Fields) -> Successor:
    fields = {**fields, "label": f"{wanted.label}, the new one"}
    work.journal.done(next_key(wanted.key), KIND, made=True, **fields)
    return Successor(fields)


async def prove(work: Work, wanted: DirectoryObject, successor: Successor) -> str:
    """Sign in with the new secret as it is stored, with patience while Entra's copies agree; return how.

    Raises:
        NotTaken: Entra refuses it for good; it is removed again.
        AzureProblem: Entra could not be asked.
        Undoable: the store can't be read.
        Stopped: the person asked to stop.
    """
    side = work.binding().next
    value = await blocking(lambda: work.store.get(side))
    if value is None:
        raise Undoable("The new client secret is not in the store.", "Run this again.")

    def tell(seconds: float, _problem: AzureProblem) -> None:
        why = "Entra does not know the new secret everywhere yet"
        work.on_event(Waiting(wanted.key, f"{KIND} {wanted.label}", why, seconds, at_most=patience.SECONDS))

    try:
        return await patience.wait_for_replication(
            lambda: _sign_in(work, side, value),
            transient=patience.is_new_secret_delay,
            every=_BETWEEN,
            on_wait=tell,
            sleep=work.pause,
        )
    except AzureProblem as refusal:
        if not refusal.code.startswith("AADSTS") or patience.is_new_secret_delay(refusal):
            raise  # Entra said nothing about the secret itself: it waits beside the old one
        await give_up(work, wanted, successor)
        what = f"Entra does not take the new client secret, so it was removed again; the old one works still. {refusal}"
        raise NotTaken(what, refusal.advice) from refusal


async def _sign_in(work: Work, binding: Binding, value: Secret) -> str:
    from wizard.azure.sign_in import sign_in_with_secret

    signed_in = await sign_in_with_secret(work.azure.cloud, binding.tenant, binding.client_id, value)
    await signed_in.close()
    return f"signed in as {binding.client_id}"


async def switch(work: Work, wanted: DirectoryObject, successor: Successor) -> Successor:
    """Put the new secret where the profile looks for it.

    Raises:
        Undoable: the store refuses; the old secret works still and the new one waits beside it.
    """
    main, side = work.binding(), work.binding().next
    value = await blocking(lambda: work.store.get(side))
    if value is None:
        raise Undoable("The new client secret is not in the store.", "Run this again.")
    fields = {name: told for name, told in successor.fields.items() if name != "label"}
    work.journal.begin(wanted.key, KIND, follows=work.known.get(wanted.key, {}).get("key_id", ""), **fields)
    await blocking(lambda: work.store.put(main, value))
    work.journal.done(wanted.key, KIND, made=True, **fields)
    work.known[wanted.key] = fields
    return Successor(fields, switched=True)


async def remove_old(work: Work, wanted: DirectoryObject) -> int:
    """Remove the secrets of ours that the one in use followed; return how many were there.

    Raises:
        AzureProblem: Graph refuses.
    """
    removed = 0
    for application, key_id in superseded(work, wanted):
        removing = f"{wanted.key}:old"
        work.journal.begin(removing, KIND, id=key_id, label=f"the old {wanted.label}")
        removed += await _remove(work, wanted, application, key_id)
        for key in (wanted.key, removing):
            work.journal.undone(key, KIND, id=key_id)
    return removed


async def _remove(work: Work, wanted: DirectoryObject, application: str, key_id: str) -> bool:
    """Revoke a secret; asking twice does no harm, so a connection that was cut off is no reason to stop."""
    return await work.patiently(
        wanted.key,
        f"{KIND} {wanted.label}",
        lambda: work.azure.graph.remove_password(application, key_id),
        at_most=_REMOVING,
    )


def superseded(work: Work, wanted: DirectoryObject) -> list[tuple[str, str]]:
    """Return the secrets of ours that another one of ours followed: application and key id."""
    current = work.journal.known().get(wanted.key)
    if current is None:
        return []
    application = str(current.get("application", ""))
    made = [m.fields for m in work.journal.made() if m.key == wanted.key and m.kind == KIND]
    ours = [str(f["key_id"]) for f in made if f.get("application") == application]
    return [(application, key_id) for key_id in ours if key_id and key_id != current.get("key_id")]


async def tidy(work: Work, wanted: DirectoryObject, successor: Successor) -> None:
    """Forget what was stored beside; the succession is over.

    Raises:
        Undoable: the store refuses.
    """
    side = work.binding().next
    await blocking(lambda: work.store.delete(side))
    work.journal.undone(next_key(wanted.key), KIND, id=successor.fields["key_id"])


async def give_up(work: Work, wanted: DirectoryObject, successor: Successor) -> None:
    """Remove the new secret again, in Entra and where it is stored.

    Raises:
        AzureProblem: Graph refuses.
        Undoable: the store refuses.
    """
    fields = successor.fields
    await work.azure.graph.remove_password(fields["application"], fields["key_id"])
    await tidy(work, wanted, successor)


# After it was cut off


async def resumed(work: Work, wanted: DirectoryObject) -> Successor | None:
    """Return the new secret that a succession left behind and that can go on; what can't is removed.

    Raises:
        AzureProblem: Graph could not be asked.
        Undoable: the store can't be read.
    """
    key = next_key(wanted.key)
    known, intent = work.journal.known(), work.journal.interrupted(key)
    if key not in known and intent is None:
        return None
    side = work.binding().next
    value = await blocking(lambda: work.store.get(side))
    if key not in known or intent is not None:
        return await _after_adding(work, wanted, value)
    successor = Successor(known[key], switched=_is_switched(known, wanted.key))
    if successor.switched:
        return successor
    if value is None or not await _is_live(work, successor):
        await give_up(work, wanted, successor)
        return None
    return successor


async def _after_adding(work: Work, wanted: DirectoryObject, value: Secret | None) -> Successor | None:
    """Nobody wrote down how adding came out: the one that reached the store goes on, any other is removed."""
    key = next_key(wanted.key)
    intent = work.journal.interrupted(key)
    adopted = await settle_interrupted(work, key, value)
    if adopted is not None and intent is not None:
        return _note(work, wanted, fields_of(work, str(intent.fields["application"]), adopted))
    side = work.binding().next
    await blocking(lambda: work.store.delete(side))
    work.journal.undone(key, KIND, id="")
    return None


def _is_switched(known: dict[str, Fields], key: str) -> bool:
    return known.get(key, {}).get("key_id") == known[next_key(key)].get("key_id")


async def _is_live(work: Work, successor: Successor) -> bool:
    app = await work.azure.graph.application(successor.fields["application"])
    passwords = app.passwords if app is not None else ()
    return any(p.key_id == successor.fields["key_id"] and not is_expired(p) for p in passwords)


async def settle(work: Work, wanted: DirectoryObject) -> bool:
    """Bring a succession that was cut off to its end; True when a new secret has taken the place of the old one.

    Raises:
        AzureProblem: Graph or Entra could not be asked.
        Undoable: the store refuses, or the new secret does not work: it is removed then.
    """
    successor = await resumed(work, wanted)
    if successor is not None and not successor.switched:
        try:
            await prove(work, wanted, successor)
        except NotTaken:
            successor = None  # the old one is in its place, and stays
        else:
            successor = await switch(work, wanted, successor)
    await remove_old(work, wanted)
    if successor is not None:
        await tidy(work, wanted, successor)
    return successor is not None
