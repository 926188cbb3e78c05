"""What limiting adds to the plan: the upgrade role or its end, roles to take away, the tick list, proofs and files."""

from __future__ import annotations

import re

from wizard.answers import Answers
from wizard.checks import proving_limits
from wizard.checks.limiting import API, ASSIGNMENTS, DEFINITIONS, broader_of, told_broader
from wizard.guide import Exported, GuideExport
from wizard.guides.hopsworks import storage
from wizard.guides.hopsworks.account_plan import role_guid, written_role
from wizard.guides.hopsworks.where import (
    classic_or_managed,
    group_id,
    is_limited,
    role_scope,
    subscription_id,
)
from wizard.plan import Derived, Known, Manual, Plan, Proof, Ref, Removal, Resource, Share, derived_guid
from wizard.roles.algebra import UPGRADE, Switches
from wizard.roles.diff import difference
from wizard.roles.parsing import read_role
from wizard.roles.role import Role
from wizard.roles.writing import cli_json, portal_json

UPGRADE_ROLE = "hopsworks-upgrade"
_NO_RIGHTS_SINCE = (2, 4)  # from 2.4.0 on the rights for upgrades are not required


def limits(answers: Answers) -> bool:
    """Whether the second document is followed: not on the Helm road, and only with limited permissions."""
    return is_limited(answers) and classic_or_managed(answers)


# Upgrades (document step 5.2)


def is_old(answers: Answers) -> bool:
    """Whether the cluster is of a version whose upgrade needs rights of the identity."""
    numbers = tuple(int(part) for part in re.findall(r"[0-9]+", answers.text("cluster_version"))[:2])
    return bool(numbers) and numbers < _NO_RIGHTS_SINCE


def wants_upgrade_role(answers: Answers) -> bool:
    """Whether the identity gets the upgrade role: upgrades are wanted, and the cluster is old enough to need it."""
    return limits(answers) and Switches.of(answers).upgrades and is_old(answers)


def upgrade_guid(answers: Answers) -> str:
    """The GUID of the upgrade role: that of one that exists under the name, else our own."""
    return answers.text("upgrade_role_guid") or derived_guid(group_id(answers), UPGRADE_ROLE)


def _upgrade(answers: Answers) -> tuple[Resource, ...]:
    group = group_id(answers)
    if not wants_upgrade_role(answers) or not group or not storage.identity_id(answers):
        return ()
    made = upgrade_role(answers)
    existing = bool(answers.text("upgrade_role_guid"))
    role = Resource(
        key="upgrade_role",
        type=DEFINITIONS,
        api_version=API,
        name=answers.text("upgrade_role_guid") or Derived((group, UPGRADE_ROLE)),
        deploy_at=group,
        label=UPGRADE_ROLE,
        body={
            "properties": {
                "roleName": made.name,
                "description": made.description,
                "type": "CustomRole",
                "permissions": [made.permission],
                "assignableScopes": list(made.scopes),
            }
        },
        detail=f"{len(UPGRADE)} actions, for upgrades from 2.2 or older",
        step="L5.2",
        updates=existing,
        keeps=("properties.assignableScopes",) if existing else (),
    )
    held = answers.text("upgrade_assignment_id").rsplit("/", 1)[-1].casefold()
    assignment = _upgrade_assignment(answers)
    return (role, assignment) if held in {"", _own_assignment(answers)} else (role,)


def _own_assignment(answers: Answers) -> str:
    """The GUID that our own assignment of the upgrade role has."""
    return derived_guid(group_id(answers), upgrade_guid(answers), storage.identity_id(answers))


def _upgrade_assignment(answers: Answers) -> Resource:
    principal: str | Ref = Ref("identity", "principal_id")
    if answers.get("identity_kept"):
        principal = answers.text("identity_principal_id")
    return Resource(
        key="upgrade_assignment",
        type=ASSIGNMENTS,
        api_version=API,
        name=Derived((group_id(answers), upgrade_guid(answers), storage.identity_id(answers))),
        deploy_at=group_id(answers),
        label=f"{UPGRADE_ROLE} on {answers.text('resource_group')}",
        body={
            "properties": {
                "roleDefinitionId": Ref("upgrade_role", "id"),
                "principalId": principal,
                "principalType": "ServicePrincipal",
            }
        },
        detail=f"to identity {answers.text('identity_name')}",
        step="L5.2",
    )


# What goes


def _removals(answers: Answers) -> tuple[Removal, ...]:
    found: list[Removal] = []
    if answers.get("drop_broader") is True:
        found += [
            Removal(
                f"broader_{number}",
                ASSIGNMENTS,
                API,
                one.id,
                told_broader(one, answers),
                "it gives Hopsworks more than the limited role",
                step="L3",
            )
            for number, one in enumerate(broader_of(answers), 1)
        ]
    if wants_upgrade_role(answers) or not answers.text("upgrade_assignment_id"):
        return tuple(found)
    why = "upgrades are off" if is_old(answers) else "not needed from 2.4 on"
    name = f"{UPGRADE_ROLE} for {answers.text('identity_name')}"
    gone = answers.text("upgrade_assignment_id")
    found.append(Removal("upgrade_assignment_gone", ASSIGNMENTS, API, gone, name, why, step="L5.2"))
    if role := answers.text("upgrade_role_id"):
        why = "nobody else has it"
        found.append(
            Removal("upgrade_role_gone", DEFINITIONS, API, role, f"role {UPGRADE_ROLE}", why, step="L5.2")
        )
    return tuple(found)


# What stays to do by hand (document step 4)


def ticks(answers: Answers) -> tuple[str, ...]:
    """What to choose in Hopsworks' cluster form so that it fits the limited role."""
    switches = Switches.of(answers)
    found = []
    if switches.own_network:
        names = [answers.text(key) for key in ("vnet_name", "subnet_name", "nsg_name")]
        chosen = f" ({', '.join(name for name in names if name)})" if any(names) else ""
        found.append(f"choose your own VNet, subnet and network security group{chosen}")
    if not switches.public_ip:
        found.append("untick Attach Public IP on the Security Group page")
    if not switches.storage_dropdown:
        account = answers.text("storage_name") or "of step 2.3"
        found.append(f"type the name of the storage account, {account}, by hand")
    if not switches.ports_from_ui:
        found.append("leave the Services tab alone: ports are opened in step 5")
    if not switches.backups:
        found.append("set the backup retention to 0")
    if not switches.managed_users:
        found.append("untick the managed user management")
    return tuple(found)


def _manual(answers: Answers) -> tuple[Manual, ...]:
    listed = ticks(answers)
    text = "; ".join(listed)
    if not listed:
        return ()
    return (
        Manual(
            "limited_form",
            "Fill in the cluster form to match the limited role",
            f"{text[0].upper()}{text[1:]}.",
            step="L4",
        ),
    )


# Proofs


def _proofs(answers: Answers) -> tuple[Proof, ...]:
    subscription = subscription_id(answers)
    cross = {
        "subscription": subscription,
        "subscription_name": answers.text("subscription_name"),
        "scope": role_scope(answers),
        "object": "cross_role",
        "role": role_guid(answers),
        "app_id": answers.text("hopsworks_app_id"),
        "actions": "\n".join(written_role(answers).actions),
    }
    actions, data_actions = storage.role_permissions(answers)
    identity = {
        "subscription": subscription,
        "object": "storage_role",
        "role": storage.role_guid(answers),
        "actions": "\n".join(actions),
        "data_actions": "\n".join(data_actions),
    }
    proofs = [
        Proof("no_broader_role", "Hopsworks holds no broader role", proving_limits.no_broader_role, cross),
        Proof(
            "identity_role",
            "the identity's role holds exactly what was chosen",
            proving_limits.role_is_exact,
            identity,
        ),
    ]
    if wants_upgrade_role(answers):
        there = identity | {"object": "upgrade_role", "role": upgrade_guid(answers), "data_actions": ""}
        there |= {"actions": "\n".join(UPGRADE)}
        title = "the upgrade role holds its five actions"
        proofs.append(Proof("upgrade_role", title, proving_limits.role_is_exact, there))
    return tuple(proofs)


def share(answers: Answers) -> Share:
    """Return what the second document adds to the plan; nothing unless permissions are limited."""
    if not limits(answers) or not role_scope(answers):
        return Share()
    return Share(
        resources=_upgrade(answers),
        manual=_manual(answers),
        proofs=_proofs(answers),
        removals=_removals(answers),
    )


# Exports


def former_role(answers: Answers) -> Role | None:
    """The cross-account role as it was before it was limited; None when there was none."""
    text = answers.text("cross_role_before")
    return read_role(text).role if text else None


def upgrade_role(answers: Answers) -> Role:
    """The role that lets the managed identity of an old cluster upgrade it."""
    about = "Lets Hopsworks clusters of version 2.2 or older upgrade themselves"
    return Role(UPGRADE_ROLE, about, UPGRADE, scopes=(group_id(answers),))


def _report(before: Role, role: Role) -> str:
    """What changed, in numbers and action by action."""
    change = difference(before, role)
    lines = [f"{role.name}: {len(before.actions)} actions before, {len(role.actions)} now. {change.sentence}"]
    lines += [f"- {action}" for action in change.removed] + [f"+ {action}" for action in change.added]
    return "\n".join(lines) + "\n"


def _limited_files(answers: Answers, _plan: Plan, _known: Known) -> tuple[Exported, ...]:
    if not limits(answers):
        raise LookupError("This profile does not limit the permissions: choose limited in step 1.2.")
    if not role_scope(answers):
        raise LookupError("Answer subscription and resource group first (steps 0.2 and 0.4).")
    role, before = written_role(answers), former_role(answers)
    files = [
        Exported("hopsworks-role-limited.json", cli_json(role)),
        Exported("hopsworks-role-limited.arm.json", portal_json(role)),
        Exported("hopsworks-role-limited.txt", "\n".join(role.actions) + "\n"),
    ]
    if before is not None:
        files.append(Exported("hopsworks-role.before.json", cli_json(before)))
        files.append(Exported("hopsworks-role.diff.txt", _report(before, role)))
    if wants_upgrade_role(answers):
        upgrade = upgrade_role(answers)
        files.append(Exported("hopsworks-upgrade-role.json", cli_json(upgrade)))
        files.append(Exported("hopsworks-upgrade-role.arm.json", portal_json(upgrade)))
    return tuple(files)


EXPORTS = (
    GuideExport(
        "limited-role",
        "the limited role as JSON and as a list, and the role as it was before, for going back",
        _limited_files,
    ),
)
