"""Deciding: the rules of a group walked by priority for one connection, with service tags as sets of addresses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from wizard.network.addresses import readable
from wizard.network.rules import ANY, DEFAULTS, Access, Need, Rule, Verdict, in_order

_LAST = 2**32 - 1
_AZURE_HOST = int(IPv4Address("168.63.129.16"))
_NOT_PUBLIC = readable(
    (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
    ),
)

Span = tuple[int, int]
Spans = tuple[Span, ...]


def _minus(spans: Spans, gone: Spans) -> Spans:
    left: list[Span] = list(spans)
    for begin, end in gone:
        parts = [((a, min(b, begin - 1)), (max(a, end + 1), b)) for a, b in left]
        left = [part for pair in parts for part in pair if part[0] <= part[1]]
    return tuple(left)


def _span(network: IPv4Network) -> Span:
    return int(network[0]), int(network[-1])


@dataclass(frozen=True, slots=True)
class Place:
    """Where the machines stand: what the tag VirtualNetwork means there (with peered networks), and the subnet."""

    network: tuple[IPv4Network, ...] = ()
    subnet: tuple[IPv4Network, ...] = ()

    def spans(self, address: str) -> Spans | None:
        """Return the addresses that a range or tag stands for; None for a tag whose addresses we can't know."""
        word = address.lower()
        if word in {ANY, "any", "0.0.0.0/0"}:
            return ((0, _LAST),)
        own = tuple(_span(one) for one in self.network)
        if word == "virtualnetwork":
            return own
        if word == "internet":
            return _minus(
                ((0, _LAST),), (*own, *(_span(one) for one in _NOT_PUBLIC), (_AZURE_HOST, _AZURE_HOST))
            )
        if word == "azureloadbalancer":
            return ((_AZURE_HOST, _AZURE_HOST),)
        low, dash, high = address.partition("-")
        if dash and (ends := readable((low, high))) and len(ends) == 2:  # noqa: PLR2004 - from and to
            return ((int(ends[0][0]), int(ends[1][-1])),)
        found = readable((address,))
        return (_span(found[0]),) if found else None


def tag_holds(wider: str, tag: str) -> bool:
    """Whether a service tag holds another one: Storage holds Storage.westeurope, AzureCloud holds both."""
    wider, tag = wider.lower(), tag.lower()
    if wider in {tag, ANY, "any", "0.0.0.0/0", "internet"}:
        return True
    name, _, region = tag.partition(".")
    if wider.partition(".")[0] == "azurecloud":
        place = wider.partition(".")[2]
        return not place or place == region
    return wider == name


def decide(rules: Iterable[Rule], need: Need, place: Place) -> Verdict:
    """Return what becomes of a connection: the first rule that matches all that is left of it decides.

    Rules that match a part (some of the addresses, certain source ports, an application security group) decide
    about that part alone. An unknown service tag within the Internet counts as a part.
    """
    walk = _Walk(need, place)
    for rule in in_order(rules) or DEFAULTS:
        if rule.direction.lower() == need.direction.lower() and _speaks_of(rule, need):
            walk.pass_rule(rule)
            if walk.done:
                break
    return walk.verdict()


def _speaks_of(rule: Rule, need: Need) -> bool:
    known = rule.protocol.lower() in {ANY, "any", need.protocol.lower()}
    return known and any(_holds_port(text, need.port) for text in rule.ports)


def _holds_port(text: str, port: int) -> bool:
    if text == ANY:
        return True
    low, _, high = text.partition("-")
    return low.isdecimal() and int(low) <= port <= int(high or low)


class _Walk:
    """One connection on its way past the rules: what of it is not decided yet."""

    def __init__(self, need: Need, place: Place) -> None:
        self.need, self.place = need, place
        spans = place.spans(need.peer)
        self.tag = "" if spans else need.peer  # the network may not be known yet, and then holds no address
        self.left: Spans = spans or ()
        self.done = False
        self.decided: list[tuple[Rule, int]] = []
        self.maybe: list[Rule] = []

    def pass_rule(self, rule: Rule) -> None:
        whole = ANY in rule.source_ports and self._covers_own(rule.own)
        if self.tag:
            self._pass_tag(rule, whole=whole)
            return
        known = [self.place.spans(peer) for peer in rule.peers]
        taken = tuple(span for spans in known if spans for span in spans)
        after = _minus(self.left, taken)
        size = _size(self.left) - _size(after)
        if size and whole:
            self.decided.append((rule, size))
            self.left = after
        elif size or (any(spans is None for spans in known) and self._reaches_out()):
            self.maybe.append(rule)
        self.done = not self.left

    def _pass_tag(self, rule: Rule, *, whole: bool) -> None:
        if any(tag_holds(peer, self.tag) for peer in rule.peers):
            if whole:
                self.decided.append((rule, 1))
                self.done = True
            else:
                self.maybe.append(rule)
        elif any(self._may_touch(peer) for peer in rule.peers):
            self.maybe.append(rule)

    def _may_touch(self, peer: str) -> bool:
        """Whether a rule's peer may hold some addresses of a service tag that we can't list."""
        spans = self.place.spans(peer)
        if spans is None:
            return tag_holds(self.tag, peer)
        public = self.place.spans("Internet") or ()
        return _size(_minus(public, spans)) < _size(public)

    def _reaches_out(self) -> bool:
        public = self.place.spans("Internet") or ()
        return _size(_minus(self.left, public)) < _size(self.left)

    def _covers_own(self, addresses: Sequence[str]) -> bool:
        """Whether a rule's near end holds the whole subnet."""
        spans = [found for address in addresses if (found := self.place.spans(address)) is not None]
        own = tuple(_span(one) for one in self.place.subnet or self.place.network)
        if not own:  # a network that Hopsworks makes: we know no address of it yet
            return any(a.lower() in {ANY, "any", "0.0.0.0/0", "virtualnetwork"} for a in addresses)
        return not _minus(own, tuple(span for one in spans for span in one))

    def verdict(self) -> Verdict:
        ways = {rule.allows for rule, _ in self.decided}
        most = max(self.decided, key=lambda one: one[1])[0] if self.decided else DEFAULTS[2]
        parts = [rule for rule, _ in self.decided if rule.allows != most.allows]
        doubts = [rule for rule in self.maybe if rule.allows != most.allows]
        whole = Access.ALLOWED if ways == {True} else Access.DENIED
        access = Access.PARTLY if len(ways) > 1 else whole
        return Verdict(self.need, access, most, tuple(dict.fromkeys((*parts, *doubts))))


def _size(spans: Spans) -> int:
    return sum(end - begin + 1 for begin, end in spans)


@dataclass(frozen=True, slots=True)
class Shadow:
    """A rule that never decides, because an earlier one matches all that it matches."""

    rule: Rule
    by: Rule

    @property
    def sentence(self) -> str:
        """What is so, and whether it matters."""
        same = "says the same" if self.rule.access.lower() == self.by.access.lower() else "says the opposite"
        return f"{self.rule.name} ({self.rule.priority}) never decides: {self.by.name} ({self.by.priority}) comes first and {same}."


def shadowed(rules: Iterable[Rule], place: Place) -> tuple[Shadow, ...]:
    """Return the rules that an earlier single rule leaves nothing to."""
    found, ordered = [], in_order(rules)
    for number, rule in enumerate(ordered):
        if rule in DEFAULTS or rule.name in {default.name for default in DEFAULTS}:
            continue
        earlier = (one for one in ordered[:number] if one.inbound == rule.inbound)
        by = next((one for one in earlier if _swallows(one, rule, place)), None)
        if by is not None:
            found.append(Shadow(rule, by))
    return tuple(found)


def _swallows(wider: Rule, rule: Rule, place: Place) -> bool:
    protocol = wider.protocol.lower() in {ANY, "any", rule.protocol.lower()}
    return (
        protocol
        and _holds_ports(wider.ports, rule.ports)
        and _holds_ports(wider.source_ports, rule.source_ports)
        and _holds_addresses(wider.sources, rule.sources, place)
        and _holds_addresses(wider.destinations, rule.destinations, place)
    )


def _holds_ports(wider: Sequence[str], ports: Sequence[str]) -> bool:
    return not _minus(_port_spans(ports), _port_spans(wider))


def _port_spans(texts: Sequence[str]) -> Spans:
    ends = [("0", "", "65535") if text == ANY else text.partition("-") for text in texts]
    return tuple((int(low), int(high or low)) for low, _, high in ends if low.isdecimal())


def _holds_addresses(wider: Sequence[str], addresses: Sequence[str], place: Place) -> bool:
    taken = tuple(span for one in wider for span in place.spans(one) or ())
    for address in addresses:
        spans = place.spans(address)
        if spans is None:
            if not any(tag_holds(one, address) for one in wider):
                return False
        elif not spans:  # the tag VirtualNetwork of a network not known yet
            if not {address.lower(), ANY} & {one.lower() for one in wider}:
                return False
        elif _minus(spans, taken):
            return False
    return True
