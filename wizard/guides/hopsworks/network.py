"""Second document, steps 1 and 2: the virtual network with its way out, and the network security group."""

from __future__ import annotations

from wizard.answers import Answers, Value
from wizard.checks import network_groups, networks, security_groups
from wizard.guide import Asking, Choice, Finding, Findings, Kind, Question, Severity, Step
from wizard.guides.hopsworks.form import (
    AS_IT_IS,
    AUTOMATIC,
    DEFAULT_OUTBOUND,
    EXISTING,
    FIREWALL,
    NAT_GATEWAY,
    NEW,
    allowed,
    own_nsg,
    own_vnet,
    public_head,
    static_addresses,
    truth,
    users_managed,
)
from wizard.guides.hopsworks.network_plan import share
from wizard.guides.hopsworks.network_rules import (
    group_setting,
    network_setting,
    restricts,
    wrong_sources,
    wrong_static,
)
from wizard.guides.hopsworks.where import classic_or_managed, is_limited
from wizard.network.addresses import (
    readable,
    wrong_name,
    wrong_subnet_range,
    wrong_vnet_name,
    wrong_vnet_range,
)
from wizard.network.addresses import wrong_subnet_name as wrong_subnet

__all__ = ["STEPS", "share"]

_NAMES = "letters, digits, _ . and -, beginning with a letter or digit"


def _default_mode(answers: Answers) -> Value:
    return NEW if is_limited(answers) and truth(answers, "own_network", otherwise=True) else AUTOMATIC


def _default_group_mode(answers: Answers) -> Value:
    return NEW if own_vnet(answers) else AUTOMATIC


def _makes_network(answers: Answers) -> bool:
    return answers.text("vnet_mode") == NEW


def _makes_subnet(answers: Answers) -> bool:
    there = answers.get("subnet_exists")
    return _makes_network(answers) or (answers.text("vnet_mode") == EXISTING and there is False)


def _default_subnet(answers: Answers) -> Value | None:
    if not _makes_network(answers):
        return str(answers.get("subnet_free", "")) or None
    whole = readable([answers.text("vnet_cidr")])
    if not whole:
        return None
    return str(next(whole[0].subnets(new_prefix=max(24, whole[0].prefixlen))))


def _default_outbound(answers: Answers) -> Value:
    return NAT_GATEWAY if _makes_subnet(answers) else AS_IT_IS


async def _mode_fits(asking: Asking) -> Findings:
    """Without the rights on networks Hopsworks can't make one (switch own_network)."""
    answers = asking.answers
    if answers.text("vnet_mode") != AUTOMATIC or allowed(answers, "own_network") is False:
        return ()
    if is_limited(answers) and truth(answers, "own_network", otherwise=True):
        what = "Hopsworks has no right to make a network: you switched on that you make it yourself."
        mend = "Answer “new” or “existing”, or switch “own network” off in step L0."
        return (Finding(Severity.ERROR, "vnet_mode", what, "", mend),)
    return ()


async def _group_mode_fits(asking: Asking) -> Findings:
    """The same for security groups; and Hopsworks opens no port in one of its own that it may not change."""
    answers, key = asking.answers, "nsg_mode"
    if answers.text(key) != AUTOMATIC:
        return ()
    if is_limited(answers) and truth(answers, "own_network", otherwise=True):
        what = "Hopsworks has no right to make a security group: you switched on that you make it yourself."
        return (Finding(Severity.ERROR, key, what, "", "Answer “new” or “existing”."),)
    if not allowed(answers, "ports_from_ui"):
        what = "Hopsworks then makes a security group whose ports it may not open."
        mend = "Make it yourself (“new”), or switch “ports from the UI” on in step L0."
        return (Finding(Severity.WARNING, key, what, "", mend),)
    return ()


async def _restriction_fits(asking: Asking) -> Findings:
    """An NSG knows addresses, and Hopsworks' names have none of their own (step 2)."""
    answers, key = asking.answers, "restrict_outbound"
    if not truth(answers, key):
        return ()
    if answers.text("outbound") == FIREWALL:
        what = "The firewall filters by names; the security group lets 443 out to it."
        return (Finding(Severity.OK, key, what),)
    if not static_addresses(answers):
        what = "An NSG cannot allow `api.hopsworks.ai`: choose static IPs or a firewall."
        mend = "Write the two addresses that Hopsworks' form shows under “Use static IPs” below."
        return (Finding(Severity.ERROR, key, what, "It knows addresses, not names.", mend),)
    if users_managed(answers):
        what = "Managed users can't sign in through an NSG alone: Amazon Cognito has no fixed address."
        mend = "Choose a firewall in step L1, or another user management in step 4.7."
        return (Finding(Severity.ERROR, key, what, "", mend),)
    return (Finding(Severity.OK, key, "Only Hopsworks' addresses and Azure's own services may be called."),)


async def _certificate_fits(asking: Asking) -> Findings:
    """Let's Encrypt asks from the Internet, which a private head node never hears (contradiction 9)."""
    if truth(asking.answers, "lets_encrypt", otherwise=True) and not public_head(asking.answers):
        what = "Port 80 from the Internet cannot reach a head node without a public address."
        mend = "Answer no here, and bring a certificate of your own or a VPN."
        return (
            Finding(Severity.WARNING, "lets_encrypt", what, "Let's Encrypt could not prove the name.", mend),
        )
    return ()


async def _two_addresses(asking: Asking) -> Findings:
    count = len(static_addresses(asking.answers))
    if count in {0, 2}:
        return ()
    what = f"{count} address{'es' if count != 1 else ''}; Hopsworks' form shows two."
    return (Finding(Severity.WARNING, "static_ips", what),)


_MODES = (
    Choice(AUTOMATIC, "made by Hopsworks", "Nothing is created here; its role needs the rights on networks."),
    Choice(NEW, "a new one", "Azimuth makes it."),
    Choice(EXISTING, "one that is there", "Picked from a list, and looked at."),
)
_WAYS = (
    Choice(NAT_GATEWAY, "a NAT gateway", "One fixed public address for all machines.", aliases=("NAT",)),
    Choice(DEFAULT_OUTBOUND, "Azure's default outbound access", "Retired for new networks since March 2026."),
    Choice(FIREWALL, "your firewall", "By a route table of yours; it can filter by names."),
    Choice(AS_IT_IS, "as it is", "For a subnet that is there."),
)

NETWORK = Step(
    "L1",
    "Virtual network",
    "Second document, step 1. With a network of your own Hopsworks needs no right to make, change or delete one. "
    "Workers have no public address, so the subnet needs a way out to api.hopsworks.ai.",
    (
        Question(
            "vnet_mode",
            "Virtual network",
            Kind.CHOICE,
            rule="Made by Hopsworks, new, or one that is there.",
            default=_default_mode,
            choices=_MODES,
            checks=(_mode_fits,),
        ),
        Question(
            "vnet_resource_group",
            "In group",
            Kind.PICK,
            rule="The cluster's group, as in the document, or another one of the subscription.",
            default=lambda answers: answers.text("resource_group") or None,
            offers=network_groups.offer_groups,
            checks=(network_groups.network_group(network_setting),),
            wanted=own_vnet,
            columns=("Region",),
            takes_own=True,
        ),
        Question(
            "vnet_name",
            "Name of the network",
            Kind.PICK,
            rule=f"2 to 64 {_NAMES}.",
            default=lambda answers: "hopsworks-vnet" if _makes_network(answers) else None,
            offers=networks.offer_networks(network_setting),
            shape=(wrong_vnet_name,),
            checks=(networks.network(network_setting),),
            wanted=own_vnet,
            columns=("Region", "Ranges", "Subnets"),
            takes_own=True,
        ),
        Question(
            "vnet_cidr",
            "Its addresses",
            rule="A private IPv4 range between /8 and /29.",
            default="10.0.0.0/16",
            shape=(wrong_vnet_range,),
            checks=(networks.space(network_setting),),
            wanted=_makes_network,
            placeholder="10.0.0.0/16",
        ),
        Question(
            "subnet_name",
            "Subnet",
            Kind.PICK,
            rule=f"1 to 80 {_NAMES}; a name that is not there makes a new subnet.",
            default="default",
            offers=networks.offer_subnets(network_setting),
            shape=(wrong_subnet,),
            checks=(networks.subnet(network_setting),),
            wanted=own_vnet,
            columns=("Range", "Free"),
            takes_own=True,
        ),
        Question(
            "subnet_cidr",
            "Addresses of the subnet",
            rule="Within the network, free, with an address for each machine and five for Azure.",
            default=_default_subnet,
            shape=(wrong_subnet_range,),
            checks=(networks.subnet_range(network_setting),),
            wanted=_makes_subnet,
            placeholder="10.0.0.0/24",
        ),
        Question(
            "outbound",
            "Way out",
            Kind.CHOICE,
            rule="Machines call api.hopsworks.ai at port 443.",
            default=_default_outbound,
            choices=_WAYS,
            checks=(networks.outbound(network_setting, lambda answers: answers.text("outbound")),),
            wanted=own_vnet,
        ),
    ),
    makes="virtual network, subnet and NAT gateway, where new ones are wanted",
    more="From API version 2025-07-01 on, subnets of new networks are private unless said otherwise: then workers "
    "reach nothing. Azimuth always writes which it shall be.",
    wanted=classic_or_managed,
    drawing=networks.address_plan(network_setting),
)


def _rules_matter(answers: Answers) -> bool:
    return own_nsg(answers)


GROUP = Step(
    "L2",
    "Network security group",
    "Second document, step 2: who may connect to the cluster. Port 80 is for Let's Encrypt, 443 for people and "
    "programs. Machines of the network reach each other by Azure's own default rules.",
    (
        Question(
            "nsg_mode",
            "Security group",
            Kind.CHOICE,
            rule="Made by Hopsworks, new, or one that is there.",
            default=_default_group_mode,
            choices=_MODES,
            checks=(_group_mode_fits,),
        ),
        Question(
            "nsg_name",
            "Its name",
            Kind.PICK,
            rule=f"1 to 80 {_NAMES}.",
            default=lambda answers: "hopsworks-nsg" if answers.text("nsg_mode") == NEW else None,
            offers=security_groups.offer_groups(group_setting),
            shape=(wrong_name,),
            checks=(security_groups.group(group_setting),),
            wanted=_rules_matter,
            columns=("Region", "Lets pass"),
            takes_own=True,
        ),
        Question(
            "nsg_add_rules",
            "Add the rules that lack",
            Kind.SWITCH,
            rule="Yes adds rules to the group that is there; those of others stay as they are.",
            default=True,
            wanted=lambda answers: answers.text("nsg_mode") == EXISTING,
        ),
        Question(
            "lets_encrypt",
            "Certificate by Let's Encrypt",
            Kind.SWITCH,
            rule="Needs port 80 from anywhere, and a public address.",
            default=public_head,
            checks=(_certificate_fits,),
        ),
        Question(
            "open_ui",
            "Open the user interface (443)",
            Kind.SWITCH,
            rule="No leaves it to the network's own machines.",
            default=True,
            wanted=_rules_matter,
        ),
        Question(
            "inbound_source",
            "Who may connect to it",
            rule="Internet, or IPv4 ranges with commas between.",
            default="Internet",
            shape=(wrong_sources,),
            wanted=lambda answers: own_nsg(answers) and truth(answers, "open_ui", otherwise=True),
            placeholder="203.0.113.0/24",
        ),
        Question(
            "restrict_outbound",
            "Restrict what machines may call",
            Kind.SWITCH,
            rule="An NSG can't filter by names: this needs Hopsworks' static IPs, or a firewall.",
            default=False,
            checks=(_restriction_fits,),
            wanted=_rules_matter,
        ),
        Question(
            "static_ips",
            "Static IPs of Hopsworks",
            rule="The two addresses that Hopsworks' form shows when “Use static IPs” is ticked.",
            shape=(wrong_static,),
            checks=(_two_addresses,),
            wanted=lambda answers: own_nsg(answers) and restricts(answers),
            required=False,
            placeholder="203.0.113.10 203.0.113.11",
        ),
    ),
    makes="a network security group with the rules above, where one is wanted",
    more="The document opens port 80 with the portal's defaults: any protocol from any source. Tcp is enough. A rule "
    "that denies everything is never written: Azure's own last rule does that already, behind the one that lets the "
    "machines of the network reach each other.",
    wanted=classic_or_managed,
    drawing=security_groups.rules_picture(group_setting),
)

STEPS: tuple[Step, ...] = (NETWORK, GROUP)
