"""Address ranges: what a person is told about a wrong one, and the arithmetic of what is free, swept at random."""

from __future__ import annotations

import random
from ipaddress import IPv4Network

import pytest

from wizard.network.addresses import (
    RESERVED,
    Holding,
    first_free,
    gaps,
    inside,
    length_for,
    other_space,
    overlapping,
    readable,
    usable,
    wrong_name,
    wrong_range,
    wrong_subnet_name,
    wrong_subnet_range,
    wrong_vnet_name,
    wrong_vnet_range,
)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("10.1.1.0/22", "Host bits set: did you mean 10.1.0.0/22?"),
        ("10.0.0.1/16", "Host bits set: did you mean 10.0.0.0/16?"),
        ("10.0.0.0", "The length of the prefix is missing: 10.0.0.0/16, for example."),
        ("ten", "“ten” is not an address range such as 10.0.0.0/16."),
        ("10.0.0.0/33", "“10.0.0.0/33” is not an address range such as 10.0.0.0/16."),
        ("10.0.0.256/24", "“10.0.0.256/24” is not an address range such as 10.0.0.0/16."),
        ("fd00::/64", "“fd00::/64” is IPv6; an IPv4 range is needed, such as 10.0.0.0/16."),
        ("8.8.8.0/24", "8.8.8.0/24 is not private: it has to be within one of 10.0.0.0/8,"),
        ("172.32.0.0/16", "172.32.0.0/16 is not private"),
        ("169.254.1.0/24", "169.254.1.0/24 holds link-local addresses (169.254.0.0/16)."),
        ("127.0.0.0/8", "127.0.0.0/8 holds loopback addresses"),
        ("224.0.0.0/8", "224.0.0.0/8 holds multicast addresses"),
        ("168.63.129.0/24", "168.63.129.0/24 holds the address of Azure's own services (168.63.129.16/32)."),
    ],
)
def test_a_wrong_range_is_told_with_the_way_out(typed: str, said: str) -> None:
    assert wrong_range(typed).startswith(said)


@pytest.mark.parametrize("fine", ["10.0.0.0/16", "172.17.0.0/16", "192.168.4.0/22", "100.64.0.0/10"])
def test_private_ranges_are_fine(fine: str) -> None:
    assert wrong_vnet_range(fine) == ""


def test_a_network_or_subnet_may_not_be_too_small_or_large() -> None:
    assert wrong_vnet_range("10.0.0.0/30") == "A virtual network is between /8 and /29, not /30."
    assert wrong_subnet_range("10.0.0.0/31") == "A subnet is between /8 and /29, not /31."
    assert wrong_subnet_range("10.0.0.0/29") == ""
    assert "Host bits" in wrong_subnet_range("10.0.0.9/29")


@pytest.mark.parametrize("fixed", ["GatewaySubnet", "azurebastionsubnet", "AzureFirewallSubnet"])
def test_names_that_azure_keeps_are_refused_for_machines(fixed: str) -> None:
    assert "is reserved for a service of Azure" in wrong_subnet_name(fixed)


@pytest.mark.parametrize(
    ("name", "fine"), [("a", True), ("a_", True), ("a.", False), ("-a", False), ("x" * 81, False)]
)
def test_names_of_subnets_and_groups(name: str, fine: bool) -> None:
    assert (wrong_name(name) == "") is fine


@pytest.mark.parametrize(
    ("name", "fine"), [("a", False), ("ab", True), ("a-", False), ("x" * 64, True), ("x" * 65, False)]
)
def test_names_of_networks(name: str, fine: bool) -> None:
    assert (wrong_vnet_name(name) == "") is fine


def test_five_addresses_of_each_subnet_are_azures() -> None:
    assert usable(IPv4Network("10.0.0.0/29")) == 3
    assert usable(IPv4Network("10.0.0.0/24")) == 251


@pytest.mark.parametrize("machines", range(1, 400, 7))
def test_the_proposed_length_has_room_and_one_shorter_would_waste(machines: int) -> None:
    length = length_for(machines)
    assert usable(IPv4Network(f"10.0.0.0/{length}", strict=False)) >= machines
    if length < 29:
        assert usable(IPv4Network(f"10.0.0.0/{length + 1}", strict=False)) < machines


def _random_plan(chance: random.Random) -> tuple[list[IPv4Network], list[Holding]]:
    spaces = [IPv4Network("10.20.0.0/20"), IPv4Network("10.30.0.0/22")][: chance.randint(1, 2)]
    held: list[Holding] = []
    for number in range(chance.randint(0, 12)):
        space = chance.choice(spaces)
        length = chance.randint(max(space.prefixlen, 23), 29)
        blocks = list(space.subnets(new_prefix=length))
        wanted = chance.choice(blocks)
        if overlapping(wanted, held) is None:
            held.append(Holding(f"s{number}", (wanted,)))
    return spaces, held


@pytest.mark.parametrize("seed", range(60))
def test_free_and_taken_make_up_the_whole_and_never_meet(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a sweep that repeats, no secret
    spaces, held = _random_plan(chance)
    free = list(gaps(spaces, held))
    taken = sum(own.num_addresses for one in held for own in one.ranges)
    assert taken + sum(int(last) - int(first) + 1 for first, last in free) == sum(
        s.num_addresses for s in spaces
    )
    for first, last in free:
        assert all(int(own[-1]) < int(first) or int(own[0]) > int(last) for one in held for own in one.ranges)


@pytest.mark.parametrize("seed", range(60))
def test_the_first_free_range_is_free_inside_and_the_lowest(seed: int) -> None:
    chance = random.Random(1000 + seed)  # noqa: S311 - a sweep that repeats, no secret
    spaces, held = _random_plan(chance)
    length = chance.randint(24, 29)
    found = first_free(spaces, held, length)
    candidates = [block for space in spaces for block in space.subnets(new_prefix=length)]
    fitting = [block for block in candidates if overlapping(block, held) is None]
    assert found == (min(fitting) if fitting else None)
    assert found is None or inside(found, spaces)


def test_nothing_is_free_in_a_full_network() -> None:
    space = IPv4Network("10.0.0.0/28")
    assert first_free([space], [Holding("all", (space,))], 29) is None
    assert list(gaps([space], [Holding("all", (space,))])) == []


def test_another_space_avoids_what_is_taken_and_dockers_bridge() -> None:
    ten = Holding("ten", (IPv4Network("10.0.0.0/8"), IPv4Network("172.16.0.0/16")))
    assert other_space([ten]) == IPv4Network("172.18.0.0/16")
    assert other_space([]) == IPv4Network("10.0.0.0/16")
    assert RESERVED == 5


def test_ipv6_ranges_of_a_dual_network_are_passed_over() -> None:
    assert readable(["10.0.0.0/16", "fd00::/48", ""]) == (IPv4Network("10.0.0.0/16"),)
