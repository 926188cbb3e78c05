"""From a template and its parameters to the resources it means, with their ids, dependencies and unread bodies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wizard.practice.arm import ids
from wizard.practice.arm.template.evaluate import Around, Frame, NotYetError, Reference
from wizard.practice.arm.template.expressions import ExpressionError, calls, is_expression, parse
from wizard.practice.arm.template.parameters import TemplateError
from wizard.practice.arm.template.parameters import values as parameter_values

_NEEDED = ("$schema", "contentVersion", "resources")
_MEMBERS = frozenset(
    {
        "$schema", "contentVersion", "apiProfile", "languageVersion", "parameters", "variables", "functions", "resources",
        "outputs", "metadata", "definitions",
    }
)  # fmt: skip
_CONTROL = frozenset(
    {
        "type",
        "apiVersion",
        "name",
        "scope",
        "condition",
        "dependsOn",
        "resources",
        "comments",
        "metadata",
        "existing",
    }
)
_LATER = ("copy", "subscriptionId", "resourceGroup")


@dataclass(frozen=True, slots=True)
class Planned:
    """One resource of a template: where it shall be, and its body as the template writes it."""

    symbol: str | None
    id: str
    type: str
    name: str
    version: str
    body: Mapping[str, Any]
    depends: tuple[str, ...]
    wanted: bool
    written: str

    @property
    def brief(self) -> dict[str, str]:
        """How deployments speak of a resource."""
        return {"id": self.id, "resourceType": self.type, "resourceName": self.name}


@dataclass(frozen=True, slots=True)
class Compiled:
    """A template that makes sense: its resources in an order that fits their dependencies."""

    frame: Frame
    resources: tuple[Planned, ...]
    outputs: Mapping[str, Any]
    declared: Mapping[str, Any]

    def bodies(self, planned: Planned, reference: Reference | None) -> dict[str, Any]:
        """The body to write, once what it refers to can be read."""
        found: dict[str, Any] = self.reading(reference).value(dict(planned.body))
        return found

    def reading(self, reference: Reference | None) -> Frame:
        """The same frame with resources to read."""
        return Frame(self.frame.around, self.frame.parameters, self.frame.variables, reference)


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
    for name in ("parameters", "variables", "outputs", "metadata"):
        if not isinstance(template.get(name, {}), dict | None):
            raise _misshapen(name)
    for name in ("parameters", "outputs"):
        for member, declared in (template.get(name) or {}).items():
            if not isinstance(declared, dict):
                raise _misshapen(f"{name}.{member}")
    if not isinstance(template["resources"], dict | list):
        raise _misshapen("resources")


def _misshapen(path: str) -> TemplateError:
    return TemplateError(f"Deployment template parse failed: 'Unexpected token encountered. Path '{path}'.'.")


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
    variables = checked.get("variables") or {}
    values = parameter_values(checked.get("parameters") or {}, given, around, variables)
    frame = Frame(around, values, variables)
    found = [_planned(frame, one, symbol) for one, symbol in _flat(checked["resources"])]
    for one in found:
        if one.wanted:
            settled(frame, one)
    return Compiled(
        frame, _ordered(frame, found), checked.get("outputs") or {}, checked.get("parameters") or {}
    )


def settled(frame: Frame, one: Planned) -> dict[str, Any]:
    """The body of a resource, with what is not known yet as it is written.

    Raises:
        TemplateError: an expression in it is wrong.
    """
    try:
        return {name: frame.settled(value) for name, value in one.body.items()}
    except ExpressionError as fault:
        raise _unprocessable(one.written, str(fault)) from fault


def _flat(
    resources: Any, kind: str = "", name: str = "", parent: Mapping[str, Any] | None = None
) -> Iterator[tuple[dict[str, Any], str | None]]:
    """Every resource, those within others with the type and name of their parents before their own."""
    if not isinstance(resources, dict | list | None):
        raise _misshapen(f"{name}.resources")
    pairs = resources.items() if isinstance(resources, dict) else ((None, one) for one in resources or ())
    for symbol, given in pairs:
        if not isinstance(given, dict):
            raise TemplateError("Deployment template parse failed: 'A resource must be an object.'.")
        one = dict(given)
        if parent is not None:
            one["type"] = f"{kind}/{one.get('type')}"
            one["name"] = f"[concat({_inner(name)}, '/', {_inner(str(one.get('name')))})]"
        if not one.get("existing"):
            yield one, symbol
        yield from _flat(one.get("resources"), str(one.get("type")), str(one.get("name")), one)


def _inner(text: str) -> str:
    quoted = text.replace("'", "''")
    return text[1:-1] if is_expression(text) else f"'{quoted}'"


def _planned(frame: Frame, given: Mapping[str, Any], symbol: str | None) -> Planned:
    written = str(given.get("name") or symbol or "")
    for name in ("type", "apiVersion", "name"):
        if not isinstance(given.get(name), str) or not given[name]:
            raise TemplateError(
                f"Deployment template validation failed: 'The template resource '{written}' of type"
                f" '{given.get('type')}' has no valid '{name}'. Please see https://aka.ms/arm-syntax-resources for usage"
                " details.'."
            )
    if not isinstance(given.get("dependsOn") or [], list):
        raise _misshapen(f"resources.{written}.dependsOn")
    if later := [name for name in _LATER if name in given]:
        raise TemplateError(
            f"Practice Azure does not know '{later[0]}' of a template resource yet ('{written}')."
        )
    try:
        return _placed(frame, given, symbol, written)
    except NotYetError as fault:
        raise _unprocessable(
            written, "The template function 'reference' is not expected at this location."
        ) from fault
    except ExpressionError as fault:
        raise _unprocessable(written, str(fault)) from fault


def _unprocessable(written: str, why: str) -> TemplateError:
    return TemplateError(
        "Deployment template validation failed: 'Unable to process template language expressions for resource"
        f" '{written}'. '{why}''."
    )


def _placed(frame: Frame, given: Mapping[str, Any], symbol: str | None, written: str) -> Planned:
    kind, name = str(frame.value(given["type"])), str(frame.value(given["name"]))
    scope = str(frame.value(given.get("scope") or ""))
    key = _id(frame.around, kind, name, scope, written)
    depends = tuple(str(frame.value(one)) for one in given.get("dependsOn") or ())
    body = {member: value for member, value in given.items() if member not in _CONTROL}
    return Planned(
        symbol,
        key.text,
        key.type,
        key.name,
        str(frame.value(given["apiVersion"])),
        body,
        depends,
        bool(frame.value(given.get("condition", True))),
        written,
    )


def _id(around: Around, kind: str, name: str, scope: str, written: str) -> ids.Id:
    if kind.lower() == "microsoft.resources/resourcegroups":
        return ids.Id(around.subscription["subscriptionId"], name)
    try:
        if "/providers/" in kind.lower():
            # The older way to write an extension: `Net/nets/providers/roleAssignments` named `net/Microsoft.Authorization/x`.
            above, _, below = kind.partition("/providers/")
            *parents, namespace, own = name.split("/")
            tail = ids.assembled(above, "/".join(parents)) + ids.assembled(f"{namespace}/{below}", own)
            return ids.parse(around.home + tail)
        base = (
            scope if scope.startswith("/") else (f"{around.home}/providers/{scope}" if scope else around.home)
        )
        return ids.parse(base.rstrip("/") + ids.assembled(kind, name))
    except ValueError as fault:
        raise TemplateError(
            f"Deployment template validation failed: 'The template resource '{written}' for type '{kind}' has incorrect"
            " segment lengths. A nested resource type must have identical number of segments as its resource name. A root"
            " resource type must have segment length one greater than its resource name. Please see"
            " https://aka.ms/arm-syntax-resources for usage details.'."
        ) from fault


def _ordered(frame: Frame, found: list[Planned]) -> tuple[Planned, ...]:
    by_id: dict[str, Planned] = {}
    for one in found:
        if one.id.lower() in by_id:
            raise TemplateError(
                f"Deployment template validation failed: 'The resource '{one.type}/{one.name}' is defined multiple times in"
                " a template. Please see https://aka.ms/arm-syntax-resources for usage details.'."
            )
        by_id[one.id.lower()] = one
    needs = {key: _needed(frame, one, by_id) for key, one in by_id.items()}
    placed: list[str] = []
    while len(placed) < len(by_id):
        ready = [key for key in by_id if key not in placed and needs[key] <= set(placed)]
        if not ready:
            stuck = next(one for key, one in by_id.items() if key not in placed)
            raise TemplateError(
                "Deployment template validation failed: 'Circular dependency detected on resource:"
                f" '{stuck.id}'. Please see https://aka.ms/arm-syntax-resources for usage details.'."
            )
        placed += ready
    return tuple(
        _with_needs(by_id[key], tuple(by_id[one].id for one in by_id if one in needs[key])) for key in placed
    )


def _with_needs(one: Planned, depends: tuple[str, ...]) -> Planned:
    return Planned(
        one.symbol, one.id, one.type, one.name, one.version, one.body, depends, one.wanted, one.written
    )


def _needed(frame: Frame, one: Planned, by_id: Mapping[str, Planned]) -> set[str]:
    """The ids (in lower case) of what must be there first: dependsOn, and what the body refers to."""
    needed = set()
    for named in one.depends:
        target = _target(named, by_id)
        if target is None:
            raise TemplateError(
                f"Deployment template validation failed: 'The resource '{named}' is not defined in the template. Please see"
                " https://aka.ms/arm-syntax-resources for usage details.'."
            )
        needed.add(target)
    for named in _referred(frame, one.body):
        target = _target(named, by_id)
        if target is not None and target != one.id.lower():
            needed.add(target)
    return needed


def _target(named: str, by_id: Mapping[str, Planned]) -> str | None:
    low = named.lower().strip("/")
    for key, one in by_id.items():
        names = (
            key.strip("/"),
            one.name.lower(),
            f"{one.type}/{one.name}".lower(),
            (one.symbol or "").lower(),
        )
        if low in names:
            return key
    return None


def _referred(frame: Frame, body: Any) -> Iterator[str]:
    if isinstance(body, dict):
        for value in body.values():
            yield from _referred(frame, value)
    elif isinstance(body, list):
        for value in body:
            yield from _referred(frame, value)
    elif isinstance(body, str) and is_expression(body):
        for call in calls(_parsed(body)):
            if call.name == "reference" and call.arguments:
                yield from _named(frame, body, call.arguments[0])


def _parsed(text: str) -> Any:
    try:
        return parse(text)
    except ExpressionError as fault:
        raise _unprocessable(text, str(fault)) from fault


def _named(frame: Frame, text: str, node: Any) -> Iterator[str]:
    try:
        yield str(frame.node(node))
    except NotYetError:
        return
    except ExpressionError as fault:
        raise _unprocessable(text, str(fault)) from fault
