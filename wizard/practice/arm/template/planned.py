"""One resource of a template: its place, its name, its loop, and what it is written with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from wizard.practice.arm import ids
from wizard.practice.arm.template import copies
from wizard.practice.arm.template.evaluate import Frame, NotYetError
from wizard.practice.arm.template.expressions import ExpressionError, is_expression
from wizard.practice.arm.template.parameters import TemplateError
from wizard.practice.arm.template.values import as_int

DEPLOYMENT = "Microsoft.Resources/deployments"
_CONTROL = frozenset(
    {
        "type", "apiVersion", "name", "scope", "condition", "dependsOn", "resources", "comments", "metadata", "existing",
        "copy", "asserts", "import",
    }
)  # fmt: skip
_ELSEWHERE = ("subscriptionId", "resourceGroup")
_GROUPS = "microsoft.resources/resourcegroups"


@dataclass(frozen=True, slots=True)
class Planned:
    """One resource: where it shall be, and its body as the template writes it.

    Attributes:
        symbol: its name in a template with symbolic names; in a loop with the index, `sites[0]`.
        depends: what it waits for: as written, and once the template is in order the ids.
        wanted: whether its condition holds.
        written: its name as the template writes it, for messages.
        loops: where its copy loops stand.
        loop: the name of its own copy loop, and `turn` how often it has gone round.
        batch: how many of its loop are made at a time; None for all.
        existing: it is only referred to.
    """

    symbol: str | None
    id: str
    type: str
    name: str
    version: str
    body: Mapping[str, Any]
    depends: tuple[str, ...]
    wanted: bool
    written: str
    loops: Mapping[str, int]
    loop: str | None = None
    turn: int = 0
    batch: int | None = None
    existing: bool = False

    @property
    def brief(self) -> dict[str, str]:
        """How deployments speak of a resource."""
        return {"id": self.id, "resourceType": self.type, "resourceName": self.name}

    @property
    def nested(self) -> bool:
        """Whether it is a deployment within the deployment."""
        return self.type.lower() == DEPLOYMENT.lower()

    @property
    def inner(self) -> bool:
        """Whether the expressions of its template are its own to work out."""
        properties = self.body.get("properties")
        options = (properties if isinstance(properties, dict) else {}).get("expressionEvaluationOptions")
        scope = options.get("scope") if isinstance(options, dict) else None
        return str(scope or "Outer").lower() == "inner"

    def seen(self, frame: Frame) -> Frame:
        """The frame its body is worked out in."""
        return replace(frame, loops={**frame.loops, **self.loops})


def misshapen(path: str) -> TemplateError:
    """Something of the wrong JSON type."""
    return TemplateError(f"Deployment template parse failed: 'Unexpected token encountered. Path '{path}'.'.")


def unprocessable(written: str, why: str) -> TemplateError:
    """An expression in a resource that is wrong."""
    return TemplateError(
        "Deployment template validation failed: 'Unable to process template language expressions for resource"
        f" '{written}'. '{why}''."
    )


def unrolled(frame: Frame, resources: Any) -> Iterator[Planned]:
    """Every resource of a template: those within others, and each round of a loop, on their own.

    Raises:
        TemplateError: one of them is wrong.
    """
    for given, symbol in _flat(resources):
        written = str(given.get("name") or symbol or "")
        _check_form(given, written)
        try:
            yield from _looped(frame, given, symbol, written)
        except NotYetError as fault:
            raise unprocessable(
                written, "The template function 'reference' is not expected at this location."
            ) from fault
        except ExpressionError as fault:
            raise unprocessable(written, str(fault)) from fault


def _flat(
    resources: Any, kind: str = "", name: str = "", parent: Mapping[str, Any] | None = None
) -> Iterator[tuple[dict[str, Any], str | None]]:
    """Every resource, those within others with the type and name of their parents before their own."""
    if not isinstance(resources, dict | list | None):
        raise misshapen(f"{name}.resources")
    pairs = resources.items() if isinstance(resources, dict) else ((None, one) for one in resources or ())
    for symbol, given in pairs:
        if not isinstance(given, dict):
            raise TemplateError("Deployment template parse failed: 'A resource must be an object.'.")
        one = dict(given)
        if parent is not None:
            one["type"] = f"{kind}/{one.get('type')}"
            one["name"] = f"[concat({_inner(name)}, '/', {_inner(str(one.get('name')))})]"
            one |= {
                member: parent[member]
                for member in ("scope", "condition")
                if member in parent and member not in one
            }
        yield one, symbol
        yield from _flat(one.get("resources"), str(one.get("type")), str(one.get("name")), one)


def _inner(text: str) -> str:
    quoted = text.replace("'", "''")
    return text[1:-1] if is_expression(text) else f"'{quoted}'"


def _check_form(given: Mapping[str, Any], written: str) -> None:
    for name in ("type", "apiVersion", "name"):
        if not isinstance(given.get(name), str) or not given[name]:
            raise TemplateError(
                f"Deployment template validation failed: 'The template resource '{written}' of type"
                f" '{given.get('type')}' has no valid '{name}'. Please see https://aka.ms/arm-syntax-resources for usage"
                " details.'."
            )
    if not isinstance(given.get("dependsOn") or [], list):
        raise misshapen(f"resources.{written}.dependsOn")
    if not isinstance(given.get("copy") or {}, dict):
        raise misshapen(f"resources.{written}.copy")


def _looped(frame: Frame, given: Mapping[str, Any], symbol: str | None, written: str) -> Iterator[Planned]:
    copy = given.get("copy")
    if not copy:
        yield _placed(frame, given, symbol, written)
        return
    name = str(frame.value(copy.get("name") or ""))
    if not name:
        raise unprocessable(written, "The resource copy has no name.")
    serial = str(frame.value(copy.get("mode") or "Parallel")).lower() == "serial"
    batch = max(as_int(frame.value(copy.get("batchSize") or 1)), 1) if serial else None
    rounds = copies.count(frame, copy.get("count"), name)
    if not rounds:
        # Its name may be waited for all the same.
        ghost = f"{symbol}[]" if symbol else None
        yield Planned(ghost, "", "", "", "", {}, (), False, written, {}, loop=name, existing=True)  # noqa: FBT003
    for n in range(rounds):
        one = _placed(frame.within(name, n), given, f"{symbol}[{n}]" if symbol else None, written)
        yield replace(one, loop=name, turn=n, batch=batch)


def _placed(frame: Frame, given: Mapping[str, Any], symbol: str | None, written: str) -> Planned:
    # ARM takes a slash after the last segment, and templates have it.
    kind, name = (str(frame.value(given[one])).rstrip("/") for one in ("type", "name"))
    key = _id(_home(frame, given, kind), kind, name, str(frame.value(given.get("scope") or "")), written)
    depends = tuple(str(frame.value(one)) for one in given.get("dependsOn") or ())
    own = _CONTROL | (frozenset(_ELSEWHERE) if kind.lower() == DEPLOYMENT.lower() else frozenset())
    return Planned(
        symbol,
        key.text,
        key.type,
        key.name,
        str(frame.value(given["apiVersion"])),
        {member: value for member, value in given.items() if member not in own},
        depends,
        bool(frame.value(given.get("condition", True))),
        written,
        dict(frame.loops),
        existing=bool(given.get("existing")),
    )


def _home(frame: Frame, given: Mapping[str, Any], kind: str) -> str:
    """Where it goes: a nested deployment may name another subscription or group."""
    home = ids.parse(frame.around.home)
    if kind.lower() != DEPLOYMENT.lower():
        return frame.around.home
    subscription, group = (str(frame.value(given.get(name) or "")) for name in _ELSEWHERE)
    if subscription and not group:
        return ids.Id(subscription).text
    if group:
        return ids.Id(subscription or home.subscription, group).text
    return frame.around.home


def _id(home: str, kind: str, name: str, scope: str, written: str) -> ids.Id:
    if kind.lower() == _GROUPS and not scope:
        return ids.Id(ids.parse(home).subscription, name)
    try:
        if "/providers/" in kind.lower():
            # The older way to write an extension: `Net/nets/providers/roleAssignments` named `net/Microsoft.Authorization/x`.
            above, _, below = kind.partition("/providers/")
            *parents, namespace, own = name.split("/")
            tail = ids.assembled(above, "/".join(parents)) + ids.assembled(f"{namespace}/{below}", own)
            return ids.parse(home + tail)
        return ids.parse(_base(home, scope).rstrip("/") + ids.assembled(kind, name))
    except ValueError as fault:
        raise TemplateError(
            f"Deployment template validation failed: 'The template resource '{written}' for type '{kind}' has incorrect"
            " segment lengths. A nested resource type must have identical number of segments as its resource name. A root"
            " resource type must have segment length one greater than its resource name. Please see"
            " https://aka.ms/arm-syntax-resources for usage details.'."
        ) from fault


def _base(home: str, scope: str) -> str:
    if not scope or scope.startswith("/"):
        return scope or home
    if scope.lower().startswith("microsoft.management/managementgroups/"):
        return f"/providers/{scope}"
    return f"{home.rstrip('/')}/providers/{scope}"
