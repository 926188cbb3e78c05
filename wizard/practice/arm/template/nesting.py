"""Deployments within a deployment: whose expressions are whose, and the template that is left to deploy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wizard.practice.arm import ids
from wizard.practice.arm.template.compile import body, within
from wizard.practice.arm.template.evaluate import Frame
from wizard.practice.arm.template.planned import Planned

_OWN = ("parameters", "variables", "functions", "languageVersion", "definitions")


def at(frame: Frame, one: Planned) -> Frame:
    """The frame of the resources of a nested deployment whose expressions belong to the one around it."""
    home = ids.parse(one.id).scope.text
    seen = one.seen(frame)
    return replace(seen, around=replace(seen.around, home=home), known={})


def written(frame: Frame, one: Planned) -> dict[str, Any]:
    """The body with which a nested deployment is written: nothing in it looks at the deployment around it any more.

    Raises:
        ExpressionError: an expression is wrong.
        NotYetError: something is not there yet.
        TemplateError: the template within is wrong.
    """
    found = body(frame, one, Frame.value)
    properties = found.get("properties")
    if isinstance(properties, dict):
        properties.pop("expressionEvaluationOptions", None)
        if not one.inner and isinstance(properties.get("template"), dict):
            properties["template"] = _closed(at(frame, one), properties["template"])
            properties.pop("parameters", None)
    return found


def _closed(frame: Frame, template: Mapping[str, Any]) -> dict[str, Any]:
    plan = within(frame, template)
    found = {name: one for name, one in template.items() if name not in _OWN}
    found["resources"] = [_resource(plan.frame, one) for one in plan.resources if one.wanted]
    found["outputs"] = {
        name: {"type": one.get("type"), "value": _quoted(frame.value(one.get("value")))}
        for name, one in (template.get("outputs") or {}).items()
        if frame.value(one.get("condition", True))
    }
    return found


def _resource(frame: Frame, one: Planned) -> dict[str, Any]:
    given = written(frame, one) if one.nested else body(frame, one, Frame.value)
    template = given["properties"].pop("template", None) if one.nested else None
    found: dict[str, Any] = _quoted(given)
    if one.nested:
        found["properties"] |= {"template": template, "expressionEvaluationOptions": {"scope": "inner"}}
    scope = ids.parse(one.id).scope.text if ids.parse(one.id).links else ""
    found |= {"type": one.type, "name": _quoted(one.name), "apiVersion": one.version}
    return found | {"dependsOn": list(one.depends)} | ({"scope": scope} if scope else {})


def _quoted(value: Any) -> Any:
    """A value that is to be taken as it is, wherever it looks like an expression."""
    if isinstance(value, dict):
        return {name: _quoted(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_quoted(one) for one in value]
    return f"[{value}" if isinstance(value, str) and value.startswith("[") else value
