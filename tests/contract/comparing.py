"""What differs between a recorded answer and ours: status, error, polling headers, property names and JSON types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.contract.recordings import GUID, Row

_ID = re.compile(r"/(?:subscriptions|providers)/.+", re.IGNORECASE)
_POLLING = ("azure-asyncoperation", "location")
# Their members are named by the caller or stand for anything.
_FREE = frozenset({"tags"})
_OVER = frozenset({"succeeded", "failed", "canceled", "complete"})


def differences(row: Row, status: int, headers: Mapping[str, str], body: Any) -> list[str]:
    """Everything in which an answer of ours differs from the recorded one, each as a short sentence."""
    found: list[str] = []
    if status != row.status:
        found.append(f"status {row.status} vs {status}{_told(row, status, body)}")
        if (status >= 400) != (row.status >= 400):
            return found
    if row.status >= 400:
        return [*found, *_errors(row, body)]
    if row["host_kind"] == "arm":
        found += _headers(row, headers)
    found += _ending(row, body)
    return [*found, *_members("", row.body, body, row)]


def _told(row: Row, status: int, body: Any) -> str:
    """The error that stands against a success, without the names in it."""
    if status < 400 or not isinstance(body, dict):
        return f" {row.error.get('code')}" if row.status >= 400 else ""
    error = body.get("error", body)
    if not isinstance(error, dict):
        return f" {error}"
    message = re.sub(r"'[^']*'", "'…'", str(error.get("message", "")))
    inner = "; ".join(
        f"{one.get('code')} {one.get('target', '')}"
        for one in error.get("details") or ()
        if isinstance(one, dict)
    )
    return f" {error.get('code')}: {_ID.sub('…', GUID.sub('…', message))[:110]} {inner[:80]}".rstrip()


def shape_of(body: Any) -> str:
    """How an error body is built, in the words of the corpus: `error{code,message}`."""
    if body in (None, ""):
        return "empty"
    if not isinstance(body, dict):
        return "non-json"
    if isinstance(body.get("odata.error"), dict):
        return f"odata.error{{{','.join(sorted(body['odata.error']))}}}"
    if isinstance(body.get("error"), dict):
        inner = f"error{{{','.join(sorted(body['error']))}}}"
        return f"status+{inner}" if "status" in body else inner
    if {"code", "Code"} & body.keys():
        return f"flat{{{','.join(sorted(body))}}}"
    return "other-json"


def code_of(body: Any) -> str:
    """The code of an error body, wherever it stands."""
    if not isinstance(body, dict):
        return ""
    for holder in (body.get("error"), body.get("odata.error"), body):
        if isinstance(holder, dict):
            for name in ("code", "Code"):
                if isinstance(holder.get(name), str):
                    return str(holder[name])
    return str(body["error"]) if isinstance(body.get("error"), str) else ""


def _errors(row: Row, body: Any) -> Iterator[str]:
    recorded = row.body
    theirs, mine = code_of(recorded), code_of(body)
    if theirs != mine:
        yield f"error code {theirs or '(none)'} vs {mine or '(none)'}"
    if shape_of(recorded) != shape_of(body):
        yield f"error shape {shape_of(recorded)} vs {shape_of(body)}"


def _headers(row: Row, headers: Mapping[str, str]) -> Iterator[str]:
    if row.follows is not None or "cloud-custodian" in row["source"]:
        return
    low = {name.lower() for name in headers}
    for name in _POLLING:
        if name in row.headers and name not in low:
            yield f"header {name} missing"
        elif name in low and name not in row.headers:
            yield f"header {name} not recorded"


def _ending(row: Row, body: Any) -> Iterator[str]:
    """How an operation stands: whether it goes on, and how it ended."""
    if row.follows is None or not isinstance(row.body, dict) or not isinstance(body, dict):
        return
    theirs, mine = (_standing(one.get("status")) for one in (row.body, body))
    if theirs and mine and theirs != mine:
        yield f"operation {theirs} vs {mine}"


def _standing(text: Any) -> str:
    if not isinstance(text, str):
        return ""
    return text.lower() if text.lower() in _OVER else "running"


def _members(where: str, recorded: Any, ours: Any, row: Row) -> Iterator[str]:
    if recorded is None or (ours is None and where):
        return
    if kind_of(recorded) != kind_of(ours):
        # A text that begins as an object was one before its recorder cut names and secrets out of it.
        if not where and isinstance(recorded, str) and (not recorded or recorded[0] in "{["):
            return
        yield f"type of {where or 'the body'}: {kind_of(recorded)} vs {kind_of(ours)}"
    elif isinstance(recorded, dict):
        yield from _objects(where, recorded, ours, row)
    elif isinstance(recorded, list):
        yield from _lists(where, recorded, ours, row)


def _objects(where: str, recorded: Mapping[str, Any], ours: Mapping[str, Any], row: Row) -> Iterator[str]:
    if where.rsplit(".", 1)[-1] in _FREE:
        return
    by_id = {name.lower(): value for name, value in ours.items() if _ID.fullmatch(name) or GUID.search(name)}
    for name, value in recorded.items():
        # Whether a list goes on depends on how much the recorder's subscription held; pages may even be empty.
        if not where and name == "nextLink":
            continue
        here = f"{where}.{name}" if where else name
        if name in ours:
            yield from _members(here, value, ours[name], row)
        elif _ID.fullmatch(name) or GUID.search(name):
            inside = f"{where}.{{id}}" if where else "{id}"
            if by_id:
                yield from _members(inside, value, by_id.get(name.lower(), next(iter(by_id.values()))), row)
            else:
                yield f"missing {inside}"
        else:
            yield f"missing {here}"


def _lists(where: str, recorded: list[Any], ours: list[Any], row: Row) -> Iterator[str]:
    if not recorded:
        return
    inside = f"{where}[]"
    if not ours:
        yield f"empty {where}"
        return
    if all(kind_of(one) == "string" for one in recorded):
        return
    yield from _members(inside, merged(recorded), merged(ours), row)


def merged(items: list[Any]) -> Any:
    """All elements of a list laid over each other: what any of them has."""
    known = [one for one in items if one is not None]
    if known and all(isinstance(one, dict) for one in known):
        names = dict.fromkeys(name for one in known for name in one)
        return {name: merged([one[name] for one in known if name in one]) for name in names}
    if known and all(isinstance(one, list) for one in known):
        return [inner for one in known for inner in one]
    return known[0] if known else None


def kind_of(value: Any) -> str:
    """The JSON type of a value; whole and broken numbers are one."""
    if isinstance(value, bool):
        return "boolean"
    for kind, name in ((str, "string"), (int | float, "number"), (dict, "object"), (list, "array")):
        if isinstance(value, kind):
            return name
    return "null"
