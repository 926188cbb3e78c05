"""A cluster's machines as a picture: what each size is made of, and what the quotas have left before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from wizard.azure.compute import CORES, SPOT_CORES, Quota, Size
from wizard.checks.machines import Machines, Wanted, ask, needed
from wizard.drawing import Drawing, Line, Part, Tone, line
from wizard.guide import Asking, Drawer
from wizard.text import clean_line

_NAMES = {CORES: "all in the region", SPOT_CORES.lower(): "spot machines"}


def machines_picture(machines: Machines) -> Drawer:
    """Return the drawer of the machines, with a verdict for each quota that they take of."""

    async def draw(asking: Asking) -> Drawing:
        found, held = await ask(asking)
        known = {one.name.lower(): one for one in found}
        wanted = [one for one in machines(asking.answers) if one.count]
        lines = (*_machines(wanted, known), line(""), *_quotas(wanted, known, held))
        return Drawing("Machines and quotas", lines)

    return draw


def _machines(wanted: Sequence[Wanted], known: Mapping[str, Size]) -> Iterator[Line]:
    yield line(f"{'Machines':<20} {'Size':<22} {'Count':>5} {'vCPUs':>6} {'Memory':>9}", Tone.HEAD)
    for one in wanted:
        role = one.key.removesuffix("_type").replace("_", " ")
        size = known.get(one.size.lower())
        if size is None:
            yield line(
                f"{role:<20.20} {clean_line(one.size):<22.22} {one.count:>5}  not known in this region",
                Tone.BAD,
            )
            continue
        memory = f"{size.memory * one.count:g} GB"
        yield line(f"{role:<20.20} {size.name:<22.22} {one.count:>5} {size.vcpus * one.count:>6} {memory:>9}")


def _quotas(wanted: Sequence[Wanted], known: Mapping[str, Size], held: Mapping[str, Quota]) -> Iterator[Line]:
    yield line(f"{'vCPU quota':<30} {'in use':>7} {'limit':>6} {'needs':>6}  Verdict", Tone.HEAD)
    for pool, needs in sorted(needed(wanted, known).items(), key=lambda pair: (pair[0] == CORES, pair[0])):
        quota = held.get(pool)
        if quota is None:
            yield line(f"{pool:<30.30} {'':>7} {'':>6} {needs:>6}  not listed", Tone.MUTED)
            continue
        enough = needs <= quota.left
        verdict = f"✓ {quota.left - needs} left" if enough else f"✗ {needs - quota.left} lacking"
        name = _NAMES.get(pool, clean_line(quota.family))
        row = f"{name:<30.30} {quota.used:>7} {quota.limit:>6} {needs:>6}  "
        yield (Part(row), Part(verdict, Tone.GOOD if enough else Tone.BAD))
