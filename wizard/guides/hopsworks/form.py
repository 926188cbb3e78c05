"""What the answers mean for Hopsworks' cluster form: machines, network, users. Pure, for steps, sheet and files alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wizard.answers import Answers
from wizard.guides.hopsworks.storage_plan import wants_registry
from wizard.guides.hopsworks.where import group_id, is_limited, is_managed, subscription_id

AUTOMATIC, NEW, EXISTING = "automatic", "new", "existing"
NAT_GATEWAY, DEFAULT_OUTBOUND, FIREWALL, AS_IT_IS = "natGateway", "defaultOutbound", "firewall", "existing"
MANAGED_USERS = "managed"
SHEBANG = "#!/usr/bin/env bash"
WITHOUT_REGISTRY = "3.0.0"
"""Later versions refuse to be made without a container registry."""


def allowed(answers: Answers, switch: str) -> bool:
    """Whether a switch of the second document is on; where that is not followed, Hopsworks may do everything."""
    return not is_limited(answers) or answers.get(switch) is not False


def truth(answers: Answers, key: str, *, otherwise: bool = False) -> bool:
    """Return a yes or no; `otherwise` when it is not answered."""
    value = answers.get(key)
    return value if isinstance(value, bool) else otherwise


def own_vnet(answers: Answers) -> bool:
    """Whether the cluster goes into a network that is named here, as opposed to one that Hopsworks makes."""
    return answers.text("vnet_mode") in {NEW, EXISTING}


def own_nsg(answers: Answers) -> bool:
    """Whether the cluster gets a security group that is named here."""
    return answers.text("nsg_mode") in {NEW, EXISTING}


def network_group(answers: Answers) -> str:
    """The ARM id of the group that holds the network: the cluster's, unless another one is named."""
    subscription, group = subscription_id(answers), answers.text("vnet_resource_group")
    if not group or group.lower() == answers.text("resource_group").lower():
        return group_id(answers)
    return f"{subscription}/resourceGroups/{group}" if subscription else ""


def network_id(answers: Answers) -> str:
    """The ARM id of the virtual network; empty until it is named."""
    return _below(answers, "virtualNetworks", "vnet_name")


def subnet_id(answers: Answers) -> str:
    """The ARM id of the subnet; empty until it is named."""
    network, name = network_id(answers), answers.text("subnet_name")
    return f"{network}/subnets/{name}" if network and name else ""


def nsg_id(answers: Answers) -> str:
    """The ARM id of the security group; empty until it is named."""
    return _below(answers, "networkSecurityGroups", "nsg_name")


def _below(answers: Answers, kind: str, key: str) -> str:
    group, name = network_group(answers), answers.text(key)
    return f"{group}/providers/Microsoft.Network/{kind}/{name}" if group and name else ""


def issues_certificate(answers: Answers) -> bool:
    """Whether Let's Encrypt is to issue the certificate: port 80 has to be reachable from anywhere."""
    return truth(answers, "lets_encrypt", otherwise=True)


def public_head(answers: Answers) -> bool:
    """Whether the head node gets a public address."""
    return truth(answers, "attach_public_ip", otherwise=True)


def users_managed(answers: Answers) -> bool:
    """Whether Hopsworks keeps the users."""
    return answers.text("user_mgmt") == MANAGED_USERS


def retention(answers: Answers) -> int:
    """Days that backups are kept; 0 without backups."""
    return answers.number("backup_retention")


def ports_by_hopsworks(answers: Answers) -> bool:
    """Whether Hopsworks itself may open and close ports."""
    return allowed(answers, "ports_from_ui")


def version(answers: Answers) -> str:
    """The version of Hopsworks for the files.

    Without a container registry that is the newest one which needs none; else what is answered, or the newest that
    the provider's documentation names.
    """
    newest = "3.8.0" if registry(answers) else WITHOUT_REGISTRY
    return (answers.text("hops_version") if is_managed(answers) else "") or newest


def registry(answers: Answers) -> str:
    """The container registry; empty where the cluster has none."""
    return answers.text("acr_name") if wants_registry(answers) else ""


@dataclass(frozen=True, slots=True)
class Nodes:
    """Machines of one kind. `key` is the question that their size is answered at."""

    role: str
    key: str
    size: str
    disk: int
    count: int = 1


def head(answers: Answers) -> Nodes:
    """Return the head node."""
    return Nodes("head", "head_type", answers.text("head_type"), answers.number("head_disk", 512))


def workers(answers: Answers) -> Nodes:
    """Return the workers: those that are always there, or as many as autoscaling may start."""
    count = answers.number("autoscale_max") if autoscales(answers) else answers.number("worker_count")
    return Nodes(
        "worker", "worker_type", answers.text("worker_type"), answers.number("worker_disk", 512), count
    )


def autoscales(answers: Answers) -> bool:
    """Whether Hopsworks starts and stops workers by load."""
    return truth(answers, "autoscale")


def rondb_nodes(answers: Answers) -> tuple[Nodes, ...]:
    """Return the machines of RonDB: one for all, or those of a cluster."""
    if answers.text("rondb") != "cluster":
        size, disk = answers.text("rondb_type"), answers.number("rondb_disk", 512)
        return (Nodes("single", "rondb_type", size, disk),)
    kinds = (("management", 30, 1), ("data", 512, 2), ("mysql", 128, 1), ("api", 30, 0))
    return tuple(
        Nodes(
            role,
            f"rondb_{role}_type",
            answers.text(f"rondb_{role}_type"),
            answers.number(f"rondb_{role}_disk", disk),
            answers.number(f"rondb_{role}_count", count),
        )
        for role, disk, count in kinds
    )


def machines(answers: Answers) -> tuple[Nodes, ...]:
    """Return all machines that the cluster may have at once."""
    return (head(answers), workers(answers), *rondb_nodes(answers))


def addresses(answers: Answers) -> int:
    """Return how many addresses of the subnet the machines take."""
    return sum(nodes.count for nodes in machines(answers))


def tags(answers: Answers) -> Mapping[str, str]:
    """Return the tags, of lines NAME=VALUE."""
    pairs = (text.partition("=") for text in answers.text("tags").splitlines() if text.strip())
    return {name.strip(): value.strip() for name, sign, value in pairs if sign and name.strip()}


def static_addresses(answers: Answers) -> tuple[str, ...]:
    """Return the fixed addresses of Hopsworks that the form shows, without blanks."""
    return tuple(text for text in answers.text("static_ips").replace(",", " ").split() if text)


def standby(answers: Answers) -> float:
    """Return the share of workers kept ready: 0.5 means half a worker's worth for each that runs."""
    try:
        return float(answers.text("autoscale_standby") or 0.5)
    except ValueError:
        return 0.5
