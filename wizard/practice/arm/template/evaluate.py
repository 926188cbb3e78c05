"""Works out the expressions of a template against its parameters, its variables and what exists around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wizard.practice.arm.template.expressions import (
    Access,
    ExpressionError,
    Invoke,
    Literal,
    Node,
    is_expression,
    parse,
)
from wizard.practice.arm.template.functions import (
    FUNCTIONS,
    Function,
    as_bool,
    as_string,
    kind,
    provider_path,
    text,
)

Reference = Callable[[str, str | None, bool], Any]


class NotYetError(Exception):
    """A value that does not exist before the deployment runs."""


@dataclass(frozen=True, slots=True)
class Around:
    """What a template can see besides its own text."""

    home: str
    subscription: Mapping[str, Any]
    tenant: Mapping[str, Any]
    deployment: Mapping[str, Any]
    group: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One template at work.

    Attributes:
        around: subscription, group, tenant, deployment.
        parameters: their values, by name in lower case.
        variables: as they stand in the template.
        reference: reads a resource; None where nothing may be read yet.
        hidden: secure parameters, in lower case, whose value must not show.
        known: values of variables worked out already.
    """

    around: Around
    parameters: Mapping[str, Any]
    variables: Mapping[str, Any]
    reference: Reference | None = None
    hidden: frozenset[str] = frozenset()
    known: dict[str, Any] = field(default_factory=dict)

    def value(self, given: Any) -> Any:
        """A value of the template with every expression in it worked out.

        Raises:
            ExpressionError: an expression is wrong.
            NotYetError: it needs a resource that is not there yet.
        """
        if isinstance(given, str):
            if is_expression(given):
                return self.node(parse(given))
            return given[1:] if given.startswith("[[") else given
        if isinstance(given, dict):
            return {str(self.value(name)): self.value(one) for name, one in given.items()}
        return [self.value(one) for one in given] if isinstance(given, list) else given

    def settled(self, given: Any) -> Any:
        """The same, but what is not known yet stays as it is written."""
        if isinstance(given, dict):
            return {name: self.settled(one) for name, one in given.items()}
        if isinstance(given, list):
            return [self.settled(one) for one in given]
        try:
            return self.value(given)
        except NotYetError:
            return given

    def node(self, node: Node) -> Any:
        """The value of a parsed expression."""
        if isinstance(node, Literal):
            return node.value
        if isinstance(node, Access):
            return _picked(self.node(node.of), self.node(node.key))
        return self._call(node)

    def _call(self, call: Invoke) -> Any:
        if call.name == "if":
            return self._if(call)
        arguments = [self.node(one) for one in call.arguments]
        own = _OWN.get(call.name)
        function = own or FUNCTIONS.get(call.name)
        if function is None:
            raise ExpressionError(
                f"The template function '{call.name}' is not valid. Please see https://aka.ms/arm-functions for usage"
                " details."
            )
        _check_count(call.name, function, len(arguments))
        return function.work(self, *arguments) if own else function.work(*arguments)

    def _if(self, call: Invoke) -> Any:
        _check_count("if", Function(3, 3, bool), len(call.arguments))
        condition, then, otherwise = call.arguments
        return self.node(then if as_bool(self.node(condition)) else otherwise)

    def parameter(self, name: str) -> Any:
        """The value of a parameter."""
        if as_string(name).lower() not in self.parameters:
            raise ExpressionError(
                f"The template parameter '{name}' is not found. Please see https://aka.ms/arm-syntax-parameters for"
                " usage details."
            )
        if name.lower() in self.hidden:
            raise NotYetError(name)
        return self.parameters[name.lower()]

    def variable(self, name: str) -> Any:
        """The value of a variable, which may be made of other variables."""
        found = {one.lower(): one for one in self.variables}.get(as_string(name).lower())
        if found is None:
            raise ExpressionError(
                f"The template variable '{name}' is not found. Please see https://aka.ms/arm-syntax-variables for usage"
                " details."
            )
        if found not in self.known:
            self.known[found] = _UNDERWAY
            try:
                self.known[found] = self.value(self.variables[found])
            finally:
                if self.known[found] is _UNDERWAY:
                    del self.known[found]
        if self.known[found] is _UNDERWAY:
            raise ExpressionError(f"The template variable '{name}' is made of itself.")
        return self.known[found]

    def resource_id(self, *arguments: Any) -> str:
        """`resourceId([subscription], [group], type, name...)`; on a subscription without a group."""
        at = next((n for n, one in enumerate(arguments) if isinstance(one, str) and "/" in one), None)
        if at is None or at > 2:  # noqa: PLR2004 - a subscription and a group may stand before the type
            raise ExpressionError("The function 'resourceId' expects a fully qualified resource type.")
        before, tail = list(arguments[:at]), provider_path(arguments[at], arguments[at + 1 :])
        own_group = self.around.group["name"] if self.around.group else None
        group = before.pop() if before else own_group
        subscription = before.pop() if before else self.around.subscription["subscriptionId"]
        return f"/subscriptions/{subscription}" + (f"/resourceGroups/{group}" if group else "") + tail

    def subscription_id(self, *arguments: Any) -> str:
        """`subscriptionResourceId([subscription], type, name...)`."""
        own = "/" in as_string(arguments[0])
        subscription = self.around.subscription["subscriptionId"] if own else arguments[0]
        rest = arguments if own else arguments[1:]
        return f"/subscriptions/{subscription}{provider_path(rest[0], rest[1:])}"

    def group(self) -> Any:
        """`resourceGroup()`, which only a deployment to a group has."""
        if self.around.group is None:
            raise ExpressionError("The template function 'RESOURCEGROUP' is not expected at this location.")
        return dict(self.around.group)

    def read(self, what: str, version: str | None = None, full: str | None = None) -> Any:
        """`reference(id or name, [apiVersion], ['Full'])`."""
        if self.reference is None:
            raise NotYetError(what)
        return self.reference(as_string(what), version, (full or "").lower() == "full")


_UNDERWAY = object()
_OWN: Mapping[str, Function] = {
    "parameters": Function(1, 1, Frame.parameter),
    "variables": Function(1, 1, Frame.variable),
    "resourceid": Function(2, 100, Frame.resource_id),
    "subscriptionresourceid": Function(2, 100, Frame.subscription_id),
    "subscription": Function(0, 0, lambda frame: dict(frame.around.subscription)),
    "resourcegroup": Function(0, 0, Frame.group),
    "tenant": Function(0, 0, lambda frame: dict(frame.around.tenant)),
    "deployment": Function(0, 0, lambda frame: dict(frame.around.deployment)),
    "reference": Function(1, 3, Frame.read),
}


def _check_count(name: str, function: Function, given: int) -> None:
    if not function.least <= given <= function.most:
        raise ExpressionError(
            f"Unable to evaluate template language function '{name}': function requires {function.least} argument(s)"
            f" while {given} were provided. Please see https://aka.ms/arm-functions for usage details."
        )


def _picked(value: Any, key: Any) -> Any:
    if isinstance(value, dict):
        found = {name.lower(): name for name in value}.get(text(key).lower())
        if found is None:
            known = ", ".join(value)
            raise ExpressionError(
                f"The language expression property '{text(key)}' doesn't exist, available properties are '{known}'."
                " Please see https://aka.ms/arm-functions for usage details."
            )
        return value[found]
    if isinstance(value, list) and isinstance(key, int) and not isinstance(key, bool):
        if not 0 <= key < len(value):
            raise ExpressionError(f"The language expression property array index '{key}' is out of bounds.")
        return value[key]
    raise ExpressionError(
        f"The language expression property '{text(key)}' can't be evaluated, the value is of type '{kind(value)}'."
    )
