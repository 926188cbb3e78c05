"""All resource types practice Azure serves: a module a provider, which lists its `TYPES`, `OPERATIONS` and `EFFECTS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wizard.practice.arm.call import Operation
from wizard.practice.arm.kinds import (
    aks,
    cognitive,
    compute,
    extensions,
    identity,
    keyvault,
    keyvault_deleted,
    keyvault_items,
    machine_learning,
    management,
    management_groups,
    monitor,
    network,
    private_links,
    registry,
    storage,
    storage_containers,
    storage_services,
    storage_shares,
)
from wizard.practice.arm.types import ResourceType
from wizard.practice.kernel import Practice

_MODULES = (
    aks,
    cognitive,
    compute,
    extensions,
    identity,
    keyvault,
    keyvault_deleted,
    keyvault_items,
    machine_learning,
    management,
    management_groups,
    monitor,
    network,
    private_links,
    registry,
    storage,
    storage_containers,
    storage_services,
    storage_shares,
)
_TYPES: Mapping[str, ResourceType] = {
    declared.name.lower(): declared for module in _MODULES for declared in module.TYPES
}
OPERATIONS: tuple[Operation, ...] = tuple(
    operation for module in _MODULES for operation in getattr(module, "OPERATIONS", ())
)

EFFECTS: Mapping[str, Callable[[Practice, Mapping[str, Any]], None]] = {
    name: effect for module in _MODULES for name, effect in getattr(module, "EFFECTS", {}).items()
}


def find(name: str) -> ResourceType | None:
    """The declaration of a type, by its full name in any case."""
    return _TYPES.get(name.lower())
