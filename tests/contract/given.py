"""What was there before a recording began: put into the world just before the row that shows it or refers to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.contract import vaults
from tests.contract.given_directory import Directory
from tests.contract.given_tenant import Tenant
from tests.contract.names import Names
from tests.contract.recordings import Cassette, Row
from tests.contract.stage import Stage
from wizard.practice.arm import ids, shelf
from wizard.practice.arm.kinds import find

_GROUP = re.compile(r"(/subscriptions/[^/]+)/resourcegroups/([^/]+)", re.IGNORECASE)
ITEM = re.compile(
    r"/subscriptions/[^/]+(?:/resourcegroups/[^/]+)?(?:/providers/[^/]+(?:/(?!providers/)[^/]+/[^/]+)+)+",
    re.IGNORECASE,
)
_PLACELESS = frozenset({"microsoft.authorization", "microsoft.resources", "microsoft.management"})
_LONG_AGO = 0.0
# What is listed and no resource, by its type and how the state calls it.
_KEPT = {"microsoft.authorization/locks": "lock", "microsoft.resources/deployments": "deployment"}
_OVER: Mapping[str, Any] = {
    "_begun": _LONG_AGO,
    "_accepted": _LONG_AGO,
    "_ended": _LONG_AGO,
    "_number": "0",
    "_tracking": "",
    "_template": {},
    "_steps": [],
}


class Before:
    """Knows of one cassette which documents it shows and what it makes itself."""

    def __init__(self, cassette: Cassette, stage: Stage, names: Names) -> None:
        self._stage = stage
        self._names = names
        self._shown = dict(_documents(cassette))
        self._made: set[str] = set()
        self._templates = ""
        self._place_of_row = ""
        self._rows = cassette.rows
        self._directory = Directory(stage, names, self._made)
        self._tenant = Tenant(stage, names, self._made, self._directory)
        self._region = "westus2"

    def passed(self, row: Row) -> None:
        """Remember what a row that was played has made, or tried to make, or taken away."""
        found = ITEM.fullmatch(row.path)
        foreign = found is not None and find(ids.parse(row.path).type) is None
        if row.method in ("PUT", "DELETE", "POST") and not foreign:
            self._made.add(row.path.lower())
        if row.method == "PUT" and "/deployment" in row.path.lower() and row.sent is not None:
            self._templates += json.dumps(row.sent).lower()
        if row.host.startswith("graph") and row.method == "POST" and isinstance(row.body, dict):
            self._made.update(
                str(row.body[name]).lower() for name in ("id", "objectId", "appId") if name in row.body
            )

    def prepare(self, row: Row) -> bool:
        """Put what the row needs into the world; whether what it asks for itself had to be put there."""
        if row["host_kind"] == "graph":
            return row.succeeded and self._directory.shown(row)
        if row["host_kind"] == "login":
            self._directory.client(row)
            return False
        if row["host_kind"] != "arm" or row.follows is not None:
            return False
        sent = row.sent if isinstance(row.sent, dict) else row.body
        self._place_of_row = str(sent.get("location") or "") if isinstance(sent, dict) else ""
        if not row.succeeded:
            self._refused(row)
            return False
        if not (_GROUP.fullmatch(row.path) and row.method == "PUT" and row.status == 201):
            self._group(row.path)
        special = self._special(row)
        return self._resources(row) if special is None else special

    def _refused(self, row: Row) -> None:
        """What was there although it was refused: at least the group."""
        if row.error.get("code") == "NotFound" and row.method == "GET":
            # Microsoft.Network itself says so of what is nested: its parent is there.
            self._parent(row.path)
        gone = row.error.get("code") in ("ResourceGroupNotFound", "SubscriptionNotFound")
        if not _GROUP.fullmatch(row.path) and not gone:
            self._group(row.path)

    def _special(self, row: Row) -> bool | None:
        """What is not a resource in a group; None when it is one."""
        if row.label == "Resources/subscriptions":
            return self._tenant.subscriptions(row)
        if row.label == "Resources/tenants":
            return self._tenant.tenants(row)
        if row.label == "Management/managementGroups":
            return self._tenant.management(row)
        if row.label == "Authorization/permissions":
            self._parent(row.path)
            self._tenant.rights(row)
            return False
        if row.label.startswith("Authorization/role"):
            self._tenant.role(row)
        return None

    def _resources(self, row: Row) -> bool:
        asked = row.method in ("GET", "HEAD", "PATCH", "DELETE", "POST") and self._asked(row)
        if row.method in ("PUT", "PATCH", "POST"):
            # What a resource refers to stands in its own region.
            home = row.sent.get("location") if isinstance(row.sent, dict) else None
            self._region = home if isinstance(home, str) and home not in ("", "global") else self._region
            self._references(row)
        if row.method == "PUT":
            self._parent(row.path)
            self._tenant.principal(row)
        return asked

    def _asked(self, row: Row) -> bool:
        found = ITEM.match(row.path)
        if row.method == "DELETE" and row.status == 204:
            return False
        if row.method == "GET" and isinstance(row.body, dict) and isinstance(row.body.get("value"), list):
            listed = [self._listed(one) for one in row.body["value"]]
            self._parent(row.path)
            return any(listed)
        if "/microsoft.authorization/" in row.path.lower():
            self._parent(row.path.lower().split("/providers/microsoft.authorization/")[0] + "/providers/x")
            return (
                isinstance(row.body, dict)
                and "/roleassignments/" in row.path.lower()
                and self._tenant.assignment(row.body)
            )
        if found is None:
            return bool(self._lonely_group(row))
        return self._resource(found[0])

    def _lonely_group(self, row: Row) -> bool:
        """Whether the group that is asked for was put there for the asking."""
        found = _GROUP.fullmatch(row.path)
        return bool(found) and row.path.lower() not in self._made and row.path.lower() in self._given_groups

    @property
    def _given_groups(self) -> set[str]:
        return {key.lower() for key, one in self._stage.practice.state.all("group") if one.get("_given")}

    def _listed(self, one: Any) -> bool:
        if not isinstance(one, dict) or not isinstance(one.get("id"), str):
            return False
        place = str(one["id"])
        if "/roleassignments/" in place.lower():
            return self._tenant.assignment(one)
        if _GROUP.fullmatch(place):
            return self._group(place)
        if not ITEM.fullmatch(place):
            return False
        if (kind := ids.parse(place).type.lower()) in _KEPT:
            return self._kept(_KEPT[kind], place, one)
        self._group(place)
        return self._resource(place, even_unknown=True)

    def _kept(self, kind: str, place: str, one: Mapping[str, Any]) -> bool:
        """Put a lock or an old deployment there; whether it had to be."""
        state = self._stage.practice.state
        known = place.lower() in self._made or state.get(kind, place) is not None
        if known or (kind == "lock" and f'"{ids.parse(place).type.lower()}"' in self._templates):
            return False
        state.put(kind, place, {**_OVER, **one} if kind == "deployment" else dict(one))
        return True

    def _group(self, path: str) -> bool:
        found = _GROUP.match(path)
        if found is None:
            return False
        key = ids.parse(found[0]).text
        state = self._stage.practice.state
        if key.lower() in self._made or state.get("group", key) is not None:
            return False
        shown = self._shown.get(key.lower(), {})
        state.put(
            "group",
            key,
            {
                "location": self._place_of_row or "westus2",
                **shown,
                "id": key,
                "name": found[2],
                "type": "Microsoft.Resources/resourceGroups",
                "properties": {"provisioningState": "Succeeded"},
                "_given": True,
            },
        )
        return True

    def _resource(self, place: str, *, even_unknown: bool = False) -> bool:
        """Put a resource there, with what it is part of; whether it had to be."""
        key = ids.parse(self._names.path(place))
        if key.type.lower() == "microsoft.keyvault/locations/deletedvaults":
            return vaults.put_deleted(
                self._stage, self._shown.get(place.lower()) or {}, self._shown, self._made
            )
        if key.namespace.lower() in _PLACELESS or self._known(key):
            return False
        declared = find(key.type)
        if (declared is None and not even_unknown) or (declared is not None and declared.own):
            return False
        return self._place(key, place)

    def _known(self, key: ids.Id) -> bool:
        state = self._stage.practice.state
        low = key.text.lower()
        if state.get("resource", key.text) is not None or low in self._made:
            return True
        if any(
            low.startswith(one + "/") for one in self._made if "/providers/" in one and ITEM.fullmatch(one)
        ):
            return True
        return f'"{key.type.lower()}"' in self._templates

    def _place(self, key: ids.Id, recorded: str) -> bool:
        if key.parent and not self._known(key.parent):
            self._place(key.parent, "")
        document = self._names.body(
            self._shown.get(recorded.lower()) or self._shown.get(key.text.lower()) or {}
        )
        self._group(key.text)
        document = {"location": self._region, **document} | {"id": key.text, "name": key.leaf}
        declared = find(key.type)
        document["type"] = declared.name if declared else key.type
        properties = document.get("properties")
        document["properties"] = dict(properties) if isinstance(properties, dict) else {}
        if declared is None or declared.state:
            document["properties"]["provisioningState"] = "Succeeded"
        children = declared.children if declared else ()
        inner = [(one, document["properties"].pop(one.property, None)) for one in children]
        if children:
            document["_children"] = {one.property: one.type for one in children}
        shelf.put(self._stage.practice, key.text, document | {"_since": "2020-01-01T00:00:00.0000000Z"})
        self._remember(declared, key, document)
        for one, found in inner:
            for child in found or ():
                if isinstance(child, dict) and child.get("name"):
                    place = f"{key.text}/{one.type.rpartition('/')[2]}/{child['name']}"
                    self._shown.setdefault(place.lower(), child)
                    self._place(ids.parse(place), place)
        return True

    def _remember(self, declared: Any, key: ids.Id, document: Mapping[str, Any]) -> None:
        practice = self._stage.practice
        if declared is not None and declared.unique:
            shelf.take_name(practice, declared.name, key.leaf, key.text)
        identity = document.get("identity")
        holders = [identity, document["properties"]]
        if isinstance(identity, dict) and isinstance(identity.get("userAssignedIdentities"), dict):
            holders += identity["userAssignedIdentities"].values()
        for one in holders:
            if isinstance(one, dict) and isinstance(one.get("principalId"), str):
                practice.state.put(
                    "managedIdentity", one["principalId"], {"id": key.text, "tenant": self._stage.tenant}
                )

    def _parent(self, path: str) -> None:
        found = ITEM.match(path)
        if found is None:
            return
        key = ids.parse(self._names.path(found[0]))
        if key.parent and not self._known(key.parent):
            self._place(key.parent, "")
        scope = key.scope
        if scope.links and not self._known(scope):
            self._place(scope, "")
        rest = path[len(found[0]) :]
        if (rest.count("/") == 1 or rest.startswith("/providers/")) and not self._known(key):
            self._place(key, found[0])

    def _references(self, row: Row) -> None:
        own = row.path.lower()
        template = "/deployments/" in own or "/deploymentstacks/" in own
        if template and self._fails(row):
            return
        told = json.dumps(row.sent).lower().replace("\\", "") if template else ""
        if template and '"microsoft.resources/resourcegroups"' not in told:
            # A template names the groups that it goes to in its own ways; the answer has their ids.
            for text in _texts(row.body):
                self._group(text)
        for text in _texts(row.sent):
            found = ITEM.fullmatch(text)
            if found is None or text.lower().startswith(own):
                if _GROUP.fullmatch(text):
                    self._group(text)
                continue
            self._group(text)
            key = ids.parse(self._names.path(text))
            # A subresource that only its own resource knows, such as a front end of a balancer, comes with that.
            if key.namespace.lower() in _PLACELESS or self._known(key) or _makes(told, key):
                continue
            if template and find(key.type) is None:
                continue
            self._place(key, text)

    def _fails(self, row: Row) -> bool:
        """Whether what a call began ended badly: perhaps for want of what it refers to."""
        ends = [one.body for one in self._rows if one.follows == row.n and isinstance(one.body, dict)]
        return any(str(one.get("status")).lower() in ("failed", "canceled") for one in ends)


def _makes(template: str, key: ids.Id) -> bool:
    """Whether a template makes a resource itself, or what that is part of."""
    return any(f'"{one.type.lower()}"' in template for one in (key, key.parent) if one)


def _documents(cassette: Cassette) -> Iterator[tuple[str, dict[str, Any]]]:
    """The documents that a cassette's readings show, by their ids; the first reading counts."""
    for row in reversed(cassette.rows):
        if row["host_kind"] != "arm" or not row.succeeded or not isinstance(row.body, dict):
            continue
        found = row.body.get("value") if isinstance(row.body.get("value"), list) else [row.body]
        for one in found or ():
            if isinstance(one, dict) and isinstance(one.get("id"), str) and isinstance(one.get("name"), str):
                yield one["id"].lower(), one


def _texts(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        for name, value in document.items():
            if name.startswith("/"):
                yield name
            yield from _texts(value)
    elif isinstance(document, list):
        for one in document:
            yield from _texts(one)
    elif isinstance(document, str) and document.startswith("/"):
        yield document.rstrip("/")
