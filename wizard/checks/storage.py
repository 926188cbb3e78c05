"""Storage accounts and containers: free, taken, yours already, and fit for a cluster or not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from wizard.answers import Answers, Value
from wizard.azure.errors import AzureProblem
from wizard.azure.storage import (
    ACCOUNT,
    STORAGE_API,
    Inside,
    StorageAccount,
    accounts,
    accounts_of,
    look_inside,
    name_state,
    policies_named,
    policy_refusal,
    region_name,
    storage_account,
)
from wizard.checks.regions import apart
from wizard.guide import Asking, Check, Choice, Finding, Findings, Severity
from wizard.guides.hopsworks.where import group_id, within
from wizard.plan import derived_guid
from wizard.text import clean_line

_SHORTEST, _LONGEST_ACCOUNT, _LONGEST_CONTAINER = 3, 24, 63
_ACCOUNT_RULE = "3 to 24 lowercase letters and digits."
_SUPPORTED_TLS = frozenset({"TLS1_2", "TLS1_3"})


# Shapes


def account_shape(value: Value) -> str:
    """Rule V-storage."""
    text = str(value)
    if any(c.isupper() for c in text):
        return "Upper case is not allowed in the name of a storage account."
    strange = sorted({c for c in text if not re.fullmatch(r"[a-z0-9]", c)})
    if strange:
        named = {"-": "hyphen", "_": "underscore", " ": "blank", ".": "period"}
        return f"There may be no {named.get(strange[0], f'“{strange[0]}”')} in it: {_ACCOUNT_RULE}"
    if not _SHORTEST <= len(text) <= _LONGEST_ACCOUNT:
        return f"It has {len(text)} characters: {_ACCOUNT_RULE}"
    return ""


def container_shape(value: Value) -> str:
    """Rule V-container."""
    text = str(value)
    if not _SHORTEST <= len(text) <= _LONGEST_CONTAINER:
        return f"It has {len(text)} characters; 3 to 63 are allowed."
    if re.search(r"[A-Z]", text):
        return "Upper case is not allowed in the name of a container."
    if not re.fullmatch(r"[a-z0-9-]+", text):
        return "Only lowercase letters, digits and hyphens are allowed."
    if "--" in text:
        return "Two hyphens in a row."
    if text.startswith("-") or text.endswith("-"):
        return "It must begin and end with a letter or digit."
    return ""


# The role's reach (2.1)


async def kubernetes_widens(asking: Asking) -> Findings:
    """Say what an AKS cluster that is not known here means for the role: it is given on the whole group."""
    if not asking.answers.get("use_aks"):
        return ()
    what = "The role is then given on the whole group, as the AKS cluster is not known here."
    rule = "Its rights on storage hold for every account of the group too."
    mend = "Answer no unless your clusters use AKS, or keep other storage out of this group."
    return (Finding(Severity.WARNING, "use_aks", what, rule, mend),)


# The account (2.3)


async def offer_accounts(asking: Asking) -> Sequence[Choice]:
    """List the storage accounts of the group: one that is there can be used as it is."""
    where = group_id(asking.answers)
    found = await accounts_of(asking.azure.arm, where) if where else []
    return [
        Choice(one.name, one.name, f"{one.name} is in the group.", (one.kind, one.sku, one.location))
        for one in sorted(found, key=lambda one: one.name)
    ]


def account(proposed: Callable[[Answers], Value | None]) -> Check:
    """Return the check of the account's name: free in the world, yours already, or somebody else's (C-stname)."""

    async def check(asking: Asking) -> Findings:
        name, where = asking.answers.text("storage_name"), group_id(asking.answers)
        if not where:
            return ()
        arm = asking.azure.arm
        found = await storage_account(arm, within(asking.answers, ACCOUNT, name))
        if found is not None:
            return _adopt(asking, found)
        state = await name_state(arm, asking.answers.text("subscription"), ACCOUNT, name)
        if state.free:
            return (_told(Severity.OK, "The name is free in the whole world.", {}),)
        if state.reason != "AlreadyExists":
            return (_told(Severity.ERROR, clean_line(state.message), {}, _ACCOUNT_RULE),)
        return (await _taken(asking, name, proposed(asking.answers)),)

    return check


def _told(
    severity: Severity, what: str, facts: Mapping[str, Value], rule: str = "", mend: str = ""
) -> Finding:
    none: dict[str, Value] = {"storage_kept": False, "storage_location": "", "storage_there": False}
    return Finding(severity, "storage_name", what, rule, mend, facts=none | dict(facts))


async def _taken(asking: Asking, name: str, proposed: Value | None) -> Finding:
    subscription = asking.answers.text("subscription")
    mine = [one for one in await accounts(asking.azure.arm, subscription) if one.name == name]
    if mine:
        group = clean_line(mine[0].group)
        what = f"You have an account of this name already, in group {group}."
        mend = f"Choose another name here, or group {group} in step 0.4."
        return _told(Severity.ERROR, what, {}, "Names of storage accounts are unique in the world.", mend)
    other = str(proposed or "")
    if not other or other == name:
        other = f"hopsworks{derived_guid(subscription, name)[:10]}"
    what = f"Name taken worldwide: somebody has an account “{name}”."
    return _told(
        Severity.ERROR, what, {}, "Names of storage accounts are unique in the world.", f"Try “{other}”."
    )


def _adopt(asking: Asking, found: StorageAccount) -> Findings:
    answers = asking.answers
    differs = _differs(answers, found)
    ours = asking.known.get("storage", {}).get("id", "").lower() == found.id.lower()
    facts: dict[str, Value] = {
        "storage_kept": not found.plain or (bool(differs) and not ours),
        "storage_location": found.location,
        "storage_there": True,
    }
    what = f"It is yours already: {found.kind}, {found.sku}, in {found.location}. It is used as it is."
    if ours:
        what = f"Azimuth made it: {found.kind}, {found.sku}, in {found.location}."
    told = [_told(Severity.OK, what, facts)]
    if differs and facts["storage_kept"]:
        said = f"It differs from your answers: {'; '.join(differs)}."
        told.append(_say(Severity.INFO, said, "An account that exists is never changed."))
    told += [*_unfit(answers, found), *apart(asking, "storage_name", "Storage", found.location)]
    return tuple(told)


def _differs(answers: Answers, found: StorageAccount) -> list[str]:
    told = []
    if found.kind != "StorageV2":
        told.append(f"its kind is {found.kind}")
    if found.sku.lower() != answers.text("storage_sku").lower():
        told.append(f"its copies are {found.sku}, not {answers.text('storage_sku')}")
    if found.hns != bool(answers.get("hns")):
        told.append(f"a hierarchical namespace is {'on' if found.hns else 'off'}")
    if found.minimum_tls != "TLS1_2":
        told.append(f"the oldest TLS it takes is {found.minimum_tls}")
    if not found.shared_key:
        told.append("shared keys are off")
    if not found.open_to_all:
        told.append("a firewall stands before it")
    if region_name(answers.text("location")) != found.location:
        told.append(f"it is in {found.location}")
    return told


def _unfit(answers: Answers, found: StorageAccount) -> Findings:
    """Say what a cluster would stumble over."""
    told = []
    if found.kind not in {"StorageV2", "BlobStorage", "BlockBlobStorage", "Storage"}:
        what = f"An account of kind {found.kind} has no blobs."
        told.append(_say(Severity.ERROR, what, "Clusters need blobs.", "Choose another name."))
    if not found.shared_key and answers.get("backups", True):
        what = "Shared keys are off on this account: backups would break."
        told.append(_say(Severity.WARNING, what, "Backups read the account's keys.", _SHARED_KEY_MEND))
    if found.minimum_tls not in _SUPPORTED_TLS:
        what = f"It still takes {found.minimum_tls.replace('_', '.').replace('TLS', 'TLS ')}."
        told.append(
            _say(Severity.WARNING, what, "Azure retires all before TLS 1.2.", "Raise it in the portal.")
        )
    if not found.open_to_all:
        what = "A firewall stands before this account: it would shut the cluster out."
        rule = "The cluster's subnet needs the service endpoint Microsoft.Storage, and a rule here that names it."
        told.append(_say(Severity.WARNING, what, rule, "Add both, or choose another account."))
    return tuple(told)


_SHARED_KEY_MEND = "Allow shared keys on the account, or answer no to backups in step 0.4."


def _say(severity: Severity, what: str, rule: str = "", mend: str = "") -> Finding:
    return Finding(severity, "storage_name", what, rule, mend)


def policies(body: Callable[[Answers], Mapping[str, object]]) -> Check:
    """Return the check that lets ARM say whether a policy forbids the account, before anybody applies it (C-valid)."""

    async def check(asking: Asking) -> Findings:
        answers = asking.answers
        if answers.get("storage_kept") or not answers.text("group_location"):
            return ()  # nothing will be made, or there is no group yet to ask at
        head = {"type": ACCOUNT, "apiVersion": STORAGE_API, "name": answers.text("storage_name")}
        refusal = await policy_refusal(asking.azure.arm, group_id(answers), head | dict(body(answers)))
        return (_policy_told(answers, refusal),) if refusal is not None else ()

    return check


def _policy_told(answers: Answers, refusal: AzureProblem) -> Finding:
    rule = "Clusters need an account that they reach, with TLS 1.2 and HTTPS only."
    if answers.get("backups", True):
        rule += " Backups need shared keys: a policy “shared key must be off” breaks them."
    names = " and ".join(f"“{name}”" for name in policies_named(refusal))
    what = f"A policy forbids this account: {names or clean_line(str(refusal))}."
    mend = "Ask for an exemption of this group, or choose a region or group that the policy allows."
    return Finding(Severity.ERROR, "2.3", what, rule, mend)


# The container


async def container(asking: Asking) -> Findings:
    """Look into the container: absent and empty are well, data is not (hopsworks.md 2.3)."""
    answers = asking.answers
    account_id = within(answers, ACCOUNT, answers.text("storage_name"))
    if not group_id(answers) or await storage_account(asking.azure.arm, account_id) is None:
        return (_inside(Severity.OK, "Hopsworks will make it.", Inside.ABSENT),)
    name = answers.text("container_name")
    try:
        inside = await look_inside(asking.azure, account_id, name)
    except AzureProblem as problem:
        what = f"Could not look inside: {clean_line(str(problem))}"
        return (_inside(Severity.WARNING, what, Inside.HIDDEN, _EMPTY, "Make sure that it is empty."),)
    return (_judge_container(name, inside),)


_EMPTY = "Hopsworks needs an empty container."


def _judge_container(name: str, inside: Inside) -> Finding:
    if inside is Inside.ABSENT:
        return _inside(Severity.OK, "It is not there yet; Hopsworks will make it.", inside)
    if inside is Inside.EMPTY:
        return _inside(Severity.OK, "It is there and empty.", inside)
    if inside is Inside.HOLDS_DATA:
        what = f"Container `{name}` holds data; Hopsworks needs an empty one."
        return _inside(Severity.ERROR, what, inside, "", "Choose another name, or empty it.")
    if inside is Inside.SHUT:
        what = "Cannot look inside: the account's firewall lets nobody in from here."
        return _inside(Severity.WARNING, what, inside, _EMPTY, "Make sure that it is empty or absent.")
    what = "Cannot look inside: you need Storage Blob Data Reader."
    return _inside(Severity.WARNING, what, inside, _EMPTY, "Make sure that it is empty or absent.")


def _inside(severity: Severity, what: str, inside: Inside, rule: str = "", mend: str = "") -> Finding:
    return Finding(severity, "container_name", what, rule, mend, facts={"container_state": inside.value})
