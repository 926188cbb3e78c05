"""Tenant ids: a domain is resolved to its GUID, and held against the subscription's own tenant."""

from __future__ import annotations

from wizard.guide import Asking, Finding, Findings, Severity
from wizard.shapes import is_guid


async def tenant_id(asking: Asking) -> Findings:
    """Put the GUID in for a pasted domain, and say when it is not the subscription's tenant (tenant id, 1-4)."""
    key, text = "tenant_id", asking.answers.text("tenant_id")
    if not is_guid(text):
        found = await asking.azure.entra.tenant_of_domain(text)
        if found is None:
            return (Finding(Severity.ERROR, key, f"No Entra tenant answers to “{text}”."),)
        what = f"hi-ml wants the GUID; {text} is {found}."
        return (Finding(Severity.INFO, key, what, correction=found),)
    own = str(asking.answers.get("subscription_tenant", ""))
    if not own or own.lower() == text.lower():
        return (Finding(Severity.OK, key, "This is the subscription's own tenant."),)
    managers = str(asking.answers.get("subscription_managed_by", ""))
    what = f"The subscription belongs to tenant {own}, not to {text}."
    if text.lower() in managers.lower():
        what += " (The one you gave only manages it by delegation.)"
    return (Finding(Severity.INFO, key, what, "The subscription's own tenant is taken.", correction=own),)
