"""The operations of a vault: which path means which, what right it needs, what it answers."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from wizard.practice.arm import shapes
from wizard.practice.kernel import HERE, Failure, Practice, Request, Response
from wizard.practice.vaults import store, words

_MOST = 25
_METHODS = ("GET", "PUT", "PATCH", "POST", "DELETE")


_EXAMPLE = {
    "kty": "", "crv": "", "key_size": 0, "key_ops": [""], "alg": "", "value": "", "digest": "", "contentType": "",
    "attributes": {"enabled": False, "nbf": 0, "exp": 0, "exportable": False}, "tags": {}, "key": {"key_ops": [""]},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to a vault."""

    practice: Practice
    request: Request
    pool: dict[str, Any]
    kind: store.Kind
    name: str = ""
    version: str = ""

    @property
    def body(self) -> dict[str, Any]:
        """What was sent.

        Raises:
            Failure: 400 when something in it is of the wrong kind.
        """
        found = self.request.json()
        if path := shapes.fault(found, _EXAMPLE):
            raise words.bad(f"Property {path} has invalid value")
        return found

    @property
    def home(self) -> str:
        """The address of the vault, with `HERE` for the origin."""
        return store.address(self.pool).rstrip("/")

    def item(self) -> dict[str, Any]:
        """The key or secret that is named.

        Raises:
            Failure: 404.
        """
        found = store.find(self.practice, self.pool, self.kind, self.name)
        if found is None:
            raise _none(self.kind, self.name)
        return found

    def chosen(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The same with the version that is meant.

        Raises:
            Failure: 404.
        """
        item = self.item()
        version = store.version(item, self.version)
        if version is None:
            raise _none(self.kind, f"{self.name}/{self.version}")
        return item, version

    def deleted(self) -> dict[str, Any]:
        """The deleted key or secret that is named.

        Raises:
            Failure: 404, or 409 while it is being deleted.
        """
        found = store.find_deleted(self.practice, self.pool, self.kind, self.name)
        if found is None:
            if self.request.method != "GET" and store.being_deleted(
                self.practice, self.pool, self.kind, self.name
            ):
                raise store.deleted_conflict(self.kind, self.name, going=True)
            word = _word(self.kind)
            raise Failure(404, f"{word}NotFound", f"Deleted {word} not found: {self.name}")
        return found


def _word(kind: store.Kind) -> str:
    return "Key" if kind == "keys" else "Secret"


def _none(kind: store.Kind, name: str) -> Failure:
    if kind == "keys":
        return Failure(404, "KeyNotFound", f"Key not found: {name}")
    return Failure(
        404,
        "SecretNotFound",
        f"A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you may be"
        " able to recover it using the correct recovery command. For help resolving this issue, please see"
        " https://go.microsoft.com/fwlink/?linkid=2125182",
    )


def attributes(pool: Mapping[str, Any], version: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a version as a vault shows them."""
    days = store.retention(pool)
    more: dict[str, Any] = {"recoveryLevel": store.recovery_level(pool)}
    if days:
        more["recoverableDays"] = days
    if "kty" in version:
        more |= {"exportable": False, "hsmPlatform": "0"}
    return {**more, **version["attributes"]}


def shown(
    asked: Asked, item: Mapping[str, Any], version: Mapping[str, Any], *, value: bool = False
) -> dict[str, Any]:
    """A key bundle or a secret bundle."""
    at = f"{asked.home}/{asked.kind}/{item['name']}/{version['id']}"
    found: dict[str, Any] = {"attributes": attributes(asked.pool, version)}
    if asked.kind == "keys":
        found["key"] = {
            "kid": at,
            "kty": version["kty"],
            "key_ops": version["ops"],
            **version.get("public", {}),
        }
    else:
        found |= {"id": at} | ({"value": version["value"]} if value else {})
        found |= {"contentType": version["contentType"]} if version.get("contentType") else {}
    for name in ("tags", "release_policy"):
        if version.get(name):
            found[name] = version[name]
    return found


def _line(
    asked: Asked, item: Mapping[str, Any], version: Mapping[str, Any], tail: str = ""
) -> dict[str, Any]:
    at = f"{asked.home}/{asked.kind}/{item['name']}{tail}"
    found = {("kid" if asked.kind == "keys" else "id"): at, "attributes": attributes(asked.pool, version)}
    return found | ({"tags": version["tags"]} if version.get("tags") else {})


def _burial(asked: Asked, item: Mapping[str, Any]) -> dict[str, Any]:
    if not item.get("deleted"):
        return {}
    return {
        "recoveryId": f"{asked.home}/deleted{asked.kind}/{item['name']}",
        "deletedDate": item["deleted"],
        "scheduledPurgeDate": item["purge"],
    }


def _latest(item: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = item["versions"][-1]
    return found


def _paged(asked: Asked, lines: list[dict[str, Any]]) -> Response:
    """One page of a list; `$skiptoken` says how many came before."""
    query = asked.request.query
    try:
        most = int(query.get("maxresults", _MOST))
        start = int(json.loads(base64.urlsafe_b64decode(query["$skiptoken"]))) if "$skiptoken" in query else 0
    except ValueError as fault:
        raise words.bad("invalid maxresults or $skiptoken") from fault
    if not 1 <= most <= _MOST:
        raise words.bad(f"invalid maxresults: {most}; it must be between 1 and {_MOST}")
    after = start + most
    following = None
    if after < len(lines):
        token = quote(base64.urlsafe_b64encode(json.dumps(after).encode()).decode())
        asks = f"api-version={query.get('api-version', '')}&$skiptoken={token}&maxresults={most}"
        following = f"{HERE}{asked.request.path}?{asks}"
    return Response(200, {"value": lines[start:after], "nextLink": following})


def list_items(asked: Asked) -> Response:
    """`GET /keys`, `GET /secrets`: the latest versions, without what is in them."""
    every = store.every(asked.practice, asked.pool, asked.kind)
    return _paged(asked, [_line(asked, item, _latest(item)) for item in every])


def list_deleted(asked: Asked) -> Response:
    """`GET /deletedkeys`, `GET /deletedsecrets`."""
    every = store.every(asked.practice, asked.pool, asked.kind, deleted=True)
    return _paged(asked, [_line(asked, item, _latest(item)) | _burial(asked, item) for item in every])


def list_versions(asked: Asked) -> Response:
    """`GET /keys/{name}/versions`; none when there is no such key."""
    found = store.find(asked.practice, asked.pool, asked.kind, asked.name)
    versions = found["versions"] if found else []
    return _paged(asked, [_line(asked, found or {}, one, f"/{one['id']}") for one in versions])


def get(asked: Asked) -> Response:
    """`GET /keys/{name}[/{version}]`, `GET /secrets/{name}[/{version}]`."""
    item, version = asked.chosen()
    if asked.kind == "secrets" and version["attributes"].get("enabled") is False:
        raise Failure(
            403,
            "Forbidden",
            "Operation get is not allowed on a disabled secret.",
            inner={"code": "SecretDisabled"},
        )
    return Response(200, shown(asked, item, version, value=True))


def create(asked: Asked) -> Response:
    """`POST /keys/{name}/create`: a new version of a key, made here."""
    from wizard.practice.vaults import material

    body = asked.body
    kty = str(body.get("kty") or "")
    if kty.startswith("oct") and store.service_of(asked.pool) == "vault.azure.net":
        raise words.bad(f"Property kty has invalid value: '{kty}'.")
    if kty in {"RSA-HSM", "EC-HSM"}:
        _check_premium(asked)
    made = material.fresh(kty, body.get("key_size"), body.get("crv"))
    if store.service_of(asked.pool) == "managedhsm.azure.net" and not kty.endswith("-HSM"):
        made["kty"] = f"{kty}-HSM"
    return _put_version(asked, made, body)


def _check_premium(asked: Asked) -> None:
    sku = ((asked.pool.get("properties") or {}).get("sku") or {}).get("name", "standard")
    if store.service_of(asked.pool) == "vault.azure.net" and str(sku).lower() != "premium":
        raise words.bad("Property kty has invalid value: HSM-protected keys need a vault of the premium SKU.")


def import_key(asked: Asked) -> Response:
    """`PUT /keys/{name}`: a new version of a key that was made elsewhere."""
    from wizard.practice.vaults import material

    body = asked.body
    jwk = body.get("key")
    if not isinstance(jwk, dict):
        raise words.bad("Property key is required.")
    hsm = bool(body.get("Hsm") or body.get("hsm")) or store.service_of(asked.pool) == "managedhsm.azure.net"
    return _put_version(asked, material.taken(jwk, hsm=hsm), {"key_ops": jwk.get("key_ops")} | body)


def _put_version(asked: Asked, made: Mapping[str, Any], body: Mapping[str, Any]) -> Response:
    version = store.put(asked.practice, asked.pool, asked.kind, asked.name, made=made, asked=body)
    return Response(200, shown(asked, {"name": asked.name}, version, value=True))


def set_secret(asked: Asked) -> Response:
    """`PUT /secrets/{name}`."""
    body = asked.body
    if not isinstance(body.get("value"), str):
        raise words.bad("Property value is required.")
    made = {"value": body["value"], "contentType": body.get("contentType")}
    return _put_version(asked, made, body)


def rotate(asked: Asked) -> Response:
    """`POST /keys/{name}/rotate`: a new version of the same sort."""
    from wizard.practice.vaults import material

    _, version = asked.chosen()
    made = material.fresh(version["kty"], version.get("size"), version.get("crv"))
    return _put_version(asked, made, {"key_ops": version["ops"], "tags": version.get("tags")})


def update(asked: Asked) -> Response:
    """`PATCH /keys/{name}[/{version}]`."""
    item, version = asked.chosen()
    store.change(version, asked.body, asked.practice.clock.now().timestamp())
    store.keep(asked.practice, asked.pool, item)
    return Response(200, shown(asked, item, version))


def delete(asked: Asked) -> Response:
    """`DELETE /keys/{name}`."""
    if store.being_deleted(asked.practice, asked.pool, asked.kind, asked.name):
        raise store.deleted_conflict(asked.kind, asked.name, going=True)
    item = store.bury(asked.practice, asked.pool, asked.item())
    found = shown(asked, item, _latest(item))
    return Response(200, found | (_burial(asked, item) if store.retention(asked.pool) else {}))


def get_deleted(asked: Asked) -> Response:
    """`GET /deletedkeys/{name}`."""
    item = asked.deleted()
    return Response(200, shown(asked, item, _latest(item)) | _burial(asked, item))


def purge(asked: Asked) -> Response:
    """`DELETE /deletedkeys/{name}`."""
    item = asked.deleted()
    if store.purge_protected(asked.pool):
        raise Failure(
            403,
            "Forbidden",
            'Operation "purge" is not enabled for this vault.',
            inner={"code": "ForbiddenByPolicy"},
        )
    store.purge(asked.practice, asked.pool, item)
    return Response(204)


def recover(asked: Asked) -> Response:
    """`POST /deletedkeys/{name}/recover`."""
    item = asked.deleted()
    store.recover(asked.practice, asked.pool, item)
    return Response(200, shown(asked, item, _latest(item)))


def backup(asked: Asked) -> Response:
    """The whole item, sealed: a backup is good for this practice Azure only, as Azure's is for a subscription's."""
    from wizard.practice.vaults import material

    item = asked.item()
    text = json.dumps({name: item[name] for name in ("kind", "name", "versions")})
    return Response(200, {"value": material.sealed(_seal(asked), text.encode())})


def _seal(asked: Asked) -> bytes:
    kept = asked.practice.state.meta_get("vault_backup_key")
    if kept is None:
        kept = secrets.token_hex(32)
        asked.practice.state.meta_put("vault_backup_key", kept)
    return bytes.fromhex(kept)


def restore(asked: Asked) -> Response:
    """`POST /keys/restore`."""
    from wizard.practice.vaults import material

    try:
        kept = json.loads(material.unsealed(_seal(asked), asked.body.get("value")))
        name, versions = str(kept["name"]), list(kept["versions"])
    except (ValueError, KeyError, TypeError) as fault:
        raise words.bad("Backup blob is malformed.") from fault
    if asked.practice.state.get("vaultItem", f"{asked.pool['id']}/{asked.kind}/{name}") is not None:
        raise Failure(409, "Conflict", f"{_word(asked.kind)} already exists")
    item = {"name": name, "kind": asked.kind, "versions": versions, "pool": asked.pool["id"]}
    store.keep(asked.practice, asked.pool, item)
    return Response(200, shown(asked, item, _latest(item)))


def _work(operation: str, version: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    from wizard.practice.vaults import material

    works = {
        "encrypt": material.encrypt, "wrapKey": material.encrypt, "decrypt": material.decrypt,
        "unwrapKey": material.decrypt, "sign": material.sign, "verify": material.verify,
    }  # fmt: skip
    return works[operation](version, body)


def use(operation: str) -> Callable[[Asked], Response]:
    """An operation with the key itself."""

    def used(asked: Asked) -> Response:
        item, version = asked.chosen()
        now = asked.practice.clock.now().timestamp()
        held = version["attributes"]
        if held.get("enabled") is False or not held.get("nbf", 0) <= now <= held.get("exp", now):
            raise Failure(
                403,
                "Forbidden",
                f"Operation {operation} is not allowed on a disabled, expired or not yet valid key.",
                inner={"code": "KeyDisabled" if held.get("enabled") is False else "KeyNotYetValidOrExpired"},
            )
        if operation not in version["ops"]:
            raise Failure(
                403,
                "Forbidden",
                f"Operation {operation} is not permitted on this key.",
                inner={"code": "KeyOperationForbidden"},
            )
        body = asked.body
        answer = _work(operation, version, body)
        if operation == "verify":
            return Response(200, answer)
        if store.service_of(asked.pool) == "managedhsm.azure.net":
            answer |= {"alg": body.get("alg")}
        return Response(200, {"kid": f"{asked.home}/keys/{item['name']}/{version['id']}"} | answer)

    return used
