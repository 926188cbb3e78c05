"""Proofs of storage, identity, registry and SSH key: read-only looks at what clusters will need (hopsworks.md section 7)."""

from __future__ import annotations

from wizard.azure.storage import (
    Inside,
    look_inside,
    managed_identity,
    region_name,
    registry,
    ssh_key,
    storage_account,
)
from wizard.checks.ssh_keys import fingerprint, public_half, same_key
from wizard.proofs import Proven, Proving
from wizard.text import clean_line

_AGAIN = "Apply the profile again."


async def identity_stands(proving: Proving) -> Proven:
    """Read the managed identity: it is there, and in the region of everything else (proof 4)."""
    found = await managed_identity(proving.azure.arm, proving.arguments["identity"])
    if found is None or not found.principal_id:
        return Proven(ok=False, what="the identity is gone", mend=_AGAIN)
    wanted = region_name(proving.arguments["location"])
    if found.location != wanted:
        what = f"the identity is in {found.location}, everything else in {wanted}"
        return Proven(ok=False, what=what, mend="Pick one region for all, in step 0.4.")
    return Proven(ok=True, what=f"there, in {found.location}")


async def storage_stands(proving: Proving) -> Proven:
    """Read the storage account: made, TLS 1.2, shared keys where backups want them (proof 5)."""
    found = await storage_account(proving.azure.arm, proving.arguments["storage"])
    if found is None:
        return Proven(ok=False, what="the storage account is gone", mend=_AGAIN)
    if found.state != "Succeeded":
        return Proven(
            ok=False, what=f"Azure says: {clean_line(found.state)}", mend="Wait a little.", passing=True
        )
    if proving.arguments["backups"] and not found.shared_key:
        mend = "Allow shared keys on the account, or answer no to backups."
        return Proven(ok=False, what="shared keys are off, and backups need them", mend=mend)
    tls = found.minimum_tls.replace("TLS", "TLS ").replace("_", ".")
    if not found.open_to_all:
        what = f"{found.sku}, {tls}; a firewall stands before it"
        mend = "Let the cluster's subnet in, by service endpoint and rule."
        return Proven(ok=True, what=what, mend=mend, warning=True)
    old = found.minimum_tls in {"TLS1_0", "TLS1_1"}
    keys = "shared keys on" if found.shared_key else "shared keys off"
    return Proven(ok=True, what=f"{found.kind}, {found.sku}, at least {tls}, {keys}", warning=old)


async def identity_may(proving: Proving) -> Proven:
    """Read which roles reach the identity at the account; ours must be among them (proof 6, C-roleasg)."""
    known = proving.known.get("identity", {}).get("principal_id", "")
    if not known:
        found = await managed_identity(proving.azure.arm, proving.arguments["identity"])
        known = found.principal_id if found is not None else ""
    if not known:
        return Proven(ok=False, what="the identity is gone", mend=_AGAIN)
    held = await proving.azure.arm.role_assignments(proving.arguments["storage"], known)
    if any(one.role == proving.arguments["role"].lower() for one in held):
        return Proven(ok=True, what="it holds the storage role at the account")
    what = "the identity does not hold the storage role at the account"
    return Proven(ok=False, what=what, mend=_AGAIN, passing=True)


async def container_empty(proving: Proving) -> Proven:
    """Look into the container: Hopsworks starts with an absent or empty one (proof 7)."""
    inside = await look_inside(proving.azure, proving.arguments["storage"], proving.arguments["container"])
    if inside is Inside.ABSENT:
        return Proven(ok=True, what="not there yet; Hopsworks will make it")
    if inside is Inside.EMPTY:
        return Proven(ok=True, what="there and empty")
    if inside is Inside.HOLDS_DATA:
        mend = "A cluster that runs already writes there; for a new one choose another container."
        return Proven(ok=True, what="it holds data", mend=mend, warning=True)
    why = "the firewall lets nobody in" if inside is Inside.SHUT else "you need Storage Blob Data Reader"
    return Proven(ok=True, what=f"cannot look inside: {why}", mend="Make sure of it yourself.", warning=True)


async def registry_stands(proving: Proving) -> Proven:
    """Read the registry: Premium, with retention (proof 9)."""
    found = await registry(proving.azure.arm, proving.arguments["registry"])
    if found is None:
        return Proven(ok=False, what="the registry is gone", mend=_AGAIN)
    if not found.premium:
        return Proven(ok=False, what=f"it is {found.sku}", mend="Raise it to Premium.")
    if not found.retention:
        mend = "Turn retention on, see the manual tasks."
        return Proven(ok=True, what="Premium, but keeps untagged images for ever", mend=mend, warning=True)
    return Proven(ok=True, what=f"Premium, drops untagged images after {found.retention} days")


async def ssh_key_stands(proving: Proving) -> Proven:
    """Read the SSH key: it has a public half, and the private half on this machine fits (proof 8)."""
    found = await ssh_key(proving.azure.arm, proving.arguments["ssh_key"])
    if found is None:
        return Proven(ok=False, what="the SSH key is gone from the group", mend=_AGAIN)
    if not found.public_key:
        return Proven(ok=False, what="the SSH key has no public half", mend=_AGAIN)
    path = proving.arguments.get("path", "")
    if not path:
        return Proven(ok=True, what=fingerprint(found.public_key))
    half = public_half(proving.machine, path)
    if not half:
        what = f"the private half is not at {path} on this machine"
        return Proven(ok=True, what=what, mend="Whoever has it can reach the cluster.", warning=True)
    if not same_key(half, found.public_key):
        what = f"the private key at {path} is of another pair"
        mend = "Choose another file, or make a new key under another name."
        return Proven(ok=False, what=what, mend=mend)
    return Proven(ok=True, what=f"{fingerprint(found.public_key)}, private half at {path}")
