"""Which rules and which connections a cluster's network needs by the answers, as the facts of both documents say."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv4Network

from wizard.answers import Answers, Value
from wizard.checks import networks, security_groups
from wizard.guides.hopsworks.form import (
    EXISTING,
    FIREWALL,
    NEW,
    addresses,
    issues_certificate,
    network_group,
    network_id,
    nsg_id,
    own_nsg,
    own_vnet,
    ports_by_hopsworks,
    public_head,
    registry,
    static_addresses,
    truth,
    users_managed,
)
from wizard.guides.hopsworks.where import group_id, location
from wizard.network.addresses import readable
from wizard.network.deciding import Place
from wizard.network.rules import ANY, IN, OUT, Need, Rule

INTERNET, VNET = "Internet", "VirtualNetwork"
API_NAMES = (
    "api.hopsworks.ai",
    "cognito-idp.us-east-2.amazonaws.com",
    "managedhopsworks-prod.auth.us-east-2.amazoncognito.com",
)
"""Names that the cluster calls; the last two only for managed users (least privilege, step 2)."""

# Service ports of hopsworks-cluster.md section 2, with the priority of their rule.
SERVICES: tuple[tuple[str, str, tuple[str, ...], int], ...] = (
    ("open_ssh", "Ssh", ("22",), 120),
    ("open_feature_store", "FeatureStore", ("8020", "30010", "9083", "9085"), 130),
    ("open_online_feature_store", "OnlineFeatureStore", ("3306",), 140),
    ("open_kafka", "Kafka", ("9092",), 150),
    ("open_arrowflight", "ArrowFlight", ("5005",), 160),
    ("open_opensearch", "OpenSearch", ("9200",), 170),
)
RISKY = frozenset({"22", "3306", "9092"})
BY_HOPSWORKS = frozenset({"open_ssh", "open_feature_store", "open_online_feature_store", "open_kafka"})
"""The services that Hopsworks' own Services tab can open."""


def sources(text: str) -> tuple[str, ...]:
    """Return the sources of a rule out of a list with commas or blanks."""
    return tuple(part for part in text.replace(",", " ").split() if part) or (INTERNET,)


def wrong_sources(value: Value) -> str:
    """Shape of a source: ``Internet``, or IPv4 ranges with commas between."""
    parts = sources(str(value))
    if len(parts) == 1 and parts[0].lower() in {"internet", "virtualnetwork"}:
        return ""
    if ANY in parts or "any" in {part.lower() for part in parts}:
        return "“*” would let in the network's own tags too: write Internet."
    return next((wrong for part in parts if (wrong := _wrong_address(part))), "")


def _wrong_address(text: str) -> str:
    try:
        loose = IPv4Network(text, strict=False)
    except ValueError:
        return f"“{text}” is neither an address, a range such as 203.0.113.0/24, nor Internet."
    if "/" in text and str(loose.network_address) != text.partition("/")[0]:
        return f"Host bits set: did you mean {loose}?"
    return ""


def wrong_static(value: Value) -> str:
    """Shape of Hopsworks' static addresses: public IPv4 addresses."""
    for text in str(value).replace(",", " ").split():
        try:
            address = IPv4Address(text.removesuffix("/32"))
        except AddressValueError:
            return f"“{text}” is not an IPv4 address."
        if address.is_private:
            return f"{address} is not a public address; Hopsworks shows two public ones."
    return ""


def base_rules(answers: Answers) -> tuple[Rule, ...]:
    """Return the rules for certificate and user interface, and outbound ones where those are restricted."""
    rules: list[Rule] = []
    if issues_certificate(answers):
        rules.append(Rule("AllowHttpLetsEncrypt", IN, 100, "Allow", "Tcp", (INTERNET,), ports=("80",)))
    if truth(answers, "open_ui", otherwise=True):
        ranges = sources(answers.text("inbound_source"))
        rules.append(Rule("AllowHttpsUi", IN, 110, "Allow", "Tcp", ranges, ports=("443",)))
    return (*rules, *_outbound_rules(answers))


def wanted_rules(answers: Answers) -> tuple[Rule, ...]:
    """Return the rules of step L2 with what an existing group may lack: that the machines reach each other.

    In a new group Azure's own default rule lets them.
    """
    base = base_rules(answers)
    if answers.text("nsg_mode") != EXISTING:
        return base
    nodes = Rule("AllowClusterNodes", IN, 180, "Allow", ANY, (VNET,), destinations=(VNET,))
    return (*base, nodes)


def restricts(answers: Answers) -> bool:
    """Whether the security group itself keeps the machines from calling out; a firewall does that better."""
    return truth(answers, "restrict_outbound") and answers.text("outbound") != FIREWALL


def _outbound_rules(answers: Answers) -> tuple[Rule, ...]:
    if not restricts(answers) or not static_addresses(answers):
        return ()
    region, web = location(answers), ("443",)
    kept = [
        _out("AllowHopsworks", 200, static_addresses(answers), web),
        _out("AllowStorage", 210, (f"Storage.{region}",), web),
        _out("AllowEntra", 220, ("AzureActiveDirectory",), web),
        _out("AllowAzureResourceManager", 230, ("AzureResourceManager",), web),
    ]
    if registry(answers):
        kept.append(_out("AllowRegistry", 240, (f"AzureContainerRegistry.{region}",), web))
    kept.append(_out("AllowTime", 250, (INTERNET,), ("123",), "Udp"))
    kept.append(Rule("DenyInternet", OUT, 4096, "Deny", ANY, destinations=(INTERNET,)))
    return tuple(kept)


def _out(
    name: str, priority: int, to: tuple[str, ...], ports: tuple[str, ...], protocol: str = "Tcp"
) -> Rule:
    return Rule(name, OUT, priority, "Allow", protocol, (VNET,), destinations=to, ports=ports)


def opened_here(answers: Answers) -> tuple[str, ...]:
    """Return the keys of the services that are wanted and that Hopsworks does not open itself."""
    if not own_nsg(answers):
        return ()
    by_us = (key for key, *_ in SERVICES if not (ports_by_hopsworks(answers) and key in BY_HOPSWORKS))
    return tuple(key for key in by_us if truth(answers, key))


def service_rules(answers: Answers) -> tuple[Rule, ...]:
    """Return the rules of step 5; none until it is said who may connect."""
    wanted, who = opened_here(answers), answers.text("client_cidr")
    if not who:
        return ()
    return tuple(
        Rule(f"Allow{name}", IN, priority, "Allow", "Tcp", sources(who), ports=ports)
        for key, name, ports, priority in SERVICES
        if key in wanted
    )


def all_names() -> frozenset[str]:
    """Return every name that our rules ever bear: a group with these alone is ours."""
    fixed = ("AllowHttpLetsEncrypt", "AllowHttpsUi", "AllowHopsworks", "AllowStorage", "AllowEntra")
    more = ("AllowAzureResourceManager", "AllowRegistry", "AllowTime", "AllowClusterNodes", "DenyInternet")
    return frozenset((*fixed, *more, *(f"Allow{name}" for _, name, _, _ in SERVICES)))


def needs(answers: Answers) -> tuple[Need, ...]:
    """Return the connections that have to pass, each with its reason."""
    found: list[Need] = []
    if issues_certificate(answers) and public_head(answers):
        found.append(
            Need(80, INTERNET, why="Let's Encrypt proves the name from addresses nobody knows before.")
        )
    if truth(answers, "open_ui", otherwise=True):
        why = "Managed users need it." if users_managed(answers) else "The user interface and the REST API."
        found.extend(Need(443, source, why=why) for source in sources(answers.text("inbound_source")))
    found.append(Need(8020, VNET, why="The cluster's machines have to reach each other."))
    if restricts(answers):
        found.extend(Need(443, to, OUT, why="Hopsworks' fixed address.") for to in static_addresses(answers))
        found.append(Need(443, f"Storage.{location(answers)}", OUT, why="The cluster's files."))
    else:
        found.append(Need(443, INTERNET, OUT, why="Workers call api.hopsworks.ai."))
    return tuple(found)


def place(answers: Answers) -> Place:
    """Return where the machines stand, as far as answers and facts know it."""
    if answers.text("vnet_mode") == NEW:
        return Place(readable([answers.text("vnet_cidr")]), readable([answers.text("subnet_cidr")]))
    reach = readable(str(answers.get("vnet_reach", "")).split())
    held = readable(str(answers.get("subnet_ranges", "")).split())
    return Place(reach, held or readable([answers.text("subnet_cidr")]))


def network_setting(answers: Answers) -> networks.Setting:
    """Return what the answers say about the network, for its checks and drawing."""
    return networks.Setting(
        makes=answers.text("vnet_mode") == NEW,
        named=own_vnet(answers),
        network_id=network_id(answers),
        group_id=network_group(answers),
        group=network_group(answers).rsplit("/", 1)[-1],
        location=location(answers),
        space=answers.text("vnet_cidr"),
        subnet=answers.text("subnet_name"),
        subnet_range=answers.text("subnet_cidr"),
        needs=addresses(answers),
        role_reaches=answers.text("scope_kind") == "subscription"
        or network_group(answers) == group_id(answers),
        docker=truth(answers, "use_aks"),
    )


def group_setting(answers: Answers) -> security_groups.Setting:
    """Return what the answers say about the security group: certificate, user interface, outbound."""
    return _setting(
        answers, wanted_rules(answers), needs(answers), truth(answers, "nsg_add_rules", otherwise=True)
    )


def service_setting(answers: Answers) -> security_groups.Setting:
    """Return the same for the services of step 5."""
    rules = service_rules(answers)
    wanted = tuple(Need(int(port), peer) for rule in rules for port in rule.ports for peer in rule.sources)
    return _setting(answers, rules, wanted, True)  # noqa: FBT003 - the person asked for them one by one


def _setting(
    answers: Answers, rules: tuple[Rule, ...], wanted: tuple[Need, ...], adds: bool
) -> security_groups.Setting:
    return security_groups.Setting(
        makes=answers.text("nsg_mode") == NEW,
        named=own_nsg(answers),
        group_id=nsg_id(answers),
        group=network_group(answers).rsplit("/", 1)[-1],
        location=location(answers),
        rules=rules,
        needs=wanted,
        place=place(answers),
        subnet_group=str(answers.get("subnet_nsg", "")) if answers.text("vnet_mode") != NEW else "",
        adds=adds,
        ours=all_names(),
    )
