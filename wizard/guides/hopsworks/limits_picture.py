"""The pictures of limiting: what each switch takes away, what changes in Azure, what the identity's role loses."""

from __future__ import annotations

from wizard.answers import Answers
from wizard.azure.errors import AzureProblem
from wizard.checks import limiting
from wizard.drawing import WIDTH, Drawing, Line, Part, Tone, line
from wizard.guide import Asking
from wizard.guides.hopsworks import storage
from wizard.guides.hopsworks.account_plan import written_role
from wizard.guides.hopsworks.limits_plan import (
    UPGRADE_ROLE,
    is_old,
    ticks,
    wants_upgrade_role,
)
from wizard.guides.hopsworks.where import group_id, role_scope
from wizard.roles import algebra
from wizard.roles.algebra import Switches
from wizard.roles.chosen import role_in_azure
from wizard.roles.diff import difference
from wizard.roles.picture import drawn
from wizard.roles.role import Role, folded

_SHOWN = 42
_BACKUPS = "snapshots and backups"


def _rows(switches: Switches) -> tuple[tuple[bool, str, int, str], ...]:
    """Each switch: whether it is on, what it is about, how many actions go, and what that means."""
    disk_read = 0 if switches.backups or switches.upgrades else len(algebra.DISK_READ)
    gone = 0 if switches.backups else len(algebra.BACKUP)
    own = len(algebra.OWN_NETWORK) if switches.own_network else 0
    address = 0 if switches.public_ip else len(algebra.PUBLIC_IP)
    ports = 0 if switches.ports_from_ui else len(algebra.PORTS)
    drop = 0 if switches.storage_dropdown else len(algebra.STORAGE_DROPDOWN)
    return (
        (switches.own_network, "own network", own, "VNet, subnet and NSG are yours"),
        (switches.backups, _BACKUPS, gone, "asked in step 0.4"),
        (switches.public_ip, "public IP", address, "" if switches.public_ip else "head node stays private"),
        (
            switches.ports_from_ui,
            "ports from the UI",
            ports,
            "" if switches.ports_from_ui else "you open ports",
        ),
        (
            switches.storage_dropdown,
            "storage list",
            drop,
            "" if switches.storage_dropdown else "you type the name",
        ),
        (switches.upgrades, "upgrades", disk_read, "" if not disk_read else "disks/read goes too"),
        (switches.managed_users, "managed users", 0, "changes no right"),
    )


async def draw_switches(asking: Asking) -> Drawing:
    """Draw the seven switches with what each takes away, the resulting role, and the change in Azure."""
    answers = asking.answers
    role, lines = written_role(answers), [line(f"{'':<5}{'switch':<24}{'takes away':<12}", Tone.MUTED)]
    for on, name, taken, note in _rows(Switches.of(answers)):
        sign = f"− {taken}" if taken else "0"
        tone = Tone.WARNING if taken else Tone.PLAIN
        lines.append(
            (Part(f"[{'x' if on else ' '}]  {name:<24}"), Part(f"{sign:<12}", tone), Part(note, Tone.MUTED))
        )
    lines.append(line(""))
    lines += drawn(role, role_in_azure(answers), full=len(algebra.FULL)).lines
    return Drawing("Custom role", (*lines, *(await _others(asking))))


async def _others(asking: Asking) -> tuple[Line, ...]:
    if role_in_azure(asking.answers) is None:
        return ()
    try:
        others = await limiting.others_with_role(asking, role_scope(asking.answers))
    except AzureProblem as problem:
        return (line(f"Who else has it could not be read: {problem}"[:WIDTH], Tone.MUTED),)
    if not others:
        return (line("Nobody else has this role.", Tone.MUTED),)
    count = f"{len(others)} other principal{'s' if len(others) > 1 else ''}"
    return (line(f"Also assigned to {count}: {', '.join(others)}."[:WIDTH], Tone.WARNING),)


async def draw_change(asking: Asking) -> Drawing:
    """Draw the role as it is in Azure at this moment against the one that is computed, action by action."""
    answers = asking.answers
    wanted, scope = written_role(answers), role_scope(answers)
    now = await limiting.role_named(asking.azure.arm, scope, wanted.name) if scope else None
    if now is None:
        head = [line(f"{wanted.name} does not exist yet.", Tone.MUTED)]
        return Drawing("In Azure now, and then", (*head, *_listed(wanted, Role())))
    change = difference(now.role, wanted)
    told = f"{now.role.name}: {len(now.role.actions)} actions now, {len(wanted.actions)} then."
    head = [line(told, Tone.HEAD), line(f"{change.sentence} Changed last on {now.updated}.")]
    return Drawing(
        "In Azure now, and then", (*head, line(""), *_listed(wanted, now.role), *(await _others(asking)))
    )


def _listed(wanted: Role, now: Role) -> list[Line]:
    """Every action that goes, then those that come, then those that stay."""
    removed = [one for one in now.actions if one.casefold() not in folded(wanted.actions)]
    added = [one for one in wanted.actions if one.casefold() not in folded(now.actions)]
    stays = [one for one in wanted.actions if one.casefold() in folded(now.actions)]
    return [
        *(line(f"- {one}"[:WIDTH], Tone.BAD) for one in removed[:_SHOWN]),
        *(line(f"+ {one}"[:WIDTH], Tone.GOOD) for one in added[:_SHOWN]),
        *(line(f"  {one}"[:WIDTH]) for one in stays[:_SHOWN]),
    ]


async def draw_ticks(asking: Asking) -> Drawing:
    """Draw what to choose in Hopsworks' form, as a list to tick."""
    lines: list[Line] = []
    for one in ticks(asking.answers):
        words, row = one.split(), "[ ]"
        for word in words:
            if len(f"{row} {word}") > WIDTH:
                lines.append(line(row))
                row = "   "
            row = f"{row} {word}"
        lines.append(line(row))
    return Drawing("In Hopsworks' cluster form", tuple(lines) or (line("Nothing special."),))


async def draw_identity(asking: Asking) -> Drawing:
    """Draw what backups, or their absence, mean for the identity's role, action by action."""
    answers = asking.answers
    actions, data_actions = storage.role_permissions(answers)
    scope, name = group_id(answers), answers.text("storage_role_name")
    now = await limiting.role_named(asking.azure.arm, scope, name) if scope and name else None
    there = now.role if now is not None else None
    head = f"{name} · {len(actions)} actions, {len(data_actions)} data actions"
    backups = [_fate(one, actions, there) for one in algebra.IDENTITY_BACKUP]
    rest = [_fate(one, actions, there) for one in _changed_besides(actions, there)]
    return Drawing("Role of the managed identity", (line(head, Tone.HEAD), *backups, *rest))


def _changed_besides(actions: tuple[str, ...], there: Role | None) -> list[str]:
    """Other actions of the role that change, those of registry and AKS among them."""
    if there is None:
        return []
    every = [*there.actions, *actions]
    own = folded(algebra.IDENTITY_BACKUP)
    both = folded(there.actions) & folded(actions)
    return [one for one in dict.fromkeys(every) if one.casefold() not in own | both]


def _fate(action: str, wanted: tuple[str, ...], there: Role | None) -> Line:
    """One action, and what becomes of it (contradiction 4: removing what is absent is nothing to do)."""
    present = there is not None and limiting.covered(action, there)
    shall = action.casefold() in folded(wanted)
    told, tone = {
        (True, True): ("stays", Tone.PLAIN),
        (True, False): ("present → removed", Tone.BAD),
        (False, True): ("added" if there is not None else "part of the new role", Tone.GOOD),
        (False, False): ("was not present", Tone.MUTED),
    }[present, shall]
    short = action.removeprefix("Microsoft.")
    return (Part(f"{short[:52]:<53}"), Part(told, tone))


async def draw_upgrades(asking: Asking) -> Drawing:
    """Draw what becomes of the identity's rights for upgrades."""
    return Drawing("Rights for upgrades", tuple(line(text, tone) for text, tone in _upgrades(asking.answers)))


def _upgrades(answers: Answers) -> list[tuple[str, Tone]]:
    version = answers.text("cluster_version")
    if wants_upgrade_role(answers):
        told = [(f"Role {UPGRADE_ROLE} for the managed identity, on the group:", Tone.HEAD)]
        return told + [(f"+ {one}"[:WIDTH], Tone.GOOD) for one in algebra.UPGRADE]
    if not is_old(answers):
        why = f"{version}: from 2.4 on an upgrade needs no right of the identity."
    else:
        why = "Upgrades are off: the identity needs no right for them."
    if answers.text("upgrade_assignment_id"):
        return [(why, Tone.PLAIN), (f"- the assignment of {UPGRADE_ROLE} is taken away", Tone.BAD)]
    return [(why, Tone.PLAIN), ("Nothing to do.", Tone.GOOD)]
