"""What stands before every write and delete besides rights: locks and policies."""

from __future__ import annotations

from wizard.practice.arm import locks, policies
from wizard.practice.arm.call import Call

_READS = frozenset({"GET", "HEAD"})


def check(call: Call) -> None:
    """Refuse what a lock or a policy forbids.

    Raises:
        Failure: 409 ScopeLocked or 403 RequestDisallowedByPolicy.
    """
    if call.request.method in _READS:
        return
    locks.guard(call)
    policies.guard(call)
