"""Hand-offs: what somebody else has to make, with the reason, the commands, and the words to ask for it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from profiles.files import atomic_write, remove, remove_leftovers
from wizard.apply.asking import document, mail
from wizard.apply.deploy import kind_of, kind_word
from wizard.apply.key_pair import KEY_PAIR
from wizard.apply.order import (
    PlanObject,
    dependents,
    objects_of,
    provider_of,
    step_of,
    without,
    words_for,
)
from wizard.apply.rights import Lack
from wizard.guide import Exported
from wizard.plan import DirectoryObject, KeyPair, Known, Plan, Removal, Resource
from wizard.render.arm import foretold

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.setup import Setup

_RECORD = "hand-off"
_PREFIX = "handoff:"
ALL = "all"
"""In the place of a step: everything at once."""


@dataclass(frozen=True, slots=True)
class HandOff:
    """What of one step an administrator has to make. `objects` are keys of the plan, `labels` their names.

    `ids` are the ids that the administrator needs, by what they are; `scope` and `actions` say which rights are
    lacking in Azure, `reason` says it in words. `postponed` are names of what waits for it and goes on by itself.
    """

    step: str
    title: str
    reason: str
    scope: str = ""
    actions: tuple[str, ...] = ()
    who: str = ""
    objects: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)
    commands: str = ""
    otherwise: str = ""
    postponed: tuple[str, ...] = ()
    mail: str = ""
    file: str = ""

    @property
    def key(self) -> str:
        """The key of its task in a run."""
        return f"{_PREFIX}{self.step}"

    @property
    def label(self) -> str:
        """How its task is called."""
        return f"hand-off {self.step} {self.title}".rstrip()


@dataclass(frozen=True, slots=True)
class Parted:
    """A plan, parted: what can be made now, what is handed over, and what waits for that."""

    doable: Plan
    handed: tuple[str, ...]
    postponed: tuple[str, ...]


def part(plan: Plan, lacking: Collection[str], known: Known) -> Parted:
    """Part a plan: objects that depend on a handed-over one wait, though the person may make them."""
    every = (*objects_of(plan), *(key for key in lacking if provider_of(key)))
    handed = tuple(key for key in every if key in lacking)
    after = dependents(plan, known, handed)
    if handed:  # what goes makes room for what comes, so it goes last
        after |= {removal.key for removal in plan.removals}
    postponed = tuple(key for key in every if key in after and key not in handed)
    return Parted(without(plan, (*handed, *postponed)), handed, postponed)


def split(
    plan: Plan, lacking: Mapping[str, Lack], setup: Setup, known: Known, whole: Plan | None = None
) -> tuple[Plan, tuple[HandOff, ...]]:
    """Return what of a plan can be made now, and a hand-off for each step of which somebody else has to make a part.

    `plan` may be what is left of the `whole` one; that says how things are called and what they hang on.
    """
    parted = part(plan, lacking, known)
    steps: dict[str, list[str]] = {}
    for key in parted.handed:
        steps.setdefault(step_of(plan, key), []).append(key)
    offs = tuple(
        _hand_off(setup, whole or plan, step, {key: lacking[key] for key in keys}, (known, parted.postponed))
        for step, keys in steps.items()
    )
    return parted.doable, offs


def _hand_off(
    setup: Setup, plan: Plan, step: str, lacks: Mapping[str, Lack], state: tuple[Known, Sequence[str]]
) -> HandOff:
    """Write the hand-off of one step; `state` is what is known, and the keys of what is postponed."""
    known, postponed = state
    keys, every = tuple(lacks), tuple(lacks.values())
    waiting = dependents(plan, known, keys)
    off = HandOff(
        step=step,
        title=next((s.title for s in setup.guide.steps if s.number == step), ""),
        reason=" ".join(dict.fromkeys(lack.reason for lack in every)),
        scope=next((lack.scope for lack in every if lack.scope), ""),
        actions=tuple(dict.fromkeys(action for lack in every for action in lack.actions)),
        who=" and ".join(dict.fromkeys(lack.who for lack in every if lack.who)),
        objects=keys,
        labels=tuple(label_of(plan, key) for key in keys),
        ids=_ids(setup, plan, keys, known),
        commands=commands(plan, keys, known),
        otherwise=_otherwise(setup, words_for(plan, step, keys)),
        postponed=tuple(label_of(plan, key) for key in postponed if key in waiting),
        file=str(path_of(setup, step)),
    )
    return replace(off, mail=mail(off, setup))


def label_of(plan: Plan, key: str) -> str:
    """Return how people call an object or a provider of a plan."""
    if namespace := provider_of(key):
        return f"resource provider {namespace}"
    wanted = objects_of(plan).get(key)
    if isinstance(wanted, DirectoryObject):
        return f"{wanted.kind.value} {wanted.label}"
    if isinstance(wanted, Resource):
        return f"{kind_of(wanted)} {wanted.label}"
    if isinstance(wanted, KeyPair):
        return f"SSH key pair {wanted.label}"
    return f"removal of {kind_word(wanted.type)} {wanted.label}" if isinstance(wanted, Removal) else key


def kind_in_journal(wanted: PlanObject) -> str:
    """Return the word by which the journal calls the kind of an object."""
    if isinstance(wanted, DirectoryObject):
        return wanted.kind.value
    return KEY_PAIR if isinstance(wanted, KeyPair) else wanted.type


def _ids(setup: Setup, plan: Plan, keys: Sequence[str], known: Known) -> dict[str, str]:
    where = setup.context
    ids = {"tenant": where.tenant, "subscription": plan.subscription or where.subscription}
    told = foretold(plan.resources, known)
    wanted = objects_of(plan)
    for key in keys:
        one = wanted.get(key)
        if isinstance(one, DirectoryObject) and isinstance(app := one.fields.get("app_id"), str):
            ids[f"application {one.label}"] = app
        elif isinstance(one, Removal):
            ids[label_of(plan, key)] = one.id
        elif isinstance(one, Resource):
            ids[label_of(plan, key)] = told.get(key, {}).get("id", "")
            ids |= _principals(plan, one, told)
    return {name: identity for name, identity in ids.items() if identity}


def _principals(plan: Plan, resource: Resource, known: Known) -> dict[str, str]:
    """The object ids that a role assignment gives a role to, where they are known."""
    refs = (ref for ref in resource.refs() if ref.field in {"object_id", "principal_id"})
    return {
        f"object id of {label_of(plan, ref.object)}": value
        for ref in refs
        if (value := known.get(ref.object, {}).get(ref.field, ""))
    }


def commands(plan: Plan, keys: Collection[str], known: Known) -> str:
    """Return the az commands that make these objects and register these providers."""
    from wizard.render.az import commands as rendered  # what it needs is loaded only where it is shown

    objects = [key for key in keys if not provider_of(key)]
    register = [
        f"az provider register --namespace {name} --subscription {plan.subscription} --wait"
        for name in map(provider_of, keys)
        if name
    ]
    return "\n\n".join((*register, *((rendered(plan, objects, known).strip(),) if objects else ())))


def _otherwise(setup: Setup, words: Sequence[str]) -> str:
    only = " ".join(f"--only {word}" for word in words)
    words = ("azimuth", "apply", setup.guide.key, setup.cloud.option, "--answers", "answers.toml")
    return " ".join(word for word in (*words, "--profile", "admin", only) if word)


# Files


def path_of(setup: Setup, step: str) -> Path:
    """The file of a hand-off, beside the profile."""
    return setup.store.folder / file_name(setup.profile.name, step)


def file_name(profile: str, step: str) -> str:
    """The name of a hand-off's file: ``<profile>-handoff-<step>.md``."""
    return f"{profile}-handoff-{re.sub(r'[^A-Za-z0-9.-]+', '-', step) or 'plan'}.md"


def write_files(setup: Setup, offs: Sequence[HandOff]) -> None:
    """Write each open hand-off beside the profile, and remove those that are no longer open.

    Raises:
        OSError: the disk refuses.
    """
    start = f"{setup.profile.name}-handoff-"
    pages = _pages(setup, offs)
    names = {page.name for page in pages}
    for path in setup.store.folder.glob(f"{start}*.md"):
        # Another profile's name may begin like the name of such a file.
        if path.name not in names and "-handoff-" not in path.name.removeprefix(start):
            remove(path)
    for page in pages:
        path = setup.store.folder / page.name
        remove_leftovers(path)
        atomic_write(path, page.text)


def _pages(setup: Setup, offs: Sequence[HandOff]) -> tuple[Exported, ...]:
    """Return the page of each step, and before them one page for all, so that one mail is enough."""
    every = (together(setup, offs), *offs) if len(offs) > 1 else offs
    return tuple(Exported(file_name(setup.profile.name, off.step), document(off, setup)) for off in every)


def together(setup: Setup, offs: Sequence[HandOff]) -> HandOff:
    """Return one hand-off that asks for all of these at once."""
    plan, known = setup.walkthrough.plan(), setup.journal.known()
    keys = tuple(key for off in offs for key in off.objects)
    named = [word for off in offs for word in words_for(plan, off.step, off.objects)]
    waiting = dict.fromkeys(label for off in offs for label in off.postponed)
    off = HandOff(
        step=ALL,
        title="",
        reason=" ".join(dict.fromkeys(off.reason for off in offs)),
        scope=" ".join(dict.fromkeys(off.scope for off in offs if off.scope)),
        actions=tuple(dict.fromkeys(action for off in offs for action in off.actions)),
        who=" and ".join(dict.fromkeys(off.who for off in offs if off.who)),
        objects=keys,
        labels=tuple(label for off in offs for label in off.labels),
        ids={name: identity for off in offs for name, identity in off.ids.items()},
        commands=commands(plan, keys, known),
        otherwise=_otherwise(setup, tuple(dict.fromkeys(named))),
        postponed=tuple(waiting),
        file=str(path_of(setup, ALL)),
    )
    return replace(off, mail=mail(off, setup))


def handoff_files(setup: Setup) -> tuple[Exported, ...]:
    """Return the open hand-offs of a profile as files, from what its last run found. Asks nobody.

    Raises:
        LookupError: nothing of the profile waits for an administrator.
    """
    plan, known = setup.walkthrough.plan(), setup.journal.known()
    _, offs = split(plan, recorded(setup, plan), setup, known)
    if not offs:
        raise LookupError(f"Nothing of {setup.profile.name} waits for an administrator.")
    return _pages(setup, offs)


# What lasts


def record(setup: Setup, lacks: Mapping[str, Lack]) -> None:
    """Write down in the journal what is handed over now; what was and is no longer, is taken back."""
    before = {key: fields for key, fields in setup.journal.known().items() if key.startswith(_PREFIX)}
    for key, lack in lacks.items():
        told = {"id": "", "reason": lack.reason, "scope": lack.scope, "who": lack.who}
        told |= {"actions": " ".join(lack.actions)}
        if before.get(f"{_PREFIX}{key}") != told:
            setup.journal.done(f"{_PREFIX}{key}", _RECORD, made=False, **told)
    for name in before:
        if name.removeprefix(_PREFIX) not in lacks:
            setup.journal.undone(name, _RECORD, id="")


def recorded(setup: Setup, plan: Plan) -> dict[str, Lack]:
    """Return what the last run handed over and what is still wanted."""
    known = setup.journal.known()
    wanted = objects_of(plan)
    lacks = {}
    for name, fields in known.items():
        key = name.removeprefix(_PREFIX)
        if name.startswith(_PREFIX) and (key in wanted or provider_of(key) in plan.providers):
            actions = tuple(fields.get("actions", "").split())
            lacks[key] = Lack(
                fields.get("reason", ""), fields.get("scope", ""), actions, fields.get("who", "")
            )
    return lacks
