"""Work: what carrying a plan out needs at hand, and the rules that hold for each of its writes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from profiles.room import is_of_the_disk, problem_of
from profiles.secrets import Binding, Secret, SecretStore
from wizard.apply.events import Failed, Finished, OnEvent, Result, Started, Waiting
from wizard.apply.journal import Journal
from wizard.azure import patience
from wizard.azure.errors import AzureProblem
from wizard.plan import Ref, resolve

if TYPE_CHECKING:
    from wizard.azure.session import Azure

T = TypeVar("T")
_log = logging.getLogger("wizard.apply.work")
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0


def pause_after(waited: float) -> float:
    """Return how long to wait before asking Azure again, in seconds: a twentieth of the wait so far.

    So nobody waits much longer than Azure takes, and Azure isn't asked more often than it likes.
    """
    return min(_LONGEST_PAUSE, max(_SHORTEST_PAUSE, waited / 20))


class Stopped(Exception):  # noqa: N818 - not an error: the person asked for it
    """The person asked to stop; nothing more is begun."""


class Undoable(Exception):  # noqa: N818 - told as a failure of its task
    """Something can't be done, for a reason that is not Azure's: the sentence, and the way out."""

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.mend = mend


@dataclass(slots=True)
class Work:
    """One run over one profile: where to write, what is known, whom to tell, and whether to stop.

    `parts` are the labels of what a task made and what it kept, where it is about several objects.
    """

    azure: Azure
    journal: Journal
    store: SecretStore
    profile: str
    tenant: str
    on_event: OnEvent
    typed: Mapping[str, Secret] = field(default_factory=dict)
    known: dict[str, dict[str, str]] = field(default_factory=dict)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: bool = False
    made: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    parts: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=dict)
    _hurried: float = 0.0

    def value(self, part: str | int | Ref) -> str:
        """Return the text a field of a planned object stands for.

        Raises:
            Unknown: it refers to an object that does not exist yet.
        """
        return resolve(part, self.known) if isinstance(part, Ref) else str(part)

    def binding(self) -> Binding:
        """Return what the client secret is bound to: cloud, tenant, client and profile."""
        client_id = self.known.get("app", {}).get("app_id", "")
        return Binding(self.azure.cloud.name, self.tenant, client_id, self.profile)

    def checkpoint(self) -> None:
        """Stop here if the person asked to.

        Raises:
            Stopped: they did.
        """
        if self.stopping.is_set():
            raise Stopped

    def now(self) -> float:
        """The clock that waits are measured by, in seconds: it has gone on by every pause, however short that really was."""
        return time.monotonic() + self._hurried

    async def pause(self, seconds: float) -> None:
        """Wait, but not longer than until the person asks to stop; where time runs faster, shorter."""
        really = seconds * self.azure.cloud.pace()
        self._hurried += seconds - really
        try:
            async with asyncio.timeout(really):
                await self.stopping.wait()
        except TimeoutError:
            return
        raise Stopped

    async def patiently(
        self,
        key: str,
        label: str,
        attempt: Callable[[], Awaitable[T]],
        *,
        transient: Callable[[AzureProblem], bool] = patience.is_replication,
        at_most: float = patience.SECONDS,
        why: str = "the directory replicates; this usually takes under 3 minutes",
    ) -> T:
        """Try until Azure's copies agree, with a visible clock (COMMON section 9), for `at_most` seconds.

        `why` says what a refusal that `transient` knows means.

        Raises:
            AzureProblem: it does not work, or not in time.
            Stopped: the person asked to stop.
        """

        def tell(seconds: float, problem: AzureProblem) -> None:
            reason = why if transient(problem) else str(problem)
            self.on_event(Waiting(key, label, reason, seconds, at_most))

        return await patience.wait_for_replication(
            attempt, transient=transient, seconds=at_most, on_wait=tell, clock=self.now, sleep=self.pause
        )

    async def task(self, key: str, label: str, do: Callable[[], Awaitable[tuple[Result, str]]]) -> None:
        """Do one task and tell how it went. A write once begun is finished, even when the person asks to stop.

        Raises:
            AzureProblem, Undoable, Stopped: told already as a failure of the task.
        """
        self.checkpoint()
        self.on_event(Started(key, label))
        began = time.monotonic()
        try:
            result, detail = await asyncio.shield(asyncio.ensure_future(do()))
        except AzureProblem as problem:
            _log.warning("%s failed: %s %s %s", key, type(problem).__name__, problem.status, problem.code)
            self.on_event(Failed(key, label, str(problem), problem.advice))
            raise
        except Undoable as problem:
            _log.warning("%s can't be done: %s", key, problem)
            self.on_event(Failed(key, label, str(problem), problem.mend))
            raise
        except OSError as refusal:
            if is_of_the_disk(refusal):
                self.on_event(Failed(key, label, problem_of(refusal)))
            raise
        if result in {Result.MADE, Result.KEPT}:
            made, kept = self.parts.pop(key, ((label,), ()) if result is Result.MADE else ((), (label,)))
            self.made.extend(made)
            self.kept.extend(kept)
        self.on_event(Finished(key, label, result, detail, time.monotonic() - began))
