"""Rights, roles, subscriptions and management groups that were there before a recording began."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.contract.given_directory import Directory
from tests.contract.names import Names
from tests.contract.recordings import GUID, ZERO, Row
from tests.contract.stage import PERSON, Stage
from wizard.practice.arm import facts, rights

_MANAGED = re.compile(r"/providers/Microsoft\.Management/managementGroups/([^/\"]+)", re.IGNORECASE)
_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
_LONG_AGO = 0.0


class Tenant:
    """What of the tenant above the groups has to be there for a row; `made` is what the cassette makes itself."""

    def __init__(self, stage: Stage, names: Names, made: set[str], directory: Directory) -> None:
        self._stage = stage
        self._names = names
        self._made = made
        self._directory = directory

    def subscriptions(self, row: Row) -> bool:
        """What only the recorder's subscription has: tags, tenants that manage it. Whether there was any."""
        state, found = self._stage.practice.state, False
        for one in row.body.get("value", [row.body]):
            guid = str(one.get("id")).rsplit("/", 1)[-1]
            mine = state.get("subscription", guid) or self._stage.subscribe(guid)
            more = {name: one[name] for name in ("tags", "managedByTenants") if name in one}
            if more:
                found = True
                state.put("subscription", guid, mine | more)
        return found

    def tenants(self, row: Row) -> bool:
        """What only the recorder's tenant has: a logo. Whether there was one."""
        logos = [
            one["tenantBrandingLogoUrl"] for one in row.body["value"] if one.get("tenantBrandingLogoUrl")
        ]
        state = self._stage.practice.state
        if logos and (mine := state.get("tenant", self._stage.tenant)):
            state.put("tenant", self._stage.tenant, mine | {"tenantBrandingLogoUrl": logos[0]})
        return bool(logos)

    def management(self, row: Row) -> bool:
        """Management groups that were there: the one that is asked for, and parents of it."""
        sent = json.dumps(row.sent) if row.sent is not None else ""
        named = _MANAGED.findall(sent)
        asked = _MANAGED.match(row.path)
        if asked and (row.method != "PUT" or row.status == 200 or asked[0] != row.path):
            return any([self._managed(name) for name in [asked[1], *named]][:1])
        for name in named:
            self._managed(name)
        return False

    def _managed(self, name: str) -> bool:
        state, key = self._stage.practice.state, f"/providers/Microsoft.Management/managementGroups/{name}"
        if (
            name.lower() == self._stage.tenant
            or key.lower() in self._made
            or state.get("resource", key) is not None
        ):
            return False
        root = {
            "id": key.replace(name, self._stage.tenant),
            "name": self._stage.tenant,
            "displayName": "Tenant Root Group",
        }
        properties = {
            "tenantId": self._stage.tenant,
            "displayName": name,
            "details": {
                "version": 1,
                "updatedTime": "2020-01-01T00:00:00Z",
                "updatedBy": ZERO,
                "parent": root,
            },
        }
        state.put(
            "resource",
            key,
            {
                "id": key,
                "type": "Microsoft.Management/managementGroups",
                "name": name,
                "properties": properties,
            },
        )
        return True

    def assignment(self, one: Mapping[str, Any]) -> bool:
        """Put a role assignment there that the cassette did not make; whether it had to be."""
        state, key = self._stage.practice.state, self._names.path(str(one["id"]))
        if (
            key.lower() in self._made
            or state.get("roleAssignment", key) is not None
            or "properties" not in one
        ):
            return False
        document = self._names.body(dict(one)) | {"id": key}
        rights.put_assignment(state, document, self._stage.tenant, _LONG_AGO)
        return True

    def role(self, row: Row) -> None:
        """A role that is assigned, or shown alone, though nobody made it: a custom role of the recorder's tenant."""
        shown = [row.body] if isinstance(row.body, dict) else []
        for one in row.body.get("value") or shown if isinstance(row.body, dict) else ():
            properties = one.get("properties") if isinstance(one, dict) else None
            named = properties.get("roleDefinitionId") if isinstance(properties, dict) else None
            if isinstance(properties, dict) and "roleName" in properties:
                self._custom(str(one["name"]), properties)
            elif isinstance(named, str) and row.method == "PUT":
                self._custom(named.rsplit("/", 1)[-1], {})

    def _custom(self, guid: str, properties: Mapping[str, Any]) -> None:
        state, key = self._stage.practice.state, rights.role_key(self._names.text(guid))
        if (
            guid.lower() in facts.roles()
            or state.get("roleDefinition", key) is not None
            or (properties.get("type") == "CustomRole" and self._making(guid))
        ):
            return
        if self._making(guid):
            return
        told = {
            "roleName": f"role {guid}",
            "type": "CustomRole",
            "description": "",
            "permissions": [],
            **properties,
        }
        told |= {"assignableScopes": ["/"]}
        for name in ("createdOn", "updatedOn", "createdBy", "updatedBy"):
            told.setdefault(name, None)
        document = {
            "properties": told,
            "id": key,
            "type": "Microsoft.Authorization/roleDefinitions",
            "name": guid,
        }
        state.put("roleDefinition", key, document | {"_tenant": self._stage.tenant})

    def _making(self, guid: str) -> bool:
        """Whether the cassette makes this role itself."""
        return any(one.endswith(f"/roledefinitions/{guid.lower()}") for one in self._made)

    def rights(self, row: Row) -> None:
        """What the recorder was allowed here, as roles of the caller."""
        scope = row.path.lower().split("/providers/microsoft.authorization/")[0]
        for number, one in enumerate(row.body["value"]):
            guid = f"7d1f0000-0000-4000-8000-{number:012d}"
            self._custom(guid, {"roleName": f"recorded {number}", "permissions": [one]})
            key = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{guid}"
            properties = {
                "principalId": PERSON,
                "principalType": "User",
                "scope": scope,
                "roleDefinitionId": rights.role_key(guid),
            }
            document = {
                "id": key,
                "name": guid,
                "type": "Microsoft.Authorization/roleAssignments",
                "properties": properties,
            }
            rights.put_assignment(self._stage.practice.state, document, self._stage.tenant, _LONG_AGO)

    def principal(self, row: Row) -> None:
        """A principal that is given a role though nobody made it."""
        if "/managedclusters/" in row.path.lower() and isinstance(row.sent, dict):
            profile = (row.sent.get("properties") or {}).get("servicePrincipalProfile") or {}
            client = profile.get("clientId")
            if isinstance(client, str) and client != "msi":
                self._directory.person(self._names.text(client, "clientId"), "ServicePrincipal")
        if "/roleassignments/" not in row.path.lower() or not isinstance(row.sent, dict):
            return
        properties = row.sent.get("properties") or {}
        properties = properties.get("properties", properties)
        named = (
            properties.get("principalId") or properties.get("principal_id")
            if isinstance(properties, dict)
            else None
        )
        if not isinstance(named, str) or not GUID.fullmatch(named):
            return
        mine = self._names.text(named, "principalId")
        state = self._stage.practice.state
        kinds = ("user", "servicePrincipal", "directoryGroup")
        if any(state.get(kind, mine) for kind in kinds):
            return
        answered = row.body.get("properties", {}) if isinstance(row.body, dict) else {}
        said = properties.get("principalType") if isinstance(properties, dict) else None
        kind = str(said or answered.get("principalType") or "ServicePrincipal")
        self._directory.person(mine, kind)
