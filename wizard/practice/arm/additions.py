"""What Azure adds to a resource that nobody sent: facts out of recordings, by type and api-version, one file a type.

A fact is `{"path", "value" | "text" | "made", "since"?, "until"?, "when"?}`: at the path, if it is missing and what it is in
is there, stands the value; or the text with its places filled in; or a `guid`, `moment`, `etag`. `[]` is each element of a
list. `since` and `until` are api-versions, `when` names other paths with the values (`*`: any) on which it depends.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from wizard.practice.arm import facts, ids
from wizard.practice.arm.call import stamp

_FOLDER = Path(__file__).parent.parent / "facts" / "additions"
_SPACE = uuid.UUID("0b6a2a2e-5b0e-4d6c-9a55-6d7f1f0a3c21")
_PLACE = re.compile(r"\{(\w+)\}")
_NEWEST = "9999"
_ONCE = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Addition:
    """One fact; see the head of this module."""

    path: tuple[str, ...]
    fact: Mapping[str, Any]

    def holds(self, version: str) -> bool:
        """Whether it is so in an api-version."""
        since, until = str(self.fact.get("since", "")), str(self.fact.get("until", _NEWEST))
        return since <= version <= until


@dataclass(frozen=True, slots=True)
class About:
    """What the places in a text stand for."""

    key: ids.Id
    location: str
    tenant: str
    now: datetime | None

    def text(self, pattern: str, path: str, element: Mapping[str, Any]) -> str:
        """The text with its places filled in; what is random is the same at every reading."""
        seed = f"{self.key.text.lower()}|{path}|{element.get('name', '')}"
        region = facts.regions().get(self.location, {})
        places = {
            "id": self.key.text,
            "group_id": self.key.group_id,
            "group": self.key.group or "",
            "name": self.key.leaf,
            "parent": self.key.parent.leaf if self.key.parent else "",
            "subscription": self.key.subscription or "",
            "location": self.location,
            "paired": region.get("pairedRegion") or self.location,
            "tenant": self.tenant,
            "element": element.get("name", ""),
            "guid": str(uuid.uuid5(_SPACE, seed)),
            "hash": hashlib.sha256(seed.encode()).hexdigest()[:32],
        }
        return _PLACE.sub(lambda found: str(places.get(found[1], found[0])), pattern)

    def made(self, kind: str, path: str, element: Mapping[str, Any]) -> str:
        """A value that Azure makes up."""
        if kind == "moment":
            return stamp(self.now or _ONCE)
        if kind == "etag" and self.now:
            return f'W/"{uuid.uuid4()}"'
        guid = self.text("{guid}", path, element)
        return {"etag": f'W/"{guid}"', "guid-in-quotes": f'"{guid}"'}.get(kind, guid)


def of(
    kind: str, version: str, document: Mapping[str, Any], tenant: str, now: datetime | None = None
) -> dict[str, Any]:
    """The document with all that Azure adds to it in an api-version; what it has stays as it is.

    Args:
        kind: its full type.
        version: the api-version asked for; nothing is the newest.
        document: it has `id`, and `location` where the type has one.
        tenant: the tenant of its subscription.
        now: when it is written; without it the document is read only, and shows the same at every reading.
    """
    known = _additions(kind.lower())
    if not known:
        return dict(document)
    found: dict[str, Any] = copy.deepcopy(dict(document))
    about = About(ids.parse(str(document["id"])), str(document.get("location") or ""), tenant, now)
    for one in known:
        if one.holds(version or _NEWEST):
            for holder, path in _holders(found, one.path[:-1], ""):
                _add(found, holder, one, path, about)
    return found


def _add(found: Mapping[str, Any], holder: dict[str, Any], one: Addition, path: str, about: About) -> None:
    name = one.path[-1]
    # A null is how a client says that it leaves a property to Azure.
    if any(value is not None and other.lower() == name.lower() for other, value in holder.items()):
        return
    when = one.fact.get("when")
    if when and not all(_any(found, holder, where, values) for where, values in when.items()):
        return
    here = f"{path}.{name}"
    if "text" in one.fact:
        holder[name] = about.text(str(one.fact["text"]), here, holder)
    elif "made" in one.fact:
        holder[name] = about.made(str(one.fact["made"]), here, holder)
    else:
        holder[name] = copy.deepcopy(one.fact["value"])


def _holders(document: Any, path: tuple[str, ...], where: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Every object at a path."""
    if not path:
        if isinstance(document, dict):
            yield document, where
        return
    name, each = path[0].removesuffix("[]"), path[0].endswith("[]")
    inner = document.get(name) if isinstance(document, dict) else None
    if each and isinstance(inner, list):
        for number, one in enumerate(inner):
            yield from _holders(one, path[1:], f"{where}.{name}[{number}]")
    elif not each and inner is not None:
        yield from _holders(inner, path[1:], f"{where}.{name}")


def _any(document: Mapping[str, Any], holder: Mapping[str, Any], where: str, values: list[str]) -> bool:
    start: Any = document
    names = where.split(".")
    if "[]" in where:
        start, names = holder, names[-1:]
    for name in names:
        start = start.get(name) if isinstance(start, dict) else None
    if start in (None, "", [], {}):
        return False
    told = (start if isinstance(start, str) else json.dumps(start)).lower()
    return any(value == "*" or value.lower() == told for value in values)


@lru_cache(maxsize=512)
def _additions(kind: str) -> tuple[Addition, ...]:
    path = _files().get(kind)
    if path is None:
        return ()
    document = json.loads(path.read_text(encoding="utf-8"))
    return tuple(Addition(tuple(one["path"].split(".")), one) for one in document["added"])


@lru_cache(maxsize=1)
def _files() -> Mapping[str, Path]:
    """The files by the type in lower case; a type's slashes are dots in the name of its file."""
    found = {}
    for path in sorted(_FOLDER.glob("*.json")):
        namespace, product, *types = path.stem.split(".")
        found["/".join((f"{namespace}.{product}", *types)).lower()] = path
    return found
