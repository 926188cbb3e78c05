"""The vaults of a recording: where practice Azure has them, and what was in them before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.contract.names import Names
from tests.contract.recordings import Cassette, Row
from tests.contract.stage import PERSON, Stage
from tests.contract.vault_times import ITEM
from wizard.practice.arm import shelf
from wizard.practice.vaults import material, store, words

_MAKES = frozenset({"create", "restore"})
FORBIDDEN = 403
_SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"


def service(row: Row) -> tuple[str, str]:
    """The name of the vault and the service of a row; some recorders took the name out."""
    host = row.host.split(":")[0]
    suffix = next(one for one in store.SERVICES if host.endswith(one))
    return host.removesuffix(suffix).strip(".") or "vaultname", suffix


def kind(row: Row) -> str:
    """As whom to ask: nobody when the recorded call had no token."""
    if row.status == 401:
        return "nobody"
    return "hsm" if "managedhsm" in row.host else "vault"


def path(row: Row, names: Names) -> str:
    """The path of a row here."""
    name, suffix = service(row)
    found = ITEM.fullmatch(row.path)
    if found and found[4]:
        recorded = f"https://{row.host}/{found[2]}/{found[3]}/{found[4]}"
        ours = names.text(recorded, "kid")
        if ours != recorded:
            tail = f"/{found[5]}" if found[5] else ""
            return f"/{ours.split('/', 3)[3]}{tail}"
    return f"/{suffix}/{name}{row.path}"


def _level(body: Mapping[str, Any]) -> str:
    attributes = body.get("attributes")
    return str(attributes.get("recoveryLevel")) if isinstance(attributes, dict) else ""


class Vaults:
    """What is known of the vaults of one cassette."""

    def __init__(self, cassette: Cassette, stage: Stage) -> None:
        self._stage = stage
        self._made: set[tuple[str, str]] = set()
        self._soft = {
            row.host
            for row in cassette.rows
            if isinstance(row.body, dict) and ("recoveryId" in row.body or "Recoverable" in _level(row.body))
        }
        self._types = {
            (row.host, found[3]): str(row.body["key"].get("kty"))
            for row in cassette.rows
            if row["host_kind"] == "vault" and (found := ITEM.fullmatch(row.path))
            if isinstance(row.body, dict) and isinstance(row.body.get("key"), dict)
        }

    def prepare(self, row: Row) -> bool:
        """Put the vault there, and the key that is asked for; whether the key had to be."""
        pool = self._open(self._pool(row), may=row.status != FORBIDDEN)
        found = ITEM.fullmatch(row.path)
        if found is None:
            return self._listed(row, pool)
        place = (row.host, found[3])
        making = row.method == "PUT" or found[5] in _MAKES or found[3] == "restore"
        if making or place in self._made or not row.succeeded:
            self._made.add(place)
            return False
        self._made.add(place)
        if found[2].lower() != "keys" or store.find(self._stage.practice, pool, "keys", found[3]):
            return False
        kty = self._types.get(place, "RSA")
        made = material.fresh(kty if words.family(kty) in words.OPERATIONS else "RSA", None, None)
        store.put(self._stage.practice, pool, "keys", found[3], made=made, asked={})
        if found[1]:
            item = store.find(self._stage.practice, pool, "keys", found[3])
            store.bury(self._stage.practice, pool, item or {})
        return True

    def _listed(self, row: Row, pool: Mapping[str, Any]) -> bool:
        """Put the keys there that a list shows and nobody made."""
        shown = row.body.get("value") if isinstance(row.body, dict) and row.path == "/keys" else None
        put_there = False
        for one in shown or ():
            name = str(one.get("kid")).rsplit("/", 1)[-1]
            if (row.host, name) not in self._made and not store.find(
                self._stage.practice, pool, "keys", name
            ):
                made = material.fresh("EC", None, None)
                store.put(
                    self._stage.practice, pool, "keys", name, made=made, asked={"tags": one.get("tags")}
                )
                self._made.add((row.host, name))
                put_there = True
        return put_there

    def _open(self, pool: dict[str, Any], *, may: bool) -> Mapping[str, Any]:
        """Give the one who asks here the rights that the recorder had, whoever that was."""
        properties = pool["properties"]
        others = [one for one in properties.get("accessPolicies") or () if one.get("objectId") != PERSON]
        all_of_them = {"keys": ["all"], "secrets": ["all"]}
        policy = {"tenantId": self._stage.tenant, "objectId": PERSON, "permissions": all_of_them}
        properties |= {"accessPolicies": [*others, policy] if may else others, "tenantId": self._stage.tenant}
        if may:
            properties |= {"enableRbacAuthorization": False, "networkAcls": None}
        shelf.put(self._stage.practice, pool["id"], pool)
        return pool

    def _pool(self, row: Row) -> dict[str, Any]:
        practice = self._stage.practice
        name, suffix = service(row)
        known = store.pool_named(practice, suffix, name)
        if known:
            return known
        kind_of = store.SERVICES[suffix]
        key = f"{_SUBSCRIPTION}/resourceGroups/recorded/providers/{kind_of}/{name}"
        properties = {
            "tenantId": self._stage.tenant, "accessPolicies": [], "enableSoftDelete": row.host in self._soft,
            "sku": {"family": "A", "name": "premium"}, "softDeleteRetentionInDays": 7,
        }  # fmt: skip
        document = {"id": key, "name": name, "type": kind_of, "location": "westus", "properties": properties}
        shelf.put(practice, key, document)
        shelf.take_name(practice, kind_of, name, key)
        return document


def put_deleted(
    stage: Stage, shown: Mapping[str, Any], documents: Mapping[str, Mapping[str, Any]], made: set[str]
) -> bool:
    """Put a vault among the deleted ones that was there before the recording; whether it had to be."""
    properties = shown.get("properties") or {}
    key = str(properties.get("vaultId") or "")
    state = stage.practice.state
    if not key or key.lower() in made or state.get("deleted", key) is not None or state.get("resource", key):
        return False
    kept = {
        "tenantId": stage.tenant, "accessPolicies": [], "sku": {"family": "A", "name": "standard"},
        "enabledForDeployment": False, "enableSoftDelete": True, "softDeleteRetentionInDays": 90,
        "vaultUri": "", "publicNetworkAccess": "Enabled", "enableRbacAuthorization": False, "provisioningState": "Succeeded",
    }  # fmt: skip
    kept |= (documents.get(key.lower()) or {}).get("properties") or {}
    if properties.get("purgeProtectionEnabled"):
        kept["enablePurgeProtection"] = True
    document = {
        "id": key, "name": key.rsplit("/", 1)[-1], "type": "Microsoft.KeyVault/vaults",
        "location": properties.get("location"), "tags": properties.get("tags") or {}, "properties": kept,
    }  # fmt: skip
    state.put("deleted", key, document | {"_deleted": stage.practice.clock.now().timestamp()})
    return True
