"""`az network vnet`, `subnet`, `nsg`, `rule`, `route-table`, `nic`, `peering`."""

from __future__ import annotations

from tests.az.cli import Az


def test_a_network_with_its_subnets(az: Az, group: str) -> None:
    made = az(
        f"network vnet create -g {group} -n vnet --address-prefixes 10.0.0.0/16 --subnet-name default"
        " --subnet-prefixes 10.0.0.0/24"
    ).json["newVNet"]
    assert made["addressSpace"]["addressPrefixes"] == ["10.0.0.0/16"]
    assert made["provisioningState"] == "Succeeded"
    assert [one["addressPrefix"] for one in made["subnets"]] == ["10.0.0.0/24"]
    subnet = az(
        f"network vnet subnet create -g {group} --vnet-name vnet -n jobs --address-prefixes 10.0.1.0/24"
    ).json
    assert subnet["addressPrefix"] == "10.0.1.0/24"
    shown = az(f"network vnet show -g {group} -n vnet").json
    assert [one["name"] for one in shown["subnets"]] == ["default", "jobs"]
    assert [one["name"] for one in az(f"network vnet subnet list -g {group} --vnet-name vnet").json] == [
        "default",
        "jobs",
    ]
    assert az(f"network vnet list -g {group} --query [].name").json == ["vnet"]
    widened = az(f"network vnet update -g {group} -n vnet --address-prefixes 10.0.0.0/16 10.1.0.0/16").json
    assert widened["addressSpace"]["addressPrefixes"] == ["10.0.0.0/16", "10.1.0.0/16"]
    assert [one["name"] for one in widened["subnets"]] == ["default", "jobs"]
    assert az(f"network vnet subnet delete -g {group} --vnet-name vnet -n jobs").code == 0
    assert "NotFound" in az(f"network vnet subnet show -g {group} --vnet-name vnet -n jobs").refusal


def test_a_security_group_with_its_rules_on_a_subnet(az: Az, group: str) -> None:
    made = az(f"network nsg create -g {group} -n nsg").json["NewNSG"]
    assert len(made["defaultSecurityRules"]) == 6
    rule = az(
        f"network nsg rule create -g {group} --nsg-name nsg -n allow443 --priority 100 --destination-port-ranges 443"
        " --access Allow --protocol Tcp"
    ).json
    assert (rule["priority"], rule["destinationPortRange"], rule["direction"]) == (100, "443", "Inbound")
    assert [one["name"] for one in az(f"network nsg rule list -g {group} --nsg-name nsg").json] == [
        "allow443"
    ]
    updated = az(f"network nsg rule update -g {group} --nsg-name nsg -n allow443 --priority 110").json
    assert updated["priority"] == 110
    az(
        f"network vnet create -g {group} -n guarded --address-prefixes 10.2.0.0/16 --subnet-name s --subnet-prefixes 10.2.0.0/24"
    )
    held = az(
        f"network vnet subnet update -g {group} --vnet-name guarded -n s --network-security-group nsg"
    ).json
    assert held["networkSecurityGroup"]["id"] == made["id"]
    assert [one["id"] for one in az(f"network nsg show -g {group} -n nsg").json["subnets"]] == [held["id"]]
    in_use = az(f"network nsg delete -g {group} -n nsg").refusal
    assert "InUseNetworkSecurityGroupCannotBeDeleted" in in_use
    az(f"network vnet delete -g {group} -n guarded")
    assert az(f"network nsg delete -g {group} -n nsg").code == 0


def test_networks_are_peered(az: Az, group: str) -> None:
    for name, block in (("left", "10.10.0.0/16"), ("right", "10.11.0.0/16")):
        az(f"network vnet create -g {group} -n {name} --address-prefixes {block}")
    az(
        f"network vnet peering create -g {group} -n there --vnet-name left --remote-vnet right --allow-vnet-access"
    )
    az(
        f"network vnet peering create -g {group} -n back --vnet-name right --remote-vnet left --allow-vnet-access"
    )
    shown = az(f"network vnet peering show -g {group} -n there --vnet-name left").json
    assert shown["peeringState"] == "Connected"


def test_a_route_table_and_a_card(az: Az, group: str) -> None:
    az(f"network route-table create -g {group} -n routes")
    route = az(
        f"network route-table route create -g {group} --route-table-name routes -n out --address-prefix 0.0.0.0/0"
        " --next-hop-type VirtualAppliance --next-hop-ip-address 10.20.0.4"
    ).json
    assert route["nextHopType"] == "VirtualAppliance"
    az(
        f"network vnet create -g {group} -n carded --address-prefixes 10.20.0.0/16 --subnet-name s --subnet-prefixes 10.20.0.0/24"
    )
    card = az(f"network nic create -g {group} -n card --vnet-name carded --subnet s").json["NewNIC"]
    assert card["ipConfigurations"][0]["privateIPAddress"] == "10.20.0.4"
    in_use = az(f"network vnet subnet delete -g {group} --vnet-name carded -n s").refusal
    assert "InUseSubnetCannotBeDeleted" in in_use
    assert "card" in in_use


def test_what_azure_refuses(az: Az, group: str) -> None:
    az(
        f"network vnet create -g {group} -n strict --address-prefixes 10.30.0.0/16 --subnet-name a --subnet-prefixes 10.30.0.0/24"
    )

    def refused(prefix: str) -> str:
        return az(
            f"network vnet subnet create -g {group} --vnet-name strict -n b --address-prefixes {prefix}"
        ).refusal

    assert "NetcfgSubnetRangesOverlap" in refused("10.30.0.128/25")
    assert "NetcfgSubnetRangeOutsideVnet" in refused("10.31.0.0/24")
    assert "NetcfgInvalidSubnet" in refused("10.30.1.0/30") or "InvalidCIDRNotation" in refused(
        "10.30.1.0/30"
    )
    assert "InvalidAddressPrefixFormat" in refused("10.30.1.0/33") or "InvalidCIDRNotation" in refused(
        "10.30.1.0/33"
    )
    assert "ResourceNotFound" in az(f"network vnet show -g {group} -n nowhere").refusal
    az(f"network nsg create -g {group} -n rules")
    rule = f"network nsg rule create -g {group} --nsg-name rules --access Allow --priority 200 -n"
    az(f"{rule} first")
    assert "SecurityRuleConflict" in az(f"{rule} second").refusal
