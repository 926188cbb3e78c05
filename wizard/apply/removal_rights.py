"""What stands in the way of an undo: what is gone already, and what the caller may not remove. Reads, and writes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence

from wizard.apply.journal import DEPLOYMENT, FORMER, Made
from wizard.apply.managing import lack_on_application, lack_on_others_principal, lacks_on_resources
from wizard.apply.outlining import identity_of
from wizard.apply.work import Work
from wizard.plan import GROUP_TYPE, DirectoryKind

_AT_ONCE = 8
_AUTHORIZATION = "microsoft.authorization/"  # a role is given, and taken, on what it stands on


async def still_there(work: Work, todo: Sequence[Made]) -> list[bool]:
    """Say of each whether Azure still has it, a few asked at once. What is put back counts as there.

    Raises:
        AzureProblem: Azure could not be asked.
    """
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def look(one: Made) -> bool:
        async with at_once:
            return await _is_there(work, one)

    return list(await asyncio.gather(*(look(one) for one in todo)))


async def _is_there(work: Work, one: Made) -> bool:
    graph, fields = work.azure.graph, one.fields
    if FORMER in fields or one.kind == DEPLOYMENT:
        return True
    if "/" in one.kind:
        return await work.azure.arm.read(str(fields["id"]), str(fields["api_version"])) is not None
    if one.kind == DirectoryKind.SERVICE_PRINCIPAL:
        return await graph.service_principal_by_object_id(str(fields["id"])) is not None
    if one.kind == DirectoryKind.APPLICATION:
        return await graph.application(str(fields["id"])) is not None
    if one.kind == DirectoryKind.FEDERATED_CREDENTIAL:
        trusted = await graph.federated(str(fields["application"]))
        return any(trust.id == fields["id"] for trust in trusted)
    app = await graph.application(str(fields.get("application", "")))
    return app is not None and any(p.key_id == fields.get("key_id") for p in app.passwords)


async def lacks(work: Work, todo: Sequence[Made]) -> dict[tuple[str, str], str]:
    """Say which of them, by identity, the caller may not remove or put back, and why.

    Raises:
        AzureProblem: Azure could not be asked.
    """
    needs = {identity_of(one): need for one in todo if (need := _need(one))}
    lacking = await lacks_on_resources(work, set(needs.values()))
    found = {one: lacking[need] for one, need in needs.items() if need in lacking}
    return found | await _directory_lacks(work, [one for one in todo if identity_of(one) not in needs])


def _need(one: Made) -> tuple[str, str] | None:
    """The scope and the action that taking it back asks for; None for what is not Azure's."""
    verb = "write" if FORMER in one.fields else "delete"
    if one.kind == DEPLOYMENT:
        return str(one.fields["scope"]), f"Microsoft.Resources/deployments/{verb}"
    if "/" not in one.kind:
        return None
    kind = GROUP_TYPE.replace("resourceGroups", "subscriptions/resourceGroups")
    identity = str(one.fields["id"])
    if one.kind.lower().startswith(_AUTHORIZATION):
        identity = identity[: identity.lower().rindex(f"/providers/{_AUTHORIZATION}")]
    return identity, f"{kind if one.kind.lower() == GROUP_TYPE.lower() else one.kind}/{verb}"


async def _directory_lacks(work: Work, todo: Sequence[Made]) -> dict[tuple[str, str], str]:
    owned = {
        str(m.fields.get("app_id")): str(m.fields["id"]) for m in todo if m.kind == DirectoryKind.APPLICATION
    }
    asked: dict[str, Awaitable[str]] = {}
    place: dict[tuple[str, str], str] = {}
    for one in todo:
        holder = place[identity_of(one)] = _application_of(one, owned)
        if holder not in asked:
            asked[holder] = lack_on_application(work, holder) if holder else lack_on_others_principal(work)
    reasons = dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))
    return {one: reasons[holder] for one, holder in place.items() if reasons[holder]}


def _application_of(one: Made, owned: dict[str, str]) -> str:
    """The object id of the application that it hangs on; empty for the principal of somebody else's."""
    if one.kind == DirectoryKind.APPLICATION:
        return str(one.fields["id"])
    if one.kind == DirectoryKind.SERVICE_PRINCIPAL:
        return owned.get(str(one.fields.get("app_id")), "")
    return str(one.fields.get("application", ""))
