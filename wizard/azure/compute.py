"""Sizes of virtual machines in a region, and how many vCPUs a subscription may still take there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wizard.azure.arm import Arm

SKUS_API, USAGES_API, RESOURCES_API = "2021-07-01", "2024-11-01", "2021-04-01"
DISK_SET = "Microsoft.Compute/diskEncryptionSets"
CORES = "cores"
"""The name of the quota of all vCPUs in a region, whatever their family."""
SPOT_CORES = "lowPriorityCores"
"""The name of the quota of spot machines, which have no other."""


@dataclass(frozen=True, slots=True)
class Size:
    """A size of virtual machine; memory in GB. `refused` is Azure's reason why this subscription may not use it."""

    name: str
    family: str
    vcpus: int
    memory: float
    gpus: int = 0
    arm: bool = False
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Quota:
    """How many vCPUs of a family are in use, and how many may be."""

    family: str
    label: str
    used: int
    limit: int

    @property
    def left(self) -> int:
        """How many may still be taken."""
        return max(self.limit - self.used, 0)


@dataclass(frozen=True, slots=True)
class DiskSet:
    """A disk encryption set."""

    id: str
    name: str
    group: str
    location: str


async def sizes(arm: Arm, subscription: str, location: str) -> list[Size]:
    """List the sizes of a region (C-sku), once per connection: it is a list of megabytes. Raises AzureProblem."""
    path = f"/subscriptions/{subscription}/providers/Microsoft.Compute/skus"
    found = await arm.read_all_once(path, SKUS_API, **{"$filter": f"location eq '{location}'"})
    return [_size(one, location) for one in found if one.get("resourceType") == "virtualMachines"]


async def quotas(arm: Arm, subscription: str, location: str) -> dict[str, Quota]:
    """Read the vCPU quotas of a region by family in lower case (C-quota). Raises AzureProblem."""
    path = f"/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{location}/usages"
    found = [_quota(one) for one in await arm.read_all(path, USAGES_API)]
    return {quota.family.lower(): quota for quota in found}


async def disk_sets(arm: Arm, subscription: str) -> list[DiskSet]:
    """List the disk encryption sets of a subscription. Raises AzureProblem."""
    only = {"$filter": f"resourceType eq '{DISK_SET}'"}
    found = await arm.read_all(f"/subscriptions/{subscription}/resources", RESOURCES_API, **only)
    return [_disk_set(one) for one in found]


def _size(found: Mapping[str, Any], location: str) -> Size:
    has = {str(one.get("name")): str(one.get("value")) for one in found.get("capabilities") or ()}
    return Size(
        name=str(found.get("name") or ""),
        family=str(found.get("family") or ""),
        vcpus=int(_number(has.get("vCPUs"))),
        memory=_number(has.get("MemoryGB")),
        gpus=int(_number(has.get("GPUs"))),
        arm=has.get("CpuArchitectureType", "").lower() == "arm64",
        refused=_refusal(found, location),
    )


def _refusal(found: Mapping[str, Any], location: str) -> str:
    """Return why the whole region is closed for a size; a closed zone alone is no reason."""
    for one in found.get("restrictions") or ():
        places = {
            str(v).lower()
            for v in (one.get("restrictionInfo") or {}).get("locations") or one.get("values") or ()
        }
        if str(one.get("type")) == "Location" and (not places or location.lower() in places):
            return str(one.get("reasonCode") or "NotAvailable")
    return ""


def _number(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0


def _quota(found: Mapping[str, Any]) -> Quota:
    name = found.get("name") or {}
    return Quota(
        family=str(name.get("value") or ""),
        label=str(name.get("localizedValue") or name.get("value") or ""),
        used=int(found.get("currentValue") or 0),
        limit=int(found.get("limit") or 0),
    )


def _disk_set(found: Mapping[str, Any]) -> DiskSet:
    identity = str(found.get("id") or "")
    parts = identity.split("/")
    return DiskSet(
        id=identity,
        name=str(found.get("name") or parts[-1]),
        group=parts[4] if len(parts) > 4 else "",  # noqa: PLR2004 - /subscriptions/S/resourceGroups/G
        location="".join(str(found.get("location") or "").split()).lower(),
    )
