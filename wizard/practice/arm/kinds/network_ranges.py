"""Address ranges: whether they can be, lie in one another or overlap, and which private address of a subnet is free."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from itertools import islice
from typing import Any

from wizard.practice.arm import ids, shelf
from wizard.practice.arm.kinds.network_parts import parts_on
from wizard.practice.arm.kinds.network_words import refused
from wizard.practice.kernel import Practice

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
_RESERVED = 4  # the first four addresses of a subnet and its last one are Azure's


def read(text: object, owner: str) -> Network:
    """A range in CIDR notation.

    Raises:
        Failure: InvalidAddressPrefixFormat, or InvalidCIDRNotation when bits stand right of the prefix.
    """
    try:
        if not isinstance(text, str) or "/" not in text:
            raise ValueError(text)
        loose = ip_network(text, strict=False)
    except ValueError as fault:
        raise refused(
            "InvalidAddressPrefixFormat",
            f"Address prefix {text} of resource {owner} is not formatted correctly. It should follow CIDR notation,"
            " for example 10.0.0.0/24.",
        ) from fault
    if str(loose) != text and str(loose.network_address) != text.split("/", maxsplit=1)[0].lower():
        raise refused(
            "InvalidCIDRNotation",
            f"The address prefix {text} in resource {owner} has an invalid CIDR notation. For the given prefix length,"
            f" the address prefix should be {loose}.",
        )
    return loose


def overlap(one: Network, other: Network) -> bool:
    """Whether two ranges have an address in common."""
    return one.version == other.version and one.overlaps(other)


def inside(one: Network, spaces: Iterable[Network]) -> bool:
    """Whether a range lies in one of others."""
    return any(
        (isinstance(one, IPv4Network) and isinstance(space, IPv4Network) and one.subnet_of(space))
        or (isinstance(one, IPv6Network) and isinstance(space, IPv6Network) and one.subnet_of(space))
        for space in spaces
    )


def prefixes(properties: Mapping[str, Any]) -> list[str]:
    """The ranges of a subnet, however many it has."""
    many = properties.get("addressPrefixes")
    if isinstance(many, list) and many:
        return [str(one) for one in many]
    return [str(properties["addressPrefix"])] if properties.get("addressPrefix") else []


def ranges(properties: Mapping[str, Any]) -> list[Network]:
    """The same as ranges; they were checked when they were written."""
    return [ip_network(one, strict=False) for one in prefixes(properties)]


def spaces(network: Mapping[str, Any]) -> list[Network]:
    """The address space of a virtual network."""
    given = (network.get("properties", {}).get("addressSpace") or {}).get("addressPrefixes") or []
    return [ip_network(one, strict=False) for one in given]


def usable(one: Network) -> Iterator[Address]:
    """The addresses of a subnet that are not Azure's own."""
    first, last = int(one.network_address) + _RESERVED, int(one.broadcast_address)
    return (ip_address(number) for number in range(first, last))


def capacity(one: Network) -> int:
    """How many addresses a subnet has for its owner."""
    return max(0, one.num_addresses - _RESERVED - 1)


def taken(practice: Practice, subnet: str, besides: str = "") -> dict[str, str]:
    """The private addresses that are used in a subnet, and by which part; those of one resource may be left out."""
    return {
        str(part.body["properties"]["privateIPAddress"]): part.id
        for part in parts_on(practice, subnet)
        if part.body.get("properties", {}).get("privateIPAddress") and not ids.same(part.owner, besides)
    }


def free(practice: Practice, subnet: str, count: int = 1, besides: Iterable[str] = ()) -> list[str]:
    """The next free private addresses of a subnet.

    Raises:
        Failure: SubnetIsFull.
    """
    found = shelf.stored(practice, subnet) or {"properties": {}}
    used = {*taken(practice, subnet), *besides}
    given = [one for one in ranges(found["properties"]) if one.version == 4]  # noqa: PLR2004 - IPv4
    open_ones = (str(one) for block in given for one in usable(one=block) if str(one) not in used)
    chosen = list(islice(open_ones, count))
    if given and len(chosen) < count:
        raise refused(
            "SubnetIsFull",
            f"Subnet {ids.parse(subnet).leaf} with address prefix {','.join(map(str, given))} does not have enough"
            f" capacity for {count} IP addresses.",
        )
    return chosen


def check_static(practice: Practice, part: str, subnet: str, address: str, owner: str) -> None:
    """The rules of an address that the caller chose.

    Raises:
        Failure: it is none of the subnet's, Azure's own, or somebody else's.
    """
    found = shelf.stored(practice, subnet) or {"properties": {}}
    blocks = ranges(found["properties"])
    named = ", ".join(map(str, blocks))
    try:
        wanted = ip_address(address)
    except ValueError as fault:
        raise refused(
            "InvalidIPAddressFormat",
            f"Value provided for IP address {address} of resource {part} is invalid.",
        ) from fault
    home = next((block for block in blocks if wanted.version == block.version and wanted in block), None)
    if home is None:
        raise refused(
            "PrivateIPAddressNotInSubnet",
            f"Private static IP address {address} does not belong to the range of subnet prefix {named}.",
        )
    if int(wanted) - int(home.network_address) < _RESERVED or wanted == home.broadcast_address:
        raise refused(
            "PrivateIPAddressInReservedRange",
            f"Private static IP address {address} falls within reserved IP range of subnet prefix {home}.",
        )
    if holder := taken(practice, subnet, besides=owner).get(address):
        raise refused(
            "PrivateIPAddressIsAllocated",
            f"IP configuration {part} is using the private IP address {address} which is already allocated to resource"
            f" {holder.rsplit('/', 2)[0]}.",
        )
