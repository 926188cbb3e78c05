"""Network security groups for a cluster: what their rules let pass, which rules have to be added, and a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from wizard.answers import Answers, Value
from wizard.azure.networks import SecurityGroup, security_group, security_groups
from wizard.drawing import Drawing, Tone, line
from wizard.guide import Asking, Check, Choice, Drawer, Finding, Findings, Offers, Severity
from wizard.network.deciding import Place, decide, shadowed
from wizard.network.drawing import draw_rules
from wizard.network.rules import (
    ANY,
    HIGHEST,
    IN,
    Access,
    Need,
    Rule,
    Verdict,
    free_priority,
    in_order,
    own_rules,
    with_defaults,
)
from wizard.text import clean_line

ANY_PORT = 8020
"""The port that stands for all of them when a rule for every port is judged."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a guide's answers say about a cluster's security group.

    `rules` are those that the answers ask for, at the priorities of the facts file; `needs` the connections that
    have to pass. `subnet_group` is the group on an existing subnet, which decides as well. `ours` are all names
    that such rules ever bear.
    """

    makes: bool
    named: bool
    group_id: str
    group: str
    location: str
    rules: tuple[Rule, ...]
    needs: tuple[Need, ...]
    place: Place
    subnet_group: str = ""
    adds: bool = True
    ours: frozenset[str] = frozenset()


Reads = Callable[[Answers], Setting]


def offer_groups(reads: Reads) -> Offers:
    """Return the offer of the security groups in the network's group; none where a new one is wanted."""

    async def offer(asking: Asking) -> Sequence[Choice]:
        setting = reads(asking.answers)
        if setting.makes:
            return []
        found = await security_groups(asking.azure.arm, asking.answers.text("subscription"))
        held = [one for one in found if one.group.lower() == setting.group.lower()]
        return [_choice(one, setting) for one in sorted(held, key=lambda g: g.name.casefold())]

    return offer


def _choice(one: SecurityGroup, setting: Setting) -> Choice:
    name, count = clean_line(one.name), len(own_rules(one.rules))
    passing = sum(verdict.ok for verdict in judge(one.rules, setting))
    told = f"{passing} of {len(setting.needs)} needed"
    refusal = "" if one.location == setting.location else _apart(one, setting.location)
    return Choice(
        one.name,
        name,
        f"{name} has {count} rule{'' if count == 1 else 's'} of its own.",
        (one.location, told),
        refusal=refusal,
    )


def _apart(one: SecurityGroup, location: str) -> str:
    return f"The security group {clean_line(one.name)} is in {one.location}, cluster in {location}."


def judge(rules: Sequence[Rule], setting: Setting) -> tuple[Verdict, ...]:
    """Return a verdict for each needed connection."""
    return tuple(decide(rules, need, setting.place) for need in setting.needs)


def group(reads: Reads) -> Check:
    """Return the check of the security group: a simulation of its rules, and the facts which to add and where."""

    async def check(asking: Asking) -> Findings:
        setting = reads(asking.answers)
        found = await security_group(asking.azure.arm, setting.group_id) if setting.group_id else None
        told = _new_group(setting, found) if setting.makes else _existing_group(setting, found)
        return (*told, *await _on_subnet(asking, setting))

    return check


def _finding(severity: Severity, what: str, rule: str = "", mend: str = "", **facts: Value) -> Finding:
    return Finding(severity, "nsg_name", what, rule, mend, facts=facts)


def _new_group(setting: Setting, found: SecurityGroup | None) -> Findings:
    if found is None:
        told = _finding(Severity.OK, "The name is free; it will be made.", nsg_kept=False, nsg_rules="")
        return (told, *_verdicts(with_defaults(setting.rules), setting))
    own = own_rules(found.rules)
    foreign = [rule.name for rule in own if rule.name not in setting.ours]
    there = [rule for rule in setting.rules if any(rule.same_as(one) for one in own)]
    if not foreign:
        what = "It is there with rules of these names alone; they are put as they are answered here."
        return (_finding(Severity.OK, what, nsg_kept=False, nsg_rules=""), *_verdicts(found.rules, setting))
    if len(there) == len(setting.rules):
        what = f"It is there with these rules and {len(foreign)} more; it is left as it is."
        return (_finding(Severity.OK, what, nsg_kept=True, nsg_rules=""), *_verdicts(found.rules, setting))
    what = f"A security group {clean_line(found.name)} is there already, with rules of others ({clean_line(foreign[0])})."
    mend = "Answer “existing” to use it and add what lacks, or choose another name."
    rule = "Writing it anew would take these rules away."
    return (_finding(Severity.ERROR, what, rule, mend, nsg_kept=False, nsg_rules=""),)


def _existing_group(setting: Setting, found: SecurityGroup | None) -> Findings:
    if found is None:
        what = f"No security group of this name is in group {setting.group}."
        mend = "Pick one, or answer “new” above."
        return (_finding(Severity.ERROR, what, "", mend, nsg_kept=False, nsg_rules=""),)
    if found.location != setting.location:
        mend = "A group and the machines it guards are in one region."
        return (_finding(Severity.ERROR, _apart(found, setting.location), "", mend, nsg_rules=""),)
    added, stuck = to_add(found.rules, setting) if setting.adds else ((), ())
    new = [rule.name for rule in added if rule.name not in {one.name for one in found.rules}]
    told = [_told_of(found, added, new)]
    told += [_changed(one, found.rules) for one in added if one not in found.rules and one.name not in new]
    if new and found.subnets:
        told.append(_also_guards(found))
    no_place = "No free priority comes before what denies"
    told += [_finding(Severity.ERROR, f"{no_place} {rule.name}.") for rule in stuck]
    return (*told, *_verdicts(_laid_over(found.rules, added), setting))


def _told_of(found: SecurityGroup, added: Sequence[Rule], new: Sequence[str]) -> Finding:
    count = len(own_rules(found.rules))
    what = f"It has {count} rule{'' if count == 1 else 's'} of its own."
    more = f" To be added: {', '.join(new)}." if new else ""
    return _finding(Severity.OK, what + more, nsg_kept=True, nsg_rules=written(added))


def _also_guards(found: SecurityGroup) -> Finding:
    names = ", ".join(clean_line("/".join(one.split("/")[-3::2])) for one in found.subnets)
    what = f"It also guards {names}: the new rules hold there too."
    return _finding(Severity.WARNING, what, "", "Take a group of its own for the cluster to avoid that.")


def _changed(rule: Rule, rules: Sequence[Rule]) -> Finding:
    before = next(one for one in rules if one.name.lower() == rule.name.lower())
    peers, ports = ", ".join(before.peers), ", ".join(before.ports)
    what = f"The rule {clean_line(rule.name)} is there already ({before.does} {ports}, {clean_line(peers)})."
    return _finding(Severity.WARNING, what, "It is changed to what is answered here; undo puts it back.")


def _laid_over(rules: Sequence[Rule], added: Sequence[Rule]) -> tuple[Rule, ...]:
    names = {rule.name.lower() for rule in added}
    return (*(rule for rule in rules if rule.name.lower() not in names), *added)


def to_add(rules: Sequence[Rule], setting: Setting) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """Return the wanted rules that an existing group lacks, each where it decides, and those without such a place.

    A rule that is there under our name is among them, so that applying twice changes nothing.
    """
    added: list[Rule] = []
    stuck: list[Rule] = []
    # What denies is placed first: then it shows which of the others have to come before it.
    for wanted in sorted(setting.rules, key=lambda rule: rule.allows):
        now = _laid_over(rules, added)
        mine = next((one for one in rules if one.name.lower() == wanted.name.lower()), None)
        if mine is not None:
            added.append(replace(wanted, name=mine.name, priority=mine.priority))
        elif not _passes(wanted, now, setting.place):
            priority = _place_for(wanted, now, setting.place)
            if priority is None:
                stuck.append(wanted)
            else:
                added.append(replace(wanted, priority=priority))
    return in_order(added), tuple(stuck)


def _needs_of(rule: Rule) -> list[Need]:
    protocol = "Tcp" if rule.protocol == ANY else rule.protocol
    ports = [int(port) for port in rule.ports if port.isdecimal()] or [ANY_PORT]
    return [Need(port, peer, rule.direction, protocol) for port in ports for peer in rule.peers]


def _passes(rule: Rule, rules: Sequence[Rule], place: Place) -> bool:
    wanted = Access.ALLOWED if rule.allows else Access.DENIED
    return all(decide(rules, need, place).access is wanted for need in _needs_of(rule))


def _place_for(wanted: Rule, rules: Sequence[Rule], place: Place) -> int | None:
    deciding = [decide(rules, need, place) for need in _needs_of(wanted)]
    against = [
        one
        for verdict in deciding
        for one in (verdict.rule, *verdict.besides)
        if one.allows is not wanted.allows
    ]
    before = min((one.priority for one in against), default=HIGHEST + 1)
    return free_priority(rules, wanted.direction, wanted.priority, min(before, HIGHEST + 1))


def written(rules: Sequence[Rule]) -> str:
    """Return names and priorities as one fact: ``AllowHttpLetsEncrypt=100 AllowHttpsUi=110``."""
    return " ".join(f"{rule.name}={rule.priority}" for rule in rules)


def placed(rules: Sequence[Rule], fact: str) -> tuple[Rule, ...]:
    """Return those of the rules that the fact names, at its priorities."""
    at = dict(text.split("=", 1) for text in fact.split() if "=" in text)
    return tuple(replace(rule, priority=int(at[rule.name])) for rule in rules if rule.name in at)


def _verdicts(rules: Sequence[Rule], setting: Setting) -> Findings:
    told = []
    for verdict in judge(rules, setting):
        if verdict.ok:
            severity = Severity.WARNING if verdict.besides else Severity.OK
            told.append(_finding(severity, f"{clean_line(verdict.sentence)}."))
            continue
        asked = "Answer yes to adding rules, or have" if not (setting.adds or setting.makes) else "Have"
        mend = f"{asked} the denying rule changed."
        told.append(_finding(Severity.ERROR, f"{clean_line(verdict.sentence)}.", verdict.need.why, mend))
    told.extend(
        _finding(Severity.WARNING, clean_line(shadow.sentence)) for shadow in shadowed(rules, setting.place)
    )
    return tuple(told)


async def _on_subnet(asking: Asking, setting: Setting) -> Findings:
    """Judge the group that stands on an existing subnet: a connection has to pass both."""
    identity = setting.subnet_group
    if not identity or identity.lower() == setting.group_id.lower():
        return ()
    found = await security_group(asking.azure.arm, identity)
    if found is None:
        return ()
    name = clean_line(found.name)
    return tuple(
        _finding(
            Severity.ERROR,
            f"{clean_line(verdict.renamed(f'{name}/{verdict.rule.name}').sentence)}.",
            f"The subnet has the security group {name} of its own, and both have to let it pass.",
            "Have its rules changed, or pick another subnet.",
        )
        for verdict in judge(found.rules, setting)
        if not verdict.ok
    )


def rules_picture(reads: Reads) -> Drawer:
    """Return the drawer of the rules in evaluation order, with a verdict per needed connection."""

    async def draw(asking: Asking) -> Drawing:
        setting = reads(asking.answers)
        if not setting.named:
            told = "Hopsworks makes the security group itself and opens 80 and 443."
            return Drawing("Network rules", (line(told, Tone.MUTED),))
        found = None
        if not setting.makes and setting.group_id:
            found = await security_group(asking.azure.arm, setting.group_id)
        rules: tuple[Rule, ...] = with_defaults(setting.rules)
        if found is not None:
            added, _ = to_add(found.rules, setting) if setting.adds else ((), ())
            rules = with_defaults(own_rules(_laid_over(found.rules, added)))
        title = f"Rules of {clean_line(setting.group_id.rsplit('/', 1)[-1])}"
        return draw_rules(title, judge(rules, setting), rules, shadowed(rules, setting.place))

    return draw


def priorities_of(reads: Reads, key: str, fact: str) -> Check:
    """Return the check that finds a place in an existing group for rules of a later step, kept as `fact`."""

    async def check(asking: Asking) -> Findings:
        setting = reads(asking.answers)
        found = None
        if setting.named and not setting.makes and setting.group_id:
            found = await security_group(asking.azure.arm, setting.group_id)
        if found is None:
            return (Finding(Severity.OK, key, "No group that exists has to be changed.", facts={fact: ""}),)
        added, stuck = to_add(found.rules, setting)
        facts: dict[str, Value] = {fact: written(added)}
        if stuck:
            names = ", ".join(rule.name for rule in stuck)
            what = f"No free priority comes before what denies {names}."
            return (Finding(Severity.ERROR, key, what, facts=facts),)
        what = f"Rules to be written: {facts[fact]}." if added else "No rule is lacking."
        return (Finding(Severity.OK, key, what, facts=facts),)

    return check


__all__ = [
    "IN",
    "Reads",
    "Setting",
    "group",
    "offer_groups",
    "placed",
    "priorities_of",
    "rules_picture",
    "written",
]
