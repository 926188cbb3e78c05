"""`az network private-dns`, `private-endpoint`, `public-ip`, `nat gateway`, `bastion`, `vnet-gateway`, `firewall`-free."""

from __future__ import annotations

import pytest

from tests.az.cli import Az


@pytest.fixture(scope="module")
def network(az: Az, group: str) -> str:
    az(
        f"network vnet create -g {group} -n vnet --address-prefixes 10.0.0.0/16 --subnet-name endpoints"
        " --subnet-prefixes 10.0.0.0/24"
    )
    for name, block in (
        ("AzureBastionSubnet", "10.0.1.0/26"),
        ("GatewaySubnet", "10.0.2.0/27"),
        ("out", "10.0.3.0/24"),
    ):
        made = az(
            f"network vnet subnet create -g {group} --vnet-name vnet -n {name} --address-prefixes {block}"
        )
        assert made.code == 0, made.err
    return "vnet"


def test_a_private_zone_is_linked_and_filled(az: Az, group: str, network: str) -> None:
    zone = "privatelink.vaultcore.azure.net"
    made = az(f"network private-dns zone create -g {group} -n {zone}").json
    assert made["location"] == "global"
    assert made["numberOfVirtualNetworkLinks"] == 0
    link = az(f"network private-dns link vnet create -g {group} -n link -z {zone} -v {network} -e false").json
    assert link["virtualNetworkLinkState"] == "Completed"
    assert az(f"network private-dns zone show -g {group} -n {zone}").json["numberOfVirtualNetworkLinks"] == 1
    record = az(f"network private-dns record-set a add-record -g {group} -z {zone} -n vault -a 10.0.0.9").json
    assert [one["ipv4Address"] for one in record["aRecords"]] == ["10.0.0.9"]
    assert [
        one["name"] for one in az(f"network private-dns record-set a list -g {group} -z {zone}").json
    ] == ["vault"]
    refused = az(f"network private-dns zone delete -g {group} -n {zone} -y").refusal
    assert "CannotDeleteResource" in refused or "nested resources" in refused
    assert az(f"network private-dns link vnet delete -g {group} -n link -z {zone} -y").code == 0
    assert az(f"network private-dns zone delete -g {group} -n {zone} -y").code == 0


def test_an_endpoint_of_a_storage_account(az: Az, group: str, network: str) -> None:
    account = az(f"storage account create -g {group} -n azprivateblob --sku Standard_LRS").json["id"]
    made = az(
        f"network private-endpoint create -g {group} -n endpoint --vnet-name {network} --subnet endpoints"
        f" --private-connection-resource-id {account} --group-id blob --connection-name endpoint"
    ).json
    assert made["provisioningState"] == "Succeeded"
    (connection,) = made["privateLinkServiceConnections"]
    assert connection["privateLinkServiceConnectionState"]["status"] == "Approved"
    (config,) = made["customDnsConfigs"]
    assert config["ipAddresses"] == ["10.0.0.4"]
    zone = "privatelink.blob.core.windows.net"
    az(f"network private-dns zone create -g {group} -n {zone}")
    grouped = az(
        f"network private-endpoint dns-zone-group create -g {group} --endpoint-name endpoint -n default"
        f" --private-dns-zone {zone} --zone-name blob"
    ).json
    assert grouped["privateDnsZoneConfigs"][0]["name"] == "blob"
    (record,) = az(f"network private-dns record-set a list -g {group} -z {zone}").json
    assert [one["ipv4Address"] for one in record["aRecords"]] == ["10.0.0.4"]
    (linked,) = az("network private-endpoint-connection list --id", account).json
    assert linked["properties"]["privateEndpoint"]["id"] == made["id"]
    wrong = az(
        f"network private-endpoint create -g {group} -n other --vnet-name {network} --subnet endpoints"
        f" --private-connection-resource-id {account} --group-id nonsense --connection-name other"
    ).refusal
    assert "nonsense" in wrong


def test_a_way_out(az: Az, group: str, network: str) -> None:
    address = az(f"network public-ip create -g {group} -n out-ip --sku Standard").json["publicIp"]
    assert address["publicIPAllocationMethod"] == "Static"
    assert address["ipAddress"].count(".") == 3
    made = az(
        f"network nat gateway create -g {group} -n nat --public-ip-addresses out-ip --idle-timeout 10"
    ).json
    assert made["idleTimeoutInMinutes"] == 10
    az(f"network vnet subnet update -g {group} --vnet-name {network} -n out --nat-gateway nat")
    shown = az(f"network nat gateway show -g {group} -n nat").json
    assert shown["subnets"][0]["id"].endswith("/subnets/out")
    assert "PublicIPAddressCannotBeDeleted" in az(f"network public-ip delete -g {group} -n out-ip").refusal
    assert [one["name"] for one in az(f"network nat gateway list -g {group}").json] == ["nat"]


def test_a_gateway_of_a_private_network(az: Az, group: str, network: str) -> None:
    az(f"network public-ip create -g {group} -n vpn-ip --sku Standard")
    made = az(
        f"network vnet-gateway create -g {group} -n vpn --vnet {network} --public-ip-address vpn-ip --gateway-type Vpn"
        " --sku VpnGw1 --vpn-type RouteBased"
    ).json["vnetGateway"]
    assert made["gatewayType"] == "Vpn"
    assert made["provisioningState"] == "Succeeded"
    assert [one["name"] for one in az(f"network vnet-gateway list -g {group}").json] == ["vpn"]


def test_a_bastion(az: Az, group: str, network: str) -> None:
    az(f"network public-ip create -g {group} -n bastion-ip --sku Standard")
    wanted = {
        "location": "westeurope",
        "sku": {"name": "Basic"},
        "properties": {
            "ipConfigurations": [
                {
                    "name": "main",
                    "properties": {
                        "subnet": {
                            "id": _id(az, group, f"virtualNetworks/{network}/subnets/AzureBastionSubnet")
                        },
                        "publicIPAddress": {"id": _id(az, group, "publicIPAddresses/bastion-ip")},
                    },
                }
            ]
        },
    }
    made = az(
        f"resource create -g {group} -n bastion --resource-type Microsoft.Network/bastionHosts --api-version 2024-05-01"
        " --is-full-object --properties @" + az.file("bastion.json", wanted)
    ).json
    assert made["properties"]["provisioningState"] == "Succeeded"
    assert made["properties"]["dnsName"].startswith("bst-")


def _id(az: Az, group: str, tail: str) -> str:
    home = az(f"group show -n {group}").json["id"]
    return f"{home}/providers/Microsoft.Network/{tail}"
