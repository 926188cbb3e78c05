"""What chapter 1 of the Hopsworks guide adds to the plan: principal, role, assignment, ids, and their proofs."""

from __future__ import annotations

from wizard.answers import Answers
from wizard.checks import proving_hopsworks as proving
from wizard.guide import Exported, GuideExport
from wizard.guides.hopsworks.where import role_scope, subscription_id
from wizard.plan import (
    Derived,
    DirectoryKind,
    DirectoryObject,
    Kept,
    Known,
    Manual,
    Output,
    Plan,
    Proof,
    Ref,
    Resource,
    Share,
    SheetRow,
    derived_guid,
)
from wizard.roles.chosen import chosen_role, onto, role_in_azure
from wizard.roles.role import Role
from wizard.roles.writing import cli_json, portal_json

SITE = "https://managed.hopsworks.ai"
_API = "2022-04-01"
_PAGE = "Settings / Cloud Accounts / Azure"
_PRINCIPAL = Ref("hopsworks_principal", "object_id")


# What the answers mean


def own_role_guid(answers: Answers) -> str:
    """The GUID under which Azimuth makes the role: the same each time."""
    return derived_guid(role_scope(answers), answers.text("cross_role_name"))


def role_guid(answers: Answers) -> str:
    """The GUID of the role: that of one that exists under the name, else our own."""
    return str(answers.get("cross_role_guid", "")) or own_role_guid(answers)


def is_foreign(answers: Answers) -> bool:
    """Whether a role of the name exists that Azimuth did not make."""
    return role_guid(answers) != own_role_guid(answers)


def written_role(answers: Answers) -> Role:
    """The role as it will stand in Azure."""
    there, wanted = role_in_azure(answers), chosen_role(answers, role_scope(answers))
    return there if there is not None and uses_as_it_is(answers) else onto(there, wanted)


def there_differs(answers: Answers) -> bool:
    """Whether a role of the name exists with other rights than those chosen."""
    there = role_in_azure(answers)
    return there is not None and not there.same_rights(onto(there, chosen_role(answers, role_scope(answers))))


def uses_as_it_is(answers: Answers) -> bool:
    """Whether the role that is there stays untouched, because it is right or because the person says so."""
    if role_in_azure(answers) is None:
        return False
    if there_differs(answers):
        return answers.text("cross_role_when_there") == "use"
    return is_foreign(answers) and answers.get("cross_role_ours") is not True


def place(answers: Answers) -> str:
    """Where Hopsworks may act, in words."""
    if answers.text("scope_kind") == "subscription":
        return f"subscription {answers.get('subscription_name') or answers.text('subscription')}"
    return f"resource group {answers.text('resource_group')}"


def home_tenant(answers: Answers) -> str:
    """The subscription's own tenant, never one that manages it (step 1.3b)."""
    return str(answers.get("subscription_tenant", "")) or answers.text("tenant")


# The plan


def share(answers: Answers) -> Share:
    """Return what chapter 1 adds to the plan; nothing before group and subscription are known."""
    if not role_scope(answers):
        return Share()
    role, assignment = _role(answers), _assignment(answers)
    return Share(
        directory=(_principal(answers),),
        resources=tuple(one for one in (role, assignment) if isinstance(one, Resource)),
        kept=tuple(one for one in (role, assignment) if isinstance(one, Kept)),
        manual=_manual(answers),
        outputs=_outputs(answers),
        proofs=_proofs(answers),
        sheet=_ids(answers),
    )


def _principal(answers: Answers) -> DirectoryObject:
    fields: dict[str, str | int | Ref] = {"app_id": answers.text("hopsworks_app_id"), "enabled": True}
    detail = "an application of Hopsworks; no rights by itself"
    return DirectoryObject(
        "hopsworks_principal",
        DirectoryKind.SERVICE_PRINCIPAL,
        "hopsworks.ai",
        fields,
        detail=detail,
        step="1.1",
    )


def _role_id(answers: Answers) -> str:
    return (
        f"{subscription_id(answers)}/providers/Microsoft.Authorization/roleDefinitions/{role_guid(answers)}"
    )


def _role(answers: Answers) -> Resource | Kept:
    scope, role = role_scope(answers), written_role(answers)
    if uses_as_it_is(answers):
        return Kept(
            f"role {role.name}", _role_id(answers), f"{len(role.actions)} actions, as it is", step="1.2"
        )
    foreign = is_foreign(answers)
    return Resource(
        key="cross_role",
        type="Microsoft.Authorization/roleDefinitions",
        api_version=_API,
        name=role_guid(answers) if foreign else Derived((scope, role.name)),
        deploy_at=scope,
        label=role.name,
        body={
            "properties": {
                "roleName": role.name,
                "description": role.description,
                "type": "CustomRole",
                "permissions": [role.permission],
                "assignableScopes": list(role.scopes),
            }
        },
        detail=f"{len(role.actions)} actions",
        step="1.2",
        updates=foreign or there_differs(answers),
        keeps=("properties.assignableScopes",) if foreign else (),
    )


def _assignment(answers: Answers) -> Resource | Kept:
    scope, name = role_scope(answers), answers.text("cross_role_name")
    label = f"{name} for hopsworks.ai on {place(answers)}"
    held = str(answers.get("cross_assignment", ""))
    if held and held.rsplit("/", 1)[-1].casefold() != _own_assignment(answers):
        return Kept(f"role assignment {label}", held, "is there already", step="1.3")
    kept = uses_as_it_is(answers)
    return Resource(
        key="cross_assignment",
        type="Microsoft.Authorization/roleAssignments",
        api_version=_API,
        name=Derived((scope, role_guid(answers), _PRINCIPAL)),
        deploy_at=scope,
        label=label,
        body={
            "properties": {
                "roleDefinitionId": _role_id(answers) if kept else Ref("cross_role", "id"),
                "principalId": _PRINCIPAL,
                "principalType": "ServicePrincipal",
            }
        },
        step="1.3",
    )


def _own_assignment(answers: Answers) -> str:
    """The GUID that our own assignment would have, by the principal that the last check saw."""
    principal = str(answers.get("hopsworks_object_id", ""))
    return derived_guid(role_scope(answers), role_guid(answers), principal)


def _ids(answers: Answers) -> tuple[SheetRow, ...]:
    return (
        SheetRow(_PAGE, "Subscription id", answers.text("subscription")),
        SheetRow(_PAGE, "Tenant ID", home_tenant(answers), "the subscription's own, not a managing tenant's"),
    )


def _manual(answers: Answers) -> tuple[Manual, ...]:
    if answers.get("connected") is True:
        return ()
    text = (
        f"At {SITE} open Settings, Cloud Accounts, Azure, Configure. Paste subscription id "
        f"{answers.text('subscription')} and tenant id {home_tenant(answers)}, and press Finish."
    )
    command = 'az account show --query "{id:id, tenantId:homeTenantId}"'
    return (Manual("connect", "Paste the two ids into Hopsworks", text, command, step="1.3b"),)


def _outputs(answers: Answers) -> tuple[Output, ...]:
    role = _role_id(answers) if uses_as_it_is(answers) else Ref("cross_role", "id")
    return (
        Output("AZURE_SUBSCRIPTION_ID", answers.text("subscription")),
        Output("AZURE_TENANT_ID", home_tenant(answers)),
        Output("HOPSWORKS_APP_ID", answers.text("hopsworks_app_id")),
        Output("HOPSWORKS_SP_OBJECT_ID", _PRINCIPAL),
        Output("HOPSWORKS_CROSS_ROLE_ID", role),
    )


def _proofs(answers: Answers) -> tuple[Proof, ...]:
    role = written_role(answers)
    app = {"app_id": answers.text("hopsworks_app_id")}
    at = {"scope": role_scope(answers), "role": role_guid(answers)}
    left_alone = there_differs(answers) and uses_as_it_is(answers)
    wanted = {"wanted": "" if left_alone else cli_json(role)}
    return (
        Proof(
            "principal", "Hopsworks' service principal is there and enabled", proving.principal_stands, app
        ),
        Proof("cross_role", f"role {role.name} holds what was chosen", proving.role_as_chosen, at | wanted),
        Proof(
            "cross_assignment",
            f"the role reaches Hopsworks on {place(answers)}",
            proving.role_reaches_hopsworks,
            at | app,
        ),
    )


# Exports


def _role_files(answers: Answers, _plan: Plan, _known: Known) -> tuple[Exported, ...]:
    if not role_scope(answers):
        raise LookupError("Answer subscription and resource group first (steps 0.2 and 0.4).")
    role = written_role(answers)
    return (
        Exported("hopsworks-role.json", cli_json(role)),
        Exported("hopsworks-role.arm.json", portal_json(role)),
    )


EXPORTS = (GuideExport("role", "Hopsworks' role as JSON, for the Azure CLI and for the portal", _role_files),)
