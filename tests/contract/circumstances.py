"""Recorded answers that no fresh world can give again, because they came of what is not in the recording, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.contract.recordings import Row

_CODES = {
    "AuthorizationFailed": "the recorder's own account lacked a right",
    "Authorization_RequestDenied": "the recorder's own account lacked a right",
    "LinkedAuthorizationFailed": "the recorder's own account lacked a right",
    "SkuNotAvailable": "capacity of a region that day",
    "AllocationFailed": "capacity of a region that day",
    "ZonalAllocationFailed": "capacity of a region that day",
    "OverconstrainedAllocationRequest": "capacity of a region that day",
    "QuotaExceeded": "the quota of the recorder's subscription",
    "InternalExecutionError": "an error inside of Azure",
    "GwmOperationTimeOut": "an error inside of Azure",
    "InternalServerError": "an error inside of Azure",
    "InternalOperationError": "an error inside of Azure",
    "InternalError": "an error inside of Azure",
    "RetryableError": "Azure was busy with another operation",
    "TooManyRequests": "throttled",
    "RequestDisallowedByPolicy": "a policy of the recorder's company",
}


def _goes_on(body: Mapping[str, Any]) -> bool:
    return str(body.get("status")).lower() not in ("succeeded", "failed", "canceled", "none")


def circumstance(row: Row) -> str:
    """Why a recorded answer can't be asked of a fresh world; nothing when it can."""
    if row.status >= 500 or row.status in (408, 499):
        return "an error inside of Azure"
    if row.status == 429:
        return "throttled or busy"
    if row.label == "Login/token" and row.method == "POST" and "client_id=" not in str(row.sent):
        return "who asked was cut out of the recording"
    if row.follows is not None and isinstance(row.body, dict) and "error" in row.body and _goes_on(row.body):
        # What a poll says of a step that went wrong while the operation goes on.
        return "an error inside of Azure"
    code = str(row.error.get("code") or "")
    return _CODES.get(code, "")
