"""Faults on request: which requests go wrong, how and how often, as data out of a file or from the admin address."""

from __future__ import annotations

import json
import re
import threading
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from wizard.practice.kernel import Practice, Request

_EFFECTS = (
    *("status", "instead", "redirect", "challenge", "claims", "expired", "aadsts", "close", "hang", "stall"),
    *("truncated", "length", "poll", "next", "edit", "drop", "echo", "replication"),
)
# The effects that a status may stand beside: it is the status of their answer then.
_WITH_STATUS = frozenset({"instead", "redirect", "poll", "echo"})
_CAN_COME_AFTER = frozenset({"status", "instead", "redirect", "hang"})
_WORKING = frozenset({"stall", "truncated", "length", "poll", "next", "edit", "drop", "echo", "replication"})
_LOWEST_STATUS, _HIGHEST_STATUS, _LOWEST_REFUSAL = 200, 599, 400
_SPREADING = {
    "servicePrincipal": "_created",
    "secret": "_created",
    "roleAssignment": "_created",
    "grant": "since",
}
_SIGN_IN = re.compile(r"/oauth2/(v2\.0/)?(token|devicecode)$", re.IGNORECASE)


class FaultError(ValueError):
    """A list of faults that cannot be read; the message says which entry and why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong, in the words of `docs/faults.md`; one of the effects is set.

    Attributes:
        method: of the request; empty is any.
        path: a regular expression looked for in the path, without case; empty is any.
        type: a regular expression that the whole resource type of the path fits, without case; empty is any.
        content: a regular expression looked for in the request's body; empty is any.
        since: a regular expression looked for in `METHOD path`: the fault counts only after a request that fits it.
        nth: the first matching request that goes wrong, counted from 1.
        times: how many in a row do; 0 is all from then on.
        status: a status instead of an answer; nothing is done, unless `after`.
        code: Azure's word for that status; empty is the usual one.
        message: Azure's sentence for it; empty is the usual one.
        after: the work is done before the refusal, the page, the redirect or the silence.
        retry_after: seconds in `Retry-After`, or any text there.
        retry_after_ms: milliseconds in `retry-after-ms`.
        instead: 200 with this text in place of an answer: a page, "null", "" or anything else.
        redirect: a redirection (307) to this address; `{origin}`, `{host}` and `{path}` stand for the request's.
        challenge: 401 whose `WWW-Authenticate` names this address as the place to get a token.
        claims: 401 that asks for a token with more claims (continuous access evaluation).
        aadsts: the refusal of this number in place of a token; only sign-in requests fit.
        close: the connection ends without an answer, "before" or "after" the work is done.
        hang: no answer ever comes.
        stall: seconds until the answer begins; the work is done.
        truncated: the work is done, and its answer's JSON ends in the middle.
        length: the work is done, and its answer promises so many bytes more than come.
        poll: the work is done, and its answer says to ask at this address how it goes on.
        next: the work is done, and its answer names this address as the next page.
        edit: the work is done, and these fields of its answer are said to be so (`properties.provisioningState`).
        drop: the work is done, and these fields are missing in its answer.
        echo: the work is done, and the error that is told (500) quotes the request and the answer.
        expired: 401, as for a token whose time is over.
        replication: seconds until what the request makes (a principal, a secret, a role assignment) has effect.
    """

    method: str = ""
    path: str = ""
    type: str = ""
    content: str = ""
    since: str = ""
    nth: int = 1
    times: int = 1
    status: int = 0
    code: str = ""
    message: str = ""
    after: bool = False
    retry_after: int | str = 0
    retry_after_ms: int = 0
    instead: str | None = None
    redirect: str = ""
    challenge: str = ""
    claims: bool = False
    aadsts: int = 0
    close: Literal["", "before", "after"] = ""
    hang: bool = False
    stall: float = 0.0
    truncated: bool = False
    length: int = 0
    poll: str = ""
    next: str = ""
    edit: Mapping[str, Any] = field(default_factory=dict)
    drop: Sequence[str] = ()
    echo: bool = False
    expired: bool = False
    replication: float = 0.0

    def fits(self, request: Request) -> bool:
        """Whether the request is one of those meant."""
        return (
            self.method.upper() in ("", request.method)
            and re.search(self.path, request.path, re.IGNORECASE) is not None
            and (not self.type or re.fullmatch(self.type, type_of(request.path), re.IGNORECASE) is not None)
            and (
                not self.content
                or re.search(self.content, request.body.decode("utf-8", "replace")) is not None
            )
            and (not self.aadsts or _SIGN_IN.search(request.path) is not None)
        )

    def awaited(self, request: Request) -> bool:
        """Whether this is the request after which the fault begins to count."""
        return re.search(self.since, f"{request.method} {request.path}", re.IGNORECASE) is not None

    @property
    def effects(self) -> tuple[str, ...]:
        """What goes wrong; a status that stands beside another effect is not counted."""
        unset = Fault()
        named = tuple(name for name in _EFFECTS if getattr(self, name) != getattr(unset, name))
        return tuple(n for n in named if n != "status") if _WITH_STATUS & {*named} else named

    @property
    def works(self) -> bool:
        """Whether what was asked is done all the same."""
        return self.after or self.close == "after" or bool(_WORKING & {*self.effects})


def _unheard(_request: Request) -> None:
    return None


class Faults:
    """The faults of one server and how often each was met; asked from the server's thread, changed from any.

    `listener` is told of every request, in the server's thread.
    """

    def __init__(self, given: Sequence[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self.listener: Callable[[Request], None] = _unheard
        self.replace(given)

    def replace(self, given: Sequence[Fault]) -> None:
        """Take other faults, and count anew."""
        with self._lock:
            self._met = [(fault, 0) for fault in given]
            self._begun = [not fault.since for fault in given]

    def strike(self, request: Request) -> Fault | None:
        """The fault that meets this request, or None. Each that fits counts it; the first that is due strikes."""
        self.listener(request)
        struck: Fault | None = None
        with self._lock:
            for number, (fault, before) in enumerate(self._met):
                begun = self._begun[number]
                self._begun[number] = begun or fault.awaited(request)
                if begun and fault.fits(request):
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
        if not _takes(name, fields[name], value):
            raise FaultError(f"Fault {number}: {name} cannot be {value!r}.")
    fault = Fault(**entry)
    _check(number, fault)
    return fault


def _takes(name: str, unset: object, value: object) -> bool:
    """Whether a value is of the type that the key wants."""
    if name == "drop":
        return isinstance(value, list) and all(isinstance(path, str) for path in value)
    wanted: tuple[type, ...] = (type(unset),)
    if isinstance(unset, float):
        wanted = (int, float)
    elif name == "retry_after":
        wanted = (int, str)
    elif unset is None:
        wanted = (str,)
    return isinstance(value, wanted) and isinstance(value, bool) is isinstance(unset, bool)


def _check(number: int, fault: Fault) -> None:
    if len(fault.effects) != 1:
        raise FaultError(f"Fault {number} needs exactly one of {', '.join(_EFFECTS)}.")
    lowest = _LOWEST_REFUSAL if fault.effects == ("status",) else _LOWEST_STATUS
    if fault.status and not lowest <= fault.status <= _HIGHEST_STATUS:
        raise FaultError(f"Fault {number}: status is one of {lowest} to {_HIGHEST_STATUS}.")
    if fault.close not in ("", "before", "after"):
        raise FaultError(f'Fault {number}: close is "before" or "after".')
    wished = fault.retry_after if isinstance(fault.retry_after, int) else 0
    least = min(
        fault.times, fault.stall, fault.replication, wished, fault.retry_after_ms, fault.aadsts, fault.length
    )
    if fault.nth < 1 or least < 0:
        raise FaultError(f"Fault {number}: nth counts from 1, and nothing is below 0.")
    if (fault.retry_after or fault.retry_after_ms or fault.code or fault.message) and not fault.status:
        raise FaultError(f"Fault {number}: retry_after, code and message belong to a status.")
    if fault.after and not _CAN_COME_AFTER & {*fault.effects}:
        raise FaultError(f"Fault {number}: after belongs to {', '.join(sorted(_CAN_COME_AFTER))}.")
    for pattern in (fault.path, fault.type, fault.content, fault.since):
        try:
            re.compile(pattern)
        except re.error as wrong:
            raise FaultError(f"Fault {number}: {pattern!r} is not a regular expression: {wrong}.") from wrong


def _given(fault: Fault) -> dict[str, Any]:
    unset = asdict(Fault())
    return {name: value for name, value in asdict(fault).items() if value != unset[name]}
