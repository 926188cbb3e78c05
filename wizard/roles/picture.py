"""A role drawn: what it holds, counted by provider and type, and what it changes in Azure."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable

from wizard.drawing import WIDTH, Drawing, Line, Part, Tone, line
from wizard.roles.diff import Difference, difference
from wizard.roles.role import Role

_INDENT = 22
_SHOWN = 8


def drawn(role: Role, there: Role | None, *, full: int = 0) -> Drawing:
    """Draw a role. `there` is the one of its name in Azure now; `full` counts the actions of the whole list."""
    fuller = f" (of {full})" if full > len(role.actions) else ""
    head = f"{role.name} · {len(role.actions)} actions{fuller}"
    lines = [line(head, Tone.HEAD), *_counted(role.actions)]
    for word, actions in (("taken away", role.not_actions), ("data actions", role.data_actions)):
        lines += [line(f"{word}:", Tone.MUTED), *_counted(actions)] if actions else []
    lines.append(line(""))
    return Drawing("Custom role", (*lines, *_change(role, there)))


def _counted(actions: Iterable[str]) -> list[Line]:
    """One row a provider: its types, each with how many actions of it there are."""
    counts: dict[str, Counter[str]] = {}
    for action in actions:
        provider, _, rest = action.partition("/")
        counts.setdefault(provider, Counter())[rest.partition("/")[0] or "*"] += 1
    found: list[Line] = []
    for provider, kinds in counts.items():
        told = " · ".join(f"{kind} {count}" for kind, count in kinds.items())
        rows = textwrap.wrap(told, WIDTH - _INDENT, break_on_hyphens=False) or [""]
        first = provider[: _INDENT - 1].ljust(_INDENT) if len(provider) < _INDENT else f"{provider} "
        if len(first) > _INDENT:
            found.append(line(provider, Tone.PLAIN))
            first = " " * _INDENT
        found.append((Part(first), Part(rows[0])))
        found += [line(" " * _INDENT + row) for row in rows[1:]]
    return found


def _change(role: Role, there: Role | None) -> list[Line]:
    if there is None:
        return [line("In Azure now: no role of this name.", Tone.MUTED)]
    change = difference(there, role)
    now = f"In Azure now: {len(there.actions)} actions."
    if not change.count:
        return [line(f"{now} Nothing changes.", Tone.GOOD)]
    return [line(f"{now} {change.sentence}", Tone.WARNING), *_signed(change)]


def _signed(change: Difference) -> list[Line]:
    signs = [(f"- {action}", Tone.BAD) for action in change.removed]
    signs += [(f"+ {action}", Tone.GOOD) for action in change.added]
    found = [line(text[:WIDTH], tone) for text, tone in signs[:_SHOWN]]
    more = len(signs) - _SHOWN
    return [*found, line(f"  and {more} more", Tone.MUTED)] if more > 0 else found
