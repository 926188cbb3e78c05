"""Azure Resource Manager: tenants, subscriptions, rights, workspaces, role assignments and providers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from azure.mgmt.core import AsyncARMPipelineClient
from azure.mgmt.resource.subscriptions.aio import SubscriptionClient

from wizard.azure.deployments import Deployments
from wizard.azure.errors import NotFound, UnreadableAnswer, quietly, told
from wizard.azure.model import (
    Permission,
    Permissions,
    RoleAssignment,
    RoleDefinition,
    Subscription,
    Tenant,
    Workspace,
)
from wizard.azure.pipeline import asked, policies_for, transport_over

if TYPE_CHECKING:
    import aiohttp

    from wizard.azure.clouds import Cloud
    from wizard.azure.credentials import InThread

Client = TypeVar("Client")

# COMMON section 3.
_AUTHORIZATION = "2022-04-01"
_MACHINE_LEARNING = "2024-10-01"
_PROVIDERS = "2022-12-01"
_MOST_PAGES = 500


class Arm:
    """What the wizard asks of ARM. Every method raises AzureProblem when Azure refuses or does not answer."""

    def __init__(self, cloud: Cloud, credential: InThread, session: aiohttp.ClientSession) -> None:
        self._cloud, self._credential, self._session = cloud, credential, session
        self._client = AsyncARMPipelineClient[Any, Any](
            cloud.arm, policies=self._policies(), transport=transport_over(session, cloud)
        )
        self._subscriptions: SubscriptionClient = self._sdk(SubscriptionClient)
        self.deployments = Deployments(self._sdk, pace=cloud.pace)
        self._lists: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        self._listing = asyncio.Lock()

    def _policies(self) -> list[Any]:
        return policies_for(self._cloud, self._credential, self._cloud.arm_audience)

    def _sdk(self, client: Callable[..., Client], *first: str) -> Client:
        """Make a client of the SDK over our policies and session."""
        return client(
            self._credential,
            *first,
            base_url=self._cloud.arm,
            credential_scopes=[self._cloud.arm_audience],
            policies=self._policies(),
            transport=transport_over(self._session, self._cloud),
        )

    # Where one may work

    async def tenants(self) -> list[Tenant]:
        """List the tenants that the caller can enter."""
        with told():
            pages = self._subscriptions.tenants.list().by_page()
            listed = [t async for t in _bounded(pages)]
        return [
            Tenant(id=t.tenant_id or "", name=t.display_name or "", domain=t.default_domain or "")
            for t in listed
        ]

    async def subscriptions(self) -> list[Subscription]:
        """List the subscriptions that the caller sees, with the names of their tenants where those are known."""
        names = {t.id.lower(): t.label for t in await self.tenants()}
        with told():
            pages = self._subscriptions.subscriptions.list().by_page()
            listed = [s async for s in _bounded(pages)]
        return [_subscription(s.as_dict(), names) for s in listed]

    async def subscription(self, subscription_id: str) -> Subscription | None:
        """Read one subscription; None when it is not there or can't be seen."""
        try:
            with told():
                found = await self._subscriptions.subscriptions.get(subscription_id)
        except NotFound:
            return None
        return _subscription(found.as_dict(), {})

    # What one may do

    async def permissions(self, scope: str) -> Permissions:
        """Read the caller's rights at an ARM id: the union over roles (permissions API)."""
        held = await self._all(f"{scope}/providers/Microsoft.Authorization/permissions", _AUTHORIZATION)
        return Permissions(scope, tuple(_permission(p) for p in held))

    async def role_assignments(self, scope: str, principal_id: str) -> list[RoleAssignment]:
        """List the roles that a principal holds at a scope: given there, above it, or through a group."""
        found = await self._all(
            f"{scope}/providers/Microsoft.Authorization/roleAssignments",
            _AUTHORIZATION,
            **{"$filter": f"atScope() and assignedTo('{principal_id}')"},
        )
        return [_assignment(a) for a in found]

    async def role_assignment(self, assignment_id: str) -> RoleAssignment | None:
        """Read one role assignment by its ARM id; None when it is not there."""
        found = await self._one(assignment_id, _AUTHORIZATION)
        return None if found is None else _assignment(found)

    async def delete_role_assignment(self, assignment_id: str) -> bool:
        """Take a role away; False when it was not there."""
        return await self.delete(assignment_id, _AUTHORIZATION)

    async def role_definition(self, scope: str, name_or_guid: str) -> RoleDefinition | None:
        """Find a role that can be given at a scope, by its GUID or its name in any case."""
        path = f"{scope}/providers/Microsoft.Authorization/roleDefinitions"
        by_guid = (
            await self._one(f"{path}/{name_or_guid}", _AUTHORIZATION) if _is_guid(name_or_guid) else None
        )
        if by_guid is not None:
            return _role(by_guid)
        quoted = name_or_guid.replace("'", "''")
        found = await self._all(path, _AUTHORIZATION, **{"$filter": f"roleName eq '{quoted}'"})
        return _role(found[0]) if found else None

    # What there is

    async def workspaces(self, subscription_id: str) -> list[Workspace]:
        """List the Azure Machine Learning workspaces of a subscription that the caller sees."""
        kind = "Microsoft.MachineLearningServices/workspaces"
        found = await self._all(f"/subscriptions/{subscription_id}/providers/{kind}", _MACHINE_LEARNING)
        return [_workspace(w) for w in found]

    async def workspace(self, workspace_id: str) -> Workspace | None:
        """Read a workspace by its ARM id; None when it is not there."""
        found = await self._one(workspace_id, _MACHINE_LEARNING)
        return None if found is None else _workspace(found)

    async def read(self, path: str, api_version: str, **params: str) -> dict[str, Any] | None:
        """Read any ARM path as JSON; None when it is not there."""
        try:
            with told():
                _, found = await self._ask("GET", path, api_version, **params)
        except NotFound:
            return None
        return found

    async def read_all(self, path: str, api_version: str, **params: str) -> list[dict[str, Any]]:
        """Read any list of ARM as JSON, all its pages."""
        return await self._all(path, api_version, **params)

    async def read_all_once(self, path: str, api_version: str, **params: str) -> list[dict[str, Any]]:
        """Read a long list that does not change while a person looks at it: once per connection, whoever asks."""
        key = (path, api_version, *(f"{name}={value}" for name, value in sorted(params.items())))
        async with self._listing:
            if key not in self._lists:
                self._lists[key] = await self._all(path, api_version, **params)
        return self._lists[key]

    async def act(
        self, path: str, api_version: str, body: Mapping[str, Any] | None = None, *, quiet: bool = False
    ) -> dict[str, Any]:
        """POST an action of ARM that answers at once, and return its answer. It is not retried.

        `quiet` is for answers that hold a secret: no failure of the call carries anything of the answer.
        """
        url = f"{self._cloud.arm}/{path.lstrip('/')}"
        call = asked(self._client, "POST", url, params={"api-version": api_version}, body=body)
        if quiet:
            _, found = await quietly(call)
            return found
        with told():
            _, found = await call
        return found

    async def write(self, resource_id: str, api_version: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """PUT a whole resource that ARM makes at once, such as a role definition, and return it as it stands."""
        with told():
            url = f"{self._cloud.arm}/{resource_id.lstrip('/')}"
            _, found = await asked(self._client, "PUT", url, params={"api-version": api_version}, body=body)
        return found

    async def delete(self, resource_id: str, api_version: str) -> bool:
        """Delete a resource by its ARM id and return once ARM took the order; False when it was not there."""
        try:
            with told():
                status, _ = await self._ask("DELETE", resource_id, api_version)
        except NotFound:
            if await self._one(resource_id, api_version) is not None:  # its copies disagree
                raise
            return False
        return status != 204  # noqa: PLR2004 - No Content: nothing was there

    # Providers

    async def provider_state(self, subscription_id: str, namespace: str) -> str:
        """Read how a resource provider stands: ``Registered``, ``NotRegistered``, ``Registering``."""
        with told():
            _, found = await self._ask("GET", _provider(subscription_id, namespace), _PROVIDERS)
        return str(found.get("registrationState", ""))

    async def register_provider(self, subscription_id: str, namespace: str) -> str:
        """Ask for a resource provider; it takes minutes. Returns the state right after."""
        with told():
            path = f"{_provider(subscription_id, namespace)}/register"
            _, found = await self._ask("POST", path, _PROVIDERS)
        return str(found.get("registrationState", ""))

    # The wire

    async def _ask(
        self, method: str, path: str, api_version: str, **params: str
    ) -> tuple[int, dict[str, Any]]:
        url = f"{self._cloud.arm}/{path.lstrip('/')}"
        return await asked(self._client, method, url, params={"api-version": api_version, **params})

    async def _one(self, path: str, api_version: str) -> dict[str, Any] | None:
        try:
            with told():
                _, found = await self._ask("GET", path, api_version)
        except NotFound:
            return None
        return found

    async def _all(self, path: str, api_version: str, **params: str) -> list[dict[str, Any]]:
        """Read a list, page by page; every next page passes the host guard as any request does."""
        with told():
            _, page = await self._ask("GET", path, api_version, **params)
            found, seen = _values(page), set[str]()
            while (link := page.get("nextLink")) and isinstance(link, str):
                if link in seen or len(seen) >= _MOST_PAGES:
                    raise _endless()
                seen.add(link)
                _, page = await asked(self._client, "GET", link)
                found += _values(page)
        return found


async def _bounded(pages: AsyncIterator[AsyncIterator[Any]]) -> AsyncIterator[Any]:
    """Yield what the SDK's pages hold, but not for ever: a list may lead back to itself."""
    count = 0
    async for page in pages:
        count += 1
        if count > _MOST_PAGES:
            raise _endless()
        async for item in page:
            yield item


def _endless() -> UnreadableAnswer:
    return UnreadableAnswer("A list of Azure's has no end.", code="EndlessList")


def _values(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    values = page.get("value")
    return [v for v in values if isinstance(v, dict)] if isinstance(values, list) else []


def _provider(subscription_id: str, namespace: str) -> str:
    return f"/subscriptions/{subscription_id}/providers/{namespace}"


def _is_guid(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4  # noqa: PLR2004 - 8-4-4-4-12


def _subscription(found: Mapping[str, Any], names: Mapping[str, str]) -> Subscription:
    tenant = str(found.get("tenantId") or "")
    managers = found.get("managedByTenants") or []
    return Subscription(
        id=str(found.get("subscriptionId") or ""),
        name=str(found.get("displayName") or ""),
        state=str(found.get("state") or ""),
        tenant_id=tenant,
        tenant_name=names.get(tenant.lower(), ""),
        managed_by=tuple(str(m.get("tenantId")) for m in managers if isinstance(m, Mapping)),
    )


def _permission(found: Mapping[str, Any]) -> Permission:
    held = (tuple(found.get(key) or ()) for key in ("actions", "notActions", "dataActions", "notDataActions"))
    return Permission(*held)


def _assignment(found: Mapping[str, Any]) -> RoleAssignment:
    properties = found.get("properties") or {}
    return RoleAssignment(
        id=str(found.get("id") or ""),
        scope=str(properties.get("scope") or ""),
        principal_id=str(properties.get("principalId") or ""),
        role=_last(properties.get("roleDefinitionId")).lower(),
    )


def _role(found: Mapping[str, Any]) -> RoleDefinition:
    properties = found.get("properties") or {}
    return RoleDefinition(
        id=str(found.get("id") or ""),
        guid=str(found.get("name") or _last(found.get("id"))),
        name=str(properties.get("roleName") or ""),
        custom=properties.get("type") == "CustomRole",
        permissions=tuple(_permission(p) for p in properties.get("permissions") or ()),
    )


def _workspace(found: Mapping[str, Any]) -> Workspace:
    identity = str(found.get("id") or "")
    parts = identity.split("/")
    properties = found.get("properties") or {}
    return Workspace(
        id=identity,
        name=str(found.get("name") or _last(identity)),
        group=parts[4] if len(parts) > 4 else "",  # noqa: PLR2004 - /subscriptions/S/resourceGroups/G
        location=str(found.get("location") or ""),
        storage_account=str(properties.get("storageAccount") or ""),
    )


def _last(identity: object) -> str:
    return str(identity or "").rstrip("/").rsplit("/", 1)[-1]
