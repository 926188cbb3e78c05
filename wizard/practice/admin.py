"""The admin address of practice Azure: whoever may read its folder may say which requests go wrong."""

from __future__ import annotations

import json
import secrets

from wizard.practice.faults import FaultError, Faults, parse
from wizard.practice.kernel import Failure, Request
from wizard.practice.routing import Answer

PATH = "/practice/faults"


def answer(faults: Faults, token: str, request: Request) -> Answer:
    """`PUT {"faults": [...]}` sets them, `GET` shows them with how often each fitted, `DELETE` ends them."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secrets.compare_digest(given.strip().encode(), token.encode()):
        return _answer(
            401, {"error": "The token in the file admin_token of practice Azure's folder is needed."}
        )
    try:
        return _done(faults, request)
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


def _answer(status: int, body: object) -> Answer:
    return Answer(status, {"Content-Type": "application/json"}, json.dumps(body).encode())
