"""A pasted client secret: is it the value, or the Secret ID that stands beside it in the portal."""

from __future__ import annotations

from wizard.azure.errors import SignInFailed
from wizard.azure.sign_in import sign_in_with_secret
from wizard.guide import Asking, Finding, Findings, Severity
from wizard.shapes import is_guid

KEY = "secret_value"


async def pasted_secret(asking: Asking) -> Findings:
    """Sign in with the pasted value; recognise the Secret ID, whose value nobody can read again (steps 8-9)."""
    typed = asking.secrets.get(KEY)
    if typed is None:
        return ()
    if is_guid(typed.reveal().strip()):
        what = "That was the Secret ID. hi-ml needs the Value, and Azure shows a value only once."
        mend = "Azimuth will make a new secret instead."
        return (Finding(Severity.INFO, KEY, what, "", mend, correction="new", corrects="secret_from"),)
    tenant, client_id = asking.azure.identity.tenant, asking.answers.text("app_id")
    try:
        await sign_in_with_secret(asking.azure.cloud, tenant, client_id, typed)
    except SignInFailed as problem:
        return (Finding(Severity.ERROR, KEY, str(problem), "", "Paste the Value, or have a new one made."),)
    return (Finding(Severity.OK, KEY, "Signing in with it works."),)
