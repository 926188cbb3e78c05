"""Address ranges: what is wrong with a typed one, what is free in a network, and whether a subnet has room."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError, summarize_address_range

from wizard.answers import Value

RESERVED = 5
"""How many addresses of each subnet Azure keeps: network, gateway, two for DNS, broadcast."""
FIXED_SUBNETS = ("GatewaySubnet", "AzureBastionSubnet", "AzureFirewallSubnet", "RouteServerSubnet")
DOCKER_BRIDGE = IPv4Network("172.17.0.0/16")
_PRIVATE = tuple(
    IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
)
_BANNED = {
    IPv4Network("169.254.0.0/16"): "link-local addresses",
    IPv4Network("127.0.0.0/8"): "loopback addresses",
    IPv4Network("224.0.0.0/4"): "multicast addresses",
    IPv4Network("168.63.129.16/32"): "the address of Azure's own services",
}
_LARGEST, _SMALLEST = 8, 29
_FORM = re.compile(r"\d{1,3}(\.\d{1,3}){3}(/\d{1,2})?")
_SUBNET_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?")
_VNET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}[A-Za-z0-9_]")


def wrong_vnet_name(value: Value) -> str:
    """Rule V-vnet."""
    ok = _VNET_NAME.fullmatch(str(value))
    return "" if ok else f"“{value}” is not a name for a virtual network: 2 to 64 characters."


def wrong_name(value: Value) -> str:
    """Rule V-netres, for subnets, security groups and their rules."""
    return "" if _SUBNET_NAME.fullmatch(str(value)) else f"“{value}” does not fit: 1 to 80 characters."


def wrong_subnet_name(value: Value) -> str:
    """Rule V-netres for the subnet of machines: Azure keeps some names for services of its own."""
    fixed = next((name for name in FIXED_SUBNETS if name.lower() == str(value).lower()), "")
    if fixed:
        return f"{fixed} is reserved for a service of Azure: no machines may stand in it."
    return wrong_name(value)


def wrong_range(value: Value) -> str:
    """Rules V-cidr and V-cidr-ban: canonical, private, and nothing that Azure needs itself."""
    text = str(value)
    if ":" in text:
        return f"“{text}” is IPv6; an IPv4 range is needed, such as 10.0.0.0/16."
    if not _FORM.fullmatch(text):
        return f"“{text}” is not an address range such as 10.0.0.0/16."
    try:
        loose = IPv4Network(text, strict=False)
    except (AddressValueError, NetmaskValueError, ValueError):
        return f"“{text}” is not an address range such as 10.0.0.0/16."
    if "/" not in text:
        return f"The length of the prefix is missing: {text}/16, for example."
    if str(loose.network_address) != text.partition("/")[0]:
        return f"Host bits set: did you mean {loose}?"
    return _wrong_place(loose)


def _wrong_place(network: IPv4Network) -> str:
    for banned, why in _BANNED.items():
        if network.overlaps(banned):
            return f"{network} holds {why} ({banned})."
    if not any(network.subnet_of(private) for private in _PRIVATE):
        listed = ", ".join(map(str, _PRIVATE))
        return f"{network} is not private: it has to be within one of {listed}."
    return ""


def wrong_vnet_range(value: Value) -> str:
    """V-cidr for a virtual network: between /8 and /29."""
    return wrong_range(value) or _wrong_length(read(str(value)), "A virtual network")


def wrong_subnet_range(value: Value) -> str:
    """V-cidr for a subnet: between /8 and /29, where 3 addresses are left."""
    return wrong_range(value) or _wrong_length(read(str(value)), "A subnet")


def _wrong_length(network: IPv4Network, what: str) -> str:
    if _LARGEST <= network.prefixlen <= _SMALLEST:
        return ""
    return f"{what} is between /{_LARGEST} and /{_SMALLEST}, not /{network.prefixlen}."


def read(text: str) -> IPv4Network:
    """Return the range.

    Raises:
        ValueError: it is none, or has host bits.
    """
    return IPv4Network(text)


def readable(texts: Iterable[object]) -> tuple[IPv4Network, ...]:
    """Return those of the ranges that are IPv4; a dual network's IPv6 ranges are none of our concern."""
    found = []
    for text in texts:
        try:
            found.append(IPv4Network(str(text), strict=False))
        except ValueError:
            continue
    return tuple(found)


def usable(network: IPv4Network) -> int:
    """Return how many addresses of a subnet machines can have."""
    return max(network.num_addresses - RESERVED, 0)


@dataclass(frozen=True, slots=True)
class Holding:
    """A range that is taken: a subnet with `used` addresses in use, or a peered network."""

    name: str
    ranges: tuple[IPv4Network, ...]
    used: int = 0

    @property
    def label(self) -> str:
        """Name and ranges."""
        return f"{self.name} ({', '.join(map(str, self.ranges))})"

    def overlaps(self, network: IPv4Network) -> bool:
        """Whether it shares an address with a range."""
        return any(network.overlaps(own) for own in self.ranges)

    @property
    def room(self) -> int:
        """How many addresses are left."""
        return max(sum(usable(own) for own in self.ranges) - self.used, 0)


def inside(network: IPv4Network, spaces: Sequence[IPv4Network]) -> bool:
    """Whether a range lies within one of the spaces."""
    return any(network.subnet_of(space) for space in spaces)


def overlapping(network: IPv4Network, holdings: Iterable[Holding]) -> Holding | None:
    """Return the first holding that shares an address with a range."""
    return next((holding for holding in holdings if holding.overlaps(network)), None)


def gaps(
    spaces: Sequence[IPv4Network], holdings: Iterable[Holding]
) -> Iterator[tuple[IPv4Address, IPv4Address]]:
    """Yield the free stretches of the spaces, first and last address, in order."""
    taken = sorted((int(own[0]), int(own[-1])) for holding in holdings for own in holding.ranges)
    for space in sorted(spaces):
        here, last = int(space[0]), int(space[-1])
        for begin, end in taken:
            if end < here or begin > last:
                continue
            if begin > here:
                yield IPv4Address(here), IPv4Address(begin - 1)
            here = max(here, end + 1)
        if here <= last:
            yield IPv4Address(here), IPv4Address(last)


def first_free(spaces: Sequence[IPv4Network], holdings: Iterable[Holding], length: int) -> IPv4Network | None:
    """Return the lowest free range of that prefix length; None when there is none."""
    for first, last in gaps(spaces, holdings):
        for block in summarize_address_range(first, last):
            if block.prefixlen <= length:
                return next(block.subnets(new_prefix=length))
    return None


def length_for(addresses: int) -> int:
    """Return the longest prefix whose subnet has room for that many machines."""
    size = addresses + RESERVED
    return min(_SMALLEST, 32 - (size - 1).bit_length())


def other_space(avoid: Iterable[Holding], length: int = 16) -> IPv4Network | None:
    """Return a private range of that length that overlaps none of these: 10.x first."""
    held = tuple(avoid)
    for private in _PRIVATE:
        if length < private.prefixlen:
            continue
        free = first_free((private,), (*held, Holding("docker", (DOCKER_BRIDGE,))), length)
        if free is not None:
            return free
    return None
