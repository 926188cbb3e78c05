"""App registrations: may one be made, is the name free, and which of three look-alike ids was pasted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wizard.answers import Answers
from wizard.azure.model import Application
from wizard.guide import Asking, Check, Choice, Finding, Findings, Severity
from wizard.shapes import is_guid
from wizard.text import clean_line

_WHO_MAY = "Application Developer, Application Administrator and Cloud Application Administrator may."


async def in_trusted_tenant(asking: Asking) -> Findings:
    """Refuse to make a principal in a tenant that the subscription does not trust: no role could be given to it."""
    own, there = str(asking.answers.get("subscription_tenant", "")), asking.azure.identity.tenant
    if not own or own == there:
        return ()
    name = str(asking.answers.get("subscription_tenant_name", "")) or own
    what = f"The subscription trusts tenant {name}, but you are signed in to another one."
    rule = "A service principal gets roles only in subscriptions that trust its own tenant."
    mend = f"Pick {name} in step 0.1, or another subscription in step 0.2."
    return (Finding(Severity.ERROR, "app_mode", what, rule, mend),)


async def may_register(asking: Asking) -> Findings:
    """Read the directory's policy and the caller's directory roles (C-gpolicy, C-groles, C-gme)."""
    rights = await asking.azure.graph.directory_rights()
    key = "app_name"
    if rights.may_register:
        why = f" ({', '.join(rights.roles)})" if rights.roles else ""
        return (Finding(Severity.OK, key, f"You may register applications{why}."),)
    if rights.guest:
        what = "You are a guest in this tenant, and guests may not register applications."
    else:
        what = "This tenant lets only administrators register applications."
    mend = "Ask one of them to register it, then choose “existing” here; or have the role given to you."
    return (Finding(Severity.ERROR, key, what, _WHO_MAY, mend),)


def name_is_free(unique_name: Callable[[Answers], str]) -> Check:
    """Return the check that tells how many applications bear the name; `unique_name` tells which one is ours."""

    async def check(asking: Asking) -> Findings:
        same = await asking.azure.graph.applications(asking.answers.text("app_name"))
        ours = unique_name(asking.answers)
        return _judge_names([app for app in same if app.unique_name != ours], ours=len(same) > 0)

    return check


def _judge_names(others: Sequence[Application], *, ours: bool) -> Findings:
    if not others:
        what = "Azimuth made it before; it is used again." if ours else "No other application has this name."
        return (Finding(Severity.OK, "app_name", what),)
    count = "One application has" if len(others) == 1 else f"{len(others)} applications have"
    what = f"{count} this name already."
    mend = "Choose another name, or use the one that is there: answer “existing” above."
    return (Finding(Severity.WARNING, "app_name", what, "Entra does not ask for unique names.", mend),)


async def offer_applications(asking: Asking) -> Sequence[Choice]:
    """List the applications of the caller, newest first, by name: nobody should have to paste a GUID."""
    found = await asking.azure.graph.my_applications()
    return [
        Choice(
            app.app_id,
            clean_line(app.name),
            detail=f"{clean_line(app.name)} is there.",
            columns=(f"{app.created:%Y-%m-%d}" if app.created else "", app.app_id),
            implies={"app_object_id": app.object_id, "app_display_name": clean_line(app.name)},
        )
        for app in found
    ]


async def application_id(asking: Asking) -> Findings:
    """Recognise the object ids that look like the application id, and put the right one in (steps 6-7)."""
    key, text = "app_id", asking.answers.text("app_id")
    if not is_guid(text):
        return (Finding(Severity.ERROR, key, f"“{text}” is no application of this tenant."),)
    graph = asking.azure.graph
    app = await graph.application(text)
    if app is not None and app.app_id.lower() == text.lower():
        return (Finding(Severity.OK, key, f"This is {clean_line(app.name)}."),)
    if app is not None:
        what = f"That was the object id of the registration {clean_line(app.name)}; taken instead:"
        return (_instead(key, what, app.app_id),)
    principal = await graph.service_principal_by_object_id(text)
    if principal is not None:
        what = f"That was the object id of the enterprise application {clean_line(principal.name)}; taken instead:"
        return (_instead(key, what, principal.app_id),)
    what = f"No registration with this application id is in tenant {asking.azure.identity.tenant}."
    return (Finding(Severity.ERROR, key, what, "The application (client) id stands on its Overview page."),)


def _instead(key: str, what: str, right: str) -> Finding:
    rule = f"its application (client) id {right}."
    return Finding(Severity.INFO, key, what, rule, correction=right)
