"""The refusals of Microsoft.Network say what Azure's own recorded answers say, word for word but for names."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.practice.arm_support import ARM, Arm, recordings
from tests.practice.network_support import DNS, VERSION, Lab

_ID = re.compile(r"/subscriptions/[^\s,']+?(?=\.?(?:[\s,']|$))")
_SUBNET = "virtualNetworks/hub/subnets/default"


@pytest.fixture(scope="module")
def lab(sign_in: Any) -> Lab:
    made = Lab(Arm(sign_in(scope=ARM), VERSION), "rg-words")
    made.network("hub", default="10.0.0.0/24")
    public, group = made.address("ip"), made.made("networkSecurityGroups/nsg")
    one = {
        "name": "one",
        "properties": {"subnet": {"id": made.id(_SUBNET)}, "publicIPAddress": {"id": public["id"]}},
    }
    made.made(
        "networkInterfaces/card", {"ipConfigurations": [one], "networkSecurityGroup": {"id": group["id"]}}
    )
    assert made.put("privateDnsZones/contoso.com", {}, DNS, location="global").status_code == 202
    body = {"virtualNetwork": {"id": made.id("virtualNetworks/hub")}, "registrationEnabled": False}
    link = made.put("privateDnsZones/contoso.com/virtualNetworkLinks/one", body, DNS, location="global")
    assert link.status_code == 202
    return made


def bare(text: str) -> str:
    """A sentence without its ids, names and addresses."""
    text = _ID.sub("{id}", text)
    text = re.sub(r"Subnet \S+ is in use", "Subnet {name} is in use", text)
    text = re.sub(r"'Microsoft.Network/privateDnsZones/\S+'", "{link}", text)
    text = re.sub(r"Address prefix \S+ of", "Address prefix {prefix} of", text)
    return re.sub(r"\b\d+\.\d+\.\d+\.\d+\b(?!/24\.)", "{address}", text)


def refusals(lab: Lab) -> dict[str, Any]:
    hub = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
    check = {"api-version": VERSION, "ipAddress": "10.9.9.9"}
    where = lab.id("virtualNetworks/hub/CheckIPAddressAvailability")
    front = {"name": "f", "properties": {"publicIPAddress": {"id": lab.id("publicIPAddresses/none")}}}
    return {
        "InUseSubnetCannotBeDeleted": lab.delete(_SUBNET),
        "PublicIPAddressCannotBeDeleted": lab.delete("publicIPAddresses/ip"),
        "InUseNetworkSecurityGroupCannotBeDeleted": lab.delete("networkSecurityGroups/nsg"),
        "InvalidResourceReference": lab.put("loadBalancers/lb", {"frontendIPConfigurations": [front]}),
        "AllPropertiesAreReadOnly": lab.arm.ask("PATCH", lab.id("virtualNetworks/hub"), {}),
        "MustSpecifyBothEncryptionIntentAndEnforcementPolicy": lab.put(
            "virtualNetworks/hub", hub | {"encryption": {"enabled": True}}
        ),
        "GlobalPublicIPAddressNotSupportedForBasicPublicIpAddress": lab.put(
            "publicIPAddresses/two", {}, sku={"name": "Basic", "tier": "Global"}
        ),
        "InvalidAddressPrefixFormat": lab.put(
            "virtualNetworks/hub/subnets/two", {"addressPrefix": "10.0.4.0/24--x"}
        ),
        "PrivateIPAddressNotInAnySubnet": lab.arm.api.call("GET", where, params=check),
        "CannotDeleteResource": lab.delete("privateDnsZones/contoso.com", DNS),
    }


def test_refusals_have_the_recorded_status_shape_and_words(lab: Lab) -> None:
    mine = refusals(lab)
    seen = set()
    for row in recordings(lambda line: '"err":{' in line and any(f'"{code}"' in line for code in mine)):
        code = row["err"]["code"]
        if code not in mine or row["err"]["kind"] != "http" or "Microsoft.Network" not in str(row["rtype"]):
            continue
        seen.add(code)
        answer, recorded = mine[code], row["resp_body"]["error"]
        assert answer.status_code == row["status"]
        assert set(answer.json()["error"]) == set(recorded)
        assert bare(answer.json()["error"]["message"]) == bare(recorded["message"])
    assert seen == set(mine)
