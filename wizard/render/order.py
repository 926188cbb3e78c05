"""The order of a plan's objects as a person reads them: step by step of the guide, each behind what it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from wizard.plan import DirectoryObject, KeyPair, Known, Plan, Ref, Removal, Resource, Unknown
from wizard.render.arm import foretold

Thing: TypeAlias = DirectoryObject | Resource | KeyPair | Removal
Rank: TypeAlias = tuple[tuple[int, str], ...]


def things(plan: Plan, known: Known) -> tuple[Thing, ...]:
    """Return all objects of a plan in the guide's order; an object that needs another one stands behind it."""
    rank = ranks(plan)
    wanted: list[Thing] = [*plan.keys, *plan.directory, *plan.resources]
    wanted.sort(key=lambda thing: rank.get(thing.step, ()))
    needs = {thing.key: needed(thing, plan, known) for thing in wanted}
    placed: list[Thing] = []
    while wanted:
        left = {thing.key for thing in wanted}
        ready = next((thing for thing in wanted if not needs[thing.key] & left - {thing.key}), wanted[0])
        placed.append(ready)
        wanted.remove(ready)
    return (*placed, *plan.removals)


def ranks(plan: Plan) -> Mapping[str, Rank]:
    """Return where each step stands. A step with a letter (L3) stands behind the numbers before it in the plan."""
    found: dict[str, Rank] = {}
    for row in (plan.resources, plan.directory, plan.keys, plan.manual, plan.kept, plan.removals):
        last: Rank = ()
        for thing in row:
            own = _rank(thing.step)
            if thing.step[:1].isdigit() or not thing.step:
                found[thing.step] = own
                last = max(last, own)
            else:
                behind: Rank = (*last[:1], (10**6, ""), *own)
                found.setdefault(thing.step, behind)
    return found


def _rank(step: str) -> Rank:
    return tuple((int(number or 0), word) for number, word in re.findall(r"(\d+)|([^\W\d_]+)", step))


def needed(thing: Thing, plan: Plan, known: Known) -> frozenset[str]:
    """Return the keys of the objects that must be there before this one."""
    match thing:
        case DirectoryObject():
            return frozenset(ref.object for ref in refs(thing))
        case KeyPair():
            return frozenset({thing.resource} if thing.resource else ())
        case Removal():
            return frozenset()
    told = foretold(plan.resources, known)
    texts = [*_texts(thing.body), thing.scope, thing.deploy_at, _own_id(thing, told)]
    below = [f"{text}/".lower() for text in texts if text.startswith("/")]
    stands = {
        other.key
        for other in plan.resources
        if (identity := told.get(other.key, {}).get("id", "")) and other is not thing
        if any(text.startswith(f"{identity}/".lower()) for text in below)
    }
    return frozenset(stands | {ref.object for ref in thing.refs()} | set(thing.after))


def _own_id(resource: Resource, told: Known) -> str:
    try:
        return resource.id(told)
    except Unknown:
        return ""


def refs(thing: Thing) -> tuple[Ref, ...]:
    """Return the references of an object."""
    if isinstance(thing, Resource):
        return thing.refs()
    if isinstance(thing, DirectoryObject):
        return tuple(value for value in thing.fields.values() if isinstance(value, Ref))
    return ()


def _texts(body: Any) -> Iterator[str]:
    if isinstance(body, Mapping):
        for value in body.values():
            yield from _texts(value)
    elif isinstance(body, (list, tuple)):
        for value in body:
            yield from _texts(value)
    elif isinstance(body, str):
        yield body
