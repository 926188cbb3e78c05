"""Plays recorded Azure traffic against practice Azure, and tells per label how many answers match.

python -m tests.contract.replay FILE.jsonl.gz [--label L]... [--cassette TEXT] [--show N] [--json OUT]
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from tests.contract import comparing, pacing, surroundings, vaults
from tests.contract.circumstances import circumstance
from tests.contract.given import ITEM, Before
from tests.contract.names import Names
from tests.contract.recordings import GUID, Cassette, Row, cassettes, sampled
from tests.contract.report import Played, Verdict, report, shares
from tests.contract.stage import Answered, Stage
from wizard.practice.arm import ids
from wizard.practice.arm.kinds import find

_STRANGE = frozenset({"InvalidResourceType", "InvalidResourceNamespace"})
_OPERATION = re.compile(
    r"/(operationresults|operationstatuses|operationsstatus|operations)/[^/]+$", re.IGNORECASE
)
_OUTSIDE = frozenset({"InvalidContentLink", "InvalidTemplateLink"})
_OWN = ("microsoft.authorization/", "microsoft.resources/", "microsoft.management/")
_SENT = ("if-match", "if-none-match", "content-type", "accept")


@dataclass(slots=True)
class _Operation:
    """The polling addresses of an operation that is followed: as recorded, and as practice Azure gave them."""

    recorded: Mapping[str, str]
    ours: Mapping[str, str]
    unsupported: bool = False


@dataclass(slots=True)
class _Play:
    cassette: Cassette
    stage: Stage
    names: Names
    before: Before
    vaults: vaults.Vaults
    ends: Mapping[int, float]
    operations: dict[int, _Operation] = field(default_factory=dict)
    outside: set[str] = field(default_factory=set)
    outside_n: set[int] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    """Paths of what practice Azure could not make because it knows no such thing."""


def play(cassette: Cassette) -> Iterator[Played]:
    """Play one cassette on a world of its own."""
    subscriptions = frozenset(surroundings.subscriptions(cassette))
    tenant = surroundings.tenant(cassette)
    stage = Stage(tenant, subscriptions, frozenset(surroundings.taken(cassette)), pacing.began(cassette))
    names = Names(subscriptions | {tenant})
    before = Before(cassette, stage, names)
    course = _Play(cassette, stage, names, before, vaults.Vaults(cassette, stage), pacing.ends(cassette))
    try:
        for index, row in enumerate(cassette.rows):
            yield _played(course, index, row)
    finally:
        stage.close()


def play_sample(file: Path, seed: int, each: int) -> Iterator[Played]:
    """Play some cassettes of every label of a file, the same ones for the same seed; without the bodies."""
    chosen = sampled(file, seed, each)
    for cassette in cassettes(file):
        if cassette.name in chosen:
            for one in play(cassette):
                yield replace(one, recorded=None, ours=None)


def _played(course: _Play, index: int, row: Row) -> Played:
    cause = circumstance(row)
    if (row.follows is not None and row.follows not in course.cassette.at) or _orphan(row):
        cause = "the call that began it is not in the recording"
    if "$skiptoken" in row.query and row["host_kind"] == "graph":
        cause = "a further page of a list that is longer than any in a fresh world"
    if (
        row["host_kind"] in ("arm", "graph")
        and isinstance(row.sent, str)
        and row.succeeded
        and row.sent[:1] not in ("", "{")
    ):
        cause = "the body that was sent is not whole in the recording"
        if row.method == "PUT":
            course.outside.add(row.path.lower())
            course.outside_n.add(row.n)
    if cause:
        return _told(course, row, "circumstance", (cause,))
    if _retired(row):
        return _told(
            course, row, "unsupported", (f"{row.host.split('.', 1)[-1]}: a service practice Azure has not",)
        )
    course.stage.pace.turn(index, course.ends.get(index), young=row.error.get("code") == "PrincipalNotFound")
    vault = row["host_kind"] == "vault"
    put_there = course.vaults.prepare(row) if vault else course.before.prepare(row)
    target = _target(course, row)
    course.before.passed(row)
    if target is None:
        if row.follows in course.outside_n:
            return _told(course, row, "circumstance", ("it links to what is outside of the recording",))
        began = course.operations.get(row.follows or 0)
        if began and began.unsupported:
            return _told(course, row, "unsupported", ("what it polls is not supported",))
        return _told(course, row, "differing", ("no polling address was given to follow",))
    kind = vaults.kind(row) if vault else str(row["host_kind"])
    answer = course.stage.ask(row.method, target, kind, _headers(course, row), _body(course, row))
    if row.method == "HEAD":
        answer = Answered(answer.status, answer.headers, None)
    return _judged(course, row, answer, put_there=put_there)


def _judged(course: _Play, row: Row, answer: Answered, *, put_there: bool) -> Played:
    strange = _strange(row, answer)
    if row.succeeded:
        course.names.learn(row.body, answer.body)
        low = {name.lower(): value for name, value in answer.headers.items()}
        if row.follows is None:
            course.operations[row.n] = _Operation(row.headers, low, strange)
        elif row.follows in course.operations:
            began = course.operations[row.follows]
            again: dict[str, str] = {
                name: low[name] for name in ("location", "azure-asyncoperation") if name in low
            }
            course.operations[row.follows] = _Operation(
                {**began.recorded, **row.headers}, {**began.ours, **again}
            )
    if _outside(course, row, answer):
        return _told(course, row, "circumstance", ("it links to what is outside of the recording",), answer)
    if strange:
        course.lost.update({row.path.lower()} if row.method in ("PUT", "POST") else ())
        return _told(course, row, "unsupported", (_stranger(answer),), answer)
    reasons = tuple(dict.fromkeys(comparing.differences(row, answer.status, answer.headers, answer.body)))
    if reasons and (foreign := _foreign(course, row)):
        return _told(course, row, "unsupported", (foreign,), answer)
    if reasons:
        return _told(course, row, "differing", reasons, answer)
    return _told(course, row, "given" if put_there else "matched", (), answer)


def _told(
    course: _Play, row: Row, verdict: Verdict, reasons: tuple[str, ...], answer: Answered | None = None
) -> Played:
    poll = "poll " if row.follows is not None else ""
    action = f" {row['action']}" if row["action"] else ""
    call = f"{poll}{row.method} {row['rtype'] or row['path_template']}{action}"
    ours = {"status": answer.status, "headers": dict(answer.headers), "body": answer.body} if answer else None
    return Played(
        course.cassette.name,
        row.n,
        row.label,
        call,
        str(row["uri"]),
        verdict,
        reasons,
        dict(row.fields),
        ours,
    )


def _stranger(answer: Answered) -> str:
    told = json.dumps(answer.body)
    found = re.search(r"resource type '([^']*)' could not be found in the namespace '([^']*)'", told)
    return (
        f"{comparing.code_of(answer.body)} {found[2]}/{found[1]}" if found else comparing.code_of(answer.body)
    )


def _outside(course: _Play, row: Row, answer: Answered) -> bool:
    """Whether it needs what an address elsewhere held: a linked template; or is about what needed it."""
    if row.succeeded and comparing.code_of(answer.body) in _OUTSIDE:
        course.outside.add(row.path.lower())
        course.outside_n.add(row.n)
    listed = _listed(row)
    about = any(row.path.lower().startswith(one) for one in course.outside) or (
        bool(listed) and listed <= course.outside
    )
    if about:
        course.outside_n.add(row.n)
    return about


def _orphan(row: Row) -> bool:
    """Whether a row asks for an operation that no row of the recording began."""
    own = "/deployments/" in row.path.lower()  # there operations are things of their own
    return row.follows is None and row.method == "GET" and not own and bool(_OPERATION.search(row.path))


def _foreign(course: _Play, row: Row) -> str:
    """Why a row is about something practice Azure does not know; nothing when it is not."""
    path = row.path.lower()
    if any(path == one or path.startswith(one + "/") for one in course.lost):
        return "what it is about could not be made: unsupported"
    if row["host_kind"] != "arm" or not row.succeeded:
        return ""
    items = row.body.get("value") if row.method == "GET" and isinstance(row.body, dict) else None
    if isinstance(items, list) and items:
        if _listed(row) <= course.lost:
            return "what it is about could not be made: unsupported"
        kinds = {
            str(one.get("type"))
            for one in items
            if isinstance(one, dict) and str(one.get("id", "")).lower().count("/") > 6
        }
        if kinds and not any(find(kind) or kind.lower().startswith(_OWN) for kind in kinds):
            return f"only types it has not: {min(kinds)}"
    return ""


def _listed(row: Row) -> set[str]:
    """The ids of what a recorded list shows."""
    found = row.body.get("value") if row.method == "GET" and isinstance(row.body, dict) else None
    return (
        {str(one.get("id")).lower() for one in found if isinstance(one, dict)}
        if isinstance(found, list)
        else set()
    )


def _strange(row: Row, answer: Answered) -> bool:
    """Whether practice Azure does not know what is asked for at all, though Azure did."""
    if answer.status < 400:
        return False
    code = comparing.code_of(answer.body)
    if row.status >= 400 and comparing.code_of(row.body) == code:
        return False
    message = (
        str((answer.body or {}).get("error", {}).get("message", ""))
        if isinstance(answer.body, dict) and isinstance(answer.body.get("error"), dict)
        else ""
    )
    return (
        code in _STRANGE
        or (code == "InvalidTemplateDeployment" and any(one in json.dumps(answer.body) for one in _STRANGE))
        or (answer.status == 404 and code == "ResourceNotFound" and row.succeeded and _undeclared(row))
        or answer.status == 405
        or "Practice Azure has no operation" in message
        or "Resource not found for the segment" in message
    )


def _undeclared(row: Row) -> bool:
    found = ITEM.match(row.path)
    if found is None:
        return False
    kind = ids.parse(found[0]).type
    return find(kind) is None and not kind.lower().startswith(_OWN)


def _retired(row: Row) -> bool:
    if "managedhsm" in row.host:
        return not row.path.startswith(("/keys", "/deletedkeys"))
    return row.host in ("graph.windows.net", "")


def _target(course: _Play, row: Row) -> str | None:
    if row.follows is None:
        query = {name: course.names.text(value, name.lstrip("$")) for name, value in row.query.items()}
        vault = row["host_kind"] == "vault"
        path = quote(vaults.path(row, course.names) if vault else course.names.path(row.path))
        if row["host_kind"] == "login" and GUID.match(path[1:]):
            path = f"/{course.stage.tenant}{path[37:]}"
        return f"{path}?{urlencode(query)}" if query else path
    began = course.operations.get(row.follows)
    if began is None:
        return None
    asked = urlsplit(str(row["uri"])).path.rsplit("/", 1)[-1].lower()
    for name in ("azure-asyncoperation", "location"):
        theirs = urlsplit(began.recorded.get(name, "")).path.rsplit("/", 1)[-1].lower()
        if (
            theirs
            and theirs == asked
            and _same_kind(began.recorded[name], str(row["uri"]))
            and name in began.ours
        ):
            return began.ours[name]
    # Nothing tells which was followed: then what the answers look like does.
    dressed = isinstance(row.body, dict) and isinstance(row.body.get("status"), str)
    order = ("azure-asyncoperation", "location") if dressed else ("location", "azure-asyncoperation")
    fitting = [name for name in order if name in began.recorded and name in began.ours]
    return began.ours[fitting[0]] if fitting else None


def _same_kind(header: str, uri: str) -> bool:
    one, other = urlsplit(header), urlsplit(uri)
    return ("monitor=true" in one.query) == ("monitor=true" in other.query) and one.path.lower().split("/")[
        -2:-1
    ] == other.path.lower().split("/")[-2:-1]


def _headers(course: _Play, row: Row) -> dict[str, str]:
    sent = row["req_headers"]
    found = {name: course.names.text(str(sent[name]), "etag") for name in _SENT if name in sent}
    return found | {"content-type": sent.get("content-type", "application/json")}


def _body(course: _Play, row: Row) -> bytes:
    if row.sent is None:
        return b""
    if isinstance(row.sent, str):
        return GUID.sub(lambda found: course.names.text(found[0]), row.sent).encode()
    return json.dumps(course.names.body(row.sent)).encode()


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.contract.replay", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--label",
        action="append",
        default=[],
        help="only rows of this label; may be repeated; `Network/*` works",
    )
    parser.add_argument("--cassette", default="", help="only cassettes whose name contains this")
    parser.add_argument("--show", type=int, default=0, help="examples per reason")
    parser.add_argument(
        "--json",
        type=Path,
        help="write every differing or unsupported row here, with both answers, a line each",
    )
    parser.add_argument("--every", type=int, default=1, help="only every n-th cassette")
    parser.add_argument(
        "--keep", type=Path, help="play the sample that this TOML file asks for, and write its shares there"
    )
    parser.add_argument("--log", action="store_true", help="show how practice Azure itself failed")
    options = parser.parse_args(arguments)
    logging.getLogger("wizard.practice").setLevel(logging.ERROR if options.log else logging.CRITICAL + 1)
    if options.keep:
        _keep(options.file, options.keep)
        return 0
    played: list[Played] = []
    out = options.json.open("w", encoding="utf-8") if options.json else None
    labels = frozenset(_labels(options.file, options.label))
    for number, cassette in enumerate(cassettes(options.file, labels, options.cassette)):
        if number % options.every:
            continue
        for one in play(cassette):
            if labels and one.label not in labels:
                continue
            if out and one.verdict in ("differing", "unsupported"):
                out.write(json.dumps(asdict(one)) + "\n")
            played.append(Played(one.cassette, one.n, one.label, one.call, one.uri, one.verdict, one.reasons))
    if out:
        out.close()
    report(played, options.show)
    return 0


def _keep(file: Path, kept: Path) -> None:
    """Write down the shares of a sample, a hundredth lower: that much may be chance."""
    text = kept.read_text(encoding="utf-8")
    asked = tomllib.loads(text)
    found = shares(list(play_sample(file, asked["seed"], asked["each"])))
    lines = (
        f'"{label}" = {max(0.0, int(share * 100 - 1) / 100):.2f}'
        for label, share in sorted(found.items())
        if label != "other-error"
    )
    kept.write_text(text.partition("[labels]")[0] + "[labels]\n" + "\n".join(lines) + "\n", encoding="utf-8")


def _labels(file: Path, asked: list[str]) -> Iterator[str]:
    exact = [one for one in asked if not one.endswith("*")]
    yield from exact
    starts = tuple(one[:-1] for one in asked if one.endswith("*"))
    if starts:
        yield from {
            row.label for cassette in cassettes(file) for row in cassette.rows if row.label.startswith(starts)
        }


if __name__ == "__main__":
    sys.exit(main())
