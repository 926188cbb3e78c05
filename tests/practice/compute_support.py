"""What the tests of compute share: a group of their own, networks, interfaces, and bodies that Azure takes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from tests.practice.arm_support import RESEARCH, Arm

REGION = "westeurope"
KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 somebody@somewhere"
PROVIDERS = (
    "Compute", "ContainerService", "Network", "OperationalInsights", "Insights", "CognitiveServices", "KubernetesConfiguration",
    "MachineLearningServices", "ManagedIdentity", "Storage", "KeyVault",
)  # fmt: skip


def prepare(arm: Arm) -> str:
    """A group of the test's own, in a subscription that has registered all it needs; its id."""
    for name in PROVIDERS:
        arm.ask("POST", f"{RESEARCH}/providers/Microsoft.{name}/register")
    home = f"{RESEARCH}/resourceGroups/rg-{uuid.uuid4().hex[:8]}"
    assert arm.put(home, {"location": REGION}, "2024-11-01").status_code == 201
    return home


def settled(arm: Arm, path: str, body: object, version: str = "") -> dict[str, Any]:
    """What a GET shows after a PUT that Azure takes."""
    answer = arm.put(path, body, version)
    assert answer.status_code in (200, 201, 202), answer.text
    found: dict[str, Any] = arm.get(path, version).json()
    assert found["properties"].get("provisioningState", "Succeeded") == "Succeeded"
    return found


def network(arm: Arm, home: str, name: str = "net", space: str = "10.60.0.0/16", region: str = REGION) -> str:
    """A network with a subnet; the id of the subnet."""
    path = f"{home}/providers/Microsoft.Network/virtualNetworks/{name}"
    prefix = space.replace("/16", "/24")
    properties = {
        "addressSpace": {"addressPrefixes": [space]},
        "subnets": [{"name": "nodes", "properties": {"addressPrefix": prefix}}],
    }
    settled(arm, path, {"location": region, "properties": properties}, "2024-05-01")
    return f"{path}/subnets/nodes"


def interface(arm: Arm, home: str, subnet: str, name: str = "nic") -> str:
    """A network interface; its id."""
    path = f"{home}/providers/Microsoft.Network/networkInterfaces/{name}"
    configuration = {
        "name": "one",
        "properties": {"subnet": {"id": subnet}, "privateIPAllocationMethod": "Dynamic"},
    }
    settled(
        arm, path, {"location": REGION, "properties": {"ipConfigurations": [configuration]}}, "2024-05-01"
    )
    return path


def changed(document: Mapping[str, Any], path: str, value: object) -> dict[str, Any]:
    """A copy of a document with another value at a dotted path; None takes the property away."""
    name, _, rest = path.partition(".")
    found = dict(document)
    if rest:
        found[name] = changed(found.get(name) or {}, rest, value)
    elif value is None:
        found.pop(name, None)
    else:
        found[name] = value
    return found


def machine(nic: str, **properties: Any) -> dict[str, Any]:
    """A virtual machine with Ubuntu."""
    return {
        "location": REGION,
        "properties": {
            "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
            "storageProfile": {
                "imageReference": {
                    "publisher": "Canonical",
                    "offer": "0001-com-ubuntu-server-jammy",
                    "sku": "22_04-lts-gen2",
                    "version": "latest",
                },
                "osDisk": {"createOption": "FromImage", "managedDisk": {"storageAccountType": "Premium_LRS"}},
                "dataDisks": [{"lun": 0, "createOption": "Empty", "diskSizeGB": 64}],
            },
            "osProfile": {
                "computerName": "box",
                "adminUsername": "azureuser",
                "linuxConfiguration": {
                    "disablePasswordAuthentication": True,
                    "ssh": {"publicKeys": [{"path": "/home/azureuser/.ssh/authorized_keys", "keyData": KEY}]},
                },
            },
            "networkProfile": {"networkInterfaces": [{"id": nic}]},
            **properties,
        },
    }
