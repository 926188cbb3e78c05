"""Sizes of virtual machines: what each is made of, where it is offered, and how many cores a subscription may still take."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from wizard.practice.arm import facts, shelf
from wizard.practice.kernel import Practice

CORES = "cores"
_LIMIT = 350
_GPU_LIMIT = 48
_SPECIAL = re.compile(
    r"Standard_(?P<series>DC|EC|FX|HX|NP)(?P<cores>\d{1,3})(?P<more>[a-z]*)_?(?P<generation>(v\d)?)",
    re.IGNORECASE,
)
_POOLS = "microsoft.containerservice/managedclusters/agentpools"
_MACHINES = "microsoft.compute/virtualmachines"


@dataclass(frozen=True, slots=True)
class Size:
    """A size; memory in GB, disks in GB; `regions` is None when it is offered everywhere."""

    name: str
    family: str
    cores: int
    memory: float
    gpus: float
    temporary_disk: int
    data_disks: int
    architecture: str
    flags: str
    regions: frozenset[str] | None

    def offered(self, region: str) -> bool:
        """Whether a region has it; a region nothing is known of has all."""
        return self.regions is None or region in self.regions or region not in _known_regions()

    @property
    def premium(self) -> bool:
        """Whether it takes premium disks."""
        return "p" in self.flags


@lru_cache(maxsize=1)
def _known_regions() -> frozenset[str]:
    return frozenset(facts.vm_sizes()["regions"])


@lru_cache(maxsize=1)
def sizes() -> Mapping[str, Size]:
    """All sizes by their name in lower case."""
    table = facts.vm_sizes()
    regions = table["regions"]
    sets = [frozenset(regions[number] for number in one) for one in table["sets"]]
    found = {}
    for name, (family, cores, memory, gpus, disk, disks, chips, flags, places) in table["sizes"].items():
        offered = None if places < 0 else sets[places]
        found[name.lower()] = Size(name, family, cores, memory, gpus, disk, disks, chips, flags, offered)
    return found


def find(name: str) -> Size | None:
    """A size by its name in any case; of confidential and special series the facts hold only how they are named."""
    return sizes().get(name.lower()) or _special(name)


def _special(name: str) -> Size | None:
    found = _SPECIAL.fullmatch(name)
    if found is None:
        return None
    series, cores, more, generation = (
        found["series"].upper(),
        int(found["cores"]),
        found["more"].lower(),
        found["generation"],
    )
    family = f"standard{series}{more.upper()}{generation}Family"
    return Size(name, family, cores, cores * 4.0, 0, 0, 32, "x64", "pa", None)


def used(practice: Practice, subscription: str, region: str) -> Counter[str]:
    """The cores that what exists takes in a region, by family; `cores` is their sum."""
    found: Counter[str] = Counter()
    for key, one in practice.state.under("resource", f"/subscriptions/{subscription}/"):
        kind = one["type"].lower()
        if kind == _MACHINES and _place(one) == region:
            _take(found, _size_of(one), 1)
        elif kind == _POOLS and _place(_cluster(practice, key)) == region:
            _take(found, str(one["properties"].get("vmSize")), int(one["properties"].get("count") or 0))
    return found


def _cluster(practice: Practice, pool: str) -> Mapping[str, Any]:
    return shelf.stored(practice, pool.rsplit("/", 2)[0]) or {}


def _place(found: Mapping[str, Any]) -> str:
    return str(found.get("location", "")).replace(" ", "").lower()


def _size_of(machine: Mapping[str, Any]) -> str:
    return str(machine["properties"].get("hardwareProfile", {}).get("vmSize"))


def _take(found: Counter[str], name: str, machines: int) -> None:
    if size := find(name):
        found[size.family] += size.cores * machines
        found[CORES] += size.cores * machines


def quota(practice: Practice, region: str, family: str) -> tuple[int, int]:
    """The limit of a family in a region, and what is used by nothing we can see."""
    gpu = any(size.gpus for size in sizes().values() if size.family.lower() == family.lower())
    return practice.world.quota(region, family) or (_GPU_LIMIT if gpu else _LIMIT, 0)


@dataclass(frozen=True, slots=True)
class Shortage:
    """More cores are asked for than a quota leaves."""

    family: str
    limit: int
    used: int
    wanted: int


def shortage(practice: Practice, subscription: str, region: str, size: Size, cores: int) -> Shortage | None:
    """The quota that does not leave these cores, if one does not."""
    taken = used(practice, subscription, region)
    for family in (size.family, CORES):
        limit, elsewhere = quota(practice, region, family)
        if taken[family] + elsewhere + cores > limit:
            return Shortage(family, limit, taken[family] + elsewhere, cores)
    return None
