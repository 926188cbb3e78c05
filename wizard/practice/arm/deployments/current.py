"""What exists at an id right now, of whatever type: for references, previews and outputs."""

from __future__ import annotations

from typing import Any

from wizard.practice.arm import assignments, ids, resources, rights
from wizard.practice.arm.template.evaluate import NotYetError, Reference
from wizard.practice.arm.template.expressions import ExpressionError
from wizard.practice.kernel import Failure, Practice


def of(practice: Practice, key: str) -> dict[str, Any] | None:
    """The resource, group, role or role assignment of an id, as a GET shows it; None when there is none."""
    found = ids.parse(key)
    if not found.links:
        return practice.state.get("group", key)
    if found.type.lower() == assignments.TYPE.lower():
        return assignments.get(practice, key)
    if found.type.lower() == "microsoft.authorization/roledefinitions":
        custom = practice.state.get("roleDefinition", rights.role_key(found.leaf))
        return assignments.shown(custom) | {"id": key} if custom else None
    return resources.current(practice, key)


def reference(practice: Practice, home: str, *, must: bool) -> Reference:
    """How `reference(...)` reads: by id, or by `type/name` within the group.

    Args:
        practice: where it reads.
        home: the group or subscription of the deployment.
        must: whether what is not there is an error, or only not there yet.
    """

    def read(what: str, version: str | None, full: bool) -> Any:
        del version
        key = what if what.startswith("/") else _within(home, what)
        try:
            named = ids.parse(key)
        except ValueError as fault:
            raise ExpressionError(f"'{what}' is not a valid resource to refer to.") from fault
        found = of(practice, key)
        if found is None and must:
            raise Failure(
                404,
                "ResourceNotFound",
                f"The Resource '{named.type}/{named.name}' under resource group '{named.group}' was not found. For more"
                " details please go to https://aka.ms/ARMResourceNotFoundFix",
            )
        if found is None:
            raise NotYetError(what)
        return found if full else found.get("properties", {})

    return read


def _within(home: str, what: str) -> str:
    """The id of `Namespace/type/name` or `Namespace/type/name/type/name` in the group."""
    return f"{home}/providers/{what.strip('/')}"
