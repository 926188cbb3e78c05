"""The cluster sheet: every field of Hopsworks' form, page by page in the form's order, with the value to copy."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.answers import Answers
from wizard.guides.hopsworks.form import (
    allowed,
    autoscales,
    head,
    issues_certificate,
    own_nsg,
    own_vnet,
    public_head,
    registry,
    retention,
    rondb_nodes,
    tags,
    truth,
    version,
    workers,
)
from wizard.guides.hopsworks.where import is_managed, location
from wizard.plan import SheetRow

_AUTOMATIC = "Automatic"
_USERS = {"managed": "Managed", "ldap": "LDAP", "oauth2": "OAuth2", "disabled": "Disabled"}
_NODES = {"management": "Management node", "data": "Data nodes", "mysql": "MySQL nodes", "api": "API nodes"}


def rows(answers: Answers) -> tuple[SheetRow, ...]:
    """Return the rows of the form that the road has; fields without a value are left out."""
    pages = (_general, _workers, _key, _network, _users, _rondb, _rest)
    found = (row for page in pages for row in page(answers))
    return tuple(row for row in found if row.value)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _general(answers: Answers) -> Iterator[SheetRow]:
    page, one = "General", head(answers)
    yield SheetRow(page, "Location", location(answers), "newer forms take it from the group")
    yield SheetRow(page, "Cluster name", answers.text("cluster_name"))
    if is_managed(answers):
        yield SheetRow(page, "Version", version(answers))
    yield SheetRow(page, "Resource group", answers.text("resource_group"))
    yield SheetRow(page, "Head instance type", one.size)
    yield SheetRow(page, "Head local storage (GB)", str(one.disk))
    yield SheetRow(page, "Disk encryption set", answers.text("des_id"))
    typed = "" if allowed(answers, "storage_dropdown") else "type it: the list stays empty"
    yield SheetRow(page, "Storage account", answers.text("storage_name"), typed)
    yield SheetRow(page, "Container", answers.text("container_name"), "absent or empty")
    yield SheetRow(page, "Container registry", registry(answers), "can't be changed later")
    if truth(answers, "no_log_collection"):
        yield SheetRow(page, "Opt out of log collection", "yes", "you will not get full support")


def _workers(answers: Answers) -> Iterator[SheetRow]:
    page, one = "Workers", workers(answers)
    if autoscales(answers):
        yield SheetRow(page, "Autoscale", "yes")
        yield SheetRow(page, "Minimum workers", str(answers.number("autoscale_min")))
        yield SheetRow(page, "Maximum workers", str(one.count))
        yield SheetRow(page, "Standby workers", answers.text("autoscale_standby") or "0.5")
        yield SheetRow(page, "Downscale wait time (s)", str(answers.number("autoscale_wait", 300)))
    else:
        yield SheetRow(page, "Number of workers", str(one.count))
    yield SheetRow(page, "Worker instance type", one.size)
    yield SheetRow(page, "Worker local storage (GB)", str(one.disk))
    if truth(answers, "spot"):
        yield SheetRow(page, "Spot: highest price (%)", str(answers.number("spot_max_price", 100)))
        yield SheetRow(
            page, "Spot: fall back on demand", _yes(truth(answers, "spot_fall_back", otherwise=True))
        )


def _key(answers: Answers) -> Iterator[SheetRow]:
    yield SheetRow("SSH key", "SSH key", answers.text("ssh_key_name"))
    yield SheetRow(
        "Managed identity", "User assigned managed identity", answers.text("identity_name"), "its name"
    )
    yield SheetRow("Backups", "Retention (days)", str(retention(answers)), "can't be changed later")


def _network(answers: Answers) -> Iterator[SheetRow]:
    own, group = own_vnet(answers), own_nsg(answers)
    yield SheetRow("Virtual network", "Virtual network", answers.text("vnet_name") if own else _AUTOMATIC)
    yield SheetRow("Subnet", "Subnet", answers.text("subnet_name") if own else _AUTOMATIC)
    page = "Security group"
    yield SheetRow(page, "Security group", answers.text("nsg_name") if group else _AUTOMATIC)
    yield SheetRow(page, "Attach Public IP", _yes(public_head(answers)))
    if is_managed(answers) or truth(answers, "use_static_ips"):
        yield SheetRow(page, "Use static IPs", _yes(truth(answers, "use_static_ips")))
        yield SheetRow(page, "Let's Encrypt certificate", _yes(issues_certificate(answers)))


def _users(answers: Answers) -> Iterator[SheetRow]:
    yield SheetRow("User management", "User management", _USERS.get(answers.text("user_mgmt"), ""))


def _rondb(answers: Answers) -> Iterator[SheetRow]:
    page, nodes = "RonDB", rondb_nodes(answers)
    if len(nodes) == 1:
        yield SheetRow(page, "RonDB", "Single node", "" if is_managed(answers) else "not in the form of 2021")
        yield SheetRow(page, "Instance type", nodes[0].size)
        yield SheetRow(page, "Local storage (GB)", str(nodes[0].disk))
        return
    yield SheetRow(page, "RonDB", "RonDB cluster")
    yield SheetRow(page, "Replication factor", str(answers.number("rondb_replication", 2)))
    for one in nodes:
        yield SheetRow(page, f"{_NODES[one.role]}: number", str(one.count))
        if one.count:
            yield SheetRow(page, f"{_NODES[one.role]}: instance type", one.size)
            yield SheetRow(page, f"{_NODES[one.role]}: storage (GB)", str(one.disk))


def _rest(answers: Answers) -> Iterator[SheetRow]:
    for name, value in tags(answers).items():
        yield SheetRow("Tags", name, value)
    yield SheetRow("Init script", "Init script", answers.text("init_script"))
