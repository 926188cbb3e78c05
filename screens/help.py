"""Help: what a page is for, what it has to say about itself, and all its keys."""

from __future__ import annotations

from screens.dialogs import Told
from screens.page import Page
from screens.widgets.rows import BLANK, Row, heading


def help_dialog(page: Page) -> Told:
    """Return the help of a page as a box."""
    rows = [Row(page.HELP or ""), BLANK]
    own = page.help_rows()
    if own:
        rows += [*own, BLANK]
    return Told("Help", [*rows, heading("Keys"), *_keys(page)])


def _keys(page: Page) -> list[Row]:
    rows: dict[str, Row] = {}
    for active in page.active_bindings.values():
        binding = active.binding
        if binding.id and binding.tooltip and active.enabled:
            key = page.app.get_key_display(binding)
            rows.setdefault(binding.id, Row(binding.tooltip, text_tone="", word=key))
    return list(rows.values())
