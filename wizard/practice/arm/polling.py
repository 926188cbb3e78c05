"""Operations that take time: what their polling addresses look like, and what is found there when."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from wizard.practice.arm import shelf
from wizard.practice.arm.call import Call, Operation, stamp
from wizard.practice.kernel import Failure, Practice, Response

Effect = Callable[[Practice, Mapping[str, Any]], None]
_EPOCH_TICKS = 621_355_968_000_000_000
_CERTIFICATE = 1400
_LONGEST_WAIT = 2000.0
_SHORTEST_WAIT = 20.0


@dataclass(frozen=True, slots=True)
class Ending:
    """What is found at a polling address once the operation is over: at an Azure-AsyncOperation only the body's state.

    `yields` is the id of a resource that stands there then, `pending` what is said until then. `polls` and `running` are those of `Way`.
    """

    status: int = 200
    body: object = None
    yields: str | None = None
    polls: Literal["status", "timed", "named", "full", "percent"] = "status"
    running: int = 200
    effect: str | None = None
    about: Mapping[str, Any] | None = None
    pending: object = None


def begin(
    call: Call, path: str, seconds: float, ending: Ending, *, kind: Literal["location", "async"] = "location"
) -> str:
    """Begin an operation that takes `seconds` at time scale 1, and give its polling address.

    Args:
        call: the request it answers.
        path: the address without its last segment, which becomes the id of the operation.
        seconds: how long it takes.
        ending: what is found afterwards; its effect is carried out when it is over.
        kind: whether the address goes into `Location` or `Azure-AsyncOperation`.
    """
    key = secrets.token_hex(16)
    return enroll(call, path, key, call.clock.takes(seconds), ending, kind=kind)


def enroll(
    call: Call, path: str, key: str, due: datetime, ending: Ending, *, kind: Literal["location", "async"]
) -> str:
    """The same with an id and an end that are already known."""
    signature = _signature(call.clock.now(), path, key)
    row: dict[str, Any] = {
        "due": due.timestamp(),
        "kind": kind,
        "signature": signature,
        "status": ending.status,
        "body": ending.body,
        "yields": ending.yields,
        "pending": ending.pending,
        "polls": ending.polls,
        "running": ending.running,
        "path": path,
        "begun": stamp(call.clock.now()),
        "effect": ending.effect,
        "about": dict(ending.about or {}),
        "tenant": call.caller.tenant,
    }
    call.state.put("operation", key, row)
    if ending.effect:
        call.state.put("due", key, {"due": row["due"]})
    query = "&".join(f"{name}={value}" for name, value in signature.items())
    return f"{call.request.origin}{path}/{key}?api-version={call.version}&{query}"


def wait_header(call: Call, due: float) -> dict[str, str]:
    """How long to wait before asking again: a tenth of what is left. Never `Retry-After: 0`, which means 30 s."""
    left = (due - call.clock.now().timestamp()) * 100
    return {"retry-after-ms": str(int(min(max(left, _SHORTEST_WAIT), _LONGEST_WAIT)))}


def settle(practice: Practice, effects: Mapping[str, Effect]) -> None:
    """Carry out the effects of operations that are over."""
    now = practice.clock.now().timestamp()
    ripe = [key for key, row in practice.state.all("due") if row["due"] <= now]
    if not ripe:
        return
    with practice.state.transaction():
        for key in ripe:
            row = practice.state.get("operation", key)
            if practice.state.delete("due", key) and row:
                effects[row["effect"]](practice, row["about"])


def found(call: Call, key: str) -> dict[str, Any]:
    """The operation behind a polling address, which must be sent back with its whole query.

    Raises:
        Failure: 404 when there is none, or the query is not the one that was given.
    """
    row = call.state.get("operation", key)
    signature = row["signature"] if row else {}
    asked = {name: call.request.query.get(name, "").replace(" ", "+") for name in signature}
    if row is None or asked != signature or row["tenant"] != call.caller.tenant:
        raise Failure(
            404,
            "NotFound",
            f"The operation '{key}' was not found. The address of an operation is opaque: send it back as it was given.",
        )
    return row


def _signature(moment: datetime, path: str, key: str) -> dict[str, str]:
    ticks = _EPOCH_TICKS + int(moment.timestamp() * 10_000_000)
    seed = hashlib.sha512(f"{path} {key} {secrets.token_hex(8)}".encode()).digest()
    # Azure puts a whole certificate into each address; clients must not trip over the length.
    certificate = base64.urlsafe_b64encode(hashlib.shake_256(seed).digest(_CERTIFICATE)).decode().rstrip("=")
    half = len(seed) // 2
    return {
        "t": str(ticks),
        "c": certificate,
        "s": base64.urlsafe_b64encode(seed[:half]).decode().rstrip("="),
        "h": base64.urlsafe_b64encode(seed[half:]).decode().rstrip("="),
    }


def text(body: str, status: int = 200) -> Response:
    """A string as JSON: a bare one would be a page of HTML."""
    return Response(status, json.dumps(body), {"Content-Type": "application/json; charset=utf-8"})


def poll(call: Call) -> Response:
    """What stands at a polling address at this moment."""
    row = found(call, call.parts["operation"])
    over = call.clock.now().timestamp() >= row["due"]
    if row["kind"] == "async":
        state = row["body"] if over else (row.get("pending") or {"status": "InProgress"})
        shown = _described(row, call.parts["operation"], over=over) | state
        return (
            Response(200, shown) if over else Response(row["running"], shown, wait_header(call, row["due"]))
        )
    if over:
        yields = shelf.current(call.practice, row["yields"]) if row["yields"] else None
        body = yields or row["body"]
        return text(body, row["status"]) if isinstance(body, str) else Response(row["status"], body)
    query = "&".join(
        f"{name}={value}" for name, value in {"api-version": call.version, **row["signature"]}.items()
    )
    again = {"Location": f"{call.request.origin}{call.path}?{query}"}
    return Response(202, row.get("pending"), again | wait_header(call, row["due"]))


def _described(row: Mapping[str, Any], key: str, *, over: bool) -> dict[str, Any]:
    """What a provider says of an operation besides its status."""
    if row["polls"] == "named":
        return {"id": f"{row['path']}/{key}", "name": key}
    if row["polls"] == "timed":
        ended = {"endTime": stamp(datetime.fromtimestamp(row["due"], UTC))} if over else {}
        return {"name": key, "startTime": row["begun"], **ended}
    if row["polls"] == "full":
        ended = {"endTime": stamp(datetime.fromtimestamp(row["due"], UTC))} if over else {}
        return {
            "id": f"{row['path']}/{key}",
            "name": key,
            "startTime": row["begun"],
            **ended,
            "properties": None,
        }
    return {"percentComplete": 100} if row["polls"] == "percent" and over else {}


OPERATIONS = (
    Operation("GET", "/subscriptions/{subscription}/operationresults/{operation}", poll),
    Operation(
        "GET",
        "{resource}/operationStatuses/{operation}",
        poll,
        "{type}/operationStatuses/read",
        strip=2,
    ),
    Operation(
        "GET",
        "/subscriptions/{subscription}/providers/{namespace}/locations/{location}/{kind}/{operation}",
        poll,
    ),
)
