"""The grammar of template expressions: `[format('{0}-{1}', parameters('name'), reference('x').y[0])]`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

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
