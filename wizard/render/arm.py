"""A stage of a plan as one ARM template: what Azure Resource Manager validates, previews and deploys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wizard.plan import GROUP_TYPE, Derived, Known, Ref, Resource, Unknown, resolve

_SCHEMAS = {
    True: "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    False: "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#",
}
VERSION = "1.0.0.0"
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")

Template = dict[str, Any]
Parameters = dict[str, dict[str, Any]]


def template(resources: Sequence[Resource], known: Known) -> tuple[Template, Parameters]:
    """Return the template of one deployment scope, and its parameters.

    References between these resources become expressions, and their order ``dependsOn``. References to anything
    else become parameters, so that no foreign text is ever pasted into the template; what is not known yet gets
    no value, and the template can be exported but not deployed.

    Raises:
        Unknown: a derived name depends on an object that does not exist yet.
    """
    stage = _Stage(tuple(resources), foretold(resources, known))
    outside = {ref for resource in resources for ref in _body_refs(resource) if not stage.has(ref)}
    group = all("/resourcegroups/" in resource.deploy_at.lower() for resource in resources)
    body: Template = {
        "$schema": _SCHEMAS[group],
        "contentVersion": VERSION,
        "parameters": {name: {"type": "string"} for name in sorted(map(_parameter_name, outside))},
        "resources": [stage.resource(resource) for resource in resources],
    }
    values = {_parameter_name(ref): {"value": value} for ref in outside if (value := _value(ref, known))}
    return body, dict(sorted(values.items()))


def foretold(resources: Sequence[Resource], known: Known) -> dict[str, dict[str, str]]:
    """Return what is known with the ARM id of each resource added: an id needs a name, and no resource."""
    told = {key: dict(fields) for key, fields in known.items()}
    left = list(resources)
    while left:
        unnamed = [resource for resource in left if not _named(resource, told)]
        if len(unnamed) == len(left):
            break
        left = unnamed
    return told


def _named(resource: Resource, told: dict[str, dict[str, str]]) -> bool:
    try:
        identity = resource.id(told)
    except Unknown:
        return False
    told[resource.key] = {**told.get(resource.key, {}), "id": identity}
    return True


def in_order(resources: Sequence[Resource], known: Known) -> tuple[Resource, ...]:
    """Return the resources so that each stands behind those it depends on; otherwise in the plan's order.

    Raises:
        Unknown: a derived name depends on an object that does not exist yet.
    """
    stage = _Stage(tuple(resources), foretold(resources, known))
    placed: list[Resource] = []
    left = list(resources)
    while left:
        keys = {resource.key for resource in left}
        ready = [resource for resource in left if not keys.intersection(stage.depends(resource))]
        placed += ready or left
        left = [resource for resource in left if resource not in placed]
    return tuple(placed)


@dataclass(frozen=True, slots=True)
class _Stage:
    """The resources of one template; `known` holds all their ids."""

    resources: tuple[Resource, ...]
    known: Known

    def get(self, key: str) -> Resource | None:
        return next((resource for resource in self.resources if resource.key == key), None)

    def has(self, ref: Ref) -> bool:
        """Whether ARM itself can work the reference out within this template."""
        resource = self.get(ref.object)
        return resource is not None and (ref.field == "id" or ref.field in resource.reads)

    def depends(self, resource: Resource) -> tuple[str, ...]:
        """The keys of those that must be there first, in the plan's order."""
        named = {ref.object for ref in resource.refs()} | set(resource.after)
        below = f"{resource.id(self.known)}/".lower()
        return tuple(
            other.key
            for other in self.resources
            if other.key != resource.key
            and (other.key in named or below.startswith(f"{other.id(self.known)}/".lower()))
        )

    def resource(self, resource: Resource) -> dict[str, Any]:
        name = resolve(resource.name, self.known)
        rendered: dict[str, Any] = {
            "type": resource.type,
            "apiVersion": resource.api_version,
            "name": _literal(name),
        }
        if scope := _relative(resource):
            rendered["scope"] = _literal(scope)
        needs = [self.identity(other) for other in self.resources if other.key in self.depends(resource)]
        if needs:
            rendered["dependsOn"] = [f"[{identity}]" for identity in needs]
        return rendered | {_key(key, value): self.value(value) for key, value in resource.body.items()}

    def value(self, value: object) -> object:
        """A value of a body as the template writes it: references are expressions, text is text."""
        if isinstance(value, Ref):
            return f"[{self.reference(value)}]"
        if isinstance(value, Derived):
            return _literal(resolve(value, self.known))
        if isinstance(value, Mapping):
            return {_key(key, inner): self.value(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(inner) for inner in value]
        return _literal(value) if isinstance(value, str) else value

    def reference(self, ref: Ref) -> str:
        resource = self.get(ref.object)
        if resource is None or not self.has(ref):
            return f"parameters({_text(_parameter_name(ref))})"
        identity = self.identity(resource)
        if ref.field == "id":
            return identity
        head, *rest = steps(resource.reads[ref.field])
        version = _text(resource.api_version)
        if head == "properties" and rest:
            return f"reference({identity}, {version}){_path(rest)}"
        return f"reference({identity}, {version}, 'Full'){_path([head, *rest])}"

    def identity(self, resource: Resource) -> str:
        """The expression of a resource's id, by the function of ARM that fits where it stands."""
        names = resolve(resource.name, self.known).split("/")
        given = ", ".join(map(_text, (resource.type, *names)))
        if _relative(resource):
            return f"extensionResourceId({_text(resource.scope)}, {given})"
        at_group = "/resourcegroups/" in resource.deploy_at.lower()
        return f"resourceId({given})" if at_group else f"subscriptionResourceId({given})"


def steps(path: str) -> list[str | int]:
    """Return the steps of a property path such as ``properties.rules[0].name``."""
    return [int(number) if number else name for name, number in _STEP.findall(path)]


def _path(parts: Sequence[str | int]) -> str:
    return "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" if _PLAIN.fullmatch(part) else f"[{_text(part)}]"
        for part in parts
    )


def _body_refs(resource: Resource) -> Iterator[Ref]:
    """The references of a body; those of a derived name are worked out before."""
    named = set(resource.name.parts) if isinstance(resource.name, Derived) else set()
    inside = set(_leaves(resource.body))
    yield from (ref for ref in resource.refs() if ref not in named or ref in inside)


def _leaves(body: object) -> Iterator[Ref]:
    if isinstance(body, Ref):
        yield body
    elif isinstance(body, Mapping):
        for value in body.values():
            yield from _leaves(value)
    elif isinstance(body, (list, tuple)):
        for value in body:
            yield from _leaves(value)


def _value(ref: Ref, known: Known) -> str:
    try:
        return resolve(ref, known)
    except Unknown:
        return ""


def _parameter_name(ref: Ref) -> str:
    return f"{ref.object}_{ref.field}"


def _relative(resource: Resource) -> str:
    """What an extension stands on, as a template says it; empty for the deployment's own scope."""
    if not resource.scope or resource.type.lower() == GROUP_TYPE.lower():
        return ""
    return resource.scope[len(resource.deploy_at) :].strip("/").removeprefix("providers/")


def _key(name: str, value: object) -> str:
    """A property's name. ARM takes a list called ``copy`` for a loop, unless an expression says the name."""
    return "['copy']" if name == "copy" and isinstance(value, (list, tuple)) else _literal(name)


def _text(text: str) -> str:
    """Text as a string within an expression."""
    return "'" + text.replace("'", "''") + "'"


def _literal(text: str) -> str:
    """Return text that ARM takes as it is: a leading bracket would begin an expression."""
    return f"[{text}" if text.startswith("[") else text
