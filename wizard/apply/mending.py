"""Mending a journal that is damaged, gone, or another profile's: kept aside, and told anew by what Azure shows of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from profiles.secrets import Secret
from wizard.apply.directory import task_label
from wizard.apply.handoff import kind_in_journal, label_of
from wizard.apply.journal import DEPLOYMENT
from wizard.apply.looking import found as found_object
from wizard.apply.looking import look
from wizard.apply.minting import blocking, fields_of
from wizard.apply.order import objects_of
from wizard.apply.work import Work
from wizard.azure.errors import AzureProblem
from wizard.plan import DirectoryKind, DirectoryObject, Plan, Ref, Resource
from wizard.render.arm import foretold, in_order

if TYPE_CHECKING:
    from wizard.apply.journal import Journal
    from wizard.azure.model import PasswordCredential
    from wizard.setup import Setup

Fields = dict[str, str]
_BY_GUID = ("microsoft.authorization/roleassignments", "microsoft.authorization/roledefinitions")
_MADE = frozenset({"applied", "proved"})
_HINT = 3


def what_is_wrong(setup: Setup) -> str:
    """Say why the journal can't be relied on, in one sentence; empty when it can. Asks nobody."""
    journal, profile = setup.journal, setup.profile
    condition = journal.condition
    if condition.owner not in {"", profile.id}:
        return f"The journal {journal.path} is another profile's."
    if condition.damaged:
        lines = ", ".join(map(str, condition.damaged))
        many = "lines" if len(condition.damaged) > 1 else "line"
        return f"The journal {journal.path} is damaged: {many} {lines}."
    if condition.is_empty and (profile.stage in _MADE or profile.deployments or profile.secrets):
        return f"The journal {journal.path}, which tells what this profile made, is gone."
    return ""


async def mend(setup: Setup, work: Work, plan: Plan) -> tuple[str, ...]:
    """Keep aside what can't be relied on, and write down what Azure shows; return what to tell, nothing as a rule.

    Only what bears an identity of ours counts as made by this profile: undo removes nothing else. Call it while
    the profile is held.

    Raises:
        AzureProblem: Azure could not be asked.
        Undoable: the secret store can't be read.
        OSError: the disk refuses.
    """
    wrong = what_is_wrong(setup)
    if not wrong:
        return ()
    journal, told = work.journal, [wrong]
    condition = journal.condition
    if condition.owner not in {"", setup.profile.id}:
        told.append(f"It is kept as {journal.keep_aside('foreign', whole=True)}.")
    elif condition.damaged:
        told.append(f"It is kept as {journal.keep_aside('damaged', whole=False)}.")
    told += await _rebuilt(setup, work, plan)
    return tuple(told)


async def _rebuilt(setup: Setup, work: Work, plan: Plan) -> list[str]:
    """Look everything up that the journal does not tell of, in the order of making, and write it down."""
    ours: list[str] = []
    others: list[str] = []
    known = work.journal.known()
    for key, fields, made in await _seen(setup, work, plan, known):
        wanted = objects_of(plan)[key]
        work.journal.done(key, kind_in_journal(wanted), made=made, **fields)
        (ours if made else others).append(_name(plan, key))
    running = await _deployments(setup, work, plan)
    told = []
    if ours:
        told.append(f"Azure shows what this profile made: {', '.join(ours)}.")
    if others:
        sentence = "It can't be told any more whether this profile made these, so undo will keep them"
        told.append(f"{sentence}: {', '.join(others)}.")
    if running:
        told.append(f"Still going on in Azure: {', '.join(running)}.")
    if told:
        return told
    return [
        "Its good lines tell of all that Azure shows."
        if known
        else "Azure shows nothing that this profile wants."
    ]


def _name(plan: Plan, key: str) -> str:
    wanted = objects_of(plan)[key]
    return task_label(wanted) if isinstance(wanted, DirectoryObject) else label_of(plan, key)


async def _seen(
    setup: Setup, work: Work, plan: Plan, known: dict[str, Fields]
) -> list[tuple[str, Fields, bool]]:
    listed: list[tuple[str, Fields, bool]] = []

    def take(key: str, fields: Fields, *, made: bool) -> None:
        known[key] = fields
        listed.append((key, fields, made))

    for wanted in plan.directory:
        if wanted.key in known:
            continue
        own = {key for key, _, made in listed if made} | {made.key for made in work.journal.made()}
        if wanted.kind is DirectoryKind.PASSWORD:
            password = await _password(setup, work, wanted, known)
            if password is not None:
                take(wanted.key, password, made=True)
        elif (fields := await found_object(work, wanted, known)) is not None:
            take(wanted.key, fields, made=_is_ours(wanted, own))
    for resource in in_order(plan.resources, known):
        if resource.key in known:
            continue
        looked = await look(work, plan, resource.key, known)
        if looked is not None:
            told = {**looked, "api_version": resource.api_version, "label": resource.label}
            take(resource.key, told, made=_has_our_guid(plan, resource, looked, known))
    return listed


def _is_ours(wanted: DirectoryObject, own: set[str]) -> bool:
    """Whether its identity says so: an application has our unique name; the rest hangs on such an application."""
    if wanted.existing:
        return False
    if wanted.kind is DirectoryKind.APPLICATION:
        return True
    return any(isinstance(part, Ref) and part.object in own for part in wanted.fields.values())


def _has_our_guid(plan: Plan, resource: Resource, looked: Fields, known: dict[str, Fields]) -> bool:
    """Whether it bears the GUID that is derived from scope, principal and role; any other name anybody may give."""
    if resource.type.lower() not in _BY_GUID:
        return False
    derived = foretold(plan.resources, known).get(resource.key, {}).get("id", "")
    return derived.lower().rsplit("/", 1)[-1] == looked["id"].lower().rsplit("/", 1)[-1]


async def _password(
    setup: Setup, work: Work, wanted: DirectoryObject, known: dict[str, Fields]
) -> Fields | None:
    """The client secret that the profile refers to or the store holds: a person may have one of the same name."""
    application = known.get("app", {}).get("object_id", "")
    if wanted.existing or not application:
        return None
    work.known = {key: dict(fields) for key, fields in known.items()}
    app = await work.azure.graph.application(application)
    stored = await blocking(lambda: work.store.get(work.binding()))
    referred = {reference.key_id for reference in setup.profile.secrets}
    work.known = {}
    for password in app.passwords if app is not None else ():
        if password.key_id in referred or _is_stored(password, wanted, stored):
            return fields_of(work, application, password)
    return None


def _is_stored(password: PasswordCredential, wanted: DirectoryObject, stored: Secret | None) -> bool:
    named = password.name == wanted.fields.get("display_name")
    return named and stored is not None and stored.reveal()[:_HINT] == password.hint


async def _deployments(setup: Setup, work: Work, plan: Plan) -> list[str]:
    """Write down the deployments of ours that Azure still tells of, by their names; return those that go on."""
    running = []
    told = {made.key for made in (*work.journal.made(), *work.journal.perhaps_made())}
    for name in setup.profile.deployments:
        key = f"{DEPLOYMENT}:{name}"
        if key in told:
            continue
        for scope in _scopes(plan):
            status = await _status(work, scope, name)
            if status is None:
                continue
            _note_deployment(work.journal, key, scope, name, ended=status == "")
            running += [name] if status else []
            break
    return running


def _scopes(plan: Plan) -> Iterator[str]:
    yield from dict.fromkeys(resource.deploy_at for resource in plan.resources)


async def _status(work: Work, scope: str, name: str) -> str | None:
    """How a deployment stands that goes on; empty for one that has ended, None where there is none."""
    try:
        status = await work.azure.arm.deployments.status(scope, name)
    except AzureProblem as problem:
        if problem.status in {403, 404}:
            return None
        raise
    return None if status is None else "" if status.finished else status.state


def _note_deployment(journal: Journal, key: str, scope: str, name: str, *, ended: bool) -> None:
    fields = {"id": f"{scope}/{name}", "scope": scope, "name": name}
    if ended:
        journal.done(key, DEPLOYMENT, made=True, **fields)
    else:
        journal.begin(key, DEPLOYMENT, **fields)
