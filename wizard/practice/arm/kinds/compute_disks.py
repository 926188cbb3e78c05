"""Managed disks: what Azure adds to one, and those that machines make for themselves."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from wizard.practice.arm import ids, shelf
from wizard.practice.arm.call import stamp
from wizard.practice.arm.types import Adding
from wizard.practice.kernel import Practice

TYPE = "Microsoft.Compute/disks"
_GIGABYTE = 1024**3
_SPEEDS = (
    (32, 120, 25, "P4"),
    (64, 240, 50, "P6"),
    (128, 500, 100, "P10"),
    (512, 2300, 150, "P20"),
    (32767, 5000, 200, "P30"),
)


def facts_of(size: int, premium: bool, moment: str) -> dict[str, Any]:
    """What Azure adds to the properties of a disk of so many GB."""
    operations, throughput, tier = next((row[1:] for row in _SPEEDS if size <= row[0]), _SPEEDS[-1][1:])
    return {
        "diskSizeBytes": size * _GIGABYTE,
        "diskIOPSReadWrite": operations if premium else 500,
        "diskMBpsReadWrite": throughput if premium else 60,
        "encryption": {"type": "EncryptionAtRestWithPlatformKey"},
        "networkAccessPolicy": "AllowAll",
        "publicNetworkAccess": "Enabled",
        "timeCreated": moment,
        "uniqueId": str(uuid.uuid4()),
        **({"tier": tier} if premium else {}),
    }


def added(adding: Adding) -> dict[str, Any]:
    """The same for a disk that is written by itself."""
    size = int(adding.properties.get("diskSizeGB") or adding.kept("diskSizeGB", 30))
    sku = (adding.body.get("sku") or {}).get("name", "Standard_LRS")
    moment = adding.kept("timeCreated", stamp(adding.call.clock.now()))
    fresh = facts_of(size, "Premium" in sku, moment)
    fresh["uniqueId"] = adding.kept("uniqueId", fresh["uniqueId"])
    used = bool((adding.before or {}).get("managedBy"))
    return {"diskSizeGB": size, "diskState": "Attached" if used else "Unattached", **fresh}


def tiered(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    """A disk with its tier, and still in the hands of the machine that uses it."""
    name = (made.get("sku") or {}).get("name", "Standard_LRS")
    made["sku"] = {"name": name, "tier": name.partition("_")[0].removesuffix("V2").removesuffix("SSD")}
    owner = (adding.before or {}).get("managedBy")
    return made | ({"managedBy": owner} if owner else {})


def make(adding: Adding, name: str, given: Mapping[str, Any], creation: Mapping[str, Any]) -> str:
    """Make a disk for the machine that is written, and give its id."""
    key = ids.parse(f"{adding.id.group_id}/providers/{TYPE}/{name}").text
    size = int(given.get("diskSizeGB") or 30)
    sku = str((given.get("managedDisk") or {}).get("storageAccountType") or "Standard_LRS")
    kind = {"osType": given["osType"]} if given.get("osType") else {}
    properties = {
        **kind,
        "creationData": dict(creation),
        "diskSizeGB": size,
        **facts_of(size, "Premium" in sku, stamp(adding.call.clock.now())),
        "diskState": "Attached",
        "provisioningState": "Succeeded",
    }
    document = {
        "id": key,
        "name": name,
        "type": TYPE,
        "location": adding.location,
        "managedBy": adding.id.text,
        "sku": {"name": sku, "tier": "Premium" if "Premium" in sku else "Standard"},
        "properties": properties,
        "_since": stamp(adding.call.clock.now()),
    }
    if adding.body.get("zones"):
        document["zones"] = list(adding.body["zones"])
    shelf.put(adding.practice, key, document)
    return key


def attach(practice: Practice, key: str, machine: str | None) -> None:
    """Give a disk into the hands of a machine, or out of them."""
    found = shelf.stored(practice, key)
    if found is None:
        return
    found.pop("managedBy", None)
    found["properties"]["diskState"] = "Attached" if machine else "Unattached"
    shelf.put(practice, key, found | ({"managedBy": machine} if machine else {}))
