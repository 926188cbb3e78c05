"""Mines recordings for what Azure adds to a resource that the caller did not send, and writes it down as facts.

    python -m tests.contract.mine FILE.jsonl.gz FOLDER [--type T]

A fact says at which path what kind of value stands, since and until which api-version, and on which condition; it counts
only if it holds in nearly all recorded documents of those versions, in three cassettes or in all there are.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.contract.mine_values import CASSETTES, ENOUGH, Found, Seen, condition, holds, rate, value
from tests.contract.recordings import GUID, Cassette, Row, cassettes
from wizard.practice.arm import ids

_SKIPPED = ("microsoft.authorization/", "microsoft.resources/", "microsoft.management/")
_TOP = frozenset({"id", "name", "type", "location", "tags", "identity", "systemdata"})
_NEVER = frozenset({"properties.provisioningState"})
# What stands here is a list or map of other resources, which say for themselves what they are.
CHILDREN: Mapping[str, frozenset[str]] = {
    "microsoft.network/virtualnetworks": frozenset({"subnets", "virtualnetworkpeerings"}),
    "microsoft.network/networksecuritygroups": frozenset({"securityrules", "subnets", "networkinterfaces"}),
    "microsoft.network/routetables": frozenset({"routes", "subnets"}),
    "microsoft.network/virtualnetworks/subnets": frozenset({"ipconfigurations", "privateendpoints", "resourcenavigationlinks", "serviceassociationlinks", "ipconfigurationprofiles"}),
    "microsoft.network/publicipaddresses": frozenset({"ipconfiguration"}),
    "microsoft.network/natgateways": frozenset({"subnets"}),
    "microsoft.network/networkinterfaces": frozenset({"virtualmachine", "privateendpoint"}),
    "microsoft.containerservice/managedclusters": frozenset(),
    "microsoft.compute/virtualmachines": frozenset({"resources", "instanceview"}),
    "microsoft.storage/storageaccounts": frozenset({"privateendpointconnections"}),
    "microsoft.keyvault/vaults": frozenset({"privateendpointconnections"}),
    "microsoft.containerregistry/registries": frozenset({"privateendpointconnections"}),
    "microsoft.machinelearningservices/workspaces": frozenset({"privateendpointconnections"}),
}  # fmt: skip


def documents(cassette: Cassette) -> Iterator[tuple[str, Seen]]:
    """Every finished document of a resource whose making is recorded too."""
    sent: dict[str, Any] = {}
    latest: dict[tuple[str, str], Seen] = {}
    for row in cassette.rows:
        if row["host_kind"] != "arm" or not row.succeeded:
            continue
        key = row.path.lower()
        if row.method == "PUT" and isinstance(row.sent, dict):
            sent[key] = row.sent
        elif row.method == "PATCH" and isinstance(row.sent, dict) and key in sent:
            sent[key] = _over(sent[key], row.sent)
        elif row.method == "DELETE":
            sent.pop(key, None)
        for seen in _shown(cassette.name, row, sent):
            latest[str(seen.shown["id"]).lower(), seen.version] = seen
    for (key, _), seen in latest.items():
        try:
            yield ids.parse(key).type.lower(), seen
        except ValueError:
            continue


def _shown(name: str, row: Row, sent: Mapping[str, Any]) -> Iterator[Seen]:
    body = row.body
    if not isinstance(body, dict) or row.method not in ("GET", "PUT", "PATCH"):
        return
    listed = body.get("value")
    for one in listed if isinstance(listed, list) else [body]:
        if not isinstance(one, dict) or not isinstance(one.get("id"), str):
            continue
        key = one["id"].lower().rstrip("/")
        state = (
            str((one.get("properties") or {}).get("provisioningState", "Succeeded"))
            if isinstance(one.get("properties"), dict)
            else ""
        )
        if key in sent and state.lower() in ("succeeded", "", "updating") and not row.fields.get("truncated"):
            yield Seen(name, row.query.get("api-version", ""), sent[key], one, "")


def _over(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return {**one, **{name: _over(one.get(name), value) for name, value in other.items()}}
    return other


def facts(kind: str, seen: Sequence[Seen]) -> list[dict[str, Any]]:
    """The facts of one type, parents before what is in them."""
    table: dict[str, list[Found]] = defaultdict(list)
    for one in seen:
        _walk(kind, "", one.shown, one.sent, one, table, _names(kind, seen))
    found: list[dict[str, Any]] = []
    absent: set[str] = set()
    for path in sorted(table, key=lambda text: (text.count("."), text)):
        if path in _NEVER or any(path.startswith(one) for one in absent):
            continue
        fact = _fact(path, table[path])
        if fact is not None:
            found.append(fact)
        elif not any(one.present and one.given for one in table[path]):
            absent.update({path + ".", path + "["})
    return found


def _names(kind: str, seen: Sequence[Seen]) -> Mapping[str, frozenset[str]]:
    """By the path of an object: every name that is ever in it."""
    names: dict[str, set[str]] = defaultdict(set)

    def look(where: str, document: Any) -> None:
        if isinstance(document, dict):
            for name, value in document.items():
                names[where].add(name)
                look(f"{where}.{name}" if where else name, value)
        elif isinstance(document, list):
            for one in document:
                look(f"{where}[]", one)

    for one in seen:
        look("", one.shown)
    return {where: frozenset(found) for where, found in names.items() if len(found) < 80}


def _walk(  # noqa: PLR0917 - it goes down two documents at once
    kind: str,
    where: str,
    shown: Any,
    sent: Any,
    seen: Seen,
    table: dict[str, list[Found]],
    names: Mapping[str, frozenset[str]],
) -> None:
    if isinstance(shown, dict):
        low = {str(name).lower(): value for name, value in sent.items()} if isinstance(sent, dict) else {}
        for name in names.get(where, ()):
            here = f"{where}.{name}" if where else name
            if _passed_over(kind, where, name):
                continue
            given = name.lower() in low
            value = shown.get(name)
            table[here].append(
                Found(here, seen.cassette, seen.version, name in shown, value, seen, shown, given)
            )
            if name in shown:
                _walk(kind, here, value, low.get(name.lower()), seen, table, names)
    elif isinstance(shown, list):
        # Where it can't be told which element of theirs is which of ours, nothing is learned of them.
        for one, fitting in zip(
            shown, sent if isinstance(sent, list) and len(sent) == len(shown) else (), strict=False
        ):
            _walk(kind, f"{where}[]", one, fitting, seen, table, names)


def _passed_over(kind: str, where: str, name: str) -> bool:
    if not where:
        return name.lower() in _TOP
    if where == "properties" and name.lower() in CHILDREN.get(kind, ()):
        return True
    return bool(name.startswith("/") or GUID.search(name)) or where.rsplit(".", 1)[-1] in (
        "tags",
        "userAssignedIdentities",
    )


def _fact(path: str, found: Sequence[Found]) -> dict[str, Any] | None:
    mine = [one for one in found if not one.given]
    there = [one for one in mine if one.present]
    if not there:
        return None
    since, until = _interval(mine)
    inside = [one for one in mine if _within(one.version, since, until)]
    when = None
    if rate(inside) < ENOUGH:
        when = condition(path, inside)
        if when is None:
            return None
        inside = [one for one in inside if holds(one, when)]
    cassettes_in = {one.cassette for one in inside if one.present}
    if not inside or len(cassettes_in) < min(CASSETTES, len({one.cassette for one in found})):
        return None
    told = value(path, [one for one in inside if one.present])
    if told is None:
        return None
    versions = sorted({one.version for one in mine})
    fact: dict[str, Any] = {"path": path, **told}
    if since > versions[0]:
        fact["since"] = since
    if until < versions[-1]:
        fact["until"] = until
    if when:
        fact["when"] = when
    return fact


def _within(version: str, since: str, until: str) -> bool:
    return since <= version <= until


def _interval(found: Sequence[Found]) -> tuple[str, str]:
    """The first and last api-version that have it, such that as few documents as may be contradict."""
    tally: dict[str, tuple[float, int]] = {}
    for version in {one.version for one in found}:
        inside = [one for one in found if one.version == version]
        size = len({one.cassette for one in inside})
        tally[version] = (rate(inside) * size, size)
    versions = sorted(tally)
    best, chosen = -1.0, (versions[0], versions[-1])
    missed: float = sum(size - there for there, size in tally.values())
    for low in range(len(versions)):
        right = missed
        for high in range(low, len(versions)):
            there, size = tally[versions[high]]
            right += there - (size - there)
            # A longer interval wins a draw: it is the simpler fact.
            if right > best + 1e-9 or (
                abs(right - best) < 1e-9
                and high - low > versions.index(chosen[1]) - versions.index(chosen[0])
            ):
                best, chosen = right, (versions[low], versions[high])
    return chosen


def line(fact: Mapping[str, Any]) -> str:
    """A fact as one line of JSON."""
    return json.dumps(fact, ensure_ascii=False)


def write(folder: Path, name: str, seen: Sequence[Seen], found: Sequence[Mapping[str, Any]]) -> None:
    """Write a type's file, a line a fact."""
    versions = sorted({one.version for one in seen})
    head = {
        "type": name,
        "cassettes": len({one.cassette for one in seen}),
        "versions": f"{versions[0]}..{versions[-1]}",
    }
    lines = ",\n".join(f"  {line(fact)}" for fact in found)
    text = json.dumps(head)[:-1] + ', "added": [\n' + lines + "\n]}\n"
    json.loads(text)
    (folder / f"{name.replace('/', '.')}.json").write_text(text, encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.contract.mine", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--type", default="", help="only this one")
    options = parser.parse_args(arguments)
    seen: dict[str, list[Seen]] = defaultdict(list)
    spelled: dict[str, Counter[str]] = defaultdict(Counter)
    labels: set[str] = set()
    for cassette in cassettes(options.file):
        wanted = {str(row["rtype"]).lower() for row in cassette.rows if row.label != "other-error"}
        labels |= wanted
        for row in cassette.rows:
            spelled[str(row["rtype"]).lower()][str(row["rtype"])] += 1
        for kind, one in documents(cassette):
            if kind in wanted:
                seen[kind].append(one)
    options.folder.mkdir(parents=True, exist_ok=True)
    for kind, found in sorted(seen.items()):
        if kind.startswith(_SKIPPED) or kind not in labels or (options.type and kind != options.type.lower()):
            continue
        name = next((one for one, _ in spelled[kind].most_common() if one.lower() == kind), kind)
        mined = facts(kind, found)
        if mined:
            write(options.folder, name, found, mined)
        print(f"{len(mined):4} {len({one.cassette for one in found}):4} {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
