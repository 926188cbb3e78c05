"""Proving what was made: every proof of the plan, as the new principal where it has one, with patience for replication."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from profiles.profile import SavedProof, now
from profiles.secrets import SecretStoreError
from wizard.apply.events import Failed, Finished, Result, Started, Waiting
from wizard.apply.outcome import ProofResult
from wizard.apply.work import Work
from wizard.azure.errors import AzureProblem
from wizard.plan import Plan, Proof
from wizard.proofs import Proven, Proving
from wizard.threads import in_daemon_thread

if TYPE_CHECKING:
    from wizard.azure.session import Azure
    from wizard.setup import Setup

PATIENCE = 600.0  # a new role may take ten minutes to reach everywhere (COMMON section 9)
_FIRST_PAUSES = (0.5, 1.0, 2.0)
_PAUSE = 5.0


class KeptNowhere(Exception):  # noqa: N818 - the person's own choice
    """The client secret was shown once: nobody here can sign in with it again."""


class PrincipalDoor:
    """Signs in as the profile's own principal, once, with the secret from the store."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._open: Azure | None = None
        self._stack = AsyncExitStack()

    @asynccontextmanager
    async def enter(self) -> AsyncIterator[Azure]:
        """Yield a connection as the principal; it stays open for the next proof.

        Raises:
            SignInFailed: Entra refuses the secret.
            LookupError: the store has no secret for this profile.
            KeptNowhere: no store was to keep it.
        """
        if self._open is None:
            self._open = await self._sign_in()
        yield self._open

    async def _sign_in(self) -> Azure:
        from wizard.azure.session import Azure
        from wizard.azure.sign_in import sign_in_with_secret

        work = self._work
        binding = work.binding()
        secret = await in_daemon_thread(lambda: work.store.get(binding))
        if secret is None and not work.store.keeps:
            raise KeptNowhere
        if secret is None:
            raise LookupError("the client secret is in no store of this machine")
        signed_in = await sign_in_with_secret(work.azure.cloud, binding.tenant, binding.client_id, secret)
        return await self._stack.enter_async_context(Azure.open(signed_in))

    async def close(self) -> None:
        """Close the connection, if one was opened."""
        await self._stack.aclose()


async def prove_all(
    setup: Setup, work: Work, plan: Plan, *, patience: float = PATIENCE
) -> tuple[ProofResult, ...]:
    """Run every proof in order, and keep the results in the profile.

    Raises:
        Stopped: the person asked to stop.
    """
    door = PrincipalDoor(work)
    try:
        results = [await _prove(setup, work, door, proof, patience) for proof in plan.proofs]
    finally:
        await door.close()
    moment = now()
    setup.keep(proofs=tuple(SavedProof(r.title, r.ok, moment, r.what) for r in results))
    return tuple(results)


async def prove_possible(setup: Setup, work: Work, plan: Plan) -> tuple[ProofResult, ...]:
    """Run every proof once while something is still missing, and keep those that came out well.

    One that did not waits for what is missing; it is no failure, and is not told.

    Raises:
        Stopped: the person asked to stop.
    """
    door = PrincipalDoor(work)
    results: list[ProofResult] = []
    try:
        for proof in plan.proofs:
            work.checkpoint()
            proving = Proving(work.azure, door.enter, work.known, proof.arguments, setup.walkthrough.machine)
            proven = await _once(setup, proof, proving)
            if proven.ok:
                key, label = f"proof:{proof.key}", f"proof: {proof.title}"
                work.on_event(Finished(key, label, Result.PROVED, proven.what, 0.0, proven.warning))
                result = ProofResult(
                    proof.key, proof.title, ok=True, what=proven.what, warning=proven.warning
                )
                results.append(result)
    finally:
        await door.close()
    moment = now()
    setup.keep(proofs=tuple(SavedProof(r.title, r.ok, moment, r.what) for r in results))
    return tuple(results)


async def _prove(setup: Setup, work: Work, door: PrincipalDoor, proof: Proof, patience: float) -> ProofResult:
    key, label = f"proof:{proof.key}", f"proof: {proof.title}"
    work.checkpoint()
    work.on_event(Started(key, label))
    proving = Proving(work.azure, door.enter, work.known, proof.arguments, setup.walkthrough.machine)
    began, tries = work.now(), 0
    while True:
        proven = await _once(setup, proof, proving)
        seconds = work.now() - began
        pause = _FIRST_PAUSES[tries] if tries < len(_FIRST_PAUSES) else _PAUSE
        if proven.ok or not proven.passing or seconds + pause > patience:
            break
        work.on_event(Waiting(key, label, f"not yet: {proven.what}", seconds, patience))
        await work.pause(pause)
        tries += 1
    if proven.ok:
        work.on_event(Finished(key, label, Result.PROVED, proven.what, seconds, proven.warning))
    else:
        work.on_event(Failed(key, label, proven.what, proven.mend))
    return ProofResult(proof.key, proof.title, proven.ok, proven.what, proven.mend, proven.warning)


async def _once(setup: Setup, proof: Proof, proving: Proving) -> Proven:
    try:
        return await proof.prove(proving)
    except KeptNowhere:
        return _as_before(setup, proof)
    except AzureProblem as problem:
        return Proven(ok=False, what=str(problem), mend=problem.advice)
    except SecretStoreError as refusal:
        return Proven(ok=False, what=str(refusal), mend="Unlock the store, then verify again.")
    except LookupError as lost:
        return Proven(ok=False, what=str(lost.args[0]), mend="Apply the profile again: it makes a new one.")


def _as_before(setup: Setup, proof: Proof) -> Proven:
    """A proof that takes a secret which nobody kept stands as it came out when the secret was there."""
    before = next((one for one in setup.profile.proofs if one.title == proof.title), None)
    mend = f"azimuth rotate {setup.profile.name} makes another one, and proves it."
    if before is None or not before.ok:
        return Proven(ok=False, what="it can't be asked: the client secret is kept nowhere", mend=mend)
    what = f"it held on {before.at:%d %B %Y}; not asked again: the client secret is kept nowhere"
    return Proven(ok=True, what=what, mend=mend, warning=True)
