"""Which handler answers a request, and how an answer or a failure looks in each family."""

from __future__ import annotations

import json
import logging
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wizard.practice import tokens
from wizard.practice.kernel import HERE, Caller, Failure, Family, Practice, Request, Response, Route

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LOG = logging.getLogger(__name__)
_PLACE = re.compile(r"('?)\{(\w+)(\.\.\.)?\}('?)")
_READS = frozenset({"GET", "HEAD"})
_GRAPH_JSON = (
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
)
_JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes over the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Compiled:
    route: Route
    pattern: re.Pattern[str]
    segments: tuple[re.Pattern[str], ...]


class Router:
    """All routes of the three families; the first whose template and method fit answers."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = tuple(_compile(route) for route in routes)

    def answer(self, practice: Practice, request: Request) -> Answer:
        """Answer one request. A write is one transaction: a failure leaves the State as it was."""
        family = self._family(request)
        try:
            response = self._respond(practice, request)
        except Failure as failure:
            response = _rendered(practice, request, family, failure)
        except Exception:  # noqa: BLE001 - the edge: a client gets an answer whatever happens
            _LOG.exception("practice Azure failed at %s %s", request.method, request.path)
            broken = Failure(500, "InternalServerError", "Practice Azure itself failed; its log says how.")
            response = _rendered(practice, request, family, broken)
        return _wire(family, request, response)

    def refusal(self, practice: Practice, request: Request, failure: Failure | None = None) -> Answer:
        """A failure that no handler raised, in the words of the request's family; None is an expired token."""
        family = self._family(request)
        failure = failure or tokens.expired(practice, family)
        return _wire(family, request, _rendered(practice, request, family, failure))

    def _respond(self, practice: Practice, request: Request) -> Response:
        route, values = self._find(request)
        caller = tokens.caller(practice, request, route.family) if route.auth else None
        if request.method in _READS:
            return route.handler(practice, request, values, caller)
        with practice.state.transaction():
            return route.handler(practice, request, values, caller)

    def _find(self, request: Request) -> tuple[Route, dict[str, str]]:
        elsewhere = False
        for compiled in self._routes:
            if found := compiled.pattern.fullmatch(request.path):
                if compiled.route.method == request.method:
                    return compiled.route, found.groupdict()
                elsewhere = True
        if elsewhere:
            raise Failure(
                405, "MethodNotAllowed", "Specified HTTP method is not allowed for the request target."
            )
        raise self._nowhere(request)

    def _nowhere(self, request: Request) -> Failure:
        family = self._family(request)
        if family == "graph":
            return Failure(
                400, "BadRequest", f"Resource not found for the segment '{self._stranger(request.path)}'."
            )
        if family == "arm":
            return Failure(
                404, "NotFound", f"Practice Azure has no operation {request.method} {request.path}."
            )
        return Failure(404, "invalid_request", "AADSTS900144: There is nothing at this address.")

    def _stranger(self, path: str) -> str:
        """The first segment of a Graph path that no template knows."""
        segments = path.strip("/").split("/")
        candidates = [compiled.segments for compiled in self._routes if compiled.route.family == "graph"]
        for index, segment in enumerate(segments):
            candidates = [c for c in candidates if len(c) > index and c[index].fullmatch(segment)]
            if not candidates:
                return segment
        return segments[-1]

    def _family(self, request: Request) -> Family:
        for compiled in self._routes:
            if compiled.pattern.fullmatch(request.path):
                return compiled.route.family
        first = request.path.strip("/").split("/")[0].lower()
        if first in {"v1.0", "beta"}:
            return "graph"
        return "arm" if first in {"subscriptions", "providers", "tenants", "metadata"} else "entra"


def _compile(route: Route) -> _Compiled:
    segments = tuple(
        re.compile(_expression(part), re.IGNORECASE) for part in route.template.strip("/").split("/")
    )
    return _Compiled(route, re.compile(_expression(route.template), re.IGNORECASE | re.DOTALL), segments)


def _expression(template: str) -> str:
    parts: list[str] = []
    at = 0
    for place in _PLACE.finditer(template):
        parts.append(re.escape(template[at : place.start()]))
        quoted = bool(place[1] and place[4])
        # Inside the quotes of an OData key anything may stand, a doubled quote and a slash too.
        taken = r"(?:[^']|'')*" if quoted else (".+" if place[3] else "[^/]+")
        parts.append(f"{place[1]}(?P<{place[2]}>{taken}){place[4]}")
        at = place.end()
    return "".join([*parts, re.escape(template[at:])])


def _rendered(practice: Practice, request: Request, family: Family, failure: Failure) -> Response:
    if family == "entra":
        body = _oauth_error(practice, request, failure)
    elif family == "graph":
        body = {
            "error": {
                "code": failure.code,
                "message": failure.message,
                "innerError": _inner(practice, request),
            }
        }
    else:
        body = _arm_error(failure)
    return Response(failure.status, body, failure.headers)


def _arm_error(failure: Failure) -> dict[str, Any]:
    error: dict[str, Any] = {"code": failure.code, "message": failure.message}
    if failure.target is not None:
        error["target"] = failure.target
    if failure.details or failure.shape == "details":
        error["details"] = list(failure.details)
    if failure.additional:
        error["additionalInfo"] = list(failure.additional)
    error |= failure.beside
    if failure.inner:
        error["innererror"] = failure.inner
    if failure.shape == "flat":
        return error
    return {"status": "Failed", "error": error} if failure.shape == "status" else {"error": error}


def _inner(practice: Practice, request: Request) -> dict[str, str]:
    own = str(uuid.uuid4())
    return {
        "date": practice.clock.now().strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": own,
        "client-request-id": request.headers.get("client-request-id", own),
    }


def _oauth_error(practice: Practice, request: Request, failure: Failure) -> dict[str, Any]:
    number = re.match(r"AADSTS(\d+)", failure.message)
    trace, moment = str(uuid.uuid4()), practice.clock.now().strftime("%Y-%m-%d %H:%M:%SZ")
    correlation = request.headers.get("client-request-id", str(uuid.uuid4()))
    codes = [int(number[1])] if number else []
    return {
        "error": failure.code,
        "error_description": f"{failure.message} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {moment}",
        "error_codes": codes,
        "timestamp": moment,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"{request.origin}/error?code={codes[0] if codes else 0}",
    }


def _wire(family: Family, request: Request, response: Response) -> Answer:
    headers = {"Cache-Control": "no-cache", "Strict-Transport-Security": "max-age=31536000"}
    own = str(uuid.uuid4())
    if family == "graph":
        headers |= {"request-id": own, "client-request-id": request.headers.get("client-request-id", own)}
    else:
        headers["x-ms-request-id"] = own
    if family == "arm":
        headers["x-ms-correlation-request-id"] = request.headers.get("x-ms-correlation-request-id", own)
    if family == "entra":
        headers["Cache-Control"] = "no-store, no-cache"
    if response.body is None:
        return Answer(response.status, headers | dict(response.headers), b"")
    if isinstance(response.body, bytes):
        headers["Content-Type"] = "application/octet-stream"
        return Answer(response.status, headers | dict(response.headers), response.body)
    if isinstance(response.body, str):
        headers["Content-Type"] = "text/html; charset=utf-8"
        return Answer(
            response.status, headers | dict(response.headers), response.body.encode("utf-8", "replace")
        )
    headers["Content-Type"] = _GRAPH_JSON if family == "graph" and response.status < 400 else _JSON  # noqa: PLR2004
    text = json.dumps(response.body).replace(HERE, request.origin)
    return Answer(response.status, headers | dict(response.headers), text.encode())


__all__ = ["Answer", "Caller", "Router"]
