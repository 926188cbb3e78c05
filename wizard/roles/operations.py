"""Whether actions are operations that Azure itself lists, what a wildcard covers, and which action was probably meant."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from wizard.azure.model import action_matches
from wizard.text import clean_line

if TYPE_CHECKING:
    from wizard.azure.arm import Arm

API = "2022-04-01"
_LIST = "/providers/Microsoft.Authorization/providerOperations"
_EXAMPLES = 2


class Verdict(StrEnum):
    """How an action stands to what Azure lists."""

    KNOWN = "known"
    COVERS = "covers"
    UNKNOWN = "unknown"
    OTHER_LIST = "belongs to the other list"
    NO_PROVIDER = "no such provider"


@dataclass(frozen=True, slots=True)
class Judged:
    """One action, judged. `covers` counts a wildcard's operations, `examples` are some; `meant` is the nearest one."""

    action: str
    verdict: Verdict
    covers: int = 0
    examples: tuple[str, ...] = ()
    meant: str = ""

    @property
    def holds(self) -> bool:
        """Whether a role may hold it."""
        return self.verdict in {Verdict.KNOWN, Verdict.COVERS}

    @property
    def sentence(self) -> str:
        """What there is to say about it."""
        if self.verdict is Verdict.COVERS:
            examples = ", ".join(self.examples)
            plural = "" if self.covers == 1 else "s"
            return f"{self.action} covers {self.covers} operation{plural}, e.g. {examples}."
        hint = f" Did you mean {self.meant}?" if self.meant else ""
        if self.verdict is Verdict.OTHER_LIST:
            return f"{self.action} stands in the wrong list: {self.meant}."
        if self.verdict is Verdict.NO_PROVIDER:
            return f"Azure has no resource provider {self.action.partition('/')[0]}.{hint}"
        return (
            f"Azure lists no operation {self.action}.{hint}" if not self.holds else f"{self.action} is known."
        )


@dataclass(frozen=True, slots=True)
class Operations:
    """The operations of some providers: lower-case name to the name as Azure writes it."""

    actions: Mapping[str, str] = field(default_factory=dict)
    data_actions: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    """Providers that Azure does not know, in lower case, with the nearest one that it does."""

    def judge(self, action: str, *, data: bool = False) -> Judged:
        """Hold one action, or a wildcard, against the list."""
        own, other = (self.data_actions, self.actions) if data else (self.actions, self.data_actions)
        namespace = action.partition("/")[0].lower()
        if namespace in self.missing:
            near = self.missing[namespace]
            meant = f"{near}/{action.partition('/')[2]}" if near else ""
            return Judged(action, Verdict.NO_PROVIDER, meant=meant)
        if "*" in action:
            return _wildcard(action, own)
        low = action.lower()
        if low in own:
            return Judged(action, Verdict.KNOWN)
        if low in other:
            which = "it is no data action" if data else "it is a data action"
            return Judged(action, Verdict.OTHER_LIST, meant=which)
        near_names = difflib.get_close_matches(low, [n for n in own if n.startswith(f"{namespace}/")], 1, 0.7)
        return Judged(action, Verdict.UNKNOWN, meant=own[near_names[0]] if near_names else "")

    def judge_all(self, actions: Iterable[str], *, data: bool = False) -> tuple[Judged, ...]:
        """Judge several actions, in their order."""
        return tuple(self.judge(action, data=data) for action in actions)


def _wildcard(action: str, own: Mapping[str, str]) -> Judged:
    covered = [name for low, name in own.items() if action_matches(low, action)]
    if not covered:
        return Judged(action, Verdict.UNKNOWN)
    return Judged(action, Verdict.COVERS, len(covered), tuple(sorted(covered, key=len)[:_EXAMPLES]))


async def operations_for(arm: Arm, actions: Iterable[str]) -> Operations:
    """Ask Azure for the operations of the providers that these actions name; all, where a wildcard begins with ``*``.

    Raises:
        AzureProblem: Azure could not be asked.
    """
    namespaces = {action.partition("/")[0].lower(): action.partition("/")[0] for action in actions}
    if any("*" in name for name in namespaces):
        listed = await arm.read_all(_LIST, API, **{"$expand": "resourceTypes"})
        known = {str(one.get("name", "")).lower() for one in listed}
    else:
        asked = [
            arm.read(f"{_LIST}/{name}", API, **{"$expand": "resourceTypes"}) for name in namespaces.values()
        ]
        answers = await asyncio.gather(*asked)
        listed = [answer for answer in answers if answer is not None]
        known = {low for low, answer in zip(namespaces, answers, strict=True) if answer is not None}
    strange = [name for low, name in namespaces.items() if low not in known and "*" not in low]
    return _operations(listed, await _nearest(arm, strange))


def _operations(listed: Iterable[Mapping[str, Any]], missing: Mapping[str, str]) -> Operations:
    actions: dict[str, str] = {}
    data: dict[str, str] = {}
    for provider in listed:
        for operation in _all_of(provider):
            name = clean_line(operation.get("name", ""))
            (data if operation.get("isDataAction") is True else actions)[name.lower()] = name
    return Operations(actions, data, missing)


def _all_of(provider: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from provider.get("operations") or ()
    for kind in provider.get("resourceTypes") or ():
        yield from kind.get("operations") or ()


async def _nearest(arm: Arm, strange: list[str]) -> dict[str, str]:
    """Find, for providers that Azure does not know, the ones that were probably meant."""
    if not strange:
        return {}
    listed = await arm.read_all(_LIST, API)
    names = {str(one.get("name", "")).lower(): str(one.get("name", "")) for one in listed}
    near = {name.lower(): difflib.get_close_matches(name.lower(), list(names), 1, 0.7) for name in strange}
    return {low: names[found[0]] if found else "" for low, found in near.items()}
