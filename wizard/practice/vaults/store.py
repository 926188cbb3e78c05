"""What vaults hold: keys and secrets with their versions, living or deleted and not yet purged."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from wizard.practice.arm import shelf
from wizard.practice.kernel import HERE, Failure, Practice
from wizard.practice.vaults import words

Kind = Literal["keys", "secrets"]
SERVICES: Mapping[str, str] = {
    "vault.azure.net": "Microsoft.KeyVault/vaults",
    "managedhsm.azure.net": "Microsoft.KeyVault/managedHSMs",
}
_NAME = re.compile(r"[A-Za-z0-9-]{1,127}")
_DELETING = 10.0
_DAY = 86400


def service_of(pool: Mapping[str, Any]) -> str:
    """The service a vault or HSM answers at."""
    kind = str(pool["type"]).lower()
    return next(service for service, known in SERVICES.items() if known.lower() == kind)


def address(pool: Mapping[str, Any]) -> str:
    """The `vaultUri` of a vault, or the `hsmUri` of an HSM, with `HERE` for the origin."""
    return f"{HERE}/{service_of(pool)}/{pool['name']}/"


def pool_named(practice: Practice, service: str, name: str) -> dict[str, Any] | None:
    """The vault or HSM of a name, or None."""
    key = holder(practice, SERVICES[service], name)
    return shelf.stored(practice, key) if key else None


def holder(practice: Practice, kind: str, name: str) -> str | None:
    """The id of the vault of a name in all the world; "" when a stranger has it. A world's own vaults count too."""
    known = shelf.owner_of(practice, kind, name)
    if known is not None:
        return known
    tail = f"/providers/{kind}/{name}".lower()
    return next((key for key, _ in practice.state.all("resource") if key.lower().endswith(tail)), None)


def _place(pool: Mapping[str, Any], kind: Kind, name: str) -> str:
    return f"{pool['id']}/{kind}/{name}"


def find(practice: Practice, pool: Mapping[str, Any], kind: Kind, name: str) -> dict[str, Any] | None:
    """A key or secret that lives, or None; what is being recovered is not there yet."""
    found = practice.state.get("vaultItem", _place(pool, kind, name))
    if found is None or found.get("deleted") or practice.clock.now().timestamp() < found.get("back", 0.0):
        return None
    return found


def find_deleted(practice: Practice, pool: Mapping[str, Any], kind: Kind, name: str) -> dict[str, Any] | None:
    """A key or secret that is deleted and can be recovered, or None; deleting takes some seconds."""
    found = practice.state.get("vaultItem", _place(pool, kind, name))
    if found is None or not found.get("deleted") or practice.clock.now().timestamp() < found["gone"]:
        return None
    return found


def being_deleted(practice: Practice, pool: Mapping[str, Any], kind: Kind, name: str) -> bool:
    """Whether a key or secret is on its way to the deleted ones."""
    found = practice.state.get("vaultItem", _place(pool, kind, name))
    return bool(found and found.get("deleted") and practice.clock.now().timestamp() < found["gone"])


def every(
    practice: Practice, pool: Mapping[str, Any], kind: Kind, *, deleted: bool = False
) -> Iterator[dict[str, Any]]:
    """The living or the deleted ones, by name."""
    look = find_deleted if deleted else find
    found = (
        look(practice, pool, kind, one["name"])
        for _, one in practice.state.under("vaultItem", f"{pool['id']}/{kind}/")
    )
    return iter(sorted((one for one in found if one), key=lambda one: str(one["name"]).lower()))


def version(item: Mapping[str, Any], wanted: str = "") -> dict[str, Any] | None:
    """A version of a key or secret; the latest when none is named."""
    versions: list[dict[str, Any]] = item["versions"]
    return next((one for one in reversed(versions) if not wanted or one["id"] == wanted.lower()), None)


def put(
    practice: Practice,
    pool: Mapping[str, Any],
    kind: Kind,
    name: str,
    *,
    made: Mapping[str, Any],
    asked: Mapping[str, Any],
) -> dict[str, Any]:
    """A new version of a key or secret, and the item with it.

    Args:
        practice: where.
        pool: the vault or HSM.
        kind: `keys` or `secrets`.
        name: of the key or secret.
        made: the material, or the `value` and `contentType`.
        asked: `attributes`, `tags`, `key_ops` and `release_policy` of the request.

    Raises:
        Failure: 400 for a name that cannot be one, 409 when it is deleted and not purged.
    """
    if not _NAME.fullmatch(name):
        word = "Key" if kind == "keys" else "Secret"
        raise words.bad(
            f"The request URI contains an invalid name: {name}"
            if not name
            else f"{word} name is invalid: {name}"
        )
    held = practice.state.get("vaultItem", _place(pool, kind, name))
    if held and held.get("deleted"):
        raise deleted_conflict(kind, name, going=practice.clock.now().timestamp() < held["gone"])
    now = int(practice.clock.now().timestamp())
    # A key that only serves to bring others in lives for two days.
    passing = {"exp": now + 2 * _DAY} if asked.get("key_ops") == ["import"] else {}
    attributes = (
        {"enabled": True} | passing | _given(asked.get("attributes")) | {"created": now, "updated": now}
    )
    new = {"id": uuid.uuid4().hex, "attributes": attributes, "tags": asked.get("tags"), **made}
    if kind == "keys":
        usual = words.OPERATIONS.get(words.family(str(made["kty"])), ())
        new["ops"] = list(asked.get("key_ops") or usual)
    if asked.get("release_policy"):
        new["release_policy"] = asked["release_policy"]
    item = (held or {"name": name, "kind": kind, "versions": []}) | {"pool": pool["id"]}
    item["versions"] = [*item["versions"], new]
    keep(practice, pool, item)
    return new


def deleted_conflict(kind: Kind, name: str, *, going: bool) -> Failure:
    """409 for a name whose key or secret is deleted, but not purged."""
    word = "Key" if kind == "keys" else "Secret"
    if going:
        return Failure(
            409,
            "Conflict",
            f"{word} {name} is currently being deleted.",
            inner={"code": "ObjectIsBeingDeleted"},
        )
    return Failure(
        409,
        "Conflict",
        f"{word} {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state,"
        f" the {word.lower()} can only be recovered or purged.",
        inner={"code": "ObjectIsDeletedButRecoverable"},
    )


def _given(attributes: object) -> dict[str, Any]:
    found = attributes if isinstance(attributes, dict) else {}
    return {
        name: found[name] for name in ("enabled", "nbf", "exp", "exportable") if found.get(name) is not None
    }


def change(found: dict[str, Any], asked: Mapping[str, Any], now: float) -> None:
    """Change the attributes, operations and tags of a version in place."""
    found["attributes"] |= _given(asked.get("attributes")) | {"updated": int(now)}
    if asked.get("key_ops") is not None:
        found["ops"] = list(asked["key_ops"])
    for name in ("tags", "contentType", "release_policy"):
        if asked.get(name) is not None:
            found[name] = asked[name]


def keep(practice: Practice, pool: Mapping[str, Any], item: dict[str, Any]) -> None:
    """Write a key or secret."""
    place = _place(pool, item["kind"], item["name"])
    practice.state.put("vaultItem", place, item)
    if item.get("deleted"):
        shelf.drop(practice, place)
    elif shelf.stored(practice, place) is None:
        shelf.put(practice, place, _resource(pool, item))


def _resource(pool: Mapping[str, Any], item: Mapping[str, Any]) -> dict[str, Any]:
    """What ARM knows of a key or secret; the rest is looked up here when somebody reads it."""
    return {
        "id": _place(pool, item["kind"], item["name"]),
        "name": item["name"],
        "type": f"{pool['type']}/{item['kind']}",
        "location": pool.get("location"),
        "properties": {},
    }


def reappear(practice: Practice, pool: Mapping[str, Any]) -> None:
    """Show ARM what a vault held that is recovered."""
    for place, item in practice.state.under("vaultItem", f"{pool['id']}/"):
        if not item.get("deleted"):
            shelf.put(practice, place, _resource(pool, item))


def bury(practice: Practice, pool: Mapping[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    """Delete a key or secret so that it can be recovered for as long as the vault says."""
    now = practice.clock.now().timestamp()
    days = retention(pool)
    item |= {
        "deleted": int(now),
        "purge": int(now) + days * _DAY,
        "gone": practice.clock.takes(_DELETING).timestamp(),
    }
    if days:
        keep(practice, pool, item)
    else:
        purge(practice, pool, item)
    return item


def recover(practice: Practice, pool: Mapping[str, Any], item: dict[str, Any]) -> None:
    """Bring a deleted one back; that takes some seconds too."""
    for name in ("deleted", "purge", "gone"):
        item.pop(name, None)
    keep(practice, pool, item | {"back": practice.clock.takes(_DELETING).timestamp()})


def purge(practice: Practice, pool: Mapping[str, Any], item: Mapping[str, Any]) -> None:
    """Remove a key or secret for good."""
    shelf.drop(practice, _place(pool, item["kind"], item["name"]))
    practice.state.delete("vaultItem", _place(pool, item["kind"], item["name"]))


def forget(practice: Practice, pool_id: str) -> None:
    """Remove all that a vault held."""
    for key, _ in practice.state.under("vaultItem", f"{pool_id}/"):
        practice.state.delete("vaultItem", key)


def retention(pool: Mapping[str, Any]) -> int:
    """For how many days what is deleted can be recovered; 0 when it cannot."""
    properties = pool.get("properties") or {}
    if properties.get("enableSoftDelete") is False:
        return 0
    return int(properties.get("softDeleteRetentionInDays") or 90)


def recovery_level(pool: Mapping[str, Any]) -> str:
    """How Key Vault names what can be done about a deletion."""
    days = retention(pool)
    if not days:
        return "Purgeable"
    word = "Recoverable" if days == 90 else "CustomizedRecoverable"  # noqa: PLR2004 - the usual number of days
    protected = (pool.get("properties") or {}).get("enablePurgeProtection")
    return word if protected else f"{word}+Purgeable"


def purge_protected(pool: Mapping[str, Any]) -> bool:
    """Whether nothing can be purged before its time."""
    return bool((pool.get("properties") or {}).get("enablePurgeProtection"))
