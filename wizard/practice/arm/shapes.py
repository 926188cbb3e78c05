"""Whether a document has the shape of an example: objects, lists, texts, numbers and truths where the example has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LARGEST = 2**53


def fault(given: Any, example: Any, path: str = "") -> str | None:
    """The path of the first value that is of another kind than in the example; null fits anywhere but in a list.

    A list of the example has one element, which stands for all; what the example does not have is not looked at.
    """
    if given is None:
        return None
    if isinstance(example, Mapping):
        return _object_fault(given, example, path)
    if isinstance(example, list):
        return _list_fault(given, example, path)
    return None if _alike(given, example) else path


def _object_fault(given: Any, example: Mapping[str, Any], path: str) -> str | None:
    if not isinstance(given, dict):
        return path
    inner = (
        fault(given[name], known, f"{path}.{name}" if path else name)
        for name, known in example.items()
        if name in given
    )
    return next((found for found in inner if found), None)


def _list_fault(given: Any, example: list[Any], path: str) -> str | None:
    if not isinstance(given, list):
        return path
    for number, one in enumerate(given if example else ()):
        found = f"{path}[{number}]" if one is None else fault(one, example[0], f"{path}[{number}]")
        if found:
            return found
    return None


def _alike(given: Any, example: Any) -> bool:
    if isinstance(example, bool) or isinstance(given, bool):
        return isinstance(example, bool) and isinstance(given, bool)
    if isinstance(example, int):
        return isinstance(given, int) and abs(given) < _LARGEST
    return isinstance(given, type(example))
