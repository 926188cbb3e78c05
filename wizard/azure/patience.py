"""How long to wait for Azure's own copies to agree: new principals and roles need a while to be known everywhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from wizard.azure.errors import AzureProblem, Forbidden, Throttled, Unreachable

T = TypeVar("T")

# The Azure CLI's own policy: 36 attempts, 5 seconds apart.
SECONDS = 180.0
EVERY = 5.0

_NOT_YET_KNOWN = frozenset(
    {
        "principalnotfound",
        "roledefinitiondoesnotexist",
        "nobackingapplicationobject",
        "request_resourcenotfound",
    }
)
_NOT_YET_TEXTS = (
    "does not reference",
    "does not exist",
    "service principal being created must in the local tenant",
    "does not exist in the directory",
    "in graph database",  # what the portal says of a young managed identity (hopsworks.md 2.4)
)


def is_replication(problem: AzureProblem) -> bool:
    """Whether a refusal means that a new object is not known everywhere yet (the texts are the Azure CLI's, and one of the portal's)."""
    if problem.code.lower() in _NOT_YET_KNOWN:
        return True
    said = [problem.message, *(d.message for d in problem.details)]
    return any(text in message for message in said for text in _NOT_YET_TEXTS)


def is_new_secret_delay(problem: AzureProblem) -> bool:
    """Whether a sign-in fails as it does while a new secret or principal is not known to Entra yet."""
    return problem.code in {"AADSTS7000215", "AADSTS700016", "AADSTS7000229"}


def is_new_role_delay(problem: AzureProblem) -> bool:
    """Whether a call fails as it does while a new role assignment is not effective yet."""
    return isinstance(problem, Forbidden)


async def wait_for_replication(
    attempt: Callable[[], Awaitable[T]],
    *,
    transient: Callable[[AzureProblem], bool] = is_replication,
    seconds: float = SECONDS,
    every: float = EVERY,
    on_wait: Callable[[float, AzureProblem], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> T:
    """Try until it works, a lasting problem appears, or `seconds` have gone by (every `every` seconds).

    A call that got no answer, or "too many calls", is tried again too: `attempt` must be safe to repeat.
    `on_wait` is told the seconds waited so far and the reason, before each wait.

    Raises:
        AzureProblem: the last one, once it is not transient or time is up.
    """
    start, paused = clock(), 0.0
    while True:
        try:
            return await attempt()
        except AzureProblem as problem:
            elapsed = max(clock() - start, paused)
            pause = max(every, getattr(problem, "retry_after", 0.0))
            worth = transient(problem) or isinstance(problem, (Throttled, Unreachable))
            if not worth or elapsed + pause > seconds:
                raise
            if on_wait is not None:
                on_wait(elapsed, problem)
        await sleep(pause)
        paused += pause
