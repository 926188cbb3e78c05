"""Preflight: everything that can be known before the first write: checks, rights, the store, and Azure's own preview."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from profiles.secrets import SecretStoreError
from wizard.apply.deploy import UNCHANGED, kind_of, kind_word, staged
from wizard.apply.events import unheard
from wizard.apply.handoff import label_of, split
from wizard.apply.key_pair import find_key
from wizard.apply.looking import seen
from wizard.apply.order import (
    Batch,
    batches,
    everything_of,
    objects_of,
    of_steps,
    unknown_words,
    without,
)
from wizard.apply.outcome import Change, PlannedChange, Preview
from wizard.apply.rights import foretell, learn_outside, missing_before, unregistered
from wizard.apply.room import no_room, told
from wizard.apply.sample import sample_public_key
from wizard.apply.standing import Standing, is_settled, standing
from wizard.apply.work import Work
from wizard.azure.errors import AzureProblem, Forbidden
from wizard.azure.model import ChangeKind
from wizard.guide import Finding, Findings, Severity
from wizard.plan import GROUP_TYPE, DirectoryKind, DirectoryObject, Known, Plan, Resource, derived_guid
from wizard.render.arm import foretold
from wizard.threads import in_daemon_thread
from wizard.whereabouts import Elsewhere

if TYPE_CHECKING:
    from wizard.azure.model import Change as AzureChange
    from wizard.setup import Setup

REVIEW = "review"
SECRET_STORE = "secret_store"  # noqa: S105 - the name of a place
"""What a finding is about that no question asks: where the secret would be kept."""

_UNREGISTERED = "MissingSubscriptionRegistration"
_KINDS = {
    ChangeKind.CREATE: Change.CREATE,
    ChangeKind.DEPLOY: Change.UNSURE,
    ChangeKind.MODIFY: Change.CHANGE,
    ChangeKind.DELETE: Change.REMOVE,
    ChangeKind.UNSUPPORTED: Change.UNSURE,
}


async def preflight(setup: Setup, only: frozenset[str] = frozenset()) -> Preview:
    """Check all answers, the caller's rights and the secret store, and let Azure preview the rest. Writes nothing.

    What the caller may not make is handed over: Azure is asked about what they may. `only` are steps or chapters
    beside which nothing is looked at.

    Raises:
        AzureProblem: Azure could not be reached at all.
    """
    walkthrough = setup.walkthrough
    if refusals := await in_daemon_thread(lambda: no_room(setup, of_steps(walkthrough.plan(), only))):
        what, mend = told(refusals)
        narrow = Finding(Severity.ERROR, REVIEW, what, "So nothing would be created in Azure.", mend)
        return Preview(setup.context, (), (narrow,))
    found = [f for f in await walkthrough.check_all() if f.severity in {Severity.ERROR, Severity.WARNING}]
    missing = [_missing(question.key) for _, question in walkthrough.unanswered()]
    found.extend(m for m in missing if m.question not in {f.question for f in found})
    found = [f for f in found if not only or _belongs(setup, f, only)]
    whole = walkthrough.plan()
    found.extend(_no_such(setup, word) for word in unknown_words(whole, _numbers(setup), only))
    plan = of_steps(whole, only)
    if moved := setup.moved():
        found.append(Finding(Severity.ERROR, REVIEW, moved, "Nothing is made elsewhere.", Elsewhere.advice))
    if any(finding.blocks for finding in found):
        return Preview(setup.context, (), tuple(found), manual=plan.manual)
    try:
        work = work_of(setup, plan)
        await in_daemon_thread(work.store.probe) if plan.password else None
    except SecretStoreError as refusal:
        return Preview(setup.context, (), (*found, _no_store(refusal)), manual=plan.manual)
    if plan.password is not None and not work.store.keeps:
        found.append(_kept_nowhere())
    if only:
        await learn_outside(work, whole, plan)
        if gone := missing_before(whole, plan, work.known):
            return Preview(setup.context, (), (*found, _too_early(whole, gone)), manual=plan.manual)
    return await _preview(setup, work, whole, plan, found)


async def _preview(setup: Setup, work: Work, whole: Plan, plan: Plan, found: Sequence[Finding]) -> Preview:
    changes = await _directory(work, plan)
    rights = await foretell(work, plan)
    work.known |= {key: dict(fields) for key, fields in rights.there.items()}
    left = without(plan, rights.there)
    doable, offs = split(left, rights.lacks, setup, work.known, whole)
    handed = [key for off in offs for key in off.objects]
    directory = tuple(line for key, line in changes.items() if key in everything_of(doable))
    others = await _keys_and_providers(work, doable)
    resources, untouched, refused = await _resources(work, whole, doable)
    kept = tuple(PlannedChange(Change.KEEP, "", k.label, k.detail, k.id) for k in plan.kept)
    there = tuple(PlannedChange(Change.KEEP, "", label_of(plan, key)) for key in rights.there)
    later = [key for key in everything_of(left) - everything_of(doable) if key not in handed]
    unasked = tuple(Finding(Severity.WARNING, REVIEW, sentence) for sentence in rights.unasked)
    return Preview(
        setup.context,
        (*directory, *others, *resources, *_removals(doable), *there, *kept),
        (*found, *_superseded(setup, work, whole), *unasked, *refused),
        rights.sentence,
        untouched,
        plan.manual,
        offs,
        tuple(PlannedChange(Change.CREATE, "", label_of(whole, key)) for key in _in_order(left, later)),
    )


def _in_order(plan: Plan, keys: Sequence[str]) -> list[str]:
    listed = [*objects_of(plan)]
    return sorted(keys, key=lambda key: listed.index(key) if key in listed else -1)


def _belongs(setup: Setup, finding: Finding, only: frozenset[str]) -> bool:
    """Whether a finding is about where one works, or about one of the steps that are wanted.

    Where objects are named, that is told of the plan itself.
    """
    number = next((s.number for s, q in setup.guide.asked() if q.key == finding.question), finding.question)
    return any(number == one or number.startswith(f"{one}.") for one in (*only, "0"))


def _numbers(setup: Setup) -> tuple[str, ...]:
    guide = setup.guide
    return (*(chapter.number for chapter in guide.chapters), *(step.number for step in guide.steps))


def _no_such(setup: Setup, word: str) -> Finding:
    what = f"{setup.guide.title} has neither a step nor an object {word} with these answers."
    return Finding(Severity.ERROR, REVIEW, what)


def _too_early(plan: Plan, keys: Sequence[str]) -> Finding:
    names = ", ".join(label_of(plan, key) for key in keys)
    return Finding(
        Severity.ERROR, REVIEW, f"What this needs is not there yet: {names}.", "", "Make it first."
    )


def work_of(setup: Setup, plan: Plan) -> Work:
    """Return what carrying out this setup's plan needs; known objects come from its journal.

    Raises:
        SecretStoreError: no secret store can be trusted.
    """
    if setup.azure is None:
        raise RuntimeError("sign in before carrying out a plan")
    return Work(
        azure=setup.azure,
        journal=setup.journal,
        store=setup.secret_store(),
        profile=setup.profile.id,
        tenant=plan.tenant,
        on_event=unheard,
        typed=setup.walkthrough.secrets,
    )


def _missing(key: str) -> Finding:
    return Finding(Severity.ERROR, key, "An answer is needed.")


def _no_store(refusal: SecretStoreError) -> Finding:
    rule = "A client secret is never kept in a plain file; so nothing is created."
    mend = (
        "Unlock or install a keyring, or put right what is wrong with the vault; or take another store: --secret-store "
        "keyring, vault (an encrypted file, locked by your passphrase) or once (shown once, kept nowhere)."
    )
    return Finding(Severity.ERROR, SECRET_STORE, str(refusal), rule, mend)


def no_store(preview: Preview) -> str:
    """Return why no secret store can be used, as this preview found; "" where one can, or none is needed."""
    return next((one.what for one in preview.findings if one.blocks and one.question == SECRET_STORE), "")


def _kept_nowhere() -> Finding:
    what = "A new client secret will be shown once, at the end, and kept nowhere."
    return Finding(Severity.WARNING, SECRET_STORE, what, "azimuth env can't give it then.")


async def _directory(work: Work, plan: Plan) -> dict[str, PlannedChange]:
    """Look each directory object up in turn; a later one may hang on an earlier one."""
    lines = {}
    for wanted in plan.directory:
        fields = await seen(work, wanted)
        if fields is not None:
            work.known[wanted.key] = fields
        lines[wanted.key] = _directory_line(wanted, there=fields is not None)
    return lines


async def _keys_and_providers(work: Work, plan: Plan) -> tuple[PlannedChange, ...]:
    """What is registered, and which key pairs are made; the public half of one that is there becomes known."""
    lines = [
        PlannedChange(Change.CHANGE, "resource provider", name, "is registered")
        for name in await unregistered(work, plan)
    ]
    for pair in plan.keys:
        fields = await find_key(work, pair)
        if fields is not None:
            work.known[pair.key] = fields
        change = Change.CREATE if fields is None else Change.KEEP
        lines.append(PlannedChange(change, "SSH key pair", pair.label, f"private key in {pair.path}"))
    return tuple(lines)


def _removals(plan: Plan) -> tuple[PlannedChange, ...]:
    return tuple(
        PlannedChange(Change.REMOVE, kind_word(r.type), r.label, r.detail, r.id) for r in plan.removals
    )


def _directory_line(wanted: DirectoryObject, *, there: bool) -> PlannedChange:
    keep = there or wanted.existing
    detail = wanted.detail if not keep else ""
    change = Change.KEEP if keep else Change.CREATE
    return PlannedChange(change, wanted.kind.value, wanted.label, detail)


async def _resources(work: Work, whole: Plan, plan: Plan) -> tuple[tuple[PlannedChange, ...], int, Findings]:
    """Let ARM validate and preview each deployment; ids that are not known yet are stood in for."""
    lines: list[PlannedChange] = []
    refused: list[Finding] = []
    untouched = 0
    sure = {name: dict(fields) for name, fields in work.known.items()}
    work.known = _stand_ins(whole, sure)
    new_groups = {r.id(work.known).lower() for r in plan.resources if r.type.lower() == GROUP_TYPE.lower()}
    for batch in batches(plan, sure):
        if batch.scope.lower() in new_groups:
            lines += [_in_new_group(resource, work.known) for resource in batch.resources]
            continue
        try:
            stands = await _standing(work, sure, batch)
            changes = await _asked(work, plan, batch.scope, stands.wanted)
        except AzureProblem as problem:
            if problem.code == _UNREGISTERED and plan.providers:
                lines += [_after_registering(resource, work.known) for resource in batch.resources]
                continue
            what = str(problem) if isinstance(problem, Forbidden) else f"Azure refuses the plan: {problem}"
            refused.append(Finding(Severity.ERROR, REVIEW, what, "", problem.advice))
            continue
        lines.extend(_resource_line(resource, work.known, changes, stands) for resource in batch.resources)
        unchanged = [change.resource_id.lower() for change in changes if change.kind in UNCHANGED]
        new_groups.difference_update(unchanged)
        untouched += len(unchanged)
    work.known = sure
    return tuple(lines), untouched, tuple(refused)


async def _standing(work: Work, sure: dict[str, dict[str, str]], batch: Batch) -> Standing:
    """Look what stands already, by what is sure alone: Azure knows nothing of what stands in for the preview."""
    stood_in, work.known = work.known, sure
    try:
        return await standing(work, batch.resources)
    finally:
        work.known = stood_in


async def _asked(work: Work, plan: Plan, scope: str, resources: Sequence[Resource]) -> Sequence[AzureChange]:
    if not resources:
        return ()
    stage = staged(plan.guide, work.profile, scope, resources, work)
    deployments = work.azure.arm.deployments
    await deployments.validate(scope, stage.name, stage.template, stage.parameters)
    return await deployments.what_if(scope, stage.name, stage.template, stage.parameters)


def _in_new_group(resource: Resource, known: Known) -> PlannedChange:
    """What goes into a group that is not there yet is new; Azure can be asked about it once the group is."""
    detail = resource.detail or "in the new group"
    return PlannedChange(Change.CREATE, kind_of(resource), resource.label, detail, resource.id(known))


def _after_registering(resource: Resource, known: Known) -> PlannedChange:
    """What Azure can't preview before its provider is registered; registering is the first thing Run does."""
    detail = resource.detail or "previewed once its provider is registered"
    return PlannedChange(Change.UNSURE, kind_of(resource), resource.label, detail, resource.id(known))


def _superseded(setup: Setup, work: Work, plan: Plan) -> Findings:
    """Tell what this profile made by earlier answers and these answers no longer want: it stays until undo."""
    now = {key: fields.get("id", "") for key, fields in work.known.items()}
    known = _stand_ins(plan, work.known)
    now |= {resource.key: resource.id(known) for resource in plan.resources}
    wanted = {identity.lower() for identity in (*now.values(), *(kept.id for kept in plan.kept))}
    left = [m for m in setup.journal.made() if m.kind != "deployment"]
    left = [
        m
        for m in left
        if str(m.fields.get("id", "")).lower() not in wanted and m.kind != DirectoryKind.PASSWORD
    ]
    if not left:
        return ()
    names = ", ".join(f"{_plain(m.kind)} {m.fields.get('label') or m.fields.get('id')}" for m in left)
    what = f"By earlier answers this profile made {names}, which these answers no longer want."
    return (Finding(Severity.WARNING, REVIEW, what, "It stays.", "Undo removes it; then apply again."),)


def _plain(kind: str) -> str:
    return kind_word(kind) if "/" in kind else kind


def _stand_ins(plan: Plan, known: Known) -> dict[str, dict[str, str]]:
    """Fill references to objects that don't exist yet with what no object has, for the preview alone."""
    filled = foretold(plan.resources, known)
    pairs = {pair.key: pair for pair in plan.keys}
    for resource in plan.resources:
        for ref in resource.refs():
            pair = pairs.get(ref.object)
            stand_in = derived_guid("preview", ref.key) if pair is None else sample_public_key(pair.algorithm)
            filled.setdefault(ref.object, {}).setdefault(ref.field, stand_in)
    return foretold(plan.resources, filled)


def _resource_line(
    resource: Resource, known: Known, changes: Sequence[AzureChange], stands: Standing
) -> PlannedChange:
    if resource.key in stands.held:
        why = "the role is given already, under another name"
        return PlannedChange(Change.KEEP, kind_of(resource), resource.label, why, stands.held[resource.key])
    identity = resource.id(known)
    told = next((c for c in changes if c.resource_id.lower() == identity.lower()), None)
    change = Change.UNSURE if told is None else _KINDS.get(told.kind, Change.KEEP)
    detail = ", ".join(path for path, _, _ in told.delta) if told else "Azure's preview does not mention it"
    if is_settled(resource, told):
        change, detail = Change.KEEP, ""
    return PlannedChange(change, kind_of(resource), resource.label, detail, identity)
