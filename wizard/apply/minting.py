"""Client secrets in Entra: listed, made once with the intent written down before, and those of a cut-off run settled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from profiles.secrets import Secret, SecretStoreError
from wizard.apply.work import Undoable, Work
from wizard.azure.errors import AzureProblem, NotFound, ServerFault, Unreachable, UnreadableAnswer
from wizard.azure.model import PasswordCredential
from wizard.plan import DirectoryKind, DirectoryObject

T = TypeVar("T")
Fields = dict[str, str]
KIND = DirectoryKind.PASSWORD.value
UNLOCK = "Unlock or install a keyring, then run this again."
_DAYS_A_MONTH = 30  # the portal's "6 months" are 180 days, and policies count days
_HINT = 3


async def blocking(call: Callable[[], T]) -> T:
    """Ask the store in a thread.

    Raises:
        Undoable: the store refuses; its sentence.
    """
    from wizard.threads import in_daemon_thread

    try:
        return await in_daemon_thread(call)
    except SecretStoreError as refusal:
        raise Undoable(str(refusal), UNLOCK) from refusal


def is_expired(password: PasswordCredential) -> bool:
    """Whether Entra takes it no more."""
    return password.end is not None and password.end <= datetime.now(UTC)


async def listed(work: Work, wanted: DirectoryObject, application: str) -> tuple[PasswordCredential, ...]:
    """Return the application's secrets; a registration just made may not be readable yet.

    Raises:
        AzureProblem: Graph could not be asked.
        Stopped: the person asked to stop.
    """

    async def read() -> tuple[PasswordCredential, ...]:
        app = await work.azure.graph.application(application)
        if app is None:
            raise NotFound(
                "The application is not readable yet.", code="Request_ResourceNotFound", status=404
            )
        return app.passwords

    return await work.patiently(wanted.key, f"{KIND} {wanted.label}", read)


async def add(
    work: Work, wanted: DirectoryObject, key: str, application: str
) -> tuple[PasswordCredential, Secret]:
    """Make one client secret as the plan wants it; the intent stands in the journal under `key` before.

    Raises:
        AzureProblem: Graph refuses; what it made without answering is removed again.
        Stopped: the person asked to stop.
    """
    name = work.value(wanted.fields["display_name"])
    months = int(work.value(wanted.fields["months"]))
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=_DAYS_A_MONTH * months)
    before = [p.key_id for p in await listed(work, wanted, application)]
    # To the second, the end tells ours from one that a person made under the same name meanwhile.
    work.journal.begin(
        key, KIND, application=application, display_name=name, end=end.isoformat(), before=before
    )

    async def attempt() -> tuple[PasswordCredential, Secret]:
        try:
            new = await work.azure.graph.add_password(application, name, end)
        except (Unreachable, UnreadableAnswer, ServerFault):
            # Azure may have made it although no answer came: a second one would be an orphan.
            await settle_interrupted(work, key, None)
            raise
        return new.credential, new.value

    return await work.patiently(wanted.key, f"{KIND} {wanted.label}", attempt, transient=_not_replicated)


def _not_replicated(problem: AzureProblem) -> bool:
    return isinstance(problem, NotFound)


async def settle_interrupted(work: Work, key: str, stored: Secret | None) -> PasswordCredential | None:
    """After a run that was cut off: return the secret that reached the store, remove those that did not.

    Raises:
        AzureProblem: Graph could not be asked.
    """
    adopted = None
    value = stored.reveal() if stored is not None else ""
    for application, password in await orphans(work, key):
        if adopted is None and value and password.hint == value[:_HINT]:
            adopted = password
        else:
            await work.azure.graph.remove_password(application, password.key_id)
    return adopted


async def orphans(work: Work, key: str) -> list[tuple[str, PasswordCredential]]:
    """Return what a run that was cut off may have made under `key`: application and secret. Writes nothing.

    Raises:
        AzureProblem: Graph could not be asked.
    """
    intent = work.journal.interrupted(key)
    if intent is None or not intent.fields.get("display_name"):
        return []
    application = str(intent.fields.get("application") or work.known.get("app", {}).get("object_id", ""))
    app = await work.azure.graph.application(application)
    before, name = set(intent.fields.get("before", ())), intent.fields["display_name"]
    passwords = app.passwords if app is not None else ()
    ours = [p for p in passwords if p.key_id not in before and p.name == name]
    return [(application, p) for p in ours if _ends(p, str(intent.fields.get("end", "")))]


def _ends(password: PasswordCredential, end: str) -> bool:
    """Whether a secret ends when ours was to end; an intent of an older version tells nothing of it."""
    if not end or password.end is None:
        return True
    return abs(password.end - datetime.fromisoformat(end)) < timedelta(seconds=1)


def fields_of(work: Work, application: str, credential: PasswordCredential) -> Fields:
    """Return what the journal keeps of a client secret: everything but its value."""
    return {
        "id": credential.key_id,
        "key_id": credential.key_id,
        "hint": credential.hint,
        "end": credential.end.isoformat() if credential.end else "",
        "application": application,
        "store": work.store.name,
    }
