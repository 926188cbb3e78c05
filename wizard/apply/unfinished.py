"""Unfinished: directory objects that a run which was cut off may have made, and whose outcome nobody wrote down."""

from __future__ import annotations

from wizard.apply.journal import FORMER, Entry, Made
from wizard.apply.minting import KIND, fields_of, orphans
from wizard.apply.work import Work
from wizard.azure.model import Application, ServicePrincipal
from wizard.plan import DirectoryKind

_NOBODY = 1 << 30
"""Its place in the journal: after everything that is written down."""


async def unfinished(work: Work) -> tuple[Made, ...]:
    """Look up what was begun and not ended, by the identity that its intent tells. Writes nothing.

    Raises:
        AzureProblem: Graph could not be asked.
    """
    begun: dict[str, Entry] = {}
    for entry in work.journal.entries():
        begun.pop(entry.key, None)
        if entry.what == "begin" and not entry.fields.get(FORMER):
            begun[entry.key] = entry
    found: list[Made] = []
    for entry in begun.values():
        found += await _looked_up(work, entry)
    known = {str(made.fields.get("id", "")) for made in work.journal.made()}
    return tuple(made for made in found if str(made.fields["id"]) not in known)


async def _looked_up(work: Work, entry: Entry) -> list[Made]:
    graph, told = work.azure.graph, entry.fields
    found: list[dict[str, str]] = []
    if entry.kind == KIND:
        found = [fields_of(work, application, one) for application, one in await orphans(work, entry.key)]
    elif entry.kind == DirectoryKind.APPLICATION and told.get("unique_name"):
        found = [_object(app) for app in [await graph.application_named(str(told["unique_name"]))] if app]
    elif entry.kind == DirectoryKind.SERVICE_PRINCIPAL and told.get("app_id"):
        found = [_object(one) for one in [await graph.service_principal(str(told["app_id"]))] if one]
    elif entry.kind == DirectoryKind.FEDERATED_CREDENTIAL and told.get("name"):
        application = str(told["application"])
        trusted = await graph.federated(application)
        found = [{"id": one.id, "application": application} for one in trusted if one.name == told["name"]]
    return [Made(entry.key, entry.kind, fields, _NOBODY) for fields in found]


def _object(found: Application | ServicePrincipal) -> dict[str, str]:
    return {"id": found.object_id, "object_id": found.object_id, "app_id": found.app_id}


async def take_over(work: Work) -> None:
    """Write the outcome of what was begun and exists: it is known then, and ours to remove.

    Raises:
        AzureProblem: Graph could not be asked.
    """
    for made in await unfinished(work):
        work.journal.done(made.key, made.kind, made=True, **made.fields)
