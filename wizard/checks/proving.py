"""Proofs that any guide with a service principal and a workspace can use: read-only, as the principal itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from profiles.expiry import left
from wizard.azure.errors import AzureProblem, Forbidden, SignInFailed
from wizard.azure.model import Permission, Permissions
from wizard.proofs import Proven, Proving
from wizard.text import clean_line

if TYPE_CHECKING:
    from wizard.azure.session import Azure

# What submitting a run asks for (himl.md section 6, proof 3).
SUBMIT = (
    "Microsoft.MachineLearningServices/workspaces/experiments/runs/submit/action",
    "Microsoft.MachineLearningServices/workspaces/experiments/runs/write",
    "Microsoft.MachineLearningServices/workspaces/computes/read",
)
_ROTATE = "azimuth rotate makes a new one, and removes this one."
_YOUNG_SECRET = "AADSTS7000215"  # noqa: S105 - an error code: Entra has not replicated a new secret yet
_YOUNG_APPLICATION = "AADSTS700016"


async def signs_in(proving: Proving) -> Proven:
    """Sign in with the client secret, as hi-ml will (proof 1)."""
    try:
        async with proving.as_principal() as azure:
            return Proven(ok=True, what=f"signed in as {azure.identity.client_id}")
    except SignInFailed as problem:
        young = problem.code in {_YOUNG_SECRET, _YOUNG_APPLICATION}
        return Proven(ok=False, what=str(problem), mend=problem.advice, passing=young)


async def principal_reads_workspace(proving: Proving) -> Proven:
    """Read the workspace as the principal; 403 means that the role is missing or not effective yet (proof 2)."""
    async with proving.as_principal() as azure:
        return await _reads_workspace(azure, proving.arguments["workspace"])


async def caller_reads_workspace(proving: Proving) -> Proven:
    """Read the workspace as the person who is signed in."""
    return await _reads_workspace(proving.azure, proving.arguments["workspace"])


async def _reads_workspace(azure: Azure, workspace_id: str) -> Proven:
    name = workspace_id.rsplit("/", 1)[-1]
    try:
        workspace = await azure.arm.workspace(workspace_id)
    except Forbidden as problem:
        mend = "A new role takes up to ten minutes to reach everywhere."
        return Proven(ok=False, what=f"may not read {name}: {problem}", mend=mend, passing=True)
    if workspace is None:
        return Proven(ok=False, what=f"workspace {name} is gone", mend="Was it deleted or moved?")
    return Proven(ok=True, what=f"read {clean_line(workspace.name)} in {clean_line(workspace.location)}")


async def principal_may_submit(proving: Proving) -> Proven:
    """Ask which actions the principal holds on the workspace (proof 3, permissions API).

    A small role, such as AzureML Data Scientist, may not ask that itself; then its roles are read by the caller.
    """
    workspace = proving.arguments["workspace"]
    try:
        async with proving.as_principal() as azure:
            return _judge(await azure.arm.permissions(workspace))
    except Forbidden:
        principal = proving.known.get("principal", {}).get("object_id", "")
        return _judge(await _permissions_of(proving.azure, workspace, principal))


async def _permissions_of(azure: Azure, scope: str, principal: str) -> Permissions:
    """Put together what a principal may do from the definitions of the roles that reach it."""
    held: list[Permission] = []
    for assignment in await azure.arm.role_assignments(scope, principal):
        role = await azure.arm.role_definition(scope, assignment.role)
        held.extend(role.permissions if role is not None else ())
    return Permissions(scope, tuple(held))


async def caller_may_submit(proving: Proving) -> Proven:
    """Ask which actions the signed-in person holds on the workspace."""
    return _judge(await proving.azure.arm.permissions(proving.arguments["workspace"]))


def _judge(rights: Permissions) -> Proven:
    missing = rights.missing(SUBMIT)
    if missing:
        what = f"lacking: {', '.join(missing)}"
        return Proven(
            ok=False, what=what, mend="AzureML Data Scientist or Contributor holds them.", passing=True
        )
    return Proven(ok=True, what=f"all {len(SUBMIT)} actions of submitting a run are held")


async def secret_lives(proving: Proving) -> Proven:
    """Read the secret's end from the registration, and warn from 30 days before (proof 4)."""
    known = proving.known.get("secret", {})
    app = await proving.azure.graph.application(proving.known.get("app", {}).get("object_id", ""))
    if app is None:
        return Proven(ok=False, what="the application is gone", mend="Apply the profile again.")
    if not known.get("key_id"):
        return Proven(ok=True, what="the secret is one you brought; its end is not known", warning=True)
    secret = next((p for p in app.passwords if p.key_id == known["key_id"]), None)
    if secret is None:
        return Proven(
            ok=False, what="the secret was removed from the application", mend="Apply the profile again."
        )
    if secret.end is None:
        return Proven(ok=True, what="the secret has no end")
    days, state = left(secret.end)
    when = f"{secret.end:%d %B %Y}"
    if state == "expired":
        return Proven(ok=False, what=f"the secret expired on {when}", mend=_ROTATE)
    soon = state == "soon"
    return Proven(ok=True, what=f"{days} days left, to {when}", warning=soon, mend=_ROTATE if soon else "")


async def federation_stands(proving: Proving) -> Proven:
    """Read the federated credential back (Graph federatedIdentityCredentials)."""
    known = proving.known.get("federation", {})
    object_id = proving.known.get("app", {}).get("object_id", "")
    try:
        found = await proving.azure.graph.federated(object_id)
    except AzureProblem as problem:
        return Proven(ok=False, what=str(problem), mend=problem.advice)
    if any(credential.id == known.get("id") for credential in found):
        return Proven(ok=True, what=f"trusts {clean_line(known.get('subject', ''))}")
    return Proven(ok=False, what="the federated credential is gone", mend="Apply the profile again.")


async def role_reaches_principal(proving: Proving) -> Proven:
    """Read the role assignment back at the workspace, inherited ones too (C-roleasg)."""
    principal = proving.known.get("principal", {}).get("object_id", "")
    held = await proving.azure.arm.role_assignments(proving.arguments["workspace"], principal)
    if held:
        return Proven(ok=True, what=f"{len(held)} role assignment{'s' if len(held) != 1 else ''} in effect")
    return Proven(
        ok=False, what="no role reaches the principal", mend="Apply the profile again.", passing=True
    )


async def no_stray_config(proving: Proving) -> Proven:
    """Look for a config.json that wins over the variables (himl.md section 0, workspace resolution)."""
    files = proving.machine.parents_with("config.json")
    if not files:
        return Proven(ok=True, what="none in this folder or its parents")
    what = f"{files[0]} wins over the HIML_ variables in this folder"
    return Proven(ok=True, what=what, mend="Move it away unless it names the same workspace.", warning=True)
