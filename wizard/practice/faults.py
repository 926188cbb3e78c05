"""Faults on request: which requests go wrong, how and how often, as data out of a file or from the admin address."""

from __future__ import annotations

import json
import re
import threading
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from wizard.practice.kernel import Failure, Practice, Request

_STATUSES: Mapping[int, tuple[str, str]] = {
    429: (
        "TooManyRequests",
        "The request is being throttled as the limit has been reached for operation type.",
    ),
    500: ("InternalServerError", "The server encountered an internal error. Please retry the request."),
    502: ("BadGateway", "The gateway received an invalid response from the upstream server."),
    503: ("ServiceUnavailable", "The service is temporarily unavailable. Please retry the request."),
}
_EFFECTS = ("status", "close", "stall", "truncated", "expired", "replication")
_SPREADING = {
    "servicePrincipal": "_created",
    "secret": "_created",
    "roleAssignment": "_created",
    "grant": "since",
}


class FaultError(ValueError):
    """A list of faults that cannot be read; the message says which entry and why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong, in the words of `docs/faults.md`; exactly one of the effects is set.

    Attributes:
        method: of the request; empty is any.
        path: a regular expression looked for in the path, without case; empty is any.
        type: a regular expression that the whole resource type of the path fits, without case; empty is any.
        nth: the first matching request that goes wrong, counted from 1.
        times: how many in a row do; 0 is all from then on.
        status: 429, 500, 502 or 503 instead of an answer; nothing is done.
        retry_after: seconds in `Retry-After`; retry_after_ms: milliseconds in `retry-after-ms`.
        close: the connection ends without an answer, "before" or "after" the work is done.
        stall: seconds until the answer begins; the work is done.
        truncated: the work is done, and its answer's JSON ends in the middle.
        expired: 401, as for a token whose time is over.
        replication: seconds until what the request makes (a principal, a secret, a role assignment) has effect.
    """

    method: str = ""
    path: str = ""
    type: str = ""
    nth: int = 1
    times: int = 1
    status: int = 0
    retry_after: int = 0
    retry_after_ms: int = 0
    close: Literal["", "before", "after"] = ""
    stall: float = 0.0
    truncated: bool = False
    expired: bool = False
    replication: float = 0.0

    def fits(self, request: Request) -> bool:
        """Whether the request is one of those meant."""
        return (
            self.method.upper() in ("", request.method)
            and re.search(self.path, request.path, re.IGNORECASE) is not None
            and (not self.type or re.fullmatch(self.type, type_of(request.path), re.IGNORECASE) is not None)
        )

    def failure(self) -> Failure:
        """The refusal that a `status` stands for."""
        code, message = _STATUSES[self.status]
        headers = {"Retry-After": str(self.retry_after)} if self.retry_after else {}
        if self.retry_after_ms:
            headers["retry-after-ms"] = str(self.retry_after_ms)
        return Failure(self.status, code, message, headers=headers)


class Faults:
    """The faults of one server and how often each was met; asked from the server's thread, changed from any."""

    def __init__(self, given: Sequence[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self.replace(given)

    def replace(self, given: Sequence[Fault]) -> None:
        """Take other faults, and count anew."""
        with self._lock:
            self._met = [(fault, 0) for fault in given]

    def strike(self, request: Request) -> Fault | None:
        """The fault that meets this request, or None. Each that fits counts it; the first that is due strikes."""
        struck: Fault | None = None
        with self._lock:
            for number, (fault, before) in enumerate(self._met):
                if fault.fits(request):
                    self._met[number] = (fault, before + 1)
                    due = before + 1 >= fault.nth and (
                        not fault.times or before + 1 < fault.nth + fault.times
                    )
                    struck = struck or (fault if due else None)
        return struck

    def shown(self) -> dict[str, Any]:
        """The faults as they were given, each with how many requests it fitted."""
        with self._lock:
            return {"faults": [{**_given(fault), "met": met} for fault, met in self._met]}


def read(path: Path) -> tuple[Fault, ...]:
    """The faults of a file: TOML by its name `.toml`, else JSON.

    Raises:
        FaultError: it cannot be read, or is not a list of faults.
    """
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except OSError as fault:
        raise FaultError(f"{path} cannot be read: {fault.strerror}.") from fault
    except ValueError as fault:
        raise FaultError(f"{path} is neither TOML by its name nor JSON: {fault}") from fault
    return parse(document)


def parse(document: object) -> tuple[Fault, ...]:
    """The faults of a document `{"faults": [...]}`.

    Raises:
        FaultError: an entry has an unknown key, a value of another type, or not exactly one effect.
    """
    entries = document.get("faults") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise FaultError('Faults are a table with a list "faults".')
    return tuple(_parsed(number, entry) for number, entry in enumerate(entries, 1))


def linger(practice: Practice, begun: float, seconds: float) -> None:
    """Let what was made since `begun` (epoch seconds) take effect only `seconds` from now, whatever the time scale."""
    later = practice.clock.now().timestamp() + seconds
    with practice.state.transaction():
        for kind, since in _SPREADING.items():
            for key, document in practice.state.all(kind):
                if document.get(since, 0.0) >= begun:
                    practice.state.put(kind, key, document | {since: later})


def type_of(path: str) -> str:
    """The resource type a path is about, an action's name at its end: `Microsoft.Storage/storageAccounts/listKeys`."""
    parts = [part for part in re.split("/providers/", path, flags=re.IGNORECASE)[-1].split("/") if part]
    if "/providers/" in path.lower():
        return "/".join((parts[0], *parts[1::2])) if parts else ""
    kinds = ("tenants", "subscriptions", "resourceGroups")
    depth = len(parts[::2]) if parts and parts[0].lower() == "subscriptions" else 0
    return f"Microsoft.Resources/{kinds[min(depth, 2)]}" if depth else ""


def _parsed(number: int, entry: object) -> Fault:
    fields = asdict(Fault())
    if not isinstance(entry, dict) or entry.keys() - fields.keys():
        raise FaultError(f"Fault {number} is not a table with only the keys {', '.join(fields)}.")
    for name, value in entry.items():
        wanted = (int, float) if isinstance(fields[name], float) else type(fields[name])
        if not isinstance(value, wanted) or isinstance(value, bool) is not isinstance(fields[name], bool):
            raise FaultError(f"Fault {number}: {name} cannot be {value!r}.")
    fault = Fault(**entry)
    _check(number, fault)
    return fault


def _check(number: int, fault: Fault) -> None:
    if len([name for name in _EFFECTS if getattr(fault, name)]) != 1:
        raise FaultError(f"Fault {number} needs exactly one of {', '.join(_EFFECTS)}.")
    if fault.status and fault.status not in _STATUSES:
        raise FaultError(f"Fault {number}: status is one of {', '.join(map(str, _STATUSES))}.")
    if fault.close not in ("", "before", "after"):
        raise FaultError(f'Fault {number}: close is "before" or "after".')
    if (
        fault.nth < 1
        or min(fault.times, fault.stall, fault.replication, fault.retry_after, fault.retry_after_ms) < 0
    ):
        raise FaultError(f"Fault {number}: nth counts from 1, and nothing is below 0.")
    if (fault.retry_after or fault.retry_after_ms) and not fault.status:
        raise FaultError(f"Fault {number}: retry_after belongs to a status.")
    for pattern in (fault.path, fault.type):
        try:
            re.compile(pattern)
        except re.error as wrong:
            raise FaultError(f"Fault {number}: {pattern!r} is not a regular expression: {wrong}.") from wrong


def _given(fault: Fault) -> dict[str, Any]:
    unset = asdict(Fault())
    return {name: value for name, value in asdict(fault).items() if value != unset[name]}
