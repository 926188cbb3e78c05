"""From a template and its parameters to the resources it means, with their ids, dependencies and unread bodies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from wizard.practice.arm.template import copies, order
from wizard.practice.arm.template.evaluate import Act, Around, Frame, Reference
from wizard.practice.arm.template.expressions import ExpressionError, calls, is_expression, parse
from wizard.practice.arm.template.parameters import TemplateError, is_secret, resolved, type_name
from wizard.practice.arm.template.parameters import values as parameter_values
from wizard.practice.arm.template.planned import Planned, misshapen, unprocessable, unrolled

_NEEDED = ("$schema", "contentVersion", "resources")
_MEMBERS = frozenset(
    {
        "$schema", "contentVersion", "apiProfile", "languageVersion", "parameters", "variables", "functions", "resources",
        "outputs", "metadata", "definitions", "imports", "extensions", "asserts",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compiled:
    """A template that makes sense: its resources in an order that fits their dependencies."""

    frame: Frame
    resources: tuple[Planned, ...]
    outputs: Mapping[str, Any]
    declared: Mapping[str, Any]
    passing: Mapping[str, str] = field(default_factory=dict)

    def reading(self, reference: Reference | None, act: Act | None = None) -> Frame:
        """The same frame with resources to read."""
        return replace(self.frame, reference=reference, act=act, known={})

    def discreet(self, reference: Reference | None) -> Frame:
        """The same, but secure values, and those that are others each time, stay as they are written."""
        secret = {name.lower() for name, declared in self.declared.items() if is_secret(declared)}
        seen = self.reading(reference)
        return replace(
            seen, hidden=seen.hidden | secret | self.passing.keys(), passing={**seen.passing, **self.passing}
        )


def check(template: Any) -> Mapping[str, Any]:
    """The outermost form of a template.

    Raises:
        TemplateError: something is missing, or is not known.
    """
    if not isinstance(template, dict):
        raise TemplateError("Deployment template parse failed: 'The template is not an object.'.")
    for name in _NEEDED:
        if name not in template:
            raise TemplateError(
                f"Deployment template parse failed: 'Required property '{name}' not found in JSON. Path ''.'."
            )
    for name in template:
        if name not in _MEMBERS:
            raise TemplateError(
                f"Deployment template parse failed: 'Could not find member '{name}' on object of type 'Template'. Path"
                f" '{name}'.'."
            )
    _check_kinds(template)
    if not re.fullmatch(r"\d+\.\d+\.\d+\.\d+", str(template["contentVersion"])):
        raise TemplateError(
            f'Deployment template parse failed: \'Error converting value "{template["contentVersion"]}" to type'
            " 'System.Version'. Path 'contentVersion'.'."
        )
    return template


def _check_kinds(template: Mapping[str, Any]) -> None:
    for name in ("parameters", "variables", "outputs", "metadata", "definitions"):
        if not isinstance(template.get(name, {}), dict | None):
            raise misshapen(name)
    for name in ("parameters", "outputs"):
        for member, declared in (template.get(name) or {}).items():
            if not isinstance(declared, dict):
                raise misshapen(f"{name}.{member}")
    if not isinstance(template["resources"], dict | list):
        raise misshapen("resources")


def compiled(template: Any, given: Mapping[str, Any], around: Around) -> Compiled:
    """Work out a template.

    Args:
        template: as it was sent.
        given: the parameters as they were sent, each with a `value`.
        around: subscription, group, tenant and deployment.

    Raises:
        TemplateError: with Azure's sentence about what is wrong.
    """
    checked = check(template)
    definitions = checked.get("definitions") or {}
    declared = {name: resolved(one, definitions) for name, one in (checked.get("parameters") or {}).items()}
    bare = Frame(around, {}, copies.variables(checked.get("variables") or {}), functions=_functions(checked))
    frame = replace(bare, parameters=parameter_values(declared, given, bare, definitions), known={})
    outputs = {name: resolved(one, definitions) for name, one in (checked.get("outputs") or {}).items()}
    return replace(
        _planned(frame, checked["resources"], outputs, declared), passing=_passing(declared, given)
    )


def _passing(declared: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, str]:
    """The default values, of parameters that were not given, which are others each time."""
    sent = {name.lower() for name in given}
    found = {
        name.lower(): one.get("defaultValue") for name, one in declared.items() if name.lower() not in sent
    }
    return {
        name: text
        for name, text in found.items()
        if isinstance(text, str)
        and is_expression(text)
        and any(one.name in ("utcnow", "newguid") for one in calls(parse(text)))
    }


def within(frame: Frame, template: Any) -> Compiled:
    """Work out the template of a nested deployment whose expressions belong to the deployment around it.

    Raises:
        TemplateError: with Azure's sentence about what is wrong.
    """
    checked = check(template)
    return _planned(replace(frame, symbols={}), checked["resources"], checked.get("outputs") or {}, {})


def _planned(
    frame: Frame, resources: Any, outputs: Mapping[str, Any], declared: Mapping[str, Any]
) -> Compiled:
    found = list(unrolled(frame, resources))
    known = replace(frame, symbols=order.symbols(found))
    for one in found:
        if one.wanted and not one.existing:
            settled(known, one)
    return Compiled(known, order.ordered(known, found), outputs, declared)


def _functions(template: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The template's own functions by `namespace.name` in lower case."""
    found: dict[str, Mapping[str, Any]] = {}
    for space in template.get("functions") or ():
        if not isinstance(space, dict) or not isinstance(space.get("members"), dict):
            raise misshapen("functions")
        for name, declared in space["members"].items():
            if not isinstance(declared, dict):
                raise misshapen(f"functions.{name}")
            found[f"{space.get('namespace')}.{name}".lower()] = declared
    return found


def settled(frame: Frame, one: Planned) -> dict[str, Any]:
    """The body of a resource, with what is not known yet as an expression.

    Raises:
        TemplateError: an expression in it is wrong.
    """
    try:
        return body(frame, one, Frame.settled)
    except ExpressionError as fault:
        raise unprocessable(one.written, str(fault)) from fault


def body(frame: Frame, one: Planned, work: Any) -> dict[str, Any]:
    """The body of a resource; the template of a nested deployment is not touched, it is worked out by itself."""
    own, given = one.seen(frame), dict(one.body)
    properties = given.get("properties")
    if not one.nested or not isinstance(properties, dict) or "template" not in properties:
        found: dict[str, Any] = work(own, given)
        return found
    rest = {name: value for name, value in properties.items() if name != "template"}
    found = work(own, given | {"properties": rest})
    found["properties"]["template"] = properties["template"]
    return found


def output(frame: Frame, name: str, declared: Mapping[str, Any]) -> dict[str, Any]:
    """One output as deployments show it; nothing when its condition does not hold."""
    if not frame.value(declared.get("condition", True)):
        return {}
    loop = declared.get("copy")
    if isinstance(loop, dict):
        value: Any = copies.rounds(frame, loop, "", Frame.value)
    else:
        value = frame.value(declared.get("value"))
    shown = {} if is_secret(declared) or (value is None and declared.get("nullable")) else {"value": value}
    return {name: {"type": type_name(declared), **shown}}
