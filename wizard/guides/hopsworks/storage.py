"""Document step 2: the role, the identity, the storage account and the registry that clusters keep their files in."""

from __future__ import annotations

from wizard.answers import Answers, Value
from wizard.checks import identities, registries, storage_role
from wizard.checks import storage as checks
from wizard.guide import Choice, Kind, Question, Step
from wizard.guides.hopsworks.storage_plan import (
    EXPORTS,
    RETENTION_DAYS,
    account_body,
    derived_role_guid,
    identity_id,
    needs_registry,
    registry_id,
    role_guid,
    role_permissions,
    share,
    storage_id,
    wants_registry,
    written_role,
)
from wizard.guides.hopsworks.where import classic_or_managed, group_id, is_managed
from wizard.plan import derived_guid
from wizard.shapes import length, matches, printable

__all__ = [
    "EXPORTS",
    "STEPS",
    "identity_id",
    "registry_id",
    "role_guid",
    "role_permissions",
    "share",
    "storage_id",
    "wants_registry",
    "written_role",
]


# Defaults


def _short_guid(answers: Answers, what: str) -> str:
    return derived_guid(group_id(answers), what)[:8]


def _default_account(answers: Answers) -> Value | None:
    return f"hopsworks{_short_guid(answers, 'storage')}" if group_id(answers) else None


def _default_registry(answers: Answers) -> Value | None:
    return f"hopsworks{_short_guid(answers, 'registry')}" if group_id(answers) else None


# The steps


_ROLE_STEP = Step(
    "2.1",
    "Storage role",
    "What clusters may do with your storage, and no more: make containers, read and write what is in them. "
    "Backups, a container registry and AKS each add their own few actions.",
    (
        Question(
            "storage_role_name",
            "Name of the role",
            rule="1 to 512 characters, unique in the tenant.",
            default=lambda answers: "hopsworks-instance" if is_managed(answers) else "Hopsworks Storage Role",
            shape=(length(1, 512), printable),
            checks=(storage_role.role_name(written_role, derived_role_guid),),
        ),
        Question(
            "use_acr",
            "Container registry",
            Kind.SWITCH,
            rule="Every Hopsworks after 3.0 needs one.",
            default=needs_registry,
            checks=(registries.version_needs_one(needs_registry),),
        ),
        Question(
            "use_aks",
            "Kubernetes (AKS)",
            Kind.SWITCH,
            rule="Yes only when clusters shall use an AKS cluster of yours in this group.",
            default=False,
            checks=(checks.kubernetes_widens,),
        ),
    ),
    makes="a custom role",
    more="The documents differ about what to leave out without backups. The first one also drops "
    "blobServices/read, but clusters need it always, so it stays; only blobServices/write goes. With backups "
    "listKeys is added: the first document forgot it, and the second one asks to remove it again. The data "
    "action blobs/move/action does something only on an account with a hierarchical namespace; it is part of "
    "the role all the same, so that nothing has to change later. AKS rights hold in the whole group, because "
    "the AKS cluster is not known here: they, and with them this role, are then given on the group.",
    wanted=classic_or_managed,
)
_IDENTITY_STEP = Step(
    "2.2",
    "Managed identity",
    "Whom the cluster's machines act as. An identity of Azure's own, with no secret to keep; Hopsworks asks for "
    "its name.",
    (
        Question(
            "identity_name",
            "Name",
            Kind.PICK,
            rule="3 to 128 letters, digits, hyphens and underscores; begins with a letter or digit.",
            default="hopsworks-instance",
            shape=(
                matches(
                    r"[A-Za-z0-9][A-Za-z0-9_-]{2,127}",
                    "This is no name for an identity.",
                ),
            ),
            offers=identities.offer_identities,
            checks=(identities.identity,),
            takes_own=True,
            columns=("Region",),
        ),
    ),
    makes="a user-assigned managed identity",
    wanted=classic_or_managed,
)
_SKUS = (
    Choice("Standard_LRS", "three copies in one data centre", "The least expensive."),
    Choice("Standard_ZRS", "three copies in three zones of the region"),
    Choice("Standard_GRS", "copies in a second region as well"),
    Choice("Standard_RAGRS", "and readable there", "What the portal proposes.", aliases=("RA-GRS",)),
    Choice("Standard_GZRS", "zones, and a second region"),
    Choice("Standard_RAGZRS", "zones, and readable in a second region"),
)
_ACCOUNT_STEP = Step(
    "2.3",
    "Storage account",
    "Where clusters keep their files. Its name is unique in the world, so one is proposed. Hopsworks makes the "
    "container itself; one that is there already must be empty.",
    (
        Question(
            "storage_name",
            "Name",
            Kind.PICK,
            rule="3 to 24 lowercase letters and digits, unique in the world.",
            default=_default_account,
            shape=(checks.account_shape,),
            offers=checks.offer_accounts,
            checks=(checks.account(_default_account),),
            takes_own=True,
            columns=("Kind", "Copies", "Region"),
        ),
        Question(
            "storage_sku",
            "Copies",
            Kind.CHOICE,
            rule="How many copies Azure keeps, and where.",
            default="Standard_LRS",
            choices=_SKUS,
        ),
        Question(
            "hns",
            "Hierarchical namespace",
            Kind.SWITCH,
            rule="It can't be changed later. The documents leave it off.",
            default=False,
        ),
        Question(
            "container_name",
            "Container",
            rule="3 to 63 lowercase letters, digits and hyphens; begins and ends with a letter or digit; no two "
            "hyphens in a row.",
            default="hopsworks",
            shape=(checks.container_shape,),
            checks=(checks.container,),
        ),
    ),
    checks=(checks.policies(account_body),),
    makes="a storage account",
    more="Shared keys stay allowed: backups read them (listKeys). The account takes TLS 1.2 and HTTPS only, and "
    "nothing in it is public.",
    wanted=classic_or_managed,
)
_ACCESS_STEP = Step(
    "2.4",
    "Access to the storage",
    "The managed identity gets the storage role on the account. (The document says “the identity you created in "
    "step 2.1”: it is the one of 2.2.) It can take 30 minutes to reach everywhere; nothing waits for that here.",
    makes="a role assignment",
    more="In the portal: the account, Access control (IAM), Add role assignment, Managed identity, Select members. "
    "(The document's figure shows an older list, “User assigned managed identity”.) A young identity may be "
    "answered by “Cannot find user or service principal in graph database”: Azure's copies then need a minute, and "
    "Azimuth tries again by itself.",
    wanted=classic_or_managed,
)
_REGISTRY_STEP = Step(
    "2.5",
    "Container registry",
    "Not in the first document: every Hopsworks after 3.0 keeps images in a Premium registry that drops "
    f"untagged ones after {RETENTION_DAYS} days. Give each cluster one of its own.",
    (
        Question(
            "acr_name",
            "Name",
            Kind.PICK,
            rule="5 to 50 letters and digits, no hyphen, unique in the world.",
            default=_default_registry,
            shape=(registries.registry_shape,),
            offers=registries.offer_registries,
            checks=(registries.registry(_default_registry),),
            takes_own=True,
            columns=("Tier", "Region"),
        ),
    ),
    makes="a Premium container registry",
    wanted=lambda answers: classic_or_managed(answers) and wants_registry(answers),
)
STEPS: tuple[Step, ...] = (_ROLE_STEP, _IDENTITY_STEP, _ACCOUNT_STEP, _ACCESS_STEP, _REGISTRY_STEP)
