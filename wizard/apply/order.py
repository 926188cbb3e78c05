"""The order of a plan's objects: what each depends on, which a step holds, and the deployments they come to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from wizard.plan import (
    DirectoryObject,
    KeyPair,
    Known,
    Plan,
    Ref,
    Removal,
    Resource,
    Unknown,
)
from wizard.render.arm import foretold

PlanObject = DirectoryObject | Resource | KeyPair | Removal
_PROVIDER = "provider:"


def provider_key(namespace: str) -> str:
    """Return the key by which a resource provider is spoken of."""
    return f"{_PROVIDER}{namespace}"


def provider_of(key: str) -> str:
    """Return the resource provider that a key speaks of; empty when it is the key of an object."""
    return key.removeprefix(_PROVIDER) if key.startswith(_PROVIDER) else ""


def objects_of(plan: Plan) -> Mapping[str, PlanObject]:
    """Return the objects that applying makes or removes, by key."""
    every: tuple[PlanObject, ...] = (*plan.directory, *plan.keys, *plan.resources, *plan.removals)
    return {one.key: one for one in every}


def everything_of(plan: Plan) -> frozenset[str]:
    """Return the keys of all that a plan makes, removes or registers."""
    return frozenset((*objects_of(plan), *map(provider_key, plan.providers)))


def step_of(plan: Plan, key: str) -> str:
    """Return the step that an object or a provider belongs to; that of a provider is its first resource's."""
    found = objects_of(plan).get(key)
    if found is not None:
        return found.step
    namespace = provider_of(key).lower()
    steps = (r.step for r in plan.resources if _namespace(r) == namespace)
    return next(steps, "0")


def _namespace(resource: Resource) -> str:
    return resource.type.partition("/")[0].lower()


# Dependencies


def dependencies(plan: Plan, known: Known) -> Mapping[str, frozenset[str]]:
    """Return for each object the keys of those that must be there first: references, parents, group, provider."""
    ids = {key: fields.get("id", "").lower() for key, fields in foretold(plan.resources, known).items()}
    registered = {namespace.lower(): provider_key(namespace) for namespace in plan.providers}
    needs: dict[str, frozenset[str]] = {o.key: frozenset(_named(o.fields)) for o in plan.directory}
    needs |= {k.key: frozenset({k.resource} if k.made_by == "azure" else ()) for k in plan.keys}
    for resource in plan.resources:
        own = {ref.object for ref in resource.refs()} | set(resource.after)
        own |= set(_holders(plan, resource, ids))
        if provider := registered.get(_namespace(resource)):
            own.add(provider)
        needs[resource.key] = frozenset(own - {resource.key})
    everything = frozenset(objects_of(plan))
    # A removal comes after all that is made: what takes the place of a thing is there before it goes.
    needs |= {r.key: frozenset() for r in plan.removals}
    return {key: found & (everything | frozenset(registered.values())) for key, found in needs.items()}


def _named(fields: Mapping[str, object]) -> Iterator[str]:
    return (value.object for value in fields.values() if isinstance(value, Ref))


def _holders(plan: Plan, resource: Resource, ids: Mapping[str, str]) -> Iterator[str]:
    """The planned objects below whose id this one stands: its parent, its group, what it extends."""
    own = f"{ids.get(resource.key) or _place(resource)}/".lower()
    for other in plan.resources:
        place = ids.get(other.key, "")
        if other is not resource and place and own.startswith(f"{place}/"):
            yield other.key


def _place(resource: Resource) -> str:
    """Where a resource stands whose name is not known yet."""
    try:
        return resource.id({})
    except Unknown:
        return f"{resource.stands_on}/"


def dependents(plan: Plan, known: Known, keys: Collection[str]) -> frozenset[str]:
    """Return the keys of all that depends on any of these, near or far."""
    needs = dependencies(plan, known)
    found = set(keys)
    while True:
        more = {key for key, own in needs.items() if key not in found and own & found}
        if not more:
            return frozenset(found.difference(keys))
        found |= more


# Parts of a plan


def without(plan: Plan, keys: Collection[str]) -> Plan:
    """Return the plan without these objects and providers."""
    gone = frozenset(keys)
    return replace(
        plan,
        directory=tuple(o for o in plan.directory if o.key not in gone),
        resources=tuple(r for r in plan.resources if r.key not in gone),
        keys=tuple(k for k in plan.keys if k.key not in gone),
        removals=tuple(r for r in plan.removals if r.key not in gone),
        providers=tuple(p for p in plan.providers if provider_key(p) not in gone),
    )


def of_steps(plan: Plan, only: Collection[str]) -> Plan:
    """Return the part of a plan that these steps, chapters, objects or providers are; nothing named means all of it."""
    if not only:
        return plan
    others = [
        key
        for key, found in objects_of(plan).items()
        if not (_within(found.step, only) or key.lower() in _folded(only))
    ]
    part = without(plan, others)
    used = {_namespace(resource) for resource in part.resources}
    needed = tuple(p for p in plan.providers if p.lower() in used or provider_key(p).lower() in _folded(only))
    manual = tuple(task for task in plan.manual if _within(task.step, only))
    return replace(part, providers=needed, manual=manual, sheet=())


def words_for(plan: Plan, step: str, keys: Collection[str]) -> tuple[str, ...]:
    """Return what to name for `of_steps` to give just these objects of a step: the step where they are all of it."""
    of_it = {key for key, found in objects_of(plan).items() if found.step == step}
    providers = {key for key in keys if provider_of(key)}
    return (step,) if step and of_it | providers == set(keys) and of_it else tuple(keys)


def unknown_words(plan: Plan, numbers: Collection[str], only: Collection[str]) -> tuple[str, ...]:
    """Return those words that name neither a step or chapter nor an object or provider of the plan."""
    names = _folded((*numbers, *everything_of(plan)))
    return tuple(sorted(word for word in only if word.lower() not in names))


def _folded(words: Collection[str]) -> frozenset[str]:
    return frozenset(word.lower() for word in words)


def _within(step: str, steps: Collection[str]) -> bool:
    return any(step == one or step.startswith(f"{one}.") for one in steps)


# Deployments


@dataclass(frozen=True, slots=True)
class Batch:
    """The resources of one scope that one deployment makes."""

    scope: str
    resources: tuple[Resource, ...]


def batches(plan: Plan, known: Known) -> tuple[Batch, ...]:
    """Return the deployments of a plan in their order: one for each scope, more only where dependencies ask for it."""
    needs = dependencies(plan, known)
    pending = {resource.key for resource in plan.resources}
    keys = {key.key: key.resource for key in plan.keys if key.made_by == "azure"}
    found: list[Batch] = []
    while pending:
        batch = _next(plan, needs, pending, keys)
        found.append(batch)
        pending -= {resource.key for resource in batch.resources}
    return tuple(found)


def _next(
    plan: Plan, needs: Mapping[str, frozenset[str]], pending: set[str], keys: Mapping[str, str]
) -> Batch:
    left = [resource for resource in plan.resources if resource.key in pending]
    scopes = list(dict.fromkeys(resource.deploy_at.lower() for resource in left))
    parts = [_ready(left, scope, needs, pending, keys) for scope in scopes]
    whole = [part for part, scope in zip(parts, scopes, strict=True) if len(part) == _count(left, scope)]
    some = [part for part in parts if part]
    # Objects that wait for each other are left to ARM, which says so.
    chosen = (whole or some or [[r for r in left if r.deploy_at.lower() == scopes[0]]])[0]
    return Batch(chosen[0].deploy_at, tuple(chosen))


def _count(left: list[Resource], scope: str) -> int:
    return sum(1 for resource in left if resource.deploy_at.lower() == scope)


def _ready(
    left: list[Resource],
    scope: str,
    needs: Mapping[str, frozenset[str]],
    pending: set[str],
    keys: Mapping[str, str],
) -> list[Resource]:
    """The resources of a scope that wait for nothing outside of their own deployment."""
    inside = {resource.key for resource in left if resource.deploy_at.lower() == scope}
    while True:
        kept = {
            key
            for key in inside
            if not (_awaited(needs[key], pending, keys) - inside) and _not_keyed(needs[key], pending, keys)
        }
        if kept == inside:
            return [resource for resource in left if resource.key in kept]
        inside = kept


def _awaited(own: frozenset[str], pending: set[str], keys: Mapping[str, str]) -> set[str]:
    return {key for key in own if key in pending and key not in keys}


def _not_keyed(own: frozenset[str], pending: set[str], keys: Mapping[str, str]) -> bool:
    """Whether none of these is a key pair that Azure makes once a resource that is still pending is there."""
    return not any(keys.get(key) in pending for key in own)
