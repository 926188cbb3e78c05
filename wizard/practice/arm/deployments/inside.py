"""All that a deployment would write, with what its nested deployments would, as far as it is known beforehand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from wizard.practice.arm import ids
from wizard.practice.arm.call import Call
from wizard.practice.arm.deployments import current
from wizard.practice.arm.deployments.content import Content, invalid_template
from wizard.practice.arm.template import nesting
from wizard.practice.arm.template.compile import Compiled, settled, within
from wizard.practice.arm.template.evaluate import Frame, Reference
from wizard.practice.arm.template.expressions import is_expression
from wizard.practice.arm.template.parameters import TemplateError
from wizard.practice.arm.template.planned import Planned
from wizard.practice.kernel import Failure


@dataclass(frozen=True, slots=True)
class Written:
    """One resource with its body as far as it is known; `open` when its id is not."""

    content: Content
    one: Planned
    body: Mapping[str, Any]

    @property
    def open(self) -> bool:
        """Whether what it is called depends on what only the deployment will show."""
        return "[" in self.one.id

    @property
    def settled(self) -> bool:
        """Whether nothing in its body waits for the deployment."""
        return not _waits(self.body)


def everything(
    call: Call, content: Content, plan: Compiled, *, read: bool = False, discreet: bool = False
) -> Iterator[Written]:
    """Every resource that would be written, a nested deployment before what is in it.

    Args:
        call: the request.
        content: the deployment.
        plan: its template worked out.
        read: whether to read what exists already.
        discreet: whether secure values stay out of sight.

    Raises:
        Failure: a template within is wrong.
    """
    reference = current.reference(call.practice, content.home, must=False) if read else None
    frame = plan.discreet(reference) if discreet else plan.reading(reference)
    try:
        for one in plan.resources:
            if one.wanted:
                body = settled(frame, one)
                yield Written(content, one, body)
                content = _with_group(content, one, body)
                yield from _nested(
                    call, content, frame, one, body=body, reference=reference, read=read, discreet=discreet
                )
    except TemplateError as fault:
        raise invalid_template(fault) from fault


def _with_group(content: Content, one: Planned, body: Mapping[str, Any]) -> Content:
    """The same, knowing a group that comes first."""
    if ids.parse(one.id).links:
        return content
    made = {"id": one.id, "name": one.name, "type": one.type, "properties": {}, **body}
    return replace(content, coming={**content.coming, one.id.lower(): made})


def _nested(
    call: Call,
    content: Content,
    frame: Frame,
    one: Planned,
    *,
    body: Mapping[str, Any],
    reference: Reference | None,
    read: bool,
    discreet: bool,
) -> Iterator[Written]:
    properties = body.get("properties")
    if not one.nested or not isinstance(properties, dict) or not isinstance(properties.get("template"), dict):
        return
    inner = _content(content, one, body, properties)
    if one.inner:
        plan = _compiled(call, inner, properties)
    else:
        plan = within(replace(nesting.at(frame, one), reference=reference), properties["template"])
    if plan is not None:
        yield from everything(call, inner, plan, read=read, discreet=discreet)


def _content(
    content: Content, one: Planned, body: Mapping[str, Any], properties: Mapping[str, Any]
) -> Content:
    return replace(
        content,
        name=one.name,
        home=ids.parse(one.id).scope.text.rstrip("/"),
        location=body.get("location"),
        mode=str(properties.get("mode") or "Incremental"),
        template=properties["template"],
        parameters=properties.get("parameters") or {},
        tags=None,
    )


def _compiled(call: Call, inner: Content, properties: Mapping[str, Any]) -> Compiled | None:
    """What is in it; None when that depends on values which only the deployment will show."""
    try:
        return inner.compiled(call)
    except Failure:
        if _waits(properties.get("parameters")):
            return None
        raise


def _waits(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_waits(one) for name, one in value.items() if name != "template")
    if isinstance(value, list):
        return any(_waits(one) for one in value)
    return isinstance(value, str) and is_expression(value)
