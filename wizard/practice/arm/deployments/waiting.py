"""When a deployment tries a resource again whose provider is busy, as ARM does by itself."""

from __future__ import annotations

from typing import Any

from wizard.practice.clock import Clock
from wizard.practice.kernel import Failure

_BUSY = frozenset({"RetryableError", "AnotherOperationInProgress"})
_TOO_MANY = 429
_PAUSE = 10.0  # seconds at time scale 1, where a refusal does not tell how long to wait
_SHORTEST = 0.01  # seconds: time must go on, whatever its scale
_PATIENCE = 3600.0  # seconds at time scale 1 from the first try on


def passes(failure: Failure) -> bool:
    """Whether a refusal goes away by itself."""
    return failure.status == _TOO_MANY or failure.code in _BUSY


def again(step: dict[str, Any], failure: Failure, clock: Clock) -> bool:
    """Put a refused step off if the refusal goes away by itself; whether it did.

    Args:
        step: it stays `Waiting`, its `after` tells when it is tried again (epoch seconds).
        failure: what the provider answered; its `Retry-After` or `retry-after-ms` counts.
        clock: stands at the moment of the refusal.
    """
    if not passes(failure):
        return False
    now = clock.now().timestamp()
    if step.get("tries_busy", 0) and not clock.younger(float(step["begun"]), _PATIENCE):
        return False
    step["tries_busy"] = step.get("tries_busy", 0) + 1
    step["after"] = now + max(_SHORTEST, _pause(failure, clock))
    return True


def _pause(failure: Failure, clock: Clock) -> float:
    told = {name.lower(): value for name, value in failure.headers.items()}
    if told.get("retry-after-ms", "").isdigit():
        return int(told["retry-after-ms"]) / 1000
    if told.get("retry-after", "").isdigit():
        return float(told["retry-after"])
    return _PAUSE * clock.scale
