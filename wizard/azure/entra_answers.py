"""Answers of Entra, looked at before MSAL is given them: what is none of Entra's is told in our words, and never in MSAL's.

MSAL takes an answer apart without looking, so that a page of a network ends as "NoneType has no attribute". Nothing of
a body gets into what is raised here: it may hold a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.azure.errors import AzureProblem, ServerFault, Throttled, UnreadableAnswer
from wizard.azure.reading import entra_code, json_object, seconds_to_wait

CONFIGURATION = "/.well-known/openid-configuration"
WORTH_REPEATING = frozenset({408, 429, 500, 502, 503, 504})
_NEEDED: Mapping[str, tuple[str, ...]] = {
    CONFIGURATION: ("authorization_endpoint", "token_endpoint"),
    "/devicecode": ("device_code", "user_code", "verification_uri"),
    "/token": ("access_token",),
}
_LOWEST_REFUSAL, _LOWEST_REDIRECT, _TOO_MANY = 400, 300, 429


def look(url: str, status: int, headers: Mapping[str, str], text: str) -> dict[str, Any]:
    """Return the JSON object of an answer, a refusal of Entra's included.

    Raises:
        Throttled, ServerFault: Entra has no time, or failed.
        UnreadableAnswer: it is not Entra's answer, or not a whole one.
    """
    lower = {str(name).lower(): str(value) for name, value in headers.items()}
    found = json_object(text)
    if status in WORTH_REPEATING and not (found and entra_code(str(found.get("error_description") or ""))):
        raise _fault(status, lower)
    if found is None or _LOWEST_REDIRECT <= status < _LOWEST_REFUSAL:
        raise _unreadable(status, lower)
    path = url.partition("?")[0]
    needed = next((names for end, names in _NEEDED.items() if path.endswith(end)), ())
    if status < _LOWEST_REDIRECT and not all(isinstance(found.get(name), str) for name in needed):
        raise _unreadable(status, lower)
    if status >= _LOWEST_REFUSAL and not isinstance(found.get("error"), str):
        raise _unreadable(status, lower)
    return found


def pause_before_repeating(headers: Mapping[str, str]) -> float:
    """Return how many seconds Entra wants to be left alone; a second where it does not say."""
    return seconds_to_wait({str(name).lower(): str(value) for name, value in headers.items()}) or 1.0


def _fault(status: int, headers: Mapping[str, str]) -> AzureProblem:
    known: dict[str, Any] = {"status": status, "request_id": headers.get("x-ms-request-id", "")}
    message = f"Entra answered {status}."
    if status == _TOO_MANY:
        return Throttled(message, retry_after=seconds_to_wait(headers), **known)
    return ServerFault(message, **known)


def _unreadable(status: int, headers: Mapping[str, str]) -> UnreadableAnswer:
    return UnreadableAnswer(
        f"An answer with status {status} is not one of Entra's.",
        code="UnreadableAnswer",
        status=status,
        request_id=headers.get("x-ms-request-id", ""),
    )
