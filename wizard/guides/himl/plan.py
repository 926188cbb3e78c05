"""The plan of the hi-ml guide: application, service principal, secret or federation, and role assignment."""

from __future__ import annotations

from wizard.answers import Answers
from wizard.checks import proving
from wizard.guides.himl.naming import unique_name
from wizard.guides.himl.steps import is_new, makes_principal, makes_secret
from wizard.plan import (
    Derived,
    DirectoryKind,
    DirectoryObject,
    Kept,
    Manual,
    Output,
    Plan,
    Proof,
    Ref,
    Resource,
    derived_guid,
)

# COMMON section 6: the built-in roles that the guide gives.
ROLES = {
    "contributor": ("Contributor", "b24988ac-6180-42a0-ab88-20f7382dd24c"),
    "data_scientist": ("AzureML Data Scientist", "f6c7c914-8db3-469d-8ca1-694a8f32e121"),
}
GITHUB_ISSUER = "https://token.actions.githubusercontent.com"
AUDIENCE = "api://AzureADTokenExchange"


def plan(answers: Answers) -> Plan:
    """Return what shall exist by the answers so far; what is not answered yet is left out."""
    workspace = _Workspace(answers.text("workspace"))
    return Plan(
        guide="himl",
        tenant=answers.text("tenant_id") or str(answers.get("subscription_tenant", "")),
        subscription=answers.text("subscription"),
        directory=_directory(answers),
        resources=_resources(answers, workspace),
        kept=_kept(workspace),
        manual=_manual(answers),
        outputs=_outputs(answers, workspace),
        proofs=_proofs(answers, workspace),
    )


class _Workspace:
    """The parts of a workspace's ARM id; all empty until one is picked."""

    def __init__(self, arm_id: str) -> None:
        parts = arm_id.split("/")
        whole = len(parts) == 9  # noqa: PLR2004 - /subscriptions/S/resourceGroups/G/providers/NS/workspaces/W
        self.id = arm_id if whole else ""
        self.group = parts[4] if whole else ""
        self.group_id = "/".join(parts[:5]) if whole else ""
        self.name = parts[8] if whole else ""


def _directory(answers: Answers) -> tuple[DirectoryObject, ...]:
    if not makes_principal(answers):
        return ()
    new = is_new(answers)
    if not new and not answers.text("app_id"):
        return ()
    name = answers.text("app_name") if new else str(answers.get("app_display_name", answers.text("app_id")))
    fields: dict[str, str | int | Ref] = {"display_name": name}
    fields |= {"unique_name": unique_name(answers)} if new else {"app_id": answers.text("app_id")}
    return (
        DirectoryObject("app", DirectoryKind.APPLICATION, name, fields, existing=not new, step="2.1"),
        DirectoryObject(
            "principal", DirectoryKind.SERVICE_PRINCIPAL, name, {"app_id": Ref("app", "app_id")}, step="2.1"
        ),
        _credential(answers),
    )


def _credential(answers: Answers) -> DirectoryObject:
    parent: dict[str, str | int | Ref] = {"application": Ref("app", "object_id")}
    if answers.text("auth_way") == "federated":
        subject = _subject(answers)
        fields = parent | {"name": _federation_name(subject), "issuer": GITHUB_ISSUER}
        fields |= {"subject": subject, "audience": AUDIENCE}
        return DirectoryObject("federation", DirectoryKind.FEDERATED_CREDENTIAL, subject, fields, step="2.4")
    if not makes_secret(answers):
        label = "the one you have"
        return DirectoryObject("secret", DirectoryKind.PASSWORD, label, parent, existing=True, step="2.3")
    name, months = answers.text("secret_name"), answers.number("secret_months")
    fields = parent | {"display_name": name, "months": months}
    detail = f"{months} month{'s' if months != 1 else ''}"
    return DirectoryObject("secret", DirectoryKind.PASSWORD, name, fields, detail=detail, step="2.3")


def _subject(answers: Answers) -> str:
    """Return the `sub` claim of GitHub's token (himl.md section 2, alternative)."""
    repository, entity = answers.text("github_repository"), answers.text("github_entity")
    name = answers.text("github_name")
    tails = {
        "branch": f"ref:refs/heads/{name}",
        "tag": f"ref:refs/tags/{name}",
        "environment": f"environment:{name}",
        "pull_request": "pull_request",
    }
    return f"repo:{repository}:{tails[entity]}"


def _federation_name(subject: str) -> str:
    """Return a name of Graph's alphabet that tells what it trusts and is the same each time."""
    return f"azimuth-{derived_guid(subject)}"


def _resources(answers: Answers, workspace: _Workspace) -> tuple[Resource, ...]:
    if not makes_principal(answers) or not workspace.id:
        return ()
    role_name, role = ROLES[answers.text("role")]
    at_workspace = answers.text("role_scope") == "workspace"
    scope = workspace.id if at_workspace else workspace.group_id
    principal = Ref("principal", "object_id")
    definition = (
        f"/subscriptions/{answers.text('subscription')}/providers/Microsoft.Authorization/roleDefinitions"
    )
    return (
        Resource(
            key="assignment",
            type="Microsoft.Authorization/roleAssignments",
            api_version="2022-04-01",
            name=Derived((scope, role, principal)),
            deploy_at=workspace.group_id,
            scope=workspace.id if at_workspace else "",
            label=f"{role_name} on {workspace.name if at_workspace else workspace.group}",
            body={
                "properties": {
                    "roleDefinitionId": f"{definition}/{role}",
                    "principalId": principal,
                    "principalType": "ServicePrincipal",
                }
            },
            step="3.2",
        ),
    )


def _kept(workspace: _Workspace) -> tuple[Kept, ...]:
    if not workspace.id:
        return ()
    return (Kept(f"workspace {workspace.name}", workspace.id, f"in group {workspace.group}", step="3.1"),)


def _manual(answers: Answers) -> tuple[Manual, ...]:
    if answers.text("auth_way") != "federated":
        return ()
    text = (
        "In the workflow give the job `permissions: id-token: write` and run azure/login with client-id, tenant-id "
        "and subscription-id before hi-ml; hi-ml then uses the Azure CLI's sign-in."
    )
    return (Manual("workflow", "Sign in from the workflow", text, step="2.4"),)


def _outputs(answers: Answers, workspace: _Workspace) -> tuple[Output, ...]:
    named = (
        Output("HIML_SUBSCRIPTION_ID", answers.text("subscription")),
        Output("HIML_RESOURCE_GROUP", workspace.group),
        Output("HIML_WORKSPACE_NAME", workspace.name),
    )
    if not makes_principal(answers):
        return named
    signing = (
        Output("HIML_TENANT_ID", answers.text("tenant_id")),
        Output("HIML_SERVICE_PRINCIPAL_ID", Ref("app", "app_id")),
    )
    if answers.text("auth_way") == "federated":
        return (*signing, *named)
    password = Output("HIML_SERVICE_PRINCIPAL_PASSWORD", Ref("secret", "value"), secret=True)
    return (*signing, password, *named)


def _proofs(answers: Answers, workspace: _Workspace) -> tuple[Proof, ...]:
    there = {"workspace": workspace.id}
    way = answers.text("auth_way")
    if way == "service_principal":
        return (
            Proof("sign_in", "sign in as the new principal", proving.signs_in),
            Proof(
                "workspace",
                f"read workspace {workspace.name} as it",
                proving.principal_reads_workspace,
                there,
            ),
            Proof("submit", "it may submit runs", proving.principal_may_submit, there),
            Proof("secret_life", "the secret is not about to expire", proving.secret_lives),
            Proof("config", "no config.json is in the way", proving.no_stray_config),
        )
    if way == "federated":
        return (
            Proof("federation", "the application trusts the repository", proving.federation_stands),
            Proof("role", "the role reaches the principal", proving.role_reaches_principal, there),
            Proof("config", "no config.json is in the way", proving.no_stray_config),
        )
    return (
        Proof("workspace", f"read workspace {workspace.name} as you", proving.caller_reads_workspace, there),
        Proof("submit", "you may submit runs", proving.caller_may_submit, there),
        Proof("config", "no config.json is in the way", proving.no_stray_config),
    )


def next_steps(answers: Answers) -> tuple[tuple[str, str], ...]:
    """Say what to do once all is proved: command and meaning; `{profile}` stands for the profile's name."""
    first = ('eval "$(azimuth env {profile})"', "gives this shell the HIML_ variables")
    if answers.text("auth_way") == "federated":
        first = ("azimuth env {profile} --format github", "lines for the workflow's environment")
    return (
        first,
        ("azimuth run {profile} -- python train.py", "runs one command with them"),
        ("azimuth export {profile} --format aml-config", "writes the workspace's config.json"),
        ("azimuth verify {profile}", "proves it all again, any day"),
    )
