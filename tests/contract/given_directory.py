"""People, applications and groups that were in the recorder's directory before a recording began."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from tests.contract.names import Names
from tests.contract.recordings import GUID, ZERO, Row
from tests.contract.stage import PERSON, Stage
from wizard.practice.client_secrets import put_secret
from wizard.practice.graph.schema import APPLICATION, GROUP, SERVICE_PRINCIPAL, USER, Entity

_KINDS: Mapping[str, tuple[str, Entity]] = {
    "users": ("user", USER),
    "me": ("user", USER),
    "applications": ("application", APPLICATION),
    "serviceprincipals": ("servicePrincipal", SERVICE_PRINCIPAL),
    "groups": ("directoryGroup", GROUP),
}
_TYPED = {
    "#microsoft.graph.user": "users",
    "#microsoft.graph.serviceprincipal": "serviceprincipals",
    "#microsoft.graph.application": "applications",
    "#microsoft.graph.group": "groups",
}
_LONG_AGO = 0.0


class Directory:
    """What of the directory has to be there for a row; `made` is what the cassette makes itself."""

    def __init__(self, stage: Stage, names: Names, made: set[str]) -> None:
        self._stage = stage
        self._names = names
        self._made = made

    def shown(self, row: Row) -> bool:
        """Put there what a row of Graph shows; whether that is what it asks for."""
        if row.method in ("DELETE", "PATCH"):
            self._called(row)
        if not isinstance(row.body, dict) or row.host != "graph.microsoft.com":
            return False
        parts = row.path.strip("/").split("/")
        segment = parts[1].split("(")[0].lower()
        items = row.body["value"] if isinstance(row.body.get("value"), list) else [row.body]
        if segment == "directoryobjects" or (segment == "groups" and len(parts) > 3 and row.method == "GET"):
            kinds = [
                _TYPED.get(str(one.get("@odata.type")).lower()) for one in items if isinstance(one, dict)
            ]
            put_there = [
                self._entry(*_KINDS[kind], one) for kind, one in zip(kinds, items, strict=False) if kind
            ]
            return any(put_there)
        if segment == "me" and row.method == "GET" and len(parts) == 2:
            self._myself(row.body)
            return False
        if segment not in _KINDS:
            return False
        if len(parts) > 3 and GUID.fullmatch(parts[2]):
            self._entry(*_KINDS[segment], {"id": parts[2]})
        if row.method != "GET" or len(parts) > 3:
            return False
        named = re.search(r"(?:userPrincipalName|mail) eq '([^']*)'", row.query.get("$filter", ""))
        more = {"userPrincipalName": named[1], "mail": named[1]} if named else {}
        put_there = [self._entry(*_KINDS[segment], one | more) for one in items if isinstance(one, dict)]
        return any(put_there)

    def _called(self, row: Row) -> None:
        """A user whose name the recorders cut away where it was made, and left in an address."""
        named = row.path.strip("/").split("/")[-1]
        users = [one for _, one in self._stage.practice.state.all("user") if one["id"] != PERSON]
        known = any(str(one["upn"]).lower() == named.lower() for one in users)
        if "@" in named and "(" not in named and users and not known:
            self._stage.practice.state.put("user", users[-1]["id"], users[-1] | {"upn": named})

    def client(self, row: Row) -> None:
        """An application that signs in; the recorders wrote REDACTED for its secret, so that is its secret here."""
        fields = dict(parse_qsl(row.sent)) if isinstance(row.sent, str) else {}
        key, secret = fields.get("client_id", ""), fields.get("client_secret", "")
        practice = self._stage.practice
        if not GUID.fullmatch(key) or practice.state.get("application", key) is not None or not secret:
            return
        common = {
            "id": key,
            "appId": key,
            "tenant": self._stage.tenant,
            "displayName": "recorder",
            "_created": _LONG_AGO,
            "_owners": [],
        }
        practice.state.put("application", key, APPLICATION.fresh() | common)
        practice.state.put("servicePrincipal", key, SERVICE_PRINCIPAL.fresh() | common)
        ends = practice.clock.now() + timedelta(days=365)
        put_secret(
            practice, str(uuid.uuid4()), key, secret, display_name="recorded", ends=ends, created=_LONG_AGO
        )

    def _myself(self, one: Mapping[str, Any]) -> None:
        """Who the recorder was; the ids differ, and are learned from the answer."""
        state = self._stage.practice.state
        mine = state.get("user", PERSON) or {}
        state.put(
            "user",
            PERSON,
            mine
            | {name: value for name, value in one.items() if name in ("displayName", "mail", "jobTitle")},
        )

    def _entry(self, kind: str, entity: Any, one: Mapping[str, Any]) -> bool:
        key = str(one.get("id", "")).lower()
        state = self._stage.practice.state
        if not GUID.fullmatch(key) or key == ZERO or (key in self._made and self._names.text(key) == key):
            return False
        mine = state.get(kind, self._names.text(key))
        if mine and kind == "user" and one.get("userPrincipalName"):
            # The recorders cut names out of bodies, not out of filters: here is the one it was made with.
            state.put(kind, mine["id"], mine | {"upn": one["userPrincipalName"], "mail": one.get("mail")})
        if (mine and not mine.get("_bare")) or self._names.text(key) != key:
            return False
        document = entity.fresh() | {name: value for name, value in one.items() if not name.startswith("@")}
        document |= {"tenant": self._stage.tenant, "_created": _LONG_AGO, "_owners": []}
        if kind == "user":
            document |= {
                "upn": one.get("userPrincipalName") or f"{key}@recorded.onmicrosoft.com",
                "userType": "Member",
                "directoryRoles": [],
            }
        state.put(kind, key, document)
        return True

    def person(self, key: str, kind: str) -> None:
        """Put a principal of a kind there."""
        state, tenant = self._stage.practice.state, self._stage.tenant
        common = {"id": key, "tenant": tenant, "displayName": "Someone", "_created": _LONG_AGO, "_bare": True}
        if kind == "User":
            more: dict[str, Any] = {
                "upn": f"{key}@recorded.onmicrosoft.com",
                "mail": None,
                "userType": "Member",
                "directoryRoles": [],
                "givenName": None,
                "surname": None,
            }
            state.put("user", key, common | more)
        elif kind == "Group":
            state.put("directoryGroup", key, GROUP.fresh() | common)
        else:
            state.put(
                "servicePrincipal", key, SERVICE_PRINCIPAL.fresh() | common | {"appId": key, "_owners": []}
            )
