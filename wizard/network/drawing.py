"""Drawings of networks: an address plan (taken, free, wanted) and the rules of a group with a verdict per need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

from wizard.drawing import WIDTH, Drawing, Line, Part, Tone, line
from wizard.network.addresses import Holding, gaps, other_space, overlapping, usable
from wizard.network.deciding import Shadow
from wizard.network.rules import Access, Rule, Verdict, own_rules
from wizard.text import clean

_BAR = 16
_MOST_SUBNETS, _MOST_GAPS, _MOST_RULES = 12, 4, 20


@dataclass(frozen=True, slots=True)
class AddressPlan:
    """A network with what is in it, and the subnet that is wanted there.

    `needs` is how many addresses the machines take; `exists` says that the subnet is there already.
    """

    name: str
    spaces: tuple[IPv4Network, ...]
    subnet: str
    wanted: IPv4Network | None
    needs: int
    held: tuple[Holding, ...] = ()
    peers: tuple[Holding, ...] = ()
    used: int = 0
    exists: bool = False

    @property
    def room(self) -> int:
        """How many addresses the wanted subnet has for new machines."""
        return max(usable(self.wanted) - self.used, 0) if self.wanted else 0

    @property
    def others(self) -> tuple[Holding, ...]:
        """The subnets besides the wanted one."""
        return tuple(
            one for one in self.held if not (self.exists and one.name.lower() == self.subnet.lower())
        )


def draw_plan(plan: AddressPlan) -> Drawing:
    """Return the picture: each space, its subnets in order, the wanted one with a bar, what is free, and clashes."""
    lines: list[Line] = []
    for space in sorted(plan.spaces):
        lines.append(_space_line(plan, space))
        lines.extend(_subnet_lines(plan, space))
        lines.extend(_free_lines(plan, space))
    if plan.wanted and not any(plan.wanted.subnet_of(space) for space in plan.spaces):
        lines.append(line(f"✗ {plan.subnet} {plan.wanted} is outside of {plan.name}", Tone.BAD))
    lines.extend(_peer_lines(plan))
    return Drawing(f"Address plan of {plan.name}", tuple(_fit(one) for one in lines))


def _space_line(plan: AddressPlan, space: IPv4Network) -> Line:
    taken = sum(own.num_addresses for one in _all(plan) for own in one.ranges if own.subnet_of(space))
    share = 100 * (space.num_addresses - min(taken, space.num_addresses)) / space.num_addresses
    told = f"{space.num_addresses:,} addresses, {share:.1f} % free"
    return (Part(_row(f"{space}  {plan.name}", told), Tone.HEAD),)


def _all(plan: AddressPlan) -> tuple[Holding, ...]:
    mine = (Holding(plan.subnet, (plan.wanted,)),) if plan.wanted else ()
    return (*plan.others, *mine)


def _row(left: str, right: str) -> str:
    gap = max(WIDTH - len(left) - len(right), 2)
    return f"{left}{' ' * gap}{right}"


def _subnet_lines(plan: AddressPlan, space: IPv4Network) -> Iterator[Line]:
    held = [(own, one) for one in plan.others for own in one.ranges if own.subnet_of(space)]
    mine = plan.wanted if plan.wanted and plan.wanted.subnet_of(space) else None
    rows = sorted(
        [*((own, _held_line(own, one)) for own, one in held[:_MOST_SUBNETS])], key=lambda row: row[0]
    )
    if mine is not None:
        rows = sorted([*rows, (mine, _wanted_line(plan, mine))], key=lambda row: row[0])
    yield from (row for _, row in rows)
    if len(held) > _MOST_SUBNETS:
        yield line(f"├ and {len(held) - _MOST_SUBNETS} more subnets", Tone.MUTED)


def _held_line(own: IPv4Network, one: Holding) -> Line:
    return (Part(_row(f"├ {own!s:<18} {one.name}", f"taken · {one.used} used of {usable(own)}"), Tone.MUTED),)


def _wanted_line(plan: AddressPlan, own: IPv4Network) -> Line:
    clash = overlapping(own, plan.others)
    bar = _bar(plan.needs, plan.room)
    left = f"├ {own!s:<18} {plan.subnet:<12.20} {bar} "
    if clash is not None:
        return (Part(left), Part(f"✗ overlaps {clash.name}", Tone.BAD))
    if plan.room < plan.needs:
        return (Part(left), Part(f"✗ needs {plan.needs}, has {plan.room}", Tone.BAD))
    spare = plan.room - plan.needs
    tone, sign = (Tone.GOOD, "✓") if spare > plan.needs else (Tone.WARNING, "!")
    return (Part(left), Part(f"{sign} needs {plan.needs}, has {plan.room}", tone))


def _bar(needs: int, room: int) -> str:
    full = _BAR if room <= 0 else min(_BAR, max(1, round(_BAR * needs / room)))
    return "█" * full + "░" * (_BAR - full)


def _free_lines(plan: AddressPlan, space: IPv4Network) -> Iterator[Line]:
    free = list(gaps((space,), _all(plan)))
    for number, (first, last) in enumerate(free[:_MOST_GAPS]):
        sign = "└" if number == min(len(free), _MOST_GAPS) - 1 else "├"
        count = int(last) - int(first) + 1
        yield line(_row(f"{sign} {first} – {last}", f"free · {count:,}"))
    if not free:
        yield line("└ nothing is free", Tone.WARNING)
    elif len(free) > _MOST_GAPS:
        yield line(f"  and {len(free) - _MOST_GAPS} more free stretches", Tone.MUTED)


def _peer_lines(plan: AddressPlan) -> Iterator[Line]:
    for peer in plan.peers:
        spaces = [space for space in plan.spaces if peer.overlaps(space)]
        if spaces:
            yield line(f"✗ peered network {peer.label} overlaps {spaces[0]}", Tone.BAD)
            free = other_space((*plan.peers, *plan.held), spaces[0].prefixlen)
            if free is not None:
                yield line(f"  {free} is free of them", Tone.MUTED)
        else:
            yield line(f"  peered network {peer.label}: no overlap", Tone.MUTED)


def draw_rules(
    title: str, verdicts: Sequence[Verdict], rules: Sequence[Rule], shadows: Sequence[Shadow] = ()
) -> Drawing:
    """Return the picture: what is needed with verdict and deciding rule, then all rules in Azure's order."""
    lines: list[Line] = [line(f"{'Needed':<29} {'Verdict':<9} Decided by", Tone.HEAD)]
    lines.extend(_verdict_line(one) for one in verdicts)
    lines.extend(_besides(one) for one in verdicts if one.besides)
    for inbound, head in ((True, "Inbound, in the order Azure looks"), (False, "Outbound")):
        lines.extend((line(""), line(head, Tone.HEAD)))
        lines.extend(_rule_lines([rule for rule in rules if rule.inbound is inbound], shadows))
    return Drawing(title, tuple(_fit(one) for one in lines))


def _verdict_line(verdict: Verdict) -> Line:
    tone = {Access.ALLOWED: Tone.GOOD, Access.DENIED: Tone.BAD, Access.PARTLY: Tone.WARNING}[verdict.access]
    needed = _cut(verdict.need.label, 29)
    decided = f"{verdict.rule.priority} {verdict.rule.name}"
    return (Part(f"{needed:<29} "), Part(f"{verdict.access:<9} ", tone), Part(decided))


def _besides(verdict: Verdict) -> Line:
    names = ", ".join(f"{rule.priority} {rule.name}" for rule in verdict.besides)
    return line(f"! {verdict.need.label}: a part is decided by {names}", Tone.WARNING)


def _rule_lines(rules: Sequence[Rule], shadows: Sequence[Shadow]) -> Iterator[Line]:
    never = {shadow.rule: shadow.by for shadow in shadows}
    own = own_rules(rules)
    left_out = own[_MOST_RULES:]
    for rule in rules:
        if rule in left_out:
            continue
        ports = ",".join(rule.ports)
        what = f"{ports}/{rule.protocol.lower()}" if rule.protocol != "*" else ports
        word = "from" if rule.inbound else "to"
        text = f"{rule.priority:>5} {rule.access:<5} {what:<12.12} {word} {','.join(rule.peers):<16.16} {rule.name}"
        if rule in never:
            yield (Part(_cut(text, WIDTH - 12), Tone.MUTED), Part("  ! shadowed", Tone.WARNING))
        else:
            yield line(text, Tone.PLAIN if rule in own else Tone.MUTED)
    if left_out:
        yield line(f"      and {len(left_out)} more rules", Tone.MUTED)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _fit(parts: Line) -> Line:
    """Return a line that is not wider than a drawing may be."""
    left, fitted = WIDTH, []
    for part in parts:
        if left > 0:
            text = clean(part.text).replace("\n", " ")  # names of rules are text from outside
            fitted.append(Part(_cut(text, left), part.tone))
            left -= len(text)
    return tuple(fitted)
