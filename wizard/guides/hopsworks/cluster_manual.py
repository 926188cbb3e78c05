"""What stays for a person to do in Hopsworks: the form, with a tick list of what is easily overlooked there."""

from __future__ import annotations

from wizard.answers import Answers
from wizard.guides.hopsworks.form import own_nsg, own_vnet, public_head, registry, retention, truth
from wizard.guides.hopsworks.where import is_limited
from wizard.plan import Manual

SITE = "https://managed.hopsworks.ai"


def manual(answers: Answers) -> tuple[Manual, ...]:
    """Return the manual tasks of steps 4 and 6, in the order in which they are done."""
    text = (
        f"Open {SITE}, press Create cluster, and copy the sheet field by field; or run terraform apply with the exported "
        "file and your API key in HOPSWORKSAI_API_KEY."
    )
    whole = "\n".join((text, *(f"[ ] {tick}" for tick in ticks(answers))))
    told = (
        "It boots for some minutes, up to 45. Address, user and password are shown once: keep them. Then the quick start at "
        "https://docs.hopsworks.ai."
    )
    return (
        Manual("cluster", "Create the cluster in Hopsworks", whole, step="4.10"),
        Manual("next", "Sign in to the cluster", told, step="6"),
    )


def ticks(answers: Answers) -> tuple[str, ...]:
    """Return what to look at in the form, each a sentence.

    What the second document's step 4 asks for besides has a task of its own (L4), and is not said twice.
    """
    found = []
    if not is_limited(answers):
        found.extend(_network(answers))
    if truth(answers, "use_static_ips"):
        found.append("Security group page: tick Use static IPs; it shows the two addresses of step L2.")
    if retention(answers) == 0:
        found.append("Backup retention: 0; it can't be changed later.")
    if registry(answers):
        found.append(f"Container registry: {registry(answers)}; it can't be changed later.")
    return tuple(found)


def _network(answers: Answers) -> list[str]:
    found = []
    if own_vnet(answers):
        names = f"{answers.text('vnet_name')} and subnet {answers.text('subnet_name')}"
        found.append(f"Virtual network: choose {names}, not automatic.")
    if own_nsg(answers):
        found.append(f"Security group: choose {answers.text('nsg_name')}, not automatic.")
    if not public_head(answers):
        found.append("Security group page: untick Attach Public IP.")
    return found
