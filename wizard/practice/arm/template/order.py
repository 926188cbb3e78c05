"""In which order the resources of a template are made, and what each waits for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from wizard.practice.arm import ids
from wizard.practice.arm.template.evaluate import Frame, NotYetError, Symbol
from wizard.practice.arm.template.expressions import ExpressionError, Invoke, calls, is_expression, parse
from wizard.practice.arm.template.parameters import TemplateError
from wizard.practice.arm.template.planned import Planned, unprocessable


class Read(NamedTuple):
    """What an expression reads: an id or a name, the API version, and the action of a `list...` function."""

    what: str
    version: str
    action: str


def ordered(frame: Frame, found: Sequence[Planned]) -> tuple[Planned, ...]:
    """The resources that are to be made, each after all it needs, with the ids of these.

    Raises:
        TemplateError: two are the same, a dependency is not there, or they go in a circle.
    """
    by_id: dict[str, Planned] = {}
    for one in found:
        if one.existing:
            continue
        if one.id.lower() in by_id:
            raise TemplateError(
                f"Deployment template validation failed: 'The resource '{one.type}/{one.name}' is defined multiple times in"
                " a template. Please see https://aka.ms/arm-syntax-resources for usage details.'."
            )
        by_id[one.id.lower()] = one
    named = _names(found)
    needs = {key: _needed(frame, one, named) for key, one in by_id.items()}
    return tuple(
        replace(by_id[key], depends=tuple(by_id[one].id for one in by_id if one in needs[key]))
        for key in _sequence(by_id, needs)
    )


def _sequence(by_id: Mapping[str, Planned], needs: Mapping[str, set[str]]) -> list[str]:
    placed: list[str] = []
    done: set[str] = set()
    while len(placed) < len(by_id):
        ready = [key for key in by_id if key not in done and needs[key] <= done]
        if not ready:
            stuck = next(one for key, one in by_id.items() if key not in done)
            raise TemplateError(
                "Deployment template validation failed: 'Circular dependency detected on resource:"
                f" '{stuck.id}'. Please see https://aka.ms/arm-syntax-resources for usage details.'."
            )
        placed += ready
        done |= set(ready)
    return placed


def symbols(found: Iterable[Planned]) -> dict[str, Symbol]:
    """What `reference('...')` can name: symbols, loops of symbols, and names that only one resource has."""
    known: dict[str, Symbol] = {}
    shared: set[str] = set()
    for one in found:
        for name in _plain_names(one) if one.id else ():
            if name in known and known[name].ids != (one.id,):
                shared.add(name)
            known[name] = Symbol((one.id,), one.version)
    for name in shared:
        del known[name]
    for one in found:
        if one.symbol and one.id:
            known[one.symbol.lower()] = Symbol((one.id,), one.version)
        if one.symbol and one.loop is not None:
            loop = one.symbol.rpartition("[")[0].lower()
            before = known[loop].ids if loop in known else ()
            known[loop] = Symbol((*before, one.id) if one.id else before, one.version, loop=True)
    return known


def _plain_names(one: Planned) -> tuple[str, ...]:
    return one.name.lower(), f"{one.type}/{one.name}".lower()


def _names(found: Iterable[Planned]) -> dict[str, list[Planned]]:
    """Everything a resource may be called by in `dependsOn`."""
    known: dict[str, list[Planned]] = {}
    for one in found:
        symbol = (one.symbol or "").lower()
        names = {*_ids(one), *_plain_names(one), symbol, (one.loop or "").lower()}
        if one.loop is not None:
            names.add(symbol.rpartition("[")[0])
        for name in names - {""}:
            known.setdefault(name, []).append(one)
    return known


def _ids(one: Planned) -> tuple[str, ...]:
    """Its id; a group is also called as `resourceId` of its type has it."""
    key = ids.parse(one.id) if one.id else ids.Id()
    if key.links or not key.group:
        return (one.id.lower().strip("/"),)
    alias = f"subscriptions/{key.subscription}/providers/{one.type}/{key.group}"
    return one.id.lower().strip("/"), alias.lower()


def _needed(frame: Frame, one: Planned, named: Mapping[str, list[Planned]]) -> set[str]:
    """The ids (in lower case) of what must be there first: dependsOn, what the body refers to, the batch before."""
    needed: set[str] = set()
    for name in one.depends:
        targets = named.get(name.lower().strip("/"))
        if targets is None:
            raise TemplateError(
                f"Deployment template validation failed: 'The resource '{name}' is not defined in the template. Please see"
                " https://aka.ms/arm-syntax-resources for usage details.'."
            )
        others = [target for target in targets if target.id != one.id] or targets
        needed |= {target.id.lower() for target in others if not target.existing}
    for read in _referred(one.seen(frame), _visible(one)):
        targets = named.get(read.what.lower().strip("/"), [])
        needed |= {target.id.lower() for target in targets if not target.existing and target.id != one.id}
    if one.batch and one.loop:
        before = one.turn // one.batch - 1
        needed |= {
            other.id.lower()
            for other in named[one.loop.lower()]
            if other.loop == one.loop and other.batch and other.turn // other.batch == before
        }
    return needed


def _visible(one: Planned) -> Any:
    """What of a body belongs to this template: not the template of a nested deployment with a scope of its own."""
    properties = one.body.get("properties")
    if not one.nested or not one.inner or not isinstance(properties, dict):
        return one.body
    return {
        **one.body,
        "properties": {name: value for name, value in properties.items() if name != "template"},
    }


def reads(frame: Frame, one: Planned) -> list[Read]:
    """What a resource reads by id, each once."""
    found = (read for read in _referred(one.seen(frame), _visible(one)) if _is_id(read.what))
    return list(dict.fromkeys(found))


def _is_id(text: str) -> bool:
    try:
        return text.startswith("/") and bool(ids.parse(text).links)
    except ValueError:
        return False


def _referred(frame: Frame, body: Any) -> Iterator[Read]:
    if isinstance(body, dict):
        for value in body.values():
            yield from _referred(frame, value)
    elif isinstance(body, list):
        for value in body:
            yield from _referred(frame, value)
    elif isinstance(body, str) and is_expression(body):
        for call in calls(_parsed(body)):
            reading = call.name in ("reference", "references") or call.name.startswith("list")
            if reading and call.arguments:
                yield from _read(frame, body, call)


def _parsed(text: str) -> Any:
    try:
        return parse(text)
    except ExpressionError as fault:
        raise unprocessable(text, str(fault)) from fault


def _read(frame: Frame, text: str, call: Invoke) -> Iterator[Read]:
    action = call.name if call.name.startswith("list") else ""
    try:
        named = [str(frame.node(one)) for one in call.arguments[:2]]
        yield Read(named[0], named[1] if len(named) > 1 else "", action)
    except NotYetError:
        return
    except ExpressionError as fault:
        if "copyIndex" in str(fault) or "lambda" in str(fault):
            # Within a loop of its own properties, or a lambda, there is no one name to wait for.
            return
        raise unprocessable(text, str(fault)) from fault
