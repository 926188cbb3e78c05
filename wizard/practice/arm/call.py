"""What a handler of ARM is given, and how an operation of ARM is declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from wizard.practice.clock import Clock
from wizard.practice.kernel import Caller, Practice, Request, Response
from wizard.practice.state import State


@dataclass(frozen=True, slots=True)
class Call:
    """One request with what the gateway found out about it."""

    practice: Practice
    request: Request
    caller: Caller
    parts: Mapping[str, str]
    submit: Submit

    @property
    def state(self) -> State:
        """What practice Azure remembers."""
        return self.practice.state

    @property
    def clock(self) -> Clock:
        """The time it lives in."""
        return self.practice.clock

    @property
    def path(self) -> str:
        """The path as it was asked."""
        return self.request.path

    @property
    def version(self) -> str:
        """The API version asked for."""
        return self.request.query.get("api-version", "")

    @property
    def subscription(self) -> str:
        """The subscription the path names, or nothing."""
        parts = self.path.split("/")
        return parts[2] if len(parts) > 2 and parts[1].lower() == "subscriptions" else ""  # noqa: PLR2004

    @property
    def tenant(self) -> str:
        """The tenant whose directory counts: the subscription's, else the caller's."""
        found = self.state.get("subscription", self.subscription) if self.subscription else None
        return str(found["tenantId"]) if found else self.caller.tenant


Submit = Callable[[Practice, Caller, Request], Response]
"""Answers a further request on behalf of a caller, by the same door as one from outside."""

Handler = Callable[[Call], Response]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: `{name}` takes a segment, `{scope}` any id or nothing, `{home}` a subscription or a group.

    `action` is what the caller needs a right for, at the path less its last `strip` segments; `{type}` in it is the
    type of the resource. `listed` answers also those who may see only some of the items, with just these. `absent`
    names what need not be there: the `resource` a scope names, the `group` it is in; `going` is a group being deleted.
    """

    method: Literal["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"]
    shape: str
    handler: Handler
    action: str | None = None
    strip: int = 0
    listed: bool = False
    absent: frozenset[Literal["resource", "group", "going"]] = frozenset()


def stamp(moment: datetime) -> str:
    """A moment as Azure writes it: seven digits after the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def collection(items: list[dict[str, Any]]) -> Response:
    """A list as ARM gives it."""
    return Response(200, {"value": items})
