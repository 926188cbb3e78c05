"""The tables of Azure's facts that practice Azure alone may hold, read once from `facts/`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

# Regions where Microsoft tries out what is new: they work, and no listing shows them.
_CANARIES = frozenset({"centraluseuap", "eastus2euap"})
_FOLDER = Path(__file__).parent.parent / "facts"


_NOTHING: Mapping[str, Any] = {"actions": [], "notActions": [], "dataActions": [], "notDataActions": []}


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
    found, named = _read("builtin_roles.json")["roles"], _read("builtin_roles.json")["named"]
    known = {
        role["id"].lower(): BuiltInRole(
            role["id"],
            name,
            role["description"],
            role["updatedOn"] or "2015-02-02",
            tuple(role["permissions"]),
        )
        for name, role in found.items()
    }
    # Of the others only the name is known here: they can be found and assigned, and grant nothing.
    return known | {
        guid.lower(): BuiltInRole(guid, name, "", "2015-02-02", (_NOTHING,)) for name, guid in named.items()
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
    """Resource provider -> resource type -> API versions, newest first; those that are only named come last."""
    found: dict[str, Mapping[str, list[str]]] = _read("providers.json")["providers"]
    others = {
        name: {kind: list(about["versions"]) for kind, about in one["types"].items()}
        for name, one in registrations().items()
        if name not in found
    }
    return {**found, **others}


@lru_cache(maxsize=1)
def registrations() -> Mapping[str, Mapping[str, Any]]:
    """What a provider says of itself besides its types: `authorizations`, and more of each of its `types`."""
    found: dict[str, Mapping[str, Any]] = _read("provider_registrations.json")["providers"]
    return found


@lru_cache(maxsize=1)
def operations() -> Mapping[str, Mapping[str, Any]]:
    """What can be done with a provider: `types` with their verbs, and `texts` of some, as `facts/provider_operations.json` has them."""
    found: dict[str, Mapping[str, Any]] = _read("provider_operations.json")["providers"]
    return found


@lru_cache(maxsize=1)
def free_providers() -> frozenset[str]:
    """The providers that need no registration, in lower case."""
    return frozenset(name.lower() for name in _read("providers.json")["free"])


@lru_cache(maxsize=1)
def _private_links() -> Mapping[str, Mapping[str, Mapping[str, list[str]]]]:
    found = _read("private_links.json")["types"]
    return {kind.lower(): groups for kind, groups in found.items()}


def private_links(kind: str) -> Mapping[str, Mapping[str, list[str]]]:
    """What of a type a private endpoint can link to: group id -> its `members` and DNS `zones`, with `{location}` in them."""
    return _private_links().get(kind.lower(), {})


@lru_cache(maxsize=1)
def policies() -> Mapping[str, dict[str, Any]]:
    """Built-in policy definitions by GUID, as a GET shows them."""
    return {one["id"]: _policy(one) for one in _read("policies.json")["policies"]}


def _policy(one: Mapping[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in one.items() if name != "id"}
    properties = {
        "policyType": "BuiltIn",
        "description": one["displayName"],
        "metadata": {"version": "1.0.0"},
        **rest,
    }
    kind = "Microsoft.Authorization/policyDefinitions"
    return {"properties": properties, "id": f"/providers/{kind}/{one['id']}", "type": kind, "name": one["id"]}


def region(text: str) -> str | None:
    """The name of a region out of its name or display name (`West Europe`), or None."""
    folded = text.replace(" ", "").lower()
    return folded if folded in regions() or folded in _CANARIES else None


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


@lru_cache(maxsize=1)
def vm_sizes() -> Mapping[str, Any]:
    """The sizes of virtual machines, as `facts/vm_sizes.json` has them."""
    return _read("vm_sizes.json")


@lru_cache(maxsize=1)
def cognitive_endpoints() -> tuple[str, ...]:
    """The names of the endpoints of an account of Cognitive Services."""
    return tuple(_read("cognitive.json")["endpoints"])


@lru_cache(maxsize=1)
def cognitive_models() -> tuple[Mapping[str, Any], ...]:
    """Models that a region offers, as Azure lists them, without their place."""
    return tuple(_read("cognitive.json")["models"])


@lru_cache(maxsize=1)
def images() -> Mapping[str, Any]:
    """The images and extensions of virtual machines, as `facts/images.json` has them."""
    return _read("images.json")


@lru_cache(maxsize=1)
def network() -> Mapping[str, Any]:
    """What Microsoft.Network knows by heart, as `facts/network.json` has it: default rules, service tags, limits."""
    return _read("network.json")
