"""Looks into documents: values at a path such as `properties.ipConfigurations[].properties.subnet.id`, and ids wherever they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_ID = re.compile(r"/subscriptions/[^/]+/.+", re.IGNORECASE)


def at(document: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every value at a path, with the path it was found at: `[]` stands for each element of a list."""
    yield from _at(document, path.split("."), "")


def _at(found: Any, parts: list[str], where: str) -> Iterator[tuple[str, Any]]:
    if not parts:
        yield where, found
        return
    name, each = parts[0].removesuffix("[]"), parts[0].endswith("[]")
    inner = _member(found, name)
    here = f"{where}.{name}" if where else name
    if each and isinstance(inner, list):
        for number, one in enumerate(inner):
            yield from _at(one, parts[1:], f"{here}[{number}]")
    elif not each and inner is not None:
        yield from _at(inner, parts[1:], here)


def _member(found: Any, name: str) -> Any:
    if not isinstance(found, dict):
        return None
    if name in found:
        return found[name]
    # ARM compares the names of properties without case.
    return next((value for key, value in found.items() if key.lower() == name.lower()), None)


def ids(document: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Every ARM id in a document with the path it stands at."""
    if isinstance(document, dict):
        for name, value in document.items():
            if _ID.fullmatch(name):
                yield name, where
            yield from ids(value, f"{where}.{name}" if where else str(name))
    elif isinstance(document, list):
        for one in document:
            yield from ids(one, where + "[]")
    elif isinstance(document, str) and _ID.fullmatch(document):
        yield document, where


def filled(given: Any, defaults: Any) -> Any:
    """What was given, with what it does not say filled in from the defaults, as deep as both go."""
    if isinstance(given, dict) and isinstance(defaults, Mapping):
        missing = {name: value for name, value in defaults.items() if name not in given}
        return {name: filled(value, defaults.get(name)) for name, value in given.items()} | missing
    return given


def laid_over(document: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """The document with `more` over it, as deep as both go."""
    found = dict(document)
    for name, value in more.items():
        inner = found.get(name)
        found[name] = (
            laid_over(inner, value) if isinstance(inner, dict) and isinstance(value, Mapping) else value
        )
    return found
