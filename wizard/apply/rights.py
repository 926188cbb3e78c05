"""Rights: which objects of a plan the signed-in identity may not make, foretold before anything is written."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from wizard.apply.looking import is_disabled, look, seen
from wizard.apply.order import PlanObject, dependencies, objects_of, provider_key, without
from wizard.apply.work import Work
from wizard.azure.errors import AzureProblem, Forbidden, NotFound
from wizard.azure.model import DirectoryRights, Permissions
from wizard.plan import (
    DEPLOYMENT_ACTIONS,
    GROUP_TYPE,
    DirectoryKind,
    DirectoryObject,
    KeyPair,
    Known,
    Plan,
    Ref,
    Removal,
    Resource,
)

Needs = Mapping[str, tuple[str, ...]]
"""RBAC actions by the scope at which they are needed."""

_GROUP_WRITE = "Microsoft.Resources/subscriptions/resourceGroups/write"
_GENERATE = "Microsoft.Compute/sshPublicKeys/generateKeyPair/action"
_SHOWN = 3
FOREIGN_ROLES = "Application Administrator, Cloud Application Administrator or Global Administrator"


@dataclass(frozen=True, slots=True)
class Lack:
    """Why the signed-in identity may not make one object: a sentence, and for Azure the actions and their scope.

    `who` says who may.
    """

    reason: str
    scope: str = ""
    actions: tuple[str, ...] = ()
    who: str = ""


@dataclass(frozen=True, slots=True)
class Rights:
    """What was foretold.

    `lacks` are the objects that somebody else has to make, by key. `there` are those that the identity may not
    make and that exist already, with what is known of them. `unasked` are sentences about what Azure did not tell.
    """

    lacks: Mapping[str, Lack] = field(default_factory=dict)
    there: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    needed: int = 0
    lacking: int = 0
    unasked: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """How the rights stand, on one line."""
        if not self.needed:
            return "no rights on resources are needed"
        if not self.lacking:
            return f"all {self.needed} needed actions held" if not self.unasked else ""
        return f"{self.needed - self.lacking} of {self.needed} needed actions held"


async def foretell(work: Work, plan: Plan, refused: Mapping[str, Lack] | None = None) -> Rights:
    """Ask Azure and the directory what the caller may do, and hold the plan against it. Writes nothing.

    `refused` are objects that Azure refused to make although nothing foretold it: they lack until they exist.
    Directory objects that exist are added to `work.known`.
    """
    needs = {key: _needs(one, plan) for key, one in objects_of(plan).items()}
    needs |= await _provider_needs(work, plan)
    (held, unasked), directory = await asyncio.gather(
        _permissions(work, {scope for one in needs.values() for scope in one}), _directory_lacks(work, plan)
    )
    lacks = {key: lack for key, one in needs.items() if (lack := _lack(one, held)) is not None}
    lacks |= directory | {key: lack for key, lack in (refused or {}).items() if key in objects_of(plan)}
    there = await _there(work, plan, lacks)
    pairs = {(scope, action) for one in needs.values() for scope, own in one.items() for action in own}
    gone = {(s, a) for s, a in pairs if s in held and not held[s].allows(a)}
    open_lacks = {key: lack for key, lack in lacks.items() if key not in there}
    lacking = len(gone) if any(lack.actions for lack in open_lacks.values()) else 0
    return Rights(open_lacks, there, len(pairs), lacking, unasked)


# What each object asks for


def _needs(wanted: PlanObject, plan: Plan) -> Needs:
    if isinstance(wanted, Resource):
        own = _GROUP_WRITE if wanted.type.lower() == GROUP_TYPE.lower() else f"{wanted.type}/write"
        needs: dict[str, tuple[str, ...]] = {wanted.deploy_at: DEPLOYMENT_ACTIONS}
        needs[wanted.stands_on] = (*needs.get(wanted.stands_on, ()), own, *wanted.actions)
        return needs
    if isinstance(wanted, KeyPair) and wanted.made_by == "azure":
        holder = next((r for r in plan.resources if r.key == wanted.resource), None)
        return {} if holder is None else {holder.stands_on: (_GENERATE,)}
    if isinstance(wanted, Removal):
        return {wanted.id: (f"{wanted.type}/delete",)}
    return {}


async def _provider_needs(work: Work, plan: Plan) -> dict[str, Needs]:
    """The right to register, for each provider that is not registered."""
    missing = await unregistered(work, plan)
    scope = f"/subscriptions/{plan.subscription}"
    return {provider_key(name): {scope: (f"{name}/register/action",)} for name in missing}


async def unregistered(work: Work, plan: Plan) -> tuple[str, ...]:
    """Return the resource providers of a plan that are not registered in its subscription; none where Azure does not tell."""
    arm = work.azure.arm
    states = await asyncio.gather(
        *(arm.provider_state(plan.subscription, name) for name in plan.providers), return_exceptions=True
    )
    told = zip(plan.providers, states, strict=True)
    return tuple(name for name, state in told if isinstance(state, str) and state != "Registered")


# What is held


async def _permissions(work: Work, scopes: Collection[str]) -> tuple[dict[str, Permissions], tuple[str, ...]]:
    listed = sorted(scopes)
    asked = await asyncio.gather(*(_held_at(work, scope) for scope in listed), return_exceptions=True)
    held: dict[str, Permissions] = {}
    unasked: list[str] = []
    for scope, answer in zip(listed, asked, strict=True):
        if isinstance(answer, Permissions):
            held[scope] = answer
        elif isinstance(answer, AzureProblem):
            unasked.append(f"Could not ask for your rights on {_name(scope)}: {answer}")
        else:
            raise answer
    return held, tuple(unasked)


async def _held_at(work: Work, scope: str) -> Permissions:
    """The rights at a scope; at one that does not exist yet, those that it will inherit.

    Who may not even ask counts as holding nothing there: every built-in role may read its own rights.
    """
    while True:
        try:
            return await work.azure.arm.permissions(scope)
        except Forbidden:
            return Permissions(scope, ())
        except NotFound:
            above = _above(scope)
            if not above:
                raise
            scope = above


def _above(scope: str) -> str:
    parts = scope.strip("/").split("/")
    lower = [part.lower() for part in parts]
    if "providers" in lower:
        at = len(lower) - 1 - lower[::-1].index("providers")
        kinds = parts[at + 1 :]
        # namespace/kind/name, and two parts more for each child
        keep = parts[:-2] if len(kinds) > 3 else parts[:at]  # noqa: PLR2004 - as said
        return "/" + "/".join(keep)
    return "/" + "/".join(parts[:2]) if len(parts) > 2 else ""  # noqa: PLR2004 - subscriptions/S


def _lack(needs: Needs, held: Mapping[str, Permissions]) -> Lack | None:
    for scope, actions in needs.items():
        rights = held.get(scope)
        missing = rights.missing(actions) if rights is not None else ()
        if missing:
            named = ", ".join(missing[:_SHOWN])
            more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
            reason = f"You lack {named}{more} on {_name(scope)}."
            return Lack(reason, scope, missing, _who(missing))
    return None


def _who(actions: Collection[str]) -> str:
    if any(action.lower().startswith("microsoft.authorization/roledefinitions/") for action in actions):
        return "Owner or User Access Administrator of it"
    if any(action.lower().startswith("microsoft.authorization/") for action in actions):
        return "Owner, User Access Administrator or Role Based Access Control Administrator of it"
    return "Owner or Contributor of it"


def _name(scope: str) -> str:
    parts = scope.strip("/").split("/")
    return f"subscription {parts[-1]}" if len(parts) == 2 else parts[-1]  # noqa: PLR2004 - subscriptions/S


# The directory


async def _directory_lacks(work: Work, plan: Plan) -> dict[str, Lack]:
    """The directory objects that are not there as they should be and that the caller may not make (C-gme, C-groles)."""
    deeds = {w.key: (w, deed) for w in plan.directory if not w.existing and (deed := await _deed(work, w))}
    if not deeds:
        return {}
    try:
        rights = await work.azure.graph.directory_rights()
    except AzureProblem:
        return {}  # nothing is foretold; Azure says so when it is made
    lacks = {key: _directory_lack(work, wanted, deed, rights) for key, (wanted, deed) in deeds.items()}
    return {key: lack for key, lack in lacks.items() if lack is not None}


async def _deed(work: Work, wanted: DirectoryObject) -> str:
    """What it takes a right of its own to do for an object, as a part of a sentence; empty when nothing is."""
    if wanted.kind is DirectoryKind.APPLICATION:
        return "" if await seen(work, wanted) else "register an application"
    app_id = wanted.fields.get("app_id")
    if wanted.kind is not DirectoryKind.SERVICE_PRINCIPAL or isinstance(app_id, Ref) or app_id is None:
        return ""
    if await seen(work, wanted):
        return ""
    return (
        "enable it again" if await is_disabled(work, wanted) else "add an application of another organisation"
    )


def _directory_lack(work: Work, wanted: DirectoryObject, deed: str, rights: DirectoryRights) -> Lack | None:
    foreign = wanted.kind is DirectoryKind.SERVICE_PRINCIPAL
    if rights.may_add_foreign if foreign else rights.may_register:
        return None
    who = FOREIGN_ROLES if foreign else f"Application Developer, {FOREIGN_ROLES}"
    before = f"{wanted.label} is there, but disabled. " if deed.startswith("enable") else ""
    if rights.guest:
        reason = f"You are a guest in this tenant, and a guest normally may not {deed}."
    elif not work.azure.identity.is_user:
        reason = (
            f"You are signed in as an application, which without Application.ReadWrite.All may not {deed}."
        )
    else:
        reason = (
            f"To {deed} takes {who}; your account holds none of them (a role that Privileged Identity Management "
            "keeps ready has to be activated first)."
        )
    return Lack(before + reason, who=who)


# What is there already


async def _there(work: Work, plan: Plan, lacks: Mapping[str, Lack]) -> dict[str, Mapping[str, str]]:
    """Those of the lacking objects that exist: nobody needs a right for them."""
    if not lacks:
        return {}
    known: dict[str, Mapping[str, str]] = dict(work.known)
    await learn(work, plan, known)
    there: dict[str, Mapping[str, str]] = {}
    found = True
    while found:  # one may be known only by another one that was found after it
        found = False
        for key in [key for key in objects_and_providers(plan) if key in lacks and key not in there]:
            fields = await look(work, plan, key, known)
            if fields is not None:
                there[key] = known[key] = fields
                found = True
    return there


def objects_and_providers(plan: Plan) -> tuple[str, ...]:
    """Return the keys of all that a plan makes, in its order, providers first."""
    return (*map(provider_key, plan.providers), *objects_of(plan))


async def learn(work: Work, plan: Plan, known: dict[str, Mapping[str, str]]) -> None:
    """Add what is known of the directory objects and resources of a plan that exist: others may hang on them."""
    for wanted in plan.directory:
        if wanted.key not in known and (fields := await seen(work, wanted, known)) is not None:
            known[wanted.key] = fields


async def learn_outside(work: Work, whole: Plan, part: Plan) -> None:
    """Add to `work.known` what exists of the plan outside of its part: the part may hang on it."""
    inside = objects_of(part)
    known: dict[str, Mapping[str, str]] = dict(work.known)
    outside = without(whole, inside)
    await learn(work, outside, known)
    for key in objects_of(outside):
        if key not in known and (fields := await look(work, whole, key, known)) is not None:
            known[key] = fields
    work.known |= {key: dict(fields) for key, fields in known.items()}


def missing_before(whole: Plan, part: Plan, known: Known) -> tuple[str, ...]:
    """Return what a part of a plan hangs on outside of itself and that is not known to exist."""
    needs = dependencies(whole, known)
    inside, every = objects_of(part), objects_of(whole)
    outside = {key for own in inside for key in needs[own] if key in every and key not in inside}
    return tuple(key for key in every if key in outside and key not in known)
