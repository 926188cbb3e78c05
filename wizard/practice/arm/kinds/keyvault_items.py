"""Keys and secrets of a vault as ARM writes and shows them; they are the same that the vault itself serves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wizard.practice.arm import ids, shelf
from wizard.practice.arm.call import Call, Operation, collection
from wizard.practice.arm.kinds.keyvault_deleted import VAULT
from wizard.practice.arm.types import Adding, ResourceType, Way
from wizard.practice.kernel import Failure, Practice, Response
from wizard.practice.vaults import handlers, store, words

_NAME = re.compile(r"[A-Za-z0-9-]{1,127}")
_KEY_PARTS = 11  # "", subscriptions, s, resourceGroups, g, providers, namespace, vaults, v, keys, k


def _pool(practice: Practice, key: ids.Id) -> dict[str, Any]:
    while key.parent:
        key = key.parent
    return shelf.stored(practice, key.text) or {}


def _kept(kind: store.Kind, adding: Adding, document: dict[str, Any]) -> dict[str, Any]:
    """Write the first version of what is not there; a key that is there stays as it is, a secret gets a new version."""
    practice, pool = adding.practice, _pool(adding.practice, adding.id)
    if kind == "keys" and store.find(practice, pool, kind, adding.id.leaf):
        return document | {"properties": {}}
    given = adding.properties
    made = _material(given) if kind == "keys" else _value(given)
    asked = {
        "attributes": given.get("attributes"),
        "key_ops": given.get("keyOps"),
        "tags": adding.body.get("tags"),
    }
    if adding.call.request.method == "PATCH":
        item = store.find(practice, pool, kind, adding.id.leaf)
        if item:
            store.change(item["versions"][-1], asked, practice.clock.now().timestamp())
            store.keep(practice, pool, item)
    else:
        store.put(practice, pool, kind, adding.id.leaf, made=made, asked=asked)
    return document | {"properties": {}, "location": pool.get("location")}


def _material(given: Mapping[str, Any]) -> dict[str, Any]:
    kty = str(given.get("kty") or "")
    if words.family(kty) not in {"RSA", "EC"}:
        raise Failure(400, "BadRequest", f"Property kty has invalid value: '{kty}'.")
    from wizard.practice.vaults import material

    return material.fresh(kty, given.get("keySize"), given.get("curveName"))


def _value(given: Mapping[str, Any]) -> dict[str, Any]:
    return {"value": str(given.get("value") or ""), "contentType": given.get("contentType")}


def _key_kept(adding: Adding, document: dict[str, Any]) -> dict[str, Any]:
    return _kept("keys", adding, document)


def _secret_kept(adding: Adding, document: dict[str, Any]) -> dict[str, Any]:
    return _kept("secrets", adding, document)


def _shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    key = ids.parse(str(found["id"]))
    kind: store.Kind = "keys" if found["type"].endswith("/keys") else "secrets"
    pool = _pool(practice, key)
    item = store.find(practice, pool, kind, key.leaf) if pool else None
    return _properties(pool, kind, item, item["versions"][-1]) if item else {}


def _properties(
    pool: Mapping[str, Any], kind: store.Kind, item: Mapping[str, Any], version: Mapping[str, Any]
) -> dict[str, Any]:
    at = f"{store.address(pool)}{kind}/{item['name']}"
    held = handlers.attributes(pool, version)
    names = ("enabled", "nbf", "exp", "created", "updated", "recoveryLevel", "exportable")
    shown: dict[str, Any] = {"attributes": {name: held[name] for name in names if name in held}}
    if kind == "keys":
        shown |= {"kty": version["kty"], "keyOps": version["ops"], "keyUri": at}
        shown["keyUriWithVersion"] = f"{at}/{version['id']}"
        shown |= {"keySize": version["size"]} if "size" in version else {"curveName": version["crv"]}
    else:
        shown |= {"secretUri": at, "secretUriWithVersion": f"{at}/{version['id']}"}
        shown |= {"contentType": version["contentType"]} if version.get("contentType") else {}
    return {"properties": shown, "location": pool.get("location"), "tags": version.get("tags") or {}}


def _versions(call: Call) -> Response:
    return collection([_version(call, one) for one in _item(call)["versions"]])


def _one_version(call: Call) -> Response:
    found = store.version(_item(call), call.parts["version"])
    if found is None:
        raise Failure(404, "KeyNotFound", f"Key not found: {call.parts['key']}/{call.parts['version']}")
    return Response(200, _version(call, found))


def _item(call: Call) -> dict[str, Any]:
    key = _key(call)
    found = store.find(call.practice, _pool(call.practice, key), "keys", key.leaf)
    if found is None:
        raise Failure(404, "KeyNotFound", f"Key not found: {key.leaf}")
    return found


def _key(call: Call) -> ids.Id:
    return ids.parse("/".join(call.path.split("/")[:_KEY_PARTS]))


def _version(call: Call, version: Mapping[str, Any]) -> dict[str, Any]:
    key = _key(call)
    pool = _pool(call.practice, key)
    at = {
        "id": f"{key.text}/versions/{version['id']}",
        "name": version["id"],
        "type": f"{VAULT}/keys/versions",
    }
    return at | _properties(pool, "keys", {"name": key.leaf}, version)


_EXAMPLE = {
    "properties": {
        "kty": "", "keySize": 0, "curveName": "", "keyOps": [""], "value": "", "contentType": "",
        "attributes": {"enabled": False, "nbf": 0, "exp": 0, "exportable": False},
    }
}  # fmt: skip


def _inside(name: str, **rest: Any) -> ResourceType:
    return ResourceType(
        f"{VAULT}/{name}",
        way=Way(200),
        members=frozenset({"location", "tags", "properties"}),
        example=_EXAMPLE,
        tracked=False,
        state=False,
        rule=_NAME,
        says="The name is not valid: 1 to 127 letters, digits and hyphens.",
        says_code="BadRequest",
        shown=_shown,
        **rest,
    )


TYPES = (
    _inside("keys", completed=_key_kept),
    _inside("secrets", completed=_secret_kept),
)
_VERSIONS = "/subscriptions/{subscription}/resourcegroups/{group}/providers/Microsoft.KeyVault/vaults/{vault}/keys/{key}/versions"
OPERATIONS = (
    Operation("GET", _VERSIONS, _versions, "Microsoft.KeyVault/vaults/keys/versions/read", strip=1),
    Operation(
        "GET",
        f"{_VERSIONS}/{{version}}",
        _one_version,
        "Microsoft.KeyVault/vaults/keys/versions/read",
        strip=2,
    ),
)
