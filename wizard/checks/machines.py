"""Sizes of machines for a cluster: which a region offers, what the quota leaves, and disk encryption sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from wizard.answers import Answers, Value
from wizard.azure.compute import CORES, SPOT_CORES, Quota, Size, disk_sets, quotas, sizes
from wizard.guide import Asking, Check, Choice, Finding, Findings, Offers, Severity
from wizard.text import clean_line

_FEWEST = 2  # vCPUs; with less no part of a cluster runs


@dataclass(frozen=True, slots=True)
class Wanted:
    """Machines of one kind: the question where their size is answered, the size, and how many.

    Azure may take `spot` machines back, and they have a quota of their own.
    """

    key: str
    size: str
    count: int
    spot: bool = False


@dataclass(frozen=True, slots=True)
class Preference:
    """The size to propose for a question; where it can't be had, the smallest with these vCPUs and GB of memory."""

    key: str
    fact: str
    size: str
    vcpus: int
    memory: float


Machines = Callable[[Answers], Sequence[Wanted]]


async def ask(asking: Asking) -> tuple[list[Size], dict[str, Quota]]:
    """Read the sizes and the quotas of the region that the answers name. Raises AzureProblem."""
    arm, subscription = asking.azure.arm, asking.answers.text("subscription")
    region = asking.answers.text("location")
    return await sizes(arm, subscription, region), await quotas(arm, subscription, region)


def _left(size: Size, held: Mapping[str, Quota]) -> int | None:
    """Return how many vCPUs of a size's family may be taken; None where Azure lists no quota."""
    limits = [held[name].left for name in (size.family.lower(), CORES) if name in held]
    return min(limits) if limits else None


def _refusal(size: Size, held: Mapping[str, Quota], region: str) -> str:
    if size.refused:
        return f"{size.name} is not offered to this subscription in {region} ({clean_line(size.refused)})."
    left = _left(size, held)
    if left is not None and left < size.vcpus:
        return f"{size.name} needs {size.vcpus} vCPUs of family {size.family}, {left} left."
    return ""


def offer_sizes(asking_memory: float = 0) -> Offers:
    """Return the offer of the region's sizes with vCPUs, memory and quota; what can't be had is shown and refused."""

    async def offer(asking: Asking) -> Sequence[Choice]:
        found, held = await ask(asking)
        region = asking.answers.text("location")
        fit = [one for one in found if not one.arm and one.vcpus >= _FEWEST and one.memory >= asking_memory]
        choices = [(one, _refusal(one, held, region)) for one in fit]
        choices.sort(
            key=lambda pair: (bool(pair[1]), pair[0].gpus, pair[0].vcpus, pair[0].memory, pair[0].name)
        )
        return [_choice(one, refusal, _left(one, held)) for one, refusal in choices]

    return offer


def _choice(size: Size, refusal: str, left: int | None) -> Choice:
    memory = f"{size.memory:g} GB"
    gpus = str(size.gpus) if size.gpus else ""
    quota = "" if left is None else str(left)
    detail = f"{size.vcpus} vCPUs, {memory}" + (f", {gpus} GPU" if gpus else "") + "."
    columns = (str(size.vcpus), memory, gpus, quota)
    short = size.name.removeprefix("Standard_")
    return Choice(size.name, size.name, detail, columns, aliases=(short,), refusal=refusal)


def quota_for(key: str, machines: Machines, told_at: str = "") -> Check:
    """Return the check that the quota leaves enough for the machines up to and with those of question `key`.

    Where a question of its own asks how many (`told_at`), that one tells about all of them, and the size about one.
    What lacks already without them was told before.
    """

    async def check(asking: Asking) -> Findings:
        wanted = _up_to(key, machines(asking.answers))
        if wanted and wanted[-1].key == key and not told_at:
            wanted[-1] = replace(wanted[-1], count=min(wanted[-1].count, 1))
        found, held = await ask(asking)
        known = {one.name.lower(): one for one in found}
        return _judge(told_at or key, key, wanted, known, held)

    return check


def _up_to(key: str, wanted: Sequence[Wanted]) -> list[Wanted]:
    keys = [one.key for one in wanted]
    return list(wanted[: keys.index(key) + 1]) if key in keys else list(wanted)


def _judge(
    told_at: str, key: str, wanted: Sequence[Wanted], known: Mapping[str, Size], held: Mapping[str, Quota]
) -> Findings:
    taken = needed(wanted, known)
    mine = next((one for one in wanted if one.key == key), None)
    size = known.get(mine.size.lower()) if mine else None
    pools = _pools(size, spot=mine.spot) if mine and size else ()
    before = needed([one for one in wanted if one.key != key], known)
    short = [held[pool] for pool in pools if pool in held and before[pool] <= held[pool].left < taken[pool]]
    if short:
        return (_short(told_at, short[0], taken[short[0].family.lower()]),)
    if not pools or pools[0] not in held or taken[pools[0]] > held[pools[0]].left:
        return ()
    quota, needs = held[pools[0]], taken[pools[0]]
    what = f"Quota: needs {needs} of family {quota.family}, {quota.left} left."
    return (Finding(Severity.OK, told_at, what),)


def needed(wanted: Sequence[Wanted], known: Mapping[str, Size]) -> Counter[str]:
    """Return the vCPUs that machines take of each quota; `known` are sizes by name in lower case."""
    taken: Counter[str] = Counter()
    for one in wanted:
        size = known.get(one.size.lower())
        if size is not None and one.count:
            for pool in _pools(size, spot=one.spot):
                taken[pool] += size.vcpus * one.count
    return taken


def _pools(size: Size, *, spot: bool) -> tuple[str, ...]:
    return (SPOT_CORES.lower(),) if spot else (size.family.lower(), CORES)


def _short(told_at: str, quota: Quota, needs: int) -> Finding:
    names = {CORES: "all vCPUs of the region", SPOT_CORES: "all vCPUs of spot machines"}
    name = names.get(quota.family, f"family {clean_line(quota.family)}")
    what = f"The cluster needs {needs} of {name}, {quota.left} left."
    rule = f"{clean_line(quota.label)}: {quota.used} of {quota.limit} are in use."
    mend = "Pick another size or fewer machines, or ask for more: portal > Quotas > Compute."
    return Finding(Severity.ERROR, told_at, what, rule, mend)


def propose(key: str, preferences: Sequence[Preference]) -> Check:
    """Return the check at `key` that finds a size for each preference: the preferred one, else by rule.

    What it finds are facts, which the defaults of the size questions read.
    """

    async def check(asking: Asking) -> Findings:
        found, held = await ask(asking)
        region = asking.answers.text("location")
        can = [one for one in found if not _refusal(one, held, region) and not one.arm and not one.gpus]
        facts: dict[str, Value] = {}
        told: list[str] = []
        for wish in preferences:
            size = _best(wish, can)
            facts[wish.fact] = size.name if size else ""
            if size is not None and size.name != wish.size:
                told.append(f"{wish.size} can't be had in {region}; {size.name} is proposed.")
        if not told:
            return (
                Finding(Severity.OK, key, f"The machine sizes proposed can be had in {region}.", facts=facts),
            )
        return (Finding(Severity.INFO, key, " ".join(dict.fromkeys(told)), facts=facts),)

    return check


def _best(wish: Preference, can: Sequence[Size]) -> Size | None:
    preferred = next((one for one in can if one.name.lower() == wish.size.lower()), None)
    large = [one for one in can if one.vcpus >= wish.vcpus and one.memory >= wish.memory]
    return preferred or min(large, key=lambda one: (one.vcpus, one.memory, one.name), default=None)


async def offer_disk_sets(asking: Asking) -> Sequence[Choice]:
    """List the disk encryption sets of the subscription that are in the cluster's region."""
    found = await disk_sets(asking.azure.arm, asking.answers.text("subscription"))
    region = asking.answers.text("location")
    return [
        Choice(
            one.id,
            clean_line(one.name),
            columns=(clean_line(one.group), one.location),
            refusal=""
            if one.location == region
            else f"{clean_line(one.name)} is in {one.location}, cluster in {region}.",
        )
        for one in sorted(found, key=lambda one: one.name.casefold())
    ]


async def disk_set(_asking: Asking) -> Findings:
    """Say what a disk encryption set asks for besides (hopsworks-cluster.md 2.6)."""
    what = "Hopsworks' principal needs Reader on it, and Key Vault Reader and Key Vault Secrets User on its vault."
    rule = "The Terraform provider has no field for it: only the form takes it."
    return (Finding(Severity.WARNING, "des_id", what, rule),)
