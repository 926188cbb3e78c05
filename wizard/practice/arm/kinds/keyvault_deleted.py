"""Vaults that are deleted and not yet purged: listed, shown, purged by hand or by their time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from wizard.practice.arm import facts, ids, polling, shelf
from wizard.practice.arm.call import Call, Operation, collection
from wizard.practice.arm.kinds import private_links
from wizard.practice.kernel import Failure, Practice, Response
from wizard.practice.vaults import store

VAULT = "Microsoft.KeyVault/vaults"
_DAY = 86400


def every(practice: Practice) -> Iterator[dict[str, Any]]:
    """Every vault that is deleted and has not been purged, by hand or by its time."""
    now = practice.clock.now().timestamp()
    for _, found in practice.state.all("deleted"):
        if str(found.get("type")).lower() == VAULT.lower() and now < _purge_at(found):
            yield found


def _purge_at(found: Mapping[str, Any]) -> float:
    return float(found["_deleted"]) + store.retention(found) * _DAY


def named(practice: Practice, name: str) -> dict[str, Any] | None:
    """The deleted vault of a name in all the world, or None."""
    return next((one for one in every(practice) if one["name"].lower() == name.lower()), None)


def _described(found: Mapping[str, Any]) -> dict[str, Any]:
    location = facts.region(str(found["location"])) or found["location"]
    home = f"/subscriptions/{ids.parse(found['id']).subscription}/providers/Microsoft.KeyVault"
    gone, purge = (datetime.fromtimestamp(one, UTC) for one in (float(found["_deleted"]), _purge_at(found)))
    protected = {"purgeProtectionEnabled": True} if store.purge_protected(found) else {}
    return {
        "id": f"{home}/locations/{location}/deletedVaults/{found['name']}",
        "name": found["name"],
        "type": "Microsoft.KeyVault/deletedVaults",
        "properties": {
            "vaultId": found["id"],
            "location": location,
            "tags": found.get("tags") or {},
            "deletionDate": gone.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "scheduledPurgeDate": purge.strftime("%Y-%m-%dT%H:%M:%SZ"),
            **protected,
        },
    }


def _mine(call: Call) -> Iterator[dict[str, Any]]:
    home = f"/subscriptions/{call.subscription}"
    return (one for one in every(call.practice) if ids.covers(home, one["id"]))


def _list_deleted(call: Call) -> Response:
    return collection([_described(one) for one in _mine(call)])


def missing(name: str) -> Failure:
    """404 in Key Vault's words."""
    return Failure(
        404,
        "DeletedVaultNotFound",
        f"The specified deleted vault '{name}' does not exist. Ensure that the vault was indeed deleted and that it is in"
        " recoverable state. If soft delete was not enabled then the vault is permanently deleted. Follow this link for"
        " more information: https://go.microsoft.com/fwlink/?linkid=2149745",
    )


def _must_deleted(call: Call) -> dict[str, Any]:
    name, here = call.parts["name"], facts.region(call.parts["location"])
    for one in _mine(call):
        if one["name"].lower() == name.lower() and facts.region(str(one["location"])) == here:
            return one
    raise missing(name)


def _get_deleted(call: Call) -> Response:
    return Response(200, _described(_must_deleted(call)))


def _purge(call: Call) -> Response:
    found = _must_deleted(call)
    if store.purge_protected(found):
        raise Failure(405, "MethodNotAllowed", "Operation 'DeletedVaultPurge' is not allowed.")
    seconds = 20.0
    path = (
        f"/subscriptions/{call.subscription}/providers/Microsoft.KeyVault/locations/{call.parts['location']}"
    )
    now, due = (
        moment.strftime("%Y-%m-%d %H:%M:%SZ") for moment in (call.clock.now(), call.clock.takes(seconds))
    )
    body = {"createdDateTime": now, "lastActionDateTime": due, "status": "Succeeded"}
    about = {"id": found["id"], "name": found["name"]}
    pending = {"createdDateTime": now, "status": "NotStarted"}
    ending = polling.Ending(body=body, effect="vault-purged", about=about, pending=pending)
    return Response(202, None, {"Location": polling.begin(call, f"{path}/operationResults", seconds, ending)})


def purged(practice: Practice, about: Mapping[str, Any]) -> None:
    """Forget a vault with all it held; its name is free again."""
    practice.state.delete("deleted", about["id"])
    store.forget(practice, about["id"])
    private_links.forget(practice, about["id"])
    shelf.free_name(practice, VAULT, about["name"])


TYPES = ()
EFFECTS: Mapping[str, polling.Effect] = {"vault-purged": purged}
_HOME = "/subscriptions/{subscription}/providers/Microsoft.KeyVault"
_ONE = f"{_HOME}/locations/{{location}}/deletedVaults/{{name}}"
OPERATIONS = (
    Operation("GET", f"{_HOME}/deletedVaults", _list_deleted, "Microsoft.KeyVault/deletedVaults/read", strip=3),
    Operation("GET", _ONE, _get_deleted, "Microsoft.KeyVault/locations/deletedVaults/read", strip=6),
    Operation("POST", f"{_ONE}/purge", _purge, "Microsoft.KeyVault/locations/deletedVaults/purge/action", strip=7),
)  # fmt: skip
