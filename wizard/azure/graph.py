"""Microsoft Graph: applications, service principals, their credentials, and what the caller may do in the directory.

It is a client of our own on azure-core: msgraph-sdk is 390 MB for a dozen calls.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from azure.core import AsyncPipelineClient

from wizard.azure import graph_objects
from wizard.azure.errors import Conflict, Forbidden, Invalid, NotFound, UnreadableAnswer, quietly, told
from wizard.azure.model import (
    Application,
    DirectoryRights,
    FederatedCredential,
    Identity,
    NewPassword,
    Person,
    ServicePrincipal,
)
from wizard.azure.pipeline import asked, policies_for, transport_over
from wizard.azure.tokens import claims_of

if TYPE_CHECKING:
    import aiohttp

    from wizard.azure.clouds import Cloud
    from wizard.azure.credentials import InThread

_APPLICATION = "id,appId,displayName,uniqueName,createdDateTime,passwordCredentials"
_PRINCIPAL = "id,appId,displayName,accountEnabled,appOwnerOrganizationId"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MOST_PAGES = 100
_MOST_IDS = 1000
_CREATED = 201
# What servers answer that know no upsert by uniqueName.
_NO_UPSERT = frozenset({400, 404, 405, 501})


class Graph:
    """What the wizard asks of Graph. Every method raises AzureProblem when Graph refuses or does not answer."""

    def __init__(
        self, cloud: Cloud, credential: InThread, session: aiohttp.ClientSession, identity: Identity
    ) -> None:
        self._root = f"{cloud.graph}/v1.0"
        self._credential, self._audience, self._identity = credential, cloud.graph_audience, identity
        self._client = AsyncPipelineClient[Any, Any](
            cloud.graph,
            policies=policies_for(cloud, credential, cloud.graph_audience),
            transport=transport_over(session, cloud),
        )

    # The caller

    async def me(self) -> Person | None:
        """Read who is signed in; None for a service principal, which has no ``/me``."""
        if not self._identity.is_user:
            return None
        found = await self._get("/me", {"$select": "id,displayName,userPrincipalName,userType"})
        return Person(
            object_id=graph_objects.text(found, "id"),
            name=graph_objects.text(found, "displayName"),
            principal_name=graph_objects.text(found, "userPrincipalName"),
            guest=graph_objects.text(found, "userType").lower() == "guest",
        )

    async def directory_rights(self) -> DirectoryRights:
        """Read what the caller may do in the directory: policy, active directory roles, application permissions.

        Roles that Privileged Identity Management holds ready but that aren't activated don't count.
        """
        person, roles = await asyncio.gather(self.me(), self._directory_roles())
        guest = person is not None and person.guest
        return DirectoryRights(
            users_may_register=person is not None and await self._users_may_register(guest=guest),
            roles=tuple(graph_objects.text(r, "displayName") for r in roles),
            role_ids=tuple(graph_objects.text(r, "roleTemplateId").lower() for r in roles),
            guest=guest,
            app_permissions=await self._app_permissions(),
        )

    async def _users_may_register(self, *, guest: bool) -> bool:
        try:
            policy = await self._get("/policies/authorizationPolicy")
        except Forbidden:
            if guest:  # guests may not read it, and it is not about them
                return False
            raise
        defaults = policy.get("defaultUserRolePermissions")
        return isinstance(defaults, Mapping) and bool(defaults.get("allowedToCreateApps"))

    async def _directory_roles(self) -> list[dict[str, Any]]:
        if not self._identity.is_user:
            return []
        select = {"$select": "displayName,roleTemplateId"}
        return await self._list("/me/transitiveMemberOf/microsoft.graph.directoryRole", select)

    async def _app_permissions(self) -> tuple[str, ...]:
        """A service principal's application permissions stand in its token."""
        if self._identity.is_user:
            return ()
        token = await self._credential.get_token_info(self._audience)
        roles = claims_of(token.token).get("roles")
        return tuple(str(r) for r in roles) if isinstance(roles, list) else ()

    # Applications

    async def applications(self, name: str) -> list[Application]:
        """List the applications of exactly this display name; Entra allows many."""
        query = {"$filter": f"displayName eq '{_quoted(name)}'", "$select": _APPLICATION}
        return [graph_objects.application(a) for a in await self._list("/applications", query)]

    async def my_applications(self, top: int = 100) -> list[Application]:
        """List the newest applications that the caller can see, for picking one."""
        query = {
            "$select": _APPLICATION,
            "$orderby": "createdDateTime desc",
            "$top": str(top),
            "$count": "true",
        }
        found = await self._get("/applications", query, {"ConsistencyLevel": "eventual"})
        return [graph_objects.application(a) for a in _values(found)][:top]

    async def application(self, any_id: str) -> Application | None:
        """Find an application by its application (client) id or by its object id; None: there is none."""
        if not _GUID.fullmatch(any_id):
            return None
        for path in (f"/applications(appId='{any_id}')", f"/applications/{any_id}"):
            found = await self._maybe(path, _APPLICATION)
            if found is not None:
                return graph_objects.application(found)
        return None

    async def application_named(self, unique_name: str) -> Application | None:
        """Find an application by its unique name; None: there is none."""
        found = await self._maybe(_by_unique_name(unique_name), _APPLICATION)
        return None if found is None else graph_objects.application(found)

    async def upsert_application(
        self, unique_name: str, name: str, *, tags: Sequence[str] = (), notes: str = ""
    ) -> tuple[Application, bool]:
        """Make the application of a unique name exist; True if it was made now. One that exists is not changed.

        Two callers at once make one application: Graph creates it only if it is missing.
        """
        existing = await self.application_named(unique_name)
        if existing is not None:
            return existing, False
        body: dict[str, Any] = {"displayName": name, "signInAudience": "AzureADMyOrg"}
        body |= {"tags": list(tags)} if tags else {}
        body |= {"notes": notes} if notes else {}
        try:
            status, made = await self._ask(
                "PATCH", _by_unique_name(unique_name), body, headers={"Prefer": "create-if-missing"}
            )
        except (Invalid, NotFound) as refusal:
            if refusal.rule or refusal.status not in _NO_UPSERT:
                raise
            status, made = await self._ask("POST", "/applications", {"uniqueName": unique_name} | body)
        if made.get("appId"):
            return graph_objects.application(made), status == _CREATED
        found = await self.application_named(unique_name)
        if found is None:
            raise NotFound(
                f"Application {name} is not readable yet.", code="Request_ResourceNotFound", status=404
            )
        return found, status == _CREATED

    async def delete_application(self, object_id: str) -> bool:
        """Delete an application and with it its service principal; False when it was not there."""
        return await self._delete(f"/applications/{_key(object_id)}")

    async def owners(self, object_id: str) -> tuple[str, ...]:
        """List the object ids of an application's owners."""
        listed = await self._list(f"/applications/{_key(object_id)}/owners", {"$select": "id"})
        return tuple(graph_objects.text(one, "id").lower() for one in listed)

    # The recycle bin

    async def is_deleted(self, object_id: str) -> bool:
        """Whether an application or service principal is in the recycle bin (30 days, directory/deletedItems)."""
        return await self._maybe(f"/directory/deletedItems/{_key(object_id)}", "id") is not None

    async def purge(self, object_id: str) -> bool:
        """Delete an application or service principal of the recycle bin for good; False when it was not there."""
        return await self._delete(f"/directory/deletedItems/{_key(object_id)}")

    # Service principals

    async def service_principal(self, app_id: str) -> ServicePrincipal | None:
        """Find the service principal of an application (client) id; None: there is none."""
        if not _GUID.fullmatch(app_id):
            return None
        found = await self._maybe(f"/servicePrincipals(appId='{app_id}')", _PRINCIPAL)
        return None if found is None else graph_objects.principal(found)

    async def service_principal_by_object_id(self, object_id: str) -> ServicePrincipal | None:
        """Find a service principal by its own object id; None: there is none."""
        if not _GUID.fullmatch(object_id):
            return None
        found = await self._maybe(f"/servicePrincipals/{object_id}", _PRINCIPAL)
        return None if found is None else graph_objects.principal(found)

    async def ensure_service_principal(self, app_id: str) -> tuple[ServicePrincipal, bool]:
        """Make the service principal of an application exist; True if it was made now. Safe to repeat.

        A new application may not be known yet; `patience.is_replication` recognises the refusals.
        """
        existing = await self.service_principal(app_id)
        if existing is not None:
            return existing, False
        try:
            _, made = await self._ask("POST", "/servicePrincipals", {"appId": app_id})
        except Conflict:
            found = await self.service_principal(app_id)
            if found is None:
                raise
            return found, False
        graph_objects.expect_id(made)
        return graph_objects.principal(made), True

    async def enable_service_principal(self, object_id: str, *, enabled: bool = True) -> None:
        """Let a service principal sign in, or keep it from it (`accountEnabled`).

        Raises:
            NotFound: there is none.
            Forbidden: that takes an administrator of applications.
        """
        await self._ask("PATCH", f"/servicePrincipals/{_key(object_id)}", {"accountEnabled": enabled})

    async def delete_service_principal(self, object_id: str) -> bool:
        """Delete a service principal; False when it was not there."""
        return await self._delete(f"/servicePrincipals/{_key(object_id)}")

    async def names(self, object_ids: Sequence[str]) -> dict[str, str]:
        """Return the display names of people, groups and service principals, by object id; those that are there."""
        found: dict[str, str] = {}
        for at in range(0, len(object_ids), _MOST_IDS):
            asked_for = {
                "ids": list(object_ids[at : at + _MOST_IDS]),
                "types": ["user", "group", "servicePrincipal"],
            }
            _, page = await self._ask("POST", "/directoryObjects/getByIds", asked_for)
            found |= {
                graph_objects.text(one, "id").lower(): graph_objects.text(one, "displayName")
                for one in _values(page)
            }
        return found

    # Credentials

    async def add_password(self, application_object_id: str, name: str, end: datetime) -> NewPassword:
        """Make a client secret. It is asked for once: after no answer, look for it by name before asking again.

        No failure of this call carries anything of the answer.
        """
        from profiles.secrets import Secret

        wanted = {"displayName": name, "endDateTime": end.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
        path = f"/applications/{_key(application_object_id)}/addPassword"
        _, made = await self._ask("POST", path, {"passwordCredential": wanted}, quiet=True)
        value = made.pop("secretText", None)
        if not isinstance(value, str) or not value:
            raise UnreadableAnswer("Graph's answer holds no secret.", code="UnreadableAnswer")
        return NewPassword(graph_objects.password(made), Secret(value))

    async def remove_password(self, application_object_id: str, key_id: str) -> bool:
        """Revoke a client secret; False when it was not there."""
        path = f"/applications/{_key(application_object_id)}/removePassword"
        try:
            status, _ = await self._ask("POST", path, {"keyId": key_id})
            graph_objects.expect_no_content(status)
        except (
            Invalid,
            NotFound,
        ):  # Graph says 400 about a key that is gone, and 404 as well while its copies disagree
            app = await self._maybe(f"/applications/{_key(application_object_id)}", _APPLICATION)
            if app is not None and key_id.lower() in {
                p.key_id.lower() for p in graph_objects.application(app).passwords
            }:
                raise
            return False
        return True

    async def federated(self, application_object_id: str) -> list[FederatedCredential]:
        """List the federated credentials of an application; none when it is not there."""
        path = f"/applications/{_key(application_object_id)}/federatedIdentityCredentials"
        try:
            return [graph_objects.federated_credential(f) for f in await self._list(path, {})]
        except NotFound:
            return []

    async def add_federated(
        self, application_object_id: str, *, name: str, issuer: str, subject: str, audiences: Sequence[str]
    ) -> FederatedCredential:
        """Let tokens of another issuer stand for the application (at most 20; `name` can't be changed later)."""
        path = f"/applications/{_key(application_object_id)}/federatedIdentityCredentials"
        body = {"name": name, "issuer": issuer, "subject": subject, "audiences": list(audiences)}
        _, made = await self._ask("POST", path, body)
        graph_objects.expect_id(made)
        return graph_objects.federated_credential(made)

    async def remove_federated(self, application_object_id: str, credential_id: str) -> bool:
        """Remove a federated credential; False when it was not there."""
        path = (
            f"/applications/{_key(application_object_id)}/federatedIdentityCredentials/{_key(credential_id)}"
        )
        return await self._delete(path)

    # The wire

    async def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        quiet: bool = False,
    ) -> tuple[int, dict[str, Any]]:
        call = asked(self._client, method, f"{self._root}{path}", body=body, params=params, headers=headers)
        if quiet:
            return await quietly(call)
        with told():
            return await call

    async def _get(
        self, path: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        _, found = await self._ask("GET", path, params=params, headers=headers)
        return found

    async def _maybe(self, path: str, select: str) -> dict[str, Any] | None:
        """Read an object; None when there is none."""
        try:
            return await self._get(path, {"$select": select})
        except NotFound:
            return None

    async def _list(self, path: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
        page = await self._get(path, params)
        found, seen = _values(page), set[str]()
        while (link := page.get("@odata.nextLink")) and isinstance(link, str):
            if link in seen or len(seen) >= _MOST_PAGES:
                raise UnreadableAnswer("A list of Graph's has no end.", code="EndlessList")
            seen.add(link)
            with told():
                _, page = await asked(self._client, "GET", link)
            found += _values(page)
        return found

    async def _delete(self, path: str) -> bool:
        try:
            status, _ = await self._ask("DELETE", path)
        except NotFound:
            if await self._maybe(path, "id") is not None:  # its copies disagree
                raise
            return False
        graph_objects.expect_no_content(status)
        return True


def _quoted(text: str) -> str:
    """Text between the single quotes of OData."""
    return text.replace("'", "''")


def _key(text: str) -> str:
    """Text as part of a path: nothing in it can lead elsewhere."""
    return quote(_quoted(text), safe="")


def _by_unique_name(unique_name: str) -> str:
    return f"/applications(uniqueName='{_key(unique_name)}')"


def _values(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    values = page.get("value")
    return [v for v in values if isinstance(v, dict)] if isinstance(values, list) else []
