"""What document step 2 adds to the plan: role, identity, account, registry, and who gets which right."""

from __future__ import annotations

import re

from wizard.answers import Answers
from wizard.azure.storage import ACCOUNT, IDENTITY, IDENTITY_API, REGISTRY, REGISTRY_API, STORAGE_API
from wizard.checks import proving_storage
from wizard.guide import Exported, GuideExport
from wizard.guides.hopsworks.where import (
    classic_or_managed,
    group_id,
    is_managed,
    location,
    subscription_id,
    within,
)
from wizard.plan import (
    Derived,
    Kept,
    Known,
    Manual,
    Output,
    Plan,
    Proof,
    Ref,
    Resource,
    Share,
    derived_guid,
)
from wizard.roles.algebra import identity_actions
from wizard.roles.role import Role
from wizard.roles.writing import cli_json, portal_json

ROLE = "Microsoft.Authorization/roleDefinitions"
ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
_AUTHORIZATION_API = "2022-04-01"
RETENTION_DAYS = 7
_KEPT_OF_A_ROLE = ("properties.assignableScopes", "properties.description", "properties.roleName")


# What the answers mean


def wants_registry(answers: Answers) -> bool:
    """Whether clusters keep their images in a container registry: asked for, or needed by the version."""
    return bool(answers.get("use_acr")) or needs_registry(answers)


def needs_registry(answers: Answers) -> bool:
    """Whether the version can't do without a registry: all after 3.0 (hopsworks.md, variables)."""
    if not is_managed(answers):
        return False
    numbers = [int(part) for part in re.findall(r"\d+", answers.text("hops_version"))[:2]]
    return not numbers or tuple(numbers) > (3, 0)


def storage_id(answers: Answers) -> str:
    """The ARM id of the storage account; empty until group and name are known."""
    return _named(answers, ACCOUNT, "storage_name")


def identity_id(answers: Answers) -> str:
    """The ARM id of the managed identity; empty until group and name are known."""
    return _named(answers, IDENTITY, "identity_name")


def registry_id(answers: Answers) -> str:
    """The ARM id of the container registry; empty until group and name are known."""
    return _named(answers, REGISTRY, "acr_name")


def _named(answers: Answers, kind: str, key: str) -> str:
    name = answers.text(key)
    return within(answers, kind, name) if name and group_id(answers) else ""


def role_guid(answers: Answers) -> str:
    """The GUID of the storage role: that of an existing role of this name, else derived from group and name."""
    return answers.text("storage_role_guid") or derived_role_guid(answers)


def derived_role_guid(answers: Answers) -> str:
    """The GUID that Azimuth gives the storage role by itself."""
    return derived_guid(group_id(answers), answers.text("storage_role_name"))


def role_permissions(answers: Answers) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the actions and data actions of the storage role (hopsworks.md 2.1)."""
    return identity_actions(
        backups=bool(answers.get("backups", True)),
        acr=wants_registry(answers),
        aks=bool(answers.get("use_aks")),
    )


def written_role(answers: Answers) -> Role:
    """Return the storage role as it shall be; it can be given in the group alone."""
    actions, data_actions = role_permissions(answers)
    return Role(
        answers.text("storage_role_name"),
        "Lets Hopsworks clusters use their storage",
        actions,
        data_actions=data_actions,
        scopes=(group_id(answers),),
    )


def account_body(answers: Answers) -> dict[str, object]:
    """The storage account as it shall be (hopsworks.md 2.3); backups need its keys."""
    return {
        "location": location(answers),
        "kind": "StorageV2",
        "sku": {"name": answers.text("storage_sku")},
        "properties": {
            "minimumTlsVersion": "TLS1_2",
            "supportsHttpsTrafficOnly": True,
            "allowBlobPublicAccess": False,
            "allowSharedKeyAccess": True,
            "isHnsEnabled": bool(answers.get("hns")),
            "publicNetworkAccess": "Enabled",
        },
    }


# The plan


def share(answers: Answers) -> Share:
    """Return what step 2 adds to the plan; nothing until the group is known, or on the Helm road."""
    if not classic_or_managed(answers) or not group_id(answers):
        return Share()
    resources = [
        *_role(answers),
        *_identity(answers),
        *_account(answers),
        *_registry(answers),
        *_assignments(answers),
    ]
    return Share(
        resources=tuple(resources),
        kept=_kept(answers),
        manual=_manual(answers),
        outputs=_outputs(answers),
        proofs=_proofs(answers),
        providers=_providers(answers),
    )


def _role(answers: Answers) -> tuple[Resource, ...]:
    if answers.get("storage_role_kept"):
        return ()
    role = written_role(answers)
    body = {
        "properties": {
            "roleName": role.name,
            "description": role.description,
            "type": "CustomRole",
            "permissions": [role.permission],
            "assignableScopes": list(role.scopes),
        }
    }
    existing = bool(answers.text("storage_role_guid"))
    return (
        Resource(
            key="storage_role",
            type=ROLE,
            api_version=_AUTHORIZATION_API,
            name=answers.text("storage_role_guid") or Derived((group_id(answers), role.name)),
            deploy_at=group_id(answers),
            label=role.name,
            body=body,
            detail=f"{len(role.actions)} actions, {len(role.data_actions)} data actions",
            step="2.1",
            updates=existing,
            keeps=_KEPT_OF_A_ROLE if existing else (),
        ),
    )


def _identity(answers: Answers) -> tuple[Resource, ...]:
    if answers.get("identity_kept") or not identity_id(answers):
        return ()
    return (
        Resource(
            key="identity",
            type=IDENTITY,
            api_version=IDENTITY_API,
            name=answers.text("identity_name"),
            deploy_at=group_id(answers),
            label=answers.text("identity_name"),
            body={"location": location(answers)},
            step="2.2",
            reads={"principal_id": "properties.principalId", "client_id": "properties.clientId"},
        ),
    )


def _account(answers: Answers) -> tuple[Resource, ...]:
    if answers.get("storage_kept") or not storage_id(answers):
        return ()
    return (
        Resource(
            key="storage",
            type=ACCOUNT,
            api_version=STORAGE_API,
            name=answers.text("storage_name"),
            deploy_at=group_id(answers),
            label=answers.text("storage_name"),
            body=account_body(answers),
            detail=answers.text("storage_sku"),
            step="2.3",
        ),
    )


def _registry(answers: Answers) -> tuple[Resource, ...]:
    if not wants_registry(answers) or answers.get("registry_kept") or not registry_id(answers):
        return ()
    retention = {"status": "enabled", "days": RETENTION_DAYS}
    return (
        Resource(
            key="registry",
            type=REGISTRY,
            api_version=REGISTRY_API,
            name=answers.text("acr_name"),
            deploy_at=group_id(answers),
            label=answers.text("acr_name"),
            body={
                "location": location(answers),
                "sku": {"name": "Premium"},
                "properties": {"adminUserEnabled": False, "policies": {"retentionPolicy": retention}},
            },
            detail=f"Premium, untagged images kept {RETENTION_DAYS} days",
            step="2.5",
        ),
    )


def _assignments(answers: Answers) -> tuple[Resource, ...]:
    given: list[Resource] = []
    if storage_id(answers):
        given.append(_assignment(answers, "storage_assignment", storage_id(answers), "2.4", "storage"))
    if wants_registry(answers) and registry_id(answers):
        given.append(_assignment(answers, "registry_assignment", registry_id(answers), "2.5", "registry"))
    if answers.get("use_aks"):
        given.append(_assignment(answers, "group_assignment", group_id(answers), "2.4"))
    return tuple(given)


def _assignment(answers: Answers, key: str, scope: str, step: str, on: str = "") -> Resource:
    """Give the storage role to the identity on `scope`; `on` is the planned object that stands there."""
    made = {one.key for one in (*_account(answers), *_registry(answers))}
    role: str | Ref = Ref("storage_role", "id")
    if answers.get("storage_role_kept"):
        role = f"{subscription_id(answers)}/providers/{ROLE}/{role_guid(answers)}"
    principal: str | Ref = Ref("identity", "principal_id")
    if answers.get("identity_kept"):
        principal = answers.text("identity_principal_id")
    here = scope == group_id(answers)
    return Resource(
        key=key,
        type=ASSIGNMENT,
        api_version=_AUTHORIZATION_API,
        name=Derived((scope, role_guid(answers), identity_id(answers))),
        deploy_at=group_id(answers),
        scope="" if here else scope,
        label=f"{answers.text('storage_role_name')} on {scope.rsplit('/', 1)[-1]}",
        body={
            "properties": {
                "roleDefinitionId": role,
                "principalId": principal,
                "principalType": "ServicePrincipal",
            }
        },
        detail=f"to identity {answers.text('identity_name')}",
        step=step,
        after=(on,) if on in made else (),
    )


def _kept(answers: Answers) -> tuple[Kept, ...]:
    kept = []
    role = f"{subscription_id(answers)}/providers/{ROLE}/{role_guid(answers)}"
    if answers.get("storage_role_kept"):
        kept.append(Kept(f"role {answers.text('storage_role_name')}", role, "as it is", step="2.1"))
    if answers.get("identity_kept"):
        name = answers.text("identity_name")
        kept.append(Kept(f"identity {name}", identity_id(answers), "as it is", step="2.2"))
    if answers.get("storage_kept"):
        name = answers.text("storage_name")
        kept.append(Kept(f"storage account {name}", storage_id(answers), "as it is", step="2.3"))
    if wants_registry(answers) and answers.get("registry_kept"):
        name = answers.text("acr_name")
        kept.append(Kept(f"container registry {name}", registry_id(answers), "as it is", step="2.5"))
    return tuple(kept)


def _manual(answers: Answers) -> tuple[Manual, ...]:
    kept = wants_registry(answers) and answers.get("registry_kept")
    if not kept or answers.number("registry_retention"):
        return ()
    name = answers.text("acr_name")
    text = f"Registry {name} is yours and stays as it is; it keeps untagged images for ever."
    command = (
        f"az acr config retention update --registry {name} --status Enabled --days {RETENTION_DAYS} "
        "--type UntaggedManifests"
    )
    return (Manual("registry_retention", "Drop untagged images", text, command, step="2.5"),)


def _outputs(answers: Answers) -> tuple[Output, ...]:
    if answers.get("identity_kept"):
        principal: str | Ref = answers.text("identity_principal_id")
        client: str | Ref = answers.text("identity_client_id")
    else:
        principal, client = Ref("identity", "principal_id"), Ref("identity", "client_id")
    outputs = [
        Output("HOPSWORKS_STORAGE_ACCOUNT", answers.text("storage_name")),
        Output("HOPSWORKS_CONTAINER", answers.text("container_name")),
        Output("HOPSWORKS_IDENTITY", answers.text("identity_name")),
        Output("HOPSWORKS_IDENTITY_PRINCIPAL_ID", principal),
        Output("HOPSWORKS_IDENTITY_CLIENT_ID", client),
    ]
    if wants_registry(answers):
        outputs.append(Output("HOPSWORKS_ACR", answers.text("acr_name")))
    return tuple(outputs)


def _proofs(answers: Answers) -> tuple[Proof, ...]:
    there = {
        "identity": identity_id(answers),
        "storage": storage_id(answers),
        "location": location(answers),
        "backups": "yes" if answers.get("backups", True) else "",
        "role": role_guid(answers),
        "container": answers.text("container_name"),
    }
    proofs = [
        Proof("identity", "the identity stands in the same region", proving_storage.identity_stands, there),
        Proof("storage", "the storage account is as clusters need it", proving_storage.storage_stands, there),
        Proof("storage_role", "the identity may use the storage", proving_storage.identity_may, there),
        Proof(
            "container",
            f"container {there['container']} is absent or empty",
            proving_storage.container_empty,
            there,
        ),
    ]
    if wants_registry(answers):
        there = {"registry": registry_id(answers)}
        proofs.append(
            Proof(
                "registry",
                "the registry is Premium and drops untagged images",
                proving_storage.registry_stands,
                there,
            )
        )
    return tuple(proofs)


def _providers(answers: Answers) -> tuple[str, ...]:
    """What has to be registered; a role can't even name the actions of a provider that is not (E-invalidaction)."""
    wanted = ["Microsoft.Storage", "Microsoft.ManagedIdentity"]
    wanted += ["Microsoft.ContainerRegistry"] if wants_registry(answers) else []
    wanted += ["Microsoft.ContainerService"] if answers.get("use_aks") else []
    return tuple(wanted)


# Exports


def _role_files(answers: Answers, _plan: Plan, _known: Known) -> tuple[Exported, ...]:
    if not group_id(answers):
        raise LookupError("Answer subscription and resource group first (steps 0.2 and 0.4).")
    role = written_role(answers)
    return (
        Exported("hopsworks-storage-role.json", cli_json(role)),
        Exported("hopsworks-storage-role.arm.json", portal_json(role)),
    )


EXPORTS: tuple[GuideExport, ...] = (
    GuideExport(
        "storage-role", "the storage role as JSON, for the Azure CLI and for the portal", _role_files
    ),
)
