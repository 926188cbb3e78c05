"""All resource types practice Azure serves, a module a provider; each module lists its `TYPES`, and `OPERATIONS` where it has more."""

from __future__ import annotations

from collections.abc import Mapping

from wizard.practice.arm.call import Operation
from wizard.practice.arm.kinds import machine_learning, management
from wizard.practice.arm.types import ResourceType

_MODULES = (machine_learning, management)
_TYPES: Mapping[str, ResourceType] = {
    declared.name.lower(): declared for module in _MODULES for declared in module.TYPES
}
OPERATIONS: tuple[Operation, ...] = tuple(
    operation for module in _MODULES for operation in getattr(module, "OPERATIONS", ())
)


def find(name: str) -> ResourceType | None:
    """The declaration of a type, by its full name in any case."""
    return _TYPES.get(name.lower())
