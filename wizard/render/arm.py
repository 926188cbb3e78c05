"""A stage of a plan as one ARM template: what Azure Resource Manager validates, previews and deploys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wizard.plan import Derived, Known, Ref, Resource, Unknown, resolve

_SCHEMAS = {
    True: "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    False: "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#",
}
VERSION = "1.0.0.0"

Template = dict[str, Any]
Parameters = dict[str, dict[str, Any]]


def template(resources: Sequence[Resource], known: Known) -> tuple[Template, Parameters]:
    """Return the template of one deployment scope, and its parameters.

    References become parameters, so that no foreign text is ever pasted into the template; what is not known
    yet gets no value, and the template can be exported but not deployed.

    Raises:
        Unknown: a derived name depends on an object that does not exist yet.
    """
    names = {ref.key: _parameter_name(ref) for resource in resources for ref in resource.refs()}
    group = all("/resourcegroups/" in resource.deploy_at.lower() for resource in resources)
    body: Template = {
        "$schema": _SCHEMAS[group],
        "contentVersion": VERSION,
        "parameters": {name: {"type": "string"} for name in sorted(names.values())},
        "resources": [_resource(resource, known) for resource in resources],
    }
    refs = {ref for resource in resources for ref in resource.refs()}
    values = {_parameter_name(ref): {"value": value} for ref in refs if (value := _value(ref, known))}
    return body, dict(sorted(values.items()))


def _value(ref: Ref, known: Known) -> str:
    try:
        return resolve(ref, known)
    except Unknown:
        return ""


def _parameter_name(ref: Ref) -> str:
    return f"{ref.object}_{ref.field}"


def _resource(resource: Resource, known: Known) -> dict[str, Any]:
    name = resolve(resource.name, known) if isinstance(resource.name, Derived) else _literal(resource.name)
    rendered: dict[str, Any] = {"type": resource.type, "apiVersion": resource.api_version, "name": name}
    if resource.scope:
        rendered["scope"] = _literal(resource.scope[len(resource.deploy_at) :].removeprefix("/providers/"))
    return rendered | {key: _rendered(value) for key, value in resource.body.items()}


def _rendered(value: object) -> object:
    if isinstance(value, Ref):
        return f"[parameters('{_parameter_name(value)}')]"
    if isinstance(value, Mapping):
        return {key: _rendered(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rendered(inner) for inner in value]
    return _literal(value) if isinstance(value, str) else value


def _literal(text: str) -> str:
    """Return text that ARM takes as it is: a leading bracket would begin an expression."""
    return f"[{text}" if text.startswith("[") else text
