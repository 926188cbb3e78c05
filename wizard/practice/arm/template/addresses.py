"""The template functions that work on address ranges."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from wizard.practice.arm.template.expressions import ExpressionError
from wizard.practice.arm.template.values import Function, as_int, as_string

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(value: Any) -> _Network:
    try:
        return ipaddress.ip_network(as_string(value), strict=False)
    except ValueError as fault:
        raise ExpressionError(f"The CIDR '{value}' is not a valid address range.") from fault


def _parsed(value: Any) -> dict[str, Any]:
    network = _network(value)
    plain = network.version == 4  # noqa: PLR2004 - the version of the Internet protocol
    last = network.num_addresses - 1
    edge = 1 if plain and network.num_addresses > 2 else 0  # noqa: PLR2004 - a /31 has no address to spare
    found: dict[str, Any] = {
        "network": str(network.network_address),
        "netmask": str(network.netmask),
        "firstUsable": str(network[edge]),
        "lastUsable": str(network[last - edge]),
        "cidr": network.prefixlen,
    }
    return found | ({"broadcast": str(network.broadcast_address)} if plain else {})


def _subnet(value: Any, length: Any, index: Any) -> str:
    network, wanted, at = _network(value), as_int(length), as_int(index)
    if not network.prefixlen <= wanted <= network.max_prefixlen:
        raise ExpressionError(f"The new CIDR '{length}' must be between that of '{value}' and the longest.")
    if not 0 <= at < 2 ** (wanted - network.prefixlen):
        raise ExpressionError(f"The subnet index '{index}' is out of the range '{value}'.")
    size = 2 ** (network.max_prefixlen - wanted)
    return f"{network.network_address + at * size}/{wanted}"


def _host(value: Any, index: Any) -> str:
    network, at = _network(value), as_int(index)
    if not 0 <= at < network.num_addresses - 1:
        raise ExpressionError(f"The host index '{index}' is out of the range '{value}'.")
    return str(network[at + 1])


FUNCTIONS: Mapping[str, Function] = {
    "parsecidr": Function(1, 1, _parsed),
    "cidrsubnet": Function(3, 3, _subnet),
    "cidrhost": Function(2, 2, _host),
}
