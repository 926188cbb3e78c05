"""The grammar of template expressions: `[format('{0}-{1}', parameters('name'), reference('x').y[0])]`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_LONGEST = 24_576  # a limit of ARM's own
_MOST_NESTED = 250


@dataclass(frozen=True, slots=True)
class Literal:
    """A string or a whole number."""

    value: str | int


@dataclass(frozen=True, slots=True)
class Invoke:
    """A function with its arguments; the name is in lower case."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """A property or an element of a value."""

    of: Node
    key: Node


Node = Literal | Invoke | Access


class ExpressionError(ValueError):
    """An expression that cannot be read or worked out; the message is the inner sentence of Azure's."""


def is_expression(text: str) -> bool:
    """Whether a string of a template is an expression; `[[` stands for one bracket and is none."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """Read an expression with its brackets.

    Raises:
        ExpressionError: it is not one.
    """
    if len(text) > _LONGEST or text.count("(") + text.count("[") > _MOST_NESTED:
        raise ExpressionError("The template language expression limit exceeded.")
    # The parser library costs 50 ms to load; a world without deployments never needs it.
    from wizard.practice.arm.template.grammar import build

    return build(text)


def calls(node: Node) -> Iterator[Invoke]:
    """Every function call within an expression, outermost first."""
    if isinstance(node, Invoke):
        yield node
        for argument in node.arguments:
            yield from calls(argument)
    elif isinstance(node, Access):
        yield from calls(node.of)
        yield from calls(node.key)


def written(node: Node) -> str:
    """An expression as a template would write it, without its brackets."""
    if isinstance(node, Literal):
        return str(node.value) if isinstance(node.value, int) else "'" + node.value.replace("'", "''") + "'"
    if isinstance(node, Invoke):
        return f"{_spelled(node.name)}({', '.join(written(one) for one in node.arguments)})"
    if isinstance(node.key, Literal) and re.fullmatch(r"[A-Za-z_]\w*", str(node.key.value)):
        return f"{written(node.of)}.{node.key.value}"
    return f"{written(node.of)}[{written(node.key)}]"


def literal(value: object) -> Node:
    """The expression of a value."""
    if isinstance(value, bool) or value is None:
        return Invoke("null" if value is None else str(value).lower(), ())
    if isinstance(value, dict):
        pairs = (part for name, one in value.items() for part in (Literal(str(name)), literal(one)))
        return Invoke("createobject", tuple(pairs))
    if isinstance(value, list):
        return Invoke("createarray", tuple(literal(one) for one in value))
    return Literal(value if isinstance(value, int) else str(value))


def value(node: Node) -> Any:
    """The value of an expression as far as it is one already; what is left stays an expression in brackets."""
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Invoke) and node.name == "createobject":
        pairs = zip(node.arguments[::2], node.arguments[1::2], strict=True)
        return {str(value(name)): value(one) for name, one in pairs}
    if isinstance(node, Invoke) and node.name == "createarray":
        return [value(one) for one in node.arguments]
    if isinstance(node, Invoke) and node.name in _CONSTANTS and not node.arguments:
        return _CONSTANTS[node.name]
    return f"[{written(node)}]"


def _spelled(name: str) -> str:
    """The names that may be left in a value which is not known yet, as people write them."""
    if name.startswith("list") and len(name) > len("list"):
        return f"list{name[4].upper()}{name[5:]}"
    return _SPELLED.get(name, name)


_CONSTANTS = {"true": True, "false": False, "null": None}
_SPELLED = {
    one.lower(): one
    for one in ("createObject", "createArray", "lambdaVariables", "toLower", "toUpper", "tryGet", "copyIndex")
}
