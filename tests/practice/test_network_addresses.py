"""Public addresses, NAT gateways, network interfaces and the private addresses they take, over HTTP."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from tests.practice.arm_support import ARM, RESEARCH, Arm
from tests.practice.network_support import VERSION, Lab, configuration, error

_NUMBERS = count(1)
_SUBNET = "virtualNetworks/hub/subnets/default"


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    return Arm(sign_in(scope=ARM), VERSION)


@pytest.fixture
def lab(ada: Arm) -> Lab:
    return Lab(ada, f"rg-addresses-{next(_NUMBERS)}")


def addresses(answer: Any) -> list[str]:
    found = answer if isinstance(answer, dict) else answer.json()
    return [one["properties"]["privateIPAddress"] for one in found["properties"]["ipConfigurations"]]


def test_private_addresses_come_out_of_the_subnet_one_by_one(lab: Lab) -> None:
    lab.network("hub", default="10.0.0.0/29")
    assert addresses(lab.card("a", _SUBNET)) == ["10.0.0.4"]
    assert addresses(lab.card("b", _SUBNET)) == ["10.0.0.5"]
    lab.delete("networkInterfaces/a")
    assert addresses(lab.card("c", _SUBNET)) == ["10.0.0.4"]
    # One that has an address keeps it, whatever it is written with.
    assert addresses(lab.card("b", _SUBNET)) == ["10.0.0.5"]
    assert addresses(lab.card("d", _SUBNET)) == ["10.0.0.6"]
    assert error(lab.card("e", _SUBNET)) == (
        400,
        "SubnetIsFull",
        "Subnet default with address prefix 10.0.0.0/29 does not have enough capacity for 1 IP addresses.",
    )


@pytest.mark.parametrize(
    ("address", "code", "words"),
    [
        (
            "10.0.9.9",
            "PrivateIPAddressNotInSubnet",
            "does not belong to the range of subnet prefix 10.0.0.0/24.",
        ),
        ("10.0.0.3", "PrivateIPAddressInReservedRange", "falls within reserved IP range"),
        ("10.0.0.255", "PrivateIPAddressInReservedRange", "falls within reserved IP range"),
        ("10.0.0.4", "PrivateIPAddressIsAllocated", "already allocated to resource"),
        ("ten", "InvalidIPAddressFormat", "ten"),
    ],
)
def test_a_static_address_that_cannot_be_is_refused(lab: Lab, address: str, code: str, words: str) -> None:
    lab.network("hub", default="10.0.0.0/24")
    lab.card("first", _SUBNET)
    answer = lab.card("second", _SUBNET, privateIPAllocationMethod="Static", privateIPAddress=address)
    status, found, message = error(answer)
    assert (status, found) == (400, code)
    assert words in message


def test_static_addresses_and_several_configurations(lab: Lab) -> None:
    lab.network("hub", default="10.0.0.0/24")
    subnet = lab.id(_SUBNET)
    both = [
        configuration(subnet, "a"),
        configuration(subnet, "b", privateIPAllocationMethod="Static", privateIPAddress="10.0.0.4"),
    ]
    made = lab.made("networkInterfaces/card", {"ipConfigurations": both})
    assert addresses(made) == ["10.0.0.5", "10.0.0.4"]
    assert [one["properties"]["primary"] for one in made["properties"]["ipConfigurations"]] == [True, False]
    first = made["properties"]["ipConfigurations"][0]
    assert first["id"] == lab.id("networkInterfaces/card/ipConfigurations/a")
    assert first["type"] == "Microsoft.Network/networkInterfaces/ipConfigurations"
    assert made["kind"] == "Regular"
    assert error(lab.put("networkInterfaces/none", {}))[1] == "NetworkInterfaceMustHaveIpConfiguration"
    lab.network("other", "10.7.0.0/16", default="10.7.0.0/24")
    split = [configuration(subnet, "a"), configuration(lab.id("virtualNetworks/other/subnets/default"), "b")]
    refused = lab.put("networkInterfaces/split", {"ipConfigurations": split})
    assert error(refused)[1] == "AllSubnetsInNetworkInterfaceMustBelongToSameVnet"


def test_a_public_address_is_held_by_one(lab: Lab) -> None:
    lab.network("hub", default="10.0.0.0/24")
    public = lab.address("ip")
    assert public["properties"]["ipAddress"].count(".") == 3
    lab.card("card", _SUBNET, public=public["id"])
    part = lab.id("networkInterfaces/card/ipConfigurations/one")
    assert lab.get("publicIPAddresses/ip")["properties"]["ipConfiguration"] == {"id": part}
    code, message = error(lab.card("other", _SUBNET, public=public["id"]))[1:]
    assert (code, part in message) == ("PublicIPAddressInUse", True)
    code, message = error(lab.delete("publicIPAddresses/ip"))[1:]
    assert code == "PublicIPAddressCannotBeDeleted"
    assert f"still allocated to resource {part}." in message
    lab.delete("networkInterfaces/card")
    assert lab.delete("publicIPAddresses/ip").status_code == 202


def test_a_dynamic_address_comes_with_its_use(lab: Lab) -> None:
    lab.network("hub", default="10.0.0.0/24")
    public = lab.address("ip", "Basic")
    assert "ipAddress" not in public["properties"]
    lab.card("card", _SUBNET, public=public["id"])
    assert "ipAddress" in lab.get("publicIPAddresses/ip")["properties"]


def test_what_a_public_address_is_refused_for(lab: Lab) -> None:
    static = {"publicIPAllocationMethod": "Static"}
    dynamic = lab.put(
        "publicIPAddresses/ip", {"publicIPAllocationMethod": "Dynamic"}, sku={"name": "Standard"}
    )
    assert error(dynamic)[1] == "StandardPublicIPAddressMustBeStatic"
    everywhere = lab.put("publicIPAddresses/ip", static, sku={"name": "Basic", "tier": "Global"})
    assert error(everywhere)[1] == "GlobalPublicIPAddressNotSupportedForBasicPublicIpAddress"
    label = f"lab{next(_NUMBERS)}"
    made = lab.made(
        "publicIPAddresses/ip", static | {"dnsSettings": {"domainNameLabel": label}}, sku={"name": "Standard"}
    )
    assert made["properties"]["dnsSettings"]["fqdn"] == f"{label}.westeurope.cloudapp.azure.com"
    again = lab.put(
        "publicIPAddresses/two",
        static | {"dnsSettings": {"domainNameLabel": label}},
        sku={"name": "Standard"},
    )
    assert error(again)[1:] == (
        "DnsRecordInUse",
        f"DNS record {label}.westeurope.cloudapp.azure.com is already used by another public IP.",
    )
    wrong = lab.put(
        "publicIPAddresses/two",
        static | {"dnsSettings": {"domainNameLabel": "No_"}},
        sku={"name": "Standard"},
    )
    assert error(wrong)[1] == "InvalidDomainNameLabel"
    missing = {"publicIPPrefix": {"id": lab.id("publicIPPrefixes/none")}}
    assert error(lab.put("publicIPAddresses/two", static | missing, sku={"name": "Standard"}))[:2] == (
        404,
        "NotFound",
    )
    ask = f"{RESEARCH}/providers/Microsoft.Network/locations/westeurope/CheckDnsNameAvailability"
    query = {"api-version": VERSION, "domainNameLabel": label}
    assert lab.arm.api.call("GET", ask, params=query).json() == {"available": False}
    lab.delete("publicIPAddresses/ip")
    assert lab.arm.api.call("GET", ask, params=query).json() == {"available": True}


def test_a_nat_gateway_and_its_subnets(lab: Lab) -> None:
    public = lab.address("ip")
    body = {"publicIpAddresses": [{"id": public["id"]}]}
    nat = lab.made("natGateways/nat", body, sku={"name": "Standard"})
    assert lab.get("publicIPAddresses/ip")["properties"]["natGateway"] == {"id": nat["id"]}
    assert error(lab.delete("publicIPAddresses/ip"))[1] == "PublicIPAddressCannotBeDeleted"
    basic = lab.address("basic", "Basic")
    refused = lab.put("natGateways/two", {"publicIpAddresses": [{"id": basic["id"]}]})
    assert error(refused)[1] == "NatGatewayPublicIPAddressMustBeStandard"
    assert error(
        lab.put("natGateways/two", {"publicIpAddresses": [{"id": lab.id("publicIPAddresses/none")}]})
    )[:2] == (404, "NotFound")
    lab.network("hub")
    lab.made(_SUBNET, {"addressPrefix": "10.0.0.0/24", "natGateway": {"id": nat["id"]}})
    assert lab.get("natGateways/nat")["properties"]["subnets"] == [{"id": lab.id(_SUBNET)}]
    code, message = error(lab.delete("natGateways/nat"))[1:]
    assert (code, "still configured on 1 subnets" in message) == (
        "CannotDeleteNatGatewayAssociatedToSubnet",
        True,
    )


def test_an_interface_of_a_machine_stays(lab: Lab, ada: Arm) -> None:
    lab.network("hub", default="10.0.0.0/24")
    card = lab.card("card", _SUBNET).json()
    table = lab.arm.ask("POST", lab.id("networkInterfaces/card/effectiveRouteTable"))
    assert table.status_code == 202
    assert ada.follow(table.headers["Location"]).json()["value"][0]["addressPrefix"] == ["10.0.0.0/16"]
    machine = {
        "location": "westeurope",
        "properties": {
            "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
            "storageProfile": {
                "imageReference": {
                    "publisher": "Canonical",
                    "offer": "0001-com-ubuntu-server-jammy",
                    "sku": "22_04-lts-gen2",
                    "version": "latest",
                },
                "osDisk": {"createOption": "FromImage"},
            },
            "osProfile": {
                "computerName": "vm",
                "adminUsername": "azureuser",
                "adminPassword": "Practice-1234!",
            },
            "networkProfile": {"networkInterfaces": [{"id": card["id"]}]},
        },
    }
    ada.ask("POST", f"{RESEARCH}/providers/Microsoft.Compute/register", version="2022-09-01")
    path = f"{lab.path}/providers/Microsoft.Compute/virtualMachines/vm"
    made = ada.put(path, machine, "2024-07-01")
    assert made.status_code == 201, made.text
    shown = lab.get("networkInterfaces/card")["properties"]
    assert shown["virtualMachine"]["id"].lower() == path.lower()
    assert shown["macAddress"].startswith("00-0D-3A-")
    code, message = error(lab.delete("networkInterfaces/card"))[1:]
    assert (code, "virtualMachines/vm" in message) == ("NicInUse", True)


def test_the_network_can_be_asked_for_its_limits_and_tags(ada: Arm) -> None:
    home = f"{RESEARCH}/providers/Microsoft.Network/locations/westeurope"
    usages = {one["name"]["value"]: one for one in ada.get(f"{home}/usages").json()["value"]}
    assert usages["VirtualNetworks"]["limit"] == 1000
    assert usages["PublicIPAddresses"]["currentValue"] >= 0
    tags = ada.get(f"{home}/serviceTags").json()
    assert {"AzureMachineLearning", "Storage"} <= {one["name"] for one in tags["values"]}
    kinds = ada.get(f"{home}/availablePrivateEndpointTypes").json()["value"]
    assert "Microsoft.Storage/storageAccounts" in {one["resourceName"] for one in kinds}


def test_who_may_not_use_a_subnet_makes_no_card_in_it(lab: Lab, sign_in: Any) -> None:
    lab.network("hub", default="10.0.0.0/24")
    theirs = Lab(lab.arm, f"rg-bob-{next(_NUMBERS)}")
    bob = "59ba1b0d-5c90-4158-a909-406c2e416788"
    name = "00000000-0000-4000-8000-00000000b0b0"
    made = Arm(lab.arm.api, "2022-04-01").assign(
        theirs.path, name, "b24988ac-6180-42a0-ab88-20f7382dd24c", bob, "User"
    )
    assert made.status_code == 201, made.text
    mine = Arm(sign_in("bob@contoso.example", scope=ARM), VERSION)
    body = {"location": "westeurope", "properties": {"ipConfigurations": [configuration(lab.id(_SUBNET))]}}
    refused = mine.put(theirs.id("networkInterfaces/card"), body)
    assert refused.status_code == 403
    inner = refused.json()["error"]
    assert inner["code"] == "LinkedAuthorizationFailed"
    assert "Microsoft.Network/virtualNetworks/subnets/join/action" in inner["message"]
