"""What exists when practice Azure is started for the first time: a world, as data, by name or by file."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DEFAULT = "default"
_HERE = Path(__file__).parent
_NEEDED = frozenset(
    {
        "person", "owner", "subscription", "policies", "tenants", "users", "applications", "subscriptions", "providers",
        "groups", "resources", "roleAssignments",
    }
)  # fmt: skip
_FREE = frozenset(
    {
        "about", "extends", "add", "drop", "change", "replication", "generate", "quotas", "takenNames", "deleted", "locks",
        "policyDefinitions", "policyAssignments", "roleDefinitions",
    }
)  # fmt: skip
_KEYS = _NEEDED | _FREE
_SEED = uuid.UUID("d3b1f1a5-2a0e-4f6e-9a55-0d3f3f0a6c11")


class WorldError(ValueError):
    """A world that is not there, or cannot be read."""


@dataclass(frozen=True, slots=True)
class World:
    """A world with nothing left to look up: `facts` are the keys described at the head of `default.json`."""

    name: str
    facts: Mapping[str, Any]

    @property
    def home(self) -> str:
        """The GUID of the person's own tenant."""
        return str(self.facts["tenants"][0]["tenantId"])

    @property
    def person(self) -> str:
        """The user principal name of who sits at the browser."""
        return str(self.facts["person"])

    @property
    def owner(self) -> str:
        """The application (client) id of the service principal whose secret is given out."""
        return str(self.facts["owner"])

    @property
    def owner_tenant(self) -> str:
        """The GUID of the tenant that service principal signs in to."""
        return next(str(one["tenant"]) for one in self.facts["applications"] if one["appId"] == self.owner)

    @property
    def subscription(self) -> str:
        """The GUID of the subscription a rehearsal works in."""
        return str(self.facts["subscription"])

    def quota(self, region: str, family: str) -> tuple[int, int] | None:
        """Limit and use of a family of sizes in a region, where the world says anything of it; `*` is any."""
        quotas = self.facts.get("quotas", {})
        for there in (quotas.get(region), quotas.get("*")):
            for found in (there or {}).get(family), (there or {}).get("*"):
                if found:
                    return int(found["limit"]), int(found["used"])
        return None

    def replication(self, what: str) -> float:
        """Seconds at time scale 1 until `principal` or `secret` is known everywhere."""
        return float(self.facts.get("replication", {}).get(f"{what}_seconds", 0.0))


def names() -> tuple[str, ...]:
    """The worlds that come with practice Azure."""
    return tuple(sorted(path.stem for path in _HERE.glob("*.json")))


def canonical(name: str) -> str:
    """The name a world is recorded by: its own, or the absolute path of its file."""
    return name if name in names() else str(Path(name).resolve())


def load(name: str) -> World:
    """Read a world by its name, or by the path of a JSON file; `extends` names the one it changes.

    Raises:
        WorldError: there is none of that name, or the file is not a world.
    """
    facts = _read(name)
    missing = sorted(_NEEDED - facts.keys())
    if missing:
        raise WorldError(
            f'The world {name} lacks {", ".join(missing)}. It may begin with "extends": "default".'
        )
    return World(canonical(name), facts)


def _read(name: str, seen: tuple[str, ...] = ()) -> dict[str, Any]:
    path = _HERE / f"{name}.json" if name in names() else Path(name)
    if name in seen:
        raise WorldError(f"The world {name} extends itself.")
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        known = ", ".join(names())
        raise WorldError(f"There is no world {name}. Known: {known}; or the path of a JSON file.") from fault
    except ValueError as fault:
        raise WorldError(f"{path} is not JSON: {fault}") from fault
    if not isinstance(facts, dict) or facts.keys() - _KEYS:
        raise WorldError(
            f"{path} is not a world: a JSON object with only the keys {', '.join(sorted(_KEYS))}."
        )
    base = facts.get("extends")
    return _patched(_read(str(base), (*seen, name)), facts) if base else facts


def _patched(base: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """The base with whole sections replaced, and then entries of lists dropped, changed and added."""
    found = {
        **base,
        **{name: value for name, value in facts.items() if name not in ("add", "drop", "change")},
    }
    for section, patterns in facts.get("drop", {}).items():
        found[section] = [
            one for one in found[section] if not any(_fits(one, pattern) for pattern in patterns)
        ]
    for section, changes in facts.get("change", {}).items():
        for change in changes:
            found[section] = [
                one | change["to"] if _fits(one, change["where"]) else one for one in found[section]
            ]
    for section, entries in facts.get("add", {}).items():
        found[section] = [*found.get(section, ()), *entries]
    return found


def _fits(entry: Mapping[str, Any], pattern: Mapping[str, Any]) -> bool:
    return all(entry.get(name) == value for name, value in pattern.items())


def generated(facts: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The tenants, guests, subscriptions and role assignments a world describes by numbers, with their section.

    `generate` is `{"tenants": 40, "subscriptions": 10000, "roles": [...]}`, in all, those of the other sections included.
    They are the same at every start, and are not kept in memory.
    """
    wanted = facts.get("generate")
    if not wanted:
        return
    person = next(user for user in facts["users"] if user["upn"] == facts["person"])
    tenants = []
    for number in range(len(facts["tenants"]), int(wanted["tenants"])):
        tenant = _tenant(number)
        guest = _guest(person, tenant)
        tenants.append((tenant["tenantId"], guest["id"]))
        yield "tenants", tenant
        yield "users", guest
    for number in range(len(facts["subscriptions"]), int(wanted["subscriptions"])):
        tenant_id, guest_id = tenants[number % len(tenants)]
        subscription = _subscription(number, tenant_id)
        yield "subscriptions", subscription
        yield (
            "roleAssignments",
            {
                "name": _guid(f"assignment {number}"),
                "scope": f"/subscriptions/{subscription['subscriptionId']}",
                "role": wanted["roles"][number % len(wanted["roles"])],
                "principalId": guest_id,
                "principalType": "User",
            },
        )


def _tenant(number: int) -> dict[str, Any]:
    domain = f"customer{number:02}.example"
    return {
        "tenantId": _guid(f"tenant {number}"),
        "displayName": f"Customer {number:02}",
        "defaultDomain": domain,
        "domains": [domain, f"customer{number:02}.onmicrosoft.com"],
        "countryCode": "SE",
    }


def _guest(person: Mapping[str, Any], tenant: Mapping[str, Any]) -> dict[str, Any]:
    name = f"{person['upn'].replace('@', '_')}#EXT#@{tenant['domains'][-1]}"
    changed = {"id": _guid(f"guest {tenant['tenantId']}"), "tenant": tenant["tenantId"], "upn": name}
    return {**person, **changed, "userType": "Guest", "directoryRoles": [], "homeUser": person["id"]}


def _subscription(number: int, tenant: str) -> dict[str, Any]:
    return {
        "subscriptionId": _guid(f"subscription {number}"),
        "displayName": f"Subscription {number:05}",
        "tenantId": tenant,
        "state": "Enabled",
        "managedByTenants": [],
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
        "authorizationSource": "RoleBased",
    }


def _guid(what: str) -> str:
    return str(uuid.uuid5(_SEED, what))
