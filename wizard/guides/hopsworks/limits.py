"""Chapter L of the Hopsworks guide, from its second document: the switches, the limited role, and the identity's rights."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wizard.answers import Answers, Value
from wizard.checks import limiting
from wizard.guide import Asking, Finding, Findings, Kind, Question, Severity, Step
from wizard.guides.hopsworks import limits_picture as picture
from wizard.guides.hopsworks import storage
from wizard.guides.hopsworks.account_plan import uses_as_it_is, written_role
from wizard.guides.hopsworks.limits_plan import (
    EXPORTS,
    UPGRADE_ROLE,
    is_old,
    limits,
    share,
    wants_upgrade_role,
)
from wizard.guides.hopsworks.where import group_id, is_managed, role_scope
from wizard.roles.algebra import UPGRADE, Switches
from wizard.roles.chosen import role_in_azure

__all__ = ["EXPORTS", "ROLES", "SWITCHES", "share"]

_VERSION = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}(\.[0-9]{1,3})?")
_NEWEST = "3.8.0"


def _wanted(answers: Answers) -> Iterable[str]:
    return written_role(answers).actions


def _removed(answers: Answers) -> Iterable[str]:
    return Switches.of(answers).removed()


# L0


async def _contradictions(asking: Asking) -> Findings:
    """Tell switches that don't go together (section 0.3, contradictions 8 and 9)."""
    switches, found = Switches.of(asking.answers), []
    if not switches.own_network and not switches.ports_from_ui:
        what = "Hopsworks makes the network security group, and may not open ports in it."
        rule = "Nobody opens a port then unless you edit that group by hand in the portal."
        mend = "Bring your own network, or let Hopsworks open ports."
        found.append(Finding(Severity.WARNING, "L0", what, rule, mend))
    if not switches.public_ip:
        found.append(_no_certificate(asking.answers))
    return tuple(found)


def _no_certificate(answers: Answers) -> Finding:
    """Say what a private head node means for its certificate: a conflict only where one is asked for all the same."""
    what = "Without a public IP Let's Encrypt can't reach the head node on port 80."
    rule = "Its certificate needs a name that the internet can look at."
    if answers.get("lets_encrypt") is True:
        mend = "Answer no to Let's Encrypt in step L2, and use a VPN with a certificate of your own."
        return Finding(Severity.WARNING, "L0", what, rule, mend)
    mend = "Step L2 leaves it out; use a VPN, with a certificate of your own."
    return Finding(Severity.INFO, "L0", what, rule, mend)


def _switch(key: str, prompt: str, rule: str, more: str = "") -> Question:
    return Question(key, prompt, Kind.SWITCH, rule=rule, more=more, default=True)


_OWN_NETWORK = Question(
    "own_network",
    "A network of your own",
    Kind.SWITCH,
    rule="Yes: VNet, subnet and NSG are made here, and Hopsworks loses 6 actions.",
    default=True,
    checks=(limiting.what_stands("own_network", role_scope, _wanted),),
)
L0 = Step(
    "L0",
    "Switches",
    "What Hopsworks shall be able to do. Each no takes rights out of its role; the picture shows which. Backups were "
    "asked in step 0.4 and count here too.",
    (
        _OWN_NETWORK,
        _switch(
            "public_ip", "Public IP on the head node", "No takes 4 actions away; the head node stays private."
        ),
        _switch(
            "ports_from_ui", "Hopsworks opens ports", "No takes 2 actions away; you open ports yourself."
        ),
        _switch(
            "storage_dropdown", "Storage chosen from a list", "No takes 1 action away; you type the name."
        ),
        _switch(
            "upgrades",
            "Upgrades of the cluster's version",
            "No, together with no backups, takes disks/read away.",
            "The second document asks to remove virtualMachines/write and disks/write for this. They are how "
            "Hopsworks starts clusters: removing them from this role stops all cluster operations, so they stay. "
            "What upgrades really need is a role of the managed identity; see step L5.2.",
        ),
        _switch(
            "managed_users",
            "Users kept by Hopsworks",
            "It changes no right, but needs port 443 and its log-in site.",
        ),
    ),
    checks=(_contradictions,),
    wanted=limits,
    drawing=picture.draw_switches,
    more="The document speaks of 4 actions for backups, and its printed list lacks 5: disks/read is one of them, and "
    "is needed by backups or by upgrades. It goes only when both are off.",
)


# L3 and L4


def _has_broader(answers: Answers) -> bool:
    return bool(limiting.broader_of(answers))


async def _left_as_it_is(asking: Asking) -> Findings:
    """Say when the role stays untouched, since then nothing is limited."""
    answers = asking.answers
    there = role_in_azure(answers)
    if there is None or not uses_as_it_is(answers) or answers.text("cross_role_when_there") != "use":
        return ()
    what = f"Step 1.2 says to use {there.name} as it is: nothing is limited."
    return (Finding(Severity.WARNING, "L3", what, "", "Choose update in step 1.2."),)


async def _broader_stays(asking: Asking) -> Findings:
    """Say what it means to leave a broader role where it is."""
    broader = limiting.broader_of(asking.answers)
    if not broader or asking.answers.get("drop_broader") is True:
        return ()
    held = ", ".join(limiting.told_broader(one, asking.answers) for one in broader)
    what = f"Hopsworks keeps {held}."
    rule = "Limiting is without effect then, and the proof of it will say so."
    return (Finding(Severity.WARNING, "drop_broader", what, rule, "Answer yes, or take it away yourself."),)


L3 = Step(
    "L3",
    "The limited role",
    "The cross-account role with what the switches leave. It is read, changed and written back as a whole, under the "
    "same id; scopes and everything else in it stay. The former role is kept, and undo puts it back.",
    (
        Question(
            "drop_broader",
            "Take broader roles away",
            Kind.SWITCH,
            rule="Yes: the other roles that give Hopsworks more are taken away from it; undo gives them back.",
            default=False,
            checks=(_broader_stays,),
            wanted=_has_broader,
        ),
    ),
    checks=(
        _left_as_it_is,
        limiting.may_be_written("L3", role_scope),
        limiting.who_else("L3", role_scope),
        limiting.still_needed("L3", group_id, _removed),
    ),
    makes="a change of the role definition",
    wanted=limits,
    drawing=picture.draw_change,
    more="In the portal: the group, Access control (IAM), Roles, the three dots of the role, Edit, JSON. The document "
    "calls the field action; it is actions.",
)
L4 = Step(
    "L4",
    "Create the cluster to match",
    "The cluster form of chapter 4 has to agree with what the role allows. The sheet at the end and the Terraform file "
    "are written to match; this is the list for doing it by hand.",
    manual="fill in the cluster form to match",
    wanted=limits,
    drawing=picture.draw_ticks,
)


# L5


async def _identity_told(asking: Asking) -> Findings:
    """Say what backups mean for the identity, and what the two documents disagree about (contradictions 4, 5)."""
    if Switches.of(asking.answers).backups:
        what = "Backups are wanted: blobServices/write and listKeys are in the role."
        rule = "The first document forgot listKeys; without it backups fail."
    else:
        what = "No backups: blobServices/write and listKeys are left out; blobServices/read stays."
        rule = "Clusters read the blob service always, whatever the first document says."
    return (Finding(Severity.INFO, "L5.1", what, rule),)


L51 = Step(
    "L5.1",
    "Identity: backups",
    "What the machines of the cluster may do with the storage, without more than backups need. There is nothing to "
    "answer: step 0.4 decides, and chapter 2 writes the role.",
    checks=(_identity_told,),
    wanted=limits,
    drawing=picture.draw_identity,
)


def _version(value: Value) -> str:
    return "" if _VERSION.fullmatch(str(value)) else f"“{value}” is not a version such as 2.2 or {_NEWEST}."


def _default_version(answers: Answers) -> Value:
    return answers.text("hops_version") or _NEWEST if is_managed(answers) else _NEWEST


async def _upgrades_told(asking: Asking) -> Findings:
    """Say what the version means for upgrades (contradictions 2 and 3)."""
    answers = asking.answers
    if wants_upgrade_role(answers):
        what = f"The identity gets role {UPGRADE_ROLE}, {len(UPGRADE)} actions on the group."
        rule = "It is the identity's, never part of Hopsworks' own role."
        return (Finding(Severity.INFO, "L5.2", what, rule),)
    if not is_old(answers):
        return (Finding(Severity.OK, "L5.2", "Nothing to do: no upgrade role is needed from 2.4 on."),)
    return (Finding(Severity.OK, "L5.2", "Upgrades are off: no upgrade role."),)


L52 = Step(
    "L5.2",
    "Identity: upgrades",
    "Clusters up to 2.2 upgrade themselves with rights of their managed identity: a small role of its own. Newer ones "
    "need none.",
    (
        Question(
            "cluster_version",
            "Version of the cluster",
            rule="Two or three numbers, such as 2.2 or 3.8.0.",
            default=_default_version,
            shape=(_version,),
            checks=(limiting.upgrade_rights("cluster_version", UPGRADE_ROLE, storage.identity_id, group_id),),
        ),
    ),
    checks=(_upgrades_told,),
    makes="a role and its assignment, for old clusters alone",
    wanted=limits,
    drawing=picture.draw_upgrades,
)

SWITCHES = (L0,)
ROLES = (L3, L4, L51, L52)
