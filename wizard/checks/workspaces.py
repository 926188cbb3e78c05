"""Azure Machine Learning workspaces: which there are, and what the caller may do on them and their groups."""

from __future__ import annotations

from collections.abc import Sequence

from wizard.checks.context import ASSIGN
from wizard.guide import Asking, Choice, Finding, Findings, Severity
from wizard.text import clean_line


async def offer_workspaces(asking: Asking) -> Sequence[Choice]:
    """List the subscription's workspaces with their groups, so that no id is pasted (permissions, steps 1-2)."""
    found = await asking.azure.arm.workspaces(asking.answers.text("subscription"))
    return [
        Choice(
            workspace.id,
            clean_line(workspace.name),
            detail=f"{clean_line(workspace.name)} is in group {clean_line(workspace.group)}, {workspace.location}.",
            columns=(clean_line(workspace.group), workspace.location),
            aliases=(f"{workspace.group}/{workspace.name}",),
            implies={"workspace_location": workspace.location},
        )
        for workspace in sorted(found, key=lambda w: w.name.casefold())
    ]


async def may_assign_at_scope(asking: Asking) -> Findings:
    """Say before Apply whether the caller may give a role at the chosen scope (C-perm)."""
    scope = scope_of(asking)
    if not scope:
        return ()
    rights = await asking.azure.arm.permissions(scope)
    name = scope.rsplit("/", 1)[-1]
    if rights.allows(ASSIGN):
        return (Finding(Severity.OK, "role_scope", f"You may assign roles on {name}."),)
    what = f"You may not assign roles on {name}: {ASSIGN} is missing."
    rule = "Owner, User Access Administrator and Role Based Access Control Administrator hold it; Contributor does not."
    mend = "Go on: the role becomes a hand-off for somebody who may, and the rest is made."
    return (Finding(Severity.WARNING, "role_scope", what, rule, mend),)


def scope_of(asking: Asking) -> str:
    """Return the ARM id that the role will be given on: the workspace, or the group that holds it."""
    workspace = asking.answers.text("workspace")
    if "/providers/" not in workspace.lower():
        return ""
    at_workspace = asking.answers.text("role_scope") == "workspace"
    return workspace if at_workspace else workspace[: workspace.lower().index("/providers/")]
