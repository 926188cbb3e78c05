"""`az vm`: a machine with all that belongs to it, made by the template that `az` writes itself, and its life."""

from __future__ import annotations

from tests.az.cli import Az


def test_a_machine_with_all_that_belongs_to_it(az: Az, group: str) -> None:
    named = f"-g {group} -n box"
    made = az(
        f"vm create {named} --image Ubuntu2204 --size Standard_D4s_v5 --admin-username ada --generate-ssh-keys"
    ).json
    assert made["powerState"] == "VM running"
    assert made["privateIpAddress"] == "10.0.0.4"
    assert made["publicIpAddress"].count(".") == 3
    kinds = set(az(f"resource list -g {group} --query [].type").json)
    assert {
        "Microsoft.Compute/virtualMachines",
        "Microsoft.Network/networkInterfaces",
        "Microsoft.Network/networkSecurityGroups",
        "Microsoft.Network/publicIPAddresses",
        "Microsoft.Network/virtualNetworks",
    } <= kinds
    (addresses,) = az(f"vm list-ip-addresses {named}").json
    assert addresses["virtualMachine"]["network"]["privateIpAddresses"] == ["10.0.0.4"]
    assert az(f"vm show {named}").json["hardwareProfile"]["vmSize"] == "Standard_D4s_v5"
    in_use = az(f"network nic delete -g {group} -n boxVMNic").refusal
    assert "NicInUse" in in_use
    assert az(f"vm deallocate {named}").code == 0
    states = az(f"vm get-instance-view {named} --query instanceView.statuses[].code").json
    assert "PowerState/deallocated" in states
    assert az(f"vm start {named}").code == 0
    assert az(f"vm stop {named}").code == 0
    assert az(f"vm delete {named} -y").code == 0
    assert az(f"vm list -g {group}").json == []
    assert az(f"network nic delete -g {group} -n boxVMNic").code == 0


def test_the_identity_and_the_extension_of_a_machine(az: Az, group: str) -> None:
    named = f"-g {group} -n brains"
    az(
        f"vm create {named} --image Ubuntu2204 --size Standard_D4s_v5 --admin-username ada --generate-ssh-keys"
    )
    given = az(f"vm identity assign {named}").json
    assert len(given["systemAssignedIdentity"]) == 36
    principal = az(f"ad sp show --id {given['systemAssignedIdentity']}").json
    assert principal["servicePrincipalType"] == "ManagedIdentity"
    assert (
        az(
            f"vm extension set -g {group} --vm-name brains -n CustomScript --publisher Microsoft.Azure.Extensions"
        ).json["provisioningState"]
        == "Succeeded"
    )
    assert [one["name"] for one in az(f"vm extension list -g {group} --vm-name brains").json] == [
        "CustomScript"
    ]


def test_what_azure_refuses(az: Az, group: str) -> None:
    odd = az(
        f"vm create -g {group} -n odd --image Ubuntu2204 --size Standard_Nothing --admin-username ada --generate-ssh-keys"
    )
    assert "Standard_Nothing" in odd.refusal
