"""Microsoft.Network, a module a subject: this one puts them together."""

from __future__ import annotations

from wizard.practice.arm.call import Operation
from wizard.practice.arm.kinds import (
    network_addresses,
    network_balancers,
    network_cards,
    network_connections,
    network_dns,
    network_firewalls,
    network_gateways,
    network_peerings,
    network_private,
    network_queries,
    network_records,
    network_security,
    network_virtual,
)
from wizard.practice.arm.types import ResourceType

TYPES: tuple[ResourceType, ...] = (
    *network_virtual.TYPES,
    *network_peerings.TYPES,
    *network_security.TYPES,
    *network_addresses.TYPES,
    *network_cards.TYPES,
    *network_private.TYPES,
    *network_dns.TYPES,
    *network_records.TYPES,
    *network_gateways.TYPES,
    *network_connections.TYPES,
    *network_firewalls.TYPES,
    *network_balancers.TYPES,
)
OPERATIONS: tuple[Operation, ...] = (
    *network_queries.OPERATIONS,
    *network_records.OPERATIONS,
    *network_connections.OPERATIONS,
)
