"""Proofs of a cluster's surroundings: network, way out, security rules, and ports that answer."""

from __future__ import annotations

import socket

from wizard.azure.networks import security_group, virtual_network
from wizard.network.addresses import readable
from wizard.network.deciding import Place, decide
from wizard.network.rules import Need
from wizard.proofs import Proven, Proving
from wizard.text import clean_line
from wizard.threads import in_daemon_thread

_SECONDS = 5.0
_AGAIN = "Apply the profile again."


async def network_stands(proving: Proving) -> Proven:
    """Read network and subnet back, and compare the region (C-vnet)."""
    wanted = proving.arguments
    found = await virtual_network(proving.azure.arm, wanted["network"])
    name = wanted["network"].rsplit("/", 1)[-1]
    if found is None:
        return Proven(ok=False, what=f"network {name} is not there", mend=_AGAIN)
    if found.location != wanted["location"]:
        return Proven(ok=False, what=f"{name} is in {found.location}, the cluster in {wanted['location']}")
    subnet = found.subnet(wanted["subnet"])
    if subnet is None:
        return Proven(ok=False, what=f"{name} has no subnet {wanted['subnet']}", mend=_AGAIN)
    ranges = ", ".join(map(str, subnet.ranges))
    return Proven(ok=True, what=f"{clean_line(subnet.name)} {ranges} in {clean_line(found.name)}")


async def machines_reach_out(proving: Proving) -> Proven:
    """Read what leads out of the subnet: NAT gateway, route table or default outbound access."""
    found = await virtual_network(proving.azure.arm, proving.arguments["network"])
    subnet = found.subnet(proving.arguments["subnet"]) if found else None
    if subnet is None:
        return Proven(ok=False, what="the subnet is not there", mend=_AGAIN)
    if subnet.nat_gateway:
        return Proven(ok=True, what=f"by NAT gateway {clean_line(subnet.nat_gateway.rsplit('/', 1)[-1])}")
    if subnet.route_table:
        return Proven(ok=True, what=f"by route table {clean_line(subnet.route_table.rsplit('/', 1)[-1])}")
    if subnet.default_outbound:
        mend = "Its addresses change without notice; a NAT gateway is the lasting way."
        return Proven(ok=True, what="by Azure's default outbound access", mend=mend, warning=True)
    if proving.arguments.get("way") == "firewall":
        mend = "Attach the route table to the firewall; it stands on the list of what to do."
        return Proven(ok=True, what="nothing leads out yet", mend=mend, warning=True)
    return Proven(ok=False, what="nothing leads out of the subnet", mend="Attach a NAT gateway to it.")


async def rules_let_pass(proving: Proving) -> Proven:
    """Read the security group back and walk its rules for every needed connection."""
    wanted = proving.arguments
    found = await security_group(proving.azure.arm, wanted["group"])
    name = wanted["group"].rsplit("/", 1)[-1]
    if found is None:
        return Proven(ok=False, what=f"security group {name} is not there", mend=_AGAIN)
    if found.location != wanted["location"]:
        return Proven(ok=False, what=f"{name} is in {found.location}, the cluster in {wanted['location']}")
    place = Place(readable(wanted["network"].split()), readable(wanted["subnet"].split()))
    verdicts = [decide(found.rules, need, place) for need in _needs(wanted["needs"])]
    denied = [verdict.sentence for verdict in verdicts if not verdict.ok]
    if denied:
        return Proven(ok=False, what="; ".join(map(clean_line, denied)), mend=_AGAIN)
    return Proven(ok=True, what="; ".join(clean_line(verdict.sentence) for verdict in verdicts))


def _needs(text: str) -> list[Need]:
    found = []
    for one in text.split():
        direction, protocol, port, peer = one.split(":", 3)
        found.append(Need(int(port), peer, direction, protocol))
    return found


async def ports_answer(proving: Proving) -> Proven:
    """Connect to the head node's ports from this machine (C-tcp); it tells, and never fails a profile.

    From inside a firm's network an open port may well be closed by its own firewall.
    """
    host, ports = proving.arguments["host"], [int(port) for port in proving.arguments["ports"].split()]
    shut = [port for port in ports if not await in_daemon_thread(lambda port=port: connects(host, port))]  # type: ignore[misc]  # a lambda's default has no type
    if not shut:
        return Proven(ok=True, what=f"{host} answers at {', '.join(map(str, ports))}")
    mend = "Is the cluster running, and may this machine connect to it?"
    return Proven(
        ok=True, what=f"{host} does not answer at {', '.join(map(str, shut))}", mend=mend, warning=True
    )


def connects(host: str, port: int, seconds: float = _SECONDS) -> bool:
    """Whether a host takes a TCP connection within the time."""
    try:
        with socket.create_connection((host, port), timeout=seconds):
            return True
    except (OSError, UnicodeError):  # UnicodeError: a name that is no host name
        return False
