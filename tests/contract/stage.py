"""A fresh world of practice Azure for one cassette, and the door to it: no socket, the same router."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.contract.pacing import START, Pace, clock
from wizard.practice import blobs, entra, graph, tokens
from wizard.practice.arm import ROUTES as ARM_ROUTES
from wizard.practice.arm import facts
from wizard.practice.arm.seed import seed
from wizard.practice.kernel import Practice, Request
from wizard.practice.routing import Router
from wizard.practice.seed import seed_directory
from wizard.practice.state import State
from wizard.practice.vaults import routes as vaults
from wizard.practice.worlds import World, load

ORIGIN = "https://127.0.0.1:8443"
PERSON = "7b3f1f5e-3f0b-4a53-9d0b-6f2f7a1f0c11"
_APPLICATION = "0d2a9d3c-9c52-4cb5-8f6a-0a9c5d1f7e21"
_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
_RESOURCES = {
    "arm": "https://management.azure.com",
    "graph": "https://graph.microsoft.com",
    "vault": "https://vault.azure.net",
    "hsm": "https://managedhsm.azure.net",
}
_LIFETIME = 3000.0


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer of practice Azure, its body read as JSON where it can be."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Stage:
    """A world in which the recorder's subscriptions exist, each with all providers registered, and the caller owns them."""

    def __init__(
        self,
        tenant: str,
        subscriptions: frozenset[str],
        taken: frozenset[str] = frozenset(),
        began: datetime = START,
    ) -> None:
        """Make it; `taken` are names that strangers have, `began` is when the recording was made."""
        self.tenant = tenant
        self.pace = Pace(began, began, began)
        self._folder = tempfile.TemporaryDirectory(dir=_memory())
        self._state = State(Path(self._folder.name) / "practice.db")
        self.practice = Practice(self._state, clock(self.pace), _world(tenant, subscriptions, taken))
        self._state.meta_put("signing_key", _pem())
        with self._state.transaction():
            seed_directory(self.practice)
            seed(self.practice, self.practice.world.facts)
        self._tokens: dict[str, tuple[float, str]] = {}

    def subscribe(self, guid: str) -> dict[str, Any]:
        """One more subscription of the recorder, owned as the others are."""
        made = {"id": f"/subscriptions/{guid}", **_subscription(guid, self.tenant)}
        self._state.put("subscription", guid, made)
        seed(self.practice, {"roleAssignments": [_owner(f"/subscriptions/{guid}", 99)]})
        return made

    def close(self) -> None:
        """Throw it away."""
        self._state.close()
        self._folder.cleanup()

    def ask(self, method: str, target: str, kind: str, headers: Mapping[str, str], body: bytes) -> Answered:
        """Ask for a path with its query, or a whole address, as one of the services."""
        address = urlsplit(target)
        path = "/" + "/".join(part for part in unquote(address.path).split("/") if part)
        request = Request(
            method=method,
            path=path,
            query=dict(parse_qsl(address.query, keep_blank_values=True)),
            headers={**headers, **self._bearer(kind)},
            body=body,
            origin=ORIGIN,
        )
        answer = _router().answer(self.practice, request)
        return Answered(answer.status, answer.headers, _read(answer.body))

    def _bearer(self, kind: str) -> dict[str, str]:
        audience = _RESOURCES.get(kind)
        if audience is None:
            return {}
        now = self.pace.moment.timestamp()
        made, token = self._tokens.get(audience, (0.0, ""))
        if now - made > _LIFETIME:
            document = self._state.get("user", PERSON) or {}
            token = tokens.access_token(
                self.practice,
                tokens.Subject("user", document),
                audience,
                "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
            )
            self._tokens[audience] = (now, token)
        return {"authorization": f"Bearer {token}"}


def _read(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a folder of its own inside


@lru_cache(maxsize=1)
def _pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@lru_cache(maxsize=1)
def _router() -> Router:
    return Router((*entra.ROUTES, *graph.ROUTES, *ARM_ROUTES, *vaults.ROUTES, *blobs.ROUTES))


@lru_cache(maxsize=1)
def _base() -> Mapping[str, Any]:
    return load("empty").facts


def _world(tenant: str, subscriptions: frozenset[str], taken: frozenset[str]) -> World:
    namespaces = list(facts.providers())
    domain = "recorded.onmicrosoft.com"
    person = {
        "id": PERSON,
        "tenant": tenant,
        "upn": f"recorder@{domain}",
        "displayName": "Recorder",
        "givenName": "Re",
        "surname": "Corder",
        "mail": f"recorder@{domain}",
        "userType": "Member",
        "directoryRoles": [_ADMINISTRATOR],
    }
    application = {
        "id": _APPLICATION,
        "appId": "5d5f1f7a-9a0c-4a7e-8f55-61a2b1c0d9e3",
        "tenant": tenant,
        "displayName": "recorder",
        "createdDateTime": "2020-01-01T00:00:00Z",
    }
    found = dict(_base()) | {
        "person": person["upn"],
        "owner": application["appId"],
        "subscription": min(subscriptions, default=""),
        "tenants": [
            {
                "tenantId": tenant,
                "displayName": "Recorded",
                "defaultDomain": domain,
                "domains": [domain],
                "countryCode": "US",
            }
        ],
        "users": [person],
        "applications": [application],
        "subscriptions": [_subscription(one, tenant) for one in sorted(subscriptions)],
        "providers": dict.fromkeys(subscriptions, namespaces),
        "groups": [],
        "resources": [],
        "roleAssignments": [_owner(scope, number) for number, scope in enumerate(_scopes(subscriptions))],
        "takenNames": sorted(taken),
    }
    return World("recorded", found)


def _scopes(subscriptions: frozenset[str]) -> list[str]:
    return ["/", *(f"/subscriptions/{one}" for one in sorted(subscriptions))]


def _owner(scope: str, number: int) -> dict[str, str]:
    return {
        "name": f"6a0e6f0a-1111-4222-8333-{number:012d}",
        "scope": scope,
        "role": "Owner",
        "principalId": PERSON,
        "principalType": "User",
    }


def _subscription(guid: str, tenant: str) -> dict[str, Any]:
    example = dict(_base()["subscriptions"][0])
    return example | {
        "subscriptionId": guid,
        "tenantId": tenant,
        "displayName": "Recorded",
        "managedByTenants": [],
    }
