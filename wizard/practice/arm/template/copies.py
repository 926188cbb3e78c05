"""Copy loops: on properties, variables and outputs; those on resources are unrolled with the resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from wizard.practice.arm.template.expressions import ExpressionError
from wizard.practice.arm.template.values import as_int, as_string

if TYPE_CHECKING:
    from wizard.practice.arm.template.evaluate import Frame

_MOST = 800
_PARTS = frozenset({"name", "count", "input"})


def count(frame: Frame, given: Any, name: str) -> int:
    """How often a loop goes round.

    Raises:
        ExpressionError: that is no number, or too great a one.
    """
    found = as_int(frame.value(given))
    if not 0 <= found <= _MOST:
        raise ExpressionError(
            f"The copy count '{found}' of '{name}' is not valid: it must be between 0 and {_MOST}. Please see"
            " https://aka.ms/arm-resource-loops for usage details."
        )
    return found


def rounds(frame: Frame, loop: Mapping[str, Any], name: str, work: Callable[[Frame, Any], Any]) -> list[Any]:
    """The value of each round of a loop with an `input`."""
    return [
        work(frame.within(name, n), loop.get("input")) for n in range(count(frame, loop.get("count"), name))
    ]


def properties(frame: Frame, given: Mapping[str, Any], work: Callable[[Frame, Any], Any]) -> dict[str, Any]:
    """An object of the template worked out; each loop of its `copy` becomes an array under the loop's name."""
    found: dict[str, Any] = {}
    for name, one in given.items():
        if name == "copy" and is_loops(one):
            for loop in one:
                named = as_string(frame.value(loop["name"]))
                found[named] = rounds(frame, loop, named, work)
        else:
            found[str(frame.value(name))] = work(frame, one)
    return found


def is_loops(given: Any) -> bool:
    """Whether the value of a `copy` is a list of loops with `name`, `count` and `input`."""
    return (
        isinstance(given, list)
        and bool(given)
        and all(
            isinstance(one, dict) and {"name", "count"} <= one.keys() <= _PARTS | {"mode"} for one in given
        )
    )


def variables(declared: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of a template, those of its loops under their own names."""
    loops = declared.get("copy")
    if not is_loops(loops):
        return dict(declared)
    plain = {name: one for name, one in declared.items() if name != "copy"}
    return plain | {str(loop["name"]): Loop(loop) for loop in loops or ()}


class Loop(dict[str, Any]):
    """A variable that is a loop of its own."""


def looped(frame: Frame, given: Loop) -> list[Any]:
    """The value of such a variable."""
    return rounds(frame, given, str(given["name"]), type(frame).value)
