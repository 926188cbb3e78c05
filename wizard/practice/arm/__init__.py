"""Azure Resource Manager: one door, one table of operations, one engine of resources with a declaration per type."""

from __future__ import annotations

from wizard.practice.arm.gateway import handle
from wizard.practice.arm.seed import seed
from wizard.practice.kernel import Route

_METHODS = ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE")
_PATHS = ("/tenants", "/subscriptions", "/subscriptions/{path...}", "/providers", "/providers/{path...}")

ROUTES: tuple[Route, ...] = tuple(
    Route(method, path, handle, "arm") for path in _PATHS for method in _METHODS
)

__all__ = ["ROUTES", "seed"]
