"""What steps L1 and L2 add to the plan: security group, public address, NAT gateway, network, or rules in a group."""

from __future__ import annotations

from typing import Any

from wizard.answers import Answers
from wizard.azure.networks import ADDRESS, GROUP, NAT, NETWORK_API, RULE, SUBNET, VNET
from wizard.checks import proving_cluster
from wizard.checks.security_groups import placed
from wizard.guides.hopsworks.form import (
    DEFAULT_OUTBOUND,
    EXISTING,
    FIREWALL,
    NAT_GATEWAY,
    NEW,
    network_group,
    network_id,
    nsg_id,
    own_nsg,
    own_vnet,
    truth,
    users_managed,
)
from wizard.guides.hopsworks.network_rules import (
    API_NAMES,
    base_rules,
    needs,
    place,
    service_rules,
    wanted_rules,
)
from wizard.guides.hopsworks.where import classic_or_managed, location
from wizard.network.rules import Rule
from wizard.plan import Kept, Manual, Output, Proof, Ref, Resource, Share

_KEYS = {"AllowHttpLetsEncrypt": "rule_lets_encrypt", "AllowHttpsUi": "rule_ui"}


def share(answers: Answers) -> Share:
    """Return what the network's steps add to the plan; nothing where Hopsworks makes the network."""
    if not classic_or_managed(answers) or not network_group(answers):
        return Share()
    resources: list[Resource] = []
    kept: list[Kept] = []
    if own_nsg(answers) and answers.text("nsg_name"):
        _group(answers, resources, kept)
    if own_vnet(answers) and answers.text("vnet_name"):
        _network(answers, resources, kept)
    return Share(
        resources=tuple(resources),
        kept=tuple(kept),
        manual=_manual(answers),
        outputs=_outputs(answers),
        proofs=_proofs(answers),
        providers=("Microsoft.Network",) if resources else (),
    )


# Security group


def _group(answers: Answers, resources: list[Resource], kept: list[Kept]) -> None:
    name, rules = answers.text("nsg_name"), (*base_rules(answers), *service_rules(answers))
    if makes_group(answers):
        words = "1 rule" if len(rules) == 1 else f"{len(rules)} rules"
        body = {"location": location(answers), "properties": {"securityRules": [rule.body for rule in rules]}}
        resources.append(_resource(answers, "nsg", GROUP, name, body=body, step="L2", detail=words))
        return
    existing = answers.text("nsg_mode") == EXISTING
    added = placed(wanted_rules(answers), str(answers.get("nsg_rules", ""))) if existing else ()
    resources.extend(rule_resource(answers, rule, "L2") for rule in added)
    how = "rules are added" if added else "as it is"
    kept.append(Kept(f"security group {name}", nsg_id(answers), how, step="L2"))


def makes_group(answers: Answers) -> bool:
    """Whether the security group is written as a whole: new, or ours from an earlier time."""
    return answers.text("nsg_mode") == NEW and not truth(answers, "nsg_kept")


def rule_resource(answers: Answers, rule: Rule, step: str) -> Resource:
    """Return one rule as a resource of its own, in a security group that is there."""
    name = f"{answers.text('nsg_name')}/{rule.name}"
    key = _KEYS.get(rule.name, f"rule_{rule.name.removeprefix('Allow').lower()}")
    ports = ", ".join(rule.ports)
    detail = f"{rule.does} {ports}, priority {rule.priority}"
    body = {"properties": rule.properties}
    return _resource(
        answers, key, RULE, name, body=body, step=step, detail=detail, label=rule.name, updates=True
    )


def _resource(
    answers: Answers,
    key: str,
    kind: str,
    name: str,
    *,
    body: dict[str, Any],
    step: str = "L1",
    detail: str = "",
    label: str = "",
    actions: tuple[str, ...] = (),
    updates: bool = False,
) -> Resource:
    return Resource(
        key=key,
        type=kind,
        api_version=NETWORK_API,
        name=name,
        deploy_at=network_group(answers),
        label=label or name,
        body=body,
        detail=detail,
        step=step,
        actions=actions,
        updates=updates,
    )


# Network


def _network(answers: Answers, resources: list[Resource], kept: list[Kept]) -> None:
    name, new = answers.text("vnet_name"), answers.text("vnet_mode") == NEW
    if not new or truth(answers, "vnet_kept"):
        kept.append(Kept(f"virtual network {name}", network_id(answers), "as it is", step="L1"))
        if new or answers.get("subnet_exists") is not False or not answers.text("subnet_cidr"):
            return
    if answers.text("outbound") == NAT_GATEWAY:
        resources.extend(_nat(answers))
    subnet = {"name": answers.text("subnet_name"), "properties": _subnet(answers)}
    if new:
        space = {"addressPrefixes": [answers.text("vnet_cidr")]}
        body = {"location": location(answers), "properties": {"addressSpace": space, "subnets": [subnet]}}
        detail = (
            f"{answers.text('vnet_cidr')}, subnet {answers.text('subnet_name')} {answers.text('subnet_cidr')}"
        )
        resources.append(
            _resource(answers, "vnet", VNET, name, body=body, detail=detail, actions=_joins(answers))
        )
        return
    path, body = f"{name}/{answers.text('subnet_name')}", {"properties": _subnet(answers)}
    detail = answers.text("subnet_cidr")
    resources.append(
        _resource(answers, "subnet", SUBNET, path, body=body, detail=detail, actions=_joins(answers))
    )


def _joins(answers: Answers) -> tuple[str, ...]:
    """The rights to attach things to a subnet; a network may not name what its writer may not join."""
    group = (f"{GROUP}/join/action",) if own_nsg(answers) else ()
    return (*group, f"{NAT}/join/action") if answers.text("outbound") == NAT_GATEWAY else group


def _subnet(answers: Answers) -> dict[str, Any]:
    held: dict[str, Any] = {
        "addressPrefix": answers.text("subnet_cidr"),
        "defaultOutboundAccess": answers.text("outbound") == DEFAULT_OUTBOUND,
        "serviceEndpoints": [{"service": "Microsoft.Storage"}],
    }
    if own_nsg(answers) and answers.text("nsg_name"):
        held["networkSecurityGroup"] = {"id": Ref("nsg", "id") if makes_group(answers) else nsg_id(answers)}
    if answers.text("outbound") == NAT_GATEWAY:
        held["natGateway"] = {"id": Ref("nat", "id")}
    return held


def _nat(answers: Answers) -> tuple[Resource, Resource]:
    standard, name = {"name": "Standard"}, answers.text("vnet_name")
    address = {
        "location": location(answers),
        "sku": standard,
        "properties": {"publicIPAllocationMethod": "Static", "publicIPAddressVersion": "IPv4"},
    }
    gateway = {
        "location": location(answers),
        "sku": standard,
        "properties": {"idleTimeoutInMinutes": 4, "publicIpAddresses": [{"id": Ref("nat_ip", "id")}]},
    }
    join = (f"{ADDRESS}/join/action",)
    told = "the address that others see the machines by"
    return (
        _resource(answers, "nat_ip", ADDRESS, f"{name[:70]}-nat-ip", body=address, detail=told),
        _resource(answers, "nat", NAT, f"{name[:70]}-nat", body=gateway, detail="the way out", actions=join),
    )


# What else


def _manual(answers: Answers) -> tuple[Manual, ...]:
    if not own_vnet(answers) or answers.text("outbound") != FIREWALL:
        return ()
    names = API_NAMES if users_managed(answers) else API_NAMES[:1]
    text = (
        "Attach a route table to the subnet that sends 0.0.0.0/0 to the firewall's private address, and let these "
        f"names pass at port 443: {', '.join(names)}; besides them Storage, Microsoft Entra ID, Azure Resource "
        "Manager and the container registry."
    )
    command = (
        "az network route-table route create --resource-group GROUP --route-table-name TABLE --name to-firewall "
        "--address-prefix 0.0.0.0/0 --next-hop-type VirtualAppliance --next-hop-ip-address FIREWALL_ADDRESS"
    )
    return (Manual("firewall", "Lead the subnet through the firewall", text, command, step="L1"),)


def _outputs(answers: Answers) -> tuple[Output, ...]:
    found = []
    if own_vnet(answers) and answers.text("vnet_name"):
        found.append(Output("HOPSWORKS_VNET", answers.text("vnet_name")))
        found.append(Output("HOPSWORKS_SUBNET", answers.text("subnet_name")))
    if own_nsg(answers) and answers.text("nsg_name"):
        found.append(Output("HOPSWORKS_NSG", answers.text("nsg_name")))
    return tuple(found)


def _proofs(answers: Answers) -> tuple[Proof, ...]:
    found = []
    if own_vnet(answers) and answers.text("vnet_name"):
        there = {
            "network": network_id(answers),
            "subnet": answers.text("subnet_name"),
            "location": location(answers),
        }
        found.append(Proof("network", "the network stands", proving_cluster.network_stands, there))
        way = there | {"way": answers.text("outbound")}
        found.append(Proof("outbound", "machines have a way out", proving_cluster.machines_reach_out, way))
    if own_nsg(answers) and answers.text("nsg_name"):
        wanted = needs(answers)
        where = place(answers)
        facts = {
            "group": nsg_id(answers),
            "location": location(answers),
            "needs": " ".join(f"{need.direction}:{need.protocol}:{need.port}:{need.peer}" for need in wanted),
            "network": " ".join(map(str, where.network)),
            "subnet": " ".join(map(str, where.subnet)),
        }
        found.append(
            Proof("rules", "the rules let pass what is needed", proving_cluster.rules_let_pass, facts)
        )
    return tuple(found)
