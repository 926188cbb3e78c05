"""Contradictions between answers of the cluster form, and between it and the switches of the second document."""

from __future__ import annotations

import re

from wizard.answers import Answers
from wizard.checks.machines import Preference, Wanted
from wizard.guide import Asking, Finding, Findings, Severity
from wizard.guides.hopsworks.form import (
    MANAGED_USERS,
    allowed,
    autoscales,
    issues_certificate,
    machines,
    own_nsg,
    public_head,
    retention,
    rondb_nodes,
    truth,
    users_managed,
)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-_ ]{0,62}")

# What Hopsworks' own provider takes by default for the head; the others by what the roles need.
PREFERENCES = (
    Preference("head_type", "head_default", "Standard_D8_v3", 8, 32),
    Preference("worker_type", "worker_default", "Standard_D8_v3", 8, 32),
    Preference("rondb_type", "rondb_default", "Standard_E4s_v3", 4, 32),
    Preference("rondb_management_type", "rondb_management_default", "Standard_D2s_v3", 2, 8),
    Preference("rondb_data_type", "rondb_data_default", "Standard_E4s_v3", 4, 32),
    Preference("rondb_mysql_type", "rondb_mysql_default", "Standard_D4s_v3", 4, 16),
    Preference("rondb_api_type", "rondb_api_default", "Standard_D4s_v3", 4, 16),
)


def default_size(key: str) -> str:
    """Return the size that is proposed for a question before Azure was asked."""
    return next(wish.size for wish in PREFERENCES if wish.key == key)


def wanted_machines(answers: Answers) -> list[Wanted]:
    """Return the cluster's machines for the quota, in the order of the form."""
    spot = truth(answers, "spot")
    return [
        Wanted(nodes.key, nodes.size, nodes.count, spot=spot and nodes.role == "worker")
        for nodes in machines(answers)
    ]


def _error(key: str, what: str, rule: str = "", mend: str = "") -> Findings:
    return (Finding(Severity.ERROR, key, what, rule, mend),)


def _warning(key: str, what: str, rule: str = "", mend: str = "") -> Findings:
    return (Finding(Severity.WARNING, key, what, rule, mend),)


async def name_is_plain(asking: Asking) -> Findings:
    """The exact alphabet is not published: an unusual name is a warning only."""
    name = asking.answers.text("cluster_name")
    if _NAME.fullmatch(name):
        return ()
    what = "Hopsworks may refuse this name."
    rule = "Safe are 1 to 63 letters, digits, blanks, - and _, beginning with a letter or digit."
    return _warning("cluster_name", what, rule)


async def workers_fit(asking: Asking) -> Findings:
    """Autoscaling needs a range that is one."""
    answers = asking.answers
    least, most = answers.number("autoscale_min"), answers.number("autoscale_max")
    if autoscales(answers) and most < least:
        return _error("autoscale_max", f"At most {most} workers is fewer than at least {least}.")
    return ()


async def backups_fit(asking: Asking) -> Findings:
    """Backups need the rights on snapshots and keys, which the switch of step 0.4 gives."""
    answers, key = asking.answers, "backup_retention"
    wanted = truth(answers, "backups", otherwise=True)
    if retention(answers) and not wanted:
        what = "Backups are switched off, so Hopsworks has no right to make them: the retention has to be 0."
        return _error(key, what, "", "Answer 0, or switch backups on in step 0.4.")
    if not retention(answers) and wanted:
        what = "No backups are kept by themselves; they can still be made by hand."
        return (Finding(Severity.INFO, key, what),)
    return ()


async def address_fits(asking: Asking) -> Findings:
    """A public address needs the right to make one (switch public_ip), and Let's Encrypt needs the address."""
    answers, key = asking.answers, "attach_public_ip"
    if public_head(answers):
        if allowed(answers, "public_ip"):
            return ()
        what = "Hopsworks has no right to make public addresses: untick Attach Public IP."
        return _error(key, what, "", "Answer no, or switch “public IP” on in step L0.")
    if issues_certificate(answers):
        what = "Let's Encrypt can't reach a head node without a public address at port 80."
        return _warning(
            key, what, "", "Answer no to Let's Encrypt in step L2, or bring a VPN and a certificate."
        )
    return ()


async def users_fit(asking: Asking) -> Findings:
    """Managed users come in at 443 and out to Amazon Cognito."""
    answers, key = asking.answers, "user_mgmt"
    if not users_managed(answers):
        if answers.text(key) in {"ldap", "oauth2"}:
            what = "It is set up in Hopsworks itself; here and in Terraform it only means: not managed."
            return (Finding(Severity.INFO, key, what),)
        return ()
    if not allowed(answers, "managed_users"):
        what = "Managed users are switched off in step L0."
        return _error(key, what, "", "Choose another way, or switch them on there.")
    if own_nsg(answers) and not truth(answers, "open_ui", otherwise=True):
        what = "Managed users need port 443 from outside, which step L2 keeps shut."
        return _error(
            key, what, "", "Answer yes to opening the user interface in step L2, or choose another way."
        )
    rule = "Outbound it calls cognito-idp.us-east-2.amazonaws.com and managedhopsworks-prod.auth.us-east-2.amazoncognito.com."
    return (Finding(Severity.OK, key, "Port 443 lets people sign in.", rule),)


async def data_nodes_fit(asking: Asking) -> Findings:
    """RonDB keeps as many copies as its replication factor, each on another machine."""
    answers = asking.answers
    count, factor = answers.number("rondb_data_count", 2), answers.number("rondb_replication", 2)
    if factor and count % factor:
        what = f"The number of RonDB data nodes must be multiples of RonDB replication factor ({factor}), not {count}."
        return _error("rondb_data_count", what)
    return ()


async def machines_summed(asking: Asking) -> Findings:
    """Say what the form adds up to: machines, and the disks that they are paid for."""
    answers = asking.answers
    parts = [nodes for nodes in machines(answers) if nodes.count]
    disks = sum(nodes.disk * nodes.count for nodes in parts)
    count = sum(nodes.count for nodes in parts)
    more = " at most" if autoscales(answers) else ""
    ron = "one machine" if len(rondb_nodes(answers)) == 1 else "a cluster of its own"
    what = f"{count} machines{more} with {disks:,} GB of disks; RonDB on {ron}."
    return (Finding(Severity.INFO, "4.10", what),)


def default_users(answers: Answers) -> str:
    """Return the way of keeping users that the switches leave."""
    return MANAGED_USERS if allowed(answers, "managed_users") else "disabled"
