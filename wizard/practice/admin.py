"""The admin addresses of practice Azure: whoever may read its folder may say what goes wrong, and how fast time goes."""

from __future__ import annotations

import json
import secrets

from wizard.practice.clock import Clock
from wizard.practice.faults import FaultError, Faults, parse
from wizard.practice.kernel import Failure, Request
from wizard.practice.routing import Answer

FAULTS, TIME_SCALE = "/practice/faults", "/practice/time-scale"
PATHS = frozenset((FAULTS, TIME_SCALE))
_SLOWEST = 100


def answer(faults: Faults, clock: Clock, token: str, request: Request) -> Answer:
    """Answer one of `PATHS`.

    Faults: `PUT {"faults": [...]}` sets them, `GET` shows them with how often each fitted, `DELETE` ends them.
    Time scale: `PUT {"scale": 0.5}` sets it, `GET` shows it.
    """
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secrets.compare_digest(given.strip().encode(), token.encode()):
        return _answer(
            401, {"error": "The token in the file admin_token of practice Azure's folder is needed."}
        )
    try:
        return _done(faults, request) if request.path == FAULTS else _timed(clock, request)
    except (FaultError, Failure) as wrong:
        return _answer(400, {"error": str(wrong)})


def _done(faults: Faults, request: Request) -> Answer:
    if request.method == "PUT":
        faults.replace(parse(request.json()))
    elif request.method == "DELETE":
        faults.replace(())
    elif request.method != "GET":
        return _answer(405, {"error": "Only GET, PUT and DELETE mean something here."})
    return _answer(200, faults.shown())


def _timed(clock: Clock, request: Request) -> Answer:
    if request.method == "PUT":
        scale = request.json().get("scale")
        if isinstance(scale, bool) or not isinstance(scale, int | float) or not 0 <= scale <= _SLOWEST:
            return _answer(
                400, {"error": f"scale is a number from 0 (at once) over 1 (lifelike) to {_SLOWEST}."}
            )
        clock.scale = float(scale)
    elif request.method != "GET":
        return _answer(405, {"error": "Only GET and PUT mean something here."})
    return _answer(200, {"scale": clock.scale})


def _answer(status: int, body: object) -> Answer:
    return Answer(status, {"Content-Type": "application/json"}, json.dumps(body).encode())
