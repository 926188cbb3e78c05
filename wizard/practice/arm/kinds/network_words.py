"""How Microsoft.Network speaks: its name, and the shapes of its refusals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wizard.practice.arm import ids
from wizard.practice.kernel import Failure

NETWORK = "Microsoft.Network/"


def refused(
    code: str,
    message: str,
    status: int = 400,
    details: Iterable[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
) -> Failure:
    """A refusal as Microsoft.Network shapes it: `details` is there even when empty."""
    return Failure(status, code, message, details=tuple(details), headers=headers, shape="details")


def unreadable(code: str, message: str) -> Failure:
    """A body that cannot be read as what it should be."""
    return refused(
        "InvalidRequestFormat", "Cannot parse the request.", details=[{"code": code, "message": message}]
    )


def absent(id: ids.Id) -> Failure:  # noqa: A002 - what it is
    """The 404 of a nested resource, which is the provider's own and not ARM's."""
    return refused("NotFound", f"Resource {id.text} not found.", 404)


def root(id: ids.Id) -> ids.Id:  # noqa: A002 - what it is
    """The resource a nested one is part of, all the way up."""
    while id.parent:
        id = id.parent  # noqa: A001 - climbs
    return id
