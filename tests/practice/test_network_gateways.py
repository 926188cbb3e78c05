"""Gateways with their connections, firewalls with their policies, bastions and load balancers, over HTTP."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from tests.practice.arm_support import ARM, Arm, Hands
from tests.practice.network_support import VERSION, Lab, configuration, error

_NUMBERS = count(1)
_VPN = {"gatewayType": "Vpn", "vpnType": "RouteBased", "sku": {"name": "VpnGw1AZ", "tier": "VpnGw1AZ"}}


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    return Arm(sign_in(scope=ARM), VERSION)


@pytest.fixture
def lab(ada: Arm) -> Lab:
    made = Lab(ada, f"rg-gateways-{next(_NUMBERS)}")
    made.network(
        "hub",
        GatewaySubnet="10.0.0.0/27",
        AzureFirewallSubnet="10.0.1.0/26",
        AzureBastionSubnet="10.0.2.0/26",
        default="10.0.3.0/24",
    )
    return made


def standing(lab: Lab, subnet: str, public: str, **rest: Any) -> dict[str, Any]:
    one = configuration(
        lab.id(f"virtualNetworks/hub/subnets/{subnet}"), public=lab.id(f"publicIPAddresses/{public}")
    )
    return {"ipConfigurations": [one]} | rest


def test_a_gateway_has_its_addresses_and_gives_a_package(lab: Lab, ada: Arm) -> None:
    lab.address("ip")
    pool = {"vpnClientConfiguration": {"vpnClientAddressPool": {"addressPrefixes": ["172.16.0.0/24"]}}}
    body = standing(lab, "GatewaySubnet", "ip", **_VPN, **pool)
    made = lab.made("virtualNetworkGateways/vpn", body)["properties"]
    peer = made["bgpSettings"]["bgpPeeringAddresses"][0]
    assert peer["defaultBgpIpAddresses"] == ["10.0.0.30"]
    assert peer["tunnelIpAddresses"] == [lab.get("publicIPAddresses/ip")["properties"]["ipAddress"]]
    assert made["vpnClientConfiguration"]["vpnClientProtocols"] == ["OpenVPN", "IkeV2"]
    path = lab.id("virtualNetworkGateways/vpn")
    package = ada.ask("POST", f"{path}/generatevpnclientpackage", {"processorArchitecture": "Amd64"})
    assert package.status_code == 202
    where = ada.follow(package.headers["Location"])
    assert where.headers["Content-Type"].startswith("application/json")
    assert where.json().startswith("https://")
    routes = ada.ask("POST", f"{path}/getAdvertisedRoutes")
    assert ada.follow(routes.headers["Location"]).json()["value"][0]["network"] == "10.0.0.0/16"
    reset = ada.ask("POST", f"{path}/reset")
    assert ada.follow(reset.headers["Azure-AsyncOperation"]).json()["status"] == "Succeeded"
    # az reads the gateway out of the last answer.
    assert ada.follow(reset.headers["Location"]).json()["name"] == "vpn"


def test_a_gateway_takes_its_half_hour_and_is_left_alone_until_then(other_world: Any) -> None:
    hands = Hands()
    _, sign_in = other_world(clock=hands.clock)
    lab = Lab(Arm(sign_in(scope=ARM), VERSION), "rg-slow")
    lab.put(
        "virtualNetworks/hub",
        {
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "subnets": [{"name": "GatewaySubnet", "properties": {"addressPrefix": "10.0.0.0/27"}}],
        },
    )
    lab.put("publicIPAddresses/ip", {"publicIPAllocationMethod": "Static"}, sku={"name": "Standard"})
    hands.on(60)
    body = standing(lab, "GatewaySubnet", "ip", **_VPN)
    made = lab.put("virtualNetworkGateways/vpn", body)
    assert made.json()["properties"]["provisioningState"] == "Updating"
    hands.on(1700)
    assert lab.arm.follow(made.headers["Azure-AsyncOperation"]).json()["status"] == "InProgress"
    status, code, message = error(lab.put("virtualNetworkGateways/vpn", body))
    assert (status, code) == (409, "AnotherOperationInProgress")
    assert "/providers/Microsoft.Network/locations/westeurope/operations/" in message
    hands.on(200)
    assert lab.arm.follow(made.headers["Azure-AsyncOperation"]).json()["status"] == "Succeeded"
    assert lab.put("virtualNetworkGateways/vpn", body).status_code == 200


def test_what_a_gateway_is_refused_for(lab: Lab) -> None:
    lab.address("ip")
    lab.address("basic", "Basic")

    def refused(subnet: str = "GatewaySubnet", public: str = "ip", **change: Any) -> str:
        return error(lab.put("virtualNetworkGateways/vpn", standing(lab, subnet, public, **(_VPN | change))))[
            1
        ]

    assert refused("default") == "SubnetNameMustBeGatewaySubnet"
    assert refused(sku={"name": "Huge"}) == "InvalidGatewaySkuSpecifiedForGatewayDeploymentType"
    assert refused(gatewayType="Moon") == "InvalidRequestFormat"
    assert refused(public="none") == "InvalidResourceReference"
    assert refused(public="basic") == "PublicIpWithBasicSkuNotAllowedOnVPNGateways"
    pool = {"vpnClientAddressPool": {"addressPrefixes": ["10.0.9.0/24"]}}
    assert refused(vpnClientConfiguration=pool) == "VpnClientAddressPoolOverlapsWithVnet"
    assert (
        error(lab.put("virtualNetworkGateways/vpn", _VPN))[1]
        == "VirtualNetworkGatewayMustHaveIpConfiguration"
    )
    lab.made("virtualNetworkGateways/first", standing(lab, "GatewaySubnet", "ip", **_VPN))
    lab.address("two")
    assert refused(public="two") == "VirtualNetworkGatewayAlreadyExists"
    lab.network("small", "10.5.0.0/16", GatewaySubnet="10.5.0.0/29")
    one = configuration(
        lab.id("virtualNetworks/small/subnets/GatewaySubnet"), public=lab.id("publicIPAddresses/two")
    )
    assert (
        error(lab.put("virtualNetworkGateways/small", {"ipConfigurations": [one]} | _VPN))[1]
        == "GatewaySubnetTooSmall"
    )


def test_a_connection_and_its_key(lab: Lab, ada: Arm) -> None:
    lab.address("ip")
    first = lab.made("virtualNetworkGateways/vpn", standing(lab, "GatewaySubnet", "ip", **_VPN))
    site = {
        "gatewayIpAddress": "203.0.114.7",
        "localNetworkAddressSpace": {"addressPrefixes": ["192.168.0.0/16"]},
    }
    second = lab.made("localNetworkGateways/office", site)
    assert (
        error(lab.put("localNetworkGateways/two", {"gatewayIpAddress": "10.0.0.1"}))[1]
        == "LocalNetworkGatewayAddressMustBePublic"
    )
    assert error(lab.put("localNetworkGateways/two", {}))[1] == "LocalNetworkGatewayMustHaveAddress"
    body = {
        "connectionType": "IPsec",
        "virtualNetworkGateway1": {"id": first["id"]},
        "localNetworkGateway2": {"id": second["id"]},
        "sharedKey": "not-so-secret",
    }
    missing = {name: value for name, value in body.items() if name != "localNetworkGateway2"}
    assert error(lab.put("connections/c", missing))[1] == "InvalidRequestFormat"
    keyless = {name: value for name, value in body.items() if name != "sharedKey"}
    assert error(lab.put("connections/c", keyless))[1] == "SharedKeyRequired"
    made = lab.made("connections/c", body | {"connectionType": "IPSec"})["properties"]
    assert made["connectionType"] == "IPsec"
    assert (made["connectionStatus"], "sharedKey" in made) == ("Connected", False)
    key = lab.id("connections/c/sharedkey")
    assert ada.get(key).json() == {"value": "not-so-secret"}
    assert ada.put(key, {"value": "other"}).json() == {"value": "other"}
    assert ada.get(key).json() == {"value": "other"}
    assert error(lab.delete("virtualNetworkGateways/vpn"))[1] == "InUseVirtualNetworkGatewayCannotBeDeleted"
    assert error(lab.delete("localNetworkGateways/office"))[1] == "InUseLocalNetworkGatewayCannotBeDeleted"


def test_a_peer_may_use_the_gateway_of_the_other_side(lab: Lab) -> None:
    lab.address("ip")
    gateway = lab.made("virtualNetworkGateways/vpn", standing(lab, "GatewaySubnet", "ip", **_VPN))
    lab.network("spoke", "10.1.0.0/16")
    body = {"remoteVirtualNetwork": {"id": lab.id("virtualNetworks/hub")}, "useRemoteGateways": True}
    made = lab.made("virtualNetworks/spoke/virtualNetworkPeerings/up", body)["properties"]
    assert made["remoteGateways"] == [{"id": gateway["id"]}]


def test_a_firewall_with_its_policy(lab: Lab) -> None:
    lab.address("ip")
    policy = lab.made("firewallPolicies/policy")
    made = lab.made(
        "azureFirewalls/wall", standing(lab, "AzureFirewallSubnet", "ip", firewallPolicy={"id": policy["id"]})
    )
    one = made["properties"]["ipConfigurations"][0]
    assert one["properties"]["privateIPAddress"] == "10.0.1.4"
    assert one["type"] == "Microsoft.Network/azureFirewalls/azureFirewallIpConfigurations"
    shown = lab.get("firewallPolicies/policy")["properties"]
    assert shown["firewalls"] == [{"id": made["id"]}]
    assert error(lab.delete("firewallPolicies/policy"))[1] == "FirewallPolicyInUse"
    rules = {"priority": 200, "ruleCollections": []}
    lab.made("firewallPolicies/policy/ruleCollectionGroups/one", rules)
    assert lab.get("firewallPolicies/policy")["properties"]["ruleCollectionGroups"] == [
        {"id": lab.id("firewallPolicies/policy/ruleCollectionGroups/one")}
    ]
    two = "firewallPolicies/policy/ruleCollectionGroups/two"
    assert error(lab.put(two, rules))[1] == "FirewallPolicyRuleCollectionGroupPriorityConflict"
    assert error(lab.put(two, {"priority": 5}))[1] == "FirewallPolicyRuleCollectionGroupInvalidPriorityValue"
    strange = {"priority": 300, "ruleCollections": [{"name": "c", "ruleCollectionType": "Moon"}]}
    assert error(lab.put(two, strange))[1] == "InvalidRequestFormat"


def test_what_a_firewall_and_a_bastion_are_refused_for(lab: Lab) -> None:
    lab.address("ip")
    lab.address("basic", "Basic")

    def wall(subnet: str, public: str = "ip", **rest: Any) -> str:
        return error(lab.put("azureFirewalls/wall", standing(lab, subnet, public, **rest)))[1]

    assert wall("default") == "SubnetNameMustBeAzureFirewallSubnet"
    assert wall("AzureFirewallSubnet", "basic") == "PublicIPAddressSkuMustBeStandard"
    policy = lab.made("firewallPolicies/policy")
    both: dict[str, Any] = {"firewallPolicy": {"id": policy["id"]}, "networkRuleCollections": [{"name": "c"}]}
    assert wall("AzureFirewallSubnet", **both) == "AzureFirewallRuleCollectionsNotAllowedWithPolicy"
    code, message = error(lab.put("bastionHosts/b", standing(lab, "default", "ip")))[1:]
    assert code == "SubnetNameMustBeAzureBastionSubnet"
    assert "Azure Bastion can only be created in subnet with name 'AzureBastionSubnet'." in message
    nameless = lab.put("bastionHosts/b", standing(lab, "AzureBastionSubnet", "ip"), sku={})
    assert nameless.json()["error"]["code"] == "InvalidRequestContent"
    assert error(lab.put("bastionHosts/b", {}))[1] == "BastionHostMustHaveIpConfiguration"
    lab.network("tiny", "10.6.0.0/16", AzureBastionSubnet="10.6.0.0/27")
    one = configuration(
        lab.id("virtualNetworks/tiny/subnets/AzureBastionSubnet"), public=lab.id("publicIPAddresses/ip")
    )
    assert error(lab.put("bastionHosts/b", {"ipConfigurations": [one]}))[1] == "SubnetTooSmall"


def test_a_bastion_has_a_name_of_its_own(lab: Lab) -> None:
    lab.address("ip")
    made = lab.made("bastionHosts/b", standing(lab, "AzureBastionSubnet", "ip"), sku={"name": "Standard"})
    assert made["properties"]["dnsName"].endswith(".bastion.azure.com")
    assert made["properties"]["ipConfigurations"][0]["id"].endswith("/bastionHostIpConfigurations/one")
    assert (
        error(lab.delete("virtualNetworks/hub/subnets/AzureBastionSubnet"))[1] == "InUseSubnetCannotBeDeleted"
    )
    assert error(lab.delete("publicIPAddresses/ip"))[1] == "PublicIPAddressCannotBeDeleted"


def test_a_balancer_knows_its_parts(lab: Lab) -> None:
    subnet = lab.id("virtualNetworks/hub/subnets/default")
    front = {"name": "front", "properties": {"subnet": {"id": subnet}}}
    body = {"frontendIPConfigurations": [front], "backendAddressPools": [{"name": "pool"}]}
    made = lab.made("loadBalancers/lb", body, sku={"name": "Standard"})["properties"]
    assert made["frontendIPConfigurations"][0]["properties"]["privateIPAddress"] == "10.0.3.4"
    assert made["backendAddressPools"][0]["id"] == lab.id("loadBalancers/lb/backendAddressPools/pool")
    card = lab.card("card", "virtualNetworks/hub/subnets/default").json()
    assert card["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"] == "10.0.3.5"
    missing = {"name": "front", "properties": {"publicIPAddress": {"id": lab.id("publicIPAddresses/none")}}}
    refused = lab.put("loadBalancers/two", {"frontendIPConfigurations": [missing]})
    assert refused.json()["error"]["details"][0]["code"] == "NotFound"
