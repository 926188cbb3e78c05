"""The sheet of values to copy into somebody else's form, as aligned text and as JSON."""

from __future__ import annotations

import json
from itertools import groupby

from wizard.plan import Known, Plan
from wizard.render.runbook import LATER, sheet_values
from wizard.text import clean_line


def sheet_text(plan: Plan, known: Known) -> str:
    """Return the sheet page by page, values below each other."""
    rows = [
        (clean_line(row.page), clean_line(row.field), value, row.note)
        for row, value in sheet_values(plan, known)
    ]
    width = max((len(name) for _, name, _, _ in rows), default=0)
    lines: list[str] = []
    for page, group in groupby(rows, key=lambda row: row[0]):
        lines += ["", page] if lines else [page]
        for _, name, value, note in group:
            told = clean_line(value, 4_000) if value else f"({LATER})"
            lines.append(f"  {name:{width}}  {told}{f'  ({clean_line(note)})' if note else ''}".rstrip())
    return "\n".join(lines) + "\n"


def sheet_json(plan: Plan, known: Known) -> str:
    """Return the sheet as a list of rows; a value that is not known yet is null."""
    rows = [
        {"page": row.page, "field": row.field, "value": value or None, "note": row.note}
        for row, value in sheet_values(plan, known)
    ]
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"
