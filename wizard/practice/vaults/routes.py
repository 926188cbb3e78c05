"""Which path of a vault means which operation, and what right it needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from wizard.practice.kernel import Caller, Failure, Practice, Request, Response, Route
from wizard.practice.vaults import access, handlers, store
from wizard.practice.vaults.handlers import Asked

_METHODS = ("GET", "PUT", "PATCH", "POST", "DELETE")
_VERSION = "1.9.2400.1"
_Handler = Callable[[Asked], Response]


@dataclass(frozen=True, slots=True)
class _Operation:
    method: str
    path: re.Pattern[str]
    kind: store.Kind
    word: str
    action: str
    handler: _Handler


def _of(kind: store.Kind, shape: str, word: str, right: str, handler: _Handler) -> _Operation:
    """An operation `GET keys/{n}[/v]`, what an access policy calls it and what a role does."""
    method, _, path = shape.partition(" ")
    text = path.replace("{n}", r"(?P<name>[^/]+)").replace("[/v]", r"(?:/(?P<version>[0-9a-fA-F]{32}))?")
    action = f"Microsoft.KeyVault/vaults/{kind}/{right}"
    return _Operation(method, re.compile(text, re.IGNORECASE), kind, word, action, handler)


def _both(kind: store.Kind) -> Iterator[_Operation]:
    one, gone = f"{kind}/{{n}}", f"deleted{kind}/{{n}}"
    key = kind == "keys"
    reading = "read" if key else "readMetadata/action"
    yield _of(kind, f"GET {kind}", "list", reading, handlers.list_items)
    yield _of(kind, f"GET {one}/versions", "list", reading, handlers.list_versions)
    yield _of(kind, f"GET {one}[/v]", "get", "read" if key else "getSecret/action", handlers.get)
    yield _of(kind, f"PATCH {one}[/v]", "update" if key else "set", "update/action", handlers.update)
    yield _of(kind, f"DELETE {one}", "delete", "delete", handlers.delete)
    yield _of(kind, f"GET deleted{kind}", "list", reading, handlers.list_deleted)
    yield _of(kind, f"GET {gone}", "get", reading, handlers.get_deleted)
    yield _of(kind, f"DELETE {gone}", "purge", "purge/action", handlers.purge)
    yield _of(kind, f"POST {gone}/recover", "recover", "recover/action", handlers.recover)
    yield _of(kind, f"POST {one}/backup", "backup", "backup/action", handlers.backup)
    yield _of(kind, f"POST {kind}/restore", "restore", "restore/action", handlers.restore)


def _uses() -> Iterator[_Operation]:
    for word in ("encrypt", "decrypt", "wrapKey", "unwrapKey", "sign", "verify"):
        right = f"{word.removesuffix('Key')}/action"
        yield _of("keys", f"POST keys/{{n}}[/v]/{word.lower()}", word, right, handlers.use(word))


_TABLE = (
    *_both("keys"),
    *_both("secrets"),
    *_uses(),
    _of("secrets", "PUT secrets/{n}", "set", "setSecret/action", handlers.set_secret),
    _of("keys", "POST keys/{n}/create", "create", "create/action", handlers.create),
    _of("keys", "PUT keys/{n}", "import", "import/action", handlers.import_key),
    _of("keys", "POST keys/{n}/rotate", "rotate", "rotate/action", handlers.rotate),
)


def _found(request: Request, path: str) -> tuple[_Operation, Mapping[str, str]]:
    for operation in _TABLE:
        match = operation.path.fullmatch(path)
        if match and operation.method == request.method:
            return operation, {name: value or "" for name, value in match.groupdict().items()}
    raise Failure(404, "NotFound", "The requested resource does not exist.")


def _answer(
    service: str,
) -> Callable[[Practice, Request, Mapping[str, str], Caller | None], Response]:
    def answer(
        practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None
    ) -> Response:
        del asking
        pool = store.pool_named(practice, service, values["vault"])
        if pool is None:
            # Azure has no name in the DNS then; over a path there is nobody else to say it.
            raise Failure(404, "VaultNotFound", f"There is no vault '{values['vault']}' at {service}.")
        who = access.caller(practice, request, service, pool)
        operation, parts = _found(request, values["path"].rstrip("/"))
        name = parts.get("name", "")
        place = f"{pool['id']}/{operation.kind}/{name}" if name else str(pool["id"])
        right = access.Right(operation.kind, operation.word, operation.action, place)
        access.demand(practice, who, pool, right)
        asked = Asked(practice, request, pool, operation.kind, name, parts.get("version", ""))
        found = operation.handler(asked)
        told = {"x-ms-keyvault-region": str(pool.get("location")), "x-ms-keyvault-service-version": _VERSION}
        return Response(found.status, found.body, told | dict(found.headers))

    return answer


ROUTES: tuple[Route, ...] = tuple(
    Route(method, f"/{service}/{{vault}}/{{path...}}", _answer(service), "arm", auth=False)
    for service in store.SERVICES
    for method in _METHODS
)
