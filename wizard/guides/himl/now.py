"""Which way of signing in hi-ml would take on this machine right now, and why.

It follows the code of hi-ml-azure (health_azure/auth.py `get_credential`, utils.py `get_workspace`), not its
document, which knows only two ways.
"""

from __future__ import annotations

import json
from pathlib import Path

from wizard.guide import Asking, Finding, Findings, Severity
from wizard.machine import Machine

PRINCIPAL = ("HIML_SERVICE_PRINCIPAL_ID", "HIML_SERVICE_PRINCIPAL_PASSWORD", "HIML_TENANT_ID")
WORKSPACE = ("HIML_SUBSCRIPTION_ID", "HIML_RESOURCE_GROUP", "HIML_WORKSPACE_NAME")
STEP = "1.2"


async def this_machine(asking: Asking) -> Findings:
    """Tell the way hi-ml would take now, and a config.json that would win over the variables."""
    return (*sign_in_now(asking.machine), *workspace_now(asking.machine))


def sign_in_now(machine: Machine) -> Findings:
    """Return which credential hi-ml would use (order of `get_credential`, himl.md section 0)."""
    present = [name for name in PRINCIPAL if machine.has(name)]
    if len(present) == len(PRINCIPAL):
        what = "hi-ml would use the service principal in your environment variables."
        return (_told(what, "All three HIML_ variables are set, and they come before anything else."),)
    findings: Findings = ()
    if present:
        what = f"Only {len(present)} of 3 are set ({', '.join(present)}): hi-ml ignores them without a word."
        findings = (_warned(what, "An empty variable counts as missing.", "Unset them, or set all three."),)
    return (*findings, _fall_back(machine))


def _fall_back(machine: Machine) -> Finding:
    if _az_signed_in(machine.azure_config):
        return _told("hi-ml would use the Azure CLI's sign-in.", "There is an `az login` on this machine.")
    if machine.environ.get("GITHUB_ACTIONS") == "true":
        what = "hi-ml would stop: in GitHub Actions it never asks a person."
        return _warned(what, "", "Use azure/login in the workflow before it.")
    what = "hi-ml would ask you to sign in with a device code, then in the browser."
    return _told(what, "Neither the three variables nor an `az login` were found.")


def _az_signed_in(folder: Path) -> bool:
    try:
        profile = json.loads((folder / "azureProfile.json").read_text("utf-8-sig"))
    except (OSError, ValueError):
        return False
    return isinstance(profile, dict) and bool(profile.get("subscriptions"))


def workspace_now(machine: Machine) -> Findings:
    """Return what names the workspace: a config.json up the folders wins over the variables."""
    files = machine.parents_with("config.json")
    if files:
        what = f"{files[0]} decides which workspace hi-ml uses here."
        rule = "A config.json in this folder or a parent wins over the HIML_ variables."
        return (_warned(what, rule, "Move it away if that is not what you want."),)
    missing = [name for name in WORKSPACE if not machine.has(name)]
    if not missing:
        return (_told("The workspace is named by your HIML_ variables.", "No config.json is in the way."),)
    return (_told("No workspace is named yet on this machine.", f"Not set: {', '.join(missing)}."),)


def _told(what: str, rule: str = "") -> Finding:
    return Finding(Severity.INFO, STEP, what, rule)


def _warned(what: str, rule: str = "", mend: str = "") -> Finding:
    return Finding(Severity.WARNING, STEP, what, rule, mend)
