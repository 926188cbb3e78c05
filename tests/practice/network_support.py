"""What the tests of networks share: bodies as clients send them, and a group of one's own for each test."""

from __future__ import annotations

from typing import Any

from tests.practice.arm_support import RESEARCH, Arm

VERSION = "2024-05-01"
DNS = "2024-06-01"
HOME = "/providers/Microsoft.Network"
STORE = f"{RESEARCH}/resourceGroups/rg-vision/providers/Microsoft.Storage/storageAccounts/vision6900115126"


class Lab:
    """A resource group for one test, and short ways to write what is in it."""

    def __init__(self, arm: Arm, name: str) -> None:
        self.arm = arm
        self.path = f"{RESEARCH}/resourceGroups/{name}"
        made = arm.put(self.path, {"location": "westeurope"}, "2024-11-01")
        assert made.status_code == 201, made.text

    def id(self, kind: str) -> str:
        return f"{self.path}{HOME}/{kind}"

    def put(self, kind: str, properties: Any = None, version: str = VERSION, **rest: Any) -> Any:
        child = kind.count("/") > 1
        body: dict[str, Any] = {} if child else {"location": "westeurope"}
        body |= {"properties": properties or {}} | rest
        return self.arm.put(self.id(kind), body, version)

    def made(self, kind: str, properties: Any = None, version: str = VERSION, **rest: Any) -> dict[str, Any]:
        answer = self.put(kind, properties, version, **rest)
        assert answer.status_code in (200, 201, 202), answer.text
        return self.get(kind, version)

    def get(self, kind: str, version: str = VERSION) -> dict[str, Any]:
        answer = self.arm.get(self.id(kind), version)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def delete(self, kind: str, version: str = VERSION) -> Any:
        return self.arm.ask("DELETE", self.id(kind), version=version)

    def network(self, name: str, space: str = "10.0.0.0/16", **subnets: str) -> dict[str, Any]:
        inner = [{"name": one, "properties": {"addressPrefix": prefix}} for one, prefix in subnets.items()]
        return self.made(
            f"virtualNetworks/{name}",
            {"addressSpace": {"addressPrefixes": [space]}, "subnets": inner},
        )

    def address(self, name: str, sku: str = "Standard") -> dict[str, Any]:
        way = "Static" if sku == "Standard" else "Dynamic"
        return self.made(f"publicIPAddresses/{name}", {"publicIPAllocationMethod": way}, sku={"name": sku})

    def card(self, name: str, subnet: str, **more: Any) -> Any:
        return self.put(
            f"networkInterfaces/{name}", {"ipConfigurations": [configuration(self.id(subnet), **more)]}
        )


def configuration(subnet: str, name: str = "one", public: str = "", **properties: Any) -> dict[str, Any]:
    inner: dict[str, Any] = {"subnet": {"id": subnet}} | properties
    if public:
        inner["publicIPAddress"] = {"id": public}
    return {"name": name, "properties": inner}


def rule(priority: int = 100, direction: str = "Inbound", **more: Any) -> dict[str, Any]:
    return {
        "priority": priority,
        "direction": direction,
        "access": "Allow",
        "protocol": "Tcp",
        "sourceAddressPrefix": "*",
        "destinationAddressPrefix": "*",
        "sourcePortRange": "*",
        "destinationPortRange": "443",
    } | more


def error(answer: Any) -> tuple[int, str, str]:
    """Status, code and message of a refusal; Microsoft.Network gives `details` with each."""
    inner = answer.json()["error"]
    assert "details" in inner, inner
    return answer.status_code, inner["code"], inner["message"]
