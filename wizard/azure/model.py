"""What Azure says, in the wizard's words: plain values, known to guides, checks and faces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from profiles.secrets import Secret


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is signed in, read from the access token.

    `kind` is ``user`` or ``servicePrincipal`` (a managed identity is one too).
    """

    kind: str
    name: str
    object_id: str
    tenant: str
    way: str
    client_id: str = ""

    @property
    def is_user(self) -> bool:
        """Whether a person is signed in, as opposed to a service principal."""
        return self.kind == "user"


@dataclass(frozen=True, slots=True)
class Tenant:
    """An Entra tenant. `domain` is its default domain, where the caller may read it."""

    id: str
    name: str = ""
    domain: str = ""

    @property
    def label(self) -> str:
        """The name people know the tenant by, else its id."""
        return self.name or self.domain or self.id


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as ARM lists it (API 2022-12-01).

    `managed_by` are other tenants that hold delegated rights (Azure Lighthouse). None of them is the
    subscription's own tenant: that is `tenant_id`.
    """

    id: str
    name: str
    state: str
    tenant_id: str
    tenant_name: str = ""
    managed_by: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether resources can be created in it."""
        return self.state == "Enabled"

    @property
    def scope(self) -> str:
        """The ARM id."""
        return f"/subscriptions/{self.id}"


@dataclass(frozen=True, slots=True)
class Workspace:
    """An Azure Machine Learning workspace."""

    id: str
    name: str
    group: str
    location: str
    storage_account: str = ""

    @property
    def group_id(self) -> str:
        """The ARM id of the resource group that holds it."""
        return self.id[: self.id.lower().index("/providers/")]


@dataclass(frozen=True, slots=True)
class PasswordCredential:
    """A client secret as Graph lists it: everything but its value."""

    key_id: str
    name: str
    hint: str = ""
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A client secret just made: the only time that Azure tells its value."""

    credential: PasswordCredential
    value: Secret


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the directory. A guest belongs to another tenant."""

    object_id: str
    name: str
    principal_name: str
    guest: bool = False


@dataclass(frozen=True, slots=True)
class FederatedCredential:
    """A federated identity credential of an application."""

    id: str
    name: str
    issuer: str
    subject: str
    audiences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Application:
    """An app registration. `object_id` is the id of the registration, `app_id` the application (client) id."""

    object_id: str
    app_id: str
    name: str
    unique_name: str = ""
    created: datetime | None = None
    passwords: tuple[PasswordCredential, ...] = ()


@dataclass(frozen=True, slots=True)
class ServicePrincipal:
    """An enterprise application: what role assignments point to, by `object_id`."""

    object_id: str
    app_id: str
    name: str
    enabled: bool = True
    owner_tenant: str = ""


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """A role given to a principal at a scope. `role` is the role definition's GUID."""

    id: str
    scope: str
    principal_id: str
    role: str


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """A role that can be given. `guid` names it in every scope, `id` in the one it was found at."""

    id: str
    guid: str
    name: str
    custom: bool = False
    permissions: tuple[Permission, ...] = ()


@dataclass(frozen=True, slots=True)
class DirectoryRights:
    """What the signed-in identity may do in the directory (Graph authorizationPolicy and directory roles)."""

    users_may_register: bool
    roles: tuple[str, ...] = ()
    role_ids: tuple[str, ...] = ()
    guest: bool = False
    app_permissions: tuple[str, ...] = ()

    @property
    def may_register(self) -> bool:
        """Whether an app registration may be created."""
        if _REGISTERING_ROLES.intersection(self.role_ids):
            return True
        if {"Application.ReadWrite.All", "Application.ReadWrite.OwnedBy"}.intersection(self.app_permissions):
            return True
        return self.users_may_register and not self.guest

    @property
    def may_add_foreign(self) -> bool:
        """Whether the service principal of an application of another tenant may be made here."""
        if _MANAGING_ROLES.intersection(self.role_ids):
            return True
        return "Application.ReadWrite.All" in self.app_permissions


# Global Administrator, Application Administrator, Cloud Application Administrator.
_MANAGING_ROLES = frozenset(
    {
        "62e90394-69f5-4237-9190-012177145e10",
        "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
        "158c047a-c907-4556-b7ef-446551a6b5f7",
    }
)
# Application Developer besides.
_REGISTERING_ROLES = _MANAGING_ROLES | {"cf1c38e5-3621-4004-a7cb-879624dced7c"}


@lru_cache(maxsize=4096)
def _pattern(wildcard: str) -> re.Pattern[str]:
    literal = (re.escape(part) for part in wildcard.lower().split("*"))
    # `/*/` also stands for a single slash: AzureML Data Scientist reads its workspace by `workspaces/*/read`.
    return re.compile(".*".join(literal).replace("/.*/", "/(?:.*/)?"))


def action_matches(action: str, wildcard: str) -> bool:
    """Whether an RBAC action is covered by a wildcard such as ``*/read``; case does not matter."""
    return _pattern(wildcard).fullmatch(action.lower()) is not None


@dataclass(frozen=True, slots=True)
class Permission:
    """The actions of one role that the caller holds at a scope."""

    actions: tuple[str, ...]
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()

    def grants(self, action: str) -> bool:
        """Whether this role alone allows the action."""
        covered = any(action_matches(action, a) for a in self.actions)
        return covered and not any(action_matches(action, n) for n in self.not_actions)


@dataclass(frozen=True, slots=True)
class Permissions:
    """The caller's rights at a scope (permissions API, 2022-04-01): the union over roles."""

    scope: str
    roles: tuple[Permission, ...]

    def allows(self, action: str) -> bool:
        """Whether any one role allows the action (a notAction of one role takes nothing from another)."""
        return any(role.grants(action) for role in self.roles)

    def missing(self, actions: Iterable[str]) -> tuple[str, ...]:
        """The actions that no role allows, in the order given."""
        return tuple(action for action in actions if not self.allows(action))


class ChangeKind(StrEnum):
    """What ARM's what-if says will happen to a resource."""

    CREATE = "Create"
    MODIFY = "Modify"
    DELETE = "Delete"
    NO_CHANGE = "NoChange"
    IGNORE = "Ignore"
    DEPLOY = "Deploy"
    UNSUPPORTED = "Unsupported"


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a what-if answer. `delta` are (path, before, after) of changed properties."""

    kind: ChangeKind
    resource_id: str
    delta: tuple[tuple[str, object, object], ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DeploymentOperation:
    """How one resource of a deployment is getting on."""

    id: str
    resource_id: str
    state: str
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class DeploymentStatus:
    """How a deployment is getting on. `state` is ARM's provisioningState."""

    name: str
    state: str
    outputs: Mapping[str, Any] = field(default_factory=dict)
    correlation_id: str = ""
    code: str = ""
    message: str = ""

    @property
    def finished(self) -> bool:
        """Whether Azure will do nothing more by itself."""
        return self.state in {"Succeeded", "Failed", "Canceled"}
