"""The tables of Azure's facts that practice Azure alone may hold, read once from `facts/`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent.parent / "facts"


@dataclass(frozen=True, slots=True)
class BuiltInRole:
    """One of Azure's own roles."""

    guid: str
    name: str
    description: str
    updated: str
    permissions: tuple[Mapping[str, Any], ...]


@lru_cache(maxsize=1)
def roles() -> Mapping[str, BuiltInRole]:
    """The built-in roles by GUID."""
    found = _read("builtin_roles.json")["roles"]
    return {
        role["id"].lower(): BuiltInRole(
            role["id"],
            name,
            role["description"],
            role["updatedOn"] or "2015-02-02",
            tuple(role["permissions"]),
        )
        for name, role in found.items()
    }


def role_named(name: str) -> BuiltInRole | None:
    """A built-in role by its display name, compared without case."""
    return next((role for role in roles().values() if role.name.lower() == name.lower()), None)


@lru_cache(maxsize=1)
def regions() -> Mapping[str, Mapping[str, Any]]:
    """The physical regions by name."""
    found: dict[str, Mapping[str, Any]] = _read("regions.json")["regions"]
    return found


@lru_cache(maxsize=1)
def providers() -> Mapping[str, Mapping[str, list[str]]]:
    """Resource provider -> resource type -> API versions, newest first."""
    found: dict[str, Mapping[str, list[str]]] = _read("providers.json")["providers"]
    return found


@lru_cache(maxsize=1)
def free_providers() -> frozenset[str]:
    """The providers that need no registration, in lower case."""
    return frozenset(name.lower() for name in _read("providers.json")["free"])


def region(text: str) -> str | None:
    """The name of a region out of its name or display name (`West Europe`), or None."""
    folded = text.replace(" ", "").lower()
    return folded if folded in regions() else None


def provider(namespace: str) -> str | None:
    """A provider's name as Azure spells it, or None."""
    return next((name for name in providers() if name.lower() == namespace.lower()), None)


def versions(kind: str) -> tuple[str, ...]:
    """The API versions of a full type, newest first; none when the type is not known."""
    namespace, _, rest = kind.partition("/")
    found = providers().get(provider(namespace) or "", {})
    return next((tuple(known) for name, known in found.items() if name.lower() == rest.lower()), ())


def _read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((_FOLDER / name).read_text(encoding="utf-8"))
    return document
