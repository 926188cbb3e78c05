"""What Compute says of a region: its sizes, its SKUs, and how much of the quotas is used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from wizard.practice.arm import errors, facts, shelf
from wizard.practice.arm.call import Call, Operation, collection
from wizard.practice.arm.kinds import vm_sizes
from wizard.practice.arm.kinds.vm_sizes import Size
from wizard.practice.kernel import Failure, Response

_COUNTED = {
    "availabilitySets": ("Availability Sets", 2500),
    "virtualMachines": ("Virtual Machines", 25000),
    "virtualMachineScaleSets": ("Virtual Machine Scale Sets", 2500),
}
_OTHERS = {
    "dedicatedVCPUs": ("Dedicated vCPUs", 3000),
    "lowPriorityCores": ("Total Regional Low-priority vCPUs", 100),
    "standardDiskCount": ("Standard HDD Managed Disks", 50000),
    "premiumDiskCount": ("Premium SSD Managed Disks", 50000),
    "standardSSDOnlyDiskCount": ("Standard SSD Managed Disks", 50000),
}
_LOCATION = re.compile(r"\s*location\s+eq\s+'([^']*)'\s*", re.IGNORECASE)
_MEGABYTES = 1024
_OS_DISK = 1_047_552


def region_of(call: Call) -> str:
    """The region a path names.

    Raises:
        Failure: 400 NoRegisteredProviderFound when there is no such region.
    """
    asked = call.parts["location"]
    found = facts.region(asked)
    if found is None:
        raise errors.no_provider_for(
            "Microsoft.Compute/locations",
            call.version,
            asked,
            facts.versions("Microsoft.Compute/virtualMachines"),
            facts.regions(),
        )
    return found


def _offered(region: str) -> Iterator[Size]:
    return (size for size in vm_sizes.sizes().values() if size.offered(region))


def _usage(name: str, shown: str, current: int, limit: int) -> dict[str, Any]:
    return {
        "limit": limit,
        "unit": "Count",
        "currentValue": current,
        "name": {"value": name, "localizedValue": shown},
    }


def family_words(family: str) -> str:
    """A family as people read it: `standardDSv5Family` is `Standard DSv5 Family vCPUs`."""
    bare = re.sub(r"^(standard|basic)|Family$", "", family, flags=re.IGNORECASE)
    return f"Standard {bare} Family vCPUs"


def _usages(call: Call) -> Response:
    region = region_of(call)
    taken = vm_sizes.used(call.practice, call.subscription, region)
    items = [_usage(name, *_count(call, region, name)) for name in _COUNTED]
    families = sorted({size.family for size in _offered(region)}, key=str.lower)
    for family in (vm_sizes.CORES, *families):
        limit, elsewhere = vm_sizes.quota(call.practice, region, family)
        shown = "Total Regional vCPUs" if family == vm_sizes.CORES else family_words(family)
        items.insert(
            1 if family == vm_sizes.CORES else len(items),
            _usage(family, shown, taken[family] + elsewhere, limit),
        )
    return collection([*items, *(_usage(name, shown, 0, limit) for name, (shown, limit) in _OTHERS.items())])


def _count(call: Call, region: str, name: str) -> tuple[str, int, int]:
    shown, limit = _COUNTED[name]
    found = shelf.below(call.practice, f"/subscriptions/{call.subscription}", f"Microsoft.Compute/{name}")
    return shown, sum(one.get("location") == region for one in found), limit


def _vm_sizes(call: Call) -> Response:
    return collection([sized(size) for size in _offered(region_of(call))])


def sized(size: Size) -> dict[str, Any]:
    """A size as `vmSizes` shows it."""
    return {
        "name": size.name,
        "numberOfCores": size.cores,
        "osDiskSizeInMB": _OS_DISK,
        "resourceDiskSizeInMB": size.temporary_disk * _MEGABYTES,
        "memoryInMB": int(size.memory * _MEGABYTES),
        "maxDataDiskCount": size.data_disks,
    }


def _skus(call: Call) -> Response:
    asked = call.request.query.get("$filter")
    wanted = _LOCATION.fullmatch(asked) if asked else None
    if asked and wanted is None:
        raise Failure(
            400, "InvalidParameter", f"The filter '{asked}' is not supported. Only location eq '...' is."
        )
    regions = [wanted[1].replace(" ", "").lower()] if wanted else list(facts.regions())
    return collection([*_set_skus(regions), *_machine_skus(regions), *_disk_skus(regions)])


def _places(regions: list[str]) -> dict[str, Any]:
    infos = [{"location": one, "zones": list(zones(one)), "zoneDetails": []} for one in regions]
    return {"locations": regions, "locationInfo": infos}


def zones(region: str) -> tuple[str, ...]:
    """The availability zones of a region."""
    found = facts.regions().get(region, {})
    return ("1", "2", "3") if found.get("zones") or found.get("availabilityZones") else ()


def _set_skus(regions: list[str]) -> Iterator[dict[str, Any]]:
    for region in regions:
        for name in ("Classic", "Aligned"):
            capability = [{"name": "MaximumPlatformFaultDomainCount", "value": "3"}]
            yield {
                "resourceType": "availabilitySets",
                "name": name,
                **_places([region]),
                "capabilities": capability,
                "restrictions": [],
            }


def _machine_skus(regions: list[str]) -> Iterator[dict[str, Any]]:
    for size in vm_sizes.sizes().values():
        if places := [one for one in regions if size.offered(one)]:
            tier, _, bare = size.name.partition("_")
            yield {
                "resourceType": "virtualMachines",
                "name": size.name,
                "tier": tier,
                "size": bare,
                "family": size.family,
                **_places(places),
                "capabilities": [{"name": name, "value": value} for name, value in _capabilities(size)],
                "restrictions": [],
            }


def _capabilities(size: Size) -> Iterator[tuple[str, str]]:
    yield "MaxResourceVolumeMB", str(size.temporary_disk * _MEGABYTES)
    yield "OSVhdSizeMB", str(_OS_DISK)
    yield "vCPUs", str(size.cores)
    yield "vCPUsAvailable", str(size.cores)
    yield "MemoryPreservingMaintenanceSupported", "True"
    yield "HyperVGenerations", "V1,V2"
    yield "CpuArchitectureType", "Arm64" if size.architecture == "arm" else "x64"
    yield "MemoryGB", f"{size.memory:g}"
    yield "MaxDataDiskCount", str(size.data_disks)
    yield "LowPriorityCapable", "True"
    yield "PremiumIO", str(size.premium)
    yield "VMDeploymentTypes", "IaaS"
    if size.gpus:
        yield "GPUs", f"{size.gpus:g}"
    yield "AcceleratedNetworkingEnabled", str("a" in size.flags)
    yield "RdmaEnabled", str("r" in size.flags)
    yield "EncryptionAtHostSupported", str("e" in size.flags)
    yield "MaxNetworkInterfaces", str(max(2, min(8, size.cores)))


def _disk_skus(regions: list[str]) -> Iterator[dict[str, Any]]:
    for name, tier, size in (
        ("Standard_LRS", "Standard", "S10"),
        ("StandardSSD_LRS", "Standard", "E10"),
        ("Premium_LRS", "Premium", "P10"),
    ):
        capability = [{"name": "MaxSizeGiB", "value": "128"}, {"name": "MinSizeGiB", "value": "64"}]
        yield {
            "resourceType": "disks",
            "name": name,
            "tier": tier,
            "size": size,
            **_places(regions),
            "capabilities": capability,
            "restrictions": [],
        }


_HOME = "/subscriptions/{subscription}/providers/Microsoft.Compute"
OPERATIONS = (
    Operation("GET", f"{_HOME}/locations/{{location}}/usages", _usages, "Microsoft.Compute/locations/usages/read", strip=5),
    Operation("GET", f"{_HOME}/locations/{{location}}/vmSizes", _vm_sizes, "Microsoft.Compute/locations/vmSizes/read", strip=5),
    Operation("GET", f"{_HOME}/skus", _skus, "Microsoft.Compute/skus/read", strip=3),
)  # fmt: skip
TYPES = ()
