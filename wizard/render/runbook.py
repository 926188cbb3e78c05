"""A plan as a runbook in Markdown: every step in the guide's order, every id, and a check list of what a person does."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import groupby

from wizard.plan import (
    DirectoryObject,
    Kept,
    KeyPair,
    Known,
    Manual,
    Plan,
    Ref,
    Removal,
    Resource,
    SheetRow,
    Unknown,
    resolve,
)
from wizard.render.arm import foretold
from wizard.render.kinds import kind
from wizard.render.order import Rank, Thing, ranks, things
from wizard.text import clean, clean_line

_SIGNS = re.compile(r"([\\`*_\[\]<>|#~!&])")
LATER = "known after it is applied"


def runbook(
    plan: Plan,
    known: Known,
    title: str,
    *,
    titles: Mapping[str, str] | None = None,
    made: Collection[str] = (),
) -> str:
    """Return the plan as Markdown.

    `titles` are the titles of steps by their numbers; `made` are the keys of what the profile created itself. What
    is not known yet is told as such. It holds no secret.
    """
    lines = [f"# {escaped(title)}", "", *_where(plan)]
    for number, group in groupby(_all(plan, known), key=lambda one: one.step):
        heading = " ".join(part for part in (number, (titles or {}).get(number, "")) if part)
        lines += ["", f"## {escaped(heading) if heading else 'Besides'}", ""]
        for one in group:
            lines += _item(one, plan, known, made)
    for heading, part in (
        ("By hand", [_check(one) for one in plan.manual]),
        ("Values to copy", list(_sheet(plan, known))),
        ("Variables", list(_outputs(plan, known))),
        ("Proofs", [f"- [ ] {escaped(proof.title)}" for proof in plan.proofs]),
    ):
        if part:
            lines += ["", f"## {heading}", "", *part]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Return foreign text as one line of Markdown that means just its characters."""
    return _SIGNS.sub(r"\\\1", clean_line(text, 2_000))


def code(text: str) -> str:
    """Return foreign text as a code span; a bar is escaped, so that it may stand in a table."""
    shown = clean_line(text, 4_000).replace("|", "\\|")
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}" if shown else ""


def _where(plan: Plan) -> Iterator[str]:
    yield "| | |"
    yield "| --- | --- |"
    yield f"| Guide | {escaped(plan.guide)} |"
    yield f"| Tenant | {code(plan.tenant)} |"
    yield f"| Subscription | {code(plan.subscription)} |"
    if plan.providers:
        yield f"| Providers to be registered | {', '.join(map(code, plan.providers))} |"


def _all(plan: Plan, known: Known) -> list[Thing | Kept]:
    """Everything with a step, in the guide's order; within a step in the order of making."""
    rank = ranks(plan)
    every: list[Thing | Kept] = [*plan.kept, *things(plan, known)]

    def place(one: Thing | Kept) -> Rank:
        return rank.get(one.step, ())

    return sorted(every, key=place)


def _item(one: Thing | Kept, plan: Plan, known: Known, made: Collection[str]) -> list[str]:
    if isinstance(one, Kept):
        return [f"- [x] {escaped(one.label)}: stays as it is", f"  - {code(one.id)}"]
    there = one.key in known
    if isinstance(one, KeyPair) and there:
        return [f"- [x] {_what(one)} {escaped(one.label)}: stands", *_told_ids(one, plan, known)]
    state = "removed" if isinstance(one, Removal) else "made" if one.key in made else "was there"
    told = state if there else "to be removed" if isinstance(one, Removal) else "to be made"
    detail = getattr(one, "detail", "")
    more = f", {escaped(detail)}" if detail else ""
    lines = [f"- [{'x' if there else ' '}] {_what(one)} {escaped(one.label)}{more}: {told}"]
    return lines + _told_ids(one, plan, known)


def _told_ids(one: Thing, plan: Plan, known: Known) -> list[str]:
    return [f"  - {escaped(name)}: {code(value)}" for name, value in _ids(one, plan, known)]


def _what(one: Thing) -> str:
    match one:
        case DirectoryObject():
            return one.kind.value
        case KeyPair():
            return "SSH key pair"
        case Removal() | Resource():
            return kind(one.type)


def _ids(one: Thing, plan: Plan, known: Known) -> Iterator[tuple[str, str]]:
    if isinstance(one, Removal):
        yield "id", one.id
        return
    if isinstance(one, KeyPair):
        yield "private key", one.path
    fields = dict(known.get(one.key, {}))
    if isinstance(one, Resource):
        fields.setdefault("id", foretold(plan.resources, known).get(one.key, {}).get("id", ""))
        wanted = ("id", *one.reads)
    else:
        wanted = tuple(
            name for name in ("app_id", "object_id", "public_key", "key_id", "end") if name in fields
        )
    if isinstance(one, DirectoryObject) and isinstance(app := one.fields.get("app_id"), str):
        yield "application id", app
        wanted = tuple(name for name in wanted if name != "app_id")
    for name in wanted:
        if value := fields.get(name, ""):
            yield name.replace("_", " "), value


def _check(one: Manual) -> str:
    step = f"{escaped(one.step)} " if one.step else ""
    lines = [f"- [ ] **{step}{escaped(one.title)}**"]
    lines += [_line(line.strip()) for line in one.text.split("\n") if line.strip()]
    if one.command:
        shown = clean(one.command)
        fence = "`" * max(3, max(map(len, re.findall("`+", shown)), default=0) + 1)
        lines += ["", f"  {fence}", *(f"  {line}" for line in shown.split("\n")), f"  {fence}"]
    return "\n".join(lines)


def _line(text: str) -> str:
    """A line of a task; one with a box is a task of its own below it."""
    box = "[ ] "
    return f"  - {box}{escaped(text.removeprefix(box))}" if text.startswith(box) else f"  {escaped(text)}"


def sheet_values(plan: Plan, known: Known) -> list[tuple[SheetRow, str]]:
    """Return the rows of the sheet with their values; an empty text for what is not known yet."""
    return [(row, _value(row.value, plan, known)) for row in plan.sheet]


def _value(value: str | Ref, plan: Plan, known: Known) -> str:
    try:
        return value if isinstance(value, str) else resolve(value, foretold(plan.resources, known))
    except Unknown:
        return ""


def _sheet(plan: Plan, known: Known) -> Iterator[str]:
    if plan.sheet:
        yield "| Page | Field | Value | Note |"
        yield "| --- | --- | --- | --- |"
    for row, value in sheet_values(plan, known):
        told = code(value) or LATER
        yield f"| {escaped(row.page)} | {escaped(row.field)} | {told} | {escaped(row.note)} |"


def _outputs(plan: Plan, known: Known) -> Iterator[str]:
    for output in plan.outputs:
        value = "in the secret store" if output.secret else code(_value(output.value, plan, known)) or LATER
        yield f"- {code(output.name)}: {value}"
