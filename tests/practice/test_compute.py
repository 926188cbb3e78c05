"""Compute over HTTP: virtual machines from their making to their end, and every rule that bites, with its message."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from tests.practice.arm_support import ARM, RESEARCH, Arm, Hands, refusal
from tests.practice.compute_support import (
    KEY,
    REGION,
    changed,
    interface,
    machine,
    network,
    prepare,
    settled,
)

VERSION = "2024-07-01"


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    return Arm(sign_in(scope=ARM), VERSION)


@pytest.fixture(scope="module")
def home(ada: Arm) -> str:
    return prepare(ada)


@pytest.fixture(scope="module")
def subnet(ada: Arm, home: str) -> str:
    return network(ada, home)


def vm(home: str, name: str) -> str:
    return f"{home}/providers/Microsoft.Compute/virtualMachines/{name}"


def test_a_machine_has_what_azure_adds_and_its_disks_are_resources(ada: Arm, home: str, subnet: str) -> None:
    path = vm(home, "whole")
    made = settled(
        ada,
        path,
        machine(interface(ada, home, subnet, "nic-whole")) | {"identity": {"type": "SystemAssigned"}},
    )
    inner = made["properties"]
    assert made["identity"]["principalId"]
    assert inner["vmId"]
    assert inner["storageProfile"]["imageReference"]["exactVersion"].startswith("22.04.")
    disk, extra = inner["storageProfile"]["osDisk"], inner["storageProfile"]["dataDisks"][0]
    assert (disk["osType"], disk["diskSizeGB"], disk["name"].startswith("whole_")) == ("Linux", 30, True)
    kept = ada.get(disk["managedDisk"]["id"]).json()
    assert (kept["managedBy"].lower(), kept["properties"]["diskState"]) == (path.lower(), "Attached")
    assert ada.get(extra["managedDisk"]["id"]).json()["properties"]["diskSizeGB"] == 64
    assert refusal(ada.ask("DELETE", disk["managedDisk"]["id"])) == (409, "OperationNotAllowed")
    assert "adminPassword" not in inner["osProfile"]
    assert ada.ask("DELETE", path).status_code == 202
    assert refusal(ada.get(path)) == (404, "ResourceNotFound")
    freed = ada.get(disk["managedDisk"]["id"]).json()
    assert ("managedBy" in freed, freed["properties"]["diskState"]) == (False, "Unattached")
    assert ada.ask("DELETE", disk["managedDisk"]["id"]).status_code == 202


def test_a_machine_that_goes_takes_what_it_was_told_to_take(ada: Arm, home: str, subnet: str) -> None:
    nic, path = interface(ada, home, subnet, "nic-takes"), vm(home, "takes")
    body = changed(machine(nic), "properties.storageProfile.osDisk.deleteOption", "Delete")
    body = changed(
        body,
        "properties.networkProfile.networkInterfaces",
        [{"id": nic, "properties": {"deleteOption": "Delete"}}],
    )
    disk = settled(ada, path, body)["properties"]["storageProfile"]["osDisk"]["managedDisk"]["id"]
    assert ada.ask("DELETE", path).status_code == 202
    assert refusal(ada.get(disk)) == (404, "ResourceNotFound")
    assert refusal(ada.get(nic)) == (404, "ResourceNotFound")


_SECRET = {"computerName": "box", "adminUsername": "azureuser"}


@pytest.mark.parametrize(
    ("path", "value", "expected", "words"),
    [
        ("hardwareProfile.vmSize", "Standard_Nonsense", (400, "InvalidParameter"), "provided for the VM size is not valid"),
        ("hardwareProfile.vmSize", "Standard_ND96asr_v4", (409, "SkuNotAvailable"), "not available in location 'uaenorth'"),
        ("hardwareProfile.vmSize", "Standard_NC96ads_A100_v4", (409, "OperationNotAllowed"), "Current Limit: 48"),
        ("storageProfile.imageReference.publisher", "Nobody", (400, "InvalidParameter"), "imageReference.publisher is invalid"),
        ("storageProfile.imageReference.sku", "99_04", (404, "PlatformImageNotFound"), "99_04:latest' is not available"),
        ("networkProfile", None, (400, "InvalidParameter"), "'networkProfile' is missing"),
        ("osProfile.adminUsername", "root", (400, "InvalidParameter"), "Admin Username specified is not allowed"),
        ("osProfile", _SECRET, (400, "InvalidParameter"), "must be enabled in Linux profile"),
        ("osProfile", _SECRET | {"adminPassword": "alllowercase"}, (400, "InvalidParameter"), "between 6-72 characters"),
        ("osProfile.linuxConfiguration.ssh", {"publicKeys": [{"keyData": "rubbish"}]}, (400, "InvalidParameter"), "keyData is invalid"),
        ("storageProfile.dataDisks", [{"lun": n, "createOption": "Empty", "diskSizeGB": 4} for n in range(5)], (409, "OperationNotAllowed"), "maximum number of data disks"),
        ("storageProfile.dataDisks", [{"lun": 1, "createOption": "Empty", "diskSizeGB": 4}] * 2, (400, "InvalidParameter"), "LUN 1 is used more than once"),
        ("storageProfile.osDisk", {"createOption": "Attach", "osType": "Linux", "managedDisk": {"id": "{home}/providers/Microsoft.Compute/disks/none"}}, (400, "InvalidParameter"), "Disk none is not found"),
    ],
)  # fmt: skip
def test_a_machine_that_cannot_be_is_refused(  # noqa: PLR0917 - what is wrong, and what is said of it
    ada: Arm, home: str, subnet: str, path: str, value: Any, expected: tuple[int, str], words: str
) -> None:
    nic = interface(ada, home, subnet, "nic-refused")
    if isinstance(value, dict) and "managedDisk" in value:
        value = changed(value, "managedDisk.id", value["managedDisk"]["id"].format(home=home))
    body = changed(machine(nic), f"properties.{path}", value)
    if "uaenorth" in words:
        body["location"] = "uaenorth"
    answer = ada.put(vm(home, "refused"), body)
    assert refusal(answer) == expected
    assert words in answer.json()["error"]["message"]
    assert refusal(ada.get(vm(home, "refused"))) == (404, "ResourceNotFound")


def test_windows_has_its_own_rules(ada: Arm, home: str, subnet: str) -> None:
    nic = interface(ada, home, subnet, "nic-windows")
    image = {
        "publisher": "MicrosoftWindowsServer",
        "offer": "WindowsServer",
        "sku": "2022-datacenter-g2",
        "version": "latest",
    }
    body = changed(machine(nic), "properties.storageProfile.imageReference", image)
    profile = {
        "computerName": "a-name-that-is-too-long",
        "adminUsername": "azureuser",
        "adminPassword": "Corr3ct-Horse",
    }
    answer = ada.put(vm(home, "win"), changed(body, "properties.osProfile", profile))
    assert refusal(answer) == (400, "InvalidParameter")
    assert "cannot be more than 15 characters" in answer.json()["error"]["message"]
    made = settled(
        ada, vm(home, "win"), changed(body, "properties.osProfile", profile | {"computerName": "win"})
    )
    assert made["properties"]["osProfile"]["windowsConfiguration"]["enableAutomaticUpdates"] is True
    assert made["properties"]["storageProfile"]["osDisk"]["diskSizeGB"] == 127
    assert "Corr3ct-Horse" not in str(made)


def test_an_interface_must_be_there_and_serves_one_machine(ada: Arm, home: str, subnet: str) -> None:
    missing = ada.put(vm(home, "lost"), machine(f"{home}/providers/Microsoft.Network/networkInterfaces/none"))
    assert refusal(missing) == (404, "NotFound")
    assert missing.json()["error"]["details"] == []
    nic = interface(ada, home, subnet, "nic-shared")
    settled(ada, vm(home, "first"), machine(nic))
    taken = ada.put(vm(home, "second"), machine(nic))
    assert refusal(taken) == (400, "NicInUse")
    assert "/virtualMachines/first" in taken.json()["error"]["message"]


def test_what_a_machine_keeps_for_ever(ada: Arm, home: str, subnet: str) -> None:
    nic, path = interface(ada, home, subnet, "nic-kept"), vm(home, "kept")
    made = settled(ada, path, machine(nic))
    other = changed(made, "properties.osProfile.adminUsername", "somebody")
    assert refusal(ada.put(path, other)) == (409, "PropertyChangeNotAllowed")
    bigger = ada.put(path, changed(made, "properties.storageProfile.osDisk.diskSizeGB", 200))
    assert refusal(bigger) == (400, "ResizeDiskError")
    assert bigger.json()["error"]["target"] == "disk.diskSizeGB"
    spot = ada.ask("PATCH", path, {"properties": {"priority": "Spot"}})
    assert (refusal(spot), spot.json()["error"]["target"]) == ((409, "PropertyChangeNotAllowed"), "priority")
    again = ada.put(path, changed(made, "tags", {"a": "b"}))
    assert again.status_code == 200
    assert "Azure-AsyncOperation" in again.headers
    assert ada.get(path).json()["properties"]["vmId"] == made["properties"]["vmId"]


def test_power_states_and_what_they_forbid(ada: Arm, home: str, subnet: str) -> None:
    path = vm(home, "power")
    settled(ada, path, machine(interface(ada, home, subnet, "nic-power")))

    def power() -> str:
        view = ada.get(f"{path}/instanceView").json()
        assert (
            view == ada.get(path, expand="instanceView").json()["properties"]["instanceView"]
            or view["statuses"]
        )
        return str(view["statuses"][1]["code"])

    assert power() == "PowerState/running"
    assert refusal(ada.ask("POST", f"{path}/generalize")) == (409, "OperationNotAllowed")
    off = ada.ask("POST", f"{path}/powerOff")
    assert (off.status_code, off.text) == (202, "")
    assert ada.follow(off.headers["Azure-AsyncOperation"]).json()["status"] == "Succeeded"
    assert power() == "PowerState/stopped"
    assert ada.ask("POST", f"{path}/deallocate").status_code == 202
    assert power() == "PowerState/deallocated"
    assert refusal(ada.ask("POST", f"{path}/restart")) == (409, "OperationNotAllowed")
    assert refusal(ada.ask("POST", f"{path}/runCommand", {"commandId": "RunShellScript"})) == (
        409,
        "OperationNotAllowed",
    )
    extension = {
        "location": REGION,
        "properties": {
            "publisher": "Microsoft.Azure.Extensions",
            "type": "CustomScript",
            "typeHandlerVersion": "2.1",
        },
    }
    assert refusal(ada.put(f"{path}/extensions/late", extension)) == (409, "OperationNotAllowed")
    assert ada.ask("POST", f"{path}/start").status_code == 202
    assert power() == "PowerState/running"
    ran = ada.ask("POST", f"{path}/runCommand", {"commandId": "RunShellScript", "script": ["id"]})
    assert ada.follow(ran.headers["Location"]).json()["value"][0]["code"] == "ProvisioningState/succeeded"
    for verb, words in (
        ("simulateEviction", "only for Spot"),
        ("performMaintenance", "not eligible"),
        ("convertToManagedDisks", "already using managed disks"),
    ):
        answer = ada.ask("POST", f"{path}/{verb}")
        assert refusal(answer) == (409, "OperationNotAllowed")
        assert words in answer.json()["error"]["message"]


def test_extensions_stand_in_their_machine_and_hide_their_secrets(ada: Arm, home: str, subnet: str) -> None:
    path = vm(home, "extended")
    settled(ada, path, machine(interface(ada, home, subnet, "nic-extended")))
    properties = {
        "publisher": "Microsoft.Azure.Extensions",
        "type": "CustomScript",
        "typeHandlerVersion": "2.1",
    }
    body = {
        "location": REGION,
        "properties": properties | {"protectedSettings": {"commandToExecute": "secret-thing"}},
    }
    made = settled(ada, f"{path}/extensions/script", body)
    assert "secret-thing" not in str(made)
    assert [one["name"] for one in ada.get(f"{path}/extensions").json()["value"]] == ["script"]
    whole = ada.get(path).json()
    assert [one["name"] for one in whole["resources"]] == ["script"]
    unnamed = ada.put(
        f"{path}/extensions/other", {"location": REGION, "properties": properties | {"type": ""}}
    )
    assert refusal(unnamed) == (400, "InvalidParameter")
    assert unnamed.json()["error"]["target"] == "type"
    assert refusal(ada.put(vm(home, "nobody") + "/extensions/x", body)) == (404, "ParentResourceNotFound")
    assert ada.ask("DELETE", f"{path}/extensions/script").status_code == 202
    assert "resources" not in ada.get(path).json()


def test_operations_are_polled_with_names_and_times(other_world: Any) -> None:
    hands = Hands()
    _, sign_in = other_world(clock=hands.clock)
    ada = Arm(sign_in(scope=ARM), VERSION)
    home = prepare(ada)
    net = ada.put(
        f"{home}/providers/Microsoft.Network/virtualNetworks/net",
        {
            "location": REGION,
            "properties": {
                "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
                "subnets": [{"name": "nodes", "properties": {"addressPrefix": "10.0.0.0/24"}}],
            },
        },
        "2024-05-01",
    )
    assert net.status_code == 201
    hands.on(60)
    subnet = f"{home}/providers/Microsoft.Network/virtualNetworks/net/subnets/nodes"
    nic = f"{home}/providers/Microsoft.Network/networkInterfaces/nic"
    configuration = {"name": "one", "properties": {"subnet": {"id": subnet}}}
    ada.put(nic, {"location": REGION, "properties": {"ipConfigurations": [configuration]}}, "2024-05-01")
    hands.on(60)
    made = ada.put(vm(home, "timed"), machine(nic))
    assert (made.status_code, made.json()["properties"]["provisioningState"]) == (201, "Creating")
    address = made.headers["Azure-AsyncOperation"]
    assert "/providers/Microsoft.Compute/locations/westeurope/operations/" in address
    running = ada.follow(address).json()
    assert (set(running), running["status"]) == ({"name", "startTime", "status"}, "InProgress")
    hands.on(80)
    over = ada.follow(address).json()
    assert (set(over), over["status"]) == ({"name", "startTime", "endTime", "status"}, "Succeeded")


def test_keys_are_given_or_made_and_the_private_half_is_shown_once(ada: Arm, home: str) -> None:
    path = f"{home}/providers/Microsoft.Compute/sshPublicKeys"
    assert ada.put(f"{path}/given", {"location": REGION, "properties": {"publicKey": KEY}}).status_code == 201
    assert ada.get(f"{path}/given").json()["properties"] == {"publicKey": KEY}
    assert refusal(ada.put(f"{path}/bad", {"location": REGION, "properties": {"publicKey": "rubbish"}})) == (
        400,
        "InvalidParameter",
    )
    assert ada.put(f"{path}/made", {"location": REGION}).json()["properties"] == {}
    pair = ada.ask("POST", f"{path}/made/generateKeyPair").json()
    private = serialization.load_pem_private_key(pair["privateKey"].encode(), None)
    assert (
        private.public_key()
        .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        .decode()
        in pair["publicKey"]
    )
    assert "PRIVATE" not in str(ada.get(f"{path}/made").json())
    assert ada.get(f"{path}/made").json()["properties"]["publicKey"] == pair["publicKey"]
    curve = ada.ask("POST", f"{path}/made/generateKeyPair", {"encryptionType": "Ed25519"}).json()
    assert curve["publicKey"].startswith("ssh-ed25519 ")
    serialization.load_ssh_private_key(curve["privateKey"].encode(), None)
    assert refusal(ada.ask("POST", f"{path}/made/generateKeyPair", {"encryptionType": "DSA"})) == (
        400,
        "InvalidParameter",
    )


def test_disks_say_what_they_are_made_of_and_never_shrink(ada: Arm, home: str) -> None:
    path = f"{home}/providers/Microsoft.Compute/disks/alone"
    body = {
        "location": REGION,
        "sku": {"name": "Premium_LRS"},
        "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 128},
    }
    assert refusal(ada.put(path, changed(body, "properties.creationData", None))) == (400, "InvalidParameter")
    assert refusal(ada.put(path, changed(body, "properties.diskSizeGB", None))) == (400, "InvalidParameter")
    made = settled(ada, path, body)
    assert (made["sku"]["tier"], made["properties"]["tier"], made["properties"]["diskState"]) == (
        "Premium",
        "P10",
        "Unattached",
    )
    smaller = ada.put(path, changed(body, "properties.diskSizeGB", 64))
    assert "cannot be resized down" in smaller.json()["error"]["message"]


def test_a_region_tells_its_sizes_images_and_quotas(ada: Arm, home: str, subnet: str) -> None:
    compute = f"{RESEARCH}/providers/Microsoft.Compute"
    before = {
        one["name"]["value"]: one for one in ada.get(f"{compute}/locations/{REGION}/usages").json()["value"]
    }
    settled(ada, vm(home, "counted"), machine(interface(ada, home, subnet, "nic-counted")))
    after = {
        one["name"]["value"]: one for one in ada.get(f"{compute}/locations/{REGION}/usages").json()["value"]
    }
    for name, more in (
        ("cores", 2),
        ("standardDSv5Family", 2),
        ("virtualMachines", 1),
        ("standardDSv3Family", 0),
    ):
        assert after[name]["currentValue"] - before[name]["currentValue"] == more
    skus = ada.get(f"{compute}/skus", "2021-07-01", filter=f"location eq '{REGION}'").json()["value"]
    size = next(one for one in skus if one["name"] == "Standard_D4s_v5")
    assert {one["name"]: one["value"] for one in size["capabilities"]}["vCPUs"] == "4"
    assert size["locationInfo"][0]["zones"] == ["1", "2", "3"]
    assert refusal(ada.get(f"{compute}/skus", filter="name eq 'x'")) == (400, "InvalidParameter")
    images = f"{compute}/locations/{REGION}/publishers"
    assert "Canonical" in [one["name"] for one in ada.get(images).json()]
    versions = f"{images}/microsoft-dsvm/artifacttypes/vmimage/offers/ubuntu-2204/skus/2204-gen2/versions"
    newest = ada.get(versions, top="1", orderby="name desc").json()[0]["name"]
    assert ada.get(f"{versions}/{newest}").json()["properties"]["osDiskImage"]["operatingSystem"] == "Linux"
    assert refusal(ada.get(f"{images}/Nobody/artifacttypes/vmimage/offers")) == (404, "NotFound")
    assert refusal(ada.get(f"{compute}/locations/atlantis/usages")) == (400, "NoRegisteredProviderFound")


def test_a_full_quota_refuses_and_says_how_full_it_is(other_world: Any) -> None:
    _, sign_in = other_world(world="quota-full")
    ada = Arm(sign_in(scope=ARM), VERSION)
    home = prepare(ada)
    nic = interface(ada, home, network(ada, home))
    answer = ada.put(vm(home, "more"), machine(nic))
    assert refusal(answer) == (409, "OperationNotAllowed")
    assert "standardDSv5Family Cores quota" in answer.json()["error"]["message"]
    assert (
        "Current Limit: 10, Current Usage: 10, Additional Required: 2, (Minimum) New Limit Required: 12"
        in answer.json()["error"]["message"]
    )
