"""The parser of template expressions; apart from their meaning, because it alone needs the parser library."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import lark

from wizard.practice.arm.template.expressions import Access, ExpressionError, Invoke, Literal, Node

_GRAMMAR = r"""
start: expression
expression: (STRING | NUMBER | call) access*
call: NAME ("." NAME)? "(" [expression ("," expression)*] ")"
access: "." NAME -> member | "[" expression "]" -> item
NAME: /[A-Za-z_][A-Za-z0-9_]*/
STRING: /'(?:[^']|'')*'/
NUMBER: /-?[0-9]+/
%ignore /\s+/
"""


class _Build(lark.Transformer[lark.Token, Node]):
    """Turns the tree of the parser into nodes."""

    def start(self, found: list[Node]) -> Node:
        return found[0]

    def expression(self, found: list[Any]) -> Node:
        node: Node = found[0] if not isinstance(found[0], lark.Token) else _literal(found[0])
        for key in found[1:]:
            node = Access(node, key)
        return node

    def call(self, found: list[Any]) -> Node:
        names = [str(one) for one in found if isinstance(one, lark.Token)]
        arguments = tuple(one for one in found if one is not None and not isinstance(one, lark.Token))
        return Invoke(".".join(names).lower(), arguments)

    def member(self, found: list[Any]) -> Node:
        return Literal(str(found[0]))

    def item(self, found: list[Any]) -> Node:
        node: Node = found[0]
        return node


def _literal(token: lark.Token) -> Literal:
    if token.type == "NUMBER":
        return Literal(int(token))
    return Literal(str(token)[1:-1].replace("''", "'"))


@lru_cache(maxsize=1)
def _parser() -> lark.Lark:
    return lark.Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False)


def build(text: str) -> Node:
    """Read an expression with its brackets.

    Raises:
        ExpressionError: it is not one.
    """
    try:
        return _Build().transform(_parser().parse(text[1:-1]))
    except lark.exceptions.LarkError as fault:
        place = getattr(fault, "column", None) or 0
        raise ExpressionError(
            f"The language expression '{text}' is not valid: the string character '{place}' is not expected. Please see"
            " https://aka.ms/arm-functions for usage details."
        ) from fault
