"""Private endpoints, their zone groups, private DNS zones, links and records, over HTTP."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from tests.practice.arm_support import ARM, WORKSPACE, Arm, Hands
from tests.practice.network_support import DNS, STORE, VERSION, Lab, error
from wizard.practice.launcher import Running

_NUMBERS = count(1)
_SUBNET = "virtualNetworks/hub/subnets/default"
_ZONE = "privateDnsZones/privatelink.blob.core.windows.net"
_STORE_NAME = STORE.rpartition("/")[2]


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    return Arm(sign_in(scope=ARM), VERSION)


@pytest.fixture
def lab(ada: Arm) -> Lab:
    made = Lab(ada, f"rg-private-{next(_NUMBERS)}")
    made.network("hub", default="10.0.0.0/24")
    return made


def link(
    target: str = STORE, *groups: str, subnet: str = "", manual: bool = False, **more: Any
) -> dict[str, Any]:
    connection = {"name": "link", "properties": {"privateLinkServiceId": target, "groupIds": list(groups)}}
    which = "manualPrivateLinkServiceConnections" if manual else "privateLinkServiceConnections"
    return {"subnet": {"id": subnet}, which: [connection]} | more


def zone(lab: Lab, kind: str = _ZONE) -> dict[str, Any]:
    answer = lab.put(kind, {}, DNS, location="global")
    assert (answer.status_code, answer.json()) == (202, {})
    assert {"Azure-AsyncOperation", "Location"} <= set(answer.headers)
    assert lab.arm.follow(answer.headers["Azure-AsyncOperation"]).json() == {"status": "Succeeded"}
    return lab.get(kind, DNS)


def test_an_endpoint_has_an_interface_an_address_and_names(lab: Lab) -> None:
    made = lab.made("privateEndpoints/pe", link(STORE, "blob", subnet=lab.id(_SUBNET)))["properties"]
    state = made["privateLinkServiceConnections"][0]["properties"]["privateLinkServiceConnectionState"]
    assert (state["status"], state["actionsRequired"]) == ("Approved", "None")
    assert made["customDnsConfigs"] == [
        {"fqdn": f"{_STORE_NAME}.blob.core.windows.net", "ipAddresses": ["10.0.0.4"]}
    ]
    card = lab.arm.get(made["networkInterfaces"][0]["id"]).json()
    assert card["managedBy"] == lab.id("privateEndpoints/pe")
    inner = card["properties"]["ipConfigurations"][0]["properties"]
    assert (inner["privateIPAddress"], inner["privateLinkConnectionProperties"]["groupId"]) == (
        "10.0.0.4",
        "blob",
    )
    subnet = lab.get(_SUBNET)["properties"]
    assert subnet["privateEndpoints"] == [{"id": lab.id("privateEndpoints/pe")}]
    seen = lab.arm.get(f"{STORE}/privateEndpointConnections", "2023-05-01").json()["value"]
    mine = [
        one for one in seen if one["properties"]["privateEndpoint"]["id"] == lab.id("privateEndpoints/pe")
    ]
    assert [one["properties"]["privateLinkServiceConnectionState"]["status"] for one in mine] == ["Approved"]
    assert error(lab.arm.ask("DELETE", made["networkInterfaces"][0]["id"]))[1] == "NicInUse"
    assert error(lab.delete(_SUBNET))[1] == "InUseSubnetCannotBeDeleted"
    assert lab.delete("privateEndpoints/pe").status_code == 202
    assert lab.arm.get(made["networkInterfaces"][0]["id"]).status_code == 404
    assert lab.delete(_SUBNET).status_code == 202


def test_a_workspace_takes_an_address_for_each_of_its_parts(lab: Lab) -> None:
    made = lab.made("privateEndpoints/ml", link(WORKSPACE, "amlworkspace", subnet=lab.id(_SUBNET)))[
        "properties"
    ]
    names = {one["fqdn"]: one["ipAddresses"][0] for one in made["customDnsConfigs"]}
    assert sorted(set(names.values())) == ["10.0.0.4", "10.0.0.5", "10.0.0.6"]
    assert any(name.endswith(".westeurope.notebooks.azure.net") for name in names)


def test_a_static_address_and_a_name_for_the_interface(lab: Lab) -> None:
    fixed = [
        {
            "name": "fixed",
            "properties": {"groupId": "blob", "memberName": "blob", "privateIPAddress": "10.0.0.9"},
        }
    ]
    body = link(
        STORE, "blob", subnet=lab.id(_SUBNET), ipConfigurations=fixed, customNetworkInterfaceName="pe-card"
    )
    made = lab.made("privateEndpoints/pe", body)["properties"]
    assert made["networkInterfaces"] == [{"id": lab.id("networkInterfaces/pe-card")}]
    assert made["customDnsConfigs"][0]["ipAddresses"] == ["10.0.0.9"]
    body["ipConfigurations"] = [
        {
            "name": "fixed",
            "properties": {"groupId": "blob", "memberName": "blob", "privateIPAddress": "10.5.0.9"},
        }
    ]
    assert error(lab.put("privateEndpoints/two", body))[1] == "PrivateIPAddressNotInSubnet"


def test_a_manual_connection_waits_for_approval(lab: Lab) -> None:
    made = lab.made("privateEndpoints/pe", link(STORE, "file", subnet=lab.id(_SUBNET), manual=True))[
        "properties"
    ]
    state = made["manualPrivateLinkServiceConnections"][0]["properties"]["privateLinkServiceConnectionState"]
    assert (state["status"], made["customDnsConfigs"]) == ("Pending", [])
    seen = lab.arm.get(f"{STORE}/privateEndpointConnections", "2023-05-01").json()["value"]
    waiting = next(
        one for one in seen if one["properties"]["privateEndpoint"]["id"] == lab.id("privateEndpoints/pe")
    )
    approved = {"privateLinkServiceConnectionState": {"status": "Approved", "description": "Welcome"}}
    assert lab.arm.put(waiting["id"], {"properties": approved}, "2023-05-01").status_code == 200
    made = lab.get("privateEndpoints/pe")["properties"]
    state = made["manualPrivateLinkServiceConnections"][0]["properties"]["privateLinkServiceConnectionState"]
    assert (state["status"], state["description"]) == ("Approved", "Welcome")
    assert made["customDnsConfigs"]


def test_what_an_endpoint_is_refused_for(lab: Lab) -> None:
    subnet = lab.id(_SUBNET)

    def refused(body: dict[str, Any]) -> str:
        answer = lab.put("privateEndpoints/pe", body)
        assert answer.status_code in (400, 404), answer.text
        code: str = answer.json()["error"]["code"]
        return code

    assert refused(link(STORE, "blobs", subnet=subnet)) == "InvalidValuesForRequestParameters"
    assert refused(link(STORE, "blob", "file", subnet=subnet)) == "OnlyOneGroupIdPermitted"
    assert refused(link(STORE + "x", "blob", subnet=subnet)) == "ResourceNotFound"
    assert refused(link("x", "blob", subnet=subnet)) == "InvalidRequestFormat"
    assert (
        refused(link(STORE, "blob", subnet=lab.id("virtualNetworks/hub/subnets/none")))
        == "InvalidResourceReference"
    )
    assert refused({"subnet": {"id": subnet}}) == "PrivateEndpointMustHaveOneConnection"
    small = lab.made("virtualNetworks/hub/subnets/small", {"addressPrefix": "10.0.1.0/29"})["id"]
    lab.made("privateEndpoints/a", link(WORKSPACE, "amlworkspace", subnet=small))
    assert refused(link(STORE, "blob", subnet=small)) == "SubnetIsFull"


def test_a_zone_group_writes_the_records_and_takes_them_away(lab: Lab) -> None:
    home = zone(lab)
    lab.made("privateEndpoints/pe", link(STORE, "blob", subnet=lab.id(_SUBNET)))
    group = "privateEndpoints/pe/privateDnsZoneGroups/default"
    configs = [{"name": "blob", "properties": {"privateDnsZoneId": home["id"]}}]
    made = lab.made(group, {"privateDnsZoneConfigs": configs})["properties"]["privateDnsZoneConfigs"][0]
    assert made["properties"]["recordSets"] == [
        {
            "recordType": "A",
            "recordSetName": _STORE_NAME,
            "fqdn": f"{_STORE_NAME}.privatelink.blob.core.windows.net",
            "ttl": 10,
            "provisioningState": "Succeeded",
            "ipAddresses": ["10.0.0.4"],
        }
    ]
    record = lab.get(f"{_ZONE}/A/{_STORE_NAME}", DNS)["properties"]
    assert record["aRecords"] == [{"ipv4Address": "10.0.0.4"}]
    assert record["metadata"]["creator"].startswith("created by private endpoint pe with resource guid")
    assert lab.get("privateEndpoints/pe")["properties"]["customDnsConfigs"] == []
    none = [{"name": "blob", "properties": {"privateDnsZoneId": lab.id("privateDnsZones/none.com")}}]
    assert error(lab.put(group, {"privateDnsZoneConfigs": none}))[1] == "InvalidResourceReference"
    assert lab.delete(group).status_code == 202
    assert lab.arm.get(lab.id(f"{_ZONE}/A/{_STORE_NAME}"), DNS).status_code == 404


def test_a_zone_counts_what_is_in_it_and_stays_while_linked(lab: Lab) -> None:
    made = zone(lab)["properties"]
    assert (made["numberOfRecordSets"], made["numberOfVirtualNetworkLinks"]) == (1, 0)
    body = {"virtualNetwork": {"id": lab.id("virtualNetworks/hub")}, "registrationEnabled": True}
    one = f"{_ZONE}/virtualNetworkLinks/one"
    assert lab.put(one, body, DNS, location="global").status_code == 202
    assert lab.get(one, DNS)["properties"]["virtualNetworkLinkState"] == "Completed"
    made = lab.get(_ZONE, DNS)["properties"]
    assert (made["numberOfVirtualNetworkLinks"], made["numberOfVirtualNetworkLinksWithRegistration"]) == (
        1,
        1,
    )
    again = lab.put(f"{_ZONE}/virtualNetworkLinks/two", body, DNS, location="global")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "Conflict")
    refused = lab.delete(_ZONE, DNS)
    assert refused.status_code == 409
    assert refused.json()["error"] == {
        "code": "CannotDeleteResource",
        "message": "Cannot delete resource while nested resources exist. Some existing nested resource IDs include:"
        f" 'Microsoft.Network/{_ZONE}/virtualNetworkLinks/one'. Please delete all nested resources before deleting this"
        " resource.",
    }
    assert lab.delete(one, DNS).status_code == 202
    assert lab.delete(_ZONE, DNS).status_code == 202


def test_zones_stand_nowhere_and_have_names_like_domains(lab: Lab) -> None:
    here = lab.put(_ZONE, {}, DNS)
    assert (here.status_code, here.json()["error"]["code"]) == (400, "LocationNotAvailableForResourceType")
    single = lab.put("privateDnsZones/local", {}, DNS, location="global")
    assert (single.status_code, single.json()["error"]["code"]) == (400, "BadRequest")
    missing = {"virtualNetwork": {"id": lab.id("virtualNetworks/none")}}
    zone(lab)
    refused = lab.put(f"{_ZONE}/virtualNetworkLinks/one", missing, DNS, location="global")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "BadRequest")


def test_a_zone_changed_by_another_tells_so_when_polled(lab: Lab) -> None:
    zone(lab)
    path = lab.id(_ZONE)
    answer = lab.arm.api.call(
        "PUT", path, params={"api-version": DNS}, json={"location": "global"}, headers={"If-Match": "other"}
    )
    assert answer.status_code == 202
    told = lab.arm.follow(answer.headers["Azure-AsyncOperation"]).json()
    assert told["status"] == "Failed"
    assert told["error"] == {
        "code": "PreconditionFailed",
        "message": "The Zone privatelink.blob.core.windows.net has been modified (etag mismatch).",
    }


@pytest.mark.parametrize(
    ("kind", "member", "value"),
    [
        ("A", "aRecords", [{"ipv4Address": "10.0.0.9"}]),
        ("AAAA", "aaaaRecords", [{"ipv6Address": "::1"}]),
        ("CNAME", "cnameRecord", {"cname": "a.contoso.com"}),
        ("MX", "mxRecords", [{"preference": 1, "exchange": "mail.contoso.com"}]),
        ("PTR", "ptrRecords", [{"ptrdname": "a.contoso.com"}]),
        ("SRV", "srvRecords", [{"priority": 1, "weight": 2, "port": 3, "target": "a.contoso.com"}]),
        ("TXT", "txtRecords", [{"value": ["hello"]}]),
    ],
)
def test_records_of_every_kind(lab: Lab, kind: str, member: str, value: Any) -> None:
    zone(lab)
    made = lab.put(f"{_ZONE}/{kind.lower()}/Host", {"ttl": 60, member: value}, DNS)
    assert made.status_code == 201
    found = made.json()
    assert (found["name"], found["type"]) == ("host", f"Microsoft.Network/privateDnsZones/{kind}")
    assert found["properties"][member] == value
    assert found["properties"]["fqdn"] == "host.privatelink.blob.core.windows.net."
    assert lab.put(f"{_ZONE}/{kind}/host", {"ttl": 90, member: value}, DNS).status_code == 200
    everything = lab.arm.get(lab.id(f"{_ZONE}/ALL"), DNS).json()["value"]
    assert {one["type"].rpartition("/")[2] for one in everything} == {"SOA", kind}
    assert lab.delete(f"{_ZONE}/{kind}/host", DNS).status_code == 200


def test_the_start_of_authority_is_there_at_once(lab: Lab) -> None:
    zone(lab)
    soa = lab.get(f"{_ZONE}/SOA/@", DNS)["properties"]
    assert soa["soaRecord"]["host"] == "azureprivatedns.net"
    changed = lab.put(
        f"{_ZONE}/SOA/@", {"ttl": 3600, "soaRecord": {"email": "me.contoso.com", "serialNumber": 9}}, DNS
    )
    assert changed.status_code == 200
    assert changed.json()["properties"]["soaRecord"]["email"] == "me.contoso.com"
    assert changed.json()["properties"]["soaRecord"]["serialNumber"] == 1
    assert lab.delete(f"{_ZONE}/SOA/@", DNS).status_code == 400


def test_what_records_are_refused_for(lab: Lab) -> None:
    zone(lab)
    path, version = lab.id(f"{_ZONE}/A/host"), {"api-version": DNS}
    body = {"properties": {"ttl": 60, "aRecords": [{"ipv4Address": "10.0.0.9"}]}}
    assert (
        lab.arm.api.call("PUT", path, params=version, json=body, headers={"If-None-Match": "*"}).status_code
        == 201
    )
    again = lab.arm.api.call("PUT", path, params=version, json=body, headers={"If-None-Match": "*"})
    assert (again.status_code, again.json()) == (
        412,
        {
            "code": "PreconditionFailed",
            "message": "The Record set host exists already and hence cannot be created again.",
        },
    )
    other = lab.arm.api.call("DELETE", path, params=version, headers={"If-Match": "other"})
    assert (other.status_code, other.json()["message"]) == (
        412,
        "The Record set host has been modified (etag mismatch).",
    )
    for wrong in ({"ttl": 0}, {"aRecords": [{"ipv4Address": "1.2.3"}]}, {"cnameRecord": {"cname": "x"}}):
        answer = lab.put(f"{_ZONE}/A/wrong", wrong, DNS)
        assert (answer.status_code, answer.json()["code"]) == (400, "BadRequest")
    clash = lab.put(f"{_ZONE}/CNAME/host", {"ttl": 60, "cnameRecord": {"cname": "x.com"}}, DNS)
    assert (clash.status_code, clash.json()["code"]) == (409, "Conflict")
    assert lab.put(f"{_ZONE}/CNAME/@", {"ttl": 60, "cnameRecord": {"cname": "x.com"}}, DNS).status_code == 400
    nowhere = lab.put("privateDnsZones/none.com/A/host", {"ttl": 60}, DNS)
    assert (nowhere.status_code, nowhere.json()["error"]["code"]) == (404, "ParentResourceNotFound")


def test_an_endpoint_takes_its_half_minute(other_world: Any) -> None:
    hands = Hands()
    running, sign_in = other_world(clock=hands.clock)
    assert isinstance(running, Running)
    lab = Lab(Arm(sign_in(scope=ARM), VERSION), "rg-slow")
    lab.put(
        "virtualNetworks/hub",
        {
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "subnets": [{"name": "default", "properties": {"addressPrefix": "10.0.0.0/24"}}],
        },
    )
    hands.on(30)
    made = lab.put("privateEndpoints/pe", link(STORE, "blob", subnet=lab.id(_SUBNET)))
    assert made.json()["properties"]["provisioningState"] == "Updating"
    assert made.json()["properties"]["customDnsConfigs"] == []
    where = made.headers["Azure-AsyncOperation"]
    hands.on(20)
    assert lab.arm.follow(where).json()["status"] == "InProgress"
    hands.on(20)
    assert lab.arm.follow(where).json()["status"] == "Succeeded"
    assert lab.get("privateEndpoints/pe")["properties"]["customDnsConfigs"]
