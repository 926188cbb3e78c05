"""Which value of ours stands for which recorded one: learned from answers that were given, said in later requests."""

from __future__ import annotations

import re
from typing import Any

from tests.contract.recordings import GUID, ZERO

# Only what names something: a size or a version that differs is a difference, not a name.
_NAMING = re.compile(
    r"(etag|ids?|uri|url|link|token|name|key\d?|fqdn|endpoint|server|address|principal|client|object|tenant|kid|value|blob|file|queue|table|web|dfs)$",
    re.IGNORECASE,
)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT")
_DIGIT = re.compile(r"[0-9]")
_SHORTEST = 8
_FILETIME = re.compile(r"01[0-9A-F]{14}")  # how the file service names the versions of a share
# The recorders took every password out; one that Azure takes stands in its place.
_MONIKER = re.compile(r"[a-z-]\d{6}$")
_LONGEST_COMPUTER = 15
_REDACTED, _PASSWORD = "REDACTED", "Rec0rded-passw0rd"


class Names:
    """Recorded values and ours, learned by walking two bodies at the same paths."""

    def __init__(self, fixed: frozenset[str]) -> None:
        """`fixed` are GUIDs that stand for themselves: subscriptions and tenants."""
        self._fixed = fixed | {ZERO}
        self._whole: dict[str, str] = {}
        self._guids: dict[str, str] = {}
        self._members: dict[tuple[str, str], str] = {}

    def learn(self, recorded: Any, ours: Any, member: str = "") -> None:
        """Remember what stands for what."""
        if isinstance(recorded, dict) and isinstance(ours, dict):
            low = {name.lower(): value for name, value in ours.items()}
            for name, value in recorded.items():
                self.learn(value, low.get(name.lower()), name)
        elif isinstance(recorded, list) and isinstance(ours, list):
            for one, other in _pairs(recorded, ours):
                self.learn(one, other, member)
        elif isinstance(recorded, str) and isinstance(ours, str) and recorded != ours:
            self._learn_text(recorded, ours, member)

    def _learn_text(self, recorded: str, ours: str, member: str) -> None:
        theirs, mine = GUID.findall(recorded), GUID.findall(ours)
        if recorded == ZERO and mine:
            self._members[member.lower(), ZERO] = ours
        if len(theirs) == len(mine):
            for one, other in zip(theirs, mine, strict=True):
                if one.lower() not in self._fixed and one.lower() != other.lower():
                    self._guids[one.lower()] = other
        if (
            _NAMING.search(member)
            and len(recorded) >= _SHORTEST
            and _DIGIT.search(recorded)
            and not _MOMENT.match(recorded)
            and not GUID.fullmatch(recorded)
        ) or (_FILETIME.fullmatch(recorded) and _FILETIME.fullmatch(ours)):
            self._whole[recorded] = ours

    def text(self, recorded: str, member: str = "") -> str:
        """A recorded text as it has to be said here."""
        if recorded in self._whole:
            return self._whole[recorded]
        if recorded == _REDACTED and member.lower().endswith("password"):
            return _PASSWORD
        if member.lower() == "computername" and _MONIKER.search(recorded):
            # The recorder's names are longer than those that it put them for: Windows takes no more.
            return recorded[-_LONGEST_COMPUTER:]
        if recorded == ZERO:
            return self._members.get((member.lower(), ZERO), recorded)
        if not self._guids:
            return recorded
        return GUID.sub(lambda found: self._guids.get(found[0].lower(), found[0]), recorded)

    def path(self, recorded: str) -> str:
        """A path as it has to be asked for here."""
        return "/".join(self.text(part) if part else part for part in recorded.split("/"))

    def body(self, recorded: Any, member: str = "") -> Any:
        """A document with our values in it."""
        if isinstance(recorded, dict):
            return {self.text(name): self.body(value, name) for name, value in recorded.items()}
        if isinstance(recorded, list):
            return [self.body(one, member) for one in recorded]
        return self.text(recorded, member) if isinstance(recorded, str) else recorded


def _pairs(recorded: list[Any], ours: list[Any]) -> list[tuple[Any, Any]]:
    for key in ("name", "displayName", "id", "kind"):
        named = {str(one[key]).lower(): one for one in ours if isinstance(one, dict) and key in one}
        pairs = [
            (one, named[str(one[key]).lower()])
            for one in recorded
            if isinstance(one, dict) and str(one.get(key)).lower() in named
        ]
        if pairs:
            return pairs
    return list(zip(recorded, ours, strict=False)) if len(recorded) == len(ours) else []
