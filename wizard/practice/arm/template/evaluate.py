"""Works out the expressions of a template against its parameters, its variables and what exists around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from wizard.practice.arm.template import copies
from wizard.practice.arm.template.expressions import (
    Access,
    ExpressionError,
    Invoke,
    Literal,
    Node,
    is_expression,
    literal,
    parse,
)
from wizard.practice.arm.template.expressions import (
    value as value_of,
)
from wizard.practice.arm.template.functions import FUNCTIONS
from wizard.practice.arm.template.lambdas import LAMBDAS, Lambda
from wizard.practice.arm.template.scoped import SCOPED
from wizard.practice.arm.template.values import MANY, Function, as_bool, as_string, kind, text

Reference = Callable[[str, str | None, bool], Any]
"""Reads a resource: an id or `type/name`, its API version, whether all of it or `properties` alone."""

Act = Callable[[str, str, str, Any], Any]
"""Carries out a `list...` function: its name, the id, the API version, the body."""


class NotYetError(Exception):
    """A value that does not exist before the deployment runs."""


@dataclass(frozen=True, slots=True)
class Around:
    """What a template can see besides its own text; `home` is where its resources go."""

    home: str
    subscription: Mapping[str, Any]
    tenant: Mapping[str, Any]
    deployment: Mapping[str, Any]
    group: Mapping[str, Any] | None = None
    origin: str = ""
    management: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Symbol:
    """What a name of the template stands for: one resource, or those of a loop."""

    ids: tuple[str, ...]
    version: str
    loop: bool = False


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
        act: carries out `list...` functions; None where nothing may be asked yet.
        functions: the template's own, by `namespace.name` in lower case.
        loops: where each copy loop stands, by its name in lower case; the innermost also by the empty name.
        own: the variables of the lambdas it is in.
        symbols: what names of the template's resources stand for, in lower case.
        fresh: whether `newGuid` and `utcNow` may be used.
        passing: what hidden parameters stand for that have another value each time.
    """

    around: Around
    parameters: Mapping[str, Any]
    variables: Mapping[str, Any]
    reference: Reference | None = None
    hidden: frozenset[str] = frozenset()
    known: dict[str, Any] = field(default_factory=dict)
    act: Act | None = None
    functions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    loops: Mapping[str, int] = field(default_factory=dict)
    own: Mapping[str, Any] = field(default_factory=dict)
    symbols: Mapping[str, Symbol] = field(default_factory=dict)
    fresh: bool = False
    passing: Mapping[str, str] = field(default_factory=dict)

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
            return copies.properties(self, given, Frame.value)
        return [self.value(one) for one in given] if isinstance(given, list) else given

    def settled(self, given: Any) -> Any:
        """The same, but what is not known yet stays an expression, with in it what is known already."""
        if isinstance(given, dict):
            return copies.properties(self, given, Frame.settled)
        if isinstance(given, list):
            return [self.settled(one) for one in given]
        try:
            return self.value(given)
        except NotYetError:
            return value_of(self._folded(parse(given)))

    def _folded(self, node: Node) -> Node:
        try:
            return literal(self.node(node))
        except (NotYetError, ExpressionError):
            if isinstance(node, Access):
                return Access(self._folded(node.of), self._folded(node.key))
            if isinstance(node, Invoke) and node.name in ("parameters", "variables"):
                stands = self._stands(node)
                return node if stands is None else self._opened(stands)
            if isinstance(node, Invoke) and node.name != "lambda":
                return Invoke(node.name, tuple(self._folded(one) for one in node.arguments))
            return node

    def _stands(self, node: Invoke) -> Any:
        """What a parameter of a passing value, or a variable, stands for in the template."""
        named = node.arguments[0] if node.arguments else None
        low = str(named.value).lower() if isinstance(named, Literal) else ""
        if node.name == "parameters":
            return self.passing.get(low)
        return next((given for name, given in self.variables.items() if name.lower() == low), None)

    def _opened(self, given: Any) -> Node:
        """A value of the template as an expression, with what is known in it worked out."""
        if isinstance(given, str):
            return self._folded(parse(given)) if is_expression(given) else Literal(given)
        if isinstance(given, dict):
            pairs = (part for name, one in given.items() for part in (Literal(name), self._opened(one)))
            return Invoke("createobject", tuple(pairs))
        if isinstance(given, list):
            return Invoke("createarray", tuple(self._opened(one) for one in given))
        return literal(given)

    def within(self, loop: str, index: int) -> Frame:
        """The same in one round of a copy loop."""
        return replace(self, loops={**self.loops, "": index, loop.lower(): index})

    def node(self, node: Node) -> Any:
        """The value of a parsed expression."""
        if isinstance(node, Literal):
            return node.value
        if isinstance(node, Access):
            return _picked(self.node(node.of), self.node(node.key))
        lazy = _LAZY.get(node.name)
        if lazy is not None:
            _check_count(node.name, lazy, len(node.arguments))
            return lazy.work(self, *node.arguments)
        arguments = [self.node(one) for one in node.arguments]
        if node.name in self.functions:
            return self._called(self.functions[node.name], arguments)
        return self._built_in(node.name, arguments)

    def _built_in(self, name: str, arguments: list[Any]) -> Any:
        if name in ("newguid", "utcnow") and not self.fresh:
            raise ExpressionError(f"The template function '{name}' is not expected at this location.")
        own = _OWN.get(name) or SCOPED.get(name) or LAMBDAS.get(name)
        function = own or FUNCTIONS.get(name)
        if name.startswith("list") and name not in FUNCTIONS:
            _check_count(name, _LIST, len(arguments))
            return self._list(name, *arguments)
        if function is None:
            raise ExpressionError(
                f"The template function '{name}' is not valid. Please see https://aka.ms/arm-functions for usage"
                " details."
            )
        _check_count(name, function, len(arguments))
        return function.work(self, *arguments) if own else function.work(*arguments)

    def _called(self, declared: Mapping[str, Any], arguments: list[Any]) -> Any:
        """A function of the template's own sees its parameters and the other functions, nothing else."""
        names = [str(one.get("name")).lower() for one in declared.get("parameters") or ()]
        if len(names) != len(arguments):
            raise ExpressionError(
                f"The function expects '{len(names)}' arguments, '{len(arguments)}' were given."
            )
        inner = replace(
            self,
            parameters=dict(zip(names, arguments, strict=True)),
            variables={},
            known={},
            hidden=frozenset(),
        )
        return inner.value((declared.get("output") or {}).get("value"))

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
        low = as_string(name).lower()
        found = {one.lower(): one for one in self.variables}.get(low)
        if found is None:
            raise ExpressionError(
                f"The template variable '{name}' is not found. Please see https://aka.ms/arm-syntax-variables for usage"
                " details."
            )
        if found not in self.known:
            self.known[found] = _UNDERWAY
            try:
                inner, given = replace(self, loops={}, own={}), self.variables[found]
                loop = isinstance(given, copies.Loop)
                self.known[found] = copies.looped(inner, given) if loop else inner.value(given)
            finally:
                if self.known[found] is _UNDERWAY:
                    del self.known[found]
        if self.known[found] is _UNDERWAY:
            raise ExpressionError(f"The template variable '{name}' is made of itself.")
        return self.known[found]

    def read(self, what: str, version: str | None = None, full: str | None = None) -> Any:
        """`reference(symbol, name or id, [apiVersion], ['Full'])`."""
        symbol = self.symbols.get(as_string(what).lower())
        if self.reference is None:
            raise NotYetError(what)
        # With a symbolic name the second argument may be 'full' already.
        whole = "full" in (str(version or "").lower(), str(full or "").lower())
        asked = version if version and version.lower() != "full" else symbol.version if symbol else None
        return self.reference(symbol.ids[0] if symbol and symbol.ids else what, asked, whole)

    def read_all(self, what: str, full: str | None = None) -> list[Any]:
        """`references(loop, ['Full'])`."""
        symbol = self.symbols.get(as_string(what).lower())
        if symbol is None:
            raise ExpressionError(f"The function 'references' expects the name of a loop, not '{what}'.")
        if self.reference is None:
            raise NotYetError(what)
        return [self.reference(one, symbol.version, (full or "").lower() == "full") for one in symbol.ids]

    def _list(self, name: str, what: Any, version: Any = "", body: Any = None) -> Any:
        symbol = self.symbols.get(as_string(what).lower())
        if self.act is None:
            raise NotYetError(what)
        return self.act(name, symbol.ids[0] if symbol and symbol.ids else what, as_string(version), body)

    def _if(self, condition: Node, then: Node, otherwise: Node) -> Any:
        return self.node(then if as_bool(self.node(condition)) else otherwise)

    def _all(self, *arguments: Node) -> bool:
        return all(as_bool(self.node(one)) for one in arguments)

    def _any(self, *arguments: Node) -> bool:
        return any(as_bool(self.node(one)) for one in arguments)

    def _coalesce(self, *arguments: Node) -> Any:
        return next((found for one in arguments if (found := self.node(one)) is not None), None)

    def _lambda(self, *arguments: Node) -> Lambda:
        names = [as_string(self.node(one)) for one in arguments[:-1]]

        def work(*values: Any) -> Any:
            bound = dict(zip((name.lower() for name in names), values, strict=False))
            return replace(self, own={**self.own, **bound}).node(arguments[-1])

        return Lambda(len(names), work)


_UNDERWAY = object()
_LIST = Function(1, 3, bool)
# What is asked for only as far as it is needed.
_LAZY: Mapping[str, Function] = {
    "if": Function(3, 3, Frame._if),  # noqa: SLF001 - the table of its own class
    "and": Function(2, MANY, Frame._all),  # noqa: SLF001
    "or": Function(2, MANY, Frame._any),  # noqa: SLF001
    "coalesce": Function(1, MANY, Frame._coalesce),  # noqa: SLF001
    "lambda": Function(1, MANY, Frame._lambda),  # noqa: SLF001
}
_OWN: Mapping[str, Function] = {
    "parameters": Function(1, 1, Frame.parameter),
    "variables": Function(1, 1, Frame.variable),
    "reference": Function(1, 3, Frame.read),
    "references": Function(1, 2, Frame.read_all),
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
