"""Virtual networks, subnets and peerings of practice Azure, over HTTP."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from tests.practice.arm_support import ARM, RESEARCH, Arm, Hands
from tests.practice.network_support import VERSION, Lab, error
from wizard.practice.launcher import Running

_NUMBERS = count(1)


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    return Arm(sign_in(scope=ARM), VERSION)


@pytest.fixture
def lab(ada: Arm) -> Lab:
    return Lab(ada, f"rg-virtual-{next(_NUMBERS)}")


@pytest.fixture
def slow(other_world: Any) -> tuple[Lab, Hands]:
    hands = Hands()
    _, sign_in = other_world(clock=hands.clock)
    return Lab(Arm(sign_in(scope=ARM), VERSION), "rg-slow"), hands


def test_a_network_keeps_its_subnets_as_resources_of_their_own(lab: Lab) -> None:
    made = lab.network("hub", default="10.0.0.0/24", jobs="10.0.1.0/24")
    assert made["properties"]["provisioningState"] == "Succeeded"
    assert [one["name"] for one in made["properties"]["subnets"]] == ["default", "jobs"]
    first = lab.get("virtualNetworks/hub/subnets/default")
    assert first["properties"]["addressPrefix"] == "10.0.0.0/24"
    assert first["type"] == "Microsoft.Network/virtualNetworks/subnets"
    assert first["etag"].startswith('W/"')
    listed = lab.arm.get(lab.id("virtualNetworks/hub/subnets")).json()["value"]
    assert [one["name"] for one in listed] == ["default", "jobs"]
    # A body without subnets leaves them alone, one that lists fewer takes the others away.
    lab.made("virtualNetworks/hub", {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}, tags={"a": "b"})
    assert len(lab.get("virtualNetworks/hub")["properties"]["subnets"]) == 2
    one = {"name": "jobs", "properties": {"addressPrefix": "10.0.1.0/24"}}
    lab.made("virtualNetworks/hub", {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": [one]})
    assert [each["name"] for each in lab.get("virtualNetworks/hub")["properties"]["subnets"]] == ["jobs"]


def test_a_write_is_followed_by_its_operation(slow: tuple[Lab, Hands]) -> None:
    lab, hands = slow
    body = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
    answer = lab.put("virtualNetworks/hub", body)
    assert (answer.status_code, answer.json()["properties"]["provisioningState"]) == (201, "Updating")
    where = answer.headers["Azure-AsyncOperation"]
    assert "Location" not in answer.headers
    assert lab.arm.follow(where).json() == {"status": "InProgress"}
    hands.on(60)
    assert lab.arm.follow(where).json() == {"status": "Succeeded"}
    gone = lab.delete("virtualNetworks/hub")
    assert (gone.status_code, gone.text) == (202, "")
    hands.on(60)
    assert lab.arm.follow(gone.headers["Azure-AsyncOperation"]).json() == {"status": "Succeeded"}
    assert lab.arm.follow(gone.headers["Location"]).status_code == 204


@pytest.mark.parametrize(
    ("prefix", "code", "words"),
    [
        ("10.0.0.128/25", "NetcfgSubnetRangesOverlap", "overlaps with that of an existing subnet"),
        (
            "10.1.0.0/24",
            "NetcfgSubnetRangeOutsideVnet",
            "outside the IP address range of virtual network 'hub'",
        ),
        ("10.0.1.0/30", "NetcfgInvalidSubnet", "Subnet 'new' is not valid in virtual network 'hub'."),
        ("10.0.1.0/33", "InvalidAddressPrefixFormat", "should follow CIDR notation"),
        ("10.0.1.0", "InvalidAddressPrefixFormat", "Address prefix 10.0.1.0 of resource"),
        ("10.0.1.7/24", "InvalidCIDRNotation", "the address prefix should be 10.0.1.0/24."),
        ("", "InvalidAddressPrefixFormat", "is not formatted correctly"),
    ],
)
def test_a_subnet_that_cannot_be_is_refused(lab: Lab, prefix: str, code: str, words: str) -> None:
    lab.network("hub", default="10.0.0.0/24")
    status, found, message = error(lab.put("virtualNetworks/hub/subnets/new", {"addressPrefix": prefix}))
    assert (status, found) == (400, code)
    assert words in message


def test_subnets_of_one_body_are_held_against_each_other(lab: Lab) -> None:
    inner = [
        {"name": name, "properties": {"addressPrefix": prefix}}
        for name, prefix in (("a", "10.0.0.0/24"), ("b", "10.0.0.0/25"))
    ]
    answer = lab.put(
        "virtualNetworks/hub", {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": inner}
    )
    assert error(answer)[:2] == (400, "NetcfgSubnetRangesOverlap")
    assert lab.arm.get(lab.id("virtualNetworks/hub")).status_code == 404


def test_what_a_network_is_refused_for(lab: Lab) -> None:
    space = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
    assert error(lab.put("virtualNetworks/hub", {}))[1] == "InvalidRequestFormat"
    assert error(lab.put("virtualNetworks/hub_-", space))[1] == "InvalidResourceName"
    twice = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16", "10.0.0.0/24"]}}
    assert error(lab.put("virtualNetworks/hub", twice))[1] == "InvalidAddressSpace"
    half = space | {"encryption": {"enabled": True}}
    assert (
        error(lab.put("virtualNetworks/hub", half))[1]
        == "MustSpecifyBothEncryptionIntentAndEnforcementPolicy"
    )
    lab.network("hub", default="10.0.0.0/24")
    shrunk = {"addressSpace": {"addressPrefixes": ["10.9.0.0/16"]}}
    assert error(lab.put("virtualNetworks/hub", shrunk))[1] == "NetcfgSubnetRangeOutsideVnet"
    nothing = lab.arm.ask("PATCH", lab.id("virtualNetworks/hub"), {})
    assert error(nothing)[1] == "AllPropertiesAreReadOnly"
    tagged = lab.arm.ask("PATCH", lab.id("virtualNetworks/hub"), {"tags": {"a": "b"}})
    assert (tagged.status_code, tagged.json()["tags"]) == (200, {"a": "b"})


def test_a_subnet_in_use_stays(lab: Lab) -> None:
    lab.network("hub", default="10.0.0.0/24")
    assert lab.card("card", "virtualNetworks/hub/subnets/default").status_code == 201
    status, code, message = error(lab.delete("virtualNetworks/hub/subnets/default"))
    assert (status, code) == (400, "InUseSubnetCannotBeDeleted")
    assert "networkInterfaces/card/ipConfigurations/one and cannot be deleted" in message
    assert error(lab.delete("virtualNetworks/hub"))[1] == "InUseSubnetCannotBeDeleted"
    moved = lab.put("virtualNetworks/hub/subnets/default", {"addressPrefix": "10.0.5.0/24"})
    assert error(moved)[1] == "InUsePrefixCannotBeDeleted"
    shown = lab.get("virtualNetworks/hub/subnets/default")["properties"]["ipConfigurations"]
    assert shown == [{"id": lab.id("networkInterfaces/card/ipConfigurations/one")}]
    assert lab.delete("networkInterfaces/card").status_code == 202
    assert lab.delete("virtualNetworks/hub/subnets/default").status_code == 202
    answer = lab.arm.get(lab.id("virtualNetworks/hub/subnets/default"))
    assert error(answer)[:2] == (404, "NotFound")


def test_references_must_be_there_readable_and_in_the_region(lab: Lab) -> None:
    lab.network("hub")
    put = "virtualNetworks/hub/subnets/s"

    def refused(id_: Any) -> tuple[int, str, str]:
        group = {"id": id_} if id_ is not None else {}
        return error(lab.put(put, {"addressPrefix": "10.0.0.0/24", "networkSecurityGroup": group}))

    status, code, message = refused(lab.id("networkSecurityGroups/none"))
    assert (status, code) == (400, "InvalidResourceReference")
    assert "that both resources are in the same region" in message
    lab.made("networkSecurityGroups/far", location="uksouth")
    assert refused(lab.id("networkSecurityGroups/far"))[1] == "InvalidResourceReference"
    assert refused("far")[1] == "InvalidRequestFormat"
    assert refused(lab.id("routeTables/far"))[1] == "InvalidRequestFormat"
    wrong = lab.put(put, {"addressPrefix": "10.0.0.0/24", "routeTable": {"name": "x"}}).json()["error"]
    assert wrong["details"][0]["code"] == "MissingJsonReferenceId"


def test_a_parent_that_is_not_there(lab: Lab) -> None:
    answer = lab.put("virtualNetworks/none/subnets/s", {"addressPrefix": "10.0.0.0/24"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ResourceNotFound")


def test_one_change_at_a_time(slow: tuple[Lab, Hands]) -> None:
    lab, hands = slow
    lab.put("virtualNetworks/hub", {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}})
    status, code, _ = error(lab.put("virtualNetworks/hub/subnets/a", {"addressPrefix": "10.0.0.0/24"}))
    assert (status, code) == (429, "RetryableError")
    hands.on(30)
    assert lab.put("virtualNetworks/hub/subnets/a", {"addressPrefix": "10.0.0.0/24"}).status_code == 201
    busy = lab.card("card", "virtualNetworks/hub/subnets/a")
    assert busy.json()["error"]["details"][0]["code"] == "ReferencedResourceNotProvisioned"
    hands.on(30)
    assert lab.card("card", "virtualNetworks/hub/subnets/a").status_code == 201


def test_peerings_connect_when_both_sides_have_one(lab: Lab) -> None:
    left, right = lab.network("left", "10.0.0.0/16"), lab.network("right", "10.1.0.0/16")
    there, back = (
        "virtualNetworks/left/virtualNetworkPeerings/there",
        "virtualNetworks/right/virtualNetworkPeerings/back",
    )
    first = lab.made(there, {"remoteVirtualNetwork": {"id": right["id"]}})["properties"]
    assert (first["peeringState"], first["peeringSyncLevel"]) == ("Initiated", "RemoteNotInSync")
    assert first["remoteAddressSpace"]["addressPrefixes"] == ["10.1.0.0/16"]
    lab.made(back, {"remoteVirtualNetwork": {"id": left["id"]}})
    assert lab.get(there)["properties"]["peeringState"] == "Connected"
    assert (
        lab.get("virtualNetworks/left")["properties"]["virtualNetworkPeerings"][0]["properties"][
            "peeringState"
        ]
        == "Connected"
    )
    assert lab.delete(back).status_code == 202
    assert lab.get(there)["properties"]["peeringState"] == "Disconnected"


def test_peerings_that_cannot_be(lab: Lab) -> None:
    lab.network("left", "10.0.0.0/16")
    same, other = lab.network("same", "10.0.0.0/24"), lab.network("other", "10.1.0.0/16")
    there = "virtualNetworks/left/virtualNetworkPeerings/"

    def refused(name: str, id_: str, **more: Any) -> tuple[str, str]:
        return error(lab.put(there + name, {"remoteVirtualNetwork": {"id": id_}} | more))[1:]

    code, message = refused("one", same["id"])
    assert code == "VnetAddressSpacesOverlap"
    assert "Overlapping address prefixes: 10.0.0.0/16, 10.0.0.0/24." in message
    assert refused("one", lab.id("virtualNetworks/none"))[0] == "InvalidResourceReference"
    assert refused("one", other["id"], useRemoteGateways=True)[0] == "RemoteVnetHasNoGateways"
    lab.made(there + "one", {"remoteVirtualNetwork": {"id": other["id"]}})
    assert refused("two", other["id"])[0] == "AnotherPeeringAlreadyReferencesRemoteVnet"


def test_what_a_subnet_tells_of_services_and_delegations(lab: Lab) -> None:
    lab.network("hub")
    made = lab.made(
        "virtualNetworks/hub/subnets/s",
        {
            "addressPrefix": "10.0.0.0/24",
            "serviceEndpoints": [{"service": "Microsoft.Storage"}, {"service": "Microsoft.KeyVault"}],
            "delegations": [{"name": "d", "properties": {"serviceName": "Microsoft.Web/serverFarms"}}],
        },
    )["properties"]
    assert [one["locations"] for one in made["serviceEndpoints"]] == [["westeurope", "northeurope"], ["*"]]
    assert made["delegations"][0]["properties"]["actions"]


def test_addresses_of_a_network_can_be_asked_for(lab: Lab) -> None:
    lab.network("hub", default="10.0.0.0/28")
    lab.card("card", "virtualNetworks/hub/subnets/default")

    def ask(address: str) -> Any:
        path = lab.id("virtualNetworks/hub/CheckIPAddressAvailability")
        return lab.arm.api.call("GET", path, params={"api-version": VERSION, "ipAddress": address})

    assert ask("10.0.0.5").json() == {"available": True, "isPlatformReserved": False}
    taken = ask("10.0.0.4").json()
    assert (taken["available"], taken["availableIPAddresses"][0]) == (False, "10.0.0.5")
    assert ask("10.0.0.1").json()["isPlatformReserved"] is True
    assert error(ask("10.9.0.1"))[1] == "PrivateIPAddressNotInAnySubnet"
    usage = lab.arm.get(lab.id("virtualNetworks/hub/usages")).json()["value"][0]
    assert (usage["currentValue"], usage["limit"]) == (1, 11)


def test_only_so_many_networks_fit_a_region(other_world: Any, tmp_path: Any) -> None:
    import json
    from pathlib import Path

    world = json.loads((Path(__file__).parents[2] / "wizard/practice/worlds/default.json").read_text("utf-8"))
    own = tmp_path / "small.json"
    own.write_text(
        json.dumps(world | {"quotas": {"*": {"VirtualNetworks": {"limit": 1, "used": 0}}}}), "utf-8"
    )
    _, sign_in = other_world(world=str(own))
    lab = Lab(Arm(sign_in(scope=ARM), VERSION), "rg-small")
    lab.network("one")
    refused = lab.put("virtualNetworks/two", {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}})
    assert error(refused)[1:] == (
        "VnetCountLimitReached",
        "Cannot create more than 1 virtual networks for this subscription in this region.",
    )


def test_the_sdk_waits_for_a_network(practice: Running) -> None:
    from azure.core.exceptions import HttpResponseError
    from azure.identity import ClientSecretCredential
    from azure.mgmt.resource.resources import ResourceManagementClient

    ca = str(practice.ca)
    credential = ClientSecretCredential(
        practice.tenant, practice.client_id, practice.client_secret,
        authority=practice.url, disable_instance_discovery=True, connection_verify=ca,
    )  # fmt: skip
    client = ResourceManagementClient(
        credential,
        practice.subscription,
        base_url=practice.url,
        credential_scopes=[f"{practice.url}/.default"],
        connection_verify=ca,
    )
    with credential, client:
        client.resource_groups.create_or_update("rg-sdk-net", {"location": "westeurope"})
        key = f"{RESEARCH}/resourceGroups/rg-sdk-net/providers/Microsoft.Network/virtualNetworks/hub"
        inner = [{"name": "s", "properties": {"addressPrefix": "10.0.0.0/24"}}]
        properties = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": inner}
        body: Any = {"location": "westeurope", "properties": properties}
        made = client.resources.begin_create_or_update_by_id(key, body, api_version=VERSION).result()
        assert (made.properties or {})["provisioningState"] == "Succeeded"
        client.resources.begin_delete_by_id(key, api_version=VERSION).result()
        with pytest.raises(HttpResponseError) as refused:
            client.resources.get_by_id(key, api_version=VERSION)
        assert refused.value.error is not None
        assert refused.value.error.code == "ResourceNotFound"
