"""Purging: what Azure keeps after it was deleted, so that it can be restored, and removing it for good when asked."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from wizard.apply.events import Waiting
from wizard.apply.journal import FORMER, Journal, Made
from wizard.apply.work import Undoable, Work, pause_after
from wizard.azure.errors import AzureProblem, Forbidden
from wizard.plan import DirectoryKind

_VAULT = "microsoft.keyvault/vaults"
KEPT_FOR: Mapping[str, str] = MappingProxyType(
    {
        DirectoryKind.APPLICATION.value: "30 days",
        DirectoryKind.SERVICE_PRINCIPAL.value: "30 days",
        _VAULT: "7 to 90 days",
    }
)
"""How long Azure keeps what was deleted, by its kind."""
PURGED = "purged"
"""The field of an outcome that says that it was deleted for good."""
_VAULTS = "2023-07-01"
_MOST = 600.0


def kept_for(kind: str) -> str:
    """Return how long Azure keeps one of this kind after it was deleted; empty: it is gone at once."""
    return KEPT_FOR.get(kind.lower() if "/" in kind else kind, "")


def removed_before(journal: Journal) -> tuple[Made, ...]:
    """Return what this profile made, has removed, and Azure may still keep; principals before applications."""
    made: dict[str, Made] = {}
    removed: dict[str, Made] = {}
    for at, entry in enumerate(journal.entries()):
        identity = str(entry.fields.get("id", ""))
        if not identity or not kept_for(entry.kind):
            continue
        if entry.what == "made" and not entry.fields.get(FORMER):
            made[identity] = Made(entry.key, entry.kind, entry.fields, at)
            removed.pop(identity, None)
        elif entry.what == "undone":
            removed.pop(identity, None)
            if identity in made and not entry.fields.get(PURGED):
                removed[identity] = replace(made[identity], at=at)
    return tuple(removed.values())


async def is_kept(work: Work, gone: Made) -> bool:
    """Whether Azure still keeps something that was deleted. What may not be seen counts as gone.

    Raises:
        AzureProblem: Azure could not be asked.
    """
    try:
        if gone.kind.lower() == _VAULT:
            return bool(await _deleted_vault(work, str(gone.fields["id"])))
        return await work.azure.graph.is_deleted(str(gone.fields["id"]))
    except Forbidden:
        return False


async def purge(work: Work, gone: Made, label: str) -> str:
    """Delete for good what was deleted; return why it stays, empty when it is gone.

    Raises:
        AzureProblem: Azure refuses.
        Undoable: it does not go.
        Stopped: the person asked to stop.
    """
    identity = str(gone.fields["id"])
    work.journal.begin(f"purge:{gone.key}", gone.kind, id=identity, label=label)
    stays = ""
    if gone.kind.lower() != _VAULT:
        await work.azure.graph.purge(identity)
    else:
        stays = await _purge_vault(work, gone, label)
    if not stays:
        for key in (gone.key, f"purge:{gone.key}"):
            work.journal.undone(key, gone.kind, id=identity, **{PURGED: True})
    return stays


async def _purge_vault(work: Work, gone: Made, label: str) -> str:
    deleted = await _deleted_vault(work, str(gone.fields["id"]))
    if not deleted:
        return ""
    try:
        await work.azure.arm.act(f"{deleted}/purge", _VAULTS)
    except AzureProblem as problem:
        if problem.code == "MethodNotAllowed":
            return "purge protection keeps it until its time is over"
        raise
    began = time.monotonic()
    while await work.azure.arm.read(deleted, _VAULTS) is not None:
        waited = time.monotonic() - began
        if waited > _MOST:
            raise Undoable(f"{label} is still there after ten minutes.", "Run undo with --purge again.")
        work.on_event(Waiting(gone.key, label, "Azure says: being purged", waited, _MOST))
        await work.pause(pause_after(waited))
    return ""


async def _deleted_vault(work: Work, vault: str) -> str:
    """The id under which a deleted vault is kept; empty where it is not."""
    subscription = "/".join(vault.split("/")[:3])
    path = f"{subscription}/providers/Microsoft.KeyVault/deletedVaults"
    for one in await work.azure.arm.read_all(path, _VAULTS):
        if str((one.get("properties") or {}).get("vaultId", "")).lower() == vault.lower():
            return str(one.get("id") or "")
    return ""
