"""How a preview reads as rows: what is wrong, what would happen, who has to do what, and as whom it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from screens.handoffs import handoff_lines
from screens.signs import CHANGES, sign
from screens.terminal import Sign
from screens.widgets.rows import BLANK, Row, finding_row, heading
from wizard.apply.outcome import SIGNS, Change, PlannedChange, Preview
from wizard.guide import Severity

if TYPE_CHECKING:
    from wizard.context import Context
    from wizard.guide import Finding
    from wizard.plan import Manual


def as_whom(context: Context, banner: str) -> Row:
    """Return who writes where, shown once more before the first write."""
    into = context.subscription_name or context.subscription or context.tenant_name or context.tenant
    short = f" ({context.subscription[:4]}…)" if context.subscription else ""
    where = f"tenant {context.tenant_name or context.tenant}, {context.cloud}"
    return Row(f"As  {context.identity}  into  {into}{short}", quiet=where, right=banner, text_tone="strong")


def preview_rows(preview: Preview) -> list[Row]:
    """Return a preview as rows: what is wrong, what would happen, the rights, and what stays for people."""
    wrong = [finding for finding in preview.findings if finding.blocks]
    warnings = [finding for finding in preview.findings if finding.severity is Severity.WARNING]
    groups = [
        _told_once(wrong),
        _counts(preview),
        _handed(preview),
        _told_once(warnings),
        [change_row(change) for change in preview.changes],
    ]
    rows = [row for group in groups if group for row in (*group, BLANK)][:-1]
    if preview.rights:
        rows += [BLANK, Row(f"Rights: {preview.rights}", sign(Sign.DONE), "good")]
    if preview.manual:
        rows += [BLANK, heading("Stays for you")]
        rows += [row for task in preview.manual for row in manual_rows(task)]
    if preview.blocked:
        rows += [BLANK, Row("Nothing can be applied before this is mended.", text_tone="warn")]
    return rows


def _told_once(findings: Sequence[Finding]) -> list[Row]:
    """Return findings as rows; what is the same for several answers is told once."""
    alike: dict[str, list[Finding]] = {}
    for finding in findings:
        alike.setdefault(finding.sentence, []).append(finding)
    rows = []
    for same in alike.values():
        row = finding_row(same[0])
        rows.append(replace(row, quiet=f"{row.quiet} ({len(same)} times)".strip()) if len(same) > 1 else row)
    return rows


def _handed(preview: Preview) -> list[Row]:
    if not preview.handoffs:
        return []
    lines = handoff_lines(preview.handoffs, [one.label for one in preview.postponed])
    return [*lines, Row(quiet="F6 shows the commands and a mail. Apply does the rest meanwhile.")]


def _counts(preview: Preview) -> list[Row]:
    if not preview.changes:
        nothing = not (preview.blocked or preview.handoffs)
        return [Row("Nothing has to be made for these answers.", "=", "quiet")] if nothing else []
    if preview.nothing_to_do:
        return [
            Row("All of it is there already: nothing will change.", sign(Sign.DONE), "good", text_tone="good")
        ]
    kept = preview.count(Change.KEEP) + preview.untouched
    told = f"+ {preview.count(Change.CREATE)} to create · ~ {preview.count(Change.CHANGE)} to change · = {kept} untouched"
    if removed := preview.count(Change.REMOVE):
        told = f"{told} · - {removed} to remove"
    if preview.handoffs:
        told = f"{told} · {sign(Sign.WAITS)} {len(preview.handoffs)} handed over"
    return [Row(told, text_tone="strong")]


def manual_rows(task: Manual) -> list[Row]:
    """Return what stays for a person to do as rows: what, how, line by line, and the command."""
    first, *more = task.text.splitlines() or [""]
    rows = [Row(f"{task.title}.", sign(Sign.WAITS), "warn", first)]
    rows += [Row(quiet=one.strip(), indent=2) for one in more]
    if task.command:
        rows.append(Row(task.command, text_tone="key", indent=2))
    return rows


def change_row(change: PlannedChange) -> Row:
    """Return what happens to one object as a row."""
    word, tone = CHANGES[change.change.value]
    return Row(
        " ".join(filter(None, (change.kind, change.label))),
        SIGNS[change.change],
        tone,
        f"· {change.detail}" if change.detail else "",
        word=word,
    )
