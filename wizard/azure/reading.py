"""How Azure writes its errors: the shapes of ARM, Graph, Entra and older services, read tolerantly."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_AADSTS = re.compile(r"AADSTS(\d{4,9})")
_TRACE = re.compile(r"\r?\n| Trace ID:")  # what Entra adds after the sentence
_TRACE_ID = re.compile(r"Trace ID: ([0-9a-f-]{36})")
_LONGEST_RETRY_AFTER = 120.0
_DEEPEST = 6

# These codes only say that something inside failed; what is inside says why.
_WRAPPERS = frozenset(
    {"deploymentfailed", "invalidtemplatedeployment", "resourcedeploymentfailure", "multipleerrorsoccurred"}
    | {"badrequest", "conflict", "deploymentfailedcleanup", "failed", "notspecified"}
)


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as Azure wrote it; `others` are (code, message, target) of what else it said, outermost last."""

    code: str
    message: str
    target: str = ""
    others: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer that an exception was made from."""

    status: int
    reason: str
    request_id: str
    retry_after: float
    is_page: bool
    fault: Fault | None


def answer_of(exceptions: tuple[BaseException, ...]) -> Answer | None:
    """Find the HTTP answer behind exceptions of azure-core; None when there was none, or it wasn't read."""
    for exc in exceptions:
        response = getattr(exc, "response", None)
        status = getattr(response, "status_code", None)
        if response is None or not isinstance(status, int):
            continue
        broken = any(cls.__name__ == "DecodeError" for cls in type(exc).__mro__)
        text = "" if broken else _text(response)
        headers = {str(k).lower(): str(v) for k, v in (getattr(response, "headers", None) or {}).items()}
        return Answer(
            status=status,
            reason=str(getattr(response, "reason", "") or ""),
            request_id=_request_id(headers),
            retry_after=seconds_to_wait(headers),
            is_page="html" in headers.get("content-type", "") or text.lstrip()[:1] == "<",
            fault=fault_in(_parsed(text)),
        )
    return None


def _text(response: Any) -> str:
    """The body, or "" when it was streamed and never read (azure-core then raises ResponseNotReadError)."""
    try:
        return str(response.text())
    except Exception as exc:
        if type(exc).__module__.partition(".")[0] in {"azure", "builtins"}:
            return ""
        raise


def _parsed(text: str) -> Any:
    try:
        return json.loads(text.lstrip("\ufeff"))
    except ValueError:
        return None


def _request_id(headers: Mapping[str, str]) -> str:
    names = ("x-ms-correlation-request-id", "request-id", "x-ms-request-id")
    return next((headers[n] for n in names if n in headers), "")


def seconds_to_wait(headers: Mapping[str, str]) -> float:
    """Read Retry-After or retry-after-ms (lower-case names): 0 when absent or senseless, at most 120 s."""
    written = headers.get("retry-after")
    per_second = 1.0
    if written is None:
        written, per_second = headers.get("retry-after-ms"), 1000.0
    try:
        seconds = float(written or 0) / per_second
    except ValueError:
        return 0.0
    return min(seconds, _LONGEST_RETRY_AFTER) if seconds > 0 and not math.isnan(seconds) else 0.0


def entra_code(text: str) -> str:
    """The AADSTS code in a text of Entra or MSAL, or ""."""
    found = _AADSTS.search(text)
    return found.group(0) if found else ""


def entra_sentence(text: str) -> tuple[str, str]:
    """Entra's own sentence and its trace id, out of what MSAL, azure-identity and the CLI put around them."""
    start = text.find("AADSTS")
    trace = _TRACE_ID.search(text)
    return _TRACE.split(text[max(start, 0) :], maxsplit=1)[0].strip(), trace.group(1) if trace else ""


def fault_in(body: Any) -> Fault | None:
    """Read the error in a JSON body of any shape that Azure uses; None when there is none."""
    found = _error_object(body)
    if found is None:
        return None
    levels = list(_levels(found, 0))
    if not levels:
        return None
    (code, message, target), *others = reversed(levels)
    return Fault(code, message, target, tuple(others))


def _error_object(body: Any) -> Mapping[str, Any] | None:
    if not isinstance(body, Mapping):
        return None
    error = _member(body, "error")
    if isinstance(error, str):  # OAuth 2.0
        text = str(_member(body, "error_description") or error)
        return {"code": entra_code(text) or error, "message": text}
    for name in ("error", "odata.error"):
        inner = _member(body, name)
        if isinstance(inner, Mapping):
            return inner
    properties = _member(body, "properties")
    if isinstance(properties, Mapping) and isinstance(_member(properties, "error"), Mapping):
        return _error_object(properties)
    known = ("code", "message", "title", "errorcode")
    return body if any(_member(body, n) is not None for n in known) else None


def _levels(error: Mapping[str, Any], depth: int) -> Iterator[tuple[str, str, str]]:
    """Yield (code, message, target), outermost first; only wrappers are followed inwards to the cause."""
    code = str(_member(error, "code") or _member(error, "errorcode") or "")
    message = _message(error)
    nested = _in_message(message) if depth < _DEEPEST else None
    details = _member(error, "details")
    inner = [d for d in details if isinstance(d, Mapping)] if isinstance(details, list) else []
    wrapper = code.lower() in _WRAPPERS or not code
    if nested is not None and wrapper:
        inner = [nested, *inner]
        message = ""
    own = (code, message or code, str(_member(error, "target") or ""))
    if wrapper and inner and depth < _DEEPEST:
        yield own
        for detail in reversed(inner):
            yield from _levels(detail, depth + 1)
    else:
        yield from (_plain(d) for d in reversed(inner))
        yield own


def _plain(error: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(_member(error, "code") or ""), _message(error), str(_member(error, "target") or "")


def _message(error: Mapping[str, Any]) -> str:
    message = _member(error, "message")
    if isinstance(message, Mapping):  # {"lang", "value"} of the old Graph, {"Language", "Value"} of Backup
        message = _member(message, "value")
    return str(message or _member(error, "title") or "")


def _in_message(message: str) -> Mapping[str, Any] | None:
    """The error that some resource providers write as JSON text into the message."""
    if not message.lstrip().startswith("{"):
        return None
    return _error_object(_parsed(message))


def _member(mapping: Mapping[str, Any], name: str) -> Any:
    if name in mapping:
        return mapping[name]
    return next((v for k, v in mapping.items() if str(k).lower() == name), None)


def json_object(text: str) -> dict[str, Any] | None:
    """Read a text as one JSON object; None where it is anything else."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
