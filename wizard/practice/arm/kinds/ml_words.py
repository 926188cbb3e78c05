"""How Machine Learning refuses: its errors carry much beside code and message."""

from __future__ import annotations

from typing import Any

from wizard.practice.kernel import Failure

_BESIDE: dict[str, Any] = {
    "severity": None,
    "messageFormat": "",
    "messageParameters": {},
    "referenceCode": None,
    "detailsUri": None,
    "target": None,
    "details": [],
    "innerError": None,
    "debugInfo": None,
    "additionalInfo": None,
}


def refused(message: str, code: str = "BadRequest", status: int = 400) -> Failure:
    """A refusal of the workspace's own provider."""
    return Failure(status, code, message)


def user_error(message: str, status: int = 400) -> Failure:
    """A refusal of the services behind it: `UserError` with all its companions."""
    return Failure(status, "UserError", message, beside=_BESIDE)
