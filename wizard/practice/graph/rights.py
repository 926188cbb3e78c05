"""Who may do what in the directory: owners, directory roles, the authorization policy, application permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wizard.practice.kernel import Caller, Failure, Practice

if TYPE_CHECKING:
    from collections.abc import Mapping

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
APPLICATION_ADMINISTRATOR = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
CLOUD_APPLICATION_ADMINISTRATOR = "158c047a-c907-4556-b7ef-446551a6b5f7"
APPLICATION_DEVELOPER = "cf1c38e5-3621-4004-a7cb-879624dced7c"

# Template id -> name and description, of the roles that matter to applications.
ROLES: Mapping[str, tuple[str, str]] = {
    GLOBAL_ADMINISTRATOR: (
        "Global Administrator",
        "Can manage all aspects of the directory and of services that use its identities.",
    ),
    APPLICATION_ADMINISTRATOR: (
        "Application Administrator",
        "Can create and manage all aspects of app registrations and enterprise apps.",
    ),
    CLOUD_APPLICATION_ADMINISTRATOR: (
        "Cloud Application Administrator",
        "Can create and manage all aspects of app registrations and enterprise apps except App Proxy.",
    ),
    APPLICATION_DEVELOPER: (
        "Application Developer",
        "Can create application registrations independent of the 'Users can register applications' setting.",
    ),
}
_MANAGERS = frozenset({GLOBAL_ADMINISTRATOR, APPLICATION_ADMINISTRATOR, CLOUD_APPLICATION_ADMINISTRATOR})
_PEOPLE = frozenset({"Directory.ReadWrite.All", "User.ReadWrite.All", "Group.ReadWrite.All"})
_READERS = frozenset(
    {
        "Application.Read.All", "Application.ReadWrite.All", "Application.ReadWrite.OwnedBy",
        "Directory.Read.All", "Directory.ReadWrite.All",
    }
)  # fmt: skip


def denied() -> Failure:
    """403 in Graph's own words."""
    return Failure(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def user(practice: Practice, caller: Caller) -> dict[str, Any]:
    """The document of a person who calls.

    Raises:
        Failure: 403 when the account is gone.
    """
    found = practice.state.get("user", caller.object_id)
    if found is None:
        raise denied()
    return found


def permissions(practice: Practice, caller: Caller) -> frozenset[str]:
    """The application permissions a calling service principal was granted."""
    found = practice.state.get("servicePrincipal", caller.object_id) or {}
    return frozenset(found.get("_appRoles", ()))


def is_manager(practice: Practice, caller: Caller) -> bool:
    """Whether the caller may manage every application of the tenant."""
    if caller.kind == "servicePrincipal":
        return "Application.ReadWrite.All" in permissions(practice, caller)
    return bool(_MANAGERS.intersection(user(practice, caller)["directoryRoles"]))


def may_read(practice: Practice, caller: Caller) -> None:
    """Members read the directory; guests do not, and applications only with a permission.

    Raises:
        Failure: 403.
    """
    if caller.kind == "servicePrincipal":
        allowed = bool(_READERS & permissions(practice, caller))
    else:
        person = user(practice, caller)
        allowed = person["userType"] == "Member" or bool(person["directoryRoles"])
    if not allowed:
        raise denied()


def may_create(practice: Practice, caller: Caller) -> None:
    """Whether the caller may register an application.

    Raises:
        Failure: 403.
    """
    if is_manager(practice, caller):
        return
    if caller.kind == "servicePrincipal":
        allowed = "Application.ReadWrite.OwnedBy" in permissions(practice, caller)
    else:
        person = user(practice, caller)
        allowed = APPLICATION_DEVELOPER in person["directoryRoles"] or (
            person["userType"] == "Member" and allowed_to_create(practice, caller.tenant)
        )
    if not allowed:
        raise denied()


def may_write(practice: Practice, caller: Caller, document: Mapping[str, Any]) -> None:
    """Whether the caller may change this application or service principal: its owners may, and managers.

    Raises:
        Failure: 403.
    """
    if is_manager(practice, caller):
        return
    owns = caller.object_id in document.get("_owners", ())
    if caller.kind == "servicePrincipal":
        owns = owns and "Application.ReadWrite.OwnedBy" in permissions(practice, caller)
    if not owns:
        raise denied()


def may_create_groups(practice: Practice, caller: Caller) -> None:
    """Members may make security groups, as the authorization policy of a new tenant says.

    Raises:
        Failure: 403.
    """
    if caller.kind == "servicePrincipal":
        allowed = bool({"Group.Create", *_PEOPLE} & permissions(practice, caller))
    else:
        person = user(practice, caller)
        allowed = person["userType"] == "Member" or bool(_MANAGERS.intersection(person["directoryRoles"]))
    if not allowed:
        raise denied()


def may_manage_people(practice: Practice, caller: Caller) -> None:
    """Whether the caller may make, change and delete users and groups of others.

    Raises:
        Failure: 403.
    """
    if caller.kind == "servicePrincipal":
        allowed = bool(_PEOPLE & permissions(practice, caller))
    else:
        allowed = GLOBAL_ADMINISTRATOR in user(practice, caller)["directoryRoles"]
    if not allowed:
        raise denied()


def allowed_to_create(practice: Practice, tenant: str) -> bool:
    """`allowedToCreateApps` of the authorization policy; the world says it of the home tenant."""
    return tenant != practice.world.home or bool(
        practice.world.facts["policies"].get("allowedToCreateApps", True)
    )
