"""The words every part of practice Azure speaks: request, response, failure, caller, route."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from wizard.practice.arm.schemas import Schemas
    from wizard.practice.clock import Clock
    from wizard.practice.state import State
    from wizard.practice.worlds import World

Family = Literal["entra", "graph", "arm"]
HERE = "https://here.invalid"
"""Stands in what is kept for the origin of the server, which is another one at every start; the wire puts it in."""


class Failure(Exception):  # noqa: N818 - an answer like any other, named as Azure names it
    """An error answer; the family of the route decides how its body looks.

    Args:
        status: HTTP status.
        code: the family's own code: `AuthorizationFailed`, `Request_BadRequest`, `invalid_client`.
        message: the sentence a client shows. Entra's begin with `AADSTSnnn: `.
        details: ARM's `details`.
        headers: added to the answer.
        additional: ARM's `additionalInfo`.
        target: what it is about, for providers that tell it.
        shape: how the error stands in the body: "" is ARM's own `{"error": {"code", "message", "details"?}}`, "details"
            has `details` even when empty, "flat" stands at the top without `error`, "status" has a `status` beside it.
        inner: the `innererror` of services behind ARM.
        beside: what else stands beside code and message: the `subcode` of Kubernetes clusters.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        additional: Sequence[Mapping[str, Any]] = (),
        target: str | None = None,
        shape: str = "",
        inner: Mapping[str, Any] | None = None,
        beside: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = tuple(details)
        self.headers = dict(headers or {})
        self.additional = tuple(additional)
        self.target = target
        self.shape = shape
        self.inner = dict(inner or {})
        self.beside = dict(beside or {})


@dataclass(frozen=True, slots=True)
class Request:
    """One request as a handler sees it: decoded, single slashes, no trailing slash, the caller's case kept."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    origin: str

    def json(self) -> dict[str, Any]:
        """The body as a JSON object.

        Raises:
            Failure: 400 `InvalidRequestContent` when it is not one.
        """
        try:
            document = json.loads(self.body or b"null")
        except ValueError as fault:
            raise Failure(
                400,
                "InvalidRequestContent",
                f"The request content was invalid and could not be deserialized: '{fault}'.",
            ) from fault
        if not isinstance(document, dict):
            raise Failure(
                400, "InvalidRequestContent", "The request content was invalid: a JSON object is expected."
            )
        return document


@dataclass(frozen=True, slots=True)
class Response:
    """One answer: a dict or list becomes JSON, a str a page of HTML, bytes stay as they are, None an empty body."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, out of a verified bearer token."""

    tenant: str
    object_id: str
    app_id: str | None
    kind: Literal["user", "servicePrincipal"]
    audience: str


@dataclass(frozen=True, slots=True)
class Practice:
    """What a handler works on."""

    state: State
    clock: Clock
    world: World
    schemas: Schemas | None = None


Handler = Callable[[Practice, Request, Mapping[str, str], Caller | None], Response]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: `{name}` takes one segment, `{name...}` one or more, the rest is compared without case."""

    method: str
    template: str
    handler: Handler
    family: Family
    auth: bool = True
