"""Resource providers: how they stand in a subscription, and registering one, which takes Azure some minutes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from wizard.apply.events import Result, Waiting
from wizard.apply.work import Undoable, Work, pause_after
from wizard.azure.errors import AzureProblem
from wizard.azure.session import Azure

REGISTERED = "Registered"
PROVIDER = "resource provider"
"""Its kind in the journal."""

_GOING = frozenset({"Registering", "NotRegistered", "Unregistering"})
_MOST = 1200.0
_USUAL = 180.0


def key_of(namespace: str) -> str:
    """The key of the task that registers a provider."""
    return f"provider:{namespace.lower()}"


async def provider_states(
    azure: Azure, subscription: str, namespaces: Sequence[str]
) -> dict[str, str | AzureProblem]:
    """Ask how providers stand, by namespace: ``Registered``, ``NotRegistered``, ``Registering``, or why it is unknown.

    `subscription` is the subscription's GUID.
    """

    async def state(namespace: str) -> str | AzureProblem:
        try:
            return await azure.arm.provider_state(subscription, namespace)
        except AzureProblem as problem:
            return problem

    states = await asyncio.gather(*(state(namespace) for namespace in namespaces))
    return dict(zip(namespaces, states, strict=True))


async def ensure_provider(work: Work, subscription: str, namespace: str) -> tuple[Result, str]:
    """Register a resource provider and wait until it is. Undo leaves it: others may use it by then.

    Raises:
        AzureProblem: Azure refuses, for instance because the right ``{namespace}/register/action`` is missing.
        Undoable: it takes longer than 20 minutes.
        Stopped: the person asked to stop; Azure goes on.
    """
    arm, key, label = work.azure.arm, key_of(namespace), f"provider {namespace}"
    state = await work.patiently(key, label, lambda: arm.provider_state(subscription, namespace))
    if state == REGISTERED:
        return Result.KEPT, "registered already"
    work.journal.begin(key, PROVIDER, namespace=namespace, subscription=subscription)
    if state != "Registering":
        state = await work.patiently(key, label, lambda: arm.register_provider(subscription, namespace))
    began = work.now()
    while state != REGISTERED:
        waited = work.now() - began
        if waited >= _MOST or state not in _GOING:
            what = f"{namespace} is still {state or 'in no known state'} after {waited / 60:.0f} minutes."
            raise Undoable(what, "Azure goes on registering it: run this again later.")
        work.on_event(Waiting(key, label, f"Azure says: {state.lower()}", waited, _USUAL))
        await work.pause(pause_after(waited))
        state = await arm.provider_state(subscription, namespace)
    work.journal.done(key, PROVIDER, made=False, id=namespace)
    return Result.MADE, "registered"
