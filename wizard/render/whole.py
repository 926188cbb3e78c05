"""A whole plan as one ARM template of the subscription, for ``az deployment sub create``.

Groups come first, then a nested deployment for each group. What ARM can't make (directory objects, keys) is a
parameter; names that hang on one are worked out by ARM's own ``guid()``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wizard.plan import Derived, DirectoryObject, KeyPair, Known, Plan, Ref, Resource, Unknown, resolve
from wizard.render.arm import Parameters, Template, foretold, template
from wizard.render.order import needed

_SCHEMA = "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#"
PARAMETERS_SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#"
_DEPLOYMENTS = "Microsoft.Resources/deployments"
_API = "2022-09-01"
_GROUP_AT = 4  # /subscriptions/S/resourceGroups/G


def whole(plan: Plan, known: Known) -> tuple[Template, Parameters]:
    """Return one template for the whole plan, and the values of its parameters as far as they are known.

    Raises:
        LookupError: the plan has no resources.
    """
    if not plan.resources:
        raise LookupError("The plan has no Azure resources.")
    return _Whole(plan, known).rendered()


def parameters_file(parameters: Parameters) -> dict[str, Any]:
    """Return a file of parameters as ``az deployment`` reads it."""
    return {"$schema": PARAMETERS_SCHEMA, "contentVersion": "1.0.0.0", "parameters": parameters}


@dataclass(frozen=True, slots=True)
class _Stage:
    """One nested deployment: where, by which name, what."""

    scope: str
    name: str
    resources: tuple[Resource, ...]

    @property
    def id(self) -> str:
        return f"{self.scope}/providers/{_DEPLOYMENTS}/{self.name}"

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(resource.key for resource in self.resources)


class _Whole:
    def __init__(self, plan: Plan, known: Known) -> None:
        self.plan = plan
        self.known = known
        self.supposed, self.marks = _supposed(plan, known)
        self.guids = {
            resolve(one.name, self.supposed): self._guid(one.name)
            for one in plan.resources
            if isinstance(one.name, Derived) and self._hangs(one.name)
        }
        stages = plan.stages()
        self.top = tuple(one for scope, row in stages.items() if not _is_group(scope) for one in row)
        self.stages = tuple(
            _Stage(scope, _deployment_name(plan.guide, scope), row)
            for scope, row in stages.items()
            if _is_group(scope)
        )
        self.asked: dict[str, Ref] = {}

    def rendered(self) -> tuple[Template, Parameters]:
        resources: list[dict[str, Any]] = []
        if self.top:
            inner, _ = template(self.top, self.supposed)
            outside = self._inputs(inner, frozenset(one.key for one in self.top))
            resources += self._put(inner["resources"], outside)
        resources += [self._nested(stage) for stage in self.stages]
        refs = dict(sorted(self.asked.items()))
        body: Template = {
            "$schema": _SCHEMA,
            "contentVersion": "1.0.0.0",
            "parameters": {name: self._parameter(ref) for name, ref in refs.items()},
            "resources": resources,
        }
        values = {name: {"value": value} for name, ref in refs.items() if (value := self._value(ref))}
        return body, values

    def _value(self, ref: Ref) -> str:
        try:
            return resolve(ref, self.known)
        except Unknown:
            return ""

    def _parameter(self, ref: Ref) -> dict[str, Any]:
        things: tuple[DirectoryObject | KeyPair, ...] = (*self.plan.directory, *self.plan.keys)
        thing = next((one for one in things if one.key == ref.object), None)
        what = f"The {ref.field.replace('_', ' ')} of {thing.label}" if thing else f"The {ref.key}"
        step = f" (step {thing.step})" if thing and thing.step else ""
        return {"type": "string", "metadata": {"description": f"{what}{step}."}}

    # Nested deployments

    def _nested(self, stage: _Stage) -> dict[str, Any]:
        inner, _ = template(stage.resources, self.supposed)
        inputs = self._inputs(inner, stage.keys)
        named = {ref for guid, ref in self._named(stage)}
        for ref in named:
            name = _parameter_name(ref)
            inner["parameters"].setdefault(name, {"type": "string"})
            inputs.setdefault(name, self._outer(ref))
        inner["resources"] = self._put(inner["resources"], {})
        if outputs := self._outputs(stage):
            inner["outputs"] = outputs
        given = {name: {"value": f"[{said}]"} for name, said in sorted(inputs.items())}
        return {
            "type": _DEPLOYMENTS,
            "apiVersion": _API,
            "name": stage.name,
            "subscriptionId": stage.scope.split("/")[2],
            "resourceGroup": stage.scope.split("/")[_GROUP_AT],
            "dependsOn": self._behind(stage),
            "properties": {
                "mode": "Incremental",
                "expressionEvaluationOptions": {"scope": "inner"},
                "parameters": given,
                "template": inner,
            },
        }

    def _inputs(self, inner: Template, own: frozenset[str]) -> dict[str, str]:
        """Return what a template's parameters are, seen from outside."""
        every = {_parameter_name(ref): ref for one in self.plan.resources for ref in one.refs()}
        return {
            name: self._outer(every[name]) for name in inner["parameters"] if every[name].object not in own
        }

    def _outer(self, ref: Ref) -> str:
        """A reference as the outer template says it: an output of another deployment, an id, or a parameter."""
        resource = self._resource(ref.object)
        if resource is None:
            self.asked[_parameter_name(ref)] = ref
            return f"parameters({_text(_parameter_name(ref))})"
        if ref.field == "id":
            return self._id(resource)
        stage = next((one for one in self.stages if ref.object in one.keys), None)
        if stage is None:
            return (
                f"reference({self._id(resource)}, {_text(resource.api_version)}).{resource.reads[ref.field]}"
            )
        return f"reference({_text(stage.id)}, {_text(_API)}).outputs.{_parameter_name(ref)}.value"

    def _outputs(self, stage: _Stage) -> dict[str, Any]:
        """What other deployments want to know of this one's resources."""
        others = [one for one in self.plan.resources if one.key not in stage.keys]
        wanted = {
            ref for one in others for ref in one.refs() if ref.object in stage.keys and ref.field != "id"
        }
        found: dict[str, Any] = {}
        for ref in sorted(wanted, key=lambda ref: ref.key):
            resource = self._resource(ref.object)
            if resource is None or ref.field not in resource.reads:
                raise Unknown(ref.key)
            path = resource.reads[ref.field].removeprefix("properties.")
            read = f"[reference({self._id(resource)}, {_text(resource.api_version)}).{path}]"
            found[_parameter_name(ref)] = {"type": "string", "value": read}
        return found

    def _behind(self, stage: _Stage) -> list[str]:
        """The ids that a nested deployment waits for: its group, and deployments with what it refers to."""
        keys = {key for one in stage.resources for key in needed(one, self.plan, self.supposed)} - stage.keys
        first = [self.supposed[one.key]["id"] for one in self.top if one.key in keys]
        return [*first, *(other.id for other in self.stages if other is not stage and other.keys & keys)]

    # Names that hang on what is not known

    def _hangs(self, name: Derived) -> bool:
        return any(isinstance(part, Ref) and part in self.marks for part in name.parts)

    def _named(self, stage: _Stage) -> Iterable[tuple[str, Ref]]:
        for one in stage.resources:
            if isinstance(one.name, Derived) and self._hangs(one.name):
                for part in one.name.parts:
                    if isinstance(part, Ref) and part in self.marks and self._resource(part.object) is None:
                        yield one.key, part

    def _guid(self, name: Derived) -> str:
        """A derived name by ARM's own function. A resource stands for itself by its id, known from the start."""
        parts = []
        for part in name.parts:
            resource = self._resource(part.object) if isinstance(part, Ref) else None
            if resource is not None:
                parts.append(_text(self.supposed[resource.key]["id"]))
            elif isinstance(part, Ref) and part in self.marks:
                parts.append(f"parameters({_text(_parameter_name(part))})")
            else:
                parts.append(_text(resolve(part, self.supposed)))
        return f"guid({', '.join(parts)})"

    def _put(self, value: Any, outside: Mapping[str, str]) -> Any:
        """Put ``guid()`` where a supposed name stands, and what an outer template calls a reference."""
        if isinstance(value, Mapping):
            return {key: self._put(inner, outside) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._put(inner, outside) for inner in value]
        if not isinstance(value, str):
            return value
        if value in self.guids:
            self._ask(self.guids[value])
            return f"[{self.guids[value]}]"
        if value.startswith("[") and not value.startswith("[["):
            for guid, said in self.guids.items():
                value = value.replace(_text(guid), said)
            for name, said in outside.items():
                value = value.replace(f"parameters({_text(name)})", said)
        return value

    def _ask(self, said: str) -> None:
        """A name at the subscription that hangs on a parameter makes it one of the outer template."""
        for ref in self.marks:
            if f"parameters({_text(_parameter_name(ref))})" in said:
                self.asked[_parameter_name(ref)] = ref

    def _resource(self, key: str) -> Resource | None:
        return next((one for one in self.plan.resources if one.key == key), None)

    def _id(self, resource: Resource) -> str:
        """The id of a planned resource as an expression."""
        identity = self.supposed[resource.key]["id"]
        for guid, said in self.guids.items():
            if identity.endswith(f"/{guid}"):
                return f"concat({_text(identity[: -len(guid)])}, {said})"
        return _text(identity)


def _supposed(plan: Plan, known: Known) -> tuple[dict[str, dict[str, str]], frozenset[Ref]]:
    """Return what is known, with a supposed value for all else that names hang on, and which those are."""
    told = foretold(plan.resources, known)
    hung = {part for one in plan.resources if isinstance(one.name, Derived) for part in one.name.parts}
    marks = {ref for ref in hung if isinstance(ref, Ref) and ref.field not in told.get(ref.object, {})}
    supposed = {key: dict(fields) for key, fields in told.items()}
    for ref in marks:
        supposed.setdefault(ref.object, {})[ref.field] = f"supposed {ref.key}"
    return foretold(plan.resources, supposed), frozenset(marks)


def _is_group(scope: str) -> bool:
    return "/resourcegroups/" in scope.lower()


def _deployment_name(guide: str, scope: str) -> str:
    return re.sub(r"[^A-Za-z0-9._()-]", "-", f"azimuth-{guide}-{scope.rsplit('/', 1)[-1]}")[:64]


def _parameter_name(ref: Ref) -> str:
    return f"{ref.object}_{ref.field}"


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def deploy_command(plan: Plan, name: str, missing: Sequence[str]) -> str:
    """Return the command that deploys the files; parameters without a value are asked for on it."""
    given = "".join(f" {one}=VALUE" for one in missing)
    files = f"--template-file {name}.template.json --parameters {name}.parameters.json{given}"
    where = next(
        (str(one.body["location"]) for one in plan.resources if "location" in one.body), "westeurope"
    )
    return f"az deployment sub create --location {where} {files}"
