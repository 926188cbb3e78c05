"""Preflight: everything that can be known before the first write: checks, rights, the store, and Azure's own preview."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from profiles.secrets import SecretStoreError
from wizard.apply.deploy import UNCHANGED, kind_of, kind_word, staged
from wizard.apply.directory import find
from wizard.apply.events import unheard
from wizard.apply.outcome import Change, PlannedChange, Preview
from wizard.apply.work import Work
from wizard.azure.errors import AzureProblem, Forbidden
from wizard.azure.model import ChangeKind
from wizard.guide import Finding, Findings, Severity
from wizard.plan import DirectoryKind, DirectoryObject, Known, Plan, Resource, derived_guid
from wizard.threads import in_daemon_thread

if TYPE_CHECKING:
    from wizard.azure.model import Change as AzureChange
    from wizard.setup import Setup

REVIEW = "review"
_KINDS = {
    ChangeKind.CREATE: Change.CREATE,
    ChangeKind.DEPLOY: Change.UNSURE,
    ChangeKind.MODIFY: Change.CHANGE,
    ChangeKind.DELETE: Change.REMOVE,
    ChangeKind.UNSUPPORTED: Change.UNSURE,
}


async def preflight(setup: Setup) -> Preview:
    """Check all answers, the caller's rights and the secret store, and let Azure preview the rest. Writes nothing.

    Raises:
        AzureProblem: Azure could not be reached at all.
    """
    walkthrough = setup.walkthrough
    found = [f for f in await walkthrough.check_all() if f.severity in {Severity.ERROR, Severity.WARNING}]
    missing = [_missing(question.key) for _, question in walkthrough.unanswered()]
    found.extend(m for m in missing if m.question not in {f.question for f in found})
    plan = walkthrough.plan()
    if any(finding.blocks for finding in found):
        return Preview(setup.context, (), tuple(found), manual=plan.manual)
    try:
        work = work_of(setup, plan)
        await in_daemon_thread(work.store.probe) if plan.password else None
    except SecretStoreError as refusal:
        return Preview(setup.context, (), (*found, _no_store(refusal)), manual=plan.manual)
    rights, lacking = await _rights(setup, plan)
    changes = await _directory(work, plan)
    resources, untouched, refused = await _resources(work, plan)
    kept = tuple(PlannedChange(Change.KEEP, "", k.label, k.detail, k.id) for k in plan.kept)
    superseded = _superseded(setup, work, plan)
    findings = (*found, *superseded, *lacking, *(refused if not lacking else ()))
    lines = (*changes, *resources, *kept)
    return Preview(setup.context, lines, findings, rights, untouched, plan.manual)


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
    rule = "A client secret is kept in a keyring, never in a plain file; so nothing would be created."
    mend = "Unlock or install a keyring, or choose a way without a secret."
    return Finding(Severity.ERROR, REVIEW, str(refusal), rule, mend)


async def _rights(setup: Setup, plan: Plan) -> tuple[str, Findings]:
    """Hold the plan's actions against what the caller may do at each scope (permissions API)."""
    needs = plan.needed_actions()
    azure = setup.azure
    if azure is None or not needs:
        return "no rights on resources are needed", ()
    held = await asyncio.gather(*(azure.arm.permissions(scope) for scope in needs), return_exceptions=True)
    lacking: list[Finding] = []
    for (scope, actions), rights in zip(needs.items(), held, strict=True):
        name = scope.rsplit("/", 1)[-1]
        if isinstance(rights, AzureProblem):
            what = f"Could not ask for your rights on {name}: {rights}"
            lacking.append(Finding(Severity.WARNING, REVIEW, what))
        elif isinstance(rights, BaseException):
            raise rights
        elif gone := rights.missing(actions):
            what = f"You lack {len(gone)} of {len(actions)} needed actions on {name}: {', '.join(gone)}."
            mend = (
                "Have a role that holds them given to you, or ask someone who has it to apply this profile."
            )
            lacking.append(Finding(Severity.ERROR, REVIEW, what, "", mend))
    count = sum(len(actions) for actions in needs.values())
    return ("" if lacking else f"all {count} needed actions held"), tuple(lacking)


async def _directory(work: Work, plan: Plan) -> tuple[PlannedChange, ...]:
    """Look each directory object up in turn; a later one may hang on an earlier one."""
    lines = []
    for wanted in plan.directory:
        fields = await find(work, wanted)
        if fields is not None:
            work.known[wanted.key] = fields
        lines.append(_directory_line(wanted, there=fields is not None))
    return tuple(lines)


def _directory_line(wanted: DirectoryObject, *, there: bool) -> PlannedChange:
    keep = there or wanted.existing
    detail = wanted.detail if not keep else ""
    change = Change.KEEP if keep else Change.CREATE
    return PlannedChange(change, wanted.kind.value, wanted.label, detail)


async def _resources(work: Work, plan: Plan) -> tuple[tuple[PlannedChange, ...], int, Findings]:
    """Let ARM validate and preview each stage; ids that are not known yet are stood in for."""
    lines: list[PlannedChange] = []
    refused: list[Finding] = []
    untouched = 0
    sure = {name: dict(fields) for name, fields in work.known.items()}
    work.known = _stand_ins(plan.resources, sure)
    for scope, resources in plan.stages().items():
        stage = staged(plan.guide, work.profile, scope, resources, work)
        deployments = work.azure.arm.deployments
        try:
            await deployments.validate(scope, stage.name, stage.template, stage.parameters)
            changes = await deployments.what_if(scope, stage.name, stage.template, stage.parameters)
        except Forbidden as problem:
            refused.append(Finding(Severity.ERROR, REVIEW, str(problem), "", problem.advice))
            continue
        except AzureProblem as problem:
            refused.append(
                Finding(Severity.ERROR, REVIEW, f"Azure refuses the plan: {problem}", "", problem.advice)
            )
            continue
        lines.extend(_resource_line(resource, work.known, changes) for resource in resources)
        untouched += sum(1 for change in changes if change.kind in UNCHANGED)
    work.known = sure
    return tuple(lines), untouched, tuple(refused)


def _superseded(setup: Setup, work: Work, plan: Plan) -> Findings:
    """Tell what this profile made by earlier answers and these answers no longer want: it stays until undo."""
    now = {key: fields.get("id", "") for key, fields in work.known.items()}
    known = _stand_ins(plan.resources, work.known)
    now |= {resource.key: resource.id(known) for resource in plan.resources}
    wanted = {identity.lower() for identity in now.values()}
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


def _stand_ins(resources: Sequence[Resource], known: Known) -> dict[str, dict[str, str]]:
    """Fill references to objects that don't exist yet with GUIDs that no object has, for the preview alone."""
    filled = {name: dict(fields) for name, fields in known.items()}
    for resource in resources:
        for ref in resource.refs():
            filled.setdefault(ref.object, {}).setdefault(ref.field, derived_guid("preview", ref.key))
    return filled


def _resource_line(resource: Resource, known: Known, changes: Sequence[AzureChange]) -> PlannedChange:
    identity = resource.id(known)
    told = next((c for c in changes if c.resource_id.lower() == identity.lower()), None)
    change = Change.UNSURE if told is None else _KINDS.get(told.kind, Change.KEEP)
    detail = ", ".join(path for path, _, _ in told.delta) if told else "Azure's preview does not mention it"
    return PlannedChange(change, kind_of(resource), resource.label, detail, identity)
