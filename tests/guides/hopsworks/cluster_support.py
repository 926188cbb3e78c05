"""The whole guide over practice Azure with real HTTPS, and networks that stand before the wizard comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.answers import Answers, Value
from wizard.azure.networks import GROUP, NETWORK_API, VNET
from wizard.azure.session import Azure
from wizard.guide import Finding, Findings, Severity
from wizard.guides.hopsworks import GUIDE
from wizard.machine import Machine
from wizard.plan import Plan, Resource
from wizard.walkthrough import Walkthrough

RESEARCH = "142c8364-7806-4577-93e7-83e7eb04b39b"
SUBSCRIPTION = f"/subscriptions/{RESEARCH}"
GROUP_ID = f"{SUBSCRIPTION}/resourceGroups/hopsworks"
BASE: Mapping[str, Value] = {
    "subscription": RESEARCH,
    "resource_group": "hopsworks",
    "location": "westeurope",
}
NEW: Mapping[str, Value] = {**BASE, "vnet_mode": "new", "nsg_mode": "new"}


def walk(azure: Azure, facts: Mapping[str, Value] | None = None, **answers: Value) -> Walkthrough:
    """A walkthrough of the guide with these answers beside the usual ones."""
    return Walkthrough(GUIDE, given={**BASE, **answers}, facts=facts, machine=Machine(), azure=azure)


def answers_of(facts: Mapping[str, Value] | None = None, **answers: Value) -> Answers:
    """Answers as the walkthrough would hold them, without any Azure."""
    return Walkthrough(GUIDE, given={**BASE, **answers}, facts=facts, machine=Machine()).answers


def plan_of(facts: Mapping[str, Value] | None = None, **answers: Value) -> Plan:
    """The plan of these answers."""
    return GUIDE.plan(answers_of(facts, **answers))


def resource(plan: Plan, key: str) -> Resource:
    """One resource of a plan."""
    return next(one for one in plan.resources if one.key == key)


def keys(plan: Plan) -> list[str]:
    """The keys of a plan's network resources, in order."""
    return [one.key for one in plan.resources if one.type.startswith("Microsoft.Network/")]


def wrong(key: str, value: Value) -> str:
    """What the form says at once about a value."""
    _, findings = GUIDE.question(key).parse(value)
    return " ".join(one.sentence for one in findings if one.blocks)


def said(findings: Findings, severity: Severity) -> str:
    """All sentences of one severity."""
    return " ".join(one.sentence for one in findings if one.severity is severity)


def errors(findings: Findings) -> list[Finding]:
    """The findings that block."""
    return [one for one in findings if one.blocks]


async def make(azure: Azure, kind: str, name: str, properties: Any, *, location: str = "westeurope") -> str:
    """Make a network resource in the group that stands before the wizard comes."""
    body = {"location": location, "properties": properties}
    identity = f"{GROUP_ID}/providers/{kind}/{name}"
    await azure.arm.write(identity, NETWORK_API, body)
    return identity


async def make_network(
    azure: Azure, name: str, space: str, location: str = "westeurope", **subnets: Any
) -> str:
    """Make a virtual network; a subnet is its range, or its properties."""
    inner = [
        {"name": one, "properties": {"addressPrefix": held} if isinstance(held, str) else held}
        for one, held in subnets.items()
    ]
    properties = {"addressSpace": {"addressPrefixes": [space]}, "subnets": inner}
    return await make(azure, VNET, name, properties, location=location)


async def make_group(azure: Azure, name: str, *rules: Any, location: str = "westeurope") -> str:
    """Make a security group with these rules."""
    properties = {"securityRules": [one.body for one in rules]}
    return await make(azure, GROUP, name, properties, location=location)
