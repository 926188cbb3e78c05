"""Container registries: free, taken, or yours and fit to hold the images of a cluster."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from wizard.answers import Answers, Value
from wizard.azure.storage import REGISTRY, Registry, name_state, registries_of
from wizard.azure.storage import registry as read_registry
from wizard.checks.regions import apart
from wizard.guide import Asking, Check, Choice, Finding, Findings, Severity
from wizard.guides.hopsworks.where import group_id, within
from wizard.plan import derived_guid
from wizard.text import clean_line

_KEY = "acr_name"
_RULE = "5 to 50 letters and digits, no hyphen."
_WANTED_DAYS = 7


def registry_shape(value: Value) -> str:
    """Rule V-acr."""
    text = str(value)
    if not re.fullmatch(r"[A-Za-z0-9]{5,50}", text):
        return f"“{text}” is no name of a registry: {_RULE}"
    return ""


def version_needs_one(needed: Callable[[Answers], bool]) -> Check:
    """Return the check that refuses to leave out a registry that the version can't do without."""

    async def check(asking: Asking) -> Findings:
        if asking.answers.get("use_acr") or not needed(asking.answers):
            return ()
        what = f"Hopsworks {asking.answers.text('hops_version')} needs a container registry."
        mend = "Answer yes, or choose version 3.0 in step 0.3."
        return (Finding(Severity.ERROR, "use_acr", what, "Every version after 3.0 does.", mend),)

    return check


async def offer_registries(asking: Asking) -> Sequence[Choice]:
    """List the container registries of the group; only a Premium one can be used."""
    where = group_id(asking.answers)
    found = await registries_of(asking.azure.arm, where) if where else []
    return [
        Choice(
            one.name,
            one.name,
            f"{one.name} is in the group.",
            (one.sku, one.location),
            refusal="" if one.premium else f"This registry of yours is {one.sku}; it must be Premium.",
        )
        for one in sorted(found, key=lambda one: one.name.casefold())
    ]


def registry(proposed: Callable[[Answers], Value | None]) -> Check:
    """Return the check of the registry's name (C-acrname)."""

    async def check(asking: Asking) -> Findings:
        answers = asking.answers
        name = answers.text(_KEY)
        if not group_id(answers):
            return ()
        found = await read_registry(asking.azure.arm, within(answers, REGISTRY, name))
        if found is not None:
            return _adopt(asking, found)
        state = await name_state(asking.azure.arm, answers.text("subscription"), REGISTRY, name)
        if not state.free:
            return (_taken(answers, state.reason, clean_line(state.message), proposed(answers)),)
        told = [_told(Severity.OK, "The name is free in the whole world.", {})]
        if name != name.lower():
            what = "Its address will be in lower case, whatever you write here."
            told.append(Finding(Severity.INFO, _KEY, what, "", "Lower case avoids surprises."))
        return tuple(told)

    return check


def _taken(answers: Answers, reason: str, message: str, proposed: Value | None) -> Finding:
    if reason not in {"AlreadyExists", "AlreadyInUse"}:
        return _told(Severity.ERROR, message or "Azure does not take this name.", {}, _RULE)
    other = str(proposed or "")
    if not other or other == answers.text(_KEY):
        other = f"hopsworks{derived_guid(group_id(answers), answers.text(_KEY))[:10]}"
    what = f"Name taken worldwide: somebody has a registry “{answers.text(_KEY)}”."
    rule = "Names of registries are unique in the world."
    return _told(Severity.ERROR, what, {}, rule, f"Try “{other}”, or the group that holds it if it is yours.")


def _adopt(asking: Asking, found: Registry) -> Findings:
    facts: dict[str, Value] = {
        # Deploying it again would change what differs, and take its tags away.
        "registry_kept": bool(found.tags) or not _as_planned(found),
        "registry_retention": found.retention,
    }
    if not found.premium:
        what = f"This registry of yours is {found.sku}; it must be Premium."
        rule = "Only a Premium registry can drop untagged images by itself."
        mend = "Raise it to Premium in the portal, or choose another name."
        return (_told(Severity.ERROR, what, facts | {"registry_kept": True}, rule, mend),)
    what = f"It is yours already: Premium, in {found.location}. It is used as it is."
    told = [_told(Severity.OK, what, facts)]
    if not found.retention:
        what = "It keeps untagged images for ever; Hopsworks advises 7 days."
        told.append(Finding(Severity.WARNING, _KEY, what, "", "The command stands among the manual tasks."))
    return (*told, *apart(asking, _KEY, "The registry", found.location))


def _as_planned(found: Registry) -> bool:
    return found.premium and found.retention == _WANTED_DAYS and not found.admin_user


def _told(
    severity: Severity, what: str, facts: Mapping[str, Value], rule: str = "", mend: str = ""
) -> Finding:
    none: dict[str, Value] = {"registry_kept": False, "registry_retention": 0}
    return Finding(severity, _KEY, what, rule, mend, facts=none | dict(facts))
