"""Making the objects of a plan in their order: directory and providers side by side, keys, deployments, removals."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from wizard.apply.deploy import Stage, deploy, label, staged
from wizard.apply.directory import ensure, task_label
from wizard.apply.events import Result, Task
from wizard.apply.handoff import HandOff, label_of
from wizard.apply.key_pair import ensure_key
from wizard.apply.order import Batch, batches, dependents, provider_key, without
from wizard.apply.providers import REGISTERED, ensure_provider, key_of, provider_states
from wizard.apply.removal import remove
from wizard.apply.rights import FOREIGN_ROLES, Lack
from wizard.apply.work import Work
from wizard.azure.errors import Forbidden
from wizard.plan import DirectoryKind, DirectoryObject, KeyPair, Known, Plan, Proof, Removal
from wizard.threads import in_daemon_thread

if TYPE_CHECKING:
    from wizard.setup import Setup

_Did = tuple[Result, str]


class Maker:
    """Makes plans, or parts of one plan one after the other. `stage` is the deployment that is going on."""

    def __init__(self, setup: Setup, work: Work, whole: Plan) -> None:
        self._setup, self._work, self._whole = setup, work, whole
        self.stage: Stage | None = None
        self._refused: dict[str, Lack] = {}

    async def make(self, plan: Plan) -> dict[str, Lack]:
        """Make all of it; return what the directory refused to this identity though nothing foretold it.

        What hangs on a refused object is left out, too.

        Raises:
            AzureProblem, Undoable: something failed; nothing more was begun.
            Stopped: the person asked to stop.
        """
        self._refused = {}
        if plan.password is not None:
            await in_daemon_thread(self._work.store.probe)
        await _all(self._directory(plan), self._keys(plan, "here"))
        left = self._without_refused(plan)
        first = batches(without(left, await self._behind_providers(left)), self._work.known)
        await _all(self._providers(left), self._deploy_all(left, first))
        left = without(left, {resource.key for batch in first for resource in batch.resources})
        await self._deploy_all(left, batches(left, self._work.known))
        await self._keys(left, "azure", None)
        for removal in left.removals:
            await self._work.task(removal.key, label_of(plan, removal.key), self._removing(removal))
        return self._refused

    def _without_refused(self, plan: Plan) -> Plan:
        refused = frozenset(self._refused)
        return without(plan, refused | dependents(plan, self._work.known, refused))

    # The directory

    async def _directory(self, plan: Plan) -> None:
        for wanted in plan.directory:
            gone = dependents(plan, self._work.known, frozenset(self._refused))
            if wanted.key not in gone:
                await self._work.task(wanted.key, task_label(wanted), self._ensuring(wanted))

    def _ensuring(self, wanted: DirectoryObject) -> Callable[[], Awaitable[_Did]]:
        async def do() -> _Did:
            try:
                return await ensure(self._work, wanted)
            except Forbidden as problem:
                if wanted.kind is not DirectoryKind.SERVICE_PRINCIPAL:
                    raise
                self._refused[wanted.key] = Lack(str(problem), who=FOREIGN_ROLES)
                return Result.SKIPPED, "refused; it is handed to an administrator"

        return do

    # The rest

    async def _providers(self, plan: Plan) -> None:
        subscription = plan.subscription

        def registering(namespace: str) -> Callable[[], Awaitable[_Did]]:
            return lambda: ensure_provider(self._work, subscription, namespace)

        names = plan.providers
        await _all(*(self._work.task(key_of(n), f"provider {n}", registering(n)) for n in names))

    async def _keys(self, plan: Plan, made_by: str, after: set[str] | None = None) -> None:
        """Make the key pairs of one sort: those whose resource was made just now, or with None, all that are left."""
        for pair in plan.keys:
            due = after is None or pair.resource in after
            if pair.made_by == made_by and due and pair.key not in self._work.known:
                await self._work.task(pair.key, label_of(plan, pair.key), self._making(pair))

    def _making(self, pair: KeyPair) -> Callable[[], Awaitable[_Did]]:
        return lambda: ensure_key(self._work, pair)

    def _removing(self, removal: Removal) -> Callable[[], Awaitable[_Did]]:
        return lambda: remove(self._work, removal)

    async def _behind_providers(self, plan: Plan) -> frozenset[str]:
        """The objects that have to wait for a provider to be registered, which takes Azure minutes."""
        states = await provider_states(self._work.azure, plan.subscription, plan.providers)
        missing = [provider_key(name) for name, state in states.items() if state != REGISTERED]
        return dependents(plan, self._work.known, missing)

    async def _deploy_all(self, plan: Plan, listed: Sequence[Batch]) -> None:
        """Deploy one after the other; behind each, the key pairs that Azure makes on what it made."""
        for batch in listed:
            await self._deploy(batch)
            await self._keys(plan, "azure", {resource.key for resource in batch.resources})

    async def _deploy(self, batch: Batch) -> None:
        setup, work = self._setup, self._work
        stage = self.stage = staged(self._whole.guide, work.profile, batch.scope, batch.resources, work)
        if stage.name not in setup.profile.deployments:
            setup.keep(deployments=(*setup.profile.deployments, stage.name))
        await work.task(stage.task, label(stage), lambda: deploy(work, stage))
        self.stage = None


async def _all(*jobs: Awaitable[None]) -> None:
    """Do jobs side by side, each to its end, and raise the first problem then: a write is never broken off."""
    ended = await asyncio.gather(*jobs, return_exceptions=True)
    for fault in ended:
        if isinstance(fault, BaseException):
            raise fault


def outline(
    plan: Plan, known: Known, offs: Sequence[HandOff] = (), proofs: Sequence[Proof] = ()
) -> tuple[Task, ...]:
    """Return the tasks of a run over what can be made of a plan, in order."""
    tasks = [Task(wanted.key, task_label(wanted)) for wanted in plan.directory]
    tasks += [Task(key_of(name), f"provider {name}") for name in plan.providers]
    tasks += [Task(pair.key, label_of(plan, pair.key)) for pair in plan.keys if pair.made_by == "here"]
    made: set[str] = set()
    for batch in batches(plan, known):
        tasks.append(Task(batch.resources[0].key, label(Stage(batch.scope, "", batch.resources, {}, {}))))
        made |= {resource.key for resource in batch.resources}
        due = (pair for pair in plan.keys if pair.made_by == "azure" and pair.resource in made)
        tasks += [task for pair in due if (task := Task(pair.key, label_of(plan, pair.key))) not in tasks]
    tasks += [Task(removal.key, label_of(plan, removal.key)) for removal in plan.removals]
    tasks += [Task(off.key, off.label) for off in offs]
    return (*tasks, *(Task(f"proof:{proof.key}", f"proof: {proof.title}") for proof in proofs))
