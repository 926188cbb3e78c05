"""Making the directory objects of a plan: looked up by our own identity first, written down before and after.

Nothing here guesses: after an interrupted create the object is found again by its unique name, its application id
or its place in the list of secrets, never made twice.
"""

from __future__ import annotations

import json

from wizard.apply.client_secret import ensure_secret, find_secret
from wizard.apply.events import Result
from wizard.apply.journal import FORMER
from wizard.apply.work import Undoable, Work
from wizard.azure import patience
from wizard.azure.errors import AzureProblem
from wizard.azure.model import Application, FederatedCredential, ServicePrincipal
from wizard.plan import DirectoryKind, DirectoryObject, Ref, Unknown

Fields = dict[str, str]


async def find(work: Work, wanted: DirectoryObject) -> Fields | None:
    """Look a planned object up, and return what is known of it; None when it does not exist. Writes nothing.

    Raises:
        AzureProblem: Graph could not be asked.
    """
    looking = {
        DirectoryKind.APPLICATION: _find_application,
        DirectoryKind.SERVICE_PRINCIPAL: _find_service_principal,
        DirectoryKind.PASSWORD: find_secret,
        DirectoryKind.FEDERATED_CREDENTIAL: _find_federation,
    }
    try:
        return await looking[wanted.kind](work, wanted)
    except Unknown:
        return None  # what it hangs on does not exist yet, so it doesn't either


async def ensure(work: Work, wanted: DirectoryObject) -> tuple[Result, str]:
    """Make one directory object exist, or find it.

    Raises:
        AzureProblem: Graph refuses.
        Undoable: an object that should be there is gone, or a secret can't be kept.
    """
    if wanted.kind is DirectoryKind.PASSWORD:
        return await ensure_secret(work, wanted)
    interrupted = work.journal.interrupted(wanted.key) is not None
    found = await work.patiently(wanted.key, task_label(wanted), lambda: find(work, wanted))
    if found is not None:
        if found.get("enabled") == "no":
            return await _enable(work, wanted, found)
        return _note(work, wanted, found, made=_is_ours(work, wanted, found, interrupted=interrupted))
    if wanted.existing:
        raise Undoable(f"The {task_label(wanted)} is gone.", "Pick another one.")
    making = {
        DirectoryKind.APPLICATION: _make_application,
        DirectoryKind.SERVICE_PRINCIPAL: _make_service_principal,
        DirectoryKind.FEDERATED_CREDENTIAL: _make_federation,
    }
    return _note(work, wanted, await making[wanted.kind](work, wanted), made=True)


def _is_ours(work: Work, wanted: DirectoryObject, found: Fields, *, interrupted: bool) -> bool:
    """Whether this profile made what was found; an intent to enable made nothing."""
    intent = work.journal.interrupted(wanted.key)
    enabling = intent is not None and bool(intent.fields.get(FORMER))
    return (interrupted and not enabling) or made_before(work, found)


def task_label(wanted: DirectoryObject) -> str:
    """Return how people call the object."""
    return f"{wanted.kind.value} {wanted.label}"


def made_before(work: Work, found: Fields) -> bool:
    """Whether this profile created what was found, in an earlier run."""
    return any(made.fields.get("id") == found["id"] for made in work.journal.made())


def _note(work: Work, wanted: DirectoryObject, fields: Fields, *, made: bool) -> tuple[Result, str]:
    """Write the outcome down, unless the journal says so already."""
    work.known[wanted.key] = fields
    detail = f"application id {fields['app_id']}" if wanted.kind is DirectoryKind.APPLICATION else ""
    if work.journal.known().get(wanted.key) == fields and work.journal.interrupted(wanted.key) is None:
        return Result.KEPT, detail
    work.journal.done(wanted.key, wanted.kind.value, made=made, **fields)
    return (Result.MADE if made else Result.KEPT), detail


# Applications


async def _find_application(work: Work, wanted: DirectoryObject) -> Fields | None:
    graph = work.azure.graph
    if wanted.existing:
        return _of_application(await graph.application(work.value(wanted.fields["app_id"])))
    return _of_application(await graph.application_named(work.value(wanted.fields["unique_name"])))


async def _make_application(work: Work, wanted: DirectoryObject) -> Fields:
    unique_name, name = (work.value(wanted.fields[key]) for key in ("unique_name", "display_name"))
    work.journal.begin(wanted.key, wanted.kind.value, unique_name=unique_name)
    application, _ = await work.azure.graph.upsert_application(unique_name, name)
    return {"id": application.object_id, "object_id": application.object_id, "app_id": application.app_id}


def _of_application(found: Application | None) -> Fields | None:
    if found is None:
        return None
    return {"id": found.object_id, "object_id": found.object_id, "app_id": found.app_id}


# Service principals


async def _find_service_principal(work: Work, wanted: DirectoryObject) -> Fields | None:
    found = await work.azure.graph.service_principal(work.value(wanted.fields["app_id"]))
    return None if found is None else _of_principal(wanted, found)


async def _make_service_principal(work: Work, wanted: DirectoryObject) -> Fields:
    app_id = work.value(wanted.fields["app_id"])
    work.journal.begin(wanted.key, wanted.kind.value, app_id=app_id)
    # Only an application made a moment ago may not be known yet; about another company's the refusal is final.
    young = isinstance(wanted.fields["app_id"], Ref)
    made, _ = await work.patiently(
        wanted.key,
        task_label(wanted),
        lambda: work.azure.graph.ensure_service_principal(app_id),
        transient=patience.is_replication if young else _never,
    )
    return _of_principal(wanted, made)


async def _enable(work: Work, wanted: DirectoryObject, found: Fields) -> tuple[Result, str]:
    """Let a service principal sign in that somebody has disabled; undo disables it again."""
    former = {FORMER: json.dumps({"accountEnabled": False})}
    enabled = {**found, "enabled": "yes"}
    if made_before(work, found):
        former = {}
    work.journal.begin(wanted.key, wanted.kind.value, id=found["id"], **former)
    await work.azure.graph.enable_service_principal(found["object_id"])
    work.known[wanted.key] = enabled
    work.journal.done(wanted.key, wanted.kind.value, made=not former, **enabled, **former)
    return Result.MADE, "it was disabled, and is enabled now"


def _never(_problem: AzureProblem) -> bool:
    return False


def _of_principal(wanted: DirectoryObject, found: ServicePrincipal) -> Fields:
    fields = {"id": found.object_id, "object_id": found.object_id, "app_id": found.app_id}
    if "enabled" in wanted.fields:
        fields["enabled"] = "yes" if found.enabled else "no"
    return fields


# Federated credentials


async def _find_federation(work: Work, wanted: DirectoryObject) -> Fields | None:
    application = work.value(wanted.fields["application"])
    trust = (work.value(wanted.fields["issuer"]), work.value(wanted.fields["subject"]))
    trusted = await work.azure.graph.federated(application)
    same = next((c for c in trusted if (c.issuer, c.subject) == trust), None)
    return None if same is None else _of_federation(same, application)


async def _make_federation(work: Work, wanted: DirectoryObject) -> Fields:
    values = {key: work.value(part) for key, part in wanted.fields.items()}
    application = values["application"]
    work.journal.begin(wanted.key, wanted.kind.value, application=application, name=values["name"])
    made = await work.azure.graph.add_federated(
        application,
        name=values["name"],
        issuer=values["issuer"],
        subject=values["subject"],
        audiences=(values["audience"],),
    )
    return _of_federation(made, application)


def _of_federation(found: FederatedCredential, application: str) -> Fields:
    return {"id": found.id, "application": application, "subject": found.subject}
