"""Azure Resource Manager: one door, one table of operations, one engine of resources with a declaration per type.

The door and the declarations are loaded when they are first asked for: a start should not wait for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.practice.kernel import Caller, Practice, Request, Response, Route

if TYPE_CHECKING:
    from collections.abc import Mapping

_METHODS = ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE")
_PATHS = ("/tenants", "/subscriptions", "/subscriptions/{path...}", "/providers", "/providers/{path...}")


def handle(
    practice: Practice, request: Request, values: Mapping[str, str], caller: Caller | None
) -> Response:
    """Answer a request by `gateway.handle`."""
    from wizard.practice.arm import gateway

    return gateway.handle(practice, request, values, caller)


ROUTES: tuple[Route, ...] = tuple(
    Route(method, path, handle, "arm") for path in _PATHS for method in _METHODS
)

__all__ = ["ROUTES"]
