"""The operations of every declared resource type: read, write, change, delete and act."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from wizard.practice.arm import (
    answers,
    checks,
    errors,
    facts,
    identities,
    ids,
    paths,
    polling,
    reading,
    shelf,
    writing,
)
from wizard.practice.arm.call import Call, Operation
from wizard.practice.arm.kinds import find
from wizard.practice.arm.types import Acting, Adding, ResourceType, Way
from wizard.practice.kernel import Failure, Response

_NEVER = object()


def _put(call: Call) -> Response:
    key, body = ids.parse(call.path), call.request.json()
    kind = reading.declared(key.type, call.version)
    before = reading.current(call.practice, key.text)
    if unmet := _unmet(call, key, kind, kind.way, before):
        return unmet
    if before and kind.properties is not None and isinstance(body.get("properties"), dict):
        # A client may send back what an earlier answer added; as long as it is unchanged it does not count.
        body["properties"] = {
            name: value
            for name, value in body["properties"].items()
            if name in kind.properties or before["properties"].get(name, _NEVER) != value
        }
    return writing.write(call, key, kind, body)


def _unmet(
    call: Call, key: ids.Id, kind: ResourceType, way: Way, before: Mapping[str, Any] | None
) -> Response | None:
    """The answer to a write whose If-Match or If-None-Match does not hold, where it is taken all the same.

    Raises:
        Failure: 412, where it is refused at once.
    """
    try:
        _check_match(call, before)
    except Failure as failure:
        if not kind.late:
            raise
        return answers.failing(call, kind, way, key.text, failure)
    return None


def _check_match(call: Call, before: Mapping[str, Any] | None) -> None:
    wanted, unwanted = (call.request.headers.get(name) for name in ("if-match", "if-none-match"))
    etag = (before or {}).get("etag")
    if (wanted and (before is None or wanted not in ("*", etag))) or (unwanted == "*" and before):
        key = ids.parse(call.path)
        kind = find(key.type)
        if kind and kind.unmet:
            raise kind.unmet(key, "changed" if wanted else "exists")
        raise Failure(
            412,
            "PreconditionFailed",
            "Precondition failed. The condition given in the request header(s) was not met.",
        )


def _get(call: Call) -> Response:
    key = ids.parse(call.path)
    reading.declared_or_there(call, key)
    found, kind = reading.in_version(call, reading.must(call.practice, key)), find(key.type)
    if kind and kind.expanded and call.request.query.get("$expand"):
        found = paths.laid_over(found, kind.expanded(call.practice, found))
    return Response(200, found)


def _head(call: Call) -> Response:
    return Response(204 if reading.current(call.practice, ids.parse(call.path).text) else 404)


def _patch(call: Call) -> Response:
    key, body = ids.parse(call.path), call.request.json()
    kind = reading.declared(key.type, call.version)
    if unmet := _unmet(call, key, kind, kind.change, reading.must(call.practice, key)):
        return unmet
    found = shelf.stored(call.practice, key.text) or reading.must(call.practice, key)
    errors.check_tags(body.get("tags"))
    details = [
        fault for fault in checks.faults(kind, body) if fault["code"] != "OBJECT_MISSING_REQUIRED_PROPERTY"
    ]
    if details:
        raise errors.bad_payload(details)
    checks.check_shape(kind, body)
    identities.check(call, key, body)
    adding = Adding(call, key, body, shelf.stored(call.practice, key.text) or found)
    for rule in kind.change_rules:
        rule(adding)
    way = writing.way_of(adding, kind, "PATCH")
    found |= {name: body[name] for name in kind.members - {"properties", "location"} if name in body}
    found["properties"] = paths.laid_over(found.get("properties") or {}, body.get("properties") or {})
    if isinstance(body.get("identity"), dict):
        found["identity"] = identities.given(adding, identities.changed(adding, body["identity"]))
    if kind.etag:
        found["etag"] = f'W/"{uuid.uuid4()}"'
    if kind.completed:
        found = kind.completed(Adding(call, key, found, adding.before), found)
    if way.waits:
        found |= {"_due": call.clock.takes(kind.seconds).timestamp(), "_while": kind.updating}
    shelf.put(call.practice, key.text, found)
    return answers.of(call, kind, way, found, writing.told(adding, kind, way), new=False)


def _delete(call: Call) -> Response:
    key = ids.parse(call.path)
    if shelf.stored(call.practice, key.text) is None:
        reading.declared_or_there(call, key)
        reading.check_parent(call.practice, key, "delete")
        return Response(204)
    kind = reading.declared(key.type, call.version)
    if unmet := _unmet(call, key, kind, kind.removal, reading.current(call.practice, key.text)):
        return unmet
    return writing.remove(call, key, kind)


def _post(call: Call) -> Response:
    path, _, verb = call.path.rpartition("/")
    key = ids.parse(path)
    kind = reading.declared(key.type, call.version)
    action = kind.actions.get(verb.lower())
    if action is None:
        raise errors.no_type(f"{key.type}/{verb}", call.version, facts.versions(key.type))
    reading.must(call.practice, key)
    body = call.request.json() if call.request.body.strip() not in (b"", b"null") else {}
    return action(Acting(call, key, shelf.stored(call.practice, key.text) or {}, body))


OPERATIONS = (
    Operation("GET", "{resource}", _get, "{type}/read"),
    Operation("HEAD", "{resource}", _head, "{type}/read"),
    Operation("PUT", "{resource}", _put, "{type}/write"),
    Operation("PATCH", "{resource}", _patch, "{type}/write"),
    Operation("DELETE", "{resource}", _delete, "{type}/delete"),
    Operation("POST", "{resource}/{verb}", _post, "{type}/{verb}/action", strip=1),
)
EFFECTS: Mapping[str, polling.Effect] = {"resource-gone": writing.gone}
