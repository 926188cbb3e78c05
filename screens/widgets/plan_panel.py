"""The side panel: what will exist by the answers so far, as the plan grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from screens.signs import sign
from screens.terminal import Sign
from screens.widgets.rows import BLANK, Row, Rows, heading

if TYPE_CHECKING:
    from wizard.plan import Plan, Resource


def plan_rows(plan: Plan) -> list[Row]:
    """Return a plan as rows: what it creates, changes, removes, keeps, leaves to people, and which variables it sets."""
    parts = (_created(plan), _changed(plan), _removed(plan), _kept(plan), _manual(plan), _sheet(plan))
    groups = [group for group in (*parts, _variables(plan)) if group]
    if plan.is_empty and not groups:
        return [Row(quiet="Nothing yet: the plan grows with your answers.")]
    if not parts[0] and not parts[1]:
        groups.insert(0, [heading("Creates nothing")])
    rows: list[Row] = []
    for group in groups:
        rows += [*([BLANK] if rows else []), *group]
    return rows


def _created(plan: Plan) -> list[Row]:
    rows = [
        Row(wanted.kind.value, "+", "good", _joined(wanted.label, wanted.detail))
        for wanted in plan.directory
        if not wanted.existing
    ]
    # The private half is never shown: only the name of its file.
    rows += [
        Row("SSH key pair", "+", "good", _joined(f"{pair.label} · {pair.algorithm}", f"file {pair.path}"))
        for pair in plan.keys
    ]
    rows += [
        Row(_kind(resource), "+", "good", _joined(resource.label, resource.detail))
        for resource in plan.resources
        if not resource.updates
    ]
    return [heading(f"Creates {len(rows)}"), *rows] if rows else []


def _changed(plan: Plan) -> list[Row]:
    rows = [
        Row(_kind(resource), "~", "warn", _joined(resource.label, resource.detail))
        for resource in plan.resources
        if resource.updates
    ]
    return [heading(f"Creates, or changes where it exists, {len(rows)}"), *rows] if rows else []


def _removed(plan: Plan) -> list[Row]:
    rows = [
        Row(_word(removal.type), "-", "bad", _joined(removal.label, removal.detail))
        for removal in plan.removals
    ]
    return [heading(f"Removes {len(rows)}"), *rows] if rows else []


def _sheet(plan: Plan) -> list[Row]:
    pages = len({row.page for row in plan.sheet})
    told = f"{len(plan.sheet)} values on {pages} page{'s' if pages != 1 else ''}"
    return [heading("A sheet to copy from"), Row(told, sign(Sign.TO_DO), "quiet")] if plan.sheet else []


def _kept(plan: Plan) -> list[Row]:
    rows = [
        Row(wanted.kind.value, "=", "quiet", _joined(wanted.label, "used as it is"))
        for wanted in plan.directory
        if wanted.existing
    ]
    rows += [Row(kept.label, "=", "quiet", kept.detail) for kept in plan.kept]
    return [heading("Keeps as they are"), *rows] if rows else []


def _manual(plan: Plan) -> list[Row]:
    rows = [Row(task.title, sign(Sign.WAITS), "warn") for task in plan.manual]
    return [heading("Stays for you"), *rows] if rows else []


def _variables(plan: Plan) -> list[Row]:
    rows = [Row(output.name, quiet="secret" if output.secret else "") for output in plan.outputs]
    return [heading(f"Sets {len(rows)} variables"), *rows] if rows else []


def _kind(resource: Resource) -> str:
    return _word(resource.type)


def _word(resource_type: str) -> str:
    from wizard.apply.deploy import kind_word

    return kind_word(resource_type)


def _joined(label: str, detail: str) -> str:
    return f"{label} · {detail}" if detail else label


class PlanPanel(VerticalScroll):
    """Shows a plan."""

    can_focus = False

    def __init__(self, *, id: str = "plan") -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id, classes="pane")

    def compose(self) -> ComposeResult:
        """Hold the rows."""
        yield Rows()

    def show(self, plan: Plan) -> None:
        """Show what a plan comes to."""
        self.query_one(Rows).show(plan_rows(plan))

    @property
    def told(self) -> str:
        """The plan as text."""
        return self.query_one(Rows).told
