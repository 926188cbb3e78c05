"""Virtual networks and subnets for a cluster: which there are, whether they fit, and the address plan as a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

from wizard.answers import Answers, Value
from wizard.azure.networks import Subnet, VirtualNetwork, virtual_network, virtual_networks
from wizard.drawing import Drawing, Tone, line
from wizard.guide import Asking, Check, Choice, Drawer, Finding, Findings, Offers, Severity
from wizard.network.addresses import (
    DOCKER_BRIDGE,
    FIXED_SUBNETS,
    RESERVED,
    Holding,
    first_free,
    inside,
    length_for,
    other_space,
    overlapping,
    readable,
    usable,
)
from wizard.network.drawing import AddressPlan, draw_plan
from wizard.text import clean_line


@dataclass(frozen=True, slots=True)
class Setting:
    """What a guide's answers say about the network of a cluster. `needs` counts the cluster's machines.

    `makes` says that the network is to be made. `role_reaches` says that Hopsworks' role holds in its group.
    """

    makes: bool
    named: bool
    network_id: str
    group_id: str
    group: str
    location: str
    space: str
    subnet: str
    subnet_range: str
    needs: int
    role_reaches: bool = True
    docker: bool = False


Reads = Callable[[Answers], Setting]


def _finding(
    severity: Severity, key: str, what: str, rule: str = "", mend: str = "", **more: Value
) -> Finding:
    return Finding(severity, key, what, rule, mend, facts=more)


async def _network(asking: Asking, setting: Setting) -> VirtualNetwork | None:
    return await virtual_network(asking.azure.arm, setting.network_id) if setting.network_id else None


def offer_networks(reads: Reads) -> Offers:
    """Return the offer of the networks of the chosen group; none are offered where a new one is wanted."""

    async def offer(asking: Asking) -> Sequence[Choice]:
        setting = reads(asking.answers)
        if setting.makes:
            return []
        found = await virtual_networks(asking.azure.arm, asking.answers.text("subscription"))
        held = [one for one in found if one.group.lower() == setting.group.lower()]
        return [
            _network_choice(one, setting.location) for one in sorted(held, key=lambda n: n.name.casefold())
        ]

    return offer


def _network_choice(network: VirtualNetwork, location: str) -> Choice:
    name, spaces = clean_line(network.name), ", ".join(map(str, network.spaces))
    refusal = _apart(name, network.location, location)
    detail = f"{name} holds {spaces} and {len(network.subnets)} subnets."
    return Choice(name, name, detail, (network.location, spaces, str(len(network.subnets))), refusal=refusal)


def _apart(name: str, there: str, wanted: str) -> str:
    if not there or not wanted or there == wanted:
        return ""
    return f"{name} is in {there}, cluster in {wanted}."


def network(reads: Reads) -> Check:
    """Return the check of the network's name: one that is there is never overwritten with another shape."""

    async def check(asking: Asking) -> Findings:
        key, setting = "vnet_name", reads(asking.answers)
        found = await _network(asking, setting)
        if setting.makes:
            return _new_network(key, setting, found)
        if found is None:
            what = f"No virtual network of this name is in group {setting.group}."
            return (
                _finding(Severity.ERROR, key, what, "", "Pick one, or answer “new” above.", vnet_kept=False),
            )
        apart = _apart(clean_line(found.name), found.location, setting.location)
        if apart:
            mend = "A cluster and its network are in one region: pick another one, or change step 0.4."
            return (_finding(Severity.ERROR, key, apart.replace(found.name, "VNet", 1), "", mend),)
        spaces = ", ".join(map(str, found.spaces))
        return (_finding(Severity.OK, key, f"It holds {spaces}.", vnet_reach=_texts(found.reach)),)

    return check


def _texts(ranges: Sequence[IPv4Network]) -> str:
    return " ".join(map(str, ranges))


def _new_network(key: str, setting: Setting, found: VirtualNetwork | None) -> Findings:
    if found is None:
        return (_finding(Severity.OK, key, "The name is free; it will be made.", vnet_kept=False),)
    held = found.subnet(setting.subnet)
    ranges = readable([setting.subnet_range])
    planned = held is not None and held.ranges == ranges and readable([setting.space]) == found.spaces
    if not planned:
        what = f"A virtual network {clean_line(found.name)} is there already, and made otherwise."
        mend = "Answer “existing” to use it, or choose another name."
        rule = "Writing it anew would take its other subnets away."
        return (_finding(Severity.ERROR, key, what, rule, mend, vnet_kept=False),)
    more = len(found.subnets) > 1 or bool(found.peers)
    what = "It is there, as planned" + ("; it holds more by now, and is left as it is." if more else ".")
    return (_finding(Severity.OK, key, what, vnet_kept=more),)


def space(reads: Reads) -> Check:
    """Return the check of a new network's range: Docker's bridge with AKS, and ranges that others have."""

    async def check(asking: Asking) -> Findings:
        key, setting = "vnet_cidr", reads(asking.answers)
        wanted = readable([setting.space])
        if not wanted:
            return ()
        if setting.docker and wanted[0].overlaps(DOCKER_BRIDGE):
            what = f"{DOCKER_BRIDGE} collides with the Docker bridge of AKS nodes."
            return (_finding(Severity.ERROR, key, what, "", "Choose another range, such as 10.0.0.0/16."),)
        found = await virtual_networks(asking.azure.arm, asking.answers.text("subscription"))
        others = [one for one in found if one.id.lower() != setting.network_id.lower()]
        clash = overlapping(wanted[0], [Holding(one.name, one.spaces) for one in others])
        if clash is None:
            return (
                _finding(Severity.OK, key, f"{wanted[0].num_addresses:,} addresses; nobody else has them."),
            )
        what = f"Overlaps the network {clean_line(clash.label)} of this subscription."
        rule = "That does no harm until the two shall be peered: then one has to go."
        free = other_space([Holding(one.name, one.spaces) for one in others], wanted[0].prefixlen)
        return (_finding(Severity.INFO, key, what, rule, f"{free} is nobody's yet." if free else ""),)

    return check


def offer_subnets(reads: Reads) -> Offers:
    """Return the offer of the subnets of an existing network, with the room that each has left."""

    async def offer(asking: Asking) -> Sequence[Choice]:
        setting = reads(asking.answers)
        found = None if setting.makes else await _network(asking, setting)
        return [_subnet_choice(one, setting.needs) for one in found.subnets] if found else []

    return offer


def _subnet_choice(subnet: Subnet, needs: int) -> Choice:
    name, ranges = clean_line(subnet.name), ", ".join(map(str, subnet.ranges))
    room = subnet.holding.room
    refusal = _unfit(subnet) or _crowded(ranges, room, needs)
    detail = f"{name} ({ranges}) has {room} addresses left; the cluster takes {needs}."
    return Choice(subnet.name, name, detail, (ranges, str(room)), refusal=refusal)


def _unfit(subnet: Subnet) -> str:
    if subnet.name.lower() in {name.lower() for name in FIXED_SUBNETS}:
        return f"{subnet.name} is reserved for a service of Azure: no machines may stand in it."
    if subnet.delegated_to:
        return f"{clean_line(subnet.name)} is delegated to {clean_line(subnet.delegated_to)}: no machines may stand in it."
    return ""


def _crowded(ranges: str, room: int, needs: int) -> str:
    if room >= needs:
        return ""
    length = ranges.partition("/")[2].partition(",")[0]
    return f"/{length} leaves {room} addresses; this cluster needs {needs}."


def subnet(reads: Reads) -> Check:
    """Return the check of the subnet: fit for machines, with room for them, and a free range for a new one."""

    async def check(asking: Asking) -> Findings:
        key, setting = "subnet_name", reads(asking.answers)
        if setting.makes:
            return (_finding(Severity.OK, key, "It will be made.", subnet_exists=False, subnet_nsg=""),)
        found = await _network(asking, setting)
        if found is None:
            return ()
        held = found.subnet(setting.subnet)
        if held is None:
            return _new_subnet(key, setting, found)
        wrong = _unfit(held) or _crowded(", ".join(map(str, held.ranges)), held.holding.room, setting.needs)
        facts: dict[str, Value] = {
            "subnet_exists": True,
            "subnet_ranges": _texts(held.ranges),
            "subnet_nsg": held.security_group,
        }
        if wrong:
            return (_finding(Severity.ERROR, key, wrong, _room_rule(setting.needs), "", **facts),)
        what = f"{held.holding.room} addresses are left; the cluster takes {setting.needs}."
        return (_finding(Severity.OK, key, what, "", "", **facts), *_clash_of_peers(key, held.ranges, found))

    return check


def _room_rule(needs: int) -> str:
    return f"One for each machine, {needs} in all; Azure keeps {RESERVED} of each subnet."


def _new_subnet(key: str, setting: Setting, found: VirtualNetwork) -> Findings:
    free = first_free(found.spaces, (*found.holdings, *found.peers), min(24, length_for(setting.needs)))
    free = free or first_free(found.spaces, (*found.holdings, *found.peers), length_for(setting.needs))
    facts: dict[str, Value] = {"subnet_exists": False, "subnet_nsg": "", "subnet_free": str(free or "")}
    if free is None:
        what = f"{clean_line(found.name)} has no free range with room for {setting.needs} machines."
        return (
            _finding(
                Severity.ERROR, key, what, "", "Pick a subnet that is there, or another network.", **facts
            ),
        )
    what = f"{clean_line(found.name)} has no subnet of this name: it will be made."
    return (_finding(Severity.INFO, key, what, "", "", **facts),)


def _clash_of_peers(key: str, ranges: Sequence[IPv4Network], found: VirtualNetwork) -> Findings:
    clash = next((c for own in ranges if (c := overlapping(own, found.peers))), None)
    if clash is None:
        return ()
    what = f"Overlaps the peered network {clean_line(clash.label)}."
    return (_finding(Severity.ERROR, key, what, "Peered networks may not share addresses."),)


def subnet_range(reads: Reads) -> Check:
    """Return the check of a new subnet's range (V-cidr-in): inside, overlapping nothing, large enough."""

    async def check(asking: Asking) -> Findings:
        key, setting = "subnet_cidr", reads(asking.answers)
        wanted = readable([setting.subnet_range])
        if not wanted:
            return ()
        found = None if setting.makes else await _network(asking, setting)
        spaces = found.spaces if found else readable([setting.space])
        if not inside(wanted[0], spaces):
            what = f"{wanted[0]} is not inside the network ({', '.join(map(str, spaces))})."
            return (_finding(Severity.ERROR, key, what),)
        clash = overlapping(wanted[0], (*found.holdings, *found.peers)) if found else None
        if clash is not None:
            free = first_free(spaces, (*found.holdings, *found.peers), wanted[0].prefixlen) if found else None
            mend = f"{free} is free." if free else ""
            return (_finding(Severity.ERROR, key, f"Overlaps {clean_line(clash.label)}.", "", mend),)
        room = usable(wanted[0])
        if crowded := _crowded(str(wanted[0]), room, setting.needs):
            mend = f"/{length_for(setting.needs)} is the smallest that has room."
            return (_finding(Severity.ERROR, key, crowded, _room_rule(setting.needs), mend),)
        return (_finding(Severity.OK, key, f"{room} addresses; the cluster takes {setting.needs}."),)

    return check


def outbound(reads: Reads, chosen: Callable[[Answers], str]) -> Check:
    """Return the check of the way out: machines without a public address need one, at port 443."""

    async def check(asking: Asking) -> Findings:
        key, setting, way = "outbound", reads(asking.answers), chosen(asking.answers)
        found = None if setting.makes else await _network(asking, setting)
        held = found.subnet(setting.subnet) if found else None
        if way == "existing" and held is None:
            what = "A new subnet has no way out yet that could be kept."
            return (_finding(Severity.ERROR, key, what, "", "Choose the NAT gateway."),)
        if held is None:
            return (_finding(*_new_way(way, key)),)
        if way != "existing":
            what = "The way out of a subnet that is there is not changed."
            return (
                _finding(
                    Severity.ERROR,
                    key,
                    what,
                    "",
                    "Choose “as it is”.",
                ),
            )
        return (_held_way(key, held),)

    return check


def _new_way(way: str, key: str) -> tuple[Severity, str, str, str, str]:
    if way == "natGateway":
        return Severity.OK, key, "Machines reach out through one fixed public address.", "", ""
    if way == "firewall":
        what = "The subnet is private until your route table sends its traffic to the firewall."
        return Severity.INFO, key, what, "", "It stays on the list of what to do."
    what = "Azure's default outbound access is retired for new networks since 31 March 2026."
    return (
        Severity.WARNING,
        key,
        what,
        "Its addresses change without notice.",
        "A NAT gateway is the lasting way.",
    )


def _held_way(key: str, held: Subnet) -> Finding:
    if held.nat_gateway:
        return _finding(
            Severity.OK, key, f"NAT gateway {clean_line(held.nat_gateway.rsplit('/', 1)[-1])} leads out."
        )
    if held.route_table:
        name = clean_line(held.route_table.rsplit("/", 1)[-1])
        what = f"Route table {name} decides; whether it leads to api.hopsworks.ai can't be seen from here."
        return _finding(Severity.INFO, key, what)
    if held.default_outbound:
        what = "Only Azure's default outbound access leads out; its addresses change without notice."
        return _finding(Severity.WARNING, key, what, "", "A NAT gateway on the subnet is the lasting way.")
    what = "This subnet is private: no NAT gateway, no route table, no default outbound access."
    mend = "Attach a NAT gateway to it, or pick another subnet."
    return _finding(
        Severity.ERROR,
        key,
        what,
        "Workers have no public address and could not reach api.hopsworks.ai.",
        mend,
    )


def address_plan(reads: Reads) -> Drawer:
    """Return the drawer of the address plan: what is taken, what is free, what the cluster takes."""

    async def draw(asking: Asking) -> Drawing:
        setting = reads(asking.answers)
        if not setting.named:
            told = "Hopsworks makes the network itself, in the cluster's group; nothing is created here."
            return Drawing("Address plan", (line(told[:72], Tone.MUTED), line(told[72:].strip(), Tone.MUTED)))
        found = None if setting.makes else await _network(asking, setting)
        held = found.subnet(setting.subnet) if found else None
        ranges = held.ranges if held else readable([setting.subnet_range])
        plan = AddressPlan(
            name=clean_line(setting.network_id.rsplit("/", 1)[-1]) or "the network",
            spaces=found.spaces if found else readable([setting.space]),
            subnet=clean_line(setting.subnet) or "subnet",
            wanted=ranges[0] if ranges else None,
            needs=setting.needs,
            held=found.holdings if found else (),
            peers=found.peers if found else (),
            used=held.used if held else 0,
            exists=held is not None,
        )
        return draw_plan(plan)

    return draw
