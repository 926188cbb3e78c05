"""Holding: why something that the profile made stays all the same: it holds data, or serves what others made.

Asked of Azure before the question of an undo and again right before each removal. It reads, and writes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from typing import Any

from wizard.apply.journal import Made
from wizard.apply.minting import is_expired
from wizard.apply.work import Work
from wizard.azure.errors import AzureProblem, Forbidden, NotFound
from wizard.azure.model import Application
from wizard.azure.storage import Inside
from wizard.plan import GROUP_TYPE, DirectoryKind, Plan
from wizard.shapes import is_guid

AUTHORIZATION = "2022-04-01"
_RESOURCES, _STORAGE, _REGISTRY, _VAULT = "2024-11-01", "2023-05-01", "2023-07-01", "2023-07-01"
_NETWORK = "microsoft.network/virtualnetworks"
_SHELVES = (
    ("fileServices/default/shares", "file share"),
    ("queueServices/default/queues", "queue"),
    ("tableServices/default/tables", "table"),
)
# Where a resource of Microsoft.Network tells who uses it.
_USERS = frozenset({"ipconfigurations", "networkinterfaces", "privateendpoints", "serviceassociationlinks"})
_SHARED = frozenset({"natgateways", "networksecuritygroups", "routetables", "publicipaddresses"})
_SHOWN = 3


class Going:
    """What goes in this undo, by id: what is among it is no reason for anything else to stay."""

    def __init__(self, ids: Collection[str] = ()) -> None:
        self._ids = {identity.lower() for identity in ids if identity}

    def add(self, identity: str) -> None:
        """Count something among it."""
        if identity:
            self._ids.add(identity.lower())

    def holds(self, identity: str) -> bool:
        """Whether it, or what it is a part of, goes."""
        lower = identity.lower()
        return any(lower == one or lower.startswith(f"{one}/") for one in self._ids)


async def reason_to_keep(work: Work, plan: Plan, made: Made, going: Going) -> str:
    """Say why something that the profile made must stay all the same; empty when it may go.

    Raises:
        AzureProblem: Azure could not be asked.
    """
    kind = made.kind.lower()
    ask = _ASKED.get(kind)
    if ask is None and kind.startswith("microsoft.network/"):
        ask = _users_in_network
    return await ask(work, plan, made, going) if ask is not None else ""


# Groups


async def _inside_group(work: Work, _plan: Plan, made: Made, going: Going) -> str:
    group = str(made.fields["id"])
    try:
        found = await work.azure.arm.read_all(f"{group}/resources", _RESOURCES)
    except NotFound:
        return ""
    others = [one for one in found if not going.holds(str(one.get("id") or ""))]
    if others:
        return f"it holds {_listed([str(one.get('name') or one.get('id')) for one in others])}"
    path = f"{group}/providers/Microsoft.Authorization/roleAssignments"
    given = await work.azure.arm.read_all(path, AUTHORIZATION, **{"$filter": "atScope()"})
    scopes = [
        str((one.get("properties") or {}).get("scope") or "").lower()
        for one in given
        if not going.holds(str(one.get("id") or ""))
    ]
    return "others were given roles on it" if group.lower() in scopes else ""


# Data


async def _inside_account(work: Work, _plan: Plan, made: Made, _going: Going) -> str:
    account = str(made.fields["id"])
    name = account.rsplit("/", 1)[-1]
    for container in await _shelf(work, f"{account}/blobServices/default/containers", _STORAGE):
        reason = await _inside_container(work, name, container)
        if reason:
            return reason
    for path, word in _SHELVES:
        found = await _shelf(work, f"{account}/{path}", _STORAGE)
        if found:
            return f"it holds data: {word} {_listed(found)}"
    return ""


async def _inside_made_container(work: Work, _plan: Plan, made: Made, _going: Going) -> str:
    parts = str(made.fields["id"]).split("/")
    return await _inside_container(work, parts[-5], parts[-1])


async def _inside_container(work: Work, account: str, container: str) -> str:
    inside = await work.azure.blobs.inside(account, container)
    if inside in {Inside.ABSENT, Inside.EMPTY}:
        return ""
    if inside is Inside.HOLDS_DATA:
        return f"it holds data: container {container} is not empty"
    return f"it may hold data: looking into container {container} takes Storage Blob Data Reader"


async def _inside_vault(work: Work, _plan: Plan, made: Made, _going: Going) -> str:
    vault = made.fields["id"]
    for word in ("secret", "key"):
        found = await _shelf(work, f"{vault}/{word}s", _VAULT)
        if found:
            return f"it holds {word} {_listed(found)}"
    return ""


async def _inside_registry(work: Work, _plan: Plan, made: Made, _going: Going) -> str:
    try:
        body = await work.azure.arm.read(f"{made.fields['id']}/listUsages", _REGISTRY)
    except AzureProblem:
        return ""
    sizes = [one.get("currentValue") for one in (body or {}).get("value", []) if one.get("name") == "Size"]
    return "it holds images" if any(sizes) else ""


async def _shelf(work: Work, path: str, api_version: str) -> list[str]:
    """The names in a list of a resource; none where it is gone or has no such service."""
    try:
        return [str(one.get("name") or "") for one in await work.azure.arm.read_all(path, api_version)]
    except AzureProblem as problem:
        if isinstance(problem, NotFound) or problem.code == "FeatureNotSupportedForAccount":
            return []
        raise


# Roles


async def _holders_of(work: Work, _plan: Plan, made: Made, going: Going) -> str:
    """Who else holds a role."""
    role = str(made.fields["id"])
    guid = role.rsplit("/", 1)[-1].lower()
    path = f"{_subscription(role)}/providers/Microsoft.Authorization/roleAssignments"
    found = await work.azure.arm.read_all(path, AUTHORIZATION)
    scopes = [
        _place(one)
        for one in found
        if str((one.get("properties") or {}).get("roleDefinitionId") or "").lower().endswith(guid)
        and not going.holds(str(one.get("id") or ""))
    ]
    return f"the role is given to others at {_listed(list(dict.fromkeys(scopes)))}" if scopes else ""


async def _roles_of_identity(work: Work, _plan: Plan, made: Made, going: Going) -> str:
    identity = str(made.fields["id"])
    body = await work.azure.arm.read(identity, str(made.fields["api_version"]))
    principal = str(((body or {}).get("properties") or {}).get("principalId") or "")
    return await _roles_of(work, _subscription(identity), principal, going)


async def _roles_of(work: Work, subscription: str, principal: str, going: Going) -> str:
    """Where others gave roles to a principal; those that go with this undo don't count."""
    if not principal or not subscription:
        return ""
    path = f"{subscription}/providers/Microsoft.Authorization/roleAssignments"
    try:
        found = await work.azure.arm.read_all(
            path, AUTHORIZATION, **{"$filter": f"principalId eq '{principal}'"}
        )
    except (Forbidden, NotFound):
        return ""  # what may not be seen here is not ours to judge
    scopes = [_place(one) for one in found if not going.holds(str(one.get("id") or ""))]
    return f"others gave it roles on {_listed(list(dict.fromkeys(scopes)))}" if scopes else ""


def _place(assignment: Mapping[str, Any]) -> str:
    scope = str((assignment.get("properties") or {}).get("scope") or "")
    return scope.rstrip("/").rsplit("/", 1)[-1] or "everything"


def _subscription(identity: str) -> str:
    parts = identity.split("/")
    return "/".join(parts[:3]) if parts[1:2] == ["subscriptions"] else ""


# Applications


async def _users_of_application(work: Work, plan: Plan, made: Made, going: Going) -> str:
    """What others put into an application, or gave to its principal: it and its principal stay together."""
    graph, app_id = work.azure.graph, str(made.fields.get("app_id", ""))
    app = await graph.application(app_id)
    if app is not None:
        foreign = await _foreign_credentials(work, app, going)
        if foreign:
            return foreign
    principal = await graph.service_principal(app_id)
    if principal is None:
        return ""
    subscription = f"/subscriptions/{plan.subscription}" if is_guid(plan.subscription) else ""
    return await _roles_of(work, subscription, principal.object_id, going)


async def _foreign_credentials(work: Work, app: Application, going: Going) -> str:
    names = [p.name or p.hint for p in app.passwords if not going.holds(p.key_id) and not is_expired(p)]
    if names:
        return f"others signed it in with a client secret of their own: {_listed(names)}"
    trusted = await work.azure.graph.federated(app.object_id)
    subjects = [one.subject for one in trusted if not going.holds(one.id)]
    return f"others let it trust {_listed(subjects)}" if subjects else ""


# Networks


async def _users_in_network(work: Work, plan: Plan, made: Made, going: Going) -> str:
    """Who uses a part of a network: Azure would refuse, or take what others added along."""
    body = await work.azure.arm.read(str(made.fields["id"]), str(made.fields["api_version"]))
    if body is None:
        return ""
    kind = made.kind.lower()
    if kind == _NETWORK:
        added = _added_subnets(plan, made, body)
        if added:
            return f"others added subnet {_listed(added)}"
    users = [one for one in _users(body, shared=kind.rpartition("/")[2] in _SHARED) if not going.holds(one)]
    return f"{_listed([_user_name(one) for one in users])} uses it" if users else ""


def _added_subnets(plan: Plan, made: Made, body: Mapping[str, Any]) -> list[str]:
    wanted = next((r for r in plan.resources if r.key == made.key), None)
    if wanted is None:
        return []
    own = {str(s.get("name", "")).lower() for s in (wanted.body.get("properties") or {}).get("subnets") or ()}
    own |= {
        str(r.name).rsplit("/", 1)[-1].lower()
        for r in plan.resources
        if r.type.lower() == f"{_NETWORK}/subnets"
    }
    there = [str(s.get("name", "")) for s in (body.get("properties") or {}).get("subnets") or ()]
    return [name for name in there if name.lower() not in own]


def _users(body: object, *, shared: bool) -> Iterator[str]:
    """The ids of what uses a resource, as its own body tells them; `shared` ones name their subnets, too."""
    if isinstance(body, Mapping):
        for name, value in body.items():
            uses = name.lower() in _USERS or (shared and name.lower() == "subnets")
            if uses and isinstance(value, list):
                yield from (str(one["id"]) for one in value if isinstance(one, Mapping) and one.get("id"))
            elif shared and name.lower() == "ipconfiguration" and isinstance(value, Mapping):
                yield str(value.get("id") or "")
            else:
                yield from _users(value, shared=shared)
    elif isinstance(body, list):
        for one in body:
            yield from _users(one, shared=shared)


def _user_name(identity: str) -> str:
    parts = [part for part in identity.split("/") if part]
    lower = [part.lower() for part in parts]
    at = lower.index("providers") + 3 if "providers" in lower else len(parts) - 1
    return parts[at] if at < len(parts) else identity


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown


_ASKED: Mapping[str, Callable[[Work, Plan, Made, Going], Awaitable[str]]] = {
    DirectoryKind.APPLICATION.value: _users_of_application,
    DirectoryKind.SERVICE_PRINCIPAL.value: _users_of_application,
    GROUP_TYPE.lower(): _inside_group,
    "microsoft.storage/storageaccounts": _inside_account,
    "microsoft.storage/storageaccounts/blobservices/containers": _inside_made_container,
    "microsoft.authorization/roledefinitions": _holders_of,
    "microsoft.managedidentity/userassignedidentities": _roles_of_identity,
    "microsoft.containerregistry/registries": _inside_registry,
    "microsoft.keyvault/vaults": _inside_vault,
}
"""Who is asked about what, by kind; parts of a network are asked themselves."""
