"""File shares of a storage account: their quota and tier, their snapshots, and shares that are deleted and come back."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from wizard.practice.arm import ids, shelf
from wizard.practice.arm.call import Call, Operation, collection, stamp
from wizard.practice.arm.ids import Id
from wizard.practice.arm.kinds import stamps
from wizard.practice.arm.types import Acting, Adding, ResourceType, Way
from wizard.practice.kernel import Failure, Practice, Response

_ACCOUNT = "Microsoft.Storage/storageAccounts"
_SHARES = f"{_ACCOUNT}/fileServices/shares"
_KIND = "deletedShare"
_NAME = re.compile(r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_LARGEST = 262144  # GiB: 256 TiB
_DAY = 86400


def _no_share(id: Id) -> Failure:  # noqa: A002 - what it is
    del id
    return Failure(404, "ShareNotFound", f"The specified share does not exist.\nRequestId:{uuid.uuid4()}")


def _snapping(call: Call) -> bool:
    return call.request.query.get("$expand", "").lower() == "snapshots"


def _share(adding: Adding, document: dict[str, Any]) -> dict[str, Any]:
    now = stamps.now(adding)
    if _snapping(adding.call) and adding.before:
        return {**adding.before, "_snapshots": [*adding.before.get("_snapshots", ()), now]}
    account = shelf.stored(adding.practice, "/".join(adding.id.text.split("/")[:-4])) or {}
    premium = account.get("kind") == "FileStorage"
    base: dict[str, Any] = {
        "leaseStatus": "unlocked",
        "leaseState": "available",
        "signedIdentifiers": [],
        "accessTier": "Premium" if premium else "TransactionOptimized",
        "shareQuota": 100 if premium else 102400,
        "enabledProtocols": "SMB",
    }
    if not premium:
        base["accessTierChangeTime"] = now
    held = {"_snapshots": list((adding.before or {}).get("_snapshots", ()))}
    properties = base | document["properties"] | {"lastModifiedTime": now}
    etag = f'"0x{secrets.token_hex(8).upper()}"'
    return document | held | {"properties": properties, "etag": etag}


def _ways(adding: Adding, method: Literal["PUT", "PATCH"]) -> Way | None:
    return Way(201) if method == "PUT" and _snapping(adding.call) else None


def _written(adding: Adding, shown: dict[str, Any]) -> dict[str, Any]:
    """A share echoes what it was sent, and the moment of a snapshot."""
    told = {name: shown[name] for name in ("id", "name", "type")}
    sent = {name: shown["properties"].get(name, value) for name, value in adding.properties.items()}
    if _snapping(adding.call):
        sent["snapshotTime"] = stamps.now(adding)
    return told | {"properties": sent}


def _check_quota(adding: Adding) -> None:
    quota = adding.properties.get("shareQuota")
    if quota is not None and not (isinstance(quota, int) and 1 <= quota <= _LARGEST):
        raise Failure(
            400, "InvalidValuesForRequestParameters", "Values for request parameters are invalid: shareQuota."
        )


def _check_snapshots(acting: Acting) -> None:
    if acting.found.get("_snapshots") and "snapshots" not in acting.call.request.query.get("$include", ""):
        what = "The share has snapshots and the operation requires no snapshots."
        moment = stamp(acting.call.clock.now())
        raise Failure(409, "ShareHasSnapshots", f"{what}\nRequestId:{uuid.uuid4()}\nTime:{moment}")


def _expanded(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    del practice, found
    return {"properties": {"shareUsageBytes": 0}}


def _service(practice: Practice, share: str) -> str:
    del practice
    return share.rpartition("/shares/")[0]


def _days(practice: Practice, share: str) -> int:
    """For how many days a deleted share can be brought back; 0 when it cannot."""
    service = shelf.stored(practice, _service(practice, share)) or {}
    policy = service.get("properties", {}).get("shareDeleteRetentionPolicy") or {"enabled": True, "days": 7}
    return int(policy.get("days") or 0) if policy.get("enabled") else 0


def _removed(practice: Practice, found: Mapping[str, Any]) -> None:
    days = _days(practice, str(found["id"]))
    if not days:
        return
    now = practice.clock.now()
    version = f"01{secrets.token_hex(7).upper()}"
    kept = dict(found) | {
        "_version": version,
        "_until": now.timestamp() + days * _DAY,
        "_deleted": stamp(now),
    }
    practice.state.put(_KIND, f"{found['id']}_{version}", kept)


def _gone(practice: Practice, service: str) -> Iterator[dict[str, Any]]:
    now = practice.clock.now().timestamp()
    for _, one in practice.state.under(_KIND, f"{service}/shares/"):
        if now < one["_until"]:
            yield one


def _gone_shown(practice: Practice, one: Mapping[str, Any]) -> dict[str, Any]:
    left = int((one["_until"] - practice.clock.now().timestamp()) / _DAY + 0.99)
    more = {
        "version": one["_version"], "deleted": True, "deletedTime": one["_deleted"], "remainingRetentionDays": left,
        "leaseState": "broken",
    }  # fmt: skip
    shown = {name: value for name, value in one.items() if not name.startswith("_")}
    return shown | {"id": f"{one['id']}_{one['_version']}", "properties": one["properties"] | more}


def _list(call: Call) -> Response:
    service = call.path.rpartition("/")[0]
    shelf_key = ids.parse(service)
    account = shelf_key.parent
    if account:
        shelf.must(call.practice, account)
    asked = call.request.query.get("$expand", "").lower()
    found = shelf.children(call.practice, service, _SHARES)
    lines = list(found)
    if "snapshots" in asked:
        for one in found:
            kept = shelf.stored(call.practice, one["id"]) or {}
            lines += [
                one | {"properties": one["properties"] | {"snapshotTime": moment}}
                for moment in kept.get("_snapshots", ())
            ]
    if "deleted" in asked:
        lines += [_gone_shown(call.practice, one) for one in _gone(call.practice, service)]
    return collection(lines)


def _restore(call: Call) -> Response:
    body, service = call.request.json(), call.path.rpartition("/shares/")[0]
    name, version = body.get("deletedShareName"), body.get("deletedShareVersion")
    for one in _gone(call.practice, service):
        if one["name"] == name and one["_version"] == version:
            call.state.delete(_KIND, f"{one['id']}_{version}")
            kept = {key: value for key, value in one.items() if key not in {"_version", "_until", "_deleted"}}
            shelf.put(call.practice, str(one["id"]), kept)
            return Response(200)
    raise Failure(404, "ShareNotFound", f"The specified share does not exist.\nRequestId:{uuid.uuid4()}")


TYPES = (
    ResourceType(
        _SHARES,
        members=frozenset({"properties"}),
        example={"properties": {"shareQuota": 0, "accessTier": "", "metadata": {}}},
        tracked=False,
        state=False,
        ways=_ways,
        completed=_share,
        written=_written,
        expanded=_expanded,
        absent=_no_share,
        rules=(_check_quota,),
        change_rules=(_check_quota,),
        before_removal=(_check_snapshots,),
        removed=_removed,
        rule=_NAME,
        says="The specified resource name contains invalid characters.",
        says_code="InvalidResourceName",
    ),
)
_HOME = (
    "/subscriptions/{subscription}/resourcegroups/{group}/providers/Microsoft.Storage/storageAccounts/{account}"
    "/fileServices/default/shares"
)
OPERATIONS = (
    Operation("GET", _HOME, _list, f"{_SHARES}/read", strip=1),
    Operation("POST", f"{_HOME}/{{share}}/restore", _restore, f"{_SHARES}/restore/action", strip=1),
)
