"""The service principal of Hopsworks: is it there, is it enabled, is it theirs, and would making it be refused."""

from __future__ import annotations

import re

from wizard.azure.errors import Forbidden
from wizard.azure.model import DirectoryRights, ServicePrincipal
from wizard.guide import Asking, Finding, Findings, Severity
from wizard.shapes import is_guid
from wizard.text import clean_line

KEY = "hopsworks_app_id"
COMMAND = "hopsworks_command"
_GUID = re.compile(r"(?<![0-9a-f-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f-])", re.IGNORECASE)
# COMMON section 7: who may add the application of another tenant. An Application Developer may not.
_ADDING_ROLES = frozenset(
    {
        "62e90394-69f5-4237-9190-012177145e10",
        "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
        "158c047a-c907-4556-b7ef-446551a6b5f7",
    }
)
_WHO = "Application Administrator, Cloud Application Administrator or Global Administrator"
_HAND_OFF = "Go on: what is refused becomes a hand-off with the command and a mail for them."


async def principal(asking: Asking) -> Findings:
    """Look Hopsworks' service principal up, and foretell whether making it would be refused (C-gsp, C-gme, C-groles)."""
    app_id, graph = asking.answers.text(KEY), asking.azure.graph
    if elsewhere := _other_tenant(asking):
        return (elsewhere,)
    try:
        found = await graph.service_principal(app_id)
        own = await graph.application(app_id) if found is None else None
        other = await graph.service_principal_by_object_id(app_id) if found is None else None
    except Forbidden as problem:
        what = f"You may not look into the directory: {problem}"
        return (Finding(Severity.WARNING, KEY, what, "", _HAND_OFF, facts=_facts()),)
    if found is not None:
        return (_found(asking, found),)
    if own is not None:
        return (_own(clean_line(own.name)),)
    if other is not None:
        what = (
            f"That was the object id of the enterprise application {clean_line(other.name)}; taken instead:"
        )
        return (
            Finding(Severity.INFO, KEY, what, f"its application id {other.app_id}.", correction=other.app_id),
        )
    return (_foretold(asking.azure.identity.is_user, await graph.directory_rights()),)


def _facts(found: ServicePrincipal | None = None) -> dict[str, str | int | bool]:
    return {"hopsworks_object_id": found.object_id if found is not None else ""}


def _other_tenant(asking: Asking) -> Finding | None:
    own, there = str(asking.answers.get("subscription_tenant", "")), asking.azure.identity.tenant
    if not own or own.lower() == there.lower():
        return None
    what = f"The subscription belongs to tenant {own}, but the application would be added to {there}."
    rule = "A service principal gets roles only in subscriptions that trust its own tenant."
    mend = f"Pick tenant {own} in step 0.1, or another subscription in step 0.2."
    return Finding(Severity.ERROR, KEY, what, rule, mend, facts=_facts())


def _own(name: str) -> Finding:
    what = f"This is {name}, an application of your own tenant, not Hopsworks'."
    mend = "Take the id out of the command that Hopsworks shows; paste the whole command below."
    return Finding(
        Severity.ERROR,
        KEY,
        what,
        "Hopsworks' application belongs to Hopsworks' tenant.",
        mend,
        facts=_facts(),
    )


def _found(asking: Asking, found: ServicePrincipal) -> Finding:
    name, home = clean_line(found.name), found.owner_tenant.lower()
    if home and home == asking.azure.identity.tenant.lower():
        return _own(name)
    if not found.enabled:
        what = f"{name} is there, but disabled: nobody can sign in as it."
        rule = f"Its object id is {found.object_id}."
        mend = "It is enabled when you apply; that needs the same directory role as adding it."
        return Finding(Severity.WARNING, KEY, what, rule, mend, facts=_facts(found))
    what = f"{name} is in your directory already (object id {found.object_id}); it is used as it is."
    return Finding(Severity.OK, KEY, what, facts=_facts(found))


def _foretold(is_user: bool, rights: DirectoryRights) -> Finding:
    if not is_user:
        return _foretold_for_application(rights)
    if rights.guest:
        what = "You are a guest here. A guest normally cannot add the application."
        mend = f"Ask a member who is {_WHO}. {_HAND_OFF}"
        return Finding(Severity.WARNING, KEY, what, "", mend, facts=_facts())
    if _ADDING_ROLES.intersection(rights.role_ids):
        what = f"It is not in your directory yet; you may add it ({', '.join(rights.roles)})."
        return Finding(Severity.OK, KEY, what, facts=_facts())
    what = f"Your account is none of {_WHO}: adding the application will probably be refused."
    rule = "A role that Privileged Identity Management holds ready has to be activated first."
    return Finding(Severity.WARNING, KEY, what, rule, _HAND_OFF, facts=_facts())


def _foretold_for_application(rights: DirectoryRights) -> Finding:
    may = {"Application.ReadWrite.All", "Directory.ReadWrite.All"}.intersection(rights.app_permissions)
    if may or _ADDING_ROLES.intersection(rights.role_ids):
        what = "It is not in your directory yet; the application you are signed in as may add it."
        return Finding(Severity.OK, KEY, what, facts=_facts())
    what = "You are signed in as an application that cannot add applications of other tenants."
    rule = "Application.ReadWrite.OwnedBy is not enough; Application.ReadWrite.All is."
    return Finding(Severity.WARNING, KEY, what, rule, _HAND_OFF, facts=_facts())


def app_ids_in(text: str) -> tuple[str, ...]:
    """Return the GUIDs in a pasted text, in order, each once."""
    found = (match.lower() for match in _GUID.findall(text))
    return tuple(dict.fromkeys(guid for guid in found if is_guid(guid)))


async def pasted_command(asking: Asking) -> Findings:
    """Take the application id out of the command that Hopsworks shows, and say when it is another one than known."""
    ids = app_ids_in(asking.answers.text(COMMAND))
    known = asking.answers.text(KEY).lower()
    if not ids:
        what = "There is no application id in it."
        rule = "Hopsworks shows: az ad sp create --id, and a GUID of 8-4-4-4-12 hex digits."
        return (Finding(Severity.ERROR, COMMAND, what, rule, "Copy the whole command, or leave this empty."),)
    if len(ids) > 1:
        what = f"There are {len(ids)} ids in it: {', '.join(ids[:4])}."
        return (Finding(Severity.ERROR, COMMAND, what, "", "Paste only the command az ad sp create --id …"),)
    if ids[0] == known:
        return (Finding(Severity.OK, COMMAND, "It names the same application id."),)
    what = f"The command names another application id; {ids[0]} is taken instead of {known}."
    return (Finding(Severity.INFO, COMMAND, what, correction=ids[0], corrects=KEY),)
