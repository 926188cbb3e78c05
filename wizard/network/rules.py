"""Security rules: which of them decides about a connection, in the order in which Azure evaluates them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

LOWEST, HIGHEST = 100, 4096
IN, OUT = "Inbound", "Outbound"
ANY = "*"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a network security group. Addresses are ranges, service tags or ``*``; ports ``80`` or ``1-9``."""

    name: str
    direction: str
    priority: int
    access: str
    protocol: str = "Tcp"
    sources: tuple[str, ...] = (ANY,)
    source_ports: tuple[str, ...] = (ANY,)
    destinations: tuple[str, ...] = (ANY,)
    ports: tuple[str, ...] = (ANY,)

    @property
    def allows(self) -> bool:
        """Whether it lets pass what it matches."""
        return self.access.lower() == "allow"

    @property
    def does(self) -> str:
        """Allows or denies, as a word of a sentence."""
        return "allows" if self.allows else "denies"

    @property
    def inbound(self) -> bool:
        """Whether it is about connections from outside."""
        return self.direction.lower() == IN.lower()

    @property
    def peers(self) -> tuple[str, ...]:
        """The addresses at the far end."""
        return self.sources if self.inbound else self.destinations

    @property
    def own(self) -> tuple[str, ...]:
        """The addresses at the near end."""
        return self.destinations if self.inbound else self.sources

    @property
    def properties(self) -> dict[str, Any]:
        """What ARM stores of it: all eight fields."""
        return {
            "direction": self.direction,
            "priority": self.priority,
            "access": self.access,
            "protocol": self.protocol,
            **_field("sourceAddressPrefix", "sourceAddressPrefixes", self.sources),
            **_field("sourcePortRange", "sourcePortRanges", self.source_ports),
            **_field("destinationAddressPrefix", "destinationAddressPrefixes", self.destinations),
            **_field("destinationPortRange", "destinationPortRanges", self.ports),
        }

    @property
    def body(self) -> dict[str, Any]:
        """The rule as a member of a group's body."""
        return {"name": self.name, "properties": self.properties}

    def same_as(self, other: Rule) -> bool:
        """Whether both mean the same at the same priority, whatever they are called."""
        return _plain(self) == _plain(other)


def _field(one: str, many: str, values: tuple[str, ...]) -> dict[str, Any]:
    return {one: values[0]} if len(values) == 1 else {many: list(values)}


def _plain(rule: Rule) -> tuple[object, ...]:
    texts = (rule.direction, rule.access, rule.protocol)
    sets = (rule.sources, rule.source_ports, rule.destinations, rule.ports)
    return (
        rule.priority,
        *(text.lower() for text in texts),
        *(frozenset(v.lower() for v in values) for values in sets),
    )


def _default(name: str, priority: int, access: str, source: str, destination: str) -> Rule:
    direction = IN if name.endswith("InBound") else OUT
    return Rule(name, direction, priority, access, ANY, (source,), destinations=(destination,))


_VNET, _BALANCER, _INTERNET = "VirtualNetwork", "AzureLoadBalancer", "Internet"
DEFAULTS = (
    _default("AllowVnetInBound", 65000, "Allow", _VNET, _VNET),
    _default("AllowAzureLoadBalancerInBound", 65001, "Allow", _BALANCER, ANY),
    _default("DenyAllInBound", 65500, "Deny", ANY, ANY),
    _default("AllowVnetOutBound", 65000, "Allow", _VNET, _VNET),
    _default("AllowInternetOutBound", 65001, "Allow", ANY, _INTERNET),
    _default("DenyAllOutBound", 65500, "Deny", ANY, ANY),
)
"""What every group ends with (nsg.json, azure_default_rules)."""


def rules_of(group: Mapping[str, Any]) -> tuple[Rule, ...]:
    """Read a network security group as ARM shows it: its own rules, then the default ones."""
    properties = group.get("properties") or {}
    own = tuple(_read(one) for one in properties.get("securityRules") or ())
    ends = tuple(_read(one) for one in properties.get("defaultSecurityRules") or ()) or DEFAULTS
    return in_order((*own, *ends))


def own_rules(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the rules that somebody wrote: all but the default ones."""
    return tuple(rule for rule in rules if rule.priority <= HIGHEST)


def in_order(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return rules as Azure evaluates them: inbound first here, each direction by priority."""
    return tuple(sorted(rules, key=lambda rule: (not rule.inbound, rule.priority, rule.name.lower())))


def with_defaults(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return a new group's rules with those that Azure adds itself."""
    return in_order((*rules, *DEFAULTS))


def _read(one: Mapping[str, Any]) -> Rule:
    held = one.get("properties") or {}
    return Rule(
        name=str(one.get("name") or ""),
        direction=str(held.get("direction") or IN),
        priority=int(held.get("priority") or 0),
        access=str(held.get("access") or ""),
        protocol=str(held.get("protocol") or ANY),
        sources=_addresses(held, "source"),
        source_ports=_either(held, "sourcePortRange", "sourcePortRanges"),
        destinations=_addresses(held, "destination"),
        ports=_either(held, "destinationPortRange", "destinationPortRanges"),
    )


def _either(held: Mapping[str, Any], one: str, many: str) -> tuple[str, ...]:
    values = [str(v) for v in held.get(many) or ()]
    single = str(held.get(one) or "")
    return tuple(values) or ((single,) if single else (ANY,))


def _addresses(held: Mapping[str, Any], end: str) -> tuple[str, ...]:
    groups = held.get(f"{end}ApplicationSecurityGroups") or ()
    if groups:
        names = (str(g.get("id") or "").rsplit("/", 1)[-1] for g in groups if isinstance(g, Mapping))
        return tuple(f"asg:{name}" for name in names)
    return _either(held, f"{end}AddressPrefix", f"{end}AddressPrefixes")


def priorities(rules: Iterable[Rule], direction: str) -> Mapping[int, str]:
    """Return the priorities that are taken in a direction, and by whom."""
    return {
        rule.priority: rule.name for rule in own_rules(rules) if rule.direction.lower() == direction.lower()
    }


def wrong_priority(priority: int, rules: Iterable[Rule], direction: str) -> str:
    """Rule V-prio: 100 to 4096, once per direction."""
    if not LOWEST <= priority <= HIGHEST:
        return f"Priority {priority} is not between {LOWEST} and {HIGHEST}."
    holder = priorities(rules, direction).get(priority)
    return f"Priority {priority} is already used by “{holder}”." if holder else ""


def free_priority(
    rules: Sequence[Rule], direction: str, wanted: int, before: int = HIGHEST + 1
) -> int | None:
    """Return `wanted`, or the nearest free priority that is evaluated before `before`; None when there is none."""
    later, earlier = range(max(wanted, LOWEST), before), range(min(wanted, before) - 1, LOWEST - 1, -1)
    tried = (priority for span in (later, earlier) for priority in span)
    return next((one for one in tried if not wrong_priority(one, rules, direction)), None)


class Access(StrEnum):
    """What becomes of a connection."""

    ALLOWED = "allowed"
    DENIED = "DENIED"
    PARTLY = "partly"


@dataclass(frozen=True, slots=True)
class Need:
    """A connection that is needed: a port, and who is at the far end (a range, a service tag)."""

    port: int
    peer: str
    direction: str = IN
    protocol: str = "Tcp"
    why: str = ""

    @property
    def label(self) -> str:
        """Port, protocol and far end: ``80/tcp from Internet``."""
        word = "from" if self.direction == IN else "to"
        return f"{self.port}/{self.protocol.lower()} {word} {self.peer}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a needed connection and by which rule; `besides` decide about a part of it."""

    need: Need
    access: Access
    rule: Rule
    besides: tuple[Rule, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether all of it passes."""
        return self.access is Access.ALLOWED

    @property
    def sentence(self) -> str:
        """All in one line: ``80/tcp from Internet: allowed by AllowHttpLetsEncrypt, priority 100``."""
        said = f"{self.need.label}: {self.access} by {self.rule.name}, priority {self.rule.priority}"
        names = ", ".join(f"{rule.name} ({rule.priority}, {rule.does})" for rule in self.besides)
        return f"{said}; a part is decided by {names}" if names else said

    def renamed(self, name: str) -> Verdict:
        """Return the verdict with its rule told as one of another group."""
        return replace(self, rule=replace(self.rule, name=name))
